"""A world small enough to check by hand: two LSTs, two LRTs, nobody owns anything until a test says so."""

from typing import Any

import numpy as np

from restaking.model import genesis
from restaking.model.kernels import books as move
from restaking.model.kernels.books import World
from restaking.model.randomness import SeedTree
from restaking.model.scenario.scenario import Scenario
from restaking.model.state import ARBITRAGEUR, IDLE, INTENTION, NOBODY, ORDER, SOLO

BIG, SMALL, NATIVE, LST_RESTAKING, ALPHA, BETA = range(2, 8)
"""Venues: ALPHA takes ETH and the big LST, BETA only the small LST."""

STAKERS = 10
FLOWS_IN = ("initial", "issued", "users", "token_buyers", "outside_in")
FLOWS_OUT = ("burned", "gas", "exploited", "outside_out")
PLACES = ("validators", "entry", "exiting", "buffer", "treasury")
ACCOUNTS = ("stakers", "claims_paid", "claimants", "operators", "token_pools")


def small_scenario(**tables: Any) -> Scenario:
    """Ten stakers without satellites; tables given are laid over it, table by table."""
    content: dict[str, Any] = {
        "days": 60,
        "lst": {"big": {"initial_share": 0.4}, "small": {"initial_share": 0.2}},
        "lrt": {
            "alpha": {"accepts": ["big"], "cooldown_days": 1.0},
            "beta": {"native": False, "accepts": ["small"], "cooldown_days": 2.0},
        },
        "stakers": {"count": STAKERS, "total_eth": 1e4},
        "arbitrage": {"capital_eth": 100.0},
    }
    for name, table in tables.items():
        content[name] = {**content.get(name, {}), **table} if isinstance(table, dict) else table
    return Scenario(**content)


def drawn_world(scenario: Scenario, seed: int = 1) -> World:
    """The world at the start of day zero, as a run has it."""
    world, _, _ = genesis.build_world(scenario, SeedTree(seed), scenario.days)
    return world


def empty_world(**tables: Any) -> World:
    """The same world before anybody owns anything; queues and buffers are empty and have no targets."""
    world = drawn_world(small_scenario(**tables))
    world.stakers["core"] = IDLE
    world.stakers["core_shares"] = 0.0
    for field in (*PLACES, "shares", "claims", "buffer_fraction"):
        world.books[field] = 0.0
    world.accounts[0] = np.zeros((), world.accounts.dtype)
    world.exits[:] = 0.0
    return world


def endow(world: World, row: int, core: int, eth: float) -> None:
    """Give a staker a core asset that validators stand behind; idle ETH is just there."""
    world.stakers["core"][row] = core
    world.accounts["initial"] += eth
    if core == IDLE:
        world.stakers["core_shares"][row] += eth
        world.accounts["stakers"] += eth
        return
    world.stakers["core_shares"][row] += eth / world.venues["nav"][core]
    world.books["shares"][core] += eth / world.venues["nav"][core]
    world.books["validators"][core] += eth


def restake(world: World, row: int, venue: int, eth: float) -> None:
    """Give a staker a satellite that validators stand behind."""
    world.stakers["satellite"][row] = venue
    world.stakers["satellite_shares"][row] += eth / world.venues["nav"][venue]
    world.books["shares"][venue] += eth / world.venues["nav"][venue]
    world.books["validators"][venue] += eth
    world.accounts["initial"] += eth


def intend(row: int, target: int = NOBODY, share: float = 0.0, sell: int = 0, limit: float = 0.0) -> np.ndarray:
    """One intention, as an array of one."""
    out = np.zeros(1, INTENTION)
    out["row"], out["target"], out["share"], out["sell"], out["limit"] = row, target, share, sell, limit
    return out


def new_orders() -> np.ndarray:
    """Room for a day's orders."""
    return np.zeros(2 * STAKERS + 1, ORDER)


def pay(world: World, day: int) -> np.ndarray:
    """Pay claims; returns the purchase orders that paid money turned into."""
    orders = new_orders()
    return orders[: move.pay_claims(world, day, orders, 0)]


def total_eth(world: World, *others: float) -> float:
    """ETH in books and accounts, and elsewhere."""
    in_books = sum(float(world.books[place].sum()) for place in PLACES)
    return in_books + sum(float(world.accounts[name][0]) for name in ACCOUNTS) + sum(others)


def eth_due(world: World) -> float:
    """ETH that should be somewhere: what came in less what left."""
    account = world.accounts[0]
    return sum(float(account[name]) for name in FLOWS_IN) - sum(float(account[name]) for name in FLOWS_OUT)


def equity(world: World) -> np.ndarray:
    """(V,) what belongs to the holders of each venue's token: assets less claims."""
    return np.array([move.assets(world, v) - world.books["claims"][v] for v in range(world.venues.size)])


def check_books(world: World, scale: float) -> None:
    """What must hold after every single move, whatever it was.

    Args:
        world: the world.
        scale: ETH to which rounding errors are compared.
    """
    books, close = world.books, 1e-9 * scale
    for field in (*PLACES, "shares", "claims"):
        assert books[field].min() >= -close, field
    for field in ("core_shares", "satellite_shares", "pending_amount"):
        assert world.stakers[field].min() >= 0.0, field
    for field in ("stakers", "claims_paid"):
        assert world.accounts[field][0] >= -close, field
    assert world.lst_holdings.min() >= 0.0
    assert min(world.exits.min(), world.entries.min(), world.arrivals.min(), world.claims_due.min()) >= -close
    on_its_way = world.exits[:, :-1].sum(axis=0) + world.arrivals.sum(axis=0)
    np.testing.assert_allclose(on_its_way, books["exiting"], rtol=0.0, atol=close)
    np.testing.assert_allclose(world.entries[:, :-1].sum(axis=0), books["entry"], rtol=0.0, atol=close)
    np.testing.assert_allclose(world.claims_due.sum(axis=1), books["claims"], rtol=0.0, atol=close)
    worth = books["shares"] * world.venues["nav"]
    np.testing.assert_allclose(equity(world)[SOLO:], worth[SOLO:], rtol=0.0, atol=close)


def arbitrageurs_eth(arbitrageurs: np.ndarray) -> float:
    """ETH of all arbitrageurs."""
    assert arbitrageurs.dtype == ARBITRAGEUR
    return float(arbitrageurs["eth"].sum())
