"""StableSwap arithmetic for two coins, compiled: ETH against an LRT whose shares are scaled by its NAV.

Conventions of the deployed Curve contracts: the stored amplification ``A`` already contains ``n**(n-1)``, so with two
coins ``ann = 2 * A``; the fee is taken from the output and stays in the pool. The curve through reserves ``x`` (ETH)
and ``y`` (ETH-worth of LRT) is

    ann * (x + y) + D = ann * D + D**3 / (4 * x * y)

(Egorov 2019, "StableSwap - efficient mechanism for stablecoin liquidity"). The contracts find ``D`` and the new reserve
by Newton's method on integers; here ``D`` is Newton's in float64, and the new reserve, a quadratic when n = 2, is
solved outright. A *price* is always ETH per ETH-worth of LRT, that is, market price over NAV: 1 is par.

Functions come in two layers: arithmetic on scalars, and functions on one ``POOL`` record and the LRT's NAV.
A pool without reserves on either side has no price (NaN) and fills nothing.
"""

import math
from typing import Any

import numpy as np

from .._compile import compiled

Record = Any
"""One element of a structured array; numba and numpy give it different types."""

_MOST_STEPS = 255
_HALVINGS = 60
_CONVERGED = 2e-15  # relative change of D that rounding alone can make
_ROUNDED_DOWN = 1.0 - 2.0**-50
_LAST_STEP = 1e-9  # a Newton step this small leaves an error of its square


# --- arithmetic on scalars ------------------------------------------------------------------------------------------


@compiled
def invariant(eth: float, worth: float, ann: float, guess: float = 0.0) -> float:
    """Invariant ``D`` (ETH): twice the reserve that either side would have in balance.

    Args:
        eth: ETH reserve, above 0.
        worth: LRT reserve valued at NAV, ETH, above 0.
        ann: amplification times the number of coins.
        guess: a nearby ``D`` to start from; 0 starts from the sum, as the contracts do.
    """
    total = eth + worth
    d = guess if guess > 0.0 else total
    for _ in range(_MOST_STEPS):
        product = d * (d / (2.0 * eth)) * (d / (2.0 * worth))
        following = (ann * total + 2.0 * product) * d / ((ann - 1.0) * d + 3.0 * product)
        if abs(following - d) <= _CONVERGED * following:
            return following
        d = following
    return d


@compiled
def other_reserve(known: float, d: float, ann: float) -> float:
    """Reserve of one side (ETH) that goes with reserve ``known`` of the other on the curve ``d``.

    The positive root of ``y**2 + (known + d/ann - d) * y = d**3 / (4 * known * ann)``, written without cancellation.
    """
    half_b = 0.5 * (known + d / ann - d)
    c = d * (d / (2.0 * known)) * (d / (2.0 * ann))
    root = math.sqrt(half_b * half_b + c)
    if half_b > 0.0:
        return c / (half_b + root)
    return root - half_b


@compiled
def marginal_price(eth: float, worth: float, d: float, ann: float) -> float:
    """Price of the next infinitesimal trade before fees: ETH per ETH-worth of LRT."""
    product = d * (d / (2.0 * eth)) * (d / (2.0 * worth))
    return (ann + product / worth) / (ann + product / eth)


@compiled
def output(reserve_in: float, reserve_out: float, amount: float, d: float, ann: float, fee: float) -> float:
    """What ``amount`` (ETH-worth) paid in takes out of the other side after the fee; same for both directions.

    Rounds in the pool's favour by a few units in the last place of the reserve, as the contracts do by one wei.
    """
    if amount <= 0.0:
        return 0.0
    before_fee = reserve_out * _ROUNDED_DOWN - other_reserve(reserve_in + amount, d, ann)
    return max(0.0, before_fee) * (1.0 - fee)


