"""The restaking network: operators with stakes, services with prizes and thresholds, and who secures what.

The restaking graph of Durvasula and Roughgarden (2025, arXiv:2407.21785): an attack on service s by a coalition that
holds at least the share ``threshold`` of the stake on s brings the attackers ``profit`` and costs them their stake.
With allocations it is the elastic network of Bar-Zur and Eyal (2025, arXiv:2503.00170).

All quantities are exact fractions. A float stands for the shortest decimal that prints as it, so that 0.1 is one
tenth: break-even attacks and stakes right at a threshold are then what their author meant.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..scenario.errors import ScenarioError
from ..scenario.naming import most_like, shortened
from ..scenario.reading import LARGEST_FILE, decode, read_text

Number = int | float | str | Fraction
Edge = tuple[str, str]

SECTIONS = ("operators", "services", "edges", "allocations")
SERVICE_FIELDS = ("profit", "threshold")

_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*(/\s*\d+\s*)?")
_LONGEST_NUMBER = 400
_MISSPELT = 0.75
_ROUNDING = Fraction(1, 10**9)
_LARGEST = 10**100
"""And its inverse the smallest: ratios and sums of such numbers are floats."""


class NetworkError(ScenarioError):
    """A network that cannot be analysed: which element, which value, what is allowed, the nearest valid name."""


@dataclass(frozen=True)
class Service:
    """What one service is worth to an attacker and how much of its stake an attack takes.

    Attributes:
        profit: profit from corruption, in the unit of the stakes.
        threshold: share of the service's stake that suffices for an attack, in (0, 1].
    """

    profit: Fraction
    threshold: Fraction


@dataclass(frozen=True)
class NetworkArrays:
    """The network in float arrays; operators and services are numbered in the order of the network.

    Attributes:
        stake: stake of each operator, shape (n,).
        profit: profit from corruption of each service, shape (m,).
        threshold: attack threshold of each service, shape (m,).
        operator: operator of each edge, shape (e,).
        service: service of each edge, shape (e,).
    """

    stake: NDArray[np.float64]
    profit: NDArray[np.float64]
    threshold: NDArray[np.float64]
    operator: NDArray[np.int64]
    service: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RestakingNetwork:
    """Operators, services and the edges between them.

    Build one with :meth:`of`, :meth:`from_mapping` or :func:`read_network`, which check it.

    Attributes:
        stakes: stake of each operator, in any one unit.
        services: the services by name.
        edges: (operator, service) pairs.
        allocations: stake of the operator that the service can count on, at most the operator's whole stake; absent
            edges count as 0. None for the rigid model, where all of a stake answers to every service.
        exact: whether results are told as fractions (else as floats); the arithmetic is exact in either case.
    """

    stakes: Mapping[str, Fraction]
    services: Mapping[str, Service]
    edges: tuple[Edge, ...]
    allocations: Mapping[Edge, Fraction] | None = None
    exact: bool = False

    # ------------------------------------------------------------------------------------------------------- making

    @classmethod
    def of(
        cls,
        stakes: Mapping[str, Number],
        services: Mapping[str, tuple[Number, Number]],
        edges: Iterable[Edge],
        allocations: Mapping[Edge, Number] | None = None,
    ) -> RestakingNetwork:
        """Network from plain Python values.

        Args:
            stakes: stake of each operator (above 0).
            services: (profit, threshold) of each service.
            edges: (operator, service) pairs.
            allocations: stake by (operator, service) pair, for the elastic model.

        Raises:
            NetworkError: when an element is not valid.
        """
        document: dict[str, Any] = {
            "operators": dict(stakes),
            "services": {
                name: {"profit": profit, "threshold": threshold} for name, (profit, threshold) in services.items()
            },
            "edges": [list(edge) for edge in edges],
        }
        if allocations is not None:
            document["allocations"] = [[*edge, amount] for edge, amount in allocations.items()]
        return cls.from_mapping(document)

    @classmethod
    def from_mapping(cls, document: Any, where: str = "network") -> RestakingNetwork:
        """Network from the content of a network file.

        Args:
            document: ``{"operators": {name: stake}, "services": {name: {"profit", "threshold"}}, "edges":
                [[operator, service]], "allocations": [[operator, service, amount]]}``; numbers may be strings of
                fractions (``"1/3"``), and results are then told as fractions.
            where: name of the file, for messages.

        Raises:
            NetworkError: when an element is not valid.
        """
        return _Reader(where).network(document)

    def to_mapping(self) -> dict[str, Any]:
        """Content of a network file that is read back as this network."""
        document: dict[str, Any] = {
            "operators": {name: self.told(stake) for name, stake in self.stakes.items()},
            "services": {
                name: {"profit": self.told(service.profit), "threshold": self.told(service.threshold)}
                for name, service in self.services.items()
            },
            "edges": [list(edge) for edge in self.edges],
        }
        if self.allocations is not None:
            document["allocations"] = [[*edge, self.told(amount)] for edge, amount in self.allocations.items()]
        return document

    def told(self, value: Fraction) -> float | str:
        """A number as results tell it: a fraction in a string when the network is exact, else a float."""
        return str(value) if self.exact else float(value)

    # ------------------------------------------------------------------------------------------------------ looking

    @cached_property
    def operators_of(self) -> Mapping[str, tuple[str, ...]]:
        """Operators of each service, N(s)."""
        return _neighbours(self.services, ((service, operator) for operator, service in self.edges))

    @cached_property
    def services_of(self) -> Mapping[str, tuple[str, ...]]:
        """Services of each operator, N(v)."""
        return _neighbours(self.stakes, self.edges)

    @cached_property
    def total_stake(self) -> Fraction:
        """Stake of all operators."""
        return self.stake_of(self.stakes)

    @cached_property
    def stake_on(self) -> Mapping[str, Fraction]:
        """Stake on each service: whole stakes, or allocations in the elastic model."""
        if self.allocations is None:
            return {service: self.stake_of(operators) for service, operators in self.operators_of.items()}
        totals = dict.fromkeys(self.services, Fraction(0))
        for (_, service), amount in self.allocations.items():
            totals[service] += amount
        return totals

    @cached_property
    def unsecured(self) -> tuple[str, ...]:
        """Services with a prize and no stake: the empty coalition attacks them."""
        return tuple(name for name, service in self.services.items() if service.profit > 0 and self.stake_on[name] == 0)

    @cached_property
    def degree(self) -> Fraction | None:
        """Restaking degree: stake counted once for each service over stake counted once; None without stake."""
        if not self.total_stake:
            return None
        return sum(self.stake_on.values(), Fraction(0)) / self.total_stake

    @cached_property
    def coverage(self) -> Fraction | None:
        """Stake that the services would need as stand-alone systems, over the stake there is; None without stake.

        At most 1 wherever the certificate holds. Above 1 it means savings, or merely operators that cannot be divided.
        """
        if not self.total_stake:
            return None
        alone = sum((service.profit / service.threshold for service in self.services.values()), Fraction(0))
        return alone / self.total_stake

    def stake_of(self, operators: Iterable[str]) -> Fraction:
        """Stake of some operators together."""
        return sum((self.stakes[operator] for operator in operators), Fraction(0))

    def profit_of(self, services: Iterable[str]) -> Fraction:
        """Profit from corruption of some services together."""
        return sum((self.services[service].profit for service in services), Fraction(0))

    # ----------------------------------------------------------------------------------------------------- changing

    def without(self, operators: Collection[str]) -> RestakingNetwork:
        """The network after operators are gone; services stay, even those that nobody is left to secure."""
        gone = frozenset(operators)
        kept = None
        if self.allocations is not None:
            kept = {edge: amount for edge, amount in self.allocations.items() if edge[0] not in gone}
        return replace(
            self,
            stakes={name: stake for name, stake in self.stakes.items() if name not in gone},
            edges=tuple(edge for edge in self.edges if edge[0] not in gone),
            allocations=kept,
        )

    def without_services(self, services: Collection[str]) -> RestakingNetwork:
        """The network after services are gone; operators stay."""
        gone = frozenset(services)
        kept = None
        if self.allocations is not None:
            kept = {edge: amount for edge, amount in self.allocations.items() if edge[1] not in gone}
        return replace(
            self,
            services={name: service for name, service in self.services.items() if name not in gone},
            edges=tuple(edge for edge in self.edges if edge[1] not in gone),
            allocations=kept,
        )

    def arrays(self) -> NetworkArrays:
        """The network in float arrays."""
        operators = {name: number for number, name in enumerate(self.stakes)}
        services = {name: number for number, name in enumerate(self.services)}
        return NetworkArrays(
            stake=np.array([float(stake) for stake in self.stakes.values()], dtype=np.float64),
            profit=np.array([float(service.profit) for service in self.services.values()], dtype=np.float64),
            threshold=np.array([float(service.threshold) for service in self.services.values()], dtype=np.float64),
            operator=np.array([operators[operator] for operator, _ in self.edges], dtype=np.int64),
            service=np.array([services[service] for _, service in self.edges], dtype=np.int64),
        )


def _neighbours(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {name: [] for name in names}
    for name, neighbour in pairs:
        found[name].append(neighbour)
    return {name: tuple(neighbours) for name, neighbours in found.items()}


# ------------------------------------------------------------------------------------------------------------- reading


def parse_fraction(text: str) -> Fraction | None:
    """The number that a text stands for (``0.1``, ``1e-3``, ``1/3``), None when it is none or absurdly long.

    The length of number and exponent is bounded: a fraction of a billion digits would never be made.
    """
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    number, _, divisor = text.partition("/")
    try:
        return Fraction(number.strip()) / int(divisor or 1)
    except (ValueError, ZeroDivisionError):
        return None


def read_network(source: str | Path) -> RestakingNetwork:
    """Read a network file; ``-`` is standard input.

    Raises:
        NetworkError: when the file cannot be read or an element of it is not valid.
    """
    where = "standard input" if str(source) == "-" else str(source)
    reader = _Reader(where)
    try:
        text = _standard_input() if str(source) == "-" else read_text(Path(source), what="network", suffixes=(".json",))
    except ScenarioError as error:
        raise NetworkError(str(error), where=where) from None
    try:
        document = json.loads(
            text,
            object_pairs_hook=reader.object,
            parse_float=_Literal,
            parse_int=_Literal,
            parse_constant=_Literal,
        )
        return reader.network(document)
    except json.JSONDecodeError as error:
        reader.refuse("", f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})")
    except RecursionError:
        reader.refuse("", "is not a network: it is nested too deeply")


def _standard_input() -> str:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return sys.stdin.read(LARGEST_FILE) if sys.stdin is not None else ""
    return decode(stream.read(LARGEST_FILE), "standard input")


class _Literal(str):
    """A number as it stands in a file, digit by digit."""

    __slots__ = ()


class _Reader:
    """Checks a document and makes a network of it; all messages begin with the name of the file."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.exact = False

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

    def network(self, document: Any) -> RestakingNetwork:
        """The network that the document describes."""
        if not isinstance(document, Mapping):
            self.refuse("", f"must hold one object with operators, services and edges, found {_kind(document)}")
        self._no_misspelling(document, SECTIONS, "")
        stakes = {name: self._stake(name, value) for name, value in self._table(document, "operators").items()}
        services = {name: self._service(name, value) for name, value in self._table(document, "services").items()}
        allocations = None
        if document.get("allocations") is not None:
            allocations = self._allocations(document, stakes, services)
        edges = self._edges(document, stakes, services, allocations)
        if allocations is not None:
            known = frozenset(edges)
            for number, edge in enumerate(allocations):
                if edge not in known:
                    self.refuse(f"allocations[{number}]", f"= {_pair(edge)} is not among the edges")
        # A rounding error of the writer is no reason to refuse a network that is meant in floats.
        return RestakingNetwork(stakes, services, edges, allocations, self.exact)

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
        stake = self._number(key, value)
        if stake <= 0:
            self.refuse(key, f"= {_shown(value)} must be a stake above 0")
        return stake

    def _service(self, name: str, value: Any) -> Service:
        key = f"services.{name}"
        if not isinstance(value, Mapping):
            self.refuse(key, f"must be an object with profit and threshold, found {_kind(value)}")
        self._no_misspelling(value, SERVICE_FIELDS, f"{key}.")
        for field in SERVICE_FIELDS:
            if field not in value:
                self.refuse(f"{key}.{field}", "is missing")
        profit = self._number(f"{key}.profit", value["profit"])
        if profit < 0:
            self.refuse(f"{key}.profit", f"= {_shown(value['profit'])} must be at least 0")
        threshold = self._number(f"{key}.threshold", value["threshold"])
        if not 0 < threshold <= 1:
            self.refuse(f"{key}.threshold", f"= {_shown(value['threshold'])} must be above 0 and at most 1")
        return Service(profit, threshold)

    def _edges(
        self,
        document: Mapping[str, Any],
        stakes: Mapping[str, Fraction],
        services: Mapping[str, Service],
        allocations: Mapping[Edge, Fraction] | None,
    ) -> tuple[Edge, ...]:
        if allocations and not document.get("edges", []):
            return tuple(allocations)
        edges: dict[Edge, int] = {}
        for number, item in enumerate(self._list(document, "edges")):
            key = f"edges[{number}]"
            edge = self._ends(key, item, stakes, services, length=2)
            if edge in edges:
                self.refuse(key, f"= {_pair(edge)} repeats edges[{edges[edge]}]")
            edges[edge] = number
        return tuple(edges)

    def _allocations(
        self, document: Mapping[str, Any], stakes: Mapping[str, Fraction], services: Mapping[str, Service]
    ) -> dict[Edge, Fraction]:
        found: dict[Edge, Fraction] = {}
        for number, item in enumerate(self._list(document, "allocations")):
            key = f"allocations[{number}]"
            edge = self._ends(key, item, stakes, services, length=3)
            if edge in found:
                self.refuse(key, f"= {_pair(edge)} repeats an allocation")
            amount = self._number(key, item[2])
            if amount < 0:
                self.refuse(key, f"= {_shown(item[2])} for {_pair(edge)} must be at least 0")
            found[edge] = self._within_stake(key, edge, item[2], amount, stakes[edge[0]])
        return found

    def _within_stake(self, key: str, edge: Edge, value: Any, amount: Fraction, stake: Fraction) -> Fraction:
        if amount <= stake:
            return amount
        # Programs that multiply a stake by a share may end one rounding error above it.
        rounded = not isinstance(value, str | Fraction | int) or isinstance(value, _Literal)
        if rounded and amount <= stake * (1 + _ROUNDING):
            return stake
        self.refuse(
            key,
            f"= {_shown(value)} for {_pair(edge)} is above the stake of {edge[0]} ({float(stake):.10g}); "
            "one service can count on the whole stake at most",
        )

    def _list(self, document: Mapping[str, Any], section: str) -> Sequence[Any]:
        if section not in document:
            self.refuse(section, "is missing")
        items = document[section]
        if not isinstance(items, list | tuple):
            self.refuse(section, f"must be a list, found {_kind(items)}")
        return items

    def _ends(
        self,
        key: str,
        item: Any,
        stakes: Mapping[str, Fraction],
        services: Mapping[str, Service],
        *,
        length: int,
    ) -> Edge:
        form = "[operator, service]" if length == 2 else "[operator, service, amount]"
        if not isinstance(item, list | tuple) or len(item) != length:
            self.refuse(key, f"= {_shown(item)} must be {form}")
        for value, names, what in ((item[0], stakes, "operator"), (item[1], services, "service")):
            if not isinstance(value, str) or isinstance(value, _Literal):
                self.refuse(key, f"= {_shown(item)} must be {form}, both names as text")
            if value not in names:
                self.refuse(key, f"names the unknown {what} {_shown(value)}; {_nearest(value, names, what)}")
        return item[0], item[1]

    def _number(self, key: str, value: Any) -> Fraction:
        if isinstance(value, str):
            if not isinstance(value, _Literal):
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

    def _no_misspelling(self, table: Mapping[Any, Any], known: Sequence[str], prefix: str) -> None:
        """Notes of the author's own pass; what looks like one of our names does not."""
        for name in table:
            if name in known or not isinstance(name, str):
                continue
            near = most_like(name.lower(), known, 1, cutoff=_MISSPELT)
            if near:
                self.refuse(f"{prefix}{name}", f"is an unknown key; nearest valid name: {prefix}{near[0]}")


def _nearest(name: str, names: Collection[str], what: str) -> str:
    near = most_like(name, names, 1, cutoff=0.3)
    if near:
        return f"nearest valid name: {near[0]}"
    return f"there are no {what}s" if not names else f"valid names: {', '.join(map(shortened, sorted(names)[:5]))}"


def _pair(edge: Edge) -> str:
    return json.dumps(list(edge), ensure_ascii=False)


def _shown(value: Any) -> str:
    if isinstance(value, _Literal):
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
    if isinstance(value, _Literal | int | float):
        return f"the number {_shown(value)}"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else type(value).__name__
