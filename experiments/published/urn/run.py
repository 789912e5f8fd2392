"""Variances by schedule, the Beta limit, and preferential attachment with entry."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....model import urn
from ....model.randomness import SeedTree
from ..experiment import Check, Level, Outcome, Parameters
from ..tables import rows

if TYPE_CHECKING:
    import pandas as pd

_FANTI, _BETA, _SIMON = "Fanti et al. (2019)", "Polya urn, Beta limit", "Simon (1955)"
SIZES, SHARES = (1, 2, 3, 5, 10), (0.5263, 0.1692, 0.0823, 0.0316, 0.0081)


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    checks: list[Check] = []
    variances = _variances(checks, parameters)
    _limits(checks)
    shares = _simulated(checks, parameters)
    sizes = _entrants(checks, parameters)
    return Outcome(tuple(checks), {"variances": variances, "shares": shares, "sizes": sizes})


def schedule(name: str, total: float, steps: int, stake: float) -> np.ndarray:
    """Rewards of a schedule by name."""
    if name == "constant":
        return urn.constant_rewards(total, steps)
    if name == "geometric":
        return urn.geometric_rewards(total, steps, stake)
    return urn.halving_rewards(total, steps)


def _variances(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    table = pd.read_csv(Path(__file__).parent / "data" / "variance.csv")
    share, stake, steps = float(parameters["share"]), float(parameters["stake"]), int(parameters["steps"])
    found = []
    for row in rows(table):
        rewards = schedule(row.schedule, row.total_over_stake * stake, steps, stake)
        measured = urn.share_variance(share, rewards, stake)
        found.append(measured)
        name = f"variance, {row.schedule} rewards of {row.total_over_stake} times the stake"
        checks.append(
            Check.number(name, row.variance, measured, relative=0.0, absolute=1.01 * row.digits, where=_FANTI)
        )
    table["model"] = found
    for total, part in table.groupby("total_over_stake"):
        least = str(part["schedule"].to_numpy()[int(part["model"].to_numpy().argmin())])
        checks.append(
            Check.exact(f"least variance at {total} times the stake", "geometric", least, where=f"{_FANTI}, theorem")
        )
    return table


def _limits(checks: list[Check]) -> None:
    for stake, limit, thousand in ((1, 0.105, None), (10, 0.0190909, 0.0189019), (100, 0.0020792, 0.0018902)):
        found = urn.limit_variance(0.3, float(stake))
        checks.append(
            Check.number(
                f"limit of the variance, stake {stake}", limit, found, relative=0.0, absolute=6e-8, where=_BETA
            )
        )
        steps = 1_000
        closed = steps * 0.3 * 0.7 / ((stake + 1.0) * (stake + steps))
        exact = urn.share_variance(0.3, urn.constant_rewards(float(steps), steps), float(stake))
        checks.append(
            Check.number(f"variance after {steps}, stake {stake}", closed, exact, relative=1e-10, where=_BETA)
        )
        if thousand is not None:
            checks.append(
                Check.number(
                    f"the same, printed, stake {stake}", thousand, exact, relative=0.0, absolute=6e-8, where=_BETA
                )
            )


def _simulated(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd
    from scipy import stats

    tree, runs = SeedTree(int(parameters["seed"])), int(parameters["runs"])
    share, stake, steps = float(parameters["share"]), float(parameters["stake"]), int(parameters["steps"])
    for name in ("constant", "geometric"):
        rewards = schedule(name, stake, steps, stake)
        found = urn.simulate_shares(share, rewards, stake, runs, tree.generator(f"published.urn.{name}"))
        exact = urn.share_variance(share, rewards, stake)
        error = exact * np.sqrt(2.0 / (runs - 1))
        z = (found.var(ddof=1) - exact) / error
        checks.append(
            Check(
                f"simulated variance, {name} rewards",
                exact,
                float(found.var(ddof=1)),
                "|z| below 3",
                bool(abs(z) < 3.0),
                Level.DIST,
                _FANTI,
            )
        )
    draw = tree.generator("published.urn.beta")
    shares = urn.simulate_shares(0.3, urn.constant_rewards(2_000.0, 2_000), 10.0, runs, draw)
    p = float(stats.kstest(shares, stats.beta(3.0, 7.0).cdf).pvalue)
    checks.append(
        Check(
            "simulated shares against Beta(3, 7): p of Kolmogorov-Smirnov",
            "above .01",
            p,
            "above .01",
            p > 0.01,
            Level.DIST,
            _BETA,
        )
    )
    paid = urn.simulate_shares(0.3, urn.constant_rewards(2_000.0, 200), 10.0, 50, draw, compounds=False)
    checks.append(Check.exact("spread of shares when rewards are paid out", 0.0, float(np.ptp(paid)), where=_FANTI))
    return pd.DataFrame({"share": np.sort(shares)[:: max(1, runs // 500)]})


def _entrants(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    law = urn.entrant_sizes(0.1, SIZES)
    draw = SeedTree(int(parameters["seed"])).generator("published.urn.entrants")
    sizes = urn.simulate_entrants(0.1, int(parameters["entrants"]), draw)
    shares = np.array([(sizes == size).mean() for size in SIZES])
    for size, published, exact, found in zip(SIZES, SHARES, law, shares, strict=True):
        checks.append(
            Check.number(
                f"holders of size {size}", published, float(exact), relative=0.0, absolute=5.01e-5, where=_SIMON
            )
        )
        error = float(np.sqrt(exact * (1.0 - exact) / sizes.size))
        z = (found - exact) / error
        checks.append(
            Check(
                f"simulated holders of size {size}",
                float(exact),
                float(found),
                "|z| below 4",
                bool(abs(z) < 4.0),
                Level.DIST,
                _SIMON,
            )
        )
    return pd.DataFrame({"size": SIZES, "law": law, "simulated": shares})
