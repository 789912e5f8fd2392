"""What to say after a name that does not exist."""

import difflib
from collections.abc import Iterable

_LISTED = 12


def nearest(name: str, names: Iterable[str], *, cutoff: float = 0.5) -> str | None:
    """The valid name most like ``name``, or None when nothing is like it."""
    matches = difflib.get_close_matches(name, list(names), n=1, cutoff=cutoff)
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
