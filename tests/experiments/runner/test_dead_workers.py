"""Workers that are killed: the pool is made anew, runs are repeated, the guilty one becomes a failed row."""

from pathlib import Path

import pytest

from restaking.experiments.runner import SweepError, pool
from tests.experiments.runner.worlds import (
    INFLUENCE,
    SHARE,
    canonical,
    deadly,
    deadly_once,
    marks,
    no_start,
    run,
    sleepy,
)


def test_a_worker_that_is_killed_once_leaves_no_trace(tmp_path: Path) -> None:
    calm = run(tmp_path / "calm")
    hit = run(tmp_path / "hit", deadly_once, workers=2)
    assert marks() == ["died"]
    assert canonical(calm.path) == canonical(hit.path)
    assert not (hit.path / "failures").exists()


def test_a_run_that_kills_its_worker_twice_fails_alone(tmp_path: Path) -> None:
    results = run(tmp_path / "r", deadly, workers=2)
    failed = results.failed
    assert len(failed) == 3, "one for each replication"
    assert (failed[SHARE] == 0.05).all() and (failed[INFLUENCE] == 0.0).all()
    assert failed["error"].str.startswith("the worker died 2 times").all()
    assert (results.runs["status"] == "done").sum() == 15
    assert len(list((results.path / "failures").glob("*.json"))) == 3
    healthy = results.runs[results.runs["status"] == "done"].reset_index(drop=True)
    calm = run(tmp_path / "calm").runs
    assert healthy.equals(calm[calm["run_id"].isin(healthy["run_id"])].reset_index(drop=True))


def test_workers_that_cannot_start_are_no_runs_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "start", no_start)
    with pytest.raises(SweepError, match=r"the workers cannot be started .*0 of 18 runs are finished"):
        run(tmp_path / "r", workers=2)
    monkeypatch.undo()
    assert run(tmp_path / "r", workers=2).manifest["failed"] == 0


def test_stop_means_stop_here_too(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="the worker died 2 times"):
        run(tmp_path / "r", deadly, workers=2, on_error="stop")
    results = run(tmp_path / "r", sleepy, workers=1, retry_failed=True)
    assert (results.runs["status"] == "done").all()
    assert canonical(results.path) == canonical(run(tmp_path / "calm").path)
