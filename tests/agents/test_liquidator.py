"""Liquidations in Python, and the compiled rounds held against them decision for decision."""

from functools import partial

import mesa
import numpy as np
import pytest

from restaking.agents.liquidator import Liquidator, LoanBook
from restaking.model.kernels.trading import new_fills, no_loans, trade_day
from restaking.model.markets.order_book import StableSwapDesk, trade_day_by_agents, trade_in_python
from restaking.model.state import COLLATERAL, POSITION
from tests.agents.test_arbitrageur import agents_of
from tests.oracle.random_loans import copied, random_loans
from tests.oracle.random_markets import random_day

TALLY = ("liquidations", "seized_shares", "proceeds_eth", "repaid_eth", "repaid_stable_eth", "spent_gas_eth")
ORACLE = ("slow_price", "oracle_price", "lowest_oracle", "lowest_leverage")


def both(seed: int, pools: int):
    """The same day, compiled and by agents."""
    day = random_day(seed, lrts=3, arbitrageurs=3, rounds=6, pools_per_lrt=pools)
    loans = random_loans(seed, day)
    objects, books = day.copy(), copied(loans)
    fills = new_fills(len(day.terms), len(day.arbitrageurs), pools_per_lrt=pools)
    trade_day(*day, fills, loans)
    agents = agents_of(objects)
    markets = objects.markets(partial(StableSwapDesk, objects.pools))
    for terms in books.collateral:
        terms["lowest_oracle"] = 1.0
    desks = [
        LoanBook(books.collateral[k : k + 1][0], books.positions[books.starts[2 * k] : books.starts[2 * k + 2]])
        for k in range(len(day.terms))
    ]
    liquidator = Liquidator(mesa.Model())
    trade_day_by_agents(markets, [agents[a] for a in day.order], day.rounds, desks, liquidator, prices=loans.prices)
    return day, loans, fills, objects, books, markets


