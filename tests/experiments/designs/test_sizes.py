"""Designs of any size: limits count runs, points are made when they are asked for, an estimate needs no list."""

import dataclasses
import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.designs import Design, DesignError, load_design
from restaking.experiments.designs.reading import MOST_CHECKED, MOST_RUNS, checked_points

SHARE, INFLUENCE = "campaigns.airdrop_share", "stakers.social_influence"


def content(kind: str = "grid", *, axes: dict[str, Any] | None = None, **terms: Any) -> dict[str, Any]:
    ranged = {SHARE: {"low": 0.0, "high": 0.1}, INFLUENCE: {"low": 0.0, "high": 2.0}}
    sampling = {"kind": kind} | ({"n": terms.pop("n")} if "n" in terms else {})
    return {"name": "d", "days": 3, "stakers": 20, "design": sampling, "axes": axes or ranged, **terms}


def stepped(steps: int) -> dict[str, Any]:
    return {SHARE: {"low": 0.0, "high": 0.1, "steps": steps}, INFLUENCE: {"low": 0.0, "high": 2.0, "steps": steps}}


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        (content(axes={SHARE: [0.02, 0.05]}, replications=1_000_000), "2,000,000 runs (2 points x 1,000,000"),
        (content(axes=stepped(1_000), replications=1_000_000), "1,000,000,000,000 runs"),
        (content(axes=stepped(1_001)), "1,002,001 runs"),
        (content("random", n=1_000_000, replications=2), "2,000,000 runs"),
        (content("sobol", n=524_288), "2,097,152 runs"),
    ],
)
def test_the_limit_counts_runs(given: dict[str, Any], runs: str) -> None:
    began = time.process_time()
    with pytest.raises(DesignError) as refused:
        load_design(given)
    assert runs in str(refused.value) and f"more than {MOST_RUNS:,}" in str(refused.value)
    design = load_design(given, any_size=True)
    assert f"{design.run_count:,} runs" in str(refused.value)
    with pytest.raises(DesignError, match="more than 1,000,000"):
        load_design(design)
    assert time.process_time() - began < 15.0


@pytest.mark.parametrize(
    "given",
    [
        content(axes={**stepped(3), "lending.ltv": [0.3, 0.4]}, replications=2),
        content("random", n=7, replications=3),
        content("morris", n=2),
        content("sobol", n=4),
        {**content("list"), "points": [{SHARE: 0.01}, {SHARE: 0.02, "lending.ltv": 0.4}], "axes": None},
    ],
)
def test_items_are_the_same_however_they_are_asked_for(given: dict[str, Any]) -> None:
    design = load_design({key: value for key, value in given.items() if value is not None})
    points, runs = list(design.points()), list(design.runs())
    assert len(points) == len(design.points()) == design.size
    assert [design.points()[number] for number in range(design.size)] == points
    assert design.points()[-1] == points[-1] and design.points()[1:3] == points[1:3]
    assert [(run.point, run.replication) for run in runs] == list(
        itertools.product(range(design.size), range(design.replications))
    )
    assert [run.overrides for run in runs] == [points[run.point] for run in runs]
    assert design.runs()[len(runs) - 1] == runs[-1] and {run.seed for run in runs} == set(design.seeds())
    with pytest.raises(IndexError):
        design.points()[design.size]


def test_points_belong_to_who_asks() -> None:
    design = load_design(content(axes=stepped(2)))
    design.points()[0][SHARE] = 99.0
    assert design.points()[0][SHARE] == 0.0


def test_a_large_grid_is_checked_at_its_corners_and_between() -> None:
    design = load_design(content(axes=stepped(900)))
    numbers = checked_points(design)
    corners = {0, 899, 899 * 900, 900 * 900 - 1}
    assert corners <= set(numbers) and MOST_CHECKED <= len(numbers) <= MOST_CHECKED + len(corners)
    small = dataclasses.replace(design, axes=tuple(dataclasses.replace(axis, steps=40) for axis in design.axes))
    assert checked_points(small) == list(range(1_600))
    axes = {
        "lending.ltv": {"low": 0.1, "high": 0.9, "steps": 900},
        "lending.threshold": {"low": 0.5, "high": 0.95, "steps": 900},
    }
    with pytest.raises(DesignError, match=r"lending\.ltv"):
        load_design(content(axes=axes))


@pytest.mark.parametrize(
    ("axis", "extra", "kind", "replications", "runs"),
    [
        ("[0.02, 0.05]", "", "grid", 1_000_000, "2,000,000"),
        ("{low = 0.0, high = 0.1, steps = 1000000}", "", "grid", 1_000_000, "1,000,000,000,000"),
        ("{low = 0.0, high = 0.1}", "n = 1000000", "random", 1, "1,000,000"),
    ],
)
def test_an_estimate_needs_no_list(
    axis: str,
    extra: str,
    kind: str,
    replications: int,
    runs: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("lists all runs")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Design, "content_hash", fail)
    Path("d.toml").write_text(
        f'name = "d"\nreplications = {replications}\ndays = 3\nstakers = 20\n[design]\nkind = "{kind}"\n{extra}\n'
        f'[axes]\n"{SHARE}" = {axis}\n'
    )
    assert main(["sweep", "d.toml", "--out", "o", "--workers", "1", "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert f"{runs} (" in said and "from a pilot of" in said
    assert ("more than a sweep takes" in said) is (replications > 1)
    assert not Path("o").exists()
