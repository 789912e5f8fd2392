"""The page of assumptions speaks of parameters that exist, and of all that nobody has published."""

import re
from pathlib import Path

import pytest

from restaking.model.scenario import find_parameter, parameters

PAGE = Path(__file__).resolve().parents[3] / "ASSUMPTIONS.md"
SECTIONS = ("stakers", "campaigns", "operators", "arbitrage", "markets", "networks", "hazards", "restaking")
ROW = re.compile(r"^\| .+ \| .+ \| .+ \| .+ \|$")

KEYS = sorted(
    key
    for key in re.findall(r"`([a-z_]+\.[a-z_.<>]+)`", PAGE.read_text(encoding="utf-8"))
    if key.partition(".")[0] in (*SECTIONS, "avs", "lrt", "lst", "ethereum")
)


@pytest.mark.parametrize("key", sorted(set(KEYS)))
def test_named_parameters_exist(key: str) -> None:
    listed = {info.key for info in parameters()}
    assert find_parameter(key) is not None or any(other.startswith(f"{key}.") for other in listed)


def test_every_behavioural_parameter_of_stakers_is_named() -> None:
    told = set(KEYS)
    resolution = {"stakers.count", "stakers.pareto_alpha"}
    silent = [
        info.key
        for info in parameters()
        if info.key.startswith("stakers.") and info.key not in told | resolution and info.role == "uncertainty"
    ]
    assert silent == []


def test_rows_are_complete() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    wide = [line for line in rows if line.count(" | ") == 3]
    assert len(wide) > 50
    assert [line for line in wide if not ROW.match(line)] == []
