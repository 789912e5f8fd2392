"""What-if branches of recorded runs, over one seed or many."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import casts, store
from .interruption import Interruption
from .run import advance, begun, clock, fill
from .store import Identity

if TYPE_CHECKING:
    from ..agents.cast import Cast
    from ..model.ecosystem import RestakingEcosystem
    from ..model.own_metrics import OwnMetric
    from ..model.scenario import Scenario
    from .store import Run

BASE, BRANCH = "base", "branch"


def replay(
    run: "Run",
    day: int | None = None,
    *,
    seed: int | None = None,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> "RestakingEcosystem":
    """The ecosystem of a recorded run after ``day`` days, with the changes of terms that it saw on the way.

    Args:
        run: the run.
        day: days to replay; all of its days when None.
        seed: another seed than the run's.
        agents: the classes of its agents, when they were not the shipped ones.
        model: the maker of its model, when it was not the shipped one.

    Raises:
        CastError: they are not those that the run was made with.
    """
    until, cast = run.days if day is None else day, casts.same(run.manifest, agents, name_of(run), model)
    ecosystem = casts.made(
        run.origin,
        seed=run.manifest["seed"] if seed is None else seed,
        engine=run.manifest["engine"],
        agents=cast,
        model=model,
    )
    for fork in run.manifest.get("forks") or ():
        if fork["day"] > until:
            break
        ecosystem.run(fork["day"] - ecosystem.day)
        ecosystem.change(fork["changes"])
    ecosystem.run(until - ecosystem.day)
    return ecosystem


def name_of(run: "Run") -> str:
    """What a run is called in messages."""
    return str(run.path or f"the run of {run.manifest['scenario']}")


def check_fork(
    run: "Run",
    day: int,
    changes: Mapping[str, Any],
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> None:
    """See whether a fork can be made, before the past is replayed.

    Raises:
        ScenarioError: the day is not one of the run, a change is not valid or concerns what the run began with.
        CastError: the classes are not those that the run was made with.
    """
    from ..model.ecosystem import RestakingEcosystem
    from ..model.scenario import ScenarioError

    horizon = int(run.manifest["horizon"])
    if not 0 <= day < horizon:
        raise ScenarioError(f"--day: {day} is not a day before the end of the run; allowed: 0 to {horizon - 1}")
    last = max((fork["day"] for fork in run.manifest.get("forks") or ()), default=0)
    if day < last:
        raise ScenarioError(f"--day: {day} lies before day {last}, on which the run was itself forked")
    if not changes:
        raise ScenarioError("--set: nothing is changed; give at least one KEY=VALUE")
    casts.same(run.manifest, agents, name_of(run), model)
    with RestakingEcosystem(run.scenario, seed=run.manifest["seed"]) as beginning:
        beginning.change(changes)


def fork(
    run: "Run | str | Path",
    day: int,
    changes: Mapping[str, Any],
    *,
    seed: int | None = None,
    out: str | Path | None = None,
    figures: bool = True,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
    metrics: "OwnMetric | Iterable[OwnMetric]" = (),
) -> "Run":
    """Repeat a run to a day and let it go on under changed terms.

    Args:
        run: the run, or its folder.
        day: day from whose start the new terms hold.
        changes: values by dotted key.
        seed: another seed than the run's.
        out: folder to write; nothing is written when None.
        figures: whether to draw the figures of a run that is written.
        overwrite: whether to replace another run that stands in ``out``.
        progress: called with the day and the horizon after every day of the new part.
        agents: the classes of its agents, when they were not the shipped ones.
        model: the maker of its model, when it was not the shipped one.
        metrics: its own metrics, when it has any.

    Raises:
        ScenarioError: see :func:`check_fork`.
        RunFolderError: something else stands in ``out``, or another process is at work there.
        Stopped: by a signal, after the days done were written.
    """
    run = store.load_run(run) if isinstance(run, str | Path) else run
    agents = casts.of(agents, metrics)
    check_fork(run, day, changes, agents, model)
    if out is None:
        started, seconds = clock()
        with Interruption(held=False) as interruption:
            ecosystem = _branch(run, day, changes, seed, agents, model)
            try:
                advance(ecosystem, interruption, progress)
                return store.run_in_memory(ecosystem, started=started, seconds=seconds())
            finally:
                ecosystem.close()
    identity = _identity(run, day, changes, seed)
    there = store.existing_run(Path(out), identity, overwrite=overwrite)
    if there is not None:
        return there
    with store.claim_run(out, identity, overwrite=overwrite) as place, Interruption(held=False) as interruption:
        if place.run is not None:
            return place.run
        found = begun(place, identity, lambda: _branch(run, day, changes, seed, agents, model))
        return fill(place, identity, found, interruption, figures=figures, progress=progress)


def _branch(
    run: "Run",
    day: int,
    changes: Mapping[str, Any],
    seed: int | None,
    agents: "Cast | Mapping[str, type] | None",
    model: casts.Maker | None,
) -> "RestakingEcosystem":
    ecosystem = replay(run, day, seed=seed, agents=agents, model=model)
    ecosystem.change(changes)
    return ecosystem


def _identity(run: "Run", day: int, changes: Mapping[str, Any], seed: int | None) -> Identity:
    """Identity that a branch is going to have."""
    before = run.scenario
    fork = {"day": day, "changes": dict(changes), "from": before.content_hash()}
    return Identity.planned(
        before.with_overrides(changes),
        run.manifest["engine"],
        seed=run.manifest["seed"] if seed is None else seed,
        forks=[*(run.manifest.get("forks") or ()), fork],
        cast=run.manifest.get("cast"),
    )


def fork_over_seeds(
    run: "Run",
    day: int,
    changes: Mapping[str, Any],
    out: str | Path,
    *,
    seeds: Sequence[int],
    workers: int = 2,
    overwrite: bool = False,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> Iterator[tuple[int, Path, Path]]:
    """Make base and branch for many seeds: ``out/base/seed-N`` and ``out/branch/seed-N``, ready to be compared.

    Args:
        run: the run.
        day: day from whose start the new terms hold.
        changes: values by dotted key.
        out: folder to write.
        seeds: the seeds.
        workers: processes.
        overwrite: whether to replace other runs that stand there.
        agents: the classes of its agents, when they were not the shipped ones; importable in a worker.
        model: the maker of its model, when it was not the shipped one; importable in a worker.

    Yields:
        Seed and the two folders, as pairs finish.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    check_fork(run, day, changes, agents, model)
    if run.path is None:
        raise ValueError("a run that was kept in memory has no folder to replay it from")
    tasks = [(run.path, day, dict(changes), seed, Path(out), overwrite, casts.of(agents), model) for seed in seeds]
    if workers == 1:
        yield from map(_pair, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            for done in as_completed([pool.submit(_pair, task) for task in tasks]):
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _pair(
    task: "tuple[Path, int, dict[str, Any], int, Path, bool, Cast, casts.Maker | None]",
) -> tuple[int, Path, Path]:
    path, day, changes, seed, out, overwrite, cast, model = task
    casts.hush()
    run = store.load_run(path)
    base, branch = (out / side / f"seed-{seed}" for side in (BASE, BRANCH))
    m = run.manifest
    identity = Identity.planned(run.scenario, m["engine"], seed=seed, forks=m.get("forks"), cast=m.get("cast"))
    if store.existing_run(base, identity, overwrite=overwrite) is None:
        with (
            store.claim_run(base, identity, overwrite=overwrite) as place,
            replay(run, seed=seed, agents=cast, model=model) as ecosystem,
        ):
            place.write(ecosystem)
    fork(run, day, changes, seed=seed, out=branch, figures=False, overwrite=overwrite, agents=cast, model=model)
    return seed, base, branch


def default_folder(run: "Run", scenario: "Scenario", day: int) -> Path:
    """Folder of a fork that is not told where to go: beside its run."""
    path = run.path or Path("results") / "runs" / str(run.manifest["scenario"])
    return path.with_name(f"{path.name}-fork{day}-{scenario.content_hash()[:8]}")
