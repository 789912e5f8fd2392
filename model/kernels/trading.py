"""The day's trading rounds, compiled: orders meet the pools, arbitrageurs close the gaps that pay.

A day has ``rounds`` rounds. In each, an equal part of the day's orders arrives and stands in the book until night:

1. sellers, the most willing bucket first; a bucket sells while the marginal price after the fee is at least one less
   the discount that it accepts;
2. entrants, who buy the pool while that is cheaper than minting at NAV, fee included, and mint what is left;
3. arbitrageurs, in the given order, each visiting the pools, and the gaps between pools of one LRT, from the widest
   edge to the narrowest.

An LRT may trade in several pools. Each has orders of its own, of people who trade where they always do; what holds
the pools' prices together is arbitrage alone. With K LRTs, pool ``m`` is one of LRT ``m % K`` and the first K pools
are the first ones, whose price is the LRT's price.

Nobody else sets a floor: with redemption closed the price rests on patient capital, and below that on nothing.
The definition of one arbitrageur's round is ``Arbitrageur.step``; of the day, ``trade_day_by_agents`` in
:mod:`..markets.order_book`. This file is the same in compiled form. Prices are ETH per ETH-worth of LRT.
"""

from typing import NamedTuple

import numpy as np

from .._compile import compiled
from ..state import COLLATERAL, ETH_LOAN, POSITION
from . import debts, stableswap
from .stableswap import Record

LOAN_DUST = 1e-9
"""Collateral (ETH) below which nothing is left of it."""

RANK_AHEAD = 0.02
"""Fall of the oracle's price that loans are ranked for beforehand; how many are ranked changes nothing but the time."""
RANK_ROUNDING = 1e-9
"""Relative difference that rounding can make between two ways to compute the price at which a loan becomes unsafe."""

BRIDGE_PRECISION = 1e-12
"""Width of the bracket of what a trade between two pools spends, relative to the largest spending left."""

HALVINGS = 80
"""After so many halvings of the capital nothing is left to trade with."""
SAME_PRICE = 1e-9
"""Relative difference below which two prices are one: arbitrage leaves no more than rounding between pools."""

DISCOUNT_BUCKETS = np.array(
    [0.0, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15, 0.20, 0.30, 0.45, 0.65, 1.0]
)
"""Largest discount to NAV that the sellers of each bucket accept, rising; 1 sells at any price."""

TERMS = np.dtype(
    [
        ("nav", "f8"),  # ETH per share
        ("redemption_open", "u1"),
        ("deposit_open", "u1"),
        ("wait_days", "f8"),  # expected days from a redemption request to its payment
        ("opening_days", "f8"),  # believed days until redemption opens
        ("instant_fee", "f8"),  # fraction of NAV that payment at once costs; infinite where it is not offered
        ("mint_room_eth", "f8"),  # room under the deposit cap, ETH; infinite without a cap
    ],
    align=True,
)
"""What one LRT offers to those who trade against it today."""


FILL = np.dtype(
    [
        ("bought_shares", "f8"),  # shares that entrants took from the pool
        ("bought_eth", "f8"),  # what they paid
        ("mint_eth", "f8"),  # entrants' ETH to be minted at NAV
        ("unspent_eth", "f8"),  # entrants' ETH that neither pool nor mint took
        ("lowest_price", "f8"),  # over the day, seen after the sellers and at the end of each round
        ("mean_price", "f8"),  # mean of the rounds' last prices
        ("close_price", "f8"),  # last price; 1 when the pool does not trade
        ("volume_eth", "f8"),  # ETH leg of all trades with the pool
        ("invariant", "f8"),  # the pool's D after the last trade, ETH; 0 when it does not trade
        ("mint_room_eth", "f8"),  # what is left of the room under the cap
    ],
    align=True,
)
"""What a day of trading did to one LRT."""


class Fills(NamedTuple):
    """What a day of trading did; K LRTs, B buckets, A arbitrageurs. Amounts are sums over the day.

    Conservation, which the owner of the accounts completes: ETH that leaves for other accounts is ``sold_eth`` (to
    sellers), ``mint_eth + minted_eth`` (to the LRTs), ``unspent_eth`` (back to entrants) and ``gas_eth`` (burned);
    shares that come into being are ``minted_shares`` (the owner also mints for ``mint_eth``), shares that leave for
    other accounts are ``bought_shares`` (to entrants) and ``redeem_shares`` (to the redemption queue).
    """

    lrts: np.ndarray  # (K,) FILL: prices of the first pool, sums over pools of the rest
    sold_shares: np.ndarray  # (K, B) shares that found a price
    sold_eth: np.ndarray  # (K, B) what they brought: one average price per bucket and day
    redeem_shares: np.ndarray  # (A, K) shares handed in for redemption
    minted_eth: np.ndarray  # (A, K) ETH that arbitrageurs minted with
    minted_shares: np.ndarray  # (A, K) shares minted and sold at a premium
    gas_eth: np.ndarray  # (A,) ETH burned
    pools: np.ndarray  # (M,) FILL of each pool; ``lrts`` itself when every LRT has one
    pool_sold_shares: np.ndarray  # (M, B) by pool; ``sold_shares`` itself when every LRT has one
    pool_sold_eth: np.ndarray  # (M, B)


