"""Points and airdrops by hand: what a point is thought to be worth, what a claim teaches, how a pot is split."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model.campaigns import (
    EARLY_WEIGHT,
    LARGEST_POINTS_APR,
    LAYER_REFERENCE_MULTIPLE,
    SMALLEST_SUPPLY_ETH,
    TIER_POINTS,
    TRUST_BOUNDS,
    Campaigns,
)
from restaking.model.scenario.scenario import Scenario

RULES = ("linear", "tiered", "capped")
SUPPLIES = np.array([8e4, 2e4, 3e5])


def season(start: int, end: int, share: float = 0.1, claim: int | None = None) -> dict[str, Any]:
    return {"start": start, "end": end, "share": share, "claim": end + 10 if claim is None else claim}


def campaigns(supplies: np.ndarray = SUPPLIES, **tables: Any) -> Campaigns:
    """Two LRTs and the layer; one season each unless the tables say otherwise."""
    content: dict[str, Any] = {
        "lrt": {"alpha": {"seasons": [season(0, 100)]}, "beta": {"seasons": [season(20, 60), season(60, 200, 0.05)]}},
        "restaking": {"points_seasons": [season(-40, 50)]},
        "stakers": {
            "expected_fdv_ratio": 0.8,
            "fdv_supply_elasticity": 0.5,
            "fdv_reference_eth": 1e6,
            "unlaunched_discount": 0.5,
            "surprise_trust_power": 2.0,
            "surprise_belief_weight": 0.5,
        },
    }
    for name, table in tables.items():
        content[name] = {**content.get(name, {}), **table}
    return Campaigns(Scenario(**content), supplies)


# --- the calendar of a campaign ---------------------------------------------------------------------------------------


def test_a_season_runs_from_its_start_to_the_day_before_its_snapshot() -> None:
    first, second = campaigns().campaigns[1].seasons
    running = [campaigns().campaigns[1].season(day) for day in (19, 20, 59, 60, 199, 200)]
    assert running == [None, first, first, second, second, None]


def test_a_token_is_listed_on_its_day_or_at_the_first_claim() -> None:
    tables = {"lrt": {"alpha": {"seasons": [season(0, 100)], "token": {"listing_day": 77}}, "gamma": {"seasons": []}}}
    days = {c.name: c.listing_day for c in campaigns(np.append(SUPPLIES, 1.0), **tables).campaigns}
    assert days == {"alpha": 77, "beta": 70, "gamma": None, "restaking": 60}


def test_a_season_that_began_before_the_run_has_points_already() -> None:
    alpha, beta, layer = campaigns().campaigns
    assert (alpha.points, beta.points) == (0.0, 0.0)
    assert layer.points == 3e5 * 40 * EARLY_WEIGHT


# --- what a point is worth (E4) ---------------------------------------------------------------------------------------


def test_expected_fdv_grows_with_supply_less_than_in_proportion() -> None:
    world = campaigns()
    # .8 * sqrt(4e4 * 1e6) * .5
    assert world.expected_fdv(world.campaigns[0], 4e4) == pytest.approx(8e4)
    assert world.expected_fdv(world.campaigns[0], 16e4) == pytest.approx(16e4)
    assert world.expected_fdv(world.campaigns[0], 0.0) == world.expected_fdv(world.campaigns[0], SMALLEST_SUPPLY_ETH)
    layer = world.expected_fdv(world.campaigns[-1], 4e4)
    assert layer == pytest.approx(8e4 * math.sqrt(LAYER_REFERENCE_MULTIPLE))


def test_once_the_token_trades_the_market_says_what_it_is_worth() -> None:
    world = campaigns()
    world.campaigns[0].market.list(0, 1.234e5)
    assert world.expected_fdv(world.campaigns[0], 4e4) == pytest.approx(1.234e5)


def test_points_apr_is_the_pot_over_all_points_that_will_be() -> None:
    world = campaigns()
    alpha = world.campaigns[0]
    alpha.points, alpha.trust, alpha.generosity = 5e6, 0.9, 1.2
    # pot = .1 * 1.2 * 8e4 * .9 = 8,640 ETH; points at the end = 5e6 + 4e4 * 75 = 8e6
    assert world.points_apr(0, 25, 4e4) == pytest.approx(365.0 * 8640.0 / 8e6)


def test_points_apr_moves_with_the_root_of_sentiment() -> None:
    world = campaigns()
    calm = world.points_apr(0, 0, 1e6)
    world.sentiment = 0.25
    assert world.points_apr(0, 0, 1e6) == pytest.approx(0.5 * calm)


@given(supply=st.floats(2e4, 1e7), growth=st.floats(1.0, 50.0), day=st.integers(0, 99))
def test_a_larger_campaign_dilutes_itself(supply: float, growth: float, day: int) -> None:
    rates = []
    for size in (supply, growth * supply):
        world = campaigns()
        world.campaigns[0].points = size * day
        rates.append(world.points_apr(0, day, size))
    assert rates[1] <= rates[0] * (1.0 + 1e-12)


def test_points_pay_nothing_out_of_season_and_never_absurdly_much() -> None:
    world = campaigns()
    assert world.points_apr(1, 10, 1e5) == 0.0
    assert world.points_apr(0, 99, 1e-3) == LARGEST_POINTS_APR
    assert campaigns(stakers={"points": False}).points_apr(0, 10, 1e5) == 0.0


# --- sentiment --------------------------------------------------------------------------------------------------------


def test_sentiment_reverts_to_one() -> None:
    world = campaigns(campaigns={"sentiment_volatility": 0.5, "sentiment_reversion": 2.0})
    world.move_sentiment(1.0)
    pushed = 0.5 / math.sqrt(365.0)
    assert world.sentiment == pytest.approx(math.exp(pushed))
    for _ in range(365):
        world.move_sentiment(0.0)
    assert math.log(world.sentiment) == pytest.approx(pushed * (1.0 - 2.0 / 365.0) ** 365)


# --- what a claim teaches (E5) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("realised", "factor"), [(0.8, 1.0), (0.4, 0.25), (0.88, 1.21), (8.0, TRUST_BOUNDS[1]), (0.01, TRUST_BOUNDS[0])]
)
def test_trust_moves_by_a_power_of_the_surprise_within_bounds(realised: float, factor: float) -> None:
    world = campaigns()
    world.campaigns[0].trust = 0.7
    assert world.claimed(0, 0.2, realised) == pytest.approx(realised / 0.8)
    assert world.campaigns[0].trust == pytest.approx(0.7 * factor)
    assert world.campaigns[1].trust == 1.0  # others keep theirs


@pytest.mark.parametrize(("share", "weight"), [(0.0, 0.05), (0.2, 0.3), (1.0, 0.6)])
def test_belief_in_all_moves_by_the_claimants_weight(share: float, weight: float) -> None:
    world = campaigns()
    world.claimed(0, share, 0.4)
    assert world.belief == pytest.approx(0.8 * 0.5 ** (0.5 * weight))


def test_what_was_expected_teaches_nothing() -> None:
    world = campaigns()
    assert world.claimed(1, 0.5, 0.8) == 1.0
    assert (world.belief, world.campaigns[1].trust) == (0.8, 1.0)


def test_a_token_plan_moves_trust_in_its_issuer_only() -> None:
    world = campaigns()
    world.announced(1, 0.6)
    assert [c.trust for c in world.campaigns] == [1.0, 0.6, 1.0] and world.belief == 0.8
    world.announced(0, 50.0)
    assert world.campaigns[0].trust == TRUST_BOUNDS[1]


def test_who_does_not_learn_notes_the_surprise_and_changes_nothing() -> None:
    world = campaigns(stakers={"airdrop_learning": False, "expected_fdv_ratio": 0.8})
    assert world.claimed(0, 0.5, 0.4) == 0.5
    world.announced(0, 0.2)
    assert (world.belief, world.campaigns[0].trust) == (0.8, 1.0)


# --- how a pot is split -----------------------------------------------------------------------------------------------


def split(points: list[float], wallets: list[float], tokens: float = 100.0, **terms: Any) -> np.ndarray:
    world = campaigns(campaigns=terms)
    return world.allocate(np.array(points, float), np.array(wallets, float), tokens)


@pytest.mark.parametrize("rule", RULES)
@given(
    holders=st.lists(st.tuples(st.just(0.0) | st.floats(1e-9, 1e9), st.integers(1, 500)), min_size=1, max_size=20),
    tokens=st.floats(1.0, 1e9),
    sybil=st.floats(0.0, 1.0),
    cap=st.floats(1e-6, 1.0),
)
def test_allocations_sum_to_the_pot(
    rule: str, holders: list[tuple[float, int]], tokens: float, sybil: float, cap: float
) -> None:
    points, wallets = (list(column) for column in zip(*holders, strict=True))
    given_out = split(points, wallets, tokens, allocation=rule, sybil_filter=sybil, allocation_cap_points_share=cap)
    assert given_out.min() >= 0.0
    assert (given_out[np.array(points) == 0.0] == 0.0).all()
    assert given_out.sum() == pytest.approx(tokens if max(points) > 0.0 else 0.0, rel=1e-9)


@pytest.mark.parametrize("rule", RULES)
def test_nobody_has_points_nobody_gets_tokens(rule: str) -> None:
    assert split([0.0, 0.0], [1, 9], allocation=rule).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("rule", RULES)
def test_more_points_never_mean_fewer_tokens(rule: str) -> None:
    points = [float(10**power) for power in range(7)]
    tokens = split(points, [1] * 7, allocation=rule, sybil_filter=0.3)
    assert (np.diff(tokens) >= -1e-12).all()


def test_linear_is_in_proportion() -> None:
    assert split([10.0, 30.0, 60.0], [1, 1, 1]).tolist() == pytest.approx([10.0, 30.0, 60.0])


def test_the_sybil_filter_takes_its_share_of_extra_wallets() -> None:
    # Ten wallets, nine of them extra: .9 * .5 of the points do not count.
    assert split([100.0, 100.0], [10, 1], sybil_filter=0.5).tolist() == pytest.approx([100 * 0.55 / 1.55, 100 / 1.55])


def test_a_cap_binds_by_wallet() -> None:
    # The cap is 10 of 100 points: one wallet keeps 10 of its 50, five wallets keep all of theirs.
    terms = {"allocation": "capped", "allocation_cap_points_share": 0.1, "sybil_filter": 0.0}
    assert split([50.0, 50.0], [1, 5], **terms).tolist() == pytest.approx([100 * 10 / 60, 100 * 50 / 60])


def test_above_the_tier_a_wallets_points_count_half() -> None:
    points, wallets = [1000.0] + [1.0] * 99, [1] * 100
    tier = TIER_POINTS * sum(points) / 100
    counted = tier + 0.5 * (1000.0 - tier)
    tokens = split(points, wallets, allocation="tiered")
    assert tokens[0] == pytest.approx(100.0 * counted / (counted + 99.0))
    assert tokens[1] == pytest.approx(100.0 / (counted + 99.0))


@given(points=st.lists(st.floats(1.0, 1e6), min_size=2, max_size=8), order=st.randoms(use_true_random=False))
@pytest.mark.parametrize("rule", RULES)
def test_names_and_order_do_not_matter(rule: str, points: list[float], order: Any) -> None:
    wallets = [1 + number % 3 for number in range(len(points))]
    shuffled = list(range(len(points)))
    order.shuffle(shuffled)
    plain = split(points, wallets, allocation=rule)
    other = split([points[n] for n in shuffled], [wallets[n] for n in shuffled], allocation=rule)
    np.testing.assert_allclose(other, plain[shuffled], rtol=1e-9)
