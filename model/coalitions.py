"""Attacks from inside: operators who would cheat do so in the week in which it pays.

A coalition can attack a service when it holds at least a third of the stake that answers to it (N. Durvasula,
T. Roughgarden (2025), Robust Restaking Networks, arXiv:2407.21785). It earns the profits from corruption of all the
services that it attacks and loses what answers to those with clear slashing rules: its whole stake where stake is
pooled, what it has allocated where stake is unique or elastic. Vague rules slash nobody, so attacking such a service
costs nothing. Only operators drawn as dishonest take part; those who delegate to them lose with them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .kernels.certificate import THRESHOLD

Floats = NDArray[np.float64]

EXACT_MEMBERS = 6
"""Coalitions of more members attack all that they can, or only what slashes nobody."""
MOST_MEMBERS = 12
"""Coalitions are enumerated among the largest dishonest operators, at most so many."""


class Coalition(NamedTuple):
    """An attack that pays."""

    operators: tuple[int, ...]
    services: tuple[int, ...]
    profit_eth: float  # prizes of the services
    cost_eth: float  # stake that the members expect to lose, as far as they count it as their own


def best_coalition(
    willing: NDArray[np.intp],
    secured: Floats,
    stake: Floats,
    own: Floats,
    clear: NDArray[np.bool_],
    profit: Floats,
    liability: float,
    pooled: bool,
    threshold: float = THRESHOLD,
) -> Coalition | None:
    """The attack with the largest net profit among coalitions of willing operators; None when none pays.

    Args:
        willing: indices of operators who would attack.
        secured: (O, S) ETH of each operator that answers to each service.
        stake: (O,) delegated and own stake of each operator.
        own: (O,) own part of it.
        clear: (S,) whether a service can slash.
        profit: (S,) ETH that corrupting a service brings.
        liability: part of the delegated stake that a member counts as its own, in [0, 1].
        pooled: whether one slash takes the whole stake.
        threshold: part of a service's stake that suffices.
    """
    ranked = willing[np.argsort(-stake[willing], kind="stable")][:MOST_MEMBERS]
    total = secured.sum(axis=0)
    live = (total > 0.0) & (profit > 0.0)
    if ranked.size == 0 or not (secured[ranked].sum(axis=0)[live] >= threshold * total[live]).any():
        return None
    counted = own + liability * (stake - own)
    worth = np.divide(counted, stake, out=np.zeros_like(counted), where=stake > 0.0)
    best: Coalition | None = None
    for code in range(1, 1 << ranked.size):
        members = ranked[[n for n in range(ranked.size) if code >> n & 1]]
        attackable = live & (secured[members].sum(axis=0) >= threshold * total * (1.0 - 1e-12))
        if not attackable.any():
            continue
        found = _best_services(members, attackable, secured, stake, worth, clear, profit, pooled)
        if found is not None and (best is None or found[1] - found[2] > best.profit_eth - best.cost_eth):
            best = Coalition(tuple(int(o) for o in members), found[0], found[1], found[2])
    return best


def _by_who_is_slashed(
    answers: NDArray[np.bool_], attackable: NDArray[np.bool_], clear: NDArray[np.bool_]
) -> list[NDArray[np.bool_]]:
    """Pooled stake: for every set of members that may lose theirs, all services that slash nobody else."""
    count = answers.shape[0]
    codes = range(1 << count) if count <= EXACT_MEMBERS else (0, (1 << count) - 1)
    choices = []
    for code in codes:
        spared = np.array([not code >> n & 1 for n in range(count)])
        hits_spared = clear & answers[spared].any(axis=0)
        choices.append(attackable & ~hits_spared)
    return choices


def _best_services(
    members: NDArray[np.intp],
    attackable: NDArray[np.bool_],
    secured: Floats,
    stake: Floats,
    worth: Floats,
    clear: NDArray[np.bool_],
    profit: Floats,
    pooled: bool,
) -> tuple[tuple[int, ...], float, float] | None:
    """Which of the attackable services a given coalition attacks."""
    at_stake = (secured[members] * worth[members, None]).sum(axis=0) * clear
    if pooled:
        choices = _by_who_is_slashed(secured[members] > 0.0, attackable, clear)
    else:
        choices = [attackable & ~clear, attackable, attackable & (profit > at_stake)]
    best: tuple[tuple[int, ...], float, float] | None = None
    for chosen in choices:
        if not chosen.any():
            continue
        slashed = np.minimum(secured[members][:, chosen & clear].sum(axis=1), stake[members])
        if pooled and (chosen & clear).any():
            slashed = np.where(secured[members][:, chosen & clear].sum(axis=1) > 0.0, stake[members], 0.0)
        gain, cost = float(profit[chosen].sum()), float((slashed * worth[members]).sum())
        if gain > cost and (best is None or gain - cost > best[1] - best[2]):
            best = tuple(int(s) for s in np.flatnonzero(chosen)), gain, cost
    return best
