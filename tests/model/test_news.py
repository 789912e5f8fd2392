"""Who hears of what: news of a token plan and of what a token is worth."""

from typing import get_args

import numpy as np
import pytest

from restaking.model import RestakingEcosystem
from restaking.model.scenario.hazards import EventKind, HazardEvent

PLAN = 60
QUIET = {
    "hazards.enabled": False,
    "recording.operators": False,
    "recording.avs": False,
    "restaking.token.plan_day": PLAN,
    "restaking.token.listing_day": 300,
}


def after(days: int, stakers: int = 100, **changes: object) -> RestakingEcosystem:
    model = RestakingEcosystem("baseline", seed=1, **{**QUIET, "stakers.count": stakers, **changes})
    model.run(days)
    return model


def test_everybody_who_earns_the_layers_points_hears_of_its_plan() -> None:
    with after(PLAN, **{"restaking.token.plan_surprise": 0.3}) as model:
        before = model.venues["attention"].copy()
        model.news()
        told = model.venues["attention"][model.first_restaking :]
        np.testing.assert_allclose(told, 1.0 + 0.7 * model.scenario.stakers.salience)
        np.testing.assert_array_equal(
            model.venues["attention"][: model.first_restaking], before[: model.first_restaking]
        )
        assert model.campaigns.campaigns[-1].trust == pytest.approx(0.3)


@pytest.mark.parametrize("surprise", [1.0, 1.3])
def test_a_plan_as_good_as_hoped_wakes_nobody(surprise: float) -> None:
    with after(PLAN, **{"restaking.token.plan_surprise": surprise}) as model:
        before = model.news_desk.alarms.copy()
        model.news()
        assert (model.news_desk.alarms <= before).all()


def test_a_layer_without_points_has_nobody_to_disappoint() -> None:
    changes = {"restaking.token.plan_surprise": 0.3, "restaking.points_seasons": []}
    with after(PLAN + 1, **changes) as model:
        assert model.campaigns.campaigns[-1].trust == 1.0
        assert (model.venues["attention"][model.first_restaking : model.first_lrt] == 1.0).all()


def test_the_plan_of_an_lrt_concerns_its_own_holders() -> None:
    with after(PLAN, **{"lrt.alpha.token.plan_day": PLAN, "lrt.alpha.token.plan_surprise": 0.3}) as model:
        before = model.news_desk.alarms.copy()
        model.news()
        raised = np.flatnonzero(model.news_desk.alarms > before)
        assert raised.tolist() == [model.first_lrt]


def test_what_the_layers_token_is_worth_reaches_them_too() -> None:
    changes = {"restaking.token.plan_day": 1, "restaking.token.listing_day": PLAN}
    with after(PLAN, **changes, **{"restaking.token.listing_fdv_over_tvl": 0.01}) as model:
        model.news()
        assert (model.venues["attention"][model.first_restaking :] > 1.5).all()


def test_a_bad_plan_of_the_layer_makes_people_move() -> None:
    """At full salience holders look three times as often; at least half as many moves again was asked for."""

    def moves(surprise: float) -> int:
        total = 0
        with after(PLAN, stakers=2_000, **{"restaking.token.plan_surprise": surprise}) as model:
            for _ in range(3):
                model.step()
                total += model._intended
        return total

    assert moves(0.3) >= 1.5 * moves(1.0)


# --- set events -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", get_args(EventKind))
def test_every_kind_of_event_happens(kind: str) -> None:
    event = {"day": 2, "kind": kind, "target": "all", "size": 0.1}
    with RestakingEcosystem("baseline", **{"stakers.count": 100, "days": 4, "hazards.events": [event]}) as model:
        model.run()
        assert any((told.day, told.type) == (2, kind) for told in model.recorder.events)


def test_an_event_that_nobody_knows_is_no_sale() -> None:
    """Scenarios refuse an unknown kind; so does the last place that would have taken it for another."""
    with RestakingEcosystem("baseline", **{"stakers.count": 100, "days": 4}) as model:
        known = HazardEvent(day=0, kind="shock", target="all", size=0.1)
        with pytest.raises(ValueError, match="event of kind 'deposit_stop'"):
            model.news_desk.shock(0, known.model_copy(update={"kind": "deposit_stop"}))
        assert not model.news_desk.forced_sales.any()
