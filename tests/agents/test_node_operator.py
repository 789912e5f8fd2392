"""The operator's week in Python, and the compiled weeks held against it decision for decision."""

import mesa
import numpy as np
import pytest

from restaking.agents.avs import AVS
from restaking.agents.node_operator import NodeOperator
from restaking.agents.population import Population
from restaking.model.restaking_layer import Offer, RestakingLayer
from tests.oracle.random_restaking import make_layer, random_layer, random_stakes

STAKE = np.array([4e5, 2e5, 8e5, 1e5, 5e4])


class World(mesa.Model):
    """Just enough of an ecosystem to hold a restaking layer."""

    def __init__(self, layer: RestakingLayer) -> None:
        super().__init__()
        self.restaking_layer = layer
        self.operators = list(Population(self, NodeOperator, layer.operators))
        self.services = list(Population(self, AVS, layer.avs))

    def week(self, day: int, stake: np.ndarray) -> None:
        self.restaking_layer.week(day, stake, self._step_operators, self._step_services)

    def _step_operators(self) -> None:
        for operator in self.operators:
            operator.step()

    def _step_services(self) -> None:
        for service in self.services:
            service.step()


def assert_same(one: RestakingLayer, other: RestakingLayer) -> None:
    for name in ("operators", "avs"):
        left, right = getattr(one, name), getattr(other, name)
        for field in left.dtype.names:
            np.testing.assert_array_equal(left[field], right[field], err_msg=f"{name}.{field}")
    for name in ("opted", "allocation", "delegation"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("seed", range(40))
def test_compiled_weeks_equal_the_agents_bit_for_bit(seed: int):
    compiled, agents = random_layer(seed), random_layer(seed)
    world = World(agents)
    for day, stake in enumerate(random_stakes(seed, 150)):
        sentiment = 1.0 + 0.5 * np.sin(day / 20.0)
        for layer in (compiled, agents):
            layer.accrue(day, stake, sentiment)
            layer.faults(day, stake, True)
        if day % 7 == 6:
            compiled.week(day, stake)
            world.week(day, stake)
            assert_same(compiled, agents)
    assert [event.type for event in compiled.take_events()] == [event.type for event in agents.take_events()]


def test_the_random_worlds_take_every_kind_of_decision():
    joined = left = ended = repriced = 0
    for seed in range(40):
        layer = random_layer(seed)
        for day, stake in enumerate(random_stakes(seed, 150)):
            layer.accrue(day, stake)
            if day % 7 != 6:
                continue
            before, commissions = layer.opted.astype(int), layer.operators["commission"].copy()
            layer.week(day, stake)
            joined += (layer.opted > before).sum()
            left += (layer.opted < before).sum()
            repriced += (layer.operators["commission"] != commissions).sum()
        ended += (layer.avs["ended_day"] >= 0).sum()
    assert min(joined, left, ended, repriced) > 20


# --- the rules, one at a time -----------------------------------------------------------------------------------------


def operator_of(row: int = 0, mode: str = "pooled", **terms: object) -> NodeOperator:
    """An operator with 100,000 ETH of stake, 10 % commission, 12 AVSs of capacity and 1 ETH of cost per AVS."""
    layer = make_layer(operators={"cost_per_avs_eth": 1.0} | terms, restaking={"stake_mode": mode})
    layer.accrue(0, STAKE)
    operator = World(layer).operators[row]
    operator.stake, operator.self_stake, operator.commission = 1e5, 0.0, 0.1
    operator.capacity, operator.reward, operator.avs_count = 12.0, 0.0, 0
    return operator


def offer(service: int = 0, pay: float = 100.0, **others: object) -> Offer:
    return Offer(
        **{"service": service, "pay": pay, "stake": 0.0, "slash_fraction": 0.0, "allocated": 0.0}
        | {"running": False, "taste": 0.0}
        | others
    )


def test_it_earns_commission_on_its_part_of_the_pay():
    operator = operator_of()
    assert operator.earnings(offer(stake=3e5)) == pytest.approx(0.1 * 100.0 * 0.25)
    assert operator.earnings(offer(stake=3e5, allocated=1.0, running=True)) == pytest.approx(0.1 * 100.0 / 3.0)
    operator.self_stake = 5e4
    assert operator.earnings(offer(stake=3e5)) == pytest.approx(0.55 * 100.0 * 0.25)
    operator.stake = operator.self_stake = 0.0
    assert operator.earnings(offer(stake=3e5)) == 0.0


def test_it_joins_what_pays_and_leaves_out_what_does_not():
    operator = operator_of()
    assert [o.service for o in operator.choose([offer(0, 100.0), offer(1, 9.0), offer(2, 11.0)])] == [0, 2]
    assert operator.choose([]) == []


def test_whoever_serves_stays_for_slightly_less():
    operator = operator_of()
    assert operator.choose([offer(pay=9.0, stake=1e5, allocated=1.0, running=True)])
    assert not operator.choose([offer(pay=9.0)])


def test_precision_decides_how_much_taste_matters():
    likes = offer(pay=5.0, taste=1.0)
    assert operator_of(choice_precision=1.0).choose([likes])
    assert not operator_of(choice_precision=5.0).choose([likes])


def test_own_stake_at_risk_keeps_it_out():
    dangerous = offer(pay=1_000.0, slash_fraction=0.5)
    careless = operator_of(fault_rate=1.0)
    careful = operator_of(fault_rate=1.0)
    careful.self_stake = 1_000.0
    assert careless.choose([dangerous])
    assert careful.slashing(dangerous) > 100.0
    assert not careful.choose([dangerous])
    assert careful.choose([dangerous._replace(slash_fraction=0.0)])


def test_capacity_limits_what_small_profits_can_tempt_it_to():
    operator = operator_of()
    operator.capacity = 3.0
    modest, rich = ([offer(s, pay) for s in range(12)] for pay in (12.0, 200.0))
    assert len(operator.choose(modest)) == 3
    assert len(operator.choose(rich)) == 12, "large pay buys overload"


def test_the_best_come_first_and_ties_go_by_index():
    operator = operator_of()
    operator.capacity = 2.0
    offers = [offer(s, pay) for s, pay in enumerate([12.0, 15.0, 12.0, 15.0])]
    assert [o.service for o in operator.choose(offers)] == [1, 3]
    assert [o.service for o in operator.choose([offer(s, 12.0) for s in range(4)])] == [0, 1]


def test_allocations_follow_pay():
    pays = [offer(s, pay) for s, pay in enumerate([2.0, 1.0, 3.0])]
    assert operator_of(mode="pooled").allocate(pays) == {0: 1.0, 1: 1.0, 2: 1.0}
    assert operator_of(mode="unique").allocate(pays) == pytest.approx({0: 2 / 6, 1: 1 / 6, 2: 3 / 6})
    assert operator_of(mode="elastic").allocate(pays) == pytest.approx({0: 2 / 3, 1: 1 / 3, 2: 1.0})
    unpaid = [offer(s, 0.0) for s in range(4)]
    assert operator_of(mode="unique").allocate(unpaid) == pytest.approx(dict.fromkeys(range(4), 0.25))


def test_allocations_are_the_published_equilibrium():
    """Two operators, r = (2, 1, 3), degree 1.5: w = (.5, .25, .75) for both (proportional rewards, concave contest)."""
    operator = operator_of(mode="elastic")
    operator.layer._board["degree"] = 1.5
    pays = [offer(s, pay) for s, pay in enumerate([2.0, 1.0, 3.0])]
    assert operator.allocate(pays) == pytest.approx({0: 0.5, 1: 0.25, 2: 0.75})


def commission_after(weeks: int = 1, **state: float) -> float:
    operator = operator_of()
    board = operator.layer._board
    board["total_stake"], board["stake_commission"] = 1e6, 1e5
    operator.share_memory, operator.avs_count, operator.reward = 0.1, 1, 1.0 / 365.0
    for name, value in state.items():
        setattr(operator, name, value)
    for _ in range(weeks):
        operator.reprice()
    return float(operator.commission)


def test_commission_rests_where_it_equals_rivals_pays_costs_and_keeps_stake():
    assert commission_after() == pytest.approx(0.1)


def test_commission_falls_with_lost_stake_and_rises_at_a_loss():
    assert commission_after(share_memory=0.13) < 0.1 - 0.003
    assert commission_after(share_memory=0.08) > 0.1 + 0.003
    assert commission_after(reward=0.0) > 0.1 + 0.0003
    assert commission_after(reward=10.0) < 0.1 - 0.0003


def test_commission_moves_in_small_steps_within_its_bounds():
    assert commission_after(share_memory=1.0) == pytest.approx(0.09)
    assert commission_after(weeks=200, share_memory=1e-9) <= 0.5
    assert commission_after(stake=0.0) == pytest.approx(0.1)


def test_it_goes_through_its_services_only_when_it_is_time_to():
    operator = operator_of()
    operator.layer.file_services(0, {})
    operator.reviewing = 0
    operator.step()
    assert operator.layer.opted[0].sum() == 0
    operator.reviewing = 1
    operator.step()
    assert operator.layer.opted[0].sum() == 1


def test_ablation_costs_thin_out_the_operators_of_every_service():
    def served(cost: float) -> float:
        layer = make_layer(avs={"oracle": {"arrival_day": 0, "count": 5}}, operators={"cost_per_avs_eth": cost})
        layer.accrue(0, STAKE)
        return float(layer.avs["operators"].mean())

    assert served(0.2) > 1.5 * served(5.0) > 0.0
