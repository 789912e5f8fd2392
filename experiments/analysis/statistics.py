"""Intervals for means: the arithmetic that all analyses share."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def present(values: Any) -> Floats:
    """The values that are there, as floats (NaN and infinities left out)."""
    array = np.asarray(values, dtype=np.float64).ravel()
    return array[np.isfinite(array)]


def t_quantile(confidence: float, degrees: int) -> float:
    """Half-width factor of a two-sided Student interval; infinite without degrees of freedom."""
    from scipy.special import stdtrit

    check_confidence(confidence)
    return float(stdtrit(degrees, 0.5 + confidence / 2.0)) if degrees > 0 else math.inf


def mean_interval(values: Any, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of independent values and the ends of its Student interval.

    Args:
        values: independent observations; NaN does not count.
        confidence: probability that the interval covers the mean, between 0 and 1.

    Returns:
        Mean, lower end and upper end; the ends are NaN with fewer than two values, everything is with none.
    """
    check_confidence(confidence)
    found = present(values)
    if found.size == 0:
        return math.nan, math.nan, math.nan
    # Correctly rounded, so that the order of the rows makes no difference.
    mean = math.fsum(found.tolist()) / found.size
    if found.size == 1:
        return mean, math.nan, math.nan
    half = t_quantile(confidence, found.size - 1) * deviation(found) / math.sqrt(found.size)
    return mean, mean - half, mean + half


def deviation(values: Any) -> float:
    """Standard deviation of a sample (divisor n - 1); NaN with fewer than two values."""
    found = present(values)
    if found.size < 2:
        return math.nan
    mean = math.fsum(found.tolist()) / found.size
    return math.sqrt(math.fsum((float(value) - mean) ** 2 for value in found) / (found.size - 1))


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is no probability."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence = {confidence} must lie between 0 and 1, e.g. 0.95")
