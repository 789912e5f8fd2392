"""Populations as a Mesa user meets them, on toy rows; wherever stock Mesa has an answer, held against stock Mesa."""

import copy
import inspect
import math
import time
from collections.abc import Callable

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesa.agent import AgentSet

from restaking.agents.mesa_bridge import EcosystemBase
from restaking.agents.population import Population, PopulationSet, RowAgent, vectorises

# Mesa 3.5 speaks of a future without the n-th member of a set; until then it is there, and held against Mesa's.
pytestmark = pytest.mark.filterwarnings("ignore:AgentSet.__getitem__ is deprecated:PendingDeprecationWarning")

SAVER = np.dtype([("venue", "u1"), ("wealth", "f8"), ("rate", "f4"), ("big", "i8"), ("eager", "?")], align=True)
COUNT = 40


def step(self) -> None:
    """One behaviour for views, objects and stock agents: it draws, so order matters, and it reads others' doings."""
    self.wealth *= 1.0 + self.rate * self.random.random()
    if self.random.random() < 0.3:
        self.venue = (self.venue + 1) % 5
        self.taste[self.venue] += self.wealth


class Saver(RowAgent):
    venue: int
    wealth: float
    rate: float
    taste: np.ndarray

    step = step

    @property
    def income(self) -> float:
        return self.rate * self.wealth

    def give(self, amount: float, times: int = 1) -> float:
        self.wealth -= amount * times
        return self.wealth


class StockSaver(mesa.Agent):
    def __init__(self, model: mesa.Model, record: np.void, taste: np.ndarray) -> None:
        super().__init__(model)
        for name in SAVER.names:
            setattr(self, name, record[name].item())
        self.taste = taste

    step = step
    income = Saver.income
    give = Saver.give


class Operator(mesa.Agent):
    def __init__(self, model: mesa.Model, wealth: float = 32.0) -> None:
        super().__init__(model)
        self.wealth = wealth


def make_rows(count: int = COUNT, seed: int = 5) -> np.ndarray:
    draws = np.random.default_rng(seed)
    rows = np.zeros(count, dtype=SAVER)
    rows["venue"] = draws.integers(0, 5, count)
    rows["wealth"] = draws.pareto(1.3, count) + 0.5
    rows["rate"] = draws.uniform(0.0, 0.1, count)
    rows["big"] = draws.integers(-(2**60), 2**60, count)
    rows["eager"] = draws.random(count) < 0.5
    return rows


def make_savers(count: int = COUNT, model: mesa.Model | None = None, kind: type = Saver, **more) -> Population:
    return Population(
        model or EcosystemBase(seed=7), kind, make_rows(count), cold={"taste": np.zeros((count, 5))}, **more
    )


def make_stock(count: int = COUNT) -> AgentSet:
    model = mesa.Model(rng=7)
    for record in make_rows(count):
        StockSaver(model, record, np.zeros(5))
    return model.agents


def ids(agents) -> list[int]:
    return [agent.unique_id for agent in agents]


@pytest.fixture
def savers() -> Population:
    return make_savers()


# --- a view is an agent -----------------------------------------------------------------------------------------------


def test_a_view_is_a_mesa_agent_of_its_class(savers):
    agent = savers.view(3)
    assert isinstance(agent, mesa.Agent) and isinstance(agent, Saver)
    assert type(agent).__name__ == "Saver" and "Saver" in repr(agent)
    assert agent.model is savers.model and agent.random is savers.model.random and agent.rng is savers.model.rng
    assert agent.row == 3 and agent.pos is None


def test_views_of_a_row_are_equal_and_others_are_not(savers):
    assert savers.view(3) == savers.view(3) and len({savers.view(3), savers.view(3)}) == 1
    assert savers.view(3) != savers.view(4)
    assert savers.view(3) != make_savers().view(3)
    assert savers.view(3) != "row 3"


def test_it_reads_python_numbers_and_writes_through(savers):
    agent = savers.view(3)
    assert (type(agent.venue), type(agent.wealth), type(agent.rate), type(agent.eager)) == (int, float, float, bool)
    agent.wealth, agent.venue = 7.0, 4
    assert savers.rows["wealth"][3] == 7.0 and savers.rows["venue"][3] == 4
    savers.rows["wealth"][3] = 8.0
    assert agent.wealth == 8.0 and savers.view(3).wealth == 8.0
    agent.wealth += np.float32(0.5)
    assert agent.wealth == 8.5


