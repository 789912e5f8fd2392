"""Run a scenario once and keep what comes out of it."""

import datetime
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import casts, checkpoints, store
from .checkpoints import Checkpoint
from .folders.errors import FolderError, UnwritableError
from .folders.files import problem
from .interruption import Interruption, Stopped
from .progress import RunProgress
from .store import Identity, Run, RunPlace
from .terminal import complain

if TYPE_CHECKING:
    from ..agents.cast import Cast
    from ..model.ecosystem import RestakingEcosystem
    from ..model.own_metrics import OwnMetric
    from ..model.scenario import Scenario

RUNS = Path("results") / "runs"
"""Where runs go that are not told otherwise."""

CHECKPOINT_SECONDS = 60.0
"""How often the state of a long run is kept: what a crash costs, at most."""


def default_folder(scenario: "Scenario", cast: casts.Identity | None = None) -> Path:
    """Folder of a run that is not told where to go: its name says scenario, seed and hash, and that of own classes."""
    name = f"{scenario.name or 'scenario'}-seed{scenario.seed}-{scenario.content_hash()[:8]}"
    return RUNS / (name if cast is None else f"{name}-{casts.digest(cast)[:8]}")


def resolve(
    scenario: "str | Scenario",
    *,
    seed: int | None = None,
    days: int | None = None,
    stakers: int | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> "Scenario":
    """The scenario with its overrides, so that its hash covers all that a run depends on.

    Raises:
        ScenarioError: the scenario or an override is not valid.
    """
    from ..model.scenario import load_scenario

    values = dict(overrides or {})
    for key, value in (("seed", seed), ("days", days), ("stakers.count", stakers)):
        if value is not None:
            values[key] = value
    return load_scenario(scenario, values or None)


def run_scenario(
    scenario: "str | Scenario" = "baseline",
    *,
    seed: int | None = None,
    days: int | None = None,
    stakers: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    figures: bool = True,
    progress: bool = True,
    overwrite: bool = False,
    engine: str = "kernel",
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
    metrics: "OwnMetric | Iterable[OwnMetric]" = (),
) -> Run:
    """Run a scenario to its horizon.

    Args:
        scenario: shipped name, path to a TOML file, or a scenario.
        seed: root of all random numbers; the scenario's when None.
        days: length of the run (days); the scenario's when None.
        stakers: number of stakers; the scenario's when None.
        overrides: values by dotted key, e.g. ``{"campaigns.airdrop_share": 0.02}``.
        out: folder to write; nothing is written when None. The same complete run in it is read, not run again; one
            that was stopped midway goes on from where it was.
        figures: whether to draw the figures of a run that is written.
        progress: whether to show progress on standard error.
        overwrite: whether to replace another run that stands in ``out``.
        engine: ``"kernel"`` or ``"objects"`` (slow: every agent decides in Python).
        agents: own classes of agents: a cast, or classes by kind. They are part of what the run is known by.
        model: makes the model, called with the scenario and ``seed=`` (and ``agents=`` where own classes are given);
            ``RestakingEcosystem`` when None. It is part of what the run is known by, too.
        metrics: metrics of one's own, recorded beside the shipped ones. They are part of what the run is known by.

    Returns:
        The run; its tables are read (or made) when they are first used.

    Raises:
        ScenarioError: the scenario or an override is not valid.
        CastError: a class cannot play, its source cannot be read, or ``model`` makes something else.
        MetricError: an own metric cannot be recorded.
        RunFolderError: something else stands in ``out``, or another process is at work there.
        UnwritableError: the disk is full, or refuses something else; the state of the run is kept.
        Stopped: by Ctrl-C, SIGTERM or a closed terminal, after the days done were written.
    """
    resolved = resolve(scenario, seed=seed, days=days, stakers=stakers, overrides=overrides)
    cast = casts.of(agents, metrics)

    def begin() -> "RestakingEcosystem":
        return _ecosystem(resolved, engine, cast, model)

    if out is None:
        return _run_in_memory(begin, progress)
    folder = Path(out)
    identity = Identity.planned(resolved, engine, cast=casts.identity_with(cast, model))
    there = store.existing_run(folder, identity, overwrite=overwrite)
    if there is not None:
        return there
    with store.claim_run(folder, identity, overwrite=overwrite) as place:
        if place.run is not None:
            return place.run
        return _run_to_folder(begin, place, identity, figures=figures, progress=progress)


def _run_in_memory(begin: "Callable[[], RestakingEcosystem]", progress: bool) -> Run:
    started, seconds = clock()
    with Interruption(held=False) as interruption:
        ecosystem = begin()
        try:
            advance(ecosystem, interruption, _progress(ecosystem) if progress else None)
            return store.run_in_memory(ecosystem, started=started, seconds=seconds())
        finally:
            ecosystem.close()


def _run_to_folder(
    begin: "Callable[[], RestakingEcosystem]",
    place: RunPlace,
    identity: Identity,
    *,
    figures: bool,
    progress: bool,
) -> Run:
    with Interruption(held=False) as interruption:
        found = begun(place, identity, begin)
        shown = _progress(found.ecosystem) if progress else None
        return fill(place, identity, found, interruption, figures=figures, progress=shown)


def begun(place: RunPlace, identity: Identity, begin: "Callable[[], RestakingEcosystem]") -> Checkpoint:
    """A run as far as it was when it was stopped, or at its beginning."""
    found = checkpoints.find(identity)
    if found is not None:
        complain(f"{place.path}: goes on from day {found.ecosystem.day} of {found.ecosystem.horizon}")
        return found
    started, seconds = clock()
    return Checkpoint(begin(), started.isoformat(), seconds())


def fill(
    place: RunPlace,
    identity: Identity,
    begun: Checkpoint,
    interruption: Interruption,
    *,
    figures: bool,
    progress: Callable[[int, int], None] | None,
) -> Run:
    """Carry a run to its horizon and write it into its folder, figures last.

    Args:
        place: the folder, locked.
        identity: what the run is known by.
        begun: the run as far as it is.
        interruption: what is listened to.
        figures: whether to draw figures; one that cannot be drawn costs none of the rest.
        progress: called with day and horizon after every day, and closed at the end when it can be.

    Raises:
        Stopped: by a signal; the days done are written, and the state is kept for the same command to go on from.
    """
    ecosystem, (_, seconds) = begun.ecosystem, clock()
    place.begin()

    def spent() -> float:
        return begun.seconds + seconds()

    def state() -> Checkpoint:
        return Checkpoint(ecosystem, begun.started, spent())

    try:
        try:
            advance(ecosystem, interruption, progress, lambda: checkpoints.keep(identity, state()))
        except StoppedAtNight as stop:
            raise _kept(place, identity, state(), stop) from None
        run = _written(place, identity, state())
        checkpoints.forget(identity)
        if figures:
            draw(run, place, interruption)
        return run
    finally:
        place.abandon()
        ecosystem.close()


def _written(place: RunPlace, identity: Identity, state: Checkpoint) -> Run:
    """The run, written; when that cannot be, its state is kept."""
    try:
        started = datetime.datetime.fromisoformat(state.started)
        return place.write(state.ecosystem, started=started, seconds=state.seconds)
    except OSError as error:
        kept = checkpoints.keep(identity, state)
        again = "the same command writes it without making it again" if kept else "give the same command again"
        raise UnwritableError(
            f"{place.path} cannot be written: {problem(error)}; the {state.ecosystem.day} days are done: when that is "
            f"mended, {again}"
        ) from error


def draw(run: Run, place: RunPlace, interruption: Interruption) -> None:
    """Draw the figures of a run that is written; what goes wrong on the way is said and costs the figures alone.

    Raises:
        Stopped: by a signal.
    """
    from .figures import draw_figures

    try:
        with interruption.at_once():
            draw_figures(run, place.figures_folder())
    except KeyboardInterrupt as stop:
        place.forget_figures()
        raise Stopped(
            f"the run is complete in {place.path}; its figures are not there (restaking plot {place.path})",
            getattr(stop, "signal", signal.SIGINT),
        ) from None
    except Exception as error:
        place.forget_figures()
        reason = " ".join(str(error).split()) or type(error).__name__
        complain(f"the run is complete in {place.path}; its figures could not be drawn: {reason}")


def _progress(ecosystem: "RestakingEcosystem") -> RunProgress:
    return RunProgress(ecosystem.scenario.name or "run")


def _ecosystem(scenario: "Scenario", engine: str, cast: "Cast", model: casts.Maker | None) -> "RestakingEcosystem":
    return casts.made(scenario, seed=scenario.seed, engine=engine, agents=cast, model=model)


class StoppedAtNight(Stopped):
    """Stopped at the end of a day: the state is whole."""


def advance(
    ecosystem: "RestakingEcosystem",
    interruption: Interruption,
    progress: Callable[[int, int], None] | None = None,
    keep: Callable[[], Any] | None = None,
) -> None:
    """Run to the horizon, or to the end of the day on which somebody wants it to stop.

    Args:
        ecosystem: the run.
        interruption: what is listened to; held from the end of the first day on, as there is something to keep then.
        progress: called with day and horizon after every day; its ``close`` is called at the end.
        keep: called now and then in a long run, at the end of a day.

    Raises:
        StoppedAtNight: by a signal; the state is that of the end of a day.
        Stopped: by a signal during the first day, or by a second Ctrl-C.
    """
    last = time.monotonic()

    def after_a_day(day: int, horizon: int) -> None:
        nonlocal last
        interruption.hold()
        if progress is not None:
            progress(day, horizon)
        if interruption.signal is not None and day < horizon:
            raise StoppedAtNight(f"stopped by {interruption.name}", interruption.signal)
        if keep is not None and time.monotonic() - last > CHECKPOINT_SECONDS:
            keep()
            last = time.monotonic()

    try:
        ecosystem.run(progress=after_a_day)
    finally:
        close: Callable[[], None] | None = getattr(progress, "close", None)
        if close is not None:
            close()


def _kept(place: RunPlace, identity: Identity, state: Checkpoint, stop: Stopped) -> Stopped:
    """Write the days done; returns what to say and raise."""
    ecosystem = state.ecosystem
    started = datetime.datetime.fromisoformat(state.started)
    goes_on = "goes on from there" if checkpoints.keep(identity, state) else "makes it from day 0"
    path = place.path
    try:
        if place.holds_another:
            # What stands there is complete, and was to be replaced by something that is complete as well.
            path = path.with_name(path.name + store.INTERRUPTED)
            store.write_run(ecosystem, path, started=started, seconds=state.seconds, overwrite=True)
        else:
            place.write(ecosystem, started=started, seconds=state.seconds)
        said = f"the {ecosystem.day} days done are in {path}"
    except (OSError, FolderError) as error:
        reason = problem(error) if isinstance(error, OSError) else str(error)
        said = f"the {ecosystem.day} days done cannot be written to {path} ({reason})"
    return Stopped(f"{stop}; {said}; the same command {goes_on}", stop.signal)


def clock() -> tuple[datetime.datetime, Callable[[], float]]:
    """The time, and a function that gives the seconds since."""
    began = time.perf_counter()
    return _now(), lambda: time.perf_counter() - began


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
