"""Models whose agents are rows beside ordinary ones, and what Mesa promises the bridge between them."""

import copy
import gc
import weakref

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet

from restaking.agents.mesa_bridge import AGENT_SET_METHODS, ColumnCollector, EcosystemBase, HeldSet, contract_breaches
from restaking.agents.population import Population, PopulationSet, RowAgent, vectorises

ROW = np.dtype([("venue", "u1"), ("wealth", "f8")])


class Holder(RowAgent):
    venue: int
    wealth: float

    def step(self) -> None:
        self.wealth += 1.0


class Whale(Holder):
    pass


class Fund(RowAgent):
    wealth: float


class Operator(mesa.Agent):
    def __init__(self, model: mesa.Model) -> None:
        super().__init__(model)
        self.wealth = 32.0

    def step(self) -> None:
        self.wealth += 1.0


def rows(count: int) -> np.ndarray:
    made = np.zeros(count, dtype=ROW)
    made["wealth"] = np.arange(count)
    made["venue"] = np.arange(count) % 3
    return made


class World(EcosystemBase):
    """Three operators, ten holders, two more operators, four funds: agents of all kinds, made in turn."""

    def __init__(self, holders: int = 10, seed: int = 1) -> None:
        super().__init__(seed=seed)
        self.operators = [Operator(self) for _ in range(3)]
        self.holders = Population(self, Holder, rows(holders))
        self.operators += [Operator(self) for _ in range(2)]
        self.funds = Population(self, Fund, rows(4))
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "total": lambda m: float(m.agents_by_type[Holder].agg("wealth", np.sum)),
                "steps": "steps",
            },
            agent_reporters={"wealth": "wealth", "venue": lambda agent: getattr(agent, "venue", None)},
            agenttype_reporters={Holder: {"venue": "venue"}, Operator: {"wealth": "wealth"}, RowAgent: {"row": "row"}},
        )
        self.datacollector.collect(self)

    def step(self) -> None:
        self.agents_by_type[Holder].shuffle_do("step")
        self.datacollector.collect(self)


def ids(agents) -> list[int]:
    return [agent.unique_id for agent in agents]


@pytest.fixture
def world() -> World:
    return World()


# --- the contract -----------------------------------------------------------------------------------------------------


def test_mesa_is_as_the_bridge_knows_it():
    breaches = contract_breaches()
    assert not breaches, "Mesa's private parts have changed; agents/mesa_bridge.py must follow:\n" + "\n".join(breaches)


def test_a_changed_mesa_is_described(monkeypatch):
    monkeypatch.setattr(mesa, "__version__", "3.10.0")
    monkeypatch.setattr(AgentSet, "teleport", lambda self: self, raising=False)
    monkeypatch.delattr(AgentSet, "_update")
    monkeypatch.setattr(mesa.Model, "agents", property(lambda self: AgentSet([], random=self.random)))
    assert contract_breaches() == [
        "Mesa is 3.10.0, the bridge was written for 3.3 and 3.5",
        "Model._all_agents no longer is what agents returns",
        "AgentSet._update is gone",
        "AgentSet has new methods, which sets of rows do not override: ['teleport']",
    ]


REGISTERED = hasattr(mesa.Agent, "_ids")
"""Whether Mesa counts agents in a registry of models that never ends (until 3.3)."""


@pytest.mark.skipif(not REGISTERED, reason="this Mesa has no registry of models")
def test_checking_the_contract_leaves_nothing_behind():
    before = len(mesa.Agent._ids)
    contract_breaches()
    assert len(mesa.Agent._ids) == before


def test_every_kind_of_set_answers_to_all_methods():
    assert all(callable(getattr(PopulationSet, name)) for name in AGENT_SET_METHODS)


# --- identifiers ------------------------------------------------------------------------------------------------------


def test_identifiers_are_unique_and_in_order_of_creation(world):
    assert sorted(ids(world.agents)) == list(range(1, 20))
    assert ids(world.operators) == [1, 2, 3, 14, 15] and ids(world.holders) == list(range(4, 14))
    assert Operator(world).unique_id == 20
    assert Operator(World()).unique_id == 20


# --- the roster -------------------------------------------------------------------------------------------------------


