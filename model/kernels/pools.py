"""Moves of operators and delegators under reward sharing, compiled: one agent after the other, each a best response.

The game and its sources are described in :mod:`..pools`; here stand the formulas and what one agent does in its turn.
Shapes: N agents, C slots for pools of which some are in use, T pools in a plan, V pools of others ("rivals").
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

DUST = 1e-14
"""Stake (share of the total) below which a pool counts as full and a remainder as nothing: sums of shares round."""
FREE = -1
"""Owner of a slot that no pool uses."""
LIVE, BORN = 0, 1
"""Places in ``Game.counts``: pools in use, pools ever opened."""


class Rules(NamedTuple):
    """What everybody plays by; money in rewards of a round (all of them: 1), stake in shares of the total.

    Attributes:
        target: number of pools aimed at, k.
        influence: a0, how much a pledge weighs.
        saturation: stake above which a pool earns no more, 1 / k.
        extra_cost: cost of every pool after an operator's first, over that of the first.
        lead: by how much a pool sets out to beat the pool that it replaces.
        inertia: gain that a change of plan must bring.
        thorough: whether every number of pools is tried, not only those that bisection meets.
    """

    target: int
    influence: float
    saturation: float
    extra_cost: float
    lead: float
    inertia: float
    thorough: bool


class Game(NamedTuple):
    """Who holds what.

    Attributes:
        wealth: (N,) stake of each agent, sum 1.
        unit_cost: (N,) cost of an agent's first pool for a round.
        myopic: (N,) who looks at the present stake of pools only.
        owner: (C,) agent that runs the pool, or :data:`FREE`.
        pledge: (C,) stake of the operator in its pool.
        margin: (C,) share of the profit that the operator takes first.
        cost: (C,) cost for a round.
        potential: (C,) profit when saturated.
        stake: (C,) pledge and delegated stake.
        born: (C,) number of pools opened before it.
        delegated: (N, C) stake of each agent with each pool of others.
        ranked: (2, C) slots in use, best first, for far-sighted and for myopic agents, as when last sorted.
        counts: (2,) see :data:`LIVE` and :data:`BORN`.
    """

    wealth: Floats
    unit_cost: Floats
    myopic: Flags
    owner: Integers
    pledge: Floats
    margin: Floats
    cost: Floats
    potential: Floats
    stake: Floats
    born: Integers
    delegated: Floats
    ranked: Integers
    counts: Integers


class Rivals(NamedTuple):
    """Pools of others in the order in which an agent prefers them.

    Attributes:
        slot: (V,) where they are.
        appeal: (V,) what is left for the delegators of each.
    """

    slot: Integers
    appeal: Floats


class Plan(NamedTuple):
    """What an agent may do.

    Attributes:
        slot: (T,) its pools, :data:`FREE` for one to be opened; none for a delegator.
        margin: (T,) margin of each.
        stake: (T,) stake of each if nobody else moves.
        pledge: pledge of each.
        cost: cost of each.
        given: (V,) stake with each rival.
    """

    slot: Integers
    margin: Floats
    stake: Floats
    pledge: float
    cost: float
    given: Floats


# ------------------------------------------------------------------------------------------------------------ formulas


@compiled
def pool_reward(stake, pledge, saturation, influence):
    """Reward of a pool, ``(b + l a0 (b - l (1 - b/z)) / z) / (1 + a0)``, stake b and pledge l capped at z."""
    b, own = min(stake, saturation), min(pledge, saturation)
    bonus = own * influence * (b - own * (1.0 - b / saturation)) / saturation
    return (b + bonus) / (1.0 + influence)


@compiled
def operator_income(rules, stake, pledge, margin, cost):
    """What the operator keeps of the profit, ``m + (1 - m) l / b`` of it; a loss is all its own."""
    profit = pool_reward(stake, pledge, rules.saturation, rules.influence) - cost
    if profit <= 0.0:
        return profit
    return profit * (margin + (1.0 - margin) * pledge / stake)


@compiled
def delegator_income(rules, amount, stake, pledge, margin, cost):
    """What ``amount`` of the pool's stake earns a delegator; never a loss."""
    profit = pool_reward(stake, pledge, rules.saturation, rules.influence) - cost
    return max((1.0 - margin) * profit * amount / stake, 0.0)


@compiled
def cost_of_each(rules, first, pools):
    """Cost of each of an operator's pools, shared equally."""
    return first * (1.0 + (pools - 1) * rules.extra_cost) / pools


