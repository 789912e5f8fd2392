"""Attacks on networks that are too large to enumerate: mixed-integer programmes, solved by HiGHS through scipy.

A solver works in floats, within tolerances, and may err. Therefore

* every attack it returns is evaluated exactly, and what it returns is only used as a coalition to look at;
* the programmes always have the feasible solution "attack nothing", so that "infeasible" can only be a mistake of the
  solver and never counts as an answer (a solver that says so of a network that can be attacked has been seen);
* a claim that nothing better exists needs two bounds that agree: the second programme has other units, another order of
  variables, no presolve, and prizes a millionth larger;
* what is not proven in that way is called a bound.

Rigid attack (arXiv:2407.21785): operators b, services y in {0, 1}; maximise ``sum profit y - sum stake b`` subject to
``sum over N(s) of stake b >= threshold_s stake_on_s y_s``. Elastic attack (arXiv:2503.00170): the same with whole
givers b, their allocations in the rows, and units ``r_s >= 0`` bought from others at their price of one.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .attacks import Attack, Loss, attack_of, attackable
from .elastic import ElasticAttack, attack_with, first_ratio
from .network import RestakingNetwork
from .search import promising_coalition

Floats = NDArray[np.float64]

NODES = 20_000
"""Nodes of the search tree after which a programme gives up: a limit that does not depend on the machine's speed."""
LARGEST = 400
"""Operators and services together up to which a programme is tried."""

_ROUNDS = 40
_TOLERANCE = 1e-8
_TILT = 1e-6
_OBJECTIVE = 1e4


_STDOUT = 1


@dataclass(frozen=True)
class Answer:
    """What a programme found about the best attack.

    Attributes:
        attack: the most profitable attack known, evaluated exactly; None when none pays.
        bound: no attack has a larger net profit, as far as the solver can be believed; infinite when it failed.
        proven: whether two independent bounds say that ``attack`` is the best (or that none exists).
    """

    attack: Attack | ElasticAttack | None
    bound: float
    proven: bool


@dataclass(frozen=True)
class SlackAnswer:
    """What a programme found about the slack: ``slack`` belongs to a real attack; proven when no smaller one exists."""

    slack: Fraction | None
    proven: bool


@dataclass(frozen=True)
class LossAnswer:
    """What a programme found about the worst loss.

    Attributes:
        loss: a loss that can happen, with its shock and attack, evaluated exactly.
        bound: upper bound on the worst loss as a share of all stake.
        proven: whether they are the same.
    """

    loss: Loss
    bound: float
    proven: bool


@dataclass(frozen=True)
class _Solution:
    values: Floats
    bound: float


@dataclass
class _Programme:
    """Maximise ``gain @ x`` over rows ``low <= row @ x``; variables in [0, 1] and integer, but for the last ones."""

    gain: Floats
    integer: NDArray[np.bool_]
    upper: Floats
    rows: list[tuple[list[int], list[float], float]] = field(default_factory=list)

    def add(self, columns: Sequence[int], values: Sequence[float], low: float) -> None:
        self.rows.append((list(columns), list(values), low))

    def solve(self) -> _Solution | None:
        """The solution with its dual bound; None when the solver fails or says that there is none."""
        return self._solved(presolve=True, backwards=False)

    def check(self) -> _Solution | None:
        """The same by another way: other units and order of variables, and no presolve unless the solver then errs."""
        solution = self._solved(presolve=False, backwards=True)
        return self._solved(presolve=True, backwards=True) if solution is None else solution

    def _solved(self, *, presolve: bool, backwards: bool) -> _Solution | None:
        from scipy.optimize import Bounds, LinearConstraint, milp

        count = self.gain.size
        order = np.arange(count)[::-1] if backwards else np.arange(count)
        unit = float(np.abs(self.gain).sum()) or 1.0
        scale = (0.37 if backwards else 1.0) * _OBJECTIVE / unit
        constraints = None
        if self.rows:
            constraints = LinearConstraint(self._matrix(order), lb=np.array([low for *_, low in self.rows]))
        with _quiet():
            result = milp(
                -self.gain[order] * scale,
                integrality=self.integer[order].astype(np.int64),
                bounds=Bounds(np.zeros(count), self.upper[order]),
                constraints=constraints,
                options={"presolve": presolve, "mip_rel_gap": 0.0, "node_limit": NODES},
            )
        bound = getattr(result, "mip_dual_bound", None)
        if result.x is None or result.status not in (0, 1) or bound is None or not math.isfinite(bound):
            return None
        values = np.empty(count)
        values[order] = result.x
        return _Solution(values, -float(bound) / scale)

    def _matrix(self, order: NDArray[np.int64]) -> Any:
        from scipy.sparse import csr_array

        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        rows = np.repeat(np.arange(len(self.rows)), [len(columns) for columns, *_ in self.rows])
        columns = np.concatenate([place[np.array(columns, dtype=np.int64)] for columns, *_ in self.rows])
        values = np.concatenate([np.array(values) for _, values, _ in self.rows])
        return csr_array((values, (rows, columns)), shape=(len(self.rows), order.size))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep standard output free of what the solver's C++ prints, whatever it is told: it belongs to results."""
    sys.stdout.flush()
    try:
        kept = os.dup(_STDOUT)
    except OSError:  # no standard output at all
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDOUT)
        yield
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)
        os.close(nowhere)


