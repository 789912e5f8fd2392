"""The registry and the command that repeats published experiments, on a made-up experiment and on the real list."""

import dataclasses
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from restaking.experiments.cli.main import main
from restaking.experiments.published import registry, reproducing
from restaking.experiments.published.experiment import Check, Experiment, Level, Origin, Outcome


def _run(parameters: Any) -> Outcome:
    measured = parameters["value"] * 2.0
    return Outcome(
        (
            Check.number("twice", 4.0, measured, relative=1e-9, where="Table 1"),
            Check.exact("a | b", Fraction(1, 3), Fraction(1, 3)),
        ),
        {"series": pd.DataFrame({"x": [1, 2], "y": [0.5, measured]})},
    )


def _draw(outcome: Outcome) -> Any:
    from restaking.experiments.figures import style

    fig, axes = style.canvas([["a"]], height=2.0)
    axes["a"].plot(outcome.tables["series"]["x"], outcome.tables["series"]["y"])
    return fig


MADE_UP = Experiment(
    id="made-up",
    title="Twice two",
    citation="Nobody (2020), Doubling.",
    level=Level.NUM,
    question="Is it four?",
    switched_off="Everything.",
    parameters={"value": 2.0, "rounds": 5, "list": (1.0, 2.0), "flag": True, "seed": 1},
    run=_run,
    draw=_draw,
    short={"rounds": 1},
)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (registry, reproducing):
        monkeypatch.setattr(module, "find_experiment", lambda name: MADE_UP)
        monkeypatch.setattr(module, "experiment_ids", lambda: ("made-up",))


@pytest.mark.usefixtures("made_up")
def test_a_full_reproduction_stands_in_its_place_with_verdict_page_and_index() -> None:
    assert main(["reproduce", "made-up"]) == 0
    folder = Path("results/published/made-up")
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    assert (verdict["verdict"], verdict["held"], verdict["checks"], verdict["variant"]) == ("PASS", 2, 2, "full")
    names = {path.name for path in folder.iterdir()}
    assert {"checks.csv", "series.csv", "figure.svg", "figure.pdf", "figure.png", "README.md"} <= names
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert "a \\| b" in page
    assert "2 of 2 checks hold (level NUM): published 1 of 1, construction 1 of 1." in page
    assert page.index("## Published") < page.index("| twice |") < page.index("## Construction") < page.index("a \\| b")
    assert verdict["origins"] == {"published": {"checks": 1, "held": 1}, "construction": {"checks": 1, "held": 1}}
    assert pd.read_csv(folder / "checks.csv")["origin"].tolist() == ["published", "construction"]
    assert "1/3" in page
    index = Path("results/README.md").read_text(encoding="utf-8")
    assert (
        "| [`made-up`](published/made-up/README.md) | Twice two | NUM | PASS | 2 of 2 | 1 of 1 | – | 1 of 1 |" in index
    )


@pytest.mark.usefixtures("made_up")
def test_the_index_leaves_what_stands_around_it() -> None:
    Path("results").mkdir()
    Path("results/README.md").write_text("# Mine\n\nbefore\n", encoding="utf-8")
    main(["reproduce", "made-up"])
    once = Path("results/README.md").read_text(encoding="utf-8")
    Path("results/README.md").write_text(once + "\nafter\n", encoding="utf-8")
    main(["reproduce", "made-up"])
    assert Path("results/README.md").read_text(encoding="utf-8") == once + "\nafter\n"
    assert once.startswith("# Mine\n\nbefore\n")


@pytest.mark.usefixtures("made_up")
def test_the_same_bytes_again() -> None:
    first = reproducing.reproduce("made-up", out="a").folder
    second = reproducing.reproduce("made-up", out="b").folder
    assert first is not None
    assert second is not None
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


@pytest.mark.usefixtures("made_up")
def test_a_check_that_does_not_hold_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "made-up", "--set", "value=3"]) == 1
    assert "twice: published 4, here 6" in capsys.readouterr().err
    assert not Path("results/published").exists()
    assert (Path("results/runs/reproduce/made-up") / "verdict.json").is_file()


