"""Files that people wrote: their text, and the tables in them, within bounds that no honest file meets.

Every reader of scenarios, designs, networks and price files starts here, so that a file which is not there, not text,
without end or nested without end is refused in the same words everywhere.
"""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ScenarioError
from .naming import nearest, shortened

LARGEST_FILE = 64 * 2**20
"""Bytes."""

DEEPEST = 32
"""Tables in tables; a scenario has five levels, a design that holds one a few more."""

MOST_DIGITS = 300
"""Digits of a whole number: more are beyond what a float can hold."""

_LARGEST = 10**MOST_DIGITS
_DIGITS = re.compile(rf"[0-9_]{{{MOST_DIGITS + 1},}}")


def read_text(path: Path, *, what: str, context: str = "", suffixes: Sequence[str] = (".toml",)) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Args:
        path: the file.
        what: what it should be, for messages: ``scenario``.
        context: begins messages.
        suffixes: endings of the files that a misspelt name could mean.

    Raises:
        ScenarioError: it is not there, cannot be read, has no end, or is not text.
    """
    return decode(_read_bytes(path, what, context, suffixes), os.fspath(path))


def _read_bytes(path: Path, what: str, context: str, suffixes: Sequence[str]) -> bytes:
    label = os.fspath(path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) <= LARGEST_FILE:
            return content
        problem = f"has more than {LARGEST_FILE // 2**20} MB, and is no {what} file"
    except FileNotFoundError:
        problem = f"there is no such file{_nearby(path, suffixes)}"
    except IsADirectoryError:
        problem = f"is a directory, not a {what} file"
    except PermissionError:
        problem = "may not be read (permission denied)"
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
    except ValueError as error:  # a null character in the name
        problem = f"cannot be read ({error})"
    raise ScenarioError(f"{context}{_quoted(label)}: {problem}", where=label)


def _quoted(label: str) -> str:
    return repr(label if len(label) <= 300 else shortened(label))


def _nearby(path: Path, suffixes: Sequence[str]) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix in suffixes)
    except (OSError, ValueError):
        return ""
    match = nearest(path.name, names)
    return f"; nearest file: {match}" if match else ""


def decode(content: bytes, label: str) -> str:
    """Text of bytes in UTF-8.

    Raises:
        ScenarioError: they are not that.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ScenarioError(
            f"{label}: is not UTF-8 text (byte {content[error.start]:#04x} in line {line})", where=label
        ) from None


def parse_toml(text: str, label: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        ScenarioError: it is not TOML, nested too deeply, or holds numbers that are too long.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = str(error).replace("at end of document", f"at the end, line {text.rstrip().count(chr(10)) + 1}")
        raise ScenarioError(f"{label}: is not valid TOML: {shortened_problem(problem)}", where=label) from None
    except RecursionError:
        raise ScenarioError(f"{label}: is not valid TOML: nested too deeply", where=label) from None
    except ValueError:
        raise ScenarioError(f"{label}: {_long_number(text)}", where=label) from None
    check_bounds(document, label)
    return document


def parse_json(text: str, label: str) -> Any:
    """The content of a JSON text.

    Raises:
        ScenarioError: it is not JSON, nested too deeply, or holds numbers that are too long.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{label}: is not valid JSON: {error}", where=label) from None
    except RecursionError:
        raise ScenarioError(f"{label}: is nested too deeply", where=label) from None
    except ValueError:
        raise ScenarioError(f"{label}: {_long_number(text)}", where=label) from None
    check_bounds(document, label)
    return document


def shortened_problem(problem: str) -> str:
    """A library's message, cut where it quotes a whole file."""
    problem = " ".join(problem.split())
    return problem if len(problem) <= 200 else f"{problem[:197]}..."


def _long_number(text: str) -> str:
    """Python itself does not read numbers of thousands of digits."""
    found = _DIGITS.search(text)
    where = "" if found is None else f" in line {text[: found.start()].count(chr(10)) + 1}"
    return f"a number{where} has too many digits; allowed are {MOST_DIGITS}"


def check_bounds(document: Any, label: str) -> None:
    """Refuse tables without bottom and whole numbers without end, which nothing behind could handle.

    Raises:
        ScenarioError: naming the key.
    """
    for path, value in _values(document):
        if len(path) > DEEPEST:
            key = shortened(".".join(path))
            raise ScenarioError(f"{label}: {key}: nested too deeply; allowed are {DEEPEST} levels", where=label)
        if isinstance(value, int) and not -_LARGEST < value < _LARGEST:
            key = shortened(".".join(path))
            digits = int(value.bit_length() * 0.30103) + 1
            raise ScenarioError(
                f"{label}: {key}: a number of about {digits:,} digits; allowed are {MOST_DIGITS}", key=key, where=label
            )


def _values(document: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All values with their paths, without recursion; what lies too deep is not entered."""
    stack: list[tuple[tuple[str, ...], Any]] = [((), document)]
    while stack:
        path, value = stack.pop()
        yield path, value
        if isinstance(value, Mapping):
            stack.extend(((*path, str(key)), inner) for key, inner in value.items())
        elif isinstance(value, list):
            stack.extend(((*path, str(number)), inner) for number, inner in enumerate(value))
