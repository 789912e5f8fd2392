"""Balance sheets of the institutions and every move of ETH and shares between them and the stakers, compiled.

Every venue but idle ETH has a *book*. A deposit adds to its buffer and mints shares at NAV; a redemption burns shares
at once and becomes a claim in ETH, paid first in, first out by cohort day, pro rata within a cohort. Each night the
book uses its buffer: first for claims, then up to the buffer's target, the rest goes to validators; what claims lack is
called back from validators, through Ethereum's exit queue, the sweep and, for restaked ETH, the layer's escrow.
"""

import math
from typing import NamedTuple

import numpy as np

from .._compile import compiled
from ..state import ETH_LOAN, FIRST_LST, IDLE, KIND_LRT, KIND_LST, KIND_LST_RESTAKING, NOBODY
from .debts import owed_eth, repay
from .draws import day_key, uniform
from .stakers import VALIDATOR_ETH
from .totals import add_in_order
from .trading import discount_bucket

FREE_BELOW = 0.97
"""Part of the liquidation threshold up to which collateral may be taken away."""
DUST = 1e-9
"""Part of a holding below which nothing is left of it."""


class World(NamedTuple):
    """Everything that moves of ETH and shares touch; V venues, L LSTs, K LRTs, N stakers, D days."""

    stakers: np.ndarray  # (N,) STAKER
    venues: np.ndarray  # (V,) VENUE
    books: np.ndarray  # (V,) BOOK
    accounts: np.ndarray  # (1,) ACCOUNTS
    accepts: np.ndarray  # (V, L) u1: the venue takes this LST in kind
    lst_holdings: np.ndarray  # (V, L) LST shares in a venue's backing
    claims_due: np.ndarray  # (V, D) ETH still owed to the redeemers of a day
    claims_scale: np.ndarray  # (V, D) what slashes left of an unpaid claim of that day
    claims_left: np.ndarray  # (V, D) part of a claim of that day that is not paid yet
    claims_pointer: np.ndarray  # (V,) first day whose claims are not fully paid
    queue_next: np.ndarray  # (N,) next staker in the same redemption queue, -1 at its end
    queue_ends: np.ndarray  # (V, 2) first and last staker of each queue, -1 when empty
    exits: np.ndarray  # (D, V + 1) ETH in the validator exit queue by day of request; the last column is outsiders'
    arrivals: np.ndarray  # (D, V) ETH coming back to buffers
    entries: np.ndarray  # (D, V + 1) ETH in the entry queue by day of request
    heads: np.ndarray  # (2,) first day that still has ETH in the exit and the entry queue
    own_path: np.ndarray  # (V, D + 1) own points per share since the start
    layer_path: np.ndarray  # (V, D + 1) restaking-layer points per share since the start
    points: np.ndarray  # (N, K + 1) points of the running seasons: one column per LRT, the last the layer's
    lenders: np.ndarray  # (2,) LENDER: those of ETH and those of stablecoins
    debt_shares: np.ndarray  # (N,) loans against the satellite, in shares of the asset's debt
    debt_asset: np.ndarray  # (N,) u1: what a staker borrows when it does
    borrowers: np.ndarray  # (2 N,) i4: rows with a loan, see `debts.rows_with_loans`
    listed: np.ndarray  # (2,) how many of them are in order, and how many there are
    outside_shares: np.ndarray  # (V,) shares of people outside the population: attackers, lenders who took collateral
    dust: np.ndarray  # (V,) shares that rounding has left without an owner


# --- points and exposure ----------------------------------------------------------------------------------------------


@compiled
def settle(world, row, day):
    """Credit points and loss-free days of a staker's satellite up to and including ``day``."""
    first = world.venues.size - (world.points.shape[1] - 1)
    _credit(world.stakers[row], world.points[row], world.own_path, world.layer_path, first, day)


@compiled
def _credit(staker, points, own_path, layer_path, first_lrt, day):
    """What :func:`settle` does, on the arrays that it concerns: loops over all stakers call this."""
    satellite, touched = staker["satellite"], staker["touched_day"]
    if satellite != NOBODY:
        shares, column = staker["satellite_shares"], np.int64(satellite) - first_lrt
        if column >= 0:
            points[column] += shares * (own_path[satellite, day + 1] - own_path[satellite, touched])
        points[points.size - 1] += shares * (layer_path[satellite, day + 1] - layer_path[satellite, touched])
        staker["exposure"] += np.float32(day + 1 - touched)
    staker["touched_day"] = day + 1


