"""Designs: which points and runs they make, that they survive files, and what they refuse."""

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restaking.experiments.designs import Design, DesignError, load_design, shipped_designs

BASE: dict[str, Any] = {"name": "test", "scenario": "baseline", "days": 30, "stakers": 50, "seed": 3}
SHARE, ATTENTION = "campaigns.airdrop_share", "stakers.attention"


def grid(**changes: Any) -> dict[str, Any]:
    """A small grid, changed."""
    content = {
        **BASE,
        "replications": 2,
        "design": {"kind": "grid"},
        "axes": {SHARE: [0.02, 0.1], ATTENTION: {"low": 0.01, "high": 0.04, "steps": 4}},
    }
    return {**content, **changes}


def sampled(kind: str, n: int, **terms: Any) -> Design:
    """A design that is sampled over two ranges."""
    axes = {SHARE: {"low": 0.02, "high": 0.12}, ATTENTION: {"low": 0.01, "high": 0.04, "scale": "log"}}
    return load_design({**BASE, "design": {"kind": kind, "n": n, **terms}, "axes": axes})


# --- points and runs --------------------------------------------------------------------------------------------------


def test_in_a_grid_the_last_axis_moves_fastest() -> None:
    design = load_design(grid())
    points = design.points()
    assert design.size == len(points) == 8
    assert [point[SHARE] for point in points] == [0.02] * 4 + [0.1] * 4
    assert [point[ATTENTION] for point in points[:4]] == [0.01, 0.02, 0.03, 0.04]


def test_replications_share_their_seeds_over_points() -> None:
    runs = load_design(grid()).runs()
    assert [(run.point, run.replication) for run in runs] == [(p, r) for p in range(8) for r in range(2)]
    seeds = {replication: {run.seed for run in runs if run.replication == replication} for replication in (0, 1)}
    assert all(len(found) == 1 for found in seeds.values())
    assert seeds[0] != seeds[1]
    assert runs[3].overrides == load_design(grid()).points()[1]


def test_more_replications_leave_the_first_as_they_are() -> None:
    few, many = load_design(grid()), load_design(grid(replications=9))
    assert many.seeds()[:2] == few.seeds()
    assert len(set(many.seeds())) == 9


def test_another_design_seed_is_another_set_of_seeds() -> None:
    assert not set(load_design(grid()).seeds()) & set(load_design(grid(seed=4)).seeds())


def test_a_list_fills_what_a_point_leaves_out_with_the_scenario() -> None:
    points = [{SHARE: 0.02}, {ATTENTION: 0.2}, {SHARE: 0.3, ATTENTION: 0.3}]
    design = load_design({**BASE, "design": {"kind": "list"}, "points": points})
    own = design.scenario.stakers.attention
    assert design.points()[0] == {SHARE: 0.02, ATTENTION: own}
    assert design.points()[2] == {SHARE: 0.3, ATTENTION: 0.3}


@pytest.mark.parametrize(
    ("kind", "n", "rows"), [("random", 7, 7), ("lhs", 8, 8), ("sobol", 8, 8 * 4), ("morris", 5, 5 * 3)]
)
def test_samples_lie_in_their_ranges(kind: str, n: int, rows: int) -> None:
    design = sampled(kind, n)
    points = design.points()
    assert design.size == len(points) == rows
    assert all(0.02 <= point[SHARE] <= 0.12 and 0.01 <= point[ATTENTION] <= 0.04 for point in points)
    assert design.unit_sample().shape == (rows, 2)
    assert sampled(kind, n).points() == points


def test_sobol_with_second_order_takes_more() -> None:
    assert sampled("sobol", 8, second_order=True).size == 8 * 6


def test_a_latin_hypercube_has_one_point_in_every_row_and_column() -> None:
    unit = sampled("lhs", 16).unit_sample()
    for column in unit.T:
        assert sorted(np.floor(column * 16).astype(int)) == list(range(16))


def test_morris_moves_one_axis_at_a_time() -> None:
    unit = sampled("morris", 6).unit_sample().reshape(6, 3, 2)
    moved = np.abs(np.diff(unit, axis=1)) > 1e-9
    assert (moved.sum(axis=2) == 1).all()


