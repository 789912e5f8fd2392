"""Treasuries that pay bills in dollars: a runway, forced sales when it is short, ruin when nothing is left.

Archetypes with bills spend a fixed number of dollars a month, whatever ETH is worth: a part of what they owned on day
zero. They pay with their core asset, handed on at NAV. When the core covers less than the runway they want, they sell
restaked tokens at any price (E7: forced sellers are what a depeg is made of); who cannot pay is ruined. Loans in
stablecoins against restaked tokens (archetypes with leverage) make the same fall of ETH worse.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .kernels.debts import owed_eth
from .state import IDLE, NOBODY

if TYPE_CHECKING:
    from .ecosystem import RestakingEcosystem

MONTH_DAYS = 30
ANY_PRICE = 1.0
"""Largest discount: a forced seller takes what it gets."""


class Treasuries:
    """Who pays bills, how much, and who could not.

    Args:
        model: the ecosystem on day zero.

    Attributes:
        rows: stakers with bills.
        bill_usd: (rows,) dollars due every month.
        ruined: (rows,) whether a bill could not be paid.
    """

    def __init__(self, model: "RestakingEcosystem") -> None:
        self.model = model
        kinds = list(model.scenario.stakers.archetypes.values())
        yearly = np.array([kind.bills_per_year for kind in kinds])[model.world.stakers["archetype"]]
        self.rows = np.flatnonzero(yearly > 0.0)
        wealth = model._wealth(model.stakers)[self.rows]
        price = float(model.lending.prices_usd[0])
        self.bill_usd = yearly[self.rows] * wealth * price * MONTH_DAYS / 365.0
        self.ruined = np.zeros(self.rows.size, bool)
        months = np.array([kind.runway_months for kind in kinds])[model.world.stakers["archetype"]]
        self.runway = months[self.rows]

    def bill_eth(self) -> NDArray[np.float64]:
        """(rows,) ETH that a month's bill is at today's price."""
        return np.asarray(self.bill_usd / float(self.model.lending.prices_usd[self.model.day]))

    def pay(self) -> None:
        """The month's bills, out of core assets."""
        world, due = self.model.world, self.bill_eth()
        for n, row in enumerate(self.rows.tolist()):
            if self.ruined[n]:
                continue
            staker = world.stakers[row]
            core, nav = int(staker["core"]), float(world.venues["nav"][staker["core"]])
            paid = min(float(due[n]), float(staker["core_shares"]) * nav)
            staker["core_shares"] = max(float(staker["core_shares"]) - paid / nav, 0.0)
            if core == IDLE:
                world.accounts[0]["stakers"] -= paid
                world.accounts[0]["outside_out"] += paid
            else:
                world.outside_shares[core] += paid / nav
            if paid < due[n] * (1.0 - 1e-9) and self._nothing_left(row):
                self.ruined[n] = True

    def _nothing_left(self, row: int) -> bool:
        staker = self.model.world.stakers[row]
        waiting = float(staker["pending_amount"])
        if staker["satellite"] == NOBODY:
            return waiting <= 0.0
        held = float(staker["satellite_shares"]) * float(self.model.world.venues["nav"][staker["satellite"]])
        return held - float(owed_eth(self.model.world, row)) + waiting <= 1e-9 * max(held, 1.0)

    def file_sales(self) -> None:
        """Whose core covers less than the runway sells restaked tokens for what is missing, at any price.

        Redeeming is cheaper where it is open and no loan stands on the tokens.
        """
        model, world, due = self.model, self.model.world, self.bill_eth()
        busy = set(model._intentions["row"][: model._intended].tolist())
        for n, row in enumerate(self.rows.tolist()):
            staker = world.stakers[row]
            satellite = int(staker["satellite"])
            if self.ruined[n] or satellite == NOBODY or row in busy:
                continue
            core = float(staker["core_shares"]) * float(world.venues["nav"][staker["core"]])
            missing = self.runway[n] * float(due[n]) - core - float(staker["pending_amount"])
            if missing <= 0.0:
                continue
            held = float(staker["satellite_shares"]) * float(world.venues["nav"][satellite])
            free = staker["pending_route"] == NOBODY and float(owed_eth(world, row)) <= 0.0
            if free and world.venues["redemption_open"][satellite]:
                model.file_intention(row, satellite, max(held - missing, 0.0) / max(held + core, 1e-300), 0, 0.0)
            elif satellite >= model.first_lrt:
                model.file_intention(row, satellite, max(held - missing, 0.0) / max(held + core, 1e-300), 1, ANY_PRICE)

    @property
    def ruined_share(self) -> float:
        """Part of those with bills who could not pay, by head; NaN when nobody has any."""
        return float(self.ruined.mean()) if self.rows.size else math.nan
