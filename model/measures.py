"""What is measured each day: fills the recorder from the state of the ecosystem."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .concentration import hhi, top_share
from .kernels import books as move
from .kernels.certificate import MOST_SLACK, THRESHOLD, certified_slack
from .kernels.concentration import gini_by_histogram, shares_of_largest
from .kernels.stableswap import selling_costs
from .kernels.totals import TOTALS, add_up
from .ledger import LedgerError
from .metrics import NO_SUPPLY, metrics_of
from .own_metrics import MetricError, OwnMetric
from .recorder import Recorder
from .restaking_layer import LayerEvent
from .state import ETH_LOAN, FIRST_LST, IDLE

if TYPE_CHECKING:
    import networkx as nx

    from .ecosystem import RestakingEcosystem
    from .security.network import RestakingNetwork

Floats = NDArray[np.float64]

DEPEG = 0.02
"""Discount that counts as a depeg."""
NAV_DAYS = 30
"""Days over which the growth of NAV is measured."""
SHOCK = 0.01
"""Share of restaked ETH that is lost first, in the bound on what follows."""
CERTIFICATE_ROUNDING = 1e-9
"""How far exact slack may be below the certificate of floats."""
SMALL_SHOCK, LARGE_SHOCK = 0.001, 0.05
SLOW_EVERY_DAYS = 7
"""Measures that need a pass over all stakers, or that hardly move, are taken once a week."""
EARNED = (
    "earned_staking_apr",
    "earned_avs_fee_apr",
    "earned_avs_token_apr",
    "earned_programme_apr",
    "earned_loss_apr",
    "earned_airdrop_apr",
    "earned_layer_airdrop_apr",
)
"""Names of the yields earned so far, in the order of :data:`.received.SOURCES`."""
_LARGEST = np.array([1, 3, 7])


class Measures:
    """Daily measurement of one ecosystem.

    Args:
        model: the ecosystem.
    """

    def __init__(self, model: "RestakingEcosystem") -> None:
        self.model, scenario = model, model.scenario
        layer = model.restaking_layer
        ids = {
            "lst": list(scenario.lst),
            "lrt": list(scenario.lrt),
            "token": [campaign.market.terms.id for campaign in model.campaigns.campaigns],
            "operator": layer.operator_names if scenario.recording.operators else [],
            "avs": layer.avs_names if scenario.recording.avs else [],
            "venue": list(model.venue_names),
        }
        entities = {kind: (names, [m.name for m in metrics_of(kind)]) for kind, names in ids.items()}
        self.recorder = Recorder(
            [metric.name for metric in metrics_of("total")],
            entities,
            model.horizon,
            scenario.date_of(0),
            scenario.recording.entity_interval,
            model.cast.metrics,
        )
        self._refuse_unrecorded(model.cast.metrics)
        venues = model.world.venues.size
        self._nav = np.full((model.horizon + 1, venues), np.nan)
        self._holdings = np.zeros((model.archetype_terms.size, venues))
        self._holders = np.zeros(venues, np.int64)
        self._slow = {"staker_gini": math.nan, "governance_hhi": math.nan}
        self._of_supply = {kind: _while_supplied(kind) for kind in ("lst", "lrt")}
        self._top10 = np.full(len(ids["lrt"]), np.nan)
        self._belief = np.zeros(len(ids["lrt"]))
        self._at_claim = np.zeros(len(ids["lrt"]))
        self._sums = np.zeros(1, TOTALS)
        self._own_slack = np.full(len(layer.operator_names), MOST_SLACK)
        self._depegged = np.zeros(len(ids["lrt"]), bool)
        self._expected_loss = np.zeros(len(ids["lrt"]))
        self._lrt_shares, self._operator_shares, self._avs_shares = (np.zeros(_LARGEST.size + 2) for _ in range(3))

    def columns(self) -> tuple[list[str], Callable[[], tuple[Floats, int]]]:
        """Names and table of the whole's series, for a Mesa data collector."""
        return list(self.recorder.names), self.recorder.table

    def layer_events(self, events: Iterable[LayerEvent]) -> None:
        """Note what happened in the restaking layer."""
        for event in events:
            self.recorder.event(
                event.day, 0, event.type, event.subject, event.object, event.amount, event.unit, event.cause
            )

    def record(self, day: int) -> None:
        """Fill row ``day`` of every series."""
        model, recorder = self.model, self.recorder
        if day % SLOW_EVERY_DAYS == 0:
            self._measure_stakers()
        self._nav[day] = np.where(model.world.books["shares"] > 0.0, model.world.venues["nav"], np.nan)
        model.restaking_layer.survey(model.restaked)
        if day > 0:
            model.received.close(self._advertised(), model.signals._base_rate())
        lrts = self._lrts(day)
        total = self._total(day, lrts)
        recorder.fill_day(day, total)
        check = model.scenario.recording.exact_security_interval
        if check and day > 0 and day % check == 0:
            self._check_exactly(day, self._slack)
        self._note_depegs(day, lrts["discount"])
        if day % recorder.interval == 0:
            self._entities(day // recorder.interval, lrts)
        self._own_metrics(day)
        if day % recorder.interval == 0:
            for campaign in model.campaigns.campaigns:
                campaign.market.recorded()

    def _check_exactly(self, day: int, certified: float) -> None:
        """Hold the certificate of the day against exact tools, and note what they find."""
        from .security.report import analyse

        network = self.restaking_network()
        if network is None:
            return
        report = analyse(network, ())
        exact = None if report.slack is None else float(report.slack)
        if exact is not None and exact < certified - CERTIFICATE_ROUNDING * (1.0 + certified):
            raise LedgerError(f"day {day}: slack is {exact:.9g}, less than the certified {certified:.9g}")
        if report.secure is False and certified > CERTIFICATE_ROUNDING:
            raise LedgerError(f"day {day}: an attack pays although a slack of {certified:.9g} is certified")
        binding = next(iter(report.certificate.operators + report.certificate.services), "")
        slack = MOST_SLACK if exact is None and report.exact else (float("nan") if exact is None else exact)
        self.recorder.event(day, 0, "security_check", "restaking", binding, slack, "ratio", report.means)

    # --- levels -------------------------------------------------------------------------------------------------------

    def _measure_stakers(self) -> None:
        model, world = self.model, self.model.world
        move.holdings(world, model.archetype_terms, self._holdings, self._holders)
        rows = world.stakers
        self._slow["staker_gini"] = float(gini_by_histogram(model._wealth(model.stakers)))
        self._slow["governance_hhi"] = max(
            (hhi(drop.allocation) for c in model.campaigns.campaigns for drop in c.airdrops[-1:] if drop.total > 0.0),
            default=math.nan,
        )
        for k in range(self._top10.size):
            self._expected_loss[k] = model.hazards.expected_loss(k, model.day)
            holds = rows["satellite"] == model.first_lrt + k
            held = rows["satellite_shares"][holds]
            self._belief[k] = np.average(rows["token_belief"][holds], weights=held) if held.sum() > 0.0 else 0.0
            self._top10[k] = top_share(held, max(1, math.ceil(0.1 * held.size))) if held.size else math.nan

    def nav_growth(self, day: int, first: int) -> Floats:
        """Growth of NAV over the last 30 days, per year, of the venues from ``first`` on.

        Of a younger token since its first supply; NaN before its first day is over.
        """
        window = self._nav[max(0, day - NAV_DAYS) : day + 1, first:]
        oldest = np.isfinite(window).argmax(axis=0)
        days = (window.shape[0] - 1 - oldest).astype(float)
        begun = window[oldest, np.arange(window.shape[1])]
        growth = np.divide(window[-1], begun, out=np.full(days.size, np.nan), where=(begun > 0.0) & (days > 0.0))
        return np.asarray(growth ** (365.0 / np.maximum(days, 1.0)) - 1.0)

    def _advertised(self) -> Floats:
        """(K,) yield that each LRT shows, per year."""
        signals, own = self.model.signals, slice(2, None)
        promised = signals.avs_token_apr[own] + signals.programme_apr[own] + signals.points_apr[own]
        return np.asarray(signals.base_apr[own] + signals.fee_apr[own] + promised)

    def _lrts(self, day: int) -> dict[str, Floats]:
        model = self.model
        first, signals, exchange = model.first_lrt, model.signals, model.exchange
        venues, books = model.world.venues[first:], model.world.books[first:]
        supply, fills = model.lrt_supplies, exchange.fills.lrts
        own = slice(2, None)
        promised = signals.avs_token_apr[own] + signals.programme_apr[own] + signals.points_apr[own]
        received = model.received.by_source()
        earned = received.sum(axis=1)
        trust = np.array([campaign.trust for campaign in model.campaigns.campaigns[:-1]])
        shares = books["shares"]
        is_open = (shares > 0.0) & (venues["redemption_open"] == 1)
        return {
            "supply_eth": supply,
            "shares": shares,
            "nav": venues["nav"],
            "price": venues["price"],
            "discount": np.where(supply > 0.0, 1.0 - np.minimum(fills["lowest_price"], 1.0), 0.0),
            "depth_1pct": self._depth(0.01),
            "depth_10pct": self._depth(0.10),
            "pool_eth": exchange.pooled_eth(),
            "pool_gap": exchange.pool_gaps(),
            "buffer_eth": books["buffer"],
            "queue_eth": books["claims"],
            "queue_days": np.where(is_open, venues["wait_days"], np.nan),
            "redemption_open": venues["redemption_open"].astype(float),
            "base_apr": signals.base_apr[own],
            "avs_fee_apr": signals.fee_apr[own],
            "avs_token_apr": signals.avs_token_apr[own],
            "programme_apr": signals.programme_apr[own],
            "points_apr": signals.points_apr[own],
            "advertised_apr": self._advertised(),
            "promised_apr": model.received.promised(),
            "earned_apr": earned,
            **dict(zip(EARNED, received.T, strict=True)),
            "nav_apr": self.nav_growth(day, first),
            "risk_adjusted_apr": earned - self._expected_loss,
            "implied_apr": signals.base_apr[own] + signals.fee_apr[own] + self._belief * promised,
            "integration": venues["integration"],
            "trust": trust,
            "holders": self._holders[first:].astype(float),
            "top10_share": self._top10,
            "minted_eth": books["minted"],
            "redeemed_eth": books["redeemed"],
            "sold_eth": books["sold"],
            "bought_eth": books["bought"],
            "remembered_discount": venues["remembered_discount"],
            "operator_hhi": model.restaking_layer.venue_hhi()[own],
            "posted_share": model.lending.survey[:, 0] / np.maximum(supply, 1e-300),
            "loan_ltv": venues["ltv"] if model.lending.enabled else np.full(shares.size, np.nan),
            "oracle_low": np.where(model.lending.has_loans, model.lending.collateral["lowest_oracle"], np.nan),
            "liquidated_leverage": _or_missing(model.lending.collateral["lowest_leverage"]),
        }

    def _depth(self, part: float) -> Floats:
        exchange, venues = self.model.exchange, self.model.world.venues
        out = np.empty(len(exchange.names))
        shares = self.model.world.books["shares"][exchange.first :]
        selling_costs(exchange.pools, venues["nav"][exchange.first :], shares, part, out)
        return out

    def _total(self, day: int, lrts: dict[str, Floats]) -> dict[str, float]:
        model, world = self.model, self.model.world
        account, layer, sums = world.accounts[0], model.restaking_layer, self._sums[0]
        add_up(world, day, model.first_restaking, model.exchange.pools, model.exchange.arbitrageurs, sums)
        supply = lrts["supply_eth"]
        lrt_supply = float(supply.sum())
        stake, secured, profit_share = layer.operator_stake, layer.secured, layer.profit_share(day)
        pooled = layer.stake_mode == "pooled"
        slack, binding = certified_slack(stake, secured, profit_share, THRESHOLD, pooled, self._own_slack)
        self._answering = (stake > 0.0) & ((secured * profit_share).sum(axis=1) > 0.0)
        bounded = slack if layer.stake_mode != "elastic" else 0.0
        profits = profit_share * secured.sum(axis=0)
        weights = supply / max(lrt_supply, 1e-300)
        staked = float(sums["validators"]) + model.scenario.ethereum.other_staked_eth
        base = model.signals._base_rate()
        advertised = float(weights @ lrts["advertised_apr"])
        fees = float(weights @ lrts["avs_fee_apr"])
        added = fees + float(weights @ (lrts["avs_token_apr"] + lrts["programme_apr"] + lrts["points_apr"]))
        has_lrts, has_stake, has_prize = lrt_supply > 0.0, float(stake.sum()) > 0.0, float(profits.sum()) > 0.0
        lrt_hhi = _concentration(supply, self._lrt_shares)
        operator_hhi = _concentration(layer.operator_stake, self._operator_shares)
        lender, borrowed = world.lenders[ETH_LOAN], model.lending.survey.sum(axis=0)
        posted, lenders_eth = float(borrowed[0]), float(lender["claims"])
        lent_eth = float(lender["debt_shares"] * lender["index"])
        premium_promised, premium_earned, premium_airdrops = model.received.premiums()
        self._slack = float(slack)
        return {
            "eth_staked": staked,
            "base_apr": base,
            "lrt_supply_eth": lrt_supply,
            "restaked_eth": float(sums["restaked"]),
            "lrt_share_of_staked": lrt_supply / max(staked, 1.0),
            "gross_tvl_eth": float(sums["gross"]) + posted + lenders_eth,
            "net_unique_eth": float(sums["gross"] - sums["inside"]) + lenders_eth - lent_eth,
            "lrt_hhi": lrt_hhi,
            "lrt_gini": float(self._lrt_shares[4]),
            "lrt_leader_share": float(self._lrt_shares[0]),
            "lrt_top3_share": float(self._lrt_shares[1]),
            "operator_hhi": operator_hhi,
            "operator_nakamoto": float(self._operator_shares[3]),
            "operator_top7_share": float(self._operator_shares[2]),
            "avs_hhi": _concentration(layer.avs_stake, self._avs_shares),
            "governance_hhi": self._slow["governance_hhi"],
            "premium_advertised": _where(has_lrts, advertised - base),
            "premium_promised": premium_promised,
            "premium_earned": premium_earned,
            "premium_airdrops": premium_airdrops,
            "points_apr": _where(has_lrts, weights @ lrts["points_apr"]),
            "avs_fee_apr": _where(has_lrts, fees),
            "avs_token_apr": _where(has_lrts, weights @ lrts["avs_token_apr"]),
            "programme_apr": _where(has_lrts, weights @ lrts["programme_apr"]),
            "sustainable_share": fees / added if added > 0.0 else math.nan,
            "restaking_degree": _where(has_stake, layer.restaking_degree),
            "certified_slack": _where(has_prize, slack),
            "binding_operator_share": float(stake[binding] / stake.sum()) if binding >= 0 else math.nan,
            "shock_loss_bound": _where(has_prize, _loss_bound(SHOCK, bounded)),
            "shock_loss_bound_small": _where(has_prize, _loss_bound(SMALL_SHOCK, bounded)),
            "shock_loss_bound_large": _where(has_prize, _loss_bound(LARGE_SHOCK, bounded)),
            "coverage_ratio": _where(has_prize, float(profits.sum()) / THRESHOLD / max(float(stake.sum()), 1e-300)),
            "losses_eth": model.losses.total,
            "losses_of_stakers_eth": model.losses.borne_by_stakers(),
            "losses_of_lenders_eth": float(model.losses.table[:, model.losses.index("lenders")].sum()),
            "attacks": float(model.attacks),
            "entry_queue_eth": float(sums["entry"]),
            "exit_queue_eth": float(sums["exit_queue"]),
            "exit_queue_days": float(sums["exit_queue"]) / max(model.news_desk.churn[1], 1e-9),
            "claims_eth": float(sums["claims"]),
            "lrt_claims_eth": float(lrts["queue_eth"].sum()),
            "aware_share": float(sums["aware"]),
            "restaker_share": float(sums["restakers"]),
            "staker_gini": self._slow["staker_gini"],
            "belief_fdv_ratio": _where(supply.size > 0, model.campaigns.belief),
            "airdrop_retention": self._retention(day, supply),
            "sentiment": model.campaigns.sentiment,
            "worst_discount": _where(has_lrts, lrts["discount"].max(initial=0.0)),
            "widest_pool_gap": float(np.fmax.reduce(lrts["pool_gap"], initial=math.nan)),
            "lrt_posted_share": _where(has_lrts, posted / max(lrt_supply, 1e-300)),
            "loans_eth": model.lending.lent_eth,
            "loop_leverage": posted / float(borrowed[2]) if borrowed[2] > 0.0 else math.nan,
            "eth_borrow_apr": _where(lenders_eth > 0.0, lender["borrow_apr"]),
            "lending_utilisation": lent_eth / lenders_eth if lenders_eth > 0.0 else math.nan,
            "lenders_eth": lenders_eth,
            "liquidated_eth": model.lending.liquidated_eth,
            "unsafe_loans_eth": float(borrowed[3]),
            "bad_debt_eth": model.lending.bad_debt_eth,
            "treasury_ruined_share": model.treasuries.ruined_share,
            "eth_usd": float(model.lending.prices_usd[min(day, model.lending.prices_usd.size - 1)]),
            "paid_by_issuance_eth": float(account["issued"]),
            "paid_by_users_eth": float(account["users"]),
            "paid_by_token_buyers_eth": float(account["token_buyers"]),
            "slashed_eth": float(account["burned"]),
            "exploited_eth": float(account["exploited"]),
            "arbitrage_capital_eth": float(model.exchange.arbitrageurs["eth"].sum()),
            "idle_eth": float(account["stakers"]),
            "ledger_residual_eth": float(sums["physical"] - sums["due"]),
        }

    def _retention(self, day: int, supply: Floats) -> float:
        """Supply of the LRTs past their first claim over what they had when it began; missing before any claim."""
        for k, campaign in enumerate(self.model.campaigns.campaigns[:-1]):
            if campaign.seasons and campaign.seasons[0].claim == day:
                self._at_claim[k] = supply[k]
        then = float(self._at_claim.sum())
        return float(supply[self._at_claim > 0.0].sum()) / then if then > 0.0 else math.nan

    def _note_depegs(self, day: int, discounts: Floats) -> None:
        deep = discounts >= DEPEG
        for k in np.flatnonzero(deep & ~self._depegged):
            name = self.model.venue_names[self.model.first_lrt + int(k)]
            self.recorder.event(day - 1, 0, "depeg", name, "", float(discounts[k]), "discount", "")
        self._depegged = np.where(discounts < 0.5 * DEPEG, False, self._depegged | deep)

    def _entities(self, row: int, lrts: dict[str, Floats]) -> None:
        tables: dict[str, Callable[[], Mapping[str, ArrayLike]]] = {
            "lst": self._lsts,
            "lrt": lambda: self._supplied("lrt", lrts),
            "token": self._tokens,
            "operator": self._operators,
            "avs": self._services,
            "venue": self._venues,
        }
        for kind, (ids, _) in self.recorder.kinds.items():
            if ids:
                self.recorder.fill(kind, row, tables[kind]())

    def _own_metrics(self, day: int) -> None:
        """Ask the functions of own metrics; the shipped ones of the day are written by now."""
        recorder = self.recorder
        for metric in recorder.own:
            if metric.level == "total":
                recorder.put(metric, day, metric.value(self.model, day))
            elif day % recorder.interval == 0 and recorder.kinds[metric.level][0]:
                count = len(recorder.kinds[metric.level][0])
                recorder.put(metric, day // recorder.interval, metric.values(self.model, day, count))

    def _refuse_unrecorded(self, metrics: Iterable[OwnMetric]) -> None:
        """Refuse own metrics of entities that the scenario does not record."""
        recording = self.model.scenario.recording
        for metric in metrics:
            if (metric.level == "operator" and not recording.operators) or (
                metric.level == "avs" and not recording.avs
            ):
                key = {"operator": "recording.operators", "avs": "recording.avs"}[metric.level]
                raise MetricError(
                    f"metrics: {metric.name} is of each {metric.level}, and {key} = false records none", key=metric.name
                )

    def _lsts(self) -> Mapping[str, ArrayLike]:
        world, lst = self.model.world, slice(FIRST_LST, FIRST_LST + len(self.model.scenario.lst))
        books, venues = world.books[lst], world.venues[lst]
        columns = {
            "supply_eth": books["shares"] * venues["nav"],
            "shares": books["shares"],
            "nav": venues["nav"],
            "apr": venues["apr"],
            "buffer_eth": books["buffer"],
            "queue_eth": books["claims"],
        }
        return self._supplied("lst", columns)

    def _supplied(self, kind: str, columns: Mapping[str, Floats]) -> dict[str, Floats]:
        """Columns of tokens without what only a token with supply has."""
        there = columns["shares"] > 0.0
        if there.all():
            return dict(columns)
        gone = self._of_supply[kind]
        return {name: np.where(there, values, np.nan) if name in gone else values for name, values in columns.items()}

    def _tokens(self) -> dict[str, ArrayLike]:
        markets = [campaign.market for campaign in self.model.campaigns.campaigns]
        return {
            "price_eth": [_where(market.listed, market.price) for market in markets],
            "high_eth": [_where(market.listed, market.high) for market in markets],
            "fdv_eth": [_where(market.listed, market.fdv) for market in markets],
            "circulating": [market.circulating for market in markets],
            "sold_today": [market.sold_today for market in markets],
            "buyers_spent_eth": [market.buyers_spent for market in markets],
            "airdrop_sold_share": [m.airdrop_sold / m.airdropped if m.airdropped > 0.0 else math.nan for m in markets],
            "pool_eth": [market.eth for market in markets],
        }

    def _operators(self) -> dict[str, ArrayLike]:
        layer = self.model.restaking_layer
        operators = layer.operators
        return {
            "stake_eth": operators["stake"],
            "avs_count": layer.avs_counts,
            "commission": operators["commission"],
            "faults": operators["faults"],
            "reward_eth": layer.rewards.commission_by_operator,
            "certified_slack": np.where(self._answering, self._own_slack, np.nan),
        }

    def _services(self) -> dict[str, ArrayLike]:
        layer = self.model.restaking_layer
        services = layer.avs
        return {
            "stake_eth": layer.avs_stake,
            "target_eth": services["target"],
            "reward_eth": services["fee_pay"] + services["token_pay"],
            "fee_eth": services["fee_pay"],
            "service_level": np.where(services["active"] == 1, services["service_level"], np.nan),
            "active": services["active"],
            "operators": layer.opted.sum(axis=0),
        }

    def _venues(self) -> dict[str, ArrayLike]:
        world = self.model.world
        supply, apr = world.books["shares"] * world.venues["nav"], world.venues["apr"].copy()
        apr[world.books["shares"] <= 0.0] = np.nan
        supply[IDLE], apr[IDLE] = world.accounts[0]["stakers"], 0.0
        return {"supply_eth": supply, "holders": self._holders, "apr": apr}

    # --- the run as a whole -------------------------------------------------------------------------------------------

    def summary(self) -> dict[str, float]:
        """Summary value of every metric of the whole."""
        return self.recorder.summary()

    def capital_network(self) -> "nx.DiGraph[str]":
        """Who holds, delegates to and secures whom, today."""
        from .networks import capital_network

        model, world = self.model, self.model.world
        held, holders = np.zeros_like(self._holdings), np.zeros_like(self._holders)
        move.holdings(world, model.archetype_terms, held, holders)
        lst_nav = world.venues["nav"][FIRST_LST : FIRST_LST + len(model.scenario.lst)]
        layer = model.restaking_layer
        graph = capital_network(
            list(model.scenario.stakers.archetypes),
            list(model.venue_names),
            world.venues["kind"],
            held,
            world.lst_holdings[:, : lst_nav.size] * lst_nav,
            layer.operator_names,
            layer.delegation * model.restaked[:, None],
            layer.avs_names,
            layer.secured,
            layer.operator_stake,
        )
        graph.graph["stake_mode"] = layer.stake_mode
        profits = layer.profit_share(model.day) * layer.secured.sum(axis=0)
        for name, profit in zip(layer.avs_names, profits, strict=True):
            graph.nodes[f"avs:{name}"]["profit"] = float(profit)
        return graph

    def restaking_network(self) -> "RestakingNetwork | None":
        """Who secures what with how much stake, today, for exact tools; None when nobody secures anything."""
        from .networks import security_document
        from .security.network import RestakingNetwork

        document = security_document(self.capital_network())
        if not document["services"]:
            return None
        return RestakingNetwork.from_mapping({key: value for key, value in document.items() if key != "capital"})


def _while_supplied(kind: str) -> frozenset[str]:
    """Names of the metrics of a kind of tokens that are missing while a token has no supply."""
    return frozenset(metric.name for metric in metrics_of(kind) if NO_SUPPLY in metric.missing)


def _where(there: bool, value: SupportsFloat) -> float:
    """A value of something that is there; NaN of what is not."""
    return float(value) if there else math.nan


def _or_missing(values: Floats) -> Floats:
    """Values of which 0 says that there is none."""
    return np.where(values > 0.0, values, np.nan)


def _concentration(amounts: Floats, out: Floats) -> float:
    """Herfindahl-Hirschman index, and in ``out`` what :func:`shares_of_largest` writes; NaN while nothing is held."""
    index = float(shares_of_largest(amounts, _LARGEST, out))
    if index > 0.0:
        return index
    out[:] = np.nan
    return math.nan


def _loss_bound(shock: float, slack: float) -> float:
    """What a shock can end up costing, over all stake: psi * (1 + 1 / gamma), at most 1, which is everything.

    Theorem 1 of arXiv:2407.21785. It carries over to unique stake, where no ETH is counted twice: a loss takes no more
    from all allocations together than it takes from the stake. In elastic networks it can take more.
    """
    return min(shock + shock / slack, 1.0) if slack > 0.0 else 1.0