@compiled
def settle_all(world, day):
    """Settle every staker, for a snapshot."""
    stakers, points, own_path, layer_path = world.stakers, world.points, world.own_path, world.layer_path
    first = world.venues.size - (points.shape[1] - 1)
    for row in range(stakers.size):
        _credit(stakers[row], points[row], own_path, layer_path, first, day)


# --- single moves -----------------------------------------------------------------------------------------------------


@compiled
def mint(world, venue, eth):
    """Deposit ETH at NAV; returns the shares."""
    book = world.books[venue]
    shares = eth / world.venues[venue]["nav"]
    book["buffer"] += eth
    book["shares"] += shares
    book["minted"] += eth
    return shares


@compiled
def _burn(world, venue, shares):
    """Burn shares that are redeemed; returns their NAV in ETH."""
    book = world.books[venue]
    eth = shares * world.venues[venue]["nav"]
    book["shares"] = max(book["shares"] - shares, 0.0)
    book["redeemed"] += eth
    return eth


@compiled
def request(world, venue, shares, day):
    """Burn shares and owe their NAV; returns the claim in ETH."""
    eth = _burn(world, venue, shares)
    world.books[venue]["claims"] += eth
    world.claims_due[venue, day] += eth
    return eth


@compiled
def redeem_at_once(world, venue, shares, fee):
    """Burn shares and pay NAV less a fee from the buffer; who stays keeps the fee. Returns the ETH paid."""
    paid = _burn(world, venue, shares) * (1.0 - fee)
    world.books[venue]["buffer"] -= paid
    return paid


@compiled
def enqueue(world, route, row, day, eth, target):
    """Make a staker wait in a queue for ``eth`` that then goes to ``target``."""
    staker = world.stakers[row]
    staker["pending_route"], staker["pending_target"] = route, target
    staker["pending_amount"], staker["pending_day"] = eth, day
    world.queue_next[row] = -1
    last = world.queue_ends[route, 1]
    if last < 0:
        world.queue_ends[route, 0] = row
    else:
        world.queue_next[last] = row
    world.queue_ends[route, 1] = row


@compiled
def to_core(world, row, eth):
    """Money that goes back to a staker's core asset; the account that held it has been charged."""
    staker = world.stakers[row]
    if staker["core"] == IDLE:
        staker["core_shares"] += eth
        world.accounts[0]["stakers"] += eth
        return
    staker["core_shares"] += mint(world, staker["core"], eth)


@compiled
def hold(world, row, venue, shares, day):
    """Add shares to a staker's satellite."""
    settle(world, row, day)
    staker = world.stakers[row]
    staker["satellite"] = venue
    staker["satellite_shares"] += shares


@compiled
def give_up(world, row, shares, day):
    """Take shares from a staker's satellite."""
    settle(world, row, day)
    staker = world.stakers[row]
    left = staker["satellite_shares"] - shares
    if left <= DUST * staker["satellite_shares"]:
        world.dust[staker["satellite"]] += left
        staker["satellite"], left = NOBODY, 0.0
    staker["satellite_shares"] = left


@compiled
def deposit_lst(world, row, venue, lst_shares, day):
    """Hand LST shares to a venue that takes them in kind, at both NAVs."""
    staker = world.stakers[row]
    lst = staker["core"] - FIRST_LST
    eth = lst_shares * world.venues[staker["core"]]["nav"]
    shares = eth / world.venues[venue]["nav"]
    staker["core_shares"] = max(staker["core_shares"] - lst_shares, 0.0)
    world.lst_holdings[venue, lst] += lst_shares
    world.books[venue]["shares"] += shares
    world.books[venue]["minted"] += eth
    hold(world, row, venue, shares, day)


@compiled
def room(world, venue):
    """ETH that still fits under a venue's deposit cap."""
    cap = world.books[venue]["deposit_cap"]
    if cap <= 0.0:
        return np.inf
    return max(cap - world.books[venue]["shares"] * world.venues[venue]["nav"], 0.0)


