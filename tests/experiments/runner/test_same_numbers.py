"""The same numbers, whoever made them, and files of the same bytes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from restaking.experiments.runner import SweepFolderError, folder, sweep, tables
from restaking.model import RestakingEcosystem
from tests.experiments.runner.worlds import (
    DESIGN,
    INFLUENCE,
    SHARE,
    canonical,
    design,
    files,
    invented,
    marked,
    marks,
    run,
    sleepy,
)


def test_serial_and_parallel_write_the_same_bytes(tmp_path: Path) -> None:
    serial = sweep(DESIGN, out=tmp_path / "serial", workers=1, progress=False)
    parallel = sweep(DESIGN, out=tmp_path / "parallel", workers=2, progress=False)
    assert canonical(serial.path) == canonical(parallel.path)
    assert len(serial.runs) == 18 and (serial.runs["status"] == "done").all()
    assert parallel.timings["worker"].nunique() == 2, "both workers had something to do"


def test_the_numbers_are_those_of_single_runs(tmp_path: Path) -> None:
    results = sweep(DESIGN, out=tmp_path / "r", workers=1, progress=False)
    for row in (0, 7, 17):
        stored = results.runs.iloc[row]
        overrides = {SHARE: stored[SHARE], INFLUENCE: stored[INFLUENCE], "days": 12, "stakers.count": 50}
        with RestakingEcosystem("baseline", seed=int(stored["seed"]), **overrides) as model:
            model.run()
            for name, value in model.recorder.summary().items():
                np.testing.assert_equal(stored[name], value, err_msg=name)
            series = results.series(stored["run_id"])
            assert series["day"].tolist() == list(range(13))
            for name in model.recorder.names:
                np.testing.assert_array_equal(series[name], model.recorder.series(name), err_msg=name)


def test_points_share_their_seeds_and_replications_differ(tmp_path: Path) -> None:
    runs = run(tmp_path / "r").runs
    assert runs.groupby("replication")["seed"].nunique().eq(1).all()
    assert runs["seed"].nunique() == 3 and runs["run_id"].is_unique


def test_small_blocks_and_files_hold_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(tmp_path / "whole")
    monkeypatch.setattr(tables, "BLOCK_ROWS", 30)
    monkeypatch.setattr(tables, "FILE_ROWS", 70)
    pieces = run(tmp_path / "pieces")
    assert len(list((pieces.path / "series").iterdir())) == 4
    pd.testing.assert_frame_equal(whole.series(), pieces.series())


def test_many_parts_are_folded_without_losing_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run(tmp_path / "plain")
    monkeypatch.setattr(folder, "_FOLD_AT", 3)
    monkeypatch.setattr("restaking.experiments.runner.chunks.CHUNK_SECONDS", 0.0)
    seen: list[int] = []
    add = folder.SweepFolder.add

    def counted(self: folder.SweepFolder, result: object) -> None:
        add(self, result)  # type: ignore[arg-type]
        seen.append(len(list((self.path / "parts").iterdir())))

    monkeypatch.setattr(folder.SweepFolder, "add", counted)
    folded = run(tmp_path / "folded")
    assert len(seen) == 18 and max(seen) <= 18 / 3 + 2
    assert canonical(plain.path) == canonical(folded.path)


def test_equal_points_are_made_once(tmp_path: Path) -> None:
    twice = design(design={"kind": "random", "n": 8}, axes={SHARE: [0.02, 0.05]}, replications=2)
    results = run(tmp_path / "r", marked, design=twice)
    assert len(marks()) == 4 and len(results.runs) == 16
    points = [results.runs[results.runs["point"] == point] for point in range(8)]
    first = points[0]
    number, again = next((n, p) for n, p in enumerate(points[1:], 1) if p[SHARE].iloc[0] == first[SHARE].iloc[0])
    metrics = tables.metric_names()
    np.testing.assert_array_equal(first[metrics].to_numpy(), again[metrics].to_numpy())
    assert not set(first["run_id"]) & set(again["run_id"])
    series = results.series(columns=metrics[0])
    by_point = {point: rows[metrics[0]].to_numpy() for point, rows in series.groupby("point")}
    np.testing.assert_array_equal(by_point[0], by_point[number])


def test_without_series_the_summaries_are_the_same(tmp_path: Path) -> None:
    full, bare = run(tmp_path / "full"), run(tmp_path / "bare", series=False)
    pd.testing.assert_frame_equal(full.runs, bare.runs)
    assert not (bare.path / "series").exists()
    with pytest.raises(SweepFolderError, match="without series"):
        bare.series()
    with pytest.raises(SweepFolderError, match="begun without series"):
        run(tmp_path / "bare", series=True)


def test_the_same_sweep_again_does_nothing(tmp_path: Path) -> None:
    run(tmp_path / "r")
    before = files(tmp_path / "r")
    said: list[str] = []
    run(tmp_path / "r", say=said.append)
    assert files(tmp_path / "r") == before
    assert said == [f"{tmp_path / 'r'} holds this sweep already, complete: nothing to do"]


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Started workers must not run the program again that started them."""
    import subprocess
    import sys

    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom restaking.experiments.runner import sweep\n"
        f"print('once')\nsweep({DESIGN!r}, out='r', workers=2, progress=False)\n"
    )
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "once\n"
    assert (tmp_path / "r" / "runs.parquet").is_file()


def test_nothing_stays_behind(tmp_path: Path) -> None:
    results = run(tmp_path / "r", sleepy, workers=2)
    names = {path.name for path in results.path.iterdir()}
    assert names == {"manifest.json", "design.json", "runs.parquet", "timings.parquet", "series"}


def test_no_time_and_no_host_in_what_is_compared(tmp_path: Path) -> None:
    import socket

    results = run(tmp_path / "r")
    assert list(results.timings) == ["run_id", "point", "replication", "started", "seconds", "worker", "code"]
    for name, content in canonical(results.path).items():
        assert f"{socket.gethostname()}:".encode() not in content, name  # as in timings: host and process
    assert "seconds" not in results.runs and "started" not in results.runs


def test_design_in_the_folder_is_the_design(tmp_path: Path) -> None:
    results = run(tmp_path / "r", invented)
    assert results.design.content_hash() == design().content_hash()
    assert results.manifest["design_hash"] == design().content_hash()
