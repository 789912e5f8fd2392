"""The parts of a restaking network, and the numbers in which people write them down.

A float stands for the shortest decimal that prints as it, so that 0.1 is one tenth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ..errors import ScenarioError

Number = int | float | str | Fraction
Edge = tuple[str, str]

_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*(/\s*\d+\s*)?")
_LONGEST_NUMBER = 400


class NetworkError(ScenarioError):
    """A network that cannot be analysed: which element, which value, what is allowed, the nearest valid name."""


@dataclass(frozen=True)
class Service:
    """What one service is worth to an attacker and how much of its stake an attack takes.

    Attributes:
        profit: profit from corruption, in the unit of the stakes.
        threshold: share of the service's stake that suffices for an attack, in (0, 1].
    """

    profit: Fraction
    threshold: Fraction


class NumberAsWritten(str):
    """A number as it stands in a file, digit by digit."""

    __slots__ = ()


def parse_fraction(text: str) -> Fraction | None:
    """The number that a text stands for (``0.1``, ``1e-3``, ``1/3``), None when it is none or absurdly long.

    The length of number and exponent is bounded: a fraction of a billion digits would never be made.
    """
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    number, _, divisor = text.partition("/")
    try:
        return Fraction(number.strip()) / int(divisor or 1)
    except (ValueError, ZeroDivisionError):
        return None