@compiled
def invest(world, row, eth, target, day, orders, filed):
    """Second leg of a move: money that has arrived goes where it was meant to go, or back to the core.

    Returns the number of orders filed so far.
    """
    staker = world.stakers[row]
    fits = staker["satellite"] == NOBODY or staker["satellite"] == target
    if target == NOBODY or world.venues[target]["deposit_open"] == 0 or not fits:
        to_core(world, row, eth)
        return filed
    kind = world.venues[target]["kind"]
    if kind == KIND_LRT and world.venues[target]["accepts_eth"] == 1:
        world.accounts[0]["stakers"] += eth
        order = orders[filed]
        order["row"], order["bucket"], order["venue"], order["target"] = row, -1, target, NOBODY
        order["amount"] = eth
        return filed + 1
    if kind in (KIND_LRT, KIND_LST_RESTAKING):
        if eth > room(world, target):
            to_core(world, row, eth)
            return filed
        lst = _accepted_lst(world, row, target)
        shares = eth / world.venues[target]["nav"]
        world.lst_holdings[target, lst] += mint(world, FIRST_LST + lst, eth)
        world.books[target]["shares"] += shares
        world.books[target]["minted"] += eth
        hold(world, row, target, shares, day)
        return filed
    hold(world, row, target, mint(world, target, eth), day)
    return filed


@compiled
def _accepted_lst(world, row, venue):
    """The LST through which ETH enters a venue that takes only LSTs: the staker's own, else the first accepted."""
    core = world.stakers[row]["core"]
    lsts = world.accepts.shape[1]
    if FIRST_LST <= core < FIRST_LST + lsts and world.accepts[venue, core - FIRST_LST]:
        return core - FIRST_LST
    for lst in range(lsts):
        if world.accepts[venue, lst]:
            return lst
    return 0


# --- the day's intentions ---------------------------------------------------------------------------------------------


@compiled
def carry_out(world, intentions, count, day, orders, filed):
    """Carry out all intentions of the day; returns the number of orders filed so far."""
    for n in range(count):
        intention = intentions[n]
        row, target = intention["row"], intention["target"]
        staker = world.stakers[row]
        satellite = staker["satellite"]
        if intention["leverage"] > 0.0:
            filed = _deleverage(world, row, intention, orders, filed)
            continue
        if target != NOBODY and world.venues[target]["kind"] <= KIND_LST:
            _exchange_core(world, row, target, day)
            continue
        if satellite == NOBODY:
            wealth = staker["core_shares"] * world.venues[staker["core"]]["nav"]
            filed = _enter(world, row, target, intention["share"] * wealth, day, orders, filed)
            continue
        held = staker["satellite_shares"] * world.venues[satellite]["nav"]
        if target == satellite:
            wealth = held + staker["core_shares"] * world.venues[staker["core"]]["nav"]
            change = intention["share"] * wealth - held
            if change > 0.0:
                filed = _enter(world, row, target, change, day, orders, filed)
                continue
            shares = min(-change / world.venues[satellite]["nav"], staker["satellite_shares"])
            filed = _exit(world, row, shares, NOBODY, intention["sell"], intention["limit"], day, orders, filed)
            continue
        shares = staker["satellite_shares"]
        filed = _exit(world, row, shares, target, intention["sell"], intention["limit"], day, orders, filed)
    return filed


@compiled
def _deleverage(world, row, intention, orders, filed):
    """Offer as much of a looped token as brings leverage down to what is wanted; who wants more borrows elsewhere."""
    staker, leverage = world.stakers[row], intention["leverage"]
    owed = owed_eth(world, row)
    nav = world.venues[staker["satellite"]]["nav"]
    equity = staker["satellite_shares"] * nav - owed
    surplus = owed - (leverage - 1.0) * equity
    if intention["sell"] == 0 or surplus <= 0.0:
        return filed
    order = orders[filed]
    order["row"], order["venue"], order["target"] = row, staker["satellite"], NOBODY
    order["amount"] = min(surplus / nav, staker["satellite_shares"])
    order["bucket"] = discount_bucket(intention["limit"])
    return filed + 1


