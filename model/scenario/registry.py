"""The list of all parameters, read from the models' declarations."""

import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import BaseModel, PlainValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from .parameter import check_date, check_day
from .scenario import Scenario

ENTITY, ITEM = "<id>", "<n>"
"""Placeholders in keys: the id of an entity, the number of a list item (from 0)."""

REQUIRED = "(required)"

_NAMES = {bool: "switch", int: "whole number", float: "number", str: "text"}


@dataclass(frozen=True)
class ParameterInfo:
    """What is known about one parameter.

    Attributes:
        key: dotted key, with ``<id>`` for an entity and ``<n>`` for the number of a list item.
        type: switch, whole number, number, text, choice, day, date, list of ...; ``or none`` when it may be empty.
        default: value when no scenario gives one; ``(required)`` when one has to.
        unit: unit of the value, empty when it has none.
        low: smallest value accepted, None without bound.
        high: largest value accepted, None without bound.
        choices: words accepted, empty when any value of the type is.
        scale: ``linear`` or ``log``: how samplers spread values between the bounds.
        role: ``lever``, ``uncertainty`` or ``fact``.
        description: what it means.
        source: where the default comes from.
    """

    key: str
    type: str
    default: Any
    unit: str
    low: float | int | None
    high: float | int | None
    choices: tuple[str, ...]
    scale: str
    role: str
    description: str
    source: str

    def allowed(self) -> str:
        """The values accepted, in words that follow *must be*."""
        kind = self.type.removesuffix(" or none")
        if self.choices:
            words = f"one of {', '.join(self.choices)}"
        elif kind == "switch":
            words = "true or false"
        elif kind == "day":
            words = "a whole number of days since start_date or a date such as 2024-01-31"
        elif kind == "date":
            words = "a date such as 2024-01-31"
        else:
            words = f"a {kind}{_range(self.low, self.high)}"
            words += f" ({self.unit})" if self.unit else ""
        return words + (", or none" if self.type.endswith(" or none") else "")


def _range(low: float | int | None, high: float | int | None) -> str:
    if low is not None and high is not None:
        return f" between {_plain(low)} and {_plain(high)}"
    if low is not None:
        return f" of at least {_plain(low)}"
    if high is not None:
        return f" of at most {_plain(high)}"
    return ""


def _plain(value: float | int) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:,.0f}".replace(",", "") if value == int(value) and abs(value) < 1e7 else f"{value:g}"


@cache
def parameters() -> list[ParameterInfo]:
    """All parameters of a scenario in the order of declaration."""
    return list(_walk(Scenario, "", None))


def find_parameter(key: str) -> ParameterInfo | None:
    """The parameter behind a key, which may name an entity (``lrt.renzo.fee``) or a placeholder (``lrt.<id>.fee``)."""
    return _by_key().get(placeholder_key(key.split(".")))


@cache
def _by_key() -> dict[str, ParameterInfo]:
    return {info.key: info for info in parameters()}


def placeholder_key(path: Sequence[str | int]) -> str:
    """A concrete path with placeholders for ids and list numbers."""
    shape: Any = Scenario
    parts: list[str] = []
    for part in path:
        kind, inner = _container(shape)
        if kind == "table":
            field = inner.model_fields.get(str(part))
            parts.append(str(part))
            shape = field.annotation if field is not None else None
        elif kind == "entities":
            parts.append(ENTITY)
            shape = inner
        elif kind == "list":
            parts.append(ITEM)
            shape = inner
        else:
            parts.append(str(part))
    return ".".join(parts)


def names_at(path: Sequence[str | int]) -> list[str]:
    """Names of the keys that the table at ``path`` may hold; empty when it holds entities or is no table."""
    shape: Any = Scenario
    for part in path:
        kind, inner = _container(shape)
        if kind == "table":
            field = inner.model_fields.get(str(part))
            shape = field.annotation if field is not None else None
        elif kind in ("entities", "list"):
            shape = inner
        else:
            return []
    kind, inner = _container(shape)
    return list(inner.model_fields) if kind == "table" else []


