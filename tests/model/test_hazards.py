"""Contract hazards: rates by terms, losses, the calendar, and what stakers may infer from terms alone."""

import itertools
import math

import numpy as np
import pytest

from restaking.model.hazards import LAYER, Exploit, Hazards
from restaking.model.randomness import SeedTree
from restaking.model.scenario.scenario import Scenario

NEUTRAL = {"custody": "delegated", "audits": 3, "audit_age_days": 180}


def make_hazards(seed: int = 1, lrt: dict | None = None, **hazards: object) -> Hazards:
    return Hazards(Scenario(lrt=lrt or {"alpha": NEUTRAL, "beta": NEUTRAL}, hazards=hazards), SeedTree(seed))


def count_exploits(hazards: Hazards, days: int, lrts: int = 2) -> list[Exploit]:
    return [e for day in range(days) for e in hazards.draw(day, [1] * lrts, [1e5] * lrts)]


def test_a_neutral_protocol_has_the_rate_of_the_scenario_and_a_risk_score_of_one():
    hazards = make_hazards(lrt_exploit_rate=0.03)
    assert hazards.lrt_rate(0, day=0) == pytest.approx(0.03, rel=1e-12)
    assert hazards.risk_score(0) == pytest.approx(1.0, rel=1e-12)


def test_exploits_come_at_their_rate_and_with_their_losses():
    hazards = make_hazards(lrt_exploit_rate=2.0, layer_exploit_rate=0.0, audit_half_life_days=36_500.0)
    exploits = count_exploits(hazards, 4_000)
    rate = sum(hazards.lrt_rate(k, day=2_000) for k in range(2))
    expected = 4_000 * rate / 365.0
    assert abs(len(exploits) - expected) < 4.0 * math.sqrt(expected)
    assert np.median([e.loss_fraction for e in exploits]) == pytest.approx(0.08, rel=0.5)
    assert all(0.0 < e.loss_fraction <= 1.0 and e.cause == "contract" for e in exploits)


def test_layer_exploits_hit_everybody_at_the_size_of_the_scenario():
    hazards = make_hazards(lrt_exploit_rate=0.0, layer_exploit_rate=5.0, layer_exploit_loss=0.05)
    exploits = count_exploits(hazards, 1_000)
    assert set(exploits) == {Exploit(LAYER, 0.05, "contract")}
    assert abs(len(exploits) - 13.7) < 4.0 * math.sqrt(13.7)


def test_only_open_protocols_with_assets_are_exploited():
    hazards = make_hazards(lrt_exploit_rate=10.0, layer_exploit_rate=0.0)
    hit = {e.lrt for day in range(400) for e in hazards.draw(day, [0, 1], [1e5, 1e5])}
    assert hit == {1}
    assert not [e for day in range(400) for e in hazards.draw(day, [1, 1], [0.0, 0.0])]


def test_switching_hazards_off_leaves_the_calendar():
    events = [
        {"day": 3, "kind": "exploit", "target": "beta", "size": 0.2},
        {"day": 3, "kind": "exploit", "target": "restaking", "size": 0.1},
        {"day": 3, "kind": "pause", "target": "alpha", "size": 10.0},
        {"day": "2024-01-06", "kind": "shock", "target": "alpha", "size": 0.05},
    ]
    hazards = make_hazards(lrt_exploit_rate=10.0, layer_exploit_rate=10.0, enabled=False, events=events)
    assert count_exploits(hazards, 400) == [Exploit(1, 0.2, "scheduled"), Exploit(LAYER, 0.1, "scheduled")]
    assert [event.kind for event in hazards.scheduled(3)] == ["pause"]
    assert [event.kind for event in hazards.scheduled(5)] == ["shock"]
    assert hazards.draw_defi(3, [1, 1]) == []


def test_draws_depend_on_seed_day_and_protocol_alone():
    first, again, other = (make_hazards(seed, lrt_exploit_rate=5.0) for seed in (1, 1, 2))
    assert count_exploits(first, 300) == count_exploits(again, 300) != count_exploits(other, 300)
    alone = [e for day in range(300) for e in first.draw(day, [1, 0], [1e5, 0.0]) if e.lrt == 0]
    assert alone == [e for e in count_exploits(again, 300) if e.lrt == 0]


@pytest.mark.parametrize(("median", "sigma"), [(0.08, 1.0), (0.5, 2.0), (0.3, 0.0)])
@pytest.mark.parametrize("order", [1, 2])
def test_moments_of_losses_match_the_quantiles_drawn(median: float, sigma: float, order: int):
    hazards = make_hazards(lrt_exploit_loss_median=median, lrt_exploit_loss_sigma=sigma)
    grid = (np.arange(20_000) + 0.5) / 20_000
    sampled = np.mean([hazards.loss_quantile(u) ** order for u in grid])
    assert hazards.loss_moment(order) == pytest.approx(sampled, rel=2e-3)