@compiled
def _exchange_core(world, row, target, day):
    """Stake idle ETH, or ask for staked ETH back; it is idle once it is paid."""
    staker = world.stakers[row]
    core, shares = staker["core"], staker["core_shares"]
    if core == IDLE:
        world.accounts[0]["stakers"] -= shares
        staker["core"], staker["core_shares"] = target, mint(world, target, shares)
        return
    staker["core"], staker["core_shares"] = IDLE, 0.0
    enqueue(world, core, row, day, request(world, core, shares, day), NOBODY)


@compiled
def _enter(world, row, target, eth, day, orders, filed):
    """Move ``eth`` from the core asset to a restaking venue."""
    staker = world.stakers[row]
    core = staker["core"]
    nav = world.venues[core]["nav"]
    eth = min(eth, staker["core_shares"] * nav)
    if eth <= 0.0 or world.venues[target]["deposit_open"] == 0:
        return filed
    if core == IDLE:
        staker["core_shares"] -= eth
        world.accounts[0]["stakers"] -= eth
        return invest(world, row, eth, target, day, orders, filed)
    lsts = world.accepts.shape[1]
    if core < FIRST_LST + lsts and core >= FIRST_LST and world.accepts[target, core - FIRST_LST]:
        eth = min(eth, room(world, target))
        if eth > 0.0:
            deposit_lst(world, row, target, min(eth / nav, staker["core_shares"]), day)
        return filed
    shares = min(eth / nav, staker["core_shares"])
    staker["core_shares"] -= shares
    enqueue(world, core, row, day, request(world, core, shares, day), target)
    return filed


@compiled
def _exit(world, row, shares, target, sell, limit, day, orders, filed):
    """Offer shares of the satellite on the market, or redeem them."""
    staker = world.stakers[row]
    venue = staker["satellite"]
    if shares <= 0.0:
        return filed
    if sell == 0 and world.debt_shares[row] > 0.0:
        shares = min(shares, _free_shares(world, row, venue))
        if shares <= 0.0:
            return filed
    if sell == 1 and world.venues[venue]["kind"] == KIND_LRT:
        order = orders[filed]
        order["row"], order["venue"], order["target"], order["amount"] = row, venue, target, shares
        order["bucket"] = discount_bucket(limit)
        return filed + 1
    if not world.venues[venue]["redemption_open"]:
        return filed  # withdrawals are paused
    give_up(world, row, shares, day)
    enqueue(world, venue, row, day, request(world, venue, shares, day), target)
    return filed


@compiled
def _free_shares(world, row, venue):
    """Shares of the collateral that can leave while the loan stands, a little short of the oracle's threshold."""
    terms = world.venues[venue]
    threshold = terms["threshold"] if world.debt_asset[row] == ETH_LOAN else terms["threshold_stable"]
    worth = terms["nav"] * min(terms["oracle_price"], 1.0)
    needed = owed_eth(world, row) / max(FREE_BELOW * threshold * worth, 1e-300)
    return max(world.stakers[row]["satellite_shares"] - needed, 0.0)


# --- queues -----------------------------------------------------------------------------------------------------------


@compiled
def pay_claims(world, day, orders, filed):
    """Pay matured claims from the buffers, oldest first, and send the money on; returns the orders filed so far."""
    filed = _hand_out(world, IDLE, day, 1.0, day, orders, filed)
    for venue in range(1, world.venues.size):
        filed = _pay_cohorts(world, venue, day, orders, filed)
    return filed


@compiled
def _pay_cohorts(world, venue, day, orders, filed):
    """Spend a buffer on matured claims; a cohort that it does not cover is paid in part, everybody alike."""
    book = world.books[venue]
    if book["restaked"] == 1 and world.venues[venue]["redemption_open"] == 0:
        return filed  # a stop holds back what was asked for before it as well
    last = day - np.int64(book["cooldown_days"])
    if world.venues[venue]["kind"] == KIND_LRT:
        last = min(last, day - 1)  # today's trade has still to hand in what belongs to today's claims
    pointer = world.claims_pointer[venue]
    while pointer <= last:
        due = world.claims_due[venue, pointer]
        paid = min(due, max(book["buffer"], 0.0))
        if due > 0.0 and paid <= 0.0:
            break
        part = paid / due if paid < due else 1.0
        book["buffer"] -= paid
        book["claims"] = max(book["claims"] - paid, 0.0)
        world.accounts[0]["claims_paid"] += paid
        world.claims_due[venue, pointer] = due - paid
        world.claims_left[venue, pointer] *= 1.0 - part
        filed = _hand_out(world, venue, pointer + 1, part, day, orders, filed)
        if part < 1.0:
            break
        pointer += 1
    world.claims_pointer[venue] = pointer
    return filed


