"""The risk steward: listing rules, haircuts, freezes, caps that grow with use."""

import numpy as np
import pytest

from restaking.model.markets.lending import declare_collateral
from restaking.model.markets.risk_steward import RiskSteward, unwind_capacity
from restaking.model.scenario import load_scenario
from restaking.model.state import POOL


def steward(**terms) -> tuple[RiskSteward, np.ndarray]:
    overrides = {f"lending.{name}": value for name, value in {"enabled": True, **terms}.items()}
    scenario = load_scenario("baseline", overrides)
    return RiskSteward(scenario, 2), declare_collateral(scenario, 2)


LARGE = np.array([1e6, 5e4])
NOTHING = np.zeros(2)
PLENTY = np.full(2, 1e9)


def test_small_tokens_are_not_listed() -> None:
    watch, terms = steward(listing_rule="tvl", listing_supply_eth=1e5)
    watch.review(terms, LARGE, NOTHING, PLENTY)
    assert (terms["ltv"] > 0.0).tolist() == [True, False]


def test_a_cap_begins_small_and_grows_while_it_is_used() -> None:
    watch, terms = steward(listing_rule="tvl", first_cap_eth=10_000.0, cap_growth=1.5)
    watch.review(terms, LARGE, NOTHING, PLENTY)
    assert terms["cap_eth"][0] == 10_000.0
    watch.review(terms, LARGE, np.array([5_000.0, 0.0]), PLENTY)
    assert terms["cap_eth"][0] == 10_000.0, "a cap that is not used stays"
    watch.review(terms, LARGE, np.array([9_000.0, 0.0]), PLENTY)
    assert terms["cap_eth"][0] == 15_000.0


def test_no_cap_exceeds_its_part_of_supply() -> None:
    watch, terms = steward(listing_rule="tvl", first_cap_eth=2e6, tvl_cap=0.8)
    watch.review(terms, LARGE, NOTHING, PLENTY)
    assert terms["cap_eth"][0] == pytest.approx(8e5)


def test_who_lists_by_unwind_path_caps_by_what_could_leave() -> None:
    capacity = np.array([3_000.0, 3_000.0])
    for rule, cap in (("unwind", 3_000.0), ("tvl", 10_000.0)):
        watch, terms = steward(listing_rule=rule)
        watch.review(terms, LARGE, NOTHING, capacity)
        assert terms["cap_eth"][0] == cap


def test_a_discount_freezes_new_loans_until_it_is_gone() -> None:
    watch, terms = steward(freeze_discount=0.02)
    watch.watch(np.array([0.97, 1.0]))
    watch.review(terms, LARGE, NOTHING, PLENTY)
    assert terms["ltv"][0] == 0.0
    for _ in range(9):
        watch.watch(np.array([0.999, 1.0]))
    watch.review(terms, LARGE, NOTHING, PLENTY)
    assert terms["ltv"][0] > 0.8


def test_volatility_takes_off_the_loan_to_value() -> None:
    ltv = []
    for swing in (0.0, 0.002, 0.006):
        watch, terms = steward(haircut_volatility=5.0)
        for day in range(9):
            watch.watch(np.array([1.0 - swing * (day % 2), 1.0]))
        watch.review(terms, LARGE, NOTHING, PLENTY)
        ltv.append(float(terms["ltv"][0]))
    assert ltv[0] == pytest.approx(0.9)
    assert ltv[0] > ltv[1] > ltv[2]


def test_without_a_steward_terms_stay_as_given() -> None:
    watch, terms = steward(steward=False)
    watch.watch(np.array([0.5, 1.0]))
    watch.review(terms, LARGE, NOTHING, NOTHING)
    assert terms["ltv"].tolist() == [0.9, 0.9]
    assert np.isinf(terms["cap_eth"]).all()


def test_what_could_leave_grows_with_pool_buffer_and_time() -> None:
    pool = np.zeros(1, POOL)
    pool["eth"] = pool["token"] = 1_000.0
    pool["amplification"] = 100.0
    alone = unwind_capacity(pool, 1.0, 0.05, 0.0, 0.0, 14.0)
    assert 500.0 < alone < 1_000.0
    assert unwind_capacity(pool, 1.0, 0.10, 0.0, 0.0, 14.0) > alone
    assert unwind_capacity(pool, 1.0, 0.05, 300.0, 10.0, 14.0) == pytest.approx(alone + 440.0)
