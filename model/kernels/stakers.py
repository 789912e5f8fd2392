"""What stakers decide, compiled. ``Staker.step`` is the definition; this does the same for all rows at once.

Decisions are synchronous: everyone reads yesterday's close, so neither order nor threads matter. The rules are those
of the nested logit (McFadden 1978): restake or not, then where; awareness spreads as in Bass (1969).
"""

import math
from typing import NamedTuple

import numpy as np

from .._compile import compiled
from ..state import ETH_LOAN, IDLE, NOBODY, SOLO
from .debts import owed_by
from .draws import day_key, uniform

OPENING_FLOOR_DAYS = 30.0
"""A discount is never expected to close faster, as a yearly return."""
MOST_ATTENTION = 0.5
"""Largest probability of reconsidering on a day, whatever the news."""
VALIDATOR_ETH = 32.0
"""Least deposit of a solo staker (consensus specification, MAX_EFFECTIVE_BALANCE before Electra)."""


class Today(NamedTuple):
    """Keys of the day's draws, one per stream."""

    attention: np.uint64
    core: np.uint64
    choice: np.uint64
    participation: np.uint64
    news: np.uint64
    neighbour: np.uint64
    loop: np.uint64


@compiled
def keys_of_today(terms, day):
    """Keys of the day's draws."""
    return Today(
        day_key(terms["attention_key"], day),
        day_key(terms["core_key"], day),
        day_key(terms["choice_key"], day),
        day_key(terms["participation_key"], day),
        day_key(terms["news_key"], day),
        day_key(terms["neighbour_key"], day),
        day_key(terms["loop_key"], day),
    )


@compiled
def familiarity(exposure, terms):
    """Part of the first fear that is left after ``exposure`` loss-free days (E3)."""
    floor = terms["familiarity_floor"]
    return floor + (1.0 - floor) * math.exp(-exposure / terms["familiarity_days"])


@compiled
def exit_quality(venue):
    """How well one can leave: 0 with redemption closed, 1 when redemption pays at once."""
    if venue["redemption_open"] == 0:
        return 0.0
    return 1.0 / (1.0 + venue["wait_days"] / 7.0)


@compiled
def waiting_cost(venue, gain, terms):
    """What waiting for redemption costs, as a fraction: the discount at which selling at once is as good."""
    return (terms["patience"] + max(gain, 0.0)) * venue["wait_days"] / 365.0


@compiled
def leaving_discount(venue, terms):
    """What a holder expects to lose by leaving, as a fraction: the market's discount, or the wait if that is less."""
    discount = max(0.0, 1.0 - venue["price"])
    if venue["redemption_open"] == 1:
        return min(discount, waiting_cost(venue, 0.0, terms))
    return discount


@compiled
def pull(venue, moved, terms):
    """Yearly return that a buyer of ``moved`` ETH sees in a discount which closes when redemption opens (E7).

    Only what the pool has to sell comes at the discount; the rest is minted at NAV.
    """
    discount = min(max(0.0, 1.0 - venue["price"]), terms["buyer_pull_cap"])
    days = max(venue["opening_days"] + venue["wait_days"], OPENING_FLOOR_DAYS)
    bought = min(venue["bargain"] / max(moved, 1e-9), 1.0)
    return terms["buyer_pull"] * bought * discount * 365.0 / days


@compiled
def excess_yield(staker, venue, core_apr):
    """Expected yield above the core asset, per year, before any charge for risk; what sizing looks at."""
    belief = np.float64(staker["token_belief"])
    promised = venue["token_yield"] + venue["points_yield"] + venue["layer_points_yield"]
    used = np.float64(staker["integration_value"]) * venue["integration"]
    return venue["fee_yield"] - core_apr + belief * promised + used


@compiled
def charges(staker, venue, fear, terms):
    """What a staker takes off that yield, per year: risk, unfamiliar names, poor exits, remembered discounts."""
    risk = np.float64(staker["risk_aversion"]) * fear * venue["risk"]
    memory = terms["discount_memory_weight"] * venue["remembered_discount"]
    return risk + venue["unfamiliarity"] + venue["illiquidity"] + memory


@compiled
def sized(excess, venue, cap, terms):
    """Merton share with jump losses in the variance, at most ``cap`` of wealth."""
    return min(max(excess / (terms["merton_gamma"] * venue["variance"]), 0.0), cap)