def new_fills(lrts: int, arbitrageurs: int, buckets: int = len(DISCOUNT_BUCKETS), *, pools_per_lrt: int = 1) -> Fills:
    """Arrays for the outcome of a day; :func:`trade_day` clears them itself, so they can be used again."""
    handed, pools = (arbitrageurs, lrts), pools_per_lrt * lrts
    by_lrt, sold_shares, sold_eth = np.zeros(lrts, FILL), np.zeros((lrts, buckets)), np.zeros((lrts, buckets))
    alone = pools_per_lrt == 1
    return Fills(
        by_lrt,
        sold_shares,
        sold_eth,
        redeem_shares=np.zeros(handed),
        minted_eth=np.zeros(handed),
        minted_shares=np.zeros(handed),
        gas_eth=np.zeros(arbitrageurs),
        pools=by_lrt if alone else np.zeros(pools, FILL),
        pool_sold_shares=sold_shares if alone else np.zeros((pools, buckets)),
        pool_sold_eth=sold_eth if alone else np.zeros((pools, buckets)),
    )


@compiled
def discount_bucket(accepted: float) -> int:
    """Bucket of an order whose owner accepts discounts up to ``accepted``; -1 when it wants more than NAV.

    The bucket never sells deeper than its owner allows, as the accepted discount is rounded down.
    """
    for bucket in range(len(DISCOUNT_BUCKETS) - 1, -1, -1):
        if accepted >= DISCOUNT_BUCKETS[bucket]:
            return bucket
    return -1


# --- the pool: a trade at the quoted state, then a new quote ----------------------------------------------------------


@compiled
def _requote(pool: Record, nav: float, fill: Record) -> None:
    """Invariant and marginal price after a change of the reserves."""
    if not stableswap.trades(pool, nav):
        fill["invariant"] = 0.0
        return
    ann, worth = 2.0 * pool["amplification"], pool["token"] * nav
    fill["invariant"] = stableswap.invariant(pool["eth"], worth, ann, fill["invariant"])
    fill["close_price"] = stableswap.marginal_price(pool["eth"], worth, fill["invariant"], ann)


@compiled
def _salable(price: float, pool: Record, nav: float, offered: float, fill: Record) -> float:
    """How much of ``offered`` (ETH-worth of LRT) the pool takes before its marginal price falls below ``price``."""
    ann = 2.0 * pool["amplification"]
    return stableswap.worth_down_to(price, pool["eth"], pool["token"] * nav, fill["invariant"], ann, offered)


@compiled
def _spendable(price: float, pool: Record, nav: float, budget: float, fill: Record) -> float:
    """How much of ``budget`` (ETH) the pool takes before its marginal price rises above ``price``."""
    ann = 2.0 * pool["amplification"]
    return stableswap.eth_up_to(price, pool["eth"], pool["token"] * nav, fill["invariant"], ann, budget)


@compiled
def _quote_sale(pool: Record, nav: float, worth: float, fill: Record) -> float:
    """ETH for LRT worth ``worth``, after the fee."""
    ann = 2.0 * pool["amplification"]
    return stableswap.output(pool["token"] * nav, pool["eth"], worth, fill["invariant"], ann, pool["fee"])


@compiled
def _quote_purchase(pool: Record, nav: float, eth: float, fill: Record) -> float:
    """ETH-worth of LRT for ``eth``, after the fee."""
    ann = 2.0 * pool["amplification"]
    return stableswap.output(pool["eth"], pool["token"] * nav, eth, fill["invariant"], ann, pool["fee"])


@compiled
def _swap(pool: Record, nav: float, eth: float, shares: float, fill: Record) -> None:
    """Moves reserves by ``eth`` and ``shares`` (one of them negative) and quotes anew."""
    pool["eth"] = pool["eth"] + eth
    pool["token"] = pool["token"] + shares
    fill["volume_eth"] = fill["volume_eth"] + abs(eth)
    _requote(pool, nav, fill)


# --- orders -----------------------------------------------------------------------------------------------------------


@compiled
def _sellers(
    arrived: float,
    pool: Record,
    nav: float,
    offers: np.ndarray,
    sold_shares: np.ndarray,
    sold_eth: np.ndarray,
    fill: Record,
) -> None:
    """Fills the standing sell orders of one LRT, most willing first.

    Args:
        arrived: the part of the day's orders that has come to market.
        pool: ``POOL``.
        nav: ETH per share.
        offers: (B,) shares offered today.
        sold_shares: (B,) shares sold so far.
        sold_eth: (B,) what they brought.
        fill: ``FILL``.
    """
    if fill["invariant"] <= 0.0:
        return
    for bucket in range(len(offers) - 1, -1, -1):
        standing = offers[bucket] * arrived - sold_shares[bucket]
        if standing <= 0.0:
            continue
        floor = (1.0 - DISCOUNT_BUCKETS[bucket]) / (1.0 - pool["fee"])
        if fill["close_price"] < floor:
            return  # and the others want more
        filled = _salable(floor, pool, nav, standing * nav, fill) / nav
        if filled <= 0.0:
            return
        eth = _quote_sale(pool, nav, filled * nav, fill)
        _swap(pool, nav, -eth, filled, fill)
        sold_shares[bucket] += filled
        sold_eth[bucket] += eth


