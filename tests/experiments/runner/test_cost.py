"""Time and memory: what a dry run says, how chunks are cut, what progress shows, and that memory stays flat."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from restaking.experiments.runner import SweepInterrupted
from restaking.experiments.runner.chunks import CHUNK_BYTES, CHUNK_SECONDS, Chunks
from restaking.experiments.runner.dry_run import estimate, spread
from restaking.experiments.runner.progress import SweepProgress, duration, rate_text
from restaking.experiments.runner.sweeping import Options
from restaking.experiments.runner.task import DONE, Record
from tests.experiments.runner.test_resume import stop_after
from tests.experiments.runner.worlds import design, invented, run, sleepy, unlike

# ------------------------------------------------------------------------------------------------------------- dry run


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_dry_run_is_right_within_thirty_percent(
    tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restaking.experiments.runner.dry_run.PILOT_SECONDS", 2.0)
    # Runs that sleep take the same time on a busy machine, too: 7 s of them.
    what = design(replications=40)
    if workers > 1:
        # The fork server of this process is warm afterwards, for both.
        run(tmp_path / "warm", sleepy, workers=workers)
    ratios: list[float] = []
    while len(ratios) < 3:  # a machine may stall during a pilot or a sweep; three times in a row it does not
        folder = tmp_path / f"r{len(ratios)}"
        found = estimate(what, folder, Options(workers=workers, execute=sleepy))
        assert not folder.exists()
        assert found.runs == found.to_do == 240 and found.workers == workers
        began = time.perf_counter()
        run(folder, sleepy, design=what, workers=workers)
        ratios.append(found.seconds / (time.perf_counter() - began))
        if abs(ratios[-1] - 1.0) <= 0.3:
            break
    assert abs(ratios[-1] - 1.0) <= 0.3, ratios


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_a_dry_run_knows_the_size_within_thirty_percent(
    tmp_path: Path, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restaking.experiments.runner.dry_run.PILOT_SECONDS", seconds)
    what = design(replications=40)
    found = estimate(what, tmp_path / "r", Options(workers=1, execute=unlike))
    results = run(tmp_path / "r", unlike, design=what)
    assert results.complete and not (results.runs["status"] != "done").any()
    disk = sum(path.stat().st_size for path in results.path.rglob("*.parquet"))
    assert found.disk_bytes == pytest.approx(disk, rel=0.3)


def test_a_dry_run_of_points_that_share_their_numbers_says_no_less_than_they_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restaking.experiments.runner.dry_run.PILOT_SECONDS", 0.0)
    what = design(replications=40)
    found = estimate(what, tmp_path / "r", Options(workers=1, execute=invented))
    results = run(tmp_path / "r", invented, design=what)
    disk = sum(path.stat().st_size for path in results.path.rglob("*.parquet"))
    assert disk < found.disk_bytes < 2.5 * disk


def test_what_is_finished_need_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SweepInterrupted):
        run(tmp_path / "r", stop_after(5, monkeypatch))
    found = estimate(design(), tmp_path / "r", Options(workers=1, execute=invented))
    assert (found.finished, found.to_do) == (5, 13)
    run(tmp_path / "r")
    done = estimate(design(), tmp_path / "r", Options(workers=1, execute=invented))
    assert (done.finished, done.to_do, done.seconds, done.pilot_runs) == (18, 0, 0.0, 0)


def test_a_pilot_covers_the_whole_design() -> None:
    order = spread(list(range(100)))
    assert sorted(order) == list(range(100))
    assert {number // 25 for number in order[:4]} == {0, 1, 2, 3} or len({n // 25 for n in order[:6]}) == 4
    assert spread([5]) == [5]


# -------------------------------------------------------------------------------------------------------------- chunks


def test_chunks_are_as_long_as_they_should_be() -> None:
    chunks = Chunks(range(10_000))
    assert chunks.take(2) == [0], "nothing is known about the first"
    chunks.note([0.05] * 10)
    assert len(chunks.take(2)) == round(CHUNK_SECONDS / 0.05)
    chunks.note([60.0] * 64)
    assert len(chunks.take(2)) == 1, "a long run is a chunk of its own"


def test_chunks_get_smaller_towards_the_end_and_leave_nothing() -> None:
    chunks = Chunks(range(100))
    chunks.note([0.001])
    sizes = []
    while chunks:
        sizes.append(len(chunks.take(2)))
    assert sum(sizes) == 100 and sizes == sorted(sizes, reverse=True) and sizes[0] == 25 and sizes[-1] == 1


def test_chunks_are_no_larger_than_what_the_memory_of_the_runner_bears() -> None:
    chunks = Chunks(range(10_000), bytes_per_run=CHUNK_BYTES // 3)
    chunks.take(2)
    chunks.note([1e-6])
    assert len(chunks.take(2)) == 3


def test_chunks_are_sized_by_processor_time() -> None:
    busy = Record(0, DONE, "code", seconds=8.0, cpu_seconds=1.0)
    assert busy.effort == 1.0, "others on the machine do not make chunks small"
    idle = Record(0, DONE, "code", seconds=20.0, cpu_seconds=0.001)
    assert idle.effort == 1.0, "nor does waiting make them last for ever"


def test_what_was_not_made_comes_first_again() -> None:
    chunks = Chunks(range(5))
    chunks.note([0.0])
    taken = chunks.take(1)
    chunks.put_back(list(reversed(taken[2:])))
    assert taken == [0, 1, 2, 3, 4] and chunks.take(1) == [2, 3, 4]


# ------------------------------------------------------------------------------------------------------------ progress


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


def shown(tty: bool, seconds: float, before: int = 0) -> str:
    now = 0.0
    stream = Stream(tty)
    progress = SweepProgress("small", 1000, before, stream=stream, clock=lambda: now)  # type: ignore[arg-type]
    for done in range(before + 10, 1001, 10):
        now += seconds
        progress(done, done // 500)
    progress.close()
    return stream.text


def test_short_sweeps_show_nothing() -> None:
    assert shown(False, 0.01) == shown(True, 0.01) == ""


def test_logs_get_a_line_now_and_then() -> None:
    lines = shown(False, 1.0).splitlines()
    assert lines[0] == "small: 100 of 1,000 runs, 10 runs/s, 1 min 30 s left"
    assert lines[-1] == "small: 1,000 of 1,000 runs, 10 runs/s, 0.0 s left, 2 failed"


def test_runs_of_earlier_sessions_do_not_count_as_speed() -> None:
    assert shown(False, 1.0, before=500).splitlines()[0].startswith("small: 600 of 1,000 runs, 10 runs/s")


def test_people_get_a_bar_with_failures() -> None:
    text = shown(True, 1.0)
    assert "small" in text and "2 failed" in text


def test_times_and_rates_for_people() -> None:
    assert [duration(s) for s in (3.21, 42.0, 95.0, 7260.0)] == ["3.2 s", "42 s", "1 min 35 s", "2 h 01 min"]
    assert [rate_text(r) for r in (12.345, 0.5, 0.001)] == ["12.3 runs/s", "30 runs/min", "3.6 runs/h"]


# -------------------------------------------------------------------------------------------------------------- memory

PEAK = """
import sys
from tests.experiments.runner.worlds import design, run
from restaking.experiments.runner.task import peak_memory, simulate
from pathlib import Path
what = design(replications=int(sys.argv[2]), days=10)
results = run(Path(sys.argv[1]), simulate, design=what, series=True)
assert results.complete
print(peak_memory())
"""


CLIENT = """
import sys
from pathlib import Path
from tests.experiments.runner.worlds import design, invented
from restaking.experiments.runner.sweeping import Options, carry_out
from restaking.experiments.runner.task import peak_memory
what = design(replications=int(sys.argv[2]) // 6, days=60)
carry_out(what, Path(sys.argv[1]), Options(workers=2, progress=False, execute=invented))
print(peak_memory())
"""


@pytest.mark.slow
def test_who_hands_out_twenty_thousand_runs_stays_small(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", CLIENT, str(tmp_path / "r"), "20000"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 250 << 20, f"{int(done.stdout) / 2**20:.0f} MiB"


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_runs(tmp_path: Path) -> None:
    """Runner, store, tables and Mesa's registry of models: 200 runs against 2,000, all in one process."""
    peaks = []
    for replications in (34, 334):
        arguments = [sys.executable, "-c", PEAK, str(tmp_path / str(replications)), str(replications)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    few, many = peaks
    assert many - few < 40e6, f"{few / 1e6:.0f} MB for 204 runs, {many / 1e6:.0f} MB for 2,004"
