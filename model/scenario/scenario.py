"""The scenario: every parameter of a run, validated as a whole."""

import datetime
import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Self, TypeVar

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..shown import counted, html_table, named
from .arbitrage import ArbitrageParameters
from .avs import AvsParameters
from .campaigns import CampaignParameters
from .ether_price import EtherPriceParameters
from .ethereum import EthereumParameters
from .hazards import HazardParameters
from .lending import LendingParameters
from .liquid_staking import LstParameters
from .lrt import LrtParameters
from .markets import MarketParameters
from .naming import ID, NAME, hint, line_problem, prose_problem
from .networks import NetworkParameters
from .operators import OperatorParameters
from .parameter import Date, FrozenDict, Parameters, parameter, section
from .price_file import coverage_problem
from .recording import RecordingParameters
from .restaking import RestakingParameters
from .stakers import StakerParameters
from .tokens import Season

MAXIMUM_VENUES = 60
"""Venue columns are one byte and choices are scored venue by venue."""

SHARE_TOLERANCE = 1e-6
MOST_SIDE_POOLS = 8
LARGEST_SIDE_POOL = 100.0
"""Over the size of the first pool."""

_FIXED_VENUES = ("idle", "solo", "native", "lst_restaking")
_RESERVED_IDS = (*_FIXED_VENUES, "restaking", "all", "remove")

_Owner = TypeVar("_Owner", LrtParameters, RestakingParameters)

_CAMPAIGN_DEFAULTS = ("airdrop_share", "season_days", "claim_delay_days", "seasons", "later_share")