@compiled
def _entrants(arrived: float, pool: Record, terms: Record, wanted: float, fill: Record, first: Record) -> None:
    """Spends the standing orders of ``wanted`` ETH: in the pool while cheaper, fee included, else by minting.

    ``first``: the fill of the LRT's first pool, which keeps the room under the cap for all of them.
    """
    budget = wanted * arrived - fill["bought_eth"] - fill["mint_eth"]
    if budget <= 0.0:
        return
    par = 1.0 - pool["fee"]  # marginal price at which an ETH-worth costs one ETH, fee included
    if fill["invariant"] > 0.0 and fill["close_price"] < par:
        nav = terms["nav"]
        spent = _spendable(par, pool, nav, budget, fill)
        shares = _quote_purchase(pool, nav, spent, fill) / nav
        _swap(pool, nav, spent, -shares, fill)
        fill["bought_eth"] = fill["bought_eth"] + spent
        fill["bought_shares"] = fill["bought_shares"] + shares
        budget -= spent
    if terms["deposit_open"] and budget > 0.0:
        minted = min(budget, first["mint_room_eth"])
        fill["mint_eth"] = fill["mint_eth"] + minted
        first["mint_room_eth"] = first["mint_room_eth"] - minted


# --- arbitrageurs -----------------------------------------------------------------------------------------------------


@compiled
def financing(arbitrageur: Record, terms: Record) -> float:
    """What waiting for redemption costs an arbitrageur, as a fraction: its required return over the wait."""
    cost: float = arbitrageur["required_return"] * terms["wait_days"] / 365.0
    return cost


@compiled
def bid_price(arbitrageur: Record, terms: Record) -> float:
    """Most that an arbitrageur pays for an ETH-worth of LRT, fees included; 0 when it does not buy at all.

    Open redemption: NAV less the required return over the wait, or less the fee of being paid at once where that is
    smaller. Closed: only patient capital bids, for a multiple of its required return over the time that it believes
    opening will take.
    """
    if terms["redemption_open"]:
        redeemable: float = max(0.0, 1.0 - min(terms["instant_fee"], financing(arbitrageur, terms)))
        return redeemable
    if not arbitrageur["patient"]:
        return 0.0
    wanted: float = arbitrageur["multiple"] * arbitrageur["required_return"] * terms["opening_days"] / 365.0
    return max(0.0, 1.0 - wanted)


@compiled
def _edge(arbitrageur: Record, pool: Record, terms: Record, fill: Record, first: Record) -> float:
    """How far the marginal price is on the profitable side of where the arbitrageur starts to trade; 0 when not."""
    if fill["invariant"] <= 0.0:
        return 0.0
    keep, price = 1.0 - pool["fee"], fill["close_price"]
    edge: float = max(0.0, bid_price(arbitrageur, terms) * keep - price)
    if terms["deposit_open"] and first["mint_room_eth"] > 0.0:
        edge = max(edge, price * keep - 1.0)
    return edge


@compiled
def _buy_discount(arbitrageur: Record, pool: Record, terms: Record, fill: Record) -> float:
    """Buys the pool up to the bid when the gain covers the gas; returns the shares bought."""
    nav, bid, gas = terms["nav"], bid_price(arbitrageur, terms), arbitrageur["gas_eth"]
    spent = _spendable(bid * (1.0 - pool["fee"]), pool, nav, arbitrageur["eth"] - gas, fill)
    worth = _quote_purchase(pool, nav, spent, fill)
    if worth * bid - spent <= gas:
        return 0.0
    shares: float = worth / nav
    _swap(pool, nav, spent, -shares, fill)
    arbitrageur["eth"] = arbitrageur["eth"] - (spent + gas)
    arbitrageur["profit"] = arbitrageur["profit"] + (worth - spent - gas)
    return shares


@compiled
def _mint_and_sell(arbitrageur: Record, pool: Record, terms: Record, fill: Record, first: Record) -> float:
    """Mints at NAV and sells into a premium while a unit brings what it cost and the gain covers the gas.

    Returns:
        The ETH that was minted with.
    """
    nav, gas = terms["nav"], arbitrageur["gas_eth"]
    most = min(arbitrageur["eth"] - gas, first["mint_room_eth"])
    cost: float = _salable(1.0 / (1.0 - pool["fee"]), pool, nav, most, fill)
    proceeds = _quote_sale(pool, nav, cost, fill)
    gain = proceeds - cost - gas
    if gain <= 0.0:
        return 0.0
    _swap(pool, nav, -proceeds, cost / nav, fill)
    arbitrageur["eth"] = arbitrageur["eth"] + gain
    arbitrageur["profit"] = arbitrageur["profit"] + gain
    first["mint_room_eth"] = first["mint_room_eth"] - cost
    return cost


