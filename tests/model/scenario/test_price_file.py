"""Price files: read once, beside the file that names them, and part of what a scenario is known by."""

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.experiments.designs import DesignError, load_design
from restaking.experiments.forking import fork
from restaking.experiments.run import run_scenario
from restaking.model.scenario import Scenario, ScenarioError, load_scenario
from restaking.model.scenario.price_file import read_closes
from restaking.model.scenario.price_table import PriceFileError

SMALL = 'days = 6\n[stakers]\ncount = 20\n[ether_price]\npath = "csv"\nfile = "eth.csv"\n'


def lines(count: int, first: float = 2_000.0, start: str = "2024-01-01") -> list[str]:
    day = datetime.date.fromisoformat(start)
    return [f"{day + datetime.timedelta(days=number)},{first + number}" for number in range(count)]


def write(folder: Path, rows: list[str], *, name: str = "eth.csv", header: str = "date,usd") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario and its prices in a folder that is not the working one."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    write(tmp_path / "study", lines(20))
    path = tmp_path / "study" / "m.toml"
    path.write_text(SMALL)
    return path


def test_the_file_stands_beside_the_one_that_names_it(scenario: Path, tmp_path: Path) -> None:
    assert load_scenario(scenario).ether_price.closes_usd[:2] == (2_000.0, 2_001.0)
    child = tmp_path / "child.toml"
    child.write_text('extends = "study/m.toml"')
    assert load_scenario(child).ether_price.closes_usd[0] == 2_000.0
    child.write_text('extends = "study/m.toml"\n[ether_price]\nfile = "mine.csv"')
    write(tmp_path, lines(20, 50.0), name="mine.csv")
    assert load_scenario(child).ether_price.closes_usd[0] == 50.0, "the closes of the file below are forgotten"
    write(Path(), lines(20, 70.0), name="here.csv")
    found = load_scenario(scenario, {"ether_price.file": "here.csv"})
    assert (found.ether_price.closes_usd[0], found.ether_price.file) == (70.0, "here.csv")


def test_content_counts_and_the_name_does_not(scenario: Path) -> None:
    before = load_scenario(scenario)
    copy = write(scenario.parent, lines(20), name="copy.csv")
    assert load_scenario(scenario, {"ether_price.file": str(copy)}).content_hash() == before.content_hash()
    write(scenario.parent, [*lines(19), lines(20)[-1] + "1"])
    assert load_scenario(scenario).content_hash() != before.content_hash()


def test_scenarios_without_a_file_say_nothing_of_one() -> None:
    assert "closes_usd" not in load_scenario("baseline").to_dict()["ether_price"]
    assert "closes" not in load_scenario("baseline").to_toml()


def test_the_resolved_scenario_needs_the_file_no_more(scenario: Path) -> None:
    resolved = load_scenario(scenario)
    (scenario.parent / "eth.csv").unlink()
    text = scenario.with_name("resolved.toml")
    text.write_text(resolved.to_toml(), encoding="utf-8")
    assert load_scenario(text) == resolved
    assert Scenario.model_validate(json.loads(json.dumps(resolved.to_dict()))) == resolved
    assert resolved.with_overrides({"days": 5}).ether_price == resolved.ether_price
    with pytest.raises(ScenarioError, match="there is no such file"):
        load_scenario(scenario)


def test_a_run_notices_another_file_and_outlives_its_own(scenario: Path, tmp_path: Path) -> None:
    run = run_scenario(str(scenario), out=tmp_path / "run", figures=False, progress=False)
    assert run.daily["eth_usd"].tolist()[:2] == [2_000.0, 2_001.0]
    write(scenario.parent, lines(20, 100.0))
    with pytest.raises(ValueError, match="holds another run"):
        run_scenario(str(scenario), out=tmp_path / "run", figures=False, progress=False)
    other = write(tmp_path, lines(20, 500.0), name="other.csv")
    (scenario.parent / "eth.csv").unlink()
    branch = fork(run, 3, {"ether_price.file": str(other)}, out=tmp_path / "fork", figures=False)
    other.unlink()
    again = fork(branch, 4, {"ether_price.crash_day": 4, "ether_price.crash_size": 0.5})
    assert again.daily["eth_usd"].tolist()[2] == 2_002.0


