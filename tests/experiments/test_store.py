"""Runs on disk: the same bytes for the same run, whole or not there, never overwritten silently."""

import datetime
import json
import math
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from restaking.experiments import store
from restaking.experiments.folders import manifest
from restaking.experiments.store import Identity, RunFolderError, existing_run, load_run, write_run, write_table
from restaking.model.scenario import load_scenario
from tests.experiments.fake_ecosystem import FakeEcosystem, small_scenario

SCENARIO = small_scenario(days=30)


def finished(seed: int = 1, days: int = 30) -> FakeEcosystem:
    ecosystem = FakeEcosystem(SCENARIO, seed=seed)
    ecosystem.run(days)
    return ecosystem


def written(folder: Path, **options: object) -> store.Run:
    return write_run(finished(), folder, **options)  # type: ignore[arg-type]


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# ------------------------------------------------------------------------------------------------------------- tables


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": np.arange(3),
            "id": pd.Series(["a", "b", "é"], dtype="str"),
            "apr": [0.1, math.nan, 1.0 / 3.0],
            "holders": pd.array([1, None, 3], dtype="Int64"),
        }
    )


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(store.read_table(tmp_path / "t.parquet"), table())


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    frame = table()
    write_table(frame, tmp_path / "a.parquet", {"b": "2", "a": "1"})
    write_table(frame.set_index(pd.Index([7, 8, 9])), tmp_path / "b.parquet", {"a": "1", "b": "2"})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    write_table(frame.assign(apr=0.2), tmp_path / "c.parquet", {"a": "1", "b": "2"})
    assert (tmp_path / "a.parquet").read_bytes() != (tmp_path / "c.parquet").read_bytes()
    assert list(store.table_metadata(tmp_path / "a.parquet")) == ["a", "b"]


