"""The ecosystem as a whole: ledgers every day, the same bits for the same seed, and what switches do."""

import os
import subprocess
import sys

import numpy as np
import pytest

from restaking.model import RestakingEcosystem, Scenario, load_scenario
from restaking.model.ecosystem import WEEK
from restaking.model.ledger import LedgerError
from restaking.model.metrics import metrics_of
from tests.model.measured import all_measured

SMALL = {"stakers.count": 400, "days": 240}


def run(scenario: str | Scenario = "baseline", seed: int = 1, **overrides: object) -> RestakingEcosystem:
    """A finished run."""
    model = RestakingEcosystem(scenario, seed=seed, **{**SMALL, **overrides})
    model.run()
    return model


def lrt(model: RestakingEcosystem, metric: str) -> np.ndarray:
    """A metric of all LRTs, shape (days + 1, K)."""
    names = model.recorder.kinds["lrt"][1]
    return model.recorder.entity["lrt"][: model.recorder.rows, :, names.index(metric)]


@pytest.mark.parametrize("scenario", ["baseline", "season-2024", "mature-2026"])
def test_both_ledgers_balance_every_day(scenario: str) -> None:
    with RestakingEcosystem(scenario, **{"stakers.count": 600, "days": 300}) as model:
        model.check_invariants()
        for _ in range(300):
            model.step()
            model.check_invariants()
        assert all_measured(model.recorder)
        assert not np.isinf(model.recorder.entity["lrt"]).any()
        for metric in metrics_of("lrt"):
            assert metric.optional or np.isfinite(lrt(model, metric.name)).all(), metric.name


def test_a_breach_is_named() -> None:
    with RestakingEcosystem("baseline", **SMALL) as model:
        model.world.books["buffer"][1] += 1.0
        with pytest.raises(LedgerError, match="day 0: physical ETH is off by 1 ETH"):
            model.check_invariants()
        model.world.books["buffer"][1] -= 1.0
        model.world.stakers["core_shares"][0] += 1e3
        with pytest.raises(LedgerError, match="balances of"):
            model.check_invariants()


PRINT_HASH = """
import hashlib
from restaking.model import RestakingEcosystem
model = RestakingEcosystem("baseline", seed=3, **{"stakers.count": 200, "days": 60})
model.run()
content = model.recorder.daily.tobytes() + model.recorder.entity["lrt"].tobytes() + model.world.stakers.tobytes()
print(hashlib.sha256(content).hexdigest())
"""


