"""Pools, orders and arbitrage capital as the model keeps them: who brings ETH, who gets shares, where claims go."""

import math
from typing import Any

import numpy as np
import pytest

from restaking.model import ledger
from restaking.model.exchange import DISCOUNT_THAT_CALLS_CAPITAL, Exchange
from restaking.model.kernels import books as move
from restaking.model.kernels.books import World
from restaking.model.kernels.trading import DISCOUNT_BUCKETS
from restaking.model.state import IDLE, NOBODY
from tests.model.kernels.small_world import ALPHA, BETA, empty_world, endow, eth_due, restake, small_scenario, total_eth

CLOSED = {"lrt": {"alpha": {"redemption_open_day": 50}, "beta": {"redemption_open_day": 50}}}
QUIET = {"arbitrage": {"enabled": False}}
AT_ANY_PRICE = len(DISCOUNT_BUCKETS) - 1


def market(supply: float = 1000.0, rich: float = 1e6, **tables: Any) -> tuple[World, Exchange]:
    """An empty world but for one holder of each LRT and one of idle ETH; providers want pools of normal size."""
    tables["markets"] = {"lp_flight": 0.0, "lp_elasticity": 0.0, **tables.get("markets", {})}
    world = empty_world(**tables)
    endow(world, 0, IDLE, rich)
    restake(world, 1, ALPHA, supply)
    restake(world, 2, BETA, 0.5 * supply)
    return world, Exchange(small_scenario(**tables), world)


def check(world: World, exchange: Exchange) -> None:
    """Both ledgers balance."""
    outside = (float(exchange.pools["eth"].sum()), float(exchange.arbitrageurs["eth"].sum()))
    assert total_eth(world, *outside) == pytest.approx(eth_due(world), rel=1e-12)
    assert np.abs(ledger.token_residuals(world, exchange)).max() <= 1e-9


def file(exchange: Exchange, row: int, venue: int, amount: float, bucket: int = -1, target: int = NOBODY) -> None:
    """File an order as the books do; the ETH of a purchase leaves the row and stays in the account."""
    order = exchange.orders[exchange.filed]
    order["row"], order["venue"], order["amount"] = row, venue, amount
    order["bucket"], order["target"] = bucket, target
    if bucket < 0:
        exchange.world.stakers["core_shares"][row] -= amount
    exchange.filed += 1


def trade(exchange: Exchange, day: int = 0, opening: float = 0.0, fee: float = math.inf) -> None:
    exchange.today = day
    exchange.trade(day, np.full(2, opening), np.full(2, fee))


# --- liquidity --------------------------------------------------------------------------------------------------------


def test_further_pools_open_beside_the_first_and_trade_in_balance() -> None:
    terms = {"side_pools": [0.5, 0.1], "side_pool_flow": [0.25, 0.25], "depth_fraction": 0.02}
    world, exchange = market(markets=terms)
    np.testing.assert_allclose(exchange.pools["eth"], [20.0, 10.0, 10.0, 5.0, 2.0, 1.0])
    np.testing.assert_allclose(exchange.pooled_shares(), [32.0, 16.0])
    np.testing.assert_allclose(exchange.pooled_eth(), [32.0, 16.0])
    np.testing.assert_allclose(exchange.flow, [0.5, 0.25, 0.25])
    assert list(exchange.pools_of(1)) == [1, 3, 5]
    file(exchange, 1, ALPHA, 8.0, AT_ANY_PRICE, target=IDLE)
    file(exchange, 0, BETA, 3.0)
    trade(exchange)
    check(world, exchange)
    fills = exchange.fills
    np.testing.assert_allclose(fills.pool_sold_shares[[0, 2, 4], AT_ANY_PRICE], [4.0, 2.0, 2.0])
    assert fills.lrts["volume_eth"][0] == pytest.approx(fills.pools["volume_eth"][[0, 2, 4]].sum())
    gap = exchange.pool_gaps()
    assert gap[0] == pytest.approx(np.ptp(fills.pools["close_price"][[0, 2, 4]])) and gap[0] > 0.0
    exchange.scale_pool(0, 0.5)
    exchange.resize_pool(0, 0.5)
    check(world, exchange)


def test_a_rounding_too_much_of_the_flow_makes_no_eth() -> None:
    _, exchange = market(markets={"side_pools": [0.5], "side_pool_flow": [1.0000009]})
    assert exchange.flow.sum() == pytest.approx(1.0, rel=1e-15) and (exchange.flow >= 0.0).all()


