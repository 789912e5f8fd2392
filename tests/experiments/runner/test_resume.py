"""Killed, interrupted, resumed: nothing finished is made again, and the bytes are those of an undisturbed sweep."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from restaking.experiments.folders import files
from restaking.experiments.results import load_results
from restaking.experiments.runner import SweepInterrupted, sweeping
from restaking.experiments.runner.folder import parts_in
from restaking.experiments.runner.parts import Parts
from tests.experiments.runner.worlds import TOML, canonical, design, invented, marked, marks, run, sleepy

MOMENTS = 3


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "restaking.experiments.cli", "sweep", "d.toml", "--out", str(folder), *options]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    # 300 runs of some 25 ms: several chunks for each of two workers.
    (tmp_path / "d.toml").write_text(TOML.format(replications=50, days=20))
    return tmp_path


def wait_for_parts(folder: Path, number: int, process: "subprocess.Popen[Any]") -> None:
    deadline = time.monotonic() + 120
    while len(list((folder / "parts").glob("*.parquet"))) < number and process.poll() is None:
        assert time.monotonic() < deadline, "no part appeared"
        time.sleep(0.01)


def descendants(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent == pid:
                found += [int(entry.name), *descendants(int(entry.name))]
    return found


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_kill_9_at_random_moments(place: Path) -> None:
    subprocess.run(command(place / "calm", "--workers", "2"), cwd=place, check=True, capture_output=True)
    moments = random.Random(7)
    hit, kept = place / "hit", {}
    for number in range(MOMENTS):
        process = subprocess.Popen(command(hit, "--workers", "2"), cwd=place, stderr=subprocess.DEVNULL)
        there = len(list((hit / "parts").glob("*.parquet")))
        wait_for_parts(hit, there + 1, process)
        time.sleep(moments.uniform(0.0, 0.8))
        family = descendants(process.pid)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 20
        while any(alive(pid) for pid in family):
            assert time.monotonic() < deadline, "workers outlive the runner that was killed"
            time.sleep(0.05)
        results = load_results(hit)
        timings = results.timings.set_index("run_id")["started"].to_dict()
        assert kept.items() <= timings.items(), f"a finished run was lost or made again (kill {number + 1})"
        kept = timings
    assert kept
    done = subprocess.run(command(hit, "--workers", "2"), cwd=place, check=True, capture_output=True, text=True)
    assert done.stdout == ""
    assert canonical(hit) == canonical(place / "calm")
    assert kept.items() <= load_results(hit).timings.set_index("run_id")["started"].to_dict().items()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_ends_it_in_good_order(place: Path, number: signal.Signals, code: int, workers: str) -> None:
    folder = place / "r"
    process = subprocess.Popen(command(folder, "--workers", workers), cwd=place, stderr=subprocess.PIPE, text=True)
    wait_for_parts(folder, 2, process)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == code, error
    assert "Traceback" not in error
    assert f"stopped by {number.name}" in error and "runs are finished and safe. The same command goes on" in error
    there = len(Parts(parts_in(folder)).finished)
    assert 0 < there < 300 and f"{there} of 300 runs" in error
    assert not list(folder.rglob("*.partial")) and not (folder / "lock").exists()
    if (workers, number) == ("2", signal.SIGINT):
        subprocess.run(command(folder, "--workers", "2"), cwd=place, check=True, capture_output=True)
        assert len(load_results(folder).runs) == 300


def test_a_signal_to_the_whole_group(place: Path) -> None:
    """Batch systems signal every process of a job."""
    folder = place / "r"
    process = subprocess.Popen(
        command(folder, "--workers", "2"), cwd=place, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for_parts(folder, 1, process)
    os.killpg(process.pid, signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 143, error
    assert "Traceback" not in error and not (folder / "failures").exists()


class PowerCut(BaseException):
    """The machine is off: nothing after this happens, no clean-up either."""


def test_a_power_cut_at_every_step_of_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die before and after each rename and each removal, and go on: always the same bytes."""
    monkeypatch.setattr("restaking.experiments.runner.chunks.CHUNK_SECONDS", 0.0)
    small = design(replications=1)
    calm = run(tmp_path / "calm", invented, design=small)
    expected = canonical(calm.path)
    step, survived = 0, False
    while not survived:
        step += 1
        with monkeypatch.context() as patch:
            _cut_power_after(step, patch)
            try:
                run(tmp_path / f"cut{step}", marked, design=small)
                survived = True
            except PowerCut:
                pass
        again = run(tmp_path / f"cut{step}", marked, design=small)
        assert canonical(again.path) == expected, f"cut at step {step}"
        assert not list(again.path.rglob("*.partial")) and not (again.path / "parts").exists()
        assert sorted(again.manifest["files"]) == sorted(calm.manifest["files"])
    assert step > 20, "the steps of writing were not found"
    # Of six runs, at most the one in hand is made twice.
    assert len(marks()) <= step * 7


def _cut_power_after(steps: int, patch: pytest.MonkeyPatch) -> None:
    left = [steps]

    def dying(function: Any, after: bool) -> Any:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if left[0] <= 0:
                raise PowerCut
            left[0] -= 1
            if left[0] == 0 and not after:
                raise PowerCut
            result = function(*arguments, **keywords)
            if left[0] == 0:
                raise PowerCut
            return result

        return call

    patch.setattr(files.os, "replace", dying(os.replace, after=steps % 2 == 0))
    patch.setattr(Path, "unlink", dying(Path.unlink, after=steps % 2 == 1))
    patch.setattr(Path, "rmdir", dying(Path.rmdir, after=True))


def test_a_damaged_part_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = run(tmp_path / "calm")
    stopped = stop_after(3, monkeypatch)
    with pytest.raises(SweepInterrupted):
        run(tmp_path / "r", stopped)
    part = min((tmp_path / "r" / "parts").iterdir())
    part.write_bytes(part.read_bytes()[:100])
    said: list[str] = []
    again = run(tmp_path / "r", say=said.append)
    assert said == [f"{part.name} is damaged (now damaged/{part.name}): its runs are made again"]
    assert (tmp_path / "r" / "damaged" / part.name).stat().st_size == 100, "nothing is thrown away"
    assert canonical(again.path) == canonical(calm.path)


def test_an_unfinished_sweep_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = run(tmp_path / "calm")
    with pytest.raises(SweepInterrupted) as stop:
        run(tmp_path / "r", stop_after(5, monkeypatch))
    assert stop.value.signal == signal.SIGINT
    some = load_results(tmp_path / "r")
    assert not some.complete and 0 < len(some.runs) < 18
    both = complete.runs[complete.runs["run_id"].isin(some.runs["run_id"])].reset_index(drop=True)
    assert some.runs.equals(both)
    one = some.runs["run_id"].iloc[0]
    assert some.series(one, "nav_eth" if "nav_eth" in some.series() else None).equals(complete.series(one))


def stop_after(runs: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A way to make runs that is interrupted by Ctrl-C after a few of them."""
    made = [0]
    monkeypatch.setattr("restaking.experiments.runner.chunks.CHUNK_SECONDS", 0.0)

    def execute(scenario: Any, seed: int) -> Any:
        made[0] += 1
        if made[0] == runs:
            signal.raise_signal(signal.SIGINT)
        return invented(scenario, seed)

    return execute


def test_signals_are_as_before_afterwards(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run(tmp_path / "r", sleepy)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert sweeping.GRACE_SECONDS < 30
