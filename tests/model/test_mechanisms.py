"""Mechanisms that act in every run: base-layer slashing, exploits, tokens of the past, exchange of core assets."""

import numpy as np
import pytest

from restaking.model import RestakingEcosystem
from restaking.model.kernels import books as move
from restaking.model.state import FIRST_LST, IDLE

SMALL = {"stakers.count": 400, "days": 200}
QUIET = {"hazards.enabled": False}


def run(scenario: str = "baseline", seed: int = 1, **overrides: object) -> RestakingEcosystem:
    """A finished run whose ledgers balance."""
    model = RestakingEcosystem(scenario, seed=seed, **{**SMALL, **overrides})
    model.run()
    model.check_invariants()
    return model


# --- slashing by the base layer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.02, 0.7, 8.0, 49.0, 51.0, 900.0])
def test_poisson_draws_have_their_mean_and_variance(mean: float) -> None:
    draw = np.random.default_rng(7)
    counts = np.array([move._poisson(mean, u, v) for u, v in draw.random((20_000, 2))])
    assert counts.mean() == pytest.approx(mean, abs=5.0 * np.sqrt(mean / counts.size))
    assert counts.var() == pytest.approx(mean, rel=0.12)
    assert (counts == np.rint(counts)).all()


def test_base_slashing_burns_what_its_rate_says() -> None:
    operators = {"operators.fault_rate": 0.0} if "operators.fault_rate" in _keys() else {}
    with run(**{"ethereum.base_slashing_rate": 0.05, "hazards.lrt_exploit_rate": 0.0, **operators}) as model:
        burned = float(model.world.accounts[0]["burned"])
        staked = float(model.recorder.series("eth_staked").mean())
        expected = 0.05 * model.scenario.ethereum.base_slashing_loss * staked * 200 / 365
        assert burned == pytest.approx(expected, rel=0.05)


def test_base_slashing_lowers_the_yield_of_everybody_who_stakes() -> None:
    with run(**{"ethereum.base_slashing_rate": 0.0}) as calm, run(**{"ethereum.base_slashing_rate": 0.1}) as hit:
        nav = slice(FIRST_LST, FIRST_LST + 3)
        fall = hit.venues["nav"][nav] / calm.venues["nav"][nav] - 1.0
        assert fall == pytest.approx(-0.1 * calm.scenario.ethereum.base_slashing_loss * 200 / 365, rel=0.15)


def test_without_hazards_no_validator_is_slashed() -> None:
    with run(**QUIET, **{"ethereum.base_slashing_rate": 0.1}) as model:
        assert model.world.accounts[0]["burned"] == 0.0


def _keys() -> set[str]:
    from restaking.model.scenario import parameters

    return {info.key for info in parameters()}


# --- exploits around LRTs and of LSTs ---------------------------------------------------------------------------------


def test_a_robbed_pool_loses_eth_price_and_use() -> None:
    with RestakingEcosystem("baseline", seed=1, **{**SMALL, **QUIET}) as model:
        model.run(60)
        pool, before = model.exchange.pools[0], float(model.exchange.pools[0]["eth"])
        price, use = float(model.venues[model.first_lrt]["price"]), float(model.signals._integration[0])
        eth = model.exchange.drain(0, 0.6)
        model.signals.distrust(0, 0.6)
        assert eth == pytest.approx(0.6 * before)
        assert pool["eth"] == pytest.approx(0.4 * before)
        assert model.venues[model.first_lrt]["price"] < price
        assert model.signals._integration[0] == pytest.approx(0.4 * use)
        assert model.world.accounts[0]["exploited"] == pytest.approx(eth)
        model.check_invariants()
        model.run(3)
        assert model.venues[model.first_lrt]["price"] > 0.97  # redemption is open: arbitrage closes the gap
        model.check_invariants()


