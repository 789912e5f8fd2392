"""What if: a run goes on under changed terms, with the past and the noise that it had.

What has happened stays, what is still to come follows the new terms. A change may reach whatever a scenario declares
except what a run *begins with* (who owns what, how many, on which network): that is refused. Draws are counters under
keys of the run's seed, so the branches of a day share all noise that their difference does not touch.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .scenario import ScenarioError

if TYPE_CHECKING:
    from .ecosystem import RestakingEcosystem

_OWNED = ("core", "satellite", "archetype", "aware", "wallets", "core_shares", "satellite_shares", "exposure")
_TRAITS = ("token_belief", "risk_aversion", "integration_value", "switching_cost", "social_influence")
_BOOK_TERMS = (
    "fee",
    "buffer_fraction",
    "cooldown_days",
    "escrow_days",
    "parallel",
    "instant_fee",
    "deposit_cap",
    "report_lag_days",
)
_COLLATERAL_TERMS = (
    "threshold",
    "threshold_stable",
    "bonus",
    "close_factor",
    "oracle",
    "oracle_once",
    "profitable_only",
    "interleaved",
    "oracle_weight",
    "oracle_keep",
    "gas_eth",
)
_BOARD_TERMS = ("fault_rate", "client_correlation", "choice_precision", "attachment", "degree")


@dataclass(frozen=True)
class Fork:
    """A change of terms on the way.

    Attributes:
        day: day from whose start the new terms hold.
        changes: values by dotted key.
        origin: the scenario until then.
    """

    day: int
    changes: Mapping[str, Any]
    origin: Any


class ForkError(ScenarioError):
    """A change that cannot be made on the way."""


def change_terms(model: "RestakingEcosystem", changes: Mapping[str, Any]) -> None:
    """Let a run go on under changed terms from its current day.

    Args:
        model: the ecosystem, after any number of days.
        changes: values by dotted key.

    Raises:
        ScenarioError: a change is not valid.
        ForkError: a change concerns what the run began with.
    """
    from .scenario.loading import apply_overrides

    scenario = apply_overrides(model.scenario, changes, dict.fromkeys(changes, "--set"))
    before, after = _beginning(model, model.scenario), _beginning(model, scenario)
    try:
        _refuse_another_beginning(model, changes, before, after)
        model.scenario = scenario
        for adopt in (_adopt_stakers, _adopt_venues, _adopt_markets, _adopt_layer, _adopt_campaigns, _adopt_calendar):
            adopt(model, before, after)
    finally:
        before.close()
        after.close()


def _beginning(model: "RestakingEcosystem", scenario: Any) -> Any:
    return model.at_start(scenario)


# --- what cannot change -----------------------------------------------------------------------------------------------


def _refuse_another_beginning(model: "RestakingEcosystem", changes: Mapping[str, Any], before: Any, after: Any) -> None:
    differences = list(_differences(before, after))
    if not differences:
        return
    culprits = [key for key, value in changes.items() if _begins_differently(model, before, key, value)]
    named = ", ".join(culprits or changes)
    raise ForkError(
        f"--set: {named}: {differences[0]} is what a run begins with and cannot change on the way; start a new run",
        key=named,
        where="--set",
    )


def _begins_differently(model: "RestakingEcosystem", before: Any, key: str, value: Any) -> bool:
    from .scenario.loading import apply_overrides

    try:
        other = _beginning(model, apply_overrides(before.scenario, {key: value}, {key: "--set"}))
    except ScenarioError:
        return False
    try:
        return any(_differences(before, other))
    finally:
        other.close()


def _differences(before: Any, after: Any) -> Iterator[str]:
    """What two beginnings differ in, of the things that cannot change."""
    named: tuple[tuple[str, Callable[[Any], Any]], ...] = (
        ("the seed", lambda model: model.scenario.seed),
        ("the length of the run", lambda model: model.horizon),
        ("the first day", lambda model: model.scenario.start_date),
        ("the list of venues", lambda model: model.venue_names),
        ("the list of operators", lambda model: model.restaking_layer.operator_names),
        ("the list of AVSs", lambda model: model.restaking_layer.avs_names),
        ("what is recorded", lambda model: model.scenario.recording),
        ("the number of pools", lambda model: model.exchange.pools.size),
        ("the number of arbitrageurs", lambda model: model.exchange.arbitrageurs.size),
    )
    for what, value in named:
        if value(before) != value(after):
            yield what
            return
    if not _equal_fields(before.world.stakers, after.world.stakers, _OWNED):
        yield "who the stakers are and what they own"
    if not np.array_equal(before.social_network.indices, after.social_network.indices):
        yield "the social network"
    if not np.array_equal(before.world.exits, after.world.exits):
        yield "the exit queue"
    ordinary = before.exchange.ordinary
    if not np.array_equal(
        before.exchange.arbitrageurs["eth"][:ordinary], after.exchange.arbitrageurs["eth"][:ordinary]
    ):
        yield "the capital of arbitrageurs"


def _equal_fields(one: np.ndarray, other: np.ndarray, fields: tuple[str, ...]) -> bool:
    return one.size == other.size and all(np.array_equal(one[field], other[field]) for field in fields)


# --- what changes -----------------------------------------------------------------------------------------------------


def _take(current: np.ndarray, before: np.ndarray, after: np.ndarray) -> None:
    """Where two beginnings differ, the current values become those of the second."""
    np.copyto(current, after, where=before != after)


def _take_fields(current: np.ndarray, before: np.ndarray, after: np.ndarray, fields: tuple[str, ...]) -> None:
    for field in fields:
        _take(current[field], before[field], after[field])


def _adopt_stakers(model: "RestakingEcosystem", before: Any, after: Any) -> None:
    _take_fields(model.world.stakers, before.world.stakers, after.world.stakers, _TRAITS)
    _take(model._tastes, before._tastes, after._tastes)
    _take(model._liquidity, before._liquidity, after._liquidity)
    model.staker_terms[:] = after.staker_terms
    model.archetype_terms[:] = after.archetype_terms


def _adopt_venues(model: "RestakingEcosystem", before: Any, after: Any) -> None:
    _take_fields(model.world.venues, before.world.venues, after.world.venues, ("accepts_eth",))
    _take_fields(model.world.books, before.world.books, after.world.books, _BOOK_TERMS)
    _take(model.world.accepts, before.world.accepts, after.world.accepts)


def _adopt_markets(model: "RestakingEcosystem", before: Any, after: Any) -> None:
    own, old, new = model.exchange, before.exchange, after.exchange
    own.scenario = model.scenario
    _take_fields(own.pools, old.pools, new.pools, ("fee", "amplification"))
    own.sizes, own.flow = new.sizes, new.flow
    _take_fields(own.arbitrageurs, old.arbitrageurs, new.arbitrageurs, ("required_return", "gas_eth", "multiple"))
    if own.ordinary < own.arbitrageurs.size:
        own.patient_weights = new.patient_weights
    _adopt_lending(model, before.lending, after.lending)


def _adopt_lending(model: "RestakingEcosystem", before: Any, after: Any) -> None:
    """New terms of lending; lenders come when it begins, and the price of ETH turns off from where it is today."""
    from .markets.lending import declare_lenders

    own, terms = model.lending, _COLLATERAL_TERMS
    own.scenario = own.steward.scenario = model.scenario
    _take_fields(own.collateral, before.collateral, after.collateral, terms)
    declare_lenders(model.scenario, model.world.lenders)
    today = model.day
    if not np.array_equal(before.prices_usd, after.prices_usd):
        own.prices_usd[today:] = own.prices_usd[today] * after.prices_usd[today:] / after.prices_usd[today]
    if after.enabled and not own.enabled and not before.enabled:
        own.begin()
        price = np.minimum(model.world.venues["price"][model.first_lrt :], 1.0)
        own.collateral["slow_price"] = own.collateral["oracle_price"] = price
    own.enabled = own.enabled or after.enabled
    if before.enabled and not after.enabled:
        own.collateral["ltv"] = own.collateral["ltv_stable"] = 0.0  # loans that exist run on; nobody gets a new one


def _adopt_layer(model: "RestakingEcosystem", before: Any, after: Any) -> None:
    from .restaking_layer import draw_operators, expand_services

    own, new = model.restaking_layer, after.restaking_layer
    own.scenario = model.scenario
    _take_fields(own._board, before.restaking_layer._board, new._board, _BOARD_TERMS)
    drawn, drawn_anew = (draw_operators(world.scenario.operators, world._seeds) for world in (before, after))
    _take_fields(own.operators, drawn, drawn_anew, tuple(own.operators.dtype.names or ()))
    services, services_anew = (expand_services(world.scenario)[0] for world in (before, after))
    _take_fields(own.avs, services, services_anew, tuple(own.avs.dtype.names or ()))
    own._slashing_live_day = new._slashing_live_day
    own._dishonest = new._dishonest
    own._next_arrival = -np.inf


def _adopt_campaigns(model: "RestakingEcosystem", before: Any, after: Any) -> None:
    own, new = model.campaigns, after.campaigns
    own.scenario, own.terms, own.stakers = model.scenario, model.scenario.campaigns, model.scenario.stakers
    for campaign, changed in zip(own.campaigns, new.campaigns, strict=True):
        campaign.seasons = changed.seasons
        campaign.market.terms, campaign.market.fee = changed.market.terms, changed.market.fee
        if not campaign.market.listed:
            campaign.listing_day = changed.listing_day
    model.hazards = after.hazards
    model.signals._forget, model.signals._fade = after.signals._forget, after.signals._fade


def _adopt_calendar(model: "RestakingEcosystem", before: Any, after: Any) -> None:
    """The new calendar, from today on; openings that it sets on days gone by happen today."""
    desk = model.news_desk
    if before.news_desk.churn != after.news_desk.churn:
        desk.churn = after.news_desk.churn
    desk.plan_again(model.day)
