"""What an operator gains by splitting into two identities before an attack, under two rules of partial slashing.

T. Chitra, P. Penna, M. Schneider, "On Sybil-proofness in Restaking Networks", arXiv:2509.18338 (2025), ask when an
operator gains by a split, tell two kinds of attack apart (type I: only one of the identities attacks and the others
keep their stake out; type II: several identities attack) and study a *marginal* and a *multiplicative* rule of
slashing. What is taken from where:

- From the paper's abstract: the two kinds, the two rules by name, and the random graphs (Erdos-Renyi, and a stochastic
  block model with two blocks).
- From a public summary (https://www.themoonlight.io/zh/review/on-sybil-proofness-in-restaking-networks): the marginal
  rule. Attackers are grouped by the set S of attacked services that they secure; B_S is a group, sigma its stake.
  With ``c_S = max over s in S of (threshold_s * stake on s - stake of the attackers of other groups on s)``, what the
  group has to contribute, each member loses ``psi_v = [sigma_v - (sigma_{B_S} - c_S) / |B_S|]^+``: what the group has
  too much is handed back *by the head*.
- Ours, for want of the paper's formulas: the multiplicative rule, the size of the coalition, how prizes are shared,
  and the block model's edges, :class:`TwoBlocks`. As the multiplicative rule we take the one that slashes a group by
  the same amount, each member by the same multiple of its stake: ``psi_v = sigma_v * [c_S]^+ / sigma_{B_S}``. (The
  amounts are the same as long as no member's share by the head exceeds its stake.)

Let held_s be the attackers' stake on s. Then ``sigma_{B_S} - c_S`` is the *surplus* of the group,
``min over s in S of (held_s - threshold_s * stake on s)``: all that the rules need beside the stakes of the group.

An operator's prize is agreed in advance and does not depend on its identities, so that its gain from the split is the
slashing that it saves. Identities that stay out go on securing the same services: they raise the stake on them and not
the stake held. An attack that fails because of a split is not worth it: the operator then does not split, and gains 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from .network import NetworkArrays

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Rule(StrEnum):
    """How a group of attackers shares what it has too much."""

    MARGINAL = "marginal"
    MULTIPLICATIVE = "multiplicative"


@dataclass(frozen=True)
class Group:
    """The attackers that attack exactly the services that one of them, the operator, attacks.

    Attributes:
        own: stakes of the operator's attacking identities, shape (i,).
        others: stakes of the others in the group, shape (k,).
        surplus: stake that the attack has too much on the service of the group where it has least.
    """

    own: tuple[float, ...]
    others: Floats
    surplus: float

    @property
    def stake(self) -> float:
        """The operator's attacking stake."""
        return sum(self.own)

    def slashed(self, rule: Rule) -> float:
        """What the operator's identities lose together, in the unit of the stakes."""
        if rule is Rule.MARGINAL:
            rebate = self.surplus / (len(self.own) + self.others.size)
            return sum(max(0.0, stake - rebate) for stake in self.own)
        group = self.stake + float(self.others.sum())
        return self.stake * max(0.0, group - self.surplus) / group

    def with_one_out(self, out: float) -> Group | None:
        """The group when a second identity keeps the stake ``out`` away; None when the attack then fails."""
        if out > self.surplus or out >= self.stake:
            return None
        return replace(self, own=(self.stake - out,), surplus=self.surplus - out)

    def with_both_in(self, share: float) -> Group:
        """The group when the operator attacks as two identities, one with that share of its stake."""
        return replace(self, own=(share * self.stake, (1.0 - share) * self.stake))


def group_of(network: NetworkArrays, coalition: Flags, operator: int) -> Group:
    """The group of an operator of a coalition that attacks all services that it can.

    Args:
        network: the network.
        coalition: who attacks, shape (n,).
        operator: number of the operator, a member of the coalition.

    Raises:
        ValueError: the operator does not attack anything.
    """
    surplus = surpluses(network, coalition)
    attacked = surplus >= 0.0
    used = attacked[network.service]
    mine = np.zeros(attacked.size, dtype=np.bool_)
    mine[network.service[(network.operator == operator) & used]] = True
    if not coalition[operator] or not mine.any():
        raise ValueError(f"operator {operator} does not attack")
    shared = np.bincount(network.operator[used & mine[network.service]], minlength=network.stake.size)
    attacks = np.bincount(network.operator[used], minlength=network.stake.size)
    same = coalition & (shared == mine.sum()) & (attacks == shared)
    same[operator] = False
    return Group((float(network.stake[operator]),), network.stake[same], float(surplus[mine].min()))


def surpluses(network: NetworkArrays, coalition: Flags) -> Floats:
    """Stake of the coalition on each service beyond what an attack needs, shape (m,); negative where it fails."""
    claims = network.stake[network.operator]
    services = network.profit.size
    held = np.bincount(network.service, weights=claims * coalition[network.operator], minlength=services)
    on = np.bincount(network.service, weights=claims, minlength=services)
    return np.asarray(held - network.threshold * on)


