"""What providing liquidity costs: arbitrage, divergence loss, loss-versus-rebalancing, on both kinds of pool."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model.kernels import constant_product as product_kernel
from restaking.model.kernels import stableswap as stable_kernel
from restaking.model.markets import constant_product as product
from restaking.model.markets import stableswap as stable
from restaking.model.markets.constant_product import ConstantProductPool
from restaking.model.markets.stableswap import StableSwapPool

AMOUNTS = st.floats(1.0, 1e6)
IMBALANCE = st.floats(0.05, 20.0)
FEES = st.sampled_from([0.0, 0.0004, 0.003, 0.04])
AMPLIFICATIONS = st.floats(1.0, 2000.0)
NAVS = st.floats(0.5, 3.0)
PRICES = st.floats(0.3, 3.0)


@st.composite
def stable_pools(draw, fees=FEES):
    eth = draw(AMOUNTS)
    return StableSwapPool.of(eth, eth * draw(IMBALANCE), draw(AMPLIFICATIONS), draw(fees))


@st.composite
def price_paths(draw):
    moves = draw(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=30))
    return np.exp(np.cumsum(moves))


# --- StableSwap -------------------------------------------------------------------------------------------------------


@given(stable_pools(), NAVS, PRICES, st.floats(0.5, 1.5))
@settings(deadline=None)
def test_no_other_size_beats_the_best_arbitrage(pool, nav, price, size):
    best = pool.best_arbitrage(price, nav)
    if best.eth < 0.0:
        other = pool.quote_purchase(-best.eth * size, nav) * nav * price + best.eth * size
    else:
        other = pool.quote_sale(-best.shares * size, nav) + best.shares * size * nav * price
    assert best.profit >= 0.0
    assert best.profit >= other - 1e-9 * (pool.eth + pool.token * nav)


@given(stable_pools(), NAVS, PRICES)
@settings(deadline=None)
def test_after_the_best_arbitrage_hardly_anything_is_left(pool, nav, price):
    before, whole = pool.invariant(nav), pool.eth + pool.token * nav
    best = pool.best_arbitrage(price, nav)
    pool.buy(-best.eth, nav)
    pool.sell(-best.shares, nav)
    # The fee of the first trade stays in the pool and lifts the curve a little: without a fee nothing is left.
    assert pool.best_arbitrage(price, nav).profit <= pool.fee * best.profit + 1e-12 * whole
    assert pool.invariant(nav) >= before * (1.0 - 5e-15)


@given(stable_pools(), NAVS, st.floats(0.0, 1.0))
@settings(deadline=None)
def test_inside_the_band_nobody_trades(pool, nav, part):
    keep = 1.0 - pool.fee
    low, high = pool.price(nav) * keep, pool.price(nav) / keep
    inside = low + part * (high - low)
    assert pool.best_arbitrage(inside, nav).profit == pytest.approx(0.0, abs=1e-12 * (pool.eth + pool.token * nav))


def test_a_pool_without_reserves_offers_no_arbitrage():
    empty = StableSwapPool.of(0.0, 5.0)
    assert empty.best_arbitrage(0.9) == (0.0, 0.0, 0.0)
    assert empty.shares_at_cost(0.5) == empty.depth() == 0.0
    assert math.isnan(empty.token_share()) and math.isnan(empty.lvr_rate(0.1))
    assert StableSwapPool.of(5.0, 5.0).best_arbitrage(0.0) == (0.0, 0.0, 0.0)


@given(stable_pools(), NAVS, st.floats(0.0, 0.99))
@settings(deadline=None)
def test_shares_at_a_cost_are_the_inverse_of_the_cost(pool, nav, cost):
    shares = pool.shares_at_cost(cost, nav)
    if shares == 0.0:
        assert pool.selling_cost(0.0, nav) >= cost - 1e-9
        return
    assert pool.selling_cost(shares, nav) == pytest.approx(cost, abs=1e-9)
    assert pool.shares_at_cost(1.0, nav) == math.inf


@given(stable_pools(), NAVS)
@settings(deadline=None)
def test_depth_is_the_slope_of_the_price(pool, nav):
    d, ann, price = pool.invariant(nav), 2.0 * pool.amplification, pool.price(nav)
    step = 1e-5
    more = stable_kernel.reserves_at(price * math.exp(-step), d, ann)[1]
    less = stable_kernel.reserves_at(price * math.exp(step), d, ann)[1]
    assert pool.depth(nav) == pytest.approx((more - less) / (2.0 * step), rel=1e-3)


@given(st.floats(0.3, 3.0), st.floats(0.3, 3.0), st.floats(1.0, 4000.0))
@settings(deadline=None)
def test_stableswap_providers_never_beat_their_unmoved_deposit(before, after, amplification):
    loss = stable.divergence_loss(before, after, amplification)
    assert -1.0 < loss <= 0.0
    assert stable.divergence_loss(before, before, amplification) == pytest.approx(0.0, abs=1e-14)


def test_a_flatter_curve_loses_more_to_the_same_move():
    losses = [stable.divergence_loss(1.0, 0.9, a) for a in (10, 50, 200, 1000)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0] < 0.0
    rates = [StableSwapPool.of(1e6, 1e6, a).lvr_rate(0.05) for a in (10, 50, 200, 1000)]
    assert rates == sorted(rates) and rates[0] > product.lvr_rate(0.05)


def test_lvr_of_a_stableswap_pool_is_the_loss_over_small_moves():
    # A move of z * sigma costs half the depth times z squared; over many small moves only the mean square counts.
    pool = StableSwapPool.of(111_300, 491_000, amplification=50, fee=0.0)
    price, value = pool.price(), pool.value(pool.price())
    move = 1e-4
    lost = sum(pool.best_arbitrage(price * math.exp(sign * move)).profit for sign in (1.0, -1.0)) / 2.0
    assert lost / value == pytest.approx(pool.lvr_rate(move), rel=1e-3)


@given(st.floats(0.05, 1.0), st.floats(1.0, 2000.0))
@settings(deadline=None)
def test_token_share_is_where_the_price_is(price, amplification):
    share = stable.token_share(price, amplification)
    pool = StableSwapPool.of(1.0 - share, share, amplification, fee=0.0)
    assert 0.5 - 1e-15 <= share < 1.0  # a half is found to rounding
    assert pool.price() == pytest.approx(price, rel=1e-9)
    assert pool.token_share() == pytest.approx(share, rel=1e-12)


# --- constant product -------------------------------------------------------------------------------------------------


@given(st.floats(1e-3, 1e3))
def test_divergence_loss_is_that_of_the_reserves(ratio):
    pool = ConstantProductPool.of(eth=1000.0, token=500.0, fee=0.0)
    after = pool.price * ratio
    kept = pool.value(after)
    pool.follow(np.array([after]))
    assert pool.price == pytest.approx(after, rel=1e-12)
    assert product.divergence_loss(ratio) == pytest.approx(pool.value(after) / kept - 1.0, abs=1e-12)
    assert product.divergence_loss(ratio) == pytest.approx(product.divergence_loss(1.0 / ratio), rel=1e-9)
    assert product.divergence_loss(ratio) <= 0.0


@given(price_paths(), st.floats(10.0, 1e5), st.floats(10.0, 1e5))
@settings(deadline=None)
def test_without_a_fee_arbitrage_earns_what_rebalancing_would_have_saved(path, eth, token):
    pool = ConstantProductPool.of(eth, token, fee=0.0)
    prices = pool.price * path
    start, hedge, held = pool.value(pool.price), 0.0, pool.price
    followed = ConstantProductPool.of(eth, token, fee=0.0)
    profit = followed.follow(prices).profit
    for price in prices:  # a portfolio that holds the pool's tokens from one price to the next
        hedge += pool.token * (price - held)
        pool.follow(np.array([price]))
        held = price
    assert profit == pytest.approx(start + hedge - pool.value(held), abs=1e-9 * start)
    assert (followed.eth, followed.token) == (pool.eth, pool.token)


@given(price_paths(), st.floats(10.0, 1e5), st.sampled_from([0.0005, 0.003, 0.05]))
@settings(deadline=None)
def test_following_prices_leaves_the_pool_inside_the_band_and_no_poorer(path, eth, fee):
    pool = ConstantProductPool.of(eth, eth, fee)
    profit, trades = pool.follow(path)
    assert 0 <= trades <= path.size and profit >= 0.0
    assert (profit > 0.0) == (trades > 0)
    ratio = path[-1] / pool.price
    assert (1.0 - fee) * (1.0 - 1e-9) <= ratio <= (1.0 + 1e-9) / (1.0 - fee)
    assert pool.eth * pool.token >= eth * eth * (1.0 - 1e-12)
    # Of one price only: over several, who waits at the edge of a band may later earn more than who does not wait.
    once, free = (ConstantProductPool.of(eth, eth, one).follow(path[:1]).profit for one in (fee, 0.0))
    assert once <= free * (1.0 + 1e-9) + 1e-12 * eth


def test_lvr_is_an_eighth_of_the_variance():
    assert product.lvr_rate(0.05) == pytest.approx(3.125e-4)
    pool, move = ConstantProductPool.of(1000.0, 1000.0, fee=0.0), 1e-4
    lost = sum(pool.best_arbitrage(math.exp(sign * move)).profit for sign in (1.0, -1.0)) / 2.0
    assert lost / pool.value(1.0) == pytest.approx(product.lvr_rate(move), rel=1e-3)


@given(st.floats(0.0, 0.5), st.floats(1e-4, 0.5), st.floats(1e-6, 1.0))
def test_trade_probability_is_one_over_one_plus_fee_in_units_of_a_move(fee, volatility, interval):
    probability = product.trade_probability(fee, volatility, interval)
    units = -math.log(1.0 - fee) / (volatility * math.sqrt(interval / 2.0))
    assert probability == pytest.approx(1.0 / (1.0 + units), rel=1e-12)
    assert product.trade_probability(0.0, volatility, interval) == 1.0
    assert probability >= product.trade_probability(fee, volatility, interval / 2.0)


def test_an_empty_pool_is_not_followed():
    pool = ConstantProductPool.of(0.0, 5.0)
    assert pool.follow(np.array([1.0, 2.0])) == (0.0, 0)
    assert product_kernel.follow_prices(5.0, 5.0, 0.0, np.empty(0)) == (5.0, 5.0, 0.0, 0)
