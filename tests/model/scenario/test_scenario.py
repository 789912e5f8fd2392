"""A scenario as an object: frozen, ordered, dated, hashable, and equal to its own text."""

import copy
import datetime
import pickle
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model.scenario import Scenario, ScenarioError, Season, load_scenario, parameters
from restaking.model.scenario.hazards import EventKind
from restaking.model.scenario.scenario import event_targets

SMALL: dict[str, Any] = {
    "name": "small",
    "lst": {"steth": {"initial_share": 0.5}, "reth": {"fee": 0.14}},
    "lrt": {
        "renzo": {
            "initial_eth": 72e3,
            "accepts": ["steth"],
            "seasons": [
                {"start": -20, "end": "2024-04-26", "claim": "2024-04-30", "share": 0.07},
                {"start": "2024-04-26", "end": 200, "claim": 210, "share": 0.05},
            ],
        },
        "kelp": {"depth_fraction": 0.02},
    },
    "avs": {"oracle": {"count": 2}},
}


@pytest.fixture
def small() -> Scenario:
    return Scenario.model_validate(SMALL)


def test_order_of_entities_is_kept(small: Scenario) -> None:
    assert small.venues == ("idle", "solo", "steth", "reth", "native", "lst_restaking", "renzo", "kelp")
    assert list(small.stakers.archetypes) == ["retail", "advanced", "farmer", "fund", "treasury", "institution"]
    turned = {**SMALL, "lrt": dict(reversed(SMALL["lrt"].items()))}
    assert list(Scenario.model_validate(turned).lrt) == ["kelp", "renzo"]


def test_it_is_frozen_all_the_way_down(small: Scenario) -> None:
    with pytest.raises(ValueError, match="frozen"):
        small.days = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        small.lrt["renzo"].fee = 0.2  # type: ignore[misc]
    with pytest.raises(TypeError, match="frozen"):
        small.lrt["new"] = small.lrt["renzo"]
    with pytest.raises(TypeError, match="frozen"):
        small.stakers.archetypes.clear()
    with pytest.raises(TypeError, match="frozen"):
        small.lst.update({})


def test_copies_and_pickles_are_equal(small: Scenario) -> None:
    for twin in (copy.deepcopy(small), pickle.loads(pickle.dumps(small))):
        assert twin == small
        assert hash(twin) == hash(small)
        assert twin.content_hash() == small.content_hash()


def test_days_and_dates(small: Scenario) -> None:
    assert small.day_of("2024-01-01") == 0
    assert small.day_of("2023-12-31") == -1
    assert small.day_of("2024-12-31") == 365
    assert small.day_of(datetime.date(2024, 2, 1)) == 31
    assert small.day_of(-7) == -7
    assert small.date_of(60) == datetime.date(2024, 3, 1)


@given(st.integers(-8000, 20000))
def test_day_of_inverts_date_of(day: int) -> None:
    scenario = Scenario()
    assert scenario.day_of(scenario.date_of(day).isoformat()) == day


def test_own_seasons_have_integer_days(small: Scenario) -> None:
    first, second = small.seasons_of("renzo")
    assert (first.start, first.end, first.claim) == (-20, 116, 120)
    assert (second.start, second.end, second.claim) == (116, 200, 210)


def test_made_seasons_follow_the_campaign_terms(small: Scenario) -> None:
    changed = small.with_overrides({"campaigns.season_days": 50, "campaigns.seasons": 3, "lrt.kelp.launch_day": 20})
    seasons = changed.seasons_of("kelp")
    assert [(s.start, s.end, s.claim) for s in seasons] == [(20, 70, 80), (70, 120, 130), (120, 170, 180)]
    assert [s.share for s in seasons] == pytest.approx([0.07, 0.035, 0.035])


def test_an_empty_list_of_seasons_is_no_campaign(small: Scenario) -> None:
    assert small.with_overrides({"lrt.kelp.seasons": []}).seasons_of("kelp") == ()


