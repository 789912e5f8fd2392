"""The paper's constructions, and random networks against its theorems."""

import random
from fractions import Fraction
from typing import TYPE_CHECKING

from ....model.security import (
    RestakingNetwork,
    best_attack,
    cascade,
    certificate,
    exact_slack,
    loss_bound,
    worst_losses,
)
from ....model.security.elements import parse_fraction
from ..experiment import Check, Level, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

_PAPER = "Durvasula, Roughgarden (2025)"
ONE = Fraction(1)


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    checks: list[Check] = []
    _certificates(checks)
    _fragile(checks)
    tight = _tight(checks)
    _triangle(checks)
    falls = _cascades(checks)
    graphs = _random(checks, int(parameters["seed"]), int(parameters["graphs"]), _shock(parameters["psi"]))
    return Outcome(tuple(checks), {"tight": tight, "falls": falls, "graphs": graphs})


def _exact(
    checks: list[Check], name: str, published: Fraction | int, measured: Fraction | int | None, where: str
) -> None:
    checks.append(
        Check.exact(
            name, Fraction(published), "none" if measured is None else Fraction(measured), where=f"{_PAPER}, {where}"
        )
    )


def _certificates(checks: list[Check]) -> None:
    for threshold, stake, slack in (
        ("1/2", 300, "1/2"),
        ("1/2", 205, "1/40"),
        ("1/2", 200, "0"),
        ("1/3", 300, "0"),
        ("1/3", 330, "1/10"),
    ):
        network = RestakingNetwork.of({"v": Fraction(stake)}, {"s": (Fraction(100), Fraction(threshold))}, [("v", "s")])
        _exact(
            checks,
            f"certified slack of {stake} for a prize of 100 at {threshold}",
            Fraction(slack),
            certificate(network).slack,
            "corollary 2",
        )
    services = {"green": (ONE, ONE), "blue": (Fraction(101), ONE)}
    edges = [("g", "green"), ("small", "blue"), ("large", "blue")]
    network = RestakingNetwork.of({"g": Fraction(100), "small": ONE, "large": Fraction(99)}, services, edges)
    _exact(
        checks,
        "one overpriced service breaks the whole certificate",
        Fraction(-1, 101),
        certificate(network).slack,
        "figure 4",
    )


def _fragile(checks: list[Check]) -> None:
    eps = Fraction(1, 10)
    network = RestakingNetwork.of({"a": eps, "b": 1 - eps}, {"x": (ONE, ONE)}, [("a", "x"), ("b", "x")])
    _exact(checks, "a network without slack is secure: slack", 0, exact_slack(network), "theorem 2")
    losses = worst_losses(network, [eps, eps / 2])
    _exact(checks, "and a loss of a tenth takes all", 1, losses[eps].share, "theorem 2")
    _exact(checks, "a smaller one takes nothing more", eps / 2, losses[eps / 2].share, "theorem 2")


def tight_network(psi: Fraction, gamma: Fraction, eps: Fraction) -> RestakingNetwork:
    """The construction of theorem 3, at which the bound is all but reached."""
    b, c = 1 / gamma - eps / psi, (1 - psi + eps) / psi - 1 / gamma
    stakes = {"a": ONE, "b": b, "c": c}
    return RestakingNetwork.of(stakes, {"x": ((1 + b) / (1 + gamma), ONE)}, [("a", "x"), ("b", "x")])


def _tight(checks: list[Check]) -> "pd.DataFrame":
    import pandas as pd

    found = []
    for psi, gamma, eps, loss in (
        ("1/1000", "1/10", "1/10000", "109/10000"),
        ("1/100", "1/4", "1/1000", "49/1000"),
        ("1/10", "1", "1/100", "19/100"),
    ):
        network = tight_network(Fraction(psi), Fraction(gamma), Fraction(eps))
        name = f"shock {psi}, slack {gamma}"
        _exact(checks, f"{name}: slack", Fraction(gamma), exact_slack(network), "theorem 3")
        share = worst_losses(network, [Fraction(psi)])[Fraction(psi)].share
        _exact(checks, f"{name}: worst loss", Fraction(loss), share, "theorem 3")
        bound = loss_bound(Fraction(gamma), Fraction(psi))
        assert isinstance(bound, Fraction)
        _exact(checks, f"{name}: bound", (1 + 1 / Fraction(gamma)) * Fraction(psi), bound, "theorem 1")
        found.append(
            {"psi": float(Fraction(psi)), "gamma": float(Fraction(gamma)), "loss": float(share), "bound": float(bound)}
        )
    return pd.DataFrame(found)


