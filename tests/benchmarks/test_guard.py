"""The guard against slowness, with the measurement taken out: what it compares, and what it says."""

import json
from pathlib import Path

import pytest

from benchmarks import guard


def test_every_guarded_day_has_a_ratio_and_nothing_else_has() -> None:
    written = json.loads(guard.RATIOS.read_text())
    assert written["ratios"].keys() == guard.GUARDED.keys()
    assert all(entry["ratio"] > 0.0 and entry["over"] for entry in written["ratios"].values())
    assert "python -m benchmarks --record" in written["how"]


@pytest.fixture
def ratios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Committed ratios of 10 for every day."""
    path = tmp_path / "ratios.json"
    path.write_text(json.dumps({"how": "", "ratios": {name: {"ratio": 10.0, "over": ""} for name in guard.GUARDED}}))
    monkeypatch.setattr(guard, "RATIOS", path)
    return path


@pytest.mark.parametrize(("found", "passes"), [(5.0, True), (14.9, True), (15.1, False), (100.0, False)])
def test_a_day_may_cost_one_and_a_half_times_its_ratio(
    found: float, passes: bool, ratios: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = next(iter(guard.GUARDED.values()))
    monkeypatch.setattr(guard, "measured_ratio", lambda day: (found if day is slow else 10.0, 1.0, 0.1))
    assert guard.check() is passes
    printed = capsys.readouterr().out
    assert printed.count("FAILED") == (0 if passes else 1)
    assert ("costs more than it may" in printed) is not passes


def test_recorded_ratios_are_what_the_guard_reads(ratios: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "measured_ratio", lambda day: (3.0, 1.0, 0.1))
    guard.record()
    assert guard.check()
    monkeypatch.setattr(guard, "measured_ratio", lambda day: (4.6, 1.0, 0.1))
    assert not guard.check()
