"""Constant-product arithmetic, compiled: a base asset against a quote asset, fee on the input.

The fee stays in the pool, outside the product of the trade that pays it (Uniswap v2). Formulas of the optimal
arbitrage: Angeris, Kao, Chiang, Noyes, Chitra (2020), "An analysis of Uniswap markets". For governance tokens the
base is the token and the quote is ETH.
"""

import math

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
