"""The reference pages say what the code says."""

from pathlib import Path

from restaking.experiments.docs import metrics_markdown, parameters_markdown, write_reference
from restaking.model.metrics import METRICS, UNITS
from restaking.model.scenario import parameters

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGE = REFERENCE / "parameters.md"


def test_the_page_of_parameters_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == parameters_markdown(), (
        "python -m restaking.experiments.docs docs/reference"
    )


def test_the_page_holds_every_parameter_once() -> None:
    rows = [line for line in parameters_markdown().splitlines() if line.startswith("| `")]
    assert len(rows) == len(parameters())
    # An escaped bar inside a cell is no column.
    assert {row.replace("\\|", "").count("|") for row in rows} == {8}


def test_pages_are_written_where_asked(tmp_path: Path) -> None:
    texts = [page.read_text(encoding="utf-8") for page in write_reference(tmp_path / "new")]
    assert texts == [parameters_markdown(), metrics_markdown()]


def test_the_page_of_metrics_is_current() -> None:
    assert (REFERENCE / "metrics.md").read_text(encoding="utf-8") == metrics_markdown(), (
        "python -m restaking.experiments.docs docs/reference"
    )


def test_the_page_holds_every_metric_and_unit_once() -> None:
    rows = [line for line in metrics_markdown().splitlines() if line.startswith("| `")]
    assert len(rows) == len(METRICS)
    assert {row.replace("\\|", "").count("|") for row in rows} == {7}
    assert {m.unit for m in METRICS} <= UNITS.keys()