@compiled
def _hand_out(world, venue, before, part, day, orders, filed):
    """Hand part of their claims to the stakers at the head of a queue who asked before a day.

    Who has all leaves the queue. In the queue of idle ETH stands money in transit to where it was going.
    """
    row = world.queue_ends[venue, 0]
    while row >= 0 and world.stakers[row]["pending_day"] < before:
        staker = world.stakers[row]
        following = world.queue_next[row]
        eth, target = part * staker["pending_amount"], staker["pending_target"]
        staker["pending_amount"] *= 1.0 - part
        if venue == IDLE:
            world.accounts[0]["stakers"] -= eth
        else:
            eth *= world.claims_scale[venue, staker["pending_day"]]
            world.accounts[0]["claims_paid"] -= eth
            if world.books[venue]["restaked"] == 1:
                eth = repay(world, row, eth)  # a loop unwinds step by step
        if part == 1.0:
            staker["pending_route"], staker["pending_target"] = NOBODY, NOBODY
            world.queue_ends[venue, 0] = following
        if eth > 0.0:
            filed = invest(world, row, eth, target, day, orders, filed)
        row = following
    if world.queue_ends[venue, 0] < 0:
        world.queue_ends[venue, 1] = -1
    return filed


@compiled
def manage_books(world, day):
    """Every book's evening: call stake back for unpaid claims, or put spare ETH to work."""
    for venue in range(1, world.venues.size):
        book = world.books[venue]
        missing = book["claims"] - book["buffer"] - book["exiting"]
        if missing > 0.0:
            _call_back(world, venue, missing, day)
            continue
        supply = book["shares"] * world.venues[venue]["nav"]
        spare = book["buffer"] - book["claims"] - book["buffer_fraction"] * supply
        if spare > 0.0:
            book["buffer"] -= spare
            book["entry"] += spare
            world.entries[day, venue] += spare


@compiled
def _call_back(world, venue, eth, day):
    """Send validators to the exit queue: the book's own, then those behind its LSTs."""
    book = world.books[venue]
    own = min(eth, book["validators"])
    book["validators"] -= own
    book["exiting"] += own
    world.exits[day, venue] += own
    eth -= own
    for lst in range(world.accepts.shape[1]):
        shares = world.lst_holdings[venue, lst]
        if eth <= 0.0 or shares <= 0.0:
            continue
        behind = world.books[FIRST_LST + lst]
        nav = world.venues[FIRST_LST + lst]["nav"]
        called = min(min(eth, shares * nav), behind["validators"])
        world.lst_holdings[venue, lst] = max(shares - called / nav, 0.0)
        behind["shares"] -= called / nav
        behind["redeemed"] += called
        behind["validators"] -= called
        book["exiting"] += called
        world.exits[day, venue] += called
        eth -= called


