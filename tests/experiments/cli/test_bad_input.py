"""Bad input to the command line: exit code 2, one message on standard error, no traceback."""

from pathlib import Path

import pytest

from restaking.experiments.cli._common import load_or_exit
from restaking.experiments.cli.main import main

SCENARIO = """
[lst.steth]
initial_share = 0.5
[lrt.renzo]
accepts = ["steth"]
[[lrt.renzo.seasons]]
start = 0
end = 50
claim = 60
share = 0.05
[lrt.kelp]
"""

SETTINGS = [
    ("stakers.cuont=5", "stakers.cuont: unknown key; nearest valid name: stakers.count"),
    ("foo=1", "foo: unknown key"),
    ("campaign.season_days=3", "nearest valid name: campaigns"),
    ("lrt.renzo.fees=0.1", "nearest valid name: lrt.renzo.fee"),
    ("lrt.renzoo.fee=0.1", "nearest valid name: renzo"),
    ("lrt.puffer.fee=0.1", "an override does not create one"),
    ("lrt..fee=0.1", "there is no"),
    ("stakers.count.x=1", "stakers.count is a value, not a table"),
    ("stakers.count=many", 'stakers.count = "many" must be a whole number between 10 and'),
    ("stakers.count=10.5", "must be a whole number"),
    ("stakers.count=true", "must be a whole number"),
    ("stakers.count=-1", "stakers.count = -1 must be"),
    ("stakers.count=", 'stakers.count = "" must be a whole number'),
    ("stakers.attention=nan", "must be finite"),
    ("stakers.attention=-inf", "must be finite"),
    ("stakers.attention='0.1'", "must be a number between 0 and 1 (1/day)"),
    ("stakers.attention=0,1", "must be a number"),
    ("stakers.total_eth=1e400", "must be finite"),
    ("stakers=3", "must be a table"),
    ("arbitrage.enabled=yes", "must be true or false"),
    ("restaking.stake_mode=pool", "nearest: pooled"),
    ("start_date=2024-02-30", "exists in the calendar"),
    ("start_date=2024", "must be a date"),
    ("lrt.renzo.launch_day=soon", "must be a date"),
    ("lrt.renzo.launch_day=1.5", "must be a whole number of days since start_date or a date"),
    ("lrt.renzo.launch_day=2024-06-31", "exists in the calendar"),
    ("lrt.renzo.seasons.1.share=0.1", "has items 0 to 0"),
    ("lrt.kelp.seasons.0.share=0.1", "is a value, not a table"),
    ("lrt.renzo.seasons.0.end=-5", "before it starts"),
    ("lrt.renzo.seasons=[{start=0}]", "is missing"),
    ("lrt.renzo.accepts=[steth]", "is not a TOML value"),
    ("lrt.renzo.accepts=['seth']", "nearest valid name: steth"),
    ("arbitrage.patient_multiples=[1, 2", "is not a TOML value"),
    ("arbitrage.patient_multiples=[1, 2]", "3 weights for 2 tiers"),
    ("arbitrage.patient_multiples=[1, 'x', 3]", "patient_multiples.1"),
    ("stakers.archetypes.retail.wealth_share=0.9", "must sum to 1"),
    ("stakers.archetypes.whale.wealth_share=0.9", "valid names: retail"),
    ("lrt.renzo.initial_eth=9e7", "more than the 29,145,000 ETH"),
    ("markets.side_pools=[0.1, -2]", "markets.side_pools"),
    ("stakers.decision_noise=0", "stakers.decision_noise"),
    ("campaigns.sale_spread=0", "campaigns.sale_spread"),
    ("seed=-1", "seed = -1 must be"),
    ("seed", "must read KEY=VALUE"),
    ("=3", "must read KEY=VALUE"),
    ("lst.steth.remove=true", "there is no LST 'steth'"),
    ("lrt.renzo.remove=perhaps", "must be true or false"),
    ('title="open', "is not a TOML value"),
]

