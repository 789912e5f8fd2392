"""Compounding: martingales, exact variances, laws of sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model import urn

REWARDS = st.lists(st.floats(0.0, 50.0), min_size=1, max_size=12)


def exact_variance(share: float, rewards: list[float], stake: float) -> float:
    """Variance over all 2^T histories."""
    states = {share * stake: 1.0}
    total = stake
    for reward in rewards:
        following: dict[float, float] = {}
        for own, p in states.items():
            for gain, q in ((reward, own / total), (0.0, 1.0 - own / total)):
                following[own + gain] = following.get(own + gain, 0.0) + p * q
        states, total = following, total + reward
    mean = sum(p * own / total for own, p in states.items())
    assert mean == pytest.approx(share)
    return sum(p * (own / total - mean) ** 2 for own, p in states.items())


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 0.95), st.lists(st.floats(0.1, 20.0), min_size=1, max_size=8), st.floats(1.0, 100.0))
def test_the_variance_is_that_of_all_histories(share: float, rewards: list[float], stake: float) -> None:
    assert urn.share_variance(share, rewards, stake) == pytest.approx(exact_variance(share, rewards, stake), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 50.0), st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_no_schedule_with_the_same_total_spreads_less_than_the_geometric(total: float, steps: int, seed: int) -> None:
    geometric = urn.geometric_rewards(total, steps, 10.0)
    assert geometric.sum() == pytest.approx(total)
    other = np.random.default_rng(seed).dirichlet(np.ones(steps)) * total
    assert urn.share_variance(0.4, geometric, 10.0) <= urn.share_variance(0.4, other, 10.0) * (1.0 + 1e-12)


@given(REWARDS)
def test_variance_lies_between_nothing_and_all_or_nothing(rewards: list[float]) -> None:
    assert -1e-15 <= urn.share_variance(0.3, rewards, 5.0) <= 0.21 + 1e-12


def test_schedules_add_up() -> None:
    for rewards in (urn.constant_rewards(7.0, 9), urn.halving_rewards(7.0, 8), urn.geometric_rewards(7.0, 9, 3.0)):
        assert rewards.sum() == pytest.approx(7.0)
    assert urn.halving_rewards(15.0, 4).tolist() == pytest.approx([8.0, 4.0, 2.0, 1.0])


def test_rewards_paid_out_move_nobody() -> None:
    draw = np.random.default_rng(1)
    assert (urn.simulate_shares(0.3, np.ones(10), 10.0, 5, draw, compounds=False) == 0.3).all()


def test_sizes_are_a_distribution() -> None:
    assert urn.entrant_sizes(0.1, np.arange(1, 2_000_000)).sum() == pytest.approx(1.0, abs=1e-3)
    sizes = urn.simulate_entrants(0.2, 1_000, np.random.default_rng(1))
    assert sizes.sum() == 1_000
    assert sizes.min() >= 1


@pytest.mark.parametrize(("share", "rewards", "stake"), [(1.5, [1.0], 1.0), (0.5, [-1.0], 1.0), (0.5, [1.0], 0.0)])
def test_nonsense_is_refused(share: float, rewards: list[float], stake: float) -> None:
    with pytest.raises(ValueError, match="must"):
        urn.share_variance(share, rewards, stake)
