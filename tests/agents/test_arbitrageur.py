"""The arbitrageur's round in Python, and the compiled day held against it decision for decision."""

from functools import partial

import mesa
import numpy as np
import pytest

from restaking.agents.arbitrageur import Arbitrageur
from restaking.model.markets.order_book import StableSwapDesk, trade_day_by_agents
from restaking.model.state import ARBITRAGEUR
from tests.oracle.random_markets import TradingDay, random_day
from tests.oracle.trading import slow_day, tally


def agents_of(day: TradingDay) -> list[Arbitrageur]:
    model = mesa.Model()
    return [Arbitrageur(model, day.arbitrageurs, a, day.holdings) for a in range(len(day.arbitrageurs))]


def assert_same_day(day: TradingDay, fills, markets, eth, profit, holdings, redeemed, minted) -> None:
    """Amounts agree to 1e-9 of the pool, and the same arbitrageurs did the same things to the same LRTs."""
    size = float(max(day.pools["eth"].max(), day.pools["token"].max(), day.arbitrageurs["eth"].max()))
    near = {"rel": 1e-9, "abs": 1e-9 * size}
    for m, market in enumerate(markets):
        fill = fills.pools[m]
        for name in ("bought_shares", "bought_eth", "mint_eth", "volume_eth"):
            assert fill[name] == pytest.approx(getattr(market, name), **near), (m, name)
        assert fill["close_price"] == pytest.approx(market.price, rel=1e-8)
        assert fill["lowest_price"] == pytest.approx(market.lowest_price, rel=1e-8)
        assert fill["mean_price"] == pytest.approx(sum(market.prices) / len(market.prices), rel=1e-8)
        assert fills.pool_sold_shares[m] == pytest.approx(market.sold_shares, **near)
        assert fills.pool_sold_eth[m] == pytest.approx(market.sold_eth, **near)
    lrts = len(day.terms)
    for k in range(lrts):
        own = markets[k::lrts]
        assert fills.lrts[k]["mint_room_eth"] == pytest.approx(own[0].mint_room_eth, **near)
        assert fills.lrts[k]["unspent_eth"] == pytest.approx(sum(market.unspent_eth for market in own), **near)
        for name in ("bought_shares", "bought_eth", "mint_eth", "volume_eth"):
            assert fills.lrts[k][name] == pytest.approx(sum(getattr(market, name) for market in own), **near)
        assert fills.lrts[k]["close_price"] == pytest.approx(own[0].price, rel=1e-8)
        assert fills.sold_shares[k] == pytest.approx(sum(np.array(market.sold_shares) for market in own), **near)
        assert fills.sold_eth[k] == pytest.approx(sum(np.array(market.sold_eth) for market in own), **near)
    assert day.arbitrageurs["eth"] == pytest.approx(np.array(eth), **near)
    assert day.arbitrageurs["profit"] == pytest.approx(np.array(profit), **near)
    for compiled, rows in ((day.holdings, holdings), (fills.redeem_shares, redeemed), (fills.minted_eth, minted)):
        python = np.array(rows).reshape(compiled.shape)
        assert compiled == pytest.approx(python, **near)
        assert ((compiled > 1e-9 * size) == (python > 1e-9 * size)).all()


@pytest.mark.parametrize("pools", [1, 3])
@pytest.mark.parametrize("seed", range(24))
def test_the_compiled_day_is_the_day_of_the_slow_reference(seed, pools):
    day = random_day(seed, lrts=2, arbitrageurs=3, rounds=3, pools_per_lrt=pools)
    slow = slow_day(day.copy())
    fills = day.trade()
    assert_same_day(
        day,
        fills,
        slow.markets,
        [row["eth"] for row in slow.arbitrageurs],
        [row["profit"] for row in slow.arbitrageurs],
        slow.holdings,
        slow.by_trader("redeem_shares"),
        slow.by_trader("minted_eth"),
    )


@pytest.mark.parametrize("pools", [1, 2])
@pytest.mark.parametrize("seed", range(60))
def test_the_compiled_day_is_the_day_of_the_agents(seed, pools):
    day = random_day(seed, lrts=4, arbitrageurs=5, rounds=12, pools_per_lrt=pools)
    objects = day.copy()
    agents = agents_of(objects)
    markets = objects.markets(partial(StableSwapDesk, objects.pools))
    trade_day_by_agents(markets, [agents[a] for a in day.order], day.rounds)
    fills = day.trade()
    by_trader = [tally(markets, name, len(agents)) for name in ("redeem_shares", "minted_eth")]
    assert_same_day(
        day, fills, markets, [a.eth for a in agents], [a.profit for a in agents], objects.holdings, *by_trader
    )


def test_random_days_contain_every_kind_of_trade():
    seen = np.zeros(4)
    for seed in range(24):
        day = random_day(seed, lrts=2, arbitrageurs=3, rounds=3)
        held = day.holdings.sum()
        fills = day.trade()
        seen += [
            fills.redeem_shares.sum() > 0,
            fills.minted_eth.sum() > 0,
            day.holdings.sum() > held,
            fills.gas_eth.sum() > 0,
        ]
    assert (seen >= 3).all()