def test_orders_follow_the_size_of_pools_unless_told_otherwise() -> None:
    _, exchange = market(markets={"side_pools": [0.5, 0.1]})
    np.testing.assert_allclose(exchange.flow, [1.0 / 1.6, 0.5 / 1.6, 0.1 / 1.6])


def test_pools_open_with_their_share_of_supply_on_both_sides() -> None:
    world, exchange = market(markets={"depth_fraction": 0.02})
    np.testing.assert_allclose(exchange.pools["eth"], [20.0, 10.0])
    np.testing.assert_allclose(exchange.pools["token"], [20.0, 10.0])
    assert world.books["shares"][ALPHA] == 1020.0  # what liquidity providers hold was minted
    check(world, exchange)


def test_a_protocol_that_has_not_launched_has_no_pool() -> None:
    scenario = small_scenario(lrt={"alpha": {"launch_day": 30, "redemption_open_day": 30}, "beta": {}})
    exchange = Exchange(scenario, empty_world(lrt={"alpha": {"launch_day": 30}, "beta": {}}))
    assert exchange.pools["eth"].tolist() == [0.0, 0.0]


def test_own_depth_and_amplification_override_the_markets() -> None:
    _, exchange = market(
        lrt={"alpha": {"depth_fraction": 0.1, "pool_amplification": 77.0}, "beta": {}},
        markets={"depth_fraction": 0.02, "pool_amplification": 200.0, "maximum_pool_eth": 5.0},
    )
    assert exchange.pools["amplification"].tolist() == [77.0, 200.0]
    assert exchange.pools["eth"].tolist() == [5.0, 5.0]  # the largest pool that liquidity providers fill


def test_providers_follow_supply_at_their_pace_and_leave_the_price_alone() -> None:
    world, exchange = market(markets={"depth_fraction": 0.1}, **QUIET)
    file(exchange, 1, ALPHA, 30.0, AT_ANY_PRICE)
    trade(exchange)
    before, nav = exchange.pools[0].copy(), world.venues["nav"][ALPHA]
    present = 0.5 * (before["eth"] + nav * before["token"])
    restake(world, 3, ALPHA, 1000.0)
    target = 0.1 * world.books["shares"][ALPHA] * nav
    exchange.resize_pool(0, 0.25)
    pool = exchange.pools[0]
    assert 0.5 * (pool["eth"] + nav * pool["token"]) == pytest.approx(present + 0.25 * (target - present))
    assert pool["eth"] / pool["token"] == pytest.approx(before["eth"] / before["token"], rel=1e-12)
    check(world, exchange)


def test_providers_who_leave_take_eth_and_redeem_their_tokens() -> None:
    world, exchange = market(markets={"depth_fraction": 0.1})
    exchange.today = 4
    gone = 0.8 * world.stakers["satellite_shares"][1]
    world.stakers["satellite_shares"][1] -= gone
    world.books["buffer"][ALPHA] -= move.request(world, ALPHA, gone, 4)
    world.books["validators"][ALPHA] += world.claims_due[ALPHA, 4]  # paid out by hand, elsewhere
    world.books["claims"][ALPHA] = world.claims_due[ALPHA, 4] = 0.0
    eth, shares = float(exchange.pools["eth"][0]), float(world.books["shares"][ALPHA])
    exchange.resize_pool(0, 1.0)
    left = float(exchange.pools["eth"][0]) / eth
    assert 0.5 <= left < 1.0 and exchange.pools["token"][0] == pytest.approx(left * 100.0)
    assert world.claims_due[ALPHA, 4] == pytest.approx((1.0 - left) * 100.0)
    assert world.books["shares"][ALPHA] == pytest.approx(shares - (1.0 - left) * 100.0)
    assert world.accounts["outside_out"][0] == pytest.approx((1.0 - left) * eth)


# --- arbitrage capital ------------------------------------------------------------------------------------------------


def test_capital_comes_from_outside_and_is_booked() -> None:
    world, exchange = market(arbitrage={"count": 4, "capital_eth": 100.0, "patient_capital_fraction": 0.01})
    before = float(world.accounts["outside_in"][0])
    exchange.endow()
    ordinary, patient = exchange.arbitrageurs[:4], exchange.arbitrageurs[4:]
    assert ordinary["eth"].tolist() == [25.0] * 4 and not ordinary["patient"].any()
    supply = float(world.books["shares"][[ALPHA, BETA]].sum())
    np.testing.assert_allclose(patient["eth"], 0.01 * supply * exchange.patient_weights)
    assert patient["patient"].all()
    assert world.accounts["outside_in"][0] - before == pytest.approx(0.01 * supply)
    check(world, exchange)


