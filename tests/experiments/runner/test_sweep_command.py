"""``restaking sweep`` on the real model, small, and what it says about bad input."""

import json
from pathlib import Path

import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.results import load_results
from restaking.experiments.runner import sweep
from tests.experiments.runner.worlds import DESIGN, TOML, canonical


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.toml").write_text(TOML.format(replications=1, days=12))


def test_one_json_object_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "d.toml", "--workers", "1", "--json", "--out", "r"]) == 0
    captured = capsys.readouterr()
    content = json.loads(captured.out)
    assert content["sweep"] == "r" and content["runs"] == content["done"] == 6 and content["failed"] == 0
    assert captured.err == "6 runs. Written to r\n"


def test_the_folder_names_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "d.toml", "--workers", "1"]) == 0
    (folder,) = Path("results/runs").iterdir()
    assert folder.name.startswith("small-") and str(folder) in capsys.readouterr().err
    assert main(["sweep", "d.toml"]) == 0
    assert "complete: nothing to do" in capsys.readouterr().err


def test_options_change_the_design() -> None:
    options = ["--replications", "2", "--days", "11", "--stakers", "40", "--seed", "9"]
    assert main(["sweep", "d.toml", "--workers", "1", "--out", "r", *options, "--set", "ethereum.mev_apr=0.02"]) == 0
    results = load_results("r")
    scenario = results.design.scenario
    assert len(results.runs) == 12 and results.design.seed == 9
    assert (scenario.days, scenario.stakers.count, scenario.ethereum.mev_apr) == (11, 40, 0.02)


def test_command_and_function_do_the_same() -> None:
    assert main(["sweep", "d.toml", "--workers", "1", "--out", "r"]) == 0
    other = sweep(DESIGN | {"replications": 1}, out="s", workers=1, progress=False)
    one, two = canonical(Path("r")), canonical(other.path)
    assert one["runs.parquet"] == two["runs.parquet"] and one["series/00000.parquet"] == two["series/00000.parquet"]


def test_a_dry_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path().rglob("*"))
    assert main(["sweep", "d.toml", "--workers", "1", "--out", "r", "--dry-run", "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["runs"], found["points"], found["replications"], found["to_do"]) == (6, 6, 1, 6)
    assert found["seconds"] > 0 and found["disk_bytes"] > 1000 and found["memory_bytes"] > 10e6
    assert "nothing was written" in captured.err
    assert sorted(Path().rglob("*")) == before


SWEEPS = [
    (["missing.toml"], "no such file"),
    (["airdrop-sise"], "nearest valid name: airdrop-size"),
    (["d.toml", "--workers", "0"], "workers"),
    (["d.toml", "--workers", "2", "--cluster", "tcp://localhost:1"], "either workers or a cluster"),
    (["d.toml", "--on-error", "ignore"], "on-error"),
    (["d.toml", "--set", "campaigns.airdrop_share=0.2"], "varies in the design small; change its axis instead"),
    (["d.toml", "--set", "stakers.cuont=5"], "nearest valid name: stakers.count"),
    (["d.toml", "--set", "days=3", "--days", "4"], "given twice"),
    (["d.toml", "--replications", "0"], "replications = 0 must be"),
    (["d.toml", "--seed", "-1"], "seed = -1 must be"),
    (["unknown.toml"], "unknown key; nearest valid name: campaigns.airdrop_share"),
    (["empty.toml"], "axes"),
    (["upside.toml"], "axes.campaigns.airdrop_share"),
    (["broken.toml"], "TOML"),
]


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize(("arguments", "message"), SWEEPS, ids=[" ".join(words) for words, _ in SWEEPS])
def test_bad_input(arguments: list[str], message: str, dry: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    head = 'name = "bad"\n[design]\nkind = "grid"\n[axes]\n'
    Path("unknown.toml").write_text(head + '"campaigns.airdrop_shar" = [0.1]\n')
    Path("empty.toml").write_text(head + '"campaigns.airdrop_share" = []\n')
    Path("upside.toml").write_text(head + '"campaigns.airdrop_share" = {low = 0.5, high = 0.1, steps = 3}\n')
    Path("broken.toml").write_text(head + "x = \n")
    before = sorted(Path().rglob("*"))
    assert main(["sweep", *arguments, "--out", "r", *dry]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and message in captured.err and captured.err.count("\n") == 1, captured.err
    assert sorted(Path().rglob("*")) == before


def test_help_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "the same command goes on where it ended" in text
    for option in ("--out", "--workers", "--cluster", "--on-error", "--dry-run", "--overwrite", "--json", "--set"):
        assert option in text
