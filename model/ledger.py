"""Every ETH is somewhere: the two ledgers, checked on demand.

*Physical ETH*: all accounts together equal what was there, plus named inflows, less named outflows. *Tokens*: balances
of every venue's token add up to its supply. A breach names the account and the day.
"""

from typing import Any

import numpy as np

from .errors import RestakingError
from .kernels import books as move
from .kernels.debts import rows_with_loans
from .state import ETH_LOAN, FIRST_LST, IDLE, STABLE_LOAN

TOLERANCE = 1e-9
"""Relative to all ETH of the world, or to the supply of a token."""

INFLOWS = ("initial", "issued", "users", "token_buyers", "outside_in")
_ETH_ACCOUNTS = ("stakers", "claims_paid", "claimants", "operators", "token_pools", "liquidators")
OUTFLOWS = ("burned", "gas", "exploited", "outside_out")


class LedgerError(RestakingError, AssertionError):
    """An account does not add up."""


def physical_eth(world: Any, exchange: Any) -> float:
    """ETH in all accounts."""
    books, account = world.books, world.accounts[0]
    total = sum(float(books[field].sum()) for field in ("validators", "entry", "exiting", "buffer", "treasury"))
    total += sum(float(account[field]) for field in _ETH_ACCOUNTS)
    total += float(world.lenders["cash"][ETH_LOAN])
    return total + float(exchange.pools["eth"].sum()) + float(exchange.arbitrageurs["eth"].sum())


def residual(world: Any, exchange: Any) -> float:
    """ETH that is somewhere less ETH that should be, ETH."""
    account = world.accounts[0]
    due = sum(float(account[name]) for name in INFLOWS) - sum(float(account[name]) for name in OUTFLOWS)
    return physical_eth(world, exchange) - due


def token_residuals(world: Any, exchange: Any) -> np.ndarray:
    """(V,) shares held by everybody less supply, relative to supply; idle ETH against its account."""
    held = np.zeros(world.venues.size)
    move.shares_held(world, held)
    first = exchange.first
    held += world.outside_shares + world.dust
    held[first:] += (
        exchange.providers_shares + exchange.lenders_shares + exchange.pooled_shares() + exchange.held.sum(axis=0)
    )
    lsts = world.accepts.shape[1]
    held[FIRST_LST : FIRST_LST + lsts] += world.lst_holdings.sum(axis=0)
    supply = world.books["shares"].copy()
    supply[IDLE] = world.accounts[0]["stakers"]
    return (held - supply) / np.maximum(supply, 1.0)


def check_lenders(world: Any, day: int) -> None:
    """What lenders and reserves own is cash and loans; loans are what borrowers owe."""
    for asset, name in ((ETH_LOAN, "ETH"), (STABLE_LOAN, "stablecoin")):
        lender = world.lenders[asset]
        lent = float(lender["debt_shares"] * lender["index"])
        owned = float(lender["claims"] + lender["reserves"])
        scale = max(abs(owned), lent, float(lender["cash"]), 1.0)
        if not abs(lent + float(lender["cash"]) - owned) <= TOLERANCE * scale:
            raise LedgerError(f"day {day}: {name} lenders own {owned:.6g}, not their cash and loans")
        mine = world.debt_asset == asset
        borrowed = float(world.debt_shares[mine].sum())
        if not abs(borrowed - float(lender["debt_shares"])) * float(lender["index"]) <= TOLERANCE * scale:
            raise LedgerError(
                f"day {day}: {name} loans are {borrowed:.6g} debt shares, not {lender['debt_shares']:.6g}"
            )
        if not float(lender["cash"]) >= -TOLERANCE * scale:
            raise LedgerError(f"day {day}: {name} lenders' cash is {float(lender['cash']):.6g}")


def check_borrowers(world: Any, day: int) -> None:
    """The list of borrowers is who owes something, in row order."""
    owing = np.flatnonzero(world.debt_shares > 0.0)
    listed = rows_with_loans(world.borrowers, world.listed, world.debt_shares)
    if not np.array_equal(owing, listed):
        row = int(np.setxor1d(owing, listed).min(initial=world.debt_shares.size))
        raise LedgerError(f"day {day}: {owing.size} stakers owe, {listed.size} are listed; staker {row} is not both")


def check(world: Any, exchange: Any, venues: tuple[str, ...], day: int) -> None:
    """Raise when a ledger is out of balance, a balance is negative or a number is not finite.

    Raises:
        LedgerError: naming the account and the day.
    """
    gap = residual(world, exchange)
    scale = max(float(world.accounts[0]["initial"]), 1.0)
    if not abs(gap) <= TOLERANCE * scale:
        raise LedgerError(f"day {day}: physical ETH is off by {gap:.6g} ETH")
    gaps = token_residuals(world, exchange)
    worst = int(np.nanargmax(np.abs(gaps))) if np.isfinite(gaps).any() else 0
    if not np.all(np.abs(gaps) <= TOLERANCE):
        raise LedgerError(f"day {day}: balances of {venues[worst]} are off by {gaps[worst]:.3g} of supply")
    check_lenders(world, day)
    check_borrowers(world, day)
    kept = float(world.accounts[0]["claims_paid"])
    if not abs(kept) <= TOLERANCE * scale:
        raise LedgerError(f"day {day}: {kept:.6g} ETH have left the books for claims and reached nobody")
    for field in ("shares", "validators", "entry", "exiting", "buffer", "claims", "treasury"):
        values = world.books[field]
        bad = np.flatnonzero(~(values >= -TOLERANCE * scale))
        if bad.size:
            raise LedgerError(f"day {day}: {field} of {venues[bad[0]]} is {values[bad[0]]:.6g}")
    for name, values in (
        ("core_shares", world.stakers["core_shares"]),
        ("debt", world.debt_shares),
        ("satellite_shares", world.stakers["satellite_shares"]),
        ("pool ETH", exchange.pools["eth"]),
        ("pool tokens", exchange.pools["token"]),
        ("arbitrageurs' ETH", exchange.arbitrageurs["eth"]),
    ):
        if not np.all(values >= -TOLERANCE * scale):
            raise LedgerError(f"day {day}: {name} is negative or not a number at {int(np.argmin(values))}")
