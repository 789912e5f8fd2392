"""Lending in a run: it acts, in the direction theory says, and its books balance every day."""

from typing import Any

import numpy as np
import pytest

from restaking.model import RestakingEcosystem
from restaking.model.kernels import books
from restaking.model.scenario import ScenarioError, load_scenario
from tests.model.measured import all_measured

SMALL: dict[str, Any] = {"stakers.count": 400, "recording.operators": False, "recording.avs": False}
LOOPS: dict[str, Any] = {
    **SMALL,
    "lending.enabled": True,
    "lending.listing_rule": "tvl",
    "lending.listing_supply_eth": 10_000.0,
    "lending.first_cap_eth": 200_000.0,
}


def finished(scenario: str = "baseline", seed: int = 1, days: int = 120, **changes: Any) -> RestakingEcosystem:
    """A run whose ledgers were checked every day."""
    model = RestakingEcosystem(scenario, seed=seed, **{**LOOPS, "days": days, **changes})
    while model.day < model.horizon:
        model.step()
        model.check_invariants()
    return model


def test_loops_raise_supply_and_pay_interest() -> None:
    with finished() as with_loans, finished(**{"lending.enabled": False}) as without:
        lender = with_loans.world.lenders[0]
        assert with_loans.lending.lent_eth > 10_000.0
        assert lender["claims"] + lender["reserves"] > with_loans.scenario.lending.initial_eth
        assert with_loans.lrt_supplies.sum() > 1.02 * without.lrt_supplies.sum()
        assert without.lending.lent_eth == 0.0
        assert without.summary()["lrt_posted_share"] == 0.0


def test_nobody_starts_above_the_loan_to_value() -> None:
    with finished(days=60) as model:
        held = model.world.stakers["satellite_shares"]
        rows = np.flatnonzero(model.world.debt_shares > 0.0)
        assert rows.size > 5
        nav = model.venues["nav"][model.world.stakers["satellite"][rows]]
        unit = (model.world.lenders["index"] / model.world.lenders["price"])[model.world.debt_asset[rows]]
        ratio = model.world.debt_shares[rows] * unit / (held[rows] * nav)
        assert ratio.max() < model.scenario.lending.threshold


def test_dear_loans_end_loops() -> None:
    """The carry turns: whoever looks sells to owe less."""
    changes = {"lending.base_rate": 0.5, "lending.stable_borrowers": 0.0, "lending.loop_attention": 0.3}
    with finished(days=60) as cheap, RestakingEcosystem("baseline", seed=1, **{**LOOPS, "days": 120}) as model:
        model.run(60)
        before = model.lending.lent_eth
        assert before == pytest.approx(cheap.lending.lent_eth)
        model.change(changes)
        model.run(50)
        model.check_invariants()
        assert model.lending.lent_eth < 0.5 * before


def test_a_crash_of_eth_liquidates_borrowers_of_dollars_only() -> None:
    crash = {"ether_price.crash_day": 80, "ether_price.crash_size": 0.35}
    with finished(**crash, **{"lending.stable_borrowers": 1.0}) as dollars:
        assert dollars.lending.liquidated_eth > 0.0
        events = dollars.recorder.events_frame()
        days = events.loc[events["type"] == "liquidation", "day"]
        assert days.min() >= 80
    with finished(**crash, **{"lending.stable_borrowers": 0.0}) as ether:
        assert ether.lending.liquidated_eth == 0.0


def test_posted_collateral_stays_under_the_cap() -> None:
    # What borrowers held before their first loan is posted with it and takes room, not only what they mint.
    caps = {"lending.first_cap_eth": 4_000.0, "lending.cap_growth": 1.0, "days": 60}
    with RestakingEcosystem("baseline", seed=1, **{**LOOPS, **caps}) as model:
        before, most = model.lending.survey[:, 0].copy(), 0.0
        while model.day < model.horizon:
            model.step()
            posted, cap = model.lending.survey[:, 0], model.lending.collateral["cap_eth"]
            assert (posted <= np.maximum(cap, before) * 1.01).all()
            before, most = posted.copy(), max(most, float(posted.max()))
        assert most > 2_000.0