def _triangle(checks: list[Check]) -> None:
    edges = [("a", "x"), ("b", "x"), ("b", "y"), ("c", "y"), ("c", "z"), ("a", "z")]
    stakes = {"a": Fraction(19, 10), "b": Fraction(11, 5), "c": Fraction(11, 5)}
    network = RestakingNetwork.of(stakes, dict.fromkeys("xyz", (ONE, ONE)), edges)
    _exact(checks, "triangle: certified slack", Fraction(21, 20), certificate(network).slack, "theorem 6")
    _exact(checks, "triangle: slack", Fraction(11, 10), exact_slack(network), "theorem 6")
    after = best_attack(network.without(["b", "c"]))
    taken = "none" if after is None else f"{', '.join(after.operators)} on {len(after.services)} services"
    checks.append(
        Check.exact("triangle: what attacks once two have gone", "a on 3 services", taken, where=f"{_PAPER}, theorem 6")
    )


def cascade_network(gamma: Fraction, length: int) -> RestakingNetwork:
    """A family in which one operator falls per round until all is lost, at the bound of theorem 7."""
    stakes = {length: ONE}
    for t in range(length - 1, -1, -1):
        floor = gamma * sum(stakes.values()) * Fraction(1001, 1000)
        stakes[t] = max(ONE, floor) if t else floor
    services = {f"s{t}": (stakes[t] * (1 + Fraction(1, 10**9)), ONE) for t in range(1, length + 1)}
    edges = [(f"v{operator}", f"s{t}") for t in range(1, length + 1) for operator in (t - 1, t)]
    return RestakingNetwork.of({f"v{t}": stakes[t] for t in range(length + 1)}, services, edges)


def _cascades(checks: list[Check]) -> "pd.DataFrame":
    import pandas as pd

    found = []
    for gamma, slack in ((ONE, 1.000999998), (Fraction(1, 2), 0.5004999985), (Fraction(2), 2.001999997)):
        network = cascade_network(gamma, 4)
        measured = exact_slack(network)
        checks.append(
            Check.number(
                f"cascade at slack {gamma}: slack",
                slack,
                float(measured or 0),
                relative=1e-9,
                where=f"{_PAPER}, theorem 7",
            )
        )
        fall = cascade(network, ["v0"], choose="smallest")
        checks.append(Check.exact(f"cascade at slack {gamma}: rounds", 4, fall.rounds, where=f"{_PAPER}, theorem 7"))
        checks.append(Check.exact(f"cascade at slack {gamma}: lost", ONE, fall.lost, where=f"{_PAPER}, theorem 7"))
        lost = Fraction(0)
        for one in fall.falls:
            lost += one.stake / network.total_stake
            found.append({"gamma": float(gamma), "round": one.round, "lost": float(lost)})
    return pd.DataFrame(found)


def random_network(draw: random.Random) -> RestakingNetwork:
    """2 to 5 operators with whole stakes, 1 to 3 services."""
    operators = [f"v{number}" for number in range(draw.randint(2, 5))]
    thresholds = [Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), ONE]
    services = {
        f"s{number}": (Fraction(draw.randint(1, 14)), draw.choice(thresholds)) for number in range(draw.randint(1, 3))
    }
    edges = [(v, s) for v in operators for s in services if draw.random() < 0.6]
    return RestakingNetwork.of({v: Fraction(draw.randint(1, 12)) for v in operators}, services, edges)


def _shock(text: str) -> Fraction:
    value = parse_fraction(text)
    if value is None or not 0 < value <= 1:
        raise ValueError("psi must be a fraction above 0 and at most 1, like 1/5")
    return value


def _random(checks: list[Check], seed: int, graphs: int, psi: Fraction) -> "pd.DataFrame":
    import pandas as pd

    draw, found = random.Random(seed), []
    broken = overrated = insecure = 0
    for _ in range(graphs):
        network = random_network(draw)
        slack, proof = exact_slack(network), certificate(network)
        if slack is None or proof.slack is None:
            continue
        overrated += proof.slack > slack
        insecure += proof.secure and best_attack(network) is not None
        if slack <= 0:
            continue
        loss, bound = worst_losses(network, [psi])[psi].share, loss_bound(slack, psi)
        assert bound is not None
        broken += loss >= bound
        found.append(
            {"slack": float(slack), "certified": float(proof.slack), "loss": float(loss), "bound": float(bound)}
        )
    for name, count in (
        ("losses at or above the bound of theorem 1", broken),
        ("certificates above the slack", overrated),
        ("insecure networks certified", insecure),
    ):
        checks.append(
            Check(
                f"{graphs} random networks: {name}",
                0,
                count,
                "none",
                count == 0,
                Level.NUM,
                f"{_PAPER}, theorem 1, corollary 2, claim 1",
            )
        )
    return pd.DataFrame(found)
