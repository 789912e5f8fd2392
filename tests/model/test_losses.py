"""Losses by cause are losses by bearer, and both are what left the ledger."""

from typing import Any

import numpy as np
import pytest

from restaking.model import RestakingEcosystem
from restaking.model.kernels import books as move
from restaking.model.losses import CAUSES
from tests.model.kernels.small_world import ALPHA, empty_world, restake

SMALL: dict[str, Any] = {"stakers.count": 400, "days": 240, "recording.operators": False, "recording.avs": False}
DANGEROUS: dict[str, Any] = {
    "restaking.slashing_live_day": 0,
    "operators.fault_rate": 4.0,
    "hazards.lrt_exploit_rate": 1.5,
    "hazards.defi_exploit_rate": 2.0,
    "hazards.layer_exploit_rate": 0.5,
    "lending.enabled": True,
    "lending.listing_rule": "tvl",
    "hazards.events": [
        {"day": 60, "kind": "slash", "target": "alpha", "size": 0.05},
        {"day": 90, "kind": "exploit", "target": "large", "size": 0.02},
        {"day": 120, "kind": "unbacked", "target": "alpha", "size": 0.1},
    ],
}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_losses_by_bearer_are_losses_by_cause_and_what_left_the_ledger(seed: int) -> None:
    with RestakingEcosystem("baseline", seed=seed, **SMALL, **DANGEROUS) as model:
        prizes = 0.0
        while model.day < model.horizon:
            model.step()
            model.check_invariants()
        events = model.recorder.events_frame()
        prizes = float(events.loc[events["type"] == "attack", "amount"].sum())
        table, account = model.losses.table, model.world.accounts[0]
        by_cause, by_bearer = table.sum(axis=1), table.sum(axis=0)
        assert by_cause.sum() == pytest.approx(by_bearer.sum(), rel=1e-9)
        gone = float(account["burned"] + account["exploited"]) + prizes
        assert model.losses.total == pytest.approx(gone, rel=1e-9)
        slashed = by_cause[[CAUSES.index(name) for name in ("base_slashing", "avs_slashing")]].sum()
        assert slashed + by_cause[CAUSES.index("attack")] - prizes == pytest.approx(float(account["burned"]), rel=1e-9)
        assert (by_cause[[0, 1, 3, 4, 5]] > 0.0).all(), dict(zip(CAUSES, by_cause, strict=True))
        assert model.summary()["losses_eth"] == pytest.approx(model.losses.total)


def test_without_hazards_nobody_loses() -> None:
    with RestakingEcosystem("baseline", seed=1, **SMALL, **{"hazards.enabled": False}) as model:
        model.run()
        assert model.losses.total == 0.0


def test_holders_bear_a_slash_in_proportion() -> None:
    event = {"day": 60, "kind": "slash", "target": "alpha", "size": 0.1}
    quiet = {"hazards.enabled": False, "stakers.attention": 0.0, "hazards.events": [event]}
    with RestakingEcosystem("baseline", seed=1, **SMALL, **quiet) as model:
        model.run(60)
        kinds = model.world.stakers["archetype"]
        held = model.world.stakers["satellite_shares"] * (model.world.stakers["satellite"] == model.first_lrt)
        expected = np.bincount(kinds, held, model.archetype_terms.size)
        model.run(1)
        lost = model.losses.table[CAUSES.index("avs_slashing"), : expected.size]
        assert lost / lost.sum() == pytest.approx(expected / expected.sum(), rel=1e-6)
        pool = model.losses.table[CAUSES.index("avs_slashing"), model.losses.index("liquidity_providers")]
        assert pool > 0.0


def test_who_redeems_at_a_stale_nav_leaves_the_loss_to_who_stays() -> None:
    world = empty_world()
    restake(world, 0, ALPHA, 100.0)
    restake(world, 1, ALPHA, 100.0)
    world.books["report_lag_days"][ALPHA] = 5.0
    assert move.lose(world, ALPHA, 20.0, 3, 1) == pytest.approx(20.0)
    assert world.venues["nav"][ALPHA] == pytest.approx(1.0), "the loss is not reported yet"
    assert move.request(world, ALPHA, 100.0, 4) == pytest.approx(100.0)
    move.report_losses(world, 7)
    assert world.venues["nav"][ALPHA] == pytest.approx(1.0)
    move.report_losses(world, 8)
    assert world.venues["nav"][ALPHA] == pytest.approx(0.8), "all of it, where it would have been half"


def test_a_slash_reported_late_is_shifted_to_those_who_stay() -> None:
    """Who redeems at the stale NAV leaves with more; the others end with less than if all had known."""
    lag = 14.0
    event = {"day": 60, "kind": "slash", "target": "alpha", "size": 0.2}
    settings = {**SMALL, "hazards.enabled": False, "hazards.events": [event], "days": 90, "stakers.attention": 0.15}
    nav = {}
    for days in (0.0, lag):
        with RestakingEcosystem("baseline", seed=1, **settings, **{"lrt.alpha.report_lag_days": days}) as model:
            model.run(62)
            during = float(model.venues["nav"][model.first_lrt])
            model.run(25)
            model.check_invariants()
            redeemed = float(
                np.nansum(model.recorder.entity["lrt"][61:, 0, model.recorder.kinds["lrt"][1].index("redeemed_eth")])
            )
            nav[days] = (during, float(model.venues["nav"][model.first_lrt]), redeemed)
    assert nav[lag][0] > 1.15 * nav[0.0][0], "the stale NAV hides the loss"
    assert nav[lag][2] > 0.0
    assert nav[lag][1] < nav[0.0][1], "and those who stay pay for it"
