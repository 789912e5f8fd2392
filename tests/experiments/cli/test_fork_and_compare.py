"""``restaking fork`` and ``restaking compare`` on small runs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.comparing import NotComparableError, compare_sides
from restaking.experiments.forking import replay
from restaking.experiments.store import load_run

RUN = ["run", "baseline", "--days", "60", "--stakers", "120", "--no-figures"]
CHANGE = ["--day", "30", "--set", "stakers.attention=0.3", "--no-figures"]


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*RUN, "--out", "base"]) == 0


def test_a_fork_shares_the_past_and_says_what_it_is() -> None:
    assert main(["fork", "base", *CHANGE, "--out", "branch"]) == 0
    base, branch = load_run("base"), load_run("branch")
    pd.testing.assert_frame_equal(base.daily.iloc[:31], branch.daily.iloc[:31])
    assert not base.daily.equals(branch.daily)
    assert branch.manifest["forks"][0]["day"] == 30
    assert branch.manifest["forks"][0]["changes"] == {"stakers.attention": 0.3}
    assert branch.scenario.stakers.attention == 0.3
    assert branch.origin.stakers.attention == base.scenario.stakers.attention
    assert base.manifest["forks"] is None


def test_a_fork_can_be_replayed_and_forked_again() -> None:
    main(["fork", "base", *CHANGE, "--out", "branch"])
    branch = load_run("branch")
    with replay(branch) as again:
        assert np.array_equal(again.recorder.series("lrt_supply_eth"), branch.daily["lrt_supply_eth"])
    assert main(["network", "branch", "--day", "50", "--out", "n.graphml"]) == 0
    assert main(["fork", "branch", "--day", "45", "--set", "stakers.attention=0.0", "--no-figures", "--out", "b2"]) == 0
    assert [fork["day"] for fork in load_run("b2").manifest["forks"]] == [30, 45]
    assert main(["fork", "branch", "--day", "10", "--set", "stakers.attention=0.0"]) == 2


def test_a_fork_is_not_the_run_of_its_last_scenario() -> None:
    main(["fork", "base", *CHANGE, "--out", "branch"])
    assert main([*RUN, "--set", "stakers.attention=0.3", "--out", "branch"]) == 2


def test_the_default_folder_is_beside_the_run() -> None:
    assert main(["fork", "base", *CHANGE]) == 0
    assert len(list(Path().glob("base-fork30-*/manifest.json"))) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["base", "--day", "60", "--set", "stakers.attention=0.3"], "allowed: 0 to 59"),
        (["base", "--day", "-1", "--set", "stakers.attention=0.3"], "allowed: 0 to 59"),
        (["base", "--day", "5", "--set", "stakers.atention=0.3"], "stakers.attention"),
        (["base", "--day", "5", "--set", "stakers.count=500"], "what a run begins with"),
        (["base", "--day", "5", "--set", "stakers.attention=x"], "stakers.attention"),
        (["base", "--day", "5", "--set", "stakers.attention"], "KEY=VALUE"),
        (["nowhere", "--day", "5", "--set", "stakers.attention=0.3"], "no run nowhere"),
        (["base", "--day", "5", "--set", "stakers.attention=0.3", "--out", "base"], "base"),
    ],
)
def test_bad_forks(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(path.name for path in Path().rglob("*"))
    assert main(["fork", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert sorted(path.name for path in Path().rglob("*")) == before


def test_pairs_over_seeds_have_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fork", "base", *CHANGE, "--seeds", "3", "--workers", "1", "--out", "many"]) == 0
    assert sorted(path.name for path in Path("many/base").iterdir()) == ["seed-1", "seed-2", "seed-3"]
    capsys.readouterr()
    assert main(["compare", "many/base", "many/branch", "--json", "--out", "table.csv"]) == 0
    rows = {row["metric"]: row for row in json.loads(capsys.readouterr().out)}
    supply = rows["lrt_supply_eth"]
    ends = np.array(
        [
            [load_run(f"many/{side}/seed-{n}").summary["lrt_supply_eth"] for n in (1, 2, 3)]
            for side in ("base", "branch")
        ]
    )
    assert supply["pairs"] == 3
    assert supply["difference"] == pytest.approx((ends[1] - ends[0]).mean())
    assert supply["low"] < supply["difference"] < supply["high"]
    assert len(pd.read_csv("table.csv")) == len(rows)


def test_single_runs_have_a_difference_and_no_interval(capsys: pytest.CaptureFixture[str]) -> None:
    main(["fork", "base", *CHANGE, "--out", "branch"])
    capsys.readouterr()
    assert main(["compare", "base", "branch", "--metric", "lrt_hhi"]) == 0
    printed = capsys.readouterr().out
    assert "lrt_hhi" in printed
    assert "lrt_supply_eth" not in printed
    table = compare_sides("base", "base")
    assert (table["difference"] == 0.0).all()
    assert main(["compare", "base", "base"]) == 0
    told = capsys.readouterr().err
    assert "without values on both sides: " in told
    assert "airdrop_retention (missing before the first claim)" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["base", "nowhere"], "no folder nowhere"),
        (["base", "base", "--metric", "lrt_hi"], "nearest: lrt_hhi"),
        (["base", "base", "--metric", "airdrop_retention"], "no pair of runs has values of airdrop_retention"),
        (["base", "base", "--confidence", "2"], "--confidence"),
        (["base", "base", "--half-width", "0"], "--half-width"),
    ],
)
def test_bad_comparisons(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["compare", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_other_scenarios_and_lengths_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    other = ["run", "thin-loop", "--days", "40", "--stakers", "120", "--no-figures", "--out", "other"]
    assert main(other) == 0
    capsys.readouterr()
    assert main(["compare", "base", "other", "--metric", "lrt_supply_eth"]) == 0
    told = capsys.readouterr().err
    assert "the scenarios differ (baseline, thin-loop) and the lengths differ (60 and 40 days)" in told
    assert main(["compare", "base", "base", "--metric", "lrt_supply_eth"]) == 0
    assert capsys.readouterr().err == ""


def test_other_seeds_do_not_pair() -> None:
    main([*RUN, "--seed", "9", "--out", "other"])
    with pytest.raises(NotComparableError, match="share seed"):
        compare_sides("base", "other")
    Path("empty").mkdir()
    with pytest.raises(NotComparableError, match="neither"):
        compare_sides("base", "empty")