def test_blocks_are_rows_that_write_through(savers):
    agent = savers.view(3)
    agent.taste[2] = 0.5
    assert savers.cold["taste"][3].tolist() == [0.0, 0.0, 0.5, 0.0, 0.0]
    agent.taste = 1.0
    assert savers.cold["taste"].sum() == 5.0
    flat = Population(mesa.Model(), Saver, make_rows(), cold={"seniority": np.arange(COUNT)})
    flat.view(3).seniority += 1
    assert type(flat.view(3).seniority) is int and flat.cold["seniority"][3] == 4


def test_what_a_view_would_lose_is_an_error(savers):
    with pytest.raises(AttributeError, match=r"'welth'.*venue, wealth"):
        savers.view(3).welth = 1.0
    with pytest.raises(AttributeError):
        savers.view(3).row = 4
    with pytest.raises(AttributeError):
        savers.view(3).income = 4.0
    with pytest.raises(AttributeError):
        savers.view(3).pos = (0, 0)
    with pytest.raises(AttributeError):
        _ = savers.view(3).welth


def test_a_value_that_a_column_cannot_hold_is_an_error(savers):
    with pytest.raises(TypeError):
        savers.view(3).venue = 2.7
    with pytest.raises(ValueError, match="invalid value"):
        savers.view(3).venue = 256


def test_a_property_with_a_setter_works(savers):
    class Named(Saver):
        @property
        def eth(self) -> float:
            return self.wealth

        @eth.setter
        def eth(self, value: float) -> None:
            self.wealth = value

    agent = make_savers(kind=Named).view(0)
    agent.eth = 3.0
    assert agent.wealth == 3.0


def test_a_position_may_be_a_column():
    places = Population(mesa.Model(), Saver, make_rows(), cold={"pos": np.zeros((COUNT, 2))})
    places.view(2).pos = (1.0, 2.0)
    assert places.cold["pos"][2].tolist() == [1.0, 2.0]


def test_kinds_of_columns_that_are_no_numbers_work_too():
    rows = np.zeros(2, dtype=[("name", "U8"), ("since", "M8[D]"), ("swapped", ">f8"), ("pair", "f8", (2,))])
    agent = Population(mesa.Model(), Saver, rows).view(1)
    agent.name, agent.since, agent.swapped, agent.pair = "Kiln", np.datetime64("2024-01-01"), 2.5, (1.0, 2.0)
    assert rows[1].tolist()[0] == agent.name == "Kiln" and agent.since == np.datetime64("2024-01-01")
    assert agent.swapped == 2.5 and agent.pair.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("align", [True, False])
def test_rows_may_be_packed(align):
    rows = np.zeros(3, dtype=np.dtype([("small", "u1"), ("days", "i4"), ("worth", "f8")], align=align))
    agent = Population(mesa.Model(), Saver, rows).view(1)
    agent.days, agent.worth = 7, 2.5
    assert (type(agent.small), type(agent.days), type(agent.worth)) == (int, int, float)
    assert rows[1].tolist() == (0, 7, 2.5)
    with pytest.raises(TypeError):
        agent.days = 2.7


def test_the_agent_class_is_left_as_it_was_written():
    before = set(vars(Saver))
    one, other = make_savers(), Population(mesa.Model(), Saver, make_rows(), cold={"points": np.ones(COUNT)})
    assert set(vars(Saver)) == before and not hasattr(Saver, "wealth")
    assert hasattr(one.view(0), "taste") and not hasattr(one.view(0), "points")
    assert hasattr(other.view(0), "points") and not hasattr(other.view(0), "taste")
    assert type(one.view(0)) is type(make_savers().view(0)) is not type(other.view(0))


