"""Node operators: which AVSs to serve, with which part of the stake, at what commission.

``NodeOperator.step`` is the definition of an operator's week, in ordinary Python. ``operators_week`` in
``model/kernels/restaking.py`` is the same for all rows at once and must agree with it decision for decision. The
model that it lives in has its restaking layer as ``model.restaking_layer``.
"""

import math
from typing import TYPE_CHECKING

from ..model.kernels.restaking_records import (
    COMMISSION_CAP,
    COMMISSION_STEP,
    COMPETITION,
    DAYS_PER_YEAR,
    MARGIN_RESPONSE,
    REPUTATION_YEARS,
    SET_UP,
    SHARE_MEMORY,
    SHARE_RESPONSE,
    SMALLEST_COST,
    STRAIN,
)
from .population import RowAgent

if TYPE_CHECKING:
    from ..model.restaking_layer import Offer, RestakingLayer


class NodeOperator(RowAgent):
    """One row of the layer's operators: stake, own stake, commission, skill, capacity, cost, client, record.

    Columns (see ``OPERATOR``) read and write as attributes: ``operator.commission``.
    """

    stake: float
    self_stake: float
    commission: float
    capacity: float
    cost: float
    avs_count: int
    reviewing: int
    hazard: float
    share_memory: float
    reward: float

    @property
    def layer(self) -> "RestakingLayer":
        """The restaking layer that the operator works for."""
        return self.model.restaking_layer

    def step(self) -> None:
        """One week: goes through the AVSs when it is time to, then sets its commission."""
        if self.reviewing:
            offers = self.layer.offers(self.row)
            self.layer.file_services(self.row, self.allocate(self.choose(offers)))
        self.reprice()

    # --- which AVSs ---------------------------------------------------------------------------------------------------

    def choose(self, offers: "list[Offer]") -> "list[Offer]":
        """The best AVSs, for as long as the next one is worth its strain; in index order.

        Beyond its capacity each further AVS costs more to run, and (what it does not weigh) makes faults likelier.
        """
        precision = self.layer.board.choice_precision
        best_first = sorted(((self.utility(offer), offer) for offer in offers), key=lambda pair: -pair[0])
        chosen = []
        for number, (utility, offer) in enumerate(best_first, start=1):
            beyond = max(0.0, number - self.capacity) / self.capacity
            if utility - precision * STRAIN * beyond <= 0.0:
                break
            chosen.append(offer)
        return sorted(chosen, key=lambda offer: offer.service)

    def utility(self, offer: "Offer") -> float:
        """Logit utility of serving an AVS: a year's profit over its cost, times precision, plus a lasting taste."""
        profit = (self.earnings(offer) - self.slashing(offer) - self.cost) / max(self.cost, SMALLEST_COST)
        staying = SET_UP if offer.running else 0.0
        return float(self.layer.board.choice_precision * (profit + staying) + offer.taste)

    def assumed_allocation(self, offer: "Offer") -> float:
        """Part of its stake that it reckons with: all of it where stake is pooled, else an equal part."""
        degree = self.layer.board.degree
        if degree <= 0.0:
            return 1.0
        number = self.avs_count if offer.running else self.avs_count + 1
        return float(min(1.0, degree / number))

    def earnings(self, offer: "Offer") -> float:
        """ETH per year: its stake's part of what the AVS pays, of which it keeps commission and its own stake's."""
        committed = self.stake * self.assumed_allocation(offer)
        if committed <= 0.0:
            return 0.0
        others = max(0.0, offer.stake - self.stake * offer.allocated)
        reward = offer.pay * committed / (others + committed)
        delegated = self.stake - self.self_stake
        kept = (self.self_stake + self.commission * delegated) / self.stake
        return float(reward * kept)

    def slashing(self, offer: "Offer") -> float:
        """ETH per year: own stake expected to be slashed, and commission missed on delegated stake that is."""
        if offer.slash_fraction <= 0.0:
            return 0.0
        board = self.layer.board
        faults = self.hazard + board.fault_rate * board.client_correlation
        missed = REPUTATION_YEARS * DAYS_PER_YEAR * self.reward
        return float(faults * offer.slash_fraction * self.assumed_allocation(offer) * (self.self_stake + missed))

    def allocate(self, chosen: "list[Offer]") -> dict[int, float]:
        """Allocations: all stake to each where pooled, else pro rata to pay and at most the whole stake each."""
        left = self.layer.board.degree
        if left <= 0.0 or len(chosen) <= left:
            return {offer.service: 1.0 for offer in chosen}
        allocations: dict[int, float] = {}
        while chosen:
            pay = 0.0
            for offer in chosen:
                pay += offer.pay
            wanted = {o.service: left * (o.pay / pay if pay > 0.0 else 1.0 / len(chosen)) for o in chosen}
            full = [offer for offer in chosen if wanted[offer.service] >= 1.0]
            if not full:
                return allocations | wanted
            allocations |= {offer.service: 1.0 for offer in full}
            left -= len(full)
            chosen = [offer for offer in chosen if wanted[offer.service] < 1.0]
        return allocations

    # --- at what commission -------------------------------------------------------------------------------------------

    def reprice(self) -> None:
        """Moves towards competitors' commission, down after lost stake, up at a loss, down at a profit."""
        board = self.layer.board
        share = self.stake / board.total_stake if board.total_stake > 0.0 else 0.0
        change = (
            COMPETITION * self._gap(board.total_stake, board.stake_commission)
            + SHARE_RESPONSE * self._drift(share)
            + MARGIN_RESPONSE * self._loss()
        )
        step = min(max(change, -COMMISSION_STEP), COMMISSION_STEP)
        self.commission = min(max(self.commission + step, 0.0), COMMISSION_CAP)
        self.share_memory = self.share_memory + SHARE_MEMORY * (share - self.share_memory)

    def _gap(self, total_stake: float, stake_commission: float) -> float:
        """Competitors' stake-weighted commission less its own."""
        rivals = total_stake - self.stake
        if rivals <= 0.0:
            return 0.0
        return float((stake_commission - self.stake * self.commission) / rivals - self.commission)

    def _drift(self, share: float) -> float:
        """Logarithm of its share of stake over the usual one."""
        if share <= 0.0 or self.share_memory <= 0.0:
            return 0.0
        return math.log(share / self.share_memory)

    def _loss(self) -> float:
        """Running costs less rewards, over the larger of the two: 1 where nothing is paid, -1 where nothing is due."""
        costs = self.cost * self.avs_count
        income = self.reward * DAYS_PER_YEAR
        larger = max(costs, income)
        return float((costs - income) / larger) if larger > 0.0 else 0.0
