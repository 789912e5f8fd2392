"""Looping: how far a borrow ratio multiplies a position, what it earns, and where it is liquidated.

A looper deposits a token, borrows against it, buys more of it, and so on. Formulas: X. Xiong, Z. Wang, X. Chen,
W. Knottenbelt, M. Huth, "Leverage Staking with Liquid Staking Derivatives (LSDs): Opportunities and Risks"
(arXiv:2401.08610); the frontier of helpful liquidations: J. Warmuz, A. Chaudhary, D. Pinna, "Toxic Liquidation Spirals"
(arXiv:2212.07306), with slippage A. McFarlane (arXiv:2510.10171). Prices are over NAV, rates per year.
"""

import math


def multiplier(borrow_ratio: float, rounds: float = math.inf) -> float:
    """Collateral over own capital after ``rounds`` of borrowing and buying: ``(1 - l^(n+1)) / (1 - l)``.

    Args:
        borrow_ratio: l, loan over collateral in each round, in [0, 1).
        rounds: n, ``inf`` for the limit ``1 / (1 - l)``.

    Raises:
        ValueError: the ratio is outside [0, 1) or rounds are negative.
    """
    if not 0.0 <= borrow_ratio < 1.0:
        raise ValueError(f"borrow_ratio must lie in [0, 1), not {borrow_ratio}")
    if not rounds >= 0:
        raise ValueError(f"rounds must not be negative, not {rounds}")
    if math.isinf(rounds):
        return 1.0 / (1.0 - borrow_ratio)
    return (1.0 - borrow_ratio ** (rounds + 1)) / (1.0 - borrow_ratio)


def position(
    capital: float, borrow_ratio: float, rounds: float = math.inf, *, price: float = 1.0, oracle: float = 1.0
) -> tuple[float, float]:
    """Collateral (tokens) and debt (ETH) of a loop, bought at ``price`` and lent against at ``oracle``.

    Each ETH buys ``1 / price`` tokens, against which ``l * oracle / price`` can be borrowed; at par this is the direct
    loop by staking, else the indirect one through a pool.

    Raises:
        ValueError: prices are not positive, or the ratio they make reaches 1.
    """
    if not (price > 0.0 and oracle > 0.0):
        raise ValueError(f"prices must be above 0, not {price} and {oracle}")
    spent = capital * multiplier(borrow_ratio * oracle / price, rounds)
    return spent / price, spent - capital


def loop_apr(leverage: float, staking_apr: float, borrow_apr: float) -> float:
    """Yield on own capital: ``r_s * L - r_b * (L - 1)``; above ``r_s`` exactly when the loan costs less than it."""
    return staking_apr * leverage - borrow_apr * (leverage - 1.0)


def liquidation_price(leverage: float, threshold: float) -> float:
    """Price at which the health factor reaches 1: ``(1 - 1 / L) / threshold``."""
    return (1.0 - 1.0 / leverage) / threshold


def largest_leverage(ltv: float, margin: float = 0.0) -> float:
    """Collateral over equity at a loan of ``(1 - margin) * ltv``: ``1 / (1 - (1 - margin) * ltv)``."""
    return 1.0 / (1.0 - (1.0 - margin) * ltv)


def ltv_after_liquidation(ltv: float, bonus: float, close_factor: float = 0.5, slippage: float = 1.0) -> float:
    """Loan to value after one liquidation, by value: ``(1 - c) * ltv / (1 - c * ltv * (1 + bonus) * slippage)``.

    Args:
        ltv: before it.
        bonus: what the liquidator gets beyond what it repays.
        close_factor: c, part of the debt repaid.
        slippage: value of collateral taken over what the bonus alone would take, at least 1.

    Returns:
        Infinite when the collateral does not suffice.
    """
    left = 1.0 - close_factor * ltv * (1.0 + bonus) * slippage
    return (1.0 - close_factor) * ltv / left if left > 0.0 else math.inf


def toxic_frontier(bonus: float, slippage: float = 1.0) -> float:
    """Loan to value above which a liquidation raises it: ``1 / ((1 + bonus) * slippage)``."""
    return 1.0 / ((1.0 + bonus) * slippage)
