"""Repeat a published experiment and put its numbers beside the published ones: table, verdict, figure, page."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...model.errors import RestakingError
from ...model.scenario.naming import most_like, shortened
from ...model.shown import html_table
from ..folders.errors import FolderError
from ..folders.files import write_json, write_text
from ..folders.folder import Layout, Place, claim
from ..provenance import package_version
from .experiment import ORIGINS, Check, Experiment, Origin, Outcome
from .registry import experiment_ids, find_experiment

if TYPE_CHECKING:
    import pandas as pd

RESULTS = Path("results")
PUBLISHED = RESULTS / "published"
TRIALS = RESULTS / "runs" / "reproduce"
"""Where short or changed variants go: never in the place of a full reproduction."""

LAYOUT = Layout("reproduction", 1, "a reproduction")

VERDICT, CHECKS, PAGE, INDEX = "verdict.json", "checks.csv", "README.md", "README.md"
PASS, FAIL = "PASS", "FAIL"
_BEGIN, _END = "<!-- published experiments: begin -->", "<!-- published experiments: end -->"


class BadParameterError(RestakingError, ValueError):
    """A parameter that an experiment does not have, or a value of another type."""


@dataclass(frozen=True)
class Reproduction:
    """A published experiment, repeated.

    Attributes:
        experiment: what was repeated.
        parameters: with which parameters.
        short: whether it was the short variant.
        outcome: checks and tables.
        folder: where it was written, None when it was not.
    """

    experiment: Experiment
    parameters: Mapping[str, Any]
    short: bool
    outcome: Outcome
    folder: Path | None

    def __repr__(self) -> str:
        checks = f"{self.held} of {len(self.outcome.checks)} checks hold"
        return f"<Reproduction of {self.experiment.id}: {self.verdict}, {checks}>"

    def _repr_html_(self) -> str:
        facts = {
            "title": self.experiment.title,
            "citation": self.experiment.citation,
            "level": str(self.experiment.level),
            "verdict": self.verdict,
            "checks that hold": f"{self.held} of {len(self.outcome.checks)}",
            "folder": "in memory" if self.folder is None else self.folder,
        }
        return html_table(f"Reproduction of {self.experiment.id}", facts)

    @property
    def verdict(self) -> str:
        """``PASS`` when every check holds, else ``FAIL``."""
        return PASS if self.outcome.passed else FAIL

    @property
    def held(self) -> int:
        """Number of checks that hold."""
        return sum(bool(check.passed) for check in self.outcome.checks)

    def of_origin(self, origin: Origin) -> tuple[Check, ...]:
        """The checks that are held against a value of this origin."""
        return tuple(check for check in self.outcome.checks if self.experiment.origin(check) is origin)

    def counts(self) -> dict[str, dict[str, int]]:
        """Checks, and those that hold, by origin of what they are held against; origins without a check left out."""
        found = {origin: self.of_origin(origin) for origin in Origin}
        return {
            str(origin): {"checks": len(checks), "held": sum(bool(check.passed) for check in checks)}
            for origin, checks in found.items()
            if checks
        }

    def as_mapping(self) -> dict[str, Any]:
        """What ``verdict.json`` holds: nothing in it depends on when or where it was run."""
        return {
            "id": self.experiment.id,
            "title": self.experiment.title,
            "level": str(self.experiment.level),
            "verdict": self.verdict,
            "checks": len(self.outcome.checks),
            "held": self.held,
            "origins": self.counts(),
            "variant": "short" if self.short else "full",
            "version": package_version(),
            "citation": self.experiment.citation,
            "parameters": {key: _plain(value) for key, value in self.parameters.items()},
        }


def reproduce(
    name: str,
    *,
    short: bool = False,
    changes: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    write: bool = True,
) -> Reproduction:
    """Repeat a published experiment.

    Args:
        name: its id.
        short: the variant of seconds, for continuous integration.
        changes: parameters of the experiment to change.
        out: folder to write; ``results/published/<id>``, or below ``results/runs/reproduce`` for a short or changed
            variant, when None.
        write: whether to write anything.

    Returns:
        Checks, tables and verdict.

    Raises:
        UnknownExperimentError: there is no such experiment.
        BadParameterError: the experiment has no such parameter, or the value has another type.
        FolderError: something else stands in the folder, or another process is at work there.
    """
    experiment = find_experiment(name)
    parameters = _parameters(experiment, short, changes or {})
    if not write:
        with _told_plainly(experiment, changes or {}):
            return Reproduction(experiment, parameters, short, experiment.run(parameters), None)
    folder = (TRIALS if short or changes else PUBLISHED) / experiment.id if out is None else Path(out)
    with claim(folder, LAYOUT) as place:
        _same_experiment(folder, place, experiment)
        with _told_plainly(experiment, changes or {}):
            done = Reproduction(experiment, parameters, short, experiment.run(parameters), folder)
        with place.staging() as staged:
            with _told_plainly(experiment, changes or {}):
                _write(done, staged)
            place.put(staged, {"id": experiment.id, "version": package_version()})
    return done


def _same_experiment(folder: Path, place: Place, experiment: Experiment) -> None:
    there = (place.manifest or {}).get("id", experiment.id)
    if there != experiment.id:
        raise FolderError(f"{folder} is in the way: it holds the reproduction of {there}, and is never replaced")


@contextlib.contextmanager
def _told_plainly(experiment: Experiment, changes: Mapping[str, Any]) -> Iterator[None]:
    """What a parameter may be is known to an experiment alone, which was made for its own values."""
    try:
        yield
    except (ArithmeticError, LookupError, ValueError) as error:
        if not changes:
            raise
        said = ", ".join(f"{key} = {shortened(str(value))}" for key, value in changes.items())
        problem = " ".join(str(error).split()) or type(error).__name__
        raise BadParameterError(f"{experiment.id} cannot be made with {said}: {problem}") from error


def _parameters(experiment: Experiment, short: bool, changes: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {**experiment.parameters, **(experiment.short if short else {})}
    for key, value in changes.items():
        if key not in parameters:
            near = most_like(key, parameters, 1)
            hint = f"nearest: {near[0]}" if near else f"parameters: {', '.join(parameters)}"
            raise BadParameterError(f"{experiment.id} has no parameter {shortened(key)!r}; {hint}")
        parameters[key] = _like(parameters[key], value, f"{experiment.id}: {key}")
    return parameters


def _like(model: Any, value: Any, where: str) -> Any:
    """The value in the type of the declared one."""
    if isinstance(model, bool) or isinstance(value, bool):
        if type(model) is not type(value):
            raise BadParameterError(f"{where} = {value!r} must be {_kind(model)}")
        return value
    if isinstance(model, float) and isinstance(value, int | float):
        return float(value)
    if isinstance(model, tuple | list) and isinstance(value, tuple | list):
        return tuple(_like(model[0], item, where) for item in value) if model else tuple(value)
    if not isinstance(value, type(model)):
        raise BadParameterError(f"{where} = {value!r} must be {_kind(model)}")
    return value


def _kind(model: Any) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", tuple: "a list"}
    return kinds.get(type(model), f"a {type(model).__name__}")


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


# --- files ------------------------------------------------------------------------------------------------------------


def number_text(value: Any) -> str:
    """A published or measured value as the tables show it."""
    if isinstance(value, bool | str | Fraction):
        return str(value)
    return f"{float(value):.10g}"


def counts_text(counts: Mapping[str, Mapping[str, int]]) -> str:
    """How many checks of each origin hold: ``published none, formula 3 of 3, construction 5 of 6``."""
    nothing = f"{Origin.PUBLISHED} none"
    parts = [f"{origin} {count['held']} of {count['checks']}" for origin, count in counts.items()]
    return ", ".join(parts if Origin.PUBLISHED in counts else [nothing, *parts])


def checks_table(experiment: Experiment, checks: tuple[Check, ...]) -> "pd.DataFrame":
    """The checks, a row each."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "check": check.name,
                "origin": str(experiment.origin(check)),
                "expected": number_text(check.published),
                "measured": number_text(check.measured),
                "rule": check.rule,
                "passed": bool(check.passed),
                "level": str(check.level),
                "where": check.where,
            }
            for check in checks
        ]
    )


