"""Constant-product arithmetic, compiled: a base asset against a quote asset, fee on the input.

The fee stays in the pool, outside the product of the trade that pays it (Uniswap v2). Formulas of the optimal
arbitrage: Angeris, Kao, Chiang, Noyes, Chitra (2020), "An analysis of Uniswap markets". For governance tokens the
base is the token and the quote is ETH.
"""

import math

import numpy as np

from .._compile import compiled


@compiled
def output(reserve_in: float, reserve_out: float, amount: float, fee: float) -> float:
    """Amount received for ``amount`` paid in, after the fee; 0 when the pool is empty."""
    if amount <= 0.0 or reserve_in <= 0.0 or reserve_out <= 0.0:
        return 0.0
    effective = amount * (1.0 - fee)
    return reserve_out * effective / (reserve_in + effective)


@compiled
def spot_price(base: float, quote: float) -> float:
    """Quote per unit of base before fees; NaN when the pool is empty."""
    if base <= 0.0 or quote <= 0.0:
        return math.nan
    return quote / base


@compiled
def quote_to_price(base: float, quote: float, fee: float, price: float) -> float:
    """Quote to pay in until the last unit of base costs ``price``, fee included; 0 when it costs that already."""
    if base <= 0.0 or quote <= 0.0 or price <= 0.0 or price * (1.0 - fee) <= quote / base:
        return 0.0
    keep = 1.0 - fee
    return max(0.0, (math.sqrt(base * quote * keep * price) - quote) / keep)


@compiled
def base_to_price(base: float, quote: float, fee: float, price: float) -> float:
    """Base to pay in until the last unit of it brings ``price``, fee included; infinite for a price of 0."""
    if base <= 0.0 or quote <= 0.0 or price >= (1.0 - fee) * quote / base:
        return 0.0
    if price <= 0.0:
        return math.inf
    keep = 1.0 - fee
    return max(0.0, (math.sqrt(base * quote * keep / price) - base) / keep)


@compiled
def best_arbitrage(base: float, quote: float, fee: float, price: float) -> tuple[float, float, float]:
    """Most profitable trade against an outside ``price`` (quote per base) at which any amount can be traded.

    Returns:
        ``(base_change, quote_change, profit)`` of the arbitrageur, before the outside leg; profit in quote.
        All 0 while ``(1 - fee) <= price * base / quote <= 1 / (1 - fee)``.
    """
    paid = quote_to_price(base, quote, fee, price)
    if paid > 0.0:
        received = output(quote, base, paid, fee)
        return received, -paid, received * price - paid
    given = base_to_price(base, quote, fee, price)
    if 0.0 < given < math.inf:
        received = output(base, quote, given, fee)
        return -given, received, received - given * price
    return 0.0, 0.0, 0.0


# --- what liquidity costs its providers -----------------------------------------------------------------------------


@compiled
def value(base: float, quote: float, price: float) -> float:
    """Value of the reserves at an outside ``price``, in quote."""
    return base * price + quote


@compiled
def divergence_loss(ratio: float) -> float:
    """Value of a provider's share over that of its unmoved deposit, less 1, after the price moved by ``ratio``.

    ``2 * sqrt(r) / (1 + r) - 1``, at most 0: also called impermanent loss. Without fees; the outside price moved from
    the pool's own. Written with squares so that small moves do not cancel.
    """
    root = math.sqrt(ratio)
    return -((root - 1.0) ** 2) / (1.0 + ratio)


@compiled
def lvr_rate(volatility: float) -> float:
    """Loss-versus-rebalancing per unit of time, as a fraction of the pool's value: ``volatility**2 / 8``.

    Milionis, Moallemi, Roughgarden, Zhang (2022), "Automated market making and loss-versus-rebalancing",
    arXiv:2208.06046: what arbitrageurs earn when they trade without fee and without pause.

    Args:
        volatility: of the relative price, per square root of the unit of time.
    """
    return 0.125 * volatility * volatility


@compiled
def trade_probability(fee: float, volatility: float, interval: float) -> float:
    """Probability that an arbitrageur who arrives finds a trade that pays, and the part of LVR that it then takes.

    Milionis, Moallemi, Roughgarden (2023), "Automated market making and arbitrage profits in the presence of fees",
    arXiv:2305.14604, for Poisson arrivals in the limit of short intervals: ``1 / (1 + w / (sigma * sqrt(dt / 2)))``
    with ``w = -log(1 - fee)`` the half-width of the band without trade.

    Args:
        fee: fraction of the input.
        volatility: of the relative price, per square root of the unit of time.
        interval: mean time between arrivals.
    """
    width = -math.log(1.0 - fee)
    scale = volatility * math.sqrt(0.5 * interval)
    if width <= 0.0:
        return 1.0
    return scale / (scale + width)


@compiled
def follow_prices(base: float, quote: float, fee: float, prices: np.ndarray) -> tuple[float, float, float, int]:
    """An arbitrageur without limits takes the most profitable trade at each outside price in turn.

    Args:
        base: reserve at the start.
        quote: reserve at the start.
        fee: fraction of the input; stays in the pool.
        prices: (T,) outside prices, quote per base.

    Returns:
        ``(base, quote, profit, trades)``: reserves at the end, what the arbitrageur earned (quote), how often it
        traded. Without a fee the profit is exactly what the pool loses against a portfolio that makes the pool's
        trades at the outside prices.
    """
    profit, trades = 0.0, 0
    for price in prices:
        base_change, quote_change, gain = best_arbitrage(base, quote, fee, price)
        if base_change == 0.0:
            continue
        base -= base_change
        quote -= quote_change
        profit += gain
        trades += 1
    return base, quote, profit, trades