def test_logarithmic_axes_are_even_in_the_logarithm() -> None:
    values = np.array([point[ATTENTION] for point in sampled("lhs", 200).points()])
    assert np.median(values) == pytest.approx(0.02, rel=0.03)


def test_levers_and_uncertainties_are_told_apart() -> None:
    design = load_design(grid())
    assert [axis.key for axis in design.levers] == [SHARE]
    assert [axis.key for axis in design.uncertainties] == [ATTENTION]


# --- identity and files -----------------------------------------------------------------------------------------------

DESIGNS = [
    grid(),
    {**BASE, "design": {"kind": "list"}, "points": [{SHARE: 0.02}, {SHARE: 0.2}]},
    {**BASE, "design": {"kind": "morris", "n": 3, "levels": 6}, "axes": {SHARE: {"low": 0.0, "high": 0.1}}},
    {**BASE, "design": {"kind": "sobol", "n": 4}, "axes": {SHARE: {"low": 0.0, "high": 0.1}}},
    grid(set={"arbitrage.enabled": False}, title="A title", description="Why."),
]


@pytest.mark.parametrize("content", DESIGNS, ids=lambda content: content["design"]["kind"])
def test_a_design_survives_mappings_json_and_toml(content: dict[str, Any], tmp_path: Path) -> None:
    design = load_design(content)
    for again in (
        load_design(design.to_mapping()),
        load_design(json.loads(json.dumps(design.to_mapping()))),
        load_design(design.to_mapping(resolved=False)),
        load_design(tomllib.loads(design.to_toml())),
    ):
        assert again.content_hash() == design.content_hash()
        assert again.runs() == design.runs()
    path = tmp_path / "mine.toml"
    path.write_text(design.to_toml(), encoding="utf-8")
    assert load_design(path).content_hash() == design.content_hash()


def test_the_hash_is_about_what_is_run() -> None:
    design = load_design(grid())
    assert load_design(grid(title="other", name="other")).content_hash() == design.content_hash()
    for changed in (
        grid(seed=4),
        grid(replications=3),
        grid(days=31),
        grid(set={"arbitrage.enabled": False}),
        grid(axes={SHARE: [0.02, 0.11]}),
    ):
        assert load_design(changed).content_hash() != design.content_hash()


@pytest.mark.parametrize("name", shipped_designs())
def test_shipped_designs_load(name: str) -> None:
    design = load_design(name)
    assert design.name == name
    assert design.run_count > 1
    assert design.title


def test_the_screening_has_levers_and_uncertainties() -> None:
    design = load_design("baseline-morris")
    assert len(design.axes) >= 15
    assert design.levers
    assert design.uncertainties


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5, unique=True), st.integers(1, 4), st.integers(0, 2**40))
def test_any_grid_has_points_times_replications_runs(values: list[float], replications: int, seed: int) -> None:
    design = load_design(grid(axes={SHARE: values}, replications=replications, seed=seed))
    assert len(design.runs()) == design.run_count == len(values) * replications
    assert [point[SHARE] for point in design.points()] == values


# --- refusals ---------------------------------------------------------------------------------------------------------

RANGE = {SHARE: {"low": 0.1, "high": 0.2}}
NO_POINTS: dict[str, Any] = {**BASE, "design": {"kind": "list"}}