@pytest.mark.parametrize("pools", [1, 2, 3])
@pytest.mark.parametrize("lent", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_a_day_in_python_has_the_bits_of_the_compiled_day(seed: int, lent: bool, pools: int) -> None:
    day = random_day(seed, lrts=3, arbitrageurs=3, rounds=6, pools_per_lrt=pools)
    objects = day.copy()
    loans = random_loans(seed, day) if lent else no_loans(3, 6)
    books = copied(loans)
    compiled, python = (new_fills(3, 3, pools_per_lrt=pools) for _ in range(2))
    for _ in range(2):  # the second day finds what the first has left in the arrays
        trade_day(*day, compiled, loans)
        trade_in_python(
            objects.pools, agents_of(objects), Liquidator(mesa.Model()), objects.order, *objects[4:], python, books
        )
        for name, one, other in zip(compiled._fields, compiled, python, strict=True):
            assert one.tolist() == other.tolist(), name
        for name in ("pools", "arbitrageurs", "holdings"):
            assert getattr(day, name).tolist() == getattr(objects, name).tolist(), name
        assert loans.collateral.tolist() == books.collateral.tolist()
        assert loans.positions.tolist() == books.positions.tolist()


@pytest.mark.parametrize("pools", [1, 2])
@pytest.mark.parametrize("seed", range(60))
def test_the_compiled_liquidations_are_those_of_the_agents(seed, pools):
    day, loans, fills, objects, books, markets = both(seed, pools)
    size = float(max(day.pools["eth"].max(), day.pools["token"].max(), loans.positions["collateral"].max()))
    for field in ("collateral", "free", "seized"):
        assert loans.positions[field] == pytest.approx(books.positions[field], rel=1e-8, abs=1e-9 * size), field
    for field in ("debt", "repaid", "written_off"):
        scale = np.where(loans.positions["asset"] == 1, 2_000.0, 1.0) * size
        assert np.all(np.abs(loans.positions[field] - books.positions[field]) <= 1e-8 * scale), field
    for field in TALLY:
        assert loans.collateral[field] == pytest.approx(books.collateral[field], rel=1e-7, abs=1e-8 * size), field
    for field in ORACLE:
        assert loans.collateral[field] == pytest.approx(books.collateral[field], rel=1e-7), field
    for m, market in enumerate(markets):
        assert fills.pools[m]["close_price"] == pytest.approx(market.price, rel=1e-7)
    assert day.arbitrageurs["eth"] == pytest.approx(objects.arbitrageurs["eth"], rel=1e-8, abs=1e-8 * size)


def test_random_days_contain_every_kind_of_liquidation():
    seen = np.zeros(5)
    for seed in range(60):
        day = random_day(seed, lrts=3, arbitrageurs=3, rounds=6)
        loans = random_loans(seed, day)
        trade_day(*day, new_fills(3, 3), loans)
        done = loans.positions["seized"] > 0.0
        seen += [
            done.any(),
            (done & (loans.positions["asset"] == 1)).any(),
            (loans.positions["written_off"] > 0.0).any(),
            (done & (loans.positions["debt"] > 0.0)).any(),
            ((loans.positions["debt"] > 0.0) & ~done).any(),
        ]
    assert (seen >= 5).all(), seen


# --- one liquidation --------------------------------------------------------------------------------------------------


class Desk:
    """A pool with a linear price: selling a unit moves it by 1 / 1,000."""

    trades, fee, nav, size_eth = True, 0.0, 1.0, 2_000.0

    def __init__(self, price: float) -> None:
        self.price = price

    def salable(self, price: float, worth: float) -> float:
        return min(worth, max(0.0, self.price - price) * 1_000.0)

    def quote_sale(self, worth: float) -> float:
        return worth * (self.price - worth / 2_000.0)

    def sell_worth(self, worth: float) -> float:
        eth = self.quote_sale(worth)
        self.price -= worth / 1_000.0
        return eth


def book(collateral=100.0, debt=90.0, price=0.95, **terms) -> LoanBook:
    record, position = np.zeros(1, COLLATERAL), np.zeros(1, POSITION)
    record["threshold"], record["bonus"], record["close_factor"] = 0.93, 0.05, 0.5
    record["oracle_once"] = record["profitable_only"] = record["interleaved"] = 1
    record["oracle_price"] = price
    for name, value in terms.items():
        record[name] = value
    position["collateral"] = position["free"] = collateral
    position["debt"] = debt
    return LoanBook(record[0], position)


def test_a_safe_loan_is_left_alone():
    loans = book(debt=80.0)
    assert not Liquidator(mesa.Model()).step([Desk(0.95)], loans, lambda: None)
    assert loans.positions["seized"][0] == 0.0


def test_the_close_factor_bounds_what_is_repaid():
    loans = book()
    assert Liquidator(mesa.Model()).step([Desk(1.0)], loans, lambda: None)
    assert loans.positions["repaid"][0] == pytest.approx(45.0)
    assert loans.positions["seized"][0] == pytest.approx(45.0 * 1.05 / 0.95)


def test_nobody_liquidates_at_a_loss():
    loans = book()
    assert not Liquidator(mesa.Model()).step([Desk(0.90)], loans, lambda: None)  # 0.95 / 1.05 = 0.9048
    assert loans.positions["debt"][0] == 90.0


def test_who_must_not_profit_liquidates_at_any_price():
    loans = book(profitable_only=0)
    assert Liquidator(mesa.Model()).step([Desk(0.5)], loans, lambda: None)
    sold = float(loans.positions["seized"][0])
    assert loans.positions["repaid"][0] <= sold * 0.5, "no more is repaid than the sale brought"


def test_the_last_unit_still_pays():
    loans, desk = book(), Desk(0.92)
    assert Liquidator(mesa.Model()).step([desk], loans, lambda: None)
    assert desk.price == pytest.approx(0.95 / 1.05)


def test_gas_must_be_covered():
    assert not Liquidator(mesa.Model()).step([Desk(0.92)], book(gas_eth=1.0), lambda: None)


def test_arbitrage_comes_between_two_liquidations():
    calls = []
    Liquidator(mesa.Model()).step([Desk(1.0)], book(), lambda: calls.append(1))
    Liquidator(mesa.Model()).step([Desk(1.0)], book(interleaved=0), lambda: calls.append(2))
    assert calls == [1]


def test_collateral_that_is_gone_leaves_bad_debt():
    loans = book(collateral=100.0, debt=120.0, price=1.0, close_factor=1.0, profitable_only=0)
    assert Liquidator(mesa.Model()).step([Desk(1.0)], loans, lambda: None)
    position = loans.positions[0]
    assert position["collateral"] == 0.0
    assert position["debt"] == 0.0
    assert position["repaid"] + position["written_off"] == pytest.approx(120.0)
