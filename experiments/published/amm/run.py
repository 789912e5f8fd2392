"""The best arbitrage at published prices, and loss-versus-rebalancing along random prices."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....model.markets.constant_product import ConstantProductPool, lvr_rate, trade_probability
from ....model.randomness import SeedTree
from ..experiment import Check, Level, Outcome, Parameters
from ..tables import rows

if TYPE_CHECKING:
    import pandas as pd

RESERVE = 1_000.0
_ANGERIS = "Angeris et al. (2020), optimal arbitrage"
_LVR = "Milionis et al. (2022), constant product"


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    checks: list[Check] = []
    trades = _trades(checks)
    losses = _losses(checks, parameters)
    return Outcome(tuple(checks), {"trades": trades, "losses": losses})


def _trades(checks: list[Check]) -> "pd.DataFrame":
    import pandas as pd

    table = pd.read_csv(Path(__file__).parent / "data" / "arbitrage.csv")
    found = []
    for row in rows(table):
        trade = ConstantProductPool.of(RESERVE, RESERVE, row.fee).best_arbitrage(row.price)
        name = f"price {row.price:g}, fee {row.fee:g}"
        for field, measured in zip(("token", "eth", "profit"), trade, strict=True):
            checks.append(
                Check.number(
                    f"{name}: {field}", getattr(row, field), measured, relative=0.0, absolute=5.01e-7, where=_ANGERIS
                )
            )
        closed = closed_form(row.price, row.fee)
        checks.append(
            Check.number(
                f"{name}: profit in closed form", closed, trade.profit, relative=1e-9, absolute=1e-12, where=_ANGERIS
            )
        )
        found.append({"price": row.price, "fee": row.fee, **trade._asdict()})
    return pd.DataFrame(found)


def closed_form(price: float, fee: float, reserve: float = RESERVE) -> float:
    """Profit of the best trade against equal reserves, by the papers' formulas, in ETH."""
    kept = 1.0 - fee
    if kept <= price <= 1.0 / kept:
        return 0.0
    if price * kept > 1.0:
        paid = (reserve * math.sqrt(kept * price) - reserve) / kept
        return price * (reserve - reserve * reserve / (reserve + kept * paid)) - paid
    given = (reserve * math.sqrt(kept / price) - reserve) / kept
    return reserve - reserve * reserve / (reserve + kept * given) - price * given


def _losses(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    volatility, paths = float(parameters["volatility"]), int(parameters["paths"])
    prices = _prices(int(parameters["seed"]), volatility, int(parameters["steps"]), paths)
    rate, found = lvr_rate(volatility), []
    for fee in parameters["fees"]:
        losses = np.array([_loss(path, float(fee)) for path in prices])
        error = float(losses.std(ddof=1) / math.sqrt(paths))
        expected = rate * trade_probability(float(fee), volatility, 1.0 / int(parameters["steps"]))
        found.append({"fee": fee, "loss": float(losses.mean()), "standard_error": error, "theory": expected})
    table = pd.DataFrame(found)
    free = table[table["fee"] == 0.0].iloc[0]
    z = (float(free["loss"]) - rate) / float(free["standard_error"])
    checks.append(
        Check(
            "loss of a day over the pool's value, no fee",
            rate,
            float(free["loss"]),
            "|z| below 3",
            abs(z) < 3.0,
            Level.DIST,
            _LVR,
        )
    )
    ordered = bool((np.diff(table["loss"]) < 0.0).all())
    checks.append(
        Check(
            "higher fees leave arbitrage less",
            "falls",
            "falls" if ordered else "does not",
            "falls with the fee",
            ordered,
            Level.REL,
            "Milionis, Moallemi, Roughgarden (2023)",
        )
    )
    return table


def _prices(seed: int, volatility: float, steps: int, paths: int) -> NDArray[np.float64]:
    """Prices of a day that are a martingale, geometric Brownian, (paths, steps), starting near 1."""
    draw = SeedTree(seed).generator("published.amm")
    moves = draw.standard_normal((paths, steps)) * (volatility / math.sqrt(steps))
    return np.exp(np.cumsum(moves - 0.5 * volatility**2 / steps, axis=1))


def _loss(path: NDArray[np.float64], fee: float) -> float:
    pool = ConstantProductPool.of(RESERVE, RESERVE, fee)
    return pool.follow(path).profit / (2.0 * RESERVE)