@compiled
def move_queues(world, day, entry_churn, exit_churn, sweep_days):
    """One day of Ethereum's queues: activations, exits, and ETH that comes back to the buffers.

    Args:
        world: the world.
        day: day of the run.
        entry_churn: ETH that may be activated today.
        exit_churn: ETH that may exit today.
        sweep_days: from exit to the withdrawal address.
    """
    venues = world.venues.size
    head = world.heads[0]
    while head <= day and exit_churn > 0.0:
        waiting = add_in_order(world.exits[head])
        leaving = min(waiting, exit_churn)
        if waiting > 0.0:
            part = leaving / waiting
            for venue in range(venues):
                eth = world.exits[head, venue] * part if part < 1.0 else world.exits[head, venue]
                if eth > 0.0:
                    world.exits[head, venue] -= eth
                    world.arrivals[_arrival(world, venue, head, day, sweep_days), venue] += eth
            world.exits[head, venues] *= 1.0 - part
            exit_churn -= leaving
        if leaving < waiting:
            break
        head += 1
    world.heads[0] = min(head, day)
    head = world.heads[1]
    while head <= day and entry_churn > 0.0:
        waiting = add_in_order(world.entries[head])
        joining = min(waiting, entry_churn)
        if waiting > 0.0:
            part = joining / waiting
            for venue in range(venues):
                eth = world.entries[head, venue] * part if part < 1.0 else world.entries[head, venue]
                world.entries[head, venue] -= eth
                world.books[venue]["entry"] = max(world.books[venue]["entry"] - eth, 0.0)
                world.books[venue]["validators"] += eth
            world.entries[head, venues] *= 1.0 - part
            entry_churn -= joining
        if joining < waiting:
            break
        head += 1
    world.heads[1] = min(head, day)
    for venue in range(venues):
        eth = world.arrivals[day, venue]
        if eth > 0.0:
            world.arrivals[day, venue] = 0.0
            world.books[venue]["exiting"] = max(world.books[venue]["exiting"] - eth, 0.0)
            world.books[venue]["buffer"] += eth


@compiled
def _arrival(world, venue, requested, day, sweep_days):
    """Day on which ETH that leaves the exit queue today is free: sweep, and the layer's escrow beside or after it."""
    book = world.books[venue]
    free = day + sweep_days
    if book["parallel"] == 1:
        free = max(free, requested + book["escrow_days"])
    else:
        free += book["escrow_days"]
    return min(max(np.int64(np.ceil(free)), day + 1), world.arrivals.shape[0] - 1)


# --- yield ------------------------------------------------------------------------------------------------------------


@compiled
def accrue(world, day, coefficient, mev_apr, other_staked, fees, tokens, boosts, own_running, layer_running):
    """A day's rewards: issuance and MEV to validators, AVS rewards to buffers, points to the indices.

    Args:
        world: the world.
        day: day of the run.
        coefficient: issuance per year over the root of all staked ETH (consensus specification: 166.3232).
        mev_apr: MEV and tips, per year.
        other_staked: ETH staked by people outside the population.
        fees: (V,) ETH that AVS customers pay today.
        tokens: (V,) ETH that buyers of AVS and programme tokens pay today.
        boosts: (V,) points multiplier of the day.
        own_running: (V,) 1 while a season of the venue's own points runs.
        layer_running: 1 while a season of the layer's points runs.

    Returns:
        Consensus yield plus MEV, per year.
    """
    staked = other_staked
    for venue in range(1, world.venues.size):
        staked += world.books[venue]["validators"]
    issuance = coefficient / np.sqrt(max(staked, 1.0))
    account = world.accounts[0]
    lsts = world.accepts.shape[1]
    for venue in range(1, world.venues.size):
        book, row = world.books[venue], world.venues[venue]
        before = row["nav"]
        issued = book["validators"] * issuance / 365.0
        tips = book["validators"] * mev_apr / 365.0
        account["issued"] += issued
        account["users"] += tips + fees[venue]
        account["token_buyers"] += tokens[venue]
        kept = 1.0 - book["fee"]
        book["validators"] += kept * (issued + tips)
        book["buffer"] += kept * (fees[venue] + tokens[venue])
        book["treasury"] += book["fee"] * (issued + tips + fees[venue] + tokens[venue])
        revalue(world, venue)
        row["apr"] = 365.0 * (row["nav"] / before - 1.0)
        world.own_path[venue, day + 1] = world.own_path[venue, day]
        world.layer_path[venue, day + 1] = world.layer_path[venue, day]
        if venue >= FIRST_LST + lsts:
            if own_running[venue]:
                world.own_path[venue, day + 1] += row["nav"] * boosts[venue]
            if layer_running:
                world.layer_path[venue, day + 1] += row["nav"]
    return issuance + mev_apr


@compiled
def assets(world, venue):
    """What stands behind a venue's token, ETH, before claims."""
    book = world.books[venue]
    total = book["validators"] + book["entry"] + book["exiting"] + book["buffer"]
    for lst in range(world.accepts.shape[1]):
        total += world.lst_holdings[venue, lst] * world.venues[FIRST_LST + lst]["nav"]
    return total


