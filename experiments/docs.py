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


def write_reference(folder: Path) -> list[Path]:
    """Write all reference pages into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "parameters.md"
    page.write_text(parameters_markdown(), encoding="utf-8", newline="\n")
    return [page]


if __name__ == "__main__":
    for written in write_reference(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference")):
        print(written)
