"""Redemption queues: limits and directions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model.markets import redemption

STATE = {
    "request_eth": 100.0,
    "buffer_eth": 50.0,
    "claims_eth": 200.0,
    "exiting_eth": 0.0,
    "cooldown_days": 3.0,
    "exit_queue_eth": 57_600.0,
    "churn_eth_per_day": 57_600.0,
    "sweep_days": 5.0,
    "escrow_days": 14.0,
    "parallel": True,
}


def wait(**changes: float) -> float:
    return redemption.expected_wait_days(**(STATE | changes))


def test_a_buffer_that_suffices_pays_after_the_cooldown():
    assert wait(buffer_eth=300.0) == 3.0
    assert wait(buffer_eth=300.0, churn_eth_per_day=0.0) == 3.0


def test_the_escrow_runs_beside_or_after_the_exit():
    exit_days = 1.0 + 250.0 / 57_600.0 + 5.0
    assert wait(parallel=True) == 14.0
    assert wait(parallel=False) == pytest.approx(exit_days + 14.0)
    assert wait(escrow_days=0.0) == pytest.approx(exit_days)


def test_a_long_exit_queue_outlasts_the_escrow():
    assert wait(exit_queue_eth=2.5e6) == pytest.approx(2.5e6 / 57_600.0 + 250.0 / 57_600.0 + 5.0)


def test_stopped_exits_never_pay():
    assert wait(churn_eth_per_day=0.0) == math.inf


def test_eth_on_its_way_comes_first():
    assert wait(exiting_eth=500.0) == pytest.approx(7.0)
    assert wait(exiting_eth=250.0) == pytest.approx(14.0)


@given(st.floats(0.0, 1e5), st.floats(0.0, 1e5), st.floats(0.0, 1e5), st.floats(0.0, 30.0))
def test_more_claims_never_shorten_and_more_buffer_never_lengthens_the_wait(claims, buffer, more, escrow):
    base = wait(claims_eth=claims, buffer_eth=buffer, escrow_days=escrow)
    assert wait(claims_eth=claims + more, buffer_eth=buffer, escrow_days=escrow) >= base
    assert wait(claims_eth=claims, buffer_eth=buffer + more, escrow_days=escrow) <= base
    assert base >= STATE["cooldown_days"]


@given(st.floats(0.0, 1e5), st.floats(1.0, 1e5), st.floats(0.0, 0.2))
def test_instant_fee_is_linear_in_emptiness(buffer, target, fee):
    charged = redemption.instant_fee(buffer, target, fee)
    assert 0.0 <= charged <= fee
    assert charged == pytest.approx(fee * max(0.0, 1.0 - buffer / target))


def test_instant_fee_without_a_target():
    assert redemption.instant_fee(0.0, 0.0, 0.01) == 0.01
    assert redemption.instant_fee(5.0, 0.0, 0.01) == 0.0
