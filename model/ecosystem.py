"""The restaking ecosystem: one Mesa model, one day per step."""

import statistics
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..agents.avs import AVS
from ..agents.cast import OPERATOR, SERVICE, STAKER, TRADERS, Cast, SlowRulesWarning, refuse_patched
from ..agents.mesa_bridge import ColumnCollector, EcosystemBase, batch_iteration
from ..agents.node_operator import NodeOperator
from ..agents.population import Population
from ..agents.shipped import Shipped
from ..agents.staker import Staker
from . import genesis, ledger
from .campaigns import Campaigns
from .day import DAY
from .exchange import Exchange
from .fork import Fork, change_terms
from .hazards import LAYER, Hazards
from .kernels import books as move
from .kernels.lending import SMALLEST_LOAN
from .kernels.stakers import stakers_day, waiting_cost
from .losses import LossBook
from .markets.lending import LendingMarkets
from .measures import Measures
from .networks import social_network
from .news import News
from .own_metrics import OwnMetric
from .randomness import SeedTree, day_key, replication_seed, uniform
from .received import Received
from .restaking_layer import RestakingLayer
from .scenario import Scenario, load_scenario
from .scenario.price_file import self_contained
from .shown import counted, html_table, named
from .signals import Signals
from .state import FIRST_LST, IDLE, INTENTION, NOBODY
from .tokens import CREDIT_EVERY_DAYS, Airdrop
from .treasuries import MONTH_DAYS, Treasuries

if TYPE_CHECKING:
    import networkx as nx

WEEK = 7
TREASURY_DAY = 3
"""Day of the week on which treasuries look at their runway."""
FRIGHT = 5.0
"""Multiple of a loss fraction by which holders forget their loss-free days."""
DEAD_NAV = 1e-6
"""ETH per token below which nobody takes deposits for it any more."""
PANIC = 1.0
"""What a holder in a scheduled sell-off gives, per year, for not having to wait for a redemption (assumption)."""
PROGRAMME_SALES_DAYS = 14.0
"""Held programme tokens reach the market over this time once they trade."""

_NORMAL = statistics.NormalDist()