@compiled
def _ends(k: int, lrts: int, pools: np.ndarray, fills: Fills) -> tuple[int, int, float]:
    """The pools of an LRT where it is cheapest to buy and dearest to sell, and what a unit earns between them.

    Of pools with the same price the first; what a unit earns is negative when the fees are more than the gap, or when
    fewer than two pools trade.
    """
    cheap, dear, cost, proceeds = k, k, np.inf, 0.0
    for m in range(k, len(pools), lrts):
        if fills.pools[m]["invariant"] <= 0.0:
            continue
        keep, price = 1.0 - pools[m]["fee"], fills.pools[m]["close_price"]
        if price / keep < cost * (1.0 - SAME_PRICE):
            cheap, cost = m, price / keep
        if price * keep > proceeds * (1.0 + SAME_PRICE):
            dear, proceeds = m, price * keep
    return cheap, dear, proceeds - cost


@compiled
def _price_after(pool: Record, nav: float, eth: float, worth: float, fill: Record) -> float:
    """Marginal price once ``eth`` was paid in, or else ``worth``; the other is 0."""
    ann, d = 2.0 * pool["amplification"], fill["invariant"]
    if eth > 0.0:
        bought = pool["eth"] + eth
        after: float = stableswap.marginal_price(bought, stableswap.other_reserve(bought, d, ann), d, ann)
        return after
    sold = pool["token"] * nav + worth
    before: float = stableswap.marginal_price(stableswap.other_reserve(sold, d, ann), sold, d, ann)
    return before


@compiled
def _still_pays(eth: float, cheap: Record, dear: Record, nav: float, bought: Record, sold: Record) -> bool:
    """Whether the last of ``eth`` spent in the cheap pool comes back from the dear one, fees included."""
    worth = _quote_purchase(cheap, nav, eth, bought)
    cost = _price_after(cheap, nav, eth, 0.0, bought) / (1.0 - cheap["fee"])
    return _price_after(dear, nav, 0.0, worth, sold) * (1.0 - dear["fee"]) >= cost


@compiled
def _bridge(arbitrageur: Record, cheap: Record, dear: Record, nav: float, bought: Record, sold: Record) -> bool:
    """Buys in one pool what it sells in another until the last unit earns nothing, limited by capital; True if it did.

    Within one transaction, so the capital is back at once; the gain must cover the gas.
    """
    gas = arbitrageur["gas_eth"]
    low, high = 0.0, arbitrageur["eth"] - gas
    if _still_pays(high, cheap, dear, nav, bought, sold):
        low = high
    for _ in range(HALVINGS):
        if high - low <= BRIDGE_PRECISION * high:
            break
        middle = 0.5 * (low + high)
        if _still_pays(middle, cheap, dear, nav, bought, sold):
            low = middle
        else:
            high = middle
    worth = _quote_purchase(cheap, nav, low, bought)
    proceeds = _quote_sale(dear, nav, worth, sold)
    gain = proceeds - low - gas
    if gain <= 0.0:
        return False
    _swap(cheap, nav, low, -worth / nav, bought)
    _swap(dear, nav, -proceeds, worth / nav, sold)
    arbitrageur["eth"] = arbitrageur["eth"] + gain
    arbitrageur["profit"] = arbitrageur["profit"] + gain
    return True


@compiled
def _trade(
    a: int, m: int, arbitrageur: Record, pool: Record, terms: Record, holdings: np.ndarray, fills: Fills
) -> bool:
    """One arbitrageur's round on one pool that shows an edge; True when it traded."""
    k = m % holdings.shape[1]
    fill = fills.pools[m]
    if fill["close_price"] > 1.0:
        minted = _mint_and_sell(arbitrageur, pool, terms, fill, fills.pools[k])
        fills.minted_eth[a, k] += minted
        fills.minted_shares[a, k] += minted / terms["nav"]
        traded = minted > 0.0
    else:
        shares = _buy_discount(arbitrageur, pool, terms, fill)
        if terms["redemption_open"]:
            fills.redeem_shares[a, k] += shares
        else:
            holdings[a, k] += shares
        traded = shares > 0.0
    if traded:
        fills.gas_eth[a] += arbitrageur["gas_eth"]
    return traded