def test_without_arbitrage_nobody_has_capital() -> None:
    world, exchange = market(**QUIET)
    exchange.endow()
    exchange.refill()
    assert exchange.arbitrageurs.size == 0 and exchange.held.shape == (0, 2)
    check(world, exchange)


@pytest.mark.parametrize(("discount", "pull"), [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (0.6, 1.0)])
def test_capital_returns_with_a_lag_as_fast_as_discounts_beckon(discount: float, pull: float) -> None:
    world, exchange = market(arbitrage={"refill_days": 2.0, "patient_capital_fraction": 0.01})
    exchange.endow()
    patient = exchange.arbitrageurs[exchange.ordinary :]
    target = patient["eth"].copy()
    patient["eth"], patient["locked"] = 0.0, 0.25 * target
    exchange.held[exchange.ordinary :, 0] = 0.25 * target
    world.venues["price"][BETA] = 1.0 - discount
    exchange.refill()
    assert DISCOUNT_THAT_CALLS_CAPITAL == 0.1
    np.testing.assert_allclose(patient["eth"], 0.5 * target * (1.0 - math.exp(-0.5)) * pull, rtol=1e-9)


def test_capital_that_is_there_is_not_called_again() -> None:
    world, exchange = market()
    exchange.endow()
    before = exchange.arbitrageurs["eth"].copy()
    world.venues["price"][ALPHA] = 0.5
    exchange.refill()
    np.testing.assert_allclose(exchange.arbitrageurs["eth"], before, rtol=1e-12)


# --- a day of trade ---------------------------------------------------------------------------------------------------


def test_a_day_without_orders_moves_nothing() -> None:
    world, exchange = market()
    exchange.endow()
    books, stakers, pools = world.books.copy(), world.stakers.copy(), exchange.pools.copy()
    trade(exchange)
    assert (world.books == books).all() and (world.stakers == stakers).all() and (exchange.pools == pools).all()
    np.testing.assert_allclose(world.venues["price"][[ALPHA, BETA]], 1.0)


def test_buyers_at_par_mint_and_share_the_day_pro_rata() -> None:
    world, exchange = market(**QUIET)
    endow(world, 3, IDLE, 500.0)
    gain = 0.25 * float(world.books["shares"][ALPHA])  # a quarter has been earned, and the pool has followed
    world.books["buffer"][ALPHA] += gain
    world.accounts["users"] += gain
    move.revalue(world, ALPHA)
    world.accounts["outside_in"] += 0.25 * exchange.pools["eth"][0]
    exchange.pools["eth"][0] *= 1.25
    supply = float(world.books["shares"][ALPHA])
    file(exchange, 0, ALPHA, 100.0)
    file(exchange, 3, ALPHA, 300.0)
    trade(exchange)
    got = world.stakers["satellite_shares"][[0, 3]]
    assert got[1] == pytest.approx(3.0 * got[0])
    np.testing.assert_allclose(got, [80.0, 240.0], rtol=1e-2)  # at NAV, or a little below in the pool
    assert world.books["shares"][ALPHA] - supply <= 320.0 * (1.0 + 1e-12)
    assert exchange.filed == 0
    check(world, exchange)


def test_what_neither_pool_nor_mint_takes_goes_back() -> None:
    tables = {"lrt": {"alpha": {"deposit_cap_eth": 1100.0}, "beta": {}}, **QUIET}
    world, exchange = market(**tables)
    room = move.room(world, ALPHA)
    assert 0.0 < room < 100.0
    file(exchange, 0, ALPHA, 400.0)
    trade(exchange)
    assert world.books["shares"][ALPHA] <= 1100.0 * (1.0 + 1e-12)
    assert world.stakers["core_shares"][0] == pytest.approx(1e6 - room - world.books["bought"][ALPHA])
    assert world.accounts["stakers"][0] == pytest.approx(world.stakers["core_shares"][0])
    check(world, exchange)


