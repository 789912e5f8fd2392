"""Costs of attack on random providers, apart and pooled, by the search for attacks and by the certificate.

One service takes security from J providers; provider j has stake sigma_j, held by a few operators, and an attack needs
the share alpha of a stake. Both architectures become restaking networks:

- *fragmented* (the paper's Model M): a service for each provider, on that provider's operators, each with the whole
  prize: whoever corrupts one of them has corrupted the service;
- *unified* (Model S): one service on all operators.

The *cost of attack* is the smallest prize that an attack has to bring: ``(1 + slack) * prize``, slack the exact one of
:func:`~restaking.model.security.exact_slack`. (In the fragmented network a coalition that takes several providers
collects the prize several times; its ratio of stake to prizes lies between those of its parts, so the smallest ratio
is that of a single provider, and the prize is in effect counted once.) The certificate gives ``alpha * sigma``. They
agree where operators can be divided to the share: *divisible* providers have equal operators, of which alpha is a whole
number. *Indivisible* ones have operators of any size.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ....model.randomness import SeedTree
from ....model.security import RestakingNetwork, best_attack, certificate, exact_slack
from ..experiment import Check, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

_NAG = "Nag, Bodani, Kumar (2025), abstract"
AT_LEAST = 59 / 60
PRIZE = Fraction(1)
OVER = Fraction(1001, 1000)
"""A prize this much above the cost of attack has to bring an attack."""

Providers = tuple[tuple[Fraction, ...], ...]
"""Stakes of the operators of each provider."""


@dataclass(frozen=True)
class Cost:
    """Cost of attack on one network.

    Attributes:
        searched: smallest prize that pays, by the search over all coalitions.
        certified: the certificate's lower bound on it.
        taken: services that the best attack takes when the prize is a thousandth above the cost.
        quiet: whether no attack pays at the cost itself.
    """

    searched: Fraction
    certified: Fraction
    taken: tuple[str, ...]
    quiet: bool


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    import pandas as pd

    first = int(parameters["seed"])
    found = [
        _compare(seed, divisible, parameters)
        for seed in range(first, first + int(parameters["seeds"]))
        for divisible in (True, False)
    ]
    table = pd.DataFrame(found)
    return Outcome(tuple(_checks(table)), {"costs": table})


def fragmented(providers: Providers, threshold: Fraction, prize: Fraction) -> RestakingNetwork:
    """A service for each provider, on its own operators, each with the whole prize."""
    stakes = _stakes(providers)
    services = {f"provider {j}": (prize, threshold) for j in range(len(providers))}
    edges = [(f"{j}.{i}", f"provider {j}") for j, own in enumerate(providers) for i in range(len(own))]
    return RestakingNetwork.of(stakes, services, edges)


def unified(providers: Providers, threshold: Fraction, prize: Fraction) -> RestakingNetwork:
    """One service on the operators of all providers."""
    stakes = _stakes(providers)
    return RestakingNetwork.of(stakes, {"pool": (prize, threshold)}, [(name, "pool") for name in stakes])


def _stakes(providers: Providers) -> dict[str, Fraction]:
    return {f"{j}.{i}": stake for j, own in enumerate(providers) for i, stake in enumerate(own)}


def cost_of(build: Any, providers: Providers, threshold: Fraction) -> Cost:
    """Cost of attack on the network that ``build`` makes of the providers."""
    network = build(providers, threshold, PRIZE)
    slack, proof = exact_slack(network), certificate(network).slack
    if slack is None or proof is None:
        raise ValueError("a network with a prize has a slack")
    cost = (1 + slack) * PRIZE
    attack = best_attack(build(providers, threshold, cost * OVER))
    quiet = best_attack(build(providers, threshold, cost)) is None
    return Cost(cost, (1 + proof) * PRIZE, () if attack is None else attack.services, quiet)


def draw_providers(draw: np.random.Generator, divisible: bool, parameters: Parameters) -> tuple[Providers, Fraction]:
    """Random providers and the common threshold."""
    count = int(draw.integers(int(parameters["fewest"]), int(parameters["most"]) + 1))
    each, largest = int(parameters["operators"]), int(parameters["largest"])
    if divisible:
        threshold = Fraction(int(draw.integers(1, each)), each)
        sizes = draw.integers(1, largest + 1, size=count)
        return tuple((Fraction(int(size)),) * each for size in sizes), threshold
    threshold = (Fraction(1, 3), Fraction(1, 2), Fraction(2, 3))[int(draw.integers(3))]
    stakes = draw.integers(1, largest + 1, size=(count, each))
    return tuple(tuple(Fraction(int(stake)) for stake in own) for own in stakes), threshold


def _compare(seed: int, divisible: bool, parameters: Parameters) -> dict[str, Any]:
    draw = SeedTree(seed).generator(f"published.ssp.{'divisible' if divisible else 'indivisible'}")
    providers, threshold = draw_providers(draw, divisible, parameters)
    totals = [sum(own, Fraction(0)) for own in providers]
    apart, pooled = cost_of(fragmented, providers, threshold), cost_of(unified, providers, threshold)
    even = tuple((sum(totals, Fraction(0)) / (len(providers) * len(own)),) * len(own) for own in providers)
    weakest = {f"provider {j}" for j, total in enumerate(totals) if total == min(totals)}
    return {
        "seed": seed,
        "divisible": divisible,
        "providers": len(providers),
        "threshold": str(threshold),
        "weakest_formula": float(threshold * min(totals)),
        "pooled_formula": float(threshold * sum(totals)),
        "fragmented": float(apart.searched),
        "fragmented_certified": float(apart.certified),
        "unified": float(pooled.searched),
        "unified_certified": float(pooled.certified),
        "even": float(cost_of(fragmented, even, threshold).searched),
        "weakest_taken": bool(apart.taken) and set(apart.taken) <= weakest,
        "priced": apart.quiet and pooled.quiet and bool(apart.taken) and pooled.taken == ("pool",),
    }


def _checks(table: "pd.DataFrame") -> list[Check]:
    whole, parts = table[table["divisible"]], table[~table["divisible"]]
    close = 1e-12

    def seeds(name: str, statement: str, rows: "pd.Series[bool]") -> Check:
        return Check.share_of_seeds(name, statement, int(rows.sum()), len(rows), at_least=AT_LEAST, where=_NAG)

    return [
        seeds(
            "fragmented: the search finds the cost of the weakest provider",
            "min over j of alpha sigma_j",
            (whole["fragmented"] - whole["weakest_formula"]).abs() <= close * whole["weakest_formula"],
        ),
        seeds("fragmented: the best attack takes the weakest provider", "the weakest alone", whole["weakest_taken"]),
        seeds(
            "unified: the search finds the cost of the pool",
            "alpha times the sum of sigma_j",
            (whole["unified"] - whole["pooled_formula"]).abs() <= close * whole["pooled_formula"],
        ),
        seeds(
            "fragmented costs at most the unified over the number of providers",
            "at most",
            whole["fragmented"] <= whole["unified"] / whole["providers"] * (1 + close),
        ),
        seeds(
            "an even split of the same stake costs at least as much", "at least", whole["even"] >= whole["fragmented"]
        ),
        seeds(
            "operators of any size: fragmented costs at most unified",
            "at most",
            parts["fragmented"] <= parts["unified"],
        ),
        seeds(
            "operators of any size: the certificate is a lower bound of both",
            "at least alpha sigma",
            (parts["fragmented"] >= parts["weakest_formula"] * (1 - close))
            & (parts["unified"] >= parts["pooled_formula"] * (1 - close))
            & (parts["fragmented_certified"] <= parts["fragmented"] * (1 + close))
            & (parts["unified_certified"] <= parts["unified"] * (1 + close)),
        ),
        Check.share_of_seeds(
            "no attack pays at the cost, one does a thousandth above it",
            "pays above only",
            int(table["priced"].sum()),
            len(table),
            at_least=AT_LEAST,
            where="definition of the cost",
        ),
    ]
