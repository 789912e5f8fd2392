"""Speed of sweeps: ``python -m benchmarks.bench_sweep [--quick]``. Every figure stands beside what it is compared with.

1,000 runs of ``baseline`` (1,000 stakers, 365 days) with their store; what runner and store cost beside the runs; what
the second core is worth; and Mesa's own ``batch_run`` on the per-object model, the same design scaled down. Figures are
CPU time of all processes together. Only the second core is a matter of wall time, which is taken in pairs, one worker
and two in turn, so that a machine that slows down slows both.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import child_seconds, cpu_seconds, line, progress
from restaking.experiments.results import Results, load_results
from restaking.experiments.runner import sweep
from restaking.model import RestakingEcosystem

PAIRS = 5
SHARE, INFLUENCE = "campaigns.airdrop_share", "stakers.social_influence"


def design(runs: int, stakers: int = 1_000, days: int = 365) -> dict[str, Any]:
    """A grid of ten points and as many replications as make ``runs`` runs."""
    return {
        "name": "bench",
        "scenario": "baseline",
        "seed": 1,
        "replications": max(runs // 10, 1),
        "days": days,
        "stakers": stakers,
        "design": {"kind": "grid"},
        "axes": {SHARE: [0.02, 0.05, 0.08, 0.11, 0.14], INFLUENCE: [0.5, 1.0]},
    }


def timed(what: dict[str, Any], folder: Path, workers: int, **options: Any) -> tuple[float, Results]:
    """Seconds of a sweep from the first line to the last byte, and its results."""
    shutil.rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    results = sweep(what, out=folder, workers=workers, progress=False, **options)
    return time.perf_counter() - began, results


SWEEP = """
import json, sys
from restaking.experiments.runner import sweep

if __name__ == "__main__":
    sweep(json.loads(sys.argv[1]), out=sys.argv[2], workers=int(sys.argv[3]), progress=False)
"""


def sweep_seconds(what: dict[str, Any], folder: Path, workers: int) -> tuple[float, Results]:
    """CPU seconds of a sweep in a process of its own, its workers included, and its results."""
    shutil.rmtree(folder, ignore_errors=True)
    script = folder.parent / "sweep.py"
    script.write_text(SWEEP)
    taken = child_seconds(sys.executable, str(script), json.dumps(what), str(folder), str(workers))
    results = load_results(folder)
    assert isinstance(results, Results)
    return taken, results


def bench_thousand(folder: Path, runs: int) -> None:
    """The target: 1,000 runs with store on two cores in five minutes, at best half the CPU time."""
    progress(f"{runs:,} runs with two workers")
    taken, results = sweep_seconds(design(runs), folder, 2)
    scaled = 0.5 * taken * 1_000 / len(results.runs)
    verdict = "good" if scaled <= 120 else "met" if scaled <= 300 else "missed"
    beside = f"{1e3 * taken / len(results.runs):.0f} ms a run, start included; 600 s for 1,000"
    line(f"{len(results.runs):,} runs of baseline, two workers", f"{taken:.1f} s", beside, verdict)
    size = sum(path.stat().st_size for path in results.path.rglob("*") if path.is_file())
    line("the folder of results", f"{size / 1e6:.1f} MB", f"{size / len(results.runs) / 1e3:.0f} kB a run")


def bench_second_core(folder: Path, runs: int) -> None:
    """One worker against two, five times in turn, in warm processes."""
    what = design(runs)
    # The fork server and the kernels' cache are warm from here on, as after the first seconds of a long sweep.
    timed(design(10), folder, 2)
    timed(design(10), folder, 1)
    ratios = []
    for number in range(PAIRS):
        progress(f"one worker and two, pair {number + 1} of {PAIRS}")
        one, _ = timed(what, folder, 1)
        two, _ = timed(what, folder, 2)
        ratios.append(one / two)
    ratio = statistics.median(ratios)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f} in {PAIRS} pairs of {runs} runs; 1.6 x"
    line(
        "what the second core is worth", f"{ratio:.2f} x", spread, "good" if ratio >= 1.8 else verdict_of(ratio >= 1.6)
    )


def bench_overhead(folder: Path, runs: int) -> None:
    """Everything that is not a run, as a share of the runs, in one process, in turn."""
    what, shares = design(runs), []

    def alone() -> None:
        for seed in range(runs):
            with RestakingEcosystem("baseline", seed=seed) as model:
                model.run()

    alone()
    for number in range(PAIRS):
        progress(f"runner and store, pair {number + 1} of {PAIRS}")
        least = cpu_seconds(alone)
        shutil.rmtree(folder, ignore_errors=True)
        shares.append(cpu_seconds(lambda: sweep(what, out=folder, workers=1, progress=False)) / least - 1.0)
    share = statistics.median(shares)
    line("runner and store beside the runs", f"{100 * share:.1f} %", "under 10 %", verdict_of(share < 0.1))


BATCH_RUN = """
import sys
from mesa.batchrunner import batch_run
from restaking.model import RestakingEcosystem

class PerObject(RestakingEcosystem):
    # batch_run takes a model that says when to stop, and parameters that are identifiers.
    def __init__(self, seed=None, share=0.05, influence=1.0, stakers=100, days=60, engine="objects"):
        super().__init__("baseline", seed=seed, engine=engine, **{
            "campaigns.airdrop_share": share, "stakers.social_influence": influence,
            "stakers.count": stakers, "days": days})

if __name__ == "__main__":
    stakers, days, replications, workers = map(int, sys.argv[1:])
    rows = batch_run(
        PerObject,
        {"seed": list(range(replications)), "share": [0.02, 0.05, 0.08, 0.11, 0.14], "influence": [0.5, 1.0],
         "stakers": stakers, "days": days},
        number_processes=workers, iterations=1, data_collection_period=1, max_steps=days - 1, display_progress=False)
    assert len({row["RunId"] for row in rows}) == 10 * replications
"""


def bench_batch_run(folder: Path, stakers: int, days: int, replications: int) -> None:
    """Mesa's batch_run, every staker a Python object, against the sweep; the same runs, both on two cores."""
    script = folder / "batch.py"
    script.write_text(BATCH_RUN)
    arguments = [str(number) for number in (stakers, days, replications, 2)]
    progress("Mesa's batch_run")
    mesa = child_seconds(sys.executable, str(script), *arguments)
    ours, results = sweep_seconds(design(10 * replications, stakers, days), folder / "ours", 2)
    ratio = f"sweep {ours:.1f} s with its files: {mesa / ours:.1f} x less, start included"
    runs = len(results.runs)
    line(f"Mesa's batch_run, {runs} runs, {stakers} objects x {days} days", f"{mesa:.1f} s", ratio)


def verdict_of(met: bool) -> str:
    """Whether a target is met, in one word."""
    return "met" if met else "missed"


def main() -> None:
    """Run all benchmarks of sweeps."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_sweep", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="restaking-bench-") as name:
        folder = Path(name)
        bench_thousand(folder / "thousand", 100 if quick else 1_000)
        bench_overhead(folder / "overhead", 20 if quick else 100)
        bench_second_core(folder / "cores", 20 if quick else 100)
        bench_batch_run(folder, 200, 30 if quick else 120, 1 if quick else 4)


if __name__ == "__main__":
    main()
