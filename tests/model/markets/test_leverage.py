"""Loops and liquidations: published vectors and properties of the formulas."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model.markets.leverage import (
    largest_leverage,
    liquidation_price,
    loop_apr,
    ltv_after_liquidation,
    multiplier,
    position,
    toxic_frontier,
)

RATIOS = st.floats(0.01, 0.95)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0.69, (1.69, 2.1661, 2.494609, 2.877683, 3.171359, 3.225806)),
        (0.72, (1.72, 2.2384, 2.611648, 3.073878, 3.475157, 3.571429)),
        (0.9, (1.9, 2.71, 3.439, 4.68559, 6.861894, 10.0)),
    ],
)
def test_multipliers(ratio: float, expected: tuple[float, ...]) -> None:
    got = [multiplier(ratio, rounds) for rounds in (1, 2, 3, 5, 10, math.inf)]
    assert got == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("ratio", "rounds", "expected"), [(0.69, 5, 0.106331), (0.72, 10, 0.124255), (0.9, 10, 0.225857)]
)
def test_yield_of_a_loop(ratio: float, rounds: int, expected: float) -> None:
    assert loop_apr(multiplier(ratio, rounds), 0.05, 0.02) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("ratio", "threshold", "rounds", "expected"),
    [
        (0.69, 0.81, 1, 0.50405),
        (0.69, 0.81, 5, 0.80555),
        (0.69, 0.81, 10, 0.84528),
        (0.69, 0.81, math.inf, 0.85185),
        (0.72, 0.83, math.inf, 0.86747),
        (0.90, 0.93, 10, 0.91857),
        (0.90, 0.93, math.inf, 0.96774),
    ],
)
def test_liquidation_prices(ratio: float, threshold: float, rounds: float, expected: float) -> None:
    assert liquidation_price(multiplier(ratio, rounds), threshold) == pytest.approx(expected, abs=5e-6)


@pytest.mark.parametrize(("leverage", "expected"), [(4, 0.8721), (5, 0.9302), (6, 0.9690), (7, 0.9967)])
def test_liquidation_prices_at_a_threshold_of_86_percent(leverage: float, expected: float) -> None:
    assert liquidation_price(leverage, 0.86) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("ltv", "expected"), [(0.85, 0.78558), (0.90, 0.87549), (0.92, 0.91415), (0.93, 0.93411), (0.95, 0.97536)]
)
def test_a_liquidation_helps_only_below_the_frontier(ltv: float, expected: float) -> None:
    after = ltv_after_liquidation(ltv, bonus=0.08)
    assert after == pytest.approx(expected, abs=5e-6)
    assert (after < ltv) == (ltv < toxic_frontier(0.08))


def test_the_frontier() -> None:
    assert toxic_frontier(0.08) == pytest.approx(0.92593, abs=5e-6)
    assert toxic_frontier(0.08, 1.05) == pytest.approx(1.0 / (1.08 * 1.05))
    assert math.isinf(ltv_after_liquidation(1.9, 0.08))


@given(ltv=st.floats(0.05, 0.99), bonus=st.floats(0.0, 0.3), part=st.floats(0.05, 0.9), slippage=st.floats(1.0, 1.5))
def test_the_frontier_separates_help_from_harm(ltv: float, bonus: float, part: float, slippage: float) -> None:
    after, frontier = ltv_after_liquidation(ltv, bonus, part, slippage), toxic_frontier(bonus, slippage)
    if ltv < frontier * (1.0 - 1e-9):
        assert after < ltv
    if ltv > frontier * (1.0 + 1e-9):
        assert after > ltv


@given(ratio=RATIOS, rounds=st.integers(0, 40), staking=st.floats(0.0, 0.1), borrowing=st.floats(0.0, 0.1))
def test_a_loop_beats_staking_exactly_when_the_loan_costs_less(
    ratio: float, rounds: int, staking: float, borrowing: float
) -> None:
    gain = loop_apr(multiplier(ratio, rounds), staking, borrowing) - staking
    assert gain == pytest.approx((multiplier(ratio, rounds) - 1.0) * (staking - borrowing), abs=1e-12)


@given(ratio=RATIOS, rounds=st.integers(0, 30), capital=st.floats(1.0, 1e5), price=st.floats(0.9, 1.0))
def test_a_position_is_what_borrowing_and_buying_makes_it(
    ratio: float, rounds: int, capital: float, price: float
) -> None:
    oracle = price
    tokens, debt, cash = 0.0, 0.0, capital
    for again in range(rounds + 1):
        bought = cash / price
        tokens += bought
        if again < rounds:
            cash = ratio * oracle * bought
            debt += cash
    got = position(capital, ratio, rounds, price=price, oracle=oracle)
    assert got == pytest.approx((tokens, debt), rel=1e-9, abs=1e-9)


def test_the_limit_is_what_the_loan_to_value_allows() -> None:
    assert largest_leverage(0.9) == pytest.approx(multiplier(0.9))
    assert largest_leverage(0.9, 0.05) == pytest.approx(1.0 / (1.0 - 0.855))


@pytest.mark.parametrize("ratio", [-0.1, 1.0, 1.5, math.nan])
def test_ratios_that_are_none_are_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="borrow_ratio"):
        multiplier(ratio, 3)


def test_negative_rounds_and_prices_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        multiplier(0.5, -1)
    with pytest.raises(ValueError, match="prices"):
        position(1.0, 0.5, price=0.0)
