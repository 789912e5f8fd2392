"""The experiment notices other rewards, other habits and another way of counting."""

import importlib
from dataclasses import replace

import pytest

from restaking.experiments.published.pools import EXPERIMENT
from restaking.model.pools import Outcome, Scheme

module = importlib.import_module("restaking.experiments.published.pools.run")

SHORT = {**EXPERIMENT.parameters, **EXPERIMENT.short}
QUICK = {**SHORT, "seeds": 4, "seeds_of_variants": 1}


def failed(**changes: object) -> set[str]:
    return {check.name for check in module.run({**QUICK, **changes}).checks if not check.passed}


def only(monkeypatch: pytest.MonkeyPatch, rounds: int = 600) -> None:
    """Leave out the economies that no rule is about on its own, and end the others early."""
    names = (module.BASE, module.FLAT, module.SINGLE, module.VARIANT, module.FREE, module.DEAR)
    kept = (replace(one, rounds=min(rounds, one.rounds)) for one in module.ECONOMIES if one.name in names)
    monkeypatch.setattr(module, "ECONOMIES", tuple(kept))


def test_the_short_variant_misses_what_it_is_known_to_miss() -> None:
    outcome = module.run(SHORT)
    assert {check.name for check in outcome.checks if not check.passed} == set(EXPERIMENT.known_misses)
    assert not outcome.tables["economies"]["economy"].str.startswith("n=1000").any()


def test_rewards_without_the_pledge_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    monkeypatch.setattr(Scheme, "reward", lambda scheme, stake, pledge: min(stake, scheme.saturation))
    names = failed()
    assert any(name.startswith("reward of a pool") for name in names)
    assert any("the least that a pool leaves" in name for name in names)


def test_pledges_without_weight_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, rounds=60)
    honest = module._scheme
    monkeypatch.setattr(module, "_scheme", lambda *given: replace(honest(*given), influence=0.0))
    names = failed()
    assert any("come to rest" in name for name in names)
    assert any("operators, mean" in name for name in names)
    assert any("(Nakamoto)" in name for name in names)


def test_another_way_of_counting_operators_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    monkeypatch.setattr(Outcome, "nakamoto", lambda outcome, strictly=False: 7)
    names = failed()
    assert any("(Nakamoto)" in name for name in names)
    assert any("a0 = 0" in name for name in names)
    assert any("hundredfold" in name for name in names)


def test_games_that_are_cut_short_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, rounds=4)
    assert any("come to rest" in name for name in failed())
