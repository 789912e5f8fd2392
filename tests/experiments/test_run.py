"""Running scenarios: to a folder or in memory, once, and interruptible."""

import signal
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from restaking.agents import Cast
from restaking.experiments import checkpoints, figures
from restaking.experiments import run as running
from restaking.experiments.interruption import Stopped
from restaking.experiments.progress import PartProgress, RunProgress
from restaking.experiments.run import default_folder, resolve, run_scenario
from restaking.experiments.store import Identity, RunFolderError, load_run
from restaking.model.scenario import Scenario, ScenarioError
from tests.experiments.fake_ecosystem import FakeEcosystem, small_scenario

SCENARIO = small_scenario(days=20)


class Stage:
    """Puts fakes in the place of the ecosystem and remembers them."""

    def __init__(self) -> None:
        self.made: list[FakeEcosystem] = []
        self.at_day: Callable[[int], None] = lambda day: None

    def __call__(self, scenario: Scenario, engine: str, cast: Cast, model: None) -> FakeEcosystem:
        self.made.append(FakeEcosystem(scenario, engine=engine, at_day=_on_stage))
        return self.made[-1]


_STAGE: list[Stage] = []


def _on_stage(day: int) -> None:
    """What an ecosystem calls on a day; a plain function, so that the ecosystem's state can be kept."""
    _STAGE[-1].at_day(day)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    fakes = Stage()
    _STAGE.append(fakes)
    monkeypatch.setattr(running, "_ecosystem", fakes)
    return fakes


def test_without_a_folder_nothing_is_written(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = run_scenario(SCENARIO)
    assert run.path is None and run.days == 20 and run.complete
    assert len(run.daily) == 21 and run.network.number_of_nodes() > 0
    assert list(run.result()) == ["scenario", "seed", "days", "stakers", "version", "summary"]
    assert list(tmp_path.iterdir()) == []
    assert stage.made[0].closed


def test_memory_and_folder_hold_the_same(stage: Stage, tmp_path: Path) -> None:
    kept, saved = run_scenario(SCENARIO), run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    for name in ("daily", "entities", "events"):
        pd.testing.assert_frame_equal(getattr(kept, name), getattr(saved, name))
    assert saved.path == tmp_path / "run"


def test_a_complete_run_is_not_made_again(stage: Stage, tmp_path: Path) -> None:
    for _ in range(2):
        assert run_scenario(SCENARIO, out=tmp_path / "run", figures=False).complete
    assert len(stage.made) == 1
    run_scenario(SCENARIO, out=tmp_path / "run", figures=False, overwrite=True)
    assert len(stage.made) == 2


def test_another_run_in_the_way_is_noticed_before_running(stage: Stage, tmp_path: Path) -> None:
    run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    with pytest.raises(RunFolderError, match="different scenario, seed"):
        run_scenario(SCENARIO, seed=2, out=tmp_path / "run", figures=False)
    assert len(stage.made) == 1
    again = run_scenario(SCENARIO, seed=2, out=tmp_path / "run", figures=False, overwrite=True)
    assert again.manifest["seed"] == 2


def test_figures_are_drawn_unless_unwanted(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "FIGURES", {"tvl": "one is enough"})
    run_scenario(SCENARIO, out=tmp_path / "with", progress=False)
    run_scenario(SCENARIO, out=tmp_path / "without", figures=False, progress=False)
    assert sorted(p.name for p in (tmp_path / "with" / "figures").iterdir()) == ["tvl.png", "tvl.svg"]
    assert not (tmp_path / "without" / "figures").exists()


def test_options_are_part_of_the_scenario() -> None:
    resolved = resolve("baseline", seed=7, days=9, stakers=33, overrides={"campaigns.airdrop_share": 0.02})
    assert (resolved.seed, resolved.days, resolved.stakers.count) == (7, 9, 33)
    assert resolved.campaigns.airdrop_share == 0.02
    folder = default_folder(resolved)
    assert folder.parts[:2] == ("results", "runs")
    assert folder.name == f"baseline-seed7-{resolved.content_hash()[:8]}"
    with pytest.raises(ScenarioError, match=r"stakers\.count"):
        resolve("baseline", stakers=0)


# -------------------------------------------------------------------------------------------------------- interruptions


def stop_on(day: int) -> Callable[[int], None]:
    """Ctrl-C on a day."""

    def act(today: int) -> None:
        if today == day:
            signal.raise_signal(signal.SIGINT)

    return act


def test_an_interrupted_run_keeps_its_complete_days(stage: Stage, tmp_path: Path) -> None:
    stage.at_day = stop_on(8)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Stopped, match=rf"the 9 days done are in {tmp_path / 'run'}; the same command goes on") as stop:
        run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    assert stop.value.exit_code == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    kept = load_run(tmp_path / "run")
    assert kept.days == 9 and not kept.complete, "the day that was running is finished first"
    assert stage.made[0].closed


