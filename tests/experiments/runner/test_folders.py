"""What may be written where, and by whom: other designs, other code, other runners, full disks."""

import contextlib
import errno
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from restaking.experiments.designs import Design
from restaking.experiments.folders import files
from restaking.experiments.folders.errors import FolderError
from restaking.experiments.folders.lock import FolderLock
from restaking.experiments.results import load_results
from restaking.experiments.runner import SweepError, SweepFolderError, identity
from tests.experiments.runner.worlds import SHARE, canonical, design, failing, invented, run, sleepy
from tests.experiments.runner.worlds import files as all_files

# ----------------------------------------------------------------------------------------------- something in the way


def test_the_folder_of_another_design_is_not_touched(tmp_path: Path) -> None:
    run(tmp_path / "r")
    before = all_files(tmp_path)
    other = design(replications=2)
    with pytest.raises(SweepFolderError, match=r"holds the results of another design .*--overwrite to replace"):
        run(tmp_path / "r", design=other)
    assert all_files(tmp_path) == before
    replaced = run(tmp_path / "r", design=other, overwrite=True)
    assert len(replaced.runs) == 12
    assert canonical(replaced.path) == canonical(run(tmp_path / "new", design=other).path)


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_sweep_is_never_replaced(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.txt").write_text("keep")
    (tmp_path / "file").write_text("keep")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text('{"format": 1, "scenario": "baseline"}')
    before = all_files(tmp_path)
    for name, message in (("notes", "never replaced"), ("file", "not a folder"), ("run", "not the folder of a sweep")):
        with pytest.raises(SweepFolderError, match=message):
            run(tmp_path / name, overwrite=overwrite)
    assert all_files(tmp_path) == before


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    assert run(tmp_path / "r").complete


def test_a_folder_that_died_before_it_began_will_do(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "lock").write_text("")
    (tmp_path / "r" / "design.json").write_text("{")
    assert run(tmp_path / "r").complete


def test_names_do_not_make_another_design(tmp_path: Path) -> None:
    run(tmp_path / "r")
    assert run(tmp_path / "r", design=design(name="renamed", title="A title")).complete


# --------------------------------------------------------------------------------------------------------- other code


def test_other_code_is_said_and_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SweepError):
        run(tmp_path / "r", failing, on_error="stop")
    there = len(load_results(tmp_path / "r").runs)
    old = identity.code_identity()
    before = all_files(tmp_path)
    monkeypatch.setattr(identity, "model_code", lambda: "0123456789ab")
    new = identity.code_identity()
    assert new != old
    with pytest.raises(SweepFolderError, match=rf"{there} runs made with code {old}; this is code {new}.*--accept-new"):
        run(tmp_path / "r")
    assert all_files(tmp_path) == before

    said: list[str] = []
    mixed = run(tmp_path / "r", accept_new_code=True, say=said.append)
    assert said == [f"{there} runs were made with code {old}; the others are made with code {new}"]
    assert mixed.manifest["codes"] == [old, new]
    assert mixed.timings["code"].value_counts().to_dict() == {old: there, new: 18 - there}
    pure = run(tmp_path / "pure")
    same_name = set(mixed.runs["run_id"]) & set(pure.runs["run_id"])
    assert len(same_name) == 18 - there, "a run's name says which code made it"


def test_complete_results_of_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(tmp_path / "r")
    names = set(first.runs["run_id"])
    monkeypatch.setattr(identity, "model_code", lambda: "0123456789ab")
    with pytest.raises(SweepFolderError, match="has 18 runs made with code"):
        run(tmp_path / "r")
    assert set(run(tmp_path / "r", accept_new_code=True).runs["run_id"]) == names
    assert not set(run(tmp_path / "r", overwrite=True).runs["run_id"]) & names


def test_nothing_finished_means_nothing_to_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "r", _interrupt)
    monkeypatch.setattr(identity, "model_code", lambda: "0123456789ab")
    assert run(tmp_path / "r").manifest["codes"] == [identity.code_identity()]


def _interrupt(scenario: Any, seed: int) -> Any:
    raise KeyboardInterrupt


def test_workers_with_other_code_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "model_code", lambda: "0123456789ab")
    with pytest.raises(SweepError, match="a worker has other code than this process"):
        run(tmp_path / "r", workers=2)


# -------------------------------------------------------------------------------------------------------- two runners

