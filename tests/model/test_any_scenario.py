"""Whatever legal values a scenario takes, a run ends, its ledgers balance and its numbers are numbers."""

import math
import random
import warnings
from collections.abc import Mapping
from typing import Any

import pytest

from restaking.model import RestakingEcosystem
from restaking.model.scenario import ScenarioError, load_scenario, parameters
from restaking.model.scenario.registry import ParameterInfo
from tests.model.measured import all_measured

SCENARIOS = ("season-2024", "baseline", "depeg-2024", "thin-loop", "steth-2022", "bridge-exploit-2026")
LEFT_ALONE = ("seed", "days", "start_date", "stakers.count", "operators.count")
SIZES = {"stakers.count": 150, "days": 90}
MOST = 200
"""Whole numbers are kept this small: they are counts, and time is short."""


def varied() -> list[ParameterInfo]:
    return [
        info
        for info in parameters()
        if "<n>" not in info.key and info.key not in LEFT_ALONE and not info.key.startswith(("recording", "networks"))
    ]


def drawn(info: ParameterInfo, draw: random.Random) -> Any:
    """A legal value: a word, a switch, a bound, something near the default, or anything between the bounds."""
    if info.choices:
        return draw.choice(info.choices)
    if info.type.startswith("switch"):
        return draw.random() < 0.5
    if not info.type.startswith(("number", "whole")) or info.low is None or info.high is None:
        return None
    way = draw.random()
    if way < 0.2:
        value = info.low if way < 0.1 else info.high
    elif info.scale == "log" and info.low > 0.0:
        value = math.exp(draw.uniform(math.log(info.low), math.log(info.high)))
    elif way < 0.7 and type(info.default) in (int, float) and info.default:
        value = min(max(info.default * math.exp(draw.gauss(0.0, 1.2)), info.low), info.high)
    else:
        value = draw.uniform(info.low, info.high)
    if info.type.startswith("whole"):
        return max(round(min(value, MOST)), math.ceil(info.low))
    return value


def key_in(info: ParameterInfo, scenario: Any, draw: random.Random) -> str | None:
    """The parameter's key for one of the scenario's entities; None when there is none."""
    if "<id>" not in info.key:
        return info.key
    table = scenario
    for part in info.key.split(".<id>")[0].split("."):
        table = getattr(table, part)
    if not table or info.key.count("<id>") > 1:
        return None
    return info.key.replace("<id>", draw.choice(list(table)))


def changes_of(seed: int) -> tuple[str, Mapping[str, Any]]:
    draw = random.Random(seed)
    name = draw.choice(SCENARIOS)
    scenario, changes = load_scenario(name), {}
    for info in draw.sample(varied(), draw.choice([2, 5, 10, 20])):
        key, value = key_in(info, scenario, draw), drawn(info, draw)
        if key is not None and value is not None:
            changes[key] = value
    if draw.random() < 0.4:
        changes |= {"markets.side_pools": [draw.choice([0.05, 0.5, 1.0])], "markets.side_pool_flow": [draw.random()]}
    if draw.random() < 0.5:
        changes["lending.enabled"] = True
    return name, changes


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 240, 20))
def test_any_legal_scenario_runs_and_balances(first: int) -> None:
    finished = 0
    for seed in range(first, first + 20):
        name, changes = changes_of(seed)
        try:
            model = RestakingEcosystem(name, seed=seed, **{**SIZES, **changes})
        except ScenarioError:
            continue  # values that are legal one by one and not together: said so before the run
        with warnings.catch_warnings(), model:
            warnings.simplefilter("error")
            while model.day < model.horizon:
                model.run(10)
                model.check_invariants()
            assert all_measured(model.recorder), (name, changes)
        finished += 1
    assert finished >= 10
