"""``restaking validate``."""

import json
from pathlib import Path

import pytest

from restaking.experiments.cli.main import main

SMALL = ["--seeds", "1", "--workers", "1", "--stakers", "150", "--days", "40"]


def test_it_tells_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "baseline", *SMALL, "--out", str(tmp_path / "v")]) == 0
    told = capsys.readouterr().out
    assert "SF01" in told
    assert "measurable facts in range" in told
    assert (tmp_path / "v" / "README.md").read_text(encoding="utf-8").startswith("# Stylised facts of `baseline`")


def test_one_json_document_without_what_json_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "baseline", *SMALL, "--json", "--out", str(tmp_path)]) == 0
    rows = json.loads(capsys.readouterr().out)
    open_ended = next(row for row in rows if row["id"] == "SF03b")
    assert open_ended["high"] is None
    assert {row["verdict"] for row in rows} <= {"in range", "missed", "not measurable here"}


def test_strict_fails_on_a_missed_fact(tmp_path: Path) -> None:
    missed = ["--set", "ethereum.mev_apr=0.03"]  # SF01: six percent is above its range
    assert main(["validate", "baseline", *SMALL, *missed, "--strict", "--out", str(tmp_path)]) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seeds", "0"], "--seeds"),
        (["--set", "stakers.cuont=3"], "stakers.count"),
        (["--out", "a-file"], "it is not a folder"),
    ],
)
def test_bad_input(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").write_text("mine")
    assert main(["validate", "baseline", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-file"]
