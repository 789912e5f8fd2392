"""Loans against tokens: what is owed, when a loan is unsafe, what a liquidator may take, and interest, compiled.

Rules as deployed by pooled lending markets (Aave V2 and V3 technical papers, https://github.com/aave/aave-v3-core):
health factor, close factor, bonus, a borrow rate with a kink. ETH and stablecoin loans share the code; a unit of the
asset is worth ``1 / price`` ETH.
"""

import math

import numpy as np

from .._compile import compiled
from ..state import ETH_LOAN, MEAN, SPOT, TWAP

PAID_OFF = 1e-12
"""Part of a debt below which it counts as repaid."""


@compiled
def health_factor(collateral, debt, price, threshold):
    """``threshold * price * collateral / debt``; below 1 a position may be liquidated, infinite without debt.

    Args:
        collateral: worth of the collateral at a price of 1.
        debt: in the same unit.
        price: what the oracle says.
        threshold: liquidation threshold.
    """
    if debt <= 0.0:
        return math.inf
    return threshold * price * collateral / debt


@compiled
def critical_price(collateral, debt, threshold):
    """Oracle price below which a position may be liquidated, ``debt / (threshold * collateral)``."""
    if debt <= 0.0:
        return 0.0
    if collateral <= 0.0:
        return math.inf
    return debt / (threshold * collateral)


@compiled
def seizure(collateral, debt, price, close_factor, bonus):
    """What one liquidation repays and takes.

    Args:
        collateral: worth of the collateral at a price of 1.
        debt: in the same unit.
        price: what the oracle says.
        close_factor: part of the debt that may be repaid at once.
        bonus: what the liquidator gets beyond that.

    Returns:
        The debt repaid, and the collateral taken for it (worth at a price of 1): ``repaid * (1 + bonus) / price``, or
        all there is.
    """
    if price <= 0.0:
        return 0.0, 0.0
    repaid = close_factor * debt
    taken = repaid * (1.0 + bonus) / price
    if taken > collateral:
        return collateral * price / (1.0 + bonus), collateral
    return repaid, taken


@compiled
def borrow_rate(utilisation, base, slope_1, slope_2, optimal):
    """Borrow rate per year with a kink at the optimal utilisation."""
    if utilisation <= optimal:
        return base + slope_1 * utilisation / optimal
    return base + slope_1 + slope_2 * (utilisation - optimal) / max(1.0 - optimal, 1e-12)


@compiled
def utilisation(lender):
    """Part of what lenders supplied that is lent."""
    lent = lender["debt_shares"] * lender["index"]
    return lent / max(lent + lender["cash"], 1e-300)


@compiled
def quote_rates(lender):
    """Borrow and supply rates of today's utilisation."""
    used = min(utilisation(lender), 1.0)
    rate = borrow_rate(used, lender["base"], lender["slope_1"], lender["slope_2"], lender["optimal"])
    lender["borrow_apr"] = rate
    lender["supply_apr"] = rate * used * (1.0 - lender["reserve_factor"])


@compiled
def accrue_interest(lender):
    """A day's interest on all loans: lenders own it, less what reserves keep."""
    grown = lender["index"] * (1.0 + lender["borrow_apr"] / 365.0)
    interest = lender["debt_shares"] * (grown - lender["index"])
    lender["index"] = grown
    lender["claims"] += (1.0 - lender["reserve_factor"]) * interest
    lender["reserves"] += lender["reserve_factor"] * interest


@compiled
def write_off(lender, amount):
    """A loan that nobody will repay: lenders bear it, once reserves are spent."""
    covered = min(lender["reserves"], amount)
    lender["reserves"] -= covered
    lender["claims"] -= amount - covered
    lender["bad_debt"] += amount


@compiled
def owed_by(debt_shares, lender):
    """What a loan is worth, ETH."""
    return debt_shares * lender["index"] / lender["price"]


@compiled
def owed_eth(world, row):
    """What a staker owes, ETH."""
    shares = world.debt_shares[row]
    if shares <= 0.0:
        return 0.0
    return owed_by(shares, world.lenders[world.debt_asset[row]])


@compiled
def repay(world, row, eth):
    """Pay back a staker's loan with ETH that has just arrived; returns what is left of it."""
    shares = world.debt_shares[row]
    if shares <= 0.0 or eth <= 0.0:
        return eth
    asset = world.debt_asset[row]
    lender = world.lenders[asset]
    owed = owed_by(shares, lender)
    paid = min(owed, eth)
    reduce_debt(world.debt_shares, lender, row, paid * lender["price"])
    lender["cash"] += paid * lender["price"]
    if asset != ETH_LOAN:
        world.accounts[0]["outside_out"] += paid
    return eth - paid


@compiled
def reduce_debt(debt_shares, lender, row, amount):
    """Take ``amount`` (units of the asset) off a staker's loan."""
    left = debt_shares[row] - amount / lender["index"]
    if left <= PAID_OFF * debt_shares[row]:
        left = 0.0
    lender["debt_shares"] = max(lender["debt_shares"] - (debt_shares[row] - left), 0.0)
    debt_shares[row] = left


