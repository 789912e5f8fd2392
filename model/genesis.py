"""Day zero: who holds what, drawn from the scenario and the seed."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .errors import ScenarioError
from .kernels.books import World
from .randomness import SeedTree
from .state import (
    ACCOUNTS,
    ARCHETYPE,
    BOOK,
    ETH_LOAN,
    FIRST_LST,
    IDLE,
    KIND_IDLE,
    KIND_LRT,
    KIND_LST,
    KIND_LST_RESTAKING,
    KIND_NATIVE,
    KIND_SOLO,
    LENDER,
    NOBODY,
    SOLO,
    STABLE_LOAN,
    STAKER,
    STAKER_TERMS,
    VENUE,
)
from .wealth import stratified_pareto

if TYPE_CHECKING:
    from .scenario import Scenario

Floats = NDArray[np.float64]

MARGIN_DAYS = 500
"""Days beyond the horizon on which ETH in queues may still be due."""
PATIENCE = 0.10
"""What waiting for a redemption costs a seller, per year (assumption)."""
SOCIAL_SCALE = 0.01
"""Yearly yield that a unit of social influence is worth when all neighbours hold a venue."""
_EULER = 0.5772156649015329


def draw_stakers(scenario: "Scenario", seeds: SeedTree) -> tuple[NDArray[np.void], Floats, NDArray[np.int32]]:
    """The population before it owns anything: rows with wealth in ``core_shares``, tastes (N, R), owners (N,)."""
    terms = scenario.stakers
    kinds = list(terms.archetypes.values())
    wealth, archetype, owner = stratified_pareto(
        terms.count,
        terms.total_eth,
        terms.pareto_alpha,
        terms.largest_wealth_share,
        terms.sleeve_share,
        np.array([kind.population_share for kind in kinds]),
        np.array([kind.wealth_share for kind in kinds]),
        seeds,
        terms.iid_wealth,
    )
    rows = np.zeros(terms.count, STAKER)
    rows["core_shares"] = wealth
    rows["archetype"] = archetype
    rows["satellite"] = rows["pending_route"] = rows["pending_target"] = NOBODY
    draw = seeds.generator("stakers.traits")
    count = terms.count
    shapes = np.array([[kind.belief_a, kind.belief_b] for kind in kinds])[archetype]
    rows["token_belief"] = draw.beta(shapes[:, 0], shapes[:, 1])
    fear = np.array([kind.risk_factor for kind in kinds])[archetype] * terms.risk_median
    rows["risk_aversion"] = fear * draw.lognormal(0.0, terms.risk_sigma, count)
    use = terms.integration_median * draw.lognormal(0.0, terms.integration_sigma, count)
    rows["integration_value"] = use if terms.integration else 0.0
    rows["switching_cost"] = draw.lognormal(0.0, terms.switching_sigma, count)
    rows["social_influence"] = SOCIAL_SCALE * terms.social_influence * draw.uniform(0.0, 2.0, count)
    extra = np.array([kind.wallets_mean - 1.0 for kind in kinds])[archetype]
    rows["wallets"] = np.minimum(1 + draw.poisson(np.maximum(extra, 0.0)), np.iinfo("u2").max)
    rows["aware"] = draw.random(count) < terms.initial_aware
    venues = 2 + len(scenario.lrt)
    tastes = seeds.generator("stakers.tastes").gumbel(-_EULER, 1.0, (count, venues)) * terms.taste_scale
    if not terms.persistent_taste:
        tastes[:] = 0.0
    return rows, tastes.astype(np.float32), owner


def staker_terms(scenario: "Scenario", seeds: SeedTree) -> NDArray[np.void]:
    """The (1,) ``STAKER_TERMS`` of a scenario."""
    terms, out = scenario.stakers, np.zeros(1, STAKER_TERMS)
    for stream in ("attention", "core", "choice", "participation", "news", "neighbour", "loop"):
        out[f"{stream}_key"] = seeds.key(f"stakers.{stream}")
    out["first"] = FIRST_LST + len(scenario.lst)
    out["restaking_venues"] = 2 + len(scenario.lrt)
    for field in (
        "aware_news",
        "aware_word_of_mouth",
        "familiarity_days",
        "familiarity_floor",
        "decision_noise",
        "participation_noise",
        "switching_entry",
        "switching_rotation",
        "gas_eth",
        "discount_memory_weight",
        "buyer_pull",
        "buyer_pull_cap",
        "resize_band",
        "merton_gamma",
        "core_attention",
    ):
        out[field] = getattr(terms, field)
    if not terms.persistent_taste:
        out["decision_noise"] = terms.taste_scale + terms.decision_noise
    if not terms.learning:
        out["familiarity_floor"] = 1.0
    out["yearly"] = 365.0 / terms.switching_horizon_days
    out["patience"] = PATIENCE
    lending = scenario.lending
    out["loop_attention"] = lending.loop_attention if lending.enabled else 0.0
    out["loop_margin"], out["loop_band"] = lending.loop_margin, lending.loop_band
    out["stable_limit"] = lending.stable_limit
    out["stable_leverage"], out["loop_variance"] = lending.stable_leverage, lending.loop_variance
    return out


def draw_debt_assets(scenario: "Scenario", seeds: SeedTree) -> NDArray[np.uint8]:
    """(N,) what each staker would borrow: ETH, or a stablecoin."""
    stable = seeds.generator("stakers.debt_asset").random(scenario.stakers.count) < scenario.lending.stable_borrowers
    return np.where(stable, STABLE_LOAN, ETH_LOAN).astype(np.uint8)


def liquidity_values(scenario: "Scenario", seeds: SeedTree, cores: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N,) what idle ETH is worth to each staker, per year.

    Spread half-normally around the scenario's value, on the side that agrees with what the staker holds at the start:
    above it for idle ETH, below it for staked.
    """
    terms = scenario.stakers
    distance = np.abs(seeds.generator("stakers.liquidity").standard_normal(cores.size)) * terms.liquidity_spread
    return (terms.liquidity_value + np.where(cores == IDLE, distance, -distance)).astype(np.float32)


