"""Stake or lend: weights, the equilibrium, and which way it moves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model.portfolio import Market, lending_yield, stake_weight, staked_share

MARKET = Market(0.03, 0.1, 0.01, 0.12, 0.02, 0.03)
AVERSION = np.array([0.3, 0.5, 1.0, 2.0])


def test_weights_are_those_of_least_variance_at_equal_yields() -> None:
    assert stake_weight(0.04, 0.04, 0.02, 0.03, [0.1, 5.0]) == pytest.approx([0.6, 0.6])
    assert stake_weight(0.5, 0.04, 0.02, 0.03, 0.1) == 1.0
    assert stake_weight(0.0, 0.4, 0.02, 0.03, 0.1) == 0.0


@settings(max_examples=50, deadline=None)
@given(st.floats(-0.05, 0.05), st.floats(0.2, 5.0))
def test_a_weight_earns_more_utility_than_its_neighbours(gap: float, aversion: float) -> None:
    best = float(stake_weight(0.04 + gap, 0.04, 0.02, 0.03, aversion))

    def utility(w: float) -> float:
        return w * gap - aversion / 2.0 * (w**2 * 0.02 + (1.0 - w) ** 2 * 0.03)

    for other in (best - 0.01, best + 0.01):
        if 0.0 <= other <= 1.0:
            assert utility(best) >= utility(other) - 1e-12


def test_in_equilibrium_what_is_wanted_is_what_is() -> None:
    share = staked_share(MARKET, AVERSION)
    wanted = stake_weight(
        MARKET.rewards / share, lending_yield(0.1, 1.0 - share, 0.01, 0.12), 0.02, 0.03, AVERSION
    ).mean()
    assert wanted == pytest.approx(share, abs=1e-9)


def test_demand_takes_stake_and_rewards_bring_it_back() -> None:
    shares = [staked_share(MARKET._replace(demand=demand), AVERSION) for demand in (0.02, 0.1, 0.3)]
    assert shares == sorted(shares, reverse=True)
    assert staked_share(MARKET._replace(rewards=0.06), AVERSION) > staked_share(MARKET, AVERSION)


def test_lenders_earn_use_times_rate() -> None:
    assert lending_yield(0.1, 0.2, 0.01, 0.12) == pytest.approx(0.5 * (0.01 + 0.06))
    assert lending_yield(5.0, 0.2, 0.01, 0.12) == pytest.approx(0.13)
    assert lending_yield(5.0, 0.0, 0.01, 0.12) == pytest.approx(0.13)
