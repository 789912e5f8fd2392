"""Intervals, paired differences, profiles, maps and sensitivities on results whose answers are known."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from restaking.experiments.analysis import (
    AnalysisError,
    bands,
    compare,
    heat_map,
    mean_interval,
    morris_effects,
    paired,
    paired_differences,
    profiles,
    regime_map,
    replications_needed,
    sensitivity,
    sobol_indices,
)
from restaking.experiments.designs import sampling
from restaking.experiments.figures.of_sweep import drawings, plot_sweep
from tests.experiments.analysis.sweeps import ATTENTION, DAYS, GRID, SHARE, MadeUp, made_up, plane


@pytest.fixture(scope="module")
def grid() -> MadeUp:
    """A plane over a grid."""
    return made_up(GRID, plane)


# --- intervals and pairs ----------------------------------------------------------------------------------------------


def test_mean_interval_is_students() -> None:
    values = [1.0, 2.0, 4.0, 9.0]
    mean, low, high = mean_interval(values, 0.9)
    expected = stats.t.interval(0.9, 3, loc=np.mean(values), scale=stats.sem(values))
    assert (mean, low, high) == pytest.approx((4.0, *expected))
    assert math.isnan(mean_interval([3.0])[1])
    assert math.isnan(mean_interval([])[0])


def test_pairs_take_common_noise_out() -> None:
    noise = np.random.default_rng(1).normal(size=30)
    found = paired(noise, noise + 0.5)
    assert found.difference == pytest.approx(0.5)
    assert found.deviation == pytest.approx(0.0, abs=1e-12)
    assert found.correlation == pytest.approx(1.0)
    assert found.clear
    other = paired(noise, np.random.default_rng(2).normal(size=30))
    reference = stats.ttest_rel(np.random.default_rng(2).normal(size=30), noise).confidence_interval(0.95)
    assert (other.low, other.high) == pytest.approx((reference.low, reference.high))


def test_pairs_with_a_value_missing_are_dropped() -> None:
    assert paired([1.0, math.nan, 3.0], [2.0, 5.0, 4.0]).pairs == 2
    with pytest.raises(AnalysisError, match="no pair"):
        paired([math.nan], [1.0])
    with pytest.raises(AnalysisError, match="equally long"):
        paired([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("deviation", "half_width"), [(1.0, 0.5), (3.0, 0.1), (1.0, 5.0)])
def test_replications_needed_is_the_smallest_that_suffices(deviation: float, half_width: float) -> None:
    needed = replications_needed(deviation, half_width)
    assert needed is not None

    def half(n: int) -> float:
        return stats.t.ppf(0.975, n - 1) * deviation / math.sqrt(n)

    assert half(needed) <= half_width
    assert needed == 2 or half(needed - 1) > half_width


def test_differences_from_a_reference_point(grid: MadeUp) -> None:
    table = paired_differences(grid, "lrt_supply_eth", reference={SHARE: 0.05, ATTENTION: 0.02})
    assert len(table) == 11
    row = table[(table[SHARE] == 0.2) & (table[ATTENTION] == 0.02)].iloc[0]
    assert row["difference"] == pytest.approx(1.5e6)
    assert row["deviation"] == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(AnalysisError, match="points"):
        paired_differences(grid, "lrt_supply_eth", reference=99)
    with pytest.raises(AnalysisError, match="lrt_supply_eth"):
        paired_differences(grid, "lrt_suply_eth")


def test_two_tables_are_paired_by_seed() -> None:
    first = pd.DataFrame({"seed": [1, 2, 3], "x": [1.0, 2.0, 3.0]})
    second = pd.DataFrame({"seed": [3, 1, 2], "x": [4.0, 2.0, 3.0]})
    assert compare(first, second)["difference"].tolist() == [1.0]
    with pytest.raises(AnalysisError, match="several runs"):
        compare(pd.concat([first, first]), second)
    with pytest.raises(AnalysisError, match="no two runs"):
        compare(first, second.assign(seed=[7, 8, 9]))


# --- bands, profiles, maps --------------------------------------------------------------------------------------------


def test_bands_by_axis(grid: MadeUp) -> None:
    table = bands(grid, "lrt_supply_eth", by=SHARE)
    last = table[table["day"] == DAYS].set_index("group")
    attention = np.mean([0.02, 0.04, 0.06, 0.08])
    noise = last["mean"] - (1e7 * last.index.to_numpy() + 2.5e7 * attention)
    assert (noise.abs() < 4e4).all()
    assert noise.std() == pytest.approx(0.0, abs=1e-3)
    assert (last["q05"] < last["mean"]).all()
    assert (last["runs"] == 12).all()
    with pytest.raises(AnalysisError, match="no axis"):
        bands(grid, "lrt_supply_eth", by="stakers.gas_eth")
    with pytest.raises(AnalysisError, match="no series"):
        bands(grid, "lrt_hhi")


def test_profiles_are_lines_on_a_plane(grid: MadeUp) -> None:
    table = profiles(grid, "lrt_supply_eth", at={SHARE: 0.1, ATTENTION: 0.04})
    share = table[table["axis"] == SHARE].set_index("value")
    assert share["difference"].to_dict() == pytest.approx({0.05: -5e5, 0.1: 0.0, 0.2: 1e6})
    assert share["reference"].to_dict() == {0.05: False, 0.1: True, 0.2: False}
    with pytest.raises(AnalysisError):
        profiles(grid, "lrt_supply_eth", at={SHARE: 0.11})


def test_a_heat_map_is_the_plane(grid: MadeUp) -> None:
    found = heat_map(grid, "lrt_supply_eth", SHARE, ATTENTION)
    assert found.mean.shape == (4, 3)
    slope = np.diff(found.mean, axis=0) / np.diff(found.y_values)[:, None]
    assert slope == pytest.approx(np.full((3, 3), 2.5e7))
    sides = found.side(float(found.mean[0, 1]))
    assert sides[0, 0] == -1
    assert sides[0, 1] == 0
    assert sides[3, 2] == 1


def test_regimes_are_told_by_rules(grid: MadeUp) -> None:
    found = regime_map(grid, {"large": lambda runs: runs["lrt_supply_eth"] > 2.4e6}, SHARE, ATTENTION)
    assert found.names == ("large", "other")
    assert found.regime[:, 0].tolist() == [1, 1, 1, 0]
    with pytest.raises(AnalysisError, match="at least one rule"):
        regime_map(grid, {}, SHARE, ATTENTION)


# --- sensitivities ----------------------------------------------------------------------------------------------------


def ishigami(unit: np.ndarray) -> np.ndarray:
    """The function of Ishigami and Homma (1990) with a = 7 and b = 0.1."""
    x = -math.pi + 2.0 * math.pi * unit
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_sobol_indices_of_ishigami() -> None:
    unit = sampling.positions("sobol", 1024, 3, seed=1)
    found = sobol_indices(["a", "b", "c"], ishigami(unit)).table
    assert found["first"].tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.03)
    assert found["total"].tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.03)
    assert (found["first_low"] < found["first"]).all()
    assert (found["total"] < found["total_high"]).all()


def test_morris_sees_interactions_of_ishigami() -> None:
    unit = sampling.positions("morris", 200, 3, seed=1)
    found = morris_effects(3, unit, ishigami(unit))
    assert found.table.loc["x3", "sigma"] > 1.0
    assert found.trajectories == 200


def test_morris_effects_of_a_line_are_its_slopes() -> None:
    unit = sampling.positions("morris", 12, 2, seed=1)
    table = morris_effects(["a", "b"], unit, 3.0 * unit[:, 0] - 5.0 * unit[:, 1]).table
    assert table["mu"].tolist() == pytest.approx([3.0, -5.0])
    assert table["mu_star"].tolist() == pytest.approx([3.0, 5.0])
    assert table["sigma"].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)


def test_incomplete_trajectories_are_left_out() -> None:
    unit = sampling.positions("morris", 6, 2, seed=1)
    values = 3.0 * unit[:, 0]
    values[4] = math.nan
    found = morris_effects(2, unit, values)
    assert (found.trajectories, found.dropped) == (5, 1)
    with pytest.raises(AnalysisError, match="whole trajectories"):
        morris_effects(2, unit[:-1], values[:-1])
    with pytest.raises(AnalysisError, match=r"no variance"):
        sobol_indices(2, np.ones(16))


SAMPLED_AXES = {SHARE: {"low": 0.05, "high": 0.2}, ATTENTION: {"low": 0.02, "high": 0.08}}


@pytest.mark.parametrize(("kind", "n"), [("morris", 6), ("sobol", 32)])
def test_the_analysis_fits_the_design(kind: str, n: int) -> None:
    results = made_up({"design": {"kind": kind, "n": n}, "axes": SAMPLED_AXES}, plane, replications=1)
    found = sensitivity(results, "lrt_supply_eth")
    assert type(found).__name__.lower() == kind
    assert set(found.table["role"]) == {"lever", "uncertainty"}
    assert len(drawings(results)) >= 2


@pytest.mark.parametrize(("kind", "terms"), [("grid", GRID), ("lhs", {"design": {"kind": "lhs", "n": 5}})])
def test_a_sensitivity_of_another_design_is_refused(kind: str, terms: dict[str, Any]) -> None:
    results = made_up({"axes": SAMPLED_AXES, **terms}, plane, replications=1)
    with pytest.raises(AnalysisError, match=f"is of kind {kind}"):
        sensitivity(results, "lrt_supply_eth")


def test_a_map_of_a_sample_is_refused() -> None:
    results = made_up({"design": {"kind": "lhs", "n": 5}, "axes": SAMPLED_AXES}, plane, replications=1)
    with pytest.raises(AnalysisError, match="rows and columns"):
        heat_map(results, "lrt_supply_eth", SHARE, ATTENTION)
    with pytest.raises(AnalysisError, match="profile"):
        profiles(results, "lrt_supply_eth")


# --- figures ----------------------------------------------------------------------------------------------------------


def test_every_figure_gives_figure_and_axes_and_is_saved_in_three_formats(grid: MadeUp, tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    for _, draw in drawings(grid):
        fig, axes = draw()
        assert isinstance(fig, Figure)
        assert axes
    written = plot_sweep(grid, tmp_path, ["lrt_supply_eth"])  # type: ignore[arg-type]  # what it needs of results
    assert {path.suffix for path in written} == {".svg", ".pdf", ".png"}
    names = {path.stem for path in written}
    assert names == {"profile-lrt_supply_eth", "map-lrt_supply_eth", "band-lrt_supply_eth"}
    assert b"made-up" in (tmp_path / "map-lrt_supply_eth.svg").read_bytes()


def test_an_unknown_metric_is_named(grid: MadeUp) -> None:
    with pytest.raises(AnalysisError, match="lrt_hhi"):
        drawings(grid, ["lrt_hi"])
