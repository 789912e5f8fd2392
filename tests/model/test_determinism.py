"""Same seed, same bytes: whatever the process, its threads and how it was started; and worlds of the smallest size."""

import multiprocessing
import os
import subprocess
import sys

import numpy as np
import pytest

from restaking.model import RestakingEcosystem, Scenario, load_scenario
from tests.model.measured import all_measured

SMALL = {"stakers.count": 200, "days": 60}
PRINT_DIGEST = """
import hashlib
from restaking.model import RestakingEcosystem
with RestakingEcosystem("baseline", seed=3, **{"stakers.count": 200, "days": 60}) as model:
    model.run()
    content = model.recorder.daily.tobytes() + model.world.stakers.tobytes()
print(hashlib.sha256(content).hexdigest())
"""


def digest(**environment: str) -> str:
    """Digest of a run in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-c", PRINT_DIGEST],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


def daily(seed: int) -> bytes:
    """The daily series of a run."""
    with RestakingEcosystem("baseline", seed=seed, **SMALL) as model:
        model.run()
        return model.recorder.daily.tobytes()


def test_threads_do_not_matter() -> None:
    variables = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    assert digest(**dict.fromkeys(variables, "1")) == digest(**dict.fromkeys(variables, "2"))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_the_way_a_process_starts_does_not_matter(method: str) -> None:
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(daily, (5,)) == daily(5)


def test_what_ran_before_in_the_process_does_not_matter() -> None:
    first = daily(7)
    daily(8)
    np.random.seed(1)  # noqa: NPY002  global state that the model must not read
    assert daily(7) == first


def test_steps_and_runs_are_the_same_days() -> None:
    with (
        RestakingEcosystem("baseline", seed=2, **SMALL) as stepped,
        RestakingEcosystem("baseline", seed=2, **SMALL) as ran,
    ):
        for _ in range(60):
            stepped.step()
        ran.run(25)
        ran.run()
        assert stepped.recorder.daily.tobytes() == ran.recorder.daily.tobytes()


# --- the smallest worlds ----------------------------------------------------------------------------------------------


def with_only(**tables: dict[str, object]) -> Scenario:
    """``baseline`` with some tables of entities cut down."""
    content = load_scenario("baseline").to_dict()
    for table, kept in tables.items():
        content[table] = kept
    return Scenario(**content)


def lives(scenario: Scenario, **overrides: object) -> RestakingEcosystem:
    """A run of a year whose ledgers balance."""
    model = RestakingEcosystem(scenario, seed=1, **{"stakers.count": 100, "days": 365, **overrides})
    for _ in range(365):
        model.step()
        model.check_invariants()
    assert all_measured(model.recorder)
    return model


def test_one_lrt() -> None:
    content = load_scenario("baseline").to_dict()
    with lives(with_only(lrt={"alpha": content["lrt"]["alpha"]})) as model:
        assert model.recorder.series("lrt_hhi")[-1] == pytest.approx(1.0)


def test_no_avs_and_so_no_rewards() -> None:
    with lives(with_only(avs={})) as model:
        assert model.recorder.series("avs_fee_apr").max() == 0.0
        assert model.recorder.series("avs_token_apr").max() == 0.0


def test_no_campaigns_no_arbitrage_no_hazards() -> None:
    quiet = {"stakers.points": False, "arbitrage.enabled": False, "hazards.enabled": False}
    with lives(load_scenario("baseline"), **quiet) as model:
        assert model.recorder.series("points_apr").max() == 0.0


def test_one_operator() -> None:
    with lives(load_scenario("baseline", {"operators.count": 1})) as model:
        assert model.recorder.series("operator_nakamoto")[-1] == 1.0


def test_one_day() -> None:
    with RestakingEcosystem("baseline", **{"stakers.count": 50, "days": 1}) as model:
        model.run()
        assert model.day == 1
        assert all_measured(model.recorder)
        without = {name for name, value in model.summary().items() if np.isnan(value)}
        lending = {"loop_leverage", "eth_borrow_apr", "lending_utilisation"}
        assert without == lending | {"airdrop_retention", "governance_hhi", "widest_pool_gap"}


def test_no_lrt_is_a_world_without_liquid_restaking() -> None:
    with lives(with_only(lrt={})) as model:
        assert model.recorder.series("lrt_supply_eth").max() == 0.0
        assert model.recorder.series("restaked_eth")[-1] >= 0.0
