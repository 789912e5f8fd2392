"""Run a scenario once and keep what comes out of it."""

import datetime
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import store
from .progress import RunProgress
from .store import Run
from .terminal import complain

if TYPE_CHECKING:
    from ..model.ecosystem import RestakingEcosystem
    from ..model.scenario import Scenario

RUNS = Path("results") / "runs"
"""Where runs go that are not told otherwise."""


def default_folder(scenario: "Scenario") -> Path:
    """Folder of a run that is not told where to go: its name says scenario, seed and hash."""
    return RUNS / f"{scenario.name or 'scenario'}-seed{scenario.seed}-{scenario.content_hash()[:8]}"


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
) -> Run:
    """Run a scenario to its horizon.

    Args:
        scenario: shipped name, path to a TOML file, or a scenario.
        seed: root of all random numbers; the scenario's when None.
        days: length of the run (days); the scenario's when None.
        stakers: number of stakers; the scenario's when None.
        overrides: values by dotted key, e.g. ``{"campaigns.airdrop_share": 0.02}``.
        out: folder to write; nothing is written when None. The same complete run in it is read, not run again.
        figures: whether to draw the figures of a run that is written.
        progress: whether to show progress on standard error.
        overwrite: whether to replace another run that stands in ``out``.
        engine: ``"kernel"`` or ``"objects"`` (slow: every staker decides in Python).

    Returns:
        The run; its tables are read (or made) when they are first used.

    Raises:
        ScenarioError: the scenario or an override is not valid.
        RunFolderError: something else stands in ``out``.
        KeyboardInterrupt: after the days done were written as ``out`` + ``.interrupted``.
    """
    resolved = resolve(scenario, seed=seed, days=days, stakers=stakers, overrides=overrides)
    if out is None:
        return _run_in_memory(resolved, engine, progress)
    folder = Path(out)
    there = store.existing_run(folder, store.Identity.planned(resolved, engine), overwrite=overwrite)
    if there is not None:
        return there
    return _run_to_folder(resolved, engine, folder, figures=figures, progress=progress, overwrite=overwrite)


def _run_in_memory(scenario: "Scenario", engine: str, progress: bool) -> Run:
    started, seconds = clock()
    ecosystem = _ecosystem(scenario, engine)
    try:
        _advance(ecosystem, progress)
        return store.run_in_memory(ecosystem, started=started, seconds=seconds())
    finally:
        ecosystem.close()


def _run_to_folder(
    scenario: "Scenario", engine: str, folder: Path, *, figures: bool, progress: bool, overwrite: bool
) -> Run:
    started, seconds = clock()
    ecosystem = _ecosystem(scenario, engine)
    try:
        _advance(ecosystem, progress)
        return store.write_run(
            ecosystem, folder, started=started, seconds=seconds(), figures=figures, overwrite=overwrite
        )
    except DayInterrupted:
        _keep_what_is_done(ecosystem, folder, started, seconds())
        raise
    finally:
        ecosystem.close()


def _ecosystem(scenario: "Scenario", engine: str) -> "RestakingEcosystem":
    from ..model.ecosystem import RestakingEcosystem

    return RestakingEcosystem(scenario, seed=scenario.seed, engine=engine)


def _advance(ecosystem: "RestakingEcosystem", progress: bool) -> None:
    shown = RunProgress(ecosystem.scenario.name or "run") if progress else None
    with RunInterruption() as interruption:

        def after_a_day(day: int, horizon: int) -> None:
            if shown is not None:
                shown(day, horizon)
            interruption.check()

        try:
            ecosystem.run(progress=after_a_day)
        finally:
            if shown is not None:
                shown.close()


class DayInterrupted(KeyboardInterrupt):
    """Interrupted by the user at the end of a day: the state is whole."""


class RunInterruption:
    """Holds an interruption (Ctrl-C) back until the day is complete; a second one acts at once."""

    def __init__(self) -> None:
        self._asked = False
        self._before: Any = None

    def __enter__(self) -> Self:
        # Python lets the main thread alone handle signals.
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def check(self) -> None:
        """Raise when an interruption was asked for."""
        if self._asked:
            raise DayInterrupted


def _keep_what_is_done(
    ecosystem: "RestakingEcosystem", folder: Path, started: datetime.datetime, seconds: float
) -> None:
    """Write the complete days of an interrupted run beside where it would have gone."""
    kept = folder.with_name(folder.name + store.INTERRUPTED)
    store.write_run(ecosystem, kept, started=started, seconds=seconds, figures=False, overwrite=True)
    complain(f"the {ecosystem.day} days done are in {kept}")


def clock() -> tuple[datetime.datetime, Callable[[], float]]:
    """The time, and a function that gives the seconds since."""
    began = time.perf_counter()
    return _now(), lambda: time.perf_counter() - began


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