# ------------------------------------------------------------------------------------------------------------- ranking


@compiled
def _before(appeal, potential, born, other_appeal, other_potential, other_born):
    """Whether a pool comes before another: more appeal, else more potential, else older."""
    if appeal != other_appeal:
        return appeal > other_appeal
    if potential != other_potential:
        return potential > other_potential
    return born < other_born


@compiled
def _appeals(rules, game, slots, myopic):
    """What each pool leaves to delegators: of its profit when saturated, or, to the myopic, of its present one."""
    appeal = np.empty(slots.size)
    for i in range(slots.size):
        slot = slots[i]
        profit = game.potential[slot]
        if myopic:
            reward = pool_reward(game.stake[slot], game.pledge[slot], rules.saturation, rules.influence)
            profit = reward - game.cost[slot]
        appeal[i] = max((1.0 - game.margin[slot]) * profit, 0.0)
    return appeal


@compiled
def _rivals(rules, game, agent):
    """Pools of others, best first; own ones are left out."""
    myopic = game.myopic[agent]
    slots = game.ranked[1 if myopic else 0, : game.counts[LIVE]]
    appeal = _appeals(rules, game, slots, myopic)
    # Insertion: little changes from move to move, so that the last order is nearly the new one.
    for i in range(1, slots.size):
        slot, value, at = slots[i], appeal[i], i
        while at > 0 and _before(
            value,
            game.potential[slot],
            game.born[slot],
            appeal[at - 1],
            game.potential[slots[at - 1]],
            game.born[slots[at - 1]],
        ):
            slots[at], appeal[at] = slots[at - 1], appeal[at - 1]
            at -= 1
        slots[at], appeal[at] = slot, value
    foreign = game.owner[slots] != agent
    return Rivals(slots[foreign], appeal[foreign])


@compiled
def _own(game, agent):
    """Pools of an agent, best first in its own eyes (as when last sorted)."""
    slots = game.ranked[1 if game.myopic[agent] else 0, : game.counts[LIVE]]
    return slots[game.owner[slots] == agent]


# --------------------------------------------------------------------------------------------------------------- plans


@compiled
def _present_plan(game, agent, rivals):
    """What the agent does now."""
    slot = _own(game, agent)
    given = np.empty(rivals.slot.size)
    for i in range(rivals.slot.size):
        given[i] = game.delegated[agent, rivals.slot[i]]
    pledge, cost = 0.0, 0.0
    if slot.size > 0:
        pledge, cost = game.pledge[slot[0]], game.cost[slot[0]]
    return Plan(slot, game.margin[slot], game.stake[slot], pledge, cost, given)


@compiled
def _spread(rules, game, agent, rivals, amount):
    """Delegate an amount: fill the best pools up to saturation; what is then left goes to the best all the same.

    Pools that their operators saturate on their own take nobody else.
    """
    given = np.zeros(rivals.slot.size)
    best = -1
    for i in range(rivals.slot.size):
        slot = rivals.slot[i]
        if game.pledge[slot] >= rules.saturation:
            continue
        best = i if best < 0 else best
        room = rules.saturation - (game.stake[slot] - game.delegated[agent, slot])
        if room < DUST:
            continue
        given[i] = min(amount, room)
        amount -= given[i]
        if amount < DUST:
            return given
    if best >= 0:
        given[best] += amount
    return given


@compiled
def _delegating(rules, game, agent, rivals):
    """Close all pools and delegate everything."""
    given = _spread(rules, game, agent, rivals, game.wealth[agent])
    return Plan(np.empty(0, np.int64), np.empty(0), np.empty(0), 0.0, 0.0, given)


