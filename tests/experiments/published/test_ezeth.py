"""Branches of the depeg: they share their past, differ in one thing, and the checks can fail."""

import pytest

from restaking.experiments.published.ezeth import EXPERIMENT
from restaking.experiments.published.ezeth.run import branch, branches, run

SMALL = {**EXPERIMENT.parameters, **EXPERIMENT.short}


def test_open_withdrawals_make_the_discount_smaller() -> None:
    happened, opened = (branch(3, name, SMALL) for name in ("averaged oracle", "redemption open"))
    assert opened.discount < 0.02 < happened.discount
    assert opened.liquidated == 0.0


def test_a_pool_is_scaled_at_once_and_the_books_stay_balanced() -> None:
    deep, shallow = (branch(3, name, SMALL).discount for name in ("deep pool", "shallow pool"))
    assert deep < shallow


def test_the_averaged_oracle_falls_less_than_the_pool() -> None:
    happened = branch(5, "averaged oracle", SMALL)
    assert 1.0 - happened.discount < happened.oracle_low < 1.0


@pytest.mark.slow
def test_most_rules_hold_in_nearly_all_seeds() -> None:
    outcome = run(EXPERIMENT.parameters)
    assert [c.name for c in outcome.checks if not c.passed and c.name not in EXPERIMENT.known_misses] == []


@pytest.mark.slow
def test_the_checks_can_fail() -> None:
    outcome = run({**SMALL, "seeds": 2, "sold": 1e-9})
    assert [check.name for check in outcome.checks if not check.passed] != []


def test_every_branch_differs_from_what_happened_in_one_thing() -> None:
    happened = branches(0.012)["averaged oracle"]
    for name, changes in branches(0.012).items():
        differing = {key for key in {**happened, **changes} if happened.get(key) != changes.get(key)}
        assert len(differing) <= 1, name
