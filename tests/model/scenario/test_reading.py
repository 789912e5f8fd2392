"""Files within bounds: text, TOML and JSON that nothing behind has to fear."""

import json
import os
from pathlib import Path

import pytest

from restaking.experiments.designs.lookup import keys_of, value_in
from restaking.model.scenario import Scenario, ScenarioError, find_parameter, load_scenario
from restaking.model.scenario.loading import MOST_EXTENDED, read_resolved
from restaking.model.scenario.reading import DEEPEST, LARGEST_FILE, parse_json, parse_toml, read_text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("days = " + "9" * 5_000, "a number in line 1 has too many digits; allowed are 300"),
        ("\n\ndays = " + "9" * 5_000, "a number in line 3"),
        ("days = 0x" + "f" * 5_000, "days: a number of about 6,0"),
        ("days = " + "9" * 301, "days: a number of about 30"),
        ("a" + ".a" * 20_000 + " = 1", "nested too deeply"),
        ("x = " + "[" * 5_000, "nested too deeply"),
        ("x = ", "is not valid TOML"),
    ],
)
def test_toml_out_of_bounds(text: str, problem: str) -> None:
    with pytest.raises(ScenarioError, match=problem) as refused:
        parse_toml(text, "m.toml")
    assert str(refused.value).startswith("m.toml: ") and len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("9" * 5_000, "too many digits"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' * 40 + "1" + "}" * 40, f"allowed are {DEEPEST} levels"),
        ("{", "is not valid JSON"),
    ],
)
def test_json_out_of_bounds(text: str, problem: str) -> None:
    with pytest.raises(ScenarioError, match=problem):
        parse_json(text, "d.json")


def test_numbers_that_fit_are_read() -> None:
    assert parse_toml(f"a = {2**63 - 1}\nb = {10**299}\n", "m.toml")["b"] == 10**299


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_files_without_end() -> None:
    with pytest.raises(ScenarioError, match=f"more than {LARGEST_FILE // 2**20} MB"):
        read_text(Path("/dev/zero"), what="scenario")


def test_chains_of_files_end(tmp_path: Path) -> None:
    for number in range(3_000):
        (tmp_path / f"s{number}.toml").write_text(f'extends = "s{number + 1}.toml"')
    with pytest.raises(ScenarioError, match=f"extends more than {MOST_EXTENDED} files in a row"):
        load_scenario(tmp_path / "s0.toml")
    (tmp_path / f"s{MOST_EXTENDED}.toml").write_text("days = 7")
    assert load_scenario(tmp_path / "s0.toml").days == 7


def test_a_crowd_of_unknown_keys_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text("\n".join(f"key{number} = 1" for number in range(100_000)))
    with pytest.raises(ScenarioError, match=r"key0: unknown key; .*and 99999 more: key1, key2, key3, \.\.\."):
        load_scenario(path)
    path.write_text("\n".join(f"[lrt.a{number}]" for number in range(50_000)))
    with pytest.raises(ScenarioError, match="has 50,000 entities"):
        load_scenario(path)


@pytest.mark.parametrize(
    "text", ['"stakers.count" = 50', '[stakers]\n"archetypes.retail.title" = "x"', '[lrt.a]\n"token.id" = "X"']
)
def test_quoted_dotted_keys(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match="write it without quotation marks"):
        load_scenario(path)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_link_extends_beside_its_target(tmp_path: Path) -> None:
    for folder in ("real", "link", "deep/er"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "base.toml").write_text("days = 9")
    (tmp_path / "link" / "base.toml").write_text("days = 1")
    (tmp_path / "real" / "child.toml").write_text('extends = "../base.toml"')
    (tmp_path / "deep" / "er" / "c.toml").symlink_to(tmp_path / "real" / "child.toml")
    assert load_scenario(tmp_path / "deep" / "er" / "c.toml").days == 9


def test_no_number_takes_a_switch_or_a_text() -> None:
    """True is not 1, "5" is not 5 and 5.0 is no whole number, wherever a parameter is a number."""
    scenario = load_scenario("season-2024")
    for key in keys_of(scenario):
        info = find_parameter(key)
        if info is None or info.type.removesuffix(" or none") not in ("number", "whole number", "day"):
            continue
        odd = [True, False, "5", [5]] + ([5.0] if info.type.removesuffix(" or none") != "number" else [])
        for value in odd:
            with pytest.raises(ScenarioError, match="must be"):
                scenario.with_overrides({key: value})
            assert value_in(scenario, key) is not value


def test_resolved_scenarios_are_refused_in_a_sentence() -> None:
    content = load_scenario("baseline").to_dict()
    assert read_resolved(json.loads(json.dumps(content)), "x") == load_scenario("baseline")
    for broken in (None, [], {**content, "days": "x"}, {**content, "lrt": [[]]}, {**content, "seed": 10**400}):
        with pytest.raises(ScenarioError, match=r"^manifest\.json: "):
            read_resolved(broken, "manifest.json")


def test_bounds_of_whole_numbers_are_exact() -> None:
    info = find_parameter("seed")
    assert info is not None and info.high == 2**63 - 1
    with pytest.raises(ScenarioError, match=f"between 0 and {2**63 - 1}"):
        load_scenario("baseline", {"seed": 2**63})
    assert Scenario(seed=2**63 - 1).seed == 2**63 - 1
