"""How concentrated a market is: the four coefficients that supervisors and researchers of restaking quote.

All functions take non-negative amounts held by each entity (ETH, shares, votes: the unit cancels) as any array-like
of one dimension, in any order. Entities that hold nothing count as entities (they matter for the Gini coefficient
alone). Where nothing is held at all every coefficient is 0, a value that HHI, Nakamoto coefficient and top share
cannot take in a market that exists. Rounding residues (negative amounts below 1e-9 of the largest) count as zero;
anything more negative, or not finite, is an error.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_RESIDUE = 1e-9
_TIE = 1e-12


def _amounts(x: ArrayLike) -> Floats:
    amounts = np.asarray(x, dtype=np.float64).ravel()
    if amounts.size == 0:
        return amounts
    largest, smallest = float(amounts.max()), float(amounts.min())
    if not (np.isfinite(largest) and np.isfinite(smallest)):
        raise ValueError("amounts must be finite")
    if smallest >= 0.0:
        return amounts
    if smallest < -_RESIDUE * max(largest, 0.0):
        raise ValueError(f"amounts must not be negative, found {smallest:g}")
    return np.maximum(amounts, 0.0)


def _normalised(x: ArrayLike) -> Floats | None:
    """Amounts over the largest one (no overflow in sums and squares), None when nothing is held."""
    amounts = _amounts(x)
    largest = float(amounts.max()) if amounts.size else 0.0
    return amounts / largest if largest > 0.0 else None


def hhi(x: ArrayLike) -> float:
    """Herfindahl-Hirschman index: ``sum_i s_i**2`` with ``s_i = x_i / sum(x)``.

    Between ``1 / n`` (equal shares) and 1 (one holder). Antitrust practice quotes 10,000 times this number
    (US Merger Guidelines 2023: above 1,800 is highly concentrated).
    """
    amounts = _normalised(x)
    if amounts is None:
        return 0.0
    shares = amounts / amounts.sum()
    return float(np.sum(shares * shares))


def gini(x: ArrayLike) -> float:
    """Gini coefficient: ``sum_i (2 i - n - 1) x_(i) / (n sum(x))`` over amounts in ascending order.

    Between 0 (equality) and ``1 - 1/n`` (one holder among n). It is twice the area between the Lorenz curve and the
    diagonal. A Pareto distribution of tail exponent a has ``1 / (2 a - 1)``.
    """
    amounts = _normalised(x)
    if amounts is None:
        return 0.0
    n = amounts.size
    ranks = 2.0 * np.arange(1, n + 1) - (n + 1)
    coefficient = float(np.sum(ranks * np.sort(amounts))) / (n * float(amounts.sum()))
    return max(coefficient, 0.0)


def nakamoto(x: ArrayLike, threshold: float = 1.0 / 3.0) -> int:
    """Nakamoto coefficient: the fewest entities that together hold *more than* ``threshold`` of the total.

    1/3 is what stops finality in a Byzantine quorum, 1/2 what decides a vote. Source: B. Srinivasan, L. Lee,
    "Quantifying decentralization" (2017). A share that equals the threshold within 1e-12 does not exceed it.

    Args:
        x: amounts.
        threshold: share of the total, in [0, 1).
    """
    if not 0.0 <= threshold < 1.0:
        raise ValueError(f"threshold must lie in [0, 1), found {threshold:g}")
    amounts = _normalised(x)
    if amounts is None:
        return 0
    held = np.cumsum(np.sort(amounts)[::-1])
    enough = held > threshold * held[-1] + _TIE * held[-1]
    # At thresholds within rounding of 1 no prefix clears the margin: then it takes everybody who holds anything.
    return int(np.argmax(enough)) + 1 if enough.any() else int(np.count_nonzero(amounts))


def top_share(x: ArrayLike, n: int) -> float:
    """Share of the total that the ``n`` largest entities hold, between 0 and 1."""
    if n < 0:
        raise ValueError(f"n must not be negative, found {n}")
    amounts = _normalised(x)
    if amounts is None:
        return 0.0
    if n >= amounts.size:
        return 1.0
    cut = amounts.size - n
    return float(np.partition(amounts, cut - 1)[cut:].sum() / amounts.sum()) if n else 0.0


def lorenz(x: ArrayLike) -> tuple[Floats, Floats]:
    """Lorenz curve: what share of the total the poorest share of entities holds.

    Returns:
        ``(population, held)``, each of shape ``(n + 1,)``, from (0, 0) to (1, 1), amounts ascending. Where nothing
        is held the curve is the diagonal of equality.
    """
    amounts = _normalised(x)
    if amounts is None:
        n = np.asarray(x).size
        population = np.linspace(0.0, 1.0, n + 1) if n else np.array([0.0, 1.0])
        return population, population.copy()
    held = np.concatenate(([0.0], np.cumsum(np.sort(amounts))))
    return np.linspace(0.0, 1.0, amounts.size + 1), held / held[-1]
