"""``restaking explain``: all that is known about one parameter, one metric, or the order of a day."""

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..terminal import tell, tell_json
from ._common import WITH, bounds, fail, load_or_exit, own_of, shown

if TYPE_CHECKING:
    from ...model.metrics import Metric
    from ...model.scenario import ParameterInfo

DAY_WORD = "day"
_WIDTH = 100
_SUGGESTIONS = 3


def explain(
    name: Annotated[str, typer.Argument(help="A parameter's key, a metric's name, or the word day.")],
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="Show the parameter's value in this scenario, too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> None:
    """Explain a parameter, a metric or the order of a day.

    Keys of entities are written with an id or with the placeholder: lrt.renzo.fee, lrt.<id>.fee.
    """
    from ...model.metrics import meant_by
    from ...model.scenario import find_parameter

    if name == DAY_WORD:
        _tell(_day(), as_json)
        return
    info = find_parameter(name)
    if info is not None:
        _tell(_parameter(info, name, scenario), as_json)
        return
    known = all_metrics(own)
    metrics = meant_by(name, known)
    if not metrics:
        fail(_miss(name, known))
    _tell({"metrics": [_metric(metric) for metric in metrics]}, as_json)


def all_metrics(own: list[str] | None = None) -> "list[Metric]":
    """All metrics in recording order, and those that ``--with`` brings after them."""
    from ...model.metrics import METRICS

    return [*METRICS, *own_of(own).metrics]


def _day() -> dict[str, Any]:
    from ...model.day import DAY

    return {"day": [{"step": step, "name": name, "meaning": text} for step, (name, text) in enumerate(DAY, start=1)]}


def _parameter(info: "ParameterInfo", name: str, scenario: str | None) -> dict[str, Any]:
    import dataclasses

    facts = {**dataclasses.asdict(info), "key": name}
    if name != info.key:
        facts["pattern"] = info.key
    if scenario is not None:
        facts["scenario"], facts["value"] = scenario, _value(name, scenario)
    return facts


def _value(key: str, scenario: str) -> Any:
    from ...model.scenario.naming import hint

    node: Any = load_or_exit(scenario).to_dict()
    for part in key.split("."):
        child = _child(node, part)
        if child is _ABSENT:
            fail(f"{scenario} has no {key}; {hint(part, node if isinstance(node, dict) else [])}")
        node = child
    return node


_ABSENT = object()


def _child(node: Any, part: str) -> Any:
    if isinstance(node, dict):
        return node.get(part, _ABSENT)
    if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        return node[int(part)]
    return _ABSENT


def _metric(metric: Any) -> dict[str, Any]:
    names = ("name", "level", "unit", "label", "definition", "summary", "missing")
    return {name: getattr(metric, name) for name in names if getattr(metric, name)}


def _miss(name: str, metrics: "list[Metric]") -> str:
    from ...model.scenario import parameters
    from ...model.scenario.naming import most_like, shortened

    known = [info.key for info in parameters()] + [metric.name for metric in metrics] + [DAY_WORD]
    last = name.rpartition(".")[2]
    near = [key for key in known if key.rpartition(".")[2] == last]
    near += most_like(name, known, _SUGGESTIONS)
    by_last: dict[str, str] = {}
    for key in known:
        by_last.setdefault(key.rpartition(".")[2], key)
    near += [by_last[word] for word in most_like(last, by_last, _SUGGESTIONS, cutoff=0.6)]
    listed = [*dict.fromkeys(near)][:_SUGGESTIONS]
    tail = f"nearest: {', '.join(listed)}" if listed else "see restaking list parameters, restaking list metrics"
    return f"there is no parameter or metric {shortened(name)!r}; {tail} (--with FILE.py:NAME brings own metrics)"


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        tell_json(facts)
    elif "day" in facts:
        tell("One day, in order:\n")
        for step in facts["day"]:
            tell(_wrapped(f"{step['step']}. {step['name']:<8}", step["meaning"]))
    elif "metrics" in facts:
        tell("\n\n".join(_card(metric) for metric in facts["metrics"]))
    else:
        tell(_card(_readable(facts)))


def _readable(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts about a parameter that a person wants to read, in that order."""
    lines = {
        "key": facts["key"],
        "pattern": facts.get("pattern"),
        "meaning": facts["description"],
        "type": facts["type"],
        "unit": facts["unit"],
        "default": shown(facts["default"]) or '""',
        "range": bounds(facts["low"], facts["high"]),
        "choices": ", ".join(facts["choices"]),
        "scale": facts["scale"] if facts["low"] is not None or facts["high"] is not None else "",
        "role": facts["role"],
        "source": facts["source"],
    }
    if "scenario" in facts:
        lines[f"in {facts['scenario']}"] = shown(facts["value"]) or '""'
    return {key: value for key, value in lines.items() if value}


def _card(facts: Mapping[str, Any]) -> str:
    space = max(len(key) for key in facts)
    return "\n".join(_wrapped(key.ljust(space), str(value)) for key, value in facts.items())


def _wrapped(head: str, text: str) -> str:
    indent = " " * (len(head) + 2)
    return textwrap.fill(
        text,
        width=_WIDTH,
        initial_indent=f"{head}  ",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
