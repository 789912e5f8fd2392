"""Reference pages made from the code, so that they cannot say anything else.

``python -m restaking.experiments.docs docs/reference`` writes them.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .cli._common import bounds, shown

if TYPE_CHECKING:
    from ..model.scenario import ParameterInfo

_INTRODUCTION = """\
# Parameters

Every key of a scenario file, with its default, its bounds and where the default comes from. This page is made from the
declarations in `model/scenario/` by `python -m restaking.experiments.docs docs/reference`; do not edit it.

- `<id>` stands for the id of an entity, `<n>` for the number of an item in a list (from 0).
- Days are whole numbers since `start_date` (negative: before it) or ISO dates. Rates are fractions per year.
- Role: a *lever* is somebody's decision, an *uncertainty* a behaviour that nobody knows well, a *fact* was looked up.
- Numbers must lie within the range, ends included. *log* marks what samplers spread on a logarithmic scale.
- `none` clears a key that may be empty. `extends = "NAME"` starts from another scenario: tables merge, lists replace,
  and `remove = true` in `lst.<id>`, `lrt.<id>`, `avs.<id>` or `stakers.archetypes.<id>` drops the entity.
"""


def parameters_markdown() -> str:
    """The reference page of all parameters, one section for each table of a scenario file."""
    from ..model.scenario import parameters

    lines = [_INTRODUCTION]
    groups: dict[str, list[ParameterInfo]] = {}
    for info in parameters():
        groups.setdefault(_heading(info), []).append(info)
    for heading, group in groups.items():
        lines.extend(_section(heading, group))
    return "\n".join(lines) + "\n"


def _heading(info: "ParameterInfo") -> str:
    """Table that a parameter stands in; parameters outside any table come first."""
    return info.key.rpartition(".")[0] or "top level"


def _section(heading: str, group: "list[ParameterInfo]") -> Iterator[str]:
    yield f"## `{heading}`\n" if heading != "top level" else f"## {heading.capitalize()}\n"
    yield "| Key | Default | Unit | Range | Role | Meaning | Source |"
    yield "|---|---|---|---|---|---|---|"
    for info in group:
        name = info.key.rpartition(".")[2]
        cells = (
            f"`{name}`",
            _default(info),
            _escaped(info.unit),
            _range(info),
            info.role,
            _escaped(info.description),
            _source(info.source),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _default(info: "ParameterInfo") -> str:
    from ..model.scenario.registry import REQUIRED

    if info.default == REQUIRED:
        return "required"
    return f"`{shown(info.default)}`" if info.default != "" else "empty"


def _range(info: "ParameterInfo") -> str:
    if info.choices:
        return ", ".join(f"`{choice}`" for choice in info.choices)
    text = bounds(info.low, info.high) or info.type
    return f"{text} (log)" if info.scale == "log" else text


def _source(source: str) -> str:
    return f"<{source}>" if source.startswith("http") else _escaped(source)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


_METRICS = """\
# Metrics

Every series that a run records; [bring your own](../bring-your-own.md) adds to them. This page is made from the
declarations in `model/metrics.py` by `python -m restaking.experiments.docs docs/reference`; do not edit it.

- Metrics of the economy are columns of `daily.parquet`, those of entities columns of `entities.parquet` in the rows of
  their kind. Row *d* is the state after *d* days.
- Summary says how the days of a run become the one value of `summary.json` and of a sweep's `runs.parquet`: the last
  day with a value, the mean, maximum, minimum or sum of the days with one; *none*: not at all.
- An amount, a flow or a count of what does not exist is 0. A rate, price, share, ratio, index or wait of it is missing
  (null in files, NaN in Python); *Missing* says when. Without an entry there is a value on every day.
"""

_LEVELS = {
    "total": "The economy",
    "lrt": "Each LRT (kind `lrt`)",
    "lst": "Each LST (kind `lst`)",
    "token": "Each governance token (kind `token`)",
    "operator": "Each node operator (kind `operator`)",
    "avs": "Each AVS (kind `avs`)",
    "venue": "Each venue that stakers choose from (kind `venue`)",
}


def metrics_markdown() -> str:
    """The reference page of all metrics, one section for each level, and of their units."""
    from ..model.metrics import LEVELS, UNITS, metrics_of

    lines = [_METRICS]
    for level in LEVELS:
        lines += [
            f"## {_LEVELS[level]}\n",
            "| Metric | Unit | Label | Meaning | Summary | Missing |",
            "|---|---|---|---|---|---|",
        ]
        for metric in metrics_of(level):
            cells = (metric.unit, metric.label, metric.definition, metric.summary, metric.missing)
            lines.append(f"| `{metric.name}` | {' | '.join(map(_escaped, cells))} |")
        lines.append("")
    lines += ["## Units\n", "| Unit | Meaning |", "|---|---|"]
    lines += [f"| {unit} | {_escaped(meaning)} |" for unit, meaning in UNITS.items()]
    return "\n".join(lines) + "\n"


def write_reference(folder: Path) -> list[Path]:
    """Write all reference pages into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {folder / "parameters.md": parameters_markdown(), folder / "metrics.md": metrics_markdown()}
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8", newline="\n")
    return list(pages)


if __name__ == "__main__":
    for written in write_reference(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference")):
        print(written)
