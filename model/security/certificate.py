"""The certificate: a sufficient condition for security, one inequality for each operator, linear in the edges.

EigenLayer's condition (whitepaper 2023, appendix B; Claim 1 and Corollary 2 of arXiv:2407.21785): the network is
secure with slack gamma if for every operator v

    sum over its services s of (stake_v / stake on s) * (1 + gamma) * profit_s / threshold_s  <=  stake_v.

The largest such gamma is ``gamma*``; a network that fails the condition may still be secure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .network import Edge, NetworkArrays, RestakingNetwork

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Certificate:
    """What the per-operator condition says.

    Attributes:
        slack: gamma*, the largest slack it certifies; the network is secure when it is at least 0. -1 where a service
            has a prize and no stake; None where there is no prize at all.
        operators: the binding operators, in the order of the network.
        services: in the elastic model, services whose own allocations bind; and the services without stake.
    """

    slack: Fraction | None
    operators: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether it proves that no attack pays."""
        return self.slack is None or self.slack >= 0


def certificate(network: RestakingNetwork) -> Certificate:
    """The certificate in exact arithmetic.

    In the elastic model operator v puts ``w(v, s)`` at stake on service s. Then both conditions are needed: with
    ``p_s = (1 + gamma) profit_s / (threshold_s W_s)``, W_s the allocations on s, ``p_s <= 1`` for each service and
    ``sum_s w(v, s) p_s <= stake_v`` for each operator. Any attack a(v, s) <= w(v, s) costs operator v
    ``min(stake_v, sum_s a(v, s)) >= sum_s a(v, s) p_s``; summed over operators that is at least (1 + gamma) times the
    prizes. With whole stakes allocated it is the rigid condition.
    """
    if network.unsecured:
        return Certificate(Fraction(-1), services=network.unsecured)
    price = {
        name: service.profit / (service.threshold * network.stake_on[name])
        for name, service in network.services.items()
        if service.profit > 0
    }
    ratios: dict[str, Fraction] = {}
    for operator, stake in network.stakes.items():
        load = sum((w * price[s] for s, w in _claims(network, operator) if s in price), Fraction(0))
        if load > 0:
            ratios[operator] = stake / load
    own = {} if network.allocations is None else {name: 1 / value for name, value in price.items()}
    if not ratios and not own:
        return Certificate(None)
    least = min([*ratios.values(), *own.values()])
    return Certificate(
        least - 1,
        tuple(name for name, ratio in ratios.items() if ratio == least),
        tuple(name for name, ratio in own.items() if ratio == least),
    )


def _claims(network: RestakingNetwork, operator: str) -> list[tuple[str, Fraction]]:
    """Services of an operator with the stake that each can count on."""
    services = network.services_of[operator]
    if network.allocations is None:
        return [(service, network.stakes[operator]) for service in services]
    return [(service, network.allocations.get((operator, service), Fraction(0))) for service in services]


@dataclass(frozen=True)
class ArrayCertificate:
    """The certificate in floats.

    Attributes:
        slack: gamma*; -1 where a service has a prize and no stake, infinity where there is no prize at all.
        operator: number of the binding operator (the first of several), -1 when there is none.
        operator_slack: the slack that each operator's own inequality leaves, infinite without prizes; shape (n,).
        unsecured: numbers of the services with a prize and no stake.
    """

    slack: float
    operator: int
    operator_slack: Floats
    unsecured: NDArray[np.int64]


def certificate_of_arrays(network: NetworkArrays) -> ArrayCertificate:
    """The certificate of a rigid network in floats, linear in the edges: for every day of a run, at any size.

    An operator's own stake cancels from its inequality; only its services matter. Operators without stake secure
    nothing and cannot bind.
    """
    claims = network.stake[network.operator]
    stake_on = np.bincount(network.service, weights=claims, minlength=network.profit.size)
    prized = network.profit > 0.0
    backed = prized & (stake_on > 0.0)
    price = np.zeros(network.profit.size)
    np.divide(network.profit, network.threshold * stake_on, out=price, where=backed)
    load = np.bincount(network.operator, weights=price[network.service], minlength=network.stake.size)
    slack = np.full(network.stake.size, np.inf)
    np.divide(1.0, load, out=slack, where=(load > 0.0) & (network.stake > 0.0))
    slack -= 1.0
    unsecured = np.flatnonzero(prized & ~backed)
    binding = int(np.argmin(slack)) if slack.size and np.isfinite(slack).any() else -1
    least = float(slack[binding]) if binding >= 0 else math.inf
    return ArrayCertificate(-1.0 if unsecured.size else least, binding, slack, unsecured)


def loss_bound(slack: Fraction | float | None, psi: Fraction | float) -> Fraction | float | None:
    """Bound on the worst loss after a shock of a share ``psi`` of all stake: (1 + 1/slack) psi.

    Theorem 1 of arXiv:2407.21785; the loss, the shock itself included, is strictly below it for ``psi`` above 0.

    Returns:
        The bound as a share of all stake; None where there is no positive slack, hence no bound. Without any prize
        (slack None) nothing follows the shock.
    """
    if slack is None:
        return psi
    if slack <= 0:
        return None
    return psi + psi / slack


def stand_alone_split(network: RestakingNetwork) -> Mapping[Edge, Fraction]:
    """Stake x(v, s) of each operator that secures service s alone, once the stake is divided among its services.

    ``x(v, s) = stake_v * profit_s / (threshold_s * stake on s)``. Over operators it sums to profit_s / threshold_s,
    what s needs as a proof-of-stake system of its own; over services to at most stake_v exactly where the certificate
    holds (Mamageishvili and Sudakov 2025, arXiv:2505.24440): a network that meets the condition saves no capital.

    Raises:
        ValueError: where a service has a prize and no stake to divide.
    """
    if network.unsecured:
        raise ValueError(f"nobody secures {', '.join(network.unsecured)}: there is no stake to divide")
    return {
        (operator, name): network.stakes[operator]
        * network.services[name].profit
        / (network.services[name].threshold * network.stake_of(network.operators_of[name]))
        for operator, name in network.edges
    }
