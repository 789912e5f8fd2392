"""An ecosystem that only looks like one: plausible series out of formulas, in milliseconds.

It has what runs, files and figures need of the real one: scenario, seed, recorder, summary and capital network.
"""

import math
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np

from restaking.model.metrics import metrics_of
from restaking.model.networks import capital_network
from restaking.model.recorder import Recorder
from restaking.model.scenario import Scenario, load_scenario
from restaking.model.state import KIND_IDLE, KIND_LRT, KIND_LST, KIND_LST_RESTAKING, KIND_NATIVE, KIND_SOLO

OPERATORS, SERVICES = 25, 40
REDEMPTION_OPENS, AIRDROP = 0.5, 0.35
"""Moments of the events, as parts of the run."""


def small_scenario(days: int = 90, **overrides: Any) -> Scenario:
    """The 2024 season, short and small, as a scenario to fake."""
    return load_scenario("season-2024", {"days": days, "stakers.count": 50, **overrides})


def _nothing(day: int) -> None:
    pass


class FakeEcosystem:
    """The public face of ``RestakingEcosystem`` over invented numbers.

    Args:
        scenario: the scenario.
        seed: seed of the invented numbers; the scenario's when None.
        engine: noted, and without effect.
        at_day: called with the day before it is made; for interruptions.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int | None = None,
        engine: str = "kernel",
        at_day: Callable[[int], None] = _nothing,
    ) -> None:
        self.scenario, self.engine = scenario, engine
        self.seed = scenario.seed if seed is None else seed
        self.horizon, self.day, self.closed = scenario.days, 0, False
        self._at_day = at_day
        self._random = np.random.default_rng(self.seed)
        ids = {
            "lst": list(scenario.lst),
            "lrt": list(scenario.lrt),
            "token": ["EIGEN", *(terms.token.id for terms in scenario.lrt.values())],
            "operator": [f"operator {n}" for n in range(OPERATORS)],
            "avs": [f"service {n}" for n in range(SERVICES)],
            "venue": list(scenario.venues),
        }
        self.recorder = Recorder(
            [metric.name for metric in metrics_of("total")],
            {kind: (names, [metric.name for metric in metrics_of(kind)]) for kind, names in ids.items()},
            self.horizon,
            scenario.start_date,
            scenario.recording.entity_interval,
        )
        self._record()

    def __enter__(self) -> "FakeEcosystem":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    def step(self) -> None:
        self._at_day(self.day)
        self.day += 1
        self._events(self.day - 1)
        self._record()

    def run(self, days: int | None = None, progress: Callable[[int, int], None] | None = None) -> None:
        last = self.horizon if days is None else min(self.day + days, self.horizon)
        while self.day < last:
            self.step()
            if progress is not None:
                progress(self.day, last)

    def summary(self) -> dict[str, float]:
        return self.recorder.summary()

    def capital_network(self) -> nx.DiGraph:
        supply = self._supplies()
        venues = list(self.scenario.venues)
        kinds = np.array(
            [KIND_IDLE, KIND_SOLO]
            + [KIND_LST] * len(self.scenario.lst)
            + [KIND_NATIVE, KIND_LST_RESTAKING]
            + [KIND_LRT] * supply.size
        )
        archetypes = list(self.scenario.stakers.archetypes)
        held = np.array([6e6, 18e6, *np.full(len(self.scenario.lst), 2e6), 5e4, 2e5, *supply])
        parts = np.array([2.0**-n for n in range(len(archetypes))])
        backing = np.zeros((len(venues), len(self.scenario.lst)))
        backing[-supply.size - 1 :, 0] = 0.4 * held[-supply.size - 1 :]
        restaked = held[2 + len(self.scenario.lst) :]
        weights = 1.0 / np.arange(1, OPERATORS + 1) ** 1.1
        delegation = restaked[:, None] * weights / weights.sum()
        runs = (np.arange(OPERATORS)[:, None] * 7 + np.arange(SERVICES)[None, :] * 3) % 5 < 2
        return capital_network(
            archetypes,
            venues,
            kinds,
            held * (parts / parts.sum())[:, None],
            backing,
            list(self.recorder.kinds["operator"][0]),
            delegation,
            list(self.recorder.kinds["avs"][0]),
            runs * delegation.sum(axis=0)[:, None],
        )

    # --- invented numbers ---------------------------------------------------------------------------------------------

    def _part(self) -> float:
        return self.day / self.horizon

    def _launched(self) -> np.ndarray:
        return np.array([self.scenario.day_of(t.launch_day) <= self.day for t in self.scenario.lrt.values()])

    def _supplies(self) -> np.ndarray:
        t = self._part()
        size = 2.0 ** -np.arange(len(self.scenario.lrt))
        return 1.5e6 * size * (t * (1.4 - t) + 0.02) * self._launched()

    def _discounts(self) -> np.ndarray:
        t = self._part()
        panic = math.exp(-(((t - AIRDROP) / 0.03) ** 2))
        depth = 0.004 * (1.0 + np.arange(len(self.scenario.lrt)))
        return self._launched() * depth * (1.0 + 20.0 * panic) * (0.5 + self._random.random(depth.size))

    def _record(self) -> None:
        day, t, recorder = self.day, self._part(), self.recorder
        supply, discount = self._supplies(), self._discounts()
        total = float(supply.sum())
        values = {
            "eth_staked": 29e6,
            "base_apr": 0.037,
            "lrt_supply_eth": total,
            "restaked_eth": total + 2.5e5,
            "lrt_share_of_staked": total / 29e6,
            "gross_tvl_eth": 31e6,
            "net_unique_eth": 29e6,
            "operator_nakamoto": 3,
            "paid_by_issuance_eth": 2400.0 * day,
            "paid_by_users_eth": 500.0 * day,
            "paid_by_token_buyers_eth": 400.0 * max(day - AIRDROP * self.horizon, 0.0),
            "exit_queue_eth": 2e5 * float(discount.max()) / 0.1,
            "exit_queue_days": 2.0 * float(discount.max()) / 0.1,
            "claims_eth": 4e5 * float(discount.max()) / 0.1,
            "airdrop_retention": 1.0 if t > AIRDROP else math.nan,
            "lrt_claims_eth": 3e5 * float(discount.max()) / 0.1,
            "certified_slack": 1.0,
            "binding_operator_share": 0.1,
            "shock_loss_bound": 0.02,
            "worst_discount": float(discount.max()),
            "widest_pool_gap": 0.0,
            "sentiment": 1.0,
            "lrt_posted_share": 0.4,
            "loans_eth": 1e5,
            "loop_leverage": 3.0,
            "eth_borrow_apr": 0.03,
            "lending_utilisation": 0.9,
            "lenders_eth": 1.1e5,
            "liquidated_eth": 0.0,
            "unsafe_loans_eth": 0.0,
            "bad_debt_eth": 0.0,
            "treasury_ruined_share": 0.0,
            "losses_eth": 0.0,
            "losses_of_stakers_eth": 0.0,
            "losses_of_lenders_eth": 0.0,
            "attacks": 0.0,
            "coverage_ratio": 0.2,
            "shock_loss_bound_small": 0.01,
            "shock_loss_bound_large": 0.3,
            "eth_usd": 2_400.0,
            "belief_fdv_ratio": math.nan,
        }
        # What is left behaves like a share that drifts.
        recorder.daily[day] = [values.get(name, 0.2 + 0.3 * t) for name in recorder.names]
        recorder.rows = day + 1
        if day % recorder.interval == 0:
            self._record_entities(day // recorder.interval, t, supply, discount)

    def _record_entities(self, row: int, t: float, supply: np.ndarray, discount: np.ndarray) -> None:
        season = 0.0 if t > AIRDROP else 0.25 * (1.0 - t)
        lrt = {
            "supply_eth": supply,
            "discount": discount,
            "price": 1.0 - discount,
            "depth_1pct": np.minimum(3.0 * discount, 1.0),
            "depth_10pct": np.minimum(30.0 * discount, 1.0),
            "buffer_eth": 0.05 * supply,
            "queue_eth": 2.0 * discount * supply,
            "queue_days": 7.0 + 100.0 * discount,
            "redemption_open": np.full(supply.size, float(t >= REDEMPTION_OPENS)),
            "base_apr": 0.033,
            "avs_fee_apr": 0.001 * t,
            "avs_token_apr": 0.004 * t,
            "programme_apr": 0.01 * (t > AIRDROP),
            "points_apr": season,
            "advertised_apr": 0.033 + 0.005 * t + 0.01 * (t > AIRDROP) + season,
            "promised_apr": 0.04,
            "earned_apr": 0.033 + 0.001 * t + 0.01 * (t > AIRDROP),
            "earned_staking_apr": 0.033,
            "earned_avs_fee_apr": 0.001 * t,
            "earned_avs_token_apr": 0.0,
            "earned_programme_apr": 0.0,
            "earned_loss_apr": 0.0,
            "earned_airdrop_apr": 0.007 * (t > AIRDROP),
            "earned_layer_airdrop_apr": 0.003 * (t > AIRDROP),
            "nav_apr": 0.033 + 0.001 * t,
            "minted_eth": 0.02 * supply,
            "bought_eth": 0.005 * supply,
            "redeemed_eth": 0.01 * supply,
            "sold_eth": 0.1 * discount * supply,
            "holders": 10.0,
        }
        venue = np.array([6e6, 18e6, *np.full(len(self.scenario.lst), 2e6), 5e4, 2e5, *supply])
        given = {"lrt": lrt, "venue": {"supply_eth": venue, "holders": 5.0, "apr": 0.03}}
        for kind, (_, names) in self.recorder.kinds.items():
            for column, name in enumerate(names):
                self.recorder.entity[kind][row, :, column] = given.get(kind, {}).get(name, 1.0 + t)

    def _events(self, day: int) -> None:
        for name, terms in self.scenario.lrt.items():
            if self.scenario.day_of(terms.launch_day) == day:
                self.recorder.event(day, 0, "launch", name)
        leader = next(iter(self.scenario.lrt), "")
        if leader and day == int(AIRDROP * self.horizon):
            self.recorder.event(day, 0, "airdrop", leader, "", 1e8, "ETHFI")
            self.recorder.event(day, 3, "depeg", leader, "", 0.031, "discount")
            self.recorder.event(day, 0, "slash", "operator 1", "service 2", 120.5, "ETH", "own fault")
        if leader and day == int(REDEMPTION_OPENS * self.horizon):
            self.recorder.event(day, 0, "redemption_open", leader)
