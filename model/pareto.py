"""Pareto-distributed sizes on a quantile grid: what wealth and network degrees have in common.

A grid instead of draws: at tail exponents near 1 a handful of draws decides the whole sample, so that two seeds,
or two resolutions, would be two different economies.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EXACT_RANKS = 4096
_BLOCKS = 4096
_TIGHT = 1e-14
_STEPS = 80


def bounded_pareto(tail: Floats, alpha: float, ratio: float) -> Floats:
    """Sizes in a bounded Pareto distribution on ``[1, ratio]`` that a share ``tail`` of holders exceeds.

    ``x(t) = (e + t (1 - e))**(-1/alpha)`` with ``e = ratio**-alpha``; ``ratio = inf`` is the ordinary Pareto
    distribution. Written in the upper tail, so that the largest sizes keep all their digits.

    Args:
        tail: probabilities in (0, 1], any shape.
        alpha: tail exponent, ``P(X > x) ~ x**-alpha``.
        ratio: largest over smallest size, at least 1.
    """
    end = 0.0 if math.isinf(ratio) else ratio**-alpha
    return np.asarray((end + tail * (1.0 - end)) ** (-1.0 / alpha), dtype=np.float64)


def pareto_grid(count: int, alpha: float, total: float, largest: float) -> Floats:
    """Sizes of ``count`` holders on the midpoint quantile grid of a bounded Pareto distribution, largest first.

    The bound is chosen so that the largest size is ``largest``; where even the unbounded grid stays below that, the
    grid is unbounded. Where the cap is infeasible (``count * largest <= total``), all sizes are equal.

    Args:
        count: number of holders.
        alpha: tail exponent.
        total: what the sizes add up to.
        largest: cap on the largest size, in the unit of ``total``.

    Returns:
        Array of shape ``(count,)`` in descending order whose sum is ``total`` to rounding.
    """
    if count == 0 or total <= 0.0:
        return np.zeros(count)
    goal = largest / total
    if goal * count <= 1.0:
        return np.full(count, total / count)
    tail, weights = _representatives(count)
    ranks = (np.arange(count) + 0.5) / count
    if _largest_share(tail, weights, alpha, math.inf) <= goal:
        sizes = bounded_pareto(ranks, alpha, math.inf)
        sizes *= total / sizes.sum()
        return sizes
    sizes = bounded_pareto(ranks, alpha, _ratio(tail, weights, alpha, goal))
    # Blocks of ranks stand for their middle in the search; what that leaves (about 1e-8) the others make up for.
    sizes *= (1.0 - goal) * total / sizes[1:].sum()
    sizes[0] = goal * total
    return sizes


def lorenz_bins(count: int, alpha: float) -> Floats:
    """Shares of the total held by ``count`` equally large groups of an unbounded Pareto population, richest first.

    The richest share ``p`` of such a population holds ``p**(1 - 1/alpha)`` of the total, whatever the resolution.

    Args:
        count: number of groups.
        alpha: tail exponent, above 1 (below, the mean is infinite).
    """
    held = (np.arange(count + 1) / max(count, 1)) ** (1.0 - 1.0 / alpha)
    return np.diff(held)


def _representatives(count: int) -> tuple[Floats, Floats]:
    """Upper-tail midpoints and sizes of blocks of ranks: single ranks at the top, then geometric blocks."""
    edges = np.arange(min(count, _EXACT_RANKS) + 1, dtype=np.float64)
    if count > _EXACT_RANKS:
        edges = np.concatenate((edges[:-1], np.unique(np.geomspace(_EXACT_RANKS, count, _BLOCKS).round())))
    return 0.5 * (edges[1:] + edges[:-1]) / count, np.diff(edges)


def _largest_share(tail: Floats, weights: Floats, alpha: float, ratio: float) -> float:
    sizes = bounded_pareto(tail, alpha, ratio)
    return float(sizes[0] / np.sum(sizes * weights))


def _ratio(tail: Floats, weights: Floats, alpha: float, goal: float) -> float:
    """Bound at which the largest share is ``goal``, by regula falsi (Illinois) in ``y = alpha log(ratio)``.

    The largest share rises with y from ``1 / count`` at 0 to that of the unbounded grid, nearly linearly in its
    logarithm.
    """

    def excess(y: float) -> float:
        return math.log(_largest_share(tail, weights, alpha, math.exp(y / alpha)) / goal)

    count = float(weights.sum())
    low, low_value = 0.0, -math.log(goal * count)
    high = math.log(2.0 * count)
    high_value = excess(high)
    while high_value < 0.0:
        low, low_value, high = high, high_value, 2.0 * high
        high_value = excess(high)
    middle = high
    for _ in range(_STEPS):
        if high_value == low_value or high - low < _TIGHT * high:
            break
        middle = (low * high_value - high * low_value) / (high_value - low_value)
        value = excess(middle)
        if abs(value) < _TIGHT:
            break
        if value > 0.0:
            high, high_value, low_value = middle, value, 0.5 * low_value
        else:
            low, low_value, high_value = middle, value, 0.5 * high_value
    return math.exp(middle / alpha)
