"""Tables of operators, of edges and of services: CSV files and JSON records, with the column names of the trade."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...scenario.naming import shortened
from ..document import ETHER_UNITS, same_name
from ..elements import NetworkError, NumberAsWritten, parse_fraction
from .draft import Draft, counted, listed, written

SEPARATORS = (",", ";", "\t", "|")

OPERATOR = (
    "operator address",
    "operator id",
    "operator",
    "validator address",
    "validator",
    "operator name",
    "validator name",
    "source",
)
SERVICE = (
    "operator set",
    "avs address",
    "avs id",
    "avs",
    "service address",
    "service id",
    "service",
    "avs name",
    "service name",
    "target",
)
NAMES_ALONE = ("address", "id", "name")
"""Columns of these names say what the table is about: operators, or services in a table of services."""

_ROLES: Mapping[str, frozenset[str]] = {
    "magnitude": frozenset({"magnitude", "magnitudes"}),
    "allocation": frozenset({"allocation", "allocated", "slashable"}),
    "threshold": frozenset({"threshold"}),
    "profit": frozenset({"profit", "prize", "corruption"}),
    "stake": frozenset({"stake", "staked", "delegated", "shares", "tvl"}),
}
"""Words of a column's name that say what its numbers are; of several roles the first."""

_UNITS = {
    **dict.fromkeys(ETHER_UNITS, "ETH"),
    "usd": "USD",
    "dollar": "USD",
    "dollars": "USD",
}
_SHARES = {"percent": 100, "pct": 100, "bps": 10_000, "bips": 10_000}
_NOT_AMOUNTS = frozenset({"percent", "pct", "share", "rank", "count", "number", "change", "date", "time"})
_BLANK = frozenset({"", "-", "null", "none", "nan", "n/a", "na", "<na>"})
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d*)?")


@dataclass(frozen=True)
class Table:
    """Rows by column.

    Attributes:
        where: name of the file.
        columns: names as they were written.
        rows: places (``line 3``) and values; blanks are None.
        separator: between the values, empty for records.
    """

    where: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, Any]], ...]
    separator: str = ""


@dataclass(frozen=True)
class Columns:
    """Which columns play which role."""

    operator: str | None
    service: str | None
    stake: str | None
    allocation: str | None
    magnitude: str | None
    profit: str | None
    threshold: str | None

    def used(self) -> list[str]:
        """All columns with a role."""
        return [name for name in vars(self).values() if name is not None]


# ------------------------------------------------------------------------------------------------------------- reading


def looks_like_table(text: str) -> bool:
    """Whether the first line of a text holds a column of operators or services."""
    first = next(csv.reader(text.splitlines()[:1], delimiter=_separator(text)), [])
    words = {_words(name) for name in first}
    return len(first) > 1 and not words.isdisjoint({*OPERATOR, *SERVICE})


def parse_csv(text: str, where: str) -> Table:
    """The table of a CSV text; the separator is the one that divides the first line most often.

    Raises:
        NetworkError: it is not a table.
    """
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        rows: list[tuple[str, Mapping[str, Any]]] = []
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            place = f"line {reader.line_num}"
            if len(values) != len(header):
                raise NetworkError(f"{where}: {place}: has {len(values)} values for {len(header)} columns", where=where)
            rows.append((place, {name: _blank(value) for name, value in zip(header, values, strict=True)}))
    except csv.Error as error:
        raise NetworkError(f"{where}: line {reader.line_num}: is not CSV: {error}", where=where) from None
    return _checked(Table(where, tuple(header), tuple(rows), separator))


