"""Faults on purpose: processes that die at every operation on files, and bits that flip anywhere.

After a death the same command gives the same bytes. A flipped bit is noticed, or changes nothing: no number that is
read, and none that comes out of what was resumed, differs from what was written.
"""

import functools
import os
import random
import shutil
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from restaking.experiments import checkpoints, store
from restaking.experiments import run as running
from restaking.experiments.folders import manifest
from restaking.experiments.folders.errors import FolderError
from restaking.experiments.results import load_results
from restaking.experiments.run import run_scenario
from restaking.experiments.runner import chunks
from restaking.experiments.runner import folder as sweeps
from restaking.model.scenario import Scenario
from tests.experiments.fake_ecosystem import FakeEcosystem, small_scenario
from tests.experiments.runner.worlds import canonical, design, invented, run

OPERATIONS = ("replace", "fsync", "unlink", "mkdir", "rename", "rmdir", "open")
FLIPS = 1_000
SCENARIO = small_scenario(days=8)


@pytest.fixture(autouse=True)
def _many_parts(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SECONDS", 0.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(running, "_ecosystem", fake)
    # Asked again for every manifest, and beside the point.
    for module in (store, sweeps):
        monkeypatch.setattr(module, "git_state", lambda: None)


def fake(scenario: Scenario, engine: str, cast: object, model: None) -> FakeEcosystem:
    return FakeEcosystem(scenario, engine=engine)


# -------------------------------------------------------------------------------------------------------- crash points


def dies_at(step: int, work: Callable[[], Any]) -> bool:
    """Do some work in a process of its own that is gone before or after its ``step``-th operation on files.

    Returns:
        Whether it died; False when the work has fewer operations.
    """
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, 9), f"it failed at step {step}"
        return code == 9
    left = [(step + 1) // 2]

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            left[0] -= 1
            now = left[0] == 0
            if now and step % 2:
                os._exit(9)
            try:
                return function(*arguments, **keywords)
            finally:
                if now:
                    os._exit(9)

        return call

    for name in OPERATIONS:
        setattr(os, name, counted(getattr(os, name)))
    try:
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def deaths(
    work: Callable[[Path], Any], check: Callable[[Path], None], where: Path, begin: Callable[[Path], Any] = str
) -> int:
    """Let work die at every step of its own, in a folder of its own, and check each; returns how often it died."""
    step = 1
    while True:
        folder = where / f"at-{step}"
        begin(folder)
        if not dies_at(step, functools.partial(work, folder)):
            return step - 1
        check(folder)
        shutil.rmtree(folder)
        step += 1


@pytest.mark.slow
def test_a_sweep_that_dies_at_any_operation_goes_on(tmp_path: Path) -> None:
    small = design(replications=1)
    expected = canonical(run(tmp_path / "calm", design=small).path)

    def check(folder: Path) -> None:
        again = run(folder, design=small)
        assert canonical(again.path) == expected
        assert not list(folder.rglob("*.partial")) and not (folder / "parts").exists()

    assert deaths(lambda folder: run(folder, design=small), check, tmp_path) > 100


def files_of(folder: Path) -> dict[str, bytes]:
    """Files of a run; a lock that nobody holds may be left over."""
    left_out = (store.MANIFEST, "lock")
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name not in left_out}


@pytest.mark.slow
def test_a_run_that_dies_at_any_operation_is_made_again(tmp_path: Path) -> None:
    run_scenario(SCENARIO, out=tmp_path / "calm", figures=False, progress=False)
    expected = files_of(tmp_path / "calm")

    def work(folder: Path) -> None:
        run_scenario(SCENARIO, out=folder, figures=False, progress=False)

    def check(folder: Path) -> None:
        work(folder)
        assert files_of(folder) == expected

    assert deaths(work, check, tmp_path) > 60


@pytest.mark.slow
def test_a_replacement_that_dies_at_any_operation_leaves_one_of_the_two_whole(tmp_path: Path) -> None:
    for seed in (1, 2):
        run_scenario(SCENARIO, seed=seed, out=tmp_path / f"calm{seed}", figures=False, progress=False)
    old, new = files_of(tmp_path / "calm1"), files_of(tmp_path / "calm2")

    def work(folder: Path) -> None:
        run_scenario(SCENARIO, seed=2, out=folder, figures=False, progress=False, overwrite=True)

    def check(folder: Path) -> None:
        state = manifest.read(folder)["state"]
        if state == "written":
            seed = store.load_run(folder).manifest["seed"]
            assert files_of(folder).items() >= (old if seed == 1 else new).items()
        else:
            assert state == "moving"
        work(folder)
        assert files_of(folder) == new

    def begin(folder: Path) -> None:
        shutil.copytree(tmp_path / "calm1", folder)

    assert deaths(work, check, tmp_path, begin) > 60


