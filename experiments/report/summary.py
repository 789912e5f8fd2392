"""The table of a run that is read in ten seconds: how large, how cheap, how concentrated, who paid."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...model.metrics import metric
from ...model.shown import MISSING
from ..figures import shared_numbers
from ..figures.style import names_of, percent, short_eth
from ..figures.units import in_unit, with_unit
from ..terminal import visible

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

    from ...model.metrics import Metric
    from ..store import Run

TEXT_WIDTH = 110
"""Width of the plain text (characters)."""

_HOW = {
    "last": "at the end",
    "mean": "on average",
    "max": "at most",
    "min": "at least",
    "sum": "in all",
}

_PAYERS = {
    "paid_by_issuance_eth": "issuance",
    "paid_by_users_eth": "users",
    "paid_by_token_buyers_eth": "token buyers",
}


def summary_text(run: "Run") -> str:
    """The summary as plain text; the same run gives the same text."""
    import io

    from rich.console import Console

    page = io.StringIO()
    plain = Console(
        file=page,
        width=TEXT_WIDTH,
        color_system=None,
        force_terminal=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    plain.print(summary(run))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def summary(run: "Run") -> "Group":
    """The summary for a terminal."""
    from rich.console import Group
    from rich.text import Text

    return Group(Text(_heading(run), style="bold"), "", _protocols(run), "", _economy(run))


def _heading(run: "Run") -> str:
    m = run.manifest
    days = f"{run.days} days" if run.complete else f"{run.days} of {m['horizon']} days (interrupted)"
    name = visible(str(m["title"] or m["scenario"]), lines=False)
    return f"{name}: {days} from {m['start_date']}, {m['stakers']:,} stakers, seed {m['seed']}"


def _protocols(run: "Run") -> "Table":
    """One line for each LRT and one for all; amounts in ETH."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("LRT, supply in ETH", no_wrap=True)
    for heading in ("start", "peak", "end", "share", "low", "advertised", "earned"):
        table.add_column(heading, justify="right", no_wrap=True)
    names = names_of(run, "lrt")
    if not names:
        return table
    supply = run.entity("lrt", "supply_eth").fillna(0.0)
    discount, yields = run.entity("lrt", "discount"), shared_numbers.mean_yields(run)
    total = float(supply.iloc[-1].sum())
    for name in supply:
        held = supply[name].to_numpy()
        there = held > 0.0
        table.add_row(
            visible(names[str(name)], lines=False),
            *_start_peak_end(held),
            percent(float(held[-1]) / total) if total > 0.0 else "–",
            _price(1.0 - _largest(discount[name].to_numpy(), there)),
            percent(yields[str(name)].advertised),
            percent(yields[str(name)].earned),
        )
    total_supply = run.daily["lrt_supply_eth"].to_numpy()
    table.add_row("all", *_start_peak_end(total_supply), style="bold")
    return table


def _start_peak_end(held: NDArray[np.float64]) -> tuple[str, str, str]:
    return short_eth(float(held[0])), short_eth(float(held.max())), short_eth(float(held[-1]))


def _largest(values: NDArray[np.float64], where: NDArray[np.bool_]) -> float:
    kept = values[where & np.isfinite(values)]
    return float(kept.max()) if kept.size else math.nan


def _price(price: float) -> str:
    """A price over NAV."""
    return f"{price:.3f}" if math.isfinite(price) else "–"


def _economy(run: "Run") -> "Table":
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for label, text in [*_lines(run), *_own(run)]:
        table.add_row(label, text)
    return table


def _loans(run: "Run") -> list[tuple[str, str]]:
    """What came of loans against LRTs, where there were any."""
    peak, liquidated, bad_debt = (run.summary[key] for key in ("loans_eth", "liquidated_eth", "bad_debt_eth"))
    if peak <= 0.0:
        return []
    unsafe = float(run.daily["unsafe_loans_eth"].iloc[-1])
    text = f"up to {short_eth(peak)} lent against LRTs; {short_eth(liquidated)} of collateral liquidated, "
    return [("Loans", f"{text}{short_eth(bad_debt)} written off, {short_eth(unsafe)} unsafe at the end")]