@compiled
def _arbitrage(
    a: int,
    arbitrageur: Record,
    pools: np.ndarray,
    terms: np.ndarray,
    holdings: np.ndarray,
    edges: np.ndarray,
    fills: Fills,
) -> bool:
    """One arbitrageur's round over all pools and the gaps between them, widest edge first; True when it traded.

    ``edges``: working space, one per pool and, where LRTs have several pools, one per LRT for the gap between them.
    """
    if arbitrageur["eth"] <= arbitrageur["gas_eth"]:
        return False
    lrts, count = len(terms), len(pools)
    for m in range(count):
        edges[m] = _edge(arbitrageur, pools[m], terms[m % lrts], fills.pools[m], fills.pools[m % lrts])
    for place in range(count, len(edges)):
        edges[place] = _ends(place - count, lrts, pools, fills)[2]
    traded = False
    while arbitrageur["eth"] > arbitrageur["gas_eth"]:
        best, widest = -1, 0.0
        for place in range(len(edges)):
            if edges[place] > widest:
                best, widest = place, edges[place]
        if best < 0:
            break
        edges[best] = 0.0
        if best < count:
            k, fill = best % lrts, fills.pools[best]
            if count > lrts and _edge(arbitrageur, pools[best], terms[k], fill, fills.pools[k]) <= 0.0:
                continue  # a trade between pools has taken it
            traded |= _trade(a, best, arbitrageur, pools[best], terms[k], holdings, fills)
            continue
        k = best - count
        cheap, dear, gap = _ends(k, lrts, pools, fills)
        if gap <= 0.0:
            continue
        if _bridge(arbitrageur, pools[cheap], pools[dear], terms[k]["nav"], fills.pools[cheap], fills.pools[dear]):
            fills.gas_eth[a] += arbitrageur["gas_eth"]
            traded = True
    return traded


# --- liquidations ----------------------------------------------------------------------------------------------------


RANKING = np.dtype(
    [
        ("heaped", "i8"),  # loans in the heap
        ("bar", "f8"),  # every loan of at least this risk is in the heap, or was taken from it in this round
        ("rest", "f8"),  # largest risk of the loans that were never in it
        ("worst", "f8"),  # largest risk of all: debt over collateral, units of the asset per share
    ],
    align=True,
)
"""How far the loans of one LRT and asset are ranked by risk; see ``debts.admit``."""


class Loans(NamedTuple):
    """Loans against LRTs on one day; K LRTs, P loans, T rounds."""

    collateral: np.ndarray  # (K,) COLLATERAL
    positions: np.ndarray  # (P,) POSITION, by LRT and asset
    starts: np.ndarray  # (2 K + 1,) first position of each LRT and asset
    prices: np.ndarray  # (T, 2) units of each asset per ETH, by round
    order: np.ndarray  # (P,) places of the positions, ranked within each LRT and asset as far as needed
    risks: np.ndarray  # (P,) debt over collateral, by place
    rankings: np.ndarray  # (2 K,) RANKING


def new_loans(collateral: np.ndarray, positions: np.ndarray, starts: np.ndarray, prices: np.ndarray) -> Loans:
    """The loans of a day; :func:`trade_day` ranks them itself."""
    count = len(positions)
    return Loans(
        collateral,
        positions,
        starts,
        prices,
        order=np.arange(count, dtype=np.int64),
        risks=np.zeros(count),
        rankings=np.zeros(2 * len(collateral), RANKING),
    )


def no_loans(lrts: int, rounds: int = 1) -> Loans:
    """Markets in which nobody lends."""
    return new_loans(
        np.zeros(lrts, COLLATERAL), np.zeros(0, POSITION), np.zeros(2 * lrts + 1, np.int64), np.ones((rounds, 2))
    )


@compiled
def _open_ranking(loans: Loans, segment: int) -> None:
    """The risks of the loans of one LRT and asset at the start of a day; none is ranked yet."""
    worst = 0.0
    for n in range(loans.starts[segment], loans.starts[segment + 1]):
        loans.order[n] = n
        loans.risks[n] = debts.risk(loans.positions[n]["collateral"], loans.positions[n]["debt"])
        if loans.risks[n] < np.inf:
            worst = max(worst, loans.risks[n])
    ranking = loans.rankings[segment]
    ranking["heaped"] = 0
    ranking["bar"] = np.inf
    ranking["rest"] = worst
    ranking["worst"] = worst


@compiled
def _rank_down_to(loans: Loans, segment: int, taken: int, price: float, unit: float, scale: float) -> None:
    """Ranks all loans that an oracle price may make unsafe, and some more, so that the next lower price finds them."""
    ranking = loans.rankings[segment]
    if ranking["bar"] * unit <= price * scale * (1.0 - RANK_ROUNDING):
        return
    bar = price * scale / unit * (1.0 - RANK_AHEAD)
    start, stop = loans.starts[segment], loans.starts[segment + 1]
    ranking["heaped"], ranking["rest"] = debts.admit(
        loans.order, loans.risks, start, stop, ranking["heaped"], taken, bar
    )
    ranking["bar"] = bar


@compiled
def _critical(loans: Loans, segment: int, unit: float, scale: float) -> float:
    """Oracle price below which the first of a segment's ranked loans may be liquidated; -1 when none is left."""
    if loans.rankings[segment]["heaped"] == 0:
        return -1.0
    position = loans.positions[loans.order[loans.starts[segment]]]
    return debts.critical_price(position["collateral"] * scale, position["debt"] * unit, 1.0)


