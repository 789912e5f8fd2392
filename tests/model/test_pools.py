"""Stake pools: the reward formula, what agents do with it, and that nobody gains by moving at the end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.model import pools
from restaking.model.kernels import pools as kernel
from restaking.model.pools import Agents, Outcome, Scheme, draw_agents, play

SHARES = st.floats(0.0, 0.3)


def drawn(count: int, seed: int, **settings: object) -> Agents:
    return draw_agents(count, np.random.default_rng(seed), np.random.default_rng(seed + 1000), **settings)  # type: ignore[arg-type]


def played(count: int = 60, target: int = 6, seed: int = 1, **settings: object) -> tuple[Agents, Outcome]:
    agents = drawn(count, seed, **settings)
    return agents, play(Scheme(target), agents, np.random.default_rng(seed + 2000), 300)


def state(count: int, target: int, seed: int, rounds: int) -> tuple[kernel.Rules, kernel.Game]:
    """The game itself after some rounds."""
    rules = kernel.Rules(target, 0.3, 1.0 / target, 0.4, 1e-6, 1e-9, False)
    game, order = pools._empty(drawn(count, seed), 8 * target), np.random.default_rng(seed)
    for _ in range(rounds):
        kernel.take_turns(rules, game, order.permutation(count), 0)
    return rules, game


# ------------------------------------------------------------------------------------------------------------ formulas


@pytest.mark.parametrize(
    ("stake", "pledge", "reward"),
    [(0.01, 0.01, 0.00771538), (0.1, 0.01, 0.07923077), (0.2, 0.01, 0.07923077), (0.1, 0.05, 0.08846154)],
)
def test_rewards(stake: float, pledge: float, reward: float) -> None:
    assert Scheme(10).reward(stake, pledge) == pytest.approx(reward, abs=5e-9)


@settings(max_examples=100, deadline=None)
@given(SHARES, SHARES, SHARES, st.floats(0.0, 5.0))
def test_rewards_grow_with_stake_up_to_saturation_and_with_the_pledge_of_a_full_pool(
    one: float, other: float, pledge: float, influence: float
) -> None:
    scheme = Scheme(10, influence)
    low, high = sorted((max(one, pledge), max(other, pledge)))
    assert scheme.reward(low, pledge) <= scheme.reward(high, pledge) + 1e-15
    assert scheme.reward(0.1, min(one, other)) <= scheme.reward(0.1, max(one, other)) + 1e-15
    assert scheme.reward(high, pledge) <= 0.1 + 1e-15


def test_all_rewards_are_paid_out_when_every_pool_is_all_pledge() -> None:
    assert 10 * Scheme(10).reward(0.1, 0.1) == pytest.approx(1.0)
    assert Scheme(10, 0.0).reward(0.07, 0.0) == pytest.approx(0.07)


def test_a_pools_profit_is_what_operator_and_delegators_get() -> None:
    rules = kernel.Rules(10, 0.3, 0.1, 0.4, 0.0, 0.0, False)
    stake, pledge, margin, cost = 0.08, 0.02, 0.15, 0.001
    operator = kernel.operator_income(rules, stake, pledge, margin, cost)
    delegators = kernel.delegator_income(rules, stake - pledge, stake, pledge, margin, cost)
    assert operator + delegators == pytest.approx(Scheme(10).reward(stake, pledge) - cost)
    assert operator / delegators > pledge / (stake - pledge)


def test_a_loss_is_the_operators() -> None:
    rules = kernel.Rules(10, 0.3, 0.1, 0.4, 0.0, 0.0, False)
    assert kernel.operator_income(rules, 0.01, 0.001, 0.5, 0.02) == pytest.approx(Scheme(10).reward(0.01, 0.001) - 0.02)
    assert kernel.delegator_income(rules, 0.009, 0.01, 0.001, 0.5, 0.02) == 0.0


def test_extra_pools_cost_a_part_of_the_first() -> None:
    rules = kernel.Rules(10, 0.3, 0.1, 0.4, 0.0, 0.0, False)
    assert 3 * kernel.cost_of_each(rules, 1.0, 3) == pytest.approx(1.0 + 2 * 0.4)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-4, 0.09), st.floats(1e-5, 1e-2), st.floats(0.0, 3.0), st.floats(0.0, 1.0))
def test_splitting_gains_what_two_pools_bring_more_than_one(
    stake: float, cost: float, influence: float, extra: float
) -> None:
    scheme = Scheme(10, influence, extra)
    left = scheme.potential_profit(stake, cost)  # what a rival of the same kind leaves to delegators at margin 0
    one = (scheme.potential_profit(stake, cost) - left) + left * stake / scheme.saturation
    each = scheme.potential_profit(stake / 2, cost * (1 + extra) / 2)
    two = 2 * ((each - left) + left * stake / 2 / scheme.saturation)
    assert scheme.splitting_gain(stake, cost) == pytest.approx(two - one, abs=1e-12)


def test_rents_are_what_the_next_best_could_not_offer() -> None:
    scheme = Scheme(2)
    margins = scheme.rent_margins([0.1, 0.4, 0.3, 0.2], [1e-3, 1e-3, 1e-3, 1e-3])
    next_best = scheme.potential_profit(0.2, 1e-3)
    assert margins[[0, 3]].tolist() == [0.0, 0.0]
    assert (1 - margins[1]) * scheme.potential_profit(0.4, 1e-3) == pytest.approx(next_best)
    with pytest.raises(ValueError, match="more than 2 agents"):
        scheme.rent_margins([0.5, 0.5], [0.0, 0.0])


# ---------------------------------------------------------------------------------------------------------------- moves


def test_rivals_are_ranked_by_appeal_then_potential_then_age() -> None:
    rules, game = state(60, 6, 3, 4)
    agent = int(game.owner[game.ranked[0, 0]])
    rivals = kernel._rivals(rules, game, agent)
    slots = [int(slot) for slot in np.flatnonzero((game.owner >= 0) & (game.owner != agent))]
    appeal = {slot: max((1 - game.margin[slot]) * game.potential[slot], 0.0) for slot in slots}
    expected = sorted(slots, key=lambda slot: (-appeal[slot], -game.potential[slot], game.born[slot]))
    assert rivals.slot.tolist() == expected


def test_delegated_stake_fills_the_best_pools_first() -> None:
    rules, game = state(60, 6, 3, 1)
    game.delegated[:] = 0.0
    game.stake[:] = game.pledge
    delegator = int(np.setdiff1d(np.arange(60), game.owner)[0])
    rivals = kernel._rivals(rules, game, delegator)
    room = rules.saturation - game.pledge[rivals.slot]
    given = kernel._spread(rules, game, delegator, rivals, room[0] + 0.5 * room[1])
    assert given[:2] == pytest.approx([room[0], 0.5 * room[1]])
    assert not given[2:].any()
    all_of_it = kernel._spread(rules, game, delegator, rivals, room.sum() + 0.01)
    assert all_of_it.sum() == pytest.approx(room.sum() + 0.01)
    assert all_of_it[0] == pytest.approx(room[0] + 0.01)


@pytest.mark.parametrize("myopic", [0.0, 0.5, 1.0])
def test_no_stake_appears_or_vanishes(myopic: float) -> None:
    rules = kernel.Rules(6, 0.3, 1.0 / 6.0, 0.4, 1e-6, 1e-9, False)
    agents, order = drawn(60, 4, myopic=myopic), np.random.default_rng(4)
    game = pools._empty(agents, 24)
    for _ in range(8):
        game, _ = pools._round(rules, game, order.permutation(60))
        live = game.owner != kernel.FREE
        assert game.stake[live] == pytest.approx(game.pledge[live] + game.delegated[:, live].sum(axis=0))
        assert not game.delegated[:, ~live].any()
        used = game.delegated.sum(axis=1) + np.bincount(game.owner[live], game.pledge[live], 60)
        assert (used <= agents.stakes + 1e-12).all()
        assert (
            set(game.ranked[0, : game.counts[0]]) == set(game.ranked[1, : game.counts[0]]) == set(np.flatnonzero(live))
        )


def gains_of_opening(rounds: int, seed: int) -> list[float]:
    """What each delegator would gain by a pool that leaves more than the k-th could at margin 0, where it can."""
    _, game = state(60, 6, seed, rounds)
    scheme, z = Scheme(6), 1 / 6
    live = np.flatnonzero(game.owner >= 0)
    appeal = (1 - game.margin[live]) * game.potential[live]
    last = live[np.argsort(-appeal)[5]]
    aim = max((1 - game.margin[last]) * game.potential[last] + 1e-6, game.potential[last])
    gains = []
    for agent in np.setdiff1d(np.arange(60), game.owner):
        stake = game.wealth[agent]
        profit = scheme.potential_profit(stake, game.unit_cost[agent])
        if profit > aim:
            own = (profit - aim) + aim * stake / z
            gains.append(own - float((game.delegated[agent, live] / z * appeal).sum()))
    return gains


def test_at_rest_no_delegator_gains_by_a_pool_that_wins_the_price_war() -> None:
    assert max(gain for seed in range(1, 6) for gain in gains_of_opening(1, seed)) > 1e-6
    assert max((gain for seed in range(1, 6) for gain in gains_of_opening(60, seed)), default=0.0) <= 1e-9


def test_more_pools_than_slots_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    _, few = played(40, 5, myopic=1.0)
    monkeypatch.setattr(pools, "_SLOTS", 200)
    _, many = played(40, 5, myopic=1.0)
    assert few.pools > 4 * 5
    for name in ("owner", "pledge", "margin", "stake"):
        np.testing.assert_array_equal(getattr(few, name), getattr(many, name))


def test_the_same_seed_gives_the_same_game_and_another_order_another() -> None:
    (_, one), (_, two) = played(), played()
    np.testing.assert_array_equal(one.stake, two.stake)
    agents, _ = played()
    other = play(Scheme(6), agents, np.random.default_rng(99), 300)
    assert one.margin.tolist() != other.margin.tolist()


def test_about_k_pools_each_with_its_own_operator() -> None:
    _, outcome = played(shape=None)
    assert outcome.converged
    assert outcome.pools == outcome.operators == 6
    assert outcome.stake == pytest.approx(np.full(6, 1 / 6))
    assert (outcome.nakamoto(), outcome.nakamoto(strictly=True)) == (3, 4)


def test_a_holder_of_more_than_a_pool_can_use_runs_several() -> None:
    stakes = np.array([0.4, *[0.6 / 59] * 59])
    agents = Agents(stakes, np.full(60, 1e-5), np.zeros(60, bool))
    outcome = play(Scheme(6), agents, np.random.default_rng(1), 300)
    assert np.count_nonzero(outcome.owner == 0) >= 2
    assert (outcome.pledge <= 1 / 6).all()


def test_without_weight_of_the_pledge_one_operator_splits_into_many() -> None:
    agents = drawn(60, 1)
    outcome = play(Scheme(6, 0.0), agents, np.random.default_rng(1), 40)
    assert outcome.nakamoto() == 1
    assert not outcome.converged


def test_pools_that_cost_more_than_they_bring_are_not_run() -> None:
    agents = Agents(np.full(20, 0.05), np.full(20, 2.0), np.zeros(20, bool))
    outcome = play(Scheme(4), agents, np.random.default_rng(1), 30)
    assert outcome.pools == outcome.operators == outcome.nakamoto() == 0
    assert outcome.converged
    assert (outcome.pledged, outcome.median_margin) == (0.0, 0.0)


def test_trying_every_number_of_pools_finds_what_is_best() -> None:
    rules, game = state(60, 6, 5, 3)
    thorough = rules._replace(thorough=True)
    for agent in range(60):
        rivals = kernel._rivals(rules, game, agent)
        incomes = [kernel._margins(rules, game, agent, rivals, number)[1] for number in range(1, 7)]
        assert kernel._best_number(thorough, game, agent, rivals) == int(np.argmax(incomes)) + 1
        bisected = kernel._best_number(rules, game, agent, rivals)
        # A peak of its surroundings, if not of all.
        assert incomes[bisected - 1] >= max(incomes[max(bisected - 2, 0) : bisected + 1]) - 1e-15


@pytest.mark.parametrize(
    "change", [{"target": 0}, {"influence": -0.1}, {"extra_cost": float("nan")}, {"lead": -1.0}, {"calm": 0}]
)
def test_impossible_schemes_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        Scheme(**{"target": 5, **change})  # type: ignore[arg-type]


def test_impossible_agents_are_refused() -> None:
    half, nothing, far = np.array([0.5, 0.5]), np.zeros(2), np.zeros(2, bool)
    with pytest.raises(ValueError, match="one shape"):
        Agents(half, np.zeros(3), far)
    with pytest.raises(ValueError, match="above 0"):
        Agents(np.array([1.0, 0.0]), nothing, far)
    with pytest.raises(ValueError, match="add up to 1"):
        Agents(half * 0.9, nothing, far)
    with pytest.raises(ValueError, match="not be negative"):
        Agents(half, nothing - 1.0, far)
