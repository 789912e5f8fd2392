"""What the runs of a design say: intervals, paired differences, profiles, maps and sensitivities.

Every function takes the results of a sweep (or plain arrays) and returns tables; :mod:`..figures.sweeps` draws them.
Heavy libraries are imported where they are used.
"""

from .bands import bands
from .heat_map import HeatMap, RegimeMap, heat_map, regime_map
from .paired import PairedDifference, compare, paired, paired_differences, replications_needed
from .profiles import profiles
from .sensitivity import Morris, Sobol, morris_effects, sensitivity, sobol_indices
from .sources import AnalysisError, SweepResults
from .statistics import mean_interval

__all__ = [
    "AnalysisError",
    "HeatMap",
    "Morris",
    "PairedDifference",
    "RegimeMap",
    "Sobol",
    "SweepResults",
    "bands",
    "compare",
    "heat_map",
    "mean_interval",
    "morris_effects",
    "paired",
    "paired_differences",
    "profiles",
    "regime_map",
    "replications_needed",
    "sensitivity",
    "sobol_indices",
]
