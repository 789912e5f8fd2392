"""How objects show themselves: one line in a console, a small table in a notebook."""

import math
from collections.abc import Iterable, Mapping
from html import escape

_TABLE = '<table><caption style="text-align:left"><b>{title}</b></caption><tbody>{rows}</tbody></table>'
_ROW = '<tr><th style="text-align:left">{name}</th><td style="text-align:left">{value}</td></tr>'
_MOST = 12
MISSING = "–"
"""What stands for a value that is missing."""


def html_table(title: str, facts: Mapping[str, object]) -> str:
    """A table of names and values as HTML; every text in it is escaped, whoever chose it.

    Args:
        title: what is shown.
        facts: values by name; numbers are shown to six digits, None is left out.
    """
    rows = (
        _ROW.format(name=escape(str(name)), value=escape(readable(value)))
        for name, value in facts.items()
        if value is not None
    )
    return _TABLE.format(title=escape(title), rows="".join(rows))


def readable(value: object) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}" if math.isfinite(value) else MISSING
    return str(value)


def named(names: Iterable[str]) -> str:
    """Names in a row, the first dozen of many."""
    listed = list(names)
    shown = ", ".join(listed[:_MOST])
    return f"{shown} and {len(listed) - _MOST} more" if len(listed) > _MOST else shown or "none"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