def test_variance_adds_up_over_the_layers():
    hazards = make_hazards(layer_exploit_rate=0.004, layer_exploit_loss=0.05, lrt_exploit_rate=0.03)
    assert hazards.variance(LAYER) == pytest.approx(0.004 * 0.05**2)
    assert hazards.variance(LAYER, slashing=1e-4) == pytest.approx(0.004 * 0.05**2 + 1e-4)
    wrapped = hazards.variance(0)
    assert wrapped == pytest.approx(0.004 * 0.05**2 + 0.03 * hazards.loss_moment(2))
    assert hazards.variance(0, defi_share=0.5) - wrapped == pytest.approx(0.25 * 0.01 * hazards.loss_moment(2))
    assert hazards.expected_loss(0, 0) > hazards.expected_loss(LAYER, 0) > 0.0


def test_more_contract_layers_mean_more_variance_by_a_margin():
    hazards = make_hazards()
    assert hazards.variance(0) > 5.0 * hazards.variance(LAYER)


def test_hazard_follows_custody_audits_and_their_age():
    terms = {
        "safe": NEUTRAL | {"custody": "non_custodial"},
        "neutral": NEUTRAL,
        "custodial": NEUTRAL | {"custody": "custodial"},
        "unaudited": NEUTRAL | {"audits": 0},
        "audited": NEUTRAL | {"audits": 12, "audit_age_days": 0},
    }
    hazards = make_hazards(lrt=terms)
    safe, neutral, custodial, unaudited, audited = (hazards.lrt_rate(k, day=0) for k in range(5))
    assert safe == pytest.approx(0.8 * neutral) and custodial == pytest.approx(1.3 * neutral)
    assert audited < 0.5 * neutral < neutral < 1.3 * neutral < unaudited
    assert hazards.lrt_rate(1, day=365) > neutral
    assert hazards.audit_factor(3, day=0) == hazards.audit_factor(3, day=900), "no audit, nothing to age"
    assert hazards.risk_score(2) > hazards.risk_score(1) > hazards.risk_score(0)


def test_audits_of_a_later_launch_age_from_the_launch():
    hazards = make_hazards(lrt={"late": {"launch_day": 100, "audit_age_days": 30}})
    assert [hazards.audit_age(0, day) for day in (0, 100, 150)] == [30.0, 30.0, 80.0]


def test_risk_of_the_layer_is_the_scenario_s():
    scenario = Scenario(lrt={"alpha": {}}, restaking={"risk": 1.7})
    assert Hazards(scenario, SeedTree(1)).risk_score(LAYER) == 1.7
    assert make_hazards(lrt_exploit_rate=0.0, layer_exploit_rate=0.0).risk_score(0) == 1.0


# --- unfamiliarity ----------------------------------------------------------------------------------------------------

STRANGE = {"audits": 0, "custody": "custodial", "accepts": (), "initial_integration": 0.0}
KNOWN = {"audits": 8, "custody": "non_custodial", "accepts": ("steth",), "initial_integration": 1.0}


def unfamiliarity(terms: dict, age: float = 0.0, integration: float | None = None) -> float:
    scenario = Scenario(lst={"steth": {"initial_share": 1.0}}, lrt={"some": terms})
    return Hazards(scenario, SeedTree(1)).unfamiliarity(0, age, integration)


def test_unfamiliarity_spans_the_unit_interval():
    assert unfamiliarity(STRANGE) == pytest.approx(1.0)
    assert 0.0 < unfamiliarity(KNOWN, age=3_000.0) < 0.1


@pytest.mark.parametrize("key", sorted(KNOWN))
def test_every_observable_term_makes_a_name_more_familiar(key: str):
    assert unfamiliarity(STRANGE | {key: KNOWN[key]}) < unfamiliarity(STRANGE) - 0.02


def test_age_and_present_integration_make_a_name_more_familiar():
    ages = [unfamiliarity(STRANGE, age) for age in (0.0, 90.0, 360.0, 2_000.0)]
    assert all(later < earlier for earlier, later in itertools.pairwise(ages))
    assert unfamiliarity(STRANGE, -30.0) == ages[0]
    assert unfamiliarity(STRANGE, 0.0, integration=1.0) == pytest.approx(0.75)


def test_names_do_not_matter():
    terms = [NEUTRAL | {"audits": 1}, NEUTRAL | {"audits": 6}]
    one = make_hazards(lrt=dict(zip(("alpha", "beta"), terms, strict=True)))
    other = make_hazards(lrt=dict(zip(("beta", "alpha"), terms, strict=True)))
    for k in range(2):
        assert one.unfamiliarity(k, 50.0) == other.unfamiliarity(k, 50.0)
        assert one.risk_score(k, 50) == other.risk_score(k, 50)
    assert count_exploits(one, 300) == count_exploits(other, 300)
