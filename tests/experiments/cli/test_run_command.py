"""``restaking run`` and ``restaking network`` on the real ecosystem, small."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.folders import files, manifest
from restaking.model.metrics import metrics_of

SMALL = ["run", "baseline", "--days", "12", "--stakers", "60", "--no-figures"]


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main([*SMALL, "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_one_json_object_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    result = run_json(capsys, "--out", "r")
    assert list(result) == ["run", "scenario", "seed", "days", "stakers", "version", "summary"]
    assert (result["run"], result["scenario"], result["seed"]) == ("r", "baseline", 1)
    assert (result["days"], result["stakers"]) == (12, 60)
    assert list(result["summary"]) == [m.name for m in metrics_of("total") if m.summary != "none"]
    assert all(value is None or isinstance(value, float) for value in result["summary"].values())


def test_people_get_a_table_and_a_place_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--out", "r"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Who paid" in captured.err and "Written to r" in captured.err


def test_the_folder_names_itself(capsys: pytest.CaptureFixture[str]) -> None:
    result = run_json(capsys, "--seed", "5")
    folder = Path(result["run"])
    assert folder.parent == Path("results/runs") and folder.name.startswith("baseline-seed5-")
    assert {p.name for p in folder.iterdir()} == {
        *("manifest.json", "scenario.toml", "daily.parquet", "entities.parquet", "events.parquet"),
        *("network.json", "summary.json", "summary.txt"),
    }
    daily = pd.read_parquet(folder / "daily.parquet")
    assert daily["day"].tolist() == list(range(13))
    assert json.loads((folder / "summary.json").read_text())["summary"] == result["summary"]


def test_the_same_run_is_not_made_again(capsys: pytest.CaptureFixture[str]) -> None:
    first = run_json(capsys, "--out", "r")
    manifest = Path("r/manifest.json").read_bytes()
    assert main([*SMALL, "--json", "--out", "r"]) == 0
    captured = capsys.readouterr()
    assert "r holds this run already" in captured.err
    assert json.loads(captured.out) == first
    assert Path("r/manifest.json").read_bytes() == manifest


def test_another_run_in_the_way_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    run_json(capsys, "--out", "r")
    assert main([*SMALL, "--out", "r", "--seed", "2"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert captured.err.startswith("restaking: r holds another run (different scenario, seed)")
    assert run_json(capsys, "--out", "r", "--seed", "2", "--overwrite")["seed"] == 2
    Path("notes").mkdir()
    Path("notes/todo.txt").write_text("keep")
    assert main([*SMALL, "--out", "notes", "--overwrite"]) == 2
    assert Path("notes/todo.txt").read_text() == "keep"


def test_equal_runs_write_equal_files(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        run_json(capsys, "--out", name)
    for path in sorted(Path("a").iterdir()):
        if path.name != "manifest.json":
            assert path.read_bytes() == (Path("b") / path.name).read_bytes(), path.name


def test_settings_change_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    plain = run_json(capsys, "--out", "plain")["summary"]
    changed = run_json(capsys, "--out", "changed", "--set", "ethereum.mev_apr=0.02")["summary"]
    assert changed["base_apr"] > plain["base_apr"] + 0.01


def test_both_engines_write_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = run_json(capsys, "--out", "kernel")
    objects = run_json(capsys, "--out", "objects", "--engine", "objects")
    assert kernel["summary"] == objects["summary"]


def test_the_network_of_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    run_json(capsys, "--out", "r")
    assert main(["network", "r", "--day", "5", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {"operators", "services", "edges", "capital"} <= document.keys()
    assert main(["network", "r", "--day", "5", "--out", "g.graphml"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "" and "g.graphml" in captured.err
    nodes = ElementTree.parse("g.graphml").getroot().iter("{http://graphml.graphdrawing.org/xmlns}node")
    assert [node.get("id") for node in nodes] == [node["id"] for node in document["capital"]["nodes"]]


def test_the_last_network_is_the_one_in_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    run_json(capsys, "--out", "r")
    assert main(["network", "r", "--day", "12", "--format", "json", "--out", "last.json"]) == 0
    kept, written = (json.loads(Path(name).read_text()) for name in ("r/network.json", "last.json"))
    for network in (kept, written):  # what is written says besides where it comes from, and every AVS's threshold
        network["capital"].pop("graph")
        for node in network["capital"]["nodes"]:
            node.pop("threshold", None)
    assert {key: value for key, value in written.items() if key in kept} == kept


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "--day", "1"], "there is no run nothing"),
        (["r", "--day", "13"], "--day: 13 is not a day of the run; it has days 0 to 12"),
        (["r", "--day", "-1"], "--day: -1 is not a day"),
        (["r", "--day", "1", "--format", "svg"], "svg"),
        (["r"], "--day"),
        (["r", "--day", "1", "--out", "missing/g.graphml"], "cannot be written"),
    ],
)
def test_bad_input_for_networks(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    run_json(capsys, "--out", "r")
    assert main(["network", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and message in captured.err and captured.err.count("\n") == 1


def test_a_replay_that_differs_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    run_json(capsys, "--out", "r")
    daily = pd.read_parquet("r/daily.parquet")
    daily.loc[3, "idle_eth"] += 1.0
    daily.to_parquet("r/daily.parquet")
    assert main(["network", "r", "--day", "2", "--out", "g.graphml"]) == 2
    assert "r/daily.parquet is not the file that was written" in capsys.readouterr().err
    # As if it had been written so: by other code, or on another machine.
    there = manifest.read(Path("r"))
    there["files"]["daily.parquet"] = files.sha256(Path("r/daily.parquet"))
    manifest.write(Path("r"), there)
    assert main(["network", "r", "--day", "2", "--out", "g.graphml"]) == 0
    capsys.readouterr()
    assert main(["network", "r", "--day", "5", "--out", "h.graphml"]) == 1
    assert "r cannot be replayed: idle_eth differs on day 3" in capsys.readouterr().err
    assert not Path("h.graphml").exists()