class _Attacks:
    """Programmes about attacks on one network: which variable is what, and how a solution is evaluated.

    Variables: operators 0 .. n-1, services n .. n+m-1, bought units n+m .. n+2m-1 (elastic, as shares of what the
    service needs).
    """

    def __init__(self, network: RestakingNetwork) -> None:
        self.network = network
        self.names, self.services = tuple(network.stakes), tuple(network.services)
        self.n, self.m = len(self.names), len(self.services)
        self.bit = {name: number for number, name in enumerate(self.names)}
        self.prizes = float(sum((service.profit for service in network.services.values()), Fraction(0)))
        self.elastic = network.allocations is not None
        self.cuts: list[tuple[list[int], list[float], float]] = []

    def claim(self, operator: str, service: str) -> Fraction:
        """What the service can count on."""
        if self.network.allocations is None:
            return self.network.stakes[operator]
        return self.network.allocations.get((operator, service), Fraction(0))

    def programme(self, factor: float) -> _Programme:
        """Maximise ``factor * prizes - cost``."""
        needs = [service.threshold * self.network.stake_on[name] for name, service in self.network.services.items()]
        gain = [-float(stake) for stake in self.network.stakes.values()]
        gain += [factor * float(service.profit) for service in self.network.services.values()]
        integer = np.ones(self.n + self.m * (2 if self.elastic else 1), dtype=bool)
        if self.elastic:
            gain += [-float(need) for need in needs]
            integer[self.n + self.m :] = False
        programme = _Programme(np.array(gain), integer, np.ones(integer.size))
        for number, (name, need) in enumerate(zip(self.services, needs, strict=True)):
            if need == 0:
                continue
            # Rows in units of what the service needs: the solver's tolerance is then a share of it.
            columns = [self.bit[operator] for operator in self.network.operators_of[name]]
            values = [float(self.claim(operator, name) / need) for operator in self.network.operators_of[name]]
            columns.append(self.n + number)
            values.append(-1.0)
            if self.elastic:
                columns.append(self.n + self.m + number)
                values.append(1.0)
            programme.add(columns, values, 0.0)
        programme.rows += self.cuts
        return programme

    def evaluate(self, coalition: Sequence[str], factor: Fraction = Fraction(1)) -> Attack | ElasticAttack:
        """The attack of a coalition (of whole givers) to whom prizes are worth ``factor`` of what they are, exactly."""
        if self.elastic:
            return attack_with(self.network, coalition, factor=factor)
        return attack_of(self.network, coalition)

    def coalition(self, solution: _Solution) -> tuple[str, ...]:
        """Operators that the solution sends."""
        return tuple(name for name, bit in self.bit.items() if solution.values[bit] > 0.5)

    def cut(self, solution: _Solution, coalition: Sequence[str]) -> bool:
        """Forbid what the solver's tolerance let pass: a service attacked by too little stake needs somebody more."""
        if self.elastic:
            return False
        can = frozenset(attackable(self.network, coalition))
        inside = frozenset(coalition)
        before = len(self.cuts)
        for number, name in enumerate(self.services):
            if solution.values[self.n + number] > 0.5 and name not in can:
                others = [self.bit[v] for v in self.network.operators_of[name] if v not in inside]
                self.cuts.append(([self.n + number, *others], [-1.0, *([1.0] * len(others))], 0.0))
        return len(self.cuts) > before

    def best(self, factor: Fraction, start: Attack | ElasticAttack | None, tilt: float = _TILT) -> Answer:
        """The attack with the largest ``factor * prizes - cost`` above 0.

        Args:
            factor: weight of the prizes.
            start: an attack known already.
            tilt: by what share prizes are larger in the second programme.
        """

        def worth(attack: Attack | ElasticAttack | None) -> Fraction:
            return Fraction(0) if attack is None else factor * attack.prizes - attack.stake_lost

        best = start if worth(start) > 0 else None
        allowed = _TOLERANCE * float(factor) * self.prizes
        bound = math.inf
        for _ in range(_ROUNDS):
            solution = self.programme(float(factor)).solve()
            if solution is None:
                return Answer(best, math.inf, False)
            coalition = self.coalition(solution)
            found = self.evaluate(coalition, factor)
            best = found if worth(found) > worth(best) else best
            bound = solution.bound
            if bound <= float(worth(best)) + allowed or not self.cut(solution, coalition):
                break
        check = self.programme(float(factor) * (1.0 + tilt)).check()
        if check is None:
            return Answer(best, math.inf, False)
        second = self.evaluate(self.coalition(check), factor)
        best = second if worth(second) > worth(best) else best
        known = float(worth(best))
        # Larger prizes raise the second bound by no more than the millionth that they are larger by, and not at all
        # where nothing pays: a network is called secure only if it still is with these prizes.
        room = allowed + (tilt * float(factor) * self.prizes if best is not None else 0.0)
        consistent = known <= bound + allowed and known <= check.bound + allowed
        proven = consistent and bound <= known + allowed and check.bound <= known + room
        return Answer(best, max(bound, check.bound), proven)


