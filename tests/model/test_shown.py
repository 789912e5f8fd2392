"""How things show themselves: one line, and HTML in which no name can do anything."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

import restaking
from restaking.agents import Staker
from restaking.experiments.runner import sweep
from restaking.model import RestakingEcosystem, load_scenario
from restaking.model.shown import counted, html_table, named, readable

SMALL = {"stakers.count": 100, "days": 3}
EVIL = "<script>alert('&\"')</script>"


class Tags(HTMLParser):
    """Tags and texts of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(thing: object, *words: str) -> None:
    """The line is short and no address in memory; the HTML is whole and says the words."""
    assert repr(thing).startswith("<") and len(repr(thing)) < 120 and " at 0x" not in repr(thing)
    html = Tags(thing._repr_html_())
    assert html.tags == {"table", "caption", "b", "tbody", "tr", "th", "td"} and not html.open
    for word in words:
        assert word in html.text, html.text


@pytest.fixture(scope="module")
def model():
    with RestakingEcosystem("season-2024", seed=5, **SMALL) as made:
        made.run(2)
        yield made


def test_a_model(model: RestakingEcosystem) -> None:
    assert repr(model) == "<RestakingEcosystem season-2024, seed 5, day 2 of 3, 100 stakers>"
    checked(model, "season-2024", "2 of 3", "etherfi")


def test_a_model_that_is_closed_still_shows_itself() -> None:
    with RestakingEcosystem("baseline", **SMALL) as model:
        pass
    checked(model, "baseline")


def test_every_kind_of_agent(model: RestakingEcosystem) -> None:
    assert {type(agent).__name__ for agent in model.agents} >= {"LRTProtocol", "Arbitrageur"}
    for kind in model.agent_types:
        agent = model.agents_by_type[kind][0]
        checked(agent, kind.__name__, str(agent.unique_id))
    checked(model.stakers.view(0), "core_shares")


def test_sets_and_populations(model: RestakingEcosystem) -> None:
    checked(model.stakers, "Population of 100 Staker", "core_shares")
    checked(model.stakers.agents.select(lambda staker: staker.unique_id % 2), "PopulationSet of 50 Staker")
    checked(model.agents, "Roster of", "LRTProtocol")
    checked(model.agents.select(agent_type=(Staker, restaking.agents.LRTProtocol)), "Staker")


def test_a_scenario() -> None:
    scenario = load_scenario("baseline", {"days": 7, "stakers.count": 10})
    assert repr(scenario) == str(scenario)
    assert repr(scenario).startswith("<Scenario baseline, 7 days from 2024-01-01, 10 stakers, ")
    checked(scenario, "baseline", "operators")


def test_results(tmp_path: Path) -> None:
    design = {
        "name": "small",
        "scenario": "baseline",
        "days": 3,
        "stakers": 50,
        "design": {"kind": "grid"},
        "axes": {"campaigns.airdrop_share": [0.02]},
    }
    results = sweep(design, out=tmp_path / "<b>s", workers=1, progress=False)
    checked(results, "<b>s", "complete")


def test_a_run_with_a_folder_of_any_name(tmp_path: Path) -> None:
    run = restaking.run("baseline", days=2, stakers=50, out=tmp_path / "<i>r&", figures=False, progress=False)
    checked(run, "<i>r&", "Supply of liquid restaking tokens, ETH")
    assert "<i>" not in run._repr_html_()


@pytest.mark.parametrize("facts", [{"a": EVIL}, {EVIL: 1}, {"a": Path(EVIL)}])
def test_names_are_text(facts: dict[str, object]) -> None:
    for html in (html_table("t", facts), html_table(EVIL, facts)):
        assert "<script" not in html and "'" not in html.replace("style='", "")
        assert EVIL in Tags(html).text


def test_values_as_people_read_them() -> None:
    assert [readable(value) for value in (True, 12345, 0.12345678, 1234567.8, "x")] == [
        "yes",
        "12,345",
        "0.123457",
        "1.23457e+06",
        "x",
    ]
    assert (counted(1, "LRT"), counted(2000, "LRT"), named([])) == ("1 LRT", "2,000 LRTs", "none")
    assert named(map(str, range(14))).endswith("11 and 2 more")
    assert "none" not in html_table("t", {"title": None})


def test_a_missing_number_is_a_dash() -> None:
    assert [readable(value) for value in (float("nan"), float("inf"), 0.0)] == ["–", "–", "0"]