@compiled
def _rank_again(loans: Loans, segment: int, taken: int) -> None:
    """Puts the loans that a round has looked at back into the ranking, and finds the largest risk."""
    ranking, start = loans.rankings[segment], loans.starts[segment]
    for _ in range(taken):
        loan = loans.order[start + ranking["heaped"]]
        loans.risks[loan] = debts.risk(loans.positions[loan]["collateral"], loans.positions[loan]["debt"])
        debts.put_back(loans.order, loans.risks, start, ranking["heaped"])
        ranking["heaped"] = ranking["heaped"] + 1
    worst = ranking["rest"]
    if ranking["heaped"] > 0 and loans.risks[loans.order[start]] < np.inf:
        worst = max(worst, loans.risks[loans.order[start]])
    elif ranking["heaped"] > 0:
        for place in range(start, start + ranking["heaped"]):  # without collateral: it cannot be taken again
            if loans.risks[loans.order[place]] < np.inf:
                worst = max(worst, loans.risks[loans.order[place]])
    ranking["worst"] = worst


@compiled
def _liquidate_one(position: Record, terms: Record, price: float, unit: float, nav: float, pool: Record, fill: Record):
    """Liquidates one loan as far as it pays; True when it did.

    The liquidator sells what it seizes: the last unit must still bring what it cost, ``oracle / (1 + bonus)``, and the
    gain cover the gas, unless ``profitable_only`` is off: then the close factor alone says how much.
    """
    owed = position["debt"] * unit
    _, most = debts.seizure(position["collateral"] * nav, owed, price, terms["close_factor"], terms["bonus"])
    most = min(most, position["free"] * nav)
    cost = price / (1.0 + terms["bonus"])
    worth = most
    if terms["profitable_only"]:
        worth = _salable(cost / (1.0 - pool["fee"]), pool, nav, most, fill)
    if worth <= 0.0:
        return False
    proceeds = _quote_sale(pool, nav, worth, fill)
    repaid = min(worth * cost, owed)
    gas = terms["gas_eth"]
    if terms["profitable_only"] and proceeds - repaid <= gas:
        return False
    if not terms["profitable_only"]:
        repaid, gas = min(repaid, proceeds), 0.0  # nobody loses: what sales do not bring is not repaid
    shares = worth / nav
    terms["lowest_leverage"] = _lower_leverage(terms["lowest_leverage"], position, unit, nav)
    _swap(pool, nav, -proceeds, shares, fill)
    position["collateral"] = max(position["collateral"] - shares, 0.0)
    position["free"] = max(position["free"] - shares, 0.0)
    position["seized"] = position["seized"] + shares
    position["repaid"] = position["repaid"] + repaid / unit
    position["debt"] = max(position["debt"] - repaid / unit, 0.0)
    if position["collateral"] * nav <= LOAN_DUST:
        position["written_off"] = position["written_off"] + position["debt"]
        position["debt"] = 0.0
    terms["liquidations"] = terms["liquidations"] + 1.0
    terms["seized_shares"] = terms["seized_shares"] + shares
    terms["proceeds_eth"] = terms["proceeds_eth"] + proceeds
    terms["repaid_eth"] = terms["repaid_eth"] + repaid
    if position["asset"] != ETH_LOAN:
        terms["repaid_stable_eth"] = terms["repaid_stable_eth"] + repaid
    terms["spent_gas_eth"] = terms["spent_gas_eth"] + gas
    return True


@compiled
def _lower_leverage(lowest: float, position: Record, unit: float, nav: float) -> float:
    """The lower of two leverages at NAV, the first of them 0 before anybody was liquidated."""
    held = position["collateral"] * nav
    leverage = held / max(held - position["debt"] * unit, 1e-12 * held)
    return leverage if lowest == 0.0 else min(lowest, leverage)