class Scenario(Parameters):
    """A complete, frozen set of parameters.

    ``lst``, ``lrt``, ``avs`` and ``stakers.archetypes`` keep the order in which the scenario lists them: it is
    the order of venues and of rows in every array.
    """

    name: str = parameter("", description="short name; the file's name when empty", role="fact")
    title: str = parameter("", description="title of reports", role="fact")
    description: str = parameter("", description="what the scenario is about", role="fact")
    start_date: Date = parameter("2024-01-01", description="date of day 0", unit="date", role="fact")
    days: int = parameter(365, description="length of a run", unit="days", low=1, high=3_650, role="lever")
    seed: int = parameter(1, description="root of all random numbers", low=0, high=2**63 - 1, role="lever")
    ethereum: EthereumParameters = section(EthereumParameters, "Ethereum's proof of stake")
    lst: dict[str, LstParameters] = Field(default_factory=FrozenDict, description="liquid staking tokens by id")
    restaking: RestakingParameters = section(RestakingParameters, "the restaking layer")
    lrt: dict[str, LrtParameters] = Field(default_factory=FrozenDict, description="liquid restaking protocols by id")
    campaigns: CampaignParameters = section(CampaignParameters, "defaults of incentive campaigns")
    operators: OperatorParameters = section(OperatorParameters, "node operators")
    avs: dict[str, AvsParameters] = Field(default_factory=FrozenDict, description="services that rent security by id")
    stakers: StakerParameters = section(StakerParameters, "the population")
    markets: MarketParameters = section(MarketParameters, "pools")
    arbitrage: ArbitrageParameters = section(ArbitrageParameters, "arbitrage and patient capital")
    lending: LendingParameters = section(LendingParameters, "lending against LRTs")
    ether_price: EtherPriceParameters = section(EtherPriceParameters, "ETH in dollars")
    hazards: HazardParameters = section(HazardParameters, "exploits and set events")
    networks: NetworkParameters = section(NetworkParameters, "the social network")
    recording: RecordingParameters = section(RecordingParameters, "what a run writes down")

    # ---------------------------------------------------------------- calendar

    @functools.cached_property
    def _start(self) -> datetime.date:
        return datetime.date.fromisoformat(self.start_date)

    def day_of(self, value: int | str | datetime.date) -> int:
        """Days from the start date to ``value``, which is a number of days already or an ISO date."""
        if isinstance(value, int):
            return value
        date = datetime.date.fromisoformat(value) if isinstance(value, str) else value
        return (date - self._start).days

    def __repr__(self) -> str:
        lrts, stakers = counted(len(self.lrt), "LRT"), counted(self.stakers.count, "staker")
        return f"<Scenario {self.name or 'without a name'}, {self.days} days from {self.start_date}, {stakers}, {lrts}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        facts = {
            "title": self.title or None,
            "days": self.days,
            "from": self.start_date,
            "to": self.date_of(self.days),
            "seed": str(self.seed),
            "stakers": self.stakers.count,
            "LSTs": named(self.lst),
            "LRTs": named(self.lrt),
            "AVSs": named(name for key, terms in self.avs.items() for name in terms.names(key)),
            "operators": self.operators.count,
            "hash": self.content_hash()[:8],
        }
        return html_table(f"Scenario {self.name or 'without a name'}", facts)

    def date_of(self, day: int) -> datetime.date:
        """Calendar date of a day of the run."""
        return self._start + datetime.timedelta(days=int(day))

    # ---------------------------------------------------------------- resolved terms

    @property
    def venues(self) -> tuple[str, ...]:
        """Names of the venues in index order: idle, solo, the LSTs, native, lst_restaking, the LRTs."""
        return ("idle", "solo", *self.lst, "native", "lst_restaking", *self.lrt)

    def depth_fraction(self, lrt: str) -> float:
        """ETH side of the pool of ``lrt`` over its supply: its own or the markets' default."""
        own = self.lrt[lrt].depth_fraction
        return self.markets.depth_fraction if own is None else own

    def pool_amplification(self, lrt: str) -> float:
        """StableSwap amplification of the pool of ``lrt``: its own or the markets' default."""
        own = self.lrt[lrt].pool_amplification
        return self.markets.pool_amplification if own is None else own

    def seasons_of(self, lrt: str) -> tuple[Season, ...]:
        """Points seasons of ``lrt`` with days as integers: its own, or made from ``campaigns`` when it has none.

        Made seasons follow one another from the launch (or the start of the run, when that is later), each
        ``season_days`` long; the first gives ``airdrop_share`` of supply, each later one ``later_share`` of that.
        """
        own = self.lrt[lrt].seasons
        if own is not None:
            return self._with_integer_days(own)
        terms = self.campaigns
        first = max(0, self.day_of(self.lrt[lrt].launch_day))
        return tuple(
            Season(
                start=first + number * terms.season_days,
                end=first + (number + 1) * terms.season_days,
                claim=first + (number + 1) * terms.season_days + terms.claim_delay_days,
                share=terms.airdrop_share * (1.0 if number == 0 else terms.later_share),
            )
            for number in range(terms.seasons)
        )

    def layer_seasons(self) -> tuple[Season, ...]:
        """Points seasons of the restaking layer with days as integers."""
        return self._with_integer_days(self.restaking.points_seasons)

    def _with_integer_days(self, seasons: Iterable[Season]) -> tuple[Season, ...]:
        return tuple(
            season.model_copy(update={key: self.day_of(getattr(season, key)) for key in ("start", "end", "claim")})
            for season in seasons
        )

    def void_reason(self, key: str) -> str | None:
        """Why changing ``key`` would change nothing, because every LRT has terms of its own; None when it would."""
        own = {f"campaigns.{name}": "seasons" for name in _CAMPAIGN_DEFAULTS}
        own |= {f"markets.{name}": name for name in ("depth_fraction", "pool_amplification")}
        if key not in own or not self.lrt or any(getattr(terms, own[key]) is None for terms in self.lrt.values()):
            return None
        return f"{key} has no effect: every LRT of the scenario has its own {own[key]}"

    def price_problem(self, days: int | None = None) -> str:
        """Why the closes of a price file do not suffice for a run, in words; empty when they do.

        Args:
            days: length of the run (days); the scenario's own when None.
        """
        terms = self.ether_price
        if terms.path != "csv" or terms.closes_from is None:
            return ""
        problem = coverage_problem(terms.closes_from, len(terms.closes_usd), self._start, days or self.days)
        named = f"ether_price.file: {terms.file}" if terms.file else "ether_price.closes_usd"
        return f"{named}: {problem}" if problem else ""

    # ---------------------------------------------------------------- copies and texts

    def to_dict(self) -> dict[str, Any]:
        """The resolved scenario as plain dictionaries, lists, numbers and texts."""
        return self.model_dump(mode="json")

    def to_toml(self) -> str:
        """The resolved scenario as a TOML document that loads to the same content."""
        from .toml_writer import dumps

        return dumps(self)

    def content_hash(self) -> str:
        """SHA-256 (hex) of the resolved content, order of entities included: the same hash, the same scenario."""
        content = json.dumps(self._hashed(), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(content.encode("ascii")).hexdigest()

    def _hashed(self) -> dict[str, Any]:
        """The content without the name of the price file: what stands in it counts."""
        content = self.to_dict()
        if self.ether_price.closes_usd:
            content["ether_price"]["file"] = ""
        return content

    def with_overrides(self, overrides: Mapping[str, Any], *, where: str = "overrides") -> "Scenario":
        """A copy with other values at dotted keys, validated like any scenario.

        Args:
            overrides: dotted keys and values, e.g. ``{"lrt.renzo.redemption_open_day": 40}``; list items are
                addressed by number (``lrt.renzo.seasons.0.share``). An override never creates a key or an entity;
                ``{"lrt.renzo.remove": True}`` drops one.
            where: what error messages name as the origin of the values.

        Raises:
            ScenarioError: a key does not exist or the changed scenario is not valid.
        """
        from .loading import apply_overrides

        return apply_overrides(self, overrides, dict.fromkeys(overrides, where))

    # ---------------------------------------------------------------- checks

    @field_validator("lst", "lrt", "avs")
    @classmethod
    def _freeze(cls, value: dict[str, Any]) -> dict[str, Any]:
        return FrozenDict(value)

    @field_validator("lrt")
    @classmethod
    def _name_tokens(cls, value: dict[str, LrtParameters]) -> dict[str, LrtParameters]:
        """A token without a ticker takes its protocol's id in capitals."""
        return FrozenDict({key: _with_token_id(terms, key.upper()) for key, terms in value.items()})

    @field_validator("restaking")
    @classmethod
    def _name_layer_token(cls, value: RestakingParameters) -> RestakingParameters:
        return _with_token_id(value, "EIGEN")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_ids(self)
        check_texts(self)
        check_shares(self)
        check_supplies(self)
        check_calendar(self)
        check_references(self)
        check_tiers(self)
        check_side_pools(self)
        check_lending(self)
        check_prices(self)
        return self


def _with_token_id(owner: _Owner, ticker: str) -> _Owner:
    if owner.token.id:
        return owner
    return owner.model_copy(update={"token": owner.token.model_copy(update={"id": ticker})})


def _reject(key: str, problem: str) -> NoReturn:
    """Raise for a key that is wrong only in the light of others."""
    raise PydanticCustomError("scenario_key", "{problem}", {"key": key, "problem": problem})


def check_texts(scenario: Scenario) -> None:
    """Names name folders; titles are lines; nothing that is printed holds what a terminal would obey."""
    if scenario.name and not NAME.allows(scenario.name):
        _reject("name", f"must be {NAME.words} (it names a folder)")
    for key, text in _titles(scenario):
        problem = line_problem(text)
        if problem:
            _reject(key, f"must be {problem}")
    problem = prose_problem(scenario.description)
    if problem:
        _reject("description", f"must be {problem}")
    for key, ticker in (
        ("restaking.token.id", scenario.restaking.token.id),
        *((f"lrt.{name}.token.id", terms.token.id) for name, terms in scenario.lrt.items()),
    ):
        if not NAME.allows(ticker):
            _reject(key, f"must be {NAME.words}")


def _titles(scenario: Scenario) -> Iterable[tuple[str, str]]:
    yield "title", scenario.title
    yield "ether_price.file", scenario.ether_price.file
    for kind, table in (("lst", scenario.lst), ("lrt", scenario.lrt), ("avs", scenario.avs)):
        yield from ((f"{kind}.{key}.title", terms.title) for key, terms in table.items())
    yield from ((f"stakers.archetypes.{key}.title", terms.title) for key, terms in scenario.stakers.archetypes.items())
    yield from ((f"operators.names.{number}", name) for number, name in enumerate(scenario.operators.names))


def check_ids(scenario: Scenario) -> None:
    """Ids are words, differ from one another and from the fixed venues; tokens have tickers of their own."""
    taken: dict[str, str] = {name: "the model's own names" for name in _RESERVED_IDS}
    for kind in ("lst", "lrt", "avs"):
        for key in getattr(scenario, kind):
            if not ID.allows(key):
                _reject(f"{kind}.{key}", f"an id must be {ID.words}")
            if key in taken:
                _reject(f"{kind}.{key}", f"the id {key} is taken: it stands among {taken[key]} too")
            taken[key] = f"{kind}.*"
    for key in scenario.stakers.archetypes:
        if not ID.allows(key):
            _reject(f"stakers.archetypes.{key}", f"an id must be {ID.words}")
    if len(scenario.venues) > MAXIMUM_VENUES:
        _reject("lrt", f"there are {len(scenario.venues)} venues; at most {MAXIMUM_VENUES} (4 + LSTs + LRTs) fit")
    tickers = {scenario.restaking.token.id: "restaking"}
    for key, terms in scenario.lrt.items():
        owner = tickers.setdefault(terms.token.id, f"lrt.{key}")
        if owner != f"lrt.{key}":
            _reject(f"lrt.{key}.token.id", f"the ticker {terms.token.id} is taken by {owner}.token.id")


def check_shares(scenario: Scenario) -> None:
    """Shares of a whole add up to it."""
    archetypes = scenario.stakers.archetypes
    if not archetypes:
        _reject("stakers.archetypes", "at least one archetype is needed")
    for field in ("population_share", "wealth_share"):
        total = sum(getattr(terms, field) for terms in archetypes.values())
        if abs(total - 1.0) > SHARE_TOLERANCE:
            _reject(f"stakers.archetypes.*.{field}", f"the shares of the archetypes must sum to 1, not {total:.6g}")
    for key, terms in archetypes.items():
        if terms.population_share == 0.0 and terms.wealth_share > 0.0:
            _reject(f"stakers.archetypes.{key}.population_share", "must be above 0 for an archetype that holds wealth")
    stakers = scenario.stakers
    if stakers.sleeve_share > stakers.largest_wealth_share:
        _reject(
            "stakers.sleeve_share",
            f"must not exceed stakers.largest_wealth_share = {stakers.largest_wealth_share:g}, which it splits",
        )
    if stakers.count < len(archetypes):
        _reject("stakers.count", f"must be at least {len(archetypes)}, the number of archetypes")
    listed = sum(terms.initial_share for terms in scenario.lst.values())
    if listed > 1.0 + SHARE_TOLERANCE:
        _reject("lst.*.initial_share", f"the initial shares must sum to at most 1 (the rest is solo), not {listed:.6g}")
    campaigns = scenario.campaigns
    if campaigns.seasons > 1 and campaigns.airdrop_share * campaigns.later_share > 1.0:
        _reject(
            "campaigns.later_share",
            f"= {campaigns.later_share:g} times campaigns.airdrop_share = {campaigns.airdrop_share:g} is more than all "
            "of the token's supply",
        )
    for owner, seasons in _all_seasons(scenario):
        given = sum(season.share for season in seasons)
        if given > 1.0 + SHARE_TOLERANCE:
            _reject(owner, f"the seasons give away {given:.6g} of the token's supply, more than all of it")


def check_supplies(scenario: Scenario) -> None:
    """What is restaked at the start exists: it is part of the population's staked ETH."""
    staked = scenario.stakers.total_eth * (1.0 - scenario.stakers.idle_share)
    restaked = scenario.restaking.initial_native_eth + scenario.restaking.initial_lst_eth
    for key, terms in scenario.lrt.items():
        if terms.initial_eth > 0.0 and scenario.day_of(terms.launch_day) > 0:
            _reject(f"lrt.{key}.initial_eth", "must be 0 for a protocol whose launch_day is after the start")
        if 0.0 < terms.deposit_cap_eth < terms.initial_eth:
            _reject(f"lrt.{key}.initial_eth", f"must not exceed deposit_cap_eth = {terms.deposit_cap_eth:g}")
        restaked += terms.initial_eth
    if restaked > staked:
        _reject(
            "stakers.total_eth",
            f"initial supplies of LRTs and restaking sum to {restaked:,.0f} ETH, more than the {staked:,.0f} ETH "
            "that the population has staked (stakers.total_eth less stakers.idle_share)",
        )


def check_calendar(scenario: Scenario) -> None:
    """What ends comes after its start, what is claimed after its snapshot, and changes are in order of day."""
    for owner, seasons in _all_seasons(scenario):
        _check_seasons(scenario, owner, seasons)
    for key, changes in (
        ("ethereum.churn_changes", scenario.ethereum.churn_changes),
        ("restaking.escrow_changes", scenario.restaking.escrow_changes),
    ):
        days = [scenario.day_of(change.day) for change in changes]
        if days != sorted(set(days)):
            _reject(key, "the changes must be in order of day, one a day")
    for number, event in enumerate(scenario.hazards.events):
        if scenario.day_of(event.day) < 0:
            _reject(f"hazards.events.{number}.day", f"= {event.day} is before the run starts ({scenario.start_date})")
    for key, terms in scenario.lrt.items():
        for number, boost in enumerate(terms.points_boosts):
            if scenario.day_of(boost.until) <= scenario.day_of(boost.day):
                _reject(f"lrt.{key}.points_boosts.{number}.until", f"must be after the boost's first day ({boost.day})")


def _check_seasons(scenario: Scenario, owner: str, seasons: tuple[Season, ...]) -> None:
    previous_end: int | None = None
    for number, season in enumerate(seasons):
        key = f"{owner}.{number}"
        start, end, claim = (scenario.day_of(day) for day in (season.start, season.end, season.claim))
        if end <= start:
            _reject(f"{key}.end", f"the season ends ({season.end}) before it starts ({season.start})")
        if claim < end:
            _reject(f"{key}.claim", f"tokens are claimed ({season.claim}) before the snapshot ({season.end})")
        if previous_end is not None and start < previous_end:
            _reject(f"{key}.start", f"the season starts ({season.start}) before the one before it ends")
        previous_end = end


def check_references(scenario: Scenario) -> None:
    """Names point at something: accepted LSTs, targets of set events."""
    for key, terms in scenario.lrt.items():
        for number, lst in enumerate(terms.accepts):
            if lst not in scenario.lst:
                _reject(f"lrt.{key}.accepts.{number}", f"there is no LST {lst!r}; {hint(lst, scenario.lst)}")
        if len(set(terms.accepts)) < len(terms.accepts):
            _reject(f"lrt.{key}.accepts", "an LST is listed twice")
        if not terms.native and not terms.accepts:
            _reject(f"lrt.{key}.accepts", "a protocol that is not native must accept at least one LST")
    names = scenario.operators.names
    if len(names) > scenario.operators.count:
        _reject("operators.names", f"there are {len(names)} names for operators.count = {scenario.operators.count}")
    if len(set(scenario.operators.all_names())) < scenario.operators.count:
        _reject("operators.names", "a name is listed twice")
    for number, event in enumerate(scenario.hazards.events):
        key = f"hazards.events.{number}"
        targets = event_targets(scenario, event.kind)
        if event.target not in targets:
            problem = f"a {event.kind} cannot hit {event.target!r}; {hint(event.target, targets)}"
            _reject(f"{key}.target", problem)
        if event.kind != "pause" and event.size > 1.0:
            _reject(f"{key}.size", f"must be between 0 and 1 for a {event.kind}: it is a fraction")


def event_targets(scenario: Scenario, kind: str) -> list[str]:
    """What an event of a kind can hit.

    A slash hits stake (operators, the services they run, restaking venues), an exploit the contracts that hold
    assets, a pause the withdrawals of a protocol or of the whole layer, a shock the holders of a token, unbacked tokens
    the token's book.

    Raises:
        ValueError: nobody has said what an event of that kind can hit.
    """
    if kind == "slash":
        services = [name for key, terms in scenario.avs.items() for name in terms.names(key)]
        return [
            *scenario.lrt,
            *services,
            *scenario.operators.all_names(),
            "native",
            "lst_restaking",
            "restaking",
            "all",
        ]
    if kind == "exploit":
        return [*scenario.lst, *scenario.lrt, "native", "lst_restaking", "restaking", "all"]
    if kind == "pause":
        return [*scenario.lrt, "restaking", "all"]
    if kind in ("shock", "unbacked"):
        return [*scenario.lrt, "all"]
    raise ValueError(f"nobody has said what an event of kind {kind!r} can hit")


def check_tiers(scenario: Scenario) -> None:
    """Patient capital has as many weights as tiers, and they are shares."""
    multiples, weights = scenario.arbitrage.patient_multiples, scenario.arbitrage.patient_weights
    if not multiples:
        _reject("arbitrage.patient_multiples", "at least one tier is needed")
    if len(multiples) != len(weights):
        _reject(
            "arbitrage.patient_weights",
            f"there are {len(weights)} weights for {len(multiples)} tiers (arbitrage.patient_multiples)",
        )
    for key, values in (("patient_multiples", multiples), ("patient_weights", weights)):
        if any(value < 0.0 for value in values):
            _reject(f"arbitrage.{key}", "must not be negative")
    if abs(sum(weights) - 1.0) > SHARE_TOLERANCE:
        _reject("arbitrage.patient_weights", f"must sum to 1, not {sum(weights):.6g}")


def check_side_pools(scenario: Scenario) -> None:
    """Further pools have a size, and their parts of the flow leave something for the first pool."""
    sizes, flow = scenario.markets.side_pools, scenario.markets.side_pool_flow
    if len(sizes) > MOST_SIDE_POOLS:
        _reject("markets.side_pools", f"has {len(sizes)} sizes, allowed are up to {MOST_SIDE_POOLS}")
    for size in sizes:
        if not 0.0 < size <= LARGEST_SIDE_POOL:
            _reject(
                "markets.side_pools",
                f"has a size of {size:g}; allowed is above 0, up to {LARGEST_SIDE_POOL:g}; leave out a pool that does "
                "not exist",
            )
    if flow and len(flow) != len(sizes):
        _reject(
            "markets.side_pool_flow",
            f"there are {len(flow)} parts for {len(sizes)} further pools (markets.side_pools)",
        )
    if any(part < 0.0 for part in flow):
        _reject("markets.side_pool_flow", "must not be negative")
    if sum(flow) > 1.0 + SHARE_TOLERANCE:
        _reject("markets.side_pool_flow", f"must sum to 1 at most, not {sum(flow):.6g}")


def check_lending(scenario: Scenario) -> None:
    """Loans start below the point of liquidation, and a liquidation can be paid out of the collateral."""
    terms = scenario.lending
    if terms.ltv > terms.threshold:
        _reject("lending.ltv", f"must not exceed lending.threshold = {terms.threshold:g}: loans would start unsafe")
    if terms.stable_ltv > terms.stable_threshold:
        _reject(
            "lending.stable_ltv",
            f"must not exceed lending.stable_threshold = {terms.stable_threshold:g}: loans would start unsafe",
        )


def check_prices(scenario: Scenario) -> None:
    """A csv path has closes, and no other path has any: what is not read must not look as if it were."""
    terms = scenario.ether_price
    if terms.path != "csv":
        for name in ("file", "closes_usd", "closes_from"):
            if getattr(terms, name):
                _reject(f"ether_price.{name}", f'is read when ether_price.path = "csv" only; here it is "{terms.path}"')
        return
    if not terms.closes_usd:
        _reject("ether_price.file", "is empty: a csv path needs a file with a date and a price for each day")
    if terms.closes_from is None:
        _reject("ether_price.closes_from", "is missing: closes_usd need the date of the first of them")
    for number, close in enumerate(terms.closes_usd):
        if close <= 0.0:
            _reject(f"ether_price.closes_usd.{number}", "must be a price above 0")


def _all_seasons(scenario: Scenario) -> Iterable[tuple[str, tuple[Season, ...]]]:
    yield "restaking.points_seasons", scenario.restaking.points_seasons
    for key, terms in scenario.lrt.items():
        if terms.seasons is not None:
            yield f"lrt.{key}.seasons", terms.seasons