def test_sellers_are_paid_by_the_pool_and_supply_stays() -> None:
    world, exchange = market(markets={"depth_fraction": 0.1}, **QUIET)
    supply, reserve = float(world.books["shares"][ALPHA]), float(exchange.pools["eth"][0])
    file(exchange, 1, ALPHA, 40.0, AT_ANY_PRICE)
    trade(exchange)
    paid = reserve - float(exchange.pools["eth"][0])
    assert 0.0 < paid < 40.0
    assert world.stakers["core_shares"][1] == pytest.approx(paid)
    assert world.stakers["satellite_shares"][1] == pytest.approx(960.0)
    assert world.books["shares"][ALPHA] == supply and world.books["sold"][ALPHA] == pytest.approx(paid)
    assert world.venues["price"][ALPHA] < 1.0 and world.venues["price"][BETA] == pytest.approx(1.0)
    check(world, exchange)


def test_no_sale_is_deeper_than_its_owner_accepts() -> None:
    world, exchange = market(markets={"depth_fraction": 0.1, "pool_amplification": 5.0}, **QUIET)
    for row, bucket in ((1, 3), (4, 6), (5, AT_ANY_PRICE)):
        if row > 1:
            restake(world, row, ALPHA, 300.0)
        file(exchange, row, ALPHA, 300.0, bucket)
    trade(exchange)
    shares, eth = exchange.fills.sold_shares[0], exchange.fills.sold_eth[0]
    for bucket in np.flatnonzero(shares > 1e-9):
        assert eth[bucket] / shares[bucket] >= 1.0 - DISCOUNT_BUCKETS[bucket] - 1e-12
    assert (np.diff(shares[[3, 6, AT_ANY_PRICE]]) >= 0.0).all()  # the more willing sell first
    assert shares.sum() < 900.0  # and what found no price expired
    assert exchange.filed == 0
    check(world, exchange)


def test_the_proceeds_of_a_whole_rotation_wait_for_their_target() -> None:
    world, exchange = market(markets={"depth_fraction": 0.5}, **QUIET)
    restake(world, 4, ALPHA, 5.0)
    file(exchange, 4, ALPHA, 5.0, AT_ANY_PRICE, target=BETA)
    trade(exchange, day=3)
    staker = world.stakers[4]
    assert (staker["pending_route"], staker["pending_target"], staker["pending_day"]) == (IDLE, BETA, 3)
    assert staker["satellite"] == NOBODY and staker["pending_amount"] == pytest.approx(5.0, rel=1e-2)
    check(world, exchange)


def test_arbitrageurs_close_a_discount_and_are_paid_by_redemption() -> None:
    world, exchange = market(markets={"depth_fraction": 0.1}, arbitrage={"capital_eth": 1e3, "gas_eth": 0.0})
    exchange.endow()
    file(exchange, 1, ALPHA, 80.0, AT_ANY_PRICE)
    trade(exchange)
    claimed = float(world.claims_due[ALPHA, 0])
    assert claimed > 0.0 and exchange.arbitrageurs["locked"].sum() == pytest.approx(claimed)
    assert world.venues["price"][ALPHA] > float(exchange.fills.lrts["lowest_price"][0])
    check(world, exchange)
    capital = float(exchange.arbitrageurs["eth"].sum())
    world.books["buffer"][ALPHA] += claimed
    world.books["validators"][ALPHA] -= claimed
    move.pay_claims(world, 1, exchange.orders, 0)
    exchange.collect_claims()
    assert exchange.arbitrageurs["eth"].sum() == pytest.approx(capital + claimed)
    assert exchange.arbitrageurs["locked"].sum() == pytest.approx(0.0, abs=1e-9)
    assert world.accounts["claims_paid"][0] == pytest.approx(0.0, abs=1e-9)
    check(world, exchange)


def test_arbitrageurs_are_paid_as_money_arrives_like_everybody_of_their_day() -> None:
    world, exchange = market(markets={"depth_fraction": 0.1}, arbitrage={"capital_eth": 1e3, "gas_eth": 0.0})
    file(exchange, 1, ALPHA, 80.0, AT_ANY_PRICE)
    trade(exchange)
    claimed, capital = float(world.claims_due[ALPHA, 0]), float(exchange.arbitrageurs["eth"].sum())
    world.books["validators"][ALPHA] += world.books["buffer"][ALPHA]
    world.books["buffer"][ALPHA] = 0.0
    for day, part in ((1, 0.25), (2, 0.75), (3, 1.0)):
        moved = part * claimed - (claimed - float(world.books["claims"][ALPHA]))
        world.books["buffer"][ALPHA] += moved
        world.books["validators"][ALPHA] -= moved
        move.pay_claims(world, day, exchange.orders, 0)
        exchange.collect_claims()
        assert exchange.arbitrageurs["eth"].sum() == pytest.approx(capital + part * claimed)
        assert exchange.arbitrageurs["locked"].sum() == pytest.approx((1.0 - part) * claimed, abs=1e-9)
        assert sum(eth for _, eth in exchange.claims_by_owner(ALPHA)) == pytest.approx((1.0 - part) * claimed, abs=1e-9)
        check(world, exchange)


