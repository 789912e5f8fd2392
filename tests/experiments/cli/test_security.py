"""``restaking security``: exact answers, the network of a run read back, and every malformed file refused."""

import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from restaking.experiments.cli.main import main
from restaking.model import load_scenario
from restaking.model.security import certificate, read_network

GOOD: dict[str, Any] = {
    "operators": {"a": "1/10", "b": "9/10"},
    "services": {"x": {"profit": 1, "threshold": 1}},
    "edges": [["a", "x"], ["b", "x"]],
}


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(content: Any) -> str:
    """A network file."""
    text = content if isinstance(content, str) else json.dumps(content)
    Path("network.json").write_text(text, encoding="utf-8")
    return "network.json"


def test_exact_numbers_in_exact_numbers_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["security", write(GOOD), "--psi", "1/10", "--psi", "1/20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "secure": True,
        "certificate_slack": "0",
        "slack": "0",
        "best_attack": None,
        "worst_loss": {"1/10": "1", "1/20": "1/20"},
        "method": "exact",
    }


def test_people_get_lines(capsys: pytest.CaptureFixture[str]) -> None:
    bad = {**GOOD, "services": {"x": {"profit": 2, "threshold": 1}}}
    assert main(["security", write(bad)]) == 0
    told = capsys.readouterr().out
    assert "secure               no" in told
    assert "a, b take x: profit 1, stake lost 1" in told
    assert "loss after 0.01" in told


