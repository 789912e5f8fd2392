"""Mesa's own loops over the ecosystem: its horizon, `batch_run`, collectors and sets of agents."""

import inspect

import mesa
import pytest
from mesa.batchrunner import batch_run

from restaking.agents import AVS, LRTProtocol, NodeOperator, Staker
from restaking.agents.mesa_bridge import batch_iteration
from restaking.model import RestakingEcosystem
from restaking.model.randomness import replication_seed

DAYS = 6
# Mesa 3.5 calls them rng=[None] * n.
pytestmark = pytest.mark.filterwarnings("ignore:The `iterations` keyword argument is deprecated:DeprecationWarning")

SMALL = {"stakers.count": 100, "days": DAYS}
SERIES = ("lrt_supply_eth", "worst_discount")

BY_RNG = "rng" in inspect.signature(batch_run).parameters
"""Whether a batch takes its seeds as ``rng`` (since Mesa 3.4), and knows the state after the last day."""
LAST = DAYS if BY_RNG else DAYS - 1
"""The last row of a batch: the state after so many days."""


def batch(*, iterations: int = 1, processes: int = 1, max_steps: int = 1000, **parameters: object) -> list[dict]:
    rows = batch_run(
        RestakingEcosystem,
        {"scenario": "baseline", **SMALL, **parameters},
        number_processes=processes,
        iterations=iterations,
        max_steps=max_steps,
        display_progress=False,
    )
    return sorted(rows, key=lambda row: (row["RunId"], row["Step"]))


def values(rows: list[dict]) -> list[tuple[float, ...]]:
    return [tuple(float(row[name]) for name in SERIES) for row in rows]


def end_of(seed: int) -> tuple[float, ...]:
    """What a run of that seed shows in the row that `batch_run` takes."""
    with RestakingEcosystem("baseline", seed=seed, **SMALL) as model:
        model.run(LAST)
        return tuple(float(model.recorder.series(name)[-1]) for name in SERIES)


# --- the horizon ------------------------------------------------------------------------------------------------------


def test_a_model_runs_until_its_horizon() -> None:
    with RestakingEcosystem("baseline", **SMALL) as model:
        for day in range(DAYS):
            assert model.running and model.day == model.steps == day
            model.step()
        assert not model.running


@pytest.mark.parametrize("on", ["step", "run", "run_model"])
def test_a_step_past_the_horizon_does_nothing(on: str) -> None:
    with RestakingEcosystem("baseline", **SMALL) as model:
        model.run_model()
        state = model.world.stakers.tobytes(), model.recorder.daily.tobytes(), len(model.recorder.events)
        for _ in range(3):
            getattr(model, on)()
        assert (model.steps, model.day, model.recorder.rows, model.running) == (DAYS, DAYS, DAYS + 1, False)
        assert state == (model.world.stakers.tobytes(), model.recorder.daily.tobytes(), len(model.recorder.events))


def test_a_step_of_ones_own_is_not_taken_past_the_horizon() -> None:
    class Counting(RestakingEcosystem):
        taken = 0

        def step(self) -> None:
            super().step()
            self.taken += 1

    with Counting("baseline", **SMALL) as model:
        for _ in range(DAYS + 4):
            model.step()
        assert model.taken == DAYS


def test_who_stops_a_model_early_is_heard() -> None:
    """Mesa asks `running` before every step; a day does not set it back."""

    class Stopping(RestakingEcosystem):
        def record(self) -> None:
            super().record()
            self.running = self.day < 3

    with Stopping("baseline", **SMALL) as model:
        mesa.Model.run_model(model)
        assert model.day == 3


# --- batches ----------------------------------------------------------------------------------------------------------


def test_a_batch_needs_no_number_of_steps() -> None:
    (row,) = batch()
    assert row["Step"] == LAST and values([row]) == [end_of(1)]


@pytest.mark.parametrize("most", [DAYS - 2, DAYS - 1, DAYS, 1000])
def test_a_batch_may_be_told_any_number_of_steps(most: int) -> None:
    rows = batch(max_steps=most, **{"campaigns.airdrop_share": [0.02, 0.1]})
    assert len(rows) == 2 and {row["Step"] for row in rows} == {min(most, LAST)}


