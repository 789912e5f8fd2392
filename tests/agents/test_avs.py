"""The week of a service: what it delivers, what it pays, when it stops. (Bit for bit: see ``test_node_operator``.)"""

import mesa
import numpy as np
import pytest

from restaking.agents.avs import AVS
from restaking.agents.population import Population
from restaking.model.restaking_layer import RestakingLayer
from tests.oracle.random_restaking import make_layer

STAKE = np.array([4e5, 2e5, 8e5, 1e5, 5e4])


class World(mesa.Model):
    """Just enough of an ecosystem to hold a restaking layer."""

    def __init__(self, layer: RestakingLayer) -> None:
        super().__init__()
        self.restaking_layer = layer
        self.services = list(Population(self, AVS, layer.avs))


def service_of(day: int = 300, **state: float) -> AVS:
    """A service of 300 days with all the stake it wants, full service, and a token that pays half of what it says."""
    layer = make_layer(avs={"oracle": {"arrival_day": 0, "minimum_days": 180, "patience_days": 21}})
    layer.accrue(day, STAKE)
    service = World(layer).services[0]
    values = {"stake": 5e5, "target": 5e5, "quality": 1.0, "service_level": 1.0, "rate": 1.0, "failing_days": 0.0}
    values |= {"customers": 10.0, "fee_pay": 6.0, "token_ask": 100.0, "token_pay": 50.0}
    for name, value in (values | state).items():
        setattr(service, name, value)
    return service


def test_it_rests_where_stake_is_as_wanted():
    service = service_of()
    service.step()
    assert service.service_level == pytest.approx(1.0)
    assert service.rate == pytest.approx(1.0)
    assert service.failing_days == 0.0
    assert not service.ending


def test_customers_notice_missing_security_and_downtime_with_a_delay():
    for state in ({"stake": 2.5e5}, {"quality": 0.5}):
        service = service_of(**state)
        service.serve()
        assert service.service_level == pytest.approx(1.0 - 0.25 * 0.5)
        for _ in range(60):
            service.serve()
        assert service.service_level == pytest.approx(0.5, abs=1e-6)


def test_vague_slashing_secures_nothing():
    service = service_of(clear_slashing=0)
    for _ in range(60):
        service.serve()
    assert service.service_level == pytest.approx(0.3, abs=1e-6)


def test_more_stake_than_it_wants_does_not_serve_better():
    service = service_of(stake=5e6)
    service.serve()
    assert service.service_level == pytest.approx(1.0)


def test_it_pays_less_when_stake_abounds_and_more_when_it_is_short_within_bounds():
    abundant, short = service_of(stake=1e6), service_of(stake=0.0)
    abundant.set_rate()
    short.set_rate()
    assert abundant.rate == pytest.approx(np.exp(-0.05))
    assert short.rate == pytest.approx(np.exp(0.05))
    for _ in range(100):
        abundant.set_rate()
        short.set_rate()
    assert (abundant.rate, short.rate) == (0.1, 3.0)


@pytest.mark.parametrize(
    ("state", "failing"),
    [
        ({}, False),  # the token still pays half
        ({"token_pay": 49.0}, True),
        ({"token_pay": 49.0, "customers": 106.0}, False),  # customers carry it
        ({"token_ask": 0.0, "token_pay": 0.0}, False),  # no token, nothing to fail
    ],
)
def test_it_fails_when_neither_customers_nor_token_buyers_carry_it(state: dict[str, float], failing: bool):
    service = service_of(failing_days=7.0, **state) if failing else service_of(failing_days=14.0, **state)
    service.take_stock()
    assert service.failing_days == (14.0 if failing else 0.0)


def test_it_gives_up_after_its_patience_but_not_before_its_minimum_days():
    weeks = 0
    service = service_of(token_pay=0.0)
    while not service.ending:
        service.step()
        weeks += 1
    assert weeks == 3, "21 days of patience"
    young = service_of(day=100, token_pay=0.0, failing_days=500.0)
    young.step()
    assert not young.ending


def test_a_service_that_is_not_open_does_nothing():
    service = service_of(active=0, stake=0.0)
    before = service.layer.avs.tolist()
    service.step()
    assert service.layer.avs.tolist() == before
