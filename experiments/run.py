"""Run a scenario and leave a folder."""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .progress import Progress
from .store import Run, StoreError, identity, load_run, read_manifest, write_run

if TYPE_CHECKING:
    from ..model.scenario import Scenario

RUNS = Path("results/runs")


class Interrupted(KeyboardInterrupt):
    """A run was stopped by the user; what was done is in ``folder``."""

    def __init__(self, folder: Path, day: int) -> None:
        super().__init__(f"stopped on day {day}")
        self.folder, self.day = folder, day


def default_folder(scenario: "Scenario", seed: int) -> Path:
    """Where a run goes when nobody says where."""
    return RUNS / f"{scenario.name or 'run'}-seed{seed}-{scenario.content_hash()[:8]}"


def finished_run(folder: Path, scenario: "Scenario", seed: int, engine: str, overwrite: bool) -> Run | None:
    """The same complete run when it is there already; None when the place is free.

    Raises:
        StoreError: something else is in the way.
    """
    if not folder.exists():
        return None
    manifest = read_manifest(folder)
    if manifest is None and not (folder.is_dir() and not any(folder.iterdir())):
        # Never delete what this program did not write, asked or not.
        raise StoreError(f"{folder} is in the way and is not a run; choose another --out")
    if manifest is not None:
        if manifest.get("complete") and manifest["identity"] == identity(scenario, seed, engine):
            return load_run(folder)
        if not overwrite:
            raise StoreError(f"{folder} holds another run; choose another --out, or replace it with --overwrite")
    return None


def run_scenario(
    scenario: "str | Scenario" = "baseline",
    *,
    seed: int | None = None,
    days: int | None = None,
    stakers: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    engine: str = "kernel",
    figures: bool = True,
    progress: bool = True,
    overwrite: bool = False,
) -> Run:
    """Run a scenario to its horizon and write its folder; a complete run that is there already is read instead.

    Args:
        scenario: shipped name, path, or :class:`Scenario`.
        seed: root of all random numbers; the scenario's when None.
        days: horizon in days; the scenario's when None.
        stakers: number of stakers; the scenario's when None.
        overrides: dotted keys and values.
        out: folder; ``results/runs/<scenario>-seed<seed>-<hash>`` when None.
        engine: ``kernel`` or ``objects``.
        figures: also draw the figures.
        progress: show progress on standard error.
        overwrite: replace another run that is in the way.

    Raises:
        ScenarioError: the scenario is not valid.
        StoreError: something else is in the way.
        Interrupted: the user stopped the run; the days done are kept beside ``out``.
    """
    from ..model.scenario import load_scenario

    given = {"seed": seed, "days": days, "stakers.count": stakers}
    changes = {**(overrides or {}), **{key: value for key, value in given.items() if value is not None}}
    resolved = load_scenario(scenario, changes or None)
    folder = Path(out) if out is not None else default_folder(resolved, resolved.seed)
    found = finished_run(folder, resolved, resolved.seed, engine, overwrite)
    if found is not None:
        return found
    return _run(resolved, folder, engine, figures, progress)


def _run(scenario: "Scenario", folder: Path, engine: str, figures: bool, progress: bool) -> Run:
    from ..model.ecosystem import RestakingEcosystem

    started = time.time()
    clock = time.monotonic()
    with RestakingEcosystem(scenario, engine=engine) as model:
        try:
            with Progress(progress) as shown:
                model.run(progress=shown)
        except KeyboardInterrupt:
            kept = folder.with_name(folder.name + ".interrupted")
            write_run(model, kept, _times(started, clock), complete=False)
            raise Interrupted(kept, model.day) from None
        network = model.capital_network()
        run = write_run(model, folder, _times(started, clock))
    if figures:
        draw_figures(run, network)
    return run


def _times(started: float, clock: float) -> dict[str, Any]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started))
    return {"started": stamp, "seconds": round(time.monotonic() - clock, 3)}


def draw_figures(run: Run, network: Any) -> None:
    """Draw every figure of a run into its ``figures`` folder."""
    from .figures import RUN_FIGURES, capital_network, save_figure

    folder = run.path / "figures"
    partial = run.path / "figures.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    manifest = run.manifest
    about = {"scenario": str(manifest["scenario"]), "seed": str(manifest["seed"]), "code": str(manifest["code"])}
    for name, draw in RUN_FIGURES.items():
        figure, _ = draw(run)
        save_figure(figure, partial / name, about)
    figure, _ = capital_network(network)
    save_figure(figure, partial / "capital_network", about)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
