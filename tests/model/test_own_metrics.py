"""Own metrics: what may be declared, what a function may give, and when it is asked."""

import math
import pickle
from typing import Any

import numpy as np
import pytest

from restaking.agents import Cast
from restaking.model import OwnMetric, RestakingEcosystem
from restaking.model.metrics import METRICS
from restaking.model.own_metrics import MetricError

SMALL = {"stakers.count": 50, "days": 4}


def day_of(model: RestakingEcosystem) -> float:
    return float(model.day)


def declared(**changes: Any) -> OwnMetric:
    fields = {"name": "mine", "unit": "ratio", "label": "Mine", "definition": "What I want.", "function": day_of}
    return OwnMetric(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "idle_eth"}, "idle_eth is a metric of the model already .total: Idle ETH of stakers"),
        ({"name": "nav"}, "nav is a metric of the model already"),
        ({"name": "day"}, "day is a column of the tables already"),
        ({"name": "run_id"}, "is a column"),
        ({"name": "My metric"}, "name is 'My metric'; it must be a word of small letters"),
        ({"name": 3}, "name is 3"),
        ({"unit": "euro"}, "mine: unit is 'euro'; "),
        ({"unit": "eth"}, "mine: unit is 'eth'"),
        ({"level": "lrts"}, "level is 'lrts'; nearest valid name: lrt"),
        ({"summary": "median"}, "summary is 'median'"),
        ({"label": ""}, "label must be a text that is not empty"),
        ({"label": "two\nlines"}, "label must be one line"),
        ({"definition": " "}, "definition must be a text"),
        ({"function": 3.0}, "function is 3.0; it must be a function of the model"),
    ],
)
def test_a_declaration_is_checked(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(MetricError, match=told):
        declared(**changes)


def test_every_shipped_name_is_taken() -> None:
    for metric in METRICS:
        with pytest.raises(MetricError, match="choose another name"):
            declared(name=metric.name)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([declared(), declared()], "mine is given twice"),
        ([METRICS[0]], "Metric is no OwnMetric"),
        ([3], "3 is no OwnMetric"),
        ("mine", "metrics is str; give a list of OwnMetric"),
        (7, "metrics is int"),
    ],
)
def test_what_is_no_list_of_own_metrics_is_refused(given: Any, told: str) -> None:
    with pytest.raises(MetricError, match=told):
        RestakingEcosystem("baseline", metrics=given, **SMALL)


@pytest.mark.parametrize(
    ("changes", "value", "told"),
    [
        ({}, None, "mine: on day 2 its function gave None, not a number"),
        ({}, "1.0", "gave '1.0', not a number"),
        ({}, [1.0], "gave a list of 1, not a number"),
        ({}, np.ones(2), r"gave an array of shape \(2,\), not a number"),
        ({}, 1j, "gave complex"),
        ({}, math.inf, "gave inf, not a finite number"),
        ({"unit": "count"}, 1.5, "gave 1.5; its unit count is a whole number of things"),
        ({"unit": "0/1"}, 2, "gave 2; its unit 0/1 is no or yes"),
        ({"level": "lrt"}, 1.0, "gave 1.0, not 4 numbers, one for each lrt"),
        ({"level": "lrt"}, [1.0, 2.0], "gave a list of 2, not 4 numbers"),
        ({"level": "lrt"}, [1.0, 2.0, 3.0, "x"], "gave 'x', not a number"),
        ({"level": "lrt"}, {1.0, 2.0, 3.0, 4.0}, "gave set, not 4 numbers"),
    ],
)
def test_what_is_no_number_is_refused_with_metric_and_day(changes: dict[str, Any], value: Any, told: str) -> None:
    good: Any = np.zeros(4) if changes.get("level") else 0.0
    metric = declared(function=lambda model: value if model.day == 2 else good, **changes)
    with (
        RestakingEcosystem("baseline", metrics=metric, **SMALL) as model,
        pytest.raises(MetricError, match=f"on day 2 its function {told.partition('its function ')[2] or told}"),
    ):
        model.run()


def test_a_function_that_fails_is_told_with_metric_day_and_line() -> None:
    def fails(model: RestakingEcosystem) -> float:
        return 1.0 / (model.day - 3)

    told = r"metrics: mine: its function failed on day 3 \(test_own_metrics.py line \d+\): ZeroDivisionError: float div"
    with (
        RestakingEcosystem("baseline", metrics=[declared(function=fails)], **SMALL) as model,
        pytest.raises(MetricError, match=told),
    ):
        model.run()


def test_it_is_asked_when_the_shipped_metrics_of_the_day_are_written() -> None:
    def supply(model: RestakingEcosystem) -> float:
        assert model.recorder.rows == model.day + 1
        return float(model.recorder.series("lrt_supply_eth")[-1])

    metrics = [declared(), declared(name="supply_again", unit="ETH", function=supply)]
    with RestakingEcosystem("season-2024", metrics=metrics, **SMALL) as model:
        model.run()
        assert model.recorder.series("mine").tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
        np.testing.assert_array_equal(model.recorder.series("supply_again"), model.recorder.series("lrt_supply_eth"))
        assert list(model.datacollector.get_model_vars_dataframe()["mine"]) == [0.0, 1.0, 2.0, 3.0, 4.0]
        assert model.summary()["mine"] == 4.0


def test_numbers_of_every_kind_and_missing_ones_are_taken() -> None:
    values: list[Any] = [np.float32(0.5), np.int64(3), True, math.nan, np.array(2.0)]
    with RestakingEcosystem("baseline", metrics=declared(function=lambda model: values[model.day]), **SMALL) as model:
        model.run()
        np.testing.assert_array_equal(model.recorder.series("mine"), [0.5, 3.0, 1.0, math.nan, 2.0])


def test_whole_numbers_stay_whole_in_tables() -> None:
    count = declared(unit="count", function=lambda model: math.nan if model.day == 1 else model.day)
    with RestakingEcosystem("baseline", metrics=count, **SMALL) as model:
        model.run()
        assert str(model.recorder.daily_frame()["mine"].dtype) == "Int64"


def test_a_metric_of_operators_that_are_not_recorded_is_refused() -> None:
    metric = declared(level="operator", function=lambda model: model.restaking_layer.operator_stake)
    with pytest.raises(MetricError, match=r"mine is of each operator, and recording.operators = false records none"):
        RestakingEcosystem("baseline", metrics=metric, **SMALL, **{"recording.operators": False})


def test_it_is_taken_on_the_days_on_which_entities_are_recorded() -> None:
    metric = declared(level="lrt", function=lambda model: [float(model.day)] * 4)
    with RestakingEcosystem("baseline", metrics=metric, **SMALL, **{"recording.entity_interval": 2}) as model:
        model.run()
        column = model.recorder.kinds["lrt"][1].index("mine")
        np.testing.assert_array_equal(model.recorder.entity["lrt"][:, 0, column], [0.0, 2.0, 4.0])


def test_a_cast_carries_metrics_and_goes_to_workers() -> None:
    cast = Cast(metrics=[declared()])  # type: ignore[arg-type]
    assert not cast.stock and not cast.own
    again = pickle.loads(pickle.dumps(cast))
    assert again == cast
    assert Cast.of(cast, metrics=[declared(name="other")]).metrics[1].name == "other"
    with pytest.raises(MetricError, match="mine is given twice"):
        Cast.of(cast, metrics=declared())
