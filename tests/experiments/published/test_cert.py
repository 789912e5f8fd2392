"""The certificate's identities, and that a wrong certificate is noticed."""

import importlib
from types import SimpleNamespace

import pytest

from restaking.experiments.published.cert import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.cert.run")
SHORT = {**EXPERIMENT.parameters, **EXPERIMENT.short}


def test_it_passes() -> None:
    outcome = module.run(SHORT)
    assert [check.name for check in outcome.checks if not check.passed] == []


def test_a_certificate_that_always_holds_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "certificate", lambda network: SimpleNamespace(secure=True))
    failed = {check.name for check in module.run(SHORT).checks if not check.passed}
    assert "networks that meet the condition: no operator is divided beyond its stake" in failed
    assert "and the certificate" in failed