def _separator(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(SEPARATORS, key=first.count)


def records_in(content: Any) -> list[Any] | None:
    """The list of records in a JSON content: itself, or what APIs wrap as data, rows or result.rows; None without."""
    inner = content.get("result") if isinstance(content, Mapping) else None
    for place in (content, inner):
        if isinstance(place, Mapping):
            place = next((place[key] for key in ("rows", "data", "records") if key in place), None)
        if isinstance(place, list) and place and isinstance(place[0], Mapping):
            return place
    return None


def records(content: Sequence[Any], where: str) -> Table:
    """The table of JSON records.

    Raises:
        NetworkError: they are none.
    """
    columns: dict[str, None] = {}
    rows = []
    for number, record in enumerate(content):
        if not isinstance(record, Mapping):
            raise NetworkError(f"{where}: [{number}] must be an object, as the others", where=where)
        columns.update(dict.fromkeys(record))
        rows.append((f"[{number}]", {name: _blank(value) for name, value in record.items()}))
    return _checked(Table(where, tuple(columns), tuple(rows)))


def _checked(table: Table) -> Table:
    twice = [name for number, name in enumerate(table.columns) if name in table.columns[:number]]
    if twice:
        raise NetworkError(f"{table.where}: has the column {shortened(twice[0])!r} twice", where=table.where)
    if not table.rows:
        raise NetworkError(f"{table.where}: has no rows below its column names", where=table.where)
    return table


def _blank(value: Any) -> Any:
    if value is None or (isinstance(value, str) and value.strip().lower() in _BLANK):
        return None
    return value.strip() if isinstance(value, str) and not isinstance(value, NumberAsWritten) else value


def _words(name: str) -> str:
    """A column's name in small words: ``operatorAddress`` and ``Operator_Address`` are the same."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("%", " percent ")
    return " ".join(re.findall(r"[a-z0-9]+", apart.lower().replace("basis points", "bps")))


def columns_of(table: Table, names_alone: str = "operator") -> Columns:
    """Who plays which role.

    Args:
        table: the table.
        names_alone: what columns called just name, address or id name: ``operator`` or ``service``.

    Raises:
        NetworkError: two columns could be the same amount.
    """
    words = {name: _words(name) for name in table.columns}
    operator = _identity(words, OPERATOR + (NAMES_ALONE if names_alone == "operator" else ()))
    service = _identity(words, SERVICE + (NAMES_ALONE if names_alone == "service" else ()))
    roles = {name: _role(text) for name, text in words.items() if name not in (operator, service)}
    amounts = {role: _one(table, words, role, [name for name in roles if roles[name] == role]) for role in _ROLES}
    return Columns(operator, service, **amounts)


def _identity(words: Mapping[str, str], names: Sequence[str]) -> str | None:
    by_words = {words[name]: name for name in reversed(list(words))}
    return next((by_words[name] for name in names if name in by_words), None)


def _role(text: str) -> str | None:
    found = set(text.split())
    role = next((role for role, marks in _ROLES.items() if found & marks), None)
    if text in ("attack reward", "service attack reward"):
        return "profit"
    return None if role not in (None, "threshold") and found & _NOT_AMOUNTS else role


def _one(table: Table, words: Mapping[str, str], role: str, names: Sequence[str]) -> str | None:
    exact = [name for name in names if words[name] == role]
    if len(names) > 1 and len(exact) != 1:
        raise NetworkError(
            f"{table.where}: the columns {listed(names)} could all be the {role}; call the one that counts {role}",
            where=table.where,
        )
    return next(iter(exact or names), None)


def amount(table: Table, place: str, column: str, value: Any) -> Fraction:
    """The number in a cell: currency signs and commas between thousands are nothing but looks.

    Raises:
        NetworkError: it is no number of at least 0.
    """
    text = str(value).strip().lstrip("$€£").strip()
    if table.separator == ";" and "," in text:
        raise NetworkError(
            f"{table.where}: {place}: {shortened(column)} = {shortened(text)!r}: a comma could be decimal or divide "
            "thousands; write a decimal point and nothing between thousands",
            where=table.where,
        )
    number = parse_fraction(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text)
    if number is None or number < 0 or isinstance(value, bool):
        raise NetworkError(
            f"{table.where}: {place}: {shortened(column)} = {shortened(str(value))!r} must be a number of at least 0",
            where=table.where,
        )
    return number


def unit_of(column: str) -> tuple[str, Fraction]:
    """Unit that a column's name tells, empty when it tells none, and what one is worth in it."""
    for word in _words(column).split():
        if word in _UNITS:
            return _UNITS[word], ETHER_UNITS.get(word, Fraction(1))
    return "", Fraction(1)


def name_in(value: Any) -> str:
    """A name in a cell; records may hold numbers."""
    return str(value)


# -------------------------------------------------------------------------------------------------------- as a network


def read_table(draft: Draft, table: Table) -> None:
    """Fill the draft from a table of edges, or of the operators of one service.

    Raises:
        NetworkError: there is no column of operators, or two rows contradict each other.
    """
    columns = columns_of(table)
    if columns.operator is None:
        draft.refuse(
            "",
            f"has the columns {listed(table.columns)}; one of operators is needed, called "
            "operator, operator address or operator name",
        )
    only = draft.supplements.service
    if columns.service is None and only is not None:
        draft.options_used.add("service")
    elif columns.service is None:
        draft.missing.append("the service that these operators secure (--service NAME), as no column names services")
    _tell_columns(draft, table, columns)
    stake_of = _amounts(draft, table, columns.stake)
    allocation_of = _amounts(draft, table, columns.allocation)
    if columns.allocation and columns.magnitude:
        draft.refuse("", "has a column of allocations and one of magnitudes; one says what is allocated")
    places: dict[str, str] = {}
    allocated: dict[tuple[str, str], Any] = {}
    without: dict[str, str] = {}
    nameless: list[str] = []
    repeated = 0
    seen: set[tuple[str, str]] = set()
    for place, row in table.rows:
        if row.get(columns.operator) is None:
            nameless.append(place)
            if stake_of(place, row):
                draft.refuse(place, f"has a stake, and nobody under {shortened(columns.operator)!r}")
            continue
        operator = draft.name("operator", name_in(row[columns.operator]))
        stake = stake_of(place, row)
        if stake is not None and draft.stakes.setdefault(operator, stake) != stake:
            draft.refuse(
                place,
                f"gives {shortened(operator)} another stake than {places.get(operator, 'before')}; "
                "what differs by service is called allocation",
            )
        (without if stake is None else places).setdefault(operator, place)
        service = only if columns.service is None else row.get(columns.service)
        if service is None:
            if columns.service is not None:
                draft.refuse(place, f"names no service under {shortened(columns.service)!r}")
            continue
        edge = operator, draft.name("service", name_in(service))
        given = allocation_of(place, row)
        if columns.magnitude:
            given = row.get(columns.magnitude)
        if edge in seen:
            repeated += 1
            if allocated.get(edge) != given:
                draft.refuse(
                    place, f"allocates another amount of {shortened(edge[0])} to {shortened(edge[1])} than before"
                )
            continue
        seen.add(edge)
        draft.edges.append(edge)
        _take_own_terms(draft, table, columns, place, row, edge[1])
        if (columns.allocation or columns.magnitude) and given is None:
            draft.refuse(place, f"has no {shortened(columns.allocation or columns.magnitude or '')}")
        allocated[edge] = given
    if columns.allocation:
        draft.allocations = allocated
    elif columns.magnitude:
        draft.allocations = dict(allocated)
    _finish_table(draft, columns, without, nameless, repeated)


def _tell_columns(draft: Draft, table: Table, columns: Columns) -> None:
    roles = ", ".join(f"{role} from {shortened(name)!r}" for role, name in vars(columns).items() if name is not None)
    draft.read.append(f"{counted(len(table.rows), 'row')}: {roles}")
    draft.not_used += [f"the column {shortened(name)!r}" for name in table.columns if name not in columns.used()]


def _amounts(draft: Draft, table: Table, column: str | None) -> Callable[[str, Mapping[str, Any]], Any]:
    """How to read the amounts of a column; None for blanks and where there is no column."""
    if column is None:
        return lambda place, row: None
    unit, worth = unit_of(column)
    if unit:
        draft.set_unit(unit, repr(column))

    def read(place: str, row: Mapping[str, Any]) -> Any:
        value = row.get(column)
        return None if value is None else written(amount(table, place, column, value) * worth)

    return read


def _take_own_terms(
    draft: Draft, table: Table, columns: Columns, place: str, row: Mapping[str, Any], service: str
) -> None:
    terms = draft.services.setdefault(service, {})
    for key, value in terms_in(draft, table, columns, place, row).items():
        if terms.setdefault(key, value) != value:
            draft.refuse(place, f"gives {shortened(service)} another {key} than before")


def terms_in(draft: Draft, table: Table, columns: Columns, place: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Profit and threshold of a row, as far as it has them."""
    terms: dict[str, Any] = {}
    profit = _amounts(draft, table, columns.profit)(place, row)
    if profit is not None:
        terms["profit"] = profit
    if columns.threshold is not None and row.get(columns.threshold) is not None:
        text, whole = str(row[columns.threshold]), _share_unit(columns.threshold)
        if whole == 1:
            terms["threshold"] = NumberAsWritten(text) if parse_fraction(text) is not None else text
        else:
            number = amount(table, place, columns.threshold, text.removesuffix("%").strip())
            terms["threshold_percent" if whole == 100 else "threshold_bps"] = written(number)
    return terms


def _share_unit(column: str) -> int:
    return next((_SHARES[word] for word in _words(column).split() if word in _SHARES), 1)


def _finish_table(
    draft: Draft, columns: Columns, without: Mapping[str, str], nameless: Sequence[str], repeated: int
) -> None:
    if nameless:
        draft.dropped.append(f"{counted(len(nameless), 'row')} without an operator ({listed(nameless)})")
    if repeated:
        draft.merged.append(f"{counted(repeated, 'repetition')} of an edge")
    lacking = [name for name in without if name not in draft.stakes]
    if draft.supplements.operators is not None:
        for name in lacking:
            draft.stakes[name] = None
    elif columns.stake is None:
        draft.missing.append("the stakes of operators (a column stake, or --operators TABLE with operator and stake)")
    elif lacking:
        drop_operators(draft, lacking, f"without a {shortened(columns.stake)!r}")


def drop_operators(draft: Draft, names: Sequence[str], what: str) -> None:
    """Leave operators out, with what they secure."""
    gone = frozenset(names)
    draft.dropped.append(f"{counted(len(names), 'operator')} {what}: {listed(names)}")
    draft.stakes = {name: stake for name, stake in draft.stakes.items() if name not in gone}
    draft.edges = [edge for edge in draft.edges if edge[0] not in gone]
    if draft.allocations is not None:
        draft.allocations = {edge: value for edge, value in draft.allocations.items() if edge[0] not in gone}


# ------------------------------------------------------------------------------------------------------- supplementing


def take_operator_table(draft: Draft, table: Table) -> None:
    """Give the stakes of a table to the operators that lack them.

    Raises:
        NetworkError: it has no operators or no stakes, or contradicts itself or the file.
    """
    columns = columns_of(table)
    if columns.operator is None or columns.stake is None:
        draft.refuse("--operators", f"{table.where} has the columns {listed(table.columns)}, not operator and stake")
    draft.options_used.add("operators")
    _tell_unused(draft, table, {columns.operator, columns.stake})
    stake_of = _amounts(draft, table, columns.stake)
    found: dict[str, Any] = {}
    for place, row in table.rows:
        if row.get(columns.operator) is None or row.get(columns.stake) is None:
            draft.dropped.append(f"{table.where}, {place}: no operator or no stake")
            continue
        name, stake = draft.name("operator", name_in(row[columns.operator])), stake_of(place, row)
        if found.setdefault(name, stake) != stake:
            draft.refuse("--operators", f"{table.where}, {place}: gives {shortened(name)} another stake than before")
    strangers = [name for name in found if name not in draft.stakes]
    contradicted = [name for name, stake in draft.stakes.items() if stake is not None and name in found]
    draft.stakes = {name: found.get(name) if stake is None else stake for name, stake in draft.stakes.items()}
    draft.read.append(f"stakes of {counted(len(found), 'operator')} from {table.where}, {shortened(columns.stake)!r}")
    if strangers:
        draft.not_used.append(
            f"{counted(len(strangers), 'operator')} of {table.where} unknown here: {listed(strangers)}"
        )
    if contradicted:
        draft.not_used.append(f"stakes of {listed(contradicted)} in {table.where}: the file has its own")
    lacking = [name for name, stake in draft.stakes.items() if stake is None]
    if lacking:
        draft.missing.append(f"the stakes of {listed(lacking)}, who are not in {table.where} either")


def _tell_unused(draft: Draft, table: Table, used: set[str | None]) -> None:
    draft.not_used += [f"the column {shortened(name)!r} of {table.where}" for name in table.columns if name not in used]


def take_service_table(draft: Draft, table: Table) -> None:
    """Give the profits and thresholds of a table to the services that lack them.

    Raises:
        NetworkError: it has no services or neither of the two, or contradicts itself.
    """
    columns = columns_of(table, "service")
    if columns.service is None or (columns.profit is None and columns.threshold is None):
        draft.refuse(
            "--services",
            f"{table.where} has the columns {listed(table.columns)}; service, and profit or threshold, are needed",
        )
    draft.options_used.add("services")
    terms: dict[str, dict[str, Any]] = {}
    for place, row in table.rows:
        if row.get(columns.service) is None:
            draft.refuse("--services", f"{table.where}, {place}: names no service under {shortened(columns.service)!r}")
        name = same_name(name_in(row[columns.service]))
        own = terms_in(draft, table, columns, place, row)
        if terms.setdefault(name, own) != own:
            draft.refuse("--services", f"{table.where}, {place}: gives {shortened(name)} other terms than before")
    _tell_unused(draft, table, {columns.service, columns.profit, columns.threshold})
    draft.read.append(f"terms of {counted(len(terms), 'service')} from {table.where}")
    draft.take_terms(terms, table.where)