class RestakingEcosystem(EcosystemBase):
    """Stakers, LRT protocols, operators, AVSs and arbitrageurs on their networks.

    Args:
        scenario: a shipped name, a path to a TOML file, or a :class:`Scenario`.
        seed: root of all random numbers. When None the scenario's; in iteration *i* > 0 of ``mesa.batch_run`` the seed
            of replication *i*, :func:`.randomness.replication_seed`, so that iterations differ and can be made again.
        agents: classes by kind (``{"staker": Mine}``) or a :class:`~..agents.cast.Cast`. A kind whose class overrides
            anything decides in Python, and the run says so once; the others stay compiled.
        staker_class: the same for the staker alone.
        metrics: metrics of one's own (:class:`.own_metrics.OwnMetric`), recorded every day beside the shipped ones.
        rng: newer releases of Mesa call the seed so; give one of the two.
        engine: ``"kernel"`` compiles the decisions, ``"objects"`` has every agent run its Python ``step``.
        **kwargs: scenario keys, dotted, with other values than the scenario's (``**{"stakers.count": 500}``).

    Raises:
        ScenarioError: the scenario or an override is not valid.
        CastError: a class is not of its kind, or says something that a run could not honour.
        MetricError: an own metric cannot be recorded.

    Attributes:
        cast: the classes of its agents, and its own metrics.
        made_with: what own classes and an own maker of models are known by, once an experiment has made the model with
            them; None otherwise.

    Example:
        >>> with RestakingEcosystem("baseline", **{"stakers.count": 100}) as model:
        ...     model.run(3)
        ...     model.day
        3
    """

    scenario: Scenario
    made_with: Mapping[str, Any] | None = None

    def __init__(
        self,
        scenario: str | Scenario = "baseline",
        *,
        seed: int | None = None,
        agents: Cast | Mapping[str, type] | None = None,
        staker_class: type[Staker] | None = None,
        metrics: OwnMetric | Iterable[OwnMetric] = (),
        engine: str = "kernel",
        rng: int | None = None,
        **kwargs: Any,  # Mesa's front end takes further keywords from a model that calls them so
    ) -> None:
        if seed is not None and rng is not None:
            raise ValueError("seed and rng are two names of one thing: give one of them")
        seed = rng if seed is None else seed
        if engine not in ("kernel", "objects"):
            raise ValueError(f"engine must be 'kernel' or 'objects', not {engine!r}")
        self.cast = Cast.of(agents, staker_class, metrics)
        self._in_python = self.cast.in_python(engine)
        self.scenario = load_scenario(scenario, kwargs or None)
        iteration = batch_iteration() if seed is None else None
        self.seed = replication_seed(self.scenario.seed, iteration or 0) if seed is None else seed
        super().__init__(seed=self.seed)
        self.engine = engine
        self.horizon = self.scenario.days
        self.forks: list[Fork] = []
        self.day = 0
        self.venue_names = self.scenario.venues
        self.first_restaking = FIRST_LST + len(self.scenario.lst)
        self.first_lrt = self.first_restaking + 2
        self._seeds = SeedTree(self.seed)
        self._sentiment_key = int(self._seeds.key("campaigns.sentiment"))
        self._build()
        slow = self.cast.slow_rules()
        if slow and engine != "objects":
            warnings.warn(slow, SlowRulesWarning, stacklevel=2)

    def _build(self) -> None:
        scenario, seeds = self.scenario, self._seeds
        self.world, tastes, self.owners = genesis.build_world(scenario, seeds, self.horizon)
        self.staker_terms = genesis.staker_terms(scenario, seeds)
        self.archetype_terms = genesis.archetype_terms(scenario)
        self.social_network = social_network(scenario.networks, self.world.stakers["archetype"], seeds)
        self._tastes = tastes
        self._liquidity = genesis.liquidity_values(scenario, seeds, self.world.stakers["core"])
        self._intentions = np.zeros(self.world.stakers.size, INTENTION)
        self._intended = 0
        self.lending = LendingMarkets(scenario, self.world, seeds, self.horizon)
        self.exchange = Exchange(scenario, self.world)
        self.exchange.on_recovery = self._recovered
        self.exchange.endow()
        self.restaking_layer = RestakingLayer(scenario, seeds, self.venue_names[self.first_restaking :])
        self.hazards = Hazards(scenario, seeds)
        self.campaigns = Campaigns(scenario, np.append(self.lrt_supplies, self.restaked.sum()))
        self.programme_tokens = np.zeros(self.restaked.size)
        self.signals = Signals(self)
        self.news_desk = News(self)
        self.received = Received(self)
        self.measures = Measures(self)
        self.recorder = self.measures.recorder
        self._create_agents()
        self.treasuries = Treasuries(self)
        self.losses = LossBook(self)
        self.attacks = 0
        self.restaking_layer.start(0, self.restaked)
        self.signals.close()
        self.measures.record(0)

    def _create_agents(self) -> None:
        cast, layer = self.cast, self.restaking_layer
        cold = {
            "taste": self._tastes,
            "points": self.world.points,
            "liquidity_value": self._liquidity,
            "debt_shares": self.world.debt_shares,
            "debt_asset": self.world.debt_asset,
        }
        cast.refuse_columns(STAKER, [*(self.world.stakers.dtype.names or ()), *cold])
        cast.refuse_columns(OPERATOR, layer.operators.dtype.names or ())
        cast.refuse_columns(SERVICE, layer.avs.dtype.names or ())
        self.stakers: Population[Staker] = Population(
            self, cast.staker, self.world.stakers, cold=cold, derived={"wealth": self._wealth}
        )
        self.operators: Population[NodeOperator] = Population(self, cast.operator, layer.operators)
        self.services: Population[AVS] = Population(self, cast.avs, layer.avs)
        self.protocols = [cast.lrt_protocol(self, k, name) for k, name in enumerate(self.scenario.lrt)]
        self.arbitrageurs = [
            cast.arbitrageur(self, self.exchange.arbitrageurs, a, self.exchange.held)
            for a in range(self.exchange.arbitrageurs.size)
        ]
        self.liquidator = cast.liquidator(self)
        if OPERATOR in self._in_python:
            layer.operators_step = self._operators_decide
        if SERVICE in self._in_python:
            layer.avs_step = self._services_decide
        if self._in_python & TRADERS:
            self.exchange.let_trade(self.arbitrageurs, self.liquidator)
        names, table = self.measures.columns()
        self.datacollector = ColumnCollector(names, table)

    def __repr__(self) -> str:
        name, stakers = self.scenario.name or "without a name", counted(self.world.stakers.size, "staker")
        return f"<{type(self).__name__} {name}, seed {self.seed}, day {self.day} of {self.horizon}, {stakers}>"

    def _repr_html_(self) -> str:
        facts = {
            "scenario": self.scenario.name or "without a name",
            "seed": str(self.seed),
            "day": f"{self.day} of {self.horizon}",
            "date": self.scenario.date_of(self.day),
            "engine": self.engine,
            "stakers": self.world.stakers.size,
            "operators": len(self.restaking_layer.operator_names),
            "AVSs": len(self.restaking_layer.avs_names),
            "supply of LRTs, ETH": float(self.lrt_supplies.sum()),
            "restaked, ETH": float(self.restaked.sum()),
            "LRTs": named(self.scenario.lrt),
        }
        return html_table(type(self).__name__, facts)

    # --- what agents read ---------------------------------------------------------------------------------------------

    @property
    def venues(self) -> NDArray[np.void]:
        """(V,) ``VENUE`` records."""
        return self.world.venues

    @property
    def lenders(self) -> NDArray[np.void]:
        """(2,) ``LENDER`` records: ETH and stablecoins."""
        return self.world.lenders

    @property
    def satellites_at_open(self) -> NDArray[np.uint8]:
        """(N,) restaking venue of every staker at the last close."""
        return self.world.stakers["satellite"]

    @property
    def restaked(self) -> NDArray[np.float64]:
        """(R,) restaked ETH by restaking venue, at NAV: the stake that secures AVSs."""
        rows = slice(self.first_restaking, None)
        return self.world.books["shares"][rows] * self.world.venues["nav"][rows]

    @property
    def lrt_supplies(self) -> NDArray[np.float64]:
        """(K,) supply of the LRTs, ETH."""
        rows = slice(self.first_lrt, None)
        return self.world.books["shares"][rows] * self.world.venues["nav"][rows]

    @staticmethod
    def _wealth(population: Population[Staker]) -> NDArray[np.float64]:
        rows, nav, world = population.rows, population.model.venues["nav"], population.model.world
        satellite = np.where(rows["satellite"] == NOBODY, 0, rows["satellite"])
        held = rows["core_shares"] * nav[rows["core"]] + rows["satellite_shares"] * nav[satellite]
        unit = world.lenders["index"] / world.lenders["price"]
        return held + rows["pending_amount"] - world.debt_shares * unit[world.debt_asset]

    def file_intention(
        self, row: int, target: int, share: float, sell: int = 0, limit: float = 0.0, leverage: float = 0.0
    ) -> None:
        """Note what a staker wants; all intentions of a day are carried out together."""
        intention = self._intentions[self._intended]
        intention["row"], intention["target"], intention["share"] = row, target, share
        intention["sell"], intention["limit"], intention["leverage"] = sell, limit, leverage
        self._intended += 1

    # --- the day ------------------------------------------------------------------------------------------------------

    def step(self) -> None:  # type: ignore[override]  # a closed model's step never returns
        """One day: news, accrue, decide, queue, trade, faults, settle, record (:data:`.day.DAY`).

        Past the horizon nothing happens, not even the counting of a step; as Mesa's own loops expect,
        ``running`` is False from the last day on.
        """
        refuse_patched()
        for name, _ in DAY:
            getattr(self, name)()
        if self.finished:
            self.running = False

    @property
    def finished(self) -> bool:
        """Whether the run has reached its horizon."""
        return self.day >= self.horizon

    def news(self) -> None:
        """Scheduled events of the day, and the sentiment of outside buyers."""
        for field in ("minted", "redeemed", "sold", "bought"):
            self.world.books[field] = 0.0
        self.exchange.today = self.day
        move.report_losses(self.world, self.day)
        u = uniform(day_key(self._sentiment_key, self.day), 0)
        self.campaigns.move_sentiment(_NORMAL.inv_cdf(min(max(u, 1e-12), 1.0 - 1e-12)))
        self.news_desk.read(self.day)

    def accrue(self) -> None:
        """Base yield, AVS rewards, programme tokens and points."""
        self.lending.accrue(self.day)
        rewards = self.restaking_layer.accrue(self.day, self.restaked, self.campaigns.sentiment)
        fees, tokens = np.zeros(self.world.venues.size), np.zeros(self.world.venues.size)
        fees[self.first_restaking :] = rewards.fees_by_venue
        programme = self._sell_programme_tokens()
        tokens[self.first_restaking :] = rewards.tokens_by_venue + programme
        self.received.pay(rewards.fees_by_venue, rewards.tokens_by_venue, programme)
        account = self.world.accounts[0]
        commission = float(rewards.commission_by_operator.sum())
        account["operators"] += commission
        account["users"] += rewards.fees_total - fees.sum()
        account["token_buyers"] += commission - (rewards.fees_total - fees.sum())
        ethereum = self.scenario.ethereum
        self.base_apr = move.accrue(
            self.world,
            self.day,
            ethereum.issuance_coefficient,
            ethereum.mev_apr,
            ethereum.other_staked_eth,
            fees,
            tokens,
            self.news_desk.boosts,
            self.news_desk.own_running,
            self.news_desk.layer_running,
        )
        self._count_points()

    def _sell_programme_tokens(self) -> NDArray[np.float64]:
        """The layer's programme: a fixed number of tokens a week, pro rata to stake, sold when they trade."""
        terms, market = self.scenario.restaking, self.campaigns.campaigns[-1].market
        start = terms.programme_start_day
        if start is None or self.day < self.scenario.day_of(start):
            return np.zeros(self.programme_tokens.size)
        years = (self.day - self.scenario.day_of(start)) / 365.0
        weekly = terms.programme_tokens_per_week * (1.0 + terms.programme_growth) ** years
        earned = weekly / WEEK * terms.programme_staker_share * (1.0 - terms.operator_commission)
        stake = self.restaked
        self.programme_tokens += earned * stake / max(stake.sum(), 1e-300)
        market.circulating += earned
        if not market.listed:
            return np.zeros(stake.size)
        selling = self.programme_tokens / PROGRAMME_SALES_DAYS
        total = float(selling.sum())
        eth = market.sell(total)
        self.world.accounts[0]["token_pools"] -= eth
        self.world.accounts[0]["token_buyers"] -= eth
        self.programme_tokens -= selling
        return eth * selling / max(total, 1e-300)

    def _count_points(self) -> None:
        supplies = self.lrt_supplies
        own, layer = np.zeros(supplies.size), np.zeros(supplies.size)
        for k, campaign in enumerate(self.campaigns.campaigns[:-1]):
            if campaign.season(self.day) is not None:
                own[k] = supplies[k] * self.news_desk.boosts[self.first_lrt + k]
                campaign.points += float(own[k])
        if self.news_desk.layer_running:
            self.campaigns.campaigns[-1].points += float(self.restaked.sum())
            layer[:] = supplies
        self.received.accrued(own, layer)

    def decide(self) -> None:
        """Stakers due today; LRT protocols, operators and AVSs on their calendar."""
        self._intended = 0
        if STAKER in self._in_python:
            self.stakers.agents.do("step")
        else:
            self._intended, _ = stakers_day(
                self.day,
                self.stakers.alive,
                self.world.stakers,
                self.world.venues,
                self.archetype_terms,
                self._tastes,
                self._liquidity,
                self.world.debt_shares,
                self.world.debt_asset,
                self.world.lenders,
                self.social_network.indptr,
                self.social_network.indices,
                self.staker_terms,
                self._intentions,
            )
        if self.news_desk.forced_sales.any():
            self._file_forced_sales()
        if self.day % WEEK == TREASURY_DAY:
            self.treasuries.file_sales()
        if self.day % WEEK == 0:
            for protocol in self.protocols:
                protocol.step()
            self.restaking_layer.week(self.day, self.restaked)
            for k in range(len(self.protocols)):
                if self.world.venues[self.first_lrt + k]["launched"]:
                    self.exchange.resize_pool(k, 1.0 - (1.0 - self.scenario.markets.lp_response) ** WEEK)

    def _file_forced_sales(self) -> None:
        """Holders want part of what they have out (a scheduled shock); who wanted something else today does not.

        With redemption closed they sell at any price; with it open down to what a panicking holder would give for not
        having to wait, and keep what is not taken.
        """
        rows, forced = self.world.stakers, self.news_desk.forced_sales
        waiting = rows["pending_route"] != NOBODY
        waiting[self._intentions["row"][: self._intended]] = True
        nav = self.world.venues["nav"]
        for venue in np.flatnonzero(forced):
            limit = 1.0
            if self.world.venues["redemption_open"][venue]:
                limit = float(waiting_cost(self.world.venues[venue], PANIC, self.staker_terms[0]))
            for row in np.flatnonzero((rows["satellite"] == venue) & ~waiting):
                staker = rows[row]
                if STAKER in self._in_python and self.world.venues["redemption_open"][venue]:
                    limit = self.stakers.view(int(row)).waiting_cost(self.world.venues[venue], PANIC)
                held = staker["satellite_shares"] * nav[venue]
                wealth = held + staker["core_shares"] * nav[staker["core"]]
                share = (1.0 - forced[venue]) * held / max(wealth, 1e-300)
                self.file_intention(int(row), int(venue), float(share), 1, limit)
        forced[:] = 0.0

    def _operators_decide(self) -> None:
        self.operators.agents.do("step")

    def _services_decide(self) -> None:
        self.services.agents.do("step")

    def queue(self) -> None:
        """Deposits, claims, escrow and the validator queues."""
        ethereum, exchange = self.scenario.ethereum, self.exchange
        entry, exit_ = self.news_desk.churn
        filed = move.carry_out(self.world, self._intentions, self._intended, self.day, exchange.orders, 0)
        self.lending.borrow(self._intentions, self._intended, self.day)
        move.move_queues(self.world, self.day, entry, exit_, ethereum.sweep_days)
        exchange.filed = move.pay_claims(self.world, self.day, exchange.orders, filed)
        exchange.collect_claims()
        move.manage_books(self.world, self.day)

    def trade(self) -> None:
        """The day's rounds in the LRT pools."""
        self.exchange.refill()
        loans = self.lending.open_trade(self.exchange.orders, self.exchange.filed, self.day)
        self.exchange.trade(self.day, self.signals.opening_days, self.signals.instant_fees(), loans)
        bad = self.lending.bad_debt_eth
        self.lending.book(self.day)
        self._note_liquidations(self.lending.bad_debt_eth - bad)

    def _note_liquidations(self, bad_debt: float) -> None:
        nav = self.world.venues["nav"][self.first_lrt :]
        if self.lending.enabled:
            sold = self.lending.collateral["seized_shares"] * nav
            for k in np.flatnonzero(sold > 0.0):
                name = self.venue_names[self.first_lrt + int(k)]
                self.recorder.event(self.day, 0, "liquidation", name, "", float(sold[k]), "ETH", "unsafe loans")
        if bad_debt > 0.0:
            self.losses.note("bad_debt", "lenders", bad_debt)
            self.losses.note("bad_debt", "borrowers", -bad_debt)
        if bad_debt > SMALLEST_LOAN:
            self.recorder.event(self.day, 0, "bad_debt", "lending", "", bad_debt, "ETH", "collateral gone")

    def faults(self) -> None:
        """Slashing by the base layer and by AVSs, contract exploits, and what the scenario puts on the calendar."""
        self._base_slashing()
        losses, events = self.restaking_layer.faults(self.day, self.restaked, self.scenario.hazards.enabled)
        self._suffer(losses, 1, "avs_slashing")
        self.measures.layer_events(events + self.restaking_layer.take_events())
        if self.day % WEEK == 0 and self.scenario.hazards.enabled:
            self._attacks()
        launched = self.world.venues["launched"][self.first_lrt :]
        for exploit in self.hazards.draw(self.day, launched, self.lrt_supplies):
            lost = np.zeros(self.restaked.size)
            rows = slice(None) if exploit.lrt == LAYER else slice(2 + exploit.lrt, 3 + exploit.lrt)
            lost[rows] = exploit.loss_fraction * self.restaked[rows]
            self._suffer(lost, 0, "exploit")
            name = "restaking" if exploit.lrt == LAYER else self.venue_names[self.first_lrt + exploit.lrt]
            self.recorder.event(self.day, 0, "exploit", name, "", float(lost.sum()), "ETH", exploit.cause)
        for exploit in self.hazards.draw_defi(self.day, launched):
            self._drain(exploit)
        for event in self.hazards.scheduled(self.day):
            self._scheduled(event)
        pause_days = self.hazards.draw_pause(self.day)
        if pause_days > 0:
            self.news_desk.pause_layer(self.day, pause_days)

    def _base_slashing(self) -> None:
        ethereum = self.scenario.ethereum
        if self.scenario.hazards.enabled:
            before = self.world.books["validators"].copy()
            move.slash_validators(
                self.world,
                self.day,
                self.hazards.base_key,
                ethereum.base_slashing_rate,
                ethereum.base_slashing_loss,
            )
            self.losses.note_base(before - self.world.books["validators"])

    def _attacks(self) -> None:
        """Dishonest operators corrupt services when it pays: users lose the prizes, delegators what is slashed."""
        coalition, losses, events = self.restaking_layer.attack(self.day, self.restaked)
        if coalition is None:
            return
        self.attacks += len(coalition.services)
        self.losses.note("attack", "users", coalition.profit_eth)
        self._suffer(losses, 1, "attack")
        self.measures.layer_events(events + self.restaking_layer.take_events())

    def _drain(self, exploit: Any) -> None:
        """A pool or market around an LRT is robbed: providers of liquidity lose, the token is used less."""
        name = self.venue_names[self.first_lrt + exploit.lrt]
        eth = self.exchange.drain(exploit.lrt, exploit.loss_fraction)
        self.losses.note("defi_exploit", "liquidity_providers", eth)
        self.signals.distrust(exploit.lrt, exploit.loss_fraction)
        self.news_desk.alarm(self.first_lrt + exploit.lrt, exploit.loss_fraction)
        self.recorder.event(self.day, 0, "exploit", name, "", eth, "ETH", exploit.cause)

    def _scheduled(self, event: Any) -> None:
        """Slashes and shocks that the scenario puts on the calendar."""
        if event.kind == "slash":
            losses, events = self.restaking_layer.slash(self.day, event.target, event.size, self.restaked)
            self._suffer(losses, 1, "avs_slashing")
            self.measures.layer_events(events)
            return
        if event.kind == "exploit":
            venue = self.venue_names.index(event.target)
            eth = event.size * float(self.world.books["shares"][venue] * self.world.venues["nav"][venue])
            lost = self._take(venue, eth, 0, "exploit")
            self.recorder.event(self.day, 0, "exploit", event.target, "", lost, "ETH", "scheduled")
            return
        if event.kind == "unbacked":
            for venue in range(self.first_lrt, len(self.venue_names)):
                if event.target in (self.venue_names[venue], "all"):
                    self._forge(venue, float(event.size))
            return
        self.news_desk.shock(self.day, event)

    def _forge(self, venue: int, fraction: float) -> None:
        """Somebody mints tokens out of nothing and borrows against them before anybody notices.

        NAV falls for everybody when the books are next looked at; what was borrowed is the lenders' loss, less what
        redemption pays for the collateral that they keep.
        """
        k, name = venue - self.first_lrt, self.venue_names[venue]
        shares = fraction * float(self.world.books["shares"][venue])
        self.world.books["shares"][venue] += shares
        self.world.outside_shares[venue] += shares
        self.recorder.event(self.day, 0, "unbacked", name, "", shares, "shares", "scheduled")
        posted, borrowed, lost = self.lending.robbed(k, shares)
        self.losses.note("unbacked", "lenders", borrowed)
        for holder in range(self.first_restaking, self.world.venues.size):
            move.revalue(self.world, holder)
        if borrowed > 0.0:
            self.recorder.event(self.day, 0, "exploit", "lending", name, borrowed, "ETH", "unbacked collateral")
            self.recorder.event(self.day, 0, "bad_debt", "lending", name, lost, "ETH", "unbacked collateral")
            self.world.outside_shares[venue] -= posted
            self.exchange.redeem_for_lenders(k, posted)
        severity = min(FRIGHT * fraction / (1.0 + fraction), 1.0)
        move.frighten(self.world, venue, severity, self.day)
        self.news_desk.alarm(venue, severity)

    def _recovered(self, venue: int, eth: float) -> None:
        """Collateral of nothing has been redeemed: what lenders get back is what the token's holders lose."""
        kept = self.lending.recover(eth)
        self.losses.note("unbacked", "lenders", -kept)
        self.losses.note_book("unbacked", kept, 0.0, self.losses.snapshot(venue))

    def _suffer(self, losses: NDArray[np.float64], burned: int, cause: str) -> None:
        """Restaking venues lose ETH: their books bear it, their holders see it."""
        for r in np.flatnonzero(losses):
            self._take(self.first_restaking + int(r), float(losses[r]), burned, cause)

    def _take(self, venue: int, eth: float, burned: int, cause: str) -> float:
        """Take ETH from a venue's book; returns what was lost."""
        held = max(float(self.world.books["shares"][venue] * self.world.venues["nav"][venue]), 1e-300)
        claims, weights = float(self.world.books["claims"][venue]), self.losses.snapshot(venue)
        lost = float(move.lose(self.world, venue, eth, self.day, burned))
        self.losses.note_book(cause, lost, claims - float(self.world.books["claims"][venue]), weights)
        for holder in range(self.first_restaking, self.world.venues.size):
            move.revalue(self.world, holder)
        if venue >= self.first_lrt and self.world.venues["nav"][venue] < DEAD_NAV:
            self.world.venues["deposit_open"][venue] = 0
        severity = min(FRIGHT * lost / held, 1.0)
        move.frighten(self.world, venue, severity, self.day)
        self.news_desk.alarm(venue, severity)
        return lost

    def settle(self) -> None:
        """Token sales, proceeds, and what the close tells tomorrow's deciders."""
        self._token_markets()
        if self.day % MONTH_DAYS == MONTH_DAYS - 1:
            self.treasuries.pay()
        if self.day % CREDIT_EVERY_DAYS == CREDIT_EVERY_DAYS - 1:
            self._credit_proceeds()
        self._close_lending()
        self.signals.close()

    def _close_lending(self) -> None:
        """Rates and terms of tomorrow's loans."""
        churn, days = self.news_desk.churn[1], self.scenario.lending.unwind_days
        queue = float(self.world.exits[self.world.heads[0] : self.day + 1].sum())
        passage = queue / max(churn, 1e-9) + self.scenario.ethereum.sweep_days
        passage = np.maximum(passage, self.world.books["escrow_days"][self.first_lrt :])
        exits = churn * np.maximum(days - passage, 0.0) / max(days, 1e-9)
        frozen = self.lending.steward.frozen.copy()
        self.lending.close(self.day, self.world.venues["price"][self.first_lrt :], self.exchange, exits)

        for k in np.flatnonzero(self.lending.steward.frozen & ~frozen):
            discount = 1.0 - float(self.world.venues["price"][self.first_lrt + int(k)])
            name = self.venue_names[self.first_lrt + int(k)]
            self.recorder.event(self.day, 0, "freeze", name, "", discount, "discount", "risk steward")

    def _token_markets(self) -> None:
        account = self.world.accounts[0]
        for campaign in self.campaigns.campaigns:
            market = campaign.market
            if not market.listed:
                continue
            for airdrop in campaign.airdrops:
                tokens = airdrop.to_sell(self.day, self.scenario.campaigns)
                eth = market.sell(tokens)
                if tokens > 0.0:
                    airdrop.book_sale(tokens, eth)
                    market.airdrop_sold += tokens
                account["token_pools"] -= eth
                account["claimants"] += eth
            floating, unlocked = market.float_to_sell(self.day, self.scenario.campaigns), market.unlocked(self.day)
            eth = market.sell(floating + unlocked)
            market.float_sold += floating
            market.circulating += unlocked
            account["token_pools"] -= eth
            account["outside_out"] += eth
            eth = market.budget(self.day, self.campaigns.sentiment)
            market.buy(eth)
            account["token_pools"] += eth
            account["token_buyers"] += eth

    def _credit_proceeds(self) -> None:
        """Proceeds of airdrops go to the recipients' core assets."""
        rows, world = self.world.stakers, self.world
        for campaign in self.campaigns.campaigns:
            for airdrop in campaign.airdrops:
                eth = airdrop.credit()
                paid = float(eth.sum())
                if paid <= 0.0:
                    continue
                world.accounts[0]["claimants"] -= paid
                cores = rows["core"][airdrop.rows]
                shares = eth / world.venues["nav"][cores]
                np.add.at(rows["core_shares"], airdrop.rows, shares)
                by_core = np.bincount(cores, eth, world.venues.size)
                world.accounts[0]["stakers"] += by_core[IDLE]
                for venue in np.flatnonzero(by_core):
                    if venue != IDLE:
                        move.mint(world, venue, by_core[venue])

    def record(self) -> None:
        """Write the day down; a day is complete when this returns."""
        self.day += 1
        self.measures.record(self.day)
        self.datacollector.collect(self)

    # --- running ------------------------------------------------------------------------------------------------------

    def run(self, days: int | None = None, progress: Callable[[int, int], None] | None = None) -> None:
        """Run on: for ``days``, or to the horizon.

        Args:
            days: number of days; None runs to the scenario's horizon.
            progress: called with the day and the last day after every day.
        """
        last = self.horizon if days is None else min(self.day + days, self.horizon)
        while self.day < last:
            self.step()
            if progress is not None:
                progress(self.day, last)

    def change(self, changes: Mapping[str, Any]) -> None:
        """Go on under changed terms from today: what has happened stays, what is to come follows the new terms.

        Args:
            changes: values by dotted key.

        Raises:
            ScenarioError: a change is not valid, or concerns what the run began with.
        """
        changes = self_contained(changes)
        origin = self.scenario
        change_terms(self, changes)
        self.forks.append(Fork(self.day, dict(changes), origin))

    def at_start(self, scenario: Scenario) -> "RestakingEcosystem":
        """A model of the same kind, seed, engine and cast on day zero of a scenario."""
        own: dict[str, Any] = {} if self.cast.stock else {"agents": self.cast}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SlowRulesWarning)  # this model has said so
            return type(self)(scenario, seed=self.seed, engine=self.engine, **own)

    def run_model(self) -> None:
        """Mesa's name for :meth:`run`."""
        self.run()

    def check_invariants(self) -> None:
        """Check both ledgers now.

        Raises:
            LedgerError: naming the account and the day.
        """
        ledger.check(self.world, self.exchange, self.venue_names, self.day)

    def summary(self) -> dict[str, float]:
        """Summary value of every metric of the whole, by name."""
        return self.measures.summary()

    def capital_network(self) -> "nx.DiGraph[str]":
        """Who holds, delegates to and secures whom, today (see :func:`.networks.capital_network`)."""
        return self.measures.capital_network()

    def snapshot(self, number: int, season: Any) -> None:
        """Take a points snapshot: allocate the season's tokens and start the next season at zero."""
        campaign = self.campaigns.campaigns[number]
        move.settle_all(self.world, self.day - 1)
        tokens = season.share * campaign.generosity * campaign.market.terms.supply
        wallets = self.world.stakers["wallets"].astype(np.float64)
        allocation = self.campaigns.allocate(self.world.points[:, number], wallets, tokens)
        claim = max(season.claim, campaign.listing_day if campaign.listing_day is not None else season.claim)
        campaign.airdrops.append(Airdrop(allocation, claim, season.claimable_share, season.vesting_days))
        self.received.allocated(number, campaign.points)
        self.world.points[:, number] = 0.0
        campaign.points, campaign.generosity = 0.0, 1.0

    def list_token(self, number: int, day: int | None = None) -> float:
        """Open a token's market at the scenario's realised valuation; returns FDV over TVL.

        Args:
            number: the campaign.
            day: day since which the token trades, today when None; a day before the run opens it at today's
                valuation, with the buyers, the sales and the unlocks of its age.
        """
        campaign = self.campaigns.campaigns[number]
        tvl = float(self.restaked.sum()) if number == len(self.scenario.lrt) else float(self.lrt_supplies[number])
        ratio = float(campaign.market.terms.listing_fdv_over_tvl)
        eth = campaign.market.list(self.day if day is None else day, ratio * max(tvl, 1.0))
        self.world.accounts[0]["token_pools"] += eth
        self.world.accounts[0]["outside_in"] += eth
        return ratio


AS_WRITTEN = Shipped((RestakingEcosystem,))
"""The model as it was written; whoever records a run asks whether it still is."""
