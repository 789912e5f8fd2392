"""A run on disk: a folder with manifest, scenario, series, events, summary and figures.

The folder is written as ``NAME.partial`` and renamed when it is whole, so nothing half-written is ever read as whole.
The wall clock is in the manifest only; every other file has the same bytes for the same scenario, seed and code.
"""

import functools
import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ..model.scenario import Scenario

ROW_GROUP = 65_536
MANIFEST = "manifest.json"
TABLES = ("daily", "entities", "events")


class StoreError(ValueError):
    """A folder is not a run, or is in the way of one."""


def write_table(frame: "pd.DataFrame", path: str | Path) -> None:
    """The one writer of tables: Parquet, zstd, fixed row groups, no timestamps; same frame, same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP)


@dataclass(frozen=True)
class Run:
    """A finished run, read as needed.

    Attributes:
        path: its folder.
        manifest: what was run, by which code, when.
        summary: summary value of every metric of the whole; NaN where there is none.
    """

    path: Path
    manifest: dict[str, Any]
    summary: dict[str, float]

    @functools.cached_property
    def scenario(self) -> "Scenario":
        """The scenario that was run."""
        from ..model.scenario import load_scenario

        return load_scenario(str(self.path / "scenario.toml"))

    def _table(self, name: str) -> "pd.DataFrame":
        import pandas as pd

        return pd.read_parquet(self.path / f"{name}.parquet")

    @functools.cached_property
    def daily(self) -> "pd.DataFrame":
        """One row a day: the whole."""
        return self._table("daily")

    @functools.cached_property
    def entities(self) -> "pd.DataFrame":
        """One row a day, kind and id."""
        return self._table("entities")

    @functools.cached_property
    def events(self) -> "pd.DataFrame":
        """One row an event."""
        return self._table("events")


def load_run(folder: str | Path) -> Run:
    """Read a run.

    Raises:
        StoreError: the folder is not a complete run.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest is None:
        raise StoreError(f"{folder} is not a run: it has no {MANIFEST}")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return Run(folder, manifest, {k: math.nan if v is None else float(v) for k, v in summary.items()})


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Manifest of a run folder, None when there is none that can be read."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "identity" in content else None


def identity(scenario: "Scenario", seed: int, engine: str) -> dict[str, Any]:
    """What makes two runs the same run."""
    from ..model._compile import code_version

    return {"scenario": scenario.content_hash(), "seed": seed, "code": code_version(), "engine": engine}


def write_run(model: Any, folder: Path, details: Mapping[str, Any], *, complete: bool = True) -> Run:
    """Write a run's folder; an older one of that name is replaced.

    Args:
        model: the ecosystem after its run.
        folder: where to.
        details: what the manifest says besides what the model knows.
        complete: False when the run was interrupted.
    """
    from ..model._compile import code_version
    from .provenance import commit, environment, package_version

    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    recorder, scenario = model.recorder, model.scenario
    write_table(recorder.daily_frame(), partial / "daily.parquet")
    write_table(recorder.entities_frame(), partial / "entities.parquet")
    write_table(recorder.events_frame(), partial / "events.parquet")
    (partial / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
    summary = {name: value if math.isfinite(value) else None for name, value in model.summary().items()}
    _write_json(partial / "summary.json", summary)
    manifest = {
        "name": folder.name,
        "scenario": scenario.name,
        "title": scenario.title,
        "seed": model.seed,
        "days": model.day,
        "stakers": scenario.stakers.count,
        "engine": model.engine,
        "complete": complete,
        "identity": identity(scenario, model.seed, model.engine),
        "version": package_version(),
        "code": code_version(),
        "commit": commit(),
        "environment": environment(),
        **details,
    }
    _write_json(partial / MANIFEST, manifest)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return load_run(folder)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
