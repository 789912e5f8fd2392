"""The scoreboard: facts measured over seeds, in range or honestly out of it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import casts
from ..folders.folder import Layout
from .facts import ELSEWHERE, FACTS, Fact

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ...agents.cast import Cast
    from ...model.scenario import Scenario
    from ..store import Run

FIRST_SEED = 1
IN_RANGE, MISSED, NOT_MEASURED = "in range", "missed", "not measurable here"
LEDGER_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Row:
    """One fact over the seeds.

    Attributes:
        fact: the fact.
        median: median over seeds, in the fact's unit; NaN when no run could tell.
        q05: 5 % quantile over seeds.
        q95: 95 % quantile over seeds.
        held: seeds in range.
        seeds: seeds that could tell.
        verdict: ``in range`` when the median is, ``missed``, or ``not measurable here``.
    """

    fact: Fact
    median: float
    q05: float
    q95: float
    held: int
    seeds: int
    verdict: str

    def span(self) -> str:
        """The accepted range in words."""
        if math.isfinite(self.fact.high):
            return f"{self.fact.low:.3g} to {self.fact.high:.3g}"
        return f"from {self.fact.low:.3g}"

    def on_its_range(self, value: float) -> float:
        """A value on the scale of the accepted range, 0 its low end and 1 its high one, cut at -0.9 and 1.9.

        An open end counts as twice the closed one, so that the range has a width.
        """
        top = self.fact.high if math.isfinite(self.fact.high) else 2.0 * self.fact.low
        return min(max((value - self.fact.low) / (top - self.fact.low), -0.9), 1.9)

    def as_mapping(self) -> dict[str, Any]:
        """The row as it stands in the table."""
        return {
            "id": self.fact.id,
            "fact": self.fact.text,
            "measure": self.fact.measure,
            "kind": self.fact.kind,
            "unit": self.fact.unit,
            "low": self.fact.low,
            "high": self.fact.high,
            "median": self.median,
            "q05": self.q05,
            "q95": self.q95,
            "seeds_in_range": self.held,
            "seeds": self.seeds,
            "verdict": self.verdict,
            "source": self.fact.source,
        }


@dataclass(frozen=True)
class Scoreboard:
    """Facts over seeds.

    Attributes:
        scenario: name of the scenario.
        days: length of the runs.
        stakers: number of stakers.
        values: a row per seed, a column per fact id; NaN where a run cannot tell.
        cast: what own classes and an own maker of models are known by; None when there are none.
        sound: a row per seed: ``largest_residual`` (ledger, relative to all ETH), ``negative`` and ``missing`` (number
            of negative balances and of missing numbers in the daily series), ``claimed_supply_growth`` and so on.
    """

    scenario: str
    days: int
    stakers: int
    values: "pd.DataFrame"
    sound: "pd.DataFrame"
    cast: casts.Identity | None = None

    def rows(self) -> "list[Row]":
        """One row per fact, in the order of the facts."""
        return [self._row(fact) for fact in FACTS]

    def table(self) -> "pd.DataFrame":
        """The rows as a frame: median and 5 to 95 % over seeds, seeds in range, verdict."""
        import pandas as pd

        return pd.DataFrame([row.as_mapping() for row in self.rows()])

    def _row(self, fact: Fact) -> "Row":
        known = self.values[fact.id].dropna().to_numpy(float)
        if known.size == 0:
            return Row(fact, math.nan, math.nan, math.nan, 0, 0, NOT_MEASURED)
        low, median, high = (float(value) for value in np.quantile(known, [0.05, 0.5, 0.95]))
        held = int(((known >= fact.low) & (known <= fact.high)).sum())
        verdict = IN_RANGE if fact.low <= median <= fact.high else MISSED
        return Row(fact, median, low, high, held, known.size, verdict)

    @property
    def in_range(self) -> int:
        """Facts whose median over seeds lies in their range."""
        return sum(row.verdict == IN_RANGE for row in self.rows())

    @property
    def measured(self) -> int:
        """Facts that could be measured."""
        return sum(row.verdict != NOT_MEASURED for row in self.rows())

    @property
    def is_sound(self) -> bool:
        """Whether the ledgers hold and no number is missing or negative in any run."""
        worst = float(self.sound["largest_residual"].max())
        return worst <= LEDGER_TOLERANCE and float(self.sound[["missing", "negative"]].to_numpy().sum()) == 0.0


def measure(run: "Run") -> tuple[dict[str, float], dict[str, float]]:
    """All facts, and the checks that every run has to pass, on one run."""
    return {fact.id: fact.value(run) for fact in FACTS}, soundness(run)


def soundness(run: "Run") -> dict[str, float]:
    """What no run may violate, and how the economy moved: ledgers, missing and negative numbers, growth, rotation.

    Args:
        run: the run.
    """
    from ...model.metrics import metrics_of

    daily = run.daily.drop(columns=["day", "date"]).astype(float)
    supply = run.entity("lrt", "supply_eth").fillna(0.0).to_numpy()
    total = np.maximum(supply.sum(axis=1), 1e-300)
    shares = supply / total[:, None]
    amounts = [name for name in map(str, daily) if name.endswith("_eth") and name not in ("ledger_residual_eth",)]
    premium = daily["premium_advertised"].to_numpy()
    month = max(1, min(30, premium.size // 4))
    return {
        "largest_residual": float(daily["ledger_residual_eth"].abs().max() / run.scenario.stakers.total_eth),
        "missing": float(daily[[m.name for m in metrics_of("total") if not m.optional]].isna().to_numpy().sum()),
        "negative": float((daily[amounts] < 0.0).to_numpy().sum()),
        "largest_lrt_share_of_staked": float(daily["lrt_share_of_staked"].max()),
        "growth_to_peak": float(total.max() / total[0]),
        "rotation": float(0.5 * np.abs(shares[-1] - shares[0]).sum()),
        "premium_first_month": float(premium[1 : 1 + month].mean()),
        "premium_last_month": float(premium[-month:].mean()),
        "hhi_range": float(daily["lrt_hhi"].max() - daily["lrt_hhi"].min()),
    }


def _measure_seed(
    scenario: "Scenario", seed: int, packed: casts.Packed | None
) -> tuple[int, dict[str, float], dict[str, float]]:
    from ..run import run_scenario

    if packed is not None:
        casts.hush()
    agents, model = (None, None) if packed is None else packed.unpack()
    run = run_scenario(scenario, seed=seed, progress=False, agents=agents, model=model)
    facts, sound = measure(run)
    return seed, facts, sound


def validate(
    scenario: "str | Scenario" = "season-2024",
    *,
    seeds: int = 20,
    workers: int = 2,
    overrides: dict[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> Scoreboard:
    """Measure the facts over the seeds from 1 on.

    Args:
        scenario: shipped name, path, or a scenario.
        seeds: number of seeds.
        workers: processes; 1 runs in this one.
        overrides: values by dotted key.
        progress: called with the seeds done and their number.
        agents: own classes of agents: a cast, or classes by kind; importable in a worker.
        model: own maker of models, as of a run; importable in a worker.

    Raises:
        ScenarioError: the scenario or an override is not valid.
        CastError: a class cannot play, or workers could not import it.
        ValueError: there are no seeds or workers.
    """
    import pandas as pd

    from ..run import resolve

    if seeds < 1 or workers < 1:
        raise ValueError(f"seeds and workers must be at least 1, not {seeds} and {workers}")
    resolved = resolve(scenario, overrides=overrides)
    wanted = range(FIRST_SEED, FIRST_SEED + seeds)
    known, packed = casts.of_sweep(agents, model)
    if workers > 1:
        casts.refuse_script(packed)
    rows = {}
    for done, (seed, facts, sound) in enumerate(_measured(resolved, wanted, workers, packed), start=1):
        rows[seed] = (facts, sound)
        if progress is not None:
            progress(done, seeds)
    index = pd.Index(list(wanted), name="seed")
    return Scoreboard(
        resolved.name or "scenario",
        resolved.days,
        resolved.stakers.count,
        pd.DataFrame([rows[seed][0] for seed in wanted], index=index),
        pd.DataFrame([rows[seed][1] for seed in wanted], index=index),
        known,
    )


def _measured(
    scenario: "Scenario", seeds: Sequence[int], workers: int, packed: casts.Packed | None
) -> Iterator[tuple[int, dict[str, float], dict[str, float]]]:
    if workers == 1:
        for seed in seeds:
            yield _measure_seed(scenario, seed, packed)
        return
    with _pool(min(workers, len(seeds))) as pool:
        futures = [pool.submit(_measure_seed, scenario, seed, packed) for seed in seeds]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _pool(workers: int) -> Executor:
    import multiprocessing

    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def figure(board: Scoreboard) -> "tuple[Figure, Axes]":
    """Every fact on the scale of its own range: where the seeds lie, and where they should."""
    from ..figures import style

    return style.styled(_draw)(board)


def _draw(board: Scoreboard) -> "tuple[Figure, Axes]":
    from ..figures import style

    rows = [row for row in reversed(board.rows()) if row.verdict != NOT_MEASURED]
    fig, axes = style.canvas([["facts"]], height=0.26 * len(rows) + 1.4)
    ax = axes["facts"]
    ax.grid(visible=False)
    ax.axvspan(0.0, 1.0, color=style.FAINT, alpha=0.5, linewidth=0)
    ax.hlines(range(len(rows)), -1.0, 1.92, color=style.FAINT, linewidth=0.7, zorder=0)
    for y, row in enumerate(rows):
        low, median, high = (row.on_its_range(value) for value in (row.q05, row.median, row.q95))
        colour = style.PALETTE[2] if row.verdict == IN_RANGE else style.PALETTE[4]
        ax.plot([low, high], [y, y], color=colour, linewidth=2.0, solid_capstyle="round")
        ax.plot(median, y, "o", color=colour, markersize=4.5)
        said = f"{row.median:.3g}  ({row.span()})"
        ax.text(2.0, y, said, va="center", color=style.MUTED, fontsize=7)
    ax.set_yticks(range(len(rows)), [f"{row.fact.text}  {row.fact.id}" for row in rows], fontsize=7)
    ax.set_xlim(-1.0, 3.4)
    ax.spines["bottom"].set_bounds(-1.0, 1.92)
    ax.set_xticks([0.0, 1.0], ["low end", "high end"])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)
    style.headline(
        fig,
        f"{board.in_range} of {board.measured} stylised facts in range: {board.scenario}, {len(board.values)} seeds",
    )
    return fig, ax


def report(board: Scoreboard) -> str:
    """The scoreboard as a Markdown page."""
    lines = [
        f"# Stylised facts of `{board.scenario}`",
        "",
        f"{len(board.values)} seeds, {board.stakers:,} stakers, {board.days} days: {board.in_range} of"
        f" {board.measured} measurable facts have their median in range."
        " Ranges were fixed before the runs; a fact that is missed is shown as missed.",
        "",
        *([f"With own classes: {casts.named(board.cast)}.", ""] if board.cast else []),
        "![scoreboard](scoreboard.png)",
        "",
        "| id | fact | measure | kind | range | median | 5 to 95 % | seeds in range | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in board.rows():
        fact = row.fact
        measured = "–" if row.seeds == 0 else f"{row.median:.3g}"
        spread = "–" if row.seeds == 0 else f"{row.q05:.3g} to {row.q95:.3g}"
        lines.append(
            f"| {fact.id} | {fact.text} | {fact.measure} | {fact.kind} | {row.span()} {fact.unit} | {measured}"
            f" | {spread} | {row.held} of {row.seeds} | {row.verdict} |"
        )
    lines += ["", "## Not measurable here", ""]
    lines += [f"- {ids}: {why}" for ids, why in ELSEWHERE]
    lines += ["", "## What holds in every run", ""]
    lines += [f"- {text}" for text in _soundness_lines(board.sound)]
    return "\n".join(lines) + "\n"


def _soundness_lines(sound: "pd.DataFrame") -> list[str]:
    seeds = len(sound)
    first, last = (100.0 * sound[f"premium_{month}_month"].median() for month in ("first", "last"))
    fell = int((sound["premium_last_month"] < sound["premium_first_month"]).sum())
    return [
        f"largest ledger residual {sound['largest_residual'].max():.2g} of all ETH (allowed {LEDGER_TOLERANCE:g})",
        f"missing numbers {int(sound['missing'].sum())}, negative balances {int(sound['negative'].sum())}",
        f"LRT supply at most {sound['largest_lrt_share_of_staked'].max():.3f} of staked ETH",
        f"supply grows {sound['growth_to_peak'].min():.1f} to {sound['growth_to_peak'].max():.1f} times to its peak",
        f"{sound['rotation'].min():.2f} to {sound['rotation'].max():.2f} of the market changes hands between protocols",
        f"the advertised premium falls in {fell} of {seeds} runs, from {first:.1f} to {last:.1f} points (medians of"
        " first and last month)",
        f"the HHI moves by {sound['hhi_range'].min():.2f} to {sound['hhi_range'].max():.2f}",
    ]


LAYOUT = Layout("validation", 1, "a scoreboard")


def write(board: Scoreboard, out: Path) -> None:
    """Write ``scoreboard.csv``, ``values.csv``, ``soundness.csv``, the figure and ``README.md`` into a folder."""
    from ..figures import style
    from ..folders.files import write_text
    from ..provenance import package_version

    for name, frame, index in (
        ("scoreboard", board.table(), False),
        ("values", board.values, True),
        ("soundness", board.sound, True),
    ):
        write_text(out / f"{name}.csv", frame.to_csv(index=index, float_format="%.8g", lineterminator="\n"))
    fig, _ = figure(board)
    last = FIRST_SEED + len(board.values) - 1
    origin = f"restaking {package_version()}, scenario {board.scenario}, seeds {FIRST_SEED} to {last}"
    if board.cast:
        origin = f"{origin}, own classes {casts.named(board.cast)}"
    style.save_figure(fig, out / "scoreboard", origin)
    write_text(out / "README.md", report(board))