def test_the_oracle_looks_on_days_without_loans() -> None:
    sale = {"day": 10, "kind": "shock", "target": "alpha", "size": 0.1}
    quiet = {"lending.loop_attention": 0.0, "hazards.events": [sale], "lending.oracle": "spot", "days": 12}
    with finished(**quiet) as model:
        assert model.lending.lent_eth == 0.0
        price = model.world.venues["price"][model.first_lrt :]
        assert price.min() < 0.999
        said = model.lending.collateral["oracle_price"]  # before the last arbitrage of the day
        assert said[0] < 0.999
        np.testing.assert_allclose(said, price, atol=0.005)


def test_a_lower_oracle_keeps_more_collateral() -> None:
    with finished(days=60) as model:
        row = int(np.flatnonzero(model.world.debt_shares > 0.0)[0])
        venue = int(model.world.stakers["satellite"][row])
        model.world.venues["threshold"] = model.world.venues["threshold_stable"] = 0.95
        free = [0.0, 0.0, 0.0]
        for n, price in enumerate((1.05, 1.0, 0.9)):
            model.world.venues["oracle_price"] = price
            free[n] = books._free_shares(model.world, row, venue)
        held = float(model.world.stakers["satellite_shares"][row])
        assert free[0] == free[1] > free[2]
        assert free[2] == pytest.approx(max(held - (held - free[1]) / 0.9, 0.0))


def test_unbacked_supply_becomes_bad_debt_and_a_loss_for_holders() -> None:
    event = {"day": 80, "kind": "unbacked", "target": "alpha", "size": 0.2}
    with finished(**{"hazards.events": [event]}) as hit, finished() as spared:
        k = list(hit.scenario.lrt).index("alpha")
        nav = [float(model.venues["nav"][model.first_lrt + k]) for model in (hit, spared)]
        assert nav[0] < 0.9 * nav[1]
        assert hit.lending.bad_debt_eth > 0.0
        assert hit.lending.recovered_eth > 0.0
        kinds = set(hit.recorder.events_frame()["type"])
        assert {"unbacked", "bad_debt"} <= kinds


@pytest.mark.parametrize("opening", [0, 5_000])
def test_lenders_get_no_more_back_than_they_lost(opening: int) -> None:
    event = {"day": 60, "kind": "unbacked", "target": "alpha", "size": 0.5}
    opens = {f"lrt.{name}.redemption_open_day": opening for name in ("alpha", "beta", "gamma", "delta")}
    with finished(**{"hazards.events": [event], "lending.steward": False}, **opens) as hit:
        hit.check_invariants()
        stolen = float(hit.losses.table.sum(axis=1)[list(hit.losses.frame().index).index("unbacked")])
        assert 0.0 < hit.lending.recovered_eth <= stolen if opening == 0 else hit.lending.recovered_eth == 0.0
        kept = hit.exchange.lenders_shares[0]
        assert kept == 0.0 if opening == 0 else kept > 0.0
        frame = hit.losses.frame().loc["unbacked"]
        assert frame["lenders"] == pytest.approx(stolen - hit.lending.recovered_eth)
        if opening == 0:
            assert frame.drop("lenders").sum() == pytest.approx(hit.lending.recovered_eth), "holders bear the rest"


def test_a_drained_pool_has_a_price_and_is_filled_again() -> None:
    with RestakingEcosystem("baseline", seed=1, **SMALL, **{"days": 120, "hazards.enabled": False}) as model:
        model.run(60)
        model.exchange.drain(0, 1.0)
        assert 0.0 < float(model.venues["price"][model.first_lrt]) < 0.01
        model.run(30)
        model.check_invariants()
        assert all_measured(model.recorder)
        assert float(model.exchange.pools["eth"][0]) > 0.0