def best_attack(network: RestakingNetwork) -> Answer:
    """The valid attack with the largest net profit, rigid or elastic by the network's allocations."""
    attacks = _Attacks(network)
    start = attacks.evaluate(promising_coalition(network))
    return attacks.best(Fraction(1), start)


def slack(network: RestakingNetwork) -> SlackAnswer:
    """The smallest ``stake lost / prizes - 1`` over attacks, by Dinkelbach's method.

    Each round looks for an attack with ``ratio * prizes > stake`` for the smallest ratio known so far; when none is
    left, that ratio is the smallest (W. Dinkelbach 1967, Management Science 13(7)).
    """
    if network.unsecured:
        return SlackAnswer(Fraction(-1), True)
    attacks = _Attacks(network)
    if attacks.elastic:
        ratio = first_ratio(network)
    else:
        ratio = min((found for found in _easy_ratios(network) if found is not None), default=None)
    if ratio is None:
        return SlackAnswer(None, True)
    for _ in range(_ROUNDS):
        answer = attacks.best(ratio, None, tilt=0.0)
        if answer.attack is None:
            return SlackAnswer(ratio - 1, answer.proven)
        ratio = answer.attack.stake_lost / answer.attack.prizes
    return SlackAnswer(ratio - 1, False)


def _easy_ratios(network: RestakingNetwork) -> list[Fraction | None]:
    coalitions = [tuple(network.stakes), promising_coalition(network)]
    coalitions += [network.operators_of[name] for name in network.services]
    attacks = [attack_of(network, coalition) for coalition in coalitions]
    return [attack.stake_lost / attack.prizes if attack.prizes else None for attack in attacks]


def worst_loss(network: RestakingNetwork, psi: Fraction) -> LossAnswer:
    """Worst-case loss after a shock of a share ``psi`` of all stake, in a rigid network.

    With d the operators lost: ``sum over N(s) of stake (b + threshold_s d) >= threshold_s stake_on_s y_s`` says that b
    can attack s once d are gone. Maximise ``sum stake b`` subject to ``sum stake d <= psi stake(V)`` and to the attack
    being valid.
    """
    shocks = _Shocks(network, psi)
    return shocks.worst()


