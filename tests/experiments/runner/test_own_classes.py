"""Own classes of every kind in a sweep of eight runs: each acts; it is killed, resumed, verified and refused."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from restaking.agents import Cast
from restaking.agents.cast import KINDS
from restaking.experiments import casts
from restaking.experiments.results import load_results
from restaking.experiments.runner import sweep
from restaking.experiments.runner.folder import parts_in
from restaking.experiments.runner.parts import Parts
from tests.experiments.runner.test_resume import alive, descendants, wait_for_parts
from tests.experiments.runner.worlds import canonical, cluster_of_two

RULES = Path(__file__).with_name("own_kinds.py")
WITH = ("--with", "own_kinds.py:MyCast")
RUNS = 8

# Loans, redemptions and a loss that makes loans unsafe, all within forty days.
DESIGN = """
name = "own"
scenario = "thin-loop"
seed = 5
replications = 4
days = 40
stakers = 120

[design]
kind = "grid"

[axes]
"campaigns.airdrop_share" = [0.02, 0.1]
"""
SETTINGS = (
    "lrt.thin.redemption_open_day=-10",
    "stakers.attention=0.6",
    "stakers.initial_aware=1.0",
    'hazards.events=[{day=28, kind="exploit", target="thin", size=0.5}]',
)

pytestmark = pytest.mark.filterwarnings("ignore::restaking.agents.cast.SlowRulesWarning")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the rules and the design; what is imported from there is forgotten afterwards."""
    shutil.copy(RULES, tmp_path / "own_kinds.py")
    (tmp_path / "own.toml").write_text(DESIGN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    sys.modules.pop("own_kinds", None)


def command(verb: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "restaking.experiments.cli", verb, *words]


def sweep_command(out: str, *own: str, workers: int = 2) -> list[str]:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return command("sweep", "own.toml", "--out", out, "--workers", str(workers), *settings, *own)


def carried_out(line: list[str], code: int = 0) -> str:
    """What a command says on standard error; it must end with the code."""
    done = subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


# --- each kind beside a stock twin ------------------------------------------------------------------------------------

ACTS: dict[str, tuple[str, Callable[[pd.Series, pd.Series], Any]]] = {
    "staker": ("restaker_share", lambda own, stock: own > stock),
    "operator": ("restaking_degree", lambda own, stock: (own <= 1.0) & (stock > 1.0)),
    "avs": ("avs_fee_apr", lambda own, stock: (own < stock) & (stock > 0.0)),
    "lrt_protocol": ("lrt_claims_eth", lambda own, stock: (own == 0.0) & (stock > 0.0)),
    "arbitrageur": ("arbitrage_capital_eth", lambda own, stock: own > stock),
    "liquidator": ("liquidated_eth", lambda own, stock: (own == 0.0) & (stock > 0.0)),
}
"""What a kind's class changes in the table of a sweep, against the run of the same point and seed with shipped ones."""


@pytest.mark.slow
def test_every_kind_acts_in_all_runs_of_a_sweep(place: Path) -> None:
    from restaking.experiments.cli.main import main

    assert main(sweep_command("stock", workers=1)[3:]) == 0
    stock = load_results("stock").runs
    assert len(stock) == RUNS
    cast = casts.load_own(["own_kinds.py:MyCast"]).cast
    assert set(cast.own) == set(ACTS) == set(KINDS)
    design = load_results("stock").design
    for kind, (metric, acts) in ACTS.items():
        results = sweep(design, out=kind, workers=1, progress=False, agents={kind: cast.own[kind]})
        own = results.runs
        assert list(own["seed"]) == list(stock["seed"]) and (own["status"] == "done").all()
        assert acts(own[metric], stock[metric]).all(), (kind, metric, list(own[metric]), list(stock[metric]))
        assert results.manifest["cast"].keys() == {kind}
        assert results.manifest["cast"][kind]["class"] == f"own_kinds.{cast.own[kind].__qualname__}"


# --- killed, resumed, verified, refused -------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_sweep_with_own_classes_is_killed_resumed_and_verified(place: Path) -> None:
    carried_out(sweep_command("calm", *WITH))
    process = subprocess.Popen(sweep_command("hit", *WITH), stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for_parts(place / "hit", 1, process)
    family = descendants(process.pid)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in family):
        assert time.monotonic() < deadline, "workers outlive their process group"
        time.sleep(0.05)
    made = len(Parts(parts_in(place / "hit")).finished)
    assert 0 < made < RUNS, "the sweep was not killed on its way"
    kept = load_results("hit").timings.set_index("run_id")["started"].to_dict()
    shutil.copytree("hit", "lost")

    rules = place / "own_kinds.py"
    as_written = rules.read_text()
    rules.write_text(as_written.replace("self.rate = 0.0", "self.rate = 0.1"))
    said = "own_kinds.Stingy (avs) has changed since in own_kinds"
    assert said in carried_out(sweep_command("hit", *WITH), code=2)
    assert "it was made with own_kinds.Sure as its staker, which is not given" in carried_out(
        sweep_command("hit"), code=2
    )
    assert len(Parts(parts_in(place / "hit")).finished) == made

    rules.write_text(as_written)
    (place / "lost" / "manifest.json").write_text("damaged")
    assert "its runs were made with own classes; give the same again" in carried_out(command("repair", "lost"), code=2)
    assert f"{made} runs of {RUNS} are there" in carried_out(command("repair", "lost", *WITH))
    carried_out(sweep_command("lost", *WITH))
    assert canonical(place / "lost") == canonical(place / "calm")

    carried_out(sweep_command("hit", *WITH))
    assert canonical(place / "hit") == canonical(place / "calm")
    assert kept.items() <= load_results("hit").timings.set_index("run_id")["started"].to_dict().items()
    verify = command("verify", "hit", "--sample", str(RUNS))
    assert f"{RUNS} runs made again: the same, bit for bit" in carried_out([*verify, *WITH])

    rules.write_text(as_written.replace("self.rate = 0.0", "self.rate = 0.1"))
    assert said in carried_out([*verify, *WITH], code=2)
    assert said in carried_out(sweep_command("hit", *WITH), code=2)
    assert "as its staker, which is not given" in carried_out(verify, code=2)


@pytest.mark.slow
def test_a_sweep_with_an_own_maker_is_resumed_verified_repaired_and_refused(place: Path) -> None:
    own = ("--with", "own_kinds.py:quiet", *WITH)
    carried_out(sweep_command("s", *own))
    made_with = load_results("s").manifest["cast"]
    assert made_with["model"]["class"] == "own_kinds.quiet" and made_with.keys() == {"model", *KINDS}
    assert carried_out(command("verify", "s", "--sample", "2", *own)).endswith("the same, bit for bit\n")
    assert "made with own_kinds.quiet as its model, which is not given" in carried_out(
        command("verify", "s", *WITH), code=2
    )

    table = place / "s" / "runs.parquet"
    whole = table.read_bytes()
    table.write_bytes(b"damaged")
    assert "as its model, which is not given" in carried_out(command("repair", "s", *WITH), code=2)
    assert "runs.parquet was damaged, made again" in carried_out(command("repair", "s", *own))
    assert table.read_bytes() == whole

    rules = place / "own_kinds.py"
    as_written = rules.read_text()
    rules.write_text(as_written.replace("self._intended = 0", "self._intended = 0 * 1"))
    for again in (command("verify", "s", *own), command("repair", "s", *own), sweep_command("s", *own)):
        assert "own_kinds.quiet (model) has changed since in own_kinds" in carried_out(again, code=2)

    # Without its manifest nothing is left of a complete sweep; whoever has its design may begin it again.
    rules.write_text(as_written)
    (place / "s" / "manifest.json").write_text("damaged")
    assert "0 runs of 8 are there" in carried_out(command("repair", "s"))
    carried_out(sweep_command("s", *own))
    assert load_results("s").manifest["cast"] == made_with and table.read_bytes() == whole


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:::distributed", "ignore::ResourceWarning")
def test_a_cluster_makes_the_same_bytes_with_own_classes(place: Path) -> None:
    cast = casts.load_own(["own_kinds.py:MyCast"]).cast
    carried_out(sweep_command("here", *WITH))
    with cluster_of_two() as cluster:
        design = load_results("here").design
        there = sweep(design, out="dask", cluster=cluster.scheduler_address, progress=False, agents=cast)
    assert isinstance(cast, Cast) and canonical(place / "dask") == canonical(place / "here")
    assert there.manifest["cast"] == load_results("here").manifest["cast"]
