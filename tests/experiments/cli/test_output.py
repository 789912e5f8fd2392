"""The command line at the edges of its streams: closed, full, without Unicode, and files that speak to the terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from restaking.experiments.cli.main import main

ESCAPES = "\x1b]0;pwn\x07\x1b[2J"
PYTHON = [sys.executable, "-m", "restaking.experiments.cli"]

NETWORK = {
    "operators": {"": 2, "two\nlines": 3, f"red{ESCAPES}": 1, "日本": 1},
    "services": {"x": {"profit": 9, "threshold": "1/3"}},
    "edges": [["", "x"], ["two\nlines", "x"], [f"red{ESCAPES}", "x"], ["日本", "x"]],
}


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    words = command.replace("restaking", " ".join(PYTHON), 1)
    return subprocess.run(
        ["bash", "-c", words], capture_output=True, env={**os.environ, **environment}, timeout=120, check=False
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("verb", ["list scenarios", "explain day", "list parameters --json", "--help", "list --help"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_device_is_one_line(verb: str, unbuffered: str) -> None:
    done = shell(f"restaking {verb} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 1
    assert done.stderr == b"restaking: standard output cannot be written: No space left on device\n"


def test_closed_streams() -> None:
    done = shell("restaking list scenarios >&-")
    assert (done.returncode, done.stderr) == (1, b"restaking: standard output is closed\n")
    done = shell("restaking list scenarios 2>&-")
    assert (done.returncode, done.stdout[:4]) == (0, b"NAME")
    assert shell("restaking run no-such-scenario 2>&- >&-").returncode == 2
    assert shell("restaking run no-such-scenario 2> /dev/full").returncode == 2


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    done = shell("set -o pipefail; restaking list parameters | head -1")
    assert (done.returncode, done.stderr) == (0, b"")


def test_terminals_without_unicode(tmp_path: Path) -> None:
    (tmp_path / "n.json").write_text(json.dumps(NETWORK), encoding="utf-8")
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = shell("restaking security n.json", **plain)
    assert done.returncode == 0, done.stderr
    assert b'"two\\nlines"' in done.stdout and b"\\u65e5\\u672c" in done.stdout
    done = shell("restaking security n.json --json", **plain)
    assert set(json.loads(done.stdout)["best_attack"]["operators"]) <= set(NETWORK["operators"])


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_names_of_a_network_are_shown_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: list[str]
) -> None:
    (tmp_path / "n.json").write_text(json.dumps(NETWORK), encoding="utf-8")
    assert main(["security", "n.json", *as_json]) == 0
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err and "\x07" not in captured.out
    if not as_json:
        assert '""' in captured.out, "a name without letters is seen"
        assert len(captured.out.splitlines()) == 9, "a line break in a name breaks no table"


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", f"no{ESCAPES}such"],
        ["run", "baseline", "--set", f"days={ESCAPES}"],
        ["run", "baseline", "--set", f"{ESCAPES}=1"],
        ["run", "baseline", f"--{ESCAPES}"],
        [ESCAPES],
        ["run", "baseline", "--seed", ESCAPES],
        ["explain", ESCAPES],
        ["sweep", f"{ESCAPES}.toml"],
        ["plot", ESCAPES],
        ["compare", ESCAPES, "b"],
        ["reproduce", ESCAPES],
        ["security", ESCAPES],
        ["security", "n.json", "--psi", ESCAPES],
        ["replay", ESCAPES],
        ["run", "two\nlines"],
    ],
    ids=ascii,
)
def test_messages_are_one_harmless_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1 and captured.err.startswith("restaking: ")
    assert "\x1b" not in captured.err and "\x07" not in captured.err


def test_markup_in_names_of_folders_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    small = [
        "run",
        "baseline",
        "--days",
        "3",
        "--stakers",
        "20",
        "--no-figures",
        "--set",
        "title='[/x] :smile: [red]a'",
    ]
    assert main([*small, "--out", "a[/x]b"]) == 0
    said = capsys.readouterr().err
    assert "Written to a[/x]b" in said and "[/x] :smile: [red]a: 3 days" in said
    assert "[/x] :smile: [red]a: 3 days" in Path("a[/x]b/summary.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("x" * 300, "has 300 bytes; allowed are up to 255"),
        ("é" * 200, "has 400 bytes"),
        ("a\0b", "null"),
        ("a/" * 3_000, "a path of 5,999 bytes"),
        ("\ud800", ""),
    ],
    ids=["long", "long in bytes", "null", "deep", "half a character"],
)
@pytest.mark.parametrize(
    "arguments",
    [["run", "baseline", "--out"], ["sweep", "airdrop-size", "--out"], ["plot"], ["verify"], ["security"], ["replay"]],
    ids=lambda arguments: arguments[0],
)
def test_paths_that_no_file_system_knows(
    arguments: list[str], path: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, path]) == 2
    captured = capsys.readouterr()
    assert problem in captured.err and captured.err.count("\n") == 1
    assert not list(Path().iterdir())
