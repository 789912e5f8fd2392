"""The reference pages say what the code says."""

from pathlib import Path

from restaking.experiments.docs import parameters_markdown, write_reference
from restaking.model.scenario import parameters

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "parameters.md"


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
    [page] = write_reference(tmp_path / "new")
    assert page.read_text(encoding="utf-8") == parameters_markdown()
