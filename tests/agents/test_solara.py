"""Mesa's browser front end over a model of 50,000 rows; needs the app extra (``pip install restaking[app]``)."""

import warnings
from typing import Any

import numpy as np
import pytest

from restaking.agents.mesa_bridge import ColumnCollector, EcosystemBase
from restaking.agents.population import Population, RowAgent, vectorises

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about themselves, from libraries
    solara = pytest.importorskip("solara", reason="needs the app extra")
    vuetify = pytest.importorskip("ipyvuetify", reason="needs the app extra")
    pytest.importorskip("altair", reason="needs the app extra: Mesa's front end imports it")
    from mesa.visualization import SolaraViz, make_plot_component

COUNT = 50_000


class Holder(RowAgent):
    wealth: float

    def step(self) -> None:
        self.wealth *= 2.0


@vectorises(Holder.step)
def step_all(population: Population[Holder]) -> None:
    population.columns["wealth"] *= 2.0


class Holdings(EcosystemBase):
    """Wealth that doubles, recorded as the columns of a table."""

    def __init__(self, seed: int = 1, count: int = COUNT) -> None:
        super().__init__(seed=seed)
        rows = np.ones(count, dtype=[("wealth", "f8")])
        self.holders = Population(self, Holder, rows, vectorised={"step": step_all})
        self.totals: list[list[float]] = []
        self.datacollector = ColumnCollector(
            ["total"],
            lambda totals=self.totals: (np.array(totals).reshape(-1, 1), len(totals)),
            model_reporters={"agents": lambda model: len(model.agents)},
        )
        self.record()

    def record(self) -> None:
        self.totals.append([self.agents.agg("wealth", sum)])
        self.datacollector.collect(self)

    def step(self) -> None:
        self.agents.shuffle_do("step")
        self.record()


def button(rendered: Any, label: str) -> Any:
    return rendered.find(vuetify.Btn, children=[label]).widget


@pytest.mark.filterwarnings("ignore")
def test_solara_renders_and_steps_a_model_of_many_rows():
    drawn = []

    def note_line(axes) -> None:
        drawn.append(axes.get_lines()[0].get_ydata().tolist())

    shown = solara.reactive(Holdings())
    page = SolaraViz(
        shown,
        components=[make_plot_component("total", post_process=note_line), make_plot_component(["total", "agents"])],
        model_params={"count": COUNT},
        name="Holdings",
    )
    _, rendered = solara.render(solara.AppLayout(children=[page]), handle_error=False)
    try:
        first = shown.value
        for _ in range(3):
            button(rendered, "Step").click()
        assert first.steps == 3 and drawn[-1] == [COUNT, 2.0 * COUNT, 4.0 * COUNT, 8.0 * COUNT]
        assert first.datacollector.get_model_vars_dataframe()["agents"].tolist() == [COUNT] * 4
        button(rendered, "Reset").click()
        assert shown.value is not first and shown.value.steps == 0 and len(shown.value.agents) == COUNT
        assert drawn[-1] == [COUNT]
    finally:
        rendered.close()


@pytest.mark.filterwarnings("ignore")
def test_solara_steps_the_ecosystem_to_its_horizon_and_begins_again():
    from restaking.model import RestakingEcosystem

    terms = {"scenario": "baseline", "stakers.count": 100, "days": 2}
    shown = solara.reactive(RestakingEcosystem(**terms))
    page = SolaraViz(shown, components=[make_plot_component("lrt_supply_eth")], model_params=terms)
    _, rendered = solara.render(solara.AppLayout(children=[page]), handle_error=False)
    try:
        first = shown.value
        for _ in range(4):
            button(rendered, "Step").click()
        assert (first.steps, first.day, first.running) == (2, 2, False)
        button(rendered, "Reset").click()
        assert shown.value is not first and (shown.value.day, shown.value.running) == (0, True)
        assert shown.value.scenario == first.scenario
    finally:
        rendered.close()
