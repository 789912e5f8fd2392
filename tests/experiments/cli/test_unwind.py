"""``restaking unwind``: who gets out, how, when, and at what cost."""

import json
from pathlib import Path

import numpy as np
import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.store import Run, load_run
from restaking.experiments.unwinding import UnwindError, unwind

RUN = ["run", "baseline", "--days", "260", "--stakers", "300", "--no-figures", "--set", "hazards.enabled=false"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "base"
    assert main([*RUN, "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return load_run(folder)


def test_every_eth_goes_somewhere(run: Run) -> None:
    for one in unwind(run, 100, "alpha", shares=(0.2, 1.0), days=120):
        assert one.sold_eth + one.redeemed_eth + one.waiting_eth + one.held_eth == pytest.approx(one.eth, rel=0.02)
        assert np.all(np.diff(one.out) >= -1e-3)
        assert 0.0 <= one.deepest <= 1.0
        assert one.cost >= 0.0
        assert sum(one.waiting.values()) == pytest.approx(one.waiting_eth + one.held_eth, abs=1e-6)


def test_more_leavers_take_longer_and_the_whole_supply_is_asked_for(run: Run) -> None:
    few, all_ = unwind(run, 100, "alpha", shares=(0.1, 1.0), days=150)
    supply = float(run.entity("lrt", "supply_eth")["alpha"].iloc[100])
    assert all_.eth == pytest.approx(supply, rel=0.05)  # pools and arbitrageurs hold the rest
    assert few.eth < 0.5 * all_.eth
    assert few.days_until(0.5) <= all_.days_until(0.5)


def test_a_common_exit_gets_out_with_the_queue_half_long_before_the_rest(tmp_path: Path) -> None:
    """Money arrives at the pace of Ethereum's exit queue and is paid as it arrives, not when all of it is there."""
    slow = ["--set", "ethereum.exit_churn_eth_per_day=20000", "--out", str(tmp_path / "slow")]
    assert main([*RUN, *slow]) == 0
    (one,) = unwind(load_run(tmp_path / "slow"), 100, "alpha", shares=(1.0,), days=150)
    assert one.days_until(0.5) <= 2.0 / 3.0 * one.days_until(0.95) < 150.0
    assert np.diff(one.out)[int(one.days_until(0.5)) :].max() < 0.1


def test_leavers_hold_no_more_than_the_share(run: Run) -> None:
    shares = (0.05, 0.1, 0.25, 0.5, 1.0)
    found = unwind(run, 100, "alpha", shares=shares, days=2)
    for share, one in zip(shares, found, strict=True):
        assert 0.0 < one.eth <= share * found[-1].eth * (1.0 + 1e-9)
    assert found[-2].eth > 0.4 * found[-1].eth


def test_closed_redemption_is_the_dearer_way_out(run: Run) -> None:
    opened, closed = (unwind(run, 100, name, shares=(0.3,), days=40)[0] for name in ("alpha", "beta"))
    assert not run.entity("lrt", "redemption_open")["beta"].iloc[100]
    assert closed.redeemed_eth == 0.0
    assert opened.redeemed_eth > 0.0
    assert closed.deepest > opened.deepest


def test_what_is_taken_on_the_way_is_lost_and_costs(tmp_path: Path) -> None:
    event = 'hazards.events=[{day=66, kind="exploit", target="alpha", size=0.9}]'
    assert main([*RUN, "--set", event, "--out", str(tmp_path / "hit")]) == 0
    (one,) = unwind(load_run(tmp_path / "hit"), 60, "alpha", shares=(1.0,), days=60)
    assert one.lost_eth > 0.05 * one.eth
    assert one.cost > one.lost_eth / one.eth
    total = one.sold_eth + one.redeemed_eth + one.waiting_eth + one.held_eth + one.lost_eth
    assert total == pytest.approx(one.eth, rel=0.05)


def test_the_run_itself_is_not_touched(run: Run) -> None:
    first = [one.as_mapping() for one in unwind(run, 50, "alpha", shares=(0.5,), days=20)]
    assert [one.as_mapping() for one in unwind(run, 50, "alpha", shares=(0.5,), days=20)] == first


def test_a_table_a_paragraph_and_a_page(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["unwind", str(folder), "--day", "100", "--share", "0.2", "--share", "0.5", "--days", "30"]
    assert main([*arguments, "--out", str(tmp_path / "u")]) == 0
    told = capsys.readouterr().out
    assert "half out" in told
    assert "of the supply" in told
    assert {path.name for path in (tmp_path / "u").iterdir()} == {
        "README.md",
        "manifest.json",
        "unwind.csv",
        "unwind.pdf",
        "unwind.png",
        "unwind.svg",
    }
    assert main([*arguments, "--lrt", "beta", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["share"] for row in answer["shares"]] == [0.2, 0.5]
    assert answer["lrt"] == "beta"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--day", "260"], "allowed: 0 to 259"),
        (["--day", "10", "--lrt", "omega"], "LRTs: alpha, beta, gamma, delta"),
        (["--day", "10", "--share", "1.5"], "above 0 and at most at 1"),
        (["--day", "10", "--lrt", "delta"], "nobody holds delta"),
        (["--day", "10", "--days", "0"], "--days"),
    ],
)
def test_bad_input(arguments: list[str], says: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["unwind", str(folder), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_no_such_run(tmp_path: Path, run: Run) -> None:
    assert main(["unwind", str(tmp_path / "nowhere"), "--day", "1"]) == 2
    with pytest.raises(UnwindError, match="no LRT"):
        unwind(run, 10, "omega")
