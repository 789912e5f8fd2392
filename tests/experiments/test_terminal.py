"""What reaches a terminal: nothing that it would obey, whatever files say, and in any encoding."""

import ast
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.experiments import terminal
from restaking.experiments.progress import PartProgress, RunProgress
from restaking.experiments.terminal import quoted, tell_json, visible
from restaking.model.scenario.naming import is_obeyed

EXPERIMENTS = Path(terminal.__file__).parent
CLEAR = "\x1b[2J\x1b]0;title\x07"
MAY_PRINT = {"terminal.py", "progress.py", "docs.py"}
"""docs.py is a tool of this repository; progress.py moves the cursor of a line of its own."""


def test_every_text_takes_one_way_to_the_terminal() -> None:
    """No module prints by itself, and no module makes a Rich console of its own for a terminal."""
    found = []
    for path in sorted(EXPERIMENTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and path.name not in MAY_PRINT:
                name = ast.unparse(node.func)
                if name == "print" or name.endswith(("stdout.write", "stderr.write", "click.echo", "typer.echo")):
                    found.append(f"{path.relative_to(EXPERIMENTS)}:{node.lineno}")
    assert found == []


def test_control_characters_are_shown() -> None:
    assert visible("a\x1b[31mb\x9bc\x00\u202ed\r\t") == r"a\x1b[31mb\x9bc\x00\u202ed\r\t"
    assert visible("two\nlines") == "two\nlines"
    assert visible("two\nlines", lines=False) == r"two\nlines"
    assert visible("Scénario ≥ 2 日本 👩‍👩‍👧 [bold]x[/]") == "Scénario ≥ 2 日本 👩‍👩‍👧 [bold]x[/]"


@given(st.text())
def test_no_text_keeps_what_a_terminal_obeys(text: str) -> None:
    assert not any(is_obeyed(letter) for letter in visible(text, lines=False))
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a-b", "a-b"), ("", '""'), (" a", '" a"'), ("a\nb", r'"a\nb"'), ("a, b", '"a, b"'), ("P2P.org", "P2P.org")],
)
def test_odd_names_are_quoted(name: str, shown: str) -> None:
    assert quoted(name) == shown


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_is_valid_and_harmless_in_every_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"title": f"é日 {CLEAR}\x7f\x9b\u202e\u2028", "n": 1}
    page = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(page, encoding=encoding))
    terminal.prepare()
    tell_json(content)
    sys.stdout.flush()
    text = page.getvalue().decode(encoding)
    assert json.loads(text) == content
    assert not any(is_obeyed(letter) for letter in text if letter != "\n")
    assert ("é" in text) is (encoding == "utf-8")


def test_ascii_streams_show_numbers_instead_of_failing(monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(page, encoding="ascii"))
    terminal.prepare()
    terminal.complain("café ─ \ud800")
    assert page.getvalue() == b"restaking: caf\\xe9 \\u2500 \\ud800\n"


def test_labels_of_progress_are_shown_not_obeyed() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream in (io.StringIO(), Terminal()):
        times = iter([0.0, 100.0, 200.0, 300.0, 400.0])
        progress = RunProgress("[/nope]\x1b]0;pwn\x07", stream=stream, clock=lambda times=times: next(times))
        progress(1, 10)
        progress(2, 10)
        progress.close()
        assert "\x1b]0;pwn" not in stream.getvalue()
        assert "[/nope]" in stream.getvalue()


def test_a_full_disk_behind_standard_error_stops_nothing() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    progress = PartProgress("seeds", stream=Full(), clock=lambda: 1.0)
    progress(2, 2)