@compiled
def revalue(world, venue):
    """NAV of a venue from its balance sheet; a venue without shares keeps its last NAV.

    A loss that has not been reported yet does not show: who redeems at that NAV leaves the loss to those who stay.
    """
    book = world.books[venue]
    if book["shares"] > 1e-9:
        backing = assets(world, venue) + book["unreported"] - book["claims"]
        world.venues[venue]["nav"] = max(backing / book["shares"], 1e-12)


@compiled
def report_losses(world, day):
    """Losses whose day has come show in NAV from now on."""
    for venue in range(1, world.venues.size):
        book = world.books[venue]
        if book["unreported"] > 0.0 and day >= book["report_day"]:
            book["unreported"] = 0.0
            revalue(world, venue)


@compiled
def lose(world, venue, eth, day, burned):
    """Take a loss: holders and waiting claims bear it alike; returns the ETH actually lost.

    Args:
        world: the world.
        venue: who loses.
        eth: how much.
        day: day of the run.
        burned: 1 when the ETH is burned (a slash), 0 when an attacker has it.
    """
    book = world.books[venue]
    total = assets(world, venue)
    if total <= 0.0 or eth <= 0.0:
        return 0.0
    part = min(eth / total, 1.0)
    left = 1.0 - part
    lost = part * (book["validators"] + book["buffer"] + book["entry"] + book["exiting"])
    for field_day in range(world.heads[0], day + 1):
        world.exits[field_day, venue] *= left
    for field_day in range(day, world.arrivals.shape[0]):
        world.arrivals[field_day, venue] *= left
    for field_day in range(world.heads[1], day + 1):
        world.entries[field_day, venue] *= left
    book["validators"] *= left
    book["buffer"] *= left
    book["entry"] *= left
    book["exiting"] *= left
    for lst in range(world.accepts.shape[1]):
        shares = part * world.lst_holdings[venue, lst]
        if shares > 0.0:
            behind, nav = world.books[FIRST_LST + lst], world.venues[FIRST_LST + lst]["nav"]
            gone = min(shares * nav, behind["validators"])
            behind["validators"] -= gone
            behind["shares"] -= gone / nav
            world.lst_holdings[venue, lst] -= gone / nav
            lost += gone
    kept = max(1.0 - lost / total, 0.0)  # more than `left` where LSTs behind the token could not all be taken
    for cohort in range(world.claims_pointer[venue], day + 1):
        world.claims_scale[venue, cohort] *= kept
        world.claims_due[venue, cohort] *= kept
    waiting = book["claims"]
    book["claims"] *= kept
    if burned == 1 and book["report_lag_days"] > 0.0:
        book["unreported"] += max(lost - (waiting - book["claims"]), 0.0)
        book["report_day"] = max(book["report_day"], day + book["report_lag_days"])
    if burned == 1:
        world.accounts[0]["burned"] += lost
    else:
        world.accounts[0]["exploited"] += lost
    revalue(world, venue)
    return lost


@compiled
def slash_validators(world, day, key, rate, loss):
    """Slashings by the base layer: a Poisson number of 32-ETH validators of every book; returns the ETH burned.

    Small numbers by inversion, large ones by the normal approximation.

    Args:
        world: the world.
        day: day of the run.
        key: stream of the draws.
        rate: slashings per validator and year.
        loss: part of a slashed validator's stake that is burned.
    """
    total = 0.0
    today = day_key(key, day)
    for venue in range(1, world.venues.size):
        book = world.books[venue]
        mean = book["validators"] / VALIDATOR_ETH * rate / 365.0
        if mean <= 0.0:
            continue
        slashed = _poisson(mean, uniform(today, 2 * venue), uniform(today, 2 * venue + 1))
        if slashed <= 0.0:
            continue
        eth = min(slashed * VALIDATOR_ETH * loss, book["validators"])
        book["validators"] -= eth
        world.accounts[0]["burned"] += eth
        revalue(world, venue)
        total += eth
    return total


