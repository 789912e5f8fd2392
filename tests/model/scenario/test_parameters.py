"""Every parameter is declared in full, and the declarations hold together."""

import inspect
import json
import re
import subprocess
import sys

import pytest

from restaking.model.scenario import ParameterInfo, Scenario, find_parameter, parameters, scenario_schema
from restaking.model.scenario.registry import REQUIRED

SOURCE = re.compile(r"(https?://\S+$|assumption(: .+)?$|[A-Z]\. \w+, .+ \(\d{4}\)$)")
WITHOUT_UNIT = {"switch", "text", "choice", "list of texts", "list of tables", "list of tables or none"}

ids = [info.key for info in parameters()]


def test_keys_are_unique() -> None:
    assert len(ids) == len(set(ids)) > 200


@pytest.mark.parametrize("info", parameters(), ids=ids)
def test_declaration(info: ParameterInfo) -> None:
    assert len(info.description) > 8
    assert SOURCE.match(info.source), info.source
    assert info.role in ("lever", "uncertainty", "fact")
    assert not info.source.startswith(("/", ".")), "a source is public, not a path"
    if info.type in WITHOUT_UNIT:
        assert info.unit == ""
    if info.type in ("number", "whole number"):
        assert info.low is not None and info.high is not None, "a number needs bounds"
        assert info.low < info.high
        if info.default != REQUIRED:
            assert info.low <= info.default <= info.high
    if info.scale == "log":
        assert info.low is not None and info.low > 0.0, "a logarithmic scale needs a lower bound above 0"
    if info.type.startswith("day"):
        assert info.unit == "day"
    if info.choices and info.default != REQUIRED:
        assert info.default in info.choices
    assert info.allowed()


def test_every_leaf_of_a_scenario_is_listed() -> None:
    document = Scenario().to_dict()

    def leaves(table: dict[str, object], prefix: str) -> list[str]:
        found: list[str] = []
        for key, value in table.items():
            name = f"{prefix}{key}"
            found += leaves(value, f"{name}.") if isinstance(value, dict) and value else [name]
        return found

    missing = [key for key in leaves(document, "") if find_parameter(key) is None]
    assert missing == ["lst", "lrt", "avs"], "only the tables without entities are no parameters"


@pytest.mark.parametrize(
    ("key", "pattern", "default", "unit"),
    [
        ("lrt.renzo.fee", "lrt.<id>.fee", 0.10, "fraction"),
        ("lrt.<id>.fee", "lrt.<id>.fee", 0.10, "fraction"),
        ("lrt.renzo.seasons.0.share", "lrt.<id>.seasons.<n>.share", REQUIRED, "fraction"),
        ("stakers.archetypes.farmer.wallets_mean", "stakers.archetypes.<id>.wallets_mean", 1.0, "count"),
        ("restaking.token.id", "restaking.token.id", "EIGEN", ""),
        ("ethereum.issuance_coefficient", "ethereum.issuance_coefficient", 166.3232, "sqrt(ETH)/yr"),
    ],
)
def test_find_parameter(key: str, pattern: str, default: object, unit: str) -> None:
    info = find_parameter(key)
    assert info is not None
    assert (info.key, info.default, info.unit) == (pattern, default, unit)


@pytest.mark.parametrize("key", ["", "lrt", "lrt.renzo", "lrt.renzo.fees", "stakers", "stakers.count.x", "nothing"])
def test_find_parameter_misses(key: str) -> None:
    assert find_parameter(key) is None


def test_types() -> None:
    types = {key: find_parameter(key).type for key in ids}  # type: ignore[union-attr]
    assert types["stakers.count"] == "whole number"
    assert types["arbitrage.enabled"] == "switch"
    assert types["lrt.<id>.launch_day"] == "day"
    assert types["restaking.lst_cap_lift_day"] == "day or none"
    assert types["start_date"] == "date"
    assert types["lrt.<id>.accepts"] == "list of texts"
    assert types["arbitrage.patient_weights"] == "list of numbers"
    assert types["lrt.<id>.seasons"] == "list of tables or none"
    assert types["lrt.<id>.operator_count"] == "whole number or none"
    assert types["restaking.stake_mode"] == "choice"


def test_whatever_may_be_empty_is_empty_by_default() -> None:
    """TOML has no null: a resolved scenario leaves such keys out, so their default has to be none."""
    for info in parameters():
        if info.type.endswith("or none"):
            assert info.default is None, info.key


def test_issuance_coefficient_is_the_consensus_formula() -> None:
    epochs_per_year = 365.25 * 225.0
    assert Scenario().ethereum.issuance_coefficient == pytest.approx(64 * epochs_per_year / 1e9**0.5, rel=1e-6)


def test_schema_is_json_with_units_and_keywords() -> None:
    schema = json.loads(json.dumps(scenario_schema(), allow_nan=False))
    lrt = schema["$defs"]["LrtParameters"]["properties"]
    assert lrt["fee"]["unit"] == "fraction" and lrt["fee"]["maximum"] == 1.0
    assert lrt["remove"]["type"] == "boolean"
    assert "extends" in schema["properties"]
    assert schema["additionalProperties"] is False


def test_import_needs_no_numerical_library() -> None:
    code = (
        "import sys, restaking.model.scenario\n"
        "heavy = {'numpy', 'numba', 'scipy', 'pandas', 'mesa', 'networkx', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_subsystem_stands_in_its_own_file() -> None:
    for name, field in Scenario.model_fields.items():
        annotation = field.annotation
        if inspect.isclass(annotation) and hasattr(annotation, "model_fields"):
            assert annotation.__module__.endswith(f"scenario.{name}"), name
