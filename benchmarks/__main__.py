"""Print the benchmark table: every figure beside what it is compared with, measured in the same process."""

import argparse
import gc
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from restaking.model import RestakingEcosystem

ROUNDS = 5
MIB = 1024.0


def seconds(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median time of an action, seconds."""
    taken = []
    for _ in range(rounds):
        gc.collect()
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def level(value: float, good: float, acceptable: float) -> str:
    """Which target a time meets."""
    if value <= good:
        return "good"
    return "acceptable" if value <= acceptable else "missed"


def line(name: str, value: str, beside: str = "", verdict: str = "") -> None:
    """Print one row of the table."""
    print(f"{name:<52}{value:>14}   {beside:<46}{verdict}")


def run_baseline() -> None:
    """One run of ``baseline``: 1,000 stakers, 365 days."""
    with RestakingEcosystem("baseline") as model:
        model.run()


def bench_baseline() -> None:
    """A short run in a warm process, as in a sweep."""
    run_baseline()
    taken = seconds(run_baseline)
    line("baseline, 1,000 stakers x 365 days, warm", f"{1e3 * taken:.0f} ms", "", level(taken, 0.060, 0.250))


def bench_staker_day() -> None:
    """The compiled stakers' day against the Python definition and against one copy of the rows."""
    days = 20
    overrides = {"stakers.count": 10_000, "days": 400}
    with (
        RestakingEcosystem("season-2024", **overrides) as fast,
        RestakingEcosystem("season-2024", engine="objects", **overrides) as slow,
    ):
        fast.run(days)
        slow.run(days)
        fast.news()
        fast.accrue()
        slow.news()
        slow.accrue()
        kernel, objects = seconds(fast.decide), seconds(slow.decide, 3)
        copy = seconds(lambda: fast.world.stakers.copy(), 25)
    line(
        "stakers' day, 10,000 stakers, kernel", f"{1e3 * kernel:.2f} ms", f"{objects / kernel:.0f} x faster than step()"
    )
    line("the same against one copy of the rows", f"{kernel / copy:.1f} x", f"copy {1e3 * copy:.2f} ms")


def bench_real_size(days: int) -> None:
    """The whole model at the size of the real ecosystem."""
    overrides = {"stakers.count": 250_000, "days": days, "operators.count": 200}
    start = time.perf_counter()
    with RestakingEcosystem("season-2024", **overrides) as model:
        built = time.perf_counter() - start
        model.run()
        taken = time.perf_counter() - start
        services = len(model.restaking_layer.avs_names)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    scale = taken * 730.0 / days
    beside = f"5 LRTs, 200 operators, {services} AVSs; built in {built:.1f} s"
    line(f"250,000 stakers x {days} days", f"{taken:.1f} s", beside, level(scale, 10.0, 30.0))
    line("peak memory of this process", f"{peak:.0f} MiB", "", level(peak, 700.0, 1500.0))


def bench_help() -> None:
    """Start-up of the command line against an empty parser."""

    def call(*words: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, *words], check=True, capture_output=True)

    bare = seconds(call("-c", "import argparse"))
    ours = seconds(call("-m", "restaking.experiments.cli", "--help"))
    verdict = "met" if ours <= 2.0 * bare + 0.1 else "missed"
    line("restaking --help", f"{1e3 * ours:.0f} ms", f"bare argparse {1e3 * bare:.0f} ms; 2 x that + 100 ms", verdict)


def main() -> None:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--days", type=int, default=730, help="length of the run at real size")
    days = parser.parse_args().days
    bench_help()
    bench_baseline()
    bench_staker_day()
    bench_real_size(days)


if __name__ == "__main__":
    main()
