"""Figures: drawn from a run alone, labelled, within the page, and the same bytes every time."""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from restaking.experiments import store
from restaking.experiments.figures import FIGURES, OF_LRTS, draw, draw_figures, style
from restaking.experiments.store import Run
from tests.experiments.fake_ecosystem import FakeEcosystem, small_scenario


def faked(days: int = 90, **overrides: object) -> Run:
    ecosystem = FakeEcosystem(small_scenario(days, **overrides))
    ecosystem.run()
    return store.run_in_memory(ecosystem)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run() -> Run:
    return faked()


@pytest.fixture(scope="module", params=list(FIGURES))
def drawn(request: pytest.FixtureRequest, run: Run) -> tuple[str, Figure, dict]:
    fig, axes = draw(request.param, run)
    fig.draw_without_rendering()
    return request.param, fig, axes


def texts(fig: Figure) -> list:
    found = [text for ax in fig.axes for text in [ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts]]
    return [text for text in [fig._suptitle, *found] if text.get_text() and text.get_visible()]


def test_figures_say_what_one_sees(drawn: tuple[str, Figure, dict]) -> None:
    name, fig, axes = drawn
    assert fig._suptitle.get_text()
    assert axes and all(ax.figure is fig for ax in axes.values())
    for key, ax in axes.items():
        if key not in ("map", "events"):
            assert ax.get_title(loc="left"), f"{name}: {key} does not say what it draws"


def test_nothing_is_cut_off(drawn: tuple[str, Figure, dict]) -> None:
    name, fig, _ = drawn
    renderer = fig.canvas.get_renderer()
    page = fig.bbox
    for text in texts(fig):
        box = text.get_window_extent(renderer)
        inside = box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1 and box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1
        assert inside, f"{name}: {text.get_text()!r} leaves the page: {box}"


def test_names_beside_lines_do_not_overlap(drawn: tuple[str, Figure, dict]) -> None:
    name, fig, axes = drawn
    renderer = fig.canvas.get_renderer()
    for ax in axes.values():
        boxes = [text.get_window_extent(renderer) for text in ax.texts]
        for i, one in enumerate(boxes):
            for other in boxes[i + 1 :]:
                width = min(one.x1, other.x1) - max(one.x0, other.x0)
                height = min(one.y1, other.y1) - max(one.y0, other.y0)
                assert width <= 1.0 or height <= 3.0, f"{name}: two names overlap at {one}"


def test_drawing_leaves_the_settings_alone(run: Run) -> None:
    before = dict(mpl.rcParams)
    draw("tvl", run)
    assert dict(mpl.rcParams) == before


def test_the_user_s_settings_do_not_change_the_figures(run: Run, tmp_path: Path) -> None:
    for folder, settings in (("a", {}), ("b", {"font.size": 20.0, "axes.facecolor": "black", "lines.linewidth": 9.0})):
        (tmp_path / folder).mkdir()
        with mpl.rc_context(settings):
            style.save_figure(draw("who_paid", run)[0], tmp_path / folder / "fig", run.provenance, formats=["png"])
    assert (tmp_path / "a" / "fig.png").read_bytes() == (tmp_path / "b" / "fig.png").read_bytes()


WHATEVER_THE_BACKEND = """
import os, sys
from pathlib import Path

from restaking.experiments.figures import style

fig, axes = style.styled(style.canvas)([["only"]], height=2.0)
axes["only"].plot([0, 1])
written = style.styled(style.save_figure)(fig, Path("fig"), "a test", formats=("png", "svg", "pdf"))
assert all(path.stat().st_size > 1000 for path in written)
assert "matplotlib.pyplot" not in sys.modules, "pyplot starts the window system of the user"
assert os.environ["MPLBACKEND"] == sys.argv[1]
import matplotlib

print(dict.__getitem__(matplotlib.rcParams, "backend"))
"""


@pytest.mark.parametrize(("asked", "kept"), [("nonsense", None), ("TkAgg", "tkagg"), ("svg", "svg")])
def test_figures_are_drawn_whatever_backend_the_user_wants_for_others(asked: str, kept: str | None, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WHATEVER_THE_BACKEND, asked],
        env={**os.environ, "MPLBACKEND": asked},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert kept is None or done.stdout.strip().lower() == kept


