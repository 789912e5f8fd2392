"""Concentration coefficients: published vectors, properties, and the histogram estimate."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model.concentration import gini, hhi, lorenz, nakamoto, top_share
from restaking.model.kernels.concentration import BUCKETS_PER_OCTAVE, gini_by_histogram, shares_of_largest

VECTORS = [
    # amounts, Gini, HHI on percent shares, Nakamoto at 1/2, Nakamoto at 1/3
    ([1, 1, 1, 1], 0.0, 2_500.0, 3, 2),
    ([50, 30, 20], 0.2, 3_800.0, 2, 1),
    ([80, 10, 5, 5], 0.575, 6_550.0, 1, 1),
    ([1, 2, 3, 4, 5], 4.0 / 15.0, 22_000.0 / 9.0, 2, 2),
    ([0, 0, 0, 10], 0.75, 10_000.0, 1, 1),
]

amounts = st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1e9)), min_size=1, max_size=60)


@pytest.mark.parametrize(("x", "expected_gini", "percent_hhi", "half", "third"), VECTORS)
def test_published_vectors(x: list[float], expected_gini: float, percent_hhi: float, half: int, third: int) -> None:
    assert gini(x) == pytest.approx(expected_gini, abs=1e-12)
    assert 1e4 * hhi(x) == pytest.approx(percent_hhi, rel=1e-12)
    assert nakamoto(x, 0.5) == half
    assert nakamoto(x) == third
    assert gini_by_histogram(np.array(x, dtype=float)) == pytest.approx(expected_gini, abs=1e-12)


@pytest.mark.parametrize("empty", [[], [0.0], [0.0, 0.0, 0.0]])
def test_nothing_held(empty: list[float]) -> None:
    assert (hhi(empty), gini(empty), nakamoto(empty), top_share(empty, 2)) == (0.0, 0.0, 0, 0.0)
    assert gini_by_histogram(np.array(empty, dtype=float)) == 0.0
    population, held = lorenz(empty)
    assert np.array_equal(population, held)
    assert (population[0], population[-1]) == (0.0, 1.0)


def test_nakamoto_needs_more_than_the_threshold_despite_rounding() -> None:
    assert nakamoto([0.1] * 10, 0.5) == 6
    assert nakamoto([0.1] * 3, 1.0 / 3.0) == 2
    assert nakamoto([1.0, 1.0, 0.0], 0.0) == 1
    assert nakamoto([5.0, 1.0], 1.0 - 1e-15) == 2


def test_top_share_counts_the_largest() -> None:
    x = [5.0, 1.0, 3.0, 1.0]
    assert [top_share(x, n) for n in range(6)] == pytest.approx([0.0, 0.5, 0.8, 0.9, 1.0, 1.0])


def test_lorenz_points() -> None:
    population, held = lorenz([3.0, 1.0, 0.0, 4.0])
    assert population == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    assert held == pytest.approx([0.0, 0.0, 0.125, 0.5, 1.0])


@pytest.mark.parametrize("alpha", [1.5, 2.0, 3.0])
def test_gini_of_a_pareto_population(alpha: float) -> None:
    lorenz_bins = np.diff((np.arange(20_001) / 20_000) ** (1.0 - 1.0 / alpha))
    assert gini(lorenz_bins) == pytest.approx(1.0 / (2.0 * alpha - 1.0), abs=2e-3)


@pytest.mark.parametrize("measure", [hhi, gini, nakamoto, lambda x: top_share(x, 1), lorenz])
@pytest.mark.parametrize("bad", [[1.0, -0.5], [1.0, math.nan], [math.inf, 1.0], [-1.0]])
def test_impossible_amounts_are_refused(measure: object, bad: list[float]) -> None:
    with pytest.raises(ValueError, match="amounts must"):
        measure(bad)  # type: ignore[operator]


def test_rounding_residues_count_as_nothing() -> None:
    assert gini([1e6, -1e-5]) == 0.5
    assert hhi([1e6, -1e-5]) == 1.0


@pytest.mark.parametrize("threshold", [-0.1, 1.0, math.nan])
def test_impossible_thresholds_are_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        nakamoto([1.0], threshold)
    with pytest.raises(ValueError, match="must not be negative"):
        top_share([1.0], -1)


@given(x=amounts)
def test_bounds(x: list[float]) -> None:
    n, positive = len(x), sum(v > 0.0 for v in x)
    if positive == 0:
        return
    assert 1.0 / n - 1e-12 <= hhi(x) <= 1.0 + 1e-12
    assert 0.0 <= gini(x) <= 1.0 - 1.0 / n + 1e-12
    assert 1 <= nakamoto(x) <= nakamoto(x, 0.5) <= positive
    assert top_share(x, 1) <= top_share(x, 2) <= top_share(x, n) == 1.0
    assert top_share(x, nakamoto(x)) > 1.0 / 3.0
    assert top_share(x, nakamoto(x) - 1) <= 1.0 / 3.0 + 1e-11
    assert top_share(x, 1) ** 2 <= hhi(x) * (1.0 + 1e-12)


@given(x=amounts, factor=st.floats(1e-6, 1e6), data=st.data())
def test_scale_and_order_do_not_matter(x: list[float], factor: float, data: st.DataObject) -> None:
    other = factor * np.array(data.draw(st.permutations(x), label="order"))
    assert hhi(other) == pytest.approx(hhi(x), rel=1e-9)
    assert gini(other) == pytest.approx(gini(x), abs=1e-9)
    assert top_share(other, 3) == pytest.approx(top_share(x, 3), rel=1e-9)
    assert lorenz(other)[1] == pytest.approx(lorenz(x)[1], abs=1e-9)


@given(x=amounts)
def test_gini_is_twice_the_area_above_the_lorenz_curve(x: list[float]) -> None:
    population, held = lorenz(x)
    assert gini(x) == pytest.approx(1.0 - 2.0 * np.trapezoid(held, population), abs=1e-9)
    assert np.all(np.diff(held) >= 0.0)
    assert np.all(held <= population + 1e-12)


@given(x=amounts)
def test_gini_is_the_mean_difference_of_pairs(x: list[float]) -> None:
    values = np.array(x)
    if values.sum() == 0.0:
        return
    mean_difference = np.abs(values[:, None] - values[None, :]).mean()
    assert gini(x) == pytest.approx(mean_difference / (2.0 * values.mean()), abs=1e-9)


def test_extreme_amounts_do_not_overflow() -> None:
    assert hhi([1e300, 1e300]) == pytest.approx(0.5)
    assert gini([1e-310, 1e-310]) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("kind", ["pareto", "lognormal", "exponential", "uniform", "dust"])
def test_histogram_gini_of_a_population(kind: str) -> None:
    random = np.random.default_rng(7)
    x = {
        "pareto": lambda: random.pareto(1.06, 100_000) + 1.0,
        "lognormal": lambda: random.lognormal(3.0, 2.0, 100_000),
        "exponential": lambda: random.exponential(5.0, 100_000),
        "uniform": lambda: random.random(100_000),
        "dust": lambda: np.concatenate((random.random(50_000) * 1e-30, random.random(50_000), np.zeros(50_000))),
    }[kind]()
    exact = gini(x)
    assert exact - 1e-5 < gini_by_histogram(x) <= exact + 1e-12


@settings(deadline=None)
@given(x=amounts)
def test_histogram_gini_error_bound(x: list[float]) -> None:
    values = np.array(x)
    error = gini(x) - gini_by_histogram(values)
    assert -1e-9 <= error <= 1.0 / (4 * BUCKETS_PER_OCTAVE) + 1e-9


def test_histogram_gini_worst_case_and_units() -> None:
    nearly_equal = np.repeat([1.0, 1.0 + 0.99 / BUCKETS_PER_OCTAVE], 500)
    assert gini_by_histogram(nearly_equal) == 0.0
    assert 0.9 / 1024 < gini(nearly_equal) < 1.0 / 1024
    x = np.random.default_rng(3).pareto(1.2, 10_000)
    assert gini_by_histogram(x * 2.0**40) == gini_by_histogram(x)
    assert gini_by_histogram(x * 1e-12) == pytest.approx(gini_by_histogram(x), abs=1e-5)
    assert gini_by_histogram(np.full(1_000, 0.1)) == pytest.approx(0.0, abs=1e-12)


@given(amounts)
def test_one_pass_agrees_with_the_definitions(x: list[float]) -> None:
    held, counts, out = np.array(x), np.array([1, 3, 7]), np.empty(5)
    found = shares_of_largest(held, counts, out)
    assert found == pytest.approx(hhi(held), abs=1e-9)
    joint = [top_share(held, min(int(count), held.size)) for count in counts]
    assert out.tolist() == pytest.approx([*joint, nakamoto(held), gini(held)], abs=1e-9)
