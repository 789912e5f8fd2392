"""The scoreboard: verdicts are what medians and ranges say, facts are NaN where a run cannot tell."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from restaking.experiments.run import run_scenario
from restaking.experiments.validation import FACTS, Scoreboard, scoreboard, validate
from restaking.experiments.validation.facts import change_after_claim, first_claim

SMALL = {"stakers.count": 150, "days": 40}


def board(**values: list[float]) -> Scoreboard:
    """A board with given values; other facts cannot be told."""
    seeds = len(next(iter(values.values())))
    frame = pd.DataFrame({fact.id: values.get(fact.id, [math.nan] * seeds) for fact in FACTS})
    sound = pd.DataFrame({name: [0.0] * seeds for name in ("largest_residual", "missing", "negative")})
    return Scoreboard("made-up", 10, 5, frame, sound)


def row(of: Scoreboard, fact: str) -> scoreboard.Row:
    """The row of a fact."""
    return next(row for row in of.rows() if row.fact.id == fact)


def test_the_median_decides() -> None:
    made = board(SF01=[2.0, 3.0, 3.5], SF02=[0.97, 0.99, 0.80])
    assert row(made, "SF01").verdict == "in range"
    assert (row(made, "SF01").held, row(made, "SF01").seeds) == (2, 3)
    assert row(made, "SF02").verdict == "missed"
    assert row(made, "SF19").verdict == "not measurable here"
    assert (made.in_range, made.measured) == (1, 2)


def test_an_open_range_has_no_upper_end() -> None:
    made = board(SF03b=[1e6])
    assert row(made, "SF03b").verdict == "in range"
    assert row(made, "SF03b").span() == "from 1.4"
    assert row(made, "SF03b").on_its_range(2.8) == pytest.approx(1.0)


def test_soundness_is_more_than_facts() -> None:
    made = board(SF01=[3.0])
    assert made.is_sound
    made.sound.loc[0, "missing"] = 1.0
    assert not made.is_sound


def test_ranges_and_names() -> None:
    assert len({fact.id for fact in FACTS}) == len(FACTS)
    for fact in FACTS:
        assert fact.low < fact.high
        assert fact.source.startswith("https://") or fact.source.startswith("http://")


def test_a_short_run_cannot_tell_what_comes_later() -> None:
    run = run_scenario("season-2024", seed=1, overrides=SMALL, progress=False)
    assert math.isnan(change_after_claim(run, "puffer", 90))
    assert math.isnan(change_after_claim(run, "nobody", 90))
    assert first_claim(run, "etherfi") == 77
    facts, sound = scoreboard.measure(run)
    assert math.isnan(facts["SF21"])
    assert facts["SF01"] == pytest.approx(100.0 * run.daily["base_apr"].mean())
    assert sound["largest_residual"] < 1e-9
    assert sound["missing"] == sound["negative"] == 0.0


def test_changes_after_a_claim_are_those_of_the_series() -> None:
    run = run_scenario("season-2024", seed=1, overrides={**SMALL, "days": 110}, progress=False)
    supply = run.entity("lrt", "supply_eth")["etherfi"].to_numpy()
    assert change_after_claim(run, "etherfi", 30) == pytest.approx(supply[107] / supply[77] - 1.0)


def test_workers_change_nothing_and_files_are_the_same_bytes(tmp_path: Path) -> None:
    alone = validate("season-2024", seeds=2, workers=1, overrides=SMALL)
    pair = validate("season-2024", seeds=2, workers=2, overrides=SMALL)
    pd.testing.assert_frame_equal(alone.values, pair.values)
    assert list(alone.values.index) == [1, 2]
    for name, board in (("a", alone), ("b", pair)):
        (tmp_path / name).mkdir()
        scoreboard.write(board, tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        "README.md",
        "scoreboard.csv",
        "scoreboard.pdf",
        "scoreboard.png",
        "scoreboard.svg",
        "soundness.csv",
        "values.csv",
    ]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    table = pd.read_csv(tmp_path / "a" / "scoreboard.csv")
    assert list(table["id"]) == [fact.id for fact in FACTS]
    assert np.isfinite(table.loc[table["id"] == "SF01", "median"]).all()


@pytest.mark.parametrize(("seeds", "workers"), [(0, 1), (1, 0)])
def test_nothing_to_do_is_refused(seeds: int, workers: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        validate("baseline", seeds=seeds, workers=workers)