FILES = [
    ("days = ", "is not valid TOML"),
    ("days = 1\ndays = 2", "is not valid TOML"),
    ("[stakers]\ncuont = 1", "scenario.toml: stakers.cuont: unknown key"),
    ("extends = 'scenario.toml'", "extends in a circle"),
    ("extends = 'missing.toml'", "no such file"),
    ("extends = ['a']", "must be a text"),
    ("[lrt.a]\nremove = true", "cannot be removed"),
]


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    return "scenario.toml"


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("restaking: ")
    assert captured.err.count("\n") == 1 and captured.err.endswith("\n"), "one message, one line"
    assert "Traceback" not in captured.err
    return captured.err


@pytest.mark.parametrize(("setting", "message"), SETTINGS, ids=[setting for setting, _ in SETTINGS])
def test_settings(scenario: str, capsys: pytest.CaptureFixture[str], setting: str, message: str) -> None:
    error = refused(["run", scenario, "--set", setting], capsys)
    assert error.startswith("restaking: --set: ")
    assert message in error


def test_more_than_the_stakers_may_restake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setting = ["--set", "lrt.exet.initial_eth=2.6e7", "--stakers", "200", "--out", str(tmp_path / "r")]
    error = refused(["run", "depeg-2024", *setting], capsys)
    assert error.startswith("restaking: lrt.exet.initial_eth: restaking venues begin with")
    assert "stakers.total_eth" in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("text", "message"), FILES, ids=[text for text, _ in FILES])
def test_files(scenario: str, capsys: pytest.CaptureFixture[str], text: str, message: str) -> None:
    Path(scenario).write_text(text, encoding="utf-8")
    assert message in refused(["run", scenario], capsys)


def test_files_that_are_none(scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "latin.toml").write_bytes(b"title = '\xff'")
    assert "is not UTF-8" in refused(["run", "latin.toml"], capsys)
    assert "no such file; nearest file: scenario.toml" in refused(["run", "scenarios.toml"], capsys)
    assert "is a directory" in refused(["run", str(tmp_path)], capsys)
    assert "nearest valid name: baseline" in refused(["run", "baselin"], capsys)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--days", "0"], "--days: days = 0 must be a whole number between 1 and 3650 (days)"),
        (["--days", "5000"], "--days: days = 5000 must be"),
        (["--stakers", "3"], "--stakers: stakers.count = 3 must be"),
        (["--seed", "-4"], "--seed: seed = -4 must be"),
        (["--days", "three"], "--days"),
        (["--days", "3", "--set", "days=4"], "--days: days is given twice (also by --set)"),
        (["--set", "days=4", "--set", "days=4"], "--set: days is given twice"),
        (["--set", "stakers={count=20}", "--set", "stakers.count=20"], "stakers.count is given twice"),
        (["--sed", "4"], "--sed"),
        (["--set"], "--set"),
        (["another"], "another"),
    ],
)
def test_options(scenario: str, capsys: pytest.CaptureFixture[str], options: list[str], message: str) -> None:
    assert message in refused(["run", scenario, *options], capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lst"], "there is no command 'lst'; nearest: list"),
        (["frobnicate"], "commands: run, "),
        (["--frobnicate"], "--frobnicate"),
        (["list"], "subject"),
        (["list", "scenario"], "scenario"),
        (["list", "scenarios", "--schema"], "--schema goes with parameters"),
        (["explain"], "name"),
        (["explain", "days", "--scenario", "nothing-like-it"], "there is no scenario 'nothing-like-it'"),
    ],
)
def test_words(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert message in refused(arguments, capsys)


def test_options_replace_keys(scenario: str) -> None:
    loaded = load_or_exit(scenario, ["lrt.kelp.fee=0.2", "title=two words"], seed=5, days=30, stakers=200)
    assert (loaded.seed, loaded.days, loaded.stakers.count) == (5, 30, 200)
    assert (loaded.lrt["kelp"].fee, loaded.title, loaded.name) == (0.2, "two words", "scenario")
    assert load_or_exit(scenario).days == 365
