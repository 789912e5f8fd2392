"""What `make` shows while it installs: how far pip is, and all that pip said when it fails."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "install.py"
SAID = """\
Obtaining file:///somewhere
Collecting mesa<3.4,>=3.3.1 (from restaking==0.1.0)
  Downloading mesa-3.3.1-py3-none-any.whl (239 kB)
Processing /wheels/annotated_types-0.8.0-py3-none-any.whl (from pydantic>=2.7->restaking==0.1.0)
Requirement already satisfied: numpy>=2.0 in ./lib
Installing collected packages: mesa, annotated-types, restaking
"""


@pytest.fixture
def install() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("install", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pip_that_says(text: str, code: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "said").write_text(text)
    interpreter = folder / "python"
    interpreter.write_text(f'#!/bin/sh\ncat "{folder / "said"}"\nexit {code}\n')
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))


def test_an_installation_is_counted(install, tmp_path, monkeypatch, capsys):
    pip_that_says(SAID, 0, tmp_path, monkeypatch)
    monkeypatch.setattr(install, "LINE_EVERY_SECONDS", 0.0)
    assert install.main("test") == 0
    shown = capsys.readouterr()
    lines = [line.rsplit(",", 1)[0] for line in shown.err.splitlines()]
    assert shown.out == ""
    assert lines == [
        "installing test: package 1, mesa",
        "installing test: package 2, annotated_types",
        "installing test: package 3, numpy",
        "installing test: unpacking 3 packages",
        "installing test: 3 packages, 3 of them new",
    ]


def test_a_failure_is_shown_whole(install, tmp_path, monkeypatch, capsys):
    pip_that_says(SAID + "ERROR: no matching distribution\n", 7, tmp_path, monkeypatch)
    assert install.main("") == 7
    shown = capsys.readouterr().err
    assert "installing the simulator: failed" in shown and shown.endswith("ERROR: no matching distribution\n")
    assert "Obtaining" in shown