@compiled
def scarce_share(price: float, ann: float, guess: float = 0.0) -> float:
    """Share of ``D`` left on the scarcer side where it buys the other side at ``price`` in (0, 1].

    Depends on nothing else, as the curve is homogeneous in ``D``. Newton's method on the logarithms, where the price
    is nearly a power law (exponent 3/2) beyond the cliff, kept inside a bracket.

    Args:
        price: wanted marginal price of the ample side in terms of the scarce side.
        ann: amplification times the number of coins.
        guess: a nearby share to start from; 0 starts from the power law.
    """
    if price >= 1.0:
        return 0.5
    wanted = math.log(price)
    power_law = (wanted - math.log(4.0 * math.sqrt(ann))) / 1.5  # the price lies below its power law everywhere
    low, high = min(power_law, math.log(0.5)) - 1.0, math.log(0.5)
    at = min(high, max(low, math.log(guess) if guess > 0.0 else power_law))
    for _ in range(_MOST_STEPS):
        scarce = math.exp(at)
        ample = other_reserve(scarce, 1.0, ann)
        product = 1.0 / (4.0 * scarce * ample)
        numerator, denominator = ann + product / ample, ann + product / scarce
        here = numerator / denominator
        gap = math.log(here) - wanted
        if gap < 0.0:
            low = at
        else:
            high = at
        # along the curve d(ample)/d(scarce) = -1 / price and product = ann * (scarce + ample - 1) + 1
        change = ann * (1.0 - 1.0 / here)
        slope = (change / ample + product / (ample * ample * here)) / numerator
        slope -= (change / scarce - product / (scarce * scarce)) / denominator
        following = at - gap / (slope * scarce) if slope > 0.0 else 0.5 * (low + high)
        if not low <= following <= high:
            following = 0.5 * (low + high)
        if abs(following - at) <= _LAST_STEP:
            return math.exp(following)
        at = following
    return math.exp(at)


@compiled
def reserves_at(price: float, d: float, ann: float, guess: float = 0.0) -> tuple[float, float]:
    """Reserves (ETH, ETH-worth of LRT) on the curve ``d`` where the marginal price is ``price`` (above 0).

    ``guess``: a nearby reserve (ETH) of the side that is scarce at that price, 0 when none is known.
    """
    if price <= 1.0:
        eth = scarce_share(price, ann, guess / d) * d
        return eth, other_reserve(eth, d, ann)
    worth = scarce_share(1.0 / price, ann, guess / d) * d
    return other_reserve(worth, d, ann), worth


@compiled
def worth_down_to(price: float, eth: float, worth: float, d: float, ann: float, offered: float) -> float:
    """How much of ``offered`` (ETH-worth of LRT) can be sold before the marginal price falls below ``price``."""
    if offered <= 0.0:
        return 0.0
    if price <= 0.0:
        return offered
    if marginal_price(eth, worth, d, ann) <= price:
        return 0.0
    if not math.isinf(offered):
        after = worth + offered
        if marginal_price(other_reserve(after, d, ann), after, d, ann) >= price:
            return offered
    return min(offered, max(0.0, reserves_at(price, d, ann, min(eth, worth))[1] - worth))


@compiled
def eth_up_to(price: float, eth: float, worth: float, d: float, ann: float, budget: float) -> float:
    """How much of ``budget`` (ETH) can be spent on LRT before the marginal price rises above ``price``."""
    if budget <= 0.0 or price <= 0.0 or marginal_price(eth, worth, d, ann) >= price:
        return 0.0
    if not math.isinf(budget):
        after = eth + budget
        if marginal_price(after, other_reserve(after, d, ann), d, ann) <= price:
            return budget
    return min(budget, max(0.0, reserves_at(price, d, ann, min(eth, worth))[0] - eth))


@compiled
def depth(eth: float, worth: float, d: float, ann: float) -> float:
    """ETH-worth of LRT that moves the price by one unit of its logarithm, at the margin: ``-d(worth)/d(log price)``.

    From the derivative of the marginal price along the curve, where ``d(eth)/d(worth) = -price``.
    """
    product = d * (d / (2.0 * eth)) * (d / (2.0 * worth))
    numerator, denominator = ann + product / worth, ann + product / eth
    price = numerator / denominator
    change = ann * (1.0 - price)  # of the product, as it is ann * (eth + worth - d) + d on the curve
    steepness = (product / worth - change) / (worth * numerator)
    steepness += (change + product * price / eth) / (eth * denominator)
    return 1.0 / steepness


