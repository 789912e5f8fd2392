"""What a run remembers: a row a day for the economy and for every entity, and a list of events.

The ecosystem writes into preallocated arrays; tables are made when somebody asks. Row *d* is the state after *d* days
(row 0: before the first), and what happens while day *d* runs (an event of day *d*) shows in row *d* + 1.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .metrics import LEVELS, Level, Metric, metrics_of

if TYPE_CHECKING:
    import pandas as pd

    from .own_metrics import OwnMetric

Floats = NDArray[np.float64]

TOTAL: Level = "total"
KINDS: tuple[Level, ...] = tuple(level for level in LEVELS if level != TOTAL)
"""Kinds of entities."""

EVENT_TYPES = {
    "launch": "a protocol opens for deposits",
    "season_start": "a points season begins",
    "snapshot": "a points season ends: points become claims on tokens",
    "token_plan": "a protocol announces its token",
    "airdrop": "the tokens of a season can be claimed",
    "transferable": "a token trades for the first time",
    "redemption_open": "a token can be redeemed from now on",
    "programme_start": "the restaking layer's token programme begins",
    "cap": "a deposit cap is set or lifted",
    "escrow_change": "the escrow of restaking withdrawals changes",
    "avs_start": "an AVS begins to rent security",
    "avs_end": "an AVS gives up",
    "slash": "stake is slashed",
    "exploit": "a contract is exploited",
    "pause": "withdrawals are paused",
    "depeg": "a discount passes 2 %",
    "shock": "an event that the scenario puts on the calendar",
    "liquidation": "loans on a token are liquidated in a day's trading",
    "freeze": "a lending market's steward stops new loans on a token",
    "bad_debt": "lenders write off loans",
    "security_check": "exact tools look at the restaking network: its slack, an operator who binds the certificate",
    "attack": "operators corrupt a service because it pays",
    "avs_secured": "a service has reached the stake that it wants",
    "unbacked": "somebody mints tokens that nothing stands behind",
}
"""Types of events and what they mean."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, once.

    Attributes:
        day: day that ran when it happened (0: the first).
        round: round of trading of that day, 0 when it has none.
        type: a key of :data:`EVENT_TYPES`.
        subject: id of who or what it happened to.
        object: id of the other side (an AVS that slashed), empty when there is none.
        amount: how much, in ``unit``; NaN when nothing was counted.
        unit: unit of ``amount``.
        cause: why, in a few words.
    """

    day: int
    round: int
    type: str
    subject: str
    object: str = ""
    amount: float = float("nan")
    unit: str = ""
    cause: str = ""

    def __post_init__(self) -> None:
        if self.type not in EVENT_TYPES:
            raise ValueError(f"there is no event type {self.type!r}; types: {', '.join(EVENT_TYPES)}")


class Recorder:
    """Series and events of one run.

    Whoever measures fills the economy's row of every day (:meth:`fill_day`), and on days that ``interval`` divides row
    ``day // interval`` of every kind of entities (:meth:`fill`).

    Args:
        names: metrics of the economy as a whole, the columns of ``daily``.
        kinds: ids and metrics of the entities by kind: ``{"lrt": (["renzo"], ["supply_eth", "nav"])}``.
        days: horizon of the run.
        start: date of row 0.
        interval: days between two records of the entities.
        own: metrics of a researcher's own; they come after the others of their level, and are written by :meth:`put`.

    Attributes:
        daily: float64, shape (days + 1, len(names)); NaN where nothing was recorded yet.
        entity: by kind, float64, shape (days // interval + 1, number of ids, number of metrics).
        rows: rows of ``daily`` recorded so far.
        events: what happened, in order.

    Example:
        >>> recorder = Recorder(["idle_eth"], {"lst": (["steth"], ["nav"])}, 2, "2024-01-01")
        >>> recorder.fill_day(0, {"idle_eth": 5.0})
        >>> recorder.fill("lst", 0, {"nav": [1.0]})
        >>> recorder.daily_frame().values.tolist()
        [[0, '2024-01-01', 5.0]]
    """

    def __init__(
        self,
        names: Sequence[str],
        kinds: Mapping[str, tuple[Sequence[str], Sequence[str]]],
        days: int,
        start: datetime.date | str,
        interval: int = 1,
        own: "Sequence[OwnMetric]" = (),
    ) -> None:
        if interval < 1:
            raise ValueError(f"interval must be at least 1 day, found {interval}")
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            raise ValueError(f"there is no kind {unknown[0]!r} of entities; kinds: {', '.join(KINDS)}")
        self.own = tuple(own)
        self._declared = {TOTAL: tuple(names), **{kind: tuple(metrics) for kind, (_, metrics) in kinds.items()}}
        self.names = self._with_own(TOTAL)
        self.kinds = {kind: (tuple(ids), self._with_own(kind)) for kind, (ids, _) in kinds.items()}
        self.days = days
        self.start = datetime.date.fromisoformat(start) if isinstance(start, str) else start
        self.interval = interval
        self.daily: Floats = np.full((days + 1, len(self.names)), np.nan)
        self.entity: dict[str, Floats] = {
            kind: np.full((days // interval + 1, len(ids), len(metrics)), np.nan)
            for kind, (ids, metrics) in self.kinds.items()
        }
        self.rows = 0
        self.events: list[Event] = []
        self._column = {name: c for c, name in enumerate(self.names)}

    # ------------------------------------------------------------------------------------------------ writing

    def event(
        self,
        day: int,
        round: int,
        type: str,
        subject: str,
        object: str = "",
        amount: float = float("nan"),
        unit: str = "",
        cause: str = "",
    ) -> None:
        """Note something that happened (see :class:`Event`)."""
        self.events.append(Event(int(day), int(round), type, str(subject), str(object), float(amount), unit, cause))

    def fill_day(self, day: int, values: Mapping[str, float]) -> None:
        """Write the economy's row of a day, every metric under its name; the row counts as recorded.

        Args:
            day: number of the row.
            values: values by name of the metric, in any order.

        Raises:
            ValueError: the names are not those of the economy's metrics.
        """
        names = self._declared[TOTAL]
        _check_names(TOTAL, names, values)
        self.daily[day, : len(names)] = [values[name] for name in names]
        self.rows = day + 1

    def fill(self, kind: str, row: int, columns: Mapping[str, ArrayLike]) -> None:
        """Write a row of the entities of a kind, every metric under its name.

        Args:
            kind: kind of the entities.
            row: number of the row.
            columns: values of all entities by name of the metric, each of shape (number of ids,), in any order.

        Raises:
            ValueError: the names are not those of the kind's metrics.
        """
        names, block = self._declared[kind], self.entity[kind][row]
        _check_names(kind, names, columns)
        for number, name in enumerate(names):
            block[:, number] = columns[name]

    def put(self, metric: "OwnMetric", row: int, values: ArrayLike) -> None:
        """Write a row of an own metric: a number, or one for each entity of its level.

        Args:
            metric: one of ``own``.
            row: number of the row.
            values: a number, or shape (number of ids,).
        """
        if metric.level == TOTAL:
            self.daily[row, self._column[metric.name]] = values
        else:
            self.entity[metric.level][row, :, self.kinds[metric.level][1].index(metric.name)] = values

    def _with_own(self, level: str) -> tuple[str, ...]:
        return (*self._declared[level], *(metric.name for metric in self.own if metric.level == level))

    def _metrics(self, level: str) -> list[Metric]:
        """What is known of the metrics of a level, own ones included."""
        return [*metrics_of(level), *(metric for metric in self.own if metric.level == level)]

    def _whole(self, level: str) -> set[str]:
        return {metric.name for metric in self._metrics(level) if metric.whole}

    # ------------------------------------------------------------------------------------------------ reading

    def table(self) -> tuple[Floats, int]:
        """The economy's series and the number of rows recorded so far, without copying."""
        return self.daily, self.rows

    def series(self, name: str) -> Floats:
        """One of the economy's series so far, shape (rows,); a view."""
        return self.daily[: self.rows, self._column[name]]

    def summary(self) -> dict[str, float]:
        """The run's value of every metric of the economy that is summed up, by name, in recording order."""
        known = {metric.name: metric for metric in self._metrics(TOTAL)}
        wanted = [known[name] for name in self.names if name in known and known[name].summary != "none"]
        return {metric.name: metric.summarise(self.series(metric.name)) for metric in wanted}

    def daily_frame(self) -> "pd.DataFrame":
        """One row per day: ``day``, ``date`` and the economy's metrics."""
        import pandas as pd

        days = np.arange(self.rows, dtype=np.int64)
        whole = self._whole(TOTAL)
        columns: dict[str, Any] = {"day": days, "date": self._dates(days)}
        for c, name in enumerate(self.names):
            columns[name] = _typed(self.daily[: self.rows, c].copy(), name in whole)
        return _with_texts(pd.DataFrame(columns), ("date",))

    def entities_frame(self) -> "pd.DataFrame":
        """One row per recorded day, kind and id: ``day``, ``date``, ``kind``, ``id`` and all kinds' metrics.

        Metrics that a kind does not have are missing in its rows. Rows go by day, then by kind and id in the order in
        which they were declared.
        """
        import pandas as pd

        days = np.arange(0, self.rows, self.interval, dtype=np.int64)
        kinds = np.array([kind for kind, (ids, _) in self.kinds.items() for _ in ids], dtype=object)
        ids = np.array([name for ids, _ in self.kinds.values() for name in ids], dtype=object)
        columns: dict[str, Any] = {
            "day": np.repeat(days, ids.size),
            "date": np.repeat(self._dates(days), ids.size),
            "kind": np.tile(kinds, days.size),
            "id": np.tile(ids, days.size),
        }
        whole = {name for kind in self.kinds for name in self._whole(kind)}
        for name in dict.fromkeys(name for _, names in self.kinds.values() for name in names):
            columns[name] = _typed(self._across_kinds(name, days.size).ravel(), name in whole)
        return _with_texts(pd.DataFrame(columns), ("date", "kind", "id"))

    def _across_kinds(self, name: str, rows: int) -> Floats:
        """A metric of all entities, shape (rows, number of entities of all kinds); NaN for kinds without it."""
        blocks = []
        for kind, (ids, names) in self.kinds.items():
            has = name in names
            blocks.append(self.entity[kind][:rows, :, names.index(name)] if has else np.full((rows, len(ids)), np.nan))
        return np.concatenate(blocks, axis=1)

    def events_frame(self) -> "pd.DataFrame":
        """One row per event, in order: ``day``, ``date`` and the other fields of :class:`Event`."""
        import pandas as pd

        columns: dict[str, Any] = {}
        for field in fields(Event):
            values = [getattr(event, field.name) for event in self.events]
            columns[field.name] = np.array(values, dtype=_EVENT_DTYPES.get(field.name, object))
            if field.name == "day":
                columns["date"] = self._dates(columns["day"])
        return _with_texts(pd.DataFrame(columns), ("date", "type", "subject", "object", "unit", "cause"))

    def _dates(self, days: NDArray[np.int64]) -> NDArray[np.object_]:
        return np.array([(self.start + datetime.timedelta(days=int(day))).isoformat() for day in days], dtype=object)


_EVENT_DTYPES: dict[str, Any] = {"day": np.int64, "round": np.int64, "amount": np.float64}


def _check_names(level: str, declared: Sequence[str], measured: Mapping[str, Any]) -> None:
    if measured.keys() == set(declared):
        return
    missing = [name for name in declared if name not in measured]
    unknown = [name for name in measured if name not in declared]
    raise ValueError(f"{level}: measured are not the metrics declared; missing {missing}, unknown {unknown}")


def _with_texts(frame: "pd.DataFrame", columns: Sequence[str]) -> "pd.DataFrame":
    """The same table with those columns as texts, also when it has no rows."""
    return frame.astype(dict.fromkeys(columns, "str"))


def _typed(values: Floats, whole: bool) -> Any:
    """A float column, or a column of whole numbers in which values may be missing."""
    import pandas as pd

    if not whole:
        return values
    missing = np.isnan(values)
    return pd.arrays.IntegerArray(np.where(missing, 0.0, values).round().astype(np.int64), missing)