BAD: list[tuple[dict[str, Any], str]] = [
    (grid(axes={"campaigns.airdrop_shar": [0.1]}), "campaigns.airdrop_share"),
    (grid(axes={SHARE: []}), "empty"),
    (grid(axes={}), "at least one axis"),
    (grid(axes={SHARE: {"low": 0.2, "high": 0.1, "steps": 3}}), "above high"),
    (grid(axes={SHARE: {"low": 0.1, "high": 0.1, "steps": 3}}), "does not vary"),
    (grid(axes={SHARE: {"low": 0.1, "high": 0.2}}), "steps"),
    (grid(axes={SHARE: [0.1, 2.0]}), "between 0 and 1"),
    (grid(axes={SHARE: ["much"]}), "must be a number"),
    (grid(axes={SHARE: 0.1}), "list of values"),
    (grid(axes={SHARE: [0.1, 0.1]}), "twice"),
    (grid(axes={SHARE: {"lo": 0.1, "high": 0.2, "steps": 2}}), "low"),
    (grid(axes={"seed": [1, 2]}), "replications"),
    (grid(axes={"title": ["a"]}), "no effect"),
    (grid(axes={"lrt.alpha": [1]}), "is a table"),
    (grid(axes={"lrt.nobody.fee": [0.1]}), "nobody"),
    (grid(set={SHARE: 0.1}), "given twice"),
    (grid(axes={"stakers.count": [50, 60]}), "given twice"),
    (grid(set={"seed": 4}), "own seed"),
    (grid(set={"stakers.attention_factor": 4}), "attention"),
    (grid(design={"kind": "gird"}), "nearest: grid"),
    (grid(design={}), "is missing"),
    (grid(design={"kind": "grid", "n": 4}), "no meaning"),
    (grid(design={"kind": "lhs"}, axes=RANGE), "needs it"),
    (grid(design={"kind": "sobol", "n": 12}, axes=RANGE), "power of two"),
    (grid(design={"kind": "lhs", "n": 0}, axes=RANGE), "between 1"),
    (grid(design={"kind": "morris", "n": 4, "levels": 5}, axes=RANGE), "even"),
    (grid(replications=0), "replications"),
    (grid(replications=True), "replications"),
    (grid(seed=-1), "seed"),
    (grid(days="ten"), "days"),
    (grid(stakers=3), "stakers.count"),
    (grid(name="a b"), "names a folder"),
    (grid(scenario="baselin"), "baseline"),
    (grid(repications=3), "replications"),
    (grid(points=[{SHARE: 0.1}]), "only a list design"),
    (NO_POINTS, "is missing"),
    ({**NO_POINTS, "points": []}, "empty"),
    ({**NO_POINTS, "points": [{SHARE: 0.1}, {SHARE: 0.1}]}, "same as"),
    ({**NO_POINTS, "points": [{}]}, "changes anything"),
    ({**NO_POINTS, "points": [3]}, "must be a table"),
    ({**NO_POINTS, "axes": {SHARE: [1]}}, "not axes"),
]


@pytest.mark.parametrize(("content", "says"), BAD, ids=[says for _, says in BAD])
def test_refused_with_one_message(content: dict[str, Any], says: str) -> None:
    with pytest.raises(DesignError) as caught:
        load_design(content)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_axis_made_void_by_the_scenario_is_refused() -> None:
    # Every LRT of the 2024 season has seasons of its own: the general size of airdrops reaches none of them.
    with pytest.raises(DesignError, match=r"campaigns\.airdrop_share"):
        load_design(grid(scenario="season-2024", set={"recording.operators": False}, axes={SHARE: [0.02, 0.1]}))


EXPLOITS = tuple(f"hazards.{layer}_exploit_rate" for layer in ("lrt", "layer", "defi"))


@pytest.mark.parametrize("name", shipped_designs())
def test_losses_of_a_design_are_those_it_asks_about(name: str) -> None:
    """Exploits at random are rare and large: where they are not the question, they drown the answer."""
    design = load_design(name)
    if "losses_eth" not in design.metrics:
        return
    fixed = dict(design.fixed)
    for point in design.points():
        terms = {**fixed, **point}
        off = terms.get("hazards.enabled") is False
        assert off or all(rate in terms for rate in EXPLOITS), f"{name}: exploits happen at random"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("bad.toml", b"name = ", "not valid TOML"),
        ("bad.json", b"{", "not valid JSON"),
        ("bad.json", b"[1]", "must be a table"),
        ("bad.toml", b"name = '\xff'", "not UTF-8"),
    ],
)
def test_unreadable_files(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DesignError, match=says):
        load_design(path)


def test_missing_files_and_names(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("")
    with pytest.raises(DesignError, match=r"nearest file: mine\.toml"):
        load_design(tmp_path / "mien.toml")
    with pytest.raises(DesignError, match="is a directory"):
        load_design(f"{tmp_path}/")
    with pytest.raises(DesignError, match="baseline-morris"):
        load_design("baseline-moris")
