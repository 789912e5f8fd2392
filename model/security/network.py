"""The restaking network: operators with stakes, services with prizes and thresholds, and who secures what.

The restaking graph of Durvasula and Roughgarden (2025, arXiv:2407.21785): an attack on service s by a coalition that
holds at least the share ``threshold`` of the stake on s brings the attackers ``profit`` and costs them their stake.
With allocations it is the elastic network of Bar-Zur and Eyal (2025, arXiv:2503.00170).

All quantities are exact fractions. A float stands for the shortest decimal that prints as it, so that 0.1 is one
tenth: break-even attacks and stakes right at a threshold are then what their author meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .document import DocumentReader
from .elements import Edge, NetworkError, Number, Service, parse_fraction

__all__ = ["Edge", "NetworkArrays", "NetworkError", "Number", "RestakingNetwork", "Service", "parse_fraction"]


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
        parts = DocumentReader(where).parts(document)
        return cls(parts.stakes, parts.services, parts.edges, parts.allocations, parts.exact)

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
