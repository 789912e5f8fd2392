"""The page on network files: its examples are files, and its commands answer."""

import re
import shlex
from pathlib import Path

import pytest

from restaking.experiments.cli.main import main

PAGE = Path(__file__).parents[3] / "docs" / "networks.md"
FILE = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ restaking (.*)$", re.MULTILINE)

TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMAND.findall(TEXT))
def test_commands_of_the_page(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in FILE.findall(TEXT):
        Path(name).write_text(content, encoding="utf-8")
    assert main(shlex.split(command)) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "secure" in told.out and "undecided" not in told.out


def test_every_file_of_the_page_is_used() -> None:
    words = {word for command in COMMAND.findall(TEXT) for word in shlex.split(command)}
    files = [name for name, _ in FILE.findall(TEXT)]
    assert len(files) == 7
    assert set(files) <= words


def test_the_page_names_every_form_of_table_column_and_unit() -> None:
    from restaking.model.security.document import ETHER_UNITS, THRESHOLD_FIELDS
    from restaking.model.security.importing.draft import Supplements

    assert all(unit in TEXT.lower() for unit in ETHER_UNITS if unit != "ether")
    assert all(field in TEXT for field in THRESHOLD_FIELDS)
    every = Supplements(Path("a"), Path("b"), "c", "1", "1", ("d",), 5).given().values()
    assert all(option in TEXT for option in every)
