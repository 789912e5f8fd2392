"""Print the benchmark table: every figure beside what it is compared with, measured in turn in the same process."""

import argparse
import resource
import statistics
import sys
import time

from restaking.model import RestakingEcosystem

from . import guard, peers
from .measure import child_seconds, in_turn, level, line, progress, python_floor, row_touch

ROUNDS = 5
MIB = 1024.0


def run_baseline() -> None:
    """One run of ``baseline``: 1,000 stakers, 365 days."""
    with RestakingEcosystem("baseline") as model:
        model.run()


def bench_baseline() -> None:
    """A short run in a warm process, as in a sweep, beside the stakers alone in other frameworks."""
    actions = {
        "baseline": run_baseline,
        "plain Python": python_floor(),
        "Mesa": lambda: peers.run_mesa(1_000, 365),
    }
    if peers.has_agentpy():
        actions["agentpy"] = lambda: peers.run_agentpy(1_000, 365)
    times = in_turn(actions, ROUNDS)
    ours = times.seconds("baseline")
    beside = f"{times.ratio('baseline', 'plain Python'):.0f} x a Python loop of 20,000 additions"
    line("baseline, 1,000 stakers x 365 days, warm", f"{1e3 * ours:.0f} ms", beside, level(ours, 0.060, 0.250))
    for name in ("Mesa", "agentpy"):
        if name not in actions:
            line(f"the stakers alone in plain {name}", "-", "not installed: pip install 'restaking[bench]'")
            continue
        beside = f"{times.ratio(name, 'baseline'):.2f} x our whole model"
        line(f"the stakers alone in plain {name}", f"{1e3 * times.seconds(name):.0f} ms", beside)


def bench_staker_day() -> None:
    """The compiled stakers' day against the Python definition and against a touch of every row."""
    days = 20
    overrides = {"stakers.count": 10_000, "days": 400}
    with (
        RestakingEcosystem("season-2024", **overrides) as fast,
        RestakingEcosystem("season-2024", engine="objects", **overrides) as slow,
    ):
        progress("twenty days of 10,000 Python objects")
        fast.run(days)
        slow.run(3)
        for model in (fast, slow):
            model.news()
            model.accrue()
        times = in_turn({"kernel": fast.decide, "objects": slow.decide}, 3)
        touched = in_turn({"kernel": fast.decide, "touch": row_touch(fast.world.stakers)}, 25)
    value = f"{1e3 * times.seconds('kernel'):.2f} ms"
    line("stakers' day, 10,000 stakers, kernel", value, f"{times.ratio('objects', 'kernel'):.0f} x faster than step()")
    line("the same over a touch of every row", f"{touched.ratio('kernel', 'touch'):.1f} x")


def bench_real_size(days: int) -> None:
    """The whole model at the size of the real ecosystem."""
    overrides = {"stakers.count": 250_000, "days": days, "operators.count": 200}
    start = time.process_time()
    with RestakingEcosystem("season-2024", **overrides) as model:
        built = time.process_time() - start
        model.run(progress=lambda day, last: progress(f"250,000 stakers, day {day} of {last}"))
        taken = time.process_time() - start
        services = len(model.restaking_layer.avs_names)
        touch = in_turn({"touch": row_touch(model.world.stakers)}, 25).seconds("touch")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    scale = taken * 730.0 / days
    beside = f"5 LRTs, 200 operators, {services} AVSs; built in {built:.1f} s"
    line(f"250,000 stakers x {days} days", f"{taken:.1f} s", beside, level(scale, 10.0, 30.0))
    line("a day of it over a touch of every row", f"{(taken - built) / days / touch:.1f} x", f"{1e3 * touch:.2f} ms")
    line("peak memory of this process", f"{peak:.0f} MiB", "", level(peak, 700.0, 1500.0))


def bench_help() -> None:
    """Start-up of the command line against an empty parser."""
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(child_seconds(sys.executable, "-c", "import argparse"))
        ours.append(child_seconds(sys.executable, "-m", "restaking.experiments.cli", "--help"))
    least, taken = statistics.median(bare), statistics.median(ours)
    verdict = "met" if taken <= 2.0 * least + 0.1 else "missed"
    beside = f"bare argparse {1e3 * least:.0f} ms; 2 x that + 100 ms"
    line("restaking --help", f"{1e3 * taken:.0f} ms", beside, verdict)


def main() -> int:
    """Measure the simulator; all times are CPU times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--days", type=int, default=730, help="length of the run at real size")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--guard", action="store_true", help="only check that two days have not become slower")
    choice.add_argument("--record", action="store_true", help="measure and write the ratios that the guard holds")
    arguments = parser.parse_args()
    if arguments.guard:
        return 0 if guard.check() else 1
    if arguments.record:
        guard.record()
        return 0
    bench_help()
    bench_baseline()
    bench_staker_day()
    bench_real_size(arguments.days)
    return 0


if __name__ == "__main__":
    sys.exit(main())
