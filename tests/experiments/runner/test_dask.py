"""A real scheduler with two worker processes on this machine."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.results import load_results
from restaking.experiments.runner import SweepError, SweepFolderError, sweep
from tests.experiments.runner.worlds import (
    DESIGN,
    canonical,
    cluster_of_two,
    deadly_once,
    failing,
    local_cluster,
    marks,
    run,
    slow,
)

pytestmark = pytest.mark.filterwarnings("ignore:::distributed", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with cluster_of_two() as started:
        yield started


def test_dask_writes_the_same_bytes(cluster: Any, tmp_path: Path) -> None:
    there = sweep(DESIGN, out=tmp_path / "dask", cluster=cluster.scheduler_address, progress=False)
    here = sweep(DESIGN, out=tmp_path / "here", workers=1, progress=False)
    assert canonical(there.path) == canonical(here.path)
    assert there.timings["worker"].nunique() == 2
    assert there.manifest["sessions"][0]["cluster"] == cluster.scheduler_address


def test_failed_runs_come_back_as_rows(cluster: Any, tmp_path: Path) -> None:
    results = run(tmp_path / "dask", failing, cluster=cluster.scheduler_address)
    assert len(results.failed) == 6
    assert canonical(results.path) == canonical(run(tmp_path / "here", failing).path)


def test_a_killed_worker_is_replaced(cluster: Any, tmp_path: Path) -> None:
    results = run(tmp_path / "dask", deadly_once, cluster=cluster.scheduler_address)
    assert marks() == ["died"] and (results.runs["status"] == "done").all()
    assert canonical(results.path) == canonical(run(tmp_path / "here").path)


def test_a_scheduler_that_goes_away(tmp_path: Path) -> None:
    """What is finished stays, and another command finishes the rest."""
    mortal = local_cluster(1)
    address = mortal.scheduler_address

    def end_it() -> None:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "r").glob("parts/*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.02)
        mortal.close()

    killer = threading.Thread(target=end_it)
    killer.start()
    with pytest.raises(SweepError, match=r"scheduler at tcp://127.0.0.1:\d+ is gone .* runs are finished and safe"):
        run(tmp_path / "r", slow, cluster=address)
    killer.join()
    kept = load_results(tmp_path / "r").timings
    assert 0 < len(kept) < 18
    results = run(tmp_path / "r")
    assert canonical(results.path) == canonical(run(tmp_path / "here").path)
    assert set(kept["started"]) <= set(results.timings["started"])


def test_nobody_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from restaking.experiments.runner import pool

    monkeypatch.setattr(pool, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(SweepFolderError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1 "):
        run(tmp_path / "r", cluster="tcp://127.0.0.1:1")
    assert main(["sweep", "airdrop-size", "--out", str(tmp_path / "s"), "--cluster", "nonsense://x"]) == 2
    assert "no Dask scheduler answers at nonsense://x" in capsys.readouterr().err


def test_without_dask_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(SweepFolderError, match=r"pip install 'restaking\[cluster\]'"):
        run(tmp_path / "r", cluster="tcp://127.0.0.1:8786")
