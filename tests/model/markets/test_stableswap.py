"""StableSwap: published points, exact vectors, and what must hold for every pool."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from restaking.model.kernels import stableswap as kernel
from restaking.model.markets.stableswap import StableSwapPool
from restaking.model.state import POOL
from tests.oracle.trading import SlowPool

AMOUNTS = st.floats(1.0, 1e6)
IMBALANCE = st.floats(0.05, 20.0)
AMPLIFICATION = st.floats(1.0, 2000.0)
FEES = st.sampled_from([0.0, 0.0004, 0.003, 0.04])
NAVS = st.floats(0.5, 3.0)


@st.composite
def pools(draw):
    eth = draw(AMOUNTS)
    return StableSwapPool.of(eth, eth * draw(IMBALANCE), draw(AMPLIFICATION), draw(FEES))


# --- vectors ----------------------------------------------------------------------------------------------------------


def test_steth_pool_of_june_2022_shows_the_published_discount():
    pool = StableSwapPool.of(111_300, 491_000, amplification=50, fee=0.0)
    assert pool.price() == pytest.approx(0.93738, abs=5e-6)
    assert 0.06 <= 1.0 - pool.price() <= 0.066
    assert pool.quote_sale(1000.0) == pytest.approx(936.8560, abs=5e-5)
    assert pool.invariant() == pytest.approx(598_478.4, abs=0.05)


@pytest.mark.parametrize(("amplification", "discount"), [(30, 0.098), (70, 0.046), (100, 0.033)])
def test_other_amplifications_do_not_fit_the_published_discount(amplification, discount):
    pool = StableSwapPool.of(111_300, 491_000, amplification, fee=0.0)
    assert 1.0 - pool.price() == pytest.approx(discount, abs=1e-3)


@pytest.mark.parametrize(
    ("amplification", "sold", "eth", "spot"),
    [
        (50, 1e5, 99_802.414, 0.996014),
        (50, 5e5, 493_666.8753, 0.967251),
        (50, 9e5, 849_880.4477, 0.706776),
        (200, 1e5, 99_949.7768, 0.998986),
        (200, 5e5, 498_355.1922, 0.991299),
        (200, 9e5, 882_586.9901, 0.849613),
    ],
)
def test_sales_into_a_balanced_pool(amplification, sold, eth, spot):
    pool = StableSwapPool.of(1e6, 1e6, amplification, fee=0.0)
    assert pool.sell(sold) == pytest.approx(eth, abs=6e-4)
    assert pool.price() == pytest.approx(spot, abs=6e-7)


@pytest.mark.parametrize(
    ("amplification", "shares"),
    [(50, [0.6153, 0.6905, 0.7377, 0.7931, 0.8111, 0.8560]), (30, [0.5746, 0.6356, 0.6812, 0.7418, 0.7629, 0.8172])],
)
def test_share_of_the_token_at_a_given_price(amplification, shares):
    for price, expected in zip([0.99, 0.98, 0.97, 0.95, 0.94, 0.90], shares, strict=True):
        eth, token = kernel.reserves_at(price, 1.0, 2.0 * amplification)
        assert token / (eth + token) == pytest.approx(expected, abs=6e-5)


# --- the solvers ------------------------------------------------------------------------------------------------------


@given(pools())
@settings(deadline=None, max_examples=60)
def test_invariant_and_curve_agree_with_bisection(pool):
    slow = SlowPool(pool.eth, pool.token, pool.amplification, pool.fee)
    d = pool.invariant()
    assert d == pytest.approx(slow.invariant(), rel=1e-12)
    assert pool.price() == pytest.approx(slow.price, rel=1e-11)
    assert kernel.other_reserve(pool.eth, d, 2 * pool.amplification) == pytest.approx(pool.token, rel=1e-11)


def test_newton_of_the_contracts_finds_the_same_reserve():
    d, known, ann = 2e6, 1.7e6, 100.0
    b, c = known + d / ann, d**3 / (4.0 * known * ann)
    y = d
    for _ in range(255):
        y = (y * y + c) / (2.0 * y + b - d)
    assert kernel.other_reserve(known, d, ann) == pytest.approx(y, rel=1e-14)


@given(st.floats(1e-9, 1.0), st.floats(2.0, 4000.0), st.floats(0.0, 0.5))
@settings(deadline=None)
def test_scarce_share_has_the_wanted_price_from_any_start(price, ann, guess):
    scarce = kernel.scarce_share(price, ann, guess)
    ample = kernel.other_reserve(scarce, 1.0, ann)
    assert 0.0 < scarce <= 0.5
    assert kernel.marginal_price(scarce, ample, 1.0, ann) == pytest.approx(price, rel=1e-12)


@given(pools(), NAVS, st.floats(0.02, 3.0))
@settings(deadline=None)
def test_trading_to_a_price_arrives_there(pool, nav, target):
    fee_free = StableSwapPool.of(pool.eth, pool.token, pool.amplification, fee=0.0)
    before = fee_free.price(nav)
    sold, spent = fee_free.shares_to_price(target, nav), fee_free.eth_to_price(target, nav)
    assert sold == 0.0 or spent == 0.0
    assert (sold > 0.0) == (before > target) or math.isclose(before, target)
    fee_free.sell(sold, nav)
    fee_free.buy(spent, nav)
    assert fee_free.price(nav) == pytest.approx(target, rel=1e-8)


@given(pools(), st.floats(0.5, 1.5), st.floats(1e-3, 10.0))
@settings(deadline=None)
def test_limited_trades_are_the_smaller_of_limit_and_room(pool, price, part):
    d, ann, offered = pool.invariant(), 2.0 * pool.amplification, part * pool.eth
    sold = kernel.worth_down_to(price, pool.eth, pool.token, d, ann, offered)
    spent = kernel.eth_up_to(price, pool.eth, pool.token, d, ann, offered)
    assert sold == pytest.approx(min(offered, pool.shares_to_price(price)), rel=1e-7, abs=1e-9 * pool.token)
    assert spent == pytest.approx(min(offered, pool.eth_to_price(price)), rel=1e-7, abs=1e-9 * pool.eth)


# --- laws -------------------------------------------------------------------------------------------------------------


@given(pools(), NAVS, st.floats(1e-6, 50.0), st.booleans())
@settings(deadline=None)
def test_invariant_never_falls_and_outputs_stay_below_the_reserves(pool, nav, size, selling):
    before, eth, token = pool.invariant(nav), pool.eth, pool.token
    received = pool.sell(size * token, nav) if selling else pool.buy(size * eth, nav)
    assert 0.0 <= received < (eth if selling else token)
    assert pool.invariant(nav) >= before * (1.0 - 5e-15)


@given(pools(), NAVS, st.floats(1e-6, 20.0))
@settings(deadline=None)
def test_a_round_trip_never_profits(pool, nav, size):
    paid = size * pool.eth
    assert pool.sell(pool.buy(paid, nav), nav) <= paid
    assert pool.buy(pool.sell(paid, nav), nav) <= paid


@given(pools(), NAVS, st.floats(1e-3, 5.0))
@settings(deadline=None)
def test_selling_lowers_the_price_and_larger_sales_get_less_per_share(pool, nav, size):
    price, shares = pool.price(nav), size * pool.token
    assert pool.quote_sale(2.0 * shares, nav) <= 2.0 * pool.quote_sale(shares, nav) * (1.0 + 1e-12)
    assert pool.selling_cost(2.0 * shares, nav) >= pool.selling_cost(shares, nav) - 1e-12
    assert pool.selling_cost(shares, nav) >= pool.selling_cost(0.0, nav) - 1e-12
    assume(pool.fee == 0.0)
    pool.sell(shares, nav)
    assert pool.price(nav) < price


@given(pools(), NAVS, st.floats(1e-3, 1.0))
@settings(deadline=None)
def test_only_the_worth_of_the_shares_counts(pool, nav, size):
    scaled = StableSwapPool.of(pool.eth, pool.token / nav, pool.amplification, pool.fee)
    assert scaled.price(nav) == pytest.approx(pool.price(), rel=1e-11)
    sold = size * pool.token
    assert scaled.quote_sale(sold / nav, nav) == pytest.approx(pool.quote_sale(sold), rel=1e-9)


@pytest.mark.parametrize(("eth", "token", "amplification"), [(0, 10, 100), (10, 0, 100), (0, 0, 100), (10, 10, 0)])
def test_a_pool_without_reserves_fills_nothing(eth, token, amplification):
    pool = StableSwapPool.of(eth, token, amplification)
    assert math.isnan(pool.price())
    assert pool.sell(1.0) == pool.buy(1.0) == pool.invariant() == 0.0
    assert pool.eth_to_price(2.0) == pool.shares_to_price(0.5) == 0.0
    assert pool.selling_cost(1.0) == 1.0
    assert (pool.eth, pool.token) == (eth, token)


def test_the_view_changes_its_own_record_only():
    records = np.zeros(2, POOL)
    records[:] = (100.0, 100.0, 100.0, 0.0)
    StableSwapPool(records, 1).sell(10.0)
    assert records["token"].tolist() == [100.0, 110.0]