def test_an_elastic_network(capsys: pytest.CaptureFixture[str]) -> None:
    elastic = {**GOOD, "allocations": [["a", "x", "1/20"], ["b", "x", "1/2"]]}
    assert main(["security", write(elastic), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["secure"] is False
    assert found["best_attack"]["stake_lost"] == "11/20"
    assert found["slack"] is None and found["worst_loss"] is None
    assert found["elastic_slack"] == "-9/20"
    assert main(["security", write(elastic)]) == 0
    told = capsys.readouterr().out
    assert "slack                -9/20 (-0.45), elastic" in told
    assert "losses after shocks  -" in told


def test_shocks_of_an_elastic_network_are_named_as_not_used(capsys: pytest.CaptureFixture[str]) -> None:
    elastic = {**GOOD, "allocations": [["a", "x", "1/20"], ["b", "x", "1/2"]]}
    assert main(["security", write(elastic), "--psi", "0.05", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reading"]["not_used"][0].startswith("--psi")
    assert main(["security", write(elastic), "--psi", "0.05"]) == 0
    assert "not used             --psi" in capsys.readouterr().out


def test_keys_that_are_not_used_are_named_in_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    limited = {**GOOD, "services": {"x": {"profit": 1, "threshold": 1, "max_degree": 2, "reward": 10}}}
    assert main(["security", write(limited), "--json"]) == 0
    named = json.loads(capsys.readouterr().out)["reading"]["not_used"]
    assert named == ["services.*.max_degree", "services.*.reward"]
    assert main(["security", write(limited)]) == 0
    told = capsys.readouterr().out
    assert all(f"not used             {key}" in told for key in named)


def test_text_and_json_say_the_same_about_what_nobody_serves(capsys: pytest.CaptureFixture[str]) -> None:
    services = {"x": {"profit": "1/2", "threshold": 1}, "new\nline": {"profit": 7, "threshold": 1}}
    assert main(["security", write({**GOOD, "services": services}), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["secure"] is False and found["unserved"] == ["new\nline"]
    assert found["served"]["secure"] is True and found["served"]["slack"] == "1"
    assert main(["security", write({**GOOD, "services": services})]) == 0
    told = capsys.readouterr().out.splitlines()
    assert 'served by nobody     "new\\nline"' in told
    rest = told[told.index("without what nobody serves:") :]
    assert "secure               yes" in rest and "slack                1" in rest


def test_the_form_can_be_named_and_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["security", write(GOOD), "--from", "json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reading"]["form"] == "json"
    assert main(["security", write(GOOD), "--from", "jsn"]) == 2
    assert "nearest valid name: json" in capsys.readouterr().err
    assert main(["security", write(GOOD), "--from", "csv"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_table_and_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    Path("n.csv").write_text('Operator Name,USD value Delegated\nA,"$1,000"\nB,500\n', encoding="utf-8")
    asked = ["security", "n.csv", "--service", "da", "--profit", "10", "--threshold", "50%", "--json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["secure"] is True and found["slack"] == pytest.approx(99.0)
    assert found["reading"]["unit"] == "USD"
    for option, value in (("--profit", "-1"), ("--profit", "ten"), ("--threshold", "55"), ("--threshold", "101%")):
        assert main([*asked, option, value]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"restaking: {option}: ") and told.count("\n") == 1


def test_security_can_be_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["security", write(GOOD), "--require-secure"]) == 0
    bad = {**GOOD, "services": {"x": {"profit": 2, "threshold": 1}}}
    capsys.readouterr()
    assert main(["security", write(bad), "--require-secure", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["secure"] is False
    assert main(["security", write(bad), "--json"]) == 0


@pytest.mark.slow
def test_a_large_network_gets_bounds_that_are_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    operators = {f"v{n}": 100.0 + n for n in range(120)}
    services = {f"s{n}": {"profit": 5.0, "threshold": 0.34} for n in range(20)}
    edges = [[v, s] for i, v in enumerate(operators) for j, s in enumerate(services) if (i + j) % 3 == 0]
    assert main(["security", write({"operators": operators, "services": services, "edges": edges}), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["method"] == "bound"
    assert found["secure"] is True
    assert found["certificate_slack"] > 0.0


@pytest.mark.parametrize(("mode", "day"), [("pooled", 200), ("unique", 60), ("elastic", 60)])
def test_the_network_of_a_run_comes_back(mode: str, day: int, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "baseline", "--days", str(day + 10), "--stakers", "150", "--no-figures", "--out", "r"]
    assert main([*run, "--set", f"restaking.stake_mode={mode}"]) == 0
    assert main(["network", "r", "--day", str(day), "--format", "json", "--out", "network.json"]) == 0
    capsys.readouterr()
    assert main(["security", "network.json", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert main(["network", "r", "--day", str(day), "--format", "graphml", "--out", "network.graphml"]) == 0
    capsys.readouterr()
    assert main(["security", "network.graphml", "--json"]) == 0
    drawn = json.loads(capsys.readouterr().out)
    assert {key: drawn[key] for key in ("secure", "certificate_slack", "slack", "best_attack", "worst_loss")} == {
        key: found[key] for key in ("secure", "certificate_slack", "slack", "best_attack", "worst_loss")
    }
    assert drawn["reading"]["read"][0].startswith(f"the network of day {day} of baseline, seed 1, code ")
    origin = nx.read_graphml("network.graphml").graph
    assert (origin["scenario"], origin["seed"], origin["day"], origin["stake_mode"]) == ("baseline", 1, day, mode)
    assert len(origin["code"]) > 8
    network = read_network("network.json")
    assert (network.allocations is None) == (mode == "pooled")
    assert found["certificate_slack"] == pytest.approx(float(certificate(network).slack or 0.0))
    import pandas as pd

    recorded = pd.read_parquet("r/daily.parquet").set_index("day").loc[day]
    total = sum(float(stake) for stake in network.stakes.values())
    operators = load_scenario("baseline").operators
    own = operators.count * operators.self_stake_eth
    assert total == pytest.approx(recorded["restaked_eth"] + own, rel=1e-9)
    assert found["certificate_slack"] == pytest.approx(recorded["certified_slack"], rel=1e-9)
    slack = recorded["certified_slack"]
    bound = 1.0 if mode == "elastic" else min(0.01 * (1.0 + 1.0 / slack), 1.0)
    assert recorded["shock_loss_bound"] == pytest.approx(bound)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "JSON"),
        ("[]", "network.json"),
        ({**GOOD, "operators": {"a": -1, "b": 1}}, "operators.a"),
        ({**GOOD, "operators": {"a": "one", "b": 1}}, "operators.a"),
        ({**GOOD, "services": {"x": {"profit": -1, "threshold": 1}}}, "profit"),
        ({**GOOD, "services": {"x": {"profit": 1, "threshold": 2}}}, "threshold"),
        ({**GOOD, "services": {"x": {"profit": 1, "threshold": 0}}}, "threshold"),
        ({**GOOD, "services": {"x": {"profit": 1}}}, "threshold"),
        ({**GOOD, "services": {"x": {"profit": 1, "treshold": 1}}}, "threshold"),
        ({**GOOD, "edges": [["a", "y"]]}, "y"),
        ({**GOOD, "edges": [["aa", "x"]]}, "aa"),
        ({**GOOD, "edges": [["a", "x"], ["a", "x"]]}, "a"),
        ({**GOOD, "edges": [["a"]]}, "edges"),
        ({"operators": {"a": 1}, "services": {}}, "edges"),
        ({**GOOD, "allocations": [["a", "x", 5]]}, "allocations"),
        ({**GOOD, "allocation": []}, "allocations"),
    ],
)
def test_malformed_networks(content: Any, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["security", write(content)]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(("psi", "says"), [("2", "between 0 and 1"), ("x", "1/100"), ("1/0", "1/100")])
def test_bad_shocks(psi: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["security", write(GOOD), "--psi", psi]) == 2
    assert says in capsys.readouterr().err


def test_no_such_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["security", "nowhere.json"]) == 2
    assert "nowhere.json" in capsys.readouterr().err
