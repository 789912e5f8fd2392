"""`import restaking`: light, complete, and what it gives."""

import ast
import importlib
import math
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import restaking
from restaking.experiments import load_results, load_run
from restaking.experiments.folders.errors import FolderError

PROJECT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "scipy", "pandas", "pyarrow", "networkx", "mesa", "matplotlib", "numba", "pydantic", "typer")
SMALL = {"days": 3, "stakers": 50, "progress": False}


@pytest.fixture(scope="module")
def run():
    return restaking.run("season-2024", days=30, stakers=100, progress=False)


def test_importing_loads_nothing_heavy() -> None:
    code = f"import sys, restaking; restaking.__version__; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.parametrize("name", restaking.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(restaking, name) is not None and name in dir(restaking)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'restaking' has no attribute 'runn'"):
        restaking.runn  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    """What stands under TYPE_CHECKING and what is loaded at run time are written twice: they must agree."""
    tree = ast.parse((PROJECT / "front_door" / "__init__.py").read_text())
    imported = {
        alias.asname or alias.name: (f".{node.module}" if node.module else ".", alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level and node.col_offset == 4
        for alias in node.names
    }
    packages = {name for name, (module, _) in imported.items() if module == "."}
    assert packages == set(restaking._PACKAGES)
    assert {name: told for name, told in imported.items() if name not in packages} == restaking._EXPORTS
    assert set(restaking.__all__) == {*restaking._EXPORTS, *restaking._PACKAGES, "__version__"}


def test_the_file_refuses_another_name() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import front_door"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ImportError: import restaking, not front_door (")


def test_a_run_has_its_tables(run) -> None:
    assert run.daily["day"].tolist() == list(range(31))
    assert {"lrt", "avs", "operator"} <= set(run.entities["kind"])
    assert isinstance(run.events, pd.DataFrame)


def test_a_summary_is_a_mapping_and_a_function(run) -> None:
    assert run.summary() == run.summary and type(run.summary()) is dict
    assert run.summary["lrt_supply_eth"] == run.daily["lrt_supply_eth"].iloc[-1]
    with restaking.RestakingEcosystem("season-2024", **{"days": 30, "stakers.count": 100}) as model:
        model.run()
        told = model.summary()
    assert told.keys() == run.summary.keys()
    assert all(value == run.summary[name] or math.isnan(value) for name, value in told.items())


def test_a_run_draws_its_figures(run) -> None:
    from matplotlib.figure import Figure

    assert isinstance(run.plot("tvl"), Figure) and isinstance(run.plot(), Figure)
    with pytest.raises(KeyError, match="no figure or metric 'tvll'; nearest valid name: tvl"):
        run.plot("tvll")


def test_what_was_written_is_loaded(tmp_path: Path) -> None:
    run = restaking.run("baseline", out=tmp_path / "run", figures=False, **SMALL)
    loaded = restaking.load(tmp_path / "run")
    assert type(loaded) is type(load_run(tmp_path / "run"))
    pd.testing.assert_frame_equal(loaded.daily, run.daily)
    design = {
        "name": "small",
        "scenario": "baseline",
        "days": 3,
        "stakers": 50,
        "design": {"kind": "grid"},
        "axes": {"campaigns.airdrop_share": [0.02, 0.1]},
    }
    swept = restaking.sweep(design, out=tmp_path / "sweep", workers=1, progress=False)
    loaded = restaking.load(str(tmp_path / "sweep"))
    assert type(loaded) is type(load_results(tmp_path / "sweep"))
    pd.testing.assert_frame_equal(loaded.runs, swept.runs)


def test_what_is_neither_run_nor_sweep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="there is no folder"):
        restaking.load(tmp_path / "nowhere")
    with pytest.raises(FolderError, match="neither the folder of a run nor of a sweep"):
        restaking.load(tmp_path)


def test_a_published_experiment_is_reproduced() -> None:
    done = restaking.reproduce("eth-issuance", short=True, write=False)
    assert done.verdict == "PASS" and "eth-issuance: PASS" in repr(done) and "eth-issuance" in done._repr_html_()


# --- one root of errors -----------------------------------------------------------------------------------------------


def own_errors() -> list[type]:
    """Every exception class that the packages define, warnings and stops by a signal left out."""
    found = []
    for root in ("model", "agents", "experiments"):
        package = importlib.import_module(f"restaking.{root}")
        for module in pkgutil.walk_packages(package.__path__, f"restaking.{root}."):
            if not module.name.endswith("__main__"):
                found += vars(importlib.import_module(module.name)).values()
    errors = {each for each in found if isinstance(each, type) and issubclass(each, Exception)}
    ours = (each for each in errors if each.__module__.startswith("restaking."))
    return sorted((each for each in ours if not issubclass(each, Warning)), key=lambda each: each.__qualname__)


def test_every_error_of_the_package_has_one_root() -> None:
    errors = own_errors()
    assert len(errors) > 15
    assert not [each for each in errors if not issubclass(each, restaking.RestakingError)]


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: restaking.load_scenario("sesaon-2024"),
        lambda: restaking.RestakingEcosystem("baseline", agents={"stakr": object}),
        lambda: restaking.load("no/such/folder"),
        lambda: restaking.reproduce("no-such-paper"),
        lambda: restaking.fork("no/such/folder", 3, {"arbitrage.enabled": False}),
    ],
)
def test_one_except_catches_what_is_refused(mistake: Callable[[], object]) -> None:
    with pytest.raises(restaking.RestakingError):
        mistake()