@compiled
def loan_margin(staker, venue, fear, asset):
    """What a borrowed ETH earns a staker beyond its cost, per year, risk charged on it as on its own."""
    belief = np.float64(staker["token_belief"])
    promised = venue["token_yield"] + venue["points_yield"] + venue["layer_points_yield"]
    cost = venue["borrow_apr"] if asset == ETH_LOAN else venue["borrow_apr_stable"]
    risk = np.float64(staker["risk_aversion"]) * fear * venue["risk"]
    return venue["fee_yield"] + belief * promised - cost - risk


@compiled
def loop_leverage(margin, belief, venue, cap, asset, terms):
    """Leverage that a carry is worth: Merton's rule on the borrowed part, within what the market lends with a cushion.

    Who borrows stablecoins bets on ETH, by as much as it believes in promises, unless the loan is dear. A venue that is
    not listed (or frozen) has leverage 1: nobody can add to a loan there.
    """
    if asset != ETH_LOAN:
        ltv = (1.0 - terms["loop_margin"]) * venue["ltv_stable"]
        wanted = (terms["stable_leverage"] - 1.0) * belief
        if venue["borrow_apr_stable"] >= terms["stable_limit"]:
            wanted = 0.0
        return 1.0 + min(wanted, min(cap, 1.0 / (1.0 - ltv)) - 1.0)
    ltv = (1.0 - terms["loop_margin"]) * venue["ltv"]
    most = min(cap, 1.0 / (1.0 - ltv))
    wanted = margin / (terms["merton_gamma"] * (venue["variance"] + terms["loop_variance"]))
    return 1.0 + min(max(wanted, 0.0), most - 1.0)


@compiled
def loop_gain(margin, leverage, venue, terms):
    """What a loop adds to the utility of an ETH of one's own, per year, its own risk taken off."""
    variance = venue["variance"] + terms["loop_variance"]
    extra = leverage - 1.0
    return extra * margin - 0.5 * terms["merton_gamma"] * variance * extra * extra


@compiled
def neighbour_shares(row, satellites, indptr, indices, terms, shares):
    """Part of a staker's neighbours in each restaking venue, written into ``shares``."""
    shares[:] = 0.0
    degree = indptr[row + 1] - indptr[row]
    for edge in range(indptr[row], indptr[row + 1]):
        satellite = satellites[indices[edge]]
        if satellite != NOBODY:
            shares[satellite - terms["first"]] += 1.0
    for r in range(shares.size):
        shares[r] /= max(degree, 1)


@compiled
def becomes_aware(row, today, satellites, indptr, indices, terms):
    """Bass diffusion: by the news, or by one neighbour met today who restakes (E2)."""
    u = uniform(today.news, row)
    if u < terms["aware_news"]:
        return True
    degree = indptr[row + 1] - indptr[row]
    if u >= terms["aware_news"] + terms["aware_word_of_mouth"] or degree == 0:
        return False
    met = indptr[row] + np.int64(uniform(today.neighbour, row) * degree)
    return satellites[indices[met]] != NOBODY


@compiled
def wakes(u, staker, venues, archetypes):
    """Whether a staker reconsiders today: a Poisson clock that news about the own venue speeds up."""
    attention = archetypes[staker["archetype"]]["attention"]
    if staker["satellite"] != NOBODY:
        attention *= venues[staker["satellite"]]["attention"]
    return u < min(attention, MOST_ATTENTION)


@compiled
def highest_attention(venues, archetypes):
    """Attention that nobody exceeds today."""
    archetype, news = 0.0, 1.0
    for kind in range(archetypes.size):
        archetype = max(archetype, archetypes[kind]["attention"])
    for venue in range(venues.size):
        news = max(news, venues[venue]["attention"])
    return min(archetype * news, MOST_ATTENTION)


@compiled
def wakes_to_core(u, terms):
    """Whether a staker looks at its core asset today: the other end of the draw that wakes it to restaking."""
    return u >= 1.0 - terms["core_attention"]


@compiled
def sleeps(row, u, today, highest, terms):
    """Whether the day's draws let this staker do nothing, whoever it is.

    Most stakers sleep on most days. Their draws say so without a look at them, which spares fetching their rows.
    """
    if u < highest or wakes_to_core(u, terms):
        return False
    if uniform(today.news, row) < terms["aware_news"] + terms["aware_word_of_mouth"]:
        return False
    return terms["loop_attention"] <= 0.0 or uniform(today.loop, row) >= terms["loop_attention"]


