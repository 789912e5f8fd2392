"""Results against a second try: a random sample of runs made again, compared bit for bit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.randomness import SeedTree
from .. import casts
from ..folders import manifest
from ..folders.folder import own_files
from ..verdict import Verdict
from . import folder as folders
from . import tables
from .identity import code_identity
from .results import Results
from .task import DONE, Job, Outcome, Task, make_one

if TYPE_CHECKING:
    from ...agents.cast import Cast


def verify(
    results: Results,
    *,
    sample: int = 10,
    seed: int = 1,
    tell: Callable[[int, int], None] = lambda done, total: None,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> Verdict:
    """Make some runs again and compare them, bit for bit, with what is stored; compare the files with the manifest.

    Args:
        results: what to verify.
        sample: number of runs to make again; all when there are fewer.
        seed: picks them.
        tell: called with the runs checked and their number.
        agents: the classes of its agents, when they were not the shipped ones.
        model: the maker of its models, when it was not the shipped one.

    Raises:
        CastError: classes or maker are not those that the sweep was made with.
        SweepFolderError: the results cannot be read.
    """
    if sample or casts.given(agents, model):
        own = _Own.given(results, agents, model)
    else:
        own = _Own(None, code_identity(results.manifest.get("cast")))
    verdict = Verdict(notes=_code_notes(results, own.code))
    verdict.problems += _changed_files(results)
    if verdict.problems and sample:
        verdict.notes.append(f"no run was made again: restaking repair {results.path} makes the files whole first")
    if verdict.problems or not sample:
        return verdict
    runs = results.runs
    ordering = tables.Ordering(results.design)
    place = {(run.point, run.replication): number for number, run in enumerate(ordering.runs)}
    rows = runs[runs["status"] == DONE].to_dict("records")
    chosen = sorted(SeedTree(seed).generator("verify").choice(len(rows), min(sample, len(rows)), replace=False))
    for position in chosen:
        row: Any = rows[position]
        number = place.get((row["point"], row["replication"]))
        if number is None:
            verdict.problems.append(f"run {row['run_id']} is not in the design")
            continue
        verdict.problems += _compare(results, ordering, number, row, own)
        verdict.checked.append(row["run_id"])
        tell(len(verdict.checked), len(chosen))
    return verdict


@dataclass(frozen=True)
class _Own:
    """Own classes of a sweep, and the code that it is known by with them."""

    packed: casts.Packed | None
    code: str

    @classmethod
    def given(cls, results: Results, agents: Any, model: casts.Maker | None) -> "_Own":
        cast = casts.same(results.manifest, agents, str(results.path), model)
        return cls(casts.Packed.of(cast, model), code_identity(casts.identity_with(cast, model)))


def _code_notes(results: Results, code: str) -> list[str]:
    others = [known for known in results.manifest["codes"] if known != code]
    if not others:
        return []
    return [f"made with code {' and '.join(others)}; this is code {code}, so numbers may differ for that reason alone"]


def _changed_files(results: Results) -> list[str]:
    """Files that are not those that were written, and series that were added."""
    known = manifest.listed(results.manifest)
    there = own_files(results.path, folders.SERIES, folders.LAYOUT) if results.complete else []
    added = [f"{path.name} was added" for path in there if f"{folders.SERIES}/{path.name}" not in known]
    return [*manifest.problems(results.path, results.manifest).values(), *added]


def _compare(results: Results, ordering: tables.Ordering, number: int, row: dict[str, Any], own: _Own) -> list[str]:
    run, name = ordering.runs[number], row["run_id"]
    problems = [f"run {name}: {what}" for what in _wrong_inputs(ordering, number, row)]
    job = Job(ordering.design.scenario, own.code, bool(results.manifest["series"]), own=own.packed)
    record, outcome = make_one(job, Task(number, run.seed, run.overrides))
    if outcome is None:
        return [*problems, f"run {name} failed when it was made again: {record.error}"]
    differing = [metric for metric, value in outcome.summary.items() if not _same(value, row.get(metric))]
    if differing:
        metric = differing[0]
        problems.append(
            f"run {name}: {_some(differing)} differ: {metric} is {row.get(metric)!r}, made again "
            f"{outcome.summary[metric]!r}"
        )
    if job.series:
        problems += _compare_series(results, name, outcome)
    return problems


def _wrong_inputs(ordering: tables.Ordering, number: int, row: dict[str, Any]) -> list[str]:
    """Columns that say something else about a run's inputs than the design does."""
    run = ordering.runs[number]
    wrong = [] if row["seed"] == run.seed else [f"seed is {row['seed']}, the design's is {run.seed}"]
    for key, column in tables.axis_columns(ordering.design, [run]).items():
        (value,) = column.to_pylist()
        if not (_same(value, row[key]) if isinstance(value, float) else _equal(value, row[key])):
            wrong.append(f"{key} is {row[key]!r}, the design's value is {value!r}")
    return wrong


def _compare_series(results: Results, name: str, outcome: Outcome) -> list[str]:
    stored = results.series(name)
    if len(stored) != len(outcome.daily):
        return [f"run {name}: the series have {len(stored)} days, made again {len(outcome.daily)}"]
    values = {metric: outcome.daily[:, position] for position, metric in enumerate(outcome.names)}
    differing = [
        metric
        for metric, series in values.items()
        if metric not in stored or not _same_series(stored[metric].to_numpy(dtype=np.float64), series)
    ]
    return [f"run {name}: series {_some(differing)} differ"] if differing else []


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _same(one: Any, other: Any) -> bool:
    """Whether two numbers have the same bits; any NaN is like any other."""
    if one is None or other is None:
        return one is None and other is None
    return _same_series(np.array([one], np.float64), np.array([other], np.float64))


def _same_series(one: Any, other: Any) -> bool:
    both = np.isnan(one) & np.isnan(other)
    return bool(np.all((one.view(np.int64) == other.view(np.int64)) | both))


def _equal(one: Any, other: Any) -> bool:
    missing = other is None or other != other
    return missing if one is None else bool(one == other)