def test_a_stopped_run_goes_on_from_the_day_it_had_reached(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calm = run_scenario(SCENARIO, out=tmp_path / "calm", figures=False)
    for day in (3, 5):
        stage.at_day = stop_on(day)
        with pytest.raises(Stopped):
            run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
        assert load_run(tmp_path / "run").days == day + 1
    stage.at_day = stop_on(-1)
    run = run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    assert "goes on from day 6 of 20" in capsys.readouterr().err
    assert len(stage.made) == 2, "none was begun anew"
    assert run.complete and run.manifest["files"] == calm.manifest["files"]
    assert checkpoints.find(Identity.of(run.manifest)) is None


def test_without_its_state_a_stopped_run_is_made_anew(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    stage.at_day = stop_on(8)
    with pytest.raises(Stopped, match="the same command makes it from day 0"):
        run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    stage.at_day = stop_on(-1)
    assert run_scenario(SCENARIO, out=tmp_path / "run", figures=False).complete
    assert len(stage.made) == 2


def test_a_stopped_run_does_not_replace_a_complete_one(stage: Stage, tmp_path: Path) -> None:
    run_scenario(SCENARIO, seed=2, out=tmp_path / "run", figures=False)
    stage.at_day = stop_on(8)
    with pytest.raises(Stopped, match=r"run\.interrupted"):
        run_scenario(SCENARIO, out=tmp_path / "run", figures=False, overwrite=True)
    assert load_run(tmp_path / "run").manifest["seed"] == 2
    assert load_run(tmp_path / "run.interrupted").days == 9


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_keep_the_days_as_well(stage: Stage, tmp_path: Path, number: int, code: int) -> None:
    stage.at_day = lambda day: signal.raise_signal(number) if day == 8 else None
    with pytest.raises(Stopped) as stop:
        run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    assert stop.value.exit_code == code
    assert load_run(tmp_path / "run").days == 9


def test_before_the_first_day_is_done_there_is_nothing_to_keep(stage: Stage, tmp_path: Path) -> None:
    stage.at_day = stop_on(0)
    with pytest.raises(Stopped, match=r"^stopped by SIGINT$"):
        run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    assert list(tmp_path.iterdir()) == []


def test_a_hangup_that_is_ignored_stays_ignored(stage: Stage, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stage.at_day = lambda day: signal.raise_signal(signal.SIGHUP) if day == 8 else None
        assert run_scenario(SCENARIO, out=tmp_path / "run", figures=False).complete
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_state_of_a_long_run_is_kept_on_the_way(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class PowerCut(BaseException):
        pass

    def cut(day: int) -> None:
        if day == 8:
            raise PowerCut

    monkeypatch.setattr(running, "CHECKPOINT_SECONDS", -1.0)
    stage.at_day = cut
    with pytest.raises(PowerCut):
        run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    stage.at_day = stop_on(-1)
    assert run_scenario(SCENARIO, out=tmp_path / "run", figures=False).complete
    assert "goes on from day 8 of 20" in capsys.readouterr().err


def test_an_interruption_while_figures_are_drawn_costs_the_figures_alone(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(run: object, folder: Path) -> None:
        (folder / "tvl.png").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr("restaking.experiments.figures.draw_figures", interrupted)
    with pytest.raises(Stopped, match="the run is complete in"):
        run_scenario(SCENARIO, out=tmp_path / "run")
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert load_run(tmp_path / "run").complete
    assert not (tmp_path / "run" / "figures").exists()


def test_a_figure_that_cannot_be_drawn_costs_the_figures_alone(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(run: object, folder: Path) -> None:
        (folder / "tvl.png").write_text("half")
        raise KeyError("eETH")

    monkeypatch.setattr("restaking.experiments.figures.draw_figures", broken)
    assert run_scenario(SCENARIO, out=tmp_path / "run").complete
    assert load_run(tmp_path / "run").complete and not (tmp_path / "run" / "figures").exists()
    assert "the run is complete in" in (said := capsys.readouterr().err) and "could not be drawn: 'eETH'" in said


def test_a_second_interruption_acts_at_once(stage: Stage, tmp_path: Path) -> None:
    def twice(day: int) -> None:
        if day == 4:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    stage.at_day = twice
    with pytest.raises(KeyboardInterrupt):
        run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_leaves_nothing(stage: Stage, tmp_path: Path) -> None:
    def fail(day: int) -> None:
        if day == 2:
            raise ArithmeticError("day 2: physical ETH is off by 1 ETH")

    stage.at_day = fail
    with pytest.raises(ArithmeticError):
        run_scenario(SCENARIO, out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
    assert stage.made[0].closed


# ------------------------------------------------------------------------------------------------------------- progress


class Stream:
    def __init__(self, tty: bool) -> None:
        self.text, self._tty = "", tty

    def isatty(self) -> bool:
        return self._tty

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


def shown(tty: bool, seconds_a_day: float, days: int) -> str:
    now = 0.0
    stream = Stream(tty)
    with RunProgress("baseline", stream=stream, clock=lambda: now) as progress:  # type: ignore[arg-type]
        for day in range(1, days + 1):
            now += seconds_a_day
            progress(day, days)
    return stream.text


@pytest.mark.parametrize("tty", [False, True])
def test_short_runs_show_nothing(tty: bool) -> None:
    assert shown(tty, 0.01, 150) == ""


def test_logs_get_a_line_every_ten_seconds() -> None:
    lines = shown(False, 0.5, 100).splitlines()
    assert len(lines) == 5
    assert lines[0] == "baseline: day 20 of 100, 2 days/s, 40 s left"
    assert lines[-1] == "baseline: day 100 of 100, 2 days/s, 0 s left"


def test_long_waits_are_told_in_minutes_and_hours() -> None:
    assert "3 min 00 s left" in shown(False, 10.0, 20).splitlines()[1]
    assert "2 h 46 min left" in shown(False, 10.0, 1000).splitlines()[1]


def test_the_time_that_compilation_takes_does_not_count() -> None:
    now, stream = 0.0, Stream(False)
    with RunProgress("baseline", stream=stream, clock=lambda: now) as progress:  # type: ignore[arg-type]
        for day in range(1, 41):
            now += 60.0 if day == 1 else 0.5
            progress(day, 40)
    lines = stream.text.splitlines()
    assert lines[0] == "baseline: day 1 of 40"
    assert lines[1] == "baseline: day 21 of 40, 2 days/s, 10 s left"


@pytest.mark.parametrize("tty", [True, False])
def test_parts_are_counted_on_one_line_or_on_a_line_now_and_then(tty: bool) -> None:
    now, stream = 0.0, Stream(tty)
    told = PartProgress("seeds", stream=stream, clock=lambda: now)  # type: ignore[arg-type]
    for done in range(1, 6):
        now += 8.0
        told(done, 5)
    said = [line.strip() for line in stream.text.replace("\r", "\n").splitlines() if line.strip()]
    expected = [f"{done} of 5 seeds, {8 * (5 - done)} s left" for done in range(1, 6)]
    assert said == (expected if tty else [expected[1], expected[3], expected[4]])
    assert stream.text[0] == ("\r" if tty else "2")
    assert stream.text.endswith("\n")


def test_people_get_a_bar_after_two_seconds() -> None:
    assert "baseline" in shown(True, 0.5, 10)


def test_progress_stays_off_standard_output(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    run_scenario(SCENARIO)
    assert capsys.readouterr().out == ""
