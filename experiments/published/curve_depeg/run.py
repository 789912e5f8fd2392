"""Published balances and prices through the pool of the model; the same sales with and without redemption."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....model.markets.stableswap import StableSwapPool, token_share
from ..experiment import Check, Level, Outcome, Parameters
from ..tables import rows

if TYPE_CHECKING:
    import pandas as pd

_FORKLOG, _NANSEN, _EGOROV = "ForkLog, Dune balances", "Nansen (2022)", "Egorov (2019), equations"


def run(parameters: Parameters) -> Outcome:
    """Compare; deterministic."""
    checks: list[Check] = []
    _reported(checks, parameters)
    vectors, shares = _vectors(checks), _shares(checks)
    path = _path(parameters)
    _path_checks(checks, path, parameters)
    return Outcome(tuple(checks), {"vectors": vectors, "shares": shares, "path": path})


def published(name: str) -> "pd.DataFrame":
    """A table of this folder's data."""
    import pandas as pd

    return pd.read_csv(Path(__file__).parent / "data" / f"{name}.csv")


def _reported(checks: list[Check], parameters: Parameters) -> None:
    a = float(parameters["amplification"])
    pool = StableSwapPool.of(float(parameters["end_eth"]), float(parameters["end_steth"]), amplification=a, fee=0.0)
    checks += [
        Check.number(
            "price at 111,300 ETH and 491,000 stETH",
            0.93738,
            pool.price(),
            relative=0.0,
            absolute=1e-4,
            where=f"{_EGOROV} at the balances of {_FORKLOG}",
        ),
        Check(
            "discount then",
            "over 6 %",
            1.0 - pool.price(),
            "between 6 and 6.6 %",
            0.06 <= 1.0 - pool.price() <= 0.066,
            where=_FORKLOG,
        ),
        Check.number("invariant D (ETH)", 598_478.4, pool.invariant(), relative=0.0, absolute=0.05, where=_EGOROV),
        Check.number(
            "1,000 stETH sold then (ETH)",
            936.8560,
            pool.quote_sale(1_000.0),
            relative=0.0,
            absolute=5e-5,
            where=_EGOROV,
        ),
        Check.number(
            "stETH share at a price of 0.98",
            1.0 / 1.45,
            token_share(0.98, a),
            relative=0.0,
            absolute=2e-3,
            where=f"{_NANSEN}: ratio 0.45 from 1 to 7 June",
        ),
        Check.number(
            "stETH share at a price of 0.94",
            0.8111,
            token_share(0.94, a),
            relative=0.0,
            absolute=5e-5,
            where=f"{_NANSEN}: low of 11 June",
        ),
    ]
    others = {30.0: 0.098, 70.0: 0.046, 100.0: 0.033}
    for other, discount in others.items():
        pool = StableSwapPool.of(float(parameters["end_eth"]), float(parameters["end_steth"]), other, 0.0)
        checks.append(
            Check.number(
                f"discount if A were {other:g}",
                discount,
                1.0 - pool.price(),
                relative=0.0,
                absolute=6e-4,
                where="does not fit the reported 6 %",
            )
        )


def _vectors(checks: list[Check]) -> "pd.DataFrame":
    table = published("vectors")
    outs, prices = [], []
    for row in rows(table):
        pool = StableSwapPool.of(1e6, 1e6, float(row.amplification), 0.0)
        outs.append(pool.sell(float(row.sold)))
        prices.append(pool.price())
        name = f"A = {row.amplification}, {row.sold:,} sold"
        checks.append(Check.number(f"{name}: out (ETH)", row.out, outs[-1], relative=0.0, absolute=1e-3, where=_EGOROV))
        checks.append(
            Check.number(f"{name}: price", row.price, prices[-1], relative=0.0, absolute=5.01e-7, where=_EGOROV)
        )
    return table.assign(model_out=outs, model_price=prices)


def _shares(checks: list[Check]) -> "pd.DataFrame":
    table = published("shares")
    found = [token_share(float(row.price), float(row.amplification)) for row in rows(table)]
    for row, share in zip(rows(table), found, strict=True):
        name = f"A = {row.amplification}: share at a price of {row.price:g}"
        checks.append(Check.number(name, row.share, share, relative=0.0, absolute=5.01e-5, where=_EGOROV))
    return table.assign(model_share=found)


def _path(parameters: Parameters) -> "pd.DataFrame":
    """The pool day by day, withdrawn from and sold into; without redemption, and with arbitrage that redeems."""
    import pandas as pd

    days = int(parameters["days"])
    start, eth, steth = (float(parameters[key]) for key in ("start_eth", "end_eth", "end_steth"))
    a, fee = float(parameters["amplification"]), float(parameters["fee"])
    floor = 1.0 - float(parameters["required_return"]) * float(parameters["queue_days"]) / 365.0
    target = StableSwapPool.of(eth, steth, a, 0.0)
    kept = (target.invariant() / (2.0 * start)) ** (1.0 / days)
    ends = np.geomspace(0.5, steth / (eth + steth), days + 1)
    closed, opened = StableSwapPool.of(start, start, a, 0.0), StableSwapPool.of(start, start, a, fee)
    found = []
    for day in range(days + 1):
        sold = 0.0
        if day:
            for pool in (closed, opened):
                _withdraw(pool, kept)
            sold = closed.shares_to_price(_price_at(float(ends[day]), a))
            closed.sell(sold)
            opened.sell(sold)
            trade = opened.best_arbitrage(floor)
            if trade.eth < 0.0:
                opened.buy(-trade.eth)
        found.append(
            {
                "day": day,
                "sold": sold,
                "closed_eth": closed.eth,
                "closed_steth": closed.token,
                "closed_price": closed.price(),
                "open_price": opened.price(),
            }
        )
    return pd.DataFrame(found)


def _withdraw(pool: StableSwapPool, kept: float) -> None:
    """Providers take the same part of both sides; the price stays."""
    pool._record["eth"] *= kept
    pool._record["token"] *= kept


def _price_at(share: float, amplification: float) -> float:
    return StableSwapPool.of(1.0 - share, share, amplification, 0.0).price()


def _path_checks(checks: list[Check], path: "pd.DataFrame", parameters: Parameters) -> None:
    waiting = float(parameters["required_return"]) * float(parameters["queue_days"]) / 365.0
    bound = waiting + float(parameters["fee"])
    end = path.iloc[-1]
    checks.append(
        Check.number(
            "ETH left in the pool at the end",
            float(parameters["end_eth"]),
            float(end["closed_eth"]),
            relative=1e-3,
            level=Level.REL,
            where=_FORKLOG,
        )
    )
    widens = bool((np.diff(path["closed_price"]) < 1e-12).all())
    checks.append(
        Check(
            "without redemption the discount widens to the end",
            "widens",
            "widens" if widens else "does not",
            "price never rises",
            widens,
            Level.REL,
            _NANSEN,
        )
    )
    deepest = float((1.0 - path["open_price"]).max())
    checks.append(
        Check(
            "with redemption it is bounded by waiting and fee",
            f"at most {bound:.4f}",
            deepest,
            "at most required return times queue, plus the fee",
            deepest <= bound + 1e-9,
            Level.REL,
            "no-arbitrage bound",
        )
    )
