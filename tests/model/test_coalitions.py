"""Attacks from inside: the best coalition by brute force, and attacks in a run when they pay."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model import RestakingEcosystem
from restaking.model.coalitions import best_coalition

SMALL: dict[str, Any] = {"stakers.count": 300, "days": 220, "recording.avs": False}


def brute(secured, stake, clear, profit, threshold=1.0 / 3.0) -> float:
    """Largest net profit over all coalitions and all sets of services that they can attack, pooled stake."""
    operators, services = secured.shape
    total, best = secured.sum(axis=0), 0.0
    for size in range(1, operators + 1):
        for members in itertools.combinations(range(operators), size):
            mine = secured[list(members)]
            able = [
                s for s in range(services) if total[s] > 0 and mine[:, s].sum() >= threshold * total[s] * (1 - 1e-12)
            ]
            for count in range(1, len(able) + 1):
                for chosen in itertools.combinations(able, count):
                    hard = [s for s in chosen if clear[s]]
                    lost = [stake[o] for n, o in enumerate(members) if hard and mine[n, hard].sum() > 0.0]
                    best = max(best, float(profit[list(chosen)].sum()) - sum(lost))
    return best


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_the_coalition_is_the_best_there_is(seed: int) -> None:
    draw = np.random.default_rng(seed)
    operators, services = draw.integers(1, 5), draw.integers(1, 5)
    stake = draw.uniform(1.0, 10.0, operators)
    secured = stake[:, None] * (draw.random((operators, services)) < 0.6)
    clear, profit = draw.random(services) < 0.7, draw.uniform(0.0, 8.0, services)
    found = best_coalition(np.arange(operators), secured, stake, 0.0 * stake, clear, profit, 1.0, True)
    net = 0.0 if found is None else found.profit_eth - found.cost_eth
    assert net == pytest.approx(brute(secured, stake, clear, profit), abs=1e-9)


def one_service(profit: float, clear: bool = True, liability: float = 1.0, share: float = 0.5):
    secured = np.array([[share], [1.0 - share]]) * 100.0
    stake = np.array([share, 1.0 - share]) * 100.0
    return best_coalition(
        np.array([0]), secured, stake, np.array([1.0, 1.0]), np.array([clear]), np.array([profit]), liability, True
    )


def test_nobody_attacks_at_a_loss() -> None:
    assert one_service(49.0) is None
    assert one_service(51.0) is not None


def test_a_third_of_the_stake_is_needed() -> None:
    assert one_service(1e6, share=0.33) is None


def test_vague_rules_make_an_attack_free() -> None:
    attack = one_service(0.1, clear=False)
    assert attack is not None
    assert attack.cost_eth == 0.0


def test_who_risks_only_its_own_stake_attacks_sooner() -> None:
    attack = one_service(2.0, liability=0.0)
    assert attack is not None
    assert attack.cost_eth == pytest.approx(1.0)
    assert one_service(2.0, liability=1.0) is None


# --- in a run ---------------------------------------------------------------------------------------------------------


def attacks(**changes: Any) -> tuple[int, float]:
    with RestakingEcosystem("baseline", seed=1, **{**SMALL, **changes}) as model:
        model.run()
        model.check_invariants()
        return model.attacks, model.losses.total


def test_attacks_come_when_corruption_pays_and_somebody_is_willing() -> None:
    rich = {f"avs.{name}.profit_share": 5.0 for name in ("availability", "oracle", "bridge", "coprocessor", "keeper")}
    many, lost = attacks(**rich, **{"operators.dishonest_share": 0.6})
    assert many > 0
    assert lost > 1_000.0
    assert attacks(**rich, **{"operators.dishonest_share": 0.0})[0] == 0
    assert attacks(**{"operators.dishonest_share": 0.6}, **{"avs.keeper.profit_share": 0.0})[0] == 0


def test_a_vague_service_is_corrupted_where_its_credible_twin_is_not() -> None:
    willing = {"operators.dishonest_share": 0.8, "restaking.slashing_live_day": 0}
    vague, _ = attacks(**willing, **{"avs.keeper.clear_slashing": False})
    clear, _ = attacks(**willing, **{"avs.keeper.clear_slashing": True})
    assert vague > clear == 0


def test_value_that_grows_beyond_security_is_attacked_in_the_end() -> None:
    growing = {
        "operators.dishonest_share": 0.8,
        "avs.keeper.profit_share": 0.0,
        "avs.availability.profit_share": 0.2,
    }
    assert attacks(**growing)[0] == 0
    assert attacks(**growing, **{"avs.availability.profit_growth": 30.0})[0] > 0