def test_all_agents_stand_in_the_models_registries(world):
    assert len(world.agents) == 19 and isinstance(world.agents, AgentSet)
    assert ids(world.agents) == ids([*world.operators, *world.holders, *world.funds])
    assert world.agent_types == [Operator, Holder, Fund]
    assert [len(agents) for agents in world.agents_by_type.values()] == [5, 10, 4]
    assert all(agent in world.agents for agent in [*world.operators, *world.holders])
    assert World().holders.view(0) not in world.agents and World().operators[0] not in world.agents


def test_types_of_views_are_known(world):
    holder = world.holders.view(0)
    assert world.agents_by_type[type(holder)] is world.agents_by_type[Holder]
    assert world.agents.groupby(type).count() == {Operator: 5, Holder: 10, Fund: 4}
    with pytest.raises(KeyError):
        world.agents_by_type[mesa.Agent]


def test_items_and_slices(world):
    everybody = list(world.agents)
    assert [world.agents[index] for index in range(19)] == everybody
    assert world.agents[-1] == everybody[-1] and world.agents[2:17:4] == everybody[2:17:4]
    with pytest.raises(IndexError):
        world.agents[19]


def test_choosing_by_type(world):
    agents = world.agents
    assert isinstance(agents.select(agent_type=Holder), PopulationSet)
    assert ids(agents.select(agent_type=Operator)) == ids(world.operators)
    assert len(agents.select(agent_type=RowAgent)) == 14 and len(agents.select(agent_type=mesa.Agent)) == 19
    assert ids(agents.select(lambda a: a.venue == 1, at_most=2, agent_type=Holder)) == [5, 8]
    assert ids(agents.select(lambda a: a.wealth > 3, at_most=3, agent_type=(Holder, Operator))) == [1, 2, 3]
    assert len(agents.select(at_most=0.5)) == len(agents.select(lambda a: True, at_most=0.5)) == 9
    assert len(agents.select(at_most=0.5, agent_type=Holder)) == 9
    assert len(agents.select(agent_type=int)) == 0


def test_mixed_results_hold_their_views_and_stay_sets(world):
    order = sorted(world.agents, key=lambda a: -a.wealth)
    ranked = world.agents.sort("wealth")
    gc.collect()
    assert list(ranked) == order and isinstance(ranked, HeldSet)
    assert ids(ranked.select(at_most=7).sort("unique_id", ascending=True)) == sorted(ids(order[:7]))
    assert sorted(ids(ranked.shuffle().shuffle(inplace=True))) == list(range(1, 20))
    groups = ranked.groupby(lambda a: a.wealth > 3)
    assert groups.count() == {True: 11, False: 8} and all(isinstance(group, HeldSet) for _, group in groups)
    assert len(ranked & world.agents_by_type[Holder]) == 10
    assert len(world.agents_by_type[Holder] | world.agents_by_type[Operator]) == 15
    assert len(copy.copy(ranked).select(lambda a: a.wealth > 3, inplace=True)) == 11 and len(ranked) == 19


def test_mixed_results_forget_who_has_left(world):
    ranked = world.agents.sort("wealth")
    holder, operator = world.holders.view(9), world.operators.pop()
    assert holder in ranked and operator in ranked
    holder.remove()
    operator.remove()
    assert holder not in ranked and len(ranked) == 18
    del operator
    gc.collect()
    assert len(ranked) == 17 and len(world.agents) == 17 and 15 not in ids(ranked) and 13 not in ids(ranked)
    assert len(ranked.get("wealth")) == 17
    ranked.do("step")
    assert world.holders.rows["wealth"].tolist() == [*range(1, 10), 9]


def test_values_and_acts_reach_everybody(world):
    agents = world.agents
    assert agents.get("wealth") == [32.0] * 5 + [float(w) for w in range(10)] + [0.0, 1.0, 2.0, 3.0]
    assert agents.get(["unique_id", "wealth"])[5] == [4, 0.0]
    assert agents.get("venue", "default", -1)[:6] == [-1] * 5 + [0]
    with pytest.raises(AttributeError):
        agents.get("venue")
    assert agents.agg("wealth", [sum, max]) == [160.0 + 45.0 + 6.0, 32.0]
    assert agents.map(lambda a: a.unique_id) == ids(agents)
    agents.do("step")
    agents.shuffle_do("step")
    assert agents.agg("wealth", sum) == 211.0 + 2 * 15
    agents.set("wealth", 1.0)
    assert set(agents.get("wealth")) == {1.0} and world.operators[0].wealth == world.funds.rows["wealth"][0] == 1.0


