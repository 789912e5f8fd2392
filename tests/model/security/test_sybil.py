"""Slashing by group against its definition, splits against split networks, and the random networks."""

import dataclasses

import numpy as np
import pytest

from restaking.model.security import RestakingNetwork, attackable
from restaking.model.security.network import NetworkArrays
from restaking.model.security.sybil import (
    Group,
    Rule,
    TwoBlocks,
    gain_with_both_in,
    gain_with_half_in,
    gain_with_one_in,
    group_of,
    surpluses,
)


def arrays(stake: list[float], edges: list[tuple[int, int]], threshold: list[float]) -> NetworkArrays:
    operator, service = np.array(edges).T
    return NetworkArrays(np.array(stake), np.ones(len(threshold)), np.array(threshold), operator, service)


def defined(network: NetworkArrays, coalition: np.ndarray, rule: Rule) -> np.ndarray:
    """Slashing of every attacker from the definition: groups, contributions, rebates."""
    stake, services = network.stake, range(network.profit.size)
    of = [
        frozenset(network.service[network.operator == v].tolist()) if coalition[v] else frozenset()
        for v in range(stake.size)
    ]
    need = [network.threshold[s] * stake[network.operator[network.service == s]].sum() for s in services]
    attacked = {s for s in services if sum(stake[v] for v in range(stake.size) if s in of[v]) >= need[s]}
    sets = [own & attacked for own in of]
    lost = np.zeros(stake.size)
    for group in set(sets) - {frozenset()}:
        members = [v for v, own in enumerate(sets) if own == group]
        total = sum(stake[v] for v in members)
        needed = max(
            need[s] - sum(stake[v] for v, own in enumerate(sets) if s in own and own != group) for s in sorted(group)
        )
        for v in members:
            if rule is Rule.MARGINAL:
                lost[v] = max(0.0, stake[v] - (total - needed) / len(members))
            else:
                lost[v] = stake[v] * max(0.0, needed) / total
    return lost


def random_network(draw: np.random.Generator) -> tuple[NetworkArrays, np.ndarray]:
    operators, services = 8, 3
    chosen = draw.random((operators, services)) < 0.7
    chosen[np.arange(services), np.arange(services)] = True
    edges = [(int(v), int(s)) for v, s in zip(*np.nonzero(chosen), strict=True)]
    network = arrays(draw.uniform(1.0, 5.0, operators).tolist(), edges, draw.uniform(0.2, 0.6, services).tolist())
    return network, draw.random(operators) < 0.7


def split(network: NetworkArrays, coalition: np.ndarray, operator: int, part: float, *, joins: bool) -> tuple:
    """The network with a second identity of an operator, which secures the same services."""
    mine = network.service[network.operator == operator]
    stake = np.append(network.stake, (1.0 - part) * network.stake[operator])
    stake[operator] *= part
    after = dataclasses.replace(
        network,
        stake=stake,
        operator=np.append(network.operator, np.full(mine.size, stake.size - 1)),
        service=np.append(network.service, mine),
    )
    return after, np.append(coalition, joins)


@pytest.mark.parametrize("rule", list(Rule))
def test_slashing_and_splits_are_those_of_the_definition(rule: Rule) -> None:
    draw = np.random.default_rng(5)
    seen = paid = 0
    for _ in range(150):
        network, coalition = random_network(draw)
        lost = defined(network, coalition, rule)
        for operator in np.flatnonzero(coalition):
            try:
                group = group_of(network, coalition, operator)
            except ValueError:
                assert lost[operator] == 0.0
                continue
            own = network.stake[operator]
            assert group.slashed(rule) == pytest.approx(lost[operator], abs=1e-12)
            after = defined(*split(network, coalition, operator, 0.5, joins=True), rule)
            assert gain_with_both_in(group, rule) * own == pytest.approx(
                lost[operator] - after[operator] - after[-1], abs=1e-9
            )
            out = 0.9 * min(group.surplus, own)
            apart = split(network, coalition, operator, 1.0 - out / own, joins=False)
            smaller = group.with_one_out(out)
            assert smaller is not None
            saved = group.slashed(rule) - smaller.slashed(rule)
            assert saved == pytest.approx(lost[operator] - defined(*apart, rule)[operator], abs=1e-9)
            seen, paid = seen + 1, paid + (saved > 0.01)
    assert seen > 200 and paid > 20