def test_a_design_is_checked_before_it_starts(scenario: Path, tmp_path: Path) -> None:
    text = 'name = "d"\nscenario = "m.toml"\ndays = {days}\n[design]\nkind = "grid"\n[axes]\n{axis} = {values}\n'
    design = scenario.with_name("d.toml")
    axis = {"axis": '"lending.ltv"', "values": "[0.5, 0.6]"}
    design.write_text(text.format(days=6, **axis))
    loaded = load_design(design)
    assert loaded.scenario.ether_price.closes_usd[0] == 2_000.0
    design.write_text(text.format(days=30, **axis))
    with pytest.raises(
        DesignError, match="covers 2024-01-01 to 2024-01-20, but the run needs 2024-01-01 to 2024-01-31"
    ):
        load_design(design)
    design.write_text(text.format(days=6, axis='"ether_price.file"', values='["a.csv", "b.csv"]'))
    with pytest.raises(DesignError, match="is a file"):
        load_design(design)
    (scenario.parent / "eth.csv").unlink()
    content = loaded.to_mapping()
    assert load_design(json.loads(json.dumps(content))).content_hash() == loaded.content_hash()
    design.write_text(text.format(days=6, **axis))
    with pytest.raises(DesignError, match="there is no such file"):
        load_design(design)


def test_what_is_not_read_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r'file = "\.\./\.\./x": is read when .* = "csv" only; here it'):
        load_scenario("baseline", {"ether_price.file": "../../x"})
    with pytest.raises(ScenarioError, match="closes_usd"):
        load_scenario("baseline", {"ether_price.closes_usd": [1.0]})
    csv = {"ether_price.path": "csv", "ether_price.closes_usd": [5.0] * 400}
    with pytest.raises(ScenarioError, match="closes_from: is missing"):
        load_scenario("baseline", csv)
    given = load_scenario("baseline", {**csv, "ether_price.closes_from": "2024-01-01"})
    assert given.with_overrides({"ether_price.path": "flat"}).ether_price.closes_usd == ()
    with pytest.raises(ScenarioError, match=r"closes_usd\.1 = -1\.0: must be a price above 0"):
        load_scenario(
            "baseline", {**csv, "ether_price.closes_from": "2024-01-01", "ether_price.closes_usd": [1.0, -1.0]}
        )


