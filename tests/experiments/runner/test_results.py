"""Reading results."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from restaking.experiments.designs import load_design
from restaking.experiments.results import Results, load_results
from restaking.experiments.runner import SweepFolderError, tables
from tests.experiments.runner.worlds import INFLUENCE, SHARE, design, run


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run(tmp_path_factory.mktemp("results") / "r")


def test_one_row_for_each_run(results: Results) -> None:
    runs = results.runs
    head = ["run_id", "point", "replication", "seed", SHARE, INFLUENCE, "status", "error"]
    assert list(runs) == [*head, *tables.metric_names()]
    assert runs[["point", "replication"]].to_numpy().tolist() == [[p, r] for p in range(6) for r in range(3)]
    planned = results.design.runs()
    assert runs["seed"].tolist() == [one.seed for one in planned]
    assert runs[SHARE].tolist() == [one.overrides[SHARE] for one in planned]
    assert runs["point"].dtype == runs["replication"].dtype == runs["seed"].dtype == "int64"


def test_series_of_some_runs_and_columns(results: Results) -> None:
    everything = results.series()
    assert list(everything) == ["run_id", "point", "replication", "day", *tables.series_names()]
    assert len(everything) == 18 * 13
    assert everything[["point", "replication", "day"]].apply(tuple, axis=1).is_monotonic_increasing
    chosen = results.runs["run_id"].iloc[[4, 2]]
    name = tables.series_names()[3]
    some = results.series(chosen, [name])
    assert list(some) == ["run_id", "point", "replication", "day", name]
    expected = everything[everything["run_id"].isin(chosen)][list(some)].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, expected)
    pd.testing.assert_frame_equal(results.series(chosen.iloc[0], name), results.series([chosen.iloc[0]], [name]))


def test_what_is_not_there_is_named(results: Results) -> None:
    name = tables.series_names()[3]
    with pytest.raises(SweepFolderError, match=f"no series '{name}x'; nearest valid name: {name}"):
        results.series(columns=f"{name}x")
    with pytest.raises(SweepFolderError, match="no run 'p00000-r000-00'; nearest valid name: p0000"):
        results.series("p00000-r000-00")


def test_missing_numbers_are_nulls(results: Results) -> None:
    """So that DuckDB and polars leave them out of a mean, as pandas does."""
    table = pq.read_table(results.path / "series")
    first = tables.series_names()[0]
    assert table.column(first).null_count == 18
    assert pa.types.is_float64(table.schema.field(first).type)
    assert results.series(columns=first)[first].isna().sum() == 18


def test_one_line_of_pandas(results: Results) -> None:
    pd.testing.assert_frame_equal(pd.read_parquet(results.path / "runs.parquet"), results.runs)
    pd.testing.assert_frame_equal(pd.read_parquet(results.path / "series"), results.series())


def test_files_say_where_they_come_from(results: Results) -> None:
    found = pq.read_schema(results.path / "runs.parquet").metadata
    assert found[b"restaking.design"] == b"small" and found[b"restaking.seed"] == b"3"
    assert found[b"restaking.design_hash"].decode() == design().content_hash()


def test_columns_have_the_types_of_their_axes(tmp_path: Path) -> None:
    axes = {"stakers.count": [50, 60], "arbitrage.enabled": [True, False], SHARE: [0.02, 0.05]}
    what = load_design({"name": "types", "days": 12, "design": {"kind": "grid"}, "axes": axes})
    runs = run(tmp_path / "r", design=what).runs
    assert runs["stakers.count"].dtype == "int64" and runs["arbitrage.enabled"].dtype == "bool"
    assert runs[SHARE].dtype == "float64"
    assert runs.groupby(list(axes)).ngroups == 8


def test_listed_points_show_the_scenarios_own_values(tmp_path: Path) -> None:
    content = {"name": "l", "days": 12, "stakers": 50, "design": {"kind": "list"}}
    what = load_design(content | {"points": [{SHARE: 0.02}, {INFLUENCE: 1.25}]})
    runs = run(tmp_path / "r", design=what).runs
    assert runs[SHARE].tolist() == [0.02, what.scenario.campaigns.airdrop_share]
    assert runs[INFLUENCE].tolist() == [what.scenario.stakers.social_influence, 1.25]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "it has no manifest.json"),
        ("{", "cannot be read"),
        ('{"kind": "run"}', "is not the folder of a sweep"),
        ('{"kind": "sweep", "format": 99}', "has layout 99"),
    ],
)
def test_what_is_no_sweep(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(SweepFolderError, match=message):
        load_results(tmp_path)


def test_nothing_there() -> None:
    with pytest.raises(SweepFolderError, match="there are no results nowhere"):
        load_results("nowhere")


def test_a_table_that_is_damaged(tmp_path: Path) -> None:
    results = run(tmp_path / "r")
    path = results.path / "runs.parquet"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(SweepFolderError, match=r"runs\.parquet is not the file that was written .*restaking repair"):
        _ = load_results(tmp_path / "r").runs
