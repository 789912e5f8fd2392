"""Does a run show what the history of restaking shows? Stylised facts, how each is measured, and the scoreboard."""

from .facts import FACTS, Fact
from .scoreboard import Scoreboard, validate

__all__ = ["FACTS", "Fact", "Scoreboard", "validate"]
