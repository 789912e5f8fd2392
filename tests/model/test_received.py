"""What holders received: by hand, against the books, and against what was advertised."""

import numpy as np
import pytest

from restaking.model import RestakingEcosystem
from restaking.model.measures import EARNED
from restaking.model.received import SOURCES
from restaking.model.tokens import Airdrop

QUIET = {"stakers.count": 300, "hazards.enabled": False, "recording.operators": False, "recording.avs": False}


def column(model: RestakingEcosystem, name: str) -> np.ndarray:
    """(days + 1, K) of a metric of the LRTs."""
    return np.asarray(model.recorder.entity["lrt"][:, :, model.recorder.kinds["lrt"][1].index(name)])


def test_an_airdrop_is_worth_what_it_fetched_and_what_is_kept_would_show() -> None:
    drop = Airdrop(np.array([0.0, 30.0, 70.0]), claim_day=10, claimable=0.5, vesting_days=20)
    assert drop.worth(9, 2.0) == 0.0
    assert drop.worth(10, 2.0) == 100.0  # half of the hundred can be sold
    drop.book_sale(20.0, 25.0)
    assert drop.worth(20, 2.0) == 25.0 + (75.0 - 20.0) * 2.0
    assert drop.worth(30, 0.0) == 25.0  # a token without a price has brought what was sold of it


@pytest.fixture(scope="module")
def model() -> RestakingEcosystem:
    made = RestakingEcosystem("baseline", seed=1, **QUIET | {"days": 200})
    made.run()
    return made


def test_sources_add_up_to_what_was_earned(model: RestakingEcosystem) -> None:
    parts = sum(column(model, name) for name in EARNED)
    np.testing.assert_allclose(parts, column(model, "earned_apr"), rtol=1e-12, atol=1e-15)
    assert len(EARNED) == len(SOURCES)


def test_what_came_through_nav_is_the_growth_of_nav(model: RestakingEcosystem) -> None:
    """Recomputed from the tables: shares of the evening before times the day's growth of NAV, over ETH-years."""
    shares, nav = column(model, "shares"), np.nan_to_num(column(model, "nav"))
    grown = (shares[:-1] * np.diff(nav, axis=0)).cumsum(axis=0)[-1]
    years = (shares[:-1] * nav[:-1]).sum(axis=0) / 365.0
    through_nav = sum(column(model, name)[-1] for name in EARNED[:5])
    np.testing.assert_allclose(through_nav, grown / years, rtol=1e-9)
    advertised = (np.nan_to_num(column(model, "advertised_apr")[1:]) * shares[:-1] * nav[:-1]).sum(axis=0) / 365.0
    np.testing.assert_allclose(column(model, "promised_apr")[-1], advertised / years, rtol=1e-9)


def test_airdrops_count_once_and_from_the_day_of_their_claim(model: RestakingEcosystem) -> None:
    years = model.received.eth_years
    paid = column(model, "earned_airdrop_apr")[-1] * years
    for k, campaign in enumerate(model.campaigns.campaigns[:-1]):
        claims = [drop.claim_day for drop in campaign.airdrops]
        before = column(model, "earned_airdrop_apr")[: min(claims, default=200) + 1, k]
        assert (before[np.isfinite(before)] == 0.0).all() and np.isfinite(before[-1])
        fetched = sum(drop.worth(199, campaign.market.price) for drop in campaign.airdrops)
        assert paid[k] <= fetched * (1.0 + 1e-12)
        started = campaign.seasons[0].start if campaign.seasons else 0
        if started >= 0:
            assert paid[k] == pytest.approx(fetched, rel=1e-9)
    assert paid.max() > 0.0


def test_the_premium_is_that_of_all_holders_together(model: RestakingEcosystem) -> None:
    years = model.received.eth_years
    earned = (column(model, "earned_apr")[-1] * years).sum() / years.sum()
    supply = model.recorder.series("lrt_supply_eth")[:-1]
    base = np.average(model.recorder.series("base_apr")[1:], weights=supply)
    assert model.summary()["premium_earned"] == pytest.approx(earned - base, rel=1e-6)
    assert 0.0 < model.summary()["premium_airdrops"] < model.summary()["premium_earned"] + base


def test_losses_are_a_source_of_their_own() -> None:
    event = [{"day": 30, "kind": "exploit", "target": "alpha", "size": 0.2}]
    with RestakingEcosystem("baseline", seed=1, **QUIET | {"days": 40, "hazards.events": event}) as hit:
        hit.run()
        loss, shares, nav = (column(hit, name)[:, 0] for name in ("earned_loss_apr", "shares", "nav"))
        years = (shares[:-1] * nav[:-1]).sum() / 365.0
        assert np.isnan(loss[0])
        np.testing.assert_allclose(loss[1:31], 0.0, atol=1e-9)
        assert loss[31] < 0.0
        assert loss[-1] * years == pytest.approx(-0.2 * shares[30] * nav[30], rel=0.02)
        assert column(hit, "earned_staking_apr")[-1, 0] > 0.0


@pytest.mark.slow
def test_the_2024_season_paid_about_what_was_advertised() -> None:
    """Airdrops were the greater part of what LRTs brought; a yield through NAV alone is less than half of it."""
    with RestakingEcosystem("season-2024", seed=1, **QUIET | {"stakers.count": 2_000}) as season:
        season.run()
        found = season.summary()
        assert found["premium_promised"] > 0.02
        assert 0.6 < found["premium_earned"] / found["premium_promised"] < 1.4
        assert found["premium_airdrops"] > 0.5 * found["premium_earned"]