def test_views_copy_and_models_fork(savers):
    model = savers.model
    assert copy.copy(savers.view(3)) == savers.view(3)
    Operator(model)
    twin = copy.deepcopy(model)
    twin.agents.shuffle_do(lambda agent: agent.random.random())
    model.agents.shuffle_do(lambda agent: agent.random.random())
    assert twin.random.random() == model.random.random()
    (copied,) = twin.populations
    copied.view(0).wealth = -1.0
    assert copied.rows["wealth"][0] == copied.agents[0].wealth == -1.0 != savers.view(0).wealth
    assert copied.view(0).model is twin and len(twin.agents) == COUNT + 1


# --- construction -----------------------------------------------------------------------------------------------------


def test_a_quarter_of_a_million_agents_take_no_time_of_their_own():
    rows, taste = np.zeros(250_000, dtype=SAVER), np.zeros((250_000, 5))
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        population = Population(EcosystemBase(seed=1), Saver, rows, cold={"taste": taste})
        taken.append(time.perf_counter() - start)
    assert len(population.model.agents) == 250_000
    assert min(taken) < 0.02


def test_it_keeps_the_arrays_that_it_is_given():
    rows, taste, alive = make_rows(), np.zeros((COUNT, 3)), np.ones(COUNT, dtype=bool)
    population = Population(mesa.Model(), Saver, rows, cold={"taste": taste}, alive=alive)
    assert population.rows is rows and population.cold["taste"] is taste and population.alive is alive
    alive[4] = False
    assert len(population) == COUNT - 1 and 5 not in ids(population)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": np.zeros(3)}, TypeError, "structured"),
        ({"rows": np.zeros((3, 3), dtype=SAVER)}, TypeError, "one dimension"),
        ({"cold": {"taste": np.zeros((4, 2))}}, ValueError, "'taste' has 4 rows, the population 3"),
        ({"cold": {"taste": [1, 2, 3]}}, TypeError, "'taste'"),
        ({"cold": {"wealth": np.zeros(3)}}, ValueError, "'wealth' has the name of a column"),
        ({"cold": {"model": np.zeros(3)}}, ValueError, "'model' has the name of an attribute of Saver"),
        ({"cold": {"income": np.zeros(3)}}, ValueError, "'income' has the name"),
        ({"cold": {"give": np.zeros(3)}}, ValueError, "'give' has the name"),
        ({"alive": np.ones(4, dtype=bool)}, TypeError, "alive"),
        ({"alive": np.ones(3)}, TypeError, "alive"),
        ({"agent_class": Operator}, TypeError, "RowAgent"),
        ({"vectorised": {"step": print}}, ValueError, r"@vectorises\(Saver.step\)"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    given = {"agent_class": Saver, "rows": make_rows(3)} | arguments
    with pytest.raises(error, match=message):
        Population(mesa.Model(), **given)


def test_a_bound_class_is_refused(savers):
    with pytest.raises(TypeError, match="bound to another population"):
        Population(mesa.Model(), type(savers.view(0)), make_rows())


def test_a_default_in_the_class_gives_way_to_the_column():
    class Defaulted(RowAgent):
        wealth: float = -1.0

    assert Population(mesa.Model(), Defaulted, make_rows()).view(0).wealth > 0.0


@pytest.mark.parametrize("row", [-1, COUNT, COUNT + 5])
def test_there_is_no_view_beyond_the_rows(savers, row):
    with pytest.raises(IndexError, match=f"of {COUNT} rows"):
        savers.view(row)


def test_an_empty_population_is_one():
    nobody = make_savers(0)
    agents = nobody.agents
    assert len(nobody) == len(agents) == len(nobody.model.agents) == 0 and list(agents) == []
    assert agents.agg("wealth", sum) == 0 and agents.get(["venue", "wealth"]) == []
    assert agents.groupby("venue").count() == {} and len(agents.sort("wealth").shuffle().select(at_most=0.5)) == 0
    assert nobody.as_objects() == []
    with pytest.raises(IndexError):
        agents[0]


# --- the set, against Mesa's own --------------------------------------------------------------------------------------

Chain = Callable[[AgentSet], object]

CHAINS: dict[str, Chain] = {
    "iterate": ids,
    "length": len,
    "first, last, slices": lambda s: ids([s[0], s[-1], *s[2:5], *s[::-7]]),
    "reversed": lambda s: ids(reversed(s)),
    # Mesa 3.5: the set of a stock model has no index of its own
    "index": lambda s: (s.index if hasattr(s, "index") else list(s).index)(s[9]),
    "select": lambda s: ids(s.select(lambda a: a.wealth > 1.0)),
    "select all": lambda s: ids(s.select()),
    "select at most": lambda s: ids(s.select(at_most=7)),
    "select nobody": lambda s: ids(s.select(at_most=0)),
    "select share": lambda s: ids(s.select(at_most=0.33)),
    "select everybody": lambda s: ids(s.select(at_most=1.0)),
    "select more than there are": lambda s: ids(s.select(at_most=1000)),
    "select both": lambda s: ids(s.select(lambda a: a.venue == 2, at_most=3)),
    "select share of the whole": lambda s: ids(s.select(lambda a: a.venue == 2, at_most=0.1)),
    "select type": lambda s: ids(s.select(agent_type=mesa.Agent)),
    "select other type": lambda s: ids(s.select(agent_type=Operator)),
    "select in place": lambda s: ids(copy.copy(s).select(lambda a: a.eager, inplace=True)),
    "sort": lambda s: ids(s.sort("wealth")),
    "sort ascending": lambda s: ids(s.sort("wealth", ascending=True)),
    "sort with ties": lambda s: ids(s.sort("venue")),
    "sort with ties ascending": lambda s: ids(s.sort("venue", ascending=True)),
    "sort by bool": lambda s: ids(s.sort("eager")),
    "sort by whole numbers": lambda s: ids(s.sort("big")),
    "sort by property": lambda s: ids(s.sort("income")),
    "sort by function": lambda s: ids(s.sort(lambda a: (a.venue, -a.wealth))),
    "sort in place": lambda s: ids(copy.copy(s).sort("venue", inplace=True)),
    "shuffle": lambda s: ids(s.shuffle()),
    "shuffle twice": lambda s: ids(s.shuffle().shuffle()),
    "shuffle in place": lambda s: ids(copy.copy(s).shuffle(inplace=True)),
    "sample": lambda s: ids(s.shuffle().select(at_most=0.25)),
    "get": lambda s: list(s.get("wealth")),
    "get narrow": lambda s: list(s.get("rate")),
    "get property": lambda s: list(s.get("income")),
    "get several": lambda s: s.get(["venue", "income", "eager", "unique_id"]),
    "get none": lambda s: s.get([]),
    "get missing": lambda s: list(s.get("shoes", "default", 7)),
    "agg": lambda s: s.agg("venue", [sum, min, max, len]),
    "agg property": lambda s: s.agg("income", max),
    "agg unique_id": lambda s: s.agg("unique_id", sum),
    "agg bools": lambda s: s.agg("eager", sum),
    "agg wide": lambda s: s.agg("big", [min, max]),
    "map name": lambda s: s.map("give", 0.5, times=2),
    "map function": lambda s: s.map(lambda a, add: a.wealth + add, 1.0),
    "do name": lambda s: list(s.do("give", 0.5, times=2).get("wealth")),
    "do function": lambda s: list(s.do(lambda a: a.give(1.0)).get("wealth")),
    "do step": lambda s: [list(s.do("step").get(name)) for name in ("wealth", "venue")],
    "shuffle_do step": lambda s: [list(s.shuffle_do("step").get(name)) for name in ("wealth", "venue")],
    "shuffle_do function": lambda s: list(s.shuffle_do(step).get("wealth")),
    "blocks": lambda s: np.array(s.shuffle_do("step").get("taste")).tolist(),
    "set": lambda s: list(s.set("venue", 3).get("venue")),
    "set and back": lambda s: s.set("venue", 3) is s,
    "group count": lambda s: list(s.groupby("venue").count().items()),
    "group members": lambda s: [(key, ids(group)) for key, group in s.groupby("venue")],
    "group by function": lambda s: [(key, ids(group)) for key, group in s.groupby(lambda a: a.wealth > 1)],
    "group by bool": lambda s: list(s.groupby("eager").count().items()),
    "group lists": lambda s: [(key, ids(group)) for key, group in s.groupby("venue", result_type="list")],
    "group agg": lambda s: s.groupby("venue").agg("wealth", max),
    "group agg lists": lambda s: s.groupby("venue", result_type="list").agg("wealth", max),
    "group agg property": lambda s: s.groupby("venue").agg("income", min),
    "group map": lambda s: s.groupby("venue").map(len),
    "group map name": lambda s: s.groupby("venue").map("agg", "venue", func=sum),
    "group do": lambda s: list(s.groupby("venue").do("do", "give", 1.0).groups) and list(s.get("wealth")),
    "of a sorted set": lambda s: [(key, ids(group)) for key, group in s.sort("wealth").groupby("venue")],
    "shuffled then done": lambda s: list(s.shuffle().do("step").get("wealth")),
    "intersection": lambda s: ids(s.select(lambda a: a.venue < 3) & s.select(lambda a: a.eager)),
    "union": lambda s: ids(s.select(lambda a: a.venue == 3) | s.select(lambda a: a.eager)),
    "difference": lambda s: ids(s - s.select(lambda a: a.eager)),
    "symmetric difference": lambda s: ids(s.select(lambda a: a.venue < 3) ^ s.select(lambda a: a.eager)),
    "comparison": lambda s: [s.select(at_most=3) <= s, s == s.select(), s <= s.select(at_most=3)],
    "pop": lambda s: [copy.copy(s).pop().unique_id, len(s)],
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_set_of_rows_does_what_mesas_does(savers, name):
    assert CHAINS[name](savers.agents) == CHAINS[name](make_stock())


@pytest.mark.parametrize("name", CHAINS)
def test_and_so_does_a_part_of_it(savers, name):
    def part(agents: AgentSet) -> AgentSet:
        return agents.select(lambda agent: agent.unique_id % 3).sort("rate")

    stock = make_stock()
    assert CHAINS[name](part(savers.agents)) == CHAINS[name](part(stock))


@pytest.mark.parametrize("name", CHAINS)
def test_and_the_model_of_one_population(savers, name):
    assert CHAINS[name](savers.model.agents) == CHAINS[name](make_stock())


@given(st.integers(0, 30), st.integers(), st.data())
def test_any_part_in_any_order_does_too(count, seed, data):
    steps = data.draw(st.lists(st.sampled_from(["shuffle", "sort", "some", "first", "step", "kill"]), max_size=6))
    chains = {
        "shuffle": lambda s: s.shuffle(),
        "sort": lambda s: s.sort("venue"),
        "some": lambda s: s.select(lambda a: a.wealth > 1.0),
        "first": lambda s: s.select(at_most=0.8),
        "step": lambda s: s.shuffle_do("step"),
        "kill": lambda s: s.select(at_most=2).do("remove") and s,
    }
    rows, stock = make_savers(count).agents, make_stock(count)
    for agents in (rows, stock):
        agents.random.seed(seed)
    for name in steps:
        rows, stock = chains[name](rows), chains[name](stock)
        assert ids(rows) == ids(stock) and len(rows) == len(stock)
        assert rows.get(["wealth", "venue"]) == stock.get(["wealth", "venue"])


def test_its_methods_take_what_mesas_take():
    for name, method in inspect.getmembers(AgentSet, inspect.isfunction):
        if name.startswith("_") or name not in vars(AgentSet):
            continue
        theirs, ours = (list(inspect.signature(getattr(kind, name)).parameters) for kind in (AgentSet, PopulationSet))
        assert ours == theirs, name
        assert name == "__init__" or name in vars(PopulationSet), f"{name} of {method} is not done by rows"


def test_results_are_sets_of_rows(savers):
    agents = savers.agents
    results = [
        agents.select(lambda a: a.eager),
        agents.shuffle(),
        agents.sort("wealth"),
        copy.copy(agents),
        agents & agents.shuffle(),
        *agents.groupby("venue").groups.values(),
    ]
    assert all(isinstance(result, PopulationSet) for result in results)


def test_membership(savers):
    agents = savers.agents
    rich = agents.select(lambda a: a.wealth > 1.0)
    assert 0 < len(rich) < COUNT
    assert all(agent in agents and (agent in rich) == (agent.wealth > 1.0) for agent in agents)
    assert make_savers().view(0) not in agents and "a" not in agents
    assert Operator(savers.model) not in agents


def test_select_by_an_array(savers):
    agents = savers.agents
    rich = agents.select(agents.get("wealth") > 1.0)
    assert ids(rich) == ids(agents.select(lambda a: a.wealth > 1.0))
    assert ids(rich.select(rich.get("venue") == 2, at_most=2)) == ids(rich.select(lambda a: a.venue == 2, at_most=2))
    for wrong in (np.ones(3, dtype=bool), np.ones(COUNT), np.arange(COUNT)):
        with pytest.raises(ValueError, match=rf"bool array.*\({COUNT},\)"):
            agents.select(wrong)


def test_set_by_an_array_and_by_block(savers):
    some = savers.agents.sort("wealth").select(at_most=4)
    some.set("venue", np.array([3, 2, 1, 0]))
    assert some.get("venue").tolist() == [3, 2, 1, 0]
    some.set("taste", np.arange(5.0))
    assert savers.cold["taste"].sum() == 40.0 and some.get("taste").shape == (4, 5)
    with pytest.raises(AttributeError, match="'shoes'"):
        some.set("shoes", 1)


def test_what_get_gives_is_a_snapshot_that_does_not_overflow(savers):
    before = savers.agents.get("wealth")
    savers.rows["wealth"] += 1.0
    assert (savers.agents.get("wealth") - before).tolist() == pytest.approx([1.0] * COUNT)
    before[:] = -1.0
    assert savers.rows["wealth"].min() > 0.0
    savers.agents.set("venue", 200)
    assert sum(savers.agents.get("venue")) == savers.agents.agg("venue", sum) == 200 * COUNT
    savers.agents.set("rate", 0.1)
    assert savers.agents.get("rate")[0] == savers.view(0).rate


def test_missing_attributes_are_errors_unless_told(savers):
    with pytest.raises(AttributeError):
        savers.agents.get("shoes")
    with pytest.raises(ValueError, match="Unknown handle_missing"):
        savers.agents.get("wealth", "ignore")


def test_shuffling_follows_the_seed():
    def order(seed: int) -> list[int]:
        return ids(make_savers(model=EcosystemBase(seed=seed)).agents.shuffle())

    assert order(1) == order(1) != order(2)
    assert sorted(order(1)) == list(range(1, COUNT + 1))


def test_sets_are_edited_without_touching_the_population(savers):
    some = savers.agents.select(at_most=3)
    some.remove(savers.view(1))
    some.discard(savers.view(9))
    some.add(savers.view(20))
    some.add(savers.view(20))
    assert [agent.row for agent in some] == [0, 2, 20] and savers.view(1) not in some and savers.view(20) in some
    assert len(savers) == len(savers.agents) == COUNT
    with pytest.raises(KeyError):
        some.remove(savers.view(1))
    with pytest.raises(TypeError, match="combine sets by"):
        some.add(Operator(savers.model))


def test_equal_values_of_many_kinds_group():
    rows = np.zeros(4, dtype=[("name", "U4"), ("pair", "f8", (2,))])
    rows["name"] = ["b", "a", "b", "c"]
    agents = Population(mesa.Model(), Saver, rows).agents
    assert agents.groupby("name").count() == {"b": 2, "a": 1, "c": 1}
    assert agents.groupby(type).count() == {Saver: 4}


# --- leaving ----------------------------------------------------------------------------------------------------------


def test_removal_takes_a_row_out_of_everything(savers):
    agents, model = savers.agents, savers.model
    poorest = agents.sort("wealth", ascending=True)
    gone, total = poorest[0], agents.agg("wealth", sum)
    wealth = gone.wealth
    gone.remove()
    gone.remove()
    assert not gone.exists and gone.wealth == wealth and not savers.alive[gone.row]
    for everybody in (savers, agents, poorest, model.agents, model.agents_by_type[Saver], agents.shuffle()):
        assert len(everybody) == COUNT - 1 == len(list(everybody)) and gone not in everybody
    assert agents.agg("wealth", sum) == pytest.approx(total - wealth)
    assert len(agents.get("income")) == COUNT - 1 and sum(agents.groupby("venue").count().values()) == COUNT - 1
    assert poorest[0] != gone and len(poorest.get("wealth")) == COUNT - 1
    agents.set("venue", 4)
    assert (savers.rows["venue"] == 4).sum() >= COUNT - 1


def test_who_is_removed_during_a_pass_does_not_act_in_it(savers):
    acted = []

    def act(agent: Saver) -> None:
        acted.append(agent.row)
        if agent.row == 0:
            savers.view(1).remove()

    savers.agents.do(act)
    assert acted == [row for row in range(COUNT) if row != 1]


def test_a_model_hears_of_removals():
    class Attentive(EcosystemBase):
        def deregister_agent(self, agent: mesa.Agent) -> None:
            self.heard = agent.unique_id
            super().deregister_agent(agent)

    savers = make_savers(model=Attentive(seed=1))
    savers.view(4).remove()
    assert savers.model.heard == 5 and len(savers) == COUNT - 1


def test_all_can_leave_and_say_goodbye():
    said = []

    class Polite(Saver):
        def remove(self) -> None:
            said.append(self.row)
            super().remove()

    for kind, words in ((Saver, []), (Polite, list(range(COUNT)))):
        savers = make_savers(kind=kind)
        savers.model.remove_all_agents()
        assert len(savers) == len(savers.model.agents) == 0 and said == words


def test_a_population_in_a_stock_model_works_by_itself():
    model = mesa.Model(rng=1)
    one, two = make_savers(model=model), make_savers(model=model)
    first = Operator(model)
    assert len({*ids(one), *ids(two), first.unique_id}) == 2 * COUNT + 1
    one.view(0).remove()
    assert len(one) == COUNT - 1 and len(two) == COUNT and list(model.agents) == [first]


# --- vectorised versions ----------------------------------------------------------------------------------------------


def make_vectorised(kind: type = Saver) -> tuple[Population, list]:
    calls = []

    @vectorises(Saver.step)
    def step_all(population: Population, *args: object, **kwargs: object) -> None:
        calls.append((population, args, kwargs))

    @vectorises(Saver.income)
    def all_incomes(population: Population) -> np.ndarray:
        return population.rows["rate"].astype("f8") * population.rows["wealth"]

    return make_savers(kind=kind, vectorised={"step": step_all}, derived={"income": all_incomes}), calls


def test_the_whole_set_acts_at_once():
    savers, calls = make_vectorised()
    before = savers.rows.copy()
    savers.agents.do("step", 3, news="good")
    savers.agents.shuffle_do("step")
    savers.agents.shuffle().do("step")
    savers.model.agents_by_type[Saver].do("step")
    savers.model.agents.do("step")
    savers.model.agents.shuffle_do("step")
    assert len(calls) == 6 and calls[0] == (savers, (3,), {"news": "good"})
    np.testing.assert_array_equal(savers.rows, before)


def test_it_still_is_the_whole_set_when_some_left():
    savers, calls = make_vectorised()
    savers.view(3).remove()
    everybody = savers.agents.sort("wealth")
    savers.view(4).remove()
    for agents in (savers.agents, everybody, savers.agents.shuffle()):
        agents.do("step")
    assert len(calls) == 3


def test_a_part_acts_row_by_row():
    savers, calls = make_vectorised()
    before = savers.rows["wealth"].copy()
    savers.agents.select(at_most=5).do("step").shuffle_do("step")
    assert calls == [] and (savers.rows["wealth"] != before).sum() == 5
    savers.agents.do(Saver.step)
    assert calls == [] and (savers.rows["wealth"] != before).all()


def test_a_subclass_with_a_step_of_its_own_is_honoured():
    class Careful(Saver):
        def step(self) -> None:
            self.venue = 9

        @property
        def income(self) -> float:
            return -1.0

    savers, calls = make_vectorised(Careful)
    savers.agents.shuffle_do("step")
    assert calls == [] and set(savers.agents.get("venue")) == {9}
    assert savers.agents.agg("income", [min, max]) == [-1.0, -1.0]


def test_a_subclass_that_leaves_step_alone_keeps_the_vectorised_one():
    class Named(Saver):
        """Changes nothing that was vectorised."""

    savers, calls = make_vectorised(Named)
    savers.agents.do("step")
    assert len(calls) == 1 and isinstance(savers.agents.get("income"), np.ndarray)


def test_derived_values_are_those_of_the_property():
    savers, _ = make_vectorised()
    savers.view(2).remove()
    agents = savers.agents
    assert agents.get("income").tolist() == [agent.income for agent in agents]
    assert agents.sort("income")[0].income == agents.agg("income", max) == max(agents.map(lambda a: a.income))
    assert agents.select(agents.get("income") > 0.05).agg("income", min) > 0.05
    assert agents.groupby("venue").agg("income", max)[2] == max(a.income for a in agents if a.venue == 2)


def test_a_derived_value_of_the_wrong_shape_is_named():
    savers = make_savers(derived={"total": lambda population: population.rows["wealth"].sum()})
    with pytest.raises(ValueError, match=r"derived\['total'\] returned shape \(\)"):
        savers.agents.get("total")


# --- ordinary objects -------------------------------------------------------------------------------------------------


def test_views_objects_and_stock_agents_live_the_same_lives():
    views, (copies, stock) = make_savers(), (make_savers(), make_stock())
    views.rows["rate"] = copies.rows["rate"] = 0.0625  # exact in the column's float32 too
    stock.set("rate", 0.0625)
    objects = copies.as_objects()
    assert [type(o).step for o in objects[:1]] == [Saver.step]
    for _ in range(30):
        views.agents.shuffle_do("step")
        stock.shuffle_do("step")
        shuffled = list(objects)
        copies.model.random.shuffle(shuffled)
        for agent in shuffled:
            agent.step()
    for name in ("wealth", "venue"):
        assert views.agents.get(name).tolist() == [getattr(o, name) for o in objects] == stock.get(name)
    assert [view.taste.tolist() for view in views] == [o.taste.tolist() for o in objects]


def test_objects_keep_their_values_themselves(savers):
    before = savers.rows.copy()
    objects = savers.as_objects()
    first = objects[0]
    assert isinstance(first, Saver) and isinstance(first, mesa.Agent) and type(first).__name__ == "Saver"
    assert first.model is savers.model and first.unique_id == 1 and first.row == 0 and first.pos is None
    first.wealth, first.mood = -5.0, "fine"
    first.taste[0] = 9.0
    np.testing.assert_array_equal(savers.rows, before)
    assert savers.cold["taste"].sum() == 0.0
    assert first.income == pytest.approx(-5.0 * first.rate) and first.mood == "fine"
    assert first != savers.view(0) and savers.view(0) != first and first == first and len({first, objects[1]}) == 2
    assert len(savers.model.agents) == COUNT


def test_objects_are_brought_up_to_date(savers):
    objects = savers.as_objects()
    savers.rows["wealth"] *= 2.0
    savers.cold["taste"][:, 1] = 3.0
    savers.sync_objects(objects)
    assert [o.wealth for o in objects] == savers.rows["wealth"].tolist() and type(objects[0].wealth) is float
    assert all(o.taste.tolist() == [0.0, 3.0, 0.0, 0.0, 0.0] for o in objects)
    savers.cold["taste"][:] = 0.0
    assert objects[0].taste[1] == 3.0


def test_only_some_attributes_or_those_alive(savers):
    savers.view(0).remove()
    objects = savers.as_objects(["wealth", "rate"])
    assert len(objects) == COUNT - 1 and objects[0].row == 1 and not hasattr(objects[0], "venue")
    savers.rows["wealth"] += 1.0
    savers.sync_objects(objects[::-1])
    assert objects[0].wealth == savers.rows["wealth"][1]
    objects[0].remove()
    assert len(savers) == COUNT - 2
    with pytest.raises(ValueError, match="no column 'shoes'"):
        savers.as_objects(["shoes"])
    with pytest.raises(ValueError, match="as_objects"):
        savers.sync_objects([savers.view(3)])
    with pytest.raises(ValueError, match="as_objects"):
        make_savers().sync_objects(objects)


def test_summaries_are_exact():
    savers = make_savers()
    assert savers.agents.agg("wealth", sum) == pytest.approx(math.fsum(savers.rows["wealth"]), rel=1e-15)
    assert savers.agents.agg("wealth", [np.mean, np.max])[1] == savers.rows["wealth"].max()
    assert type(savers.agents.agg("venue", sum)) is int