@compiled
def _margins(rules, game, agent, rivals, pools):
    """Margins with which so many pools would all be among the first k, lowest first, and the income that this brings.

    The i-th pool from below replaces the rival in place ``k - i + 1``. The far-sighted set out to beat what that pool
    could offer at margin 0, for a price war ends there; the myopic what it offers now.
    """
    wealth = game.wealth[agent]
    pledge = min(wealth / pools, rules.saturation)
    cost = cost_of_each(rules, game.unit_cost[agent], pools)
    myopic = game.myopic[agent]
    expected = rules.saturation
    if myopic:
        expected = max(game.stake[_own(game, agent)].sum(), wealth) / pools
    profit = pool_reward(expected, pledge, rules.saturation, rules.influence) - cost
    margins, income = np.zeros(pools), 0.0
    for i in range(1, pools + 1):
        beaten = rules.target - i
        aim = rules.lead
        if beaten < rivals.slot.size:
            aim += rivals.appeal[beaten]
        within_reach = myopic or profit >= aim
        if beaten < rivals.slot.size and not myopic:
            aim = max(aim, game.potential[rivals.slot[beaten]])
        if within_reach and profit > 0.0:
            margins[pools - i] = max(1.0 - aim / profit, 0.0)
        stake = rules.saturation if within_reach else pledge
        income += operator_income(rules, stake, pledge, margins[pools - i], cost)
    return margins, income


@compiled
def _best_number(rules, game, agent, rivals):
    """Number of pools that brings most, between 1 and k.

    Bisection takes income to have one peak in it. It need not: pools out of reach of the first k, left with their
    pledges, may bring more the more there are.
    """
    if rules.thorough:
        return _best_of_all_numbers(rules, game, agent, rivals)
    low, high = 1, rules.target
    while low < high:
        middle = (low + high) // 2
        _, here = _margins(rules, game, agent, rivals, middle)
        _, more = _margins(rules, game, agent, rivals, middle + 1)
        if more > here:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _best_of_all_numbers(rules, game, agent, rivals):
    best, most = 1, -np.inf
    for pools in range(1, rules.target + 1):
        _, income = _margins(rules, game, agent, rivals, pools)
        if income > most:
            best, most = pools, income
    return best


@compiled
def _operating(rules, game, agent, rivals):
    """Run the best number of pools; the best of those that stand are kept, what cannot be pledged is delegated."""
    pools = _best_number(rules, game, agent, rivals)
    margins, _ = _margins(rules, game, agent, rivals, pools)
    pledge = min(game.wealth[agent] / pools, rules.saturation)
    slot, stake = np.full(pools, FREE), np.full(pools, pledge)
    own = _own(game, agent)
    for i in range(min(pools, own.size)):
        slot[i] = own[i]
        stake[i] += game.stake[own[i]] - game.pledge[own[i]]
    rest = game.wealth[agent] - pools * pledge
    given = np.zeros(rivals.slot.size)
    if rest > DUST:
        given = _spread(rules, game, agent, rivals, rest)
    return Plan(slot, margins, stake, pledge, cost_of_each(rules, game.unit_cost[agent], pools), given)


# ------------------------------------------------------------------------------------------------------- what they pay


@compiled
def _ages(game, plan):
    """When the pools of a plan were opened; new ones are the youngest of all."""
    born = np.empty(plan.slot.size, np.int64)
    for i in range(plan.slot.size):
        born[i] = game.counts[BORN] + i if plan.slot[i] == FREE else game.born[plan.slot[i]]
    return born


@compiled
def _from_pools(rules, game, agent, rivals, plan, potential, born):
    """Income from own pools, by rank: saturated among the first k, else left with the pledge alone."""
    income = 0.0
    for i in range(plan.slot.size):
        stake = plan.stake[i]
        if not game.myopic[agent]:
            mine = max((1.0 - plan.margin[i]) * potential, 0.0)
            place = 0
            for j in range(plan.slot.size):
                theirs = max((1.0 - plan.margin[j]) * potential, 0.0)
                place += _before(theirs, potential, born[j], mine, potential, born[i])
            for j in range(rivals.slot.size):
                slot = rivals.slot[j]
                if not _before(rivals.appeal[j], game.potential[slot], game.born[slot], mine, potential, born[i]):
                    break
                place += 1
            stake = max(stake, rules.saturation) if place < rules.target else plan.pledge
        income += operator_income(rules, stake, plan.pledge, plan.margin[i], plan.cost)
    return income


@compiled
def _from_delegation(rules, game, agent, rivals, plan, potential, born):
    """Income from stake with others; the far-sighted take a pool among the first k for saturated."""
    income = 0.0
    for j in range(rivals.slot.size):
        if plan.given[j] <= 0.0:
            continue
        slot = rivals.slot[j]
        stake = game.stake[slot] - game.delegated[agent, slot] + plan.given[j]
        if not game.myopic[agent]:
            place = j
            for i in range(plan.slot.size):
                mine = max((1.0 - plan.margin[i]) * potential, 0.0)
                place += _before(mine, potential, born[i], rivals.appeal[j], game.potential[slot], game.born[slot])
            if place < rules.target:
                stake = max(stake, rules.saturation)
        income += delegator_income(rules, plan.given[j], stake, game.pledge[slot], game.margin[slot], game.cost[slot])
    return income


