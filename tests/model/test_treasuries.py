"""Treasuries with bills: they pay in dollars, sell when the runway is short, and can be ruined."""

from typing import Any

import numpy as np
import pytest

from restaking.model import RestakingEcosystem

KIND = "stakers.archetypes.treasury"
SMALL: dict[str, Any] = {"stakers.count": 400, "recording.operators": False, "recording.avs": False, "days": 200}


def finished(days: int = 200, **changes: Any) -> RestakingEcosystem:
    model = RestakingEcosystem("baseline", seed=1, **{**SMALL, **changes})
    while model.day < days:
        model.step()
        model.check_invariants()
    return model


def wealth(model: RestakingEcosystem) -> float:
    return float(model._wealth(model.stakers)[model.treasuries.rows].sum())


def test_bills_are_paid_in_dollars() -> None:
    with finished(**{f"{KIND}.bills_per_year": 0.2}) as model, finished(**{f"{KIND}.bills_per_year": 0.0}) as spared:
        assert spared.treasuries.rows.size == 0
        rows = model.treasuries.rows
        assert rows.size > 3
        unpaid = float(spared._wealth(spared.stakers)[rows].sum())
        assert wealth(model) == pytest.approx(unpaid - 6 * model.treasuries.bill_eth().sum(), rel=0.02)


def test_a_fall_of_eth_makes_bills_heavier_and_ruin_likelier() -> None:
    crash = {"ether_price.crash_day": 20, "ether_price.crash_size": 0.8, f"{KIND}.bills_per_year": 0.5}
    with finished(**crash) as fallen, finished(**{f"{KIND}.bills_per_year": 0.5}) as calm:
        assert fallen.treasuries.bill_eth() == pytest.approx(5.0 * calm.treasuries.bill_eth())
        assert wealth(fallen) < wealth(calm)
        assert fallen.treasuries.ruined_share > calm.treasuries.ruined_share == 0.0
        assert fallen.summary()["treasury_ruined_share"] == fallen.treasuries.ruined_share


def test_a_short_runway_makes_them_leave() -> None:
    settings = {f"{KIND}.bills_per_year": 0.3, f"{KIND}.satellite_cap": 0.9, f"{KIND}.minimum_redemption_quality": 0.0}
    with (
        finished(**settings, **{f"{KIND}.runway_months": 30.0}) as careful,
        finished(**settings, **{f"{KIND}.runway_months": 0.0}) as careless,
    ):
        held = [
            float(model.world.stakers["satellite_shares"][model.treasuries.rows].sum()) for model in (careful, careless)
        ]
        assert held[0] < held[1]


def test_all_in_with_borrowed_dollars_is_ruined_more_often_than_a_part() -> None:
    """The article's warning: a treasury that borrows stablecoins against everything it has."""
    common = {
        f"{KIND}.bills_per_year": 0.6,
        f"{KIND}.minimum_redemption_quality": 0.0,
        f"{KIND}.risk_factor": 0.1,
        "stakers.initial_aware": 1.0,
        "lending.enabled": True,
        "lending.listing_rule": "tvl",
        "lending.listing_supply_eth": 10_000.0,
        "lending.first_cap_eth": 1e6,
        "ether_price.crash_day": 100,
        "ether_price.crash_size": 0.6,
        "lending.stable_borrowers": 1.0,
    }
    all_in = {**common, f"{KIND}.satellite_cap": 1.0, f"{KIND}.leverage_cap": 4.0}
    with finished(**common, **{f"{KIND}.satellite_cap": 0.2}) as part, finished(**all_in) as whole:
        poorest = [float(model._wealth(model.stakers)[model.treasuries.rows].min()) for model in (whole, part)]
        assert whole.treasuries.ruined_share > part.treasuries.ruined_share == 0.0
        assert np.isfinite(poorest).all() and poorest[0] < 0.2 * poorest[1]