@compiled
def lvr_rate(eth: float, worth: float, d: float, ann: float, volatility: float) -> float:
    """Loss-versus-rebalancing per unit of time, as a fraction of the pool's value.

    What arbitrageurs earn who trade without fee and without pause:
    ``volatility**2 / 2 * price**2 * |d(worth)/d(price)|`` over the value (Milionis, Moallemi, Roughgarden, Zhang 2022,
    "Automated market making and loss-versus-rebalancing", arXiv:2208.06046, for any curve). For a constant product
    it would be ``volatility**2 / 8``; a flat curve holds more of what is falling and loses more.

    Args:
        eth: ETH reserve.
        worth: LRT reserve valued at NAV, ETH.
        d: invariant, ETH.
        ann: amplification times the number of coins.
        volatility: of the price over NAV, per square root of the unit of time.
    """
    price = marginal_price(eth, worth, d, ann)
    moved = 0.5 * volatility * volatility * price * depth(eth, worth, d, ann)
    return moved / (eth + price * worth)


@compiled
def divergence_loss(before: float, after: float, ann: float) -> float:
    """Value of a provider's share over that of its unmoved deposit, less 1, after a move ``before`` to ``after``.

    At most 0; without fees. Both values are at the price ``after``. Also called impermanent loss.
    """
    kept_eth, kept_worth = reserves_at(before, 1.0, ann)
    eth, worth = reserves_at(after, 1.0, ann)
    return min(0.0, (eth + after * worth) / (kept_eth + after * kept_worth) - 1.0)


# --- one POOL record ------------------------------------------------------------------------------------------------


@compiled
def trades(pool: Record, nav: float) -> bool:
    """Whether the pool can fill anything: reserves on both sides, a NAV and an amplification."""
    return pool["eth"] > 0.0 and pool["token"] > 0.0 and nav > 0.0 and pool["amplification"] > 0.0


@compiled
def pool_invariant(pool: Record, nav: float) -> float:
    """Invariant ``D`` of a pool, ETH; 0 when it does not trade."""
    if not trades(pool, nav):
        return 0.0
    return invariant(pool["eth"], pool["token"] * nav, 2.0 * pool["amplification"])


@compiled
def spot_price(pool: Record, nav: float) -> float:
    """Marginal price over NAV before fees; NaN when the pool does not trade."""
    if not trades(pool, nav):
        return math.nan
    ann, worth = 2.0 * pool["amplification"], pool["token"] * nav
    return marginal_price(pool["eth"], worth, invariant(pool["eth"], worth, ann), ann)


@compiled
def quote_sale(pool: Record, nav: float, shares: float) -> float:
    """ETH paid for ``shares`` of the LRT, after the fee."""
    if not trades(pool, nav):
        return 0.0
    ann, worth = 2.0 * pool["amplification"], pool["token"] * nav
    return output(worth, pool["eth"], shares * nav, invariant(pool["eth"], worth, ann), ann, pool["fee"])


@compiled
def quote_purchase(pool: Record, nav: float, eth: float) -> float:
    """Shares of the LRT received for ``eth``, after the fee."""
    if not trades(pool, nav):
        return 0.0
    ann, worth = 2.0 * pool["amplification"], pool["token"] * nav
    return output(pool["eth"], worth, eth, invariant(pool["eth"], worth, ann), ann, pool["fee"]) / nav


@compiled
def shares_to_price(pool: Record, nav: float, price: float) -> float:
    """Shares to sell until the marginal price (before fees) has fallen to ``price``; infinite for a price of 0."""
    if not trades(pool, nav):
        return 0.0
    ann, worth = 2.0 * pool["amplification"], pool["token"] * nav
    return worth_down_to(price, pool["eth"], worth, invariant(pool["eth"], worth, ann), ann, math.inf) / nav


@compiled
def eth_to_price(pool: Record, nav: float, price: float) -> float:
    """ETH to spend until the marginal price (before fees) has risen to ``price``."""
    if not trades(pool, nav):
        return 0.0
    ann, worth = 2.0 * pool["amplification"], pool["token"] * nav
    return eth_up_to(price, pool["eth"], worth, invariant(pool["eth"], worth, ann), ann, math.inf)


@compiled
def selling_cost(pool: Record, nav: float, shares: float) -> float:
    """Share of their NAV that the seller of ``shares`` loses to price and fee; 1 when selling is impossible.

    For no shares at all: the cost of the first infinitesimal one.
    """
    if not trades(pool, nav):
        return 1.0
    if shares <= 0.0:
        first: float = spot_price(pool, nav) * (1.0 - pool["fee"])
        return 1.0 - first
    return 1.0 - quote_sale(pool, nav, shares) / (shares * nav)


