"""The scenario of 2024: what it claims to be true is, as far as other published figures can tell."""

import datetime
import math

import numpy as np
import pytest

from restaking.experiments.data import read
from restaking.model.scenario import Scenario, load_scenario
from tests.model.scenarios.sourcing import split, value_lines

SCHEDULES_END = "2026-12-31"
RUN_ENDS = "2025-07-31"


@pytest.fixture(scope="module")
def season() -> Scenario:
    return load_scenario("season-2024")


def arrivals(scenario: Scenario) -> list[tuple[int, str]]:
    """Day and table of every service; services of one table arrive evenly over its spread."""
    return sorted(
        (scenario.day_of(terms.arrival_day) + round(terms.arrival_spread_days * n / max(1, terms.count - 1)), key)
        for key, terms in scenario.avs.items()
        for n in range(terms.count)
    )


# --- sources


def test_every_value_has_a_source_or_says_that_it_has_none() -> None:
    lines = value_lines("season-2024")
    assert len(lines) > 300
    assert [(line.number, line.values) for line in lines if not line.sourced] == []


def test_the_check_of_sources_can_fail() -> None:
    assert split('a = "#1"  # https://example.org/x') == ('a = "#1"', "https://example.org/x")
    assert split("a = 1") == ("a = 1", "")
    unsourced = [line for line in value_lines("baseline") if not line.sourced]
    assert len(unsourced) > 50  # a scenario that invents its figures does not pretend otherwise


def test_what_comes_after_the_run_says_that_it_is_assumed(season: Scenario) -> None:
    late = [
        line
        for line in value_lines("season-2024")
        if line.values.startswith("{ start = ") and line.values[11:21] >= RUN_ENDS
    ]
    assert late
    assert all("assumption" in line.comment for line in late)


# --- calendar


def test_the_run_ends_with_july_2025(season: Scenario) -> None:
    assert season.start_date == "2024-01-01"
    assert season.date_of(season.days - 1) == datetime.date.fromisoformat(RUN_ENDS)


def test_schedules_end_with_2026(season: Scenario) -> None:
    ends = [item.claim for lrt in season.lrt for item in season.seasons_of(lrt)]
    ends += [item.claim for item in season.layer_seasons()]
    ends += [season.day_of(item.day) for item in season.ethereum.external_exit]
    ends += [day for day, _ in arrivals(season)]
    assert max(ends) <= season.day_of(SCHEDULES_END)
    assert season.seasons_of("etherfi")[-1].end == season.day_of(SCHEDULES_END)


@pytest.mark.parametrize(
    ("lrt", "launch", "opens", "claim"),
    [
        ("etherfi", "2023-11-15", "2023-11-15", "2024-03-18"),
        ("renzo", "2023-12-06", "2024-06-10", "2024-04-30"),
        ("kelp", "2023-12-11", "2024-07-04", "2025-04-14"),
        ("puffer", "2024-01-31", "2024-10-14", "2024-10-14"),
        ("swell", "2024-01-29", "2024-07-09", "2024-11-07"),
    ],
)
def test_days_of_each_protocol(season: Scenario, lrt: str, launch: str, opens: str, claim: str) -> None:
    terms = season.lrt[lrt]
    days = (terms.launch_day, terms.redemption_open_day, season.seasons_of(lrt)[0].claim)
    assert [season.day_of(day) for day in days] == [season.day_of(day) for day in (launch, opens, claim)]


def test_redemption_was_open_at_the_first_claim_except_at_renzo(season: Scenario) -> None:
    closed = [
        key
        for key, terms in season.lrt.items()
        if season.day_of(terms.redemption_open_day) > season.seasons_of(key)[0].claim
    ]
    assert closed == ["renzo"]
    renzo = season.lrt["renzo"]
    assert renzo.token.plan_day is not None
    assert season.day_of(renzo.token.plan_day) == season.seasons_of("renzo")[0].claim - 7
    assert renzo.token.plan_surprise < 1.0


def test_the_next_season_runs_when_the_first_token_is_claimed(season: Scenario) -> None:
    for key in season.lrt:
        first, second, *_ = season.seasons_of(key)
        assert first.end <= second.start <= first.claim
        assert second.share < first.share


