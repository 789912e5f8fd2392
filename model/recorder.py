"""What a run leaves behind: one row a day for the whole, one row a day and entity, and events."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    day: int
    round: int
    type: str
    subject: str
    object: str
    amount: float
    unit: str
    cause: str


class Recorder:
    """Preallocated series of a run; row 0 is the state at the start.

    Args:
        daily: names of the whole's metrics.
        entities: by kind, the ids and the metric names.
        days: horizon.
        start: date of day 0.
        interval: entities are recorded every so many days.
    """

    def __init__(
        self,
        daily: Sequence[str],
        entities: Mapping[str, tuple[Sequence[str], Sequence[str]]],
        days: int,
        start: datetime.date,
        interval: int = 1,
    ) -> None:
        self.names = tuple(daily)
        self.kinds = {kind: (tuple(ids), tuple(names)) for kind, (ids, names) in entities.items()}
        self.start, self.interval = start, interval
        self.daily: NDArray[np.float64] = np.full((days + 1, len(self.names)), np.nan)
        rows = days // interval + 1
        self.entity: dict[str, NDArray[np.float64]] = {
            kind: np.full((rows, len(ids), len(names)), np.nan) for kind, (ids, names) in self.kinds.items()
        }
        self.rows = 0
        self.events: list[Event] = []

    def event(
        self, day: int, round: int, type: str, subject: str, object: str, amount: float, unit: str, cause: str
    ) -> None:
        """Note an event."""
        self.events.append(Event(day, round, type, subject, object, amount, unit, cause))

    def table(self) -> tuple[NDArray[np.float64], int]:
        """The whole's series and the number of rows that are valid."""
        return self.daily, self.rows

    def daily_frame(self) -> "pd.DataFrame":
        """One row a day: ``day``, ``date``, then the metrics of the whole."""
        import pandas as pd

        days = np.arange(self.rows)
        frame = pd.DataFrame(self.daily[: self.rows].copy(), columns=list(self.names))
        frame.insert(0, "day", days)
        frame.insert(1, "date", self._dates(days))
        return frame

    def entities_frame(self) -> "pd.DataFrame":
        """One row a day, kind and id, wide: columns that a kind does not have are empty."""
        import pandas as pd

        recorded = (self.rows - 1) // self.interval + 1 if self.rows else 0
        days = np.arange(recorded) * self.interval
        parts = []
        for kind, (ids, names) in self.kinds.items():
            if not ids:
                continue
            block = self.entity[kind][:recorded].reshape(recorded * len(ids), len(names))
            part = pd.DataFrame(block, columns=list(names))
            part.insert(0, "day", np.repeat(days, len(ids)))
            part.insert(1, "date", self._dates(np.repeat(days, len(ids))))
            part.insert(2, "kind", kind)
            part.insert(3, "id", list(ids) * recorded)
            parts.append(part)
        if not parts:
            return pd.DataFrame(columns=["day", "date", "kind", "id"])
        return pd.concat(parts, ignore_index=True).sort_values(["day", "kind"], kind="stable", ignore_index=True)

    def events_frame(self) -> "pd.DataFrame":
        """One row an event, in order of happening."""
        import pandas as pd

        names = [field.name for field in fields(Event)]
        frame = pd.DataFrame([astuple(event) for event in self.events], columns=names)
        frame = frame.astype({"day": "int64", "round": "int64", "amount": "float64"})
        frame.insert(1, "date", self._dates(frame["day"].to_numpy()))
        return frame

    def _dates(self, days: NDArray[np.int64]) -> list[str]:
        dates = {int(day): (self.start + datetime.timedelta(days=int(day))).isoformat() for day in np.unique(days)}
        return [dates[int(day)] for day in days]
