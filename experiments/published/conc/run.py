"""The coefficients at published vectors, along Lorenz curves, in samples, and at published top shares."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....model import concentration
from ....model.kernels import concentration as kernel
from ....model.pareto import bounded_pareto
from ....model.randomness import SeedTree
from ..experiment import Check, Outcome, Parameters
from ..tables import rows

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

_DEFINITION = "definition"
_ARNOLD = "Arnold 1983: 1/(2a-1)"
_QUANTILES = (0.005, 0.995)


def published(name: str) -> "pd.DataFrame":
    """A table of published numbers."""
    import pandas as pd

    return pd.read_csv(Path(__file__).parent / "data" / f"{name}.csv")


def run(parameters: Parameters) -> Outcome:
    """Compare; random only in the samples."""
    checks: list[Check] = []
    tables = {
        "vectors": _vectors(checks),
        "pareto": _pareto(checks, parameters),
        "samples": _samples(checks, parameters),
        "anchors": _anchors(),
    }
    return Outcome(tuple(checks), tables)


def _vectors(checks: list[Check]) -> "pd.DataFrame":
    import pandas as pd

    found: list[dict[str, Any]] = []
    for row in rows(published("vectors")):
        held = np.array([float(word) for word in row.amounts.split()])
        here = {
            "gini": concentration.gini(held),
            "gini_by_histogram": float(kernel.gini_by_histogram(held)),
            "hhi": 1e4 * concentration.hhi(held),
            "nakamoto_half": concentration.nakamoto(held, 0.5),
            "nakamoto_third": concentration.nakamoto(held, 1.0 / 3.0),
        }
        for name, published_as, digit in (
            ("gini", "Gini coefficient", 5e-7),
            ("gini_by_histogram", "Gini coefficient of the daily record", 5e-7),
            ("hhi", "HHI on percent shares", 5e-4),
        ):
            value = getattr(row, name.removesuffix("_by_histogram"))
            checks.append(
                Check.number(
                    f"{row.name}: {published_as}",
                    value,
                    here[name],
                    relative=0.0,
                    absolute=digit,
                    where=_DEFINITION,
                )
            )
        for name, threshold in (("nakamoto_half", "1/2"), ("nakamoto_third", "1/3")):
            title = f"{row.name}: Nakamoto coefficient at {threshold}"
            checks.append(Check.exact(title, int(getattr(row, name)), here[name], where=_DEFINITION))
        found.append({"name": row.name, "amounts": row.amounts, **here})
    return pd.DataFrame(found)


def pareto_holdings(shape: float, holders: int) -> Floats:
    """Shares of equally many holders under a Pareto distribution, smallest first, shape (holders,).

    Differences of its Lorenz curve ``L(p) = 1 - (1 - p)**(1 - 1/a)`` (Arnold 1983), so that no tail is cut off.

    Args:
        shape: tail exponent a, above 1.
        holders: number of holders.
    """
    below = np.linspace(1.0, 0.0, holders + 1)
    return -np.diff(below ** (1.0 - 1.0 / shape))


def _pareto(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    found = []
    for shape in parameters["shapes"]:
        held = pareto_holdings(shape, parameters["holders"])
        gini = concentration.gini(held)
        closed = 1.0 / (2.0 * shape - 1.0)
        title = f"Gini coefficient of a Pareto distribution of shape {shape:g}"
        checks.append(Check.number(title, closed, gini, relative=1e-6, where=_ARNOLD))
        found.append(
            {
                "shape": shape,
                "published_gini": closed,
                "gini": gini,
                "top_percent_share": concentration.top_share(held, len(held) // 100),
                "nakamoto_third_share_of_holders": concentration.nakamoto(held) / len(held),
            }
        )
    return pd.DataFrame(found)


def _samples(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    found = []
    for shape in parameters["sampled_shapes"]:
        values = []
        for seed in range(parameters["seed"], parameters["seed"] + parameters["seeds"]):
            draws = SeedTree(seed).generator(f"published.conc.{shape:g}").random(parameters["sampled_holders"])
            tail: Floats = np.subtract(1.0, draws)
            values.append(concentration.gini(bounded_pareto(tail, shape, np.inf)))
        low, high = (float(value) for value in np.quantile(values, _QUANTILES))
        closed = 1.0 / (2.0 * shape - 1.0)
        checks.append(
            Check.within(
                f"Gini coefficient of {parameters['sampled_holders']:,} draws, shape {shape:g}",
                closed,
                low,
                high,
                rule=f"inside the central 99 % of {parameters['seeds']} seeds",
                where=_ARNOLD,
            )
        )
        found.append(
            {"shape": shape, "published_gini": closed, "mean": float(np.mean(values)), "low": low, "high": high}
        )
    return pd.DataFrame(found)


def _anchors() -> "pd.DataFrame":
    """What a published top share implies about the rest, whatever the distribution is."""
    table = published("anchors")
    implied: list[dict[str, float]] = []
    for row in rows(table):
        # Least concentrated: equal among the largest, the rest dust. A majority then takes the most holders.
        largest = np.full(row.largest, row.share / row.largest)
        dust = np.full(100_000, (1.0 - row.share) / 100_000)
        market = np.concatenate((largest, dust))
        implied.append(
            {
                "top_share": concentration.top_share(market, int(row.largest)),
                "least_hhi": 1e4 * concentration.hhi(market),
                "most_nakamoto_half": concentration.nakamoto(market, 0.5),
                "most_nakamoto_third": concentration.nakamoto(market),
            }
        )
    for name in implied[0]:
        table[name] = [line[name] for line in implied]
    return table
