"""The economies that were run with the public engine, and what came out there."""

from dataclasses import dataclass

ENGINE = "public engine (Ovezik, Kiayias 2022)"
DEFAULT_COSTS = (1e-5, 1e-4)
"""Lowest and highest cost of a pool, in rewards of a round."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Engine:
    """What the public engine gave, as the range over its seeds.

    Attributes:
        seeds: number of seeds.
        converged: how many came to rest.
        pools: pools at the end.
        operators: agents with a pool.
        nakamoto: operators that control half.
        pledged: share of pledges in the stake of pools, mean.
        margin: median margin, mean; None where it was not recorded.
        rounds: rounds, in words.
    """

    seeds: int
    converged: int
    pools: Span
    operators: Span
    nakamoto: Span
    pledged: float
    margin: float | None
    rounds: str


@dataclass(frozen=True)
class Economy:
    """One economy.

    Attributes:
        name: what tells it from the others.
        agents: number of agents, n.
        target: number of pools aimed at, k.
        engine: what the public engine gave; None where it was not run.
        influence: weight of the pledge, a0.
        dearness: factor on all costs.
        myopic: probability that an agent is myopic.
        flat: whether all hold the same.
        rounds: most rounds.
        thorough: whether every number of pools is tried instead of bisecting.
        extra_cost: cost of an operator's further pools over that of its first.
    """

    name: str
    agents: int
    target: int
    engine: Engine | None
    influence: float = 0.3
    dearness: float = 1.0
    myopic: float = 0.0
    flat: bool = False
    rounds: int = 600
    thorough: bool = False
    extra_cost: float = 0.4

    @property
    def main(self) -> bool:
        """Whether the rules on distributions are about it: n = 100."""
        return self.agents == 100

    @property
    def large(self) -> bool:
        """Whether it is one of the large ones, which few seeds are run of."""
        return self.agents >= 1000


BASE, FLAT = "n=100, k=10", "n=100, k=10, flat stake"
SINGLE = "n=100, k=10, flat stake, costs x100, extra pools not cheaper"
VARIANT, FREE, DEAR = "n=200, k=20", "n=200, k=20, a0=0", "n=200, k=20, costs x100"

ECONOMIES = (
    Economy(BASE, 100, 10, Engine(20, 20, (10, 12), (9, 10), (4, 6), 0.305, 0.019, "14-27"), rounds=2000),
    Economy(FLAT, 100, 10, Engine(20, 20, (10, 10), (10, 10), (5, 5), 0.1, None, "13-23"), flat=True, rounds=2000),
    Economy("n=100, k=10, every number tried", 100, 10, None, rounds=2000, thorough=True),
    Economy(SINGLE, 100, 10, None, dearness=100.0, flat=True, rounds=2000, extra_cost=1.0),
    Economy("n=200, k=5", 200, 5, Engine(8, 8, (5, 5), (5, 5), (3, 3), 0.150, 0.0135, "about 17")),
    Economy("n=200, k=10", 200, 10, Engine(8, 8, (10, 11), (8, 10), (4, 6), 0.215, 0.012, "about 20")),
    Economy(VARIANT, 200, 20, Engine(8, 8, (20, 21), (19, 20), (9, 11), 0.308, 0.0158, "about 19")),
    Economy("n=200, k=40", 200, 40, Engine(8, 8, (40, 41), (34, 40), (14, 20), 0.428, 0.022, "about 22")),
    Economy(FREE, 200, 20, Engine(3, 0, (20, 180), (1, 9), (1, 2), 0.033, 0.0, "150"), influence=0.0, rounds=150),
    Economy("n=200, k=20, a0=0.1", 200, 20, Engine(8, 8, (20, 21), (18, 21), (8, 11), 0.308, 0.0053, "about 20"), 0.1),
    Economy("n=200, k=20, a0=1", 200, 20, Engine(8, 5, (21, 27), (19, 26), (9, 11), 0.318, 0.0465, "up to 600"), 1.0),
    Economy("n=200, k=20, a0=3", 200, 20, Engine(8, 6, (21, 23), (19, 23), (9, 11), 0.317, 0.108, "up to 600"), 3.0),
    Economy(DEAR, 200, 20, Engine(8, 8, (20, 23), (6, 15), (2, 6), 0.159, 0.005, "about 85"), dearness=100.0),
    Economy(
        "n=200, k=20, half myopic",
        200,
        20,
        Engine(3, 3, (27, 29), (26, 29), (8, 11), 0.321, 0.017, "about 17"),
        myopic=0.5,
        rounds=150,
    ),
    Economy(
        "n=200, k=20, all myopic",
        200,
        20,
        Engine(3, 3, (887, 946), (200, 200), (39, 55), 1.0, 0.54, "about 21"),
        myopic=1.0,
        rounds=150,
    ),
    Economy("n=1000, k=20", 1000, 20, Engine(1, 1, (20, 20), (20, 20), (10, 10), 0.155, None, "15")),
    Economy("n=1000, k=50", 1000, 50, Engine(1, 1, (50, 50), (49, 49), (24, 24), 0.238, 0.0196, "44")),
    Economy("n=1000, k=100", 1000, 100, Engine(4, 4, (100, 101), (96, 100), (46, 50), 0.2945, 0.0175, "19-40")),
    Economy("n=1000, k=200", 1000, 200, Engine(1, 1, (201, 201), (182, 182), (82, 82), 0.435, 0.026, "32")),
)
"""Every row of the comparison, in its order."""

VECTORS = (
    (0.01, 0.01, 0.00771538),
    (0.1, 0.01, 0.07923077),
    (0.2, 0.01, 0.07923077),
    (0.1, 0.05, 0.08846154),
    (0.1, 0.1, 0.1),
)
"""Stake, pledge and reward of a pool at k = 10, a0 = 0.3, to eight digits."""


@dataclass(frozen=True)
class Seed42:
    """The engine's economy of seed 42 (n = 100, k = 10) and where it came to rest."""

    seed: int = 42
    largest: float = 0.07899516
    smallest: float = 0.00561261
    median: float = 0.00752287
    prior: int = 30
    pools: int = 10
    operators: int = 10
    nakamoto: int = 6
    pledged: float = 0.2701
