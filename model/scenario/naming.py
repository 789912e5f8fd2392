"""Names: what may be one, and what to say after one that does not exist."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_LISTED = 12
_LONGEST_COMPARED = 120
"""Longer words are no misspelt names, and comparing them takes the square of their length."""

_LONGEST_QUOTED = 60

LONGEST_NAME = 100
"""Letters; a folder's name has room for a seed and a hash beside it."""

LONGEST_LINE = 300
LONGEST_PROSE = 20_000

# Marks that turn the direction of writing, or end a line where no line break stands.
_TURNING = frozenset(
    "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufff9\ufffa\ufffb"
)


# -------------------------------------------------------------------- what may be a name


@dataclass(frozen=True)
class NameRule:
    """What names of one kind must look like.

    Attributes:
        pattern: that a name matches as a whole.
        words: the same for people, after *must be*.
    """

    pattern: re.Pattern[str]
    words: str

    def allows(self, name: object) -> bool:
        """Whether something is such a name."""
        return isinstance(name, str) and len(name) <= LONGEST_NAME and self.pattern.fullmatch(name) is not None


NAME = NameRule(
    re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    f"a word of letters, digits, ., _ and -, starting with a letter or digit, of at most {LONGEST_NAME} characters",
)
"""Scenarios, designs, tokens: what names folders and files, or stands beside a number."""

ID = NameRule(
    re.compile(r"[A-Za-z][A-Za-z0-9_-]*"),
    f"a word of letters, digits, _ and -, starting with a letter, of at most {LONGEST_NAME} characters",
)
"""Entities, which are parts of dotted keys."""


def name_from(text: str, otherwise: str) -> str:
    """A name made of any text (a file's, which may hold spaces and letters of all scripts).

    Args:
        text: where it comes from.
        otherwise: the name when nothing of the text can stay.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).lstrip("._-").rstrip("-")
    return words[:LONGEST_NAME] or otherwise


def is_obeyed(letter: str) -> bool:
    """Whether a terminal would act on a character, or cannot show it: controls, marks of direction, halves."""
    return letter in _TURNING or unicodedata.category(letter) in ("Cc", "Cs")


def line_problem(text: str) -> str:
    """What is wrong with a text that must be one line, after *must be*; empty when nothing is."""
    if text.isprintable() and len(text) <= LONGEST_LINE:
        return ""
    if len(text) > LONGEST_LINE:
        return f"one line of at most {LONGEST_LINE} characters, not {len(text):,}"
    return "one line without control characters" if any(map(is_obeyed, text)) else ""


def prose_problem(text: str) -> str:
    """What is wrong with a text of several lines, after *must be*; empty when nothing is."""
    if len(text) > LONGEST_PROSE:
        return f"a text of at most {LONGEST_PROSE} characters, not {len(text):,}"
    if any(is_obeyed(letter) for letter in text if letter not in "\n\t\r"):
        return "a text without control characters (line breaks and tabs apart)"
    return ""


# -------------------------------------------------------------------- what to say after a name that does not exist


def shortened(text: str) -> str:
    """A text that a message can quote: its beginning, when it is long."""
    return text if len(text) <= _LONGEST_QUOTED else f"{text[: _LONGEST_QUOTED - 3]}..."


def most_like(name: str, names: Iterable[str], count: int, *, cutoff: float = 0.5) -> list[str]:
    """The valid names most like ``name``, best first."""
    if len(name) > _LONGEST_COMPARED:
        return []
    return difflib.get_close_matches(name, [other for other in names if len(other) <= _LONGEST_COMPARED], count, cutoff)


def nearest(name: str, names: Iterable[str], *, cutoff: float = 0.5) -> str | None:
    """The valid name most like ``name``, or None when nothing is like it."""
    matches = most_like(name, names, 1, cutoff=cutoff)
    return matches[0] if matches else None


def hint(name: str, names: Iterable[str]) -> str:
    """The nearest valid name, or a list of the valid ones."""
    names = list(names)
    match = nearest(name, names)
    if match:
        return f"nearest valid name: {match}"
    if not names:
        return "there is none to choose from"
    return f"valid names: {', '.join(names[:_LISTED])}{', ...' if len(names) > _LISTED else ''}"


def key_hint(key: str, siblings: Iterable[str], keys: Iterable[str]) -> str:
    """The same for a dotted key: first among its neighbours in the table, then among all keys.

    A key that stands in another table (``lrt.renzo.attention`` for ``stakers.attention``) is found by its last part.
    """
    table, _, name = key.rpartition(".")
    prefix = f"{table}." if table else ""
    match = nearest(name, siblings := list(siblings), cutoff=0.6)
    if match:
        return f"nearest valid name: {prefix}{match}"
    elsewhere = [other for other in keys if other.rpartition(".")[2] == name]
    match = elsewhere[0] if elsewhere else nearest(key, keys, cutoff=0.6)
    if match:
        return f"nearest valid name: {match}"
    return hint(name, siblings)