def test_two_alike_by_hand() -> None:
    """Stakes 4 and 4 on a service of 12 that needs 6: 2 too much, 1 back for each."""
    network = arrays([4.0, 4.0, 4.0], [(0, 0), (1, 0), (2, 0)], [0.5])
    group = group_of(network, np.array([True, True, False]), 0)
    assert (group.stake, group.surplus, group.others.tolist()) == (4.0, 2.0, [4.0])
    assert [group.slashed(rule) for rule in Rule] == [3.0, 3.0]
    assert gain_with_one_in(group, Rule.MARGINAL) == 0.25
    assert gain_with_one_in(group, Rule.MULTIPLICATIVE) == 0.25
    assert gain_with_half_in(group, Rule.MARGINAL) == 0.25
    assert gain_with_both_in(group, Rule.MARGINAL) == pytest.approx(1.0 / 12.0)
    assert gain_with_both_in(group, Rule.MULTIPLICATIVE) == 0.0


@pytest.mark.parametrize("rule", list(Rule))
def test_who_attacks_alone_in_its_group_cannot_gain(rule: Rule) -> None:
    group = Group((4.0,), np.zeros(0), 1.5)
    assert gain_with_one_in(group, rule) == pytest.approx(0.0)
    assert gain_with_both_in(group, rule) == pytest.approx(0.0)


def test_a_split_that_breaks_the_attack_is_not_made() -> None:
    group = Group((4.0,), np.array([4.0]), 1.0)
    assert group.with_one_out(2.0) is None
    assert gain_with_half_in(group, Rule.MARGINAL) == 0.0


def test_who_stays_out_has_no_group() -> None:
    network = arrays([4.0, 4.0], [(0, 0), (1, 0)], [0.5])
    with pytest.raises(ValueError, match="operator 1 does not attack"):
        group_of(network, np.array([True, False]), 1)


def test_the_coalition_is_just_large_enough_and_pays() -> None:
    network, coalition = TwoBlocks(60, 4, heterogeneity=0.1).draw(np.random.default_rng(3))
    names = [f"v{v}" for v in range(network.stake.size)]
    services = {f"s{s}": (float(network.profit[s]), float(network.threshold[s])) for s in range(4)}
    edges = [(names[v], f"s{s}") for v, s in zip(network.operator, network.service, strict=True)]
    general = RestakingNetwork.of(dict(zip(names, network.stake.tolist(), strict=True)), services, edges)
    members = [names[v] for v in np.flatnonzero(coalition)]
    assert len(attackable(general, members)) == 4
    assert general.profit_of(services) > general.stake_of(members)
    assert not coalition[4 + 30 :].any()
    ordinary = np.flatnonzero(coalition)[4:]
    short = []
    for member in ordinary:
        without = coalition.copy()
        without[member] = False
        short.append(bool((surpluses(network, without) < 0.0).any()))
    assert any(short)


def test_blocks_differ_by_the_heterogeneity_only() -> None:
    even, _ = TwoBlocks(4000, 4).draw(np.random.default_rng(1))
    uneven, _ = TwoBlocks(4000, 4, heterogeneity=0.2).draw(np.random.default_rng(1))
    assert np.array_equal(even.stake, uneven.stake)
    for network, near, far in ((even, 0.5, 0.5), (uneven, 0.6, 0.4)):
        first = (network.operator >= 4) & (network.operator < 2004)
        shares = np.bincount(network.service[first], minlength=4) / 2000
        assert shares[:2] == pytest.approx(near, abs=0.04)
        assert shares[2:] == pytest.approx(far, abs=0.04)


def test_a_block_too_weak_to_attack_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot attack every service"):
        TwoBlocks(100, 4, threshold=0.9).draw(np.random.default_rng(1))
