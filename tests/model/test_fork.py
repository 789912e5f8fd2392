"""What-if branches: the past is shared to the bit, changed terms act from their day, beginnings cannot change."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from restaking.model import RestakingEcosystem
from restaking.model.scenario import ScenarioError

SMALL = {"stakers.count": 300, "days": 260}
DAY = 90


def branch(changes: Mapping[str, Any] | None, day: int = DAY, scenario: str = "baseline") -> RestakingEcosystem:
    """A finished run that changed its terms on a day (or none)."""
    model = RestakingEcosystem(scenario, seed=1, **SMALL)
    model.run(day)
    if changes is not None:
        model.change(changes)
    while model.day < model.horizon:
        model.step()
    model.check_invariants()
    return model


@pytest.fixture(scope="module")
def unforked() -> RestakingEcosystem:
    """The run without a change."""
    return branch(None)


def test_no_change_is_the_same_run(unforked: RestakingEcosystem) -> None:
    same = branch({"stakers.attention": unforked.scenario.stakers.attention})
    assert same.recorder.daily.tobytes() == unforked.recorder.daily.tobytes()
    assert same.world.stakers.tobytes() == unforked.world.stakers.tobytes()


CHANGES: list[dict[str, Any]] = [
    {"stakers.attention": 0.2},
    {"stakers.risk_median": 0.9},
    {"stakers.integration": False},
    {"stakers.points": False},
    {"stakers.taste_scale": 0.0},
    {"stakers.liquidity_spread": 0.001},
    {"stakers.merton_gamma": 30.0},
    {"stakers.aware_word_of_mouth": 0.0},
    {"campaigns.airdrop_share": 0.001},
    {"campaigns.later_share": 3.0},
    {"lrt.alpha.fee": 0.6},
    {"lrt.beta.redemption_open_day": 100},
    {"lrt.beta.redemption_open_day": 60},
    {"lrt.alpha.token.listing_fdv_over_tvl": 0.02},
    {"markets.pool_fee": 0.02},
    {"markets.depth_fraction": 0.001},
    {"arbitrage.required_return": 2.0},
    {"ethereum.mev_apr": 0.03},
    {"ethereum.exit_churn_eth_per_day": 100.0},
    {"restaking.escrow_days": 30.0},
    {"operators.fault_rate": 20.0},
    {"hazards.lrt_exploit_rate": 10.0},
    {"avs.oracle.fees_eth_per_year": 90_000.0},
    {"lending.enabled": True},
    {"ether_price.crash_day": 120},
]


@pytest.mark.parametrize("changes", CHANGES, ids=[next(iter(change)) for change in CHANGES])
def test_a_change_shares_the_past_and_acts_on_what_comes(changes: dict[str, Any], unforked: RestakingEcosystem) -> None:
    with branch(changes) as forked:
        shared = slice(0, DAY + 1)
        assert forked.recorder.daily[shared].tobytes() == unforked.recorder.daily[shared].tobytes()
        assert not np.array_equal(forked.recorder.daily, unforked.recorder.daily)
        assert [fork.day for fork in forked.forks] == [DAY]


def test_a_change_on_the_first_day_is_the_other_scenario() -> None:
    changes = {"stakers.risk_median": 0.5, "stakers.attention": 0.1, "campaigns.later_share": 0.9}
    with branch(changes, day=0) as forked, RestakingEcosystem("baseline", seed=1, **SMALL, **changes) as plain:
        plain.run()
        assert forked.recorder.daily[1:].tobytes() == plain.recorder.daily[1:].tobytes()


def test_less_airdrop_to_come_keeps_fewer(unforked: RestakingEcosystem) -> None:
    with branch({"campaigns.airdrop_share": 0.0}) as forked:
        after = slice(DAY + 30, None)
        less = forked.recorder.series("lrt_supply_eth")[after].mean()
        assert less < 0.95 * unforked.recorder.series("lrt_supply_eth")[after].mean()


def test_what_has_opened_stays_open() -> None:
    with branch({"lrt.alpha.redemption_open_day": 200}) as forked:
        assert forked.venues["redemption_open"][forked.first_lrt] == 1


def test_an_opening_on_a_day_gone_by_happens_today() -> None:
    with branch({"lrt.beta.redemption_open_day": 20}) as forked:
        events = forked.recorder.events_frame()
        opened = events[(events["type"] == "redemption_open") & (events["subject"] == "beta")]
        assert list(opened["day"]) == [DAY]


def test_a_change_on_the_day_on_which_a_pause_ends_does_not_keep_it() -> None:
    pause = {"day": 20, "kind": "pause", "target": "restaking", "size": 10.0}
    with RestakingEcosystem("baseline", seed=1, **SMALL, **{"hazards.events": [pause]}) as model:
        model.run(20)
        was_open = model.venues["redemption_open"].copy()
        model.run(10)
        model.change({"campaigns.airdrop_share": 0.05})
        model.run(5)
        assert (model.venues["redemption_open"] >= was_open).all()


def test_a_pause_ends_as_it_was_going_to() -> None:
    pause = {"day": 80, "kind": "pause", "target": "alpha", "size": 30.0}
    model = RestakingEcosystem("baseline", seed=1, **SMALL, **{"hazards.events": [pause]})
    model.run(DAY)
    model.change({"stakers.attention": 0.05})
    assert model.venues["redemption_open"][model.first_lrt] == 0
    model.run(30)
    assert model.venues["redemption_open"][model.first_lrt] == 1
    model.close()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stakers.count": 400}, "stakers.count"),
        ({"stakers.total_eth": 1e7}, "what they own"),
        ({"stakers.initial_aware": 0.9}, "stakers.initial_aware"),
        ({"lrt.alpha.initial_eth": 10.0}, "lrt.alpha.initial_eth"),
        ({"days": 300}, "length of the run"),
        ({"seed": 5}, "seed"),
        ({"networks.homophily": 0.9}, "social network"),
        ({"operators.count": 40}, "operators"),
        ({"arbitrage.capital_eth": 5.0}, "capital of arbitrageurs"),
        ({"markets.side_pools": [0.1]}, "number of pools"),
        ({"stakers.atention": 0.1}, "stakers.attention"),
        ({"stakers.attention": -1.0}, "stakers.attention"),
    ],
)
def test_beginnings_and_bad_values_are_refused(changes: dict[str, Any], says: str) -> None:
    model = RestakingEcosystem("baseline", seed=1, **{"stakers.count": 100, "days": 40})
    model.run(10)
    scenario = model.scenario
    before = model.world.stakers.tobytes()
    with pytest.raises(ScenarioError, match=says):
        model.change({"stakers.gas_eth": 0.01, **changes})
    assert model.scenario is scenario
    assert model.world.stakers.tobytes() == before
    assert model.forks == []
    model.close()
