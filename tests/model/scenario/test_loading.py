"""Scenario files: extends, removal, overrides, and one clear message for everything that can be wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from restaking.model.scenario import Scenario, ScenarioError, load_scenario, shipped_scenarios
from restaking.model.scenario.loading import parse_settings

BASE = """
title = "Base"
[lst.steth]
initial_share = 0.5
[lst.reth]
[lrt.renzo]
initial_eth = 72e3
accepts = ["steth", "reth"]
[lrt.kelp]
fee = 0.12
[lrt.kelp.token]
supply = 5e9
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def _write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    _write("base.toml", BASE)
    return _write


def failure(name: str | Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(name)
    return str(caught.value)


def test_a_file_is_named_after_itself(write: Write) -> None:
    assert load_scenario("base.toml").name == "base"
    write("named.toml", 'name = "other"')
    assert load_scenario("named.toml").name == "other"


def test_extends_merges_tables_and_replaces_lists(write: Write) -> None:
    write("child.toml", 'extends = "base.toml"\n[lrt.renzo]\naccepts = ["reth"]\n[lrt.kelp.token]\nbuyers_budget = 0.2')
    child = load_scenario("child.toml")
    assert child.lrt["renzo"].accepts == ("reth",)
    assert child.lrt["renzo"].initial_eth == 72e3
    assert child.lrt["kelp"].fee == 0.12
    assert (child.lrt["kelp"].token.supply, child.lrt["kelp"].token.buyers_budget) == (5e9, 0.2)
    assert (child.name, child.title) == ("child", "")


def test_extends_is_relative_to_the_file(write: Write) -> None:
    write("deep/er/child.toml", 'extends = "../mother.toml"\ndays = 20')
    write("deep/mother.toml", 'extends = "../base.toml"\ndays = 30\nseed = 9')
    child = load_scenario("deep/er/child.toml")
    assert (child.days, child.seed, list(child.lrt)) == (20, 9, ["renzo", "kelp"])


def test_remove_drops_entities(write: Write) -> None:
    write("child.toml", 'extends = "base.toml"\n[lrt.renzo]\nremove = true\n[lrt.kelp]\nremove = false\n[lrt.new]\n')
    assert list(load_scenario("child.toml").lrt) == ["kelp", "new"]


def test_default_archetypes_are_changed_and_dropped(write: Write) -> None:
    write(
        "few.toml",
        "[stakers.archetypes.fund]\nremove = true\n"
        "[stakers.archetypes.retail]\npopulation_share = 0.64\nwealth_share = 0.37",
    )
    archetypes = load_scenario("few.toml").stakers.archetypes
    assert list(archetypes) == ["retail", "advanced", "farmer", "treasury", "institution"]
    assert archetypes["retail"].idle_factor == 1.5


def test_toml_dates_and_iso_texts_are_the_same(write: Write) -> None:
    write("one.toml", 'name = "x"\nstart_date = 2024-02-01\n[lrt.a]\nlaunch_day = 2024-03-01')
    write("two.toml", 'name = "x"\nstart_date = "2024-02-01"\n[lrt.a]\nlaunch_day = "2024-03-01"')
    assert load_scenario("one.toml") == load_scenario("two.toml")
    assert load_scenario("one.toml").day_of(load_scenario("one.toml").lrt["a"].launch_day) == 29


def test_a_scenario_passes_through(write: Write) -> None:
    base = load_scenario("base.toml")
    assert load_scenario(base) is base
    assert load_scenario(base, {"days": 3}).days == 3


def test_every_shipped_scenario_loads_and_round_trips(tmp_path: Path) -> None:
    for name in shipped_scenarios():
        scenario = load_scenario(name)
        assert scenario.name == name
        path = tmp_path / f"{name}.toml"
        path.write_text(scenario.to_toml(), encoding="utf-8")
        assert load_scenario(path).content_hash() == scenario.content_hash()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[stakers]\ncuont = 5", ["file.toml: stakers.cuont: unknown key", "nearest valid name: stakers.count"]),
        ("[lrt.a.token]\nsuply = 5", ["lrt.a.token.suply: unknown key", "lrt.a.token.supply"]),
        ("[lrt.a]\nattention = 5", ["lrt.a.attention: unknown key", "nearest valid name: stakers.attention"]),
        ("[lrt.a]\n[[lrt.a.seasons]]\nstart=0\nend=9\nclaim=9\nshare=.1", ["is not valid TOML", "line 6"]),
        ("[[lrt.a.seasons]]\nstart=0\nend=9\nclaim=9", ["lrt.a.seasons.0.share is missing", "between 0 and 1"]),
        ("[[lrt.a.seasons]]\nstart=0\nend=9\nclaim=9\nshare=0.1\nx=1", ["lrt.a.seasons.0.x: unknown key"]),
        ("days = 3.5", ["days = 3.5 must be a whole number between 1 and 3650"]),
        ("days = true", ["days = true must be a whole number"]),
        ("[stakers]\nattention = '0.1'", ['attention = "0.1" must be a number between 0 and 1 (1/day)']),
        ("[lrt.a]\nfee = 1.2", ["lrt.a.fee = 1.2 must be a number between 0 and 1 (fraction)"]),
        ("[lrt.a]\nfee = nan", ["lrt.a.fee = nan must be finite"]),
        ("[stakers]\ntotal_eth = inf", ["stakers.total_eth = inf must be finite"]),
        ("[lrt.a]\nlaunch_day = '2024-02-30'", ['launch_day = "2024-02-30" must be a', "calendar"]),
        ("[lrt.a]\nlaunch_day = 2024-02-01T10:00:00", ["lrt.a.launch_day", "must be a"]),
        ("[lrt.a]\nlaunch_day = 20240201", ["at most 36500 days away"]),
        ("start_date = 5", ["start_date = 5 must be a date"]),
        ("start_date = '1999-01-01'", ["between 2000-01-01 and 2100-01-01"]),
        ("[lrt.a]\ncustody = 'delegate'", ["one of non_custodial, delegated, custodial", "nearest: delegated"]),
        ("[lrt.a]\naccepts = 'steth'", ["lrt.a.accepts", "must be a list of texts"]),
        ("lrt = 5", ["lrt = 5 must be a table"]),
        ("[lrt]\na = 5", ["lrt.a = 5 must be a table with keys such as"]),
        ("stakers = [1]", ["stakers = [1] must be a table"]),
        ("[lrt.a]\nremove = 1", ["lrt.a.remove = 1 must be true or false"]),
        ("[lrt.a]\nremove = true", ["lrt.a cannot be removed: there is none"]),
        ("extends = 5", ["extends = 5 must be a text"]),
        ("extends = 'nothing.toml'", ["extends", "nothing.toml", "no such file"]),
        ("extends = 'no-such-scenario'", ["extends", "there is no scenario 'no-such-scenario'"]),
        ("extends = 'file.toml'", ["circle", "file.toml -> file.toml"]),
        ("days = 1\ndays = 2", ["is not valid TOML"]),
        ("days = ", ["is not valid TOML", "line 1"]),
        ("a = " + "[" * 3000, ["is not valid TOML"]),
        ("[stakers]\ncuont = 5\nattentoin = 1\n[lrt.a]\nfee = 9", ["(and 2 more: "]),
    ],
)
def test_what_is_wrong_with_a_file(write: Write, text: str, parts: list[str]) -> None:
    write("file.toml", text)
    message = failure("file.toml")
    assert "\n" not in message
    for part in ["file.toml", *parts]:
        assert part in message


