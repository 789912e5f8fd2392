"""Borrowing, the book of loans on a day, and what liquidations leave behind, compiled."""

import numpy as np

from .._compile import compiled
from ..state import ETH_LOAN
from . import draws
from .books import give_up, hold, mint, room, to_core
from .debts import borrow_rate, owed_eth, reduce_debt, write_off

CLEARING_STEPS = 30
SMALLEST_LOAN = 1e-6
"""ETH below which nobody borrows: what rationing leaves when there is hardly anything to ration."""
OVERPAID = 1e-9
"""Part of a debt by which rounding alone can make its repayment too large."""


@compiled
def borrow(world, intentions, count, collateral, posted, first_lrt, day, wanted, key):
    """Loopers who want more leverage borrow and mint; loans that cash does not cover are rationed pro rata.

    A looper ends with a loan of at most ``ltv`` of its collateral, the new token included, as one flash loan does it.
    It looks at the rate that all loans of the day make together, and stays away when that is more than its loan earns.
    Room under a cap on collateral goes to who comes first, which is chance.

    Args:
        world: the world.
        intentions: (N,) ``INTENTION``, the first ``count`` of them of today.
        count: how many.
        collateral: (K,) ``COLLATERAL``.
        posted: (K,) ETH of each LRT that borrowers have posted, as of the last close.
        first_lrt: index of the first LRT's venue.
        day: day of the run.
        wanted: (N,) room to work in: ETH that each intention wants.
        key: of the draws that say who comes first.

    Returns:
        ETH lent.
    """
    by_asset, by_lrt = np.zeros(world.lenders.size), np.zeros(collateral.size)  # parts of what is wanted
    for n in range(count):
        wanted[n] = _loan_wanted(world, intentions[n], collateral, first_lrt)
    for asset in range(by_asset.size):
        lender = world.lenders[asset]
        below, rate = _clearing_rate(world, intentions, count, wanted, asset)
        willing = max(_keep_willing(world, intentions, count, wanted, asset, below), 1e-300)
        lent = lender["debt_shares"] * lender["index"]
        room_at_rate = max(_used_at(lender, rate) * (lent + lender["cash"]) - lent, 0.0)
        by_asset[asset] = min(1.0, min(room_at_rate, lender["cash"]) / lender["price"] / willing)
    for n in range(count):
        if wanted[n] > 0.0:
            wanted[n] *= by_asset[world.debt_asset[intentions[n]["row"]]]
    for k in range(collateral.size):
        if collateral[k]["cap_eth"] < np.inf:
            free = max(collateral[k]["cap_eth"] - posted[k], 0.0)
            _fit_under_cap(world, intentions, count, wanted, first_lrt + k, free, draws.day_key(key, day))
    for n in range(count):
        if wanted[n] > 0.0:
            by_lrt[world.stakers[intentions[n]["row"]]["satellite"] - first_lrt] += wanted[n]
    for k in range(by_lrt.size):
        by_lrt[k] = min(1.0, room(world, first_lrt + k) / max(by_lrt[k], 1e-300))
    lent = 0.0
    for n in range(count):
        if wanted[n] <= 0.0:
            continue
        row = intentions[n]["row"]
        venue = world.stakers[row]["satellite"]
        eth = wanted[n] * by_lrt[venue - first_lrt]
        if eth > SMALLEST_LOAN:
            _lend(world, row, venue, eth, day)
            lent += eth
    return lent


@compiled
def _fit_under_cap(world, intentions, count, wanted, venue, free, key):
    """Keep of the wishes for loans on one LRT what ``free`` ETH of new collateral has room for.

    A first loan posts all that the borrower holds besides what it mints, and does not come about when that is too much.
    """
    mine, posting = np.empty(count, np.int64), 0.0
    found = 0
    for n in range(count):
        if wanted[n] > 0.0 and world.stakers[intentions[n]["row"]]["satellite"] == venue:
            mine[found] = n
            found += 1
            posting += wanted[n] + _newly_posted(world, intentions[n]["row"])
    if posting <= free:
        return
    arrival = np.empty(found)
    for place in range(found):
        arrival[place] = draws.uniform(key, intentions[mine[place]]["row"])
    for place in np.argsort(arrival, kind="mergesort"):
        n = mine[place]
        fixed = _newly_posted(world, intentions[n]["row"])
        if fixed > 0.0 and fixed + wanted[n] > free:
            wanted[n] = 0.0
            continue
        wanted[n] = min(wanted[n], free)
        free -= fixed + wanted[n]