# --- who has a loan ---------------------------------------------------------------------------------------------------


@compiled
def enlist(borrowers, listed, row):
    """Note that a staker without a loan takes one, behind those who are in the list already."""
    borrowers[listed[1]] = row
    listed[1] += 1


@compiled
def rows_with_loans(borrowers, listed, debt_shares):
    """Rows of all stakers who owe something, rising, as a view of the list of borrowers.

    The list is put in order on the way: who has repaid is dropped, newcomers are merged in. That takes one pass over
    the borrowers, however many stakers there are.

    Args:
        borrowers: (2 N,) the list.
        listed: (2,) how many of it are in order, and how many there are; room for N newcomers behind N old ones.
        debt_shares: (N,) what says whether somebody owes.
    """
    old = 0
    for place in range(listed[0]):
        if debt_shares[borrowers[place]] > 0.0:
            borrowers[old] = borrowers[place]
            old += 1
    late = np.sort(borrowers[listed[0] : listed[1]])
    new = 0
    for row in late:
        # Whoever repays and borrows again before the list is put in order stands in it more than once.
        if debt_shares[row] > 0.0 and (new == 0 or late[new - 1] != row) and not _stands(borrowers, old, row):
            late[new] = row
            new += 1
    count = old + new
    for place in range(count - 1, -1, -1):
        if new == 0:
            break
        if old > 0 and borrowers[old - 1] > late[new - 1]:
            old -= 1
            borrowers[place] = borrowers[old]
        else:
            new -= 1
            borrowers[place] = late[new]
    listed[:] = count
    return borrowers[:count]


@compiled
def _stands(borrowers, count, row):
    """Whether a row is among the first ``count`` of the list, which are in order."""
    place = np.searchsorted(borrowers[:count], row)
    return place < count and borrowers[place] == row


# --- liquidation ------------------------------------------------------------------------------------------------------


@compiled
def read_oracle(terms, price, elsewhere):
    """The market's idea of a token's price over NAV, from its first pool's price and the price ``elsewhere``."""
    if terms["oracle"] == SPOT:
        return price
    if terms["oracle"] == TWAP:
        return terms["slow_price"]
    if terms["oracle"] == MEAN:
        return terms["oracle_weight"] * price + (1.0 - terms["oracle_weight"]) * elsewhere
    return 1.0


@compiled
def risk(collateral, debt):
    """Debt per unit of collateral: by it liquidators rank loans; infinite without collateral, 0 without debt."""
    if debt <= 0.0:
        return 0.0
    return debt / collateral if collateral > 0.0 else math.inf


# Liquidators look at the riskiest few of many loans, whose risk then changes. A heap of those that may be unsafe gives
# them in the order of a stable sort of all, without sorting, and takes back those that changed. In the places of one
# LRT and asset, ``order[start:stop]``, stand first the heap, then the loans that were taken from it, then all others.


@compiled
def _riskier(risks, one, other):
    """Whether one loan comes before another: by risk, ties by place."""
    return risks[one] > risks[other] or (risks[one] == risks[other] and one < other)


@compiled
def _sink(order, risks, start, size, at):
    """Let the loan at ``at`` of a heap fall below those that are riskier."""
    loan = order[start + at]
    child = 2 * at + 1
    while child < size:
        if child + 1 < size and _riskier(risks, order[start + child + 1], order[start + child]):
            child += 1
        if not _riskier(risks, order[start + child], loan):
            break
        order[start + at] = order[start + child]
        at, child = child, 2 * child + 1
    order[start + at] = loan


@compiled
def admit(order, risks, start, stop, heaped, taken, bar):
    """Take into the heap all others whose risk is at least ``bar``.

    Args:
        order: places of loans.
        risks: their risk, by place.
        start: where the heap begins.
        stop: where the others end.
        heaped: size of the heap.
        taken: how many loans, taken from it, stand behind it.
        bar: least risk.

    Returns:
        The new size of the heap, and the largest risk below infinity among the others, 0 without any.
    """
    rest = 0.0
    for at in range(start + heaped + taken, stop):
        loan = order[at]
        if risks[loan] < bar:
            rest = max(rest, risks[loan])
            continue
        order[at] = order[start + heaped + taken]
        order[start + heaped + taken] = order[start + heaped]
        order[start + heaped] = loan
        put_back(order, risks, start, heaped)
        heaped += 1
    return heaped, rest


@compiled
def take_riskiest(order, risks, start, size):
    """Move the first loan of a heap of ``size`` behind the others, which stay a heap."""
    last = start + size - 1
    order[start], order[last] = order[last], order[start]
    _sink(order, risks, start, size - 1, 0)


@compiled
def put_back(order, risks, start, size):
    """Take the loan that stands behind a heap of ``size`` back into it."""
    at, loan = size, order[start + size]
    while at > 0 and _riskier(risks, loan, order[start + (at - 1) // 2]):
        order[start + at] = order[start + (at - 1) // 2]
        at = (at - 1) // 2
    order[start + at] = loan