def test_a_thin_loop_breaks_where_its_conservative_twin_bends() -> None:
    """The same holders, pool and wave of sales under two sets of lending terms."""
    found = {}
    for name in ("thin-loop", "thin-loop-conservative"):
        with RestakingEcosystem(name, seed=3, **{**SMALL, "stakers.count": 1_000}) as model:
            while model.day < 130:
                model.step()
                model.check_invariants()
            table = model.recorder.daily[:131]
            column = model.recorder.names.index
            found[name] = {
                name: float(table[:, column(name)].max())
                for name in ("loans_eth", "unsafe_loans_eth", "liquidated_eth")
            }
    thin, twin = found["thin-loop"], found["thin-loop-conservative"]
    assert thin["loans_eth"] > 10.0 * twin["loans_eth"]
    assert thin["unsafe_loans_eth"] + thin["liquidated_eth"] > twin["unsafe_loans_eth"] + twin["liquidated_eth"]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("lending.threshold", 1.2, "between 0.01 and 1"),
        ("lending.ltv", 0.95, "must not exceed lending.threshold"),
        ("lending.stable_ltv", 0.8, "must not exceed lending.stable_threshold"),
        ("lending.close_factor", 0.0, "between 0.01 and 1"),
        ("lending.oracle", "chainlink", "spot"),
        ("lending.initial_eth", -1.0, "0"),
        ("markets.depth_fraction", -0.01, "0.0001"),
        ("markets.depth_fraction", 0.0, "0.0001"),
        ("markets.maximum_pool_eth", 0.0, "1"),
        ("ether_price.path", "csv", "file"),
    ],
)
def test_terms_that_cannot_be_are_refused(key: str, value: Any, problem: str) -> None:
    with pytest.raises(ScenarioError, match=problem) as refused:
        load_scenario("baseline", {key: value})
    assert key.split(".")[0] in str(refused.value)


def test_a_pool_can_be_scaled_without_moving_its_price() -> None:
    with RestakingEcosystem("baseline", seed=1, **{**SMALL, "days": 30}) as model:
        model.run(20)
        pool = model.exchange.pools[0].copy()
        for factor in (2.0, 0.25):
            before = model.exchange.pools[0].copy()
            model.exchange.scale_pool(0, factor)
            after = model.exchange.pools[0]
            assert after["eth"] / before["eth"] == pytest.approx(factor)
            assert after["token"] / before["token"] == pytest.approx(factor)
            model.check_invariants()
        assert model.exchange.pools[0]["eth"] == pytest.approx(0.5 * pool["eth"])
        with pytest.raises(ValueError, match="above 0"):
            model.exchange.scale_pool(0, 0.0)


def test_providers_leave_under_stress_and_come_for_yield() -> None:
    with RestakingEcosystem("baseline", seed=1, **{**SMALL, "days": 30}) as model:
        exchange = model.exchange
        calm = exchange.appetite(0)
        exchange._prices[:, 0] = [1.0, 1.0, 1.0, 1.0, 0.97, 0.95, 0.9]
        assert exchange.appetite(0) < 0.7 * calm
        exchange._prices[:, 0] = 1.0
        exchange.lp_fee_apr[0] = 0.3
        assert exchange.appetite(0) > 1.3 * calm


def test_tokens_taken_from_pools_wait_while_redemption_is_closed() -> None:
    with RestakingEcosystem("baseline", seed=1, **{**SMALL, "days": 200}) as model:
        model.run(60)
        beta = list(model.scenario.lrt).index("beta")  # opens on day 150
        supply = float(model.world.books["shares"][model.first_lrt + beta])
        model.exchange.scale_pool(beta, 0.5)
        model.check_invariants()
        assert model.exchange.providers_shares[beta] > 0.0
        assert model.world.books["shares"][model.first_lrt + beta] == supply, "nothing was redeemed"
        model.run(95)
        model.check_invariants()
        assert model.exchange.providers_shares[beta] == 0.0