@compiled
def _liquidate(
    k: int,
    past: int,
    pools: np.ndarray,
    arbitrageurs: np.ndarray,
    order: np.ndarray,
    holdings: np.ndarray,
    terms: np.ndarray,
    edges: np.ndarray,
    fills: Fills,
    loans: Loans,
) -> bool:
    """One round's liquidations of the loans on one LRT, riskiest first, each at most once; True when there were any."""
    backing, nav, lrts = loans.collateral[k], terms[k]["nav"], len(terms)
    best = _ends(k, lrts, pools, fills)[1]
    pool, fill = pools[best], fills.pools[best]
    first, second = 2 * k, 2 * k + 1
    units = (1.0 / loans.prices[past, 0], 1.0 / loans.prices[past, 1])
    scales = (max(backing["threshold"] * nav, 1e-300), max(backing["threshold_stable"] * nav, 1e-300))
    price = backing["oracle_price"]
    worst = max(
        loans.rankings[first]["worst"] * units[0] / scales[0], loans.rankings[second]["worst"] * units[1] / scales[1]
    )
    if worst <= price or fill["invariant"] <= 0.0:
        return False
    done = False
    taken = np.zeros(2, np.int64)
    while True:
        for asset in range(2):
            _rank_down_to(loans, first + asset, taken[asset], price, units[asset], scales[asset])
        one = _critical(loans, first, units[0], scales[0])
        other = _critical(loans, second, units[1], scales[1])
        if max(one, other) <= price:
            break
        if backing["profitable_only"] and fill["close_price"] * (1.0 - pool["fee"]) <= price / (1.0 + backing["bonus"]):
            break  # selling brings less than a liquidator pays: what is unsafe stays so
        asset = 0 if one >= other else 1
        segment = first + asset
        ranking = loans.rankings[segment]
        position = loans.positions[loans.order[loans.starts[segment]]]
        debts.take_riskiest(loans.order, loans.risks, loans.starts[segment], ranking["heaped"])
        ranking["heaped"] = ranking["heaped"] - 1
        taken[asset] += 1
        if not _liquidate_one(position, backing, price, units[asset], nav, pool, fill):
            continue
        done = True
        if backing["interleaved"]:
            for a in order:
                _arbitrage(a, arbitrageurs[a], pools, terms, holdings, edges, fills)
        if not backing["oracle_once"]:
            elsewhere = _elsewhere(k, lrts, pools, nav, backing, fills)
            price = debts.read_oracle(backing, fills.pools[k]["close_price"], elsewhere)
            backing["oracle_price"] = price
        if len(pools) > lrts:
            best = _ends(k, lrts, pools, fills)[1]
            pool, fill = pools[best], fills.pools[best]
    _rank_again(loans, first, taken[0])
    _rank_again(loans, second, taken[1])
    return done


@compiled
def _elsewhere(k: int, lrts: int, pools: np.ndarray, nav: float, terms: Record, fills: Fills) -> float:
    """Price of an LRT outside its first pool: mean over its other pools by size, or the slow price without any."""
    size, weighted = 0.0, 0.0
    for m in range(k + lrts, len(pools), lrts):
        if fills.pools[m]["invariant"] > 0.0:
            here = pools[m]["eth"] + pools[m]["token"] * nav
            size += here
            weighted += here * fills.pools[m]["close_price"]
    return weighted / size if size > 0.0 else terms["slow_price"]


@compiled
def _move_oracle(k: int, pools: np.ndarray, nav: float, terms: Record, fills: Fills) -> None:
    """The oracle's look at the pools of one LRT, once a round."""
    price, lrts = fills.pools[k]["close_price"], len(fills.lrts)
    terms["slow_price"] = terms["oracle_keep"] * terms["slow_price"] + (1.0 - terms["oracle_keep"]) * price
    terms["oracle_price"] = debts.read_oracle(terms, price, _elsewhere(k, lrts, pools, nav, terms, fills))
    terms["lowest_oracle"] = min(terms["lowest_oracle"], terms["oracle_price"])


@compiled
def _watch_quietly(rounds: int, pools: np.ndarray, terms: np.ndarray, fills: Fills, loans: Loans) -> None:
    """The oracles' looks in rounds in which nothing else happens."""
    for _ in range(rounds):
        for k in range(len(terms)):
            _move_oracle(k, pools, terms[k]["nav"], loans.collateral[k], fills)


# --- the day ----------------------------------------------------------------------------------------------------------


@compiled
def _open_day(pools: np.ndarray, terms: np.ndarray, holdings: np.ndarray, fills: Fills) -> None:
    """Clears the outcome, quotes all pools, and hands in what was held for an opening that has come."""
    fills.pool_sold_shares[:] = 0.0
    fills.pool_sold_eth[:] = 0.0
    fills.redeem_shares[:] = 0.0
    fills.minted_eth[:] = 0.0
    fills.minted_shares[:] = 0.0
    fills.gas_eth[:] = 0.0
    for m in range(len(pools)):
        k, fill = m % len(terms), fills.pools[m]
        fill["bought_shares"] = 0.0
        fill["bought_eth"] = 0.0
        fill["mint_eth"] = 0.0
        fill["unspent_eth"] = 0.0
        fill["mean_price"] = 0.0
        fill["volume_eth"] = 0.0
        fill["invariant"] = 0.0
        fill["close_price"] = 1.0
        _requote(pools[m], terms[k]["nav"], fill)
        fill["lowest_price"] = fill["close_price"]
        fill["mint_room_eth"] = max(0.0, terms[k]["mint_room_eth"])
        if not terms[k]["redemption_open"] or m != k:
            continue
        for a in range(len(holdings)):
            fills.redeem_shares[a, k] = holdings[a, k]
            holdings[a, k] = 0.0


@compiled
def open_loans(loans: Loans) -> None:
    """Clears what the day's liquidations did, and looks at all loans once."""
    for segment in range(len(loans.rankings)):
        _open_ranking(loans, segment)
    for terms in loans.collateral:
        terms["lowest_oracle"] = 1.0
        terms["liquidations"] = 0.0
        terms["seized_shares"] = 0.0
        terms["proceeds_eth"] = 0.0
        terms["repaid_eth"] = 0.0
        terms["repaid_stable_eth"] = 0.0
        terms["spent_gas_eth"] = 0.0
        terms["lowest_leverage"] = 0.0