@compiled
def _newly_posted(world, row):
    """ETH that a first loan posts of what its borrower holds already; 0 for who has a loan."""
    if world.debt_shares[row] > 0.0:
        return 0.0
    staker = world.stakers[row]
    return staker["satellite_shares"] * world.venues[staker["satellite"]]["nav"]


@compiled
def _willing(world, intentions, count, wanted, asset, rate):
    """ETH that those borrow whose loan earns at least ``rate``."""
    total = 0.0
    for n in range(count):
        if wanted[n] > 0.0 and world.debt_asset[intentions[n]["row"]] == asset and intentions[n]["limit"] >= rate:
            total += wanted[n]
    return total


@compiled
def _clearing_rate(world, intentions, count, wanted, asset):
    """Borrow rate at which the day's demand meets what the rate curve asks for it, bracketed by bisection.

    Whoever's loan earns just that much gets a part of it: the room that the rate leaves is shared by all who come.
    """
    lender = world.lenders[asset]
    lent = lender["debt_shares"] * lender["index"]
    supplied = max(lent + lender["cash"], 1e-300)
    low, high = 0.0, lender["base"] + lender["slope_1"] + lender["slope_2"]
    for _ in range(CLEARING_STEPS):
        rate = 0.5 * (low + high)
        after = lent + _willing(world, intentions, count, wanted, asset, rate) * lender["price"]
        used = min(after / supplied, 1.0)
        asked = borrow_rate(used, lender["base"], lender["slope_1"], lender["slope_2"], lender["optimal"])
        if asked > rate:
            low = rate
        else:
            high = rate
    return low, high


@compiled
def _used_at(lender, rate):
    """Utilisation at which the curve asks ``rate``."""
    kink = lender["base"] + lender["slope_1"]
    if rate <= kink:
        used = lender["optimal"] * (rate - lender["base"]) / max(lender["slope_1"], 1e-12)
    else:
        used = lender["optimal"] + (1.0 - lender["optimal"]) * (rate - kink) / max(lender["slope_2"], 1e-12)
    return min(max(used, 0.0), 1.0)


@compiled
def _keep_willing(world, intentions, count, wanted, asset, rate):
    """Drop the wishes of those for whom ``rate`` is too much; returns what the others want, ETH."""
    total = 0.0
    for n in range(count):
        if wanted[n] <= 0.0 or world.debt_asset[intentions[n]["row"]] != asset:
            continue
        if intentions[n]["limit"] < rate:
            wanted[n] = 0.0
        total += max(wanted[n], 0.0)
    return total


@compiled
def _loan_wanted(world, intention, collateral, first_lrt):
    """ETH that an intention wants to borrow, within the loan to value; 0 when it is not about that."""
    if intention["leverage"] <= 0.0 or intention["sell"] == 1:
        return 0.0
    row, venue = intention["row"], world.stakers[intention["row"]]["satellite"]
    if venue != intention["target"] or world.venues[venue]["deposit_open"] == 0:
        return 0.0
    terms = collateral[venue - first_lrt]
    held = world.stakers[row]["satellite_shares"] * world.venues[venue]["nav"]
    owed = owed_eth(world, row)
    price = min(terms["oracle_price"], 1.0)
    ltv = (terms["ltv"] if world.debt_asset[row] == ETH_LOAN else terms["ltv_stable"]) * price
    most = (ltv * held - owed) / (1.0 - ltv)  # owed + x <= ltv * (held + x)
    return min((intention["leverage"] - 1.0) * (held - owed) - owed, most)


@compiled
def _lend(world, row, venue, eth, day):
    lender = world.lenders[world.debt_asset[row]]
    amount = eth * lender["price"]
    shares = amount / lender["index"]
    lender["cash"] -= amount
    lender["debt_shares"] += shares
    world.debt_shares[row] += shares
    if world.debt_asset[row] != ETH_LOAN:
        world.accounts[0]["outside_in"] += eth
    hold(world, row, venue, mint(world, venue, eth), day)


@compiled
def _has_loan(world, row):
    """Whether a staker has a loan and collateral for it; without collateral it is written off at the end of the day."""
    return world.debt_shares[row] > 0.0 and world.stakers[row]["satellite_shares"] > 0.0


@compiled
def count_loans(world):
    """How many stakers have a loan and collateral for it."""
    count = 0
    for row in range(world.debt_shares.size):
        count += _has_loan(world, row)
    return count