def _lines(run: "Run") -> list[tuple[str, str]]:
    """What there is to say about the whole: label and text."""
    daily, values = run.daily, run.summary
    share = daily["lrt_share_of_staked"].to_numpy()
    return [
        *_loans(run),
        (
            "Share of staked ETH",
            f"LRTs end with {percent(float(share[-1]))}; peak {percent(float(share.max()))} "
            f"on {daily['date'].iloc[int(share.argmax())]}",
        ),
        (
            "Premium over staking",
            _premium(values),
        ),
        (
            "Concentration",
            f"mean HHI of LRTs {_shown(values, 'lrt_hhi', '.2f')}, operators {_shown(values, 'operator_hhi', '.2f')}, "
            f"AVSs {_shown(values, 'avs_hhi', '.2f')}; operators that hold a third at the end: "
            f"{_shown(values, 'operator_nakamoto', '.0f')}",
        ),
        (
            "Ways out",
            f"claims on LRTs up to {short_eth(shared_numbers.peak_lrt_claims(run))} ETH, exit queue up to "
            f"{values['exit_queue_days']:.1f} days, {_deepest(run)}",
        ),
        *_prices(run),
        ("Who paid", _who_paid({_PAYERS[key]: eth for key, eth in shared_numbers.paid_by(run).items()})),
        (
            "Lost",
            f"{short_eth(values['slashed_eth'])} ETH slashed, {short_eth(values['exploited_eth'])} ETH to exploits",
        ),
    ]


def _own(run: "Run") -> list[tuple[str, str]]:
    """What was measured beside the shipped metrics."""
    return [
        (visible(metric.label, lines=False), _measured(metric, run.summary[metric.name]))
        for metric in run.own_metrics
        if metric.name in run.summary
    ]


def _measured(metric: "Metric", value: float) -> str:
    if not math.isfinite(value):
        return f"{MISSING} (missing {visible(metric.missing, lines=False)})"
    return f"{with_unit(value, metric.unit)}{in_unit(metric.unit)}, {_HOW[metric.summary]}"


def _prices(run: "Run") -> list[tuple[str, str]]:
    """What dollars rest on, where the history of ETH's price does not cover the run."""
    from ...model.markets.price_paths import held_flat

    told = held_flat(run.scenario, run.days)
    return [("ETH in dollars", told)] if told else []


def _premium(values: Mapping[str, float]) -> str:
    if not math.isfinite(values["premium_promised"]):
        return _shown(values, "premium_promised", "")
    return (
        f"{percent(values['premium_promised'])} a year advertised, {percent(values['premium_earned'])} earned "
        f"(airdrops {percent(values['premium_airdrops'])}, all else "
        f"{percent(values['premium_earned'] - values['premium_airdrops'])}); "
        f"{_sustainable(values['sustainable_share'])}"
    )


def _shown(values: Mapping[str, float], name: str, digits: str) -> str:
    """A value of the whole; where it is missing, a dash and why."""
    value = values[name]
    return f"{value:{digits}}" if math.isfinite(value) else f"{MISSING} (missing {metric(name).missing})"


def _sustainable(share: float) -> str:
    return (
        f"{percent(share)} of what restaking adds needs no emissions"
        if math.isfinite(share)
        else "restaking adds nothing"
    )


def _deepest(run: "Run") -> str:
    deepest = shared_numbers.deepest_discount(run)
    if deepest is None:
        return "no discount"
    aside = " (small tokens aside)" if deepest.small_aside else ""
    return f"deepest discount {percent(deepest.discount)}{aside}"


def _who_paid(paid: dict[str, float]) -> str:
    total = math.fsum(paid.values())
    if total <= 0.0:
        return "nobody"
    return f"{', '.join(f'{label} {percent(eth / total)}' for label, eth in paid.items())} of {short_eth(total)} ETH"