def _write(done: Reproduction, folder: Path) -> None:
    from ..figures import style

    tables = {"checks": checks_table(done.experiment, done.outcome.checks), **done.outcome.tables}
    for name, frame in tables.items():
        write_text(folder / f"{name}.csv", frame.to_csv(index=False, float_format="%.10g", lineterminator="\n"))
    figure = style.styled(done.experiment.draw)(done.outcome)
    style.save_figure(figure, folder / "figure", f"restaking {package_version()}, reproduce {done.experiment.id}")
    write_text(folder / PAGE, page(done))
    write_json(folder / VERDICT, done.as_mapping())


def page(done: Reproduction) -> str:
    """The reproduction as a Markdown page."""
    experiment = done.experiment
    lines = [
        f"# {experiment.title}",
        "",
        f"`restaking reproduce {experiment.id}`: **{done.verdict}**, {done.held} of {len(done.outcome.checks)} checks"
        f" hold (level {experiment.level}{', short variant' if done.short else ''}): {counts_text(done.counts())}.",
        "",
        experiment.question,
        "",
        f"- Published: {experiment.citation}",
        f"- Switched off: {experiment.switched_off}",
        *([f"- Notes: {experiment.notes}"] if experiment.notes else []),
        "",
        "![published and reproduced](figure.png)",
        *(line for origin in Origin for line in _page_table(done, origin)),
    ]
    return "\n".join(lines) + "\n"