def test_same_seed_same_bytes_in_another_process_and_hash_seed() -> None:
    def digest(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        answer = subprocess.run(
            [sys.executable, "-c", PRINT_HASH], env=environment, capture_output=True, text=True, check=True
        )
        return answer.stdout.strip()

    assert digest("0") == digest("12345")


def test_another_seed_is_another_run() -> None:
    first, second = run(seed=1, days=30), run(seed=2, days=30)
    assert first.recorder.daily.tobytes() != second.recorder.daily.tobytes()


def test_names_change_nothing_but_names() -> None:
    content = load_scenario("baseline").to_dict()
    renamed = {name: f"x{number}" for number, name in enumerate(reversed(content["lrt"]))}
    content["lrt"] = {renamed[name]: terms for name, terms in content["lrt"].items()}
    plain, other = run(days=120), run(Scenario(**content), days=120)
    assert plain.recorder.daily.tobytes() == other.recorder.daily.tobytes()
    assert lrt(plain, "supply_eth").tobytes() == lrt(other, "supply_eth").tobytes()


def mean_difference(metric: str, at: slice = slice(None), **switched: object) -> float:
    """Mean over three seeds of the relative change of a series' mean (over ``at``) when something is switched."""
    changes = []
    for seed in (1, 2, 3):
        with run(seed=seed) as on, run(seed=seed, **switched) as off:
            before, after = on.recorder.series(metric)[at].mean(), off.recorder.series(metric)[at].mean()
        changes.append(after / before - 1.0)
    return float(np.mean(changes))


def test_without_points_fewer_restake() -> None:
    assert mean_difference("lrt_supply_eth", **{"stakers.points": False}) < -0.3


def test_without_learning_from_exposure_fewer_stay() -> None:
    # Fear that never fades shows once the campaigns have ended: people entered for points and would not stay for less.
    assert mean_difference("lrt_supply_eth", slice(-30, None), **{"stakers.learning": False}) < -0.1


def test_without_neighbours_and_word_of_mouth_fewer_know() -> None:
    switched = {"stakers.aware_word_of_mouth": 0.0, "stakers.social_influence": 0.0}
    assert mean_difference("aware_share", **switched) < -0.05


def test_without_avs_fees_there_is_no_fee_yield() -> None:
    fees = {f"avs.{name}.fees_eth_per_year": 0.0 for name in load_scenario("baseline").avs}
    with run() as on, run(**fees) as off:
        assert on.recorder.series("avs_fee_apr")[WEEK * 20 :].mean() > 1e-6
        assert off.recorder.series("avs_fee_apr").max() == 0.0


def test_without_learning_from_airdrops_beliefs_stand_still() -> None:
    with run() as on, run(**{"stakers.airdrop_learning": False}) as off:
        assert abs(on.campaigns.belief / off.campaigns.belief - 1.0) > 0.05
        assert off.campaigns.belief == off.scenario.stakers.expected_fdv_ratio


def test_closed_redemption_deepens_discounts() -> None:
    worst = []
    for opening in (0, 200):
        with run(**{"lrt.beta.redemption_open_day": opening}) as model:
            worst.append(float(lrt(model, "discount")[:200, 1].max()))
    assert worst[1] > 3.0 * max(worst[0], 0.005)


def test_a_slash_burns_eth_and_lowers_nav() -> None:
    event = {"day": 100, "kind": "slash", "target": "alpha", "size": 0.1}
    quiet = {"hazards.enabled": False}
    with run(days=110, **quiet) as calm, run(days=110, **quiet, **{"hazards.events": [event]}) as hit:
        fall = lrt(hit, "nav")[101, 0] / lrt(calm, "nav")[101, 0]
        assert fall == pytest.approx(0.9, abs=0.01)
        assert hit.world.accounts[0]["burned"] > calm.world.accounts[0]["burned"]
        hit.check_invariants()


def test_without_arbitrage_a_discount_lasts() -> None:
    # A pool that loses ETH is out of balance; with redemption open whoever buys there gains, if anybody may.
    lasting: dict[bool, list[float]] = {True: [], False: []}
    for seed in (1, 2, 3):
        for enabled in lasting:
            settings = {**SMALL, "arbitrage.enabled": enabled, "hazards.enabled": False}
            with RestakingEcosystem("baseline", seed=seed, **settings) as model:
                model.run(60)
                model.exchange.drain(0, 0.7)
                model.run(30)
                lasting[enabled].append(float((1.0 - lrt(model, "price")[61:91, 0]).mean()))
    assert np.mean(lasting[False]) > 2.0 * np.mean(lasting[True])


def test_arbitrage_holds_the_pools_of_a_token_together() -> None:
    pools = {"markets.side_pools": [0.1], "markets.side_pool_flow": [0.3], "stakers.count": 1_000}
    gaps: dict[bool, list[float]] = {True: [], False: []}
    for seed in (1, 2, 3):
        for enabled in gaps:
            with RestakingEcosystem("depeg-2024", seed=seed, **pools, **{"arbitrage.enabled": enabled}) as model:
                model.run(model.horizon)
                model.check_invariants()
                gaps[enabled].append(float(np.nanmean(lrt(model, "pool_gap"))))
    assert np.mean(gaps[False]) > 1.5 * np.mean(gaps[True]) > 0.0


def test_arbitrage_keeps_discounts_smaller_over_a_whole_run() -> None:
    for seed in (1, 2, 3):
        worst = []
        for enabled in (True, False):
            with run(seed=seed, **{"arbitrage.enabled": enabled}) as model:
                worst.append(float(np.nanmax(1.0 - lrt(model, "price"), axis=1).mean()))
        assert worst[1] > worst[0]


@pytest.mark.slow
def test_equal_terms_make_no_leader_by_name() -> None:
    content = load_scenario("baseline").to_dict()
    terms = content["lrt"]["alpha"]
    content["lrt"] = {
        name: {**terms, "title": name, "token": {**terms["token"], "id": name.upper()}} for name in content["lrt"]
    }
    placebo, seeds = Scenario(**content), 60
    leads = np.zeros(len(content["lrt"]), int)
    for seed in range(seeds):
        with run(placebo, seed=seed, days=200, **{"hazards.enabled": False}) as model:
            leads[int(lrt(model, "supply_eth")[-1].argmax())] += 1
    expected = seeds / leads.size
    chi_square = float(((leads - expected) ** 2 / expected).sum())
    assert chi_square < 16.27  # the 0.1 % quantile with three degrees of freedom
    assert (leads > 0).all()
