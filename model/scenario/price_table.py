"""Tables of daily prices, in the dialects in which exchanges, explorers and spreadsheets write them."""

import csv
import datetime
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..errors import RestakingError
from .naming import shortened

DATES = ("date", "date utc", "day", "datetime", "time", "snapped at")
STAMPS = ("timestamp", "unixtimestamp", "unix timestamp", "unix")
PRICES = ("usd", "price", "close", "value", "eth usd", "price usd", "close usd")

_SEPARATORS = (",", ";", "\t", "|")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:Z|UTC|\+00:?00)?)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_STAMP = re.compile(r"(\d{9,10})(\d{3})?(?:\.0*)?")
_POINT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+(?:[eE][+-]?\d+)?|\d+\.")
_COMMA = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?")
_DAY_SECONDS = 86_400


class PriceFileError(RestakingError, ValueError):
    """What is wrong with a price file, in words."""


class Row(NamedTuple):
    """A price as it was written, and where: ``line 2`` or ``prices[0]``."""

    place: str
    date: str
    price: str


class Columns(NamedTuple):
    """Names of the columns that are read."""

    date: str
    price: str
    decimal_point: bool = False  # numbers of JSON have no other mark


def parse_prices(text: str) -> list[tuple[str, datetime.date, float]]:
    """Places, days and prices (USD/ETH) of a table, in the order of the file.

    Args:
        text: CSV with a header, or JSON ``{"prices": [[milliseconds, price], ...]}``.

    Raises:
        PriceFileError: it has no such columns, or a value cannot be read without doubt.
    """
    columns, rows = _json(text) if text.lstrip()[:1] in ("{", "[") else _csv(text)
    if not rows:
        raise PriceFileError("has no rows")
    return list(zip([row.place for row in rows], _days(rows, columns), _prices(rows, columns), strict=True))


def _json(text: str) -> tuple[Columns, list[Row]]:
    try:
        content = json.loads(text, parse_float=str, parse_int=str)
        pairs = content["prices"]
        rows = [Row(f"prices[{number}]", str(time), str(price)) for number, (time, price) in enumerate(pairs)]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise PriceFileError('is JSON of another form than {"prices": [[milliseconds, price], ...]}') from None
    return Columns("time", "price", decimal_point=True), rows


def _csv(text: str) -> tuple[Columns, list[Row]]:
    try:
        for separator in _SEPARATORS:
            reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
            columns = _columns(reader.fieldnames or ())
            if columns is not None:
                break
        else:
            header = next(csv.reader(io.StringIO(text, newline="")), [])
            raise PriceFileError(
                f"has the columns {shortened(', '.join(header)) or 'none'}; a date ({', '.join((*DATES, *STAMPS))}) "
                f"and a price ({', '.join(PRICES)}) are needed"
            )
        rows = []
        for row in reader:
            place = f"line {reader.line_num}"
            if None in row:
                raise PriceFileError(
                    f"{place}: has more values than the header has columns (a number with commas needs quotation marks)"
                )
            if any((value or "").strip() for value in row.values()):
                rows.append(Row(place, (row[columns.date] or "").strip(), (row[columns.price] or "").strip()))
        return columns, rows
    except csv.Error as error:
        raise PriceFileError(f"is not CSV: {error}") from None


def _columns(names: Sequence[str]) -> Columns | None:
    """The columns of date and price; a time in seconds goes before a date in words."""
    dates, stamps, prices = (
        [name for name in names if re.sub(r"[\W_]+", " ", name).strip().casefold() in allowed]
        for allowed in (DATES, STAMPS, PRICES)
    )
    dates = stamps or dates
    if not dates or not prices:
        return None
    for found, role in ((dates, "date"), (prices, "price")):
        if len(found) > 1:
            raise PriceFileError(f"has {len(found)} columns for the {role}: {shortened(', '.join(found))}; keep one")
    return Columns(dates[0], prices[0])


# -------------------------------------------------------------------- days


def _days(rows: Sequence[Row], columns: Columns) -> list[datetime.date]:
    day_first = _day_first(rows, columns)
    return [_day(row, columns, day_first) for row in rows]