@compiled
def pick_core(venues, eth, terms, u):
    """Where a holder of ``eth`` idle ETH would stake: by yield, and by how many already do; ``NOBODY`` if nowhere."""
    best = -math.inf
    for core in range(SOLO, terms["first"]):
        best = max(best, venues[core]["apr"])
    total = 0.0
    for core in range(SOLO, terms["first"]):
        total += _pull_of_core(core, venues[core], eth, best, terms)
    left = u * total
    for core in range(SOLO, terms["first"]):
        weight = _pull_of_core(core, venues[core], eth, best, terms)
        if weight > 0.0 and left < weight:
            return core
        left -= weight
    return NOBODY


@compiled
def _pull_of_core(core, venue, eth, best, terms):
    if core == SOLO and eth < VALIDATOR_ETH:
        return 0.0
    return venue["following"] * math.exp((venue["apr"] - best) / terms["decision_noise"])


@compiled
def exchange_core(row, today, staker, venues, liquidity_value, terms, out):
    """Stake idle ETH or take staked ETH back, when the yield and the worth of liquidity are far enough apart.

    Returns 1 when it files an intention into ``out``.
    """
    out["leverage"] = 0.0
    core = staker["core"]
    eth = staker["core_shares"] * venues[core]["nav"]
    if eth <= terms["gas_eth"]:
        return 0
    gas = terms["gas_eth"] / eth
    out["row"], out["share"], out["sell"], out["limit"] = row, 1.0, 0, 0.0
    if core != IDLE:
        cost = np.float64(staker["switching_cost"]) * terms["switching_rotation"] + gas
        out["target"] = IDLE
        return 1 if liquidity_value - venues[core]["apr"] > terms["yearly"] * cost else 0
    chosen = pick_core(venues, eth, terms, uniform(today.core, row))
    if chosen == NOBODY:
        return 0
    cost = np.float64(staker["switching_cost"]) * terms["switching_entry"] + gas
    out["target"] = chosen
    return 1 if venues[chosen]["apr"] - liquidity_value > terms["yearly"] * cost else 0


@compiled
def score(
    row, day, staker, satellites, venues, archetype, taste, asset, owed, indptr, indices, terms, scores, neighbours
):
    """Utility per year of each restaking venue, moving costs included; closed ones are minus infinity."""
    first, satellite = terms["first"], staker["satellite"]
    core_apr = venues[staker["core"]]["apr"]
    held_days = np.float64(day + 1 - staker["touched_day"]) if satellite != NOBODY else 0.0
    fear = familiarity(np.float64(staker["exposure"]) + held_days, terms)
    core_eth = staker["core_shares"] * venues[staker["core"]]["nav"]
    satellite_eth = staker["satellite_shares"] * venues[satellite]["nav"] if satellite != NOBODY else 0.0
    satellite_eth = max(satellite_eth - owed, 0.0)
    moved = max(archetype["satellite_cap"] * (core_eth + satellite_eth), satellite_eth)
    cost = terms["switching_entry"]
    if satellite != NOBODY:
        cost = terms["switching_rotation"] + leaving_discount(venues[satellite], terms)
    moving = terms["yearly"] * (np.float64(staker["switching_cost"]) * cost + terms["gas_eth"] / max(moved, 1e-9))
    if staker["social_influence"] > 0.0:
        neighbour_shares(row, satellites, indptr, indices, terms, neighbours)
    else:
        neighbours[:] = 0.0
    for r in range(scores.size):
        venue = venues[first + r]
        own = first + r == satellite
        closed = venue["deposit_open"] == 0 or exit_quality(venue) < archetype["minimum_redemption_quality"]
        if not own and closed:
            scores[r] = -math.inf
            continue
        u = excess_yield(staker, venue, core_apr) - charges(staker, venue, fear, terms)
        u += np.float64(taste[r]) + np.float64(staker["social_influence"]) * neighbours[r]
        if asset == ETH_LOAN and venue["ltv"] > 0.0 and archetype["leverage_cap"] > 1.0:
            margin = loan_margin(staker, venue, fear, asset)
            leverage = loop_leverage(margin, 0.0, venue, archetype["leverage_cap"], asset, terms)
            u += loop_gain(margin, leverage, venue, terms)
        if not own:
            u += pull(venue, moved, terms) - moving
        scores[r] = u


@compiled
def inclusive_value(scores, noise):
    """Expected maximum of the noisy scores (log-sum-exp), minus infinity when nothing is open."""
    best = -math.inf
    for r in range(scores.size):
        best = max(best, scores[r])
    if best == -math.inf:
        return best
    total = 0.0
    for r in range(scores.size):
        total += math.exp((scores[r] - best) / noise)
    return best + noise * math.log(total)


@compiled
def pick(scores, value, noise, u):
    """The venue that a uniform draw picks with logit probabilities."""
    cumulative = 0.0
    last = 0
    for r in range(scores.size):
        if scores[r] == -math.inf:
            continue
        last = r
        cumulative += math.exp((scores[r] - value) / noise)
        if u < cumulative:
            return r
    return last


