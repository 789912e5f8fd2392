"""One rule for names, and what is said after one that does not exist."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model.scenario import Scenario, ScenarioError, load_scenario, shipped_scenarios
from restaking.model.scenario.naming import ID, LONGEST_NAME, NAME, line_problem, name_from, nearest, prose_problem

GOOD = ["a", "A1", "airdrop-size", "x.y_z-1", "1inch", "a" * LONGEST_NAME]
BAD = [
    "",
    ".",
    "..",
    ".a",
    "-a",
    "_a",
    "a/b",
    "a\\b",
    "../a",
    "/a",
    "a b",
    "a\n",
    "é",
    "a\0",
    "\x1b[2J",
    "a" * 101,
    "~",
]


@pytest.mark.parametrize("name", GOOD)
def test_names(name: str) -> None:
    assert NAME.allows(name)


@pytest.mark.parametrize("name", BAD)
def test_no_names(name: str) -> None:
    assert not NAME.allows(name) and not ID.allows(name)


def test_ids_are_parts_of_keys() -> None:
    assert ID.allows("ether-fi_2") and not ID.allows("a.b") and not ID.allows("1inch") and not ID.allows(None)


@given(st.text())
def test_any_text_makes_a_name(text: str) -> None:
    assert NAME.allows(name_from(text, "scenario"))
    if NAME.allows(text) and text[-1:] != "-":
        assert name_from(text, "scenario") == text


def test_names_of_files_keep_what_they_can() -> None:
    assert name_from("ch ild", "x") == "ch-ild"
    assert name_from("ünï", "x") == "uni"
    assert name_from("日本", "x") == "x"


@pytest.mark.parametrize("name", [name for name in BAD if name])
@pytest.mark.parametrize(
    ("key", "rule"),
    [("name", NAME), ("lrt.alpha.token.id", NAME), ("restaking.token.id", NAME)],
)
def test_scenarios_say_the_rule(key: str, rule: object, name: str) -> None:
    with pytest.raises(ScenarioError, match="must be a word of letters, digits") as refused:
        load_scenario("baseline", {key: name})
    assert refused.value.key == key and str(refused.value).count("\n") == 0


@pytest.mark.parametrize("name", [name for name in BAD if name])
@pytest.mark.parametrize("kind", ["lst", "lrt", "avs", "stakers.archetypes"])
def test_ids_say_the_rule(kind: str, name: str) -> None:
    document = load_scenario("baseline").to_dict()
    table = document["stakers"]["archetypes"] if "." in kind else document[kind]
    first = next(iter(table.values()))
    table[name] = {**first, "wealth_share": 0.0, "population_share": 0.0} if "." in kind else {**first}
    with pytest.raises(ValueError, match="an id must be a word of letters, digits"):
        Scenario.model_validate(document)


@pytest.mark.parametrize(
    "key", ["title", "lrt.alpha.title", "lst.large.title", "stakers.archetypes.retail.title", "operators.names"]
)
def test_titles_are_lines_that_no_terminal_obeys(key: str) -> None:
    for text in ("a\x1b[2J", "a\nb", "a\u202eb", "x" * 301):
        with pytest.raises(ScenarioError, match="one line"):
            load_scenario("baseline", {key: [text] if key == "operators.names" else text})
    kept = "Scénario ≥ 2 日本 [red] 👩‍👩‍👧"
    load_scenario("baseline", {key: [kept] if key == "operators.names" else kept})


def test_descriptions_have_lines() -> None:
    assert load_scenario("baseline", {"description": "two\n\tlines"}).description == "two\n\tlines"
    with pytest.raises(ScenarioError, match="without control characters"):
        load_scenario("baseline", {"description": "\x1b[2J"})
    assert line_problem("a\tb") and not prose_problem("a\tb")


def test_shipped_scenarios_keep_the_rule() -> None:
    assert all(NAME.allows(load_scenario(name).name) for name in shipped_scenarios())


def test_long_words_are_nobodys_misspelling() -> None:
    began = time.process_time()
    assert nearest("x" * 1_000_000, ["stakers"] * 1_000) is None
    assert time.process_time() - began < 0.5
