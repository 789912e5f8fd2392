"""Reading scenarios: shipped ones and files, ``extends``, overrides, and what is wrong with them."""

import importlib.resources
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from ..errors import ScenarioError
from .naming import hint, key_hint, name_from, nearest, shortened
from .price_file import CLOSES, FIRST, SECTION, forget_closes, locate
from .reading import DEEPEST, MOST_DIGITS, check_bounds, decode, parse_toml, read_text
from .registry import ParameterInfo, find_parameter, names_at, parameters, placeholder_key
from .scenario import Scenario
from .stakers import DEFAULT_ARCHETYPES
from .toml_writer import format_value

Path_ = tuple[str, ...]

ENTITY_TABLES: tuple[Path_, ...] = (("lst",), ("lrt",), ("avs",), ("stakers", "archetypes"))
"""Tables whose keys are ids that the scenario chooses."""

EXTENDS, REMOVE = "extends", "remove"
_OWN_KEYS = ("name", "title", "description")
"""What a scenario says about itself is not inherited by those that extend it."""

MOST_EXTENDED = 30
"""Files that extend one another in a row."""

MOST_ENTITIES = 2_000
"""Entities of a kind that are looked at one by one; more are a slip, and no kind may have so many."""

_LONGEST_VALUE = 60
_LEADING_DOT = re.compile(r"[+-]?\.\d+(e[+-]?\d+)?\Z", re.IGNORECASE)
"""TOML wants 0.5 and refuses .5, which everybody writes on a command line."""

_WHOLE_NUMBER = re.compile(r"[+-]?(0[xob][0-9A-Fa-f_]+|[0-9_]+)\Z")


# -------------------------------------------------------------------- public functions


def shipped_scenarios() -> list[str]:
    """Names of the scenarios that come with the package."""
    return sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))


def load_scenario(
    scenario: "str | os.PathLike[str] | Scenario" = "baseline",
    overrides: Mapping[str, Any] | None = None,
    *,
    where: str = "overrides",
) -> Scenario:
    """Load and validate a scenario.

    Args:
        scenario: name of a shipped scenario, path of a TOML file, or a scenario already loaded.
        overrides: dotted keys and values that replace the scenario's.
        where: what error messages name as the origin of the overrides.

    Raises:
        ScenarioError: the file cannot be read, or something in it or in the overrides is not valid.
    """
    loaded = scenario if isinstance(scenario, Scenario) else _load(os.fspath(scenario))
    if not overrides:
        return loaded
    return apply_overrides(loaded, overrides, dict.fromkeys(overrides, where))


def apply_overrides(scenario: Scenario, overrides: Mapping[str, Any], where: Mapping[str, str]) -> Scenario:
    """A changed copy of ``scenario``; ``where`` names for each key the option that gave the value."""
    document = scenario.to_dict()
    forget_closes(document[SECTION], _settings_of(SECTION, overrides))
    document[SECTION] = {CLOSES: [], FIRST: None} | document[SECTION]
    origins: dict[Path_, str] = {}
    leaves: dict[Path_, str] = {}
    for key, value in overrides.items():
        for path, leaf in _leaves(key, document, _plain(value), where[key]):
            if path in leaves:
                raise ScenarioError(
                    f"{where[key]}: {'.'.join(path)} is given twice (also by {leaves[path]})",
                    key=".".join(path),
                    where=where[key],
                )
            leaves[path] = where[key]
            for depth in range(1, len(path) + 1):
                origins[path[:depth]] = where[key]
            _assign(document, path, leaf, where[key])
    return _validate(document, origins, next(iter(where.values()), scenario.name))