HOLDER = """
import sys, time
from pathlib import Path
from restaking.experiments.folders.lock import FolderLock
with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@contextlib.contextmanager
def held(folder: Path) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_the_second_runner_says_who_is_at_work_and_stops(tmp_path: Path) -> None:
    with pytest.raises(SweepError):
        run(tmp_path / "r", failing, on_error="stop")
    before = all_files(tmp_path)
    with held(tmp_path / "r") as process:
        message = rf"is being worked on by process {process.pid} on \S+, since 20"
        for options in ({}, {"overwrite": True}):
            with pytest.raises(SweepFolderError, match=message):
                run(tmp_path / "r", **options)
        assert {name: text for name, text in all_files(tmp_path).items() if name != "r/lock"} == before
        process.kill()
        process.wait()
        assert (tmp_path / "r" / "lock").exists(), "the dead process could not tidy up"
        assert run(tmp_path / "r", failing).complete, "the lock of a dead process is free"
    assert not (tmp_path / "r" / "lock").exists()


def test_two_runners_at_once(tmp_path: Path) -> None:
    """One works, the other stops; whichever comes first."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom tests.experiments.runner.worlds import run, slow\n"
        "from restaking.experiments.runner import SweepFolderError\n"
        "try:\n    run(Path(sys.argv[1]), slow)\nexcept SweepFolderError as error:\n    sys.exit(str(error))\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "r")], stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    errors = [process.communicate(timeout=120)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1], errors
    assert any("is being worked on by process" in error for error in errors)
    assert canonical(tmp_path / "r") == canonical(run(tmp_path / "calm").path)


def test_a_lock_is_gone_after_use_and_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with FolderLock(tmp_path):
            owner = json.loads((tmp_path / "lock").read_text())
            assert owner["pid"] == os.getpid()
            with pytest.raises(FolderError, match=f"process {os.getpid()}"):
                FolderLock(tmp_path)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------------------- full disks


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr("restaking.experiments.runner.chunks.CHUNK_SECONDS", 0.0)
    small = design(replications=1)
    expected = canonical(run(tmp_path / "calm", design=small).path)
    step, full = 0, True
    while full:
        step += 1
        with monkeypatch.context() as patch:
            _fill_disk_after(step, number, patch)
            message = _what_it_says(tmp_path / f"r{step}", small)
        full = bool(message)
        assert not full or ("the disk is full" in message and "the same command again" in message)
        assert not list((tmp_path / f"r{step}").rglob("*.partial"))
        assert canonical(run(tmp_path / f"r{step}", design=small).path) == expected
    assert step > 10


def _what_it_says(folder: Path, what: Design) -> str:
    try:
        run(folder, design=what)
    except SweepError as error:
        return str(error)
    return ""


def _fill_disk_after(syncs: int, number: int, patch: pytest.MonkeyPatch) -> None:
    """Every write after the first few fails when it is flushed."""
    left = [syncs]
    fsync = os.fsync

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    patch.setattr(files.os, "fsync", full)


def test_a_write_that_fails_inside_parquet(tmp_path: Path) -> None:
    """The limit on the size of files stands for a disk with no room for the tables, but enough for their parts."""
    calm = run(tmp_path / "calm")
    room = max(path.stat().st_size for path in calm.path.rglob("*.parquet"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room * 2 // 3, before[1]))
    try:
        with pytest.raises(SweepError, match=r"the disk is full; \d+ of 18 runs are finished and safe"):
            run(tmp_path / "r", sleepy)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert canonical(run(tmp_path / "r").path) == canonical(calm.path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    where = tmp_path / "disk"
    where.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(where)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        message = f"this machine does not let us mount a small tmpfs: {mounted.stderr.strip()}"
        if "CI" in os.environ:
            pytest.fail(message)
        pytest.skip(message)
    yield where
    for _ in range(50):
        if subprocess.run(["umount", str(where)], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail(f"{where} could not be unmounted")


def test_a_small_disk(small_disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Full before the end; with space freed, the same command finishes it."""
    what = design(days=60)
    calm = run(tmp_path / "calm", design=what)
    (small_disk / "ballast").write_bytes(b"\0" * 900_000)
    with pytest.raises(SweepError, match="the disk is full"):
        run(small_disk / "r", sleepy, design=what, workers=2)
    assert not list((small_disk / "r").rglob("*.partial"))
    (small_disk / "ballast").unlink()
    results = run(small_disk / "r", design=what, series=True)
    assert canonical(results.path) == canonical(calm.path)
    assert results.runs[SHARE].nunique() == 3


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SweepFolderError, match="cannot be written"):
        run(tmp_path / "file" / "r", invented)