def test_own_terms_come_before_defaults(small: Scenario) -> None:
    assert small.depth_fraction("kelp") == 0.02
    assert small.depth_fraction("renzo") == small.markets.depth_fraction
    assert small.pool_amplification("kelp") == small.markets.pool_amplification


def test_tokens_are_named_after_their_protocol(small: Scenario) -> None:
    assert small.restaking.token.id == "EIGEN"
    assert [terms.token.id for terms in small.lrt.values()] == ["RENZO", "KELP"]
    assert Scenario.model_validate({"restaking": {"token": {"supply": 5.0}}}).restaking.token.id == "EIGEN"


def test_void_keys_are_told(small: Scenario) -> None:
    assert small.void_reason("campaigns.airdrop_share") is None
    assert small.void_reason("markets.depth_fraction") is None
    own = small.with_overrides({"lrt.kelp.seasons": [], "lrt.renzo.depth_fraction": 0.03})
    assert "seasons" in (own.void_reason("campaigns.airdrop_share") or "")
    assert "depth_fraction" in (own.void_reason("markets.depth_fraction") or "")
    assert own.void_reason("campaigns.sybil_filter") is None


def test_hash_follows_content_and_order(small: Scenario) -> None:
    assert small.content_hash() == Scenario.model_validate(SMALL).content_hash()
    assert small.with_overrides({"lrt.kelp.fee": 0.11}).content_hash() != small.content_hash()
    turned = Scenario.model_validate({**SMALL, "lrt": dict(reversed(SMALL["lrt"].items()))})
    assert turned.content_hash() != small.content_hash()
    assert small.with_overrides({"stakers.total_eth": 33_500_000}).content_hash() == small.content_hash()


