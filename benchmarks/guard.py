"""Two days of the simulator against what they cost when this was written: ``python -m benchmarks --guard``.

A day is measured in turn with a floor that does the same kind of work, so that a busy or a slower machine slows both:
the day of 250,000 stakers against a draw for every row, the day of the demo against a loop in plain Python. The ratios
that are right stand in ``ratios.json``; ``--record`` measures and writes them anew, which is for whoever has made the
simulator faster or has a reason why it had to become slower.
"""

import gc
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restaking.model import RestakingEcosystem

from .measure import Action, cpu_seconds, line, progress, python_floor, touch_and_draw

RATIOS = Path(__file__).parent / "ratios.json"
ALLOWED = 1.5
"""Multiple of its committed ratio at which a day counts as worse."""

WEEK = 7
BLOCKS = 11
"""Ratios taken of each day; their median is the verdict."""
RECORDINGS = 3
"""Odd number of verdicts of which the middle one is written down."""


@dataclass(frozen=True)
class Guarded:
    """A day that must not become slower.

    Attributes:
        overrides: scenario keys laid over ``season-2024``.
        warm_days: days run beforehand; loans, queues and operators are there by then.
        floor: what it is measured against, in words.
        make_floor: makes that, from the model.
        floors: how many floors are run before every day and added up, so that both take about as long.
    """

    overrides: dict[str, Any]
    warm_days: int
    floor: str
    make_floor: Callable[[RestakingEcosystem], Action]
    floors: int


GUARDED = {
    "a day of 250,000 stakers": Guarded(
        {"stakers.count": 250_000, "days": 400, "operators.count": 200},
        30,
        "passes over the 64-byte staker rows that draw a number for each and read a byte of half of them",
        lambda model: touch_and_draw(model.world.stakers),
        4,
    ),
    "a day of the demo": Guarded(
        {"stakers.count": 10_000, "days": 578},
        210,
        "loops of plain Python, 20,000 additions each",
        lambda model: python_floor(),
        1,
    ),
}


def measured_ratio(guarded: Guarded) -> tuple[float, float, float]:
    """Ratio of a day to its floor, and the CPU seconds of both.

    A block is a week, because some of the day's work is weekly; every day of it has its floors beside it.
    """
    ratios, days, floors = [], [], []
    with RestakingEcosystem("season-2024", **guarded.overrides) as model:
        model.run(guarded.warm_days)
        floor = guarded.make_floor(model)
        floor()
        for block in range(BLOCKS):
            progress(f"week {block + 1} of {BLOCKS}")
            gc.collect()
            day = beside = 0.0
            for _ in range(WEEK):
                beside += sum(cpu_seconds(floor) for _ in range(guarded.floors)) / guarded.floors
                day += cpu_seconds(model.step)
            ratios.append(day / beside)
            days.append(day / WEEK)
            floors.append(beside / WEEK)
    return statistics.median(ratios), statistics.median(days), statistics.median(floors)


def check(allowed: float = ALLOWED) -> bool:
    """Measure and compare; True when no day is worse than it may be."""
    right = json.loads(RATIOS.read_text())["ratios"]
    passed = True
    for name, guarded in GUARDED.items():
        ratio, day, floor = measured_ratio(guarded)
        most = allowed * right[name]["ratio"]
        verdict = "passed" if ratio <= most else "FAILED"
        beside = f"{1e3 * day:.2f} over {1e3 * floor:.2f} ms; committed {right[name]['ratio']:.3g}, at most {most:.3g}"
        line(name, f"{ratio:.2f} x", beside, verdict)
        passed = passed and ratio <= most
    if not passed:
        print(
            "A day costs more than it may. If something has become slower by mistake, find it; if it had to become "
            "slower, record the new ratio with `python -m benchmarks --record` and say why."
        )
    return passed


def record() -> None:
    """Measure the ratios and write them down."""
    found = {}
    for name, guarded in GUARDED.items():
        ratio, day, floor = sorted(measured_ratio(guarded) for _ in range(RECORDINGS))[RECORDINGS // 2]
        found[name] = {"ratio": float(f"{ratio:.3g}"), "over": guarded.floor}
        line(name, f"{ratio:.2f} x", f"{1e3 * day:.2f} over {1e3 * floor:.2f} ms")
    how = (
        f"CPU time of a day of season-2024 over that of its floor, run in turn in one process; weeks of {WEEK} days, "
        f"median of {BLOCKS}, and the middle one of {RECORDINGS} models; made by `python -m benchmarks --record`"
    )
    RATIOS.write_text(json.dumps({"how": how, "ratios": found}, indent=2) + "\n")
