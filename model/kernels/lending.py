"""Borrowing, the book of loans on a day, and what liquidations leave behind, compiled."""

import numpy as np

from .._compile import compiled
from ..state import ETH_LOAN
from . import draws
from .books import give_up, hold, mint, room, to_core
from .debts import borrow_rate, enlist, owed_by, reduce_debt, rows_with_loans, write_off
from .sorting import stable_order

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
    stakers, lenders, debt_asset = world.stakers, world.lenders, world.debt_asset
    rows_with_loans(world.borrowers, world.listed, world.debt_shares)  # makes room for the day's newcomers
    _loans_wanted(world, intentions, count, collateral, first_lrt, wanted)
    by_asset, by_lrt = np.zeros(lenders.size), np.zeros(collateral.size)  # parts of what is wanted
    for asset in range(by_asset.size):
        lender = lenders[asset]
        below, rate = _clearing_rate(lender, intentions, count, wanted, debt_asset, asset)
        willing = max(_keep_willing(intentions, count, wanted, debt_asset, asset, below), 1e-300)
        lent = lender["debt_shares"] * lender["index"]
        room_at_rate = max(_used_at(lender, rate) * (lent + lender["cash"]) - lent, 0.0)
        by_asset[asset] = min(1.0, min(room_at_rate, lender["cash"]) / lender["price"] / willing)
    for n in range(count):
        if wanted[n] > 0.0:
            wanted[n] *= by_asset[debt_asset[intentions[n]["row"]]]
    for k in range(collateral.size):
        if collateral[k]["cap_eth"] < np.inf:
            free = max(collateral[k]["cap_eth"] - posted[k], 0.0)
            _fit_under_cap(world, intentions, count, wanted, first_lrt + k, free, draws.day_key(key, day))
    for n in range(count):
        if wanted[n] > 0.0:
            by_lrt[np.int64(stakers[intentions[n]["row"]]["satellite"]) - first_lrt] += wanted[n]
    for k in range(by_lrt.size):
        by_lrt[k] = min(1.0, room(world, first_lrt + k) / max(by_lrt[k], 1e-300))
    lent = 0.0
    for n in range(count):
        if wanted[n] <= 0.0:
            continue
        row = intentions[n]["row"]
        venue = stakers[row]["satellite"]
        eth = wanted[n] * by_lrt[np.int64(venue) - first_lrt]
        if eth > SMALLEST_LOAN:
            _lend(world, row, venue, eth, day)
            lent += eth
    return lent


@compiled
def _fit_under_cap(world, intentions, count, wanted, venue, free, key):
    """Keep of the wishes for loans on one LRT what ``free`` ETH of new collateral has room for.

    A first loan posts all that the borrower holds besides what it mints, and does not come about when that is too much.
    """
    stakers, debt_shares, nav = world.stakers, world.debt_shares, world.venues[venue]["nav"]
    mine, posting = np.empty(count, np.int64), 0.0
    found = 0
    for n in range(count):
        row = intentions[n]["row"]
        if wanted[n] > 0.0 and stakers[row]["satellite"] == venue:
            mine[found] = n
            found += 1
            posting += wanted[n] + _newly_posted(stakers[row], debt_shares[row], nav)
    if posting <= free:
        return
    arrival = np.empty(found)
    for place in range(found):
        arrival[place] = draws.uniform(key, intentions[mine[place]]["row"])
    for place in stable_order(arrival):
        n = mine[place]
        row = intentions[n]["row"]
        fixed = _newly_posted(stakers[row], debt_shares[row], nav)
        if fixed > 0.0 and fixed + wanted[n] > free:
            wanted[n] = 0.0
            continue
        wanted[n] = min(wanted[n], free)
        free -= fixed + wanted[n]


@compiled
def _newly_posted(staker, debt_shares, nav):
    """ETH that a first loan posts of what its borrower holds already; 0 for who has a loan."""
    return 0.0 if debt_shares > 0.0 else staker["satellite_shares"] * nav