def test_tables_are_zstd_in_fixed_row_groups(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_table(pd.DataFrame({"x": np.arange(70_000)}), tmp_path / "t.parquet")
    meta = pq.ParquetFile(tmp_path / "t.parquet").metadata
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [65_536, 4_464]
    assert meta.row_group(0).column(0).compression == "ZSTD"


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "t.parquet")
    before = (tmp_path / "t.parquet").read_bytes()
    with pytest.raises(pa.ArrowException):
        write_table(pd.DataFrame({"x": [1, "a", object()]}), tmp_path / "t.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]
    assert (tmp_path / "t.parquet").read_bytes() == before


# --------------------------------------------------------------------------------------------------------------- runs


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    ecosystem = finished()
    run = write_run(
        ecosystem,  # type: ignore[arg-type]
        tmp_path / "run",
        started=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        seconds=1.25,
    )
    pd.testing.assert_frame_equal(run.daily, ecosystem.recorder.daily_frame())
    pd.testing.assert_frame_equal(run.entities, ecosystem.recorder.entities_frame())
    pd.testing.assert_frame_equal(run.events, ecosystem.recorder.events_frame())
    assert nx.utils.graphs_equal(run.network, ecosystem.capital_network())
    expected = ecosystem.summary()
    assert run.summary.keys() == expected.keys() and math.isnan(run.summary["belief_fdv_ratio"])
    assert all(run.summary[name] == value for name, value in expected.items() if not math.isnan(value))
    assert run.scenario == SCENARIO
    assert load_scenario(str(tmp_path / "run" / "scenario.toml")).content_hash() == SCENARIO.content_hash()
    assert run.days == 30 and run.complete
    assert run.manifest["started"] == "2026-01-02T03:04:05+00:00" and run.manifest["seconds"] == 1.25
    assert run.manifest["stakers"] == 50 and run.manifest["seed"] == 1
    assert {"python", "numpy", "numba", "mesa"} <= run.manifest["libraries"].keys()


def test_the_same_run_gives_the_same_files(tmp_path: Path) -> None:
    for name, hour in (("a", 1), ("b", 2)):
        started = datetime.datetime(2026, 1, 1, hour, tzinfo=datetime.UTC)
        write_run(finished(), tmp_path / name, started=started, seconds=float(hour))  # type: ignore[arg-type]
    a, b = content(tmp_path / "a"), content(tmp_path / "b")
    assert a.pop("manifest.json") != b.pop("manifest.json")
    assert a.keys() == b.keys()
    assert [name for name in a if a[name] != b[name]] == []
    assert {"daily.parquet", "entities.parquet", "events.parquet", "network.json", "summary.txt"} <= a.keys()


def test_another_seed_gives_other_numbers(tmp_path: Path) -> None:
    one = write_run(finished(1), tmp_path / "a")  # type: ignore[arg-type]
    two = write_run(finished(2), tmp_path / "b")  # type: ignore[arg-type]
    assert not one.daily["worst_discount"].equals(two.daily["worst_discount"])
    assert Identity.of(one.manifest).difference(Identity.of(two.manifest)) == "seed"


def test_the_manifest_vouches_for_the_files(tmp_path: Path) -> None:
    import hashlib

    run = written(tmp_path / "run")
    files = run.manifest["files"]
    assert set(files) == {p.name for p in (tmp_path / "run").iterdir()} - {"manifest.json"}
    assert all(hashlib.sha256((tmp_path / "run" / name).read_bytes()).hexdigest() == files[name] for name in files)


def test_tables_are_read_when_they_are_used(tmp_path: Path) -> None:
    run = written(tmp_path / "run")
    (tmp_path / "run" / "entities.parquet").unlink()
    assert len(run.daily) == 31
    with pytest.raises(RunFolderError, match=r"has no entities\.parquet"):
        _ = run.entities


def test_one_metric_of_a_kind(tmp_path: Path) -> None:
    run = written(tmp_path / "run")
    supply = run.entity("lrt", "supply_eth")
    assert list(supply.columns) == list(SCENARIO.lrt) and supply.index.tolist() == list(range(31))
    rows = run.entities
    kelp = rows[(rows["kind"] == "lrt") & (rows["id"] == "kelp")]
    assert supply["kelp"].tolist() == kelp["supply_eth"].tolist()
    assert run.entity("lrt", "redemption_open").to_numpy().dtype == np.float64
    with pytest.raises(KeyError, match="recorded no lrts"):
        run.entity("lrts", "supply_eth")


def test_results_are_one_json_object(tmp_path: Path) -> None:
    result = written(tmp_path / "run").result()
    assert list(result) == ["run", "scenario", "seed", "days", "stakers", "version", "summary"]
    assert result["summary"]["belief_fdv_ratio"] is None
    json.dumps(result, allow_nan=False)


# ----------------------------------------------------------------------------------------------- what stands in the way


def test_runs_are_not_replaced_silently(tmp_path: Path) -> None:
    written(tmp_path / "run")
    before = content(tmp_path / "run")
    with pytest.raises(RunFolderError, match="holds this run already; --overwrite replaces it"):
        written(tmp_path / "run")
    assert content(tmp_path / "run") == before
    other = write_run(finished(2), tmp_path / "run", overwrite=True)  # type: ignore[arg-type]
    assert other.manifest["seed"] == 2
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert content(tmp_path / "run").keys() == before.keys()


def test_what_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    for name, message in (("thesis", "not the folder of a run"), ("file", "it is not a folder")):
        with pytest.raises(RunFolderError, match=message):
            written(tmp_path / name, overwrite=True)
        with pytest.raises(RunFolderError, match=message):
            existing_run(tmp_path / name, Identity.planned(SCENARIO, "kernel"), overwrite=True)
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "years of work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "thesis"]


def test_an_empty_folder_is_no_obstacle_and_neighbours_are_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in ("run.partial", "run.replaced"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.tex").write_text("years of work")
    assert existing_run(tmp_path / "run", Identity.planned(SCENARIO, "kernel")) is None
    assert written(tmp_path / "run").complete
    written(tmp_path / "run", overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "run.partial", "run.replaced"]
    assert (tmp_path / "run.partial" / "thesis.tex").read_text() == "years of work"


def test_a_failure_while_writing_leaves_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    written(tmp_path / "old")
    before = content(tmp_path / "old")
    monkeypatch.setattr(store, "write_files", fail)
    with pytest.raises(OSError, match="disk full"):
        written(tmp_path / "run")
    with pytest.raises(OSError, match="disk full"):
        written(tmp_path / "old", overwrite=True)
    assert content(tmp_path / "old") == before and load_run(tmp_path / "old").complete
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["manifest.json"]
    with pytest.raises(RunFolderError, match=r"run holds no complete run: its making was cut short"):
        load_run(tmp_path / "run")
    monkeypatch.undo()
    assert written(tmp_path / "run").complete


def test_what_is_not_ours_in_a_runs_folder_stays(tmp_path: Path) -> None:
    written(tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    (tmp_path / "run" / "figures").mkdir()
    (tmp_path / "run" / "figures" / "for-the-paper.pdf").write_text("mine")
    (tmp_path / "run" / "figures" / "tvl.png").write_text("of the old run")
    written(tmp_path / "run", overwrite=True)
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"
    assert [p.name for p in (tmp_path / "run" / "figures").iterdir()] == ["for-the-paper.pdf"]


@pytest.mark.parametrize("name", ["daily.parquet", "entities.parquet", "events.parquet", "network.json"])
def test_a_changed_file_is_noticed_when_it_is_read(tmp_path: Path, name: str) -> None:
    run = written(tmp_path / "run")
    file = tmp_path / "run" / name
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(RunFolderError, match=r"is not the file that was written .*restaking repair .* makes it again"):
        _ = getattr(run, name.partition(".")[0])
    with pytest.raises(RunFolderError, match=rf"holds this run, but {name} is not the file that was written"):
        existing_run(tmp_path / "run", Identity.planned(SCENARIO, "kernel"))


def test_a_changed_summary_is_noticed(tmp_path: Path) -> None:
    written(tmp_path / "run")
    file = tmp_path / "run" / "summary.json"
    file.write_text(file.read_text().replace("1", "2", 1))
    with pytest.raises(RunFolderError, match=r"summary\.json is not the file that was written"):
        load_run(tmp_path / "run")


def test_the_same_complete_run_is_recognised(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert existing_run(folder, Identity.planned(SCENARIO, "kernel")) is None
    written(folder)
    there = existing_run(folder, Identity.planned(SCENARIO, "kernel"))
    assert there is not None and there.path == folder
    assert existing_run(folder, Identity.planned(SCENARIO, "kernel"), overwrite=True) is None


@pytest.mark.parametrize(
    ("overrides", "difference"),
    [({"seed": 2}, "scenario, seed"), ({"days": 31}, "scenario, length"), ({"lrt.kelp.fee": 0.2}, "scenario")],
)
def test_a_different_run_is_told_apart(tmp_path: Path, overrides: dict[str, object], difference: str) -> None:
    written(tmp_path / "run")
    wanted = Identity.planned(SCENARIO.with_overrides(overrides), "kernel")
    with pytest.raises(RunFolderError, match=rf"another run \(different {difference}\); --overwrite"):
        existing_run(tmp_path / "run", wanted)


def test_runs_of_other_code_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "run")
    monkeypatch.setattr(store, "model_code", lambda: "0" * 12)
    with pytest.raises(RunFolderError, match="different code"):
        existing_run(tmp_path / "run", Identity.planned(SCENARIO, "kernel"))


def test_interrupted_runs_are_not_complete(tmp_path: Path) -> None:
    run = write_run(finished(days=12), tmp_path / "run")  # type: ignore[arg-type]
    assert run.days == 12 and not run.complete and len(run.daily) == 13
    assert "12 of 30 days (interrupted)" in (tmp_path / "run" / "summary.txt").read_text()
    assert existing_run(tmp_path / "run", Identity.planned(SCENARIO, "kernel")) is None, "the same command goes on"
    with pytest.raises(RunFolderError, match=r"another run .*seed"):
        existing_run(tmp_path / "run", Identity.planned(SCENARIO.with_overrides({"seed": 9}), "kernel"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"seed": ' + "9" * 5000 + "}", "cannot be read"),
        ('{"format": 99}', "is not the folder of a run"),
        ('{"kind": "run", "format": 99}', "has layout 99"),
        ('{"kind": "run", "format": 2}', "is not as it was written"),
    ],
)
def test_broken_manifests_are_told(tmp_path: Path, text: str, message: str) -> None:
    written(tmp_path / "run")
    (tmp_path / "run" / "manifest.json").write_text(text)
    with pytest.raises(RunFolderError, match=message):
        load_run(tmp_path / "run")


@pytest.mark.parametrize(("key", "value"), [("seed", "one"), ("engine", 7), ("parameters", [1]), ("code", None)])
def test_a_manifest_with_values_of_other_types_is_told(tmp_path: Path, key: str, value: object) -> None:
    written(tmp_path / "run")
    manifest.write(tmp_path / "run", manifest.read(tmp_path / "run") | {key: value})
    with pytest.raises(RunFolderError, match=f"{key} = .* is of another type"):
        load_run(tmp_path / "run")


def test_any_change_of_a_manifest_is_noticed(tmp_path: Path) -> None:
    written(tmp_path / "run")
    file = tmp_path / "run" / "manifest.json"
    text = file.read_text()
    for before, after in (('"seed": 1', '"seed": 2'), ('"days": 30', '"days": 31'), ('"fee": 0.', '"fee": 1.')):
        assert before in text
        file.write_text(text.replace(before, after, 1))
        with pytest.raises(RunFolderError, match="is not as it was written"):
            load_run(tmp_path / "run")


def test_the_summary_is_read_in_ten_seconds(tmp_path: Path) -> None:
    written(tmp_path / "run")
    lines = (tmp_path / "run" / "summary.txt").read_text().splitlines()
    assert lines[0] == "The season of 2024: 30 days from 2024-01-01, 50 stakers, seed 1"
    assert len(lines) < 22 and max(map(len, lines)) <= 110
    text = "\n".join(lines)
    for word in ("ether.fi eETH", "peak", "earned", "Premium over staking", "HHI", "Who paid", "issuance"):
        assert word in text