def test_iterations_differ_and_can_be_made_again() -> None:
    first, second = batch(iterations=4), batch(iterations=4)
    assert len(set(values(first))) == 4
    assert values(first) == values(second)
    assert values(first) == [end_of(replication_seed(1, iteration)) for iteration in range(4)]


def test_more_iterations_leave_the_first_ones_as_they_are() -> None:
    assert values(batch(iterations=3))[:2] == values(batch(iterations=2))


def test_iterations_share_their_noise_between_points() -> None:
    rows = batch(iterations=2, **{"campaigns.airdrop_share": [0.05, 0.05]})
    assert values(rows)[0] == values(rows)[1] != values(rows)[2] == values(rows)[3]


def test_a_seed_that_is_given_is_the_seed() -> None:
    """Mesa 3.5 overwrites a seed among the parameters; it takes seeds as `rng`."""
    terms = {"scenario": "baseline", **SMALL}
    rows = batch_run(RestakingEcosystem, terms, display_progress=False, rng=[5, 6]) if BY_RNG else batch(seed=[5, 6])
    assert values(rows) == [end_of(5), end_of(6)]


def test_rng_is_another_name_of_the_seed() -> None:
    with RestakingEcosystem("baseline", rng=5, **SMALL) as model:
        assert model.seed == 5
    with pytest.raises(ValueError, match="two names of one thing"):
        RestakingEcosystem("baseline", rng=5, seed=5, **SMALL)


@pytest.mark.slow
def test_processes_make_no_difference() -> None:
    assert values(batch(iterations=3, processes=2)) == values(batch(iterations=3))


def test_outside_of_a_batch_the_seed_is_the_scenario_s() -> None:
    assert batch_iteration() is None
    with RestakingEcosystem("baseline", **SMALL) as model:
        assert model.seed == model.scenario.seed


def test_replication_seeds() -> None:
    seeds = [replication_seed(7, number) for number in range(1000)]
    assert seeds[0] == 7 and len(set(seeds)) == 1000 and min(seeds) >= 0 and max(seeds) < 2**63


# --- collectors and sets ----------------------------------------------------------------------------------------------


class Watched(RestakingEcosystem):
    """Stock collector with reporters about agents in the place of the columns."""

    def __init__(self, **keywords: object) -> None:
        super().__init__("baseline", **keywords)
        self.datacollector = mesa.DataCollector(
            model_reporters={"supply": lambda m: float(m.lrt_supplies.sum())},
            agent_reporters={"id": "unique_id"},
            agenttype_reporters={Staker: {"wealth": "wealth"}},
        )


def test_a_stock_collector_asks_agents_every_day() -> None:
    with Watched(**SMALL) as model:
        model.run()
        collector, agents = model.datacollector, len(model.agents)
        assert len(collector.get_model_vars_dataframe()) == DAYS
        assert len(collector.get_agent_vars_dataframe()) == DAYS * agents
        wealth = collector.get_agenttype_vars_dataframe(Staker)["wealth"]
        assert len(wealth) == DAYS * 100
        assert wealth.loc[DAYS].tolist() == [staker.wealth for staker in model.agents_by_type[Staker]]


def test_a_batch_reports_about_agents() -> None:
    rows = batch_run(Watched, SMALL, display_progress=False)
    with Watched(**SMALL) as model:
        assert {row["AgentID"] for row in rows} == {agent.unique_id for agent in model.agents}


def test_sets_of_agents_behave_as_in_mesa() -> None:
    with RestakingEcosystem("baseline", **SMALL) as model:
        stakers = model.agents.select(agent_type=Staker)
        assert len(stakers) == 100 and {type(agent) for agent in model.agents} >= {LRTProtocol}
        assert set(model.agent_types) >= {Staker, NodeOperator, AVS, LRTProtocol}
        rich = stakers.select(lambda staker: staker.wealth > 1000.0)
        assert rich.agg("wealth", len) == len(rich) == sum(staker.wealth > 1000.0 for staker in stakers)
        assert stakers.agg("wealth", sum) == pytest.approx(float(model._wealth(model.stakers).sum()))
        seen: list[int] = []
        stakers.do(lambda staker: seen.append(staker.unique_id))
        shuffled = [staker.unique_id for staker in stakers.shuffle()]
        assert seen != shuffled and sorted(seen) == sorted(shuffled)