def test_a_slash_reaches_arbitrageurs_claims_too() -> None:
    world, exchange = market(markets={"depth_fraction": 0.1}, arbitrage={"capital_eth": 1e3, "gas_eth": 0.0})
    file(exchange, 1, ALPHA, 80.0, AT_ANY_PRICE)
    trade(exchange)
    claimed, capital = float(world.claims_due[ALPHA, 0]), float(exchange.arbitrageurs["eth"].sum())
    move.lose(world, ALPHA, 0.2 * move.assets(world, ALPHA), 0, 1)
    world.books["buffer"][ALPHA] += claimed
    world.books["validators"][ALPHA] -= claimed
    move.pay_claims(world, 1, exchange.orders, 0)
    exchange.collect_claims()
    assert exchange.arbitrageurs["eth"].sum() == pytest.approx(capital + 0.8 * claimed)
    assert exchange.arbitrageurs["locked"].sum() == pytest.approx(0.0, abs=1e-9)
    check(world, exchange)


def test_with_redemption_closed_patient_capital_holds_until_the_opening() -> None:
    tables = {**CLOSED, "markets": {"depth_fraction": 0.1}, "arbitrage": {"gas_eth": 0.0, "capital_eth": 100.0}}
    world, exchange = market(**tables)
    exchange.endow()
    supply = float(world.books["shares"][ALPHA])
    file(exchange, 1, ALPHA, 130.0, AT_ANY_PRICE)
    trade(exchange, opening=1.0)
    held = exchange.held[:, 0].copy()
    assert held[: exchange.ordinary].sum() == 0.0 < held[exchange.ordinary :].sum()
    assert world.books["shares"][ALPHA] == supply and world.books["claims"][ALPHA] == 0.0
    check(world, exchange)
    world.venues["redemption_open"][ALPHA] = 1
    trade(exchange, day=1)
    assert exchange.held.sum() == 0.0 and world.books["claims"][ALPHA] >= held.sum() * (1.0 - 1e-12)
    check(world, exchange)


def test_gas_is_burned() -> None:
    world, exchange = market(markets={"depth_fraction": 0.1}, arbitrage={"capital_eth": 1e3, "gas_eth": 0.01})
    file(exchange, 1, ALPHA, 80.0, AT_ANY_PRICE)
    trade(exchange)
    assert world.accounts["gas"][0] == pytest.approx(exchange.fills.gas_eth.sum()) and world.accounts["gas"][0] > 0
    check(world, exchange)


# --- payment at once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fee", "wait_days", "at_once"), [(0.002, 30.0, True), (0.002, 0.5, False), (math.inf, 30.0, False)]
)
def test_who_would_wait_too_long_pays_the_fee_and_those_who_stay_keep_it(
    fee: float, wait_days: float, at_once: bool
) -> None:
    world, exchange = market(markets={"depth_fraction": 0.1})
    world.venues["wait_days"][ALPHA] = wait_days
    world.books["buffer"][ALPHA], world.books["validators"][ALPHA] = 30.0, world.books["shares"][ALPHA] - 30.0
    file(exchange, 1, ALPHA, 200.0, AT_ANY_PRICE)
    trade(exchange, fee=fee)
    check(world, exchange)
    redeemed = exchange.fills.redeem_shares[:, 0].sum()
    assert redeemed > 35.0
    move.revalue(world, ALPHA)
    if not at_once:
        assert exchange.arbitrageurs["locked"].sum() == pytest.approx(redeemed)
        assert world.venues["nav"][ALPHA] == pytest.approx(1.0)
        return
    assert world.books["buffer"][ALPHA] == pytest.approx(0.0, abs=1e-9)
    paid_shares = 30.0 / (1.0 - fee)
    assert exchange.arbitrageurs["locked"].sum() == pytest.approx(redeemed - paid_shares)
    kept = fee * paid_shares
    assert world.venues["nav"][ALPHA] == pytest.approx(1.0 + kept / world.books["shares"][ALPHA])
