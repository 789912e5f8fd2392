"""Designs for tests: real ones, small, and runs that only look like runs. Importable in workers."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from restaking.experiments.designs import Design, load_design
from restaking.experiments.results import Results
from restaking.experiments.runner.sweeping import Options, carry_out
from restaking.experiments.runner.tables import metric_names, series_names
from restaking.experiments.runner.task import Outcome
from restaking.model.scenario import Scenario

SHARE, INFLUENCE = "campaigns.airdrop_share", "stakers.social_influence"
MARK = "RESTAKING_TEST_MARK"
"""Variable that tells workers where to leave marks."""

DESIGN: dict[str, Any] = {
    "name": "small",
    "scenario": "baseline",
    "seed": 3,
    "replications": 3,
    "days": 12,
    "stakers": 50,
    "design": {"kind": "grid"},
    "axes": {SHARE: [0.02, 0.05, 0.1], INFLUENCE: {"low": 0.0, "high": 2.0, "steps": 2}},
}
"""18 runs of the real model, some 15 ms each."""

TOML = """
name = "small"
scenario = "baseline"
seed = 3
replications = {replications}
days = {days}
stakers = 50
[design]
kind = "grid"
[axes]
"campaigns.airdrop_share" = [0.02, 0.05, 0.1]
"stakers.social_influence" = {{low = 0.0, high = 2.0, steps = 2}}
"""


def design(**changes: Any) -> Design:
    return load_design(DESIGN | changes)


def run(where: Path, execute: "Callable[[Scenario, int], Outcome] | None" = None, **options: Any) -> Results:
    """Carry a design out without showing anything; in this process unless workers are asked for."""
    what = options.pop("design", None) or design()
    options = {"workers": None if "cluster" in options else 1, "progress": False} | options
    return carry_out(what, where, Options(execute=execute or invented, **options))


def canonical(folder: Path) -> dict[str, bytes]:
    """The files that must not depend on how they were made."""
    names = [folder / "runs.parquet", folder / "design.json", *sorted((folder / "series").glob("*"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in names}


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# ------------------------------------------------------------------------------------------------- ways to make a run


def invented(scenario: Scenario, seed: int) -> Outcome:
    """Numbers out of a formula, in a moment."""
    generator = np.random.default_rng([seed, int(1e6 * scenario.campaigns.airdrop_share)])
    names = tuple(series_names())
    daily = generator.normal(size=(scenario.days + 1, len(names)))
    daily[0, 0] = np.nan
    daily[:, 1] += scenario.stakers.social_influence
    position = {name: column for column, name in enumerate(names)}
    return Outcome({name: float(daily[:, position[name]].sum()) for name in metric_names()}, names, daily)


def unlike(scenario: Scenario, seed: int) -> Outcome:
    """Numbers of which no two runs have the same; a file of them cannot be made smaller."""
    axes = scenario.campaigns.airdrop_share, scenario.stakers.social_influence
    generator = np.random.default_rng([seed, *(int(1e6 * value) for value in axes)])
    like = invented(scenario, seed)
    summary = {name: float(generator.normal()) for name in like.summary}
    return Outcome(summary, like.names, generator.normal(size=like.daily.shape))


def sleepy(scenario: Scenario, seed: int) -> Outcome:
    """A run that takes 30 ms, and no processor."""
    time.sleep(0.03)
    return invented(scenario, seed)


def slow(scenario: Scenario, seed: int) -> Outcome:
    """A run that takes a third of a second, and no processor."""
    time.sleep(0.3)
    return invented(scenario, seed)


def marked(scenario: Scenario, seed: int) -> Outcome:
    """A run that notes that it was made."""
    mark(f"{scenario.campaigns.airdrop_share} {scenario.stakers.social_influence} {seed}")
    return invented(scenario, seed)


def mark(text: str) -> None:
    with Path(os.environ[MARK]).open("a") as file:
        file.write(f"{text}\n")


def marks() -> list[str]:
    path = Path(os.environ[MARK])
    return path.read_text().splitlines() if path.exists() else []


def failing(scenario: Scenario, seed: int) -> Outcome:
    """All runs with the middle airdrop fail."""
    if scenario.campaigns.airdrop_share == 0.05:
        raise ArithmeticError("physical ETH is off\nby 1 ETH")
    return invented(scenario, seed)


def deadly(scenario: Scenario, seed: int) -> Outcome:
    """Runs with the middle airdrop and no influence kill their worker, always."""
    if scenario.campaigns.airdrop_share == 0.05 and scenario.stakers.social_influence == 0.0:
        os.kill(os.getpid(), signal.SIGKILL)
    return sleepy(scenario, seed)


def no_start() -> None:
    """Workers that die before their first run."""
    os.kill(os.getpid(), signal.SIGKILL)


def deadly_once(scenario: Scenario, seed: int) -> Outcome:
    """The first run with the middle airdrop kills its worker; nothing after it does."""
    if scenario.campaigns.airdrop_share == 0.05 and not marks():
        mark("died")
        os.kill(os.getpid(), signal.SIGKILL)
    return sleepy(scenario, seed)


def local_cluster(workers: int) -> Any:
    """A real scheduler with worker processes on this machine."""
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs="CRITICAL",
    )


@contextmanager
def cluster_of_two() -> Iterator[Any]:
    """Two workers that may start processes of their own, and of which none may fail."""
    import dask
    import distributed  # noqa: F401  # its own settings have to be there before some of them are changed

    with (
        dask.config.set({"distributed.worker.daemon": False, "distributed.scheduler.allowed-failures": 0}),
        local_cluster(2) as started,
    ):
        yield started
