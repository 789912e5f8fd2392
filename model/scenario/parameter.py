"""How a parameter is declared: one line that holds its default, bounds, unit, meaning and source.

Everything that is said about parameters elsewhere (``restaking list parameters``, ``restaking explain``, the
JSON schema, the reference page, error messages, sampling ranges) is read from these declarations.
"""

import datetime
import re
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, Strict, WithJsonSchema, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

Scale = Literal["linear", "log"]
Role = Literal["lever", "uncertainty", "fact"]
"""``lever``: somebody decides it; ``uncertainty``: a behaviour nobody knows well; ``fact``: looked up."""

ASSUMPTION = "assumption"
EARLIEST, LATEST = datetime.date(2000, 1, 1), datetime.date(2100, 1, 1)
FARTHEST_DAY = 36_500
"""Days relative to the start are at most a century away: larger numbers are typing errors."""

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")

Key = TypeVar("Key")
Value = TypeVar("Value")


def parameter(
    default: Any = ...,
    *,
    description: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    source: str = ASSUMPTION,
    scale: Scale = "linear",
    role: Role = "uncertainty",
) -> Any:
    """Declare one parameter of a scenario.

    Args:
        default: value when no scenario gives one; leave it out for a key that must be given.
        description: what it means, in the terms of the field.
        unit: unit of the value (``ETH``, ``days``, ``fraction``, ``1/yr``); empty for names, switches and pure
            numbers; ``day`` belongs to points in time (the type :data:`Day`).
        low: smallest value accepted (inclusive).
        high: largest value accepted (inclusive).
        source: public address, paper or EIP that the default rests on, or ``assumption`` with its reason.
        scale: how samplers should spread values between ``low`` and ``high``.
        role: ``lever``, ``uncertainty`` or ``fact``.
    """
    extra: dict[str, Any] = {"unit": unit, "source": source, "scale": scale, "role": role}
    # "5" is not 5 and true is not 1: numbers are taken as given. Texts are not coerced by pydantic anyway.
    strict = True if isinstance(default, (bool, int, float)) and unit != "day" else None
    return Field(default=default, description=description, ge=low, le=high, strict=strict, json_schema_extra=extra)


def section(model: type[BaseModel], description: str, **defaults: Any) -> Any:
    """Declare a table of parameters inside another, every one of which has a default."""
    return Field(default_factory=lambda: model(**defaults), description=description)


def check_date(value: object) -> str:
    """Return an ISO date (``2024-01-31``) as text; raise when it is none."""
    if isinstance(value, datetime.datetime) or not isinstance(value, (datetime.date, str)):
        _reject_date(value)
    text = value.isoformat() if isinstance(value, datetime.date) else value
    if not _ISO_DATE.match(text):
        _reject_date(value)
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError:
        _reject_date(value)
    if not EARLIEST <= date <= LATEST:
        raise PydanticCustomError(
            "scenario_day",
            "must be a date between {earliest} and {latest}",
            {"earliest": EARLIEST.isoformat(), "latest": LATEST.isoformat()},
        )
    return text


def check_day(value: object) -> int | str:
    """Return a day as given: whole days since the scenario's start date, or an ISO date."""
    if isinstance(value, bool) or not isinstance(value, (int, str, datetime.date)):
        _reject_day(value)
    if not isinstance(value, int):
        return check_date(value)
    if abs(value) > FARTHEST_DAY:
        raise PydanticCustomError(
            "scenario_day", "must be at most {limit} days away from the start", {"limit": FARTHEST_DAY}
        )
    return value


def _reject_date(value: object) -> NoReturn:
    raise PydanticCustomError("scenario_day", "must be a date such as 2024-01-31 that exists in the calendar")


def _reject_day(value: object) -> NoReturn:
    raise PydanticCustomError(
        "scenario_day", "must be a whole number of days since start_date or a date such as 2024-01-31"
    )


Day = Annotated[
    int | str,
    PlainValidator(check_day),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "format": "date"}]}),
]
"""A day: whole days since the scenario's start date (negative: before it) or an ISO date."""

Date = Annotated[str, PlainValidator(check_date), WithJsonSchema({"type": "string", "format": "date"})]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]


class Parameters(BaseModel):
    """Base of every table of parameters: frozen, without unknown keys, without infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=False)

    @model_validator(mode="before")
    @classmethod
    def _none_by_name(cls, data: Any) -> Any:
        """TOML knows no null: the text ``none`` clears a key that may be empty."""
        if not isinstance(data, dict):
            return data
        return {k: None if v == "none" and _may_be_none(cls.model_fields.get(k)) else v for k, v in data.items()}


def _may_be_none(field: FieldInfo | None) -> bool:
    return field is not None and field.default is None


class FrozenDict(dict[Key, Value]):
    """A dictionary that keeps its order and refuses changes; it can be copied and pickled."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a scenario is frozen; use with_overrides() to make a changed copy")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))
