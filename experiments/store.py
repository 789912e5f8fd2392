"""Runs on disk: one folder each, complete or not there, and the same bytes for the same run.

A folder holds ``manifest.json`` (what was run, with which code, when; wall-clock time is nowhere else),
``scenario.toml`` (the resolved scenario), ``daily.parquet``, ``entities.parquet``, ``events.parquet``,
``network.json`` (the capital network of the last day), ``summary.json``, ``summary.txt`` and ``figures/``.
It is written under a name that ends in ``.partial`` and renamed when it is whole.
"""

import contextlib
import datetime
import functools
import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .provenance import Provenance, git_state, library_versions, model_code, package_version, platform_name
from .terminal import complain

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from ..model.ecosystem import RestakingEcosystem
    from ..model.scenario import Scenario

FORMAT = 1
"""Version of the folder's layout."""

MANIFEST = "manifest.json"
SCENARIO = "scenario.toml"
SUMMARY = "summary.json"
SUMMARY_TEXT = "summary.txt"
NETWORK = "network.json"
FIGURES = "figures"
TABLES = ("daily", "entities", "events")
PARTIAL = ".partial"
INTERRUPTED = ".interrupted"
REPLACED = ".replaced"

_ROW_GROUP = 1 << 16
_ZSTD_LEVEL = 3


class RunFolderError(ValueError):
    """A folder that cannot be read as a run, or that is in the way of one; told in one sentence."""


# ------------------------------------------------------------------------------------------------------------- tables