def archetype_terms(scenario: "Scenario") -> NDArray[np.void]:
    """The (A,) ``ARCHETYPE`` records of a scenario."""
    out = np.zeros(len(scenario.stakers.archetypes), ARCHETYPE)
    for record, kind in zip(out, scenario.stakers.archetypes.values(), strict=True):
        record["attention"] = scenario.stakers.attention * kind.attention_factor
        record["satellite_cap"] = kind.satellite_cap
        record["minimum_redemption_quality"] = kind.minimum_redemption_quality
        record["leverage_cap"] = kind.leverage_cap
    return out


def declare_venues(scenario: "Scenario") -> NDArray[np.void]:
    """The (V,) ``VENUE`` records on day zero, NAVs at 1."""
    lsts, lrts = len(scenario.lst), len(scenario.lrt)
    kinds = [KIND_IDLE, KIND_SOLO, *[KIND_LST] * lsts, KIND_NATIVE, KIND_LST_RESTAKING, *[KIND_LRT] * lrts]
    venues = np.zeros(len(kinds), VENUE)
    venues["kind"] = kinds
    venues["launched"] = venues["deposit_open"] = venues["redemption_open"] = venues["accepts_eth"] = 1
    venues["nav"] = venues["price"] = venues["attention"] = 1.0
    venues["variance"] = 1e-3
    venues["risk"] = scenario.restaking.risk
    first = FIRST_LST + lsts + 2
    for k, terms in enumerate(scenario.lrt.values()):
        venue = venues[first + k]
        launched = scenario.day_of(terms.launch_day) <= 0
        venue["launched"] = venue["deposit_open"] = launched
        venue["redemption_open"] = scenario.day_of(terms.redemption_open_day) <= 0
        venue["accepts_eth"] = terms.native
        venue["integration"] = terms.initial_integration if scenario.stakers.integration else 0.0
    return venues


