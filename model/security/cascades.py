"""Cascades: after a shock one attack makes the next one pay, round by round.

A cascade is a sequence of attacks on disjoint services by disjoint coalitions, each valid on the network that the
earlier ones left (arXiv:2407.21785, section 2). The stake lost in all is bounded by the best single attack after the
shock; the order of events, its length and the reason of each fall need the sequence.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .attacks import Attack, Coalitions, attack_of, attackable, enumerable
from .network import RestakingNetwork
from .search import promising_coalition

Choice = Literal["profit", "largest", "smallest"]


@dataclass(frozen=True)
class Fall:
    """Why an operator's stake is gone.

    Attributes:
        operator: the operator.
        stake: its stake.
        round: 0 for the shock, then 1, 2, ...
        services: the services that it attacked.
        reason: the same in a sentence.
    """

    operator: str
    stake: Fraction
    round: int
    services: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Cascade:
    """A shock and the attacks that follow.

    Attributes:
        shock: operators lost at first.
        attacks: one attack for each round.
        falls: every operator that is lost, in order.
        lost: stake lost as a share of all stake, the shock's own included.
        exact: whether all coalitions were looked at in each round (else a greedy search chose, and more may follow).
    """

    shock: tuple[str, ...]
    attacks: tuple[Attack, ...]
    falls: tuple[Fall, ...]
    lost: Fraction
    exact: bool

    @property
    def rounds(self) -> int:
        """Number of attacks."""
        return len(self.attacks)


def cascade(network: RestakingNetwork, shock: Collection[str], choose: Choice = "profit") -> Cascade:
    """What follows when operators are lost and afterwards whoever can attack with profit does.

    Args:
        network: a rigid network.
        shock: operators lost at first.
        choose: which valid attack happens in a round: the one with the largest net ``profit``, the ``largest`` in
            stake lost, or the ``smallest`` (with the fewest members first), which makes for long cascades.

    Raises:
        ValueError: for an elastic network or an unknown operator.
    """
    if network.allocations is not None:
        raise ValueError("cascades are defined for rigid networks, without allocations")
    unknown = [name for name in shock if name not in network.stakes]
    if unknown:
        raise ValueError(f"unknown operators in the shock: {', '.join(unknown)}")
    gone = tuple(name for name in network.stakes if name in frozenset(shock))
    falls = [Fall(name, network.stakes[name], 0, (), "lost in the shock") for name in gone]
    left, attacks, exact = network.without(gone), [], True
    while True:
        # Those who secure nothing any more have no part in what follows.
        sure, attack = _next_attack(left, choose)
        exact = exact and sure
        if attack is None:
            break
        attacks.append(attack)
        falls += _falls(left, attack, len(attacks))
        left = left.without(attack.operators).without_services(attack.services)
    total = network.total_stake
    lost = sum((fall.stake for fall in falls), Fraction(0)) / total if total else Fraction(0)
    return Cascade(gone, tuple(attacks), tuple(falls), lost, exact)


def _next_attack(network: RestakingNetwork, choose: Choice) -> tuple[bool, Attack | None]:
    working = [name for name, services in network.services_of.items() if services]
    if not enumerable(network, len(working)):
        attack = attack_of(network, promising_coalition(network))
        return False, attack if attack.valid else None
    coalitions = Coalitions(network, working)
    net = coalitions.prizes()[0] - coalitions.stake
    valid = [int(number) for number in (net > 0).nonzero()[0]]
    if not valid:
        return True, None
    keys: dict[str, Callable[[int], tuple[int, ...]]] = {
        "profit": lambda number: (-int(net[number]), int(coalitions.stake[number]), number),
        "largest": lambda number: (-int(coalitions.stake[number]), number),
        "smallest": lambda number: (number.bit_count(), int(coalitions.stake[number]), number),
    }
    return True, attack_of(network, coalitions.members(min(valid, key=keys[choose])))


def _falls(network: RestakingNetwork, attack: Attack, number: int) -> Iterable[Fall]:
    for operator in attack.operators:
        own = tuple(name for name in attack.services if name in network.services_of[operator])
        yield Fall(operator, network.stakes[operator], number, own, _reason(network, attack, own))


def _reason(network: RestakingNetwork, attack: Attack, services: tuple[str, ...]) -> str:
    pays = f"prizes of {_short(attack.prizes)} exceed the stake of {_short(attack.stake_lost)}"
    if not services:
        return f"joins a coalition whose {pays}"
    inside = frozenset(attack.operators)
    parts = []
    for name in services:
        on = network.stake_on[name]
        held = network.stake_of(v for v in network.operators_of[name] if v in inside)
        parts.append(
            f"{name} (coalition holds {_percent(held / on)} of its stake, "
            f"{_percent(network.services[name].threshold)} suffices)"
        )
    return f"attacks {', '.join(parts)}: {pays}"


def _short(value: Fraction) -> str:
    return f"{float(value):.6g}"


def _percent(value: Fraction) -> str:
    return f"{100.0 * float(value):.4g} %"


# ------------------------------------------------------------------------------------------- by looking at everything


def longest_cascade(network: RestakingNetwork, shock: Collection[str] = ()) -> int:
    """Number of rounds of the longest cascade after a shock, over all sequences and all choices of services.

    For networks of a few operators and services: all of both are tried in every order.
    """
    return _over_cascades(network.without(shock), lambda attack: Fraction(1)).numerator


def largest_cascade(network: RestakingNetwork, shock: Collection[str] = ()) -> Fraction:
    """Stake lost in the most destructive cascade after a shock, over all sequences (few operators and services)."""
    return _over_cascades(network.without(shock), lambda attack: attack.stake_lost)


def _over_cascades(network: RestakingNetwork, value: Callable[[Attack], Fraction]) -> Fraction:
    """The largest sum of values of the attacks of a cascade, by recursion over what is left."""
    known: dict[tuple[frozenset[str], frozenset[str]], Fraction] = {}

    def best(left: RestakingNetwork) -> Fraction:
        state = (frozenset(left.stakes), frozenset(left.services))
        if state not in known:
            known[state] = max(
                (
                    value(attack) + best(left.without(attack.operators).without_services(attack.services))
                    for attack in valid_attacks(left)
                ),
                default=Fraction(0),
            )
        return known[state]

    return best(network)


def valid_attacks(network: RestakingNetwork) -> list[Attack]:
    """All valid attacks, one for each pair of a coalition and a set of services (few operators and services)."""
    found = []
    for coalition in _subsets(network.stakes):
        stake = network.stake_of(coalition)
        for services in _subsets(attackable(network, coalition)):
            prizes = network.profit_of(services)
            if prizes > stake:
                found.append(Attack(services, coalition, prizes, stake))
    return found


def stable_attacks(network: RestakingNetwork) -> list[Attack]:
    """Valid attacks that no part of the coalition would rather carry out alone (few operators and services).

    For every attacking coalition (A', B') with A' within A and B' a proper part of B, what the others risk is worth
    their prize: ``stake(B without B') < profit(A without A')``.
    """
    return [attack for attack in valid_attacks(network) if _is_stable(network, attack)]


def _is_stable(network: RestakingNetwork, attack: Attack) -> bool:
    for part in _subsets(attack.operators):
        if len(part) == len(attack.operators):
            continue
        can = frozenset(attackable(network, part))
        kept = network.profit_of(name for name in attack.services if name in can)
        if attack.stake_lost - network.stake_of(part) >= attack.prizes - kept:
            return False
    return True


def local_loss(network: RestakingNetwork, services: Collection[str], psi: Fraction) -> Fraction:
    """Worst loss of those who secure only the given services, when attacks are stable (few operators and services).

    ``R_psi(C, G)`` of section 5 of arXiv:2407.21785, directly: Gamma_C are the operators whose services all lie in C;
    the shock takes any stake outside and at most a share psi of Gamma_C's; the loss counts Gamma_C's stake only, as a
    share of it, the shock with all of psi.
    """
    own = frozenset(services)
    local = frozenset(
        name for name, secured in network.services_of.items() if secured and all(service in own for service in secured)
    )
    stake = network.stake_of(local)
    if not stake:
        return psi
    worst = Fraction(0)
    for shock in _subsets(network.stakes):
        if network.stake_of(name for name in shock if name in local) > psi * stake:
            continue
        for attack in stable_attacks(network.without(shock)):
            worst = max(worst, network.stake_of(name for name in attack.operators if name in local))
    return psi + worst / stake


def _subsets(names: Iterable[str] | Mapping[str, object]) -> list[tuple[str, ...]]:
    items = tuple(names)
    return [some for size in range(len(items) + 1) for some in itertools.combinations(items, size)]


def length_bound(
    slack: Fraction | float, psi: Fraction | float, total: Fraction | float, least: Fraction | float, depth: int = 1
) -> float:
    """Upper bound on the number of rounds: ``k (1 + log_{1+gamma}(psi stake(V) / (eps gamma)))``.

    Theorem 7 of arXiv:2407.21785.

    Args:
        slack: gamma, above 0.
        psi: shock as a share of all stake.
        total: all stake.
        least: the smallest stake of an operator, eps.
        depth: number k of latest attacks that an attack may depend on.
    """
    return depth * (
        1.0 + math.log(float(psi) * float(total) / (float(least) * float(slack))) / math.log1p(float(slack))
    )
