"""Measurement: every column holds the metric of its name, and a metric that nobody measures is refused."""

import numpy as np
import pytest

from restaking.model import RestakingEcosystem, metrics
from restaking.model.metrics import LEVELS, Metric

SMALL = {"stakers.count": 100, "days": 8}


def tables(model: RestakingEcosystem) -> dict[tuple[str, str], np.ndarray]:
    """Every recorded series of entities, by kind and name."""
    recorder = model.recorder
    return {
        (kind, name): recorder.entity[kind][:, :, column]
        for kind, (_, names) in recorder.kinds.items()
        for column, name in enumerate(names)
    }


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch):
    """Declares other metrics for the time of a test."""
    metrics.metrics_of.cache_clear()

    def declare(changed: tuple[Metric, ...]) -> None:
        monkeypatch.setattr(metrics, "METRICS", changed)
        metrics.metrics_of.cache_clear()

    yield declare
    monkeypatch.undo()
    metrics.metrics_of.cache_clear()


def test_the_order_of_declaration_makes_no_difference(declared) -> None:
    with RestakingEcosystem("season-2024", **SMALL) as model:
        model.run()
        before = tables(model)
    declared(metrics.METRICS[::-1])
    with RestakingEcosystem("season-2024", **SMALL) as model:
        model.run()
        after = tables(model)
    assert before.keys() == after.keys() and list(before) != list(after)
    for key, values in before.items():
        np.testing.assert_array_equal(after[key], values, err_msg=str(key))


@pytest.mark.parametrize("kind", LEVELS)
def test_a_metric_that_nobody_measures_is_refused(declared, kind: str) -> None:
    declared((Metric("invented", kind, "ETH", "Invented", "Nobody measures it."), *metrics.METRICS))
    with pytest.raises(ValueError, match=rf"{kind}: .* missing \['invented'\]"):
        RestakingEcosystem("baseline", **SMALL)


@pytest.mark.parametrize("kind", LEVELS)
def test_a_measure_that_nobody_declared_is_refused(declared, kind: str) -> None:
    last = metrics.metrics_of(kind)[-1]
    declared(tuple(metric for metric in metrics.METRICS if metric is not last))
    with pytest.raises(ValueError, match=rf"{kind}: .* unknown \['{last.name}'\]"):
        RestakingEcosystem("baseline", **SMALL)
