"""Quantile grids of the (bounded) Pareto distribution."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model.pareto import bounded_pareto, lorenz_bins, pareto_grid


def test_bounded_pareto_runs_from_one_to_its_bound() -> None:
    ends = bounded_pareto(np.array([1.0, 0.0]), 1.06, 500.0)
    assert ends == pytest.approx([1.0, 500.0], rel=1e-12)


def test_unbounded_pareto_halves_the_tail_where_the_exponent_says() -> None:
    assert bounded_pareto(np.array([0.5, 0.25]), 2.0, math.inf) == pytest.approx([math.sqrt(2.0), 2.0])


def test_bounded_pareto_agrees_with_its_distribution_function() -> None:
    tail, alpha, ratio = np.linspace(0.01, 1.0, 50), 1.6, 300.0
    x = bounded_pareto(tail, alpha, ratio)
    distribution = (1.0 - x**-alpha) / (1.0 - ratio**-alpha)
    assert distribution == pytest.approx(1.0 - tail, abs=1e-12)


@pytest.mark.parametrize("count", [100, 4_096, 4_097, 50_000])
def test_grid_ends_at_the_cap(count: int) -> None:
    grid = pareto_grid(count, 1.06, 7.0, 0.03 * 7.0)
    assert grid[0] == pytest.approx(0.21, rel=1e-13)
    assert grid.sum() == pytest.approx(7.0, rel=1e-13)
    assert np.all(np.diff(grid) <= 0.0)


def test_block_search_leaves_no_visible_step_behind_the_largest() -> None:
    """The capped grid satisfies the bounded Pareto quantile function at every rank, the first included."""
    count, alpha = 200_000, 1.06
    grid = pareto_grid(count, alpha, 1.0, 0.03)
    powers = grid**-alpha  # affine in the rank for a bounded Pareto grid
    steps = np.diff(powers)
    assert np.allclose(steps, steps[count // 2], rtol=1e-4, atol=0.0)


def test_grid_is_unbounded_below_the_cap_and_equal_where_the_cap_is_infeasible() -> None:
    free = pareto_grid(50, 3.0, 1.0, 0.9)
    assert free[0] / free[-1] == pytest.approx((0.5 / 49.5) ** (-1.0 / 3.0))
    assert pareto_grid(10, 1.06, 1.0, 0.05) == pytest.approx(np.full(10, 0.1))
    assert pareto_grid(0, 1.06, 1.0, 0.05).size == 0
    assert pareto_grid(4, 1.06, 0.0, 0.05).tolist() == [0.0] * 4


def test_lorenz_bins_refine_each_other() -> None:
    coarse, fine = lorenz_bins(10, 1.06), lorenz_bins(1_000, 1.06)
    assert coarse[0] == pytest.approx(0.1 ** (1.0 - 1.0 / 1.06))
    assert fine.reshape(10, 100).sum(axis=1) == pytest.approx(coarse)


@given(count=st.integers(1, 400), alpha=st.floats(0.3, 5.0), total=st.floats(1e-3, 1e9), share=st.floats(1e-3, 1.0))
def test_grid_properties(count: int, alpha: float, total: float, share: float) -> None:
    grid = pareto_grid(count, alpha, total, share * total)
    assert grid.size == count
    assert grid.sum() == pytest.approx(total, rel=1e-12)
    assert np.all(grid > 0.0)
    assert np.all(np.diff(grid) <= 1e-9 * grid[0])
    assert grid[0] <= max(share, 1.0 / count) * total * (1.0 + 1e-9)