def _walk(model: type[BaseModel], prefix: str, instance: BaseModel | None) -> Iterator[ParameterInfo]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        kind, inner = _container(field.annotation)
        if kind == "table":
            default = getattr(instance, name) if instance is not None else field.get_default(call_default_factory=True)
            yield from _walk(inner, f"{key}.", default)
        elif kind == "entities":
            yield from _walk(inner, f"{key}.{ENTITY}.", None)
        else:
            yield _describe(key, name, field, instance)
            if kind == "list" and isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _walk(inner, f"{key}.{ITEM}.", None)


def _describe(key: str, name: str, field: FieldInfo, instance: BaseModel | None) -> ParameterInfo:
    extra: dict[str, Any] = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    default = field.default if instance is None else getattr(instance, name)
    type_name, choices = _type_of(field)
    return ParameterInfo(
        key=key,
        type=type_name,
        default=REQUIRED if default is PydanticUndefined else _listed(default),
        unit=str(extra["unit"]),
        low=next((_bound(m.ge, type_name) for m in field.metadata if isinstance(m, Ge)), None),
        high=next((_bound(m.le, type_name) for m in field.metadata if isinstance(m, Le)), None),
        choices=choices,
        scale=str(extra["scale"]),
        role=str(extra["role"]),
        description=field.description or "",
        source=str(extra["source"]),
    )


def _bound(value: Any, type_name: str) -> float | int:
    """A bound as its parameter has it: a whole number is not rounded to what a float can hold."""
    return int(value) if type_name.startswith("whole number") else float(value)


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def _type_of(field: FieldInfo) -> tuple[str, tuple[str, ...]]:
    annotation, metadata, optional = _bare(field.annotation, list(field.metadata))
    suffix = " or none" if optional else ""
    if typing.get_origin(annotation) is Literal:
        return f"choice{suffix}", typing.get_args(annotation)
    for item in metadata:
        if isinstance(item, PlainValidator):
            return {check_day: "day", check_date: "date"}[item.func] + suffix, ()  # type: ignore[index]
    kind, inner = _container(annotation)
    if kind == "list":
        item, _, _ = _bare(inner, [])
        return f"list of {_NAMES.get(item, 'table')}s{suffix}", ()
    return _NAMES[annotation] + suffix, ()


def _bare(annotation: Any, metadata: list[Any]) -> tuple[Any, list[Any], bool]:
    """Take ``Annotated`` and ``| None`` off a type."""
    optional = False
    while True:
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is Annotated:
            annotation, metadata = arguments[0], [*metadata, *arguments[1:]]
        elif origin in (types.UnionType, typing.Union) and type(None) in arguments:
            rest = [argument for argument in arguments if argument is not type(None)]
            if len(rest) > 1:
                return annotation, metadata, True
            annotation, optional = rest[0], True
        else:
            return annotation, metadata, optional


def _container(annotation: Any) -> tuple[str, Any]:
    """Whether a type is a table (with its model), a table of entities, a list (with its item type) or a value."""
    annotation, _, _ = _bare(annotation, [])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table", annotation
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is dict:
        return "entities", arguments[1]
    if origin is tuple:
        return "list", arguments[0]
    return "value", annotation


def scenario_schema() -> dict[str, Any]:
    """JSON schema of a scenario file, for editors: types, bounds, units, meanings, and the keywords of loading."""
    schema = Scenario.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Restaking scenario"
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "scenario that this one starts from: a shipped name, or a path relative to this file",
    }
    definitions = schema["$defs"]
    for name in ("LstParameters", "LrtParameters", "AvsParameters", "ArchetypeParameters"):
        definitions[name]["properties"]["remove"] = {
            "type": "boolean",
            "description": "true drops the entity of the scenario that this one extends",
        }
        # A file that extends another gives only what it changes.
        definitions[name].pop("required", None)
    return schema
