"""The restaking layer: delegation to operators, the AVSs that they serve, rewards, slashing.

Stake of R restaking venues (native, LST restaking, the LRTs) is delegated to O operators, who let it answer to S AVSs.
In every stake mode the stake that secures AVS s is ``sum_o stake_o * allocation_os``, and one fault of operator o costs

    loss_o = stake_o * min(1, sum_s slash_fraction_s * allocation_os)        over AVSs with clear slashing

where allocations are 1 each (``pooled``: the same stake answers to every AVS and losses add up), sum to at most 1
(``unique``), or sum to at most ``ELASTIC_DEGREE`` with none above 1 (``elastic``). What a slash leaves of an
allocation stretches over the stake that is left: ``w' = min(w, sigma')`` in ETH. Sources: R. Bar-Zur, I. Eyal,
"Elastic Restaking Networks" (arXiv:2503.00170) for elastic slashing, and for allocations pro rata to pay, which is the
equilibrium of operators who share fixed budgets: ``w_s = d * r_s / sum(r)``.

Who pays: customers pay the fees; AVS tokens are minted at zero ETH and are worth what outside buyers give for them, a
finite budget that decays (``min(value claimed, budget * sentiment)``).
"""

import math
import statistics
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .coalitions import Coalition, best_coalition
from .kernels import restaking as kernel
from .kernels.restaking_records import (
    AVS,
    BOARD,
    COMMISSION_CAP,
    ELASTIC_DEGREE,
    FAULT_HALF_LIFE,
    OPERATOR,
    UNIQUE_DEGREE,
    VAGUE_CREDIBILITY,
    WEEK,
)
from .randomness import SeedTree

if TYPE_CHECKING:
    from .scenario import Scenario

Floats = NDArray[np.float64]

FIXED_VENUES = 2
"""Native and LST restaking come before the LRTs."""

LARGEST_OPERATOR_SHARE = 0.25
"""No LRT trusts one operator with more, unless it uses fewer than four."""
FEWEST_OPERATORS = 5
ATTACK_REMEMBERED = 20.0
"""An attack counts like so many faults with those who delegate."""
STAKE_PER_OPERATOR = 50_000.0
"""An LRT that names no number takes one operator more for every so much ETH, and at least ``FEWEST_OPERATORS``."""

_DEGREES = {"pooled": 0.0, "unique": UNIQUE_DEGREE, "elastic": ELASTIC_DEGREE}
_START_ROUNDS = 24
_NORMAL = statistics.NormalDist()


class Rewards(NamedTuple):
    """AVS rewards of one day, in arrays that the next day overwrites.

    ``sum(fees_by_venue) + sum(tokens_by_venue) + sum(commission_by_operator) == fees_total + tokens_total``.
    """

    fee_apr: Floats  # (R,) per year and ETH, after commission
    token_apr: Floats  # (R,) per year and ETH, after commission
    fees_by_venue: Floats  # (R,) ETH from AVS customers, after commission
    tokens_by_venue: Floats  # (R,) ETH from buyers of AVS tokens, after commission
    commission_by_operator: Floats  # (O,) ETH: commission and the reward on the operator's own stake
    totals: Floats  # (2,) ETH that customers paid and that token buyers paid

    @property
    def fees_total(self) -> float:
        """ETH that AVS customers paid today, commission included."""
        return float(self.totals[0])

    @property
    def tokens_total(self) -> float:
        """ETH that buyers of AVS tokens paid today, commission included."""
        return float(self.totals[1])


class LayerEvent(NamedTuple):
    """Something worth a line in the record of events."""

    day: int
    type: str  # avs_start, avs_end, slash
    subject: str  # the AVS
    object: str  # the operator, where there is one
    amount: float
    unit: str
    cause: str


class Offer(NamedTuple):
    """One active AVS as one operator sees it."""

    service: int  # index of the AVS
    pay: float  # ETH per year, over all operators
    stake: float  # ETH that secures it now
    slash_fraction: float  # of the allocated stake, per fault; 0 where it cannot slash
    allocated: float  # part of the operator's stake that answers to it now
    running: bool
    taste: float  # standard logistic, drawn once for this operator and AVS


