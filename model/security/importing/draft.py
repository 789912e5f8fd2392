"""A network on its way in: the document as far as it is known, what is missing, and what happened to the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from ...scenario.naming import most_like, shortened
from ..document import THRESHOLD_FIELDS, DocumentReader, same_name
from ..elements import NetworkError, NumberAsWritten, parse_fraction
from ..network import RestakingNetwork

ALL = "all"
"""The strategy that stands for all strategies, added one to one."""

_MOST_LISTED = 4


@dataclass(frozen=True)
class Supplements:
    """What the user says beside the file.

    Attributes:
        operators: table of operators and their stakes.
        services: table of services with their profits and thresholds.
        service: name of the one service that a table of operators is about.
        profit: profit from corruption of services that have none in the file or the table.
        threshold: the same for their thresholds.
        strategies: assets that count, or ``all``.
        block: block at which pending changes of allocations are looked at.
    """

    operators: Path | None = None
    services: Path | None = None
    service: str | None = None
    profit: str | None = None
    threshold: str | None = None
    strategies: Sequence[str] = ()
    block: int | None = None

    def given(self) -> dict[str, str]:
        """The options that were given, by attribute."""
        options = {
            "operators": "--operators",
            "services": "--services",
            "service": "--service",
            "profit": "--profit",
            "threshold": "--threshold",
            "strategies": "--strategy",
            "block": "--block",
        }
        return {name: option for name, option in options.items() if getattr(self, name) not in (None, (), [])}


@dataclass(frozen=True)
class NetworkReading:
    """A network, and what was made of its file.

    Attributes:
        network: the network.
        form: form of the file, one of ``FORMS``.
        unit: unit of the amounts, where the file or its form tells it: ``ETH`` (also for amounts given in wei or gwei),
            ``USD``, ``shares``; else empty.
        read: what was taken for what.
        merged: what stood there more than once and counts once.
        dropped: what was left out, and why.
        not_used: keys, columns and options that say nothing about security here.
        assumed: what the file does not say itself.
    """

    network: RestakingNetwork
    form: str
    unit: str = ""
    read: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    not_used: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def as_it_stands(self) -> bool:
        """Whether all of a file in the project's own form was used, and nothing else."""
        said = (self.unit, self.read, self.merged, self.dropped, self.not_used, self.assumed)
        return self.form == "json" and not any(said)

    def to_mapping(self) -> dict[str, Any]:
        """The reading without the network, as one JSON object."""
        return {
            "form": self.form,
            "unit": self.unit or None,
            "read": list(self.read),
            "merged": list(self.merged),
            "dropped": list(self.dropped),
            "not_used": list(self.not_used),
            "assumed": list(self.assumed),
        }


