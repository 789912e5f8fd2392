"""Loading designs: shipped ones, files and mappings."""

import importlib.resources
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...model.errors import ScenarioError
from ...model.metrics import Metric
from ...model.scenario.loading import folder_of
from ...model.scenario.naming import hint, name_from, shortened
from ...model.scenario.reading import check_bounds, decode, parse_json, parse_toml, read_text
from .checks import shown
from .design import Design
from .errors import DesignError
from .reading import Reader, size_problem


def shipped_designs() -> list[str]:
    """Names of the designs that come with the package."""
    return sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))


def load_design(
    source: "str | os.PathLike[str] | Mapping[str, Any] | Design",
    *,
    any_size: bool = False,
    own_metrics: Iterable[Metric] = (),
) -> Design:
    """Load a design and check it, point by point, against its scenario.

    Args:
        source: name of a shipped design, path of a TOML or JSON file, the same content as a mapping, or a design.
        any_size: whether a design may have more runs than anybody can make, to see what they would cost.
        own_metrics: metrics that its runs record beside the shipped ones; its figures may show them, too.

    Raises:
        DesignError: the file cannot be read, or something in the design would fail in a run.
    """
    if isinstance(source, Design):
        problem = "" if any_size else size_problem(source)
        if problem:
            raise DesignError(f"design {source.name}: {problem}")
        return source
    try:
        names = tuple(metric.name for metric in own_metrics if metric.level == "total")
        if isinstance(source, Mapping):
            return _of_mapping(source, any_size, names)
        return _load(os.fspath(source), any_size, names)
    except DesignError:
        raise
    except ScenarioError as error:
        raise DesignError(str(error), key=error.key, where=error.where) from None


def _of_mapping(content: Mapping[str, Any], any_size: bool, own: tuple[str, ...]) -> Design:
    name = content.get("name")
    label = f"design {shortened(name)}" if isinstance(name, str) and name else "design"
    check_bounds({key: value for key, value in content.items() if key != "scenario"}, label)
    return Reader(label, None, "", any_size, own).read(content)


# -------------------------------------------------------------------- files


def _folder() -> Any:
    return importlib.resources.files("restaking.experiments").joinpath("designs", "shipped")


def _load(name: str, any_size: bool, own: tuple[str, ...]) -> Design:
    is_path = name.endswith((".toml", ".json")) or "/" in name or os.sep in name
    shipped = shipped_designs()
    if not is_path and name in shipped:
        text = decode(_folder().joinpath(f"{name}.toml").read_bytes(), name)
        return Reader(name, None, name, any_size, own).read(_parse(text, name))
    path = Path(name).expanduser()
    if not is_path and (not name or not _exists(path)):
        raise DesignError(
            f"there is no design {shortened(name)!r}; {hint(name, shipped)} (or give the path of a .toml file)"
        )
    label = os.fspath(path)
    text = read_text(path, what="design", suffixes=(".toml", ".json"))
    return Reader(label, folder_of(path), name_from(path.stem, "design"), any_size, own).read(_parse(text, label))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _parse(text: str, label: str) -> dict[str, Any]:
    parsed = parse_json(text, label) if label.endswith(".json") else parse_toml(text, label)
    if not isinstance(parsed, dict):
        raise DesignError(f"{label}: must be a table of keys, not {shown(parsed)}", where=label)
    return parsed