class RestakingLayer:
    """Operators, AVSs and the delegations between them.

    Args:
        scenario: its ``operators``, ``avs``, ``restaking`` and ``lrt`` tables are read.
        seeds: the run's seed tree.
        venues: names of the restaking venues: native, lst_restaking, then the LRTs in scenario order.

    Attributes:
        operators: (O,) ``OPERATOR`` records; ``operator_names`` beside it.
        avs: (S,) ``AVS`` records; ``avs_names`` and ``avs_families`` (the scenario's tables) beside it.
        delegation: (R, O) share of each venue's stake with each operator; rows sum to 1.
        opted: (O, S) 1 where the operator serves the AVS.
        allocation: (O, S) part of the operator's stake that answers to the AVS.
        taste: (O, S) standard logistic; what else an operator likes about an AVS, drawn once.
        rewards: the last day's rewards.
        operators_step: has all operators decide where they do so in Python; compiled when None.
        avs_step: has all AVSs decide where they do so in Python; compiled when None.
    """

    def __init__(self, scenario: "Scenario", seeds: SeedTree, venues: Sequence[str]) -> None:
        self.scenario = scenario
        self.operators_step: Callable[[], Any] | None = None
        self.avs_step: Callable[[], Any] | None = None
        self.venue_names = list(venues)
        self.operator_names = operator_names(scenario.operators)
        self.operators = draw_operators(scenario.operators, seeds)
        self.avs, self.avs_names, self.avs_families = expand_services(scenario)
        venues_count, operators, services = len(self.venue_names), self.operators.size, self.avs.size
        self.opted = np.zeros((operators, services), np.uint8)
        self.allocation = np.zeros((operators, services))
        self.taste = _logistic(_table(seeds.key("restaking.service_taste"), operators, services))
        self.rewards = Rewards(
            *(np.zeros(n) for n in (venues_count, venues_count, venues_count, venues_count, operators, 2))
        )
        self._reward_arrays = tuple(self.rewards)
        self._board = self._new_board()
        self._served = np.zeros((operators, max(services, 1)), np.int32)
        self._venue_taste = _normal(_table(seeds.key("restaking.delegation_taste"), venues_count, operators))
        self._keys = {name: seeds.key(f"restaking.{name}") for name in ("review", "start", "fault", "client")}
        self._fault_cause = np.zeros(operators, np.int32)
        draws = _table(seeds.key("operators.honesty"), 1, operators)[0]
        self._dishonest = np.flatnonzero(draws < scenario.operators.dishonest_share)
        self._slashing_live_day = scenario.day_of(scenario.restaking.slashing_live_day)
        self._stake_before = np.zeros(venues_count)
        self._events: list[LayerEvent] = []
        self._next_arrival: float = -math.inf
        self._started = False
        self._limits, self._caps = self._delegation_limits(self._stake_before)
        self.delegation = self._first_delegation()

    def _new_board(self) -> NDArray[np.void]:
        terms = self.scenario.operators
        board = np.zeros(1, BOARD)
        board["sentiment"] = 1.0
        board["degree"] = _DEGREES[self.scenario.restaking.stake_mode]
        for field in ("fault_rate", "client_correlation", "choice_precision", "attachment"):
            board[field] = getattr(terms, field)
        return board

    # --- calendar -----------------------------------------------------------------------------------------------------

    def start(self, day: int, stake_eth: Floats) -> None:
        """Delegations and services of a layer that has been running: operators choose until they rest.

        The first :meth:`accrue` or :meth:`week` calls it when nobody else has.
        """
        self._started = True
        self._limits, self._caps = self._delegation_limits(stake_eth)
        self.delegation[:] = self._first_delegation()
        self._stake_before[:] = stake_eth
        self._open_services(day)
        self._look(day, stake_eth)
        self.operators["share_memory"] = self.operators["stake"] / max(self.operators["stake"].sum(), 1e-300)
        commissions = self.operators["commission"].copy()
        memory = self.operators["share_memory"].copy()
        for round_ in range(_START_ROUNDS):
            kernel.draw_reviews(self._keys["start"], round_, self.operators)
            (self.operators_step or self.operators_decide)()
            # Only services settle here: commissions and remembered shares are as drawn.
            self.operators["commission"], self.operators["share_memory"] = commissions, memory
            self.reindex()
            self._look(day, stake_eth)

    def accrue(self, day: int, stake_eth: Floats, sentiment: float = 1.0) -> Rewards:
        """Rewards of the day, pro rata to the stake that secures each AVS.

        Args:
            day: day of the run.
            stake_eth: (R,) restaked ETH by venue.
            sentiment: multiple of outside token buyers' normal budget.
        """
        if not self._started:
            self.start(day, stake_eth)
        self._open_services(day)
        self._set_board(day, sentiment)
        kernel.accrue_day(
            stake_eth,
            self.delegation,
            self.allocation,
            self._served,
            self.operators,
            self.avs,
            self._board,
            self._reward_arrays,
        )
        return self.rewards

    def week(
        self,
        day: int,
        stake_eth: Floats,
        operators_step: Callable[[], Any] | None = None,
        avs_step: Callable[[], Any] | None = None,
    ) -> None:
        """Decisions of the week: operators, then AVSs, then delegators, each seeing the same state of affairs.

        Args:
            day: day of the run, after :meth:`accrue` of that day.
            stake_eth: (R,) restaked ETH by venue.
            operators_step: has all operators decide this once; ``self.operators_step`` when None.
            avs_step: has all AVSs decide this once; ``self.avs_step`` when None.
        """
        if not self._started:
            self.start(day, stake_eth)
        self._set_board(day, float(self._board["sentiment"][0]))
        self.survey(stake_eth)
        kernel.draw_reviews(self._keys["review"], day, self.operators)
        (operators_step or self.operators_step or self.operators_decide)()
        (avs_step or self.avs_step or self.avs_decide)()
        self._close_services(day)
        self.reindex()
        self.survey(stake_eth)
        self._note_secured(day)
        self._delegate(stake_eth)
        self.operators["fault_memory"] *= 0.5 ** (WEEK / FAULT_HALF_LIFE)

    def take_events(self) -> list[LayerEvent]:
        """Starts and ends of AVSs since the last call; slashes are returned by :meth:`faults`."""
        events, self._events = self._events, []
        return events

    # --- decisions ----------------------------------------------------------------------------------------------------

    def operators_decide(self) -> None:
        """All operators decide; the compiled form of ``NodeOperator.step``."""
        kernel.operators_week(self.operators, self.avs, self.opted, self.allocation, self.taste, self._board)

    def avs_decide(self) -> None:
        """All active AVSs decide; the compiled form of ``AVS.step``."""
        kernel.avs_week(self.avs, self._board)

    @property
    def board(self) -> SimpleNamespace:
        """What everybody sees beside the records, as plain numbers: the fields of ``BOARD``."""
        return SimpleNamespace(**{name: self._board[name][0].item() for name in BOARD.names or ()})

    def offers(self, operator: int) -> list[Offer]:
        """The active AVSs as one operator sees them, in index order."""
        live = bool(self._board["slashing_live"][0])
        return [
            Offer(
                service=s,
                pay=float(a["fee_pay"]) + float(a["token_pay"]),
                stake=float(a["stake"]),
                slash_fraction=float(a["slash_fraction"]) if live and a["clear_slashing"] else 0.0,
                allocated=float(self.allocation[operator, s]),
                running=bool(self.opted[operator, s]),
                taste=float(self.taste[operator, s]),
            )
            for s, a in enumerate(self.avs)
            if a["active"]
        ]

    def file_services(self, operator: int, allocations: dict[int, float]) -> None:
        """Sets which AVSs an operator serves, and with which part of its stake; see :meth:`reindex`."""
        self.opted[operator] = 0
        self.allocation[operator] = 0.0
        for service, part in allocations.items():
            self.opted[operator, service] = 1
            self.allocation[operator, service] = part

    # --- slashing -----------------------------------------------------------------------------------------------------

    def faults(
        self, day: int, stake_eth: Floats, hazards_on: bool, slashing_live: bool | None = None
    ) -> tuple[Floats, list[LayerEvent]]:
        """Faults of the day and what they cost.

        Args:
            day: day of the run.
            stake_eth: (R,) restaked ETH by venue, before the losses.
            hazards_on: whether faults happen at all.
            slashing_live: whether AVSs can slash; by the scenario's ``slashing_live_day`` when None.

        Returns:
            (R,) ETH lost by venue, and one ``slash`` event per operator and AVS (ETH, operator's own stake included).
        """
        live = self.slashing_live(day) if slashing_live is None else slashing_live
        nobody = np.zeros(stake_eth.size)
        if not hazards_on or self._draw_faults(day) == 0:
            return nobody, []
        faulty = np.flatnonzero(self._fault_cause >= 0)
        self.operators["faults"][faulty] += 1
        self.operators["fault_memory"][faulty] += 1.0
        if not live:
            return nobody, []
        slashes = np.zeros_like(self.allocation)
        slashes[faulty] = self.allocation[faulty] * (self.avs["slash_fraction"] * self.avs["clear_slashing"])
        causes = {int(o): self._cause(int(self._fault_cause[o])) for o in faulty}
        return self._slash(day, stake_eth, slashes, causes)

    def slash(self, day: int, target: str, size: float, stake_eth: Floats) -> tuple[Floats, list[LayerEvent]]:
        """A slash that the scenario puts on a day, whatever the rules of the AVSs say.

        Args:
            day: day of the run.
            target: an operator (loses ``size`` of its stake), an AVS or a table of them (its operators lose ``size``
                of what they allocate to it), a restaking venue (all its delegations lose ``size``), ``restaking`` or
                ``all`` (every operator loses ``size``).
            size: fraction.
            stake_eth: (R,) restaked ETH by venue, before the losses.

        Returns:
            As :meth:`faults`.

        Raises:
            KeyError: no such target.
        """
        if target in self.venue_names:
            losses = np.where([name == target for name in self.venue_names], size * stake_eth, 0.0)
            self._stake_before = np.maximum(0.0, self._stake_before - losses)
            return losses, [LayerEvent(day, "slash", target, "", float(losses.sum()), "ETH", "scheduled")]
        slashes = np.zeros((self.operators.size, self.avs.size + 1))  # the last column: no AVS in particular
        if target in ("restaking", "all"):
            slashes[:, -1] = size
        elif target in self.operator_names:
            slashes[self.operator_names.index(target), -1] = size
        else:
            hit = [s for s in range(self.avs.size) if target in (self.avs_names[s], self.avs_families[s])]
            if not hit:
                raise KeyError(f"no operator, AVS or restaking venue is called {target!r}")
            slashes[:, hit] = size * self.allocation[:, hit]
        return self._slash(day, stake_eth, slashes, dict.fromkeys(range(self.operators.size), "scheduled"))

    def _draw_faults(self, day: int) -> int:
        clients = self.scenario.operators.clients
        own, client = self._keys["fault"], self._keys["client"]
        return int(kernel.draw_faults(own, client, day, self.operators, clients, self._board, self._fault_cause))

    def _cause(self, number: int) -> str:
        return "own fault" if number == self.scenario.operators.clients else f"bug of client {number + 1}"

    def _slash(
        self, day: int, stake_eth: Floats, slashes: Floats, causes: dict[int, str]
    ) -> tuple[Floats, list[LayerEvent]]:
        """Takes ``slashes[o, s]`` (fractions of the operator's whole stake) and attributes them by delegation."""
        wanted = slashes.sum(axis=1)
        lost = np.minimum(1.0, wanted)
        delegated = stake_eth[:, None] * self.delegation
        losses = (delegated * lost).sum(axis=1)
        stake = delegated.sum(axis=0) + self.operators["self_stake"]
        # Where more is slashed than there is, everyone who slashes gets its part of the stake.
        taken = slashes * np.divide(lost, wanted, out=np.zeros_like(lost), where=wanted > 0.0)[:, None] * stake[:, None]
        events = [
            LayerEvent(
                day,
                "slash",
                self.avs_names[s] if s < self.avs.size else "restaking",
                self.operator_names[o],
                float(taken[o, s]),
                "ETH",
                causes[int(o)],
            )
            for o, s in np.argwhere(taken > 0.0)
        ]
        self._burn(lost, stake, slashes[:, : self.avs.size])
        left = delegated * (1.0 - lost)
        held = left.sum(axis=1, keepdims=True)
        np.divide(left, held, out=self.delegation, where=held > 0.0)
        self._stake_before = np.maximum(0.0, self._stake_before - losses)
        self.survey(stake_eth - losses)
        return losses, events

    def _burn(self, lost: Floats, stake: Floats, slashes: Floats) -> None:
        """Own stake burns like delegated stake; what is left of allocations stretches over what is left of stake."""
        self.operators["slashed"] += lost * stake
        self.operators["self_stake"] *= 1.0 - lost
        if self._board["degree"][0] <= 0.0:
            return
        left = np.broadcast_to((1.0 - lost)[:, None], slashes.shape)
        stretched = np.divide(self.allocation - slashes, left, out=np.zeros_like(slashes), where=left > 0.0)
        hit = slashes.sum(axis=1) > 0.0
        self.allocation[hit] = np.clip(stretched[hit], 0.0, 1.0)

    # --- measures -----------------------------------------------------------------------------------------------------

    @property
    def stake_mode(self) -> str:
        """``pooled``, ``unique`` or ``elastic``."""
        return str(self.scenario.restaking.stake_mode)

    @property
    def operator_stake(self) -> Floats:
        """(O,) ETH: delegated and own stake as of the last survey."""
        return self.operators["stake"]

    @property
    def avs_stake(self) -> Floats:
        """(S,) ETH that secures each AVS."""
        return self.avs["stake"]

    @property
    def avs_counts(self) -> NDArray[np.int32]:
        """(O,) number of AVSs that each operator serves."""
        return self.operators["avs_count"]

    @property
    def secured(self) -> Floats:
        """(O, S) ETH of each operator that answers to each AVS: the edges of the capital network."""
        return self.operators["stake"][:, None] * self.allocation

    def profit_share(self, day: int) -> Floats:
        """(S,) what corrupting each service brings, over the stake that answers to it."""
        years = np.maximum(day - self.avs["arrival_day"], 0) / 365.0
        return np.asarray(self.avs["profit_share"] * (1.0 + self.avs["profit_growth"]) ** years)

    def attack(self, day: int, stake_eth: Floats) -> tuple[Coalition | None, Floats, list[LayerEvent]]:
        """The dishonest operators attack when that pays; whom they attack ends, what answered to it is slashed.

        Args:
            day: day of the run.
            stake_eth: (R,) restaked ETH by venue, before the losses.

        Returns:
            The coalition (None on nearly all days), (R,) ETH lost by venue, and what happened.
        """
        secured = self.secured
        live = self.slashing_live(day)
        found = best_coalition(
            self._dishonest,
            secured,
            self.operators["stake"],
            self.operators["self_stake"],
            (self.avs["clear_slashing"] == 1) & live,
            self.profit_share(day) * secured.sum(axis=0),
            float(self.scenario.operators.liability),
            bool(self._board["degree"][0] <= 0.0),
        )
        losses = np.zeros(stake_eth.size)
        if found is None:
            return None, losses, []
        prizes = self.profit_share(day) * secured.sum(axis=0)
        members = ", ".join(self.operator_names[o] for o in found.operators)
        events = [
            LayerEvent(day, "attack", self.avs_names[s], members, float(prizes[s]), "ETH", "corruption paid")
            for s in found.services
        ]
        slashes = np.zeros((self.operators.size, self.avs.size))
        chosen = [s for s in found.services if self.avs["clear_slashing"][s]] if live else []
        for o in found.operators:
            slashes[o, chosen] = self.allocation[o, chosen]
        if chosen:
            losses, slashed = self._slash(day, stake_eth, slashes, dict.fromkeys(found.operators, "attack"))
            events += slashed
        self.avs["ending"][list(found.services)] = 1
        self.operators["fault_memory"][list(found.operators)] += ATTACK_REMEMBERED
        self._close_services(day, "it was corrupted")
        self.reindex()
        self.survey(stake_eth - losses)
        return found, losses, events

    @property
    def restaking_degree(self) -> float:
        """Mean number of AVSs that a unit of stake secures: ``sum_s stake_s / sum_o stake_o``."""
        total = float(self.operators["stake"].sum())
        return float(self.avs["stake"].sum()) / total if total > 0.0 else 0.0

    @property
    def emission_asked(self) -> float:
        """ETH per year that AVS token rewards claim to be worth."""
        return float((self.avs["token_ask"] * self.avs["active"]).sum())

    @property
    def emission_paid(self) -> float:
        """ETH per year that outside buyers give for them."""
        return float((self.avs["token_pay"] * self.avs["active"]).sum())

    @property
    def customer_fees(self) -> float:
        """ETH per year that customers pay to AVSs, passed on or not."""
        return float((self.avs["customers"] * self.avs["active"]).sum())

    def venue_hhi(self) -> Floats:
        """(R,) HHI of each venue's operators."""
        return (self.delegation**2).sum(axis=1)

    def slashing_live(self, day: int) -> bool:
        """Whether AVSs can slash on ``day``."""
        return day >= self._slashing_live_day

    def expected_slashing(self) -> Floats:
        """(R,) expected loss to slashing, fraction of stake per year, at present services and live slashing."""
        return self.delegation @ (self._fault_rates() * self._slashable())

    def slashing_variance(self) -> Floats:
        """(R,) yearly variance of returns from slashing: ``sum_h rate_h * loss_h^2`` over sources h of faults.

        Sources are each operator by itself and each client; a client bug hits all of its operators at once, which is
        where correlation comes in.
        """
        exposed = self.delegation * self._slashable()
        own = (exposed**2) @ (self.operators["hazard"] * (self.operators["avs_count"] > 0))
        terms = self.scenario.operators
        users = self.operators["client"][:, None] == np.arange(terms.clients)
        common = ((exposed @ users.astype(np.float64)) ** 2).sum(axis=1)
        return own + terms.fault_rate * terms.client_correlation * common

    def _slashable(self) -> Floats:
        fractions = self.avs["slash_fraction"] * self.avs["clear_slashing"] * self.avs["active"]
        return np.minimum(1.0, (self.allocation * fractions).sum(axis=1))

    def _fault_rates(self) -> Floats:
        terms = self.scenario.operators
        return (self.operators["hazard"] + terms.fault_rate * terms.client_correlation) * (
            self.operators["avs_count"] > 0
        )

    # --- upkeep -------------------------------------------------------------------------------------------------------

    def _set_board(self, day: int, sentiment: float) -> None:
        self._board["day"] = day
        self._board["sentiment"] = sentiment
        self._board["slashing_live"] = day >= self._slashing_live_day

    def survey(self, stake_eth: Floats) -> None:
        """Stake of every operator and AVS from (R,) restaked ETH by venue; accruals, weeks and losses do it too."""
        stake_eth = np.maximum(stake_eth, 0.0)
        kernel.survey_stake(stake_eth, self.delegation, self.allocation, self.operators, self.avs, self._board[0])

    def _look(self, day: int, stake_eth: Floats) -> None:
        """State of affairs before the first accrual: stakes, pay and what operators would earn from it."""
        self._set_board(day, 1.0)
        self.survey(stake_eth)
        kernel.set_pay(self.avs, self._board[0])
        kernel.share_out(
            stake_eth, self.delegation, self.allocation, self._served, self.operators, self.avs, self._reward_arrays
        )
        self.operators["earned"] = 0.0

    def reindex(self) -> None:
        """Brings counts, lists of services and fault hazards up to date after :meth:`file_services`; weeks do it."""
        kernel.index_services(self.opted, self.operators, self.avs, self._board[0], self._served)

    def _open_services(self, day: int) -> None:
        """Activates AVSs whose day has come; customers first believe what a full service could be."""
        if day < self._next_arrival:
            return
        waiting = (self.avs["active"] == 0) & (self.avs["ended_day"] < 0)
        for s in np.flatnonzero(waiting & (self.avs["arrival_day"] <= day)):
            a = self.avs[s]
            if self._builds_own_set(day, int(s)):
                continue
            a["active"] = 1
            a["service_level"] = 1.0 if a["clear_slashing"] else VAGUE_CREDIBILITY
            if a["arrival_day"] == day:
                self._events.append(LayerEvent(day, "avs_start", self.avs_names[s], "", 0.0, "", "arrival"))
        later = self.avs["arrival_day"][waiting & (self.avs["arrival_day"] > day)]
        self._next_arrival = float(later.min()) if later.size else math.inf

    def _builds_own_set(self, day: int, s: int) -> bool:
        """Whether a service that arrives pays validators of its own, by rule or because it costs less a year.

        Such a service does not enter the layer: it is on record with how long it takes to be as secure as it wants,
        and what it will have paid by then.
        """
        a, terms = self.avs[s], self.scenario.avs[self.avs_families[s]]
        own = terms.own_set_apr * terms.security_target_eth
        rent = terms.payout * terms.fees_eth_per_year + terms.token_emission_eth_per_year
        if terms.security == "rent" or (terms.security == "cheaper" and rent <= own):
            return False
        a["own_set"], a["ended_day"] = 1, day
        cause = f"validators of its own for {own * terms.own_set_days / 365.0:.6g} ETH"
        self._events.append(LayerEvent(day, "avs_secured", self.avs_names[s], "", terms.own_set_days, "days", cause))
        return True

    def _close_services(self, day: int, why: str = "demand never came and the token no longer pays") -> None:
        for s in np.flatnonzero(self.avs["ending"]):
            self.opted[:, s] = 0
            self.allocation[:, s] = 0.0
            a = self.avs[s]
            for field in ("active", "ending", "service_level", "customers", "fee_pay", "token_ask", "token_pay"):
                a[field] = 0
            a["fee_apr"] = a["token_apr"] = 0.0
            a["ended_day"] = day
            self._events.append(LayerEvent(day, "avs_end", self.avs_names[s], "", 0.0, "", why))

    def _note_secured(self, day: int) -> None:
        """How long a service took to reach the security that it wants, and what it paid until then."""
        reached = (self.avs["active"] == 1) & (self.avs["secured_day"] < 0) & (self.avs["stake"] >= self.avs["target"])
        for s in np.flatnonzero(reached):
            a = self.avs[s]
            a["secured_day"] = day
            paid = float(a["fees_paid"] + a["tokens_paid"])
            days = float(day - max(int(a["arrival_day"]), 0))
            cause = f"rented for {paid:.6g} ETH"
            self._events.append(LayerEvent(day, "avs_secured", self.avs_names[s], "", days, "days", cause))

    def _delegate(self, stake_eth: Floats) -> None:
        self._limits, self._caps = self._delegation_limits(stake_eth)
        kernel.delegate_week(
            stake_eth,
            self._stake_before,
            self.delegation,
            self._limits,
            self._caps,
            self._venue_taste,
            self.allocation,
            self._served,
            self.operators,
            self.avs,
            self._board,
        )
        self._stake_before[:] = stake_eth

    def _delegation_limits(self, stake_eth: Floats) -> tuple[NDArray[np.int64], Floats]:
        """How many operators each venue uses, and the largest share of one. Restakers on their own are free."""
        everyone = self.operators.size
        limits, caps = np.full(stake_eth.size, everyone), np.ones(stake_eth.size)
        for r, name in enumerate(self.venue_names[FIXED_VENUES:], start=FIXED_VENUES):
            wanted = self.scenario.lrt[name].operator_count
            if wanted is None:
                wanted = max(FEWEST_OPERATORS, math.ceil(stake_eth[r] / STAKE_PER_OPERATOR))
            limits[r] = min(everyone, wanted)
            caps[r] = max(LARGEST_OPERATOR_SHARE, 1.0 / limits[r])
        return limits, caps

    def _first_delegation(self) -> Floats:
        """Zipf weights over the operators as listed, times the venue's taste, within its number and cap."""
        weights = np.arange(1, self.operators.size + 1) ** -float(self.scenario.operators.stake_concentration)
        delegation = np.zeros((len(self.venue_names), self.operators.size))
        kernel.spread_venues(weights, self._venue_taste, self._limits, self._caps, delegation)
        return delegation