def declare_books(scenario: "Scenario") -> NDArray[np.void]:
    """The (V,) empty ``BOOK`` records."""
    lsts = len(scenario.lst)
    books = np.zeros(4 + lsts + len(scenario.lrt), BOOK)
    books["parallel"] = 1
    books[SOLO]["buffer_fraction"] = 0.0
    for book, lst in zip(books[FIRST_LST:], scenario.lst.values(), strict=False):
        book["fee"], book["buffer_fraction"] = lst.fee, lst.buffer_fraction
        book["cooldown_days"] = lst.redemption_delay_days
    restaked = books[FIRST_LST + lsts :]
    restaked["restaked"] = 1
    restaked["escrow_days"] = scenario.restaking.escrow_days
    restaked["parallel"] = scenario.restaking.exit_parallel
    books[FIRST_LST + lsts + 1]["deposit_cap"] = scenario.restaking.lst_cap_eth
    for book, terms in zip(restaked[2:], scenario.lrt.values(), strict=True):
        book["fee"], book["buffer_fraction"] = terms.fee, terms.buffer_fraction
        book["cooldown_days"], book["deposit_cap"] = terms.cooldown_days, terms.deposit_cap_eth
        book["instant_fee"] = terms.instant_fee
        book["parallel"] = terms.exit_parallel
        book["report_lag_days"] = terms.report_lag_days
    return books


def accepted_lsts(scenario: "Scenario") -> NDArray[np.uint8]:
    """(V, L) which LSTs a venue takes in kind: LST restaking all of them, an LRT those it names."""
    names = list(scenario.lst)
    accepts = np.zeros((4 + len(names) + len(scenario.lrt), max(len(names), 1)), np.uint8)
    accepts[FIRST_LST + len(names) + 1, : len(names)] = 1
    for k, terms in enumerate(scenario.lrt.values()):
        for name in terms.accepts:
            accepts[FIRST_LST + len(names) + 2 + k, names.index(name)] = 1
    return accepts


def build_world(scenario: "Scenario", seeds: SeedTree, horizon: int) -> tuple[World, Floats, NDArray[np.int32]]:
    """The world at the start of day zero; returns it with tastes (N, R) and owners (N,)."""
    stakers, tastes, owners = draw_stakers(scenario, seeds)
    venues, books = declare_venues(scenario), declare_books(scenario)
    count, kinds, lsts, days = stakers.size, venues.size, max(len(scenario.lst), 1), horizon + MARGIN_DAYS
    world = World(
        stakers=stakers,
        venues=venues,
        books=books,
        accounts=np.zeros(1, ACCOUNTS),
        accepts=accepted_lsts(scenario),
        lst_holdings=np.zeros((kinds, lsts)),
        claims_due=np.zeros((kinds, days)),
        claims_scale=np.ones((kinds, days)),
        claims_left=np.ones((kinds, days)),
        claims_pointer=np.zeros(kinds, np.int64),
        queue_next=np.full(count, -1, np.int32),
        queue_ends=np.full((kinds, 2), -1, np.int32),
        exits=np.zeros((days, kinds + 1)),
        arrivals=np.zeros((days, kinds)),
        entries=np.zeros((days, kinds + 1)),
        heads=np.zeros(2, np.int64),
        own_path=np.zeros((kinds, days + 1)),
        layer_path=np.zeros((kinds, days + 1)),
        points=np.zeros((count, len(scenario.lrt) + 1)),
        lenders=np.zeros(2, LENDER),
        debt_shares=np.zeros(count),
        debt_asset=draw_debt_assets(scenario, seeds),
        borrowers=np.zeros(2 * count, np.int32),
        listed=np.zeros(2, np.int64),
        outside_shares=np.zeros(kinds),
        dust=np.zeros(kinds),
    )
    _hand_out_cores(scenario, seeds, world)
    _hand_out_satellites(scenario, seeds, world)
    world.exits[0, kinds] = scenario.ethereum.exit_queue_initial_eth
    _open_books(world)
    return world, tastes, owners


