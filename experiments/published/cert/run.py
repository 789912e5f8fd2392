"""Random networks in exact arithmetic: the three identities, and how much less stake secure networks need."""

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ....model.randomness import SeedTree
from ....model.security import RestakingNetwork, certificate
from ....model.security.attacks import best_attack
from ....model.security.certificate import stand_alone_split
from ..experiment import Check, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

THRESHOLDS = (Fraction(1, 4), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1))
_IDENTITIES = "Durvasula and Roughgarden (2024), Claim 1; Mamageishvili and Sudakov (2025), introduction"


def random_network(draw: np.random.Generator) -> RestakingNetwork:
    """Two to six operators of stake 5 to 30, one to four services; every service has somebody."""
    operators, services = int(draw.integers(2, 7)), int(draw.integers(1, 5))
    stakes = {f"v{v}": int(draw.integers(5, 31)) for v in range(operators)}
    edges = [
        (f"v{v}", f"s{s}")
        for s in range(services)
        for v in sorted({int(draw.integers(operators))} | {v for v in range(operators) if draw.random() < 0.6})
    ]
    terms = {
        f"s{s}": (Fraction(int(draw.integers(1, 121)), 10), THRESHOLDS[int(draw.integers(len(THRESHOLDS)))])
        for s in range(services)
    }
    return RestakingNetwork.of(stakes, terms, edges)


def coverage(network: RestakingNetwork) -> Fraction:
    """Stake that services would need alone over the stake there is: ``sum profit_s / threshold_s / sum stake_v``."""
    needed = sum((terms.profit / terms.threshold for terms in network.services.values()), Fraction(0))
    return Fraction(needed / network.total_stake)


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    draw = SeedTree(int(parameters["seed"])).generator("published.cert")
    checks: list[Check] = []
    identities = _identities(checks, draw, int(parameters["networks"]))
    savings = _savings(checks, draw, int(parameters["small"]))
    _indivisible(checks)
    return Outcome(tuple(checks), {"identities": identities, "coverage": savings})


def _identities(checks: list[Check], draw: np.random.Generator, count: int) -> "pd.DataFrame":
    import pandas as pd

    met = whole = enough = within = 0
    for _ in range(count):
        network = random_network(draw)
        if not certificate(network).secure:
            continue
        met += 1
        split = stand_alone_split(network)
        by_operator = {
            name: sum((x for (v, _), x in split.items() if v == name), Fraction(0)) for name in network.stakes
        }
        by_service = {
            name: sum((x for (_, s), x in split.items() if s == name), Fraction(0)) for name in network.services
        }
        whole += all(by_operator[name] <= stake for name, stake in network.stakes.items())
        enough += all(by_service[name] == t.profit / t.threshold for name, t in network.services.items())
        within += coverage(network) <= 1
    for name, held in (
        ("no operator is divided beyond its stake", whole),
        ("every service gets exactly what it needs alone", enough),
        ("all stake is at least what all services need alone", within),
    ):
        checks.append(Check.exact(f"networks that meet the condition: {name}", met, held, where=_IDENTITIES))
    some = 0 < met < count
    checks.append(
        Check("networks that meet the condition", "some, not all", f"{met} of {count}", "between none and all", some)
    )
    return pd.DataFrame(
        [{"networks": count, "met": met, "divided": whole, "exactly_enough": enough, "coverage_within_1": within}]
    )


def _savings(checks: list[Check], draw: np.random.Generator, count: int) -> "pd.DataFrame":
    """Coverage of networks that are secure, with and without the certificate."""
    import pandas as pd

    found = []
    for _ in range(count):
        network = random_network(draw)
        if best_attack(network) is not None:
            continue
        found.append({"certified": certificate(network).secure, "coverage": float(coverage(network))})
    table = pd.DataFrame(found)
    certified = table.loc[table["certified"], "coverage"]
    others = table.loc[~table["certified"], "coverage"]
    checks.append(
        Check(
            "certified networks: largest coverage",
            "at most 1",
            float(certified.max()),
            "at most 1",
            certified.max() <= 1,
        )
    )
    checks.append(
        Check(
            "secure without the certificate: largest coverage",
            "can exceed 1",
            float(others.max()),
            "above 1",
            float(others.max()) > 1.0,
            where=_IDENTITIES,
        )
    )
    return table


def _indivisible(checks: list[Check]) -> None:
    """One operator alone is secure with a third of what separate validators would need: it cannot be bought in part."""
    alone = RestakingNetwork.of({"v": 1}, {"s": (1, Fraction(1, 3))}, [("v", "s")])
    checks.append(Check.exact("one operator, stake 1, prize 1, threshold 1/3: coverage", Fraction(3), coverage(alone)))
    checks.append(Check.exact("and an attack that pays", "none", "none" if best_attack(alone) is None else "one"))
    checks.append(Check.exact("and the certificate", "fails", "holds" if certificate(alone).secure else "fails"))
