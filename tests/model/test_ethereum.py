"""Issuance, yields and queues against the published tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model import ethereum
from restaking.model.ethereum import Fork

STAKES = [524_288, 1e6, 10e6, 14e6, 30e6, 33.6e6, 60e6, 120e6]
YIELDS_PERCENT = [22.9704, 16.6323, 5.2596, 4.4452, 3.0366, 2.8693, 2.1472, 1.5183]
ISSUANCE = [120_430.8, 166_323.2, 525_960.0, 622_324.3, 910_989.4, 964_100.6, 1_288_333.6, 1_821_978.9]


def test_coefficient_follows_from_the_specification():
    assert pytest.approx(166.3232, rel=1e-6) == ethereum.ISSUANCE_COEFFICIENT
    assert ethereum.EPOCHS_PER_YEAR == 82_181.25


@pytest.mark.parametrize(("stake", "percent", "issued"), list(zip(STAKES, YIELDS_PERCENT, ISSUANCE, strict=True)))
def test_yield_and_issuance_tables(stake, percent, issued):
    assert 100.0 * ethereum.issuance_yield(stake) == pytest.approx(percent, abs=5e-5)
    assert ethereum.issuance_eth_per_year(stake) == pytest.approx(issued, rel=1e-6)
    assert ethereum.issuance_eth_per_year(stake, 166.3232) == pytest.approx(issued, rel=1e-6)


@given(st.floats(1e4, 1.2e8))
def test_elasticities(stake):
    step = 1e-6
    by_yield = math.log(ethereum.issuance_yield(stake * (1 + step)) / ethereum.issuance_yield(stake)) / math.log1p(step)
    by_issuance = math.log(
        ethereum.issuance_eth_per_year(stake * (1 + step)) / ethereum.issuance_eth_per_year(stake)
    ) / math.log1p(step)
    assert by_yield == pytest.approx(-0.5, abs=1e-6)
    assert by_issuance == pytest.approx(0.5, abs=1e-6)


def test_tempered_yield_is_half_at_two_to_the_25():
    assert ethereum.tempered_yield(2.0**25) == pytest.approx(ethereum.issuance_yield(2.0**25) / 2.0)


def test_mev_comes_on_top():
    assert ethereum.staking_yield(30e6, 0.006) == pytest.approx(0.030366 + 0.006, abs=1e-6)


def test_nothing_staked():
    assert ethereum.issuance_yield(0.0) == ethereum.issuance_eth_per_year(0.0) == 0.0


def test_churn_before_deneb():
    assert ethereum.exit_churn_eth_per_epoch(32e6, Fork.PRE_DENEB) == 15 * 32
    assert ethereum.entry_churn_eth_per_day(32e6, Fork.PRE_DENEB) == 108_000.0
    assert ethereum.exit_churn_eth_per_day(32e6, Fork.PRE_DENEB) == 108_000.0
    assert ethereum.exit_churn_eth_per_epoch(32.0 * 65_536, Fork.PRE_DENEB) == 4 * 32


def test_deneb_caps_entries_only():
    assert ethereum.entry_churn_eth_per_day(32e6, Fork.DENEB) == 57_600.0
    assert ethereum.exit_churn_eth_per_day(32e6, Fork.DENEB) == 108_000.0
    assert ethereum.entry_churn_eth_per_epoch(32.0 * 65_536 * 6, Fork.DENEB) == 6 * 32


@pytest.mark.parametrize(("stake", "churn"), [(8e6, 128), (16e6, 244), (34e6, 256)])
def test_electra_counts_eth(stake, churn):
    assert ethereum.entry_churn_eth_per_epoch(stake, Fork.ELECTRA) == churn
    assert ethereum.exit_churn_eth_per_epoch(stake, Fork.ELECTRA) == churn
    assert ethereum.exit_churn_eth_per_day(stake, Fork.ELECTRA) == churn * 225


@pytest.mark.parametrize(("queue", "days"), [(1e5, 1.74), (5e5, 8.68), (1e6, 17.36), (2.5e6, 43.40)])
def test_exit_queue_days(queue, days):
    churn = ethereum.exit_churn_eth_per_day(34e6, Fork.ELECTRA)
    assert ethereum.queue_days(queue, churn) == pytest.approx(days, abs=5e-3)
    assert ethereum.queue_days(queue, churn) == pytest.approx(queue / 57_600.0, rel=1e-12)


def test_queue_limits():
    assert ethereum.queue_days(0.0, 0.0) == 0.0
    assert ethereum.queue_days(1.0, 0.0) == math.inf


def test_withdrawable_delays():
    assert ethereum.withdrawable_days(0.0, 57_600.0) == pytest.approx(27.3 / 24.0, abs=2e-3)
    assert ethereum.withdrawable_days(57_600.0, 57_600.0, slashed=True) == pytest.approx(1.0 + 36.4, abs=2e-2)
