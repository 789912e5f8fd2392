"""Attacks, cascades, rewards and regret against an adversary with concave profit, on random networks.

Networks have as many operators as services. Every operator secures ``degree`` services and every service has as many
operators (bounded overlap), at random; stakes are whole numbers from 50 to 150 and half of a service's stake suffices
for an attack. Its prize is that half over ``cover``, times a uniform factor in [0.8, 1.2]: at a cover above 1.2 no
service is worth the stake that an attack on it alone takes, and all together may be. Services that look for rewards
are below that (``paid_cover``), and their prizes differ more (``paid_spread``). Definitions:

- *best attack*: the one with the largest net profit; its size is its number of services. *Largest attack*: the one with
  the most services among those that pay;
- *cascade length*: rounds of the longest cascade after the loss of any one operator;
- *regret*: what the best fixed division of every operator's stake in hindsight would have earned, less what it earned.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ....model.randomness import SeedTree
from ....model.security import RestakingNetwork, certificate
from ....model.security.rebalancing import RebalancingGame
from ....model.security.rewards import RewardProblem, best_rewards, greedy_rewards
from ....model.security.submodular import (
    ConcaveAdversary,
    ConcaveCascades,
    best_concave_attack,
    largest_concave_attack,
    size_bound,
)
from ..experiment import Check, Outcome, Parameters
from ..tables import rows

if TYPE_CHECKING:
    import pandas as pd

_PAPER = "Chitra, Pai (2024), abstract and introduction"
_THREAD = "Chitra (2024), warpcast.com/pinged/0x559e8896"
_OURS = "bound derived here"
_NEMHAUSER = "Nemhauser, Wolsey, Fisher (1978), Mathematical Programming 14, 265-294"
_HEDGE = "Freund, Schapire (1997)"
AT_LEAST = 59 / 60
THRESHOLD = Fraction(1, 2)
LINEAR = (0.9, 1.1)
"""Log-log slopes of regret that count as about 1."""
FLATTER = 0.8
"""Log-log slope of regret below which it grows slower than time."""
GREEDY_SHARE = 1.0 - math.exp(-1.0)
MOST_UNITS = 500


def bounded_network(
    draw: np.random.Generator, size: int, degree: int, cover: Fraction, spread: float = 0.2
) -> RestakingNetwork:
    """A random network of bounded overlap, as the head of this module says.

    Args:
        draw: generator of the random numbers.
        size: number of operators, and of services, at least ``degree``.
        degree: services of each operator, and operators of each service.
        cover: stake that an attack needs over the prize, on average.
        spread: largest relative difference of a prize from the average.
    """
    stakes = draw.integers(50, 151, size)
    factors = draw.uniform(1.0 - spread, 1.0 + spread, size)
    while True:
        services = np.array([draw.permutation(size) for _ in range(degree)]).T
        if all(len(np.unique(own)) == degree for own in services):
            break
    on = np.zeros(size)
    np.add.at(on, services.ravel(), np.repeat(stakes, degree))
    prizes = np.maximum(1, np.rint(float(THRESHOLD / cover) * on * factors)).astype(np.int64)
    return RestakingNetwork.of(
        {f"v{v}": int(stake) for v, stake in enumerate(stakes)},
        {f"s{s}": (int(prize), THRESHOLD) for s, prize in enumerate(prizes)},
        [(f"v{v}", f"s{s}") for v, own in enumerate(services) for s in sorted(own.tolist())],
    )


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    import pandas as pd

    seeds = range(int(parameters["seed"]), int(parameters["seed"]) + int(parameters["seeds"]))
    attacks = pd.DataFrame([row for seed in seeds for row in _attacks(seed, parameters)])
    cascades = pd.DataFrame([row for seed in seeds for row in _cascades(seed, parameters)])
    rewards = pd.DataFrame([_rewards(seed, parameters) for seed in seeds])
    played = [_regret(seed, parameters) for seed in seeds]
    slopes = pd.DataFrame([slope for slope, _ in played])
    regret = pd.DataFrame([row for _, curve in played for row in curve])
    checks = [*_attack_checks(attacks, cascades), *_reward_checks(rewards, parameters), *_regret_checks(slopes)]
    tables = {"attacks": attacks, "cascades": cascades, "rewards": rewards, "regret_slopes": slopes, "regret": regret}
    return Outcome(tuple(checks), tables)


def _powers(parameters: Parameters) -> list[Fraction]:
    return [Fraction(power) for power in parameters["powers"]]


def _seeds(name: str, statement: str, held: "pd.Series[bool]", where: str) -> Check:
    return Check.share_of_seeds(name, statement, int(held.sum()), len(held), at_least=AT_LEAST, where=where)


# ------------------------------------------------------------------------------------------------ attacks and cascades


def _attacks(seed: int, parameters: Parameters) -> list[dict[str, Any]]:
    found = []
    for size in parameters["sizes"]:
        draw = SeedTree(seed).generator(f"published.cp24.attacks.{size}")
        network = bounded_network(draw, int(size), int(parameters["degree"]), Fraction(parameters["cover"]))
        for power in _powers(parameters):
            adversary = ConcaveAdversary.on(network, power)
            best = best_concave_attack(network, adversary)
            found.append(
                {
                    "seed": seed,
                    "services": int(size),
                    "power": float(power),
                    "best": 0 if best is None else len(best.attack.services),
                    "largest": largest_concave_attack(network, adversary),
                    "bound": size_bound(network, adversary),
                    "net_profit": 0.0 if best is None else best.net_profit,
                }
            )
    return found


def _cascades(seed: int, parameters: Parameters) -> list[dict[str, Any]]:
    draw = SeedTree(seed).generator("published.cp24.cascades")
    size, degree = int(parameters["cascade_size"]), int(parameters["degree"])
    network = bounded_network(draw, size, degree, Fraction(parameters["cascade_cover"]))
    return [
        {
            "seed": seed,
            "power": float(power),
            "rounds": ConcaveCascades(network, ConcaveAdversary.on(network, power)).after_one(),
        }
        for power in _powers(parameters)
    ]


def _attack_checks(attacks: "pd.DataFrame", cascades: "pd.DataFrame") -> list[Check]:
    fewest, most = int(attacks["services"].min()), int(attacks["services"].max())
    below = float(attacks.loc[attacks["power"] < 1.0, "power"].max())
    at_most = attacks[attacks["services"] == most]
    share = attacks.assign(share=attacks["largest"] / attacks["services"])
    by = share.pivot_table(index="seed", columns=["power", "services"], values="share")
    return [
        _seeds(
            f"{most} services: size of the best attack falls with the power",
            "never larger at a lower power, smaller at the lowest than at 1",
            at_most.groupby("seed")[["power", "best"]].apply(lambda part: _falls(part, "best")),
            _PAPER,
        ),
        _seeds(
            "no attack that pays is larger than bounded overlap allows, at any size and power",
            "largest attack at most (overlap / cover) ** (1 / (1 - power))",
            (attacks["largest"] <= attacks["bound"]).groupby(attacks["seed"]).all(),
            _OURS,
        ),
        _seeds(
            f"additive adversary: largest attack at {fewest} and at {most} services",
            "every service",
            (by[1.0][fewest] == 1.0) & (by[1.0][most] == 1.0),
            _PAPER,
        ),
        _seeds(
            f"power {below:g}: the share of services under attack falls from {fewest} to {most} services",
            "attacks touch a sublinear set of services",
            by[below][most] < by[below][fewest],
            _PAPER,
        ),
        _seeds(
            "cascade length after the loss of one operator falls with the power",
            "never longer at a lower power, shorter at the lowest than at 1",
            cascades.groupby("seed")[["power", "rounds"]].apply(lambda part: _falls(part, "rounds")),
            _PAPER,
        ),
    ]


def _falls(part: "pd.DataFrame", column: str) -> bool:
    values = part.sort_values("power")[column].to_numpy()
    return bool((np.diff(values) >= 0).all() and values[0] < values[-1])


# ------------------------------------------------------------------------------------------------------------- rewards


def _rewards(seed: int, parameters: Parameters) -> dict[str, Any]:
    """Greedy rewards beside the best by enumeration, for each number of units until the best suffice."""
    draw = SeedTree(seed).generator("published.cp24.rewards")
    size, cover = int(parameters["paid_size"]), Fraction(parameters["paid_cover"])
    degree, spread = int(parameters["paid_degree"]), float(parameters["paid_spread"])
    network = bounded_network(draw, size, degree, cover, spread)
    problem = _problem(network, Fraction(parameters["paid_power"]), parameters)
    path = greedy_rewards(problem, MOST_UNITS)
    nothing, greedy = float(problem.covered(np.array(path[0]))), path[-1]
    share, least = 1.0, 0
    for total in range(1, len(path)):
        best = np.array(best_rewards(problem, total))
        gain = float(problem.covered(best)) - nothing
        share = min(share, (float(problem.covered(np.array(path[total]))) - nothing) / gain)
        least = total
        if problem.suffices(best):
            break
    paid = problem.with_rewards(greedy)
    additive = greedy_rewards(_problem(network, Fraction(1), parameters), MOST_UNITS)
    return {
        "seed": seed,
        "greedy_units": sum(greedy),
        "least_units": least,
        "least_share_covered": share,
        "equal_units": _equal_units(problem),
        "additive_units": sum(additive[-1]),
        "attack_before": problem.attack_pays(path[0]),
        "attack_after": problem.attack_pays(greedy),
        "cascade_before": ConcaveCascades(network, problem.adversary).after_one(),
        "cascade_after": ConcaveCascades(paid, problem.adversary).after_one(),
        "certificate_after": certificate(paid).secure,
    }


def _equal_units(problem: RewardProblem) -> int:
    """Units that suffice when services are paid in turn, for comparison."""
    services = np.arange(len(problem.network.services))
    totals = np.arange(MOST_UNITS)[:, None]
    return int(np.argmax(problem.suffices(totals // services.size + (services < totals % services.size))))


def _problem(network: RestakingNetwork, power: Fraction, parameters: Parameters) -> RewardProblem:
    adversary = ConcaveAdversary.on(network, power)
    return RewardProblem(network, adversary, int(parameters["at_once"]), Fraction(parameters["unit"]))


def _reward_checks(rewards: "pd.DataFrame", parameters: Parameters) -> list[Check]:
    count = f"at most {parameters['at_once']} services at once"
    power = f"power {parameters['paid_power']}"
    allowed = rewards["least_units"] + np.ceil(0.1 * rewards["least_units"])
    return [
        _seeds(
            "greedy rewards cover, unit by unit, what the best cover",
            f"at least the share 1 - 1/e = {GREEDY_SHARE:.3f} of the best, by enumeration",
            rewards["least_share_covered"] >= GREEDY_SHARE,
            _NEMHAUSER,
        ),
        _seeds(
            "greedy rewards that suffice beside the least, by enumeration",
            "near-optimal: at most a tenth more units, rounded up",
            rewards["greedy_units"] <= allowed,
            _PAPER,
        ),
        _seeds(
            f"{power}, {count}: attacks before and after greedy rewards",
            "one pays before, none after",
            rewards["attack_before"] & ~rewards["attack_after"],
            _PAPER,
        ),
        _seeds(
            f"{power}: cascade length after the loss of one operator, before and after greedy rewards",
            "shorter, while the certificate still fails (no global over-collateralisation)",
            (rewards["cascade_after"] < rewards["cascade_before"]) & ~rewards["certificate_after"],
            _PAPER,
        ),
        _seeds(
            f"greedy rewards against {power} and against an additive adversary",
            "fewer units",
            rewards["greedy_units"] < rewards["additive_units"],
            _PAPER,
        ),
    ]


# -------------------------------------------------------------------------------------------------------------- regret


def game(draw: np.random.Generator, parameters: Parameters) -> RebalancingGame:
    """The game of one seed.

    Operators with stakes uniform in [0.5, 1.5] secure ``degree`` of the services each, at random. A service has half
    as much stake of its own as operators could put on it on average; rewards are ``yield_per_round`` of its average
    stake, times a uniform factor in [0.5, 1.5] that stays and log-normal noise. Prizes are the third of that stake that
    an attack takes over 1.5, times a uniform factor in [0.8, 1.2] that stays and log-normal noise of the same size.
    """
    operators, services = int(parameters["operators"]), int(parameters["services"])
    rounds, sigma = int(parameters["rounds"]), float(parameters["volatility"])
    threshold, cover = 1.0 / 3.0, 1.5
    stake = draw.uniform(0.5, 1.5, operators)
    opted = np.zeros((operators, services), dtype=np.bool_)
    for own in opted:
        own[draw.permutation(services)[: int(parameters["degree"])]] = True
    free = float(stake.sum()) / services
    mean = 1.5 * free
    prize = threshold * mean / cover
    rewards = float(parameters["yield_per_round"]) * mean * draw.uniform(0.5, 1.5, services)
    prizes = prize * draw.uniform(0.8, 1.2, services)
    noise = np.exp(draw.normal(-0.5 * sigma**2, sigma, (2, rounds, services)))
    return RebalancingGame(
        stake=stake,
        opted=opted,
        own=np.full(services, 0.5 * free),
        reward=rewards * noise[0],
        prize=prizes * noise[1],
        threshold=threshold,
        adversary=ConcaveAdversary(Fraction(parameters["paid_power"]), Fraction(prize)),
    )


def _regret(seed: int, parameters: Parameters) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Slopes of one seed, and its regret over time for each unit of stake."""
    played = game(SeedTree(seed).generator("published.cp24.regret"), parameters)
    rounds = int(parameters["rounds"])
    plays = {"kept": played.play(rebalance=False), "rebalanced": played.play(rebalance=True)}
    stake = float(played.stake.sum())
    slopes: dict[str, Any] = {"seed": seed, "bound": played.regret_bound / stake}
    for name, play in plays.items():
        slopes[f"{name}_slope"] = play.slope(max(1, rounds // 10))
        slopes[f"{name}_regret"] = float(play.regret[-1]) / stake
        slopes[f"{name}_attacked"] = float(play.attacked.mean())
    times = np.unique(np.geomspace(1, rounds, 30).round().astype(np.int64)).tolist()
    curve = [
        {"seed": seed, "round": time, **{name: float(play.regret[time - 1]) / stake for name, play in plays.items()}}
        for time in times
    ]
    return slopes, curve


def _regret_checks(slopes: "pd.DataFrame") -> list[Check]:
    low, high = LINEAR
    tests: list[tuple[str, str, Callable[[Any], bool], str]] = [
        (
            "log-log slope of regret without rebalancing",
            f"linear in time: between {low:g} and {high:g}",
            lambda row: low <= row.kept_slope <= high,
            _THREAD,
        ),
        (
            "log-log slope of regret with multiplicative weights",
            f"slow growth: below {FLATTER:g}",
            lambda row: row.rebalanced_slope < FLATTER,
            _THREAD,
        ),
        (
            "regret with multiplicative weights at the end",
            "within the bound of Hedge",
            lambda row: row.rebalanced_regret <= row.bound,
            _HEDGE,
        ),
    ]
    return [
        Check.share_of_seeds(
            name, statement, sum(holds(row) for row in rows(slopes)), len(slopes), at_least=AT_LEAST, where=where
        )
        for name, statement, holds, where in tests
    ]
