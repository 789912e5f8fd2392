"""Stake pools under a reward-sharing scheme: operators with a pledge and a margin, delegators who choose among them.

Agents hold stake. Each may delegate it or run pools: it pledges its stake to them, bears a cost for each, takes a
margin of the profit first and shares the rest by stake. A pool earns with its stake up to a saturation 1/k and with
its pledge in proportion to the parameter a0. Agents move one after the other, each to its best response, until nobody
wants to. The far-sighted judge a pool by its profit when saturated, since stake will go to the k best pools and leave
the others; the myopic by its present stake.

Money is in rewards of a round (all pools saturated with pledge earn 1 together), stake in shares of the total.

In restaking terms a pool is an operator (or the operator set of an LRT), the pledge its self-stake, the margin its
commission, k the number of operators that a delegator is content with, and saturation a cap on delegation.

Sources: L. Brünjes, A. Kiayias, E. Koutsoupias, A.-P. Stouka (2020), "Reward Sharing Schemes for Stake Pools", IEEE
EuroS&P, arXiv:1807.11218 (rewards, potential profit, desirability, ranks); C. Ovezik, A. Kiayias (2022),
"Decentralization Analysis of Pooling Behavior in Cardano Proof of Stake", ICAIF (several pools of one operator, cost
of extra pools, dynamics), with the open Rewards-Sharing-Simulation-Engine of the University of Edinburgh.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .concentration import nakamoto
from .kernels import pools as kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

HALF = 0.5
_TIE = 1e-9
_SLOTS = 4
"""Slots for pools at the start, over the target; more are made when they run out."""


@dataclass(frozen=True)
class Scheme:
    """A reward-sharing scheme and the habits of those who play by it.

    Attributes:
        target: number of pools aimed at, k.
        influence: weight of the pledge, a0.
        extra_cost: cost of each pool after an operator's first, over that of the first.
        lead: by how much a pool sets out to beat the one it replaces (rewards of a round).
        inertia: gain that makes somebody change (rewards of a round).
        calm: rounds without a change after which the game is over.
        thorough: whether agents try every number of pools; else they bisect, as in the published dynamics.
    """

    target: int
    influence: float = 0.3
    extra_cost: float = 0.4
    lead: float = 1e-6
    inertia: float = 1e-9
    calm: int = 10
    thorough: bool = False

    def __post_init__(self) -> None:
        if self.target < 1:
            raise ValueError(f"target must be at least 1, not {self.target}")
        if self.calm < 1:
            raise ValueError(f"calm must be at least 1, not {self.calm}")
        for name in ("influence", "extra_cost", "lead", "inertia"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0):
                raise ValueError(f"{name} must be finite and not negative, not {value}")

    @property
    def saturation(self) -> float:
        """Stake above which a pool earns no more."""
        return 1.0 / self.target

    def reward(self, stake: float, pledge: float) -> float:
        """Reward of a pool in a round, ``(b + l a0 (b - l (1 - b/z)) / z) / (1 + a0)``, all capped at z.

        Args:
            stake: its stake b, pledge and delegated.
            pledge: its pledge l, at most the stake.
        """
        return float(kernel.pool_reward(stake, pledge, self.saturation, self.influence))

    def potential_profit(self, pledge: float, cost: float) -> float:
        """Profit of a saturated pool in a round."""
        return self.reward(self.saturation, pledge) - cost

    def rent_margins(self, stakes: ArrayLike, costs: ArrayLike) -> Floats:
        """Margin of each agent in equilibrium when nobody runs more than one pool, shape (N,).

        ``1 - P_(k+1) / P_j``, P the profits of saturated pools and ``P_(k+1)`` the best of those outside the first k
        (Brünjes et al. 2020): the k best run pools and leave delegators what the next best could. 0 for all others.

        Args:
            stakes: (N,) stake of each agent, more than k of them.
            costs: (N,) cost of a pool for a round.
        """
        pairs = zip(np.asarray(stakes, np.float64), np.asarray(costs, np.float64), strict=True)
        profits = np.array([self.potential_profit(stake, cost) for stake, cost in pairs])
        if profits.size <= self.target:
            raise ValueError(f"it takes more than {self.target} agents, not {profits.size}")
        next_best = np.partition(profits, -self.target - 1)[-self.target - 1]
        return np.where(profits > next_best, 1.0 - next_best / profits, 0.0)

    def splitting_gain(self, stake: float, cost: float) -> float:
        """What an agent gains by running two saturated pools, when the pool it has to beat is like its own.

        ``(1 - phi) c - a0 s / (1 + a0)``: it saves the rent of a rival with full cost, and forgoes the reward of the
        half of its pledge that the second pool takes from the first. Positive where splitting pays.
        """
        return (1.0 - self.extra_cost) * cost - self.influence * stake / (1.0 + self.influence)


@dataclass(frozen=True)
class Agents:
    """Who plays.

    Attributes:
        stakes: (N,) stake of each, above 0, sum 1.
        costs: (N,) cost of a first pool for a round, not negative.
        myopic: (N,) who looks at present stake only.
    """

    stakes: Floats
    costs: Floats
    myopic: Flags

    def __post_init__(self) -> None:
        if not self.stakes.shape == self.costs.shape == self.myopic.shape or self.stakes.ndim != 1:
            raise ValueError("stakes, costs and myopic must be of one shape (N,)")
        if not (np.isfinite(self.stakes).all() and (self.stakes > 0.0).all() and np.isfinite(self.costs).all()):
            raise ValueError("stakes must be finite and above 0, costs finite")
        if abs(float(self.stakes.sum()) - 1.0) > _TIE or bool((self.costs < 0.0).any()):
            raise ValueError("stakes must add up to 1 and costs must not be negative")


def draw_agents(
    count: int,
    stakes: np.random.Generator,
    costs: np.random.Generator,
    *,
    shape: float | None = 2.0,
    cost_range: tuple[float, float] = (1e-5, 1e-4),
    myopic: float = 0.0,
) -> Agents:
    """Draw agents with Pareto stakes and uniform costs.

    Args:
        count: number of agents.
        stakes: generator of the stakes.
        costs: generator of the costs, and then of who is myopic.
        shape: exponent of the Pareto distribution; None: all hold the same.
        cost_range: lowest and highest cost (rewards of a round).
        myopic: probability that an agent is myopic.
    """
    wealth = np.ones(count) if shape is None else 1.0 + stakes.pareto(shape, count)
    drawn = costs.uniform(*cost_range, count)
    return Agents(wealth / wealth.sum(), drawn, costs.random(count) < myopic)


@dataclass(frozen=True)
class Outcome:
    """How a game ended; P pools, in the order in which they were opened.

    Attributes:
        owner: (P,) agent that runs each pool.
        pledge: (P,) its pledge.
        margin: (P,) its margin.
        cost: (P,) its cost.
        stake: (P,) its stake.
        potential: (P,) its profit when saturated.
        rounds: rounds until the last change.
        converged: whether nobody wanted to change any more.
        controlled: (N,) stake of the pools of each agent.
    """

    owner: Integers
    pledge: Floats
    margin: Floats
    cost: Floats
    stake: Floats
    potential: Floats
    rounds: int
    converged: bool
    controlled: Floats = field(repr=False)

    @property
    def pools(self) -> int:
        """Number of pools."""
        return int(self.owner.size)

    @property
    def operators(self) -> int:
        """Number of agents with a pool."""
        return int(np.unique(self.owner).size)

    @property
    def pledged(self) -> float:
        """Share of the stake in pools that is pledge."""
        return float(self.pledge.sum() / self.stake.sum()) if self.pools else 0.0

    @property
    def median_margin(self) -> float:
        """Median of the margins."""
        return float(np.median(self.margin)) if self.pools else 0.0

    @property
    def appeal(self) -> Floats:
        """(P,) what each pool leaves to delegators when saturated (its desirability)."""
        return np.maximum((1.0 - self.margin) * self.potential, 0.0)

    def nakamoto(self, *, strictly: bool = False) -> int:
        """Fewest operators whose pools hold half of the stake.

        Args:
            strictly: more than half: one operator more where k equal pools tie.
        """
        return nakamoto(self.controlled, HALF if strictly else HALF - _TIE)


def play(scheme: Scheme, agents: Agents, draw: np.random.Generator, rounds: int) -> Outcome:
    """Let agents move in random order, round by round, until nobody wants to or the rounds are over.

    Args:
        scheme: the rules.
        agents: who plays.
        draw: generator of the order of moves.
        rounds: most rounds.
    """
    rules = kernel.Rules(
        scheme.target,
        scheme.influence,
        scheme.saturation,
        scheme.extra_cost,
        scheme.lead,
        scheme.inertia,
        scheme.thorough,
    )
    game = _empty(agents, _SLOTS * scheme.target)
    last, calm = 0, 0
    for number in range(1, rounds + 1):
        game, moves = _round(rules, game, draw.permutation(agents.stakes.size))
        last, calm = (number, 0) if moves else (last, calm + 1)
        if calm >= scheme.calm:
            break
    return _outcome(game, last, calm >= scheme.calm)


def _round(rules: kernel.Rules, game: kernel.Game, order: Integers) -> tuple[kernel.Game, int]:
    """Everybody's turn, with room made for more pools where needed; the game and how many changed anything."""
    place, moves = 0, 0
    while True:
        place, more = kernel.take_turns(rules, game, order, place)
        moves += more
        if place == order.size:
            return game, moves
        game = _wider(game)


