"""Reference figures: complete, dated, sourced, and consistent among themselves."""

import importlib.resources
import subprocess
import sys

import pandas as pd
import pytest

from restaking.experiments.data import SECTOR, TABLES, read, supplies, supply
from restaking.model.scenario import load_scenario


def test_every_file_is_a_table_and_every_table_a_file() -> None:
    files = importlib.resources.files("restaking.experiments.data").iterdir()
    assert sorted(file.name for file in files if file.name.endswith(".csv")) == [f"{name}.csv" for name in TABLES]


@pytest.mark.parametrize("name", TABLES)
def test_rows_are_complete_dated_and_sourced(name: str) -> None:
    table = read(name)
    assert not table.empty
    assert not table.isna().any().any()
    assert pd.api.types.is_datetime64_any_dtype(table["date"])
    assert table["source"].str.match(r"https?://\S+\.\S+$").all()
    keys = [key for key in ("entity", "event", "date", "days") if key in table]
    assert not table.duplicated(keys).any()
    described = TABLES[name].partition(": ")[2].split(", ")
    assert sorted([*described, "source"]) == sorted(table.columns)


@pytest.mark.parametrize("name", [name for name in TABLES if name not in ("lrt_supply", "supply_change")])
def test_series_are_in_order_of_date(name: str) -> None:
    assert read(name)["date"].is_monotonic_increasing


def test_supplies_of_the_scenarios_protocols() -> None:
    for lrt in load_scenario("season-2024").lrt:
        series = supply(lrt)
        assert series.name == lrt
        assert series.index.is_monotonic_increasing
        assert (series > 0).all()
    assert supply("renzo")["2024-04-30"] == 1_049_126
    assert supply("puffer")["2024-10-13"] == 534_832


def test_wide_form_has_the_same_figures() -> None:
    wide = supplies()
    long = read("lrt_supply")
    assert wide.notna().sum().sum() == len(long)
    for entity in long["entity"].unique():
        pd.testing.assert_series_equal(wide[entity].dropna(), supply(entity))


def test_parts_do_not_exceed_the_sector() -> None:
    """Derived figures carry a few per cent of error, and the sector contains protocols that are not listed."""
    wide = supplies().dropna(subset=[SECTOR])
    parts = wide.drop(columns=[SECTOR, "kelp_all_chains"]).sum(axis=1)
    assert (parts <= 1.06 * wide[SECTOR]).all()


def test_published_market_shares_of_the_leader() -> None:
    wide = supplies()
    share = wide["etherfi"] / wide[SECTOR]
    assert share["2024-01-31"] == pytest.approx(0.482, abs=0.005)
    assert share["2024-09-30"] == pytest.approx(0.580, abs=0.005)
    assert share["2025-04-17"] == pytest.approx(0.698, abs=0.005)


def test_changes_after_events_agree_with_the_supplies_around_them() -> None:
    changes = read("supply_change").set_index(["entity", "event", "days"])["change"]
    puffer, renzo = supply("puffer"), supply("renzo")
    month = puffer["2024-10-31"] / puffer["2024-10-13"] - 1.0, puffer["2024-11-30"] / puffer["2024-10-13"] - 1.0
    assert month[1] < changes["puffer", "token_claim", 30] < month[0]
    assert renzo["2024-07-31"] / renzo["2024-04-30"] - 1.0 == pytest.approx(
        changes["renzo", "token_claim", 90], abs=0.01
    )
    assert renzo["2024-05-31"] / renzo["2024-04-30"] - 1.0 == pytest.approx(
        changes["renzo", "token_claim", 30], abs=0.005
    )
    etherfi = supply("etherfi")
    assert etherfi["2024-04-30"] / etherfi["2024-02-29"] > 1.0 + changes["etherfi", "token_claim", 60]


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no table 'supply'.*lrt_supply"):
        read("supply")
    with pytest.raises(KeyError, match=r"no supplies of 'lido'.*etherfi"):
        supply("lido")


def test_importing_the_readers_loads_no_pandas() -> None:
    code = "import sys, restaking.experiments.data; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
