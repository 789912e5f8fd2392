"""The state of a stopped run: the rest of the run has the same bits, and nobody else's state is ever used."""

import os
from pathlib import Path

import pandas as pd
import pytest

from restaking.experiments import checkpoints
from restaking.experiments.checkpoints import Checkpoint
from restaking.experiments.store import Identity
from restaking.model import RestakingEcosystem
from restaking.model.scenario import Scenario, load_scenario


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def small(name: str, days: int) -> Scenario:
    return load_scenario(name, {"days": days, "stakers.count": 150})


@pytest.mark.parametrize(
    ("name", "engine", "days", "stopped"),
    [("season-2024", "kernel", 60, 31), ("depeg-2024", "kernel", 40, 17), ("baseline", "objects", 12, 5)],
)
def test_the_rest_of_a_stopped_run_has_the_same_bits(name: str, engine: str, days: int, stopped: int) -> None:
    scenario = small(name, days)
    identity = Identity.planned(scenario, engine)
    with RestakingEcosystem(scenario, engine=engine) as unbroken:  # type: ignore[arg-type]
        unbroken.run()
        with RestakingEcosystem(scenario, engine=engine) as begun:  # type: ignore[arg-type]
            begun.run(stopped)
            assert checkpoints.keep(identity, Checkpoint(begun, "2026-01-01T00:00:00+00:00", 1.0))
        found = checkpoints.find(identity)
        assert found is not None and found.ecosystem.day == stopped
        found.ecosystem.run()
        found.ecosystem.check_invariants()
        for table in ("daily_frame", "entities_frame", "events_frame"):
            pd.testing.assert_frame_equal(
                getattr(found.ecosystem.recorder, table)(), getattr(unbroken.recorder, table)(), check_exact=True
            )
        found.ecosystem.close()
    checkpoints.forget(identity)
    assert checkpoints.find(identity) is None


class Trap:
    """An object whose state, once read, leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> object:
        return (Path.touch, (self.mark,))


def test_a_state_that_somebody_else_could_have_put_there_is_not_read(cache: Path, tmp_path: Path) -> None:
    identity = Identity.planned(small("baseline", 5), "kernel")
    trap = Checkpoint(Trap(tmp_path / "sprung"), "2026-01-01T00:00:00+00:00", 0.0)  # type: ignore[arg-type]
    assert checkpoints.keep(identity, trap)
    (state,) = cache.rglob("*.state")
    elsewhere = tmp_path / "elsewhere"
    os.replace(state, elsewhere)
    state.symlink_to(elsewhere)
    assert checkpoints.find(identity) is None
    assert not (tmp_path / "sprung").exists()


def test_a_state_of_another_code_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = small("baseline", 5)
    with RestakingEcosystem(scenario) as begun:
        begun.run(2)
        assert checkpoints.keep(
            Identity.planned(scenario, "kernel"), Checkpoint(begun, "2026-01-01T00:00:00+00:00", 1.0)
        )
    monkeypatch.setattr("restaking.experiments.store.model_code", lambda: "0" * 12)
    assert checkpoints.find(Identity.planned(scenario, "kernel")) is None


def test_few_states_are_kept(cache: Path) -> None:
    scenario = small("baseline", 5)
    with RestakingEcosystem(scenario) as begun:
        for seed in range(12):
            identity = Identity.planned(scenario, "kernel", seed=seed)
            assert checkpoints.keep(identity, Checkpoint(begun, "2026-01-01T00:00:00+00:00", 1.0))
            os.utime(next(iter(sorted(cache.rglob("*.state"), key=os.path.getmtime, reverse=True))), (seed, seed))
    assert len(list(cache.rglob("*.state"))) == 8