@compiled
def _willing(intentions, count, wanted, debt_asset, asset, rate):
    """ETH that those borrow whose loan earns at least ``rate``."""
    total = 0.0
    for n in range(count):
        if wanted[n] > 0.0 and debt_asset[intentions[n]["row"]] == asset and intentions[n]["limit"] >= rate:
            total += wanted[n]
    return total


@compiled
def _clearing_rate(lender, intentions, count, wanted, debt_asset, asset):
    """Borrow rate at which the day's demand meets what the rate curve asks for it, bracketed by bisection.

    Whoever's loan earns just that much gets a part of it: the room that the rate leaves is shared by all who come.
    """
    lent = lender["debt_shares"] * lender["index"]
    supplied = max(lent + lender["cash"], 1e-300)
    low, high = 0.0, lender["base"] + lender["slope_1"] + lender["slope_2"]
    for _ in range(CLEARING_STEPS):
        rate = 0.5 * (low + high)
        after = lent + _willing(intentions, count, wanted, debt_asset, asset, rate) * lender["price"]
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
def _keep_willing(intentions, count, wanted, debt_asset, asset, rate):
    """Drop the wishes of those for whom ``rate`` is too much; returns what the others want, ETH."""
    total = 0.0
    for n in range(count):
        if wanted[n] <= 0.0 or debt_asset[intentions[n]["row"]] != asset:
            continue
        if intentions[n]["limit"] < rate:
            wanted[n] = 0.0
        total += max(wanted[n], 0.0)
    return total


@compiled
def _loans_wanted(world, intentions, count, collateral, first_lrt, wanted):
    """ETH that each intention wants to borrow, within the loan to value; 0 for those that are not about that."""
    stakers, venues, lenders = world.stakers, world.venues, world.lenders
    debt_shares, debt_asset = world.debt_shares, world.debt_asset
    for n in range(count):
        wanted[n] = 0.0
        if intentions[n]["leverage"] <= 0.0 or intentions[n]["sell"] == 1:
            continue
        row = intentions[n]["row"]
        venue = np.int64(stakers[row]["satellite"])
        if venue != intentions[n]["target"] or venues[venue]["deposit_open"] == 0:
            continue
        asset = debt_asset[row]
        held = stakers[row]["satellite_shares"] * venues[venue]["nav"]
        owed = owed_by(debt_shares[row], lenders[asset])
        wanted[n] = loan_wanted(collateral[venue - first_lrt], held, owed, asset, intentions[n]["leverage"])


@compiled
def loan_wanted(terms, held, owed, asset, leverage):
    """ETH that a looper borrows on top of ``owed`` to reach ``leverage``; negative where it should owe less.

    The new token is collateral as well, so that a loan of ``x`` has to satisfy ``owed + x <= ltv * (held + x)``: the
    room that ``held`` leaves grows by the factor ``1 / (1 - ltv)``.

    Args:
        terms: ``COLLATERAL``.
        held: worth of the token that it holds, ETH at NAV.
        owed: what it owes, ETH.
        asset: what it borrows.
        leverage: collateral over equity that it wants.
    """
    price = min(terms["oracle_price"], 1.0)
    ltv = (terms["ltv"] if asset == ETH_LOAN else terms["ltv_stable"]) * price
    most = (ltv * held - owed) / (1.0 - ltv)
    return min((leverage - 1.0) * (held - owed) - owed, most)


@compiled
def _lend(world, row, venue, eth, day):
    lender = world.lenders[world.debt_asset[row]]
    amount = eth * lender["price"]
    shares = amount / lender["index"]
    lender["cash"] -= amount
    lender["debt_shares"] += shares
    if world.debt_shares[row] <= 0.0:
        enlist(world.borrowers, world.listed, row)
    world.debt_shares[row] += shares
    if world.debt_asset[row] != ETH_LOAN:
        world.accounts[0]["outside_in"] += eth
    hold(world, row, venue, mint(world, venue, eth), day)


