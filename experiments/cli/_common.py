"""What the verbs share: scenarios with the options that change them, tables, one-line failures."""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from ..terminal import complain, say, visible

if TYPE_CHECKING:
    from ...model.scenario import Scenario
    from ..casts import Own

BAD_INPUT = 2
DISTRIBUTION = "restaking"


def load_or_exit(
    name: str,
    sets: Sequence[str] = (),
    seed: int | None = None,
    days: int | None = None,
    stakers: int | None = None,
) -> "Scenario":
    """Load a scenario with ``--set``, ``--seed``, ``--days`` and ``--stakers`` applied; exit 2 when it is not valid.

    Args:
        name: shipped name or path.
        sets: ``KEY=VALUE`` settings.
        seed: value of ``seed``, the scenario's own when None.
        days: value of ``days`` (days), the scenario's own when None.
        stakers: value of ``stakers.count``, the scenario's own when None.

    Raises:
        typer.Exit: with code 2, after one message on standard error.
    """
    from ...model.scenario import ScenarioError, load_scenario

    try:
        return _with_options(load_scenario(name), sets, {"seed": seed, "days": days, "stakers.count": stakers})
    except ScenarioError as error:
        fail(str(error))


def _with_options(scenario: "Scenario", sets: Sequence[str], options: dict[str, int | None]) -> "Scenario":
    from ...model.scenario import ScenarioError
    from ...model.scenario.loading import apply_overrides, parse_settings

    values: dict[str, Any] = parse_settings(sets)
    where = dict.fromkeys(values, "--set")
    for key, value in options.items():
        if value is None:
            continue
        option = f"--{key.split('.')[0]}"
        if key in values:
            raise ScenarioError(f"{option}: {key} is given twice (also by --set)", key=key, where=option)
        values[key], where[key] = value, option
    return apply_overrides(scenario, values, where) if values else scenario


WITH = typer.Option(
    "--with",
    metavar="FILE.py:NAME",
    help="Own classes, metrics or models: a Cast, classes by kind, a class, an OwnMetric, a list, a maker; repeatable.",
)
"""The option that brings own classes and metrics."""


def own_of(places: Sequence[str] | None) -> "Own":
    """What ``--with`` names; says on standard error what it costs.

    Raises:
        CastError: it cannot be loaded, or cannot play.
        MetricError: a metric cannot be recorded.
    """
    from .. import casts

    own = casts.load_own(places or [])
    slow = "" if own.cast is None else own.cast.slow_rules()
    if slow:
        say(slow)
        casts.hush()
    return own


def fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    """Say what is wrong in one message on standard error and leave."""
    complain(message)
    raise typer.Exit(code)


def make_folder(out: Path, option: str = "--out") -> None:
    """Make the folder that a verb is going to write into, before the work that fills it; exit 2 when it can't be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        fail(f"{option}: {out} is a file, not a folder")
    except OSError as error:
        fail(f"{option}: {out} cannot be written: {error.strerror or error}")


def refuse_folder(out: Path, option: str = "--out") -> None:
    """Exit 2 when a file is going to be written where a folder stands."""
    if out.is_dir():
        fail(f"{option}: {out} is a folder; give the name of a file")


def version() -> str:
    """Version of the installed package."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown (not installed)"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, width: int | None = None) -> list[str]:
    """Aligned lines of a table; the last column is cut at ``width`` characters when that is given."""
    cells = [[visible(cell, lines=False) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header) - 1)]
    lines = []
    for row in cells:
        line = "  ".join([*(cell.ljust(space) for cell, space in zip(row, widths, strict=False)), row[-1]]).rstrip()
        lines.append(line if width is None or len(line) <= width else f"{line[: max(width - 3, 1)]}...")
    return lines


def terminal_width() -> int | None:
    """Width of the terminal, None when the output goes to a file or a pipe."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def shown(value: Any) -> str:
    """A parameter's value as a person would write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(shown(item) for item in value)}]"
    return value if isinstance(value, str) else str(value)


_WHOLE = re.compile(r"[+-]?(0|[1-9](_?[0-9])*)", re.ASCII)
_LONGEST_WHOLE = 40


def whole(option: str, help: str, *, low: int | None = None) -> Any:
    """An option that takes a whole number as scenario files write them: ``12`` and ``1_000``, not ``12.0`` or ``012``.

    Args:
        option: its name, with dashes.
        help: what the number means.
        low: smallest number allowed, when the option itself knows one.
    """
    return typer.Option(option, parser=_whole_number(low), metavar="INTEGER", help=help)


def _whole_number(low: int | None) -> Callable[[Any], int]:
    def number(given: Any) -> int:
        text = str(given)
        if len(text) > _LONGEST_WHOLE or not _WHOLE.fullmatch(text):
            text = text if len(text) <= _LONGEST_WHOLE else f"{text[: _LONGEST_WHOLE - 3]}..."
            raise typer.BadParameter(f"{text!r} is not a whole number")
        if low is not None and int(text) < low:
            raise typer.BadParameter(f"{text} is below {low}")
        return int(text)

    return number


def bounds(low: float | int | None, high: float | int | None) -> str:
    """Bounds of a parameter: ``0 .. 1``, empty when it has none."""
    if low is None and high is None:
        return ""
    return f"{_bound(low)} .. {_bound(high)}".strip()


def _bound(value: float | int | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:g}"
