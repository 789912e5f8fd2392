"""The recorder: rows, types, intervals, events."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest

from restaking.model.recorder import EVENT_TYPES, Event, Recorder

KINDS = {
    "lrt": (["renzo", "kelp"], ["supply_eth", "redemption_open"]),
    "lst": (["steth"], ["supply_eth", "nav"]),
}


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(["idle_eth", "operator_nakamoto"], KINDS, days=4, start="2024-02-27")


def fill(recorder: Recorder, days: int) -> None:
    for day in range(days + 1):
        recorder.fill_day(day, {"operator_nakamoto": 3.0, "idle_eth": 10.0 + day})
        if day % recorder.interval == 0:
            row = day // recorder.interval
            recorder.entity["lrt"][row] = [[100.0 + day, 0.0], [200.0 + day, 1.0]]
            recorder.entity["lst"][row] = [[300.0 + day, 1.5]]


def test_nothing_recorded_gives_empty_tables_with_their_columns(recorder: Recorder) -> None:
    assert recorder.table()[1] == 0
    for frame in (recorder.daily_frame(), recorder.entities_frame(), recorder.events_frame()):
        assert len(frame) == 0
    assert list(recorder.daily_frame()) == ["day", "date", "idle_eth", "operator_nakamoto"]
    assert recorder.events_frame()["cause"].dtype == recorder.daily_frame()["date"].dtype == "str"


def test_daily_frame(recorder: Recorder) -> None:
    fill(recorder, 2)
    frame = recorder.daily_frame()
    assert frame["day"].tolist() == [0, 1, 2]
    assert frame["date"].tolist() == ["2024-02-27", "2024-02-28", "2024-02-29"]
    assert frame["idle_eth"].tolist() == [10.0, 11.0, 12.0]
    assert [str(dtype) for dtype in frame.dtypes] == ["int64", "str", "float64", "Int64"]


def test_a_frame_is_a_copy(recorder: Recorder) -> None:
    fill(recorder, 1)
    frame = recorder.daily_frame()
    recorder.daily[0, 0] = -1.0
    assert frame["idle_eth"].iloc[0] == 10.0


def test_series_and_table_are_views_of_what_is_filled(recorder: Recorder) -> None:
    fill(recorder, 2)
    assert recorder.series("idle_eth").tolist() == [10.0, 11.0, 12.0]
    assert np.shares_memory(recorder.series("idle_eth"), recorder.daily)
    array, rows = recorder.table()
    assert array is recorder.daily and rows == 3
    assert np.isnan(recorder.daily[3:]).all()


def test_entities_frame_has_a_row_for_each_day_and_entity(recorder: Recorder) -> None:
    fill(recorder, 1)
    frame = recorder.entities_frame()
    assert list(frame) == ["day", "date", "kind", "id", "supply_eth", "redemption_open", "nav"]
    assert frame[["day", "kind", "id"]].to_numpy().tolist() == [
        [0, "lrt", "renzo"],
        [0, "lrt", "kelp"],
        [0, "lst", "steth"],
        [1, "lrt", "renzo"],
        [1, "lrt", "kelp"],
        [1, "lst", "steth"],
    ]
    assert frame["supply_eth"].tolist() == [100.0, 200.0, 300.0, 101.0, 201.0, 301.0]
    assert frame["redemption_open"].dtype == "Int64"
    assert frame["redemption_open"].tolist()[:2] == [0, 1] and frame["redemption_open"].isna().tolist()[2]
    assert np.isnan(frame["nav"].iloc[0]) and frame["nav"].iloc[2] == 1.5


@pytest.mark.parametrize(("days", "expected"), [(0, [0]), (2, [0]), (3, [0, 3]), (4, [0, 3])])
def test_entities_are_recorded_at_intervals(days: int, expected: list[int]) -> None:
    recorder = Recorder(["idle_eth", "operator_nakamoto"], KINDS, 4, "2024-01-01", interval=3)
    fill(recorder, days)
    assert recorder.entity["lrt"].shape == (2, 2, 2)
    assert recorder.entities_frame()["day"].unique().tolist() == expected


def test_kinds_without_entities_leave_their_columns_empty() -> None:
    recorder = Recorder(["idle_eth"], {"lrt": ([], ["nav"]), "lst": (["steth"], ["apr"])}, 1, "2024-01-01")
    recorder.daily[0], recorder.entity["lst"][0], recorder.rows = 1.0, 0.03, 1
    frame = recorder.entities_frame()
    assert frame["id"].tolist() == ["steth"] and frame["nav"].isna().all()
    assert len(Recorder(["idle_eth"], {}, 1, "2024-01-01").entities_frame()) == 0


def test_summary_follows_the_metrics(recorder: Recorder) -> None:
    fill(recorder, 3)
    recorder.daily[3, 1] = 1.0
    assert recorder.summary() == {"idle_eth": 13.0, "operator_nakamoto": 1.0}


def test_events(recorder: Recorder) -> None:
    recorder.event(0, 0, "launch", "renzo")
    recorder.event(np.int64(1), 7, "slash", "o1", "eigenda", np.float64(32.5), "ETH", "own fault")
    frame = recorder.events_frame()
    assert list(frame) == ["day", "date", "round", "type", "subject", "object", "amount", "unit", "cause"]
    assert frame["date"].tolist() == ["2024-02-27", "2024-02-28"]
    assert math.isnan(frame["amount"].iloc[0]) and frame["amount"].iloc[1] == 32.5
    assert frame["round"].dtype == frame["day"].dtype == np.int64
    assert recorder.events[1] == Event(1, 7, "slash", "o1", "eigenda", 32.5, "ETH", "own fault")


def test_unknown_events_and_kinds_are_refused(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="no event type 'luanch'; types: launch, "):
        recorder.event(0, 0, "luanch", "renzo")
    with pytest.raises(ValueError, match="no kind 'lrts'"):
        Recorder([], {"lrts": ([], [])}, 1, "2024-01-01")
    with pytest.raises(ValueError, match="at least 1 day"):
        Recorder([], {}, 1, "2024-01-01", interval=0)
    assert all(text[0].islower() for text in EVENT_TYPES.values())


def test_start_is_a_date_or_its_text() -> None:
    by_date = Recorder(["idle_eth"], {}, 0, datetime.date(2024, 1, 1))
    by_date.daily[0], by_date.rows = 1.0, 1
    assert isinstance(by_date.daily_frame(), pd.DataFrame)
    assert by_date.daily_frame()["date"].tolist() == ["2024-01-01"]


@pytest.mark.parametrize("names", [["nav", "supply_eth"], ["supply_eth", "nav"]])
def test_entities_are_filled_by_name(recorder: Recorder, names: list[str]) -> None:
    recorder.fill("lst", 0, {name: [{"supply_eth": 7.0, "nav": 1.5}[name]] for name in names})
    assert recorder.entity["lst"][0].tolist() == [[7.0, 1.5]]


def test_entities_are_filled_whole(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match=r"lst: .* missing \['nav'\], unknown \['navv'\]"):
        recorder.fill("lst", 0, {"supply_eth": [7.0], "navv": [1.5]})


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"idle_eth": 1.0}, r"missing \['operator_nakamoto'\], unknown \[\]"),
        ({"idle_eth": 1.0, "operator_nakamoto": 1.0, "tvl": 2.0}, r"missing \[\], unknown \['tvl'\]"),
    ],
)
def test_a_day_is_filled_by_the_names_that_were_declared(
    recorder: Recorder, values: dict[str, float], told: str
) -> None:
    with pytest.raises(ValueError, match=f"total: measured are not the metrics declared; {told}"):
        recorder.fill_day(0, values)
    assert recorder.rows == 0 and np.isnan(recorder.daily).all()
