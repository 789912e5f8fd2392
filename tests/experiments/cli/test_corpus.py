"""No input ends in a traceback, in a hang, in a file outside, or in a message that a terminal would obey."""

import io
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from restaking.experiments import crash
from restaking.experiments.cli.main import main
from restaking.model.scenario.naming import is_obeyed
from tests.experiments.cli.corpus import RUN, SWEEP, Case, cases, damaged

SECONDS = 120
"""No command line of these takes more processor time, or it hangs; the first of a kind may compile all kernels."""

PATIENCE = 6
"""So many times longer may it take on a machine that has other things to do."""

QUICK = 23
"""One case of so many is tried every time."""

SWEEP_TOML = """
name = "sw"
seed = 3
replications = 2
days = 10
stakers = 40
[design]
kind = "grid"
[axes]
"stakers.social_influence" = [0.0, 1.0]
"""

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="needs an alarm clock")


class HangError(BaseException):
    """Not to be caught by anything on the way."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("results")
    (folder / "sw.toml").write_text(SWEEP_TOML, encoding="utf-8")
    run, sweep = folder / "run", folder / "sweep"
    assert main(["run", "baseline", "--days", "10", "--stakers", "40", "--no-figures", "--out", str(run)]) == 0
    assert main(["sweep", str(folder / "sw.toml"), "--workers", "1", "--out", str(sweep)]) == 0
    return run, sweep


@pytest.fixture(autouse=True)
def _tell_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise HangError

    monkeypatch.setenv(crash.TRACEBACK, "1")
    before = {number: signal.signal(number, ring) for number in (signal.SIGALRM, signal.SIGPROF)}
    yield
    _wind(0)
    for number, handler in before.items():
        signal.signal(number, handler)


def _wind(seconds: int) -> None:
    """Set the two alarm clocks, 0 to stop them: one for the processor's time, one for that on the wall."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)


def outcome(case: Case, folder: Path, results: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """What is wrong with how a command line ends; empty when nothing is."""
    place = folder / "a" / "b" / "c" / "place"
    shutil.rmtree(folder, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "results").mkdir()
    named = {RUN: str(results[0]), SWEEP: str(results[1])}
    _write(case, place, named)
    monkeypatch.chdir(place)
    out, err = io.StringIO(), io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stderr", err)
        patched.setattr(sys, "stdin", io.StringIO("{}"))
        _wind(SECONDS)
        try:
            code = main([named.get(word, word) for word in case.arguments])
        except HangError:
            return f"takes more than {SECONDS} s"
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
        finally:
            _wind(0)
    outside = [path for path in folder.rglob("*") if path != place and place not in path.parents and place != path]
    return _problem(code, out.getvalue(), err.getvalue()) or _outside(outside, place)


def _write(case: Case, place: Path, named: dict[str, str]) -> None:
    if case.of:
        shutil.copytree(named[case.of], place / "r")
    for name, content in case.files.items():
        (place / name).write_bytes(content)
    for name, damage in case.damage.items():
        if damage is None:
            (place / "r" / name).unlink()
        else:
            (place / "r" / name).write_bytes(damage)


def _problem(code: int, out: str, err: str) -> str:
    if code not in (0, 1, 2):
        return f"exit code {code}"
    if "restaking: unexpected" in err or "Traceback" in err:
        return err[-600:]
    obeyed = sorted({letter for letter in out + err if is_obeyed(letter) and letter != "\n"})
    if obeyed:
        return f"prints {obeyed}"
    message = [line for line in err.splitlines() if line.startswith("restaking: ")]
    if code == 2 and len(message) != 1:
        return f"exit code 2 with {len(message)} messages: {err[-300:]}"
    if code == 2 and len(message[0]) > 2_000:
        return f"a message of {len(message[0])} characters"
    return ""


def _outside(paths: list[Path], place: Path) -> str:
    strange = [path for path in paths if path not in place.parents]
    return f"writes {strange[0]}" if strange else ""


def failures(
    tried: list[Case], tmp_path: Path, results: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    found = []
    for number, case in enumerate(tried):
        problem = outcome(case, tmp_path / "case", results, monkeypatch)
        if problem:
            words = " ".join(ascii(word[:60]) for word in case.arguments)
            found.append(f"{number} {case.family}: {words} {sorted(case.damage)}: {problem}")
    monkeypatch.chdir(os.sep)
    return found


def test_the_corpus_is_the_same_every_time() -> None:
    assert cases() == cases()
    assert len(cases()) > 1_500


def test_some_input(tmp_path: Path, results: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert failures(cases()[::QUICK], tmp_path, results, monkeypatch) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted({case.family for case in cases()}))
def test_all_input(family: str, tmp_path: Path, results: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert failures([case for case in cases() if case.family == family], tmp_path, results, monkeypatch) == []


@pytest.mark.slow
def test_damaged_results(tmp_path: Path, results: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert failures(damaged(*results), tmp_path, results, monkeypatch) == []