@pytest.mark.usefixtures("made_up")
def test_a_short_variant_takes_no_place_of_a_full_one() -> None:
    done = reproducing.reproduce("made-up", short=True)
    assert done.parameters["rounds"] == 1
    assert done.folder == Path("results/runs/reproduce/made-up")


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["made-up", "--set", "valeu=3"], "nearest: value"),
        (["made-up", "--set", "value=true"], "must be a number"),
        (["made-up", "--set", "rounds=1.5"], "must be a whole number"),
        (["made-up", "--set", "flag=1"], "must be true or false"),
        (["made-up", "--set", "list=3"], "must be a list"),
        (["made-up", "--all"], "not both"),
        (["--set", "value=3"], "name the experiment"),
    ],
)
def test_bad_input(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not Path("results").exists()


def test_an_unknown_experiment_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "eigen-pi", "eigen-pie"]) == 2
    assert "nearest: eigen-pi" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_outcome_without_checks_has_shown_nothing() -> None:
    assert not Outcome(()).passed


def test_the_list_names_all_and_needs_no_figure_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in registry.experiment_ids())
    assert main(["reproduce", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == list(registry.experiment_ids())


@pytest.mark.parametrize("name", registry.experiment_ids())
def test_every_experiment_declares_itself(name: str) -> None:
    experiment = registry.find_experiment(name)
    assert experiment.id == name
    assert experiment.citation
    assert experiment.question
    assert experiment.switched_off
    assert set(experiment.short) <= set(experiment.parameters)


TAKES_LONG = {"cp24", "pools"}
"""Experiments whose short variants take more than ten seconds of processor time."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in TAKES_LONG)) for name in registry.experiment_ids()],
)
def test_every_short_variant_holds_but_for_what_is_known_to_be_missed(name: str) -> None:
    done = reproducing.reproduce(name, short=True, write=False)
    missed = [check.name for check in done.outcome.checks if not check.passed]
    assert set(missed) <= set(done.experiment.known_misses)
    assert done.verdict == ("FAIL" if missed else "PASS")


@pytest.mark.parametrize("verdict", reproducing.verdicts(Path(__file__).parents[3] / "results" / "published"))
def test_committed_results_are_full_reproductions(verdict: dict[str, Any]) -> None:
    experiment = registry.find_experiment(verdict["id"])
    assert verdict["variant"] == "full"
    assert verdict["checks"] - verdict["held"] == len(experiment.known_misses)
    assert verdict["verdict"] == ("FAIL" if experiment.known_misses else "PASS")
    assert set(verdict["parameters"]) == set(experiment.parameters)


# --- what a value stands for ------------------------------------------------------------------------------------------

RESULTS = Path(__file__).resolve().parents[3] / "results" / "published"


@pytest.mark.parametrize(
    ("where", "origin"),
    [
        ("section 4", Origin.FORMULA),
        ("section 4, table 2", Origin.PUBLISHED),
        ("section 9", Origin.PUBLISHED),
        ("", Origin.CONSTRUCTION),
    ],
)
def test_the_longest_beginning_says_where_a_value_comes_from(where: str, origin: Origin) -> None:
    table = {"section 4": Origin.FORMULA, "section 4, table": Origin.PUBLISHED}
    experiment = dataclasses.replace(MADE_UP, origins=table)
    assert experiment.origin(Check.exact("x", 1, 1, where=where)) is origin


def test_no_place_takes_the_origin_of_another() -> None:
    experiment = dataclasses.replace(MADE_UP, origins={"": Origin.FORMULA})
    assert experiment.origin(Check.exact("x", 1, 1)) is Origin.FORMULA
    assert experiment.origin(Check.exact("x", 1, 1, where="Table 1")) is Origin.PUBLISHED


@pytest.mark.parametrize("name", registry.experiment_ids())
def test_every_experiment_says_what_its_values_stand_for(name: str) -> None:
    """Nothing counts as published by default, and no entry is idle."""
    experiment = registry.find_experiment(name)
    places = set(pd.read_csv(RESULTS / name / "checks.csv", keep_default_na=False)["where"])
    unsaid = [
        where for where in places if not any((s and where.startswith(s)) or s == where for s in experiment.origins)
    ]
    assert unsaid == []
    idle = [s for s in experiment.origins if not any((s and where.startswith(s)) or s == where for where in places)]
    assert idle == []


def test_of_the_loops_nothing_is_a_printed_number() -> None:
    verdict = json.loads((RESULTS / "loop" / "verdict.json").read_text(encoding="utf-8"))
    assert set(verdict["origins"]) == {"formula", "construction"}
    assert verdict["origins"]["formula"]["checks"] == 28
    assert verdict["checks"] == 94
    assert "published none" in (RESULTS / "loop" / "README.md").read_text(encoding="utf-8")
