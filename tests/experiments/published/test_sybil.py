"""The experiment notices another network and another rule."""

import importlib

import pytest

from restaking.experiments.published.sybil import EXPERIMENT
from restaking.model.security.sybil import Group, Rule

module = importlib.import_module("restaking.experiments.published.sybil.run")

SHORT = {**EXPERIMENT.parameters, "seeds": 3, "heterogeneity": (0.0, 0.1)}
POOLED = "Erdos-Renyi: mean of the best gain over the seeds, by size"
"""A mean over seeds, which three seeds are too few for."""


def failed(**changes: object) -> list[str]:
    checks = module.run({**SHORT, **changes}).checks
    return [check.name for check in checks if not check.passed and check.name != POOLED]


def test_three_seeds_pass() -> None:
    assert failed() == []


def test_gains_that_do_not_fall_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.KINDS, "half", lambda group, rule: 0.01)
    monkeypatch.setitem(module.KINDS, "one", lambda group, rule: 0.01)
    monkeypatch.setitem(module.KINDS, "both", lambda group, rule: 0.01)
    checks = {check.name: check.passed for check in module.run(SHORT).checks}
    assert not checks[POOLED]


def test_blocks_that_hardly_differ_are_noticed() -> None:
    names = failed(heterogeneity=(0.0, 0.001))
    assert any("neither rule stops both kinds" in name for name in names)


def test_small_networks_are_noticed() -> None:
    names = failed(sizes=(200, 202), seeds=20)
    assert any("no split pays" in name for name in names)


def test_a_rule_that_takes_everything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Group, "slashed", lambda group, rule: group.stake)
    names = failed()
    assert any("marginal slashing both identities" in name for name in names)


def test_heads_counted_under_the_rule_by_stake_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    slashed = Group.slashed
    monkeypatch.setattr(Group, "slashed", lambda group, rule: slashed(group, Rule.MARGINAL))
    assert failed() == ["under multiplicative slashing two attacking identities lose what one loses"]