@compiled
def count_loans(world):
    """How many stakers have a loan and collateral for it; without, it is written off at the end of the day."""
    stakers, count = world.stakers, 0
    for row in rows_with_loans(world.borrowers, world.listed, world.debt_shares):
        count += stakers[row]["satellite_shares"] > 0.0
    return count


@compiled
def list_positions(world, first_lrt, positions, starts):
    """The day's loans that have collateral, by LRT and asset, in row order.

    Args:
        world: the world.
        first_lrt: index of the first LRT's venue.
        positions: (P,) ``POSITION``, written.
        starts: (2 K + 1,) first position of each LRT and asset (``2 * lrt + asset``), written.
    """
    stakers, debt_shares, debt_asset, lenders = world.stakers, world.debt_shares, world.debt_asset, world.lenders
    borrowers = rows_with_loans(world.borrowers, world.listed, debt_shares)
    starts[:] = 0
    for row in borrowers:
        if stakers[row]["satellite_shares"] > 0.0:
            lrt = np.int64(stakers[row]["satellite"]) - first_lrt
            starts[2 * lrt + debt_asset[row] + 1] += 1
    for segment in range(1, starts.size):
        starts[segment] += starts[segment - 1]
    place = starts.copy()
    for row in borrowers:
        held = stakers[row]["satellite_shares"]
        if held <= 0.0:
            continue
        asset, lrt = debt_asset[row], np.int64(stakers[row]["satellite"]) - first_lrt
        position = positions[place[2 * lrt + asset]]
        place[2 * lrt + asset] += 1
        position["row"], position["asset"], position["lrt"] = row, asset, lrt
        position["collateral"] = position["free"] = held
        position["debt"] = debt_shares[row] * lenders[asset]["index"]
        position["seized"] = position["repaid"] = position["written_off"] = 0.0


@compiled
def withhold(positions, starts, orders, filed, first_lrt, debt_asset):
    """What a borrower offers for sale today cannot be seized as well."""
    for n in range(filed):
        order = orders[n]
        if order["bucket"] < 0:
            continue
        segment = 2 * (np.int64(order["venue"]) - first_lrt) + debt_asset[order["row"]]
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
        reduce_debt(world.debt_shares, lender, row, repaid + written_off)
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
    stakers, debt_shares, debt_asset, lenders = world.stakers, world.debt_shares, world.debt_asset, world.lenders
    lost = 0.0
    for row in rows_with_loans(world.borrowers, world.listed, debt_shares):
        if stakers[row]["satellite_shares"] > 0.0:
            continue
        lender = lenders[debt_asset[row]]
        amount = debt_shares[row] * lender["index"]
        write_off(lender, amount)
        lost += amount / lender["price"]
        reduce_debt(debt_shares, lender, row, amount)
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
    stakers, debt_shares, debt_asset = world.stakers, world.debt_shares, world.debt_asset
    venues, lenders = world.venues, world.lenders
    out[:] = 0.0
    for row in rows_with_loans(world.borrowers, world.listed, debt_shares):
        shares = stakers[row]["satellite_shares"]
        if shares <= 0.0:
            continue
        k = np.int64(stakers[row]["satellite"]) - first_lrt
        held = shares * venues[first_lrt + k]["nav"]
        owed = owed_by(debt_shares[row], lenders[debt_asset[row]])
        out[k, 0] += held
        out[k, 1] += owed
        out[k, 2] += max(held - owed, 0.0)
        threshold = collateral[k]["threshold"]
        if debt_asset[row] != ETH_LOAN:
            threshold = collateral[k]["threshold_stable"]
        if owed > threshold * collateral[k]["oracle_price"] * held:
            out[k, 3] += owed
        out[k, 4] += 1.0
