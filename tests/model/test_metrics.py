"""Metrics: complete, unambiguous, and summed up as declared."""

import dataclasses
import math

import numpy as np
import pytest

from restaking.model.metrics import LEVELS, METRICS, UNITS, Metric, metric, metrics_of


def series(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_every_metric_is_described() -> None:
    for m in METRICS:
        assert m.name.isidentifier() and m.name == m.name.lower()
        assert m.unit in UNITS, m
        assert m.label and m.label[0].isupper() and not m.label.endswith("."), m
        assert m.definition.endswith(".") and len(m.definition) > 12, m


def test_a_name_stands_once_on_a_level() -> None:
    keys = [(m.level, m.name) for m in METRICS]
    assert len(keys) == len(set(keys))


def test_levels_divide_the_metrics_in_order() -> None:
    assert tuple(m for level in LEVELS for m in metrics_of(level)) == METRICS
    assert [m.name for m in metrics_of("lst")] == ["supply_eth", "shares", "nav", "apr", "buffer_eth", "queue_eth"]


def test_a_name_is_whole_or_not_on_every_level() -> None:
    """Tables hold all kinds in one column of one type."""
    kinds: dict[str, set[bool]] = {}
    for m in METRICS:
        if m.level != "total":
            kinds.setdefault(m.name, set()).add(m.whole)
    assert {name for name, whole in kinds.items() if len(whole) > 1} == set()


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="levels: total, lrt"):
        metrics_of("lrts")
    with pytest.raises(KeyError, match="total has no metric 'tvl'"):
        metric("tvl")
    assert metric("nav", "lrt").unit == "ETH/share"


@pytest.mark.parametrize(
    ("how", "value"),
    [("last", 2.0), ("mean", 8.0 / 3.0), ("max", 5.0), ("min", 1.0), ("sum", 8.0)],
)
def test_summaries(how: str, value: float) -> None:
    m = dataclasses.replace(metric("idle_eth"), summary=how)  # type: ignore[arg-type]
    assert m.summarise(series(1.0, 5.0, math.nan, 2.0)) == pytest.approx(value, rel=1e-15)
    assert m.summarise(series(1.0, 5.0, 2.0, math.nan)) == pytest.approx(value, rel=1e-15)


def test_what_has_no_value_has_no_summary() -> None:
    none = dataclasses.replace(metric("idle_eth"), summary="none")
    assert math.isnan(none.summarise(series(1.0)))
    assert math.isnan(metric("idle_eth").summarise(series(math.nan)))
    assert math.isnan(metric("idle_eth").summarise(series()))


def test_means_do_not_depend_on_the_order_of_the_days() -> None:
    mean = dataclasses.replace(metric("idle_eth"), summary="mean")
    values = np.array([1e16, 1.0, -1e16, 3.0])
    assert mean.summarise(values) == mean.summarise(values[::-1]) == 1.0


def test_metrics_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        METRICS[0].name = "x"  # type: ignore[misc]
    assert isinstance(METRICS[0], Metric)


def test_implied_yield_lies_between_what_is_paid_in_eth_and_what_is_advertised() -> None:
    from restaking.model import RestakingEcosystem

    with RestakingEcosystem("baseline", seed=1, **{"stakers.count": 400, "days": 60}) as model:
        model.run()
        names = model.recorder.kinds["lrt"][1]
        last = {name: model.recorder.entity["lrt"][60, 0, names.index(name)] for name in names}
        rows = model.world.stakers
        holders = rows["satellite"] == model.first_lrt
        beliefs = rows["token_belief"][holders]
        paid_in_eth = last["base_apr"] + last["avs_fee_apr"]
        promised = last["advertised_apr"] - paid_in_eth
        assert promised > 0.01
        assert paid_in_eth + beliefs.min() * promised < last["implied_apr"] < paid_in_eth + beliefs.max() * promised
        assert paid_in_eth < last["implied_apr"] < last["advertised_apr"]


def test_retention_is_supply_over_that_at_the_first_claim() -> None:
    from restaking.model import RestakingEcosystem

    with RestakingEcosystem("baseline", seed=1, **{"stakers.count": 300, "days": 200}) as model:
        model.run()
        names = model.recorder.kinds["lrt"][1]
        supply = model.recorder.entity["lrt"][:, :, names.index("supply_eth")]
        retention = model.recorder.series("airdrop_retention")
        claims = [campaign.seasons[0].claim for campaign in model.campaigns.campaigns[:-1]]
        assert np.isnan(retention[: min(claims)]).all()
        assert retention[min(claims)] == 1.0
        assert model.summary()["airdrop_retention"] == retention[-1]
        past = [k for k, claim in enumerate(claims) if claim < 200]
        expected = supply[200, past].sum() / sum(supply[claims[k], k] for k in past)
        assert retention[200] == expected
        assert retention[200] != 1.0
