"""The network file of this project: checked key by key, in exact numbers.

Everything else that comes in is brought into this form first, so that each rule stands here once.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from ..scenario.naming import most_like, shortened
from .elements import Edge, NetworkError, NumberAsWritten, Service, parse_fraction

SECTIONS = ("operators", "services", "edges", "allocations")
SERVICE_FIELDS = ("profit", "threshold")
THRESHOLD_FIELDS = {"threshold": 1, "threshold_percent": 100, "threshold_bps": 10_000}
"""Fields of a threshold by the number that stands in them for all of the stake."""

SHARE_UNITS = {
    **dict.fromkeys(("%", "percent", "pct"), 100),
    **dict.fromkeys(("bps", "bp", "bip", "bips", "basis points"), 10_000),
}
"""The number that stands for all of the stake, by the unit that a threshold may name."""

ETHER_UNITS = {
    "wei": Fraction(1, 10**18),
    "gwei": Fraction(1, 10**9),
    "eth": Fraction(1),
    "ether": Fraction(1),
}
"""ETH in one of each unit that an amount may name."""

_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{40}")
_WITH_UNIT = re.compile(r"\s*([^\sa-zA-Z%]+(?:[eE][+-]?\d+)?)\s*(%|[a-zA-Z]+(?: [a-zA-Z]+)?)\s*")

_MISSPELT = 0.75
_ROUNDING = Fraction(1, 10**9)
_LARGEST = 10**100
"""And its inverse the smallest: ratios and sums of such numbers are floats."""


@dataclass(frozen=True)
class Parts:
    """What a document describes.

    Attributes:
        stakes: stake of each operator.
        services: the services by name.
        edges: (operator, service) pairs.
        allocations: stake by (operator, service) pair, None without the section.
        exact: whether numbers were given as texts.
    """

    stakes: Mapping[str, Fraction]
    services: Mapping[str, Service]
    edges: tuple[Edge, ...]
    allocations: Mapping[Edge, Fraction] | None
    exact: bool


def same_name(name: str) -> str:
    """The name by which two spellings are compared: addresses (0x and 40 hexadecimal digits) without regard to case."""
    return name.lower() if _ADDRESS.fullmatch(name) else name


class _Names(dict[str, str]):
    """Names of one kind as they were written first, by what they are compared by."""

    def written(self, name: str) -> str | None:
        """How the name was written first, None when there is no such name."""
        return self.get(same_name(name))


class DocumentReader:
    """Checks a document and takes it apart; all messages begin with the name of the file.

    Attributes:
        where: name of the file.
        exact: whether numbers were given as texts.
        not_used: keys that say nothing about security here, with the number of their places.
        unit_of_others: unit of the amounts that name none, where something else than the document tells it.
        unit: ``ETH`` where amounts name wei, gwei or ETH (and were converted), else empty.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.exact = False
        self.not_used: dict[str, int] = {}
        self.unit = ""
        self.unit_of_others = ""
        self._without_unit = ""

    def refuse(self, key: str, problem: str) -> NoReturn:
        """Raise the one error there is."""
        named = f"{shortened(key)} " if key else ""
        raise NetworkError(f"{self.where}: {named}{problem}", key=key, where=self.where)

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """A JSON object without repeated keys: the library would silently keep the last."""
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                self.refuse(_shown(key), "appears twice in one object; keys must be unique")
            found[key] = value
        return found

    def parts(self, document: Any) -> Parts:
        """Operators, services, edges and allocations of the document.

        Raises:
            NetworkError: when an element is not valid.
        """
        if not isinstance(document, Mapping):
            self.refuse("", f"must hold one object with operators, services and edges, found {_kind(document)}")
        self._check_keys(document, SECTIONS, "", "")
        operators, terms = self._table(document, "operators"), self._table(document, "services")
        services = {name: self._service(name, value) for name, value in terms.items()}
        stakes = {name: self._stake(name, value) for name, value in operators.items()}
        names = self._names("operators", stakes), self._names("services", services)
        allocations = None
        if document.get("allocations") is not None:
            allocations = self._allocations(document, stakes, names)
        edges = self._edges(document, names, allocations)
        if allocations is not None:
            known = frozenset(edges)
            for number, edge in enumerate(allocations):
                if edge not in known:
                    self.refuse(f"allocations[{number}]", f"= {_pair(edge)} is not among the edges")
        if self.unit and self._without_unit and not self.unit_of_others:
            self.refuse(self._without_unit, "names no unit (wei, gwei, ETH), and other amounts do")
        return Parts(stakes, services, edges, allocations, self.exact)

    def _names(self, section: str, table: Mapping[str, Any]) -> _Names:
        names = _Names()
        for name in table:
            known = names.setdefault(same_name(name), name)
            if known != name:
                self.refuse(f"{section}.{name}", f"is the same address as {known}, which stands there, too")
        return names

    def _table(self, document: Mapping[str, Any], section: str) -> Mapping[str, Any]:
        if section not in document:
            self.refuse(section, "is missing")
        table = document[section]
        if not isinstance(table, Mapping):
            self.refuse(section, f"must be an object of names, found {_kind(table)}")
        for name in table:
            if not isinstance(name, str):
                self.refuse(section, f"has the name {_shown(name)}; names must be text")
        return table

    def _stake(self, name: str, value: Any) -> Fraction:
        key = f"operators.{name}"
        if isinstance(value, Mapping):
            self.refuse(key, "holds several assets, which do not add up; --strategy NAME says which of them count")
        stake = self.amount(key, value)
        if stake < 0:
            self.refuse(key, f"= {_shown(value)} must be a stake of at least 0")
        return stake

    def _service(self, name: str, value: Any) -> Service:
        key = f"services.{name}"
        if not isinstance(value, Mapping):
            self.refuse(key, f"must be an object with profit and threshold, found {_kind(value)}")
        if "quorums" in value:
            self.refuse(
                f"{key}.quorums",
                "cannot be used: attacks through any one of several quorums are not computed here. Give one quorum "
                "alone, or each as a service of its own, whose profit then counts once for each",
            )
        self._check_keys(value, (*SERVICE_FIELDS, *THRESHOLD_FIELDS), f"{key}.", "services.*.")
        given = [field for field in THRESHOLD_FIELDS if field in value]
        if "profit" not in value:
            self.refuse(f"{key}.profit", "is missing")
        if not given:
            self.refuse(f"{key}.threshold", "is missing")
        if len(given) > 1:
            self.refuse(f"{key}.{given[1]}", f"says the same as {given[0]}; one of them is enough")
        return Service(
            self.profit(f"{key}.profit", value["profit"]),
            self.threshold(f"{key}.{given[0]}", value[given[0]], THRESHOLD_FIELDS[given[0]]),
        )

    def profit(self, key: str, value: Any) -> Fraction:
        """A profit from corruption.

        Raises:
            NetworkError: it is none.
        """
        profit = self.amount(key, value)
        if profit < 0:
            self.refuse(key, f"= {_shown(value)} must be at least 0")
        return profit

    def threshold(self, key: str, value: Any, whole: int = 1) -> Fraction:
        """A threshold as a share.

        Args:
            key: where it stands.
            value: a number, or a text with %, bps or basis points.
            whole: the number that stands for all of the stake.

        Raises:
            NetworkError: it is none.
        """
        found = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
        unit = SHARE_UNITS.get(found[2].lower()) if found else None
        if found is not None and unit is not None and whole == 1:
            threshold = self._parsed(key, found[1]) / unit
        else:
            threshold = self._number(key, value) / whole
        if 0 < threshold <= 1:
            return threshold
        hint = _share_hint(threshold) if whole == 1 and unit is None else ""
        highest = f"{whole:,}" if unit is None else f"{unit:,} {found[2]}" if found else "1"
        self.refuse(key, f"= {_shown(value)} must be above 0 and at most {highest}{hint}")

    def _edges(
        self, document: Mapping[str, Any], names: tuple[_Names, _Names], allocations: Mapping[Edge, Fraction] | None
    ) -> tuple[Edge, ...]:
        if allocations and not document.get("edges", []):
            return tuple(allocations)
        edges: dict[Edge, int] = {}
        for number, item in enumerate(self._list(document, "edges")):
            key = f"edges[{number}]"
            edge = self._ends(key, item, names, length=2)
            if edge in edges:
                self.refuse(key, f"= {_pair(edge)} repeats edges[{edges[edge]}]")
            edges[edge] = number
        return tuple(edges)

    def _allocations(
        self, document: Mapping[str, Any], stakes: Mapping[str, Fraction], names: tuple[_Names, _Names]
    ) -> dict[Edge, Fraction]:
        found: dict[Edge, Fraction] = {}
        for number, item in enumerate(self._list(document, "allocations")):
            key = f"allocations[{number}]"
            edge = self._ends(key, item, names, length=3)
            if edge in found:
                self.refuse(key, f"= {_pair(edge)} repeats an allocation")
            amount = self.amount(key, item[2])
            if amount < 0:
                self.refuse(key, f"= {_shown(item[2])} for {_pair(edge)} must be at least 0")
            found[edge] = self._within_stake(key, edge, item[2], amount, stakes[edge[0]])
        return found

    def _within_stake(self, key: str, edge: Edge, value: Any, amount: Fraction, stake: Fraction) -> Fraction:
        if amount <= stake:
            return amount
        # Programs that multiply a stake by a share may end one rounding error above it: no reason to refuse a network
        # that is meant in floats.
        rounded = not isinstance(value, str | Fraction | int) or isinstance(value, NumberAsWritten)
        if rounded and amount <= stake * (1 + _ROUNDING):
            return stake
        self.refuse(
            key,
            f"= {_shown(value)} for {_pair(edge)} is above the stake of {edge[0]} ({float(stake):.10g}); "
            "one service can count on the whole stake at most"
            + ("; magnitudes out of 10^18 are read with --from magnitudes" if amount >= 10**15 else ""),
        )

    def _list(self, document: Mapping[str, Any], section: str) -> Sequence[Any]:
        if section not in document:
            self.refuse(section, "is missing")
        items = document[section]
        if not isinstance(items, list | tuple):
            self.refuse(section, f"must be a list, found {_kind(items)}")
        return items

    def _ends(self, key: str, item: Any, names: tuple[_Names, _Names], *, length: int) -> Edge:
        form = "[operator, service]" if length == 2 else "[operator, service, amount]"
        if not isinstance(item, list | tuple) or len(item) != length:
            self.refuse(key, f"= {_shown(item)} must be {form}")
        ends = []
        for value, known, what in ((item[0], names[0], "operator"), (item[1], names[1], "service")):
            if not isinstance(value, str) or isinstance(value, NumberAsWritten):
                self.refuse(key, f"= {_shown(item)} must be {form}, both names as text")
            written = known.written(value)
            if written is None:
                self.refuse(key, f"names the unknown {what} {_shown(value)}; {_nearest(value, known.values(), what)}")
            ends.append(written)
        return ends[0], ends[1]

    def amount(self, key: str, value: Any) -> Fraction:
        """An amount of the unit of all, or of a unit that it names."""
        found = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            number = self._number(key, value)
            self._without_unit = self._without_unit or (key if number else "")
            return number
        if found[2].lower() not in ETHER_UNITS:
            self.refuse(key, f"= {_shown(value)} names an unknown unit; allowed are wei, gwei, ETH, or none at all")
        if self.unit_of_others not in ("", "ETH"):
            self.refuse(key, f"= {_shown(value)} is in ETH, other amounts are in {self.unit_of_others}")
        self.unit = "ETH"
        return self._parsed(key, found[1]) * ETHER_UNITS[found[2].lower()]

    def _number(self, key: str, value: Any) -> Fraction:
        if isinstance(value, str):
            if not isinstance(value, NumberAsWritten):
                self.exact = True
            return self._parsed(key, value)
        if isinstance(value, Fraction):
            self.exact = True
            return self._bounded(key, value, value)
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
            self.refuse(key, f'must be a number or a fraction in a string ("1/3"), found {_kind(value)}')
        if isinstance(value, int | np.integer):
            return self._bounded(key, Fraction(int(value)), value)
        if not math.isfinite(value):
            self.refuse(key, f"= {float(value)} must be a finite number")
        return self._bounded(key, Fraction(repr(float(value))), value)

    def _parsed(self, key: str, text: str) -> Fraction:
        if text.strip().lstrip("+-").lower() in {"nan", "inf", "infinity"}:
            self.refuse(key, f"= {_shown(text)} must be a finite number")
        value = parse_fraction(text)
        if value is None:
            self.refuse(key, f'= {_shown(text)} must be a number or a fraction in a string ("1/3")')
        return self._bounded(key, value, text)

    def _bounded(self, key: str, value: Fraction, given: Any) -> Fraction:
        if abs(value) > _LARGEST:
            self.refuse(key, f"= {_shown(given)} is too large; allowed are numbers up to {float(_LARGEST):g}")
        if value and abs(value) * _LARGEST < 1:
            self.refuse(key, f"= {_shown(given)} is too close to 0; allowed are 0 and numbers from {1 / _LARGEST:g}")
        return value

    def _check_keys(self, table: Mapping[Any, Any], known: Sequence[str], prefix: str, place: str) -> None:
        """Refuse what looks like one of our names, and note the other keys, which are the author's own."""
        for name in table:
            if name in known or not isinstance(name, str):
                continue
            near = most_like(name.lower(), known, 1, cutoff=_MISSPELT)
            if near:
                self.refuse(f"{prefix}{name}", f"is an unknown key; nearest valid name: {prefix}{near[0]}")
            self.not_used[f"{place}{name}"] = self.not_used.get(f"{place}{name}", 0) + 1


def _share_hint(value: Fraction) -> str:
    if 1 < value <= 100:
        return f'; for {float(value):g} % write {float(value / 100):g} or "{float(value):g}%"'
    if 100 < value <= 10_000:
        return f'; for {float(value):g} basis points write {float(value / 10_000):g} or "{float(value):g} bps"'
    return ""


def _nearest(name: str, names: Collection[str], what: str) -> str:
    near = most_like(name, names, 1, cutoff=0.3)
    if near:
        return f"nearest valid name: {near[0]}"
    return f"there are no {what}s" if not names else f"valid names: {', '.join(map(shortened, sorted(names)[:5]))}"


def _pair(edge: Edge) -> str:
    return json.dumps(list(edge), ensure_ascii=False)


def _shown(value: Any) -> str:
    if isinstance(value, NumberAsWritten):
        return shortened(str(value))
    if isinstance(value, int) and abs(value) > _LARGEST:
        return f"a number of about {int(value.bit_length() * 0.30103) + 1:,} digits"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(_shown(item) for item in value)}]"
    else:
        text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, NumberAsWritten | int | float):
        return f"the number {_shown(value)}"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else type(value).__name__
