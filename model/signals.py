"""What stakers see at the close: yields by source, integration, discounts, waits; the basis of tomorrow's decisions."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .hazards import LAYER
from .kernels.close import close_exits, close_yields
from .markets.redemption import free_buffer, instant_fee
from .state import IDLE, KIND_LST, SOLO

if TYPE_CHECKING:
    from .ecosystem import RestakingEcosystem

Floats = NDArray[np.float64]

SMALLEST_VARIANCE = 1e-4
DISCOUNT_VARIANCE_DAYS = 60.0
"""Half-life of the memory of discounts that enters the variance of a token."""


class Signals:
    """Turns the state at a close into the fields of ``VENUE`` that deciders read.

    Args:
        model: the ecosystem.

    Attributes:
        opening_days: (K,) believed days until each LRT's redemption opens, 0 when open.
        base_apr: (R,) yield of each restaking venue's stake without AVS rewards, per year.
        fee_apr: (R,) AVS customer fees after the protocol's fee, per year.
        avs_token_apr: (R,) AVS tokens after the protocol's fee, per year.
        programme_apr: (R,) programme tokens after the protocol's fee, per year.
        points_apr: (R,) expected own and layer points, per year; an opinion.
    """

    def __init__(self, model: "RestakingEcosystem") -> None:
        self.model = model
        restaking = model.world.venues.size - model.first_restaking
        lrts = restaking - 2
        self.opening_days = np.zeros(lrts)
        self._aprs = np.zeros((4, restaking))
        self.base_apr, self.fee_apr, self.avs_token_apr, self.programme_apr = self._aprs
        self.points_apr = np.zeros(restaking)
        self._integration = model.world.venues["integration"][model.first_lrt :].copy()
        self._squared_discount = np.zeros(lrts)
        terms = model.scenario.stakers
        self._forget = 0.5 ** (1.0 / terms.discount_memory_days)
        self._fade = 0.5 ** (1.0 / DISCOUNT_VARIANCE_DAYS)

    def distrust(self, k: int, fraction: float) -> None:
        """Markets around LRT k were robbed of a fraction of their ETH: that part of its use is gone."""
        self._integration[k] *= 1.0 - fraction

    def close(self) -> None:
        """Update every venue for tomorrow's deciders."""
        self._yields()
        self._integrate()
        self._exits()
        self._risks()

    def _yields(self) -> None:
        model, world = self.model, self.model.world
        venues, books = world.venues, world.books
        base = self._base_rate()
        if model.day == 0:
            venues["apr"][1:] = (1.0 - books["fee"][1:]) * base
        rewards, supply = model.restaking_layer.rewards, model.restaked
        rate = self._programme_rate(supply)
        close_yields(world, base, model.first_restaking, rewards.fee_apr, rewards.token_apr, rate, self._aprs)
        self._points(supply)
        venues["apr"][IDLE] = model.scenario.stakers.liquidity_value
        staked = books["shares"][SOLO : model.first_restaking] * venues["nav"][SOLO : model.first_restaking]
        venues["following"][SOLO : model.first_restaking] = staked / max(float(staked.sum()), 1e-300)

    def _base_rate(self) -> float:
        ethereum = self.model.scenario.ethereum
        staked = float(self.model.world.books["validators"].sum()) + ethereum.other_staked_eth
        return float(ethereum.issuance_coefficient / math.sqrt(max(staked, 1.0)) + ethereum.mev_apr)

    def _programme_rate(self, supply: Floats) -> float:
        """Programme tokens per restaked ETH and year, at the market price."""
        model, terms = self.model, self.model.scenario.restaking
        start = terms.programme_start_day
        if start is None or model.day < model.scenario.day_of(start):
            return 0.0
        yearly = terms.programme_tokens_per_week * 365.0 / 7.0
        yearly *= terms.programme_staker_share * (1.0 - terms.operator_commission)
        return float(yearly * model.campaigns.campaigns[-1].market.price / max(float(supply.sum()), 1.0))

    def _points(self, supply: Floats) -> None:
        model, first = self.model, self.model.first_restaking
        campaigns, venues = model.campaigns, model.world.venues
        layer = campaigns.points_apr(len(campaigns.campaigns) - 1, model.day, float(supply.sum()))
        venues["layer_points_yield"][first:] = layer
        for k in range(self.opening_days.size):
            venues["points_yield"][model.first_lrt + k] = campaigns.points_apr(k, model.day, float(supply[2 + k]))
        self.points_apr[:] = venues["points_yield"][first:] + layer

    def _integrate(self) -> None:
        """Integration in DeFi, a stock with increasing returns (E6); needs redemption to be worth much.

        Where LRTs can be borrowed against, it follows what is in use: posted on lending markets or held by pools.
        Without lending a curve in supply stands for it.
        """
        terms = self.model.scenario.stakers
        if not terms.integration:
            return
        venues = self.model.world.venues[self.model.first_lrt :]
        if self.model.lending.enabled:
            reached = np.minimum(self._used() / terms.integration_use, 1.0)
        else:
            scaled = np.maximum(self.model.lrt_supplies / terms.integration_half_eth, 0.0) ** terms.integration_power
            reached = scaled / (1.0 + scaled)
        target = reached * np.where(venues["redemption_open"] == 1, 1.0, terms.integration_closed)
        self._integration += (target - self._integration) / terms.integration_days
        venues["integration"] = self._integration

    def _used(self) -> Floats:
        """(K,) part of each LRT's supply that is posted as collateral or stands in its pool."""
        model = self.model
        navs = model.world.venues["nav"][model.first_lrt :]
        used = model.lending.survey[:, 0] + model.exchange.pooled_shares() * navs
        return np.asarray(used / np.maximum(model.lrt_supplies, 1.0))

    def _exits(self) -> None:
        model, scenario = self.model, self.model.scenario
        for k, protocol in enumerate(scenario.lrt.values()):
            self.opening_days[k] = self._days_to_opening(k, protocol)
        close_exits(
            model.world,
            model.exchange.pools,
            model.exchange.fills.lrts["mean_price"],
            self.opening_days,
            model.day,
            model.first_restaking,
            model.news_desk.churn[1],
            scenario.ethereum.sweep_days,
            scenario.stakers.illiquidity,
            self._forget,
        )

    def _days_to_opening(self, k: int, protocol: Any) -> float:
        """What people believe: the date once it is announced, long before that."""
        if self.model.world.venues["redemption_open"][self.model.first_lrt + k]:
            return 0.0
        left = self.model.scenario.day_of(protocol.redemption_open_day) - self.model.day
        paused = int(self.model.news_desk.paused_until[self.model.first_lrt + k]) - self.model.day
        if paused > max(left, 0):
            return float(paused)
        if left <= protocol.redemption_announced_days:
            return float(max(left, 1))
        return float(self.model.scenario.stakers.unannounced_opening_days)

    def _risks(self) -> None:
        model, hazards = self.model, self.model.hazards
        venues, first = model.world.venues, model.first_restaking
        discount = 1.0 - model.exchange.fills.lrts["mean_price"]
        self._squared_discount = self._fade * self._squared_discount + (1.0 - self._fade) * discount**2
        if model.day % 7 != 0:
            return
        layer = model.restaking_layer
        # Nobody prices a slash that no service can carry out yet.
        slashing = layer.slashing_variance() if layer.slashing_live(model.day) else np.zeros(venues.size - first)
        scale = model.scenario.stakers.unfamiliarity_scale
        yearly = 365.0 / model.scenario.stakers.switching_horizon_days
        for r in range(venues.size - first):
            row, k = venues[first + r], r - 2 if r >= 2 else LAYER
            jump = hazards.variance(k, model.day, slashing=float(slashing[r]))
            # A discount comes and goes: it is risked once, at the exit, and so is spread over the time held.
            exit_risk = yearly * float(self._squared_discount[k]) if r >= 2 else 0.0
            row["variance"] = max(jump + exit_risk, SMALLEST_VARIANCE)
            row["risk"] = hazards.risk_score(k, model.day)
            if r >= 2:
                protocol = model.scenario.lrt[model.venue_names[first + r]]
                age = model.day - model.scenario.day_of(protocol.launch_day)
                row["unfamiliarity"] = scale * hazards.unfamiliarity(k, age, float(row["integration"]))

    def instant_fees(self) -> Floats:
        """(K,) fee of being paid at once, linear in the emptiness of the buffer; infinite where that is not offered.

        What the buffer holds for claims that wait is not for those who come later.
        """
        model = self.model
        books = model.world.books[model.first_lrt :]
        target = books["buffer_fraction"] * model.lrt_supplies
        return np.array(
            [
                instant_fee(float(b), float(t), float(f)) if f > 0.0 and b > 0.0 else np.inf
                for b, t, f in zip(free_buffer(books), target, books["instant_fee"], strict=True)
            ]
        )

    @property
    def lst_rows(self) -> NDArray[np.intp]:
        """Rows of the LSTs."""
        return np.flatnonzero(self.model.world.venues["kind"] == KIND_LST)