# ------------------------------------------------------------------------------------------------------------ bit flips


class Flipper:
    """Flips one random bit of a file, and puts it right again."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def flip(self, path: Path) -> Callable[[], None]:
        content = path.read_bytes()
        changed = bytearray(content)
        changed[self._random.randrange(len(changed))] ^= 1 << self._random.randrange(8)
        path.write_bytes(changed)
        return lambda: path.write_bytes(content) and None

    def choice(self, paths: list[Path]) -> Path:
        return self._random.choice(paths)


def stopped(folder: Path) -> None:
    """A sweep of which two thirds are in parts."""
    made = [0]

    def some(scenario: Scenario, seed: int) -> Any:
        made[0] += 1
        if made[0] > 12:
            raise KeyboardInterrupt
        return invented(scenario, seed)

    with pytest.raises(KeyboardInterrupt):
        run(folder, some)


@pytest.mark.slow
def test_a_flipped_bit_in_an_unfinished_sweep_never_reaches_the_tables(tmp_path: Path) -> None:
    expected = canonical(run(tmp_path / "calm").path)
    stopped(tmp_path / "origin")
    flipper, same, told = Flipper(1), 0, 0
    for number in range(FLIPS // 4):
        folder = tmp_path / "s"
        shutil.copytree(tmp_path / "origin", folder)
        flipper.flip(flipper.choice(sorted(path for path in folder.rglob("*") if path.is_file())))
        try:
            run(folder)
        except FolderError:
            told += 1
        else:
            assert canonical(folder) == expected, f"flip {number}"
            same += 1
        shutil.rmtree(folder)
    assert same + told == FLIPS // 4 and same > told, "damaged parts are made again, manifests told"


@pytest.mark.slow
def test_a_flipped_bit_in_finished_results_is_noticed(tmp_path: Path) -> None:
    path = run(tmp_path / "s").path
    right = load_results(path)
    runs, series = right.runs, right.series()
    read = [path / "manifest.json", path / "runs.parquet", *sorted(path.glob("series/*"))]
    flipper = Flipper(2)
    noticed = 0
    for number in range(FLIPS // 4):
        put_right = flipper.flip(flipper.choice(read))
        try:
            found = load_results(path)
            same = found.runs.equals(runs) and found.series().equals(series) and found.manifest == right.manifest
            assert same, f"flip {number}: a wrong number was read"
        except FolderError:
            noticed += 1
        put_right()
    assert noticed == FLIPS // 4


@pytest.mark.slow
def test_a_flipped_bit_in_a_run_is_noticed(tmp_path: Path) -> None:
    run_scenario(SCENARIO, out=tmp_path / "r", figures=False, progress=False)
    right = store.load_run(tmp_path / "r")
    tables = {name: getattr(right, name) for name in store.TABLES}
    read = [path for path in sorted((tmp_path / "r").iterdir()) if path.suffix in (".json", ".parquet")]
    flipper = Flipper(3)
    noticed = 0
    for number in range(FLIPS // 2):
        put_right = flipper.flip(flipper.choice(read))
        try:
            found = store.load_run(tmp_path / "r")
            for name, table in tables.items():
                pd.testing.assert_frame_equal(getattr(found, name), table)
            assert found.manifest == right.manifest and found.network.nodes == right.network.nodes, f"flip {number}"
        except FolderError:
            noticed += 1
        put_right()
    assert noticed == FLIPS // 2


def test_a_state_that_was_cut_short_is_no_state(tmp_path: Path) -> None:
    identity = store.Identity.planned(SCENARIO, "kernel")
    kept = checkpoints.Checkpoint(FakeEcosystem(SCENARIO), "2026-01-01T00:00:00+00:00", 1.0)  # type: ignore[arg-type]
    assert checkpoints.keep(identity, kept) and checkpoints.find(identity) is not None
    (state,) = Path(os.environ["XDG_CACHE_HOME"]).rglob("*.state")
    assert state.parent.stat().st_mode & 0o077 == 0, "nobody else may change what is going to be run"
    state.write_bytes(state.read_bytes()[:-100])
    assert checkpoints.find(identity) is None
    assert not state.exists()