@compiled
def list_positions(world, first_lrt, positions, starts):
    """The day's loans, by LRT and asset, in row order.

    Args:
        world: the world.
        first_lrt: index of the first LRT's venue.
        positions: (P,) ``POSITION``, written.
        starts: (2 K + 1,) first position of each LRT and asset (``2 * lrt + asset``), written.
    """
    starts[:] = 0
    for row in range(world.stakers.size):
        if _has_loan(world, row):
            starts[2 * (world.stakers[row]["satellite"] - first_lrt) + world.debt_asset[row] + 1] += 1
    for segment in range(1, starts.size):
        starts[segment] += starts[segment - 1]
    place = starts.copy()
    for row in range(world.stakers.size):
        if not _has_loan(world, row):
            continue
        asset, lrt = world.debt_asset[row], world.stakers[row]["satellite"] - first_lrt
        position = positions[place[2 * lrt + asset]]
        place[2 * lrt + asset] += 1
        position["row"], position["asset"], position["lrt"] = row, asset, lrt
        position["collateral"] = position["free"] = world.stakers[row]["satellite_shares"]
        position["debt"] = world.debt_shares[row] * world.lenders[asset]["index"]
        position["seized"] = position["repaid"] = position["written_off"] = 0.0


@compiled
def withhold(positions, starts, orders, filed, first_lrt, debt_asset):
    """What a borrower offers for sale today cannot be seized as well."""
    for n in range(filed):
        order = orders[n]
        if order["bucket"] < 0:
            continue
        segment = 2 * (order["venue"] - first_lrt) + debt_asset[order["row"]]
        low, high = starts[segment], starts[segment + 1]
        while low < high:
            middle = (low + high) // 2
            if positions[middle]["row"] < order["row"]:
                low = middle + 1
            else:
                high = middle
        if low < starts[segment + 1] and positions[low]["row"] == order["row"]:
            positions[low]["free"] = max(positions[low]["collateral"] - order["amount"], 0.0)


@compiled
def book_liquidations(world, positions, count, day):
    """Take what was seized and repaid today from those who were liquidated; returns what was written off, ETH."""
    lost = 0.0
    for n in range(count):
        position = positions[n]
        if position["seized"] <= 0.0 and position["written_off"] <= 0.0:
            continue
        row, lender = position["row"], world.lenders[position["asset"]]
        give_up(world, row, position["seized"], day)
        repaid, written_off = position["repaid"], position["written_off"]
        owed = world.debt_shares[row] * lender["index"]
        if repaid + written_off > owed * (1.0 + OVERPAID):
            repaid, written_off = min(repaid, owed), max(min(written_off, owed - repaid), 0.0)
            _give_back(world, row, position["asset"], (position["repaid"] - repaid) / lender["price"])
        if written_off > 0.0:
            write_off(lender, written_off)
            lost += written_off / lender["price"]
        lender["cash"] += repaid
        reduce_debt(world, row, repaid + written_off)
    return lost


@compiled
def _give_back(world, row, asset, eth):
    """A borrower whose own sale of the day has paid the loan keeps what a liquidator paid for the collateral."""
    if eth <= 0.0:
        return
    if asset != ETH_LOAN:
        world.accounts[0]["outside_in"] += eth
    to_core(world, row, eth)


@compiled
def close_orphans(world):
    """Write off loans whose collateral is gone (sold at less than the loan, or lost); returns how much, ETH."""
    lost = 0.0
    for row in range(world.stakers.size):
        if world.debt_shares[row] <= 0.0 or world.stakers[row]["satellite_shares"] > 0.0:
            continue
        lender = world.lenders[world.debt_asset[row]]
        amount = world.debt_shares[row] * lender["index"]
        write_off(lender, amount)
        lost += amount / lender["price"]
        reduce_debt(world, row, amount)
    return lost


@compiled
def survey_loans(world, collateral, first_lrt, out):
    """What loans look like at the close, by LRT.

    Args:
        world: the world.
        collateral: (K,) ``COLLATERAL``.
        first_lrt: index of the first LRT's venue.
        out: (K, 5) written: posted (ETH at NAV), owed (ETH), equity of borrowers (ETH), loans that may be liquidated
            (ETH), borrowers.
    """
    out[:] = 0.0
    for row in range(world.stakers.size):
        if not _has_loan(world, row):
            continue
        k = world.stakers[row]["satellite"] - first_lrt
        held = world.stakers[row]["satellite_shares"] * world.venues[first_lrt + k]["nav"]
        owed = owed_eth(world, row)
        out[k, 0] += held
        out[k, 1] += owed
        out[k, 2] += max(held - owed, 0.0)
        threshold = collateral[k]["threshold"]
        if world.debt_asset[row] != ETH_LOAN:
            threshold = collateral[k]["threshold_stable"]
        if owed > threshold * collateral[k]["oracle_price"] * held:
            out[k, 3] += owed
        out[k, 4] += 1.0
