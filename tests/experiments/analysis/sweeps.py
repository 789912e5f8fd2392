"""Results of sweeps that were never run: a design and values that are known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from restaking.experiments.designs import Design, load_design

SHARE, ATTENTION = "campaigns.airdrop_share", "stakers.attention"
DAYS = 4


@dataclass
class MadeUp:
    """What analyses need of results."""

    design: Design
    runs: pd.DataFrame
    path: Path = Path("nowhere")
    manifest: dict[str, Any] = field(default_factory=lambda: {"version": "0", "series": True})

    def series(self, run_ids: Any = None, columns: Any = None) -> pd.DataFrame:
        """A line from 0 to the summary value over the days."""
        rows = []
        for run in self.runs.itertuples():
            if run_ids is not None and run.run_id not in run_ids:
                continue
            for day in range(DAYS + 1):
                value = run.lrt_supply_eth * day / DAYS
                rows.append((run.run_id, run.point, run.replication, day, value))
        return pd.DataFrame(rows, columns=["run_id", "point", "replication", "day", "lrt_supply_eth"])


def made_up(
    content: Mapping[str, Any], output: Callable[[Mapping[str, Any], np.random.Generator], float], **terms: Any
) -> MadeUp:
    """Results whose metric is a function of the point and of the noise of the replication's seed."""
    base = {"name": "made-up", "scenario": "baseline", "days": 10, "stakers": 20, "replications": 3, **terms}
    design = load_design({**base, **content})
    rows = []
    for run in design.runs():
        value = output(run.overrides, np.random.default_rng(run.seed))
        rows.append(
            {
                "run_id": f"{run.point}-{run.replication}",
                "point": run.point,
                "replication": run.replication,
                "seed": run.seed,
                **run.overrides,
                "status": "done",
                "error": None,
                "lrt_supply_eth": value,
                "lrt_hhi": value / 1e7,
            }
        )
    return MadeUp(design, pd.DataFrame(rows))


GRID = {
    "design": {"kind": "grid"},
    "axes": {SHARE: [0.05, 0.1, 0.2], ATTENTION: {"low": 0.02, "high": 0.08, "steps": 4}},
}


def plane(point: Mapping[str, Any], noise: np.random.Generator) -> float:
    """A million for each tenth of airdrop, half of one for each .02 of attention, and noise of the seed."""
    return 1e7 * point[SHARE] + 2.5e7 * point[ATTENTION] + 1e4 * noise.normal()