@compiled
def decide(
    row,
    day,
    today,
    staker,
    satellites,
    venues,
    archetypes,
    tastes,
    asset,
    owed,
    indptr,
    indices,
    terms,
    scores,
    neighbours,
    out,
):
    """One staker's decision; files an intention into ``out`` and returns 1 when it wants something changed."""
    archetype = archetypes[staker["archetype"]]
    score(
        row,
        day,
        staker,
        satellites,
        venues,
        archetype,
        tastes[row],
        asset,
        owed,
        indptr,
        indices,
        terms,
        scores,
        neighbours,
    )
    satellite, first = staker["satellite"], terms["first"]
    holds = satellite != NOBODY
    outside = 0.0
    if holds:
        cost = terms["switching_rotation"] + leaving_discount(venues[satellite], terms)
        outside = -terms["yearly"] * np.float64(staker["switching_cost"]) * cost
    value = inclusive_value(scores, terms["decision_noise"])
    stays_in = 0.0
    if value > -math.inf:
        stays_in = 1.0 / (1.0 + math.exp(min((outside - value) / terms["participation_noise"], 700.0)))
    out["row"], out["leverage"] = row, 0.0
    out["sell"], out["limit"], out["share"], out["target"] = 0, 0.0, 0.0, NOBODY
    collateral = staker["satellite_shares"] * venues[satellite]["nav"] if holds else 0.0
    if uniform(today.participation, row) >= stays_in:
        if not holds:
            return 0
        choose_exit(venues[satellite], outside - scores[satellite - first], owed, collateral, terms, out)
        return 1
    r = pick(scores, value, terms["decision_noise"], uniform(today.choice, row))
    venue = venues[first + r]
    excess = excess_yield(staker, venue, venues[staker["core"]]["apr"])
    share = sized(excess, venue, archetype["satellite_cap"], terms)
    out["target"], out["share"] = first + r, share
    if holds and first + r != satellite:
        choose_exit(venues[satellite], scores[r] - scores[satellite - first], owed, collateral, terms, out)
        return 1
    core_eth = staker["core_shares"] * venues[staker["core"]]["nav"]
    if not holds:
        return 1 if share * core_eth > terms["gas_eth"] else 0
    satellite_eth = max(collateral - owed, 0.0)
    held = satellite_eth / max(core_eth + satellite_eth, 1e-300)
    if abs(share - held) <= terms["resize_band"] * max(share, held):
        return 0
    if share < held:
        if owed > 0.0:
            return 0  # a loop is made smaller by its leverage, not by its owner's own part
        choose_exit(venue, 0.0, owed, collateral, terms, out)
    return 1


@compiled
def choose_exit(venue, gain, owed, collateral, terms, out):
    """Redeem or sell, and how low: waiting has a price, and with redemption closed there is only the market.

    Who owes never sells below what pays the loan back, and can redeem only what the loan leaves free.
    """
    discount = max(0.0, 1.0 - venue["price"])
    if venue["redemption_open"] == 0:
        held_years = min(1.0 / terms["yearly"], (venue["opening_days"] + venue["wait_days"]) / 365.0)
        out["sell"] = 1
        out["limit"] = min(max(gain, 0.0) * held_years, 1.0)
    else:
        cost = waiting_cost(venue, gain, terms)
        if discount < cost:
            out["sell"] = 1
            out["limit"] = min(cost, 1.0)
    if owed > 0.0:
        out["limit"] = min(out["limit"], max(1.0 - owed / max(collateral, 1e-300), 0.0))


@compiled
def adjust_loop(row, day, staker, venues, archetype, asset, owed, terms, out):
    """Borrow more, or sell to owe less, when the carry calls for another leverage; returns 1 when it files that.

    A negative carry is what staying costs: the part of it that falls due while a redemption would take is the discount
    at which selling is as good.
    """
    venue = venues[staker["satellite"]]
    collateral = staker["satellite_shares"] * venue["nav"]
    equity = collateral - owed
    if equity <= terms["gas_eth"]:
        return 0
    held_days = np.float64(day + 1 - staker["touched_day"])
    fear = familiarity(np.float64(staker["exposure"]) + held_days, terms)
    margin = loan_margin(staker, venue, fear, asset)
    belief = np.float64(staker["token_belief"])
    wanted = loop_leverage(margin, belief, venue, archetype["leverage_cap"], asset, terms)
    present = collateral / equity
    frozen = (venue["ltv"] if asset == ETH_LOAN else venue["ltv_stable"]) <= 0.0
    if frozen and (margin > 0.0 or asset != ETH_LOAN):
        wanted = min(present, archetype["leverage_cap"])
    if abs(wanted - present) <= terms["loop_band"] * present:
        return 0
    if wanted > present and venue["deposit_open"] == 0:
        return 0
    out["row"], out["target"], out["share"] = row, staker["satellite"], 0.0
    worth = margin + venue["borrow_apr"] if asset == ETH_LOAN else terms["stable_limit"]
    out["leverage"], out["sell"], out["limit"] = wanted, 0, worth
    if wanted < present:
        out["limit"] = 0.0
        choose_exit(venue, max(-margin, 0.0), owed, collateral, terms, out)
    return 1


