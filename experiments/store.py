"""Runs on disk: one folder each, complete or not there, and the same bytes for the same run.

A folder holds ``manifest.json`` (what was run, with which code, when, and the SHA-256 of every file; wall-clock time is
nowhere else), ``scenario.toml`` (the resolved scenario), ``daily.parquet``, ``entities.parquet``, ``events.parquet``,
``network.json`` (the capital network of the last day), ``summary.json``, ``summary.txt`` and ``figures/``. The rules by
which it is filled, replaced and checked are those of :mod:`.folders`.
"""

import contextlib
import datetime
import functools
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.shown import html_table
from . import casts, own_metrics
from .figures import FIGURES as DRAWN
from .figures import METRIC_FIGURE
from .folders import files, folder, manifest, parquet
from .folders.errors import DamagedError, FolderError
from .folders.errors import RunFolderError as RunFolderError
from .folders.files import without_nan
from .provenance import Provenance, git_state, library_versions, model_code, package_version, platform_name, processor

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from matplotlib.figure import Figure

    from ..model.ecosystem import RestakingEcosystem
    from ..model.metrics import Metric
    from ..model.scenario import Scenario

FORMAT = 2
"""Version of the folder's layout."""

KIND = "run"
MANIFEST = manifest.NAME
SCENARIO = "scenario.toml"
SUMMARY = "summary.json"
SUMMARY_TEXT = "summary.txt"
NETWORK = "network.json"
FIGURES = "figures"
TABLES = ("daily", "entities", "events")
INTERRUPTED = ".interrupted"

_DRAWN = rf"(?:{'|'.join(DRAWN)}|{METRIC_FIGURE}[a-z][a-z0-9_.]*)\.(?:svg|png|pdf)"
LAYOUT = folder.Layout(KIND, FORMAT, "a run", RunFolderError, {FIGURES: _DRAWN})

_ROW_GROUP = 1 << 16
_COUNTERS = ("day", "round")
"""Columns of whole numbers of which none is ever missing."""


# ------------------------------------------------------------------------------------------------------------- tables


