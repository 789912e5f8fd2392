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
def owed_eth(world, row):
    """What a staker owes, ETH."""
    shares = world.debt_shares[row]
    if shares <= 0.0:
        return 0.0
    lender = world.lenders[world.debt_asset[row]]
    return shares * lender["index"] / lender["price"]


@compiled
def repay(world, row, eth):
    """Pay back a staker's loan with ETH that has just arrived; returns what is left of it."""
    shares = world.debt_shares[row]
    if shares <= 0.0 or eth <= 0.0:
        return eth
    asset = world.debt_asset[row]
    lender = world.lenders[asset]
    owed = shares * lender["index"] / lender["price"]
    paid = min(owed, eth)
    reduce_debt(world, row, paid * lender["price"])
    lender["cash"] += paid * lender["price"]
    if asset != ETH_LOAN:
        world.accounts[0]["outside_out"] += paid
    return eth - paid


@compiled
def reduce_debt(world, row, amount):
    """Take ``amount`` (units of the asset) off a staker's loan."""
    lender = world.lenders[world.debt_asset[row]]
    left = world.debt_shares[row] - amount / lender["index"]
    if left <= PAID_OFF * world.debt_shares[row]:
        left = 0.0
    lender["debt_shares"] = max(lender["debt_shares"] - (world.debt_shares[row] - left), 0.0)
    world.debt_shares[row] = left


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
def sort_by_risk(positions, order, start, stop):
    """Order positions ``start`` to ``stop`` by debt over collateral, riskiest first, ties by place."""
    count = stop - start
    keys = np.empty(count)
    for n in range(count):
        position = positions[start + n]
        held = position["collateral"]
        if position["debt"] <= 0.0:
            keys[n] = 0.0
        else:
            keys[n] = -position["debt"] / held if held > 0.0 else -math.inf
    ranks = np.argsort(keys, kind="mergesort")
    for n in range(count):
        order[start + n] = start + ranks[n]
