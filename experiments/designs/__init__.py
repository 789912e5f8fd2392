"""Designs: which runs a question needs. A scenario, the axes that vary, how they are sampled, and how often."""

from .axis import Axis
from .design import Design, PlannedRun
from .errors import DesignError
from .loading import load_design, shipped_designs

__all__ = ["Axis", "Design", "DesignError", "PlannedRun", "load_design", "shipped_designs"]