def _empty(agents: Agents, slots: int) -> kernel.Game:
    """The state before anybody moved: no pools, nothing delegated."""
    count = agents.stakes.size
    free = np.full(slots, kernel.FREE, np.int64)
    pledge, margin, cost, potential, stake = np.zeros((5, slots))
    return kernel.Game(
        agents.stakes,
        agents.costs,
        agents.myopic,
        free,
        pledge,
        margin,
        cost,
        potential,
        stake,
        np.zeros(slots, np.int64),
        np.zeros((count, slots)),
        np.zeros((2, slots), np.int64),
        np.zeros(2, np.int64),
    )


def _wider(game: kernel.Game) -> kernel.Game:
    """The same game with twice the slots."""

    def doubled(old: Any, fill: int = 0) -> Any:
        new = np.full((*old.shape[:-1], 2 * old.shape[-1]), fill, old.dtype)
        new[..., : old.shape[-1]] = old
        return new

    kept: dict[str, Any] = {name: doubled(getattr(game, name)) for name in _PER_SLOT}
    return game._replace(owner=doubled(game.owner, kernel.FREE), **kept)


_PER_SLOT = ("pledge", "margin", "cost", "potential", "stake", "born", "delegated", "ranked")


def _outcome(game: kernel.Game, rounds: int, converged: bool) -> Outcome:
    live = np.flatnonzero(game.owner != kernel.FREE)
    live = live[np.argsort(game.born[live])]
    owner, stake = game.owner[live], game.stake[live]
    controlled = np.zeros(game.wealth.size)
    np.add.at(controlled, owner, stake)
    return Outcome(
        owner,
        game.pledge[live],
        game.margin[live],
        game.cost[live],
        stake,
        game.potential[live],
        rounds,
        converged,
        controlled,
    )
