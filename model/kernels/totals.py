"""Sums over books, queues and stakers that are recorded every day, compiled."""

import numpy as np

from .._compile import compiled
from ..state import ETH_LOAN, FIRST_LST, NOBODY

TOTALS = np.dtype(
    [
        ("validators", "f8"),  # ETH at work on validators
        ("entry", "f8"),  # ETH in the entry queue
        ("claims", "f8"),  # ETH owed to redeemers
        ("exit_queue", "f8"),  # ETH in Ethereum's exit queue, outsiders' included
        ("restaked", "f8"),  # ETH value of all restaking venues' tokens
        ("gross", "f8"),  # ETH value of all venues' tokens
        ("inside", "f8"),  # ETH value of LSTs that back other tokens
        ("aware", "f8"),  # part of the stakers who know of restaking
        ("restakers", "f8"),  # part of the stakers who restake
        ("physical", "f8"),  # ETH in all accounts
        ("due", "f8"),  # ETH that should be there: what came in less what went out
    ],
    align=True,
)


@compiled
def add_in_order(values):
    """Sum of numbers, the first first: the sum that numpy takes of an array goes by pairs where it is not compiled."""
    total = 0.0
    for n in range(values.size):
        total += values[n]
    return total


@compiled
def add_up(world, day, restaking, pools, arbitrageurs, out):
    """Fill a ``TOTALS`` record.

    Args:
        world: the world.
        day: last day with anything in a queue.
        restaking: index of the first restaking venue.
        pools: (V K,) ``POOL``.
        arbitrageurs: (A,) ``ARBITRAGEUR``.
        out: ``TOTALS``, written.
    """
    validators = entry = claims = restaked = gross = inside = 0.0
    physical = 0.0
    for venue in range(world.venues.size):
        book, nav = world.books[venue], world.venues[venue]["nav"]
        validators += book["validators"]
        entry += book["entry"]
        claims += book["claims"]
        physical += book["validators"] + book["entry"] + book["exiting"] + book["buffer"] + book["treasury"]
        if venue > 0:
            gross += book["shares"] * nav
        if venue >= restaking:
            restaked += book["shares"] * nav
        for lst in range(world.accepts.shape[1]):
            inside += world.lst_holdings[venue, lst] * world.venues[FIRST_LST + lst]["nav"]
    out["validators"], out["entry"], out["claims"] = validators, entry, claims
    out["restaked"], out["gross"], out["inside"] = restaked, gross, inside
    queue = 0.0
    for cohort in range(world.heads[0], day + 1):
        waiting = 0.0
        for column in range(world.exits.shape[1]):
            waiting += world.exits[cohort, column]
        queue += waiting
    out["exit_queue"] = queue
    stakers, aware, restakers = world.stakers, 0, 0
    for row in range(stakers.size):
        aware += stakers[row]["aware"] != 0
        restakers += stakers[row]["satellite"] != NOBODY
    out["aware"], out["restakers"] = aware / stakers.size, restakers / stakers.size
    for pool in pools:
        physical += pool["eth"]
    for arbitrageur in arbitrageurs:
        physical += arbitrageur["eth"]
    account = world.accounts[0]
    physical += (
        account["stakers"]
        + account["claims_paid"]
        + account["claimants"]
        + account["operators"]
        + account["token_pools"]
        + account["liquidators"]
        + world.lenders[ETH_LOAN]["cash"]
    )
    out["physical"] = physical
    came = account["initial"] + account["issued"] + account["users"] + account["token_buyers"] + account["outside_in"]
    out["due"] = came - (account["burned"] + account["gas"] + account["exploited"] + account["outside_out"])
