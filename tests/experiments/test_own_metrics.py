"""Own metrics in a run's life: recorded, summed up, drawn, swept, forked, compared and explained as shipped ones."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restaking.agents import Cast
from restaking.experiments import casts, checkpoints
from restaking.experiments.cli.main import main
from restaking.experiments.forking import fork
from restaking.experiments.repairing import repair_folder
from restaking.experiments.run import resolve, run_scenario
from restaking.experiments.runner.sweeping import sweep
from restaking.experiments.store import Identity, RunFolderError, load_run
from restaking.experiments.verifying import verify_folder
from restaking.model import OwnMetric, RestakingEcosystem
from restaking.model.own_metrics import MetricError
from restaking.model.scenario import ScenarioError

METRICS = '''"""Metrics for a test."""

from restaking.model import OwnMetric, RestakingEcosystem


def restaked_share(model):
    """The day's shipped metrics are there."""
    series = model.recorder.series
    return series("restaked_eth")[-1] / series("eth_staked")[-1]


def twice(model):
    return 2.0 * model.restaking_layer.operator_stake


share = OwnMetric(
    "restaked_share", "fraction", "Share of ETH restaked", "Restaked over staked ETH.", "max", function=restaked_share
)
double = OwnMetric("double_stake_eth", "ETH", "Twice the stake", "Stake, twice.", level="operator", function=twice)
unnamed = OwnMetric("unnamed", "ratio", "Unnamed", "A lambda.", function=lambda model: 1.0)
ALL = [share, double]
'''

SMALL: dict[str, Any] = {"days": 10, "stakers": 60, "figures": False, "progress": False}
COMMAND = ["run", "baseline", "--days", "10", "--stakers", "60", "--no-figures", "--out", "r"]
DESIGN = {
    "name": "own",
    "scenario": "baseline",
    "days": 8,
    "stakers": 40,
    "replications": 2,
    "metrics": ["restaked_share"],
    "design": {"kind": "grid"},
    "axes": {"campaigns.airdrop_share": [0.02, 0.1], "stakers.attention": [0.02, 0.05]},
}


@pytest.fixture
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of metrics; what is imported from there is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    Path("own_measures.py").write_text(METRICS, encoding="utf-8")
    sys.modules.pop("own_measures", None)
    import own_measures  # type: ignore[import-not-found]

    yield own_measures
    sys.modules.pop("own_measures", None)


def changed() -> Any:
    """The module with another rule in it, imported anew."""
    Path("own_measures.py").write_text(METRICS.replace("2.0 *", "3.0 *"), encoding="utf-8")
    sys.modules.pop("own_measures")
    import own_measures

    return own_measures


def test_an_own_metric_is_recorded_and_changes_nothing_else(metrics: Any) -> None:
    plain = run_scenario("baseline", **SMALL)
    run = run_scenario("baseline", **SMALL, metrics=metrics.ALL, out="r")
    expected = run.daily["restaked_eth"] / run.daily["eth_staked"]
    np.testing.assert_array_equal(run.daily["restaked_share"], expected)
    assert run.summary["restaked_share"] == expected.max()
    assert load_run("r").daily.equals(run.daily)
    stake, double = run.entity("operator", "stake_eth"), run.entity("operator", "double_stake_eth")
    np.testing.assert_array_equal(double, 2.0 * stake)
    assert run.daily.drop(columns="restaked_share").equals(plain.daily)
    assert run.entities.drop(columns="double_stake_eth").equals(plain.entities)
    assert run.events.equals(plain.events)
    assert [metric.name for metric in run.own_metrics] == ["restaked_share", "double_stake_eth"]
    assert "Share of ETH restaked" in (Path("r") / "summary.txt").read_text(encoding="utf-8")


def test_it_is_known_by_name_source_and_declaration(metrics: Any) -> None:
    run = run_scenario("baseline", **SMALL, metrics=metrics.share, out="r")
    known = run.manifest["cast"]["metric restaked_share"]
    assert known["class"] == "own_measures.restaked_share" and list(known["sources"]) == ["own_measures"]
    assert known["declared"]["unit"] == "fraction" and known["declared"]["summary"] == "max"
    with pytest.raises(RunFolderError, match="it was made with metric restaked_share"):
        run_scenario("baseline", **SMALL, out="r")
    other = OwnMetric("restaked_share", "fraction", "Label", "Other.", "max", function=metrics.restaked_share)
    with pytest.raises(RunFolderError, match=r"own_measures.restaked_share .* has changed since in its label"):
        run_scenario("baseline", **SMALL, metrics=other, out="r")


def test_whatever_makes_a_run_again_refuses_a_changed_or_missing_one_by_name(metrics: Any) -> None:
    run = run_scenario("baseline", **SMALL, metrics=metrics.ALL, out="r")
    assert verify_folder("r", agents=Cast(metrics=metrics.ALL)).passed
    branch = fork(run, 5, {"campaigns.airdrop_share": 0.02}, out="f", figures=False, metrics=metrics.ALL)
    assert branch.daily["restaked_share"].iloc[:5].equals(run.daily["restaked_share"].iloc[:5])
    with pytest.raises(ScenarioError, match=r"made with metric double_stake_eth .* which is not given"):
        verify_folder("r", agents=Cast(metrics=metrics.share))
    now = changed()
    for act in (
        lambda: verify_folder("r", agents=Cast(metrics=now.ALL)),
        lambda: fork(run, 5, {"campaigns.airdrop_share": 0.02}, metrics=now.ALL),
        lambda: run_scenario("baseline", **SMALL, metrics=now.ALL, out="r"),
    ):
        with pytest.raises(
            (ScenarioError, RunFolderError), match=r"own_measures.twice \(metric double_stake_eth\) has"
        ):
            act()
    (Path("r") / "daily.parquet").write_bytes(b"")
    with pytest.raises(ScenarioError, match="has changed since in own_measures"):
        repair_folder("r", agents=Cast(metrics=now.ALL))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_records_draws_and_verifies_it(metrics: Any, workers: int) -> None:
    results = sweep(DESIGN, metrics=metrics.ALL, out="s", workers=workers, progress=False)
    assert results.runs["restaked_share"].notna().all() and "restaked_share" in results.series()
    assert results.design.metrics == ("restaked_share",)
    fig = results.plot()
    assert "Share of ETH restaked" in fig.get_suptitle()
    assert {ax.get_title(loc="left") for ax in results.plot("lrt_hhi").axes} != set()
    assert verify_folder("s", sample=1, agents=Cast(metrics=metrics.ALL)).passed
    with pytest.raises(ScenarioError, match="made with metric double_stake_eth"):
        verify_folder("s", sample=1, agents=Cast(metrics=metrics.share))


def test_a_maker_of_models_that_loses_it_is_told(metrics: Any) -> None:
    Path("makers.py").write_text(
        "from restaking.model import RestakingEcosystem\n\n\n"
        "def make(scenario, seed, agents):\n    return RestakingEcosystem(scenario, seed=seed)\n",
        encoding="utf-8",
    )
    import makers  # type: ignore[import-not-found]

    results = sweep(DESIGN, metrics=metrics.share, model=makers.make, out="s", workers=1, progress=False)
    assert results.runs["error"].str.contains("does not record restaked_share").all()
    sys.modules.pop("makers")


def test_commands_take_metrics_as_they_take_classes(metrics: Any, capsys: pytest.CaptureFixture[str]) -> None:
    both = ["--with", "own_measures.py:share", "--with", "own_measures.py:double"]
    assert main([*COMMAND, *both]) == 0
    assert main(["verify", "r", "--with", "own_measures.py:ALL"]) == 0
    assert main(["verify", "r"]) == 2
    assert "metric restaked_share (own_measures.restaked_share), which is not given" in capsys.readouterr().err
    changes = ["--day", "5", "--set", "campaigns.airdrop_share=0.02", "--no-figures", "--out", "f"]
    assert main(["fork", "r", *changes, "--with", "own_measures.py:ALL"]) == 0
    assert main(["compare", "r", "f", "--metric", "restaked_share"]) == 0
    assert "restaked_share" in capsys.readouterr().out
    assert main(["plot", "r", "--metric", "restaked_share"]) == 0
    assert Path("r/figures/metric-restaked_share.svg").is_file()
    assert main(["explain", "restaked_share", *both]) == 0
    assert "Restaked over staked ETH." in capsys.readouterr().out
    assert main(["explain", "restaked_share"]) == 2
    assert main(["list", "metrics", "--json", *both]) == 0
    listed = json.loads(capsys.readouterr().out)["metrics"]
    assert [row["name"] for row in listed][-2:] == ["restaked_share", "double_stake_eth"]


def test_comparing_says_what_one_side_alone_has(metrics: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run_scenario("baseline", **SMALL, metrics=metrics.share, out="r")
    run_scenario("baseline", **SMALL, out="plain")
    assert main(["compare", "r", "plain"]) == 0
    assert "not compared: restaked_share (only in r)" in capsys.readouterr().err


def test_figures_of_a_run_have_one_of_each_own_metric(metrics: Any) -> None:
    run = run_scenario("baseline", **(SMALL | {"figures": True}), metrics=metrics.ALL, out="r")
    drawn = {path.stem for path in (Path("r") / "figures").iterdir()}
    assert {"metric-restaked_share", "metric-double_stake_eth", "tvl"} <= drawn
    assert run.plot("restaked_share").get_suptitle().startswith("Share of ETH restaked")
    run_scenario("baseline", **SMALL, out="r", overwrite=True)
    assert not list(Path("r").rglob("metric-*"))


def test_what_no_source_would_tell_is_refused(metrics: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--with", "own_measures.py:unnamed"]) == 2
    assert "unnamed: its function is a lambda" in capsys.readouterr().err

    def holds(model: Any) -> float:
        return float(len(metrics.METRICS)) if hasattr(metrics, "METRICS") else 0.0

    with pytest.raises(MetricError, match="its function holds metrics from outside"):
        run_scenario("baseline", **SMALL, metrics=OwnMetric("held", "ratio", "Held", "Held.", function=holds))
    assert not Path("r").exists()


def test_a_run_that_was_stopped_goes_on_with_it(metrics: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    whole = run_scenario("baseline", **SMALL, metrics=metrics.ALL)
    scenario = resolve("baseline", days=10, stakers=60)
    cast = Cast(metrics=metrics.ALL)
    identity = Identity.planned(scenario, "kernel", cast=casts.identity(cast))
    with RestakingEcosystem(scenario, seed=scenario.seed, agents=cast) as model:
        model.run(4)
        assert checkpoints.keep(identity, checkpoints.Checkpoint(model, "2026-01-01T00:00:00+00:00", 1.0))
    found = checkpoints.find(identity)
    assert found is not None and found.ecosystem.day == 4
    resumed = run_scenario("baseline", **SMALL, metrics=metrics.ALL, out="r")
    assert checkpoints.find(identity) is None
    assert resumed.daily.equals(whole.daily) and resumed.entities.equals(whole.entities)
    assert (
        checkpoints.find(Identity.planned(scenario, "kernel", cast=casts.identity(Cast(metrics=changed().ALL)))) is None
    )
