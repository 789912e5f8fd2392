"""Twins of the scenario depeg-2024: the same sales and noise, redemption closed and open; and the map of the cliff."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..experiment import Check, Level, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

SCENARIO, TOKEN = "depeg-2024", "exet"
WINDOW_DAYS, SUPPLY_DAYS = 5, 30
_SUPPLIES = "daily supplies, April to May 2024"


def run(parameters: Parameters) -> Outcome:
    """Measure over seeds; deterministic given ``parameters["seed"]``, the first of them."""
    seeds = range(int(parameters["seed"]), int(parameters["seed"]) + int(parameters["seeds"]))
    twins = _twins(seeds, float(parameters["sold"]), float(parameters["crash_sold"]))
    cliff = _map(parameters)
    return Outcome((*_checks(twins), *_cliff_checks(cliff)), {"twins": twins, "map": cliff})


def deepest(seed: int, sold: float, *, closed: bool, settings: Mapping[str, Any] | None = None) -> tuple[float, float]:
    """Largest discount in the days after a wave of sales, and the change of supply in thirty days, as fractions.

    Args:
        seed: seed of the run.
        sold: part of every holder's position that is sold in a day.
        closed: whether withdrawals are paused before the wave, as in the scenario.
        settings: further values by dotted key.
    """
    from ....model import RestakingEcosystem, load_scenario

    events = [dict(event) for event in load_scenario(SCENARIO).to_dict()["hazards"]["events"]]
    shock = next(event for event in events if event["kind"] == "shock")
    shock["size"] = sold
    kept = events if closed else [shock]
    recording = {"recording.operators": False, "recording.avs": False}
    with RestakingEcosystem(SCENARIO, seed=seed, **{"hazards.events": kept, **recording, **(settings or {})}) as model:
        day = model.scenario.day_of(shock["day"])
        model.run(day + SUPPLY_DAYS + 2)
        names = model.recorder.kinds["lrt"][1]
        token = model.recorder.entity["lrt"][:, list(model.scenario.lrt).index(TOKEN)]
        # The wave is announced at the end of its day, sold on the next, and stands in the row after.
        discount = token[day + 2 : day + 2 + WINDOW_DAYS, names.index("discount")]
        supply = token[:, names.index("supply_eth")]
        return float(discount.max()), float(supply[day + 2 + SUPPLY_DAYS] / supply[day + 1] - 1.0)


def _twins(seeds: range, sold: float, crash: float) -> "pd.DataFrame":
    import pandas as pd

    rows = []
    for seed in seeds:
        closed, supply = deepest(seed, sold, closed=True)
        opened, opened_supply = deepest(seed, sold, closed=False)
        stressed, _ = deepest(seed, crash, closed=False)
        rows.append(
            {
                "seed": seed,
                "closed_discount": closed,
                "open_discount": opened,
                "closed_supply_change": supply,
                "open_supply_change": opened_supply,
                "crash_open_discount": stressed,
            }
        )
    return pd.DataFrame(rows)


def _checks(twins: "pd.DataFrame") -> list[Check]:
    seeds = len(twins)
    closed, opened = twins["closed_discount"], twins["open_discount"]
    ratio = float(closed.median() / opened.median())
    return [
        _range("largest discount with redemption closed (median)", float(closed.median()), 0.05, 0.35, "hourly means"),
        _range(
            "largest discount in a crash with redemption open (median)",
            float(twins["crash_open_discount"].median()),
            0.002,
            0.02,
            "weETH, wstETH: risk desks",
        ),
        Check("closed over open, medians", "at least 5", round(ratio, 2), "at least 5", ratio >= 5.0, Level.REL),
        Check.share_of_seeds(
            "the closed twin falls deeper", "deeper in every pair", int((closed > opened).sum()), seeds, at_least=0.95
        ),
        _range(
            "change of supply in 30 days, redemption closed (median of absolute values)",
            float(twins["closed_supply_change"].abs().median()),
            0.0,
            0.03,
            _SUPPLIES,
        ),
    ]


def _range(name: str, measured: float, low: float, high: float, where: str) -> Check:
    rule = f"between {low:g} and {high:g}"
    return Check(name, f"{low:g} to {high:g}", measured, rule, low <= measured <= high, Level.DIST, where)


def _map(parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    first = int(parameters["seed"])
    rows = []
    for patient in parameters["map_patient"]:
        for depth in parameters["map_depth"]:
            for sold in parameters["map_sold"]:
                settings = {
                    f"lrt.{TOKEN}.depth_fraction": float(depth),
                    "arbitrage.patient_capital_fraction": float(patient),
                }
                found = [
                    deepest(seed, float(sold), closed=True, settings=settings)[0]
                    for seed in range(first, first + int(parameters["map_seeds"]))
                ]
                rows.append({"patient": patient, "depth": depth, "sold": sold, "discount": float(np.mean(found))})
    return pd.DataFrame(rows)


def _cliff_checks(cliff: "pd.DataFrame") -> list[Check]:
    largest, smallest = cliff["sold"].max(), cliff["sold"].min()
    middle = [sorted(cliff[name].unique())[cliff[name].nunique() // 2] for name in ("patient", "depth")]
    thin = cliff[(cliff["patient"] == middle[0]) & (cliff["depth"] == middle[1])]
    steep = float(thin.loc[thin["sold"] == largest, "discount"].iloc[0])
    gentle = float(thin.loc[thin["sold"] == smallest, "discount"].iloc[0])
    by_depth = cliff.groupby("depth")["discount"].mean().to_numpy()
    by_patience = cliff.groupby("patient")["discount"].mean().to_numpy()
    return [
        Check(
            "the cliff: largest against smallest wave, pools and patience in the middle",
            "below .1, then above .5",
            f"{gentle:.3f}, {steep:.3f}",
            "below 0.1 and above 0.5",
            gentle < 0.1 and steep > 0.5,
            Level.REL,
        ),
        Check(
            "deeper pools, smaller discounts",
            "falls",
            f"{by_depth[0]:.3f} to {by_depth[-1]:.3f}",
            "last below first",
            bool(by_depth[-1] < by_depth[0]),
            Level.REL,
        ),
        Check(
            "more patient capital, smaller discounts",
            "falls",
            f"{by_patience[0]:.3f} to {by_patience[-1]:.3f}",
            "last below first",
            bool(by_patience[-1] < by_patience[0]),
            Level.REL,
        ),
    ]
