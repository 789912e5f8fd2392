"""The mature market: large supplies, hardly any premium, few customers."""

import math

import pytest

from restaking.experiments.data import read, supply
from restaking.model import RestakingEcosystem
from restaking.model.scenario import Scenario, load_scenario
from tests.model.scenarios.sourcing import value_lines


@pytest.fixture(scope="module")
def mature() -> Scenario:
    return load_scenario("mature-2026")


def test_every_value_has_a_source_or_says_that_it_has_none() -> None:
    lines = value_lines("mature-2026")
    assert len(lines) > 150
    assert [(line.number, line.values) for line in lines if not line.sourced] == []


def test_stake_and_yield(mature: Scenario) -> None:
    staked = mature.stakers.total_eth * (1.0 - mature.stakers.idle_share)
    published = read("eth_staked").set_index("date")["staked_eth"]
    assert staked == pytest.approx(published["2026-03-31"], rel=0.01)
    assert mature.stakers.total_eth > published["2026-06-30"]
    apr = mature.ethereum.issuance_coefficient / math.sqrt(staked) + mature.ethereum.mev_apr
    assert apr == pytest.approx(0.033, abs=0.001)


def test_supplies(mature: Scenario) -> None:
    lrts = sum(terms.initial_eth for terms in mature.lrt.values())
    layer = mature.restaking
    restaked = lrts + layer.initial_native_eth + layer.initial_lst_eth
    assert restaked == pytest.approx(read("restaked_eth")["restaked_eth"].iloc[-1], rel=0.01)
    assert 0.6 < lrts / restaked < 0.85
    assert mature.lrt["renzo"].initial_eth == supply("renzo")["2025-12-31"]
    assert mature.lrt["puffer"].initial_eth == pytest.approx(supply("puffer").iloc[-1], rel=0.01)
    assert supply("kelp").iloc[-1] < mature.lrt["kelp"].initial_eth <= supply("kelp_all_chains").item()


def test_every_token_trades_and_every_redemption_is_open(mature: Scenario) -> None:
    for token in [mature.restaking.token, *(terms.token for terms in mature.lrt.values())]:
        assert token.listing_day is not None
        assert mature.day_of(token.listing_day) < 0
        assert token.listing_fdv_over_tvl <= 0.3
    for terms in mature.lrt.values():
        assert mature.day_of(terms.redemption_open_day) < 0
        assert mature.day_of(terms.launch_day) < 0


def test_premium_of_the_programme_is_tiny(mature: Scenario) -> None:
    """Tokens of a year at the listing's value over restaked ETH: published as 0.08 points in April 2026."""
    layer = mature.restaking
    share = layer.programme_tokens_per_week * 365 / 7 / layer.token.supply
    premium = (
        share * layer.programme_staker_share * (1.0 - layer.operator_commission) * layer.token.listing_fdv_over_tvl
    )
    assert premium == pytest.approx(0.0008, abs=0.0002)


def test_points_are_small(mature: Scenario) -> None:
    assert mature.layer_seasons() == ()
    for key, terms in mature.lrt.items():
        yearly = sum(season.share for season in mature.seasons_of(key)) * terms.token.listing_fdv_over_tvl
        assert yearly <= 0.002


def test_fifty_services_of_which_a_handful_have_customers(mature: Scenario) -> None:
    services = mature.avs.values()
    assert sum(terms.count for terms in services) == read("avs_count")["services"].iloc[-1]
    assert sum(terms.count for terms in services if terms.fees_eth_per_year > 100) == 3
    assert sum(terms.count for terms in services if 10 < terms.fees_eth_per_year < 100) == 12
    fees = sum(terms.count * terms.fees_eth_per_year for terms in services)
    assert fees / 4.36e6 == pytest.approx(3e-4, rel=0.05)
    assert all(mature.day_of(terms.arrival_day) < 0 for terms in services)


def test_no_exploit_is_put_on_a_day(mature: Scenario) -> None:
    assert mature.hazards.events == ()


def test_the_market_stands_about_still() -> None:
    """Published supplies hardly moved between December 2025 and May 2026; a third either way counts as still."""
    for seed in (1, 2):
        with RestakingEcosystem("mature-2026", seed=seed, **{"stakers.count": 2_000, "days": 130}) as model:
            model.run(model.horizon)
            supply = model.recorder.series("lrt_supply_eth")
            assert 2.0 / 3.0 < supply[120] / supply[0] < 4.0 / 3.0
