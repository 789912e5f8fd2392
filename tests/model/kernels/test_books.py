"""Balance sheets: every move by hand, and what no sequence of moves may break."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model import ledger
from restaking.model.exchange import Exchange
from restaking.model.kernels import books as move
from restaking.model.kernels.books import World
from restaking.model.kernels.trading import DISCOUNT_BUCKETS
from restaking.model.state import FIRST_LST, IDLE, INTENTION, NOBODY, SOLO
from tests.model.kernels.small_world import (
    ALPHA,
    BETA,
    BIG,
    LST_RESTAKING,
    NATIVE,
    SMALL,
    STAKERS,
    arbitrageurs_eth,
    check_books,
    drawn_world,
    empty_world,
    endow,
    equity,
    eth_due,
    intend,
    new_orders,
    pay,
    restake,
    small_scenario,
    total_eth,
)

COEFFICIENT, MEV = 166.3232, 0.008


@pytest.fixture
def world() -> World:
    """A fresh empty world."""
    return empty_world()


def carry_out(world: World, day: int = 0, **intention: float) -> np.ndarray:
    """Carry out one intention; returns the orders it filed."""
    orders = new_orders()
    filed = move.carry_out(world, intend(**intention), 1, day, orders, 0)  # type: ignore[arg-type]
    return orders[:filed]


def queue(world: World, route: int) -> list[int]:
    """Rows that wait in a queue, in order."""
    rows, row = [], int(world.queue_ends[route, 0])
    while row >= 0:
        rows.append(row)
        row = int(world.queue_next[row])
    return rows


# --- single moves -----------------------------------------------------------------------------------------------------


def test_mint_gives_shares_at_nav(world: World) -> None:
    world.venues["nav"][NATIVE] = 1.25
    assert move.mint(world, NATIVE, 10.0) == 8.0
    book = world.books[NATIVE]
    assert (book["shares"], book["buffer"], book["minted"]) == (8.0, 10.0, 10.0)
    assert equity(world)[NATIVE] == 1.25 * book["shares"]


def test_request_burns_shares_and_owes_their_nav(world: World) -> None:
    world.venues["nav"][NATIVE] = 1.25
    restake(world, 0, NATIVE, 100.0)
    assert move.request(world, NATIVE, 8.0, 3) == 10.0
    book = world.books[NATIVE]
    assert (book["shares"], book["claims"], book["redeemed"]) == (72.0, 10.0, 10.0)
    assert world.claims_due[NATIVE, 3] == 10.0
    assert book["validators"] == 100.0  # nothing is paid yet
    assert equity(world)[NATIVE] == 1.25 * book["shares"]


def test_redeeming_at_once_pays_nav_less_the_fee_which_those_who_stay_keep(world: World) -> None:
    world.venues["nav"][ALPHA] = 1.25
    restake(world, 0, ALPHA, 100.0)  # 80 shares
    world.books["validators"][ALPHA] -= 20.0
    world.books["buffer"][ALPHA] += 20.0
    assert move.redeem_at_once(world, ALPHA, 8.0, 0.25) == 7.5
    book = world.books[ALPHA]
    assert (book["shares"], book["buffer"], book["claims"], book["redeemed"]) == (72.0, 12.5, 0.0, 10.0)
    move.revalue(world, ALPHA)
    assert world.venues["nav"][ALPHA] == pytest.approx(92.5 / 72.0)
    assert move.redeem_at_once(world, BETA, 0.0, 0.25) == 0.0


@given(
    nav=st.floats(0.2, 5.0),
    held=st.floats(1.0, 1e6),
    deposits=st.lists(st.floats(1e-6, 1e5), max_size=5),
    parts=st.lists(st.floats(0.0, 1.0), max_size=5),
)
@settings(max_examples=40)
def test_minting_and_requesting_leave_nav_alone(
    nav: float, held: float, deposits: list[float], parts: list[float]
) -> None:
    world = empty_world()
    world.venues["nav"][ALPHA] = nav
    restake(world, 0, ALPHA, held)
    for eth in deposits:
        move.mint(world, ALPHA, eth)
    for part in parts:
        move.request(world, ALPHA, part * 0.9 * world.books["shares"][ALPHA], 0)
    move.revalue(world, ALPHA)
    assert world.venues["nav"][ALPHA] == pytest.approx(nav, rel=1e-9)


def test_a_venue_without_shares_keeps_its_nav(world: World) -> None:
    world.venues["nav"][NATIVE] = 1.1
    world.books["buffer"][NATIVE] = 5.0
    move.revalue(world, NATIVE)
    assert world.venues["nav"][NATIVE] == 1.1


def test_room_under_a_deposit_cap(world: World) -> None:
    world.venues["nav"][ALPHA] = 2.0
    restake(world, 0, ALPHA, 60.0)
    assert move.room(world, ALPHA) == math.inf
    world.books["deposit_cap"][ALPHA] = 100.0
    assert move.room(world, ALPHA) == 40.0
    world.books["deposit_cap"][ALPHA] = 50.0
    assert move.room(world, ALPHA) == 0.0


def test_lsts_change_hands_in_kind_at_both_navs(world: World) -> None:
    world.venues["nav"][BIG], world.venues["nav"][ALPHA] = 1.5, 2.0
    endow(world, 0, BIG, 300.0)
    supply = world.books["shares"][BIG]
    move.deposit_lst(world, 0, ALPHA, 40.0, 0)
    staker = world.stakers[0]
    assert (staker["core_shares"], staker["satellite"], staker["satellite_shares"]) == (160.0, ALPHA, 30.0)
    assert world.lst_holdings[ALPHA, BIG - FIRST_LST] == 40.0
    assert world.books["shares"][BIG] == supply  # the LST only has another owner
    assert world.books["minted"][ALPHA] == 60.0
    check_books(world, 300.0)


# --- points and exposure ----------------------------------------------------------------------------------------------


def test_points_are_shares_times_what_the_index_gained(world: World) -> None:
    restake(world, 0, ALPHA, 10.0)
    world.own_path[ALPHA, 1:] = 2.0 * np.arange(1, world.own_path.shape[1])
    world.layer_path[ALPHA, 1:] = np.arange(1, world.layer_path.shape[1])
    move.settle(world, 0, 4)  # days 0 to 4
    assert world.points[0].tolist() == [100.0, 0.0, 50.0]
    assert world.stakers["exposure"][0] == 5.0
    move.settle(world, 0, 4)  # again: nothing new
    assert world.points[0].tolist() == [100.0, 0.0, 50.0]
    move.hold(world, 0, ALPHA, 10.0, 5)  # one more day with ten shares, twenty from then on
    move.give_up(world, 0, 20.0, 6)
    assert world.points[0].tolist() == [100.0 + 20.0 + 40.0, 0.0, 50.0 + 10.0 + 20.0]
    assert world.stakers["satellite"][0] == NOBODY


def test_settling_in_parts_is_settling_at_once() -> None:
    totals = []
    for stops in ((9,), (0, 3, 4, 9), range(10)):
        world = empty_world()
        restake(world, 0, NATIVE, 7.0)
        restake(world, 1, BETA, 11.0)
        growth = np.random.default_rng(3).random((2, world.own_path.shape[1]))
        world.own_path[BETA], world.layer_path[NATIVE] = growth.cumsum(axis=1)
        for day in stops:
            move.settle_all(world, day)
        totals.append(world.points.copy())
        assert (world.stakers["exposure"][:2] == 10.0).all() and (world.stakers["exposure"][2:] == 0.0).all()
    np.testing.assert_allclose(totals[1:], [totals[0]] * 2, rtol=1e-12)
    assert totals[0][0, -1] > 0.0 and totals[0][0, :-1].sum() == 0.0  # native restaking earns the layer's points only


# --- a day's intentions -----------------------------------------------------------------------------------------------


def test_idle_eth_for_an_lrt_becomes_an_order_and_stays_the_stakers(world: World) -> None:
    endow(world, 0, IDLE, 100.0)
    (order,) = carry_out(world, row=0, target=ALPHA, share=0.3)
    assert (order["row"], order["bucket"], order["venue"], order["amount"]) == (0, -1, ALPHA, 30.0)
    assert world.stakers["core_shares"][0] == 70.0
    assert world.accounts["stakers"][0] == 100.0
    assert world.books["shares"][ALPHA] == 0.0


def test_idle_eth_enters_native_restaking_at_once(world: World) -> None:
    endow(world, 0, IDLE, 100.0)
    world.venues["nav"][NATIVE] = 1.25
    assert carry_out(world, row=0, target=NATIVE, share=0.5).size == 0
    assert world.stakers["satellite_shares"][0] == 40.0
    assert world.books["buffer"][NATIVE] == 50.0 and world.accounts["stakers"][0] == 50.0
    check_books(world, 100.0)


def test_idle_eth_enters_a_venue_that_takes_only_lsts_through_one(world: World) -> None:
    endow(world, 0, IDLE, 100.0)
    world.venues["nav"][SMALL] = 1.25
    carry_out(world, row=0, target=BETA, share=1.0)
    assert world.lst_holdings[BETA].tolist() == [0.0, 80.0]
    assert world.books["buffer"][SMALL] == 100.0 and world.books["buffer"][BETA] == 0.0
    assert world.stakers["satellite_shares"][0] == 100.0
    check_books(world, 100.0)


def test_an_lst_moves_in_kind_up_to_the_cap(world: World) -> None:
    endow(world, 0, BIG, 100.0)
    world.books["deposit_cap"][LST_RESTAKING] = 20.0
    carry_out(world, row=0, target=LST_RESTAKING, share=0.5)
    assert world.stakers["satellite_shares"][0] == 20.0 and world.stakers["core_shares"][0] == 80.0
    carry_out(world, row=0, target=LST_RESTAKING, share=0.5)
    assert world.stakers["satellite_shares"][0] == 20.0
    check_books(world, 100.0)


def test_an_lst_that_is_not_taken_is_redeemed_first(world: World) -> None:
    endow(world, 0, SMALL, 100.0)
    carry_out(world, row=0, target=ALPHA, share=0.25, day=2)
    staker = world.stakers[0]
    assert (staker["pending_route"], staker["pending_target"], staker["pending_day"]) == (SMALL, ALPHA, 2)
    assert staker["pending_amount"] == world.claims_due[SMALL, 2] == 25.0
    world.books["buffer"][SMALL] = 25.0
    world.books["validators"][SMALL] -= 25.0
    (order,) = pay(world, 2 + int(world.books["cooldown_days"][SMALL]))
    assert (order["venue"], order["amount"]) == (ALPHA, 25.0)
    check_books(world, 100.0)


def test_a_closed_door_lets_nobody_in(world: World) -> None:
    endow(world, 0, IDLE, 100.0)
    world.venues["deposit_open"][ALPHA] = 0
    before = world.stakers.copy()
    assert carry_out(world, row=0, target=ALPHA, share=0.5).size == 0
    assert (world.stakers == before).all()


@pytest.mark.parametrize("core", [IDLE, SOLO, BIG])
def test_money_that_arrives_at_a_closed_door_goes_back_to_the_core(world: World, core: int) -> None:
    endow(world, 0, core, 50.0)
    restake(world, 0, NATIVE, 100.0)
    carry_out(world, row=0, target=ALPHA, share=0.5)
    assert world.stakers["pending_target"][0] == ALPHA and world.stakers["satellite"][0] == NOBODY
    world.venues["deposit_open"][ALPHA] = 0
    world.books["buffer"][NATIVE], world.books["validators"][NATIVE] = 100.0, 0.0
    assert pay(world, 1).size == 0
    assert world.stakers["core_shares"][0] == 150.0
    assert world.accounts["claims_paid"][0] == 0.0
    check_books(world, 150.0)


def test_resizing_goes_to_the_wanted_share_of_wealth(world: World) -> None:
    endow(world, 0, IDLE, 60.0)
    restake(world, 0, NATIVE, 40.0)
    carry_out(world, row=0, target=NATIVE, share=0.7)
    assert world.stakers["satellite_shares"][0] == pytest.approx(70.0) and world.accounts["stakers"][0] == 30.0
    carry_out(world, row=0, target=NATIVE, share=0.1)
    assert world.stakers["satellite_shares"][0] == pytest.approx(10.0)
    assert world.stakers["pending_amount"][0] == pytest.approx(60.0)
    check_books(world, 100.0)


def test_a_sale_is_offered_in_the_bucket_of_its_limit_and_keeps_its_shares(world: World) -> None:
    restake(world, 0, ALPHA, 100.0)
    (order,) = carry_out(world, row=0, target=NATIVE, share=0.5, sell=1, limit=0.021)
    assert DISCOUNT_BUCKETS[order["bucket"]] == 0.02  # never deeper than allowed
    assert (order["venue"], order["target"], order["amount"]) == (ALPHA, NATIVE, 100.0)
    assert world.stakers["satellite_shares"][0] == 100.0 and world.books["shares"][ALPHA] == 100.0


def test_what_has_no_market_is_redeemed_even_by_those_who_would_sell(world: World) -> None:
    restake(world, 0, LST_RESTAKING, 100.0)
    assert carry_out(world, row=0, sell=1, limit=0.5).size == 0
    assert world.stakers["pending_route"][0] == LST_RESTAKING and world.books["claims"][LST_RESTAKING] == 100.0


# --- claims -----------------------------------------------------------------------------------------------------------


def test_claims_are_paid_in_order_as_money_arrives_and_pro_rata_within_a_day(world: World) -> None:
    for row, eth in enumerate((10.0, 20.0, 30.0, 40.0)):
        endow(world, row, IDLE, 0.0)
        restake(world, row, NATIVE, eth)
    for row, day in ((2, 0), (0, 1), (3, 1), (1, 2)):
        carry_out(world, row=row, day=day)
    assert queue(world, NATIVE) == [2, 0, 3, 1]
    world.books["validators"][NATIVE] = 0.0
    paid, left = [], []
    for day in range(3, 8):  # twenty a day for cohorts of 30, of 10 and 40, and of 20
        world.books["buffer"][NATIVE] += 20.0
        pay(world, day)
        paid.append(world.stakers["core_shares"][:4].tolist())
        left.append(world.stakers["pending_amount"][:4].tolist())
        assert total_eth(world) == pytest.approx(20.0 * (day - 2), rel=1e-12)
    np.testing.assert_allclose(
        paid,
        [
            [0.0, 0.0, 20.0, 0.0],
            [2.0, 0.0, 30.0, 8.0],
            [6.0, 0.0, 30.0, 24.0],
            [10.0, 0.0, 30.0, 40.0],
            [10.0, 20.0, 30.0, 40.0],
        ],
        rtol=1e-12,
    )
    np.testing.assert_allclose(np.add(paid, left), np.tile([10.0, 20.0, 30.0, 40.0], (5, 1)), rtol=1e-12)
    assert queue(world, NATIVE) == [] and world.queue_ends[NATIVE].tolist() == [-1, -1]
    assert world.books["claims"][NATIVE] == 0.0
    assert world.accounts["claims_paid"][0] == pytest.approx(0.0, abs=1e-12)


def test_a_partly_paid_claim_goes_on_to_its_target_piece_by_piece(world: World) -> None:
    """What arrives restakes at once; the rest still waits, and nothing else is decided meanwhile."""
    endow(world, 0, SMALL, 100.0)
    carry_out(world, row=0, target=NATIVE, share=0.5, day=0)
    assert queue(world, SMALL) == [0]
    world.books["validators"][SMALL] -= 50.0
    for day, arrived in ((2, 20.0), (3, 50.0)):
        world.books["buffer"][SMALL] = arrived - world.books["minted"][NATIVE]
        pay(world, day)
        assert world.stakers["satellite"][0] == NATIVE
        assert world.stakers["satellite_shares"][0] == pytest.approx(arrived)
        assert queue(world, SMALL) == ([0] if day == 2 else [])
        assert world.stakers["pending_amount"][0] == pytest.approx(50.0 - arrived, abs=1e-12)


@given(
    amounts=st.lists(st.floats(0.01, 1e4), min_size=2, max_size=STAKERS),
    days=st.lists(st.integers(0, 5), min_size=STAKERS, max_size=STAKERS),
    money=st.lists(st.floats(0.0, 4e3), min_size=12, max_size=12),
)
@settings(max_examples=60)
def test_whatever_arrives_is_paid_at_once_and_in_order(
    amounts: list[float], days: list[int], money: list[float]
) -> None:
    world = empty_world()
    asked, cohort = np.zeros(STAKERS), np.full(STAKERS, 99)
    for row, eth in enumerate(amounts):
        endow(world, row, IDLE, 0.0)
        restake(world, row, NATIVE, eth)
        cohort[row] = days[row]
    total, arrived = float(sum(amounts)), 0.0
    for day, eth in enumerate(money):
        for row in np.flatnonzero(cohort == day):
            asked[row] = world.stakers["satellite_shares"][row] * world.venues["nav"][NATIVE]
            carry_out(world, row=int(row), day=day)
        moved = min(eth, float(world.books["validators"][NATIVE]))
        world.books["validators"][NATIVE] -= moved
        world.books["buffer"][NATIVE] += moved
        arrived += moved
        pay(world, day)
        paid = world.stakers["core_shares"].copy()
        assert world.accounts["claims_paid"][0] == pytest.approx(0.0, abs=1e-9 * total)
        assert paid.sum() == pytest.approx(min(arrived, asked.sum()), rel=1e-9, abs=1e-9 * total)
        waiting = world.stakers["pending_amount"]
        np.testing.assert_allclose(paid + waiting, asked, rtol=1e-9, atol=1e-9 * total)
        first = cohort[waiting > 1e-9 * total].min(initial=99)
        assert (paid[(cohort > first)] <= 1e-9 * total).all()  # nobody before who asked earlier
        due = cohort == first
        np.testing.assert_allclose(paid[due] * asked[due].sum(), asked[due] * paid[due].sum(), atol=1e-9 * total**2)
        check_books(world, total)


def claim_on_day_five(world: World, cooldown_days: float) -> None:
    """One holder asks for its ten ETH, which are there."""
    endow(world, 0, IDLE, 0.0)
    restake(world, 0, BETA, 10.0)
    world.books["cooldown_days"][BETA] = cooldown_days
    carry_out(world, row=0, day=5)
    world.books["buffer"][BETA], world.books["validators"][BETA] = 10.0, 0.0


def test_no_claim_is_paid_before_its_cooldown(world: World) -> None:
    claim_on_day_five(world, 3.0)
    for day in range(5, 8):
        pay(world, day)
        assert world.stakers["core_shares"][0] == 0.0
    pay(world, 8)
    assert world.stakers["core_shares"][0] == 10.0


def test_claims_on_an_lrt_are_paid_on_the_next_day_at_the_earliest(world: World) -> None:
    claim_on_day_five(world, 0.5)
    pay(world, 5)
    assert world.stakers["core_shares"][0] == 0.0
    assert world.claims_pointer[BETA] <= 5
    pay(world, 6)
    assert world.stakers["core_shares"][0] == 10.0


def test_a_stop_holds_back_what_was_asked_for_before_it(world: World) -> None:
    for row, venue in enumerate((NATIVE, BETA)):
        endow(world, row, IDLE, 0.0)
        restake(world, row, venue, 10.0)
        carry_out(world, row=row, day=0)
        world.books["buffer"][venue], world.books["validators"][venue] = 10.0, 0.0
    world.venues["redemption_open"][NATIVE] = 0
    pay(world, 40)
    assert world.stakers["core_shares"][:2].tolist() == [0.0, 10.0]
    world.venues["redemption_open"][NATIVE] = 1
    pay(world, 41)
    assert world.stakers["core_shares"][:2].tolist() == [10.0, 10.0]


def test_waiting_claims_bear_a_slash_pro_rata_with_holders(world: World) -> None:
    for row, eth in enumerate((10.0, 30.0, 60.0)):
        endow(world, row, IDLE, 0.0)
        restake(world, row, NATIVE, eth)
    carry_out(world, row=0, day=0)
    carry_out(world, row=1, day=0)
    assert move.lose(world, NATIVE, 25.0, 1, 1) == 25.0  # a quarter of the hundred that stand behind all of them
    assert world.venues["nav"][NATIVE] == pytest.approx(0.75)
    assert world.claims_scale[NATIVE, 0] == 0.75
    assert world.claims_due[NATIVE, 0] == world.books["claims"][NATIVE] == pytest.approx(30.0)
    carry_out(world, row=2, day=2)  # who asks after the slash has the lower NAV, and no second cut
    world.books["buffer"][NATIVE], world.books["validators"][NATIVE] = world.books["validators"][NATIVE], 0.0
    pay(world, 3)
    np.testing.assert_allclose(world.stakers["core_shares"][:3], [7.5, 22.5, 45.0])
    assert world.accounts["burned"][0] == 25.0


def test_a_loss_does_not_reach_what_has_been_paid(world: World) -> None:
    for row, eth in enumerate((10.0, 30.0, 60.0)):
        endow(world, row, IDLE, 0.0)
        restake(world, row, NATIVE, eth)
    carry_out(world, row=0, day=0)
    carry_out(world, row=1, day=0)
    world.books["buffer"][NATIVE] += 20.0
    world.books["validators"][NATIVE] -= 20.0
    pay(world, 1)  # half of the forty
    np.testing.assert_allclose(world.stakers["core_shares"][:2], [5.0, 15.0])
    assert move.lose(world, NATIVE, 20.0, 2, 1) == 20.0  # a quarter of the eighty that are left
    assert world.claims_due[NATIVE, 0] == pytest.approx(15.0)
    assert world.claims_scale[NATIVE, 0] == pytest.approx(0.75)
    world.books["buffer"][NATIVE], world.books["validators"][NATIVE] = world.books["validators"][NATIVE], 0.0
    pay(world, 3)
    np.testing.assert_allclose(world.stakers["core_shares"][:2], [8.75, 26.25])
    assert world.accounts["claims_paid"][0] == pytest.approx(0.0, abs=1e-12)


def test_claims_of_which_nothing_is_left_are_closed(world: World) -> None:
    for row in range(2):
        endow(world, row, IDLE, 0.0)
        restake(world, row, NATIVE, 10.0)
        carry_out(world, row=row, day=row)
    assert move.lose(world, NATIVE, 20.0, 2, 1) == 20.0
    pay(world, 3)
    assert queue(world, NATIVE) == [] and world.stakers["core_shares"].sum() == 0.0
    assert world.claims_pointer[NATIVE] >= 2


@given(
    amounts=st.lists(st.floats(0.01, 1e4), min_size=2, max_size=STAKERS),
    days=st.lists(st.integers(0, 6), min_size=STAKERS, max_size=STAKERS),
    slashes=st.lists(st.tuples(st.integers(0, 12), st.floats(0.0, 0.9)), max_size=3),
)
@settings(max_examples=40)
def test_claims_pay_what_was_asked_times_the_slashes_since_and_nothing_more(
    amounts: list[float], days: list[int], slashes: list[tuple[int, float]]
) -> None:
    world = empty_world()
    asked, index = np.zeros(STAKERS), np.ones(STAKERS)
    for row, eth in enumerate(amounts):
        endow(world, row, IDLE, 0.0)
        restake(world, row, NATIVE, eth)
    requested_on = np.array(days)[: len(amounts)]
    for day in range(13):
        for row in np.flatnonzero(requested_on == day):
            asked[row] = world.stakers["satellite_shares"][row] * world.venues["nav"][NATIVE]
            carry_out(world, row=int(row), day=day)
        for _, part in (slash for slash in slashes if slash[0] == day):
            index[: len(amounts)][requested_on <= day] *= 1.0 - part
            move.lose(world, NATIVE, part * move.assets(world, NATIVE), day, 1)
    world.books["buffer"][NATIVE] = asked.sum() + 1.0  # more than enough
    pay(world, 13)
    np.testing.assert_allclose(world.stakers["core_shares"], asked * index, rtol=1e-9)
    assert (world.stakers["core_shares"] <= asked * (1.0 + 1e-12)).all()
    assert abs(world.accounts["claims_paid"][0]) <= 1e-9 * asked.sum()


# --- evening: what the buffer is used for -----------------------------------------------------------------------------


def test_spare_eth_goes_to_validators_and_the_buffer_keeps_its_target(world: World) -> None:
    restake(world, 0, ALPHA, 80.0)
    world.books["buffer_fraction"][ALPHA] = 0.05
    move.mint(world, ALPHA, 20.0)
    move.manage_books(world, 3)
    book = world.books[ALPHA]
    assert (book["buffer"], book["entry"], world.entries[3, ALPHA]) == (5.0, 15.0, 15.0)


def test_stake_is_called_back_for_what_buffer_and_exits_do_not_cover(world: World) -> None:
    restake(world, 0, ALPHA, 100.0)
    move.request(world, ALPHA, 50.0, 0)
    world.books["validators"][ALPHA], world.books["buffer"][ALPHA] = 88.0, 12.0
    move.manage_books(world, 0)
    assert world.exits[0, ALPHA] == world.books["exiting"][ALPHA] == 38.0
    move.manage_books(world, 1)  # the same claims call nothing twice
    assert world.exits[1].sum() == 0.0
    check_books(world, 100.0)


def test_an_lrts_own_validators_are_called_before_those_behind_its_lsts(world: World) -> None:
    endow(world, 1, BIG, 200.0)
    world.venues["nav"][BIG] = 2.0
    world.books["validators"][BIG] = 400.0
    restake(world, 0, ALPHA, 30.0)
    move.deposit_lst(world, 1, ALPHA, 35.0, 0)  # seventy ETH
    move.request(world, ALPHA, 90.0, 0)
    move.manage_books(world, 0)
    assert world.books["validators"][ALPHA] == 0.0
    assert world.books["exiting"][ALPHA] == world.exits[0, ALPHA] == 90.0
    assert world.lst_holdings[ALPHA, 0] == 5.0 and world.books["shares"][BIG] == 170.0
    assert world.books["validators"][BIG] == 340.0
    check_books(world, 500.0)


# --- Ethereum's queues ------------------------------------------------------------------------------------------------


def leave(world: World, venue: int, eth: float, day: int) -> None:
    """Send validators to the exit queue."""
    world.books["exiting"][venue] += eth
    world.exits[day, venue] += eth


def run_queues(world: World, days: int, exit_churn: float, entry_churn: float = 0.0) -> np.ndarray:
    """Buffers by day and venue under a constant churn and a sweep of one day."""
    buffers = []
    for day in range(days):
        move.move_queues(world, day, entry_churn, exit_churn, 1.0)
        buffers.append(world.books["buffer"].copy())
    return np.array(buffers)


def test_exits_go_by_day_of_request_and_pro_rata_within_it(world: World) -> None:
    leave(world, SOLO, 30.0, 0)
    leave(world, BIG, 10.0, 0)
    world.exits[0, -1] = 40.0  # outsiders stand in the same queue
    leave(world, SMALL, 5.0, 1)
    buffers = run_queues(world, 9, exit_churn=20.0)
    np.testing.assert_allclose(buffers[:, SOLO], [0.0, 7.5, 15.0, 22.5, 30.0, 30.0, 30.0, 30.0, 30.0])
    np.testing.assert_allclose(buffers[:, BIG], [0.0, 2.5, 5.0, 7.5, 10.0, 10.0, 10.0, 10.0, 10.0])
    np.testing.assert_allclose(buffers[:, SMALL], [0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0])
    assert world.exits.sum() == 0.0 and world.books["exiting"].sum() == 0.0


@pytest.mark.parametrize(("parallel", "free_on"), [(1, 7), (0, 11)])
def test_escrow_runs_beside_or_after_the_exit(world: World, parallel: int, free_on: int) -> None:
    world.books["escrow_days"][NATIVE], world.books["parallel"][NATIVE] = 7.0, parallel
    world.exits[0, -1] = 30.0
    leave(world, NATIVE, 10.0, 0)
    # Forty wait, ten a day: the last of the ETH leaves on day 3, the first on day 0.
    buffers = run_queues(world, 14, exit_churn=10.0)[:, NATIVE]
    assert np.flatnonzero(buffers > 10.0 - 1e-9)[0] == free_on
    assert buffers[6 if parallel else 7] == 0.0
    assert buffers[-1] == pytest.approx(10.0)


def test_outsiders_in_front_use_up_the_churn(world: World) -> None:
    world.exits[0, -1] = 25.0
    leave(world, SOLO, 10.0, 1)
    buffers = run_queues(world, 6, exit_churn=10.0)[:, SOLO]  # 10, 10, then 5 of them and 5 of ours, then 5
    np.testing.assert_allclose(buffers, [0.0, 0.0, 0.0, 5.0, 10.0, 10.0])
    assert world.exits.sum() == 0.0


def test_outsiders_of_the_same_day_use_up_the_churn_of_those_behind(world: World) -> None:
    world.exits[0, -1] = world.entries[0, -1] = 6.0
    leave(world, SOLO, 2.0, 0)
    leave(world, BIG, 8.0, 1)
    for venue, eth, day in ((SOLO, 2.0, 0), (BIG, 8.0, 1)):
        world.entries[day, venue] = world.books["entry"][venue] = eth
    move.move_queues(world, 1, 10.0, 10.0, 1.0)
    assert world.arrivals[2, [SOLO, BIG]].tolist() == [2.0, 2.0]
    assert world.exits[0].sum() == 0.0 and world.exits[1, BIG] == 6.0
    assert world.books["validators"][[SOLO, BIG]].tolist() == [2.0, 2.0]
    assert world.entries[0].sum() == 0.0 and world.entries[1, BIG] == 6.0


def test_no_churn_no_exit(world: World) -> None:
    leave(world, SOLO, 10.0, 0)
    assert run_queues(world, 5, exit_churn=0.0)[:, SOLO].max() == 0.0
    assert world.books["exiting"][SOLO] == world.exits.sum() == 10.0


def test_entries_are_activated_in_order_within_the_churn(world: World) -> None:
    for venue, eth, day in ((SOLO, 30.0, 0), (NATIVE, 10.0, 0), (ALPHA, 8.0, 1)):
        world.entries[day, venue] = world.books["entry"][venue] = eth
    for day, solo, native, alpha in ((0, 15.0, 5.0, 0.0), (1, 30.0, 10.0, 0.0), (2, 30.0, 10.0, 8.0)):
        move.move_queues(world, day, 20.0, 0.0, 1.0)
        np.testing.assert_allclose(world.books["validators"][[SOLO, NATIVE, ALPHA]], [solo, native, alpha])
    assert world.entries.sum() == 0.0 and world.books["entry"].sum() == 0.0


# --- yield ------------------------------------------------------------------------------------------------------------


def accrue(
    world: World, day: int = 0, fees: float = 0.0, tokens: float = 0.0, other: float = 0.0, running: int = 1
) -> float:
    """Accrue a day; fees and tokens go to ALPHA."""
    paid = np.zeros((2, world.venues.size))
    paid[:, ALPHA] = fees, tokens
    boosts = np.ones(world.venues.size)
    boosts[ALPHA] = 3.0
    flags = np.full(world.venues.size, running, np.uint8)
    return float(move.accrue(world, day, COEFFICIENT, MEV, other, paid[0], paid[1], boosts, flags, running))


def test_base_yield_is_issuance_over_the_root_of_all_stake_plus_mev(world: World) -> None:
    endow(world, 0, SOLO, 6e5)
    assert accrue(world, other=4e5) == pytest.approx(COEFFICIENT / math.sqrt(1e6) + MEV, rel=1e-12)
    daily = (COEFFICIENT / 1e3 + MEV) / 365.0
    assert world.venues["nav"][SOLO] == pytest.approx(1.0 + daily, rel=1e-12)
    assert world.venues["apr"][SOLO] == pytest.approx(365.0 * daily, rel=1e-9)
    assert world.accounts["issued"][0] == pytest.approx(6e5 * COEFFICIENT / 1e3 / 365.0)
    assert world.accounts["users"][0] == pytest.approx(6e5 * MEV / 365.0)


def test_a_protocol_keeps_its_fee_and_every_payer_is_booked(world: World) -> None:
    restake(world, 0, ALPHA, 1e6)
    world.books["fee"][ALPHA] = 0.2
    accrue(world, fees=5.0, tokens=3.0)
    base = 1e6 * (COEFFICIENT / 1e3 + MEV) / 365.0
    book, account = world.books[ALPHA], world.accounts[0]
    assert book["treasury"] == pytest.approx(0.2 * (base + 8.0))
    assert book["buffer"] == pytest.approx(0.8 * 8.0)
    assert book["validators"] == pytest.approx(1e6 + 0.8 * base)
    assert account["token_buyers"] == 3.0
    assert account["users"] == pytest.approx(1e6 * MEV / 365.0 + 5.0)
    assert total_eth(world) == pytest.approx(eth_due(world), rel=1e-14)
    check_books(world, 1e6)


def test_restaked_lsts_earn_what_the_lst_earns(world: World) -> None:
    endow(world, 0, BIG, 1e5)
    world.books["fee"][[BIG, LST_RESTAKING]] = 0.1, 0.0
    move.deposit_lst(world, 0, LST_RESTAKING, 4e4, 0)
    for day in range(5):
        accrue(world, day)
    assert world.venues["nav"][LST_RESTAKING] == pytest.approx(world.venues["nav"][BIG], rel=1e-12)


def test_points_indices_rise_by_nav_times_boost_while_a_season_runs(world: World) -> None:
    restake(world, 0, ALPHA, 1e3)
    restake(world, 1, NATIVE, 1e3)
    navs = np.zeros(world.venues.size)
    for day in range(3):
        accrue(world, day)
        navs += world.venues["nav"]
    accrue(world, 3, running=0)
    assert world.own_path[ALPHA, 3] == world.own_path[ALPHA, 4] == pytest.approx(3.0 * navs[ALPHA])
    np.testing.assert_allclose(world.layer_path[NATIVE:, 4], navs[NATIVE:])
    assert world.own_path[NATIVE, 4] == pytest.approx(navs[NATIVE])  # without a boost
    assert world.layer_path[: BIG + 2].max() == 0.0  # who does not restake earns none


# --- losses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("burned", "account"), [(1, "burned"), (0, "exploited")])
def test_a_loss_is_booked_by_cause_and_takes_the_same_part_everywhere(world: World, burned: int, account: str) -> None:
    endow(world, 1, BIG, 100.0)
    restake(world, 0, ALPHA, 60.0)
    move.deposit_lst(world, 1, ALPHA, 40.0, 0)
    move.mint(world, ALPHA, 10.0)
    world.accounts["initial"] += 10.0
    world.stakers["satellite_shares"][0] += 10.0
    world.books["validators"][ALPHA] -= 20.0
    leave(world, ALPHA, 20.0, 0)
    assert move.lose(world, ALPHA, 22.0, 0, burned) == pytest.approx(22.0)
    book = world.books[ALPHA]
    assert (book["validators"], book["exiting"], book["buffer"]) == pytest.approx((32.0, 16.0, 8.0))
    assert world.lst_holdings[ALPHA, 0] == pytest.approx(32.0)
    assert world.venues["nav"][ALPHA] == pytest.approx(0.8) and world.venues["nav"][BIG] == 1.0
    assert world.accounts[account][0] == pytest.approx(22.0)
    assert total_eth(world) == pytest.approx(eth_due(world), rel=1e-14)
    check_books(world, 100.0)


def test_a_slash_shows_in_nav_only_once_it_is_reported(world: World) -> None:
    restake(world, 0, NATIVE, 100.0)
    restake(world, 1, ALPHA, 100.0)
    world.books["report_lag_days"][[NATIVE, ALPHA]] = (5.0, 0.0)
    move.lose(world, NATIVE, 20.0, 3, 1)
    move.lose(world, ALPHA, 20.0, 3, 1)
    assert world.venues["nav"][[NATIVE, ALPHA]].tolist() == [1.0, 0.8]
    assert (world.books["unreported"][NATIVE], world.books["report_day"][NATIVE]) == (20.0, 8.0)
    move.report_losses(world, 7)
    assert world.venues["nav"][NATIVE] == 1.0
    move.report_losses(world, 8)
    assert world.venues["nav"][NATIVE] == 0.8 and world.books["unreported"][NATIVE] == 0.0


def test_a_theft_shows_in_nav_at_once_and_a_second_slash_moves_the_report(world: World) -> None:
    restake(world, 0, NATIVE, 100.0)
    world.books["report_lag_days"][NATIVE] = 5.0
    move.lose(world, NATIVE, 20.0, 3, 0)
    assert world.venues["nav"][NATIVE] == 0.8 and world.books["unreported"][NATIVE] == 0.0
    move.lose(world, NATIVE, 8.0, 4, 1)
    move.lose(world, NATIVE, 8.0, 6, 1)
    assert world.books["report_day"][NATIVE] == 11.0
    move.report_losses(world, 10)
    assert world.venues["nav"][NATIVE] == pytest.approx(0.8)
    move.report_losses(world, 11)
    assert world.venues["nav"][NATIVE] == pytest.approx(0.64)


def test_nobody_loses_more_than_there_is(world: World) -> None:
    restake(world, 0, NATIVE, 10.0)
    assert move.lose(world, NATIVE, 1e9, 0, 0) == 10.0
    assert move.lose(world, NATIVE, 1.0, 0, 0) == 0.0
    assert move.lose(world, BETA, 1.0, 0, 0) == 0.0
    check_books(world, 10.0)


def test_a_fright_takes_loss_free_days_from_holders_of_that_venue_only(world: World) -> None:
    restake(world, 0, NATIVE, 1.0)
    restake(world, 1, ALPHA, 1.0)
    world.stakers["exposure"][:2] = 100.0
    move.frighten(world, NATIVE, 0.25, 9)
    assert world.stakers["exposure"][0] == 0.75 * 110.0  # with the ten days since the last settlement
    assert world.stakers["exposure"][1] == 100.0


# --- any sequence -----------------------------------------------------------------------------------------------------

VICTIMS = st.sampled_from([NATIVE, LST_RESTAKING, ALPHA, BETA])
MOVES = st.tuples(
    st.integers(0, STAKERS - 1),
    st.sampled_from([NOBODY, NATIVE, LST_RESTAKING, ALPHA, BETA]),
    st.sampled_from([0.0, 0.01, 0.3, 0.77, 1.0]),
    st.integers(0, 1),
    st.sampled_from([0.0, 0.003, 0.05, 1.0]),
)
LOSSES = st.none() | st.tuples(VICTIMS, st.floats(0.0, 0.95), st.integers(0, 1))
DAYS = st.tuples(st.lists(MOVES, max_size=6), LOSSES, st.sampled_from([0.0, 1.0, 300.0, 1e5]), st.floats(0.0, 20.0))


def carry_out_all(world: World, moves: list[tuple[int, int, float, int, float]], day: int, exchange: Exchange) -> int:
    """Carry out the moves that a staker could intend: one each, none while a claim is pending."""
    wanted = {row: (target, share, sell, limit) for row, target, share, sell, limit in moves}
    out, count = np.zeros(STAKERS, INTENTION), 0
    for row, (target, share, sell, limit) in wanted.items():
        staker = world.stakers[row]
        if staker["pending_route"] != NOBODY or (staker["satellite"] == NOBODY and target == NOBODY):
            continue
        out[count] = (row, target, sell, share, limit, 0.0)
        count += 1
    return int(move.carry_out(world, out, count, day, exchange.orders, 0))


@given(days=st.lists(DAYS, min_size=1, max_size=12), cap=st.sampled_from([0.0, 500.0]))
@settings(max_examples=40)
def test_no_sequence_of_moves_breaks_a_book(days: list, cap: float) -> None:
    scenario = small_scenario(restaking={"escrow_days": 3.0, "lst_cap_eth": cap})
    world = drawn_world(scenario)
    exchange = Exchange(scenario, world)
    exchange.endow()
    scale = float(world.accounts["initial"][0])

    def buying() -> np.ndarray:
        return exchange.orders["bucket"][: exchange.filed] < 0

    def check(orders_open: bool = False) -> None:
        outside = (float(exchange.pools["eth"].sum()), arbitrageurs_eth(exchange.arbitrageurs))
        assert total_eth(world, *outside) == pytest.approx(eth_due(world), rel=1e-11)
        residuals = ledger.token_residuals(world, exchange)
        if orders_open:  # money that waits for the day's trade is in the account and in no staker's row
            residuals[IDLE] += (
                exchange.orders["amount"][: exchange.filed][buying()].sum() / world.accounts["stakers"][0]
            )
        assert np.abs(residuals).max() <= 1e-9
        check_books(world, scale)

    check()
    days = [*days, *[([], None, 1e5, 0.0)] * 8]
    for day, (moves, loss, churn, fees) in enumerate(days):
        exchange.today = day
        earned = fees if world.books["shares"][ALPHA] > 1.0 else 0.0  # AVSs pay for stake that is there
        accrue(world, day, fees=earned, tokens=0.5 * earned, other=1e4)
        check()
        navs = world.venues["nav"].copy()
        exchange.filed = carry_out_all(world, moves, day, exchange)
        check(orders_open=True)
        move.move_queues(world, day, churn, churn, 1.0)
        check(orders_open=True)
        exchange.filed = move.pay_claims(world, day, exchange.orders, exchange.filed)
        exchange.collect_claims()
        check(orders_open=True)
        move.manage_books(world, day)
        check(orders_open=True)
        for k in range(2):
            exchange.resize_pool(k, 0.5)
        check(orders_open=True)
        exchange.refill()
        exchange.trade(day, np.zeros(2), np.zeros(2))
        check()
        assert (world.venues["nav"] == navs).all()  # no move and no trade is at anybody's expense
        if loss is not None:
            venue, part, burned = loss
            asked = part * move.assets(world, venue)
            assert 0.0 <= move.lose(world, venue, asked, day, burned) <= asked * (1.0 + 1e-12) + 1e-300
            check()
            navs[venue] = world.venues["nav"][venue]
            assert (world.venues["nav"] == navs).all()  # nobody else bears it


def test_holdings_are_counted_by_archetype_and_venue(world: World) -> None:
    world.venues["nav"][ALPHA] = 2.0
    world.stakers["archetype"] = 0
    world.stakers["archetype"][1] = 1
    endow(world, 0, IDLE, 5.0)
    endow(world, 1, BIG, 7.0)
    restake(world, 1, ALPHA, 3.0)
    out, holders = np.zeros((2, world.venues.size)), np.zeros(world.venues.size, np.int64)
    move.holdings(world, np.zeros(2), out, holders)
    assert out[0, IDLE] == 5.0 and out[1, BIG] == 7.0 and out[1, ALPHA] == 3.0 and out.sum() == 15.0
    assert holders[ALPHA] == holders[BIG] == 1 and holders[IDLE] == STAKERS - 1
