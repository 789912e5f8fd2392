"""Figures of sweeps: nothing leaves the page, ticks can be told apart, no band hides another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from restaking.experiments.analysis import AnalysisError
from restaking.experiments.designs import DesignError, load_design
from restaking.experiments.figures.of_sweep import drawings, over_the_axes, plot_sweep
from restaking.experiments.figures.sweeps import _within_range
from restaking.experiments.figures.units import _eth_tick
from tests.experiments.analysis.sweeps import GRID, SHARE, MadeUp, made_up


def narrow(point: Mapping[str, Any], noise: np.random.Generator) -> float:
    """Two million, give or take a tenth: ticks stand close together."""
    slope = sum((number + 1) * np.tanh(float(value)) for number, value in enumerate(point.values()))
    return 2e6 + 2e4 * slope + 1e4 * float(noise.normal())


def screening() -> MadeUp:
    """The shipped screening, with its twenty long labels, in few trajectories."""
    content = load_design("baseline-morris").to_mapping(resolved=False)
    return made_up(content | {"design": {"kind": "morris", "n": 3}}, narrow, replications=1)


def shares() -> MadeUp:
    """Variance shares of two axes."""
    axes = {SHARE: {"low": 0.05, "high": 0.2}, "stakers.social_influence": {"low": 0.0, "high": 2.0}}
    return made_up({"design": {"kind": "sobol", "n": 16}, "axes": axes}, narrow, replications=1)


def switches() -> MadeUp:
    """Three points that are no numbers on an axis."""
    points = [{"arbitrage.enabled": True}, {"arbitrage.enabled": False}, {SHARE: 0.01}]
    return made_up({"design": {"kind": "list"}, "points": points}, narrow)


@pytest.fixture(scope="module", params=["grid", "screening", "shares", "switches"])
def figures(request: pytest.FixtureRequest) -> list[tuple[str, Figure, dict[str, Any]]]:
    makers = {"grid": lambda: made_up(GRID, narrow), "screening": screening, "shares": shares, "switches": switches}
    found = []
    for name, draw in drawings(makers[request.param](), ["lrt_supply_eth"]):
        fig, axes = draw()
        fig.draw_without_rendering()
        found.append((name, fig, axes))
    return found


def test_nothing_is_cut_off(figures: list[tuple[str, Figure, dict[str, Any]]]) -> None:
    for name, fig, _ in figures:
        assert fig._suptitle is not None
        drawn, (width, height) = fig.get_tightbbox(fig.canvas.get_renderer()), fig.get_size_inches()
        inside = drawn.x0 >= -0.01 and drawn.y0 >= -0.01 and drawn.x1 <= width + 0.01 and drawn.y1 <= height + 0.01
        assert inside, f"{name}: {drawn} leaves the page"


def test_no_two_ticks_say_the_same(figures: list[tuple[str, Figure, dict[str, Any]]]) -> None:
    for name, fig, _ in figures:
        for axis in [axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)]:
            if not isinstance(axis.get_major_formatter(), FuncFormatter):
                continue
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_majorticklocs() if low <= tick <= high]
            words = axis.get_major_formatter().format_ticks(ticks)
            assert len(set(words)) == len(words), f"{name}: {words}"


def test_bands_let_one_another_through(figures: list[tuple[str, Figure, dict[str, Any]]]) -> None:
    for ax in [axes["a"] for name, _, axes in figures if name.startswith("band")]:
        assert all(band.get_alpha() < 0.5 for band in ax.collections)
        assert min(line.zorder for line in ax.lines) > max(band.zorder for band in ax.collections)


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        ([2.0e6, 2.05e6, 2.1e6], ["2.00M", "2.05M", "2.10M"]),
        ([0.0, 5e5, 1e6], ["0", "0.5M", "1.0M"]),
        ([-2e3, 0.0, 2e3], ["−2k", "0", "2k"]),
        ([0.0, 2.5e5], ["0", "250k"]),
        ([5.0], ["5"]),
    ],
)
def test_ticks_in_eth_have_the_digits_that_their_step_needs(ticks: list[float], words: list[str]) -> None:
    assert [_eth_tick(tick, ticks) for tick in ticks] == words


def test_an_output_that_nothing_moves_is_said_to_be_so(recwarn: pytest.WarningsRecorder) -> None:
    axes = {SHARE: {"low": 0.05, "high": 0.2}, "stakers.social_influence": {"low": 0.0, "high": 2.0}}
    still = made_up({"design": {"kind": "morris", "n": 3}, "axes": axes}, lambda *_: 7.0, replications=1)
    fig, _ = dict(drawings(still, ["lrt_supply_eth"]))["sensitivity-lrt_supply_eth"]()
    fig.draw_without_rendering()
    assert "no axis matters" in fig.get_suptitle()
    assert not recwarn.list


def test_a_list_has_a_row_for_each_point() -> None:
    fig, axes = dict(drawings(switches(), ["lrt_supply_eth"]))["points-lrt_supply_eth"]()
    fig.draw_without_rendering()
    said = [text.get_text() for text in axes["a"].get_yticklabels()]
    assert len(said) == 3
    assert "no" in said[1] and "0.01" in said[2]
    assert len(set(said)) == 3


def test_names_have_no_line_between_them() -> None:
    axes = {"arbitrage.enabled": [True, False], SHARE: {"values": [0.05, 0.1, 0.2]}}
    for place, lines in ((axes, 0), (GRID["axes"], 1)):
        drawn = dict(drawings(made_up({**GRID, "axes": place}, narrow), ["lrt_supply_eth"]))
        _, found = drawn["map-lrt_supply_eth"]()
        contours = [artist for artist in found["a"].collections if type(artist).__name__ == "QuadContourSet"]
        assert len(contours) == lines


def test_intervals_stay_where_the_metric_can_be() -> None:
    table = pd.DataFrame({"q05": [0.0, 0.2], "q95": [0.3, 1.0], "low": [-0.4, 0.1], "high": [0.5, 1.7]})
    assert _within_range(table, ("low", "high"), "fraction")[["low", "high"]].to_numpy().tolist() == [
        [0, 0.5],
        [0.1, 1],
    ]
    assert _within_range(table, ("low", "high"), "ETH")["high"].tolist() == [0.5, 1.7]
    assert _within_range(table - 1.0, ("low", "high"), "ETH")["low"].tolist() == [-1.4, -0.9]


def test_a_design_says_what_its_figures_show() -> None:
    named = {**GRID, "metrics": ["lrt_hhi"]}
    assert {name.split("-")[1] for name, _ in drawings(made_up(named, narrow))} == {"lrt_hhi"}
    assert load_design(named).content_hash() == load_design(GRID).content_hash()
    assert load_design(load_design(named).to_mapping()).metrics == ("lrt_hhi",)
    with pytest.raises(DesignError, match="no metric 'lrt_hi'; nearest valid name: lrt_hhi"):
        load_design({**GRID, "metrics": ["lrt_hi"]})
    with pytest.raises(DesignError, match="a list of names"):
        load_design({**GRID, "metrics": "lrt_hhi"})


def test_a_metric_without_values_costs_no_other_figure(tmp_path: Path) -> None:
    results = made_up(GRID, narrow)
    results.runs["airdrop_retention"] = np.nan
    told: list[str] = []
    written = plot_sweep(results, tmp_path, tell=told.append)  # type: ignore[arg-type]  # what it needs of results
    assert told == ["no figure of airdrop_retention: no run has a value of it"]
    assert {path.stem for path in written} >= {"profile-lrt_supply_eth", "map-lrt_hhi"}
    assert not [path for path in written if "retention" in path.stem]
    with pytest.raises(AnalysisError, match="has a value of airdrop_retention"):
        drawings(results, ["airdrop_retention"])


def test_a_metric_that_does_not_vary_costs_no_other_figure(tmp_path: Path) -> None:
    results = shares()
    results.runs["worst_discount"] = 0.0
    results.manifest["series"] = False
    told: list[str] = []
    written = plot_sweep(results, tmp_path, tell=told.append)  # type: ignore[arg-type]  # what it needs of results
    assert [text.split(":")[0] for text in told] == ["no figure sensitivity-worst_discount"]
    assert {path.stem for path in written} == {"sensitivity-lrt_supply_eth", "sensitivity-lrt_hhi"}
    with pytest.raises(AnalysisError, match="no variance"):
        plot_sweep(results, tmp_path / "asked", ["worst_discount"])  # type: ignore[arg-type]  # as above
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("kind", "axes", "title"),
    [
        ({"kind": "grid"}, {SHARE: [0.05, 0.1], "stakers.attention": [0.02, 0.05]}, " over "),
        ({"kind": "grid"}, {SHARE: [0.05, 0.1, 0.2]}, "along each axis"),
        ({"kind": "lhs", "n": 6}, {SHARE: {"low": 0.02, "high": 0.2}, "arbitrage.enabled": [True, False]}, "6 points"),
        ({"kind": "morris", "n": 4}, {SHARE: {"low": 0.02, "high": 0.2}}, "matters most"),
    ],
)
def test_a_metric_over_the_axes_is_drawn_as_the_design_asks(kind: Any, axes: Any, title: str) -> None:
    results = made_up({"design": kind, "axes": axes}, lambda point, noise: 1e6 * point[SHARE] + noise.normal())
    results.manifest = {"series": False}  # type: ignore[attr-defined]
    assert title in over_the_axes(results, "lrt_supply_eth").get_suptitle()
    assert title in over_the_axes(results).get_suptitle()


def test_points_without_a_value_are_counted_and_left_out() -> None:
    content = {"design": {"kind": "random", "n": 5}, "axes": {SHARE: {"low": 0.02, "high": 0.2}}}
    results = made_up(content, lambda point, noise: point[SHARE])
    results.manifest = {"series": False}  # type: ignore[attr-defined]
    results.runs.loc[results.runs["point"] == 2, "lrt_supply_eth"] = np.nan
    assert "5 points; 1 points without a value" in over_the_axes(results, "lrt_supply_eth").get_suptitle()