@compiled
def routed_selling_cost(pools: np.ndarray, first: int, step: int, nav: float, shares: float) -> float:
    """:func:`selling_cost` of ``shares`` (above 0) spread over several pools so that it is least.

    The last unit then brings the same in every pool that takes any: the common price is found by halving.

    Args:
        pools: ``POOL``; those of the token are ``first``, ``first + step``, and so on.
        first: place of the first.
        step: distance between them.
        nav: ETH per share.
        shares: what is sold.
    """
    low, high = 0.0, 2.0
    for _ in range(_HALVINGS):
        price, taken = 0.5 * (low + high), 0.0
        for m in range(first, len(pools), step):
            taken += shares_to_price(pools[m], nav, price / (1.0 - pools[m]["fee"]))
        if taken > shares:
            low = price
        else:
            high = price
    taken, eth = 0.0, 0.0
    for m in range(first, len(pools), step):
        here = min(shares_to_price(pools[m], nav, high / (1.0 - pools[m]["fee"])), shares - taken)
        eth += quote_sale(pools[m], nav, here)
        taken += here
    if taken <= 0.0:
        return 1.0
    return 1.0 - eth / (taken * nav)


@compiled
def selling_costs(pools: np.ndarray, navs: np.ndarray, shares: np.ndarray, part: float, out: np.ndarray) -> None:
    """What selling a part of the supply of every LRT costs; 1 where there is nothing to sell or no pool.

    Args:
        pools: (V K,) ``POOL``, V for each LRT, the first ones of all first.
        navs: (K,) ETH per share.
        shares: (K,) supplies.
        part: fraction of supply that is sold at once.
        out: (K,) written.
    """
    lrts = len(shares)
    for k in range(lrts):
        if shares[k] <= 0.0:
            out[k] = 1.0
        elif len(pools) == lrts:
            out[k] = selling_cost(pools[k], navs[k], part * shares[k])
        else:
            out[k] = routed_selling_cost(pools, k, lrts, navs[k], part * shares[k])


@compiled
def best_arbitrage(pool: Record, nav: float, price: float) -> tuple[float, float, float]:
    """Most profitable trade against an outside ``price`` (ETH per ETH-worth) at which any amount can be traded.

    The fee is taken from the output: selling pays until the marginal price has fallen to ``price / (1 - fee)``, buying
    until it has risen to ``price * (1 - fee)``.

    Returns:
        ``(shares_change, eth_change, profit)`` of the arbitrageur before the outside leg; profit in ETH. All 0 inside
        the band without trade, and when the pool does not trade.
    """
    if not trades(pool, nav) or price <= 0.0:
        return 0.0, 0.0, 0.0
    keep = 1.0 - pool["fee"]
    paid = eth_to_price(pool, nav, price * keep)
    if paid > 0.0:
        shares = quote_purchase(pool, nav, paid)
        gain = shares * nav * price - paid
        return (shares, -paid, gain) if gain > 0.0 else (0.0, 0.0, 0.0)
    given = shares_to_price(pool, nav, price / keep)
    if given > 0.0:
        eth = quote_sale(pool, nav, given)
        gain = eth - given * nav * price
        return (-given, eth, gain) if gain > 0.0 else (0.0, 0.0, 0.0)
    return 0.0, 0.0, 0.0


@compiled
def shares_at_cost(pool: Record, nav: float, cost: float) -> float:
    """Shares whose sale at once loses ``cost`` of their NAV to price and fee; the inverse of :func:`selling_cost`.

    0 when even the first share costs more; infinite when ``cost`` is 1 or more, as no sale costs that.
    """
    if not trades(pool, nav) or selling_cost(pool, nav, 0.0) >= cost:
        return 0.0
    if cost >= 1.0:
        return math.inf
    low, high = 0.0, pool["token"] + pool["eth"] / nav
    while selling_cost(pool, nav, high) < cost:
        low, high = high, 2.0 * high
    for _ in range(_MOST_STEPS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if selling_cost(pool, nav, middle) < cost:
            low = middle
        else:
            high = middle
    return low
