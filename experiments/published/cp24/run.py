"""Random networks of bounded overlap under adversaries of falling marginal profit, and stake that follows rewards."""

import itertools
from typing import TYPE_CHECKING

import numpy as np

from ....model.randomness import SeedTree
from ....model.security.submodular import (
    ConcaveNetwork,
    best_concave_attack,
    best_rewards,
    concave_cascade,
    greedy_rewards,
    growth_exponent,
    regret,
)
from ..experiment import Check, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

SHARE = 59 / 60
SHALLOW = 1.0 - 1.0 / np.e
_WHERE = "abstract and summary"


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    import pandas as pd

    tree = SeedTree(int(parameters["seed"]))
    attacks, regrets, greedy = [], [], []
    for seed in range(1, int(parameters["seeds"]) + 1):
        draw = tree.generator(f"published.cp24.{seed}")
        networks = [random_network(draw, parameters) for _ in range(int(parameters["networks"]))]
        shocks = [first_of(draw, network) for network in networks]
        for power in parameters["powers"]:
            found = [best_concave_attack(network, float(power)) for network in networks]
            falls = [concave_cascade(n, s, float(power)) for n, s in zip(networks, shocks, strict=True)]
            attacks.append(
                {
                    "seed": seed,
                    "power": power,
                    "attacked": float(np.mean([0 if a is None else int(a.services.sum()) for a in found])),
                    "rounds": float(np.mean([rounds for rounds, _ in falls])),
                    "lost": float(np.mean([lost for _, lost in falls])),
                }
            )
        regrets.append({"seed": seed, **_regrets(draw, parameters)})
        worst = min(_greedy_ratio(network) for network in networks)
        greedy.append({"seed": seed, "worst_ratio": worst})
    tables = {"attacks": pd.DataFrame(attacks), "regret": pd.DataFrame(regrets), "greedy": pd.DataFrame(greedy)}
    return Outcome(tuple(_checks(tables)), tables)


def random_network(draw: np.random.Generator, parameters: Parameters) -> ConcaveNetwork:
    """Operators of unequal stake, each serving at most ``overlap`` services; each service alone would be secure."""
    operators, services = int(parameters["operators"]), int(parameters["services"])
    serves = np.zeros((operators, services), bool)
    for v in range(operators):
        serves[v, draw.permutation(services)[: int(draw.integers(1, int(parameters["overlap"]) + 1))]] = True
    for s in np.flatnonzero(~serves.any(axis=0)):
        serves[int(draw.integers(operators)), s] = True
    stake = draw.lognormal(1.0, 0.5, operators)
    behind = (stake[:, None] * serves).sum(axis=0)
    return ConcaveNetwork(stake, behind * draw.uniform(0.1, 1.0 / 3.0, services), np.full(services, 1.0 / 3.0), serves)


def first_of(draw: np.random.Generator, network: ConcaveNetwork) -> np.ndarray:
    """A shock: one operator is lost."""
    shock = np.zeros(network.stake.size, bool)
    shock[int(draw.integers(network.stake.size))] = True
    return shock


def _regrets(draw: np.random.Generator, parameters: Parameters) -> dict[str, float]:
    """Growth exponents of regret with and without rebalancing, under noisy rewards of services that differ."""
    steps, services = int(parameters["steps"]), int(parameters["services"])
    means = draw.uniform(0.2, 0.8, services)
    rewards = np.clip(means + draw.normal(0.0, 0.2, (steps, services)), 0.0, 1.0)
    rate = float(np.sqrt(8.0 * np.log(services) / steps))
    still, moving = regret(rewards, 0.0), regret(rewards, rate)
    return {
        "still": growth_exponent(still, steps // 10),
        "moving": growth_exponent(moving, steps // 10),
        "still_end": float(still[-1]),
        "moving_end": float(moving[-1]),
    }


def _greedy_ratio(network: ConcaveNetwork) -> float:
    """Worth of the greedy choice over the best, the smaller over budgets and curvatures."""
    from ....model.security.submodular import reached

    return min(
        reached(network, greedy_rewards(network, count, power), power) / best_rewards(network, count, power)
        for count in (1, 2, 3)
        for power in (0.5, 1.0)
    )


def _checks(tables: "dict[str, pd.DataFrame]") -> list[Check]:
    attacks, regrets, greedy = tables["attacks"], tables["regret"], tables["greedy"]
    seeds = len(regrets)
    checks = []
    for column, what in (("attacked", "services of the best attack"), ("rounds", "rounds of a cascade")):
        wide = attacks.pivot(index="seed", columns="power", values=column)
        rising = [all(a <= b + 1e-12 for a, b in itertools.pairwise(row)) for row in wide.to_numpy()]
        smaller = wide[min(wide.columns)] < wide[max(wide.columns)]
        held = int((np.array(rising) & smaller.to_numpy()).sum())
        statement = "fall as profit becomes more concave"
        checks.append(Check.share_of_seeds(what, statement, held, seeds, at_least=SHARE, where=_WHERE))
    for name, statement, rule in (
        ("regret of stake that stays", "grows like time (exponent .95 to 1.05)", regrets["still"].between(0.95, 1.05)),
        ("regret of stake that follows rewards", "grows slower (exponent below .8)", regrets["moving"] < 0.8),
        ("regret at the end", "smaller with rebalancing", regrets["moving_end"] < regrets["still_end"]),
        ("rewards chosen one by one", "reach 1 - 1/e of the best", greedy["worst_ratio"] >= SHALLOW),
    ):
        checks.append(Check.share_of_seeds(name, statement, int(rule.sum()), seeds, at_least=SHARE, where=_WHERE))
    return checks