def test_pools_are_robbed_at_their_rate() -> None:
    often = {
        "stakers.attention": 0.0,
        "hazards.defi_exploit_rate": 5.0,
        "hazards.lrt_exploit_rate": 0.0,
        "hazards.layer_exploit_rate": 0.0,
    }
    with run(**often) as robbed, run(**{**often, "hazards.defi_exploit_rate": 0.0}) as calm:
        events = robbed.recorder.events_frame()
        assert set(events[events["type"] == "exploit"]["cause"]) == {"defi"}
        assert robbed.world.accounts[0]["exploited"] > 100.0
        assert calm.world.accounts[0]["exploited"] == 0.0
        integration = robbed.venues["integration"][robbed.first_lrt :].sum()
        assert integration < calm.venues["integration"][calm.first_lrt :].sum()


def test_an_exploited_lst_takes_the_lrts_that_hold_it_with_it() -> None:
    event = {"day": 100, "kind": "exploit", "target": "large", "size": 0.3}
    with run(days=101, **QUIET) as calm, run(days=101, **QUIET, **{"hazards.events": [event]}) as hit:
        fall = hit.venues["nav"] / calm.venues["nav"] - 1.0
        lst = hit.venue_names.index("large")
        assert fall[lst] == pytest.approx(-0.3, abs=0.005)
        holders = np.flatnonzero(hit.world.lst_holdings[:, lst - FIRST_LST] > 1.0)
        assert holders.size > 0
        assert (fall[holders] < -0.001).all()
        assert fall[hit.venue_names.index("middle")] == pytest.approx(0.0, abs=1e-12)


# --- tokens that traded before the run --------------------------------------------------------------------------------


def test_tokens_of_the_past_trade_from_the_first_day_and_surprise_nobody() -> None:
    with RestakingEcosystem("mature-2026", seed=1, **{**SMALL, "days": 5}) as model:
        first = [campaign.market.price for campaign in model.campaigns.campaigns]
        assert min(first) > 0.0
        assert all(campaign.market.listed_on < 0 for campaign in model.campaigns.campaigns)
        assert all(campaign.trust == 1.0 for campaign in model.campaigns.campaigns)
        assert model.campaigns.belief == model.scenario.stakers.expected_fdv_ratio
        model.run()
        model.check_invariants()
        assert "transferable" not in set(model.recorder.events_frame()["type"])


# --- idle or staked ---------------------------------------------------------------------------------------------------


def stake_of_cores(model: RestakingEcosystem) -> float:
    """ETH of core assets that are staked."""
    rows = model.world.stakers
    eth = rows["core_shares"] * model.venues["nav"][rows["core"]]
    return float(eth[rows["core"] != IDLE].sum())


def test_higher_yields_draw_idle_eth_into_staking_and_lower_ones_send_it_back() -> None:
    staked = {}
    for mev in (0.0, 0.006, 0.03):
        settings = {"ethereum.mev_apr": mev, "stakers.initial_aware": 0.0, "stakers.aware_news": 0.0}
        with run(days=300, **QUIET, **settings) as model:
            staked[mev] = stake_of_cores(model) / float(model.recorder.series("eth_staked")[0])
    assert staked[0.0] < staked[0.006] - 0.01
    assert staked[0.03] > staked[0.006] + 0.01


def test_whoever_never_looks_keeps_its_core() -> None:
    settings = {"stakers.core_attention": 0.0, "ethereum.mev_apr": 0.03}
    with RestakingEcosystem("baseline", seed=1, **{**SMALL, **QUIET, **settings}) as model:
        before = model.world.stakers["core"].copy()
        model.run(120)
        assert (model.world.stakers["core"] == before).all()


def test_taste_for_liquidity_agrees_with_what_is_held_at_the_start() -> None:
    with RestakingEcosystem("baseline", seed=1, **SMALL) as model:
        values, idle = model.stakers.cold["liquidity_value"], model.world.stakers["core"] == IDLE
        mean = model.scenario.stakers.liquidity_value
        assert (values[idle] >= np.float32(mean)).all()
        assert (values[~idle] <= np.float32(mean)).all()


# --- airdrops ---------------------------------------------------------------------------------------------------------


def test_without_an_airdrop_fewer_restake() -> None:
    changes = []
    for seed in (1, 2, 3):
        with run(seed=seed) as on, run(seed=seed, **{"campaigns.airdrop_share": 0.0}) as off:
            changes.append(off.recorder.series("lrt_supply_eth").mean() / on.recorder.series("lrt_supply_eth").mean())
    assert np.mean(changes) < 0.7
