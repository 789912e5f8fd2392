"""Governance tokens: what a pool pays, what recipients sell and when, who is credited."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import lognorm

from restaking.model.scenario.campaigns import CampaignParameters
from restaking.model.scenario.tokens import TokenParameters
from restaking.model.tokens import FAST_SELLERS, Airdrop, TokenMarket, sold_share

FEE = 0.003
DAYS = st.just(0.0) | st.floats(1e-6, 5e3)
TERMS = st.builds(
    CampaignParameters,
    sale_farmer_median_days=st.floats(0.01, 10.0),
    sale_user_median_days=st.floats(0.01, 1e3),
    sale_spread=st.floats(0.1, 5.0),
    sale_ever=st.floats(0.0, 1.0),
    sale_fraction=st.floats(0.0, 1.0),
)


def listed(fdv: float = 5e5, day: int = 10, **terms: Any) -> TokenMarket:
    """A market that has just opened."""
    market = TokenMarket(TokenParameters(**{"supply": 1e9, "pool_eth_fraction": 0.02, **terms}), FEE)
    market.list(day, fdv)
    return market


# --- what recipients sell ---------------------------------------------------------------------------------------------


@given(days=st.floats(1e-3, 5e3), terms=TERMS)
def test_sold_share_is_a_mixture_of_fast_and_slow_sellers(days: float, terms: CampaignParameters) -> None:
    fast, slow = (
        lognorm.cdf(days, terms.sale_spread, scale=median)
        for median in (terms.sale_farmer_median_days, terms.sale_user_median_days)
    )
    mixture = FAST_SELLERS * fast + (1.0 - FAST_SELLERS) * slow
    expected = terms.sale_ever * terms.sale_fraction * mixture
    assert sold_share(days, terms) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(days=st.lists(DAYS, min_size=2, max_size=6), terms=TERMS)
def test_sold_share_only_rises_and_stays_below_what_is_ever_sold(days: list[float], terms: CampaignParameters) -> None:
    shares = [sold_share(day, terms) for day in sorted(days)]
    assert shares == sorted(shares)
    assert shares[0] >= 0.0 and shares[-1] <= terms.sale_ever * terms.sale_fraction + 1e-12


def test_at_the_common_median_half_of_the_sellers_have_sold() -> None:
    terms = CampaignParameters(sale_farmer_median_days=4.0, sale_user_median_days=4.0, sale_ever=0.8, sale_fraction=0.5)
    assert sold_share(4.0, terms) == pytest.approx(0.2)
    assert sold_share(0.0, terms) == sold_share(-3.0, terms) == 0.0


# --- the pool ---------------------------------------------------------------------------------------------------------


def test_a_listing_opens_the_pool_at_its_valuation() -> None:
    market = TokenMarket(TokenParameters(supply=1e9, pool_eth_fraction=0.02, other_float=0.1), FEE)
    assert (market.listed, market.price, market.fdv, market.budget(3, 1.0), market.unlocked(900)) == (False, 0, 0, 0, 0)
    assert market.list(5, 5e5) == pytest.approx(1e4)  # both sides are 2 % of their whole
    assert market.listed and market.listed_on == 5
    assert market.price == pytest.approx(5e5 / 1e9) and market.fdv == pytest.approx(5e5)
    assert market.tokens == pytest.approx(2e7)
    assert market.circulating == pytest.approx(2e7 + 1e8)


@given(tokens=st.floats(1.0, 1e12))
def test_a_sale_brings_what_the_product_rule_pays(tokens: float) -> None:
    market = listed()
    eth, reserve, product = market.eth, market.tokens, market.eth * market.tokens
    kept = tokens * (1.0 - FEE)
    received = market.sell(tokens)
    assert received == pytest.approx(eth * kept / (reserve + kept), rel=1e-12)
    assert market.eth == pytest.approx(eth - received) and market.tokens == reserve + tokens
    assert market.eth > 0.0 and market.eth * market.tokens >= product * (1.0 - 1e-12)
    assert market.sold_today == tokens


def test_nothing_is_sold_for_nothing() -> None:
    market = TokenMarket(TokenParameters(), FEE)
    assert market.sell(1e6) == market.buy(1e6) == 0.0
    assert market.buyers_spent == market.sold_today == 0.0
    market = listed()
    before = (market.eth, market.tokens)
    assert market.sell(0.0) == market.buy(0.0) == 0.0
    assert (market.eth, market.tokens) == before


@given(trades=st.lists(st.tuples(st.booleans(), st.floats(0.0, 1e6)), max_size=20))
def test_what_buyers_pay_and_sellers_take_is_what_the_pool_gains(trades: list[tuple[bool, float]]) -> None:
    market = listed()
    eth, tokens = market.eth, market.tokens
    for buys, amount in trades:
        if buys:
            bought = market.buy(1e-2 * amount)
            eth, tokens = eth + (1e-2 * amount if bought > 0.0 else 0.0), tokens - bought
        else:
            received = market.sell(amount)
            eth, tokens = eth - received, tokens + (amount if received > 0.0 else 0.0)
    assert market.eth == pytest.approx(eth, rel=1e-12) and market.tokens == pytest.approx(tokens, rel=1e-12)


@given(eth=st.floats(1e-3, 1e9))
def test_who_buys_and_sells_back_has_paid_for_it(eth: float) -> None:
    market = listed()
    assert 0.0 < market.sell(market.buy(eth)) < eth


def test_outside_buying_halves_in_its_half_life() -> None:
    market = listed(fdv=3.65e5, day=10, buyers_budget=0.1, buyers_half_life_days=50.0)
    assert market.budget(10, 1.0) == pytest.approx(100.0)
    assert market.budget(60, 1.0) == pytest.approx(50.0)
    assert market.budget(110, 1.0) == pytest.approx(25.0)
    assert market.budget(60, 1.6) == pytest.approx(80.0)


def test_the_budget_does_not_depend_on_todays_price() -> None:
    market, untouched = listed(), listed()
    market.sell(1e9)
    assert market.budget(40, 1.0) == untouched.budget(40, 1.0)


def test_insiders_wait_for_their_unlock() -> None:
    market = listed(day=10, unlock_start_days=100, unlock_per_month=0.1)
    assert market.unlocked(109) == 0.0
    daily = [market.unlocked(day) for day in range(110, 110 + 300)]
    assert min(daily) == max(daily) > 0.0  # a tenth a month for ten months, evenly
    assert market.unlocked(110 + 301) == 0.0


def test_no_unlock_where_everything_floats() -> None:
    market = listed(other_float=1.0, unlock_start_days=0)
    assert market.unlocked(20) == 0.0


# --- airdrops ---------------------------------------------------------------------------------------------------------


def airdrop(claim_day: int = 10, claimable: float = 1.0, vesting_days: int = 0) -> Airdrop:
    """Four stakers, of whom two have something."""
    return Airdrop(np.array([0.0, 30.0, 0.0, 10.0]), claim_day, claimable, vesting_days)


def test_only_those_with_something_are_recipients() -> None:
    drop = airdrop()
    assert drop.rows.tolist() == [1, 3] and drop.allocation.tolist() == [30.0, 10.0] and drop.total == 40.0


@pytest.mark.parametrize(
    ("claimable", "vesting_days", "shares"),
    [
        (1.0, 0, [0.0, 1.0, 1.0, 1.0, 1.0]),
        (1.0, 4, [0.0, 1.0, 1.0, 1.0, 1.0]),
        (0.5, 4, [0.0, 0.5, 0.625, 0.75, 1.0]),
        (0.0, 2, [0.0, 0.0, 0.5, 1.0, 1.0]),
    ],
)
def test_vesting_is_linear_after_the_claim(claimable: float, vesting_days: int, shares: list[float]) -> None:
    drop = airdrop(claimable=claimable, vesting_days=vesting_days)
    assert [drop.vested(day) for day in (9, 10, 11, 12, 14)] == pytest.approx(shares)


@given(
    terms=TERMS,
    claimable=st.floats(0.0, 1.0),
    vesting_days=st.integers(0, 60),
    skipped=st.sets(st.integers(0, 99)),
)
def test_recipients_never_sell_more_than_has_vested(
    terms: CampaignParameters, claimable: float, vesting_days: int, skipped: set[int]
) -> None:
    drop = airdrop(10, claimable, vesting_days)
    for day in range(100):
        tokens = drop.to_sell(day, terms)
        assert tokens >= 0.0
        if day in skipped:  # an unlisted token finds no market: they try again
            continue
        drop.book_sale(tokens, 0.1 * tokens)
        limit = drop.vested(day) * sold_share(day - 9.0, terms) * drop.total
        assert drop.sold == pytest.approx(limit, rel=1e-9, abs=1e-12)
        assert drop.to_sell(day, terms) <= 1e-12


def test_proceeds_are_credited_once_and_pro_rata() -> None:
    drop = airdrop()
    drop.book_sale(20.0, 8.0)
    assert drop.credit().tolist() == [6.0, 2.0]
    assert drop.credit().tolist() == [0.0, 0.0]
    drop.book_sale(4.0, 1.0)
    drop.book_sale(4.0, 1.0)
    assert drop.credit().tolist() == [1.5, 0.5]
    assert (drop.proceeds, drop.credited, drop.sold) == (10.0, 10.0, 28.0)


def test_an_airdrop_to_nobody_owes_nothing() -> None:
    drop = Airdrop(np.zeros(3), 0, 1.0, 0)
    assert drop.total == 0.0 and drop.credit().size == 0
    assert drop.to_sell(50, CampaignParameters()) == 0.0