def test_the_file_that_holds_the_value_is_named(write: Write) -> None:
    write("mother.toml", 'extends = "base.toml"\n[lrt.kelp]\nfee = 7')
    write("child.toml", 'extends = "mother.toml"\n[lrt.kelp]\naudits = 1')
    assert failure("child.toml").startswith("mother.toml (extended by child.toml): lrt.kelp.fee = 7")
    write("child.toml", 'extends = "base.toml"\n[lst.reth]\nremove = true')
    assert "accepts.1" in failure("child.toml") and "extended by child.toml" in failure("child.toml")


def test_a_circle_names_all_its_files(write: Write) -> None:
    for name, parent in (("a", "b"), ("b", "c"), ("c", "a")):
        write(f"{name}.toml", f'extends = "{parent}.toml"')
    assert "a.toml -> b.toml -> c.toml -> a.toml" in failure("a.toml")


def test_files_that_cannot_be_read(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "latin.toml").write_bytes(b'days = 3\ntitle = "caf\xe9"')
    assert "latin.toml: is not UTF-8 text (byte 0xe9 in line 2)" in failure("latin.toml")
    assert "no such file; nearest file: base.toml" in failure("bsae.toml")
    assert "is a directory" in failure(tmp_path)
    assert "embedded null byte" in failure("nul\0l.toml")
    assert "there is no scenario ''" in failure("")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read" in failure("base.toml")


def test_a_byte_order_mark_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbfdays = 3")
    assert load_scenario(path).days == 3


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("days=3", 3),
        (" days = 3 ", 3),
        ("a=0.5", 0.5),
        ("a=.5", 0.5),
        ("a=-.5e1", -5.0),
        ("a=true", True),
        ("a=[1, 2]", [1, 2]),
        ('a="x=y"', "x=y"),
        ("a=x=y", "x=y"),
        ("a=two words", "two words"),
        ("a=", ""),
        ("a=1\nb=2", "1\nb=2"),
        ("a={b=1}", {"b": 1}),
    ],
)
def test_settings(setting: str, value: object) -> None:
    assert list(parse_settings([setting]).values()) == [value]


def test_inline_tables_are_merged(write: Write) -> None:
    base = load_scenario("base.toml")
    changed = base.with_overrides(parse_settings(["lrt.kelp={fee=0.2, token={supply=2e9}}", "stakers={count=50}"]))
    assert (changed.lrt["kelp"].fee, changed.lrt["kelp"].token.supply) == (0.2, 2e9)
    assert changed.stakers.attention == base.stakers.attention
    with pytest.raises(ScenarioError, match=r"lrt.kelp.fee is given twice"):
        base.with_overrides({"lrt.kelp": {"fee": 0.2}, "lrt.kelp.fee": 0.3})


def test_overrides_never_create(write: Write) -> None:
    base = load_scenario("base.toml")
    for key in ("lrt.puffer.fee", "lrt.puffer", "lst.x.fee", "stakers.archetypes.whale.title", "avs.a.count"):
        with pytest.raises(ScenarioError, match="an override does not create one"):
            base.with_overrides({key: 1})
    assert list(base.with_overrides({"lrt.renzo.remove": True}).lrt) == ["kelp"]
    assert base.with_overrides({"lrt.renzo.remove": False}) == base


def test_default_scenario_is_valid() -> None:
    assert Scenario().venues == ("idle", "solo", "native", "lst_restaking")