def _day_first(rows: Sequence[Row], columns: Columns) -> bool:
    """The order of dates with slashes, which one above 12 tells for the whole file."""
    found = [match for row in rows if (match := _SLASHED.fullmatch(row.date))]
    first, second = (any(int(match[part]) > 12 for match in found) for part in (1, 2))
    if found and first == second:
        problem = "in both orders" if first else "whose order of day and month cannot be told"
        raise PriceFileError(
            f"{rows[0].place}: {columns.date} holds dates {problem}, such as {found[0][0]!r}; write YYYY-MM-DD"
        )
    return first


def _day(row: Row, columns: Columns, day_first: bool) -> datetime.date:
    try:
        day = _stamped(row, columns) or _iso(row, columns) or _written(row.date, day_first)
    except ValueError as error:
        if isinstance(error, PriceFileError):
            raise
        day = None
    if day is None:
        raise PriceFileError(f"{row.place}: {columns.date} is {shortened(row.date)!r}, expected YYYY-MM-DD")
    return day


def _stamped(row: Row, columns: Columns) -> datetime.date | None:
    match = _STAMP.fullmatch(row.date)
    if match is None:
        return None
    days, rest = divmod(int(match[1]), _DAY_SECONDS)
    if rest or int(match[2] or 0):
        _refuse_hour(row, columns)
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=days)


def _iso(row: Row, columns: Columns) -> datetime.date | None:
    match = _ISO.fullmatch(row.date)
    if match is None:
        return None
    if (match[4] or "").strip("0:."):
        _refuse_hour(row, columns)
    return datetime.date(int(match[1]), int(match[2]), int(match[3]))


def _refuse_hour(row: Row, columns: Columns) -> None:
    raise PriceFileError(
        f"{row.place}: {columns.date} is {shortened(row.date)!r}, which is no midnight (UTC); keep one price per day"
    )


def _written(date: str, day_first: bool) -> datetime.date | None:
    if match := _DOTTED.fullmatch(date):
        return datetime.date(int(match[3]), int(match[2]), int(match[1]))
    if match := _SLASHED.fullmatch(date):
        day, month = (match[1], match[2]) if day_first else (match[2], match[1])
        return datetime.date(int(match[3]), int(month), int(day))
    for form in ("%b %d, %Y", "%B %d, %Y"):
        try:
            return datetime.datetime.strptime(date, form).date()
        except ValueError:
            continue
    return None


# -------------------------------------------------------------------- prices


def _prices(rows: Sequence[Row], columns: Columns) -> list[float]:
    """The prices, when one way to read their points and commas fits the column."""
    texts = [row.price.removeprefix("$").strip() for row in rows]
    points, commas = (
        [_point(text) for text in texts],
        [None if columns.decimal_point else _comma(text) for text in texts],
    )
    for row, point, comma in zip(rows, points, commas, strict=True):
        if point is None and comma is None:
            raise PriceFileError(f"{row.place}: {columns.price} is {shortened(row.price)!r}, expected a price above 0")
    fitting = [[value for value in values if value is not None] for values in (points, commas) if None not in values]
    if not fitting:
        raise PriceFileError(f"{columns.price} has decimal points in some rows and decimal commas in others")
    if len(fitting) == 2:
        for row, point, comma in zip(rows, points, commas, strict=True):
            if point != comma:
                raise PriceFileError(
                    f"{row.place}: {columns.price} is {shortened(row.price)!r}, which may be {point:g} or {comma:g}; "
                    "write another number of decimals"
                )
    return fitting[0]


def _point(text: str) -> float | None:
    return _positive(text, _POINT, lambda written: written.replace(",", ""))


def _comma(text: str) -> float | None:
    return _positive(text, _COMMA, lambda written: written.replace(".", "").replace(",", "."))


def _positive(text: str, form: re.Pattern[str], plain: Callable[[str], str]) -> float | None:
    if form.fullmatch(text) is None:
        return None
    value = float(plain(text))
    return value if 0.0 < value < float("inf") else None