def test_a_figure_is_as_it_was_after_it_is_saved(run: Run, tmp_path: Path) -> None:
    fig, _ = draw("who_paid", run)
    before = fig.canvas, fig.dpi, fig.get_layout_engine()
    style.save_figure(fig, tmp_path / "fig", run.provenance)
    assert (fig.canvas, fig.dpi, fig.get_layout_engine()) == before


def test_saved_figures_have_their_origin_inside_and_no_date(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        style.save_figure(draw("concentration", run)[0], tmp_path / name / "fig", run.provenance)
    for suffix in ("svg", "pdf", "png"):
        one, two = ((tmp_path / name / f"fig.{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two, f"{suffix} differs from one time to the next"
        assert run.provenance.scenario_hash[:8].encode() in one, f"{suffix} does not say where it comes from"
        assert b"CreationDate" not in one and b"dc:date" not in one
    with pytest.raises(ValueError, match="not as 'gif'"):
        style.save_figure(Figure(), tmp_path / "x", "", formats=["gif"])


def test_all_figures_are_drawn_the_same_every_time(run: Run, tmp_path: Path) -> None:
    one, two = (draw_figures(faked(), tmp_path / name, formats=("svg",)) for name in ("one", "two"))
    assert [path.name for path in one] == [path.name for path in two] == [f"{name}.svg" for name in FIGURES]
    assert [a.name for a, b in zip(one, two, strict=True) if a.read_bytes() != b.read_bytes()] == []


def test_unknown_figures_are_refused(run: Run) -> None:
    with pytest.raises(KeyError, match="there is no figure 'pie'"):
        draw("pie", run)


def test_an_lrt_has_one_colour(run: Run) -> None:
    colours = style.lrt_colours(run)
    assert list(colours) == list(run.scenario.lrt) and len(set(colours.values())) == len(colours)
    assert len(set(style.colours_of(f"lrt{n}" for n in range(20)).values())) == 20
    without_first = faked(5, **{"lrt.etherfi.remove": True})
    assert style.lrt_colours(without_first)["renzo"] == style.PALETTE[0]


def test_yield_of_a_named_lrt(run: Run) -> None:
    from restaking.experiments.figures.yield_split import figure

    fig, _ = figure(run, lrt="kelp")
    assert fig._suptitle.get_text().startswith("Kelp rsETH advertised ")
    with pytest.raises(KeyError, match="no LRT 'nobody'; LRTs: etherfi, "):
        figure(run, lrt="nobody")


def test_small_ones_are_drawn_together(run: Run) -> None:
    _, axes = draw("capital_network", run)
    names = [text.get_text() for text in axes["map"].texts]
    assert any(name.startswith("15 others") for name in names), "25 operators: the 10 largest and the rest"
    assert any(name.startswith("28 others") for name in names), "40 AVSs: the 12 largest and the rest"
    assert any(name.startswith("ether.fi eETH") for name in names)


def test_the_bands_of_a_box_fill_it(run: Run) -> None:
    from restaking.experiments.figures import capital_network

    graph = run.network
    flows = capital_network._flows(graph)
    restaked = sum(eth for (_, target), eth in flows.items() if capital_network._column(graph, target) == 2)
    boxes, bands = capital_network._grouped(run, graph, flows, restaked)
    assert sum(box.eth for box in boxes.values() if box.column == 2) == pytest.approx(restaked, rel=1e-5)
    for name, box in boxes.items():
        into = sum(band.eth for band in bands if band.target == name)
        out = sum(band.eth for band in bands if band.source == name)
        if box.column > 0:
            assert into == pytest.approx(box.eth, rel=1e-5)
        if box.column in (0, 1, 2):
            assert out == pytest.approx(box.eth, rel=1e-5)


def test_dust_does_not_make_the_headline_of_the_discounts() -> None:
    from restaking.experiments.figures import discounts

    quiet = faked(20)
    lrt = quiet.entities["kind"] == "lrt"
    ids = list(dict.fromkeys(quiet.entities.loc[lrt, "id"]))
    big, dust = ids[0], ids[1]
    quiet.entities.loc[lrt, "discount"] = 0.0
    for name, supply, discount in ((big, 1e6, 0.03), (dust, 1e-6, 0.99)):
        rows = lrt & (quiet.entities["id"] == name)
        quiet.entities.loc[rows, ["supply_eth", "discount"]] = [supply, discount]
    title = discounts.figure(quiet)[0]._suptitle.get_text()
    assert "3.0 %" in title and "99 %" not in title and "small tokens aside" in " ".join(title.split())


def test_a_line_that_hardly_moves_stays_inside_its_panel(run: Run) -> None:
    _, axes = draw("tvl", run)
    assert axes["share"].get_ylim()[1] > 1.05 * run.daily["lrt_share_of_staked"].max()


@pytest.mark.parametrize("name", list(FIGURES))
def test_runs_without_anything_happening_can_be_drawn(name: str) -> None:
    """One day, one LRT that never opens: nothing may divide by it."""
    quiet = {f"lrt.{lrt}.remove": True for lrt in ("etherfi", "renzo", "kelp", "puffer")}
    quiet["lrt.swell.launch_day"] = 400
    run = faked(1, **quiet)
    fig, _ = draw(name, run)
    fig.draw_without_rendering()


# -------------------------------------------------------------------------------------------------------------- helpers


@pytest.mark.parametrize(
    ("spots", "gap", "expected"),
    [
        ([0.1, 0.9], 0.1, [0.1, 0.9]),
        ([0.5, 0.5], 0.2, [0.4, 0.6]),
        ([0.9, 0.1, 0.5], 0.1, [0.9, 0.1, 0.5]),
        ([1.0, 1.0, 1.0], 0.1, [0.8, 0.9, 1.0]),
        ([0.0, 0.02], 0.1, [0.0, 0.1]),
        ([0.5] * 5, 0.5, [0.0, 0.25, 0.5, 0.75, 1.0]),
    ],
)
def test_names_are_spread(spots: list[float], gap: float, expected: list[float]) -> None:
    assert style.spread(np.array(spots), gap).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "text"), [(0.1234, "12 %"), (0.0312, "3.1 %"), (0.0004, "0.04 %"), (-0.021, "−2.1 %"), (0.0, "0 %")]
)
def test_percent(value: float, text: str) -> None:
    assert style.percent(value) == text
    assert style.percent(float("nan")) == "–"


@pytest.mark.parametrize(
    ("amount", "short", "long"),
    [
        (2_934_000.0, "2.9M", "2.93 million ETH"),
        (14_200.0, "14k", "14.2 thousand ETH"),
        (999.9, "1.0k", "1,000 ETH"),
        (0.0, "0", "0.00 ETH"),
        (31_060_000.0, "31M", "31.1 million ETH"),
    ],
)
def test_amounts(amount: float, short: str, long: str) -> None:
    assert style.short_eth(amount) == short
    assert style.eth_text(amount) == long


def test_titles_are_broken_evenly() -> None:
    text = "LRTs hold 1.02 million ETH at the end, 2.16 million ETH at the peak; Alpha ends with 92 %"
    lines = style.balanced(text, 78)
    assert " ".join(lines) == text and len(lines) == 2
    assert abs(len(lines[0]) - len(lines[1])) < 12
    assert style.balanced("short", 78) == ["short"]


def test_a_run_without_an_lrt_has_the_figures_that_it_can_have(tmp_path: Path) -> None:
    from restaking.experiments.run import run_scenario

    (tmp_path / "m.toml").write_text("days = 6\n[lst.steth]\ninitial_share = 0.5\n[stakers]\ncount = 20\n")
    run = run_scenario(str(tmp_path / "m.toml"), out=tmp_path / "run", progress=False)
    drawn = {path.stem for path in (tmp_path / "run" / "figures").iterdir()}
    assert drawn == set(FIGURES) - OF_LRTS
    assert not run.scenario.lrt
