"""A number that stands on the page of a run, in its figures and in its summary is the same number."""

import re

import numpy as np
import pytest

from restaking.experiments.figures import draw, shared_numbers
from restaking.experiments.figures.style import eth_text, percent, short_eth
from restaking.experiments.report.summary import summary_text
from restaking.experiments.run import run_scenario
from restaking.experiments.store import Run

SETTINGS = {"days": 170, "stakers.count": 400, "recording.entity_interval": 3}


@pytest.fixture(scope="module")
def run() -> Run:
    """Entities are recorded every third day only: their peaks are not those of the daily series."""
    return run_scenario("season-2024", seed=1, overrides=SETTINGS, progress=False)


@pytest.fixture(scope="module")
def page(run: Run) -> str:
    return " ".join(summary_text(run).split())


def title(run: Run, figure: str) -> str:
    return str(draw(figure, run)[0]._suptitle.get_text()).replace("\n", " ")


def test_claims(run: Run, page: str) -> None:
    peak = run.summary["lrt_claims_eth"]
    assert peak == run.daily["lrt_claims_eth"].max() > 0.0
    assert peak <= run.summary["claims_eth"]
    assert f"claims on LRTs up to {short_eth(peak)} ETH" in page
    assert title(run, "queues").startswith(f"Up to {eth_text(peak)} waited")


def test_supply(run: Run, page: str) -> None:
    peak, end = run.daily["lrt_supply_eth"].max(), run.summary["lrt_supply_eth"]
    assert re.search(rf"all \S+ {short_eth(peak)} {short_eth(end)} ", page)
    assert f"{eth_text(end)} at the end, {eth_text(peak)} at the peak" in title(run, "tvl")


def test_operators_that_hold_a_third(run: Run, page: str) -> None:
    count = round(run.summary["operator_nakamoto"])
    assert count == run.daily["operator_nakamoto"].iloc[-1]
    assert f"a third at the end: {count}" in page
    assert f"{count} operator" in title(run, "concentration")


def test_concentration_on_the_page_is_that_of_the_summary(run: Run, page: str) -> None:
    assert f"mean HHI of LRTs {run.summary['lrt_hhi']:.2f}, operators {run.summary['operator_hhi']:.2f}" in page


def test_discounts(run: Run, page: str) -> None:
    deepest = shared_numbers.deepest_discount(run)
    assert deepest is not None
    assert f"deepest discount {percent(deepest.discount)}" in page
    assert f"{percent(deepest.discount)}: " in title(run, "discounts") and deepest.date in title(run, "discounts")
    assert deepest.discount <= run.summary["worst_discount"]
    assert ("small tokens aside" in page) == ("small tokens aside" in title(run, "discounts")) == deepest.small_aside


def test_yields(run: Run, page: str) -> None:
    yields = shared_numbers.mean_yields(run)
    supply = run.entity("lrt", "supply_eth").fillna(0.0)
    leader = str(supply.mean().idxmax())
    assert title(run, "yield_split").endswith(
        f"advertised {percent(yields[leader].advertised)} a year on average and paid {percent(yields[leader].earned)}"
    )
    for one in yields.values():
        if np.isfinite(one.earned):
            assert f" {percent(one.advertised)} {percent(one.earned)} " in page
    assert f"{percent(run.summary['premium_promised'])} a year advertised" in page
    assert f"{percent(run.summary['premium_earned'])} earned" in page


def test_payers(run: Run, page: str) -> None:
    total = sum(shared_numbers.paid_by(run).values())
    assert total == sum(
        run.daily[key].iloc[-1] for key in ("paid_by_issuance_eth", "paid_by_users_eth", "paid_by_token_buyers_eth")
    )
    assert f"of {short_eth(total)} ETH" in page
    assert eth_text(total) in title(run, "who_paid")


def test_a_token_that_is_never_launched_has_no_yield() -> None:
    late = run_scenario(
        "season-2024", seed=1, overrides={**SETTINGS, "days": 10, "recording.entity_interval": 1}, progress=False
    )
    found = shared_numbers.mean_yields(late)
    assert np.isnan(found["puffer"].advertised) and np.isnan(found["puffer"].earned)
    assert np.isfinite(found["etherfi"].earned)


def test_nothing_below_par_is_no_discount(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    zero = run.entity("lrt", "discount") * 0.0
    real = run.entity
    monkeypatch.setattr(run, "entity", lambda kind, name: zero if name == "discount" else real(kind, name))
    assert shared_numbers.deepest_discount(run) is None
