"""Runs verified; runs and sweeps repaired: what was damaged comes out as it was, what was whole stays."""

import os
import shutil
from pathlib import Path

import pytest

from restaking.experiments import store
from restaking.experiments.cli.main import main
from restaking.experiments.folders import manifest
from restaking.experiments.folders.errors import FolderError
from restaking.experiments.forking import fork
from restaking.experiments.repairing import repair_folder
from restaking.experiments.run import run_scenario
from restaking.experiments.runner import sweep
from restaking.experiments.verifying import verify_folder
from tests.experiments.runner.worlds import DESIGN, canonical

SMALL = {"days": 12, "stakers": 50}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    run = run_scenario("baseline", **SMALL, out=folder / "run", figures=False, progress=False)  # type: ignore[arg-type]
    fork(run, 5, {"stakers.attention": 0.3}, out=folder / "branch", figures=False)
    sweep(DESIGN | {"replications": 2}, out=folder / "sweep", workers=1, progress=False)
    return folder


@pytest.fixture
def runs(origin: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(origin, tmp_path / "runs"))


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def damage(path: Path, bit: int = 0) -> None:
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 1 << bit
    path.write_bytes(changed)


@pytest.mark.parametrize("name", ["run", "branch"])
def test_an_honest_run_passes(runs: Path, name: str) -> None:
    verdict = verify_folder(runs / name)
    assert verdict.passed and verdict.checked == ["baseline-seed1"] and verdict.notes == []


def test_a_run_that_does_not_come_out_again_is_found(runs: Path) -> None:
    there = manifest.read(runs / "run")
    damage(runs / "run" / "summary.txt")
    verdict = verify_folder(runs / "run")
    assert verdict.problems == ["summary.txt is not the file that was written (its SHA-256 differs)"]
    there["files"]["summary.txt"] = manifest.files.sha256(runs / "run" / "summary.txt")
    manifest.write(runs / "run", there)
    assert verify_folder(runs / "run", sample=0).passed
    assert verify_folder(runs / "run").problems == ["summary.txt differs from that of the run made again"]


def test_verify_on_the_command_line(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(runs / "run")]) == 0
    assert "1 run made again: the same, bit for bit" in capsys.readouterr().err
    (runs / "run" / "daily.parquet").unlink()
    assert main(["verify", str(runs / "run"), "--files-only"]) == 1
    assert "daily.parquet is missing" in capsys.readouterr().err
    assert main(["verify", str(runs)]) == 2
    assert "neither the folder of a run nor of a sweep" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["run", "branch"])
@pytest.mark.parametrize("files", [["daily.parquet"], ["summary.json", "network.json", "scenario.toml"]])
def test_a_damaged_run_is_repaired(runs: Path, name: str, files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before = content(runs / name)
    damage(runs / name / files[0])
    for file in files[1:]:
        (runs / name / file).unlink()
    (runs / name / "notes.txt").write_text("mine")
    assert main(["repair", str(runs / name)]) == 0
    assert f"{files[0]}" in (said := capsys.readouterr().err) and "made again; the other files are whole" in said
    assert content(runs / name) == before | {"notes.txt": b"mine"}
    assert main(["repair", str(runs / name)]) == 0
    assert "nothing is damaged" in capsys.readouterr().err


def test_nothing_is_repaired_with_other_code(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damage(runs / "run" / "daily.parquet")
    before = content(runs / "run")
    monkeypatch.setattr(store, "model_code", lambda: "0" * 12)
    with pytest.raises(FolderError, match="made with other code"):
        repair_folder(runs / "run")
    assert content(runs / "run") == before


def test_a_run_without_its_manifest_cannot_be_repaired(runs: Path) -> None:
    damage(runs / "run" / "manifest.json")
    with pytest.raises(FolderError, match=r"what was run stands nowhere else|cannot be read"):
        repair_folder(runs / "run")


@pytest.mark.parametrize("name", ["runs.parquet", "series/00000.parquet", "timings.parquet"])
def test_a_damaged_sweep_is_repaired(runs: Path, name: str) -> None:
    folder = runs / "sweep"
    before = canonical(folder)
    damage(folder / name)
    with pytest.raises(FolderError, match=rf"holds this sweep, but {name} .*; restaking repair .* makes it again"):
        sweep(DESIGN | {"replications": 2}, out=folder, workers=1, progress=False)
    done = repair_folder(folder, workers=1)
    assert done.damaged == [name]
    assert canonical(folder) == before
    assert manifest.problems(folder, manifest.read(folder)) == {}
    assert not (folder / "parts").exists()


def test_a_damaged_design_is_written_again_by_who_has_it(runs: Path) -> None:
    folder = runs / "sweep"
    before = canonical(folder)
    (folder / "design.json").write_text("{")
    with pytest.raises(FolderError, match=r"the command of the sweep, given again, writes it anew"):
        repair_folder(folder)
    sweep(DESIGN | {"replications": 2}, out=folder, workers=1, progress=False)
    assert canonical(folder) == before
    assert repair_folder(folder).damaged == []


def test_a_sweep_without_its_manifest_begins_again_with_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restaking.experiments.runner import SweepInterrupted
    from tests.experiments.runner.test_resume import stop_after
    from tests.experiments.runner.worlds import run

    calm = run(tmp_path / "calm")
    with pytest.raises(SweepInterrupted):
        run(tmp_path / "r", stop_after(6, monkeypatch))
    parts = sorted((tmp_path / "r" / "parts").iterdir())
    parts[0].write_bytes(parts[0].read_bytes()[:200])
    (tmp_path / "r" / "manifest.json").write_text("{")
    done = repair_folder(tmp_path / "r")
    assert "manifest.json was damaged and is written anew; 5 runs of 18 are there" in done.sentence
    assert repair_folder(tmp_path / "r").sentence.startswith(
        f"parts/{parts[0].name} was damaged, put aside in damaged/"
    )
    assert canonical(run(tmp_path / "r").path) == canonical(calm.path)


def test_what_is_neither_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.json").write_text('{"name": "my web app"}')
    before = content(tmp_path)
    assert main(["repair", str(tmp_path / "app")]) == 2
    assert main(["repair", str(tmp_path)]) == 2
    assert main(["repair", str(tmp_path / "nowhere")]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert content(tmp_path) == before
    assert os.listdir(tmp_path) == ["app"]