def _page_table(done: Reproduction, origin: Origin) -> Iterator[str]:
    checks = done.of_origin(origin)
    if not checks:
        return
    yield from ("", f"## {str(origin).capitalize()}", "", f"{ORIGINS[origin].capitalize()}.", "")
    yield f"| check | {origin} | here | rule | holds | where |"
    yield "|---|---|---|---|---|---|"
    yield from (_page_row(check) for check in checks)


def _page_row(check: Check) -> str:
    cells = (
        check.name,
        number_text(check.published),
        number_text(check.measured),
        check.rule,
        "yes" if check.passed else "**no**",
        check.where,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write_index(results: Path = RESULTS) -> Path:
    """Write the table of all reproductions into ``results/README.md``; what stands around it stays.

    Args:
        results: folder that holds ``published/``.

    Returns:
        The page.
    """
    path = results / INDEX
    old = path.read_text(encoding="utf-8") if path.exists() else "# Results\n\n"
    table = "\n".join([_BEGIN, *_index_lines(results / PUBLISHED.name), _END])
    if _BEGIN in old and _END in old:
        head, _, rest = old.partition(_BEGIN)
        new = head + table + rest.partition(_END)[2]
    else:
        new = f"{old.rstrip()}\n\n## Published experiments\n\n{table}\n"
    write_text(path, new)
    return path


def _index_lines(folder: Path) -> Iterator[str]:
    yield f"| experiment | what it shows | level | verdict | checks that hold | {' | '.join(Origin)} |"
    yield "|---|---|---|---|---|" + "---|" * len(Origin)
    for verdict in verdicts(folder):
        name = verdict["id"]
        link = f"[`{name}`](published/{name}/{PAGE})"
        held = f"{verdict['held']} of {verdict['checks']}"
        counts = verdict["origins"]
        by_origin = (
            f"{counts[origin]['held']} of {counts[origin]['checks']}" if origin in counts else "–" for origin in Origin
        )
        row = (link, verdict["title"], verdict["level"], verdict["verdict"], held, *by_origin)
        yield f"| {' | '.join(row)} |"


def verdicts(folder: Path = PUBLISHED) -> list[dict[str, Any]]:
    """The verdicts that stand in a folder of reproductions, by id."""
    import json

    known = [folder / name / VERDICT for name in experiment_ids()]
    return [json.loads(path.read_text(encoding="utf-8")) for path in known if path.is_file()]