# --- construction -----------------------------------------------------------------------------------------------------


def operator_names(terms: Any) -> list[str]:
    """Names of the operators: the scenario's, then numbers."""
    width = max(2, len(str(terms.count)))
    given = list(terms.names[: terms.count])
    return given + [f"operator-{number:0{width}d}" for number in range(len(given) + 1, terms.count + 1)]


def draw_operators(terms: Any, seeds: SeedTree) -> NDArray[np.void]:
    """Operators with skill, commission, capacity and client; counter draws, so operator 3 is the same among 5 or 50.

    Skill is log-normal and scaled so that the mean of 1/skill is 1: a wider spread of skill leaves the mean fault
    rate alone. Client market shares fall as 1/rank. Capacity is log-normal with a spread of a third.
    """
    count = terms.count
    operators = np.zeros(count, OPERATOR)
    spread = terms.skill_spread
    operators["skill"] = np.exp(spread * _normal_column(seeds, "skill", count) + 0.5 * spread * spread)
    commission = terms.commission + terms.commission_spread * _normal_column(seeds, "commission", count)
    operators["commission"] = np.clip(commission, 0.0, COMMISSION_CAP)
    capacity = terms.capacity_mean * np.exp(0.33 * _normal_column(seeds, "capacity", count) - 0.5 * 0.33**2)
    operators["capacity"] = np.maximum(1.0, capacity)
    operators["cost"] = terms.cost_per_avs_eth
    operators["self_stake"] = terms.self_stake_eth
    shares = 1.0 / np.arange(1, terms.clients + 1)
    bounds = np.cumsum(shares / shares.sum())[:-1]
    operators["client"] = np.searchsorted(bounds, _table(seeds.key("operators.client"), 1, count)[0], side="right")
    return operators


