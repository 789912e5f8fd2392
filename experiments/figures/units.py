"""Numbers and axes in the words of their units."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from . import style


def _is_eth(unit: str) -> bool:
    return unit == "ETH"


def in_unit(unit: str) -> str:
    """A unit in brackets, for after a label; empty where the numbers say it themselves."""
    return f" ({unit})" if unit and unit not in ("fraction", "1/yr", "index", "ratio") else ""


def with_unit(value: float, unit: str) -> str:
    """A value as a person reads it: shares and yields in percent, ETH in words, other units left out."""
    if _is_eth(unit):
        return style.eth_text(value)
    return style.percent(value) if unit in ("fraction", "1/yr") else f"{value:.3g}"


def unit_axis(axis: Any, unit: str, largest: float) -> None:
    """Ticks in words of the unit: shares and yields in percent, ETH in thousands or millions."""
    from matplotlib.ticker import FuncFormatter

    if unit in ("fraction", "1/yr"):
        style.percent_axis(axis)
        return
    if _is_eth(unit) and math.isfinite(largest) and largest >= 1e3:
        # All ticks of the axis say how many digits tell neighbours apart.
        axis.set_major_formatter(FuncFormatter(lambda value, _: _eth_tick(value, axis.get_majorticklocs())))


def _eth_tick(value: float, ticks: Sequence[float]) -> str:
    """An amount of ETH at a tick: ``2.05M``, in the unit of the largest tick, exact to the step between ticks."""
    largest = max((abs(float(tick)) for tick in ticks), default=abs(value))
    factor, letter = next(((f, name) for f, name in ((1e6, "M"), (1e3, "k")) if largest >= f), (1.0, ""))
    step = min((abs(float(b) - float(a)) for a, b in itertools.pairwise(ticks)), default=largest) / factor
    digits = next((count for count in range(6) if abs(step * 10**count - round(step * 10**count)) < 1e-6), 6)
    return f"{value / factor:.{digits}f}{letter}".replace("-", "−") if value else "0"