def test_toml_text_loads_to_the_same_content(small: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(small.to_toml(), encoding="utf-8")
    assert load_scenario(path) == small
    assert load_scenario(path).content_hash() == small.content_hash()


def test_toml_text_keeps_dropped_archetypes_and_odd_texts(small: Scenario, tmp_path: Path) -> None:
    odd = small.with_overrides(
        {
            "title": 'a "quoted" \\ backslash é 🙂 = [x]',
            "description": 'two\nlines, a\ttab and """quotes"""',
            "stakers.archetypes.institution.remove": True,
            "stakers.archetypes.fund.wealth_share": 0.5,
            "stakers.archetypes.fund.population_share": 0.07,
        }
    )
    path = tmp_path / "small.toml"
    path.write_text(odd.to_toml(), encoding="utf-8")
    assert load_scenario(path) == odd
    assert "institution" not in load_scenario(path).stakers.archetypes


def test_overrides_leave_the_original_alone(small: Scenario) -> None:
    changed = small.with_overrides({"lrt.renzo.redemption_open_day": 40, "lrt.renzo.seasons.1.share": 0.01})
    assert changed.lrt["renzo"].redemption_open_day == 40
    assert changed.lrt["renzo"].seasons[1].share == 0.01  # type: ignore[index]
    assert small.lrt["renzo"].redemption_open_day == 0


def test_overrides_take_numpy_numbers(small: Scenario) -> None:
    numpy = pytest.importorskip("numpy")
    changed = small.with_overrides(
        {
            "days": numpy.int64(7),
            "lrt.kelp.fee": numpy.float64(0.2),
            "arbitrage.patient_weights": numpy.array([0.2, 0.3, 0.5]),
        }
    )
    assert (changed.days, changed.lrt["kelp"].fee) == (7, 0.2)
    assert changed.arbitrage.patient_weights == (0.2, 0.3, 0.5)


def test_none_clears_what_may_be_empty(small: Scenario) -> None:
    assert small.with_overrides({"lrt.kelp.depth_fraction": "none"}).lrt["kelp"].depth_fraction is None
    assert small.with_overrides({"lrt.kelp.depth_fraction": None}).lrt["kelp"].depth_fraction is None
    with pytest.raises(ScenarioError, match="must be a number"):
        small.with_overrides({"lrt.kelp.fee": "none"})


NUMBERS = [info for info in parameters() if info.type in ("number", "whole number") and "<" not in info.key]


@pytest.mark.parametrize("info", NUMBERS, ids=[info.key for info in NUMBERS])
def test_bounds_are_enforced(info: Any) -> None:
    step = 1 if info.type == "whole number" else 1e-3 * max(1.0, abs(info.low), abs(info.high))
    kind = int if info.type == "whole number" else float
    for beyond in (kind(info.low) - step, kind(info.high) + max(step, kind(info.high * 1e-3))):
        with pytest.raises(ScenarioError, match="must be") as failure:
            Scenario().with_overrides({info.key: beyond})
        assert failure.value.key == info.key
    # Every lower bound is usable, unless another key forbids it (shares, supplies).
    assert info.low is not None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lrt.renzo.accepts": ["steht"]}, r"no LST 'steht'; nearest valid name: steth"),
        ({"lrt.renzo.accepts": ["steth", "steth"]}, "listed twice"),
        ({"lrt.renzo.native": False, "lrt.renzo.accepts": []}, "must accept at least one LST"),
        ({"lrt.renzo.seasons.0.end": -30}, r"ends \(-30\) before it starts"),
        ({"lrt.renzo.seasons.0.claim": "2024-04-01"}, r"claimed \(2024-04-01\) before the snapshot \(2024-04-26\)"),
        ({"lrt.renzo.seasons.1.start": 50}, "before the one before it ends"),
        ({"lrt.renzo.seasons.0.share": 0.99}, "more than all of it"),
        ({"hazards.events": [{"day": -3, "kind": "slash", "target": "all", "size": 0.1}]}, "before the run starts"),
        ({"campaigns.airdrop_share": 0.5, "campaigns.later_share": 3.0}, "campaigns.later_share"),
        ({"lrt.renzo.launch_day": 10}, "must be 0 for a protocol whose launch_day is after the start"),
        ({"lrt.renzo.deposit_cap_eth": 10.0}, "must not exceed deposit_cap_eth"),
        ({"lrt.renzo.points_boosts": [{"day": 5, "until": 5}]}, "after the boost's first day"),
        ({"lrt.kelp.token.id": "RENZO"}, "taken by lrt.renzo.token.id"),
        ({"restaking.initial_native_eth": 29e6, "restaking.initial_lst_eth": 1e6}, "more than the 29,145,000 ETH"),
        ({"stakers.archetypes.retail.population_share": 0.9}, "must sum to 1, not 1.3"),
        ({"stakers.archetypes.retail.wealth_share": 0.0}, "must sum to 1, not 0.88"),
        ({"stakers.sleeve_share": 0.5}, "must not exceed stakers.largest_wealth_share"),
        ({"lst.reth.initial_share": 0.6}, "must sum to at most 1"),
        ({"ethereum.churn_changes": [{"day": 9}, {"day": 9}]}, "in order of day"),
        ({"restaking.escrow_changes": [{"day": 9}, {"day": "2024-01-02"}]}, "in order of day"),
        ({"markets.side_pools": [0.1, 0.0]}, "has a size of 0; allowed is above 0, up to 100"),
        ({"markets.side_pools": [1e9]}, "has a size of 1e"),
        ({"markets.side_pools": [0.1] * 9}, "has 9 sizes, allowed are up to 8"),
        ({"markets.side_pools": [0.1], "markets.side_pool_flow": [0.1, 0.1]}, "2 parts for 1 further pools"),
        ({"markets.side_pools": [0.1], "markets.side_pool_flow": [-0.1]}, "must not be negative"),
        ({"markets.side_pools": [0.1], "markets.side_pool_flow": [1.5]}, "must sum to 1 at most, not 1.5"),
        ({"arbitrage.patient_weights": [0.5, 0.5]}, "2 weights for 3 tiers"),
        ({"arbitrage.patient_weights": [0.5, 0.6, -0.1]}, "must not be negative"),
        ({"arbitrage.patient_weights": [0.5, 0.6, 0.1]}, "must sum to 1, not 1.2"),
        ({"operators.names": ["a", "a"]}, "listed twice"),
        ({"operators.count": 1, "operators.names": ["a", "b"]}, "2 names for operators.count = 1"),
        (
            {"hazards.events": [{"day": 1, "kind": "slash", "target": "orakle", "size": 0.1}]},
            "nearest valid name: oracle",
        ),
        ({"hazards.events": [{"day": 1, "kind": "shock", "target": "renzo", "size": 2.0}]}, "it is a fraction"),
    ],
)
def test_keys_that_contradict_one_another(small: Scenario, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        small.with_overrides(changes)


@pytest.mark.parametrize(
    ("kind", "allowed", "refused"),
    [
        (
            "slash",
            ["renzo", "oracle", "oracle-2", "operator-25", "native", "all"],
            ["steth", "oracle-3", "operator-26"],
        ),
        ("exploit", ["renzo", "steth", "lst_restaking", "restaking"], ["oracle", "operator-01"]),
        ("pause", ["kelp", "restaking"], ["steth", "oracle"]),
        ("shock", ["kelp", "all"], ["native", "operator-01"]),
    ],
)
def test_targets_of_events(small: Scenario, kind: str, allowed: list[str], refused: list[str]) -> None:
    event = {"day": 1, "kind": kind, "size": 0.1}
    for target in allowed:
        assert (
            small.with_overrides({"hazards.events": [{**event, "target": target}]}).hazards.events[0].target == target
        )
    for target in refused:
        with pytest.raises(ScenarioError, match=f"a {kind} cannot hit '{target}'"):
            small.with_overrides({"hazards.events": [{**event, "target": target}]})


@pytest.mark.parametrize("kind", ["deposit_stop", "Slash", "", 7])
def test_unknown_kinds_of_events_are_refused_when_read(small: Scenario, kind: object) -> None:
    event = {"day": 1, "kind": kind, "target": "all", "size": 0.1}
    with pytest.raises(ScenarioError, match=r"hazards\.events\.0\.kind.* must be one of slash, exploit"):
        small.with_overrides({"hazards.events": [event]})


def test_every_kind_of_event_has_targets(small: Scenario) -> None:
    assert all(event_targets(small, kind) for kind in get_args(EventKind))
    with pytest.raises(ValueError, match="deposit_stop"):
        event_targets(small, "deposit_stop")


def test_too_many_venues() -> None:
    with pytest.raises(ValueError, match="at most 60"):
        Scenario.model_validate({"lrt": {f"p{number}": {} for number in range(57)}})
    assert len(Scenario.model_validate({"lrt": {f"p{number}": {} for number in range(56)}}).venues) == 60


@pytest.mark.parametrize("name", ["solo", "native", "1st", "a.b", "", "a b"])
def test_ids_that_cannot_be_used(name: str) -> None:
    with pytest.raises(ValueError, match="id"):
        Scenario.model_validate({"lrt": {name: {}}})


def test_an_id_names_one_thing() -> None:
    with pytest.raises(ValueError, match="is taken"):
        Scenario.model_validate({"lst": {"same": {}}, "lrt": {"same": {}}})


def test_errors_survive_a_worker_process() -> None:
    error = ScenarioError("what is wrong", key="days", where="--set")
    twin = pickle.loads(pickle.dumps(error))
    assert (str(twin), twin.key, twin.where) == ("what is wrong", "days", "--set")


def test_seasons_can_be_built_by_hand() -> None:
    season = Season(start=0, end="2024-03-01", claim=70, share=0.05)
    assert (season.claimable_share, season.vesting_days) == (1.0, 0)
