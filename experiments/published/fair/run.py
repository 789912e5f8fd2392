"""Probabilities of a fair share by reward, exact and simulated."""

from typing import TYPE_CHECKING

import numpy as np

from ....model import urn
from ....model.randomness import SeedTree
from ..experiment import Check, Level, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED = {0.1: 0.12062, 0.01: 0.38219, 0.001: 0.88656, 2.67e-4: 0.99777}
_HUANG = "Huang et al. (2021), a = .2, e = .1"


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    share, tolerance = float(parameters["share"]), float(parameters["tolerance"])
    checks = []
    for reward, published in PUBLISHED.items():
        found = urn.fair_probability(share, reward, tolerance)
        checks.append(
            Check.number(
                f"P(fair) at a reward of {reward:g}", published, found, relative=0.0, absolute=6e-6, where=_HUANG
            )
        )
    sufficient = urn.sufficient_reward(share, tolerance, float(parameters["failure"]))
    checks.append(
        Check.number("sufficient reward, failure .1", 2.6705e-4, sufficient, relative=0.0, absolute=6e-9, where=_HUANG)
    )
    kept = urn.fair_probability(share, sufficient, tolerance)
    checks.append(
        Check(
            "at the sufficient reward failure is rarer than asked for",
            "at most .1",
            1.0 - kept,
            "at most .1",
            1.0 - kept <= 0.1,
            Level.REL,
            _HUANG,
        )
    )
    table = _simulated(checks, parameters)
    return Outcome(tuple(checks), {"fairness": table})


def _simulated(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    """The urn itself at the two larger rewards, run long enough to be near its limit."""
    import pandas as pd

    share, tolerance, runs = float(parameters["share"]), float(parameters["tolerance"]), int(parameters["runs"])
    steps, found = int(parameters["steps"]), []
    for reward in (0.1, 0.01):
        draw = SeedTree(int(parameters["seed"])).generator(f"published.fair.{reward:g}")
        ends = urn.simulate_shares(share, np.full(steps, reward), 1.0, runs, draw)
        within = float((np.abs(ends - share) <= tolerance * share).mean())
        exact = urn.fair_probability(share, reward, tolerance)
        error = float(np.sqrt(exact * (1.0 - exact) / runs))
        # What the steps leave out: the variance still to come, over that of the limit.
        short = 1.0 / (1.0 + steps * reward)
        allowed = 4.0 * error + short * exact
        checks.append(
            Check(
                f"simulated P(fair) at a reward of {reward:g}",
                exact,
                within,
                f"within {allowed:.3f}",
                abs(within - exact) <= allowed,
                Level.DIST,
                _HUANG,
            )
        )
        found.append({"reward": reward, "exact": exact, "simulated": within, "error": error})
    return pd.DataFrame(found)