def _hand_out_cores(scenario: "Scenario", seeds: SeedTree, world: World) -> None:
    """Idle ETH by archetype, the rest staked: solo and the LSTs by their initial shares."""
    terms, rows = scenario.stakers, world.stakers
    draw = seeds.generator("stakers.cores")
    idle = np.array([kind.idle_factor for kind in terms.archetypes.values()])[rows["archetype"]]
    wealth = rows["core_shares"]
    weighted = float((idle * wealth).sum() / wealth.sum())
    chance = np.minimum(terms.idle_share * idle / max(weighted, 1e-12), 0.95)
    rows["core"] = IDLE
    order = draw.permutation(rows.size)
    staked = order[draw.random(rows.size)[order] >= chance[order]]
    shares = [terms.initial_share for terms in scenario.lst.values()]
    bounds = np.cumsum([max(0.0, 1.0 - sum(shares)), *shares])
    place = np.cumsum(wealth[staked]) / max(wealth[staked].sum(), 1e-300)
    rows["core"][staked] = SOLO + np.minimum(np.searchsorted(bounds, place * bounds[-1]), len(shares))


def _hand_out_satellites(scenario: "Scenario", seeds: SeedTree, world: World) -> None:
    """Initial supplies of the restaking venues, held by stakers drawn at random, each within its cap."""
    rows = world.stakers
    caps = np.array([kind.satellite_cap for kind in scenario.stakers.archetypes.values()])[rows["archetype"]]
    first = FIRST_LST + len(scenario.lst)
    wanted = [scenario.restaking.initial_native_eth, scenario.restaking.initial_lst_eth]
    wanted += [terms.initial_eth for terms in scenario.lrt.values()]
    room = float((caps * rows["core_shares"]).sum())
    order = seeds.generator("stakers.satellites").permutation(rows.size)
    free = iter(order[caps[order] > 0.0])
    for number, eth in enumerate(wanted):
        venue, left = first + number, eth
        while left > 1e-9:
            row = next(free, None)
            if row is None:
                raise _too_much_to_hold(scenario, room, sum(wanted))
            amount = min(caps[row] * rows["core_shares"][row], left)
            rows["core_shares"][row] -= amount
            rows["satellite"][row], rows["satellite_shares"][row], rows["aware"][row] = venue, amount, 1
            rows["exposure"][row] = 30.0
            left -= amount


def _too_much_to_hold(scenario: "Scenario", room: float, wanted: float) -> ScenarioError:
    """What to say when the population has no room for what the restaking venues begin with."""
    begins = {
        "restaking.initial_native_eth": scenario.restaking.initial_native_eth,
        "restaking.initial_lst_eth": scenario.restaking.initial_lst_eth,
        **{f"lrt.{name}.initial_eth": terms.initial_eth for name, terms in scenario.lrt.items()},
    }
    largest = max(begins, key=lambda key: begins[key])
    return ScenarioError(
        f"{largest}: restaking venues begin with {wanted:,.0f} ETH, {begins[largest]:,.0f} of it here, but the stakers "
        f"can restake {room:,.0f} ETH at most; lower it, or raise stakers.total_eth or an archetype's satellite_cap",
        key=largest,
    )


def _open_books(world: World) -> None:
    """Book what stakers hold: shares at NAV 1 backed by validators, buffers at target."""
    rows, books, accounts = world.stakers, world.books, world.accounts[0]
    kinds = books.size
    supply = np.bincount(rows["core"], rows["core_shares"], kinds)
    held = rows["satellite"] != NOBODY
    supply += np.bincount(rows["satellite"][held], rows["satellite_shares"][held], kinds)
    accounts["stakers"] = supply[IDLE]
    accounts["initial"] = supply.sum()
    restaked_lst = int(np.flatnonzero(world.venues["kind"] == KIND_LST_RESTAKING)[0])
    for venue in range(SOLO, kinds):
        books[venue]["shares"] = supply[venue]
        if venue == restaked_lst and world.accepts[venue].any():
            world.lst_holdings[venue] = supply[venue] * world.accepts[venue] / world.accepts[venue].sum()
            continue
        books[venue]["buffer"] = books[venue]["buffer_fraction"] * supply[venue]
        books[venue]["validators"] = supply[venue] - books[venue]["buffer"]
    for lst in range(world.accepts.shape[1]):
        behind = world.lst_holdings[:, lst].sum()
        books[FIRST_LST + lst]["shares"] += behind
        books[FIRST_LST + lst]["validators"] += behind
