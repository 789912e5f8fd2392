"""Loading designs: shipped ones, files and mappings."""

import importlib.resources
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...model.scenario.naming import hint, nearest
from .checks import shown
from .design import Design
from .errors import DesignError
from .reading import Reader


def shipped_designs() -> list[str]:
    """Names of the designs that come with the package."""
    return sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))


def load_design(source: "str | os.PathLike[str] | Mapping[str, Any] | Design") -> Design:
    """Load a design and check it, point by point, against its scenario.

    Args:
        source: name of a shipped design, path of a TOML or JSON file, the same content as a mapping, or a design.

    Raises:
        DesignError: the file cannot be read, or something in the design would fail in a run.
    """
    if isinstance(source, Design):
        return source
    if isinstance(source, Mapping):
        name = source.get("name")
        label = f"design {name}" if isinstance(name, str) and name else "design"
        return Reader(label, None, "").read(source)
    return _load(os.fspath(source))


# -------------------------------------------------------------------- files


def _folder() -> Any:
    return importlib.resources.files("restaking.experiments").joinpath("designs", "shipped")


def _load(name: str) -> Design:
    is_path = name.endswith((".toml", ".json")) or "/" in name or os.sep in name
    shipped = shipped_designs()
    if not is_path and name in shipped:
        return Reader(name, None, name).read(_parse(_folder().joinpath(f"{name}.toml").read_bytes(), name))
    path = Path(name).expanduser()
    if not is_path and (not name or not _exists(path)):
        raise DesignError(f"there is no design {name!r}; {hint(name, shipped)} (or give the path of a .toml file)")
    label = os.fspath(path)
    return Reader(label, path.parent, path.stem).read(_parse(_read(path), label))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = f"there is no such file{_nearby(path)}"
    except IsADirectoryError:
        problem = "is a directory, not a design file"
    except PermissionError:
        problem = "may not be read (permission denied)"
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({error})"
    raise DesignError(f"{os.fspath(path)!r}: {problem}", where=os.fspath(path))


def _nearby(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix in (".toml", ".json"))
    except (OSError, ValueError):
        return ""
    match = nearest(path.name, names)
    return f"; nearest file: {match}" if match else ""


def _parse(content: bytes, label: str) -> dict[str, Any]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DesignError(
            f"{label}: is not UTF-8 text (byte {content[error.start]:#04x} in line {line})", where=label
        ) from None
    try:
        if not label.endswith(".json"):
            return tomllib.loads(text)
        parsed = json.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DesignError(f"{label}: is not valid TOML: {error}", where=label) from None
    except json.JSONDecodeError as error:
        raise DesignError(f"{label}: is not valid JSON: {error}", where=label) from None
    except RecursionError:
        raise DesignError(f"{label}: is nested too deeply", where=label) from None
    if not isinstance(parsed, dict):
        raise DesignError(f"{label}: must be a table of keys, not {shown(parsed)}", where=label)
    return parsed
