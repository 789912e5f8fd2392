"""ETH/USD over a run: one price per day boundary, and prices inside a day between them."""

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ScenarioError
from ..randomness import SeedTree
from ..scenario.price_file import KEY

if TYPE_CHECKING:
    from ..scenario import Scenario

Floats = NDArray[np.float64]

MONTH_ENDS = (
    ("2022-03-31", 3_280.0),
    ("2022-04-30", 2_730.0),
    ("2022-05-31", 1_940.0),
    ("2022-06-18", 1_000.0),
    ("2022-06-30", 1_070.0),
    ("2022-07-31", 1_680.0),
    ("2022-08-31", 1_550.0),
    ("2022-09-30", 1_330.0),
    ("2022-12-31", 1_200.0),
    ("2023-06-30", 1_930.0),
    ("2023-12-31", 2_290.0),
    ("2024-01-01", 2_352.0),
    ("2024-01-31", 2_281.0),
    ("2024-02-29", 3_342.0),
    ("2024-03-31", 3_645.0),
    ("2024-04-30", 3_011.0),
    ("2024-05-31", 3_758.0),
    ("2024-06-30", 3_432.0),
    ("2024-07-31", 3_231.0),
    ("2024-08-31", 2_513.0),
    ("2024-09-30", 2_601.0),
    ("2024-10-31", 2_515.0),
    ("2024-11-30", 3_706.0),
    ("2024-12-31", 3_331.0),
    ("2025-01-31", 3_300.0),
    ("2025-02-28", 2_236.0),
    ("2025-03-31", 1_822.0),
    ("2025-04-17", 1_583.0),
    ("2025-04-30", 1_794.0),
    ("2025-05-31", 2_528.0),
    ("2025-06-30", 2_485.0),
    ("2025-07-31", 3_698.0),
    ("2025-08-31", 4_392.0),
    ("2025-09-25", 3_875.0),
)
"""ETH/USD, closes. From 31 January 2024 to 17 April 2025: H. O. Sevim, C. F. Torres, "Financial Dynamics and
Interconnected Risk of Liquid Restaking" (arXiv:2604.03274), data at https://github.com/EconoDLT/RestakingDynamics;
later: hourly spot prices of Bybit at https://github.com/IggyIkenna/basis-strategy-v1 (data/market_data/spot_prices/
eth_usd), which agree with the former to 0.2 % where both exist; earlier values are rounded quotations (assumption)."""


def price_path(scenario: "Scenario", seeds: SeedTree, days: int) -> Floats:
    """ETH/USD at the start of each day, (days + 1,).

    Raises:
        ScenarioError: the closes of a ``csv`` path do not cover the run.
    """
    terms = scenario.ether_price
    if terms.path == "flat":
        path = np.full(days + 1, terms.initial_usd)
    elif terms.path == "historical":
        path = historical_path(scenario.date_of(0), days)
    elif terms.path == "gbm":
        path = jump_diffusion(terms, seeds, days)
    else:
        path = _closes(scenario, days)
    if 0 <= terms.crash_day < days:
        path[terms.crash_day + 1 :] *= 1.0 - terms.crash_size
    return path


def historical_path(start: datetime.date, days: int) -> Floats:
    """Month ends joined in logarithms; flat before the first and after the last (see :func:`held_flat`)."""
    known = np.array([(datetime.date.fromisoformat(day) - start).days for day, _ in MONTH_ENDS], dtype=np.float64)
    logs = np.log([usd for _, usd in MONTH_ENDS])
    return np.exp(np.interp(np.arange(days + 1), known, logs))


def held_flat(scenario: "Scenario", days: int) -> str:
    """What a run has to say about days for which the history has no price, as a sentence; empty when there are none.

    Args:
        scenario: the scenario.
        days: days of the run.
    """
    if scenario.ether_price.path != "historical":
        return ""
    (first, opening), (last, closing) = MONTH_ENDS[0], MONTH_ENDS[-1]
    start, end = scenario.date_of(0), scenario.date_of(days)
    parts = []
    if start < datetime.date.fromisoformat(first):
        parts.append(f"begin on {first}: {opening:,.0f} USD until then")
    if end > datetime.date.fromisoformat(last):
        parts.append(f"end on {last}: {closing:,.0f} USD from then to {end}")
    return f"published prices {' and '.join(parts)}, an assumption" if parts else ""


def jump_diffusion(terms: Any, seeds: SeedTree, days: int) -> Floats:
    """Geometric Brownian motion with log-normal jumps at Poisson times, daily steps.

    R. C. Merton (1976), "Option pricing when underlying stock returns are discontinuous",
    https://doi.org/10.1016/0304-405X(76)90022-2. Noise and jumps come from streams of their own, so that a change of
    one parameter leaves the draws of the others alone.
    """
    step = 1.0 / 365.0
    noise = seeds.generator("ether_price.noise").standard_normal(days)
    count = seeds.generator("ether_price.jumps").poisson(terms.jump_rate * step, days)
    size = seeds.generator("ether_price.jump_sizes").standard_normal(days)
    jumps = terms.jump_mean * count + terms.jump_sigma * np.sqrt(count) * size
    moves = (terms.drift - 0.5 * terms.volatility**2) * step + terms.volatility * np.sqrt(step) * noise + jumps
    return terms.initial_usd * np.exp(np.concatenate([[0.0], np.cumsum(moves)]))


def _closes(scenario: "Scenario", days: int) -> Floats:
    """Daily closes of a ``csv`` path; the close of a day is the next day's start."""
    problem, terms = scenario.price_problem(days), scenario.ether_price
    if problem or terms.closes_from is None:
        raise ScenarioError(problem or "there is no price file", key=KEY, where=terms.file)
    first = (scenario.date_of(0) - datetime.date.fromisoformat(terms.closes_from)).days
    return np.array(terms.closes_usd[first : first + days + 1], dtype=np.float64)


def within_day(path: Floats, day: int, rounds: int) -> Floats:
    """(rounds,) prices at the end of each round of a day: an even path in logarithms from its start to its end."""
    start, end = path[min(day, path.size - 1)], path[min(day + 1, path.size - 1)]
    return np.asarray(start * (end / start) ** (np.arange(1, rounds + 1) / rounds))
