"""The least that an agent-based model of restaking does, written plainly for two other frameworks.

1,000 stakers wake now and then, look at what eight venues pay and where their neighbours are, choose by a logit and
move; a venue's reward is shared by all that is there. No institutions, no markets, no ledgers: the simulator does this
and everything else. The models are not tuned, for nobody who writes one like that tunes it.
"""

import importlib.util
import math
import random
from collections.abc import Callable
from typing import Any

import mesa

VENUES, NEIGHBOURS = 8, 8
WAKES, IMITATION, NOISE, MOVING = 1.0 / 14.0, 0.02, 0.01, 0.01
REWARDS = [1.0 + 0.25 * venue for venue in range(VENUES)]
"""ETH a day that each venue pays to all who are there."""


def aprs(totals: list[float]) -> list[float]:
    """What a venue pays per ETH and year."""
    return [365.0 * reward / max(total, 1.0) for reward, total in zip(REWARDS, totals, strict=True)]


def choose(staker: Any, rates: list[float], draw: Callable[[], float]) -> int:
    """The venue that a staker goes to: pay, taste and neighbours, less what moving costs."""
    there = [0] * VENUES
    for neighbour in staker.neighbours:
        there[neighbour.venue] += 1
    utilities = []
    for venue in range(VENUES):
        utility = rates[venue] + staker.tastes[venue] + IMITATION * there[venue] / NEIGHBOURS
        utilities.append(utility if venue == staker.venue else utility - MOVING)
    best = max(utilities)
    weights = [math.exp((utility - best) / NOISE) for utility in utilities]
    left = draw() * sum(weights)
    for venue, weight in enumerate(weights):
        if left < weight:
            return venue
        left -= weight
    return staker.venue


def endow(staker: Any, source: random.Random) -> None:
    """What a staker begins with."""
    staker.eth = source.paretovariate(1.2)
    staker.venue = source.randrange(VENUES)
    staker.tastes = [source.gauss(0.0, NOISE) for _ in range(VENUES)]


# --- Mesa -------------------------------------------------------------------------------------------------------------


class MesaStaker(mesa.Agent):
    """A staker as a Mesa agent."""

    def __init__(self, model: "MesaStakers") -> None:
        super().__init__(model)
        self.neighbours: list[MesaStaker] = []
        endow(self, model.random)

    def step(self) -> None:
        if self.model.random.random() < WAKES:
            self.venue = choose(self, self.model.rates, self.model.random.random)


class MesaStakers(mesa.Model):
    """Stakers only, each a Mesa agent with a step of its own."""

    def __init__(self, stakers: int, seed: int = 1) -> None:
        super().__init__(seed=seed)
        for _ in range(stakers):
            MesaStaker(self)
        everybody = list(self.agents)
        for staker in everybody:
            staker.neighbours = self.random.sample(everybody, NEIGHBOURS)
        self.datacollector = mesa.DataCollector({f"venue_{n}": lambda m, n=n: m.totals[n] for n in range(VENUES)})
        self.add_up()

    def add_up(self) -> None:
        self.totals = [0.0] * VENUES
        for staker in self.agents:
            self.totals[staker.venue] += staker.eth

    def step(self) -> None:
        self.rates = aprs(self.totals)
        self.agents.shuffle_do("step")
        self.add_up()
        self.datacollector.collect(self)


def run_mesa(stakers: int, days: int) -> list[float]:
    """A run in Mesa; returns ETH by venue."""
    model = MesaStakers(stakers)
    for _ in range(days):
        model.step()
    mesa.Agent._ids.pop(model, None)  # Mesa would keep every model of the benchmark alive
    return model.totals


# --- agentpy ----------------------------------------------------------------------------------------------------------


def has_agentpy() -> bool:
    """Whether the peer is installed (``pip install 'restaking[bench]'``)."""
    return importlib.util.find_spec("agentpy") is not None


def run_agentpy(stakers: int, days: int) -> list[float]:
    """The same run in agentpy; returns ETH by venue."""
    import agentpy

    class Staker(agentpy.Agent):
        def setup(self) -> None:
            endow(self, self.model.random)

        def act(self) -> None:
            if self.model.random.random() < WAKES:
                self.venue = choose(self, self.model.rates, self.model.random.random)

    class Stakers(agentpy.Model):
        def setup(self) -> None:
            self.stakers = agentpy.AgentList(self, self.p.stakers, Staker)
            everybody = list(self.stakers)
            for staker in everybody:
                staker.neighbours = self.random.sample(everybody, NEIGHBOURS)
            self.add_up()

        def add_up(self) -> None:
            self.totals = [0.0] * VENUES
            for staker in self.stakers:
                self.totals[staker.venue] += staker.eth

        def step(self) -> None:
            self.rates = aprs(self.totals)
            self.stakers.shuffle().act()
            self.add_up()

        def update(self) -> None:
            for venue, total in enumerate(self.totals):
                self.record(f"venue_{venue}", total)

    model = Stakers({"stakers": stakers, "steps": days, "seed": 1})
    model.run(display=False)
    return list(model.totals)
