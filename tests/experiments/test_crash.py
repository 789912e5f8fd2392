"""An error that nobody expected: one line, a private file, exit code 1."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from restaking.experiments import crash
from restaking.experiments.cli import main as program


class BrokenError(Exception):
    def __str__(self) -> str:
        raise ValueError("even the message")


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def fail(arguments: list[str]) -> int:
        raise KeyError("no such \x1b[31mthing")

    monkeypatch.setattr(program, "_invoked", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv(crash.TRACEBACK, raising=False)
    return tmp_path


def test_one_line_and_a_report(failing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["run", "baseline"]) == 1
    captured = capsys.readouterr()
    (report,) = failing.iterdir()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("restaking: unexpected KeyError: ") and str(report) in captured.err
    assert "\x1b" not in captured.err
    text = report.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in text and "arguments: ['run', 'baseline']" in text
    assert "numpy: " in text and "restaking: " in text
    if os.name == "posix":
        assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_the_traceback_instead(
    failing: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(crash.TRACEBACK, "1")
    assert program.main(["run", "baseline"]) == 1
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said and "\x1b" not in said
    assert not list(failing.iterdir())


def test_no_place_for_the_report(
    failing: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    assert program.main(["run", "baseline"]) == 1
    assert f"{crash.TRACEBACK}=1 shows where" in capsys.readouterr().err


def test_an_error_without_words(
    failing: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(arguments: list[str]) -> int:
        raise BrokenError

    monkeypatch.setattr(program, "_invoked", fail)
    assert program.main([]) == 1
    assert "restaking: unexpected BrokenError; " in capsys.readouterr().err


def test_what_the_system_refuses_is_no_surprise(
    failing: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(arguments: list[str]) -> int:
        raise PermissionError(13, "Permission denied", "some/file")

    monkeypatch.setattr(program, "_invoked", fail)
    assert program.main([]) == 1
    assert capsys.readouterr().err == "restaking: some/file: Permission denied\n"
    assert not list(failing.iterdir())
