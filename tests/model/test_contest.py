"""Proportional rewards: what is paid, best responses, the equilibrium."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from restaking.model import contest


def test_budgets_are_paid_out_in_full_where_somebody_serves() -> None:
    earned = contest.rewards_of([[1.0, 0.0, 2.0], [3.0, 0.0, 2.0]], [4.0, 9.0, 6.0])
    assert earned.tolist() == [1.0 + 3.0, 3.0 + 3.0]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.2, 5.0), min_size=2, max_size=4),
    st.integers(0, 10_000),
    st.floats(0.3, 6.0),
)
def test_the_best_response_is_what_a_search_finds(budgets: list[float], seed: int, capacity: float) -> None:
    others = np.random.default_rng(seed).uniform(0.1, 3.0, len(budgets))
    found = contest.best_response(others, budgets, capacity)
    assert found.sum() == pytest.approx(capacity)
    assert (found >= 0.0).all()

    def loss(weights: np.ndarray) -> float:
        allocation = np.abs(weights) / np.abs(weights).sum() * capacity
        return -float((np.array(budgets) * allocation / (allocation + others)).sum())

    best = min(
        minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4_000}).fun
        for start in (np.ones(len(budgets)), np.array(budgets))
    )
    assert loss(found + 1e-300) <= best + 1e-7


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0.3, 4.0), min_size=2, max_size=4),
    st.lists(st.floats(0.3, 4.0), min_size=2, max_size=4),
    st.floats(1.0, 5.0),
)
def test_nobody_gains_by_leaving_the_equilibrium(stakes: list[float], budgets: list[float], degree: float) -> None:
    allocations = contest.equilibrium(stakes, budgets, degree)
    for operator, stake in enumerate(stakes):
        others = allocations.sum(axis=0) - allocations[operator]
        best = contest.best_response(others, budgets, degree * stake)
        assert best == pytest.approx(allocations[operator], rel=1e-6, abs=1e-9)
    earned = contest.rewards_of(allocations, budgets)
    assert earned == pytest.approx(sum(budgets) * np.array(stakes) / sum(stakes))


def test_a_service_that_nobody_else_serves_is_refused() -> None:
    with pytest.raises(ValueError, match="somebody else"):
        contest.best_response([0.0, 1.0], [1.0, 1.0], 1.0)
