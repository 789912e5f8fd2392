"""One class of every kind of agent, and a maker of models, as a researcher's file has them."""

import time
from typing import Any

from restaking.agents import AVS, Arbitrageur, Cast, Liquidator, LRTProtocol, NodeOperator, Staker
from restaking.model import RestakingEcosystem

WAIT_SECONDS = 0.05
"""A week of an own protocol takes so long, so that a sweep can be killed on its way."""


class Sure(Staker):
    """Always takes part."""

    def participation(self, value: float, outside: float) -> float:
        """Certain."""
        return 1.0


class Single(NodeOperator):
    """Serves one AVS at most."""

    def choose(self, offers: Any) -> Any:
        """The best."""
        return super().choose(offers)[:1]


class Stingy(AVS):
    """Pays nothing."""

    def set_rate(self) -> None:
        """Zero."""
        self.rate = 0.0


class Shut(LRTProtocol):
    """Takes no redemptions."""

    def guard_withdrawals(self) -> None:
        """Stops them for the week to come."""
        time.sleep(WAIT_SECONDS)
        self.model.news_desk.pause_protocol(self.model.day, self.venue, 8)


class Idle(Arbitrageur):
    """Never trades."""

    def edge(self, market: Any) -> float:
        """None."""
        return 0.0


class Lenient(Liquidator):
    """Leaves unsafe loans alone."""

    def profitable(self, market: Any, book: Any) -> bool:
        """Never."""
        return False


MyCast = Cast(Sure, Single, Stingy, Shut, Idle, Lenient)


class Quiet(RestakingEcosystem):
    """A world in which nobody decides anything."""

    def decide(self) -> None:
        """Nothing."""
        self._intended = 0


def quiet(scenario: Any, *, seed: int, **terms: Any) -> Quiet:
    """Makes it."""
    return Quiet(scenario, seed=seed, **terms)