def write_table(frame: "pd.DataFrame", path: str | Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write a table as Parquet: the same table and metadata give the same bytes (with the same pyarrow).

    Zstandard, row groups of 65,536 rows, checksums of pages, no index, texts as plain strings, nulls for missing
    numbers. The file appears whole or not at all; a file of that name is replaced.

    Args:
        frame: the table; its index is not written.
        path: file to write.
        metadata: texts for the file's key-value metadata.
    """
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    # pandas would note its own version; whoever reads the file needs the columns only.
    fields = [pa.field(f.name, pa.string() if pa.types.is_large_string(f.type) else f.type) for f in table.schema]
    table = table.cast(pa.schema(fields))
    with files.durable(Path(path)) as file, parquet.writer(file, table.schema, metadata) as writer:
        writer.write_table(table.replace_schema_metadata(writer.schema.metadata), row_group_size=_ROW_GROUP)


def read_table(path: str | Path, digest: str | None = None) -> "pd.DataFrame":
    """Read a table as it was written: columns of whole numbers stay whole where values are missing.

    Args:
        path: file to read.
        digest: SHA-256 that it must have, any when None.

    Raises:
        FolderError: it is not there.
        DamagedError: it is not a table, or not the one that was written.
    """
    import pyarrow as pa

    table = parquet.read(io.BytesIO(files.read_bytes(Path(path), digest)), path)
    frame: pd.DataFrame = table.to_pandas()
    kept = [f.name for f in table.schema if pa.types.is_integer(f.type) and f.name not in _COUNTERS]
    return frame.astype(dict.fromkeys(kept, "Int64"))


def table_metadata(path: str | Path) -> dict[str, str]:
    """The texts that :func:`write_table` put beside a table."""
    with parquet.opened(path, path) as file:
        found = file.schema_arrow.metadata or {}
    return {key.decode(): value.decode() for key, value in found.items()}


# --------------------------------------------------------------------------------------------------------------- runs


_SHOWN = ("lrt_supply_eth", "lrt_share_of_staked", "premium_advertised", "premium_earned", "worst_discount", "lrt_hhi")
"""Metrics that a run shows of itself in a notebook."""


class Summary(dict[str, float]):
    """Summary value of every metric of the economy by name; NaN where there is none.

    A mapping, and for those who know ``model.summary()`` also a function that gives it.
    """

    def __call__(self) -> dict[str, float]:
        """The values as an ordinary dictionary."""
        return dict(self)

    def labelled(self, names: Iterable[str]) -> dict[str, float]:
        """Those of the metrics that are there, by label and unit."""
        from ..model.metrics import metric

        return {f"{metric(name).label}, {metric(name).unit}": self[name] for name in names if name in self}

    def _repr_html_(self) -> str:
        return html_table("Summary", self)


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
        self.summary = Summary(summary)
        self.path = path
        self._tables = tables
        self._network = network

    def __repr__(self) -> str:
        where = "in memory" if self.path is None else str(self.path)
        return f"<Run of {self.manifest['scenario']}, seed {self.manifest['seed']}, {self.days} days, {where}>"

    def _repr_html_(self) -> str:
        facts = {
            "scenario": self.manifest["scenario"],
            "seed": str(self.manifest["seed"]),
            "days": f"{self.days} of {self.manifest['horizon']}",
            "stakers": self.manifest["stakers"],
            "folder": "in memory" if self.path is None else self.path,
        }
        return html_table("Run", {**facts, **self.summary.labelled(_SHOWN)})

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
        code = casts.code_with(m["code"]["model"], m.get("cast"))
        return Provenance(m["scenario"], m["scenario_hash"], m["seed"], m["version"], code)

    @functools.cached_property
    def own_metrics(self) -> "tuple[Metric, ...]":
        """The metrics that were added to the run, as its manifest declares them."""
        return own_metrics.declared_in(self.manifest)

    @property
    def metrics(self) -> "list[Metric]":
        """All metrics of the run, level by level, own ones after the shipped ones of their level."""
        from ..model.metrics import LEVELS

        return [metric for level in LEVELS for metric in own_metrics.metrics_in(self.manifest, level)]

    @functools.cached_property
    def scenario(self) -> "Scenario":
        """The resolved scenario."""
        return self._scenario(self.manifest["parameters"])

    @functools.cached_property
    def origin(self) -> "Scenario":
        """The scenario that the run began with; another than :attr:`scenario` when it was forked."""
        origin = self.manifest.get("origin")
        return self.scenario if origin is None else self._scenario(origin)

    def _scenario(self, parameters: Any) -> "Scenario":
        from ..model.scenario.loading import read_resolved

        return read_resolved(parameters, MANIFEST if self.path is None else str(self.path / MANIFEST))

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

    def plot(self, name: str = "tvl") -> "Figure":
        """One of the run's figures, or one of its metrics over the days, drawn and neither shown nor saved.

        Args:
            name: a key of :data:`.figures.FIGURES`, or the name of a metric, own ones included: ``lrt_hhi``; with the
                kind of the entities before it where several kinds have one of that name: ``lrt.nav``.

        Raises:
            KeyError: there is no such figure or metric, or a run without LRTs does not have it.
        """
        from ..model.metrics import meant_by
        from ..model.scenario.naming import hint
        from .figures import draw, draw_metric, figures_of

        if name in figures_of(self):
            return draw(name, self)[0]
        if meant_by(name, self.metrics):
            return draw_metric(name, self)[0]
        known = [*figures_of(self), *(metric.name for metric in self.metrics)]
        raise KeyError(f"the run has no figure or metric {name!r}; {hint(name, known)}")

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
    scenario = ecosystem.scenario
    return {
        "kind": KIND,
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
        "cast": casts.identity_of_model(ecosystem),
        "version": package_version(),
        "code": code(),
        "libraries": library_versions(),
        "platform": platform_name(),
        "processor": processor(),
        "git": git_state(),
        "started": None if started is None else started.astimezone(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": without_nan(round(seconds, 3)),
        "parameters": scenario.to_dict(),
        **_forks(ecosystem),
    }


def code() -> dict[str, str]:
    """The code that makes the numbers of a run: sources of model and agents, and the kernels with their compiler."""
    from ..model._code_version import code_version

    return {"model": model_code(), "kernels": code_version()}


def _forks(ecosystem: "RestakingEcosystem") -> dict[str, Any]:
    """Changes of terms on the way (null when there were none) and the parameters before the first."""
    forks = getattr(ecosystem, "forks", [])
    if not forks:
        return {"forks": None, "origin": None}
    changed = [{"day": fork.day, "changes": dict(fork.changes), "from": fork.origin.content_hash()} for fork in forks]
    return {"forks": changed, "origin": forks[0].origin.to_dict()}


_IDENTITY = ("format", "scenario_hash", "seed", "horizon", "engine", "version", "code", "forks", "cast")


@dataclass(frozen=True)
class Identity:
    """What makes two runs the same: same scenario, seed, length, classes and code, hence the same numbers."""

    values: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Identity":
        """Identity of the run that a manifest describes."""
        # As it stands in a file: lists for tuples.
        plain = json.loads(files.json_bytes({key: manifest.get(key) for key in _IDENTITY}))
        return cls(tuple((key, plain[key]) for key in _IDENTITY))

    @classmethod
    def planned(
        cls,
        scenario: "Scenario",
        engine: str,
        *,
        seed: int | None = None,
        forks: Sequence[Mapping[str, Any]] | None = None,
        cast: casts.Identity | None = None,
    ) -> "Identity":
        """Identity that a run is going to have.

        Args:
            scenario: its scenario, after the last change of terms.
            engine: who decides.
            seed: its seed; the scenario's when None.
            forks: changes of terms on the way, as a manifest has them.
            cast: what its classes are known by (:func:`.casts.identity`); None for the shipped ones.
        """
        return cls.of(
            {
                "format": FORMAT,
                "scenario_hash": scenario.content_hash(),
                "seed": scenario.seed if seed is None else seed,
                "horizon": scenario.days,
                "engine": engine,
                "version": package_version(),
                "code": code(),
                "forks": None if not forks else list(forks),
                "cast": cast,
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
        told = "; ".join(casts.differences(others["cast"], own["cast"]))
        names["cast"] = f"cast: {told}"
        return ", ".join(names.get(key, key) for key in _IDENTITY if own[key] != others[key])


def existing_run(path: Path, wanted: Identity, *, overwrite: bool = False) -> Run | None:
    """The same complete run, when it stands in a folder already; all of its files are compared with the manifest.

    Args:
        path: where the run is going to be written.
        wanted: identity of that run.
        overwrite: whether another run may be replaced; then nothing counts as existing.

    Returns:
        The run; None when nothing is there, when it is to be replaced, or when the same run was stopped midway.

    Raises:
        RunFolderError: something else is in the way, or the run there is damaged.
    """
    there = folder.look(path, LAYOUT)
    return None if there is None else _existing(path, there, wanted, overwrite=overwrite)


def _existing(path: Path, there: Mapping[str, Any], wanted: Identity, *, overwrite: bool) -> Run | None:
    if overwrite:
        return None
    if not there:
        raise RunFolderError(f"{path / MANIFEST} is damaged; --overwrite replaces the run")
    difference = wanted.difference(Identity.of(there))
    if difference:
        raise RunFolderError(f"{path} holds another run (different {difference}); --overwrite replaces it")
    if there.get("state") != folder.WRITTEN or not there.get("complete"):
        return None
    for problem in manifest.problems(path, there).values():
        raise RunFolderError(f"{path} holds this run, but {problem}; restaking repair {path} makes it again")
    return load_run(path)


class RunPlace:
    """A folder that is locked for one run.

    Args:
        place: the folder.
        identity: the run that goes there.
        overwrite: whether another run that stands there may be replaced.

    Attributes:
        path: the folder.
        run: the same complete run, when it stands there already.

    Raises:
        RunFolderError: another run stands there.
    """

    def __init__(self, place: folder.Place, identity: Identity, *, overwrite: bool) -> None:
        self._place, self._identity = place, identity
        self.path = place.path
        there = place.manifest
        self.run = None if there is None else _existing(self.path, there, identity, overwrite=overwrite)

    @property
    def holds_another(self) -> bool:
        """Whether a run stands here that is complete: what is not must not take its place."""
        there = self._place.manifest
        return bool(there and there.get("state") == folder.WRITTEN and there.get("complete"))

    def begin(self) -> None:
        """Mark an empty folder as that of a run that is being made."""
        if self._place.manifest is None:
            self._place.begin(dict(self._identity.values))

    def abandon(self) -> None:
        """Take the mark of :meth:`begin` away again when nothing was written after it."""
        self._place.abandon()

    def write(
        self,
        ecosystem: "RestakingEcosystem",
        *,
        started: datetime.datetime | None = None,
        seconds: float = math.nan,
    ) -> Run:
        """Write the run of an ecosystem, without figures, and read it back."""
        run = run_in_memory(ecosystem, started=started, seconds=seconds)
        self.begin()
        with self._place.staging() as staged:
            write_files(run, staged)
            self._place.put(staged, run.manifest, also_old=_figure_names(self.path))
        return load_run(self.path)

    def figures_folder(self) -> Path:
        """Where figures go.

        Raises:
            RunFolderError: it leads out of the folder.
        """
        return folder.subfolder(self.path, FIGURES, LAYOUT)

    def forget_figures(self) -> None:
        """Remove figures that were drawn in part."""
        folder.clear(self.path, FIGURES, LAYOUT)


def _figure_names(path: Path) -> list[str]:
    named = [f"{FIGURES}/{name}.{suffix}" for name in DRAWN for suffix in ("svg", "png", "pdf")]
    there = (f"{FIGURES}/{file.name}" for file in folder.own_files(path, FIGURES, LAYOUT))
    return list(dict.fromkeys((*named, *there)))


@contextlib.contextmanager
def claim_run(path: str | Path, identity: Identity, *, overwrite: bool = False) -> Iterator[RunPlace]:
    """Make the folder of a run and hold its lock.

    Args:
        path: the folder.
        identity: the run that goes there.
        overwrite: whether another run may be replaced.

    Raises:
        RunFolderError: something else is in the way, or another process is at work there.
    """
    with folder.claim(Path(path), LAYOUT) as place:
        yield RunPlace(place, identity, overwrite=overwrite)


def write_run(
    ecosystem: "RestakingEcosystem",
    path: str | Path,
    *,
    started: datetime.datetime | None = None,
    seconds: float = math.nan,
    overwrite: bool = False,
) -> Run:
    """Write the run of an ecosystem as a folder, without figures, and read it back.

    Args:
        ecosystem: the ecosystem after its last day (or the day at which it was interrupted).
        path: folder to write.
        started: wall-clock time at which the run began.
        seconds: wall-clock duration of the run (s).
        overwrite: whether to replace a run that stands there.

    Raises:
        RunFolderError: something stands there that may not be replaced.
    """
    with claim_run(path, Identity.of(manifest_of(ecosystem)), overwrite=overwrite) as place:
        if place.run is not None:
            raise RunFolderError(f"{path} holds this run already; --overwrite replaces it")
        return place.write(ecosystem, started=started, seconds=seconds)


def write_files(run: Run, staged: Path) -> None:
    """Write all files of a run but manifest and figures: the same run gives the same bytes."""
    from ..model.networks import write_network
    from .report.summary import summary_text

    metadata = run.provenance.as_metadata()
    files.write_text(staged / SCENARIO, run.scenario.to_toml())
    for name in TABLES:
        write_table(getattr(run, name), staged / f"{name}.parquet", metadata)
    write_network(run.network, staged / NETWORK, format="json")
    files.write_json(staged / SUMMARY, run.result())
    files.write_text(staged / SUMMARY_TEXT, summary_text(run))


def load_run(path: str | Path) -> Run:
    """Read a run's folder; tables are read, and compared with their SHA-256, when they are first used.

    Raises:
        RunFolderError: there is no such folder, it is not a run's, or a file is not as it was written.
    """
    path = Path(path)
    there = _manifest(path)
    try:
        content = files.read_json(path / SUMMARY, _digest(there, SUMMARY))
    except FolderError as error:
        raise RunFolderError(str(error)) from error
    summary = content.get("summary")
    if not isinstance(summary, dict) or not all(value is None or _is_number(value) for value in summary.values()):
        raise RunFolderError(f"{path / SUMMARY} cannot be read: it has no summary of numbers by name")
    values = {name: math.nan if value is None else float(value) for name, value in summary.items()}
    return Run(there, values, lambda name: _table(path, there, name), lambda: _network(path, there), path)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        is_there = path.is_dir()
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error
    if not is_there:
        raise RunFolderError(f"there is no run {path}{_whats_left(path)}")
    there = folder.read(path, LAYOUT)
    if there.get("state") != folder.WRITTEN:
        raise RunFolderError(
            f"{path} holds no complete run: its making was cut short; the command that made it goes on with it"
        )
    wrong = next((key for key, kind in _TYPES.items() if not isinstance(there.get(key), kind)), None)
    if wrong is not None:
        raise RunFolderError(f"{path / MANIFEST} cannot be read: {wrong} = {there.get(wrong)!r} is of another type")
    return there


_TYPES: dict[str, Any] = {
    "scenario": str,
    "scenario_hash": str,
    "seed": int,
    "days": int,
    "horizon": int,
    "complete": bool,
    "stakers": int,
    "engine": str,
    "version": str,
    "code": dict,
    "parameters": dict,
    "files": dict,
}
"""What readers rely on in a manifest."""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e308


def _digest(there: Mapping[str, Any], name: str) -> str:
    digest = manifest.listed(there).get(name)
    if not isinstance(digest, str):
        raise RunFolderError(f"the manifest does not list {name}")
    return digest


def _table(path: Path, there: Mapping[str, Any], name: str) -> "pd.DataFrame":
    file = f"{name}.parquet"
    try:
        return read_table(path / file, _digest(there, file))
    except FolderError as error:
        raise RunFolderError(_with_advice(path, error)) from error


def _with_advice(path: Path, error: FolderError) -> str:
    return f"{error}; restaking repair {path} makes it again" if isinstance(error, DamagedError) else str(error)


def _whats_left(path: Path) -> str:
    kept = path.with_name(path.name + INTERRUPTED) if path.name else path
    return f"; {kept.name} was interrupted" if kept != path and kept.is_dir() else ""


def _network(path: Path, there: Mapping[str, Any]) -> "nx.DiGraph[str]":
    import networkx as nx

    try:
        content = files.read_json(path / NETWORK, _digest(there, NETWORK))
        graph: Any = nx.node_link_graph(content["capital"], edges="edges")
    except FolderError as error:
        raise RunFolderError(_with_advice(path, error)) from error
    except (KeyError, TypeError, nx.NetworkXException) as error:
        raise RunFolderError(f"{path / NETWORK} cannot be read: it is not a capital network") from error
    return graph
