"""Random loans on a random trading day."""

import numpy as np

from restaking.model.kernels.trading import Loans, new_loans
from restaking.model.state import COLLATERAL, POSITION
from tests.oracle.random_markets import TradingDay


def random_loans(seed: int, day: TradingDay, count: int = 12) -> Loans:
    """Loans of all healths, in both assets, on every LRT; terms and oracles of every kind."""
    draw = np.random.default_rng(1_000 + seed)
    lrts = len(day.terms)
    terms = np.zeros(lrts, COLLATERAL)
    terms["threshold"] = draw.uniform(0.75, 0.95, lrts)
    terms["threshold_stable"] = draw.uniform(0.65, 0.9, lrts)
    terms["bonus"] = draw.choice([0.01, 0.04, 0.075], lrts)
    terms["close_factor"] = draw.choice([0.5, 1.0], lrts)
    terms["oracle"] = draw.integers(0, 4, lrts)
    for field in ("oracle_once", "profitable_only", "interleaved"):
        terms[field] = draw.integers(0, 4, lrts) > 0
    terms["oracle_weight"] = draw.uniform(0.2, 1.0, lrts)
    terms["oracle_keep"] = draw.uniform(0.5, 0.95, lrts)
    terms["slow_price"] = terms["oracle_price"] = draw.uniform(0.9, 1.0, lrts)
    terms["gas_eth"] = draw.choice([0.0, 0.02], lrts)
    segments = np.sort(draw.integers(0, 2 * lrts, count))
    starts = np.searchsorted(segments, np.arange(2 * lrts + 1)).astype(np.int64)
    positions = np.zeros(count, POSITION)
    positions["row"] = np.arange(count)
    positions["lrt"], positions["asset"] = segments // 2, segments % 2
    nav = day.terms["nav"][positions["lrt"]]
    positions["collateral"] = draw.lognormal(5.0, 1.5, count)
    positions["free"] = positions["collateral"] * draw.choice([0.3, 1.0, 1.0], count)
    path = 2_000.0 * np.exp(np.cumsum(draw.normal(-0.02, 0.03, day.rounds)))
    prices = np.column_stack([np.ones(day.rounds), path])
    unit = np.where(positions["asset"] == 1, 1.0 / path[0], 1.0)
    positions["debt"] = draw.uniform(0.5, 0.97, count) * positions["collateral"] * nav / unit
    return new_loans(terms, positions, starts, prices)


def copied(loans: Loans) -> Loans:
    """The same loans, to be liquidated again."""
    return Loans(*(array.copy() for array in loans))
