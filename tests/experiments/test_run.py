"""Running scenarios: to a folder or in memory, once, and interruptible."""

import signal
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from restaking.experiments import figures
from restaking.experiments import run as running
from restaking.experiments.progress import PartProgress, RunProgress
from restaking.experiments.run import default_folder, resolve, run_scenario
from restaking.experiments.store import RunFolderError, load_run
from restaking.model.scenario import Scenario, ScenarioError
from tests.experiments.fake_ecosystem import FakeEcosystem, small_scenario

SCENARIO = small_scenario(days=20)


class Stage:
    """Puts fakes in the place of the ecosystem and remembers them."""

    def __init__(self) -> None:
        self.made: list[FakeEcosystem] = []
        self.at_day: Callable[[int], None] = lambda day: None

    def __call__(self, scenario: Scenario, engine: str) -> FakeEcosystem:
        self.made.append(FakeEcosystem(scenario, engine=engine, at_day=lambda day: self.at_day(day)))
        return self.made[-1]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    fakes = Stage()
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


def ctrl_c_on(day: int) -> Callable[[int], None]:
    def act(today: int) -> None:
        if today == day:
            signal.raise_signal(signal.SIGINT)

    return act


def test_an_interrupted_run_keeps_its_complete_days(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.at_day = ctrl_c_on(8)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
    assert signal.getsignal(signal.SIGINT) is before
    assert [p.name for p in tmp_path.iterdir()] == ["run.interrupted"]
    kept = load_run(tmp_path / "run.interrupted")
    assert kept.days == 9 and not kept.complete, "the day that was running is finished first"
    assert f"the 9 days done are in {tmp_path / 'run.interrupted'}" in capsys.readouterr().err
    assert stage.made[0].closed


def test_an_interruption_is_replaced_by_the_next_and_does_not_hinder_the_run(stage: Stage, tmp_path: Path) -> None:
    for day in (3, 5):
        stage.at_day = ctrl_c_on(day)
        with pytest.raises(KeyboardInterrupt):
            run_scenario(SCENARIO, out=tmp_path / "run", figures=False)
        assert load_run(tmp_path / "run.interrupted").days == day + 1
    stage.at_day = lambda day: None
    assert run_scenario(SCENARIO, out=tmp_path / "run", figures=False).complete


def test_an_interruption_while_figures_are_drawn_costs_the_figures_alone(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(run: object, folder: Path) -> None:
        folder.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr("restaking.experiments.figures.draw_figures", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_scenario(SCENARIO, out=tmp_path / "run")
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert load_run(tmp_path / "run").complete
    assert not (tmp_path / "run" / "figures").exists()
    assert "the run is complete" in capsys.readouterr().err


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
