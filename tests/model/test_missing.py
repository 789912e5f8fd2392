"""A metric is missing exactly while what it measures does not exist, and no 0 or 1 stands in for it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from restaking.model import RestakingEcosystem, Scenario, load_scenario
from restaking.model.measures import EARNED, SLOW_EVERY_DAYS
from restaking.model.metrics import METRICS

SMALL = {"stakers.count": 100}


class Table:
    """What a run has recorded, by name."""

    def __init__(self, model: RestakingEcosystem) -> None:
        self.model, self.recorder = model, model.recorder
        self.days = np.arange(self.recorder.rows)

    def total(self, name: str) -> np.ndarray:
        return self.recorder.series(name)

    def of(self, kind: str, name: str) -> np.ndarray:
        """Rows by entities."""
        return self.recorder.entity[kind][:, :, self.recorder.kinds[kind][1].index(name)]

    def from_first(self, event: str, subjects: list[str] | None = None) -> np.ndarray:
        """Whether an event has happened by the row of a day, by subject; a row for all when None."""
        happened = [e for e in self.recorder.events if e.type == event]
        if subjects is None:
            first = min((e.day for e in happened), default=self.days.size)
            return self.days > first
        firsts = [min((e.day for e in happened if e.subject == s), default=self.days.size) for s in subjects]
        return self.days[:, None] > np.array(firsts)


def weekly(there: np.ndarray) -> np.ndarray:
    """The same as it looked when it was last taken."""
    return there[np.arange(len(there)) // SLOW_EVERY_DAYS * SLOW_EVERY_DAYS]


def lrts(t: Table) -> np.ndarray:
    return t.total("lrt_supply_eth") > 0.0


def stake(t: Table) -> np.ndarray:
    return t.of("operator", "stake_eth").sum(axis=1) > 0.0


def prizes(t: Table) -> np.ndarray:
    return t.of("avs", "stake_eth").sum(axis=1) > 0.0


def lenders(t: Table) -> np.ndarray:
    return t.total("lenders_eth") > 0.0


def begun(t: Table) -> np.ndarray:
    """An ETH-day of an LRT is over."""
    return np.append(False, np.maximum.accumulate(lrts(t))[:-1])


def supplied(t: Table, kind: str = "lrt") -> np.ndarray:
    return t.of(kind, "shares") > 0.0


def held(t: Table) -> np.ndarray:
    """An ETH-day of the LRT is over."""
    there = supplied(t)
    return np.vstack([np.zeros((1, there.shape[1]), bool), np.maximum.accumulate(there, axis=0)[:-1]])


def before(there: np.ndarray) -> np.ndarray:
    """The same on the row before."""
    return np.vstack([np.zeros((1, there.shape[1]), bool), there[:-1]])


def liquidated(t: Table) -> np.ndarray:
    there = np.zeros(supplied(t).shape, bool)
    names = list(t.model.scenario.lrt)
    for event in t.recorder.events:
        if event.type == "liquidation":
            there[event.day + 1, names.index(event.subject)] = True
    return there


def two_pools(t: Table) -> np.ndarray:
    """Pools trade from the first day on."""
    return supplied(t) & (len(t.model.exchange.pools) > len(t.model.scenario.lrt)) & (t.days[:, None] > 0)


def claimed(t: Table) -> np.ndarray:
    subjects = [*t.model.scenario.lrt, "restaking"]
    return t.from_first("airdrop", subjects)


THERE: dict[tuple[str, str], Callable[[Table], Any]] = {
    **{("total", f"lrt_{name}"): lrts for name in ("hhi", "gini", "leader_share", "top3_share", "posted_share")},
    **{("total", name): stake for name in ("operator_hhi", "operator_nakamoto", "operator_top7_share")},
    ("total", "restaking_degree"): stake,
    ("total", "avs_hhi"): prizes,
    **{("total", f"shock_loss_bound{size}"): prizes for size in ("", "_small", "_large")},
    ("total", "certified_slack"): prizes,
    ("total", "coverage_ratio"): prizes,
    ("total", "binding_operator_share"): lambda t: prizes(t) & (t.total("certified_slack") < 100.0),
    ("total", "governance_hhi"): lambda t: weekly(t.from_first("snapshot") & t.model.scenario.stakers.points),
    **{("total", f"premium_{kind}"): begun for kind in ("promised", "earned", "airdrops")},
    ("total", "premium_advertised"): lrts,
    **{("total", f"{source}_apr"): lrts for source in ("points", "avs_fee", "avs_token", "programme")},
    ("total", "sustainable_share"): lambda t: lrts(t) & (_added(t) > 0.0),
    ("total", "belief_fdv_ratio"): lambda t: np.full(t.days.size, bool(t.model.scenario.lrt)),
    ("total", "airdrop_retention"): lambda t: _retained(t),
    ("total", "worst_discount"): lrts,
    ("total", "widest_pool_gap"): lambda t: two_pools(t).any(axis=1),
    ("total", "loop_leverage"): lambda t: t.total("lrt_posted_share") > 0.0,
    ("total", "eth_borrow_apr"): lenders,
    ("total", "lending_utilisation"): lenders,
    ("total", "treasury_ruined_share"): lambda t: np.full(t.days.size, t.model.treasuries.rows.size > 0),
    **{
        ("lrt", name): supplied
        for name in (
            *("nav", "price", "discount", "depth_1pct", "depth_10pct", "base_apr", "avs_fee_apr", "avs_token_apr"),
            *("programme_apr", "points_apr", "advertised_apr", "implied_apr", "remembered_discount", "operator_hhi"),
            "posted_share",
        )
    },
    **{("lrt", name): held for name in ("promised_apr", "earned_apr", "risk_adjusted_apr", *EARNED)},
    ("lrt", "pool_gap"): two_pools,
    ("lrt", "queue_days"): lambda t: supplied(t) & (t.of("lrt", "redemption_open") == 1.0),
    ("lrt", "nav_apr"): lambda t: supplied(t) & before(supplied(t)),
    ("lrt", "top10_share"): lambda t: weekly(t.of("lrt", "holders") > 0.0),
    ("lrt", "loan_ltv"): lambda t: supplied(t) & t.model.scenario.lending.enabled,
    ("lrt", "oracle_low"): lambda t: _posted(t) | before(_posted(t)),
    ("lrt", "liquidated_leverage"): liquidated,
    **{("lst", name): lambda t: supplied(t, "lst") for name in ("nav", "apr")},
    **{("token", name): lambda t: t.of("token", "pool_eth") > 0.0 for name in ("price_eth", "high_eth", "fdv_eth")},
    ("token", "airdrop_sold_share"): claimed,
    ("operator", "certified_slack"): lambda t: (
        (t.of("operator", "stake_eth") > 0.0) & (t.of("operator", "avs_count") > 0.0)
    ),
    ("avs", "service_level"): lambda t: t.of("avs", "active") == 1.0,
    ("venue", "apr"): lambda t: (
        (t.of("venue", "supply_eth") > 0.0) | (np.array(t.recorder.kinds["venue"][0]) == "idle")
    ),
}
"""For every metric that may be missing: when what it measures exists, told by other records."""


def _added(t: Table) -> np.ndarray:
    return np.nansum([t.total(f"{source}_apr") for source in ("points", "avs_fee", "avs_token", "programme")], axis=0)


def _posted(t: Table) -> np.ndarray:
    return np.nan_to_num(t.of("lrt", "posted_share")) > 0.0


def _retained(t: Table) -> np.ndarray:
    supply = t.of("lrt", "supply_eth")
    there = np.zeros(t.days.size, bool)
    for k, campaign in enumerate(t.model.campaigns.campaigns[:-1]):
        claim = campaign.seasons[0].claim if campaign.seasons else t.days.size
        if 0 <= claim < t.days.size and supply[claim, k] > 0.0:
            there[claim:] = True
    return there


def without(table: str) -> Scenario:
    """The baseline without entities of a kind."""
    return Scenario(**{**load_scenario("baseline").to_dict(), table: {}})


WORLDS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "neither lending nor, at first, two of the LRTs": (lambda: "baseline", {"days": 200}),
    "no AVS": (lambda: without("avs"), {"days": 60}),
    "no LRT": (lambda: without("lrt"), {"days": 60}),
    "no points and so no tokens": (lambda: "baseline", {"days": 200, "stakers.points": False}),
    "late AVSs, tokens and redemption": (lambda: "season-2024", {"days": 160}),
    "loans and liquidations": (lambda: "depeg-2024", {"days": 115}),
    "two pools": (lambda: "depeg-2024", {"days": 20, "markets.side_pools": [0.5]}),
}


def test_every_metric_that_may_be_missing_is_held_against_what_exists() -> None:
    assert set(THERE) == {(m.level, m.name) for m in METRICS if m.optional}
    for metric in METRICS:
        assert not metric.missing.endswith("."), metric


@pytest.mark.parametrize("world", WORLDS)
def test_a_metric_is_missing_exactly_while_what_it_measures_does_not_exist(world: str) -> None:
    scenario, settings = WORLDS[world]
    with RestakingEcosystem(scenario(), seed=1, **SMALL, **settings) as model:
        model.run()
        table = Table(model)
        for metric in METRICS:
            level = metric.level
            if level != "total" and not table.recorder.kinds[level][0]:
                continue
            values = table.total(metric.name) if level == "total" else table.of(level, metric.name)
            there = THERE[level, metric.name](table) if metric.optional else np.ones(values.shape, bool)
            np.testing.assert_array_equal(~np.isnan(values), there, err_msg=f"{level}.{metric.name}")