def test_a_byte_order_mark_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "bom.csv"
    path.write_bytes(b"\xef\xbb\xbfdate,usd\n2024-01-01,5\n")
    assert read_closes(str(path)) == ("2024-01-01", [5.0])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"prices": [[1704067200000, 2300.5]]}' * 100, "is JSON of another form"),
        ("day,amount\n2024-01-01,5", "has the columns day, amount; a date (date, "),
        ("date,close,price\n2024-01-01,5,6", "has 2 columns for the price: close, price"),
        ("date,usd\n1/2/2024,5\n1/3/2024,5", "order of day and month cannot be told, such as '1/2/2024'"),
        ("date,usd\n13/1/2024,5\n1/14/2024,5", "dates in both orders"),
        ("date,usd\n2024-01-01 01:00:00,5", "line 2: date is '2024-01-01 01:00:00', which is no midnight (UTC)"),
        ('{"prices": [[1704070800000, 5]]}', "prices[0]: time is '1704070800000', which is no midnight"),
        ("date,usd\n2024-01-01,1.234", "line 2: usd is '1.234', which may be 1.234 or 1234"),
        ("date;usd\n2024-01-01;1234,5\n2024-01-02;1234.5", "decimal points in some rows and decimal commas"),
        ("date,usd\n2024-01-01,2,345.00", "line 2: has more values than the header has columns"),
        ("date,usd\n2024-01-01,-5", "line 2: usd is '-5', expected a price above 0"),
        ("date,usd\n2024-01-01,0", "line 2: usd is '0', expected a price above 0"),
        ("date,usd\n2024-01-01,nan", "line 2: usd is 'nan', expected a price above 0"),
        ("date,usd\n2024-01-01,1e999", "line 2: usd is '1e999', expected a price above 0"),
        ("date,usd\n2023-02-29,5", "line 2: date is '2023-02-29', expected YYYY-MM-DD"),
        ("date,usd\n", "has no rows"),
        ("", "has the columns none"),
        (",".join(f"column{number}" for number in range(1_000)), "has the columns column0"),
        ("date,usd\n20240101,5", "line 2: date is '20240101', expected YYYY-MM-DD"),
        ("date,usd\n2024-01-01", "line 2: usd is '', expected a price above 0"),
        (
            "date,usd\n2024-01-01,5\n2024-01-03,5\n2024-01-02,5",
            "2024-01-03 leave a gap of 1 day; one row per day is needed, in order",
        ),
        ("date,usd\n2024-01-01,5\n2024-01-01,5", "are the same day"),
        ("date,usd\n2024-01-01,5\n2024-01-03,5", "leave a gap of 1 day;"),
        ("date,usd\n" + '"' + "x" * 200_000, "is not CSV"),
    ],
)
def test_files_that_are_none(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(PriceFileError) as refused:
        read_closes(str(path))
    assert problem in str(refused.value) and len(str(refused.value)) < 280


PATHS = st.lists(st.integers(1, 10_000_000), min_size=14, max_size=60)


def written(cents: int, thousands: str, point: str) -> str:
    whole, part = divmod(cents, 100)
    return f"{whole:,}".replace(",", thousands) + f"{point}{part:02d}"


DIALECTS = {
    "plain": ("date,usd", lambda day, cents: f"{day},{written(cents, '', '.')}"),
    "crlf": ("date,usd\r", lambda day, cents: f"{day},{written(cents, '', '.')}\r"),
    "instant": ("time\tclose", lambda day, cents: f"{day}T00:00:00Z\t{written(cents, '', '.')}"),
    "coingecko": ("snapped_at,price,market_cap", lambda day, cents: f"{day} 00:00:00 UTC,{written(cents, '', '.')},9"),
    "etherscan": (
        '"Date(UTC)","UnixTimeStamp","Value"',
        lambda day, cents: f'"{day:%m/%d/%Y}","{(day - datetime.date(1970, 1, 1)).days * 86_400}","{cents / 100}"',
    ),
    "german": ("date;usd", lambda day, cents: f"{day:%d.%m.%Y};{written(cents, '.', ',')}"),
    "quoted": ("Date,Price,Open", lambda day, cents: f'"{day:%b %d, %Y}","${written(cents, ",", ".")}","1"'),
    "slashes": ("date,value", lambda day, cents: f"{day:%d/%m/%Y},{written(cents, '', '.')}"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("newest_first", [False, True])
@settings(max_examples=25, deadline=None)
@given(cents=PATHS)
def test_any_dialect_reads_back_to_the_same_numbers(
    tmp_path_factory: pytest.TempPathFactory, dialect: str, newest_first: bool, cents: list[int]
) -> None:
    header, row = DIALECTS[dialect]
    start = datetime.date(2024, 2, 20)
    rows = [row(start + datetime.timedelta(days=number), value) for number, value in enumerate(cents)]
    path = tmp_path_factory.mktemp("dialect") / "ether price ä.csv"
    path.write_bytes("\n".join([header, *(rows[::-1] if newest_first else rows), ""]).encode())
    assert read_closes(str(path)) == ("2024-02-20", [value / 100 for value in cents])


def test_the_chart_of_coingecko_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "market_chart.json"
    path.write_text(json.dumps({"prices": [[1704067200000, 2.413], [1704153600000, 1.234]]}))
    assert read_closes(str(path)) == ("2024-01-01", [2.413, 1.234])