def test_all_act_in_one_random_order_that_is_mesas():
    def acted(model: mesa.Model) -> list[int]:
        order: list[int] = []
        model.agents.shuffle_do(lambda agent: order.append(agent.unique_id))
        return order

    class Stock(mesa.Model):
        def __init__(self) -> None:
            super().__init__(rng=1)
            self.all = [Operator(self) for _ in range(19)]

    places = ids(World().agents)
    assert acted(World()) == [places[place - 1] for place in acted(Stock())]


def test_a_population_that_acts_at_once_takes_one_turn():
    @vectorises(Holder.step)
    def step_all(population: Population) -> None:
        population.columns["wealth"] += 1.0
        turns.append("all")

    class Turn(Operator):
        def step(self) -> None:
            turns.append(self.unique_id)

    orders = set()
    for seed in range(12):
        model, turns = EcosystemBase(seed=seed), []
        actors = [Turn(model), Turn(model)]
        holders = Population(model, Holder, rows(5), vectorised={"step": step_all})
        model.agents.shuffle_do("step")
        assert sorted(turns, key=str) == [1, 2, "all"] and len(actors) == 2
        assert holders.rows["wealth"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
        orders.add(tuple(turns))
    assert len(orders) > 3


def test_the_roster_itself_is_not_for_changing(world):
    for change in (
        lambda: world.agents.shuffle(inplace=True),
        lambda: world.agents.sort("wealth", inplace=True),
        lambda: world.agents.select(inplace=True),
    ):
        with pytest.raises(TypeError, match="inplace"):
            change()
    world.agents_by_type[Holder].shuffle(inplace=True)
    assert ids(world.agents) == ids([*world.operators, *world.holders, *world.funds])


def test_two_populations_of_one_class_are_one_type(world):
    more = Population(world, Holder, rows(3), cold={"age": np.ones(3)})
    assert len(world.agents_by_type[Holder]) == 13 and len(world.agents) == 22
    world.agents_by_type[Holder].do("step")
    assert more.rows["wealth"].tolist() == [1.0, 2.0, 3.0] and world.holders.rows["wealth"][0] == 1.0
    assert len(world.agents.select(agent_type=Holder)) == 13 and world.agent_types == [Operator, Holder, Fund]


def test_a_subclass_is_a_type_of_its_own(world):
    Population(world, Whale, rows(2))
    assert len(world.agents_by_type[Whale]) == 2 and len(world.agents_by_type[Holder]) == 10
    assert len(world.agents.select(agent_type=Holder)) == 12


def test_agents_leave_by_way_of_the_model(world):
    world.deregister_agent(world.holders.view(0))
    world.deregister_agent(world.operators[0])
    assert len(world.agents) == 17
    with pytest.raises(KeyError):
        world.deregister_agent(world.holders.view(0))
    with pytest.raises(KeyError):
        world.deregister_agent(World().holders.view(1))
    world.remove_all_agents()
    assert len(world.agents) == 0 and list(world.agents) == []


# --- an end -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not REGISTERED, reason="this Mesa has no registry of models")
def test_mesa_alone_would_keep_a_model_for_ever():
    class Stock(mesa.Model):
        pass

    model = Stock()
    Operator(model)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is not None
    mesa.Agent._ids.pop(gone())


def test_a_model_with_rows_is_not_kept():
    world = World()
    gone = weakref.ref(world)
    assert not REGISTERED or world not in mesa.Agent._ids
    del world
    gc.collect()
    assert gone() is None


def test_a_closed_model_is_freed_at_once():
    with World() as world:
        world.step()
        frame = world.datacollector.get_model_vars_dataframe()
    gone, arrays = weakref.ref(world), weakref.ref(world.holders.rows)
    gc.disable()
    try:
        del world
        assert gone() is None and arrays() is None
    finally:
        gc.enable()
    assert frame["steps"].tolist() == [0, 1]


def test_a_closed_model_keeps_its_data_and_does_nothing_more(world):
    holders, operator = world.holders, world.operators[0]
    world.close()
    world.close()
    assert not world.running and len(world.agents) == 0 and world.agent_types == []
    assert holders.rows["wealth"].sum() == holders.agents.agg("wealth", sum) == 45.0
    assert holders.model is None and operator.model is None and operator.wealth == 32.0
    with pytest.raises(RuntimeError, match="closed"):
        world.step()


def test_a_failing_block_closes_too():
    with pytest.raises(ZeroDivisionError), World() as world:
        raise ZeroDivisionError
    assert not world.running


# --- collecting data --------------------------------------------------------------------------------------------------


def test_a_stock_collector_sees_rows_as_agents(world):
    for _ in range(3):
        world.step()
    collector = world.datacollector
    model_frame = collector.get_model_vars_dataframe()
    assert model_frame["total"].tolist() == [45.0, 55.0, 65.0, 75.0] and model_frame["steps"].tolist() == [0, 1, 2, 3]
    agents = collector.get_agent_vars_dataframe()
    assert agents.shape == (4 * 19, 2) and agents.loc[(3, 4), "wealth"] == 3.0 and agents.loc[(0, 1), "wealth"] == 32.0
    assert collector.get_agenttype_vars_dataframe(Holder).shape == (40, 1)
    assert collector.get_agenttype_vars_dataframe(Operator).shape == (20, 1)
    assert collector.get_agenttype_vars_dataframe(RowAgent).shape == (4 * 14, 1)


def test_rows_that_left_are_collected_no_more(world):
    world.holders.view(0).remove()
    world.step()
    assert len(world.datacollector.get_agent_vars_dataframe()) == 19 + 18


class Recorder:
    """Fills a table row by row, and grows it as recorders do."""

    def __init__(self) -> None:
        self.block, self.count = np.full((2, 3), np.nan), 0

    def record(self, *values: float) -> None:
        if self.count == len(self.block):
            self.block = np.concatenate([self.block, np.full_like(self.block, np.nan)])
        self.block[self.count, : len(values)] = values
        self.count += 1

    def table(self) -> tuple[np.ndarray, int]:
        return self.block, self.count


def test_columns_are_model_variables():
    recorder = Recorder()
    collector = ColumnCollector(["price", "supply"], recorder.table)
    assert isinstance(collector, mesa.DataCollector) and collector.get_model_vars_dataframe().empty
    for day in range(5):
        recorder.record(1.0 - day / 100.0, 100.0 * day)
        collector.collect(None)
    assert list(collector.model_vars) == ["price", "supply"] and len(collector.model_vars) == 2
    assert collector.model_vars["supply"].tolist() == [0.0, 100.0, 200.0, 300.0, 400.0]
    frame = collector.get_model_vars_dataframe()
    assert frame.shape == (5, 2) and frame["price"].iloc[4] == 0.96 and frame.index.tolist() == [0, 1, 2, 3, 4]
    recorder.block[:] = -1.0
    assert frame["supply"].sum() == 1000.0


def test_what_was_recorded_cannot_be_changed_through_the_collector():
    recorder = Recorder()
    recorder.record(1.0, 2.0)
    with pytest.raises(ValueError, match="read-only"):
        ColumnCollector(["price", "supply"], recorder.table).model_vars["price"][0] = 2.0
    recorder.record(3.0, 4.0)
    assert recorder.block[0, 0] == 1.0


def test_stock_reporters_work_beside_columns(world):
    recorder = Recorder()
    collector = ColumnCollector(
        ["price"],
        recorder.table,
        model_reporters={"steps": "steps", "richest": lambda m: m.agents.agg("wealth", max)},
        agent_reporters={"wealth": "wealth"},
        agenttype_reporters={Holder: {"venue": "venue"}},
        tables={"notes": ["day", "note"]},
    )
    for day in range(4):
        recorder.record(float(day))
        if day != 2:
            collector.collect(world)
        world.step()
    collector.add_table_row("notes", {"day": 1, "note": "launch"})
    frame = collector.get_model_vars_dataframe()
    assert list(frame.columns) == ["price", "steps", "richest"] and frame["price"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert frame["steps"].dropna().to_dict() == {0: 0, 1: 1, 3: 3} and frame["richest"].isna().tolist()[2]
    assert collector.model_vars["steps"] == [0, 1, 3] and list(collector.model_vars) == ["price", "steps", "richest"]
    assert collector.get_agent_vars_dataframe().shape == (3 * 19, 1)
    assert collector.get_agenttype_vars_dataframe(Holder).shape == (30, 1)
    assert collector.get_table_dataframe("notes").shape == (1, 2)


def test_a_reporter_cannot_hide_a_column():
    with pytest.raises(ValueError, match="'price'"):
        ColumnCollector(["price"], Recorder().table, model_reporters={"price": "steps"})