@compiled
def _poisson(mean, u, v):
    """Poisson quantile of ``u``; with a mean above 50 a rounded normal draw from both uniforms (Box and Muller)."""
    if mean > 50.0:
        normal = math.sqrt(-2.0 * math.log(max(u, 1e-300))) * math.cos(2.0 * math.pi * v)
        return max(np.rint(mean + math.sqrt(mean) * normal), 0.0)
    count, term = 0.0, math.exp(-mean)
    below = term
    while u >= below and count < 400.0:
        count += 1.0
        term *= mean / count
        below += term
    return count


@compiled
def frighten(world, venue, severity, day):
    """A loss seen: holders of a venue forget part of their loss-free days (E3)."""
    stakers, points, own_path, layer_path = world.stakers, world.points, world.own_path, world.layer_path
    first = world.venues.size - (points.shape[1] - 1)
    kept = np.float32(1.0 - severity)
    for row in range(stakers.size):
        if stakers[row]["satellite"] == venue:
            _credit(stakers[row], points[row], own_path, layer_path, first, day)
            stakers[row]["exposure"] *= kept


# --- trading ----------------------------------------------------------------------------------------------------------


@compiled
def collect_orders(orders, filed, first_lrt, sells, buys):
    """Add up the day's orders by LRT and bucket."""
    sells[:] = 0.0
    buys[:] = 0.0
    for n in range(filed):
        order = orders[n]
        k = np.int64(order["venue"]) - first_lrt
        if order["bucket"] < 0:
            buys[k] += order["amount"]
        else:
            sells[k, order["bucket"]] += order["amount"]


@compiled
def settle_orders(world, orders, filed, first_lrt, sells, buys, fills, day):
    """Hand the day's fills to the owners of the orders; what was not filled expires."""
    for n in range(filed):
        order = orders[n]
        row, venue = order["row"], order["venue"]
        k = np.int64(venue) - first_lrt
        if order["bucket"] < 0:
            part = order["amount"] / buys[k]
            fill = fills.lrts[k]
            shares = part * (fill["bought_shares"] + fill["mint_eth"] / world.venues[venue]["nav"])
            world.accounts[0]["stakers"] -= order["amount"]
            world.books[venue]["bought"] += part * fill["bought_eth"]
            if shares > 0.0:
                hold(world, row, venue, shares, day)
            if fill["unspent_eth"] > 0.0:
                to_core(world, row, part * fill["unspent_eth"])
            continue
        offered = sells[k, order["bucket"]]
        sold = fills.sold_shares[k, order["bucket"]] / offered * order["amount"]
        eth = fills.sold_eth[k, order["bucket"]] / offered * order["amount"]
        if sold <= 0.0:
            continue
        world.books[venue]["sold"] += eth
        give_up(world, row, sold, day)
        eth = repay(world, row, eth)
        if eth <= 0.0:
            continue
        if world.stakers[row]["satellite"] == NOBODY and order["target"] != NOBODY:
            world.accounts[0]["stakers"] += eth
            enqueue(world, IDLE, row, day, eth, order["target"])
        else:
            to_core(world, row, eth)


# --- sums -------------------------------------------------------------------------------------------------------------


@compiled
def holdings(world, archetypes, out, holders):
    """ETH by archetype and venue (A, V), and heads by venue (V,)."""
    stakers, nav = world.stakers, world.venues["nav"].copy()
    out[:] = 0.0
    holders[:] = 0
    for row in range(stakers.size):
        staker = stakers[row]
        core, satellite, kind = staker["core"], staker["satellite"], staker["archetype"]
        out[kind, core] += staker["core_shares"] * nav[core]
        holders[core] += 1
        if satellite != NOBODY:
            out[kind, satellite] += staker["satellite_shares"] * nav[satellite]
            holders[satellite] += 1


@compiled
def shares_held(world, out):
    """Shares that stakers hold of each venue (V,), summed from scratch."""
    stakers = world.stakers
    out[:] = 0.0
    for row in range(stakers.size):
        staker = stakers[row]
        out[staker["core"]] += staker["core_shares"]
        if staker["satellite"] != NOBODY:
            out[staker["satellite"]] += staker["satellite_shares"]
        if staker["pending_route"] == IDLE:
            out[IDLE] += staker["pending_amount"]
