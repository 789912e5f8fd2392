"""Initial wealth: sums, caps, sleeves, and independence of the resolution."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model.concentration import top_share
from restaking.model.randomness import SeedTree
from restaking.model.wealth import LARGEST_SLEEVE_ROWS_SHARE, archetype_grid, stratified_pareto

TOTAL = 33.5e6
POPULATION = [0.55, 0.25, 0.12, 0.04, 0.02, 0.02]
WEALTH = [0.08, 0.22, 0.08, 0.22, 0.12, 0.28]


def build(count: int, seed: int = 1, **changes: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    settings = {
        "total_eth": TOTAL,
        "alpha": 1.06,
        "largest_share": 0.03,
        "sleeve_share": 0.001,
        "archetype_population_shares": POPULATION,
        "archetype_wealth_shares": WEALTH,
    } | changes
    return stratified_pareto(count, seeds=SeedTree(seed), **settings)


@pytest.mark.parametrize("count", [6, 50, 51, 200, 1_000, 10_000, 100_000])
def test_shapes_and_sums(count: int) -> None:
    wealth, archetype, owner = build(count)
    assert (wealth.shape, archetype.shape, owner.shape) == ((count,),) * 3
    assert (wealth.dtype, archetype.dtype, owner.dtype) == (np.float64, np.uint8, np.int32)
    assert wealth.sum() == pytest.approx(TOTAL, rel=1e-12)
    assert wealth.min() > 0.0
    assert np.bincount(archetype, wealth) / TOTAL == pytest.approx(WEALTH, rel=1e-12)


@pytest.mark.parametrize("count", [4_000, 10_000, 100_000])
def test_caps_hold_where_they_are_feasible(count: int) -> None:
    wealth, _, owner = build(count)
    assert wealth.max() <= 0.001 * TOTAL * (1.0 + 1e-9)
    assert np.bincount(owner, wealth).max() == pytest.approx(0.03 * TOTAL, rel=1e-9)


def test_sleeves_grow_no_more_than_needed_in_small_populations() -> None:
    wealth, _, owner = build(1_000)
    owners = int(owner.max()) + 1
    assert owners == 1_000 - LARGEST_SLEEVE_ROWS_SHARE * 1_000
    assert 0.001 < wealth.max() / TOTAL < 0.003
    assert np.bincount(owner, wealth).max() == pytest.approx(0.03 * TOTAL, rel=1e-9)


def test_sleeves_of_one_owner_are_equal_and_of_one_archetype() -> None:
    wealth, archetype, owner = build(10_000)
    order = np.argsort(owner, kind="stable")
    same = owner[order][1:] == owner[order][:-1]
    assert same.sum() > 300
    assert np.all(wealth[order][1:][same] == wealth[order][:-1][same])
    assert np.all(archetype[order][1:][same] == archetype[order][:-1][same])


def test_owners_are_dense_and_numbered_by_first_appearance() -> None:
    _, _, owner = build(2_000)
    _, first = np.unique(owner, return_index=True)
    assert owner[0] == 0
    assert np.all(np.diff(first) > 0)
    assert first.size == owner.max() + 1


def test_top_tenth_holds_what_the_exponent_was_estimated_from() -> None:
    one_kind = {"archetype_population_shares": [1.0], "archetype_wealth_shares": [1.0]}
    for count in (10_000, 100_000):
        wealth, _, owner = build(count, **one_kind)
        by_owner = np.bincount(owner, wealth)
        assert top_share(by_owner, round(by_owner.size / 10)) == pytest.approx(0.8778, abs=0.002)
    wealth, _, owner = build(10_000)
    assert 0.8 <= top_share(wealth, 1_000) <= 0.97
    by_owner = np.bincount(owner, wealth)
    assert 0.8 <= top_share(by_owner, round(by_owner.size / 10)) <= 0.97


def test_number_of_rows_is_resolution_only() -> None:
    shares = []
    for count in (2_000, 20_000, 200_000):
        wealth, archetype, owner = build(count)
        by_owner = np.bincount(owner, wealth)
        _, first = np.unique(owner, return_index=True)
        heads = np.bincount(archetype[first], minlength=6) / by_owner.size
        assert heads == pytest.approx(POPULATION, abs=1.0 / by_owner.size)
        shares.append([top_share(by_owner, round(by_owner.size * p)) for p in (0.1, 0.5)])
    assert np.ptp(shares, axis=0) == pytest.approx([0.0, 0.0], abs=0.02)


def test_archetype_grid_is_descending_with_the_pareto_top_tenth() -> None:
    for count in (1_000, 10_000, 300_000):
        grid = archetype_grid(count, 1.06, 1.0, 0.03)
        assert np.all(np.diff(grid) <= 1e-15)
        assert grid[: count // 10].sum() == pytest.approx(0.1 ** (1.0 - 1.0 / 1.06), rel=1e-12)
        assert grid[0] == pytest.approx(0.03, rel=1e-12)
        assert grid[count // 2 :].sum() == pytest.approx(1.0 - 0.5 ** (1.0 - 1.0 / 1.06), rel=1e-9)


def test_seed_decides_who_not_how_much() -> None:
    first, second, again = build(5_000, seed=1), build(5_000, seed=2), build(5_000, seed=1)
    assert np.array_equal(np.sort(first[0]), np.sort(second[0]))
    assert not np.array_equal(first[0], second[0])
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_independent_draws_ignore_the_cap() -> None:
    wealth, archetype, owner = build(20_000, iid=True)
    assert wealth.sum() == pytest.approx(TOTAL, rel=1e-12)
    assert np.bincount(archetype, wealth) / TOTAL == pytest.approx(WEALTH, rel=1e-9)
    assert np.array_equal(owner, np.arange(20_000))
    other = build(20_000, seed=2, iid=True)[0]
    assert not np.array_equal(np.sort(wealth), np.sort(other))
    largest = max(build(2_000, seed=s, iid=True)[0].max() for s in range(10))
    assert largest > 0.03 * TOTAL


def test_exponent_below_one_and_empty_wealth() -> None:
    wealth, _, owner = build(10_000, alpha=0.8)
    assert wealth.sum() == pytest.approx(TOTAL, rel=1e-12)
    assert np.bincount(owner, wealth).max() <= 0.03 * TOTAL * (1.0 + 1e-9)
    assert build(100, total_eth=0.0)[0].tolist() == [0.0] * 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 5}, "count must be at least 6"),
        ({"total_eth": -1.0}, "total_eth"),
        ({"alpha": 0.0}, "alpha"),
        ({"largest_share": 0.0}, "largest_share"),
        ({"sleeve_share": 1.5}, "sleeve_share"),
        ({"archetype_wealth_shares": [1.0]}, "6 population shares but 1"),
        ({"archetype_population_shares": [0.0, 1, 1, 1, 1, 1]}, "archetype 0 has wealth but no population"),
        ({"archetype_wealth_shares": [-1.0, 1, 1, 1, 1, 1]}, "non-negative"),
    ],
)
def test_bad_input_names_the_culprit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**({"count": 100} | changes))


@settings(deadline=None, max_examples=60)
@given(
    count=st.integers(5, 700),
    alpha=st.floats(0.7, 3.0),
    largest=st.floats(0.005, 0.5),
    sleeve=st.floats(0.0005, 0.05),
    population=st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5),
    seed=st.integers(0, 2**31),
    data=st.data(),
)
def test_properties(
    count: int, alpha: float, largest: float, sleeve: float, population: list[float], seed: int, data: st.DataObject
) -> None:
    wealth_shares = data.draw(
        st.lists(st.floats(0.01, 1.0), min_size=len(population), max_size=len(population)), label="wealth shares"
    )
    wealth, archetype, owner = stratified_pareto(
        count, TOTAL, alpha, largest, sleeve, population, wealth_shares, SeedTree(seed)
    )
    assert wealth.size == archetype.size == owner.size == count
    assert wealth.sum() == pytest.approx(TOTAL, rel=1e-12)
    assert np.bincount(archetype, wealth) == pytest.approx(
        TOTAL * np.array(wealth_shares) / np.sum(wealth_shares), rel=1e-12
    )
    by_owner = np.bincount(owner, wealth)
    assert by_owner.size >= count // 2
    heads = np.bincount(archetype[np.unique(owner, return_index=True)[1]], minlength=len(population))
    equal = TOTAL * np.array(wealth_shares) / np.sum(wealth_shares) / heads
    assert by_owner.max() <= max(largest * TOTAL, equal.max()) * (1.0 + 1e-9)
    if by_owner.size > max(count - count // 2, len(population)):  # not at the floor, so sleeves did not have to grow
        assert wealth.max() <= sleeve * TOTAL * (1.0 + 1e-6)