# --- one round --------------------------------------------------------------------------------------------------------


class Desk:
    """A market with a linear price, enough for one decision."""

    index, trades, fee, nav, instant_fee, mint_room_eth = 0, True, 0.0, 1.0, float("inf"), float("inf")

    def __init__(
        self, price: float, *, redemption_open=True, deposit_open=True, wait_days=0.0, opening_days=0.0
    ) -> None:
        self.price, self.redemption_open, self.deposit_open = price, redemption_open, deposit_open
        self.wait_days, self.opening_days = wait_days, opening_days
        self.handed_in = self.minted = 0.0

    def spendable(self, price: float, budget: float) -> float:
        return min(budget, max(0.0, price - self.price) * 1000.0)

    def salable(self, price: float, worth: float) -> float:
        return min(worth, max(0.0, self.price - price) * 1000.0)

    def quote_purchase(self, eth: float) -> float:
        return eth / (self.price + eth / 2000.0)

    def quote_sale(self, worth: float) -> float:
        return worth * (self.price - worth / 2000.0)

    def buy(self, eth: float) -> float:
        return self.quote_purchase(eth)

    def mint_and_sell(self, trader: int, eth: float) -> float:
        self.minted += eth
        return self.quote_sale(eth)

    def hand_in(self, trader: int, shares: float) -> None:
        self.handed_in += shares


def arbitrageur(**fields) -> Arbitrageur:
    records = np.zeros(2, ARBITRAGEUR)
    for name, value in {"eth": 1000.0, "required_return": 0.2, "gas_eth": 0.01, **fields}.items():
        records[name][1] = value
    return Arbitrageur(mesa.Model(), records, 1, np.zeros((2, 1)))


def test_a_discount_beyond_the_required_return_is_bought_and_redeemed():
    trader, market = arbitrageur(), Desk(0.9, wait_days=36.5)
    assert trader.bid(market) == pytest.approx(0.98)
    assert trader.step(market)
    assert trader.eth == pytest.approx(1000.0 - 80.0 - 0.01)
    assert market.handed_in == pytest.approx(80.0 / 0.94)
    assert trader.profit == pytest.approx(80.0 / 0.94 - 80.0 - 0.01)
    assert trader.holdings == [0.0]


def test_a_discount_below_the_required_return_is_left():
    trader = arbitrageur()
    assert not trader.step(Desk(0.985, wait_days=36.5))
    assert trader.eth == 1000.0


def test_no_capital_no_trade():
    trader = arbitrageur(eth=0.01)
    assert not trader.step(Desk(0.5))
    assert not trader.step(Desk(1.5))


def test_closed_redemption_is_for_the_patient():
    market = Desk(0.8, redemption_open=False, opening_days=60.0)
    assert arbitrageur().bid(market) == 0.0
    assert not arbitrageur().step(market)
    patient = arbitrageur(patient=1, multiple=1.0, required_return=0.6)
    assert patient.bid(market) == pytest.approx(1.0 - 0.6 * 60.0 / 365.0)
    assert patient.step(market)
    assert patient.holdings[0] > 0.0 == market.handed_in


def test_what_was_held_is_handed_in_at_the_opening():
    patient = arbitrageur(patient=1, multiple=0.3)
    patient.step(Desk(0.8, redemption_open=False))
    held, market = patient.holdings[0], Desk(1.0)
    patient.open_day(market)
    assert (market.handed_in, patient.holdings[0]) == (held, 0.0)


def test_opening_too_far_away_draws_nobody():
    patient = arbitrageur(patient=1, multiple=2.0, required_return=0.6)
    assert patient.bid(Desk(0.1, redemption_open=False, opening_days=400.0)) == 0.0


def test_a_premium_is_minted_and_sold():
    trader, market = arbitrageur(), Desk(1.1)
    assert trader.step(market)
    assert market.minted == pytest.approx(100.0)
    assert trader.eth == pytest.approx(1000.0 + 100.0 * 0.05 - 0.01)
    assert not arbitrageur().step(Desk(1.1, deposit_open=False))


def test_gas_above_the_gain_stops_the_trade():
    assert not arbitrageur(gas_eth=6.0).step(Desk(1.1))
    assert arbitrageur(gas_eth=4.0).step(Desk(1.1))


def test_it_is_an_ordinary_agent_of_mesa():
    model = mesa.Model()
    records = np.zeros(3, ARBITRAGEUR)
    records["eth"], records["locked"], records["speed"] = [1.0, 2.0, 3.0], 7.0, [3.0, 1.0, 2.0]
    for index in range(3):
        Arbitrageur(model, records, index, np.zeros((3, 2)))
    found = model.agents_by_type[Arbitrageur]
    assert sum(found.get("eth")) == 6.0
    assert [a.index for a in sorted(found, key=lambda a: -a.speed)] == [0, 2, 1]
    records["eth"][0] = 5.0
    assert found.get("eth") == [5.0, 2.0, 3.0]
    assert {a.locked for a in found} == {7.0}
