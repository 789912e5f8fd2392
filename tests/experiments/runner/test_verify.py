"""Results that were tampered with are found out."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.folders import manifest
from restaking.experiments.folders.files import sha256
from restaking.experiments.results import Results, load_results
from restaking.experiments.runner import identity, sweep
from restaking.experiments.runner.verifying import verify
from tests.experiments.runner.worlds import DESIGN, SHARE


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return sweep(DESIGN | {"replications": 2}, out=tmp_path_factory.mktemp("v") / "r", workers=1, progress=False)


@pytest.fixture
def copy(honest: Results, tmp_path: Path) -> Path:
    return Path(shutil.copytree(honest.path, tmp_path / "r"))


def rewrite(path: Path, change: Any) -> None:
    frame = pd.read_parquet(path)
    change(frame)
    frame.to_parquet(path)


def cover_up(folder: Path) -> None:
    """Put the changed files' hashes into the manifest."""
    there = manifest.read(folder)
    manifest.write(folder, there | {"files": {name: sha256(folder / name) for name in there["files"]}})


def test_honest_results_pass(honest: Results) -> None:
    verdict = verify(honest, sample=5)
    assert verdict.passed and len(verdict.checked) == 5 and verdict.notes == []
    assert verify(honest, sample=5, seed=2).checked != verdict.checked
    assert verify(honest, sample=5).checked == verdict.checked
    assert len(verify(honest, sample=1000).checked) == 12


@pytest.mark.parametrize(
    ("column", "message"),
    [("restaked_eth", "restaked_eth is"), ("seed", "the design's is"), (SHARE, "the design's value is")],
)
def test_a_changed_row_is_found(copy: Path, column: str, message: str) -> None:
    def change(frame: pd.DataFrame) -> None:
        value = frame.loc[4, column]
        frame.loc[4, column] = value * (1 + 2**-50) if column != "seed" else value + 1

    rewrite(copy / "runs.parquet", change)
    blind = verify(load_results(copy), sample=1, seed=1)
    assert blind.problems[0] == "runs.parquet is not the file that was written (its SHA-256 differs)"
    cover_up(copy)
    name = load_results(copy).runs["run_id"][4]
    verdict = verify(load_results(copy), sample=12)
    assert not verdict.passed and message in verdict.problems[0]
    assert all(problem.startswith(f"run {name}: ") for problem in verdict.problems)


def test_a_changed_day_is_found(copy: Path) -> None:
    path = copy / "series" / "00000.parquet"

    def change(frame: pd.DataFrame) -> None:
        frame.loc[20, "restaked_eth"] += 1e-6

    rewrite(path, change)
    cover_up(copy)
    verdict = verify(load_results(copy), sample=12)
    name = pq.read_table(path).column("run_id")[20].as_py()
    assert verdict.problems == [f"run {name}: series restaked_eth differ"]


def test_missing_days_and_files_are_found(copy: Path) -> None:
    path = copy / "series" / "00000.parquet"
    pd.read_parquet(path).iloc[:-1].to_parquet(path)
    (copy / "timings.parquet").unlink()
    verdict = verify(load_results(copy), sample=12)
    assert verdict.problems[1:] == ["timings.parquet is missing"] and verdict.problems[0].startswith(
        "series/00000.parq"
    )
    assert verdict.checked == [] and f"restaking repair {copy}" in verdict.notes[0]
    (copy / "timings.parquet").write_bytes(b"")
    cover_up(copy)
    problems = verify(load_results(copy), sample=12).problems
    assert any("the series have 12 days, made again 13" in problem for problem in problems)


def test_on_the_command_line(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(copy), "--sample", "3", "--seed", "4", "--json"]) == 0
    captured = capsys.readouterr()
    content = json.loads(captured.out)
    assert content["passed"] is True and len(content["checked"]) == 3
    assert "3 runs made again: the same, bit for bit" in captured.err

    def change(frame: pd.DataFrame) -> None:
        frame["restaked_eth"] += 1.0

    rewrite(copy / "runs.parquet", change)
    assert main(["verify", str(copy), "--sample", "2"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.endswith(f"restaking: {copy}: 1 problem (above)\n")
    assert main(["verify", str(copy / "series")]) == 2
    assert main(["verify", str(copy), "--sample", "0"]) == 2
    assert main(["verify", "nowhere"]) == 2
    assert "there is no folder nowhere" in capsys.readouterr().err


def test_other_code_is_mentioned(honest: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "model_code", lambda: "0123456789ab")
    verdict = verify(honest, sample=1)
    assert verdict.passed, "the code only claims to be another one"
    assert "this is code 0123456789ab" in verdict.notes[0]
