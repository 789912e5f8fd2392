"""The calendar of a run: launches, seasons, plans, airdrops, openings, and how loudly stakers hear of them."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .randomness import day_key, uniform

if TYPE_CHECKING:
    from .ecosystem import RestakingEcosystem
    from .scenario.hazards import HazardEvent

FAST_NEWS_DAYS = 30.0
"""A launch is news for about so long."""


class News:
    """What the world announces, day by day.

    Args:
        model: the ecosystem.

    Attributes:
        boosts: (V,) points multiplier of the day.
        own_running: (V,) 1 while a season of the venue's own points runs.
        layer_running: 1 while a season of the layer's points runs.
        churn: ETH that may enter and leave validation today.
        alarms: (V,) extra attention of a venue's holders; decays.
        forced_sales: (V,) part of what each holder has of a venue that it wants to sell tomorrow.
    """

    def __init__(self, model: "RestakingEcosystem") -> None:
        self.model, scenario = model, model.scenario
        venues = model.world.venues.size
        self.boosts = np.ones(venues)
        self.own_running = np.zeros(venues, np.uint8)
        self.layer_running = 0
        self.alarms = np.zeros(venues)
        self.forced_sales = np.zeros(venues)
        self.paused_until: NDArray[np.int64] = np.zeros(venues, np.int64)
        ethereum = scenario.ethereum
        self.churn = (float(ethereum.entry_churn_eth_per_day), float(ethereum.exit_churn_eth_per_day))
        self._calendar: dict[int, list[tuple[Any, ...]]] = {}
        self._key = int(model._seeds.key("stakers.good_news"))
        self._plan()

    def _on(self, day: int | None, action: Any, *arguments: Any) -> None:
        if day is not None and day >= 0:
            self._calendar.setdefault(day, []).append((action, *arguments))

    def _plan(self) -> None:
        scenario, day_of = self.model.scenario, self.model.scenario.day_of
        for change in scenario.ethereum.churn_changes:
            self._on(day_of(change.day), self._set_churn, change)
        for leaving in scenario.ethereum.external_exit:
            self._on(day_of(leaving.day), self._outsiders_leave, leaving)
        for escrow in scenario.restaking.escrow_changes:
            self._on(day_of(escrow.day), self._set_escrow, escrow)
        if scenario.restaking.lst_cap_lift_day is not None:
            self._on(max(day_of(scenario.restaking.lst_cap_lift_day), 0), self._lift_cap)
        if scenario.restaking.programme_start_day is not None:
            self._on(day_of(scenario.restaking.programme_start_day), self._say, "programme_start", "restaking")
        for k, (name, terms) in enumerate(scenario.lrt.items()):
            launch = day_of(terms.launch_day)
            if launch > 0:
                self._on(launch, self._launch, k, name)
            opening = day_of(terms.redemption_open_day)
            if opening > 0:
                self._on(opening, self._open_redemption, k, name)
        for number, campaign in enumerate(self.model.campaigns.campaigns):
            token = campaign.market.terms
            if token.plan_day is not None and campaign.seasons:
                self._on(day_of(token.plan_day), self._announce, number)
            for season in campaign.seasons:
                self._on(season.start, self._say, "season_start", campaign.name)
                self._on(season.end, self._snapshot, number, season)
                self._on(season.claim, self._airdrop, number, season)
            if campaign.listing_day is not None and campaign.listing_day < 0 and not campaign.market.listed:
                self._listed_before(number, campaign)
            self._on(campaign.listing_day, self._list, number)

    def plan_again(self, day: int) -> None:
        """Take the calendar of changed terms from ``day`` on.

        A launch, an opening or the end of a cap that the new terms set on a day gone by happens on ``day``.
        """
        paused = np.flatnonzero((self.paused_until >= day) & (self.paused_until > 0))
        self._calendar = {}
        self._plan()
        gone = {past: self._calendar.pop(past) for past in sorted(self._calendar) if past < day}
        for stopped in paused:
            self._on(int(self.paused_until[stopped]), self._resume, int(stopped))
        venues, books = self.model.world.venues, self.model.world.books
        for actions in gone.values():
            for action, *arguments in actions:
                launch, opening = action == self._launch, action == self._open_redemption
                venue = self.model.first_lrt + arguments[0] if launch or opening else self.model.first_restaking + 1
                late = (
                    (launch and not venues["launched"][venue])
                    or (opening and not venues["redemption_open"][venue] and not self.paused_until[venue] > day)
                    or (action == self._lift_cap and books["deposit_cap"][venue] > 0.0)
                )
                if late:
                    self._on(day, action, *arguments)

    def _listed_before(self, number: int, campaign: Any) -> None:
        """A token that traded before the run: nobody is surprised any more, and its first float has been sold."""
        market = campaign.market
        past = sum(season.share for season in campaign.seasons if season.claim < 0)
        market.circulating += past * market.terms.supply
        market.airdropped += past * market.terms.supply
        market.airdrop_sold += past * market.terms.supply
        self.model.list_token(number, campaign.listing_day)
        market.float_sold = market.float_to_sell(0, self.model.scenario.campaigns)

    def read(self, day: int) -> None:
        """Carry out what the calendar has for the day, then see which seasons run."""
        self.alarms *= math.exp(-1.0 / self.model.scenario.stakers.salience_days)
        for action, *arguments in self._calendar.get(day, []):
            action(day, *arguments)
        self._see_seasons(day)
        self._hear(day)

    def alarm(self, venue: int, severity: float) -> None:
        """Bad news about a venue: its holders look again (E5)."""
        self.alarms[venue] = max(self.alarms[venue], self.model.scenario.stakers.salience * severity)

    def shock(self, day: int, event: "HazardEvent") -> None:
        """A pause of withdrawals, or a wave of sales, that the scenario puts on the calendar.

        Raises:
            ValueError: the event is of another kind.
        """
        if event.kind not in ("pause", "shock"):
            raise ValueError(f"nobody has said what happens in an event of kind {event.kind!r}")
        names = self.model.venue_names
        everything = range(self.model.first_restaking, len(names))
        for venue in (v for v in everything if event.target in (names[v], "restaking", "all")):
            if event.kind == "pause":
                self._pause(day, venue, int(event.size))
            elif venue >= self.model.first_lrt:
                self.forced_sales[venue] = min(max(float(event.size), 0.0), 1.0)
        self.model.recorder.event(day, 0, event.kind, event.target, "", float(event.size), "", "scheduled")

    def pause_layer(self, day: int, days: int) -> None:
        """The restaking layer stops all withdrawals of restaked ETH for some days: one cause that hits everybody."""
        for venue in range(self.model.first_restaking, len(self.model.venue_names)):
            self._pause(day, venue, days)
        self._say(day, "pause", "restaking", float(days), "days", "hazard")

    def pause_protocol(self, day: int, venue: int, days: int) -> None:
        """The custodian of an LRT stops its withdrawals for some days."""
        self._pause(day, venue, days)
        self._say(day, "pause", self.model.venue_names[venue], float(days), "days", "custodian")

    def _pause(self, day: int, venue: int, days: int) -> None:
        self.model.world.venues["redemption_open"][venue] = 0
        self.paused_until[venue] = max(int(self.paused_until[venue]), day + days)
        self._on(day + days, self._resume, venue)

    # --- what can happen ----------------------------------------------------------------------------------------------

    def _say(self, day: int, kind: str, subject: str, amount: float = 0.0, unit: str = "", cause: str = "") -> None:
        self.model.recorder.event(day, 0, kind, subject, "", amount, unit, cause)

    def _set_churn(self, day: int, change: Any) -> None:
        self.churn = (float(change.entry), float(change.exit))

    def _outsiders_leave(self, day: int, leaving: Any) -> None:
        self.model.world.exits[day, -1] += leaving.eth
        self._say(day, "shock", "validators", float(leaving.eth), "ETH", "external exit")

    def _set_escrow(self, day: int, change: Any) -> None:
        restaked = slice(self.model.first_restaking, None)
        self.model.world.books["escrow_days"][restaked] = change.days
        self._say(day, "escrow_change", "restaking", float(change.days), "days")

    def _lift_cap(self, day: int) -> None:
        self.model.world.books["deposit_cap"][self.model.first_restaking + 1] = 0.0
        self._say(day, "cap", "lst_restaking", 0.0, "ETH", "lifted")

    def _launch(self, day: int, k: int, name: str) -> None:
        venue = self.model.world.venues[self.model.first_lrt + k]
        venue["launched"] = venue["deposit_open"] = 1
        self._say(day, "launch", name)

    def _open_redemption(self, day: int, k: int, name: str) -> None:
        venue = self.model.first_lrt + k
        if self.paused_until[venue] > day:
            return
        self.model.world.venues["redemption_open"][venue] = 1
        self.alarm(venue, 0.25 * float(1.0 - self.model.world.venues["price"][venue] > 0.0) + 0.25)
        self._say(day, "redemption_open", name)

    def _resume(self, day: int, venue: int) -> None:
        if self.paused_until[venue] <= day and not self._opens_later(day, venue):
            self.model.world.venues["redemption_open"][venue] = 1

    def _opens_later(self, day: int, venue: int) -> bool:
        """Whether a venue is an LRT whose first opening is still to come."""
        scenario, k = self.model.scenario, venue - self.model.first_lrt
        if k < 0:
            return False
        return bool(scenario.day_of(list(scenario.lrt.values())[k].redemption_open_day) > day)

    def _announce(self, day: int, number: int) -> None:
        campaign = self.model.campaigns.campaigns[number]
        surprise = float(campaign.market.terms.plan_surprise)
        self.model.campaigns.announced(number, surprise)
        self._disappoint(number, surprise)
        self._say(day, "token_plan", campaign.name, surprise, "ratio")

    def _snapshot(self, day: int, number: int, season: Any) -> None:
        self.model.snapshot(number, season)
        self._say(day, "snapshot", self.model.campaigns.campaigns[number].name, season.share, "of supply")

    def _airdrop(self, day: int, number: int, season: Any) -> None:
        campaign = self.model.campaigns.campaigns[number]
        tokens = season.share * campaign.market.terms.supply
        campaign.market.circulating += tokens
        campaign.market.airdropped += tokens
        self._say(day, "airdrop", campaign.name, tokens, campaign.market.terms.id)

    def _list(self, day: int, number: int) -> None:
        """The token trades: holders compare what it is worth with what they had hoped."""
        model = self.model
        ratio = model.list_token(number)
        supplies = model.lrt_supplies
        is_layer = number == len(model.protocols)
        share = 0.3 if is_layer else float(supplies[number] / max(supplies.sum(), 1e-300))
        surprise = model.campaigns.claimed(number, share, ratio)
        self._say(day, "transferable", model.campaigns.campaigns[number].name, surprise, "surprise")
        if not model.scenario.stakers.airdrop_learning:
            return
        self._disappoint(number, surprise)
        if surprise > 1.0:
            self._good_news(day, model.scenario.stakers.news_aware)

    def _disappoint(self, number: int, surprise: float) -> None:
        """Who earns the points of a campaign that brings less than was hoped looks again (E5).

        The layer's points are earned by native and LST restakers and by holders of every LRT.
        """
        first = self.model.first_lrt + number
        is_layer = number == len(self.model.protocols)
        earners = range(self.model.first_restaking, len(self.model.venue_names)) if is_layer else (first,)
        if is_layer and not self.model.campaigns.campaigns[number].seasons:
            return
        for venue in earners:
            self.alarm(venue, max(0.0, 1.0 - surprise))

    def _good_news(self, day: int, chance: float) -> None:
        """A well-paid airdrop makes outsiders look (E5)."""
        rows = self.model.world.stakers
        key = day_key(self._key, day)
        for row in np.flatnonzero(rows["aware"] == 0):
            if uniform(key, int(row)) < chance:
                rows["aware"][row] = 1

    # --- the state of the news ----------------------------------------------------------------------------------------

    def _see_seasons(self, day: int) -> None:
        scenario, first = self.model.scenario, self.model.first_lrt
        campaigns = self.model.campaigns.campaigns
        for k, terms in enumerate(scenario.lrt.values()):
            running = campaigns[k].season(day) is not None and scenario.stakers.points
            self.own_running[first + k] = running and self.model.world.venues["launched"][first + k]
            boost = scenario.campaigns.boost_launch if day < scenario.day_of(terms.launch_day) + FAST_NEWS_DAYS else 1.0
            for extra in terms.points_boosts:
                if scenario.day_of(extra.day) <= day < scenario.day_of(extra.until):
                    boost *= extra.boost
            self.boosts[first + k] = boost
        self.layer_running = int(campaigns[-1].season(day) is not None and scenario.stakers.points)

    def _hear(self, day: int) -> None:
        terms, shared = self.model.scenario.stakers, self.model.staker_terms
        factor = 1.0 if day < terms.aware_after_day else terms.aware_after_factor
        shared["aware_news"] = terms.aware_news * factor
        shared["aware_word_of_mouth"] = terms.aware_word_of_mouth * factor
        venues = self.model.world.venues
        venues["attention"] = 1.0 + self.alarms
