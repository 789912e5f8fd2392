"""A day of trading: conservation, who gets which price, who sets a floor, and who does not."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model.kernels import stableswap
from restaking.model.markets import order_book
from restaking.model.markets.order_book import DISCOUNT_BUCKETS, FILL, TERMS, discount_bucket, new_fills, trade
from restaking.model.state import ARBITRAGEUR, POOL
from tests.oracle.random_markets import TradingDay, random_day

SEEDS = st.integers(0, 2**32 - 1)
ANY_PRICE = len(DISCOUNT_BUCKETS) - 1


def quiet_day(eth=10_000.0, token=10_000.0, traders=0, rounds=24, **terms) -> TradingDay:
    """One LRT, nobody wants anything; NAV 1, redemption open, deposit open unless told otherwise."""
    pools = np.zeros(1, POOL)
    pools[0] = (eth, token, 100.0, 0.0004)
    offered = np.zeros(1, TERMS)
    usual = {"nav": 1.0, "redemption_open": 1, "deposit_open": 1, "mint_room_eth": np.inf, "instant_fee": np.inf}
    for name, value in {**usual, **terms}.items():
        offered[name] = value
    records = np.zeros(traders, ARBITRAGEUR)
    records["eth"], records["required_return"], records["gas_eth"] = 1e6, 0.2, 0.01
    sells, buys = np.zeros((1, len(DISCOUNT_BUCKETS))), np.zeros(1)
    return TradingDay(pools, records, np.arange(traders), np.zeros((traders, 1)), offered, sells, buys, rounds)


def totals(day: TradingDay) -> tuple[float, np.ndarray]:
    """ETH of pools and arbitrageurs, and shares of pools and arbitrageurs by LRT."""
    eth = day.pools["eth"].sum() + day.arbitrageurs["eth"].sum()
    return eth, day.pools["token"].reshape(len(day.flow), -1).sum(axis=0) + day.holdings.sum(axis=0)


# --- conservation -----------------------------------------------------------------------------------------------------


@given(SEEDS, st.integers(1, 5), st.integers(0, 6), st.integers(1, 24), st.integers(1, 3))
@settings(deadline=None, max_examples=150)
def test_eth_and_shares_are_conserved(seed, lrts, traders, rounds, pools):
    day = random_day(seed, lrts, traders, rounds, pools)
    eth_before, shares_before = totals(day)
    fills = day.trade()
    eth_after, shares_after = totals(day)
    world_eth = fills.sold_eth.sum() + fills.lrts["mint_eth"].sum() + fills.lrts["unspent_eth"].sum()
    world_eth += fills.minted_eth.sum() + fills.gas_eth.sum()
    assert eth_after + world_eth == pytest.approx(eth_before + day.buys.sum(), rel=1e-12)
    in_shares = fills.sold_shares.sum(axis=1) + fills.minted_shares.sum(axis=0)
    out_shares = fills.lrts["bought_shares"] + fills.redeem_shares.sum(axis=0)
    assert shares_after + out_shares == pytest.approx(shares_before + in_shares, rel=1e-12)


@given(SEEDS, st.integers(1, 3))
@settings(deadline=None, max_examples=150)
def test_nobody_gives_more_than_they_have(seed, pools):
    day = random_day(seed, rounds=24, pools_per_lrt=pools)
    fills = day.trade()
    assert (fills.sold_shares <= day.sells * (1.0 + 1e-12)).all()
    assert (fills.lrts["bought_eth"] + fills.lrts["mint_eth"] <= day.buys * (1.0 + 1e-12)).all()
    assert (fills.lrts["mint_eth"] + fills.minted_eth.sum(axis=0) <= day.terms["mint_room_eth"] * (1.0 + 1e-12)).all()
    closed = day.terms["deposit_open"] == 0
    assert (fills.lrts["mint_eth"][closed] == 0.0).all() and (fills.minted_eth[:, closed] == 0.0).all()
    assert (day.arbitrageurs["eth"] >= 0.0).all()
    assert (day.pools["eth"] >= 0.0).all() and (day.pools["token"] >= 0.0).all()
    assert (fills.redeem_shares[:, day.terms["redemption_open"] == 0] == 0.0).all()
    lowest, mean = fills.lrts["lowest_price"], fills.lrts["mean_price"]
    assert (lowest <= fills.lrts["close_price"]).all() and (lowest <= mean * (1.0 + 1e-12)).all()


@given(SEEDS)
@settings(deadline=None, max_examples=100)
def test_every_seller_gets_at_least_the_reservation_price(seed):
    day = random_day(seed)
    fills = day.trade()
    sold = fills.sold_shares > 0.0
    floor = (1.0 - DISCOUNT_BUCKETS) * day.terms["nav"][:, None] * fills.sold_shares
    dust = 1e-9 * day.pools["token"][:, None]
    assert (fills.sold_eth[sold] >= (floor - dust)[sold]).all()


@given(SEEDS, st.permutations(range(4)))
@settings(deadline=None, max_examples=60)
def test_outcomes_follow_the_terms_and_not_the_position(seed, places):
    lrts = np.array(places)
    day = random_day(seed, lrts=4)
    other = day.permuted(lrts)
    fills, moved = day.trade(), other.trade()
    assert (fills.lrts[lrts] == moved.lrts).all()
    assert (fills.redeem_shares[:, lrts] == moved.redeem_shares).all()
    assert day.arbitrageurs["eth"] == pytest.approx(other.arbitrageurs["eth"], rel=1e-12)


def digest() -> str:
    """Fingerprint of a dozen days: every outcome and every changed account."""
    found = hashlib.sha256()
    for seed in range(12):
        day = random_day(seed)
        for array in (*day.trade(), day.pools, day.arbitrageurs, day.holdings):
            found.update(array.tobytes())
    return found.hexdigest()


def test_the_day_is_the_same_to_the_bit_without_the_compiler():
    path = os.pathsep.join([str(Path(__file__).parents[3]), *sys.path])
    plain = subprocess.run(
        [sys.executable, "-c", "from tests.model.markets.test_order_book import digest; print(digest())"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stdout.strip() == digest()


# --- orders -----------------------------------------------------------------------------------------------------------


def test_a_quiet_day_changes_nothing():
    day = quiet_day(token=12_000.0, traders=0)
    before = day.pools.copy()
    fills = day.trade()
    price = stableswap.spot_price(day.pools[0], 1.0)
    assert (day.pools == before).all()
    for name in ("lowest_price", "mean_price", "close_price"):
        assert fills.lrts[name][0] == pytest.approx(price, rel=1e-14)
    assert fills.lrts["volume_eth"][0] == 0.0


def test_sellers_at_any_price_sell_everything_and_leave_the_discount():
    day = quiet_day()
    day.sells[0, ANY_PRICE] = 15_000.0
    fills = day.trade()
    assert fills.sold_shares[0, ANY_PRICE] == 15_000.0
    assert fills.lrts["close_price"][0] < 0.3
    assert 0.0 < day.pools["eth"][0] < 200.0


def test_the_book_sells_only_down_to_each_limit():
    day = quiet_day(rounds=1)
    cautious, bold = discount_bucket(0.01), discount_bucket(0.10)
    day.sells[0, cautious] = day.sells[0, bold] = 50_000.0
    fills = day.trade()
    marginal = fills.lrts["close_price"][0] * (1.0 - day.pools["fee"][0])
    assert marginal == pytest.approx(0.90, abs=5e-4)  # the fee stays in the pool and lifts it a little
    assert fills.sold_shares[0, cautious] == 0.0
    assert 0.0 < fills.sold_shares[0, bold] < 50_000.0


def test_the_most_willing_sell_first():
    day = quiet_day(rounds=1)
    day.sells[0, 3:] = 800.0
    fills = day.trade()
    sold = fills.sold_shares[0, 3:] / 800.0
    assert (np.diff(sold) >= 0.0).all() and sold[-1] == pytest.approx(1.0)
    average = fills.sold_eth[0, 3:][sold > 0.0] / fills.sold_shares[0, 3:][sold > 0.0]
    assert (np.diff(average) > 0.0).all()


def test_unfilled_orders_stand_in_the_book_and_sell_when_buyers_come():
    alone, together = quiet_day(token=14_000.0, deposit_open=0), quiet_day(token=14_000.0, deposit_open=0)
    bucket = discount_bucket(0.0025)
    for day in (alone, together):
        day.sells[0, bucket] = 1_000.0
    together.buys[0] = 6_000.0
    assert alone.trade().sold_shares[0, bucket] == 0.0
    assert together.trade().sold_shares[0, bucket] > 500.0


def test_entrants_take_the_pool_below_par_and_mint_the_rest():
    day = quiet_day(token=14_000.0)
    day.buys[0] = 10_000.0
    fills = day.trade().lrts[0]
    assert fills["close_price"] == pytest.approx(1.0 - 0.0004, abs=1e-6)
    assert fills["bought_shares"] > fills["bought_eth"] > 0.0
    assert fills["mint_eth"] == pytest.approx(10_000.0 - fills["bought_eth"])
    assert fills["unspent_eth"] == pytest.approx(0.0, abs=1e-9)


def test_caps_and_closed_deposits_leave_eth_unspent():
    capped, closed = quiet_day(mint_room_eth=300.0), quiet_day(deposit_open=0)
    for day in (capped, closed):
        day.buys[0] = 1_000.0
    fills = capped.trade().lrts[0]
    assert (fills["mint_eth"], fills["mint_room_eth"]) == (pytest.approx(300.0), pytest.approx(0.0, abs=1e-9))
    assert fills["unspent_eth"] == pytest.approx(700.0)
    assert closed.trade().lrts["unspent_eth"][0] == pytest.approx(1_000.0)


def test_minting_needs_no_pool():
    day = quiet_day(eth=0.0, token=0.0)
    day.buys[0], day.sells[0, ANY_PRICE] = 100.0, 100.0
    fills = day.trade()
    assert fills.lrts["mint_eth"][0] == pytest.approx(100.0)
    assert fills.sold_shares.sum() == 0.0
    assert fills.lrts["close_price"][0] == 1.0


# --- floors -----------------------------------------------------------------------------------------------------------


def wave(traders=0, **terms) -> float:
    """Price after a wave of sales at any price that a pool of 10,000 ETH cannot take."""
    day = quiet_day(traders=traders, **terms)
    day.arbitrageurs["patient"] = 0
    day.sells[0, ANY_PRICE] = 15_000.0
    return float(day.trade().lrts["close_price"][0])


@pytest.mark.parametrize("fee", [0.005, 0.01, np.inf])
def test_open_redemption_bounds_the_discount_by_financing_or_by_the_fee_that_saves_the_wait(fee):
    financing = 0.2 * 14.0 / 365.0
    floor = (1.0 - min(financing, fee)) * (1.0 - 0.0004)
    assert wave(traders=1, wait_days=14.0, instant_fee=fee) == pytest.approx(floor, abs=1e-3)


def test_closed_redemption_has_no_floor_without_patient_capital():
    assert wave(traders=5, redemption_open=0, opening_days=60.0) == wave(traders=0) < 0.3


@pytest.mark.parametrize(("multiple", "discount"), [(0.3, 0.0296), (1.0, 0.0986), (2.0, 0.1973)])
def test_patient_capital_buys_at_its_own_discount_and_holds(multiple, discount):
    day = quiet_day(traders=1, redemption_open=0, opening_days=60.0)
    day.arbitrageurs["patient"], day.arbitrageurs["required_return"] = 1, 0.6
    day.arbitrageurs["multiple"] = multiple
    day.sells[0, ANY_PRICE] = 15_000.0
    fills = day.trade()
    assert fills.lrts["close_price"][0] == pytest.approx((1.0 - discount) * 0.9996, abs=1e-3)
    assert day.holdings[0, 0] > 0.0 and fills.redeem_shares.sum() == 0.0
    held = day.holdings[0, 0]
    day.sells[:] = 0.0
    day.terms["redemption_open"], day.terms["wait_days"] = 1, 1000.0
    assert day.trade().redeem_shares[0, 0] == held
    assert day.holdings[0, 0] == 0.0


def test_spent_capital_is_no_floor():
    day = quiet_day(traders=1, redemption_open=0, opening_days=60.0)
    day.arbitrageurs["patient"], day.arbitrageurs["multiple"], day.arbitrageurs["eth"] = 1, 1.0, 100.0
    day.sells[0, ANY_PRICE] = 15_000.0
    fills = day.trade()
    assert day.arbitrageurs["eth"][0] < 0.02
    assert fills.lrts["close_price"][0] < 0.35


def test_gas_keeps_small_gaps_open():
    day = quiet_day(token=14_000.0, traders=1)
    day.arbitrageurs["gas_eth"] = 1_000.0
    assert day.trade().lrts["volume_eth"][0] == 0.0
    day.arbitrageurs["gas_eth"] = 0.01
    assert day.trade().lrts["volume_eth"][0] > 1_000.0


def test_a_premium_is_minted_away():
    day = quiet_day(token=6_000.0, traders=1)
    capital = float(day.arbitrageurs["eth"][0])
    fills = day.trade()
    assert fills.lrts["close_price"][0] == pytest.approx(1.0 / 0.9996, abs=1e-5)
    assert fills.minted_shares[0, 0] == fills.minted_eth[0, 0] > 0.0
    assert day.arbitrageurs["profit"][0] == pytest.approx(day.arbitrageurs["eth"][0] - capital)
    assert day.arbitrageurs["profit"][0] > 0.0
    for shut in ({"deposit_open": 0}, {"mint_room_eth": 0.0}):
        assert quiet_day(token=6_000.0, traders=1, **shut).trade().minted_eth.sum() == 0.0


def test_the_faster_arbitrageur_takes_the_gain():
    day = quiet_day(token=14_000.0, traders=2)
    day.arbitrageurs["speed"] = [1.0, 2.0]
    fills = trade(day.pools, day.arbitrageurs, day.holdings, day.terms, day.sells, day.buys, 24)
    assert order_book.acting_order(day.arbitrageurs).tolist() == [1, 0]
    assert fills.redeem_shares[1, 0] > 0.0 == fills.redeem_shares[0, 0]


def test_scarce_capital_goes_to_the_widest_gap():
    day = random_day(1, lrts=2, arbitrageurs=1)
    day.pools["eth"], day.pools["token"], day.pools["fee"] = 10_000.0, [14_000.0, 20_000.0], 0.0004
    day.terms["nav"], day.terms["redemption_open"], day.terms["wait_days"] = 1.0, 1, 0.0
    day.arbitrageurs["eth"], day.arbitrageurs["gas_eth"] = 10.0, 0.001
    day.sells[:], day.buys[:], day.holdings[:] = 0.0, 0.0, 0.0
    fills = day.trade()
    assert fills.redeem_shares[0, 1] > 0.0 == fills.redeem_shares[0, 0]


# --- the book's own helpers -------------------------------------------------------------------------------------------


@given(st.floats(0.0, 1.0))
def test_a_bucket_never_sells_deeper_than_its_owner_allows(accepted):
    bucket = discount_bucket(accepted)
    assert DISCOUNT_BUCKETS[bucket] <= accepted
    assert bucket == ANY_PRICE or DISCOUNT_BUCKETS[bucket + 1] > accepted


def test_owners_who_want_more_than_nav_have_no_bucket():
    assert discount_bucket(-0.01) == -1


def test_fills_are_cleared_before_use():
    day, fills = random_day(3), new_fills(3, 4)
    for array in fills:
        array[:] = np.zeros(array.shape, array.dtype) if array.dtype == FILL else 7.0
    again = day.copy()
    trade(*day[:2], day.holdings, day.terms, day.sells, day.buys, day.rounds, order=day.order, fills=fills)
    for mine, fresh in zip(fills, again.trade(), strict=True):
        assert (mine == fresh).all()


def test_wrong_shapes_are_named():
    day = quiet_day(traders=1)
    with pytest.raises(ValueError, match=r"sells has shape \(1, 2\), expected \(1, 16\)"):
        trade(day.pools, day.arbitrageurs, day.holdings, day.terms, np.zeros((1, 2)), day.buys, 24)
    with pytest.raises(ValueError, match="rounds is 0"):
        trade(day.pools, day.arbitrageurs, day.holdings, day.terms, day.sells, day.buys, 0)