def gain_with_one_in(group: Group, rule: Rule, *, least: float = 0.05) -> float:
    """Gain from a type I split as a share of the operator's stake: one attacks, the other keeps its stake out.

    The operator chooses how much to keep out: less slashing the more it is, so as much as the attack can do without,
    but ``least`` of its stake goes on attacking.

    Args:
        group: the operator's group before the split.
        rule: the rule of slashing.
        least: smallest share of its stake with which the operator attacks.
    """
    out = min(group.surplus, (1.0 - least) * group.stake)
    return _saved(group, group.with_one_out(out), rule)


def gain_with_half_in(group: Group, rule: Rule) -> float:
    """The same when the identities are equal halves."""
    return _saved(group, group.with_one_out(0.5 * group.stake), rule)


def gain_with_both_in(group: Group, rule: Rule) -> float:
    """Gain from a type II split into halves as a share of the operator's stake: both attack what it attacked.

    By the head, two identities are handed back twice as much; halves, because none of them is then slashed less than
    it is handed back unless the operator is. By stake, they are handed back the same.
    """
    return _saved(group, group.with_both_in(0.5), rule)


def _saved(before: Group, after: Group | None, rule: Rule) -> float:
    if after is None:
        return 0.0
    return (before.slashed(rule) - after.slashed(rule)) / before.stake


@dataclass(frozen=True)
class TwoBlocks:
    """A random network of two blocks of operators and two of services, with large operators that may split.

    An operator secures each service of its own block with probability ``density * (1 + heterogeneity)`` and each of
    the other block with ``density * (1 - heterogeneity)``, independently: a bipartite stochastic block model, and an
    Erdos-Renyi graph when the heterogeneity is 0. Stakes are uniform in [0.5, 1.5]. Besides, two large operators in
    each block have the share ``large`` of the stake of all the others each, and secure all services of their own block
    and no other. All services have the same threshold and the same prize; all prizes together are worth all stake,
    so that any attack on all services by fewer than everybody pays.

    The coalition: all four large operators, and operators of the first block, in random order, until every service can
    be attacked. It is one community that conspires. In the Erdos-Renyi graph all services give way at about the same
    time; in the block model those of the first block do so earlier, and the coalition ends with too much stake on them.

    Attributes:
        operators: number of ordinary operators, even.
        services: number of services, even.
        density: mean probability of an edge.
        heterogeneity: relative difference between the blocks, in [0, 1).
        threshold: share of a service's stake that an attack needs.
        large: stake of a large operator over the stake of all ordinary ones.
    """

    operators: int
    services: int = 16
    density: float = 0.5
    heterogeneity: float = 0.0
    threshold: float = 1.0 / 3.0
    large: float = 0.05

    LARGE = 2
    """Large operators in each block; number 0 is of the first block."""

    def draw(self, draw: np.random.Generator) -> tuple[NetworkArrays, Flags]:
        """A network and its coalition.

        The same draws whatever the heterogeneity: networks of one seed differ in nothing else.

        Args:
            draw: generator of the random numbers.

        Returns:
            The network, large operators of the first and of the second block before the ordinary ones; and who
            attacks, shape (n,).

        Raises:
            ValueError: even the whole first block cannot attack every service.
        """
        stake = draw.uniform(0.5, 1.5, self.operators)
        chance = draw.random((self.operators, self.services))
        order = draw.permutation(self.operators // 2)
        blocks = np.arange(self.services) >= self.services // 2
        at_home = (np.arange(self.operators) >= self.operators // 2)[:, None] == blocks[None, :]
        tilt = np.where(at_home, self.heterogeneity, -self.heterogeneity)
        edges = chance < self.density * (1.0 + tilt)
        whole = np.repeat([~blocks, blocks], self.LARGE, axis=0)
        giants = np.full(2 * self.LARGE, self.large * stake.sum())
        network = self._network(np.concatenate([giants, stake]), np.concatenate([whole, edges]))
        coalition = np.zeros(network.stake.size, dtype=np.bool_)
        coalition[: 2 * self.LARGE] = True
        missing = -surpluses(network, coalition)
        gathered = np.cumsum(stake[order, None] * edges[order], axis=0)
        enough = (gathered >= missing).all(axis=1)
        if not enough.any():
            raise ValueError("the first block cannot attack every service, even as a whole")
        coalition[2 * self.LARGE + order[: int(np.argmax(enough)) + 1]] = True
        return network, coalition

    def _network(self, stake: Floats, edges: Flags) -> NetworkArrays:
        operator, service = np.nonzero(edges)
        prizes = np.full(self.services, stake.sum() / self.services)
        return NetworkArrays(stake, prizes, np.full(self.services, self.threshold), operator, service)
