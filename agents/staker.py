"""Stakers: whether to restake, where, how much, and how to leave again.

``Staker.step`` is the definition of a staker's day, in ordinary Python; it files an *intention* and changes nothing
but its own awareness. ``model/kernels/stakers.py`` is the same for all rows at once and must agree with it decision
for decision. A researcher's own staker is a subclass that overrides :meth:`Staker.step` or one of its parts.

The model that a staker lives in offers ``day``, ``venues``, ``staker_terms``, ``archetype_terms``, ``social_network``
and ``file_intention``; it reads yesterday's close, never a mid-day state.
"""

import math
from typing import Any

from ..model.kernels.stakers import MOST_ATTENTION, OPENING_FLOOR_DAYS, VALIDATOR_ETH
from ..model.randomness import day_key, uniform
from ..model.state import ETH_LOAN, IDLE, NOBODY, SOLO
from .population import RowAgent

CLOSED = -math.inf


class Staker(RowAgent):
    """One holder of ETH: a core asset, at most one restaked position (the satellite), at most one pending exit.

    Columns (see the record type ``STAKER``) read and write as attributes; ``taste`` holds its persistent liking of
    each restaking venue, ``liquidity_value`` what idle ETH is worth to it, both per year.
    """

    core: int
    satellite: int
    archetype: int
    aware: int
    core_shares: float
    satellite_shares: float
    pending_route: int
    pending_amount: float
    touched_day: int
    exposure: float
    token_belief: float
    risk_aversion: float
    integration_value: float
    switching_cost: float
    social_influence: float
    taste: Any
    liquidity_value: float
    debt_shares: float
    debt_asset: int

    # --- what it owns -------------------------------------------------------------------------------------------------

    @property
    def wealth(self) -> float:
        """ETH at NAV: core, satellite and pending claim, less what it owes."""
        return self.core_eth + self.satellite_eth + self.pending_amount - self.owed_eth

    @property
    def wealth_market(self) -> float:
        """ETH at market prices: what it could be sold for, price impact apart."""
        price = self.model.venues[self.satellite]["price"].item() if self.satellite != NOBODY else 1.0
        return self.core_eth + self.satellite_eth * price + self.pending_amount - self.owed_eth

    @property
    def core_eth(self) -> float:
        """ETH value of the core asset at NAV."""
        return self.core_shares * self.model.venues[self.core]["nav"].item()

    @property
    def satellite_eth(self) -> float:
        """ETH value of the restaked position at NAV."""
        if self.satellite == NOBODY:
            return 0.0
        return self.satellite_shares * self.model.venues[self.satellite]["nav"].item()

    @property
    def owed_eth(self) -> float:
        """Its loan against the restaked position, ETH."""
        if self.debt_shares <= 0.0:
            return 0.0
        lender = self.model.lenders[self.debt_asset]
        return float(self.debt_shares) * lender["index"].item() / lender["price"].item()

    @property
    def equity_eth(self) -> float:
        """What of the restaked position is its own, ETH at NAV; never below 0."""
        return max(self.satellite_eth - self.owed_eth, 0.0)

    @property
    def leverage(self) -> float:
        """Collateral over equity, 1 without a loan, infinite when all of it is owed."""
        if self.owed_eth <= 0.0:
            return 1.0
        return self.satellite_eth / self.equity_eth if self.equity_eth > 0.0 else math.inf

    # --- its day ------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One day: hear of restaking, or reconsider when the clock says so."""
        if not self.aware:
            self.aware = int(self.becomes_aware())
            restaking = False
        else:
            restaking = self.pending_route == NOBODY and self.wakes()
        if restaking:
            self.decide()
        elif self.pending_route == NOBODY and self.wakes_to_core():
            self.exchange_core()
        elif self.aware and self.looks_at_loop():
            self.adjust_loop()

    def draw(self, stream: str) -> float:
        """Today's uniform draw of this staker from one stream."""
        return uniform(day_key(int(self.terms[f"{stream}_key"]), self.model.day), self.row)

    def becomes_aware(self) -> bool:
        """Bass diffusion: by the news, or by one neighbour met today who restakes (E2)."""
        u, news = self.draw("news"), self.terms["aware_news"].item()
        if u < news:
            return True
        neighbours = self.model.social_network.neighbours(self.row)
        if u >= news + self.terms["aware_word_of_mouth"].item() or len(neighbours) == 0:
            return False
        met = int(neighbours[int(self.draw("neighbour") * len(neighbours))])
        return bool(self.model.satellites_at_open[met] != NOBODY)

    def wakes(self) -> bool:
        """Whether it reconsiders today: a Poisson clock that news about the own venue speeds up."""
        attention = self.kind["attention"].item()
        if self.satellite != NOBODY:
            attention *= self.model.venues[self.satellite]["attention"].item()
        return self.draw("attention") < min(attention, MOST_ATTENTION)

    def wakes_to_core(self) -> bool:
        """Whether it looks at its core asset today: the other end of the draw that wakes it to restaking."""
        return self.draw("attention") >= 1.0 - self.terms["core_attention"].item()

    def exchange_core(self) -> None:
        """Stake idle ETH or take staked ETH back, when yield and the worth of liquidity are far enough apart (E1)."""
        eth, gas = self.core_eth, self.terms["gas_eth"].item()
        if eth <= gas:
            return
        liquidity = float(self.liquidity_value)
        if self.core != IDLE:
            cost = self.switching_cost * self.terms["switching_rotation"].item() + gas / eth
            if liquidity - self.model.venues[self.core]["apr"].item() > self.terms["yearly"].item() * cost:
                self.model.file_intention(self.row, IDLE, 1.0)
            return
        chosen = self.pick_core(eth)
        if chosen == NOBODY:
            return
        cost = self.switching_cost * self.terms["switching_entry"].item() + gas / eth
        if self.model.venues[chosen]["apr"].item() - liquidity > self.terms["yearly"].item() * cost:
            self.model.file_intention(self.row, chosen, 1.0)

    def pick_core(self, eth: float) -> int:
        """Where it would stake ``eth``: by yield, and by how many already do; ``NOBODY`` if nowhere."""
        cores = range(SOLO, self.first)
        venues, noise = self.model.venues, self.terms["decision_noise"].item()
        best = max(venues[core]["apr"].item() for core in cores)
        weights = []
        for core in cores:
            weight = venues[core]["following"].item() * math.exp((venues[core]["apr"].item() - best) / noise)
            weights.append(0.0 if core == SOLO and eth < VALIDATOR_ETH else weight)
        total = 0.0
        for weight in weights:
            total += weight
        left = self.draw("core") * total
        for core, weight in zip(cores, weights, strict=True):
            if weight > 0.0 and left < weight:
                return core
            left -= weight
        return NOBODY

    def decide(self) -> None:
        """Restake or not, then where, how much, and by which exit."""
        scores = self.scores()
        outside = self.leaving_utility()
        noise = self.terms["decision_noise"].item()
        value = inclusive_value(scores, noise)
        if self.draw("participation") >= self.participation(value, outside):
            if self.satellite != NOBODY:
                self.leave(outside - scores[self.satellite - self.first])
            return
        choice = pick(scores, value, noise, self.draw("choice"))
        target = self.first + choice
        share = self.sized(target)
        if self.satellite == NOBODY:
            if share * self.core_eth > self.terms["gas_eth"].item():
                self.model.file_intention(self.row, target, share)
        elif target != self.satellite:
            self.rotate(target, share, scores[choice] - scores[self.satellite - self.first])
        else:
            self.resize(share)

    # --- what it thinks -----------------------------------------------------------------------------------------------

    @property
    def terms(self) -> Any:
        """What all stakers share (``STAKER_TERMS``)."""
        return self.model.staker_terms[0]

    @property
    def kind(self) -> Any:
        """What its archetype shares (``ARCHETYPE``)."""
        return self.model.archetype_terms[self.archetype]

    @property
    def first(self) -> int:
        """Index of the first restaking venue."""
        return int(self.terms["first"])

    def fear(self) -> float:
        """Part of the first fear that is left after loss-free days of own exposure (E3)."""
        held = float(self.model.day + 1 - self.touched_day) if self.satellite != NOBODY else 0.0
        floor = self.terms["familiarity_floor"].item()
        return floor + (1.0 - floor) * math.exp(-(self.exposure + held) / self.terms["familiarity_days"].item())

    def excess_yield(self, venue: Any) -> float:
        """Expected yield of a venue above the core asset, per year, before any charge for risk."""
        promised = venue["token_yield"].item() + venue["points_yield"].item() + venue["layer_points_yield"].item()
        used = self.integration_value * venue["integration"].item()
        core_apr = self.model.venues[self.core]["apr"].item()
        return venue["fee_yield"].item() - core_apr + self.token_belief * promised + used

    def charges(self, venue: Any, fear: float) -> float:
        """What it takes off that yield: risk, unfamiliar names, poor exits, remembered discounts."""
        risk = self.risk_aversion * fear * venue["risk"].item()
        memory = self.terms["discount_memory_weight"].item() * venue["remembered_discount"].item()
        return risk + venue["unfamiliarity"].item() + venue["illiquidity"].item() + memory

    def moved_eth(self) -> float:
        """ETH that a move would be about: its whole restaked position, or as much as it may restake."""
        satellite_eth = self.equity_eth
        return max(self.kind["satellite_cap"].item() * (self.core_eth + satellite_eth), satellite_eth)

    def moving_cost(self) -> float:
        """Cost of taking up another venue, spread over the horizon, per year."""
        cost = self.terms["switching_entry"].item()
        if self.satellite != NOBODY:
            cost = self.terms["switching_rotation"].item() + self.leaving_discount(self.model.venues[self.satellite])
        gas = self.terms["gas_eth"].item() / max(self.moved_eth(), 1e-9)
        return self.terms["yearly"].item() * (self.switching_cost * cost + gas)

    def leaving_utility(self) -> float:
        """Utility of not restaking, per year: the cost of leaving, nothing for those who are out."""
        if self.satellite == NOBODY:
            return 0.0
        cost = self.terms["switching_rotation"].item() + self.leaving_discount(self.model.venues[self.satellite])
        return -self.terms["yearly"].item() * self.switching_cost * cost

    def neighbour_shares(self) -> list[float]:
        """Part of its neighbours in each restaking venue."""
        neighbours = self.model.social_network.neighbours(self.row)
        count = [0.0] * int(self.terms["restaking_venues"])
        for neighbour in neighbours:
            satellite = int(self.model.satellites_at_open[neighbour])
            if satellite != NOBODY:
                count[satellite - self.first] += 1.0
        return [number / max(len(neighbours), 1) for number in count]

    def scores(self) -> list[float]:
        """Utility of each restaking venue, per year, moving costs included; closed ones are minus infinity."""
        fear, moving = self.fear(), self.moving_cost()
        neighbours = self.neighbour_shares()
        return [self.score(r, fear, moving, neighbours[r]) for r in range(len(neighbours))]

    def score(self, r: int, fear: float, moving: float, neighbours: float) -> float:
        """Utility of restaking venue ``r``, per year."""
        venue = self.model.venues[self.first + r]
        own = self.first + r == self.satellite
        too_slow = exit_quality(venue) < self.kind["minimum_redemption_quality"].item()
        if not own and (not venue["deposit_open"] or too_slow):
            return CLOSED
        utility = self.excess_yield(venue) - self.charges(venue, fear)
        utility += float(self.taste[r]) + self.social_influence * neighbours
        lends = self.debt_asset == ETH_LOAN and venue["ltv"].item() > 0.0
        if lends and self.kind["leverage_cap"].item() > 1.0:
            margin = self.loan_margin(venue, fear)
            utility += self.loop_gain(margin, self.loop_leverage(margin, venue), venue)
        if not own:
            utility += self.pull(venue) - moving
        return utility

    def pull(self, venue: Any) -> float:
        """Yearly return it sees in a discount that closes when redemption opens (E7).

        Only what the pool has to sell comes at the discount; the rest is minted at NAV.
        """
        discount = min(max(0.0, 1.0 - venue["price"].item()), self.terms["buyer_pull_cap"].item())
        days = max(venue["opening_days"].item() + venue["wait_days"].item(), OPENING_FLOOR_DAYS)
        bought = min(venue["bargain"].item() / max(self.moved_eth(), 1e-9), 1.0)
        return self.terms["buyer_pull"].item() * bought * discount * 365.0 / days

    def participation(self, value: float, outside: float) -> float:
        """Probability of restaking, given the expected best venue and the utility of staying out."""
        if value == CLOSED:
            return 0.0
        return 1.0 / (1.0 + math.exp(min((outside - value) / self.terms["participation_noise"].item(), 700.0)))

    def sized(self, target: int) -> float:
        """Merton share of wealth with jump losses in the variance, at most the archetype's cap."""
        venue = self.model.venues[target]
        share = self.excess_yield(venue) / (self.terms["merton_gamma"].item() * venue["variance"].item())
        return min(max(share, 0.0), self.kind["satellite_cap"].item())

    # --- what it does -------------------------------------------------------------------------------------------------

    def leave(self, gain: float) -> None:
        """Go back to the core asset."""
        sell, limit = self.choose_exit(self.model.venues[self.satellite], gain)
        self.model.file_intention(self.row, NOBODY, 0.0, sell, limit)

    def rotate(self, target: int, share: float, gain: float) -> None:
        """Move the whole restaked position to another venue."""
        sell, limit = self.choose_exit(self.model.venues[self.satellite], gain)
        self.model.file_intention(self.row, target, share, sell, limit)

    def resize(self, share: float) -> None:
        """Restake more or less of its wealth in the same venue, when that is worth the trouble."""
        satellite_eth = self.equity_eth
        held = satellite_eth / max(self.core_eth + satellite_eth, 1e-300)
        if abs(share - held) <= self.terms["resize_band"].item() * max(share, held):
            return
        sell, limit = 0, 0.0
        if share < held and self.owed_eth > 0.0:
            return  # a loop is made smaller by its leverage, not by its owner's own part
        if share < held:
            sell, limit = self.choose_exit(self.model.venues[self.satellite], 0.0)
        self.model.file_intention(self.row, self.satellite, share, sell, limit)

    def choose_exit(self, venue: Any, gain: float) -> tuple[int, float]:
        """Redeem (0) or sell (1), and the largest discount that a sale accepts.

        Args:
            venue: what is left.
            gain: utility gained by leaving, per year.
        """
        discount = max(0.0, 1.0 - venue["price"].item())
        if not venue["redemption_open"]:
            waits_days = venue["opening_days"].item() + venue["wait_days"].item()
            held_years = min(1.0 / self.terms["yearly"].item(), waits_days / 365.0)
            return 1, self.repayable(min(max(gain, 0.0) * held_years, 1.0))
        cost = self.waiting_cost(venue, gain)
        if discount < cost:
            return 1, self.repayable(min(cost, 1.0))
        return 0, 0.0

    def repayable(self, limit: float) -> float:
        """A discount it may accept: who owes never sells below what pays the loan back."""
        if self.owed_eth <= 0.0:
            return limit
        return min(limit, max(1.0 - self.owed_eth / max(self.satellite_eth, 1e-300), 0.0))

    # --- its loop -----------------------------------------------------------------------------------------------------

    def looks_at_loop(self) -> bool:
        """Whether it looks at its loop today, or whether to have one; its own clock."""
        attention = self.terms["loop_attention"].item()
        if attention <= 0.0 or self.satellite == NOBODY or self.satellite < self.first + 2:
            return False
        if self.owed_eth <= 0.0 and self.kind["leverage_cap"].item() <= 1.0:
            return False
        return self.draw("loop") < attention

    def loan_margin(self, venue: Any, fear: float) -> float:
        """What a borrowed ETH earns beyond its cost, per year, risk charged on it as on its own."""
        promised = venue["token_yield"].item() + venue["points_yield"].item() + venue["layer_points_yield"].item()
        cost = venue["borrow_apr" if self.debt_asset == ETH_LOAN else "borrow_apr_stable"].item()
        risk = self.risk_aversion * fear * venue["risk"].item()
        return float(venue["fee_yield"].item() + self.token_belief * promised - cost - risk)

    def loop_leverage(self, margin: float, venue: Any) -> float:
        """Leverage that a carry is worth: Merton's rule on the borrowed part, within what the market lends.

        Who borrows stablecoins bets on ETH, by as much as it believes in promises, unless the loan is dear.
        """
        stable = self.debt_asset != ETH_LOAN
        ltv = (1.0 - self.terms["loop_margin"].item()) * venue["ltv_stable" if stable else "ltv"].item()
        most = min(self.kind["leverage_cap"].item(), 1.0 / (1.0 - ltv))
        if stable:
            wanted = (self.terms["stable_leverage"].item() - 1.0) * self.token_belief
            dear = venue["borrow_apr_stable"].item() >= self.terms["stable_limit"].item()
            return float(1.0 + min(0.0 if dear else wanted, most - 1.0))
        wanted = margin / (self.terms["merton_gamma"].item() * self.loop_variance(venue))
        return float(1.0 + min(max(wanted, 0.0), most - 1.0))

    def loop_variance(self, venue: Any) -> float:
        """Yearly variance that it allows for in a loop."""
        return float(venue["variance"].item() + self.terms["loop_variance"].item())

    def loop_gain(self, margin: float, leverage: float, venue: Any) -> float:
        """What a loop adds to the utility of an ETH of its own, per year, the loop's own risk taken off."""
        extra = leverage - 1.0
        charge = 0.5 * self.terms["merton_gamma"].item() * self.loop_variance(venue)
        return float(extra * margin - charge * extra * extra)

    def adjust_loop(self) -> None:
        """Borrow more, or sell to owe less, when the carry calls for another leverage."""
        venue = self.model.venues[self.satellite]
        collateral, owed = self.satellite_eth, self.owed_eth
        if collateral - owed <= self.terms["gas_eth"].item():
            return
        margin = self.loan_margin(venue, self.fear())
        wanted, present = self.loop_leverage(margin, venue), collateral / (collateral - owed)
        stable = self.debt_asset != ETH_LOAN
        frozen = venue["ltv_stable" if stable else "ltv"].item() <= 0.0
        if frozen and (margin > 0.0 or stable):
            wanted = min(present, self.kind["leverage_cap"].item())
        if abs(wanted - present) <= self.terms["loop_band"].item() * present:
            return
        if wanted > present and not venue["deposit_open"]:
            return
        limit = self.terms["stable_limit"].item() if stable else margin + venue["borrow_apr"].item()
        sell = 0
        if wanted < present:
            sell, limit = self.choose_exit(venue, max(-margin, 0.0))
        self.model.file_intention(self.row, self.satellite, 0.0, sell, limit, wanted)

    def waiting_cost(self, venue: Any, gain: float = 0.0) -> float:
        """What waiting for redemption costs, as a fraction: the discount at which selling at once is as good.

        Args:
            venue: what is left.
            gain: utility gained by having left, per year.
        """
        return float((self.terms["patience"].item() + max(gain, 0.0)) * venue["wait_days"].item() / 365.0)

    def leaving_discount(self, venue: Any) -> float:
        """What it expects to lose by leaving, as a fraction: the market's discount, or the wait if that is less."""
        discount = max(0.0, 1.0 - venue["price"].item())
        return min(discount, self.waiting_cost(venue)) if venue["redemption_open"] else discount


def exit_quality(venue: Any) -> float:
    """How well one can leave: 0 with redemption closed, 1 when redemption pays at once."""
    if not venue["redemption_open"]:
        return 0.0
    return 1.0 / (1.0 + venue["wait_days"].item() / 7.0)


def inclusive_value(scores: list[float], noise: float) -> float:
    """Expected maximum of the noisy scores (log-sum-exp), minus infinity when nothing is open."""
    best = max(scores)
    if best == CLOSED:
        return CLOSED
    total = 0.0
    for score in scores:
        total += math.exp((score - best) / noise)
    return best + noise * math.log(total)


def pick(scores: list[float], value: float, noise: float, u: float) -> int:
    """The venue that a uniform draw picks with logit probabilities."""
    cumulative, last = 0.0, 0
    for r, score in enumerate(scores):
        if score == CLOSED:
            continue
        last = r
        cumulative += math.exp((score - value) / noise)
        if u < cumulative:
            return r
    return last
