"""The game of rebalancing: payoffs by hand, attacks, and Hedge within its bound."""

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest

from restaking.model.security.rebalancing import Play, RebalancingGame
from restaking.model.security.submodular import ConcaveAdversary


def game(rounds: int = 400, *, prize: float = 0.0) -> RebalancingGame:
    """Three operators of stake 1, each on two of three services; the first service pays four times as much."""
    draw = np.random.default_rng(2)
    return RebalancingGame(
        stake=np.ones(3),
        opted=np.array([[True, True, False], [True, False, True], [False, True, True]]),
        own=np.full(3, 0.5),
        reward=np.array([0.4, 0.1, 0.1]) * np.exp(draw.normal(0.0, 0.2, (rounds, 3))),
        prize=np.full((rounds, 3), prize),
        threshold=0.5,
        adversary=ConcaveAdversary(Fraction(1, 2), Fraction(1)),
    )


def test_the_first_round_by_hand() -> None:
    """One unit and a half on every service; best in hindsight is all on the best, 1 each for three operators."""
    flat = dataclasses.replace(game(2), reward=np.tile([0.3, 0.6, 0.9], (2, 1)))
    play = flat.play(rebalance=False)
    payoff = np.array([0.2, 0.4, 0.6])
    best = payoff[[1, 2, 2]].sum()
    earned = 0.5 * (payoff[[0, 1]].sum() + payoff[[0, 2]].sum() + payoff[[1, 2]].sum())
    assert play.regret == pytest.approx([best - earned, 2.0 * (best - earned)])
    assert not play.attacked.any()


def test_the_adversary_takes_what_pays_together() -> None:
    """An attack on one service costs half of 1.5: with prizes of 1 each, concave, one pays and two do not pay more."""
    play = game(3, prize=1.0).play(rebalance=False)
    assert play.attacked.sum(axis=1).tolist() == [1, 1, 1]
    additive = dataclasses.replace(game(3, prize=1.0), adversary=ConcaveAdversary(Fraction(1), Fraction(1)))
    assert additive.play(rebalance=False).attacked.all()


def test_attacked_stake_loses_the_threshold() -> None:
    additive = dataclasses.replace(game(1, prize=1.0), adversary=ConcaveAdversary(Fraction(1), Fraction(1)))
    assert additive.play(rebalance=False).regret == pytest.approx([0.0]), "everywhere alike: nothing to regret"
    one = dataclasses.replace(additive, prize=np.array([[1.0, 0.0, 0.0]]), reward=np.zeros((1, 3)))
    assert one.play(rebalance=False).regret == pytest.approx([0.5])


@pytest.mark.parametrize("prize", [0.0, 1.0])
def test_hedge_stays_within_its_bound_and_beats_keeping(prize: float) -> None:
    played = game(2_000, prize=prize)
    moved, kept = played.play(rebalance=True), played.play(rebalance=False)
    assert moved.regret[-1] <= played.regret_bound
    assert moved.regret[-1] < kept.regret[-1]


def test_slopes_of_known_curves() -> None:
    rounds = np.arange(1.0, 1001.0)
    nothing = np.zeros((1000, 1), dtype=np.bool_)
    assert Play(3.0 * rounds, nothing).slope(10) == pytest.approx(1.0)
    assert Play(np.sqrt(rounds), nothing).slope(10) == pytest.approx(0.5)
    assert Play(100.0 - rounds, nothing).slope(10) == -math.inf
