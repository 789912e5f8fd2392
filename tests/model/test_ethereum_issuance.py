"""Issuance by duty, rounding of the specification, full queues."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model import ethereum
from restaking.model.ethereum import Fork

STAKES = st.floats(1e5, 1.2e8)


def test_weights_of_the_duties_are_the_whole_reward():
    assert sum(ethereum.DUTY_WEIGHTS.values()) == ethereum.WEIGHT_DENOMINATOR
    assert set(ethereum.ATTESTATION_DUTIES) | set(ethereum.PENALISED_DUTIES) <= set(ethereum.DUTY_WEIGHTS)


@given(STAKES)
def test_an_epoch_is_a_part_of_the_year(stake):
    yearly = ethereum.issuance_gwei_per_epoch(stake) * ethereum.EPOCHS_PER_YEAR / 1e9
    assert yearly == pytest.approx(ethereum.issuance_eth_per_year(stake), rel=1e-12)


@given(STAKES)
def test_rounding_down_takes_at_most_a_gwei_per_increment(stake):
    exact = 64e9 / math.sqrt(int(stake) * 1e9)
    rounded = ethereum.base_reward_per_increment(stake)
    assert exact - 1.0 - 1e-3 < rounded <= exact + 1e-3
    assert ethereum.rounded_issuance_eth_per_year(stake) <= ethereum.issuance_eth_per_year(stake) * (1.0 + 1e-6)


def test_nothing_is_issued_to_nobody():
    assert ethereum.issuance_gwei_per_epoch(0.0) == 0.0
    assert ethereum.base_reward_per_increment(0.0) == 0
    assert ethereum.rounded_issuance_eth_per_year(-1.0) == 0.0


@given(STAKES, st.floats(2.0 / 3.0, 1.0))
def test_duties_sum_to_net_issuance_and_offline_validators_lower_it(stake, participation):
    issued = ethereum.issuance_eth_per_year(stake)
    rewards = ethereum.duty_rewards(issued, participation)
    net = ethereum.net_issuance_eth_per_year(stake, participation)
    assert sum(rewards.values()) == pytest.approx(net)
    assert rewards["penalties"] <= 0.0 <= min(value for duty, value in rewards.items() if duty != "penalties")
    assert net <= issued * (1.0 + 1e-12)
    assert ethereum.net_issuance_eth_per_year(stake) == pytest.approx(issued)


def test_a_missed_head_vote_costs_its_reward_only():
    strict = ethereum.duty_rewards(64.0, 0.9, ("source", "target", "head", "sync"))
    assert ethereum.duty_rewards(64.0, 0.9)["penalties"] - strict["penalties"] == pytest.approx(0.1 * 14.0)


@pytest.mark.parametrize("participation", [0.5, 1.01, math.nan])
def test_participation_without_a_leak(participation):
    with pytest.raises(ValueError, match="participation"):
        ethereum.duty_rewards(1.0, participation)


@pytest.mark.parametrize(("blocks", "days"), [(100_800, 14.0), (126_000, 17.5), (50_400, 7.0)])
def test_delays_of_the_restaking_layer(blocks, days):
    assert ethereum.blocks_to_days(blocks) == days


@given(st.floats(1e5, 4e6), st.floats(1.0, 3.0), st.sampled_from(Fork))
def test_a_full_queue_in_steps_is_the_queue_epoch_by_epoch(stake, growth, fork):
    target, slow, epochs = stake * growth, stake, 0
    while slow < target and epochs < 20_000:
        slow += ethereum.entry_churn_eth_per_epoch(slow, fork)
        epochs += 1
    if epochs == 20_000:
        return
    # Stake is a float: the boundary of a step may be met one epoch early or late.
    assert ethereum.days_to_stake(stake, target, fork) * ethereum.EPOCHS_PER_DAY == pytest.approx(epochs, abs=1)


def test_the_cap_makes_growth_linear():
    assert ethereum.days_to_stake(26e6, 60e6, Fork.DENEB) == pytest.approx(34e6 / 57_600, abs=0.01)
    assert ethereum.days_to_stake(26e6, 60e6, Fork.PRE_DENEB) < 0.5 * ethereum.days_to_stake(26e6, 60e6, Fork.DENEB)
    assert ethereum.days_to_stake(26e6, 26e6, Fork.DENEB) == 0.0