@dataclass
class Draft:
    """What an importer fills in.

    Attributes:
        where: name of the file, for messages.
        supplements: what the user says beside the file.
        stakes: stake of each operator, as it was found.
        services: profit and threshold of each service, as far as they were found.
        edges: (operator, service) pairs.
        allocations: amounts by pair, None in the rigid model.
        unit: as in :class:`NetworkReading`.
        missing: what has to be said before the network can be analysed.
        read, merged, dropped, not_used, assumed: as in :class:`NetworkReading`.
        options_used: supplements that said something, by attribute.
        stake_asset: the asset of the stakes, where allocations name it and stakes do not.
    """

    where: str
    supplements: Supplements
    stakes: dict[str, Any] = field(default_factory=dict)
    services: dict[str, Any] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    allocations: dict[tuple[str, str], Any] | None = None
    unit: str = ""
    missing: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    not_used: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    options_used: set[str] = field(default_factory=set)
    stake_asset: str = ""
    _spelling: dict[tuple[str, str], str] = field(default_factory=dict)

    def refuse(self, key: str, problem: str) -> NoReturn:
        """Raise the one error there is."""
        named = f"{shortened(key)} " if key else ""
        raise NetworkError(f"{self.where}: {named}{problem}", key=key, where=self.where)

    def name(self, kind: str, name: str) -> str:
        """The name as it was written first: addresses are the same in capital and small letters."""
        return self._spelling.setdefault((kind, same_name(name)), name)

    def set_unit(self, unit: str, what: str) -> None:
        """Note the unit of an amount.

        Raises:
            NetworkError: another amount has another one.
        """
        if self.unit and self.unit != unit:
            self.refuse(what, f"is in {unit}, other amounts are in {self.unit}; they do not add up")
        self.unit = unit

    def document(self) -> dict[str, Any]:
        """The draft in the project's own form."""
        content: dict[str, Any] = {"operators": self.stakes, "services": self.services, "edges": self.edges}
        if self.allocations is not None:
            content["allocations"] = [[*edge, amount] for edge, amount in self.allocations.items()]
        return content

    # ------------------------------------------------------------------------------------------------- supplementing

    def take_terms(self, table: Mapping[str, Mapping[str, str]], source: str) -> None:
        """Give profits and thresholds of a table to the services that lack them."""
        known = {same_name(name): name for name in self.services}
        strangers = [name for name in table if same_name(name) not in known]
        twice = []
        for name, terms in table.items():
            service = self.services.get(known.get(same_name(name), ""))
            if not isinstance(service, dict):
                continue
            for key, value in terms.items():
                if _has(service, key):
                    twice.append(f"{key} of {name}")
                else:
                    service[key] = value
        if strangers:
            self.not_used.append(f"{counted(len(strangers), 'service')} of {source} unknown here: {listed(strangers)}")
        if twice:
            self.not_used.append(f"{listed(twice)} in {source}: the file has its own")

    def take_options(self) -> None:
        """Give ``--profit`` and ``--threshold`` to the services that still lack them.

        Raises:
            NetworkError: one of them is not valid.
        """
        for key, value in (("profit", self.supplements.profit), ("threshold", self.supplements.threshold)):
            if value is None:
                continue
            reader = DocumentReader(f"--{key}")
            (reader.profit if key == "profit" else reader.threshold)("", value)
            lacking = [name for name, own in self.services.items() if isinstance(own, dict) and not _has(own, key)]
            if not lacking:
                continue
            self.options_used.add(key)
            for name in lacking:
                self.services[name][key] = NumberAsWritten(value) if parse_fraction(value) is not None else value
            count = "all services" if len(lacking) == len(self.services) else counted(len(lacking), "service")
            self.assumed.append(f"{key} {value} of {count} (--{key})")

    def require_terms(self) -> None:
        """Note what the services still lack."""
        lacking: dict[str, list[str]] = {}
        for key in ("profit", "threshold"):
            names = listed(name for name, terms in self.services.items() if not _has(terms, key))
            if not self.services and getattr(self.supplements, key) is None:
                names = "the service"
            if names:
                lacking.setdefault(names, []).append(key)
        for names, keys in lacking.items():
            options = " and ".join(f"--{key}" for key in keys)
            columns = ", ".join(["service", *keys])
            self.missing.append(
                f"{' and '.join(keys)} of {names} ({options}, or --services TABLE with columns {columns})"
            )

    def choose_assets(self, holdings: Mapping[str, Mapping[str, Any]], what: str) -> dict[str, Fraction]:
        """Stake of each operator in the assets that count.

        Args:
            holdings: amount by operator and asset.
            what: what an asset is called: ``strategy``.
        """
        amounts = {
            operator: {asset: self.number(f"{operator}.{asset}", amount) for asset, amount in assets.items()}
            for operator, assets in holdings.items()
        }
        held = (name for own in amounts.values() for name, amount in own.items() if amount)
        assets = list(dict.fromkeys(map(same_name, held)))
        chosen = self._chosen_assets(assets, what)
        return {
            operator: sum((amount for name, amount in own.items() if same_name(name) in chosen), Fraction(0))
            for operator, own in amounts.items()
        }

    def _chosen_assets(self, assets: Sequence[str], what: str) -> set[str]:
        wanted = [same_name(name) for name in self.supplements.strategies]
        if wanted:
            self.options_used.add("strategies")
        if wanted == [ALL]:
            self.assumed.append(f"{len(assets)} assets are worth the same and add up (--strategy all)")
            return set(assets)
        for name in wanted:
            if name not in assets:
                near = most_like(name, assets, 1, cutoff=0.3)
                hint = f"nearest valid name: {near[0]}" if near else f"there are {listed(assets)}"
                self.refuse("--strategy", f"{shortened(name)} is no {what} in which anybody holds something; {hint}")
        if not wanted and len(assets) > 1:
            self.missing.append(
                f"which of {len(assets)} assets count, as they do not add up: {listed(assets)} (--strategy NAME, "
                "repeatable for assets of the same value, or --strategy all)"
            )
        others = [name for name in assets if name not in wanted]
        if wanted and others:
            self.dropped.append(f"holdings of {listed(others)}: not chosen by --strategy")
        return set(wanted or assets)

    def number(self, key: str, value: Any) -> Fraction:
        """A number of at least 0 in a file.

        Raises:
            NetworkError: it is not that.
        """
        number = parse_fraction(str(value)) if isinstance(value, str | int | float) else None
        if number is None or isinstance(value, bool) or number < 0:
            self.refuse(key, f"= {shortened(str(value))!r} must be a number of at least 0")
        return number

    def unused_options(self) -> list[str]:
        """Options that were given and had nothing to say about this file."""
        idle = [option for name, option in self.supplements.given().items() if name not in self.options_used]
        return [f"{option}: nothing here needs it" for option in idle]


def _has(terms: Mapping[str, Any], key: str) -> bool:
    return any(name in terms for name in (THRESHOLD_FIELDS if key in THRESHOLD_FIELDS else (key,)))


def listed(names: Iterable[str]) -> str:
    """Some names for a sentence, and how many more there are."""
    names = [shortened(str(name)) or '""' for name in names]
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return ", ".join(names[:_MOST_LISTED]) + more


def counted(count: int, what: str, more: str = "") -> str:
    """A number of things: ``1 edge``, ``2 edges``; what ends in other letters says how its plural is written."""
    return f"{count:,} {what if count == 1 else more or what + 's'}"


def written(value: Fraction) -> NumberAsWritten:
    """A number that a draft holds, as if it stood in the file."""
    return NumberAsWritten(str(value))
