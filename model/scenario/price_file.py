"""Price files: daily closes of ETH in dollars, read once, when a scenario is made.

From then on the scenario holds the closes themselves: they are part of what it is known by, and travel with it to
workers, folders of results and capsules. A file that changes, moves or goes away afterwards changes no finished run.
"""

import datetime
import itertools
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from ..errors import ScenarioError
from .price_table import PriceFileError, parse_prices
from .reading import read_text

SECTION, FILE = "ether_price", "file"
CLOSES, FIRST = "closes_usd", "closes_from"
KEY = f"{SECTION}.{FILE}"


def read_closes(file: str) -> tuple[str, list[float]]:
    """The date of the first close (ISO) and all closes (USD/ETH) of a file, see :func:`.parse_prices`.

    Raises:
        PriceFileError: no file, no such columns, a date twice, out of order or missing, a price that is no positive
            number, or anything that can be read in two ways.
    """
    try:
        text = read_text(Path(file).expanduser(), what="price", suffixes=(".csv", ".json"))
    except ScenarioError as error:
        raise PriceFileError(str(error)) from None
    rows = parse_prices(text)
    if rows[0][1] > rows[-1][1]:  # explorers and exchanges list the newest first
        rows.reverse()
    for (above, before, _), (below, after, _) in itertools.pairwise(rows):
        if (after - before).days != 1:
            raise PriceFileError(
                f"{above} and {below}: {before} and {after} {_order(before, after)}; "
                "one row per day is needed, in order"
            )
    return rows[0][1].isoformat(), [usd for _, _, usd in rows]


def _order(before: datetime.date, after: datetime.date) -> str:
    if after > before:
        days = (after - before).days - 1
        return f"leave a gap of {days} {'day' if days == 1 else 'days'}"
    return "are the same day" if after == before else "are out of order"


def coverage_problem(first: str, count: int, start: datetime.date, days: int) -> str:
    """Why closes do not suffice for a run, in words; empty when they do.

    Args:
        first: date of the first close.
        count: number of closes.
        start: date of day 0.
        days: length of the run.
    """
    opening = datetime.date.fromisoformat(first)
    offset = (start - opening).days
    if offset >= 0 and offset + days < count:
        return ""
    last, end = opening + datetime.timedelta(days=count - 1), start + datetime.timedelta(days=days)
    return f"covers {first} to {last}, but the run needs {start} to {end}"


# -------------------------------------------------------------------- files in tables of settings


def locate(document: Mapping[str, Any], folder: Path | None) -> None:
    """Let a relative price file start from the folder of the file that names it, in place; one that was read stays."""
    table = document.get(SECTION)
    if folder is None or not isinstance(table, MutableMapping) or table.get(CLOSES):
        return
    if _is_relative(table.get(FILE)):
        table[FILE] = os.fspath(folder / table[FILE])


def located(overrides: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """The same for overrides by dotted key."""
    found = dict(overrides)
    if folder is not None and _is_relative(found.get(KEY)) and f"{SECTION}.{CLOSES}" not in found:
        found[KEY] = os.fspath(folder / found[KEY])
    return found


def _is_relative(file: Any) -> bool:
    return isinstance(file, str) and file != "" and not Path(file).expanduser().is_absolute()


def forget_closes(table: MutableMapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Drop the closes that a table of the price holds when ``changes`` names another file or needs none, in place."""
    path = changes.get("path", "csv")
    if FILE not in changes and path != "csv":
        table.pop(FILE, None)
    if FILE in changes or path != "csv":
        table.pop(CLOSES, None)
        table.pop(FIRST, None)


def self_contained(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides that name no file: the closes of a price file stand in its place.

    Raises:
        ScenarioError: the file cannot be read as one of prices.
    """
    file = overrides.get(KEY)
    if not isinstance(file, str) or not file or f"{SECTION}.{CLOSES}" in overrides:
        return dict(overrides)
    try:
        first, closes = read_closes(file)
    except PriceFileError as error:
        raise ScenarioError(f"{KEY} = {file!r}: {error}", key=KEY, where="--set") from None
    read = {KEY: Path(file).name, f"{SECTION}.{CLOSES}": closes, f"{SECTION}.{FIRST}": first}
    return {**overrides, **read}