def write_table(frame: "pd.DataFrame", path: str | Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write a table as Parquet: the same table and metadata give the same bytes (with the same pyarrow).

    Zstandard, row groups of 65,536 rows, no index, texts as plain strings, missing numbers as nulls. The file appears
    whole or not at all; a file of that name is replaced.

    Args:
        frame: the table; its index is not written.
        path: file to write.
        metadata: texts for the file's key-value metadata.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    # pandas would note its own version; whoever reads the file needs the columns only.
    texts = {key.encode(): value.encode() for key, value in sorted((metadata or {}).items())}
    fields = [pa.field(f.name, pa.string() if pa.types.is_large_string(f.type) else f.type) for f in table.schema]
    table = table.cast(pa.schema(fields, metadata=texts or None))
    with _whole_file(Path(path)) as partial:
        pq.write_table(
            table,
            partial,
            compression="zstd",
            compression_level=_ZSTD_LEVEL,
            row_group_size=_ROW_GROUP,
            version="2.6",
            data_page_version="1.0",
        )


def read_table(path: str | Path) -> "pd.DataFrame":
    """Read a table as it was written: columns of whole numbers stay whole where values are missing."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    frame: pd.DataFrame = table.to_pandas()
    from ..model.metrics import METRICS

    whole = {metric.name for metric in METRICS if metric.whole}
    kept = [f.name for f in table.schema if pa.types.is_integer(f.type) and f.name in whole]
    return frame.astype(dict.fromkeys(kept, "Int64"))


def table_metadata(path: str | Path) -> dict[str, str]:
    """The texts that :func:`write_table` put beside a table."""
    import pyarrow.parquet as pq

    found = pq.read_schema(path).metadata or {}
    return {key.decode(): value.decode() for key, value in found.items()}


@contextlib.contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """A name to write to that becomes ``path`` when the block ends well."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file with the same bytes on every platform, whole or not at all."""
    with _whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:
    """Write strict JSON (NaN and infinities as null)."""
    write_text(path, json.dumps(without_nan(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def without_nan(value: Any) -> Any:
    """The same JSON content with null in place of numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


# --------------------------------------------------------------------------------------------------------------- runs


class Run:
    """A finished (or interrupted) run: what was run, and its tables, read when they are first used.

    Args:
        manifest: content of ``manifest.json``.
        summary: summary value of every metric of the economy by name (NaN: none).
        tables: gives ``daily``, ``entities`` or ``events`` as a data frame.
        network: gives the capital network of the last day.
        path: folder of the run, None when it was kept in memory.

    Attributes:
        manifest: content of ``manifest.json``.
        summary: summary value of every metric of the economy by name.
        path: folder of the run, or None.
    """

    def __init__(
        self,
        manifest: Mapping[str, Any],
        summary: Mapping[str, float],
        tables: Callable[[str], "pd.DataFrame"],
        network: Callable[[], "nx.DiGraph[str]"],
        path: Path | None = None,
    ) -> None:
        self.manifest = dict(manifest)
        self.summary = dict(summary)
        self.path = path
        self._tables = tables
        self._network = network

    def __repr__(self) -> str:
        where = "in memory" if self.path is None else str(self.path)
        return f"<Run of {self.manifest['scenario']}, seed {self.manifest['seed']}, {self.days} days, {where}>"

    @property
    def days(self) -> int:
        """Days completed."""
        return int(self.manifest["days"])

    @property
    def complete(self) -> bool:
        """Whether the run reached its horizon."""
        return bool(self.manifest["complete"])

    @property
    def provenance(self) -> Provenance:
        """Where the run comes from."""
        m = self.manifest
        return Provenance(m["scenario"], m["scenario_hash"], m["seed"], m["version"], m["code"]["model"])

    @functools.cached_property
    def scenario(self) -> "Scenario":
        """The resolved scenario."""
        from ..model.scenario import Scenario

        return Scenario.model_validate(self.manifest["parameters"])

    @functools.cached_property
    def origin(self) -> "Scenario":
        """The scenario that the run began with; another than :attr:`scenario` when it was forked."""
        from ..model.scenario import Scenario

        origin = self.manifest.get("origin")
        return self.scenario if origin is None else Scenario.model_validate(origin)

    @functools.cached_property
    def daily(self) -> "pd.DataFrame":
        """One row per day: ``day``, ``date`` and the metrics of the economy."""
        return self._tables("daily")

    @functools.cached_property
    def entities(self) -> "pd.DataFrame":
        """One row per recorded day, ``kind`` and ``id``, with all kinds' metrics."""
        return self._tables("entities")

    @functools.cached_property
    def events(self) -> "pd.DataFrame":
        """What happened, in order."""
        return self._tables("events")

    @functools.cached_property
    def network(self) -> "nx.DiGraph[str]":
        """The capital network of the last day (see :func:`..model.networks.capital_network`)."""
        return self._network()

    def entity(self, kind: str, metric: str) -> "pd.DataFrame":
        """One metric of all entities of a kind: a row per recorded day (index ``day``), a column per id, float64."""
        rows = self.entities[self.entities["kind"] == kind]
        if rows.empty:
            raise KeyError(f"the run recorded no {kind}")
        ids = list(dict.fromkeys(rows["id"]))
        # Every recorded day lists the same ids in the same order.
        values = rows[metric].to_numpy(dtype=float, na_value=math.nan).reshape(-1, len(ids))
        import pandas as pd

        return pd.DataFrame(values, columns=ids, index=pd.Index(rows["day"].to_numpy()[:: len(ids)], name="day"))

    def result(self) -> dict[str, Any]:
        """The run in one JSON object: what was run and its summary (null where there is no value)."""
        content = {key: self.manifest[key] for key in ("scenario", "seed", "days", "stakers", "version")}
        where = {} if self.path is None else {"run": str(self.path)}
        result: dict[str, Any] = without_nan({**where, **content, "summary": self.summary})
        return result


def run_in_memory(ecosystem: "RestakingEcosystem", **clock: Any) -> Run:
    """The run of an ecosystem as it stands, with nothing written; ``clock`` as in :func:`manifest_of`."""
    recorder = ecosystem.recorder
    frames: dict[str, Callable[[], pd.DataFrame]] = {
        "daily": recorder.daily_frame,
        "entities": recorder.entities_frame,
        "events": recorder.events_frame,
    }
    # Drawn up at once: a run must not hold on to the whole population for the sake of its network.
    network = ecosystem.capital_network()
    return Run(manifest_of(ecosystem, **clock), ecosystem.summary(), lambda name: frames[name](), lambda: network)


def manifest_of(
    ecosystem: "RestakingEcosystem", started: datetime.datetime | None = None, seconds: float = math.nan
) -> dict[str, Any]:
    """What is known about a run besides its numbers.

    Args:
        ecosystem: the ecosystem after its last day.
        started: wall-clock time at which the run began.
        seconds: wall-clock duration of the run (s).
    """
    from ..model._compile import code_version

    scenario = ecosystem.scenario
    return {
        "format": FORMAT,
        "scenario": scenario.name,
        "title": scenario.title,
        "scenario_hash": scenario.content_hash(),
        "seed": int(ecosystem.seed),
        "start_date": scenario.start_date,
        "days": int(ecosystem.day),
        "horizon": int(ecosystem.horizon),
        "complete": bool(ecosystem.day >= ecosystem.horizon),
        "stakers": int(scenario.stakers.count),
        "engine": getattr(ecosystem, "engine", "kernel"),
        "version": package_version(),
        "code": {"model": model_code(), "kernels": code_version()},
        "libraries": library_versions(),
        "platform": platform_name(),
        "git": git_state(),
        "started": None if started is None else started.astimezone(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": without_nan(round(seconds, 3)),
        "parameters": scenario.to_dict(),
        **_forks(ecosystem),
    }


def _forks(ecosystem: "RestakingEcosystem") -> dict[str, Any]:
    """Changes of terms on the way (null when there were none) and the parameters before the first."""
    forks = getattr(ecosystem, "forks", [])
    if not forks:
        return {"forks": None, "origin": None}
    changed = [{"day": fork.day, "changes": dict(fork.changes), "from": fork.origin.content_hash()} for fork in forks]
    return {"forks": changed, "origin": forks[0].origin.to_dict()}


_IDENTITY = ("format", "scenario_hash", "seed", "horizon", "engine", "version", "code", "forks")


@dataclass(frozen=True)
class Identity:
    """What makes two runs the same: same scenario, seed, length and code, hence the same numbers."""

    values: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Identity":
        """Identity of the run that a manifest describes."""
        return cls(tuple((key, manifest.get(key)) for key in _IDENTITY))

    @classmethod
    def planned(cls, scenario: "Scenario", engine: str) -> "Identity":
        """Identity that a run of ``scenario`` is going to have."""
        from ..model._compile import code_version

        return cls.of(
            {
                "format": FORMAT,
                "scenario_hash": scenario.content_hash(),
                "seed": scenario.seed,
                "horizon": scenario.days,
                "engine": engine,
                "version": package_version(),
                "code": {"model": model_code(), "kernels": code_version()},
            }
        )

    def difference(self, other: "Identity") -> str:
        """In what the two differ, in words; empty when they are the same."""
        names = {
            "scenario_hash": "scenario",
            "horizon": "length",
            "version": "version of the package",
            "format": "layout",
        }
        own, others = dict(self.values), dict(other.values)
        return ", ".join(names.get(key, key) for key in _IDENTITY if own[key] != others[key])


def existing_run(folder: Path, wanted: Identity, *, overwrite: bool = False) -> Run | None:
    """The same complete run, when it stands in ``folder`` already.

    Args:
        folder: where the run is going to be written.
        wanted: identity of that run.
        overwrite: whether another run may be replaced; then nothing counts as existing.

    Raises:
        RunFolderError: something else is in the way.
    """
    if not folder.exists() and not folder.is_symlink():
        return None
    if not folder.is_dir():
        raise RunFolderError(f"{folder} is in the way: it is not a folder")
    if not any(folder.iterdir()):
        return None
    if not (folder / MANIFEST).is_file():
        raise RunFolderError(f"{folder} is in the way: it is not the folder of a run, and is never replaced")
    if overwrite:
        return None
    try:
        run = load_run(folder)
    except RunFolderError as error:
        raise RunFolderError(f"{error}; --overwrite replaces it") from error
    difference = wanted.difference(Identity.of(run.manifest))
    if not run.complete:
        difference = "completeness"
    if difference:
        raise RunFolderError(f"{folder} holds another run (different {difference}); --overwrite replaces it")
    return run


def write_run(
    ecosystem: "RestakingEcosystem",
    folder: str | Path,
    *,
    started: datetime.datetime | None = None,
    seconds: float = math.nan,
    figures: bool = True,
    overwrite: bool = False,
) -> Run:
    """Write the run of an ecosystem as a folder and read it back.

    Args:
        ecosystem: the ecosystem after its last day (or the day at which it was interrupted).
        folder: folder to write; ``folder.partial`` until it is whole.
        started: wall-clock time at which the run began.
        seconds: wall-clock duration of the run (s).
        figures: whether to draw figures.
        overwrite: whether to replace a run that stands there.

    Raises:
        RunFolderError: something stands there that may not be replaced.
        KeyboardInterrupt: the user interrupted the drawing of figures; the run is written without them.
    """
    folder = Path(folder)
    refuse_to_replace(folder, overwrite)
    partial = folder.with_name(folder.name + PARTIAL)
    _remove(partial)
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise RunFolderError(f"{folder} cannot be written: {error.strerror or error}") from error
    run = run_in_memory(ecosystem, started=started, seconds=seconds)
    _write_content(run, partial)
    drawn = not figures or _draw(run, partial)
    files = {name: _sha256(partial / name) for name in sorted(p.name for p in partial.iterdir() if p.is_file())}
    write_json(partial / MANIFEST, {**run.manifest, "files": files})
    _put_in_place(partial, folder)
    if not drawn:
        complain(f"the run is complete in {folder}; its figures are not there")
        raise KeyboardInterrupt
    return load_run(folder)


def _draw(run: Run, folder: Path) -> bool:
    """Draw the figures of a run; False, and nothing of them, when the user interrupted it."""
    from .figures import draw_figures

    try:
        draw_figures(run, folder / FIGURES)
    except KeyboardInterrupt:
        _remove(folder / FIGURES)
        return False
    return True


def _write_content(run: Run, folder: Path) -> None:
    from ..model.networks import write_network
    from .report.summary import summary_text

    metadata = run.provenance.as_metadata()
    write_text(folder / SCENARIO, run.scenario.to_toml())
    for name in TABLES:
        write_table(getattr(run, name), folder / f"{name}.parquet", metadata)
    write_network(run.network, folder / NETWORK, format="json")
    write_json(folder / SUMMARY, run.result())
    write_text(folder / SUMMARY_TEXT, summary_text(run))


def refuse_to_replace(folder: Path, overwrite: bool) -> None:
    """Raise when ``folder`` holds something that may not be replaced.

    Raises:
        RunFolderError: it is no folder, not that of a run, or that of a run and ``overwrite`` is off.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise RunFolderError(f"{folder} is in the way: it is not a folder")
    if not any(folder.iterdir()):
        return
    if not (folder / MANIFEST).is_file():
        raise RunFolderError(f"{folder} is in the way: it is not the folder of a run, and is never replaced")
    if not overwrite:
        raise RunFolderError(f"{folder} holds a run already; --overwrite replaces it")


def _put_in_place(partial: Path, folder: Path) -> None:
    """Rename the complete folder; an older one leaves only when the new one is there."""
    replaced = folder.with_name(folder.name + REPLACED)
    _remove(replaced)
    if folder.exists():
        folder.rename(replaced)
    partial.rename(folder)
    _remove(replaced)


def _remove(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_run(folder: str | Path) -> Run:
    """Read a run's folder; tables are read when they are first used.

    Raises:
        RunFolderError: there is no such folder, or it is not a run's.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunFolderError(f"there is no run {folder}{_whats_left(folder)}")
    if folder.name.endswith(PARTIAL):
        raise RunFolderError(f"{folder} is not a complete run: its writing was cut short")
    manifest = _read_json(folder / MANIFEST)
    summary = _read_json(folder / SUMMARY)
    if manifest.get("format") != FORMAT:
        raise RunFolderError(f"{folder} has layout {manifest.get('format')!r}; this version reads layout {FORMAT}")
    values = {name: math.nan if value is None else float(value) for name, value in summary["summary"].items()}
    return Run(manifest, values, lambda name: read_table(folder / f"{name}.parquet"), lambda: _network(folder), folder)


def _whats_left(folder: Path) -> str:
    for ending, story in ((INTERRUPTED, "was interrupted"), (PARTIAL, "was not written to its end")):
        if folder.with_name(folder.name + ending).is_dir():
            return f"; {folder.name}{ending} {story}"
    return ""


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunFolderError(f"{path.parent} is not the folder of a run: it has no {path.name}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{path} cannot be read: it is not a JSON object")
    return content


def _network(folder: Path) -> "nx.DiGraph[str]":
    import networkx as nx

    graph: Any = nx.node_link_graph(_read_json(folder / NETWORK)["capital"], edges="edges")
    return graph
