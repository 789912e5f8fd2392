"""Loans: rates, interest, seizure, and books of lenders that always balance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model.kernels import books, debts
from restaking.model.kernels import lending as kernel
from restaking.model.ledger import LedgerError, check_borrowers, check_lenders
from restaking.model.state import (
    COLLATERAL,
    ETH_LOAN,
    INTENTION,
    LENDER,
    MEAN,
    NAV,
    NOBODY,
    ORDER,
    POSITION,
    SPOT,
    STABLE_LOAN,
    TWAP,
)
from tests.model.kernels.small_world import ALPHA, BETA, STAKERS, empty_world, eth_due, restake, total_eth


def test_the_rate_has_a_kink() -> None:
    rates = [debts.borrow_rate(u, 0.01, 0.03, 0.6, 0.9) for u in (0.0, 0.45, 0.9, 0.95, 1.0)]
    assert rates == pytest.approx([0.01, 0.025, 0.04, 0.34, 0.64])


def test_health_and_the_price_where_it_ends() -> None:
    assert debts.health_factor(100.0, 90.0, 1.0, 0.93) == pytest.approx(93.0 / 90.0)
    critical = debts.critical_price(100.0, 90.0, 0.93)
    assert debts.health_factor(100.0, 90.0, critical, 0.93) == pytest.approx(1.0)
    assert math.isinf(debts.health_factor(1.0, 0.0, 1.0, 0.9))
    assert debts.critical_price(1.0, 0.0, 0.9) == 0.0
    assert math.isinf(debts.critical_price(0.0, 1.0, 0.9))


@given(
    collateral=st.floats(0.0, 1e6),
    debt=st.floats(0.0, 1e6),
    price=st.floats(0.01, 1.5),
    close=st.floats(0.05, 1.0),
    bonus=st.floats(0.0, 0.3),
)
def test_a_seizure_takes_no_more_than_there_is_and_pays_the_bonus(collateral, debt, price, close, bonus) -> None:
    repaid, taken = debts.seizure(collateral, debt, price, close, bonus)
    assert 0.0 <= taken <= collateral * (1.0 + 1e-12)
    assert repaid <= close * debt * (1.0 + 1e-9)
    assert taken * price == pytest.approx(repaid * (1.0 + bonus), rel=1e-9, abs=1e-9)


def test_oracles() -> None:
    terms = np.zeros(1, COLLATERAL)[0]
    terms["slow_price"], terms["oracle_weight"] = 0.98, 0.25
    said = []
    for mode in (SPOT, TWAP, MEAN, NAV):
        terms["oracle"] = mode
        said.append(debts.read_oracle(terms, 0.9, 0.98))
    assert said == pytest.approx([0.9, 0.98, 0.96, 1.0])


def test_interest_goes_to_lenders_and_reserves() -> None:
    lender = np.zeros(1, LENDER)[0]
    lender["cash"], lender["claims"], lender["debt_shares"], lender["index"] = 100.0, 1_000.0, 900.0, 1.0
    lender["price"], lender["reserve_factor"], lender["borrow_apr"] = 1.0, 0.1, 0.365
    debts.accrue_interest(lender)
    assert lender["index"] == pytest.approx(1.001)
    assert lender["claims"] == pytest.approx(1_000.81)
    assert lender["reserves"] == pytest.approx(0.09)


# --- sequences of operations ------------------------------------------------------------------------------------------


def lending_world():
    world = empty_world()
    world.lenders["index"], world.lenders["price"] = 1.0, (1.0, 2_000.0)
    world.lenders["cash"] = world.lenders["claims"] = (5_000.0, 4e6)
    world.lenders["slope_1"], world.lenders["slope_2"], world.lenders["optimal"] = 0.03, 0.7, 0.9
    world.lenders["reserve_factor"] = 0.1
    world.accounts["outside_in"] += 5_000.0
    world.debt_asset[:] = np.arange(STAKERS) % 2
    for row in range(STAKERS):
        restake(world, row, ALPHA, 100.0 * (row + 1))
    return world


def collateral(count: int) -> np.ndarray:
    terms = np.zeros(count, COLLATERAL)
    terms["ltv"], terms["threshold"], terms["bonus"], terms["close_factor"] = 0.9, 0.93, 0.05, 0.5
    terms["ltv_stable"], terms["threshold_stable"] = 0.7, 0.75
    terms["oracle_price"] = terms["slow_price"] = 1.0
    terms["cap_eth"] = np.inf
    return terms


KEY = np.uint64(7)


def wish(*loops: tuple[int, float]) -> np.ndarray:
    out = np.zeros(max(len(loops), 1), INTENTION)
    for record, (row, leverage) in zip(out, loops, strict=False):
        record["row"], record["target"], record["leverage"], record["limit"] = row, ALPHA, leverage, 10.0
    return out


def borrow(world, *loops: tuple[int, float], terms=None) -> float:
    terms = collateral(2) if terms is None else terms
    return kernel.borrow(world, wish(*loops), len(loops), terms, np.zeros(2), ALPHA, 3, np.zeros(STAKERS), KEY)


def balances(world) -> None:
    check_lenders(world, 0)
    check_borrowers(world, 0)
    eth = total_eth(world, float(world.lenders["cash"][ETH_LOAN]), float(world.accounts["liquidators"][0]))
    assert eth == pytest.approx(eth_due(world), rel=1e-12)
    assert (world.debt_shares >= 0.0).all()
    assert (world.stakers["satellite_shares"] >= 0.0).all()


def test_one_loan_makes_the_wanted_leverage() -> None:
    world = lending_world()
    assert borrow(world, (0, 4.0)) == pytest.approx(300.0)
    assert world.stakers["satellite_shares"][0] == pytest.approx(400.0)
    assert debts.owed_eth(world, 0) == pytest.approx(300.0)
    balances(world)


def test_no_loan_exceeds_the_loan_to_value() -> None:
    world = lending_world()
    borrow(world, (0, 50.0))
    assert debts.owed_eth(world, 0) == pytest.approx(0.9 * world.stakers["satellite_shares"][0])


@pytest.mark.parametrize(
    ("asset", "owed", "leverage", "loan"),
    [
        (ETH_LOAN, 0.0, 2.0, 100.0),  # equity 100, collateral 200
        (ETH_LOAN, 0.0, 9.0, 400.0),  # no more than 0.8 of 500: the new token is collateral as well
        (ETH_LOAN, 50.0, 9.0, 150.0),  # 200 of 250
        (ETH_LOAN, 50.0, 3.0, 50.0),  # equity 50, collateral 150
        (STABLE_LOAN, 0.0, 9.0, 100.0),  # 0.5 of 200
        (ETH_LOAN, 90.0, 9.0, -50.0),  # what is owed is above the loan to value already
        (ETH_LOAN, 50.0, 1.5, -25.0),  # it wants to owe less
    ],
)
def test_a_loan_is_the_leverage_that_is_wanted_within_the_loan_to_value(asset, owed, leverage, loan) -> None:
    terms = collateral(1)[0]
    terms["ltv"], terms["ltv_stable"] = 0.8, 0.5
    assert kernel.loan_wanted(terms, 100.0, owed, asset, leverage) == pytest.approx(loan)
    if loan > 0.0:
        ltv = (owed + loan) / (100.0 + loan)
        assert ltv <= (0.8 if asset == ETH_LOAN else 0.5) + 1e-12


def test_the_loan_to_value_is_of_what_the_oracle_says_but_never_above_nav() -> None:
    terms = collateral(1)[0]
    terms["ltv"], terms["oracle_price"] = 0.8, 0.75
    assert kernel.loan_wanted(terms, 100.0, 0.0, ETH_LOAN, 9.0) == pytest.approx(150.0)  # 0.6 of 250
    terms["oracle_price"] = 1.5
    assert kernel.loan_wanted(terms, 100.0, 0.0, ETH_LOAN, 9.0) == pytest.approx(400.0)


def test_cash_is_rationed_pro_rata() -> None:
    world = lending_world()
    lent = borrow(world, (4, 5.0), (6, 5.0), (8, 5.0))  # wants 2000 + 2800 + 3600
    assert lent == pytest.approx(5_000.0)
    owed = [debts.owed_eth(world, row) for row in (4, 6, 8)]
    assert owed == pytest.approx([5_000.0 * part / 8_400.0 for part in (2_000.0, 2_800.0, 3_600.0)])
    assert world.lenders["cash"][ETH_LOAN] == pytest.approx(0.0, abs=1e-9)
    balances(world)


def test_who_earns_less_than_the_rate_stays_away() -> None:
    """The curve asks 3 % at the kink and 73 % when everything is lent."""
    world = lending_world()
    loops = wish((4, 5.0), (6, 5.0), (8, 5.0))  # wants 2000 + 2800 + 3600 of 5000
    loops["limit"] = (0.025, 0.2, 0.3)
    lent = kernel.borrow(world, loops, 3, collateral(2), np.zeros(2), ALPHA, 3, np.zeros(STAKERS), KEY)
    assert debts.owed_eth(world, 4) == 0.0
    debts.quote_rates(world.lenders[ETH_LOAN])
    assert world.lenders["borrow_apr"][ETH_LOAN] == pytest.approx(0.2, abs=1e-6), "the second makes the rate"
    assert lent == pytest.approx(5_000.0 * (0.9 + 0.1 * (0.2 - 0.03) / 0.7), rel=1e-6)
    assert debts.owed_eth(world, 6) / debts.owed_eth(world, 8) == pytest.approx(2_800.0 / 3_600.0)
    balances(world)


def test_a_cap_counts_all_that_a_first_loan_posts_and_what_is_not_listed_gets_nothing() -> None:
    world, terms = lending_world(), collateral(2)
    terms["cap_eth"] = 60.0
    assert borrow(world, (0, 4.0), (2, 4.0), terms=terms) == 0.0, "one holds 100 already, the other 300"
    terms["cap_eth"] = 500.0
    assert borrow(world, (0, 4.0), (2, 4.0), terms=terms) == pytest.approx(300.0), "the first posts 400"
    assert debts.owed_eth(world, 2) == 0.0
    terms["ltv"] = 0.0
    assert borrow(world, (4, 4.0), terms=terms) == 0.0
    balances(world)


def test_room_under_a_cap_goes_to_who_comes_first() -> None:
    first = []
    for day in range(20):
        world, terms = lending_world(), collateral(2)
        terms["cap_eth"] = 1_000.0  # either posts 900, which is room for one of them
        terms["ltv"] = 0.95
        loops = wish((0, 9.0), (2, 3.0))
        lent = kernel.borrow(world, loops, 2, terms, np.zeros(2), ALPHA, day, np.zeros(STAKERS), KEY)
        owed = [debts.owed_eth(world, row) for row in (0, 2)]
        assert lent == pytest.approx(sum(owed))
        assert sorted(owed) in (pytest.approx([0.0, 800.0]), pytest.approx([0.0, 600.0]))
        first.append(owed[0] > 0.0)
        balances(world)
    assert 3 < sum(first) < 17


def test_who_has_a_loan_gets_what_room_is_left() -> None:
    world, terms = lending_world(), collateral(2)
    terms["cap_eth"] = 1_000.0
    assert borrow(world, (2, 3.0), terms=terms) == pytest.approx(600.0)
    posted = np.array([900.0, 0.0])
    loops = wish((2, 5.0))  # 600 more, of which 100 fit
    assert kernel.borrow(world, loops, 1, terms, posted, ALPHA, 3, np.zeros(STAKERS), KEY) == pytest.approx(100.0)
    balances(world)


def test_a_stablecoin_loan_buys_eth_outside() -> None:
    world = lending_world()
    before = world.accounts["outside_in"][0]
    assert borrow(world, (1, 1.5)) == pytest.approx(100.0)
    assert world.accounts["outside_in"][0] - before == pytest.approx(100.0)
    assert world.lenders["cash"][STABLE_LOAN] == pytest.approx(4e6 - 200_000.0)
    world.lenders["price"][STABLE_LOAN] = 1_000.0
    assert debts.owed_eth(world, 1) == pytest.approx(200.0), "a fall of ETH makes dollars heavier"
    balances(world)


def test_repaying_more_than_the_loan_leaves_the_rest() -> None:
    world = lending_world()
    borrow(world, (0, 2.0))
    world.accounts["outside_in"] += 150.0
    left = debts.repay(world, 0, 150.0)
    assert left == pytest.approx(50.0)
    assert world.debt_shares[0] == 0.0


STEP = st.one_of(
    st.tuples(st.just("borrow"), st.integers(0, STAKERS - 1), st.floats(1.01, 12.0)),
    st.tuples(st.just("repay"), st.integers(0, STAKERS - 1), st.floats(0.0, 1_500.0)),
    st.tuples(st.just("seize"), st.integers(0, STAKERS - 1), st.floats(0.3, 1.0)),
    st.tuples(st.just("seize and repay"), st.integers(0, STAKERS - 1), st.floats(0.3, 1.0)),
    st.tuples(st.just("price"), st.just(0), st.floats(500.0, 5_000.0)),
    st.tuples(st.just("day"), st.integers(1, 30), st.just(0.0)),
    st.tuples(st.just("slash"), st.just(0), st.floats(0.0, 0.5)),
)


@given(steps=st.lists(STEP, max_size=25))
@settings(max_examples=120, deadline=None)
def test_no_sequence_of_operations_creates_or_loses_eth(steps) -> None:
    world, terms = lending_world(), collateral(2)
    for kind, number, amount in steps:
        if kind == "borrow":
            borrow(world, (number, amount), terms=terms)
        elif kind == "repay":
            world.accounts["outside_in"] += amount  # somebody brings ETH, and takes back what is left of it
            world.accounts["outside_out"] += debts.repay(world, number, amount)
        elif kind == "seize":
            seize(world, terms[0], number, amount)
        elif kind == "seize and repay":
            seize(world, terms[0], number, amount, paid_eth=500.0 * amount)
        elif kind == "price":
            world.lenders["price"][STABLE_LOAN] = amount
        elif kind == "day":
            for lender in world.lenders:
                debts.quote_rates(lender)
                for _ in range(number):
                    debts.accrue_interest(lender)
        else:
            from restaking.model.kernels import books as move

            move.lose(world, ALPHA, amount * float(world.books["validators"][ALPHA]), 3, 1)
        kernel.close_orphans(world)
        balances(world)


@pytest.mark.parametrize("row", [0, 1])
def test_who_pays_on_the_day_of_a_liquidation_pays_once(row: int) -> None:
    """A borrower's own sale repays the loan that a liquidator has also repaid: what is too much is the borrower's."""
    world, terms = lending_world(), collateral(2)
    borrow(world, (row, 3.0), terms=terms)
    owed, cash = debts.owed_eth(world, row), world.lenders["cash"].copy()
    core = float(world.stakers["core_shares"][row])
    seize(world, terms[0], row, 0.9, paid_eth=0.8 * owed)
    assert world.debt_shares[row] == 0.0
    asset = int(world.debt_asset[row])
    paid = (world.lenders["cash"][asset] - cash[asset]) / world.lenders["price"][asset]
    assert paid == pytest.approx(owed)
    assert float(world.stakers["core_shares"][row]) - core == pytest.approx(0.3 * owed)  # half of it was liquidated
    balances(world)


def seize(world, terms, row: int, price: float, paid_eth: float = 0.0) -> None:
    """Liquidate one staker at an oracle price; outsiders buy the collateral at that price.

    ``paid_eth``: ETH that outsiders give towards the same loan before the liquidation is booked.
    """
    count = kernel.count_loans(world)
    if count == 0 or world.debt_shares[row] <= 0.0:
        return
    from restaking.model.state import POSITION

    positions, starts = np.zeros(count, POSITION), np.zeros(5, np.int64)
    kernel.list_positions(world, ALPHA, positions, starts)
    position = positions[np.flatnonzero(positions["row"] == row)[0]]
    nav, lender = float(world.venues["nav"][ALPHA]), world.lenders[world.debt_asset[row]]
    worth, debt = position["collateral"] * nav, position["debt"] / lender["price"]
    repaid, taken = debts.seizure(worth, debt, price, terms["close_factor"], terms["bonus"])
    position["seized"], position["repaid"] = taken / nav, repaid * lender["price"]
    if taken >= worth * (1.0 - 1e-12):
        position["written_off"] = position["debt"] - position["repaid"]
    world.books["shares"][ALPHA] -= taken / nav  # the buyer redeems at once
    from_validators = min(taken, float(world.books["validators"][ALPHA]))
    world.books["validators"][ALPHA] -= from_validators
    world.books["buffer"][ALPHA] -= taken - from_validators
    world.accounts["outside_out"] += taken
    world.accounts["outside_in"] += repaid
    if world.debt_asset[row] == STABLE_LOAN:
        world.accounts["outside_out"] += repaid
    world.accounts["outside_in"] += paid_eth
    world.accounts["outside_out"] += debts.repay(world, row, paid_eth)
    kernel.book_liquidations(world, positions, count, 3)


def test_a_trace_of_a_loan_does_not_outlive_its_collateral() -> None:
    world = lending_world()
    world.venues["threshold"], world.venues["oracle_price"] = 0.9, 1.0
    assert borrow(world, (0, 4.0)) == pytest.approx(300.0)
    before = world.debt_shares[0]
    world.debt_shares[0] = 1e-117
    world.lenders["debt_shares"][ETH_LOAN] -= before - 1e-117
    world.lenders["cash"][ETH_LOAN] += before
    leaving = np.zeros(1, INTENTION)
    leaving["row"], leaving["target"], leaving["share"] = 0, BETA, 1.0
    books.carry_out(world, leaving, 1, 4, np.zeros(STAKERS, ORDER), 0)  # all shares are free to go, and all go
    assert world.stakers["satellite"][0] == NOBODY and world.debt_shares[0] > 0.0
    assert kernel.count_loans(world) == 0
    positions, starts = np.zeros(1, POSITION), np.zeros(5, np.int64)
    kernel.list_positions(world, ALPHA, positions, starts)
    assert starts.tolist() == [0, 0, 0, 0, 0]
    assert kernel.close_orphans(world) == pytest.approx(1e-117)
    assert world.debt_shares[0] == 0.0


def test_nobody_borrows_next_to_nothing() -> None:
    world = lending_world()
    world.lenders["cash"][ETH_LOAN] = world.lenders["claims"][ETH_LOAN] = 1e-9
    assert borrow(world, (0, 4.0)) == 0.0
    assert world.debt_shares[0] == 0.0


# --- who has a loan ---------------------------------------------------------------------------------------------------


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["lend", "repay", "look"]), st.integers(0, STAKERS - 1)), min_size=1, max_size=40
    )
)
@settings(max_examples=200, deadline=None)
def test_the_list_of_borrowers_is_who_owes_in_row_order(steps) -> None:
    shares = np.zeros(STAKERS)
    borrowers, listed = np.zeros(2 * STAKERS, np.int32), np.zeros(2, np.int64)
    for kind, row in [*steps, ("look", 0)]:
        if kind == "lend" and listed[1] < borrowers.size:  # a row may repay and borrow again before anybody looks
            if shares[row] == 0.0:
                debts.enlist(borrowers, listed, row)
            shares[row] += 1.0
        elif kind == "repay":
            shares[row] = 0.0
        elif kind == "look":
            assert debts.rows_with_loans(borrowers, listed, shares).tolist() == np.flatnonzero(shares).tolist()


def test_a_debt_that_is_not_listed_breaks_the_ledger() -> None:
    world = lending_world()
    borrow(world, (0, 2.0), (4, 2.0))
    check_borrowers(world, 3)
    world.debt_shares[3] = 1e-9
    with pytest.raises(LedgerError, match=r"day 3: 3 stakers owe, 2 are listed; staker 3 is not both"):
        check_borrowers(world, 3)


@pytest.mark.parametrize("row", [0, 1])
def test_every_way_out_of_debt_leads_off_the_list(row: int) -> None:
    """Repaid by its owner, repaid and written off by a liquidation, and written off when the collateral is gone."""
    for way in ("repay", "seize", "orphan"):
        world, terms = lending_world(), collateral(2)
        borrow(world, (row, 3.0), (row + 4, 2.0), terms=terms)
        if way == "repay":
            world.accounts["outside_in"] += 1e4
            world.accounts["outside_out"] += debts.repay(world, row, 1e4)
        elif way == "seize":
            terms["close_factor"] = 1.0
            seize(world, terms[0], row, 0.3)  # all collateral goes and is not enough: the rest is written off
            assert world.lenders["bad_debt"][row] > 0.0
        else:
            lost = float(world.stakers["satellite_shares"][row])
            books.give_up(world, row, lost, 3)
            world.books["shares"][ALPHA] -= lost
            assert kernel.close_orphans(world) > 0.0
        assert world.debt_shares[row] == 0.0
        assert debts.rows_with_loans(world.borrowers, world.listed, world.debt_shares).tolist() == [row + 4]
        check_borrowers(world, 3)


# --- who comes first in a liquidation ---------------------------------------------------------------------------------


@given(
    loans=st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 2.0, 4.0]), st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])), max_size=30
    ),
    rounds=st.lists(st.tuples(st.integers(0, 10), st.floats(0.3, 1.0), st.floats(0.0, 1.0)), max_size=6),
)
@settings(max_examples=500, deadline=None)
def test_a_heap_gives_loans_in_the_order_of_a_stable_sort(loans, rounds) -> None:
    """Down to a bar that falls from round to round, also after some have changed; loans of others stay where they are.

    A round looks at some loans, then the bar falls, then it looks at some more; those that it has looked at change.
    """
    start, stop = 2, 2 + len(loans)
    held, owed = np.ones(stop + 3), np.full(stop + 3, 9.0)
    held[start:stop], owed[start:stop] = [loan[0] for loan in loans], [loan[1] for loan in loans]
    risks = np.array([debts.risk(h, d) for h, d in zip(held, owed, strict=True)])
    order = np.arange(held.size)
    heaped, bar = 0, math.inf
    for looks, fall, part in [*rounds, (len(loans), 0.0, 1.0)]:
        before, ranked, taken = risks.copy(), set(order[start : start + heaped].tolist()), []
        for lower in (False, True):
            if lower:
                bar = min(bar, 4.0) * fall
                heaped, rest = debts.admit(order, risks, start, stop, heaped, len(taken), bar)
                outside = [n for n in range(start, stop) if n not in ranked and before[n] < bar]
                assert rest == max(before[outside], default=0.0)
                ranked = set(range(start, stop)) - set(outside)
            for _ in range(min(looks, heaped)):
                taken.append(int(order[start]))
                debts.take_riskiest(order, risks, start, heaped)
                heaped -= 1
            if not lower:
                first = len(taken)
        in_order = [start + int(n) for n in np.argsort(-before[start:stop], kind="stable") if start + int(n) in ranked]
        left = [n for n in in_order if n not in taken[:first]]
        assert taken[first:] == left[: len(taken) - first]
        assert order[:start].tolist() == [0, 1] and order[stop:].tolist() == [stop, stop + 1, stop + 2]
        assert sorted(order[start:stop].tolist()) == list(range(start, stop))
        for loan in taken:
            owed[loan] *= part
            risks[loan] = debts.risk(held[loan], owed[loan])
        for _ in taken:
            debts.put_back(order, risks, start, heaped)
            heaped += 1


def test_risk_is_debt_over_collateral() -> None:
    assert debts.risk(4.0, 3.0) == 0.75
    assert debts.risk(4.0, 0.0) == 0.0 and debts.risk(0.0, 0.0) == 0.0
    assert debts.risk(0.0, 1.0) == math.inf
