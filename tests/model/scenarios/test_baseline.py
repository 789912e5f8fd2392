"""The generic world of sweeps: small, complete, and reached by every campaign and market key."""

import pytest

from restaking.model.scenario import Scenario, load_scenario, parameters
from tests.model.scenarios.sourcing import value_lines

GENERATED = [info.key for info in parameters() if info.key.startswith(("campaigns.", "markets."))]


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return load_scenario("baseline")


def test_it_is_small(baseline: Scenario) -> None:
    assert (baseline.stakers.count, baseline.days, baseline.operators.count) == (1_000, 365, 12)
    assert list(baseline.lrt) == ["alpha", "beta", "gamma", "delta"]
    assert len(baseline.lst) == 3
    assert sum(terms.count for terms in baseline.avs.values()) == 8
    assert len({terms.kind for terms in baseline.avs.values()}) == 5


@pytest.mark.parametrize("key", GENERATED)
def test_no_axis_over_campaigns_or_markets_is_void(baseline: Scenario, key: str) -> None:
    assert baseline.void_reason(key) is None


def test_campaigns_reach_every_protocol(baseline: Scenario) -> None:
    changed = baseline.with_overrides({"campaigns.airdrop_share": 0.02, "markets.depth_fraction": 0.03})
    for key in baseline.lrt:
        assert changed.seasons_of(key)[0].share == 0.02 != baseline.seasons_of(key)[0].share
        assert changed.depth_fraction(key) == 0.03 != baseline.depth_fraction(key)


def test_seasons_differ_by_launch_and_end_within_the_run(baseline: Scenario) -> None:
    starts = {key: baseline.seasons_of(key)[0].start for key in baseline.lrt}
    assert starts == {"alpha": 0, "beta": 0, "gamma": 20, "delta": 45}
    assert max(baseline.seasons_of(key)[-1].claim for key in baseline.lrt) < baseline.days


def test_redemption_terms_differ(baseline: Scenario) -> None:
    open_from_the_start, later = [], {}
    for key, terms in baseline.lrt.items():
        wait = baseline.day_of(terms.redemption_open_day) - baseline.day_of(terms.launch_day)
        if wait == 0:
            open_from_the_start.append(key)
        else:
            later[key] = baseline.day_of(terms.redemption_open_day)
    assert open_from_the_start == ["alpha", "gamma"]
    assert later == {"beta": 150, "delta": 240}
    assert baseline.seasons_of("beta")[0].claim < later["beta"] < later["delta"] < baseline.days


def test_as_much_can_be_restaked_as_in_the_season(baseline: Scenario) -> None:
    season = load_scenario("season-2024")
    for key, terms in season.stakers.archetypes.items():
        twin = baseline.stakers.archetypes[key]
        assert (twin.population_share, twin.wealth_share, twin.satellite_cap) == (
            terms.population_share,
            terms.wealth_share,
            terms.satellite_cap,
        )


def test_nothing_happens_on_a_set_day(baseline: Scenario) -> None:
    assert baseline.hazards.events == ()
    assert baseline.ethereum.external_exit == ()


def test_its_text_is_the_whole_scenario(baseline: Scenario, tmp_path) -> None:
    path = tmp_path / "baseline.toml"
    path.write_text(baseline.to_toml(), encoding="utf-8")
    assert load_scenario(str(path)).content_hash() == baseline.content_hash()


def test_it_names_no_real_protocol() -> None:
    real = ("ether.fi", "renzo", "kelp", "puffer", "swell", "eigen", "lido", "rocket", "frax")
    text = " ".join(line.values for line in value_lines("baseline")).lower()
    assert [name for name in real if name in text] == []