@compiled
def loops(row, today, staker, archetype, owed, terms):
    """Whether a staker looks at its loop today, or whether to have one."""
    if staker["satellite"] == NOBODY or staker["satellite"] < terms["first"] + 2:
        return False
    if owed <= 0.0 and archetype["leverage_cap"] <= 1.0:
        return False
    return uniform(today.loop, row) < terms["loop_attention"]


@compiled
def stakers_day(
    day,
    alive,
    stakers,
    venues,
    archetypes,
    tastes,
    liquidity_values,
    debt_shares,
    debt_asset,
    lenders,
    indptr,
    indices,
    terms,
    intentions,
):
    """All stakers' day: who becomes aware, who reconsiders, what they want.

    Args:
        day: day of the run.
        alive: (N,) False for stakers that were removed: they decide nothing any more.
        stakers: (N,) ``STAKER`` records; only ``aware`` is written, after everybody has decided.
        venues: (V,) ``VENUE`` records of yesterday's close.
        archetypes: (A,) ``ARCHETYPE`` records.
        tastes: (N, R) persistent tastes for restaking venues, per year.
        liquidity_values: (N,) what idle ETH is worth to each staker, per year.
        debt_shares: (N,) loans, in shares of the asset's debt.
        debt_asset: (N,) what each staker borrows.
        lenders: (2,) ``LENDER``.
        indptr: (N + 1,) row pointers of the social network.
        indices: neighbours.
        terms: (1,) ``STAKER_TERMS``.
        intentions: (N,) ``INTENTION`` records to fill.

    Returns:
        The number of intentions filed and of stakers that became aware.
    """
    shared = terms[0]
    scores, neighbours = np.empty(shared["restaking_venues"]), np.empty(shared["restaking_venues"])
    today, highest = keys_of_today(shared, day), highest_attention(venues, archetypes)
    satellites = np.empty(stakers.size, np.uint8)  # neighbours are all over: this column stays in the cache
    for row in range(stakers.size):
        satellites[row] = stakers[row]["satellite"]
    filed, informed = 0, 0
    for row in range(stakers.size):
        u = uniform(today.attention, row)
        if sleeps(row, u, today, highest, shared) or not alive[row]:
            continue
        staker = stakers[row]
        if staker["aware"] == 0:
            if becomes_aware(row, today, satellites, indptr, indices, shared):
                staker["aware"] = 1
                informed += 1
            if staker["pending_route"] == NOBODY and wakes_to_core(u, shared):
                filed += exchange_core(
                    row, today, staker, venues, np.float64(liquidity_values[row]), shared, intentions[filed]
                )
            continue
        owed, asset = 0.0, debt_asset[row]
        if debt_shares[row] > 0.0:
            owed = owed_by(debt_shares[row], lenders[asset])
        archetype = archetypes[staker["archetype"]]
        if staker["pending_route"] != NOBODY:
            if shared["loop_attention"] > 0.0 and loops(row, today, staker, archetype, owed, shared):
                filed += adjust_loop(row, day, staker, venues, archetype, asset, owed, shared, intentions[filed])
            continue
        if not wakes(u, staker, venues, archetypes):
            if wakes_to_core(u, shared):
                filed += exchange_core(
                    row, today, staker, venues, np.float64(liquidity_values[row]), shared, intentions[filed]
                )
            elif shared["loop_attention"] > 0.0 and loops(row, today, staker, archetype, owed, shared):
                filed += adjust_loop(row, day, staker, venues, archetype, asset, owed, shared, intentions[filed])
            continue
        filed += decide(
            row,
            day,
            today,
            staker,
            satellites,
            venues,
            archetypes,
            tastes,
            asset,
            owed,
            indptr,
            indices,
            shared,
            scores,
            neighbours,
            intentions[filed],
        )
    return filed, informed