def expand_services(scenario: "Scenario") -> tuple[NDArray[np.void], list[str], list[str]]:
    """One record per AVS of the scenario's tables; those of one table arrive evenly over its spread.

    Returns:
        Records, names (``oracle``, ``oracle-2``, …) and the table that each comes from.
    """
    names: list[str] = []
    families: list[str] = []
    rows: list[NDArray[np.void]] = []
    for family, (key, terms) in enumerate(scenario.avs.items()):
        for number in range(terms.count):
            names.append(key if number == 0 else f"{key}-{number + 1}")
            families.append(key)
            rows.append(_service(scenario, family, terms, number))
    return (np.concatenate(rows) if rows else np.zeros(0, AVS)), names, families


def _service(scenario: "Scenario", family: int, terms: Any, number: int) -> NDArray[np.void]:
    a = np.zeros(1, AVS)
    later = terms.arrival_spread_days * number / (terms.count - 1) if terms.count > 1 else 0.0
    a["family"] = family
    a["arrival_day"] = scenario.day_of(terms.arrival_day) + round(later)
    a["ended_day"] = -1
    a["clear_slashing"] = terms.clear_slashing
    a["fees"] = terms.fees_eth_per_year
    a["emission"] = terms.token_emission_eth_per_year
    a["buyers"] = terms.token_buyers_eth_per_year
    a["buyers_half_life"] = terms.buyers_half_life_days
    a["target"] = terms.security_target_eth
    a["rate"] = 1.0
    a["secured_day"] = -1
    for field in (
        "slash_fraction",
        "demand_growth",
        "payout",
        "minimum_days",
        "patience_days",
        "profit_share",
        "profit_growth",
    ):
        a[field] = getattr(terms, field)
    return a


def _table(key: np.uint64, rows: int, columns: int) -> Floats:
    table = np.empty((rows, columns))
    kernel.uniform_table(key, table)
    return table


def _logistic(u: Floats) -> Floats:
    u = np.clip(u, 1e-12, 1.0 - 1e-12)
    return np.log(u / (1.0 - u))


def _normal(u: Floats) -> Floats:
    quantiles = [_NORMAL.inv_cdf(min(max(float(x), 1e-12), 1.0 - 1e-12)) for x in u.ravel()]
    return np.array(quantiles, dtype=np.float64).reshape(u.shape)


def _normal_column(seeds: SeedTree, name: str, count: int) -> Floats:
    return _normal(_table(seeds.key(f"operators.{name}"), 1, count))[0]
