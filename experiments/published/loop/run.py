"""Formulas of loops, and a sale that sets liquidations off."""

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....model.kernels.trading import TERMS, new_fills, new_loans, trade_day
from ....model.markets.contagion import Contagion, Loans, contagion, thin_pool
from ....model.markets.leverage import liquidation_price, loop_apr, multiplier
from ....model.randomness import SeedTree
from ....model.state import ARBITRAGEUR, COLLATERAL, MEAN, POSITION
from ..experiment import Check, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

POOL_RESERVE, AMPLIFICATION = 250_000.0, 50.0
ORDINARY, CAPITAL = 100, 1_000.0

MULTIPLIERS = {
    0.69: (1.69, 2.1661, 2.494609, 2.877683, 3.171359, 3.225806),
    0.72: (1.72, 2.2384, 2.611648, 3.073878, 3.475157, 3.571429),
    0.9: (1.9, 2.71, 3.439, 4.68559, 6.861894, 10.0),
}
ROUNDS = (1, 2, 3, 5, 10, math.inf)
YIELDS = ((0.69, 5, 0.106331), (0.72, 10, 0.124255), (0.9, 10, 0.225857))
LIQUIDATED_AT = (
    (0.69, 0.81, 1, 0.50405),
    (0.69, 0.81, 5, 0.80555),
    (0.69, 0.81, 10, 0.84528),
    (0.69, 0.81, math.inf, 0.85185),
    (0.72, 0.83, math.inf, 0.86747),
    (0.90, 0.93, 10, 0.91857),
    (0.90, 0.93, math.inf, 0.96774),
)
SALES = {190_000.0: 0.8801, 198_000.0: 0.8544, 200_000.0: 0.8469, 205_000.0: 0.8262}
HIT: dict[float, tuple[tuple[int, int, float | None], ...]] = {
    190_000.0: ((0, 0, None),) * 5,
    198_000.0: ((3, 0, None),) * 5,
    200_000.0: ((6, 0, 0.8364), (8, 1, 0.8265), (10, 2, 0.8164), (100, 20, 0.0474), (100, 50, 0.0165)),
    205_000.0: ((15, 0, 0.7908), (100, 5, 0.0905), (100, 10, 0.0694), (100, 20, 0.0436), (100, 50, 0.0156)),
}
"""Ordinary borrowers hit, loops hit, last price, for 0, 5, 10, 20 and 50 loops."""
CALLS = (17, 276, 235, 224, 202)
SOLD = (7_147.5, 113_000.0, 126_000.0, 152_000.0, 230_000.0)
_FORMULAS = "section 4, loops at par"
_STRESS = "sections 7 and 9, construction on the paper's mechanism"


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    checks = _formulas()
    table = _contagion(checks, parameters)
    grid = _grid(parameters)
    seeds = _seeds(checks, parameters)
    rules = _market_rules(checks, parameters)
    return Outcome(tuple(checks), {"contagion": table, "grid": grid, "seeds": seeds, "market_rules": rules})


def _formulas() -> list[Check]:
    checks = []
    for ratio, values in MULTIPLIERS.items():
        for rounds, value in zip(ROUNDS, values, strict=True):
            name = f"leverage at a borrow ratio of {ratio:g} after {rounds:g} rounds"
            checks.append(
                Check.number(name, value, multiplier(ratio, rounds), relative=0.0, absolute=5.1e-7, where=_FORMULAS)
            )
    for ratio, count, value in YIELDS:
        measured = loop_apr(multiplier(ratio, count), 0.05, 0.02)
        name = f"yield at a borrow ratio of {ratio:g} after {count} rounds, staking 5 %, borrowing 2 %"
        checks.append(Check.number(name, value, measured, relative=0.0, absolute=5.1e-7, where=_FORMULAS))
    for ratio, threshold, rounds, value in LIQUIDATED_AT:
        measured = liquidation_price(multiplier(ratio, rounds), threshold)
        name = f"liquidation price at a borrow ratio of {ratio:g} after {rounds:g} rounds, threshold {threshold:g}"
        checks.append(Check.number(name, value, measured, relative=0.0, absolute=5.1e-6, where=_FORMULAS))
    return checks


