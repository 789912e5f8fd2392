"""Runs that fail: a row, a traceback, a capsule that makes them again."""

import json
from pathlib import Path

import numpy as np
import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.results import load_results
from restaking.experiments.runner import SweepError, SweepFolderError, tables
from restaking.experiments.runner.capsule import read_capsule, replay
from restaking.experiments.runner.task import simulate
from restaking.model.scenario import ScenarioError
from tests.experiments.runner.worlds import SHARE, canonical, failing, invented, run


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_run_is_a_row(tmp_path: Path, workers: int) -> None:
    results = run(tmp_path / "r", failing, workers=workers)
    failed = results.failed
    assert len(results.runs) == 18 and len(failed) == 6 and (failed[SHARE] == 0.05).all()
    assert (failed["error"] == "ArithmeticError: physical ETH is off by 1 ETH").all()
    assert failed[tables.metric_names()].isna().all(axis=None)
    assert results.runs.loc[results.runs["status"] == "done", "error"].isna().all()
    assert results.manifest["done"] == 12 and results.manifest["failed"] == 6
    assert set(results.series()["run_id"]) == set(results.runs["run_id"]) - set(failed["run_id"])
    for name in failed["run_id"]:
        text = (results.path / "failures" / f"{name}.txt").read_text()
        assert text.startswith("Traceback") and "in failing" in text and "off\nby 1 ETH" in text


def test_failures_do_not_depend_on_workers(tmp_path: Path) -> None:
    one, two = run(tmp_path / "one", failing), run(tmp_path / "two", failing, workers=2)
    assert canonical(one.path) == canonical(two.path)


def test_stop_stops_and_keeps_what_is_done(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match=r"p00002-r000-\w+ failed: ArithmeticError.*restaking replay .*json"):
        run(tmp_path / "r", failing, on_error="stop")
    some = load_results(tmp_path / "r")
    assert not some.complete and len(some.failed) >= 1 and len(some.runs) < 18
    assert run(tmp_path / "r", failing).complete, "told to go on, it does"


def test_failed_runs_are_made_again_when_asked(tmp_path: Path) -> None:
    calm = run(tmp_path / "calm")
    run(tmp_path / "r", failing)
    kept = load_results(tmp_path / "r").timings.set_index("run_id")["started"]
    assert len(run(tmp_path / "r", invented).failed) == 6, "not unless asked"
    again = run(tmp_path / "r", invented, retry_failed=True)
    assert canonical(again.path) == canonical(calm.path)
    assert not (again.path / "failures").exists()
    done = [name for name in kept.index if "p00002" not in name and "p00003" not in name]
    assert again.timings.set_index("run_id")["started"].loc[done].equals(kept.loc[done])


def test_a_capsule_makes_the_same_run(tmp_path: Path) -> None:
    failed = run(tmp_path / "r", failing)
    name = failed.failed["run_id"].iloc[0]
    capsule = read_capsule(failed.path / "failures" / f"{name}.json")
    assert capsule.run_id == name and capsule.same_code
    assert capsule.error == "ArithmeticError: physical ETH is off by 1 ETH"
    assert capsule.scenario.campaigns.airdrop_share == 0.05
    record = replay(capsule)
    stored = run(tmp_path / "real", simulate).runs.set_index("run_id").loc[name]
    assert record.status == "done"
    for metric, value in record.summary.items():
        np.testing.assert_equal(stored[metric], value, err_msg=metric)


def test_replay_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = run(tmp_path / "r", failing)
    path = min((failed.path / "failures").glob("*.json"))
    assert main(["replay", str(path), "--json"]) == 0
    captured = capsys.readouterr()
    content = json.loads(captured.out)
    assert content["status"] == "done" and content["run_id"] == path.stem and len(content["summary"]) > 10
    assert "ran to its end; before: ArithmeticError" in captured.err


def test_a_replay_that_fails_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = run(tmp_path / "r", failing)
    path = min((failed.path / "failures").glob("*.json"))
    from restaking.experiments.runner import capsule, task

    def make_one(job: task.Job, what: task.Task) -> object:
        return task._run(task.Job(job.scenario, job.code, execute=failing), what, task._Scenarios(job.scenario))

    monkeypatch.setattr(capsule, "make_one", make_one)
    assert main(["replay", str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Traceback") and "failed: ArithmeticError" in error and "(as before)" in error


def test_what_is_no_capsule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = run(tmp_path / "r", failing)
    path = min((failed.path / "failures").glob("*.json"))
    content = json.loads(path.read_text())
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "cut.json").write_text('{"kind": "caps')
    (tmp_path / "new.json").write_text(json.dumps(content | {"format": 99}))
    content["scenario"]["stakers"]["count"] = -5
    (tmp_path / "bad.json").write_text(json.dumps(content))
    for name, message in (
        ("missing.json", "no such file; capsules there:"),
        ("list.json", "not a JSON object"),
        ("cut.json", "cannot be read"),
        ("new.json", "format 99"),
        ("bad.json", "stakers.count"),
        ("r/manifest.json", "is not a capsule"),
        ("r/failures", "is a folder"),
        (path.with_suffix(".txt").relative_to(tmp_path), "cannot be read"),
    ):
        assert main(["replay", str(tmp_path / name)]) == 2, name
        captured = capsys.readouterr()
        assert message in captured.err and captured.err.count("\n") == 1, captured.err
        with pytest.raises((SweepFolderError, ScenarioError)):
            read_capsule(tmp_path / name)
