"""ETH/USD: shapes of the paths, and files that cannot be used."""

import datetime
from pathlib import Path

import numpy as np
import pytest

from restaking.experiments.data import read
from restaking.model.markets.price_paths import MONTH_ENDS, held_flat, historical_path, price_path, within_day
from restaking.model.randomness import SeedTree
from restaking.model.scenario import ScenarioError, load_scenario


def path(days: int = 60, seed: int = 1, **terms) -> np.ndarray:
    overrides = {f"ether_price.{name}": value for name, value in terms.items()}
    return price_path(load_scenario("baseline", {"days": days, **overrides}), SeedTree(seed), days)


def csv(tmp_path: Path, lines: list[str], header: str = "date,usd") -> str:
    file = tmp_path / "eth.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return str(file)


def daily(start: str, prices: list[float]) -> list[str]:
    first = datetime.date.fromisoformat(start)
    return [f"{first + datetime.timedelta(days=n)},{price}" for n, price in enumerate(prices)]


def test_flat_is_flat() -> None:
    assert np.all(path(initial_usd=2_500.0) == 2_500.0)


def test_a_crash_takes_its_part_within_its_day() -> None:
    prices = path(crash_day=10, crash_size=0.21)
    assert prices[10] == prices[0]
    assert prices[11] == pytest.approx(0.79 * prices[0])
    hours = within_day(prices, 10, 24)
    assert hours[-1] == pytest.approx(prices[11])
    assert np.all(np.diff(hours) < 0.0)
    assert within_day(prices, 20, 24) == pytest.approx(np.full(24, prices[20]))


def test_history_meets_its_month_ends() -> None:
    prices = historical_path(datetime.date(2024, 1, 1), 400)
    assert prices[30] == pytest.approx(2_281.0)
    assert prices[(datetime.date(2024, 12, 31) - datetime.date(2024, 1, 1)).days] == pytest.approx(3_331.0)
    late = historical_path(datetime.date(2026, 1, 1), 30)
    assert np.all(late == late[0])


def test_history_is_that_of_the_reference_table() -> None:
    table = read("eth_price")
    assert {str(day.date()): usd for day, usd in zip(table["date"], table["usd"], strict=True)} == {
        day: usd for day, usd in MONTH_ENDS if day >= "2024-01-31"
    }


def test_the_2024_season_ends_at_the_price_of_july_2025() -> None:
    season = load_scenario("season-2024")
    prices = price_path(season, SeedTree(1), season.days)
    assert prices[(datetime.date(2025, 7, 31) - season.date_of(0)).days] == pytest.approx(3_698.0)
    assert held_flat(season, season.days) == ""


@pytest.mark.parametrize(
    ("start", "days", "says"),
    [
        ("2025-09-01", 24, ""),
        ("2025-09-01", 25, "published prices end on 2025-09-25: 3,875 USD from then to 2025-09-26, an assumption"),
        ("2022-03-30", 2, "published prices begin on 2022-03-31: 3,280 USD until then, an assumption"),
        ("2022-03-31", 2, ""),
        ("2021-12-31", 2_000, "2022-03-31: 3,280 USD until then and end on 2025-09-25"),
    ],
)
def test_days_without_a_published_price_are_told(start: str, days: int, says: str) -> None:
    base = {"start_date": start, "days": days, "ether_price.path": "historical"}
    told = held_flat(load_scenario("baseline", base), days)
    assert says in told and bool(says) == bool(told)
    assert held_flat(load_scenario("baseline", {**base, "ether_price.path": "flat"}), days) == ""


def test_diffusion_has_the_volatility_that_it_says() -> None:
    logs = np.diff(np.log(path(3_650, path="gbm", jump_rate=0.0, volatility=0.6)))
    assert logs.std() * np.sqrt(365.0) == pytest.approx(0.6, rel=0.05)
    jumpy = np.diff(np.log(path(3_650, path="gbm", jump_rate=12.0, jump_mean=-0.2, volatility=0.6)))
    assert (jumpy - logs).min() < -0.1, "jumps come on top of the same noise"
    assert np.abs(jumpy - logs)[np.abs(jumpy - logs) < 1e-3].size > 3_000


def test_seeds_draw_other_paths() -> None:
    assert not np.array_equal(path(path="gbm"), path(path="gbm", seed=2))
    assert np.array_equal(path(path="gbm"), path(path="gbm"))


def test_a_file_is_read_day_by_day(tmp_path: Path) -> None:
    prices = [2_000.0 + 10.0 * n for n in range(70)]
    got = path(60, path="csv", file=csv(tmp_path, daily("2023-12-31", prices)))
    assert got == pytest.approx(np.array(prices[1:62]))


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (daily("2024-01-01", [2e3] * 20) + daily("2024-01-23", [2e3] * 60), "gap of 2 days"),
        (daily("2024-01-01", [2e3] * 20) + daily("2024-01-10", [2e3] * 60), "out of order"),
        (daily("2024-01-01", [2e3] * 30), "but the run needs"),
        (daily("2024-01-05", [2e3] * 90), "but the run needs"),
        (["2024-01-01,abc"], "line 2: usd is 'abc'"),
        (["2024-01-01,-5"], "expected a price above 0"),
        (["20240101,2000"], "expected YYYY-MM-DD"),
        ([], "has no rows"),
    ],
)
def test_files_with_holes_are_refused(tmp_path: Path, lines: list[str], problem: str) -> None:
    with pytest.raises(ScenarioError, match=problem) as refused:
        path(60, path="csv", file=csv(tmp_path, lines))
    assert refused.value.key == "ether_price.file"


def test_other_columns_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="are needed"):
        path(60, path="csv", file=csv(tmp_path, ["1,2"], header="day,amount"))
    with pytest.raises(ScenarioError, match="there is no such file"):
        path(60, path="csv", file=str(tmp_path / "none.csv"))
    with pytest.raises(ScenarioError, match="is empty"):
        path(60, path="csv")
