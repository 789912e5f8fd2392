"""Enumeration, mixed-integer programme, certificate and the definition agree on random networks, rigid and elastic."""

import random
import time
from fractions import Fraction

import numpy as np
import pytest

from restaking.model.security import (
    RestakingNetwork,
    best_attack,
    best_elastic_attack,
    cascade,
    certificate,
    certificate_of_arrays,
    exact_elastic_slack,
    exact_slack,
    loss_bound,
    programme,
    worst_losses,
)
from restaking.model.security.elastic import with_prizes
from restaking.model.security.network import NetworkArrays
from tests.oracle import security as definition

F = Fraction

PSIS = (F(1, 20), F(1, 5), F(1, 2))


def rigid(draw: random.Random) -> RestakingNetwork:
    """2 to 5 operators, 1 to 3 services, whole stakes and profits."""
    operators = [f"v{number}" for number in range(draw.randint(2, 5))]
    services = {
        f"s{number}": (
            F(draw.randint(1, 14)),
            draw.choice([F(1, 3), F(1, 2), F(2, 3), F(1)]),
        )
        for number in range(draw.randint(1, 3))
    }
    edges = [(v, s) for v in operators for s in services if draw.random() < 0.6]
    return RestakingNetwork.of({v: F(draw.randint(1, 12)) for v in operators}, services, edges)


def plain(network: RestakingNetwork) -> tuple[definition.Stakes, definition.Services, definition.Edges]:
    """The same for the oracle."""
    services = {name: (service.profit, service.threshold) for name, service in network.services.items()}
    return dict(network.stakes), services, network.edges


def check_rigid(network: RestakingNetwork) -> bool:
    """Compare all means on one network; returns whether it has positive slack."""
    stakes, services, edges = plain(network)
    attack = best_attack(network)
    net = attack.net_profit if attack is not None else F(0)
    assert net == definition.best_net_profit(stakes, services, edges)
    slack, proof = exact_slack(network), certificate(network)
    assert slack == definition.slack(stakes, services, edges)
    if slack is None or proof.slack is None:
        return False
    assert proof.slack <= slack  # sufficient, not necessary
    assert not (proof.secure and attack is not None)
    losses = worst_losses(network, PSIS)
    for psi in PSIS[:2]:
        assert losses[psi].share == definition.worst_loss(stakes, services, edges, psi)
        bound = loss_bound(slack, psi)
        if bound is not None:
            assert losses[psi].share < bound
    return slack > 0


def check_programme(network: RestakingNetwork) -> bool:
    """The mixed-integer programme never contradicts enumeration; returns whether it could prove its answer.

    It cannot always where an attack exactly breaks even: the solver's tolerance leaves both open, and it says so.
    """
    attack, answer = best_attack(network), programme.best_attack(network)
    net = attack.net_profit if attack is not None else F(0)
    found = answer.attack.net_profit if answer.attack is not None else F(0)
    assert found <= net
    assert float(net) <= answer.bound + 1e-9
    if answer.proven:
        assert found == net
    return answer.proven


def test_property_test_of_the_paper_short() -> None:
    draw = random.Random(7)
    assert sum(check_rigid(rigid(draw)) for _ in range(250)) > 50


@pytest.mark.slow
def test_property_test_of_the_paper() -> None:
    draw = random.Random(8)
    assert sum(check_rigid(rigid(draw)) for _ in range(1_500)) > 300


def test_programme_and_enumeration_agree_short() -> None:
    draw = random.Random(9)
    assert sum(check_programme(rigid(draw)) for _ in range(60)) >= 50


@pytest.mark.slow
def test_programme_and_enumeration_agree() -> None:
    draw = random.Random(10)
    assert sum(check_programme(rigid(draw)) for _ in range(1_000)) >= 850


def elastic(draw: random.Random) -> RestakingNetwork:
    """2 to 3 operators, 2 to 4 services, stakes, profits and allocations with three decimals."""
    stakes = {f"v{number}": F(draw.randint(500, 4_000), 1_000) for number in range(draw.randint(2, 3))}
    services = {
        f"s{number}": (F(draw.randint(200, 3_000), 1_000), F(draw.randint(333, 1_000), 1_000))
        for number in range(draw.randint(2, 4))
    }
    allocations = {
        (v, s): F(draw.randint(1, int(1_000 * stake)), 1_000)
        for v, stake in stakes.items()
        for s in services
        if draw.random() < 0.8
    }
    for s in services:
        if not any(service == s for _, service in allocations):
            allocations["v0", s] = stakes["v0"]
    return RestakingNetwork.of(stakes, services, list(allocations), allocations)


