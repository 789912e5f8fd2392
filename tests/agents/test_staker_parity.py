"""The definition of a staker and the compiled kernel decide alike, row for row and day for day."""

import numpy as np
import pytest

from restaking.agents import Staker
from restaking.model import RestakingEcosystem
from restaking.model.state import IDLE

SMALL = {"stakers.count": 200, "days": 90, "stakers.initial_aware": 0.7}


@pytest.mark.parametrize("seed", [1, 2])
def test_objects_and_kernel_agree_decision_for_decision(seed: int) -> None:
    with (
        RestakingEcosystem("baseline", seed=seed, **SMALL) as fast,
        RestakingEcosystem("baseline", seed=seed, engine="objects", **SMALL) as slow,
    ):
        decided = 0
        for day in range(90):
            fast.step()
            slow.step()
            decided += fast._intended
            assert fast._intended == slow._intended, f"day {day}"
            assert fast._intentions[: fast._intended].tolist() == slow._intentions[: slow._intended].tolist()
            assert fast.world.stakers.tobytes() == slow.world.stakers.tobytes(), f"day {day}"
        assert decided > 100


@pytest.mark.parametrize(("mev_apr", "becomes_idle"), [(0.02, False), (0.0, True)])
def test_objects_and_kernel_agree_on_core_assets(mev_apr: float, becomes_idle: bool) -> None:
    often = {"stakers.core_attention": 0.2, "ethereum.mev_apr": mev_apr}
    with (
        RestakingEcosystem("baseline", seed=4, **SMALL, **often) as fast,
        RestakingEcosystem("baseline", seed=4, engine="objects", **SMALL, **often) as slow,
    ):
        before, moved = fast.world.stakers["core"] == IDLE, 0
        for day in range(60):
            fast.step()
            slow.step()
            assert fast._intentions[: fast._intended].tolist() == slow._intentions[: slow._intended].tolist()
            assert fast.world.stakers.tobytes() == slow.world.stakers.tobytes(), f"day {day}"
            now = fast.world.stakers["core"] == IDLE
            moved += int((now & ~before if becomes_idle else before & ~now).sum())
            before = now
        assert moved > 5
        fast.check_invariants()


def test_objects_and_kernel_agree_on_loops() -> None:
    lending = {
        "lending.enabled": True,
        "lending.listing_supply_eth": 1_000.0,
        "lending.listing_rule": "tvl",
        "lending.first_cap_eth": 200_000.0,
        "lending.stable_borrowers": 0.3,
        "ether_price.path": "gbm",
    }
    with (
        RestakingEcosystem("baseline", seed=3, **SMALL, **lending) as fast,
        RestakingEcosystem("baseline", seed=3, engine="objects", **SMALL, **lending) as slow,
    ):
        up = down = 0
        for day in range(90):
            fast.step()
            slow.step()
            wishes = fast._intentions[: fast._intended]
            assert wishes.tolist() == slow._intentions[: slow._intended].tolist()
            assert fast.world.stakers.tobytes() == slow.world.stakers.tobytes(), f"day {day}"
            assert fast.world.debt_shares.tobytes() == slow.world.debt_shares.tobytes(), f"day {day}"
            up += int(((wishes["leverage"] > 0.0) & (wishes["sell"] == 0)).sum())
            down += int(((wishes["leverage"] > 0.0) & (wishes["sell"] == 1)).sum())
        assert up > 10
        assert down >= 1
        fast.check_invariants()


class Hermit(Staker):
    """Never hears of restaking and never decides."""

    def step(self) -> None:
        """Do nothing."""


@pytest.mark.filterwarnings("ignore::restaking.agents.cast.SlowRulesWarning")
def test_a_subclass_that_overrides_step_is_honoured() -> None:
    with RestakingEcosystem("baseline", staker_class=Hermit, **{"stakers.count": 60, "days": 20}) as model:
        model.run()
        assert model._intended == 0
        assert isinstance(model.agents_by_type[Hermit][5], Hermit)


def test_stakers_are_mesa_agents() -> None:
    with RestakingEcosystem("baseline", **SMALL) as model:
        model.run(30)
        stakers = model.agents_by_type[Staker]
        wealth = stakers.agg("wealth", np.sum)
        assert wealth == pytest.approx(sum(staker.wealth for staker in stakers), rel=1e-12)
        richest = stakers.sort("wealth")[0]
        assert richest in model.agents
        assert richest.wealth == pytest.approx(float(np.max(stakers.get("wealth"))))
        assert richest.wealth_market <= richest.wealth * (1.0 + 0.05)


def test_a_removed_staker_decides_no_more() -> None:
    with RestakingEcosystem("baseline", **SMALL) as model:
        gone = model.agents_by_type[Staker][3]
        before = gone.core_shares
        gone.remove()
        assert len(model.agents_by_type[Staker]) == 199
        model.run(60)
        assert model.world.stakers["core_shares"][3] == before
        assert not any(model._intentions["row"][: model._intended] == 3)
        model.check_invariants()
