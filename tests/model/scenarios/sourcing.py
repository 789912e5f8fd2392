"""Where the values of a scenario file come from, line by line."""

import importlib.resources
import re
from typing import NamedTuple

SAYS_WHAT_IT_IS = ("title", "description")
"""Keys that name things: there is nothing to prove about them."""

_SOURCE = re.compile(r"https?://\S+\.\S+|\bassumption\b")


class Line(NamedTuple):
    """A line of a scenario file that sets values."""

    number: int
    values: str
    comment: str

    @property
    def sourced(self) -> bool:
        """Whether the comment names a page or says that there is none."""
        return _SOURCE.search(self.comment) is not None


def value_lines(scenario: str) -> list[Line]:
    """Lines of a shipped scenario that set values: neither headers nor comments nor brackets alone."""
    text = importlib.resources.files("restaking.model").joinpath("scenarios", f"{scenario}.toml").read_text("utf-8")
    lines = [Line(number, *split(line)) for number, line in enumerate(text.splitlines(), start=1)]
    return [line for line in lines if sets_values(line.values)]


def split(line: str) -> tuple[str, str]:
    """The part before the first ``#`` that is not inside quotes, and the part after it."""
    quoted = False
    for position, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "#" and not quoted:
            return line[:position].strip(), line[position + 1 :].strip()
    return line.strip(), ""


def sets_values(code: str) -> bool:
    """Whether the code of a line holds a value of a parameter."""
    if not code or code == "]" or code.endswith("= [") or re.fullmatch(r"\[[^\[\],\"]+\]", code):
        return False
    return code.partition("=")[0].strip() not in SAYS_WHAT_IT_IS
