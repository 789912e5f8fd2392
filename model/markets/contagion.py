"""Contagion through a pool: a sale moves the price, loans become unsafe, liquidations sell into the same pool.

The naive rule liquidates every unsafe loan at once, in list order, with the pool's spot price as the oracle after every
single sale and no regard to whether that pays. It is the setting in which the literature finds cascades (X. Xiong et
al., arXiv:2401.08610, sections 7 and 9); the markets of a run follow the rules of :mod:`.lending` instead, and
:func:`contagion` shows both on the same loans.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import debts, stableswap
from ..state import POOL

Floats = NDArray[np.float64]


class Loans(NamedTuple):
    """Loans against one token, in the order in which they are looked at."""

    collateral: Floats  # (n,) tokens
    debt: Floats  # (n,) ETH


class Rules(NamedTuple):
    """How loans are liquidated."""

    threshold: float = 0.81
    bonus: float = 0.075
    close_factor: float = 0.5
    profitable_only: bool = False
    rounds: int = 100_000


class Contagion(NamedTuple):
    """What a sale set off."""

    first_price: float  # after the sale, before any liquidation
    last_price: float
    hit: NDArray[np.bool_]  # (n,) loans that were liquidated at least once
    calls: int  # liquidations
    sold: float  # tokens that liquidators sold
    unsafe: int  # loans that stay unsafe
    shortfall: float  # debt beyond collateral at the last price, ETH


def thin_pool(reserve: float, amplification: float, fee: float = 0.0) -> NDArray[np.void]:
    """A balanced pool: one ``POOL`` record."""
    pool = np.zeros(1, POOL)
    pool["eth"] = pool["token"] = reserve
    pool["amplification"], pool["fee"] = amplification, fee
    return pool


def contagion(pool: NDArray[np.void], loans: Loans, sale: float, rules: Rules | None = None) -> Contagion:
    """Sell ``sale`` tokens into a pool and let liquidations run until a pass finds nothing to do.

    Args:
        pool: (1,) ``POOL``; a copy is traded in.
        loans: the loans; copies change.
        sale: tokens sold first.
        rules: how loans are liquidated; the naive ones when None. With ``profitable_only`` a liquidator acts only
            when what it sells brings at least what it repays.
    """
    rules = Rules() if rules is None else rules
    record = pool.copy()[0]
    collateral, debt = loans.collateral.astype(float), loans.debt.astype(float)
    _sell(record, sale)
    first = price = float(stableswap.spot_price(record, 1.0))
    hit, calls, sold = np.zeros(debt.size, bool), 0, 0.0
    for _ in range(rules.rounds):
        before = calls
        for n in range(debt.size):
            if debts.health_factor(collateral[n], debt[n], price, rules.threshold) >= 1.0:
                continue
            repaid, taken = debts.seizure(collateral[n], debt[n], price, rules.close_factor, rules.bonus)
            if taken <= 1e-9 or (rules.profitable_only and float(stableswap.quote_sale(record, 1.0, taken)) < repaid):
                continue
            _sell(record, taken)
            collateral[n], debt[n] = max(collateral[n] - taken, 0.0), debt[n] - repaid
            hit[n], calls, sold = True, calls + 1, sold + taken
            price = float(stableswap.spot_price(record, 1.0))
        if calls == before:
            break
    health = np.array(
        [debts.health_factor(c, d, price, rules.threshold) for c, d in zip(collateral, debt, strict=True)]
    )
    shortfall = float(np.maximum(debt - price * collateral, 0.0).sum())
    return Contagion(first, price, hit, calls, sold, int((health < 1.0).sum()), shortfall)


def _sell(record: NDArray[np.void], tokens: float) -> float:
    eth = float(stableswap.quote_sale(record, 1.0, tokens))
    record["eth"] -= eth
    record["token"] += tokens
    return eth
