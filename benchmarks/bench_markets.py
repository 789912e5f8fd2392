"""Trading rounds: their part of a day at the size of the real ecosystem, and cost by pools, arbitrageurs and loans.

Run it as ``python -m benchmarks.bench_markets``. Every figure is CPU time, and a ratio to what ran in turn with it.
"""

import argparse
from collections import defaultdict
from typing import Any

import numpy as np

from restaking.model import RestakingEcosystem
from restaking.model.kernels.trading import DISCOUNT_BUCKETS, TERMS, Loans, new_fills, new_loans, no_loans, trade_day
from restaking.model.state import ARBITRAGEUR, COLLATERAL, MEAN, POOL, POSITION

from .measure import cpu_seconds, in_turn, line, progress

ROUNDS = 24
STEPS = ("news", "accrue", "decide", "queue", "trade", "faults", "settle", "record")


def bench_part_of_day(stakers: int, days: int) -> None:
    """How much of a day the trading rounds take, everything else being as it is."""
    with RestakingEcosystem("season-2024", **{"stakers.count": stakers, "days": 400}) as model:
        model.run(120, progress=lambda day, last: progress(f"{stakers:,} stakers, day {day} of {last}"))
        spent: dict[str, float] = defaultdict(float)
        for _ in range(days):
            for name in STEPS:
                spent[name] += cpu_seconds(getattr(model, name))
        part = spent["trade"] / sum(spent.values())
        loans = int(model.lending.survey[:, 4].sum())
    verdict = "good" if part < 1.0 / 3.0 else "missed"
    line(
        f"trade of a day, {stakers:,} stakers",
        f"{100 * part:.1f} %",
        f"of the day; {loans} loans; target a third",
        verdict,
    )


def day_of(pools: int, arbitrageurs: int, loans: int, each: int = 1) -> Any:
    """A day of trading with orders in every bucket and loans of all healths; returns what runs it anew."""
    draw = np.random.default_rng(1)
    records, traders = np.zeros(each * pools, POOL), np.zeros(arbitrageurs, ARBITRAGEUR)
    records["eth"] = records["token"] = np.tile(draw.uniform(5e3, 5e4, pools), each)
    records["amplification"], records["fee"] = 100.0, 0.0004
    traders["eth"], traders["required_return"], traders["gas_eth"] = 4e3, 0.2, 0.01
    terms = np.zeros(pools, TERMS)
    terms["nav"], terms["wait_days"] = 1.0, 7.0
    terms["redemption_open"] = terms["deposit_open"] = 1
    terms["mint_room_eth"] = np.inf
    sells = draw.exponential(50.0, (pools, len(DISCOUNT_BUCKETS)))
    buys = draw.exponential(300.0, pools)
    book = no_loans(pools, ROUNDS) if loans == 0 else loans_of(pools, loans, draw)
    fills, order = new_fills(pools, arbitrageurs, pools_per_lrt=each), np.arange(arbitrageurs)
    flow = np.full(each, 1.0 / each)

    begun = (records, traders, np.zeros((arbitrageurs, pools)), *book)
    fresh = tuple(array.copy() for array in begun)
    loans_now = Loans(*fresh[3:])

    def run() -> None:
        # Copied into place: new pages for 100,000 loans would cost as much as the day.
        for array, first in zip(fresh, begun, strict=True):
            np.copyto(array, first)
        trade_day(*fresh[:2], order, fresh[2], terms, sells, buys, ROUNDS, flow, fills, loans_now)

    return run


def loans_of(pools: int, count: int, draw: np.random.Generator) -> Loans:
    """Loans spread evenly over the pools; the riskiest become unsafe when prices dip."""
    collateral = np.zeros(pools, COLLATERAL)
    collateral["threshold"] = collateral["threshold_stable"] = 0.93
    collateral["bonus"], collateral["close_factor"], collateral["oracle"] = 0.04, 0.5, MEAN
    collateral["oracle_weight"], collateral["oracle_keep"] = 0.35, 0.9
    collateral["oracle_once"] = collateral["profitable_only"] = collateral["interleaved"] = 1
    collateral["slow_price"] = collateral["oracle_price"] = 1.0
    positions = np.zeros(count, POSITION)
    positions["row"] = np.arange(count)
    positions["lrt"] = np.arange(count) * pools // count
    positions["collateral"] = positions["free"] = draw.lognormal(2.0, 1.0, count)
    positions["debt"] = positions["collateral"] * draw.uniform(0.3, 0.9299, count)
    starts = np.repeat(np.searchsorted(positions["lrt"], np.arange(pools + 1)), 2)[1:].astype(np.int64)
    return new_loans(collateral, positions, starts, np.ones((ROUNDS, 2)))


SIZES = ((20, 8, 0), (60, 8, 0), (5, 40, 0), (5, 200, 0), (5, 8, 100), (5, 8, 1_000), (5, 8, 10_000), (5, 8, 100_000))
MOST_OF_TEN_TIMES_THE_LOANS = 5.0
"""What a day with 100,000 loans may cost at most over one with 10,000."""


def bench_sizes() -> None:
    """One day of trading with more of everything, over a small one."""
    small = "5 pools, 8 arbitrageurs, no loans"
    names = [f"{pools} pools, {arbitrageurs} arbitrageurs, {loans:,} loans" for pools, arbitrageurs, loans in SIZES]
    actions = {small: day_of(5, 8, 0), **{name: day_of(*size) for name, size in zip(names, SIZES, strict=True)}}
    for each in (2, 4):
        actions[f"5 LRTs in {each} pools each, 8 arbitrageurs"] = day_of(5, 8, 0, each)
    times = in_turn(actions, 9)
    for name in actions:
        line(f"trading: {name}", f"{times.ratio(name, small):.1f} x", f"{1e3 * times.seconds(name):.2f} ms")
    ratio = times.ratio(names[-1], names[-2])
    verdict = "met" if ratio <= MOST_OF_TEN_TIMES_THE_LOANS else "missed"
    line("100,000 loans over 10,000", f"{ratio:.1f} x", "at most 5", verdict)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_markets", description=main.__doc__)
    parser.add_argument("--stakers", type=int, default=250_000, help="stakers of the large run")
    parser.add_argument("--days", type=int, default=60, help="days measured")
    arguments = parser.parse_args()
    bench_sizes()
    bench_part_of_day(arguments.stakers, arguments.days)


if __name__ == "__main__":
    main()
