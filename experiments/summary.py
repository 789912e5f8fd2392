"""A run read in ten seconds."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from .store import Run


def summary_lines(run: "Run") -> list[str]:
    """Lines of the summary: one table of the LRTs, then the whole."""
    lrts = run.entities[run.entities["kind"] == "lrt"]
    lines = [
        f"{'LRT':<10}{'start':>9}{'peak':>9}{'end':>9}   {'share':>6}  {'discount':>8}  {'earned':>7}  thousand ETH"
    ]
    total = float(run.daily["lrt_supply_eth"].iloc[-1])
    for name, rows in lrts.groupby("id", sort=False):
        lines.append(_lrt_line(str(name), rows, total))
    first, last = run.daily.iloc[0], run.daily.iloc[-1]
    peak = int(run.daily["lrt_supply_eth"].to_numpy().argmax())
    lines += [
        "",
        f"all LRTs      {_k(first, 'lrt_supply_eth')} -> {_k(last, 'lrt_supply_eth')} thousand ETH, "
        f"peak {run.daily['lrt_supply_eth'].max() / 1e3:,.0f} on {run.daily['date'].iloc[peak]} "
        f"({run.daily['lrt_share_of_staked'].max():.1%} of stake)",
        f"premium       {_points(first, 'premium_advertised')} -> {_points(last, 'premium_advertised')} advertised, "
        f"{_points(last, 'premium_earned')} earned, base {last['base_apr']:.2%}",
        f"concentration HHI {first['lrt_hhi']:.2f} -> {last['lrt_hhi']:.2f}, leader {last['lrt_leader_share']:.0%}; "
        f"seven operators {last['operator_top7_share']:.0%}",
        f"who paid      issuance {_k(last, 'paid_by_issuance_eth')}, users {_k(last, 'paid_by_users_eth')}, "
        f"token buyers {_k(last, 'paid_by_token_buyers_eth')}; lost {_losses(last)} thousand ETH",
    ]
    return lines


def _lrt_line(name: str, rows: "pd.DataFrame", total: float) -> str:
    supply = rows["supply_eth"] / 1e3
    share = float(rows["supply_eth"].iloc[-1]) / total if total > 0.0 else 0.0
    return (
        f"{name:<10}{supply.iloc[0]:>9,.0f}{supply.max():>9,.0f}{supply.iloc[-1]:>9,.0f}   {share:>6.1%}  "
        f"{rows['discount'].max():>8.1%}  {rows['earned_apr'].iloc[-1]:>7.2%}"
    )


def _k(row: Any, name: str) -> str:
    return f"{row[name] / 1e3:,.0f}"


def _points(row: Any, name: str) -> str:
    return f"{100.0 * row[name]:+.1f} pp"


def _losses(row: Any) -> str:
    return f"{(row['slashed_eth'] + row['exploited_eth']) / 1e3:,.1f}"