def loans(loops: int, leverages: NDArray[np.float64] | None = None, ratios: NDArray[np.float64] | None = None) -> Loans:
    """Loops first, then ordinary borrowers; evenly spread unless given."""
    if leverages is None:
        leverages = 2.0 + 1.2 * np.arange(loops) / max(loops - 1, 1)
    if ratios is None:
        ratios = 0.3 + 0.4 * np.arange(ORDINARY) / (ORDINARY - 1)
    collateral = np.concatenate([CAPITAL * leverages, np.full(ORDINARY, CAPITAL)])
    return Loans(collateral, np.concatenate([CAPITAL * (leverages - 1.0), CAPITAL * ratios]))


def spread(loops: int, sale: float) -> Contagion:
    """The deterministic construction."""
    return contagion(thin_pool(POOL_RESERVE, AMPLIFICATION), loans(loops), sale)


def _contagion(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    found = []
    for sale, rows in HIT.items():
        for number, loops in enumerate(parameters["loops"]):
            ordinary, looped, last = rows[number]
            result = spread(int(loops), sale)
            hit = int(result.hit[loops:].sum()), int(result.hit[:loops].sum())
            name = f"sale of {sale:,.0f}, {loops} loops"
            checks.append(Check.exact(f"{name}: ordinary borrowers liquidated", ordinary, hit[0], where=_STRESS))
            checks.append(Check.exact(f"{name}: loops liquidated", looped, hit[1], where=_STRESS))
            if last is not None:
                checks.append(
                    Check.number(
                        f"{name}: last price", last, result.last_price, relative=0.0, absolute=5.1e-5, where=_STRESS
                    )
                )
            if sale == 205_000.0:
                checks.append(Check.exact(f"{name}: liquidations", CALLS[number], result.calls, where=_STRESS))
                checks.append(
                    Check.number(
                        f"{name}: stETH sold", SOLD[number], result.sold, relative=0.0, absolute=0.051, where=_STRESS
                    )
                )
            found.append(
                {
                    "sale": sale,
                    "loops": loops,
                    "first_price": result.first_price,
                    "ordinary_hit": hit[0],
                    "loops_hit": hit[1],
                    "last_price": result.last_price,
                    "liquidations": result.calls,
                    "steth_sold": result.sold,
                    "shortfall_eth": result.shortfall,
                }
            )
        checks.append(
            Check.number(
                f"sale of {sale:,.0f}: price after it",
                SALES[sale],
                spread(0, sale).first_price,
                relative=0.0,
                absolute=5.1e-5,
                where=_STRESS,
            )
        )
    return pd.DataFrame(found)


def _grid(parameters: Parameters) -> "pd.DataFrame":
    """Ordinary borrowers hit over sales and loops: where the cliff lies."""
    import pandas as pd

    sales = np.arange(190_000.0, 210_001.0, 2_500.0)
    found = [
        {"sale": sale, "loops": count, "ordinary_hit": int(spread(count, sale).hit[count:].sum())}
        for sale in sales
        for count in range(0, 51, 5)
    ]
    return pd.DataFrame(found)


def _seeds(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    """Random loans: does another loop ever save an ordinary borrower?"""
    import pandas as pd

    found, held, counts = [], 0, [int(n) for n in parameters["loops"]]
    for seed in range(1, int(parameters["seeds"]) + 1):
        draw = SeedTree(int(parameters["seed"])).generator(f"loop.{seed}")
        leverages, ratios = draw.uniform(2.0, 3.2, max(counts)), draw.uniform(0.3, 0.7, ORDINARY)
        hit = []
        for count in counts:
            result = contagion(
                thin_pool(POOL_RESERVE, AMPLIFICATION),
                loans(count, leverages[:count], ratios),
                float(parameters["relational_sale"]),
            )
            hit.append(int(result.hit[count:].sum()))
        held += all(one <= other for one, other in itertools.pairwise(hit))
        found.append({"seed": seed, **{f"loops_{count}": value for count, value in zip(counts, hit, strict=True)}})
    checks.append(
        Check.share_of_seeds(
            "ordinary borrowers liquidated, random loans",
            "does not fall with the number of loops",
            held,
            int(parameters["seeds"]),
            where=_STRESS,
        )
    )
    return pd.DataFrame(found)


def _market_rules(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    """The same sale under the rules of a run: liquidate only what pays, oracle once a round, arbitrage in between."""
    import pandas as pd

    found = []
    for count in parameters["loops"]:
        naive, ruled = spread(int(count), 205_000.0), ruled_days(int(count), 205_000.0)
        alone = ruled_days(int(count), 205_000.0, 0.0)
        hit = int(naive.hit[count:].sum())
        found.append({"loops": count, "naive": hit, "market_rules": ruled, "without_buyers": alone})
    table = pd.DataFrame(found)
    below = bool((table["market_rules"] <= table["naive"]).all())
    checks.append(
        Check(
            "sale of 205,000 under the run's own rules: ordinary borrowers liquidated",
            "never more than under the naive rule, and not everybody",
            f"{table['market_rules'].min()} to {table['market_rules'].max()} of {ORDINARY}",
            "at most as many as under the naive rule, fewer than half of all",
            below and int(table["market_rules"].max()) < ORDINARY // 2,
            where="model rules",
        )
    )
    return table


def ruled_days(loops: int, sale: float, capital_eth: float = 20_000.0, days: int = 3) -> int:
    """Ordinary borrowers liquidated in days of the run's trading rounds, the sale on the first.

    Args:
        loops: loops beside the ordinary borrowers.
        sale: tokens sold at any price.
        capital_eth: patient capital about.
        days: how long prices and the slow oracle have to meet.
    """
    given = loans(loops)
    pool = thin_pool(POOL_RESERVE, AMPLIFICATION)
    terms, collateral = np.zeros(1, TERMS), np.zeros(1, COLLATERAL)
    terms["nav"], terms["opening_days"] = 1.0, 60.0
    arbitrageurs = np.zeros(1, ARBITRAGEUR)
    arbitrageurs["eth"], arbitrageurs["patient"] = capital_eth, 1
    arbitrageurs["required_return"], arbitrageurs["multiple"] = 0.6, 1.0
    collateral["threshold"], collateral["bonus"], collateral["close_factor"] = 0.81, 0.075, 0.5
    collateral["oracle"], collateral["oracle_weight"], collateral["oracle_keep"] = MEAN, 0.35, 0.9
    collateral["oracle_once"] = collateral["profitable_only"] = collateral["interleaved"] = 1
    collateral["slow_price"] = collateral["oracle_price"] = 1.0
    positions = np.zeros(given.debt.size, POSITION)
    positions["row"] = np.arange(given.debt.size)
    positions["collateral"] = positions["free"] = given.collateral
    positions["debt"] = given.debt
    rounds = 24
    table = new_loans(collateral, positions, np.array([0, given.debt.size, given.debt.size]), np.ones((rounds, 2)))
    fills = new_fills(1, 1)
    sells = np.zeros((1, fills.sold_shares.shape[1]))
    holdings = np.zeros((1, 1))
    for day in range(days):
        sells[0, -1] = sale if day == 0 else 0.0
        trade_day(
            pool,
            arbitrageurs,
            np.zeros(1, np.int64),
            holdings,
            terms,
            sells,
            np.zeros(1),
            rounds,
            np.ones(1),
            fills,
            table,
        )
    return int((positions["seized"][loops:] > 0.0).sum())
