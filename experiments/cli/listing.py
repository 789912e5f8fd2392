"""``restaking list``: what there is to run, to measure and to change."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from ..terminal import tell, tell_json
from ._common import WITH, bounds, fail, shown, table, terminal_width

Subject = Literal["scenarios", "metrics", "parameters"]


def list_subject(
    subject: Annotated[Subject, typer.Argument(help="What to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of scenario files (with parameters).")
    ] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> None:
    """List scenarios, metrics or parameters."""
    if own and subject != "metrics":
        fail(f"--with goes with metrics, not with {subject}")
    if schema and subject != "parameters":
        fail(f"--schema goes with parameters, not with {subject}")
    if schema:
        from ...model.scenario import scenario_schema

        tell_json(scenario_schema())
        return
    rows = _metrics(own) if subject == "metrics" else _ROWS[subject]()
    if as_json:
        tell_json({subject: rows})
        return
    header, columns = _COLUMNS[subject]
    tell("\n".join(table(header, [columns(row) for row in rows], width=terminal_width())))


def _scenarios() -> list[dict[str, Any]]:
    from ...model.scenario import load_scenario, shipped_scenarios

    rows = []
    for name in shipped_scenarios():
        scenario = load_scenario(name)
        rows.append(
            {
                "name": name,
                "title": scenario.title,
                "description": scenario.description,
                "start_date": scenario.start_date,
                "days": scenario.days,
                "stakers": scenario.stakers.count,
                "lrts": [*scenario.lrt],
                "avs": sum(terms.count for terms in scenario.avs.values()),
            }
        )
    return rows


def _metrics(own: list[str] | None) -> list[dict[str, Any]]:
    from .explain import all_metrics

    return [
        {key: getattr(metric, key) for key in ("level", "name", "unit", "label", "definition", "summary", "missing")}
        for metric in all_metrics(own)
    ]


def _parameters() -> list[dict[str, Any]]:
    import dataclasses

    from ...model.scenario import parameters

    return [dataclasses.asdict(info) for info in parameters()]


_ROWS: dict[str, Callable[[], Any]] = {"scenarios": _scenarios, "parameters": _parameters}

_COLUMNS: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Any]], tuple[str, ...]]]] = {
    "scenarios": (
        ("NAME", "START", "DAYS", "STAKERS", "LRTS", "AVS", "TITLE"),
        lambda row: (
            row["name"],
            row["start_date"],
            str(row["days"]),
            str(row["stakers"]),
            str(len(row["lrts"])),
            str(row["avs"]),
            row["title"],
        ),
    ),
    "metrics": (
        ("LEVEL", "NAME", "UNIT", "DEFINITION"),
        lambda row: (row["level"], row["name"], row["unit"], row["definition"]),
    ),
    "parameters": (
        ("KEY", "DEFAULT", "UNIT", "RANGE", "ROLE", "DESCRIPTION"),
        lambda row: (
            row["key"],
            shown(row["default"]) or '""',
            row["unit"],
            "|".join(row["choices"]) if row["choices"] else bounds(row["low"], row["high"]),
            row["role"],
            row["description"],
        ),
    ),
}