class _Shocks(_Attacks):
    """Programmes about a shock and the attack after it: operators lost stand where bought units would."""

    def __init__(self, network: RestakingNetwork, psi: Fraction) -> None:
        super().__init__(network)
        self.psi = psi
        self.total = network.total_stake

    def shock_programme(self) -> _Programme:
        """Maximise the stake of the attack."""
        network, n, m = self.network, self.n, self.m
        stakes = [float(stake / self.total) for stake in network.stakes.values()]
        gain = np.zeros(2 * n + m)
        gain[:n] = stakes
        programme = _Programme(gain, np.ones(gain.size, dtype=bool), np.ones(gain.size))
        lost = [n + m + bit for bit in range(n)]
        for bit in range(n):
            programme.add([bit, lost[bit]], [-1.0, -1.0], -1.0)
        if self.psi > 0:
            programme.add(lost, [-float(stake / (self.psi * self.total)) for stake in network.stakes.values()], -1.0)
        else:
            programme.upper[n + m :] = 0.0
        for number, (name, service) in enumerate(network.services.items()):
            need = service.threshold * network.stake_on[name]
            if need == 0:
                continue
            bits = [self.bit[operator] for operator in network.operators_of[name]]
            parts = [network.stakes[self.names[bit]] / need for bit in bits]
            programme.add(
                [*bits, *(lost[bit] for bit in bits), n + number],
                [*map(float, parts), *(float(service.threshold * part) for part in parts), -1.0],
                0.0,
            )
        unit, margin = self._strict()
        programme.add(
            [*range(n), *range(n, n + m)],
            [
                *(-float(stake / unit) for stake in network.stakes.values()),
                *(float(service.profit / unit) for service in network.services.values()),
            ],
            margin,
        )
        programme.rows += self.cuts
        return programme

    def _strict(self) -> tuple[Fraction, float]:
        """Unit of the row ``prizes - stake > 0`` and the least it can be: one, where all are whole and not too large.

        Attacking nothing must stay feasible, so that the row then asks for the margin only of who attacks; since a
        coalition that attacks nothing has no stake to lose and the solver maximises stake, the margin is left out and
        break-even attacks are cut one by one.
        """
        largest = max((service.profit for service in self.network.services.values()), default=Fraction(1))
        return max(largest, Fraction(1, 10**9)), 0.0

    def worst(self) -> LossAnswer:
        """The worst loss."""
        nothing = Loss(self.psi, (), None)
        if not self.total:
            return LossAnswer(nothing, float(self.psi), True)
        best, bound = nothing, math.inf
        for _ in range(_ROUNDS):
            solution = self.shock_programme().solve()
            if solution is None:
                return LossAnswer(best, math.inf, False)
            bound = float(self.psi) + solution.bound
            found = self._evaluated(solution)
            best = found if found is not None and found.share > best.share else best
            if bound <= float(best.share) + _TOLERANCE or found is not None or not self._cut_shock(solution):
                break
        check = self.shock_programme().check()
        if check is None:
            return LossAnswer(best, math.inf, False)
        second = float(self.psi) + check.bound
        known = float(best.share)
        consistent = known <= min(bound, second) + _TOLERANCE
        bound = max(bound, second)
        return LossAnswer(best, bound, consistent and bound <= known + _TOLERANCE)

    def _gone(self, solution: _Solution) -> tuple[str, ...]:
        return tuple(name for name, bit in self.bit.items() if solution.values[self.n + self.m + bit] > 0.5)

    def _evaluated(self, solution: _Solution) -> Loss | None:
        """The loss of a solution when it is real."""
        gone = self._gone(solution)
        if self.network.stake_of(gone) > self.psi * self.total:
            return None
        attack = attack_of(self.network.without(gone), self.coalition(solution))
        if not attack.valid:
            return None
        return Loss(self.psi + attack.stake_lost / self.total, gone, attack)

    def _cut_shock(self, solution: _Solution) -> bool:
        """Forbid a solution that is not real; never that nothing happens, which keeps the programme feasible."""
        coalition, gone = self.coalition(solution), self._gone(solution)
        if not coalition:
            return False
        if self.network.stake_of(gone) > self.psi * self.total:
            lost = [self.n + self.m + self.bit[name] for name in gone]
            self.cuts.append((lost, [-1.0] * len(lost), 1.0 - len(lost)))
        else:
            self._cut_after(solution, self.network.without(gone), coalition, gone)
        return True

    def _cut_after(
        self, solution: _Solution, left: RestakingNetwork, coalition: Sequence[str], gone: Sequence[str]
    ) -> None:
        n, m = self.n, self.m
        can = frozenset(attackable(left, coalition))
        before = len(self.cuts)
        for number, name in enumerate(self.services):
            if solution.values[n + number] <= 0.5 or name in can:
                continue
            columns = [n + number]
            for operator in self.network.operators_of[name]:
                bit = self.bit[operator]
                if operator in coalition:
                    continue
                columns += [bit] if operator in gone else [bit, n + m + bit]
            self.cuts.append((columns, [-1.0, *([1.0] * (len(columns) - 1))], 0.0))
        if len(self.cuts) == before:
            # It breaks even: exactly this pair of shock and attack is out.
            inside = [self.bit[v] for v in coalition] + [n + m + self.bit[v] for v in gone]
            chosen = frozenset(inside)
            every = [*range(n), *range(n + m, 2 * n + m)]
            self.cuts.append((every, [-1.0 if column in chosen else 1.0 for column in every], 1.0 - len(chosen)))


def elastic_budget(network: RestakingNetwork) -> Answer:
    """The most profitable attack on an elastic network (see :func:`best_attack`)."""
    return best_attack(network if network.allocations is not None else replace(network, allocations={}))