def _settings_of(section: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What overrides set in a table, by dotted key or as a table, by name."""
    whole, prefix = overrides.get(section), f"{section}."
    found = dict(whole) if isinstance(whole, Mapping) else {}
    return found | {key.removeprefix(prefix): value for key, value in overrides.items() if key.startswith(prefix)}


def parse_settings(settings: Sequence[str], *, option: str = "--set") -> dict[str, Any]:
    """Values of ``KEY=VALUE`` settings, in TOML's syntax; a bare word is a text.

    Raises:
        ScenarioError: a setting has no key or no ``=``, a value is cut short, or a key is given twice.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ScenarioError(
                f"{option}: {shortened(setting)!r} must read KEY=VALUE, e.g. stakers.count=1000", where=option
            )
        if key in values:
            raise ScenarioError(f"{option}: {shortened(key)} is given twice", key=key, where=option)
        values[key] = _parse_value(key, text.strip(), option)
    return values


def _parse_value(key: str, text: str, option: str) -> Any:
    if _LEADING_DOT.match(text):
        return float(text)
    if len(text) > MOST_DIGITS and _WHOLE_NUMBER.match(text):
        raise ScenarioError(
            f"{option}: {shortened(key)} = {shortened(text)} has {len(text):,} digits; allowed are {MOST_DIGITS}",
            key=key,
            where=option,
        )
    try:
        parsed = parse_toml(f"value = {text}", option)
    except ScenarioError as error:
        if text[:1] in ("[", "{", '"', "'"):
            raise ScenarioError(
                f"{option}: {shortened(key)} = {shortened(text)} is not a TOML value (a list is written [0.5, 2], "
                'a text "...")',
                key=key,
                where=option,
            ) from error
        return text
    return parsed["value"] if list(parsed) == ["value"] else text


# -------------------------------------------------------------------- files


@dataclass(frozen=True)
class _Source:
    """A scenario's text and where it stands."""

    label: str
    identity: str
    stem: str
    folder: Path | None
    text: str


@dataclass
class _Merged:
    """A document put together from several files, with the origin of every key."""

    document: dict[str, Any] = field(default_factory=dict)
    origins: dict[Path_, str] = field(default_factory=dict)


def _load(name: str) -> Scenario:
    source = _find(name, None, "")
    merged = _resolve(source, [])
    if merged.document.get("name", "") == "":
        # A file may be called anything; a scenario's name goes into those of folders.
        merged.document["name"] = name_from(source.stem, "scenario")
    return _validate(merged.document, merged.origins, source.label, loaded=source.label)


def _resolve(source: _Source, chain: list[_Source]) -> _Merged:
    """The document of ``source`` merged onto what it extends."""
    if source.identity in [link.identity for link in chain]:
        loop = " -> ".join([*(link.label for link in chain), source.label])
        raise ScenarioError(f"{chain[-1].label}: extends in a circle: {loop}", key=EXTENDS, where=chain[-1].label)
    if len(chain) > MOST_EXTENDED:
        raise ScenarioError(
            f"{chain[-1].label}: extends more than {MOST_EXTENDED} files in a row, from {chain[0].label} on",
            key=EXTENDS,
            where=chain[-1].label,
        )
    document = parse_toml(source.text, source.label)
    locate(document, source.folder)
    parent = document.pop(EXTENDS, None)
    if parent is None:
        merged = _Merged({"stakers": {"archetypes": {key: dict(terms) for key, terms in DEFAULT_ARCHETYPES.items()}}})
    elif isinstance(parent, str):
        merged = _resolve(_find(parent, source.folder, f"{source.label}: extends: "), [*chain, source])
        for key in _OWN_KEYS:
            merged.document.pop(key, None)
    else:
        raise ScenarioError(
            f"{source.label}: extends = {_shown(parent)} must be a text: a shipped name or a path",
            key=EXTENDS,
            where=source.label,
        )
    _merge(merged.document, document, (), source.label, merged.origins)
    return merged


def folder_of(path: Path) -> Path:
    """The folder that relative paths in a file start from: where the file is, also when a link leads to it."""
    return Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent


def _folder() -> Any:
    return importlib.resources.files("restaking.model").joinpath("scenarios")


def _find(name: str, beside: Path | None, context: str) -> _Source:
    """The file behind a shipped name or a path (relative to ``beside`` when one scenario extends another)."""
    is_path = name.endswith(".toml") or "/" in name or os.sep in name
    shipped = shipped_scenarios()
    if not is_path and name in shipped:
        text = decode(_folder().joinpath(f"{name}.toml").read_bytes(), name)
        return _Source(name, f"shipped:{name}", name, None, text)
    path = Path(name).expanduser() if beside is None else beside / Path(name).expanduser()
    try:
        exists = path.exists()
    except (OSError, ValueError):
        exists = False
    if not is_path and (not name or not exists):
        raise ScenarioError(
            f"{context}there is no scenario {shortened(name)!r}; {hint(name, shipped)} (or give the path of a .toml "
            "file)"
        )
    label = os.fspath(path)
    text = read_text(path, what="scenario", context=context)
    return _Source(label, os.path.realpath(path), path.stem, folder_of(path), text)


# -------------------------------------------------------------------- merging


def _merge(base: dict[str, Any], extra: Mapping[str, Any], path: Path_, label: str, origins: dict[Path_, str]) -> None:
    """Lay ``extra`` over ``base`` in place: tables merge, everything else replaces, ``remove`` drops entities."""
    if path == (SECTION,):
        forget_closes(base, extra)
    for key, value in extra.items():
        here = (*path, key)
        origins[here] = label
        if path in ENTITY_TABLES and isinstance(value, dict) and REMOVE in value:
            value = dict(value)
            if _removes(value.pop(REMOVE), here, label):
                if key not in base:
                    _raise_nothing_to_remove(here, base, label)
                del base[key]
                continue
        if isinstance(value, dict):
            if not isinstance(base.get(key), dict):
                base[key] = {}
            _merge(base[key], value, here, label, origins)
        else:
            base[key] = value


def _removes(value: Any, path: Path_, label: str) -> bool:
    if isinstance(value, bool):
        return value
    key = ".".join((*path, REMOVE))
    raise ScenarioError(f"{label}: {key} = {_shown(value)} must be true or false", key=key, where=label)


def _raise_nothing_to_remove(path: Path_, table: Mapping[str, Any], label: str) -> NoReturn:
    key = ".".join(path)
    raise ScenarioError(
        f"{label}: {key} cannot be removed: there is none; {hint(path[-1], table)}", key=key, where=label
    )


def _leaves(key: str, document: Mapping[str, Any], value: Any, where: str) -> Iterator[tuple[Path_, Any]]:
    """The single settings that an override stands for; inline tables are taken apart."""
    path = tuple(key.split("."))
    if len(path) > DEEPEST:
        raise ScenarioError(f"{where}: {shortened(key)}: unknown key; it has {len(path):,} parts", key=key, where=where)
    node: Any = document
    for depth, part in enumerate(path):
        node = _child(node, path, depth, document, where)
        if part == REMOVE and path[: depth - 1] in ENTITY_TABLES:
            break
    if isinstance(value, dict) and isinstance(node, dict):
        for name, inner in value.items():
            yield from _leaves(f"{key}.{name}", document, inner, where)
    else:
        yield path, value


def _child(node: Any, path: Path_, depth: int, document: Mapping[str, Any], where: str) -> Any:
    part, key = path[depth], shortened(".".join(path))
    if isinstance(node, list):
        if part.isdecimal() and int(part) < len(node):
            return node[int(part)]
        held = f"items 0 to {len(node) - 1}" if node else "no items"
        raise ScenarioError(f"{where}: {key}: {'.'.join(path[:depth])} has {held}, not {part!r}", key=key, where=where)
    if isinstance(node, dict):
        if part in node:
            return node[part]
        if part == REMOVE and depth + 1 == len(path) and path[: depth - 1] in ENTITY_TABLES:
            return None
        known = ".".join(path[: depth + 1])
        if path[:depth] in ENTITY_TABLES:
            problem = f"there is no {shortened(known)} and an override does not create one; {hint(part, node)}"
        else:
            meant = known if depth + 1 < len(path) else ".".join(path)
            problem = f"unknown key; {key_hint(meant, node, _concrete_keys(document))}"
        raise ScenarioError(f"{where}: {key}: {problem}", key=key, where=where)
    raise ScenarioError(
        f"{where}: {key}: unknown key; {'.'.join(path[:depth])} is a value, not a table", key=key, where=where
    )


def _assign(document: dict[str, Any], path: Path_, value: Any, where: str) -> None:
    node: Any = document
    for part in path[:-1]:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if path[-1] == REMOVE and path[:-2] in ENTITY_TABLES:
        if _removes(value, path[:-1], where):
            owner: Any = document
            for part in path[:-2]:
                owner = owner[part]
            owner.pop(path[-2])
    elif isinstance(node, list):
        node[int(path[-1])] = value
    else:
        node[path[-1]] = value


def _concrete_keys(document: Mapping[str, Any], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for key, value in document.items():
        if isinstance(value, Mapping):
            keys.extend(_concrete_keys(value, f"{prefix}{key}."))
        else:
            keys.append(f"{prefix}{key}")
    return keys


def _plain(value: Any) -> Any:
    """Python values as TOML would give them: numpy scalars, tuples and dates included."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    # numpy's scalars and arrays; loading must not import numpy to recognise them
    return value.tolist() if hasattr(value, "tolist") else value


# -------------------------------------------------------------------- validation and its messages


def _validate(document: Mapping[str, Any], origins: Mapping[Path_, str], label: str, *, loaded: str = "") -> Scenario:
    """The scenario of a document; ``label`` names the origin of keys that have none, ``loaded`` the file asked for."""
    _refuse_crowds(document, origins, label)
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    # Finding the name that was meant takes a while; a file with a hundred thousand unknown keys is told one.
    first, others = _Problem.of(errors[0], document), [_path_of(item) for item in errors[1:]]
    where = _origin(first.path, origins, label)
    # A key of the file below may be wrong only because of what the file above it changed.
    extended = f" (extended by {loaded})" if loaded not in ("", where) else ""
    message = f"{where}{extended}: {first.text}"
    if others:
        listed = ", ".join(shortened(".".join(other)) for other in others[:3]) + (", ..." if len(others) > 3 else "")
        message += f" (and {len(others)} more: {listed})"
    raise ScenarioError(message, key=".".join(first.path), where=where)


def read_resolved(content: Any, where: str) -> Scenario:
    """The scenario that a file of results or a design holds in full, as :meth:`.Scenario.to_dict` gives it.

    Args:
        content: what stands in the file.
        where: begins messages.

    Raises:
        ScenarioError: it is not a scenario, or not one of this version.
    """
    if not isinstance(content, Mapping):
        raise ScenarioError(f"{where}: {_shown(content)} is not a scenario", where=where)
    check_bounds(content, where)
    return _validate(content, {}, where)


def _refuse_crowds(document: Mapping[str, Any], origins: Mapping[Path_, str], label: str) -> None:
    for path in ENTITY_TABLES:
        table = _value_at(document, path)
        if isinstance(table, Mapping) and len(table) > MOST_ENTITIES:
            where, key = _origin(path, origins, label), ".".join(path)
            raise ScenarioError(
                f"{where}: {key}: has {len(table):,} entities; allowed are {MOST_ENTITIES:,} (services on the same "
                "terms are one entity with a count)",
                key=key,
                where=where,
            )


def _path_of(item: Any) -> Path_:
    if item["type"] == "scenario_key":
        return tuple(item["ctx"]["key"].split("."))
    return tuple(str(part) for part in item["loc"])


def _origin(path: Path_, origins: Mapping[Path_, str], label: str) -> str:
    for depth in range(len(path), 0, -1):
        if path[:depth] in origins:
            return origins[path[:depth]]
    return label


@dataclass(frozen=True)
class _Problem:
    """One thing that is wrong, in words."""

    path: Path_
    text: str

    @classmethod
    def of(cls, item: Any, document: Mapping[str, Any]) -> "_Problem":
        context, path = item.get("ctx", {}), _path_of(item)
        if item["type"] == "scenario_key":
            value = _value_at(document, path)
            shown = "" if value is None or isinstance(value, (dict, list)) else f" = {_shown(value)}"
            return cls(path, f"{shortened(context['key'])}{shown}: {context['problem']}")
        key = shortened(".".join(path))
        if item["type"] == "extra_forbidden":
            return cls(path, f"{key}: unknown key; {_unknown_key_hint(path, document)}")
        if item["type"] == "missing":
            info = find_parameter(key)
            return cls(path, f"{key} is missing: it must be {_allowed(info, path)}")
        return cls(path, f"{key} = {_shown(item['input'])} must be {_expected(item, path)}")


def _expected(item: Any, path: Path_) -> str:
    info = find_parameter(".".join(path))
    if item["type"] == "scenario_day" and " or " not in item["msg"]:
        # The general wording would hide why a date is refused that looks right.
        return str(item["msg"]).removeprefix("must be ")
    if item["type"] == "literal_error" and info is not None and isinstance(item["input"], str):
        match = nearest(item["input"], info.choices)
        return info.allowed() + (f"; nearest: {match}" if match else "")
    if item["type"] == "finite_number":
        return f"finite: {_allowed(info, path)}"
    return _allowed(info, path)


def _allowed(info: ParameterInfo | None, path: Path_) -> str:
    if info is not None:
        return info.allowed()
    table = names_at(path)
    if table:
        return f"a table with keys such as {', '.join(table[:4])}"
    whole = find_parameter(".".join(path[:-1]))
    if whole is not None and whole.type.startswith("list of"):
        item = whole.type.removeprefix("list of ").removesuffix(" or none").removesuffix("s")
        return f"a {item}: {'.'.join(path[:-1])} is a {whole.type}"
    return "a table of entities by id"


def _unknown_key_hint(path: Path_, document: Mapping[str, Any]) -> str:
    siblings = names_at(path[:-1])
    if "." in path[-1] and find_parameter(".".join(path)) is not None:
        return f'write it without quotation marks: {".".join(path)}, not "{path[-1]}"'
    prefix = placeholder_key(path[:-1])
    table = ".".join(path[:-1])
    keys = [
        info.key.replace(prefix, table, 1) if prefix and info.key.startswith(prefix) else info.key
        for info in parameters()
    ]
    return key_hint(".".join(path), siblings, keys)


def _value_at(document: Mapping[str, Any], path: Path_) -> Any:
    node: Any = document
    for part in path:
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, (list, tuple)) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node


def _shown(value: Any) -> str:
    text = format_value(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
