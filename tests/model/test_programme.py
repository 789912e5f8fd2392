"""The budget rule of programme incentives, and what it does to stake that responds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model import programme
from restaking.model.ecosystem import RestakingEcosystem

STAKES = st.floats(1e3, 1e8)


def test_published_budget():
    assert programme.weekly_budget(1_673_646_668.28466, 0.04) == pytest.approx(1_287_420.51407, rel=1e-11)
    assert programme.for_stakers(1_287_420.51407) == pytest.approx(869_008.85, abs=5e-3)


@given(STAKES, st.floats(0.0, 1.0))
def test_a_claim_read_backwards(eligible, part):
    claimed = programme.claim(869_008.85, part * eligible, eligible)
    assert 0.0 <= claimed <= 869_008.85 * (1.0 + 1e-12)
    if claimed > 0.0:
        assert programme.eligible_stake(869_008.85, part * eligible, claimed) == pytest.approx(eligible)


def test_nobody_eligible_nothing_claimed():
    assert programme.per_eth(1.0, 0.0) == programme.claim(1.0, 0.0, 0.0) == 0.0
    assert programme.eligible_stake(1.0, 1.0, 0.0) == math.inf


@given(STAKES, st.floats(0.05, 20.0), st.floats(0.0, 10.0))
def test_equilibrium_under_a_budget_alone_has_a_closed_form(stake, cut, elasticity):
    budget = 0.04 * stake
    found = programme.equilibrium_stake(stake, 0.04, lambda s: cut * budget / s, elasticity)
    assert found == pytest.approx(stake * cut ** (elasticity / (1.0 + elasticity)), rel=1e-9)


@given(STAKES, st.floats(0.0, 0.1), st.floats(0.0, 3.0), st.floats(0.0, 10.0))
def test_equilibrium_is_a_fixed_point(stake, base, cut, elasticity):
    budget = 0.04 * stake

    def yield_at(other):
        return base + 0.001 + cut * budget / other

    before = base + 0.001 + budget / stake
    found = programme.equilibrium_stake(stake, before, yield_at, elasticity)
    assert found == pytest.approx(stake * (yield_at(found) / before) ** elasticity, rel=1e-7)
    assert (found >= stake * (1 - 1e-9)) == (cut >= 1.0 or elasticity == 0.0) or found == pytest.approx(stake)


@pytest.mark.parametrize("wrong", [(0.0, 0.1, 1.0), (1.0, 0.0, 1.0), (1.0, 0.1, -1.0)])
def test_equilibrium_refuses_nonsense(wrong):
    stake, before, elasticity = wrong
    with pytest.raises(ValueError, match="must be"):
        programme.equilibrium_stake(stake, before, lambda s: 1.0 / s, elasticity)


def test_the_simulation_pays_by_the_same_rule():
    overrides = {
        "stakers.count": 60,
        "days": 3,
        "restaking.programme_start_day": 0,
        "restaking.programme_tokens_per_week": 1_287_420.51407,
    }
    with RestakingEcosystem("baseline", **overrides) as model:
        stake = model.restaked
        model.step()
        expected = [programme.claim(programme.for_stakers(1_287_420.51407), s, stake.sum()) / 7.0 for s in stake]
        assert model.programme_tokens == pytest.approx(expected, rel=1e-12)
