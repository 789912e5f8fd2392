"""Constant product: exact vectors of the optimal arbitrage, and what must hold for every pool."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model.markets.constant_product import ConstantProductPool

AMOUNTS = st.floats(1.0, 1e7)
FEES = st.sampled_from([0.0, 0.0005, 0.003, 0.01])


@pytest.mark.parametrize(
    ("price", "fee", "token", "eth", "profit"),
    [
        (1.1, 0.003, 45.103991, -47.376583, 2.237807),
        (1.1, 0.0, 46.537411, -48.808848, 2.382304),
        (0.95, 0.003, -24.511764, 23.855249, 0.569073),
        (1.002, 0.003, 0.0, 0.0, 0.0),
        (0.98, 0.0, -10.152545, 10.050506, 0.101013),
    ],
)
def test_optimal_arbitrage(price, fee, token, eth, profit):
    trade = ConstantProductPool.of(1000.0, 1000.0, fee).best_arbitrage(price)
    assert trade == pytest.approx((token, eth, profit), abs=6e-7)


@given(AMOUNTS, AMOUNTS, FEES, st.floats(0.2, 5.0), st.floats(0.5, 1.5))
@settings(deadline=None)
def test_no_other_size_is_better(eth, token, fee, ratio, size):
    pool = ConstantProductPool.of(eth, token, fee)
    price = pool.price * ratio
    best = pool.best_arbitrage(price)
    if best.eth < 0.0:
        other = pool.quote_purchase(-best.eth * size) * price + best.eth * size
    else:
        other = pool.quote_sale(-best.token * size) + best.token * size * price
    assert best.profit >= other - 1e-12 * eth
    assert best.profit >= 0.0
    inside = 1.0 - fee <= ratio <= 1.0 / (1.0 - fee)
    assert (best.profit == 0.0) == inside or math.isclose(best.profit, 0.0, abs_tol=1e-9 * eth)


@given(AMOUNTS, AMOUNTS, FEES, st.floats(1e-6, 100.0))
@settings(deadline=None)
def test_product_never_falls_and_a_round_trip_never_profits(eth, token, fee, size):
    pool = ConstantProductPool.of(eth, token, fee)
    tokens = pool.buy(size * eth)
    assert 0.0 < tokens < token
    assert pool.eth * pool.token >= eth * token * (1.0 - 1e-13)
    assert pool.sell(tokens) <= size * eth * (1.0 + 1e-9)
    assert pool.eth * pool.token >= eth * token * (1.0 - 1e-13)


@given(AMOUNTS, AMOUNTS, FEES, st.floats(0.3, 3.0))
@settings(deadline=None)
def test_trading_to_a_price_leaves_nothing_to_gain(eth, token, fee, ratio):
    pool = ConstantProductPool.of(eth, token, fee)
    price = pool.price * ratio
    pool.buy(pool.eth_to_price(price))
    pool.sell(pool.tokens_to_price(price))
    assert pool.best_arbitrage(price).profit <= 1e-12 * eth


def test_an_empty_pool_fills_nothing():
    pool = ConstantProductPool.of(0.0, 5.0)
    assert math.isnan(pool.price)
    assert pool.buy(1.0) == pool.sell(1.0) == pool.eth_to_price(1.0) == pool.tokens_to_price(1.0) == 0.0
    assert pool.best_arbitrage(1.0) == (0.0, 0.0, 0.0)
    assert (pool.eth, pool.token) == (0.0, 5.0)
