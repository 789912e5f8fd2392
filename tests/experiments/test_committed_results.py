"""What stands in results is what the commands make: names, versions, verdicts."""

import json
from pathlib import Path

import pandas as pd
import pytest

from restaking.experiments import load_results
from restaking.experiments.designs import load_design
from restaking.experiments.folders import manifest

RESULTS = Path(__file__).resolve().parents[2] / "results"


def test_the_study_is_that_of_the_shipped_design() -> None:
    study = load_results(RESULTS / "studies" / "baseline-morris")
    assert study.complete
    assert study.design.points() == load_design("baseline-morris").points()
    assert len(study.runs) == study.design.run_count
    assert study.failed.empty


def test_the_page_of_results_lists_every_verdict() -> None:
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    for path in sorted((RESULTS / "published").glob("*/verdict.json")):
        verdict = json.loads(path.read_text(encoding="utf-8"))
        assert f"published/{verdict['id']}/README.md" in page
        assert verdict["version"] == "0.1.0"


def test_the_scoreboard_has_a_verdict_for_every_fact() -> None:
    table = pd.read_csv(RESULTS / "validation" / "season-2024" / "scoreboard.csv")
    values = pd.read_csv(RESULTS / "validation" / "season-2024" / "values.csv")
    assert set(table["id"]) == set(values.columns) - {"seed"}
    assert len(values) == 20


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in RESULTS.rglob(manifest.NAME) if "runs" not in path.parts)
)
def test_every_file_is_the_one_that_was_written(folder: Path) -> None:
    assert manifest.problems(folder, manifest.read(folder)) == {}