def check_elastic(network: RestakingNetwork) -> bool:
    """Compare enumeration, programme, certificate and definition; returns whether an attack pays."""
    assert network.allocations is not None
    expected = definition.best_elastic_profit(
        {name: float(stake) for name, stake in network.stakes.items()},
        {name: (float(service.profit), float(service.threshold)) for name, service in network.services.items()},
        {edge: float(amount) for edge, amount in network.allocations.items()},
    )
    attack, answer = best_elastic_attack(network), programme.best_attack(network)
    found = float(attack.net_profit) if attack is not None else 0.0
    assert found == pytest.approx(expected, abs=1e-9)
    assert answer.proven
    by_programme = float(answer.attack.net_profit) if answer.attack is not None else 0.0
    assert by_programme == pytest.approx(expected, abs=1e-9)
    assert not (certificate(network).secure and attack is not None)
    check_elastic_slack(network)
    return attack is not None


def check_elastic_slack(network: RestakingNetwork) -> None:
    """Prizes a millionth below the slack leave nothing that pays, a millionth above it something; both means agree."""
    gamma, certified, answer = exact_elastic_slack(network), certificate(network).slack, programme.slack(network)
    assert gamma is not None
    assert certified is not None
    assert certified <= gamma
    assert best_elastic_attack(with_prizes(network, (1 + gamma) * (1 - F(1, 10**6)))) is None
    assert best_elastic_attack(with_prizes(network, (1 + gamma) * (1 + F(1, 10**6)))) is not None
    assert answer.proven
    assert float(answer.slack or 0) == pytest.approx(float(gamma), abs=1e-9)


def test_elastic_means_agree_short() -> None:
    draw = random.Random(11)
    paying = sum(check_elastic(elastic(draw)) for _ in range(60))
    assert 5 < paying < 55


@pytest.mark.slow
def test_elastic_means_agree() -> None:
    draw = random.Random(12)
    assert 100 < sum(check_elastic(elastic(draw)) for _ in range(1_000)) < 990


def test_infeasible_is_not_secure() -> None:
    # On this network a checker that reads HiGHS' "infeasible" after presolve as "secure" overlooks a paying attack.
    stakes = {"v0": "3.724", "v1": "1.892"}
    services = {"s0": ("0.906", "0.6"), "s1": ("2.22", "0.333"), "s2": ("0.989", "0.6")}
    amounts = {"v0": ("1.865", "3.235", "1.608"), "v1": ("1.787", "1.446", "1.583")}
    allocations = {
        (operator, f"s{number}"): amount for operator, row in amounts.items() for number, amount in enumerate(row)
    }
    network = RestakingNetwork.of(stakes, services, list(allocations), allocations)
    attack, answer = best_elastic_attack(network), programme.best_attack(network)
    assert attack is not None
    assert float(attack.net_profit) == pytest.approx(1.374427, abs=1e-9)
    assert answer.attack is not None
    assert answer.attack.net_profit == attack.net_profit


def test_explicit_cascades_lose_no_more_than_the_best_single_attack() -> None:
    draw = random.Random(13)
    compared = 0
    for _ in range(150):
        network = rigid(draw)
        total = network.total_stake
        for operator, stake in network.stakes.items():
            if stake > total / 5:
                continue
            lost = max(cascade(network, [operator], choose=choose).lost for choose in ("profit", "largest", "smallest"))
            assert lost <= worst_losses(network, [F(1, 5)])[F(1, 5)].share
            compared += 1
    assert compared > 50


def test_the_certificate_in_floats_is_that_in_fractions_and_takes_milliseconds() -> None:
    draw = random.Random(14)
    for _ in range(100):
        network = rigid(draw)
        exact, quick = certificate(network), certificate_of_arrays(network.arrays())
        if exact.slack is None:
            assert np.isinf(quick.slack)
        else:
            assert quick.slack == pytest.approx(float(exact.slack), abs=1e-12)
    generator = np.random.default_rng(1)
    operators, services = 1_500, 200
    pairs = np.argwhere(generator.random((operators, services)) < 0.3)
    arrays = NetworkArrays(
        stake=generator.lognormal(8.0, 1.0, operators),
        profit=generator.uniform(1.0, 100.0, services),
        threshold=np.full(services, 1.0 / 3.0),
        operator=pairs[:, 0],
        service=pairs[:, 1],
    )
    start = time.perf_counter()
    found = certificate_of_arrays(arrays)
    assert time.perf_counter() - start < 0.5  # some 2 ms; not a benchmark, but linear and not more
    assert np.isfinite(found.slack)