@compiled
def gather(terms: np.ndarray, buys: np.ndarray, rounds: int, fills: Fills) -> None:
    """Ends the day: mean prices, what found no taker, and the sums over the pools of each LRT."""
    lrts, count, buckets = len(terms), len(fills.pools), fills.sold_shares.shape[1]
    for fill in fills.pools:
        fill["mean_price"] = fill["mean_price"] / rounds
    if count > lrts:
        for k in range(lrts):
            fills.lrts[k] = fills.pools[k]
            for bucket in range(buckets):
                fills.sold_shares[k, bucket] = fills.pool_sold_shares[k, bucket]
                fills.sold_eth[k, bucket] = fills.pool_sold_eth[k, bucket]
        for m in range(lrts, count):
            whole, fill = fills.lrts[m % lrts], fills.pools[m]
            whole["bought_shares"] = whole["bought_shares"] + fill["bought_shares"]
            whole["bought_eth"] = whole["bought_eth"] + fill["bought_eth"]
            whole["mint_eth"] = whole["mint_eth"] + fill["mint_eth"]
            whole["volume_eth"] = whole["volume_eth"] + fill["volume_eth"]
            for bucket in range(buckets):
                fills.sold_shares[m % lrts, bucket] += fills.pool_sold_shares[m, bucket]
                fills.sold_eth[m % lrts, bucket] += fills.pool_sold_eth[m, bucket]
    for k in range(lrts):
        fill = fills.lrts[k]
        fill["unspent_eth"] = max(0.0, buys[k] - fill["bought_eth"] - fill["mint_eth"])


@compiled
def trade_day(
    pools: np.ndarray,
    arbitrageurs: np.ndarray,
    order: np.ndarray,
    holdings: np.ndarray,
    terms: np.ndarray,
    sells: np.ndarray,
    buys: np.ndarray,
    rounds: int,
    flow: np.ndarray,
    fills: Fills,
    loans: Loans,
) -> None:
    """Runs the trading rounds of one day.

    Args:
        pools: (V K,) ``POOL``, V for each LRT; reserves change.
        arbitrageurs: (A,) ``ARBITRAGEUR``; ``eth`` and ``profit`` change. Profit is booked when the trade is made,
            shares valued at NAV. ``locked`` and the fee of payment at once belong to redemption: whoever turns
            ``fills.redeem_shares`` into claims keeps them.
        order: (A,) int64, indices of the arbitrageurs in the order in which they act.
        holdings: (A, K) LRT shares that arbitrageurs hold until redemption opens; change.
        terms: (K,) ``TERMS``.
        sells: (K, B) shares offered, by ``DISCOUNT_BUCKETS``.
        buys: (K,) ETH that wants the LRT.
        rounds: rounds of the day, at least 1.
        flow: (V,) part of the orders that goes to each pool of an LRT; adds up to 1.
        fills: the outcome, cleared first.
        loans: the loans against the LRTs; positions and what the collateral records of the day change.
    """
    _open_day(pools, terms, holdings, fills)
    lrts, count = len(terms), len(pools)
    edges = np.zeros(count + lrts if count > lrts else count)
    ordered = sells.sum() > 0.0 or buys.sum() > 0.0
    lent = len(loans.positions) > 0
    watched = np.any(loans.collateral["oracle_price"] > 0.0)  # by a lending market, whether or not it has loans today
    open_loans(loans)
    for past in range(rounds):
        if ordered:
            for m in range(count):
                k, fill, arrived = m % lrts, fills.pools[m], (past + 1.0) / rounds * flow[m // lrts]
                sold_shares, sold_eth = fills.pool_sold_shares[m], fills.pool_sold_eth[m]
                _sellers(arrived, pools[m], terms[k]["nav"], sells[k], sold_shares, sold_eth, fill)
                fill["lowest_price"] = min(fill["lowest_price"], fill["close_price"])
                _entrants(arrived, pools[m], terms[k], buys[k], fill, fills.pools[k])
        traded = False
        if watched:
            for k in range(lrts):
                _move_oracle(k, pools, terms[k]["nav"], loans.collateral[k], fills)
                if loans.starts[2 * k + 2] > loans.starts[2 * k]:
                    traded |= _liquidate(k, past, pools, arbitrageurs, order, holdings, terms, edges, fills, loans)
                    for m in range(k, count, lrts):
                        fill = fills.pools[m]
                        fill["lowest_price"] = min(fill["lowest_price"], fill["close_price"])
        for a in order:
            traded |= _arbitrage(a, arbitrageurs[a], pools, terms, holdings, edges, fills)
        quiet = not (ordered or traded or lent)
        same = float(rounds - past) if quiet else 1.0  # the rest of a quiet day repeats this round
        for fill in fills.pools:
            fill["lowest_price"] = min(fill["lowest_price"], fill["close_price"])
            fill["mean_price"] = fill["mean_price"] + fill["close_price"] * same
        if quiet:
            _watch_quietly(rounds - past - 1 if watched else 0, pools, terms, fills, loans)
            break
    gather(terms, buys, rounds, fills)
