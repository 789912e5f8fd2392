"""LRT protocols: how they answer lost market share, outflows and runs, once a week."""

from typing import TYPE_CHECKING, Any

import mesa

from ..model.shown import html_table
from ..model.state import NOBODY

if TYPE_CHECKING:
    from ..model.ecosystem import RestakingEcosystem

LOST_SHARE = 0.01
"""Loss of market share in a week that a protocol answers with a larger campaign."""
GENEROSITY_STEP = 0.05
MOST_GENEROUS = 1.25
"""A season's budget grows by at most a quarter: the token treasury is finite."""
BUFFER_STEP = 1.25
LARGEST_BUFFER = 0.25


class LRTProtocol(mesa.Agent):
    """One liquid restaking protocol.

    Args:
        model: the ecosystem.
        number: index among the LRTs.
        name: its id.
    """

    def __init__(self, model: "RestakingEcosystem", number: int, name: str) -> None:
        super().__init__(model)
        self.number, self.name = number, name
        self.venue = model.first_lrt + number
        self.share_before = self.market_share

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}, {self.name}>"

    def _repr_html_(self) -> str:
        facts = {
            "name": self.name,
            "venue": self.venue,
            "supply, ETH": self.supply_eth,
            "share of all LRTs": self.market_share,
            "NAV, ETH": float(self.terms["nav"]),
            "price, ETH": float(self.terms["price"]),
        }
        return html_table(f"{type(self).__name__} {self.unique_id}", facts)

    @property
    def book(self) -> Any:
        """Its balance sheet (``BOOK``)."""
        return self.model.world.books[self.venue]

    @property
    def terms(self) -> Any:
        """What it offers (``VENUE``)."""
        return self.model.world.venues[self.venue]

    @property
    def supply_eth(self) -> float:
        """ETH value of its token at NAV."""
        return float(self.book["shares"] * self.terms["nav"])

    @property
    def market_share(self) -> float:
        """Its part of all LRTs."""
        total = float(self.model.lrt_supplies.sum())
        return self.supply_eth / total if total > 0.0 else 0.0

    @property
    def holders(self) -> int:
        """Stakers that hold its token."""
        satellites = self.model.world.stakers["satellite"]
        return int(((satellites == self.venue) & (satellites != NOBODY)).sum())

    def step(self) -> None:
        """One week: a larger campaign after lost share, a larger buffer after outflows, a stop by a custodian."""
        if not self.terms["launched"]:
            return
        self.answer_lost_share()
        self.mind_buffer()
        self.guard_withdrawals()

    def answer_lost_share(self) -> None:
        """Best response to lost share, within what the token treasury can pay."""
        share = self.market_share
        if share < self.share_before - LOST_SHARE:
            campaign = self.model.campaigns.campaigns[self.number]
            campaign.generosity = min(campaign.generosity + GENEROSITY_STEP, MOST_GENEROUS)
        self.share_before = share

    def mind_buffer(self) -> None:
        """Raise the buffer's target while claims exceed it, let it fall back when they are paid."""
        own = self.model.scenario.lrt[self.name].buffer_fraction
        target = float(self.book["buffer_fraction"])
        if self.book["claims"] > target * self.supply_eth:
            self.book["buffer_fraction"] = min(max(target * BUFFER_STEP, own), max(LARGEST_BUFFER, own))
        elif self.book["claims"] == 0.0:
            self.book["buffer_fraction"] = max(target / BUFFER_STEP, own)

    def guard_withdrawals(self) -> None:
        """Who holds the keys can shut the door: a custodial protocol does when more is asked for than is at hand.

        What arrives during the stop pays the claims when it ends.
        """
        scenario = self.model.scenario
        if scenario.lrt[self.name].custody != "custodial" or not self.terms["redemption_open"]:
            return
        uncovered = float(self.book["claims"] - self.book["buffer"])
        if uncovered > scenario.hazards.custodial_pause_claims * self.supply_eth:
            days = scenario.hazards.custodial_pause_days
            self.model.news_desk.pause_protocol(self.model.day, self.venue, days)