@compiled
def _worth(rules, game, agent, rivals, plan):
    """Income that an agent expects of a plan if nobody else moves."""
    potential = pool_reward(rules.saturation, plan.pledge, rules.saturation, rules.influence) - plan.cost
    born = _ages(game, plan)
    income = _from_pools(rules, game, agent, rivals, plan, potential, born)
    return income + _from_delegation(rules, game, agent, rivals, plan, potential, born)


@compiled
def _takings(rules, game, agent, rivals, plan):
    """Income of the present plan at the present stake of own pools."""
    income = 0.0
    for i in range(plan.slot.size):
        income += operator_income(rules, plan.stake[i], plan.pledge, plan.margin[i], plan.cost)
    potential = pool_reward(rules.saturation, plan.pledge, rules.saturation, rules.influence) - plan.cost
    return income + _from_delegation(rules, game, agent, rivals, plan, potential, _ages(game, plan))


# -------------------------------------------------------------------------------------------------------------- moving


@compiled
def _release(game, slot):
    """Give the delegators of a pool their stake back; they delegate it when their turn comes."""
    for agent in range(game.wealth.size):
        game.delegated[agent, slot] = 0.0
    game.stake[slot] = game.pledge[slot]


@compiled
def _close(game, slot):
    _release(game, slot)
    game.owner[slot] = FREE
    live = game.counts[LIVE]
    for row in range(2):
        at = 0
        for i in range(live):
            if game.ranked[row, i] != slot:
                game.ranked[row, at] = game.ranked[row, i]
                at += 1
    game.counts[LIVE] = live - 1


@compiled
def _open(game, agent, free):
    """Take the first free slot from ``free`` on for a new pool."""
    while game.owner[free] != FREE:
        free += 1
    game.owner[free] = agent
    game.born[free] = game.counts[BORN]
    game.ranked[:, game.counts[LIVE]] = free
    game.counts[BORN] += 1
    game.counts[LIVE] += 1
    return free


@compiled
def _carry_out(rules, game, agent, rivals, plan):
    for j in range(rivals.slot.size):
        slot = rivals.slot[j]
        game.stake[slot] += plan.given[j] - game.delegated[agent, slot]
        game.delegated[agent, slot] = plan.given[j]
    for slot in _own(game, agent):
        if not (plan.slot == slot).any():
            _close(game, slot)
    potential = pool_reward(rules.saturation, plan.pledge, rules.saturation, rules.influence) - plan.cost
    free = 0
    for i in range(plan.slot.size):
        slot = plan.slot[i]
        if slot == FREE:
            free = _open(game, agent, free)
            slot = free
        game.pledge[slot], game.margin[slot], game.cost[slot] = plan.pledge, plan.margin[i], plan.cost
        game.potential[slot], game.stake[slot] = potential, plan.stake[i]
        if plan.pledge >= rules.saturation:
            _release(game, slot)


@compiled
def _move(rules, game, agent):
    """One agent's turn; whether it changes anything. On a tie the plan that changes less is taken."""
    rivals = _rivals(rules, game, agent)
    present = _present_plan(game, agent, rivals)
    best = max(_worth(rules, game, agent, rivals, present), _takings(rules, game, agent, rivals, present))
    best += rules.inertia
    chosen, moves = present, False
    for kind in range(2):
        plan = _delegating(rules, game, agent, rivals) if kind == 0 else _operating(rules, game, agent, rivals)
        worth = _worth(rules, game, agent, rivals, plan)
        if worth > best:
            chosen, best, moves = plan, worth, True
    if moves:
        _carry_out(rules, game, agent, rivals, chosen)
    return moves


@compiled
def take_turns(rules, game, order, start):
    """Let agents move in this order, from place ``start`` on.

    Returns:
        ``(place, moves)``: the place of the first agent that could not move because slots may run out (the length of
        ``order`` when all moved), and how many changed anything.
    """
    moves = 0
    for place in range(start, order.size):
        if game.owner.size - game.counts[LIVE] < rules.target:
            return place, moves
        if _move(rules, game, order[place]):
            moves += 1
    return order.size, moves