def test_days_of_the_layer(season: Scenario) -> None:
    layer = season.restaking
    assert layer.token.listing_day is not None
    assert layer.programme_start_day is not None
    first, second = season.layer_seasons()
    assert season.date_of(first.end) == datetime.date(2024, 3, 15)
    assert season.date_of(first.claim) == datetime.date(2024, 5, 10)
    assert second.start == first.end
    assert second.end == season.day_of(layer.programme_start_day) == season.day_of("2024-08-15")
    listed = season.day_of(layer.token.listing_day)
    assert max(first.claim, second.claim) < listed == season.day_of("2024-10-01")
    assert layer.escrow_days == 7
    assert [(season.day_of(change.day), change.days) for change in layer.escrow_changes] == [
        (season.day_of(layer.slashing_live_day), 14)
    ]


def test_churn_follows_the_consensus_rules(season: Scenario) -> None:
    terms = season.ethereum
    epochs, validator = 225, 32
    validators = season.stakers.total_eth * (1.0 - season.stakers.idle_share) / validator
    at_start = int(validators // 65_536) * validator * epochs
    assert terms.entry_churn_eth_per_day == terms.exit_churn_eth_per_day == at_start
    dencun, pectra = terms.churn_changes
    assert (dencun.entry, dencun.exit) == (8 * validator * epochs, 15 * validator * epochs)
    assert (pectra.entry, pectra.exit) == (256 * epochs, 256 * epochs)
    assert season.day_of(dencun.day) < season.day_of(pectra.day)


# --- sizes


def test_stake_at_the_start_and_room_to_grow(season: Scenario) -> None:
    staked = season.stakers.total_eth * (1.0 - season.stakers.idle_share)
    published = read("eth_staked").set_index("date")["staked_eth"]
    assert published["2023-10-31"] < staked < published["2024-02-03"]
    # Even with a tenth of today's idle ETH left idle, stake can reach what it was two years later.
    assert season.stakers.total_eth - 0.1 * season.stakers.total_eth * season.stakers.idle_share > 35e6


def test_base_yield_at_the_start(season: Scenario) -> None:
    staked = season.stakers.total_eth * (1.0 - season.stakers.idle_share)
    apr = season.ethereum.issuance_coefficient / math.sqrt(staked) + season.ethereum.mev_apr
    net = apr * (1.0 - season.lst["lido"].fee)
    assert net == pytest.approx(read("steth_apy")["apy"].iloc[0], abs=0.003)


def test_first_supplies_are_the_measured_ones(season: Scenario) -> None:
    table = read("lrt_supply")
    first = table[(table["date"] == "2023-12-31") & (table["kind"] == "measured")].set_index("entity")["supply_eth"]
    for lrt in ("renzo", "kelp"):
        assert season.lrt[lrt].initial_eth == first[lrt]
    for lrt in ("puffer", "swell"):
        assert season.lrt[lrt].initial_eth == 0
        assert season.day_of(season.lrt[lrt].launch_day) > 0
    january = table[(table["date"] == "2024-01-31") & (table["entity"] == "etherfi")]["supply_eth"].item()
    assert 0.3 * january < season.lrt["etherfi"].initial_eth < 0.6 * january


def test_restaked_eth_at_the_start_fits_the_cap_and_the_published_growth(season: Scenario) -> None:
    layer = season.restaking
    lrts = sum(terms.initial_eth for terms in season.lrt.values())
    from_lsts = layer.initial_lst_eth + season.lrt["kelp"].initial_eth
    assert 0.8 * layer.lst_cap_eth < from_lsts < layer.lst_cap_eth
    assert layer.lst_cap_lift_day is not None
    published = read("restaked_eth").set_index("date")["restaked_eth"]
    total = layer.initial_native_eth + layer.initial_lst_eth + lrts
    assert published["2023-11-30"] < total < published["2024-02-20"]


def test_at_most_a_quarter_of_all_wealth_can_ever_be_restaked(season: Scenario) -> None:
    archetypes = season.stakers.archetypes.values()
    reach = sum(terms.wealth_share * terms.satellite_cap for terms in archetypes)
    assert 0.2 < reach <= 0.25
    assert reach * season.stakers.total_eth > 1.5 * read("restaked_eth")["restaked_eth"].max()
    assert sum(terms.wealth_share * terms.idle_factor for terms in archetypes) == pytest.approx(1.0, abs=0.01)


def test_farmers_are_many_in_wallets_and_few_in_eth(season: Scenario) -> None:
    archetypes = season.stakers.archetypes
    wallets = {key: terms.population_share * terms.wallets_mean for key, terms in archetypes.items()}
    assert max(wallets, key=lambda key: wallets[key]) == "farmer"
    assert min(archetypes, key=lambda key: archetypes[key].wealth_share) == "farmer"


# --- tokens


@pytest.mark.parametrize(
    ("lrt", "low", "high"), [("etherfi", 0.06, 0.09), ("renzo", 0.03, 0.057), ("puffer", 0.018, 0.026)]
)
def test_airdrop_values_over_tvl_are_as_published(season: Scenario, lrt: str, low: float, high: float) -> None:
    value = season.seasons_of(lrt)[0].share * season.lrt[lrt].token.listing_fdv_over_tvl
    assert low <= value <= high


def test_stakedrop_over_tvl_is_as_published(season: Scenario) -> None:
    token = season.restaking.token
    share = sum(item.share for item in season.layer_seasons())
    assert share * token.supply == pytest.approx(186.58e6, rel=0.002)
    assert share * token.listing_fdv_over_tvl == pytest.approx(0.056, rel=0.1)


def test_programme_pays_what_holders_were_told(season: Scenario) -> None:
    layer = season.restaking
    per_year = layer.programme_tokens_per_week * 365 / 7
    assert per_year == pytest.approx(0.04 * layer.token.supply, rel=0.005)
    to_stakers = per_year * layer.programme_staker_share * (1.0 - layer.operator_commission)
    assert to_stakers / 4.2e6 == pytest.approx(10.87, rel=0.02)  # EIGEN per ETH and year, 27 November 2024


def test_eigen_in_circulation_in_april_2026(season: Scenario) -> None:
    layer = season.restaking
    token = layer.token
    assert token.listing_day is not None
    assert layer.programme_start_day is not None
    april = season.day_of("2026-04-15")
    unlocks = (april - season.day_of(token.listing_day) - token.unlock_start_days) // 30
    share = sum(item.share for item in season.layer_seasons()) + token.unlock_per_month * unlocks + token.other_float
    programme = layer.programme_tokens_per_week * (april - season.day_of(layer.programme_start_day)) / 7
    assert share * token.supply + programme == pytest.approx(691.09e6, rel=0.1)


def test_realised_values_are_ordered_as_they_were(season: Scenario) -> None:
    ratios = {key: terms.token.listing_fdv_over_tvl for key, terms in season.lrt.items()}
    assert sorted(ratios, key=lambda key: -ratios[key]) == ["etherfi", "renzo", "puffer", "swell", "kelp"]


# --- operators and services


def test_services_arrive_as_they_did(season: Scenario) -> None:
    days = np.array([day for day, _ in arrivals(season)])
    for row in read("avs_count").itertuples():
        assert np.count_nonzero(days <= season.day_of(row.date.date())) == row.services, row.date
    assert {terms.kind for terms in season.avs.values()} == {
        "oracle",
        "bridge",
        "keeper",
        "coprocessor",
        "data_availability",
    }


def test_few_services_have_customers(season: Scenario) -> None:
    living, half, subsidised = 0, 0, 0
    for terms in season.avs.values():
        from_customers = terms.payout * terms.fees_eth_per_year
        part = from_customers / (from_customers + terms.token_emission_eth_per_year)
        living += terms.count * (part > 0.7)
        half += terms.count * (0.3 < part <= 0.7)
        subsidised += terms.count * (part < 0.05)
    assert (living, half) == (3, 12)
    assert living + half + subsidised == 50


def test_what_services_pay_is_small(season: Scenario) -> None:
    restaked = 4.5e6
    fees = sum(terms.count * terms.fees_eth_per_year for terms in season.avs.values())
    tokens = sum(terms.count * terms.token_emission_eth_per_year for terms in season.avs.values())
    assert fees / restaked == pytest.approx(3e-4, rel=0.05)
    assert tokens / restaked < 0.003
    for terms in season.avs.values():
        assert terms.token_buyers_eth_per_year <= terms.token_emission_eth_per_year


def test_operators_have_names_and_the_published_concentration(season: Scenario) -> None:
    terms = season.operators
    assert len(terms.names) == terms.count >= 25
    assert len(set(terms.names)) == len(terms.names)
    weights = np.arange(1.0, terms.count + 1) ** -terms.stake_concentration
    assert weights[:7].sum() / weights.sum() == pytest.approx(0.75, abs=0.03)


# --- nothing is scripted


def test_no_outcome_is_put_on_a_day(season: Scenario) -> None:
    assert season.hazards.events == ()
    assert [(season.day_of(item.day), item.eth) for item in season.ethereum.external_exit] == [
        (season.day_of("2025-09-09"), 1.6e6)
    ]
    assert all(terms.deposit_cap_eth == 0 for terms in season.lrt.values())
