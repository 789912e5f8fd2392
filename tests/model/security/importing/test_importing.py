"""Network files of the trade: what comes in, what is told about it, and what is asked for."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from restaking.model.networks import security_document
from restaking.model.security import NetworkError, NetworkReading, RestakingNetwork, load_network, read_network
from restaking.model.security.importing import FORMS, Supplements

ALPHA, BETA = "0x00A1B2C3D4E500A1B2C3D4E500A1B2C3D4E50001", "0x00a1b2c3d4e500a1b2c3d4e500a1b2c3d4e50002"
DA, ORACLE = "0x00a1b2c3d4e500a1b2c3d4e500a1b2c3d4e50065", "0x00a1b2c3d4e500a1b2c3d4e500a1b2c3d4e50066"
ETHER = 10**18


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(content: Any, name: str = "n.json", form: Any = "auto", **said: Any) -> NetworkReading:
    """Write a file and read it as a network."""
    text = content if isinstance(content, str) else json.dumps(content)
    Path(name).write_text(text, encoding="utf-8")
    return load_network(name, form, Supplements(**said))


def refusal(*arguments: Any, **said: Any) -> str:
    """What is said instead of an answer."""
    with pytest.raises(NetworkError) as refused:
        load(*arguments, **said)
    return str(refused.value)


# --------------------------------------------------------------------------------------------------------- the own form


def test_a_plain_file_is_used_as_it_stands() -> None:
    reading = load({"operators": {"a": 1}, "services": {"s": {"profit": 1, "threshold": 1}}, "edges": [["a", "s"]]})
    assert reading.as_it_stands
    assert reading.form == "json" == FORMS[0]


def test_terms_come_from_a_table_before_options_and_the_file_before_both() -> None:
    own = {"x": {"profit": 1, "threshold": 0.5}, "y": {"profit": 2}, "z": {}}
    Path("t.csv").write_text("service,profit,threshold\ny,9,40%\nz,3,\nw,1,1\n", encoding="utf-8")
    content = {"operators": {"a": 1}, "services": own, "edges": [["a", name] for name in own]}
    reading = load(content, services=Path("t.csv"), threshold="2500 bps", profit="7")
    found = {name: (service.profit, service.threshold) for name, service in reading.network.services.items()}
    assert found == {"x": (1, Fraction(1, 2)), "y": (2, Fraction(2, 5)), "z": (3, Fraction(1, 4))}
    assert reading.assumed == ("threshold 2500 bps of 1 service (--threshold)",)
    assert reading.not_used == (
        "1 service of t.csv unknown here: w",
        "profit of y in t.csv: the file has its own",
        "--profit: nothing here needs it",
    )


def test_stakes_in_several_assets_need_a_choice() -> None:
    content = {
        "operators": {"a": {"stETH": 10, "EIGEN": 500}, "b": {"EIGEN": 3}},
        "services": {"s": {"profit": 1, "threshold": 1}},
        "edges": [["a", "s"], ["b", "s"]],
    }
    assert "which of 2 assets count" in refusal(content)
    assert load(content, strategies=("stETH",)).network.stakes == {"a": 10, "b": 0}
    assert load(content, strategies=("all",)).network.stakes == {"a": 510, "b": 3}
    assert load(content, strategies=("stETH",)).dropped == ("holdings of EIGEN: not chosen by --strategy",)
    assert "nearest valid name: stETH" in refusal(content, strategies=("sETH",))


def test_lists_of_objects() -> None:
    content = {
        "operators": [{"address": ALPHA, "stake": 5, "since": "2024"}, {"address": BETA, "stake": 0}],
        "services": [{"name": "da", "profit": 1, "threshold": "33%", "max_degree": 3}],
        "edges": [{"operator": ALPHA.lower(), "avs": "da"}, {"operator": BETA, "avs": "da"}],
    }
    reading = load(content)
    assert reading.network.stakes == {ALPHA: 5, BETA: 0}
    assert reading.network.edges == ((ALPHA, "da"), (BETA, "da"))
    assert reading.not_used == ("operators.*.since", "services.*.max_degree")
    edges: list[dict[str, Any]] = [{"operator": ALPHA, "service": "da", "allocation": 2}]
    assert load({**content, "edges": edges}).network.allocations == {(ALPHA, "da"): 2}
    edges = [{"operator": ALPHA, "service": "da", "magnitude": ETHER // 5}]
    assert load({**content, "edges": edges}).network.allocations == {(ALPHA, "da"): 1}
    assert "is called da" in refusal({**content, "services": [*content["services"], {"name": "da"}]})
    assert "has no name" in refusal({**content, "operators": [{"stake": 5}]})
    assert "threshold is missing" in refusal({**content, "services": [{"name": "da", "profit": 1}]})


# --------------------------------------------------------------------------------------------------------------- tables


def test_an_edge_list_with_everything() -> None:
    table = "operator,avs,stake,profit,threshold\na,x,10,1,33%\na,y,10,2,0.5\nb,x,5,1,33%\na,y,10,2,0.5\n"
    reading = load(table, "n.csv")
    assert reading.network.stakes == {"a": 10, "b": 5}
    assert reading.network.edges == (("a", "x"), ("a", "y"), ("b", "x"))
    assert reading.network.services["x"].threshold == Fraction(33, 100)
    assert reading.network.allocations is None
    assert reading.merged == ("1 repetition of an edge",)
    assert not reading.network.exact


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_marks_and_line_ends(separator: str, mark: str, end: str) -> None:
    rows = [("operatorAddress", "avsName", "Staked"), ("a", "x", "10.5"), ("b", "x", "5")]
    text = mark + end.join(separator.join(row) for row in rows) + end
    Path("n.txt").write_bytes(text.encode("utf-8"))
    reading = load_network("n.txt", supplements=Supplements(profit="1", threshold="1"))
    assert reading.form == "csv"
    assert reading.network.stakes == {"a": Fraction(21, 2), "b": 5}


def test_the_export_of_a_query() -> None:
    table = (
        "Operator Name,Operator Address,USD value Delegated,Protocol\n"
        f'Alpha Staking,{ALPHA},"$1,234,567,890.12",EigenLayer\n'
        f"Beta,{BETA},987654321.5,EigenLayer\n,0x03,,EigenLayer\n,,,\n"
        f'"Gamma, Inc.",0x04,0,EigenLayer\n'
    )
    missing = refusal(table, "n.csv")
    assert "--service NAME" in missing and "--profit" in missing and "--threshold" in missing
    reading = load(table, "n.csv", service="EigenDA", profit="1", threshold="33%")
    assert reading.network.stakes == {ALPHA: Fraction("1234567890.12"), BETA: Fraction("987654321.5"), "0x04": 0}
    assert reading.network.operators_of["EigenDA"] == (ALPHA, BETA, "0x04")
    assert reading.unit == "USD"
    assert reading.dropped == ("1 operator without a 'USD value Delegated': 0x03",)
    assert reading.not_used == ("the column 'Operator Name'", "the column 'Protocol'")


def test_records_are_tables() -> None:
    rows = [{"Operator Name": "a", "USD value Delegated": 1.5}, {"Operator Name": None, "USD value Delegated": None}]
    for content in (rows, {"data": rows}, {"result": {"rows": rows}}):
        reading = load(content, service="s", profit="1", threshold="1")
        assert reading.form == "records"
        assert reading.network.stakes == {"a": Fraction(3, 2)}
        assert reading.dropped == ("1 row without an operator ([1])",)


def test_addresses_of_a_table_are_merged_without_regard_to_case() -> None:
    table = f"operator,avs,stake\n{ALPHA},{DA.upper().replace('0X', '0x')},1\n{ALPHA.lower()},{DA},1\n"
    reading = load(table, "n.csv", profit="1", threshold="1")
    assert list(reading.network.stakes) == [ALPHA]
    assert len(reading.network.edges) == 1
    assert reading.merged == ("1 repetition of an edge",)


@pytest.mark.parametrize(("unit", "divisor"), [("wei", ETHER), ("gwei", 10**9), ("eth", 1)])
def test_units_in_the_names_of_columns(unit: str, divisor: int) -> None:
    reading = load(f"operator,service,stake_{unit}\na,s,{5 * divisor}\n", "n.csv", profit="2 ETH", threshold="1")
    assert reading.network.stakes == {"a": 5}
    assert reading.network.services["s"].profit == 2
    assert reading.unit == "ETH"


def test_stakes_from_a_table_beside_an_edge_list() -> None:
    edges = f"operator,avs,threshold_bps\n{ALPHA},x,3300\n{BETA},x,3300\n"
    assert "--operators TABLE" in refusal(edges, "n.csv", profit="1")
    stakes = f"address,delegated (wei),rank\n{ALPHA.lower()},{3 * ETHER},1\n{BETA},0,2\n0x9,5,3\n"
    Path("o.csv").write_text(stakes, encoding="utf-8")
    reading = load(edges, "n.csv", profit="1", operators=Path("o.csv"))
    assert reading.network.stakes == {ALPHA: 3, BETA: 0}
    assert reading.network.services["x"].threshold == Fraction(33, 100)
    assert reading.not_used == ("the column 'rank' of o.csv", "1 operator of o.csv unknown here: 0x9")
    Path("o.csv").write_text(f"address,stake\n{ALPHA},3\n", encoding="utf-8")
    assert "the stakes of 0x00a1" in refusal(edges, "n.csv", profit="1", operators=Path("o.csv"))


def test_allocations_and_magnitudes_of_a_table() -> None:
    table = "operator,avs,stake,allocation\na,x,10,4\na,y,10,8\nb,x,5,0\n"
    reading = load(table, "n.csv", profit="1", threshold="1")
    assert reading.network.allocations == {("a", "x"): 4, ("a", "y"): 8, ("b", "x"): 0}
    table = f"operator,avs,stake,magnitude\na,x,10,{ETHER // 2}\nb,x,5,{ETHER}\n"
    reading = load(table, "n.csv", profit="1", threshold="1")
    assert reading.network.allocations == {("a", "x"): 5, ("b", "x"): 5}


def test_units_of_options_and_tables_must_add_up() -> None:
    table = "operator,service,stake_usd\na,s,5\n"
    assert "is in ETH, other amounts are in USD" in refusal(table, "n.csv", profit="1 ETH", threshold="1")
    Path("t.csv").write_text("service,profit_eth,threshold_pct\ns,1,33\n", encoding="utf-8")
    assert "is in ETH, other amounts are in USD" in refusal(table, "n.csv", services=Path("t.csv"))
    reading = load(table.replace("usd", "gwei"), "n.csv", services=Path("t.csv"))
    assert reading.network.stakes == {"a": Fraction(5, 10**9)}
    assert reading.network.services["s"].threshold == Fraction(33, 100)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("who,avs,stake\na,x,1\n", "one of operators is needed"),
        ("operator,avs,stake\na,x,1\na,y,2\n", "another stake than line 2"),
        ("operator,avs,stake,allocation\na,x,1,1\na,x,1,0.5\n", "another amount"),
        ("operator,avs,stake,profit\na,x,1,1\nb,x,1,2\n", "another profit"),
        ("operator,avs,stake\na,,1\n", "names no service"),
        ("operator,avs,stake\n,x,1\n", "nobody under 'operator'"),
        ("operator,avs,stake\na,x,-1\n", "line 2: stake = '-1' must be a number of at least 0"),
        ("operator,avs,stake\na,x,much\n", "line 2: stake = 'much' must be a number"),
        ("operator,avs,stake\na,x\n", "line 2: has 2 values for 3 columns"),
        ("operator,avs,stake,stake\na,x,1,1\n", "has the column 'stake' twice"),
        ("operator,avs,ETH delegated,USD delegated\na,x,1,1\n", "could all be the stake"),
        ("operator,avs,stake_usd,profit_eth\na,x,1,1\n", "is in ETH, other amounts are in USD"),
        ("operator,avs,stake\n", "has no rows"),
        ('operator,avs,stake\n"a,x,1\n', "is not CSV"),
        ("operator;avs;stake\na;x;1,5\n", "a comma could be decimal"),
        ("operator,avs,stake,threshold\na,x,1,55\n", 'for 55 % write 0.55 or "55%"'),
    ],
)
def test_tables_that_contradict_themselves(table: str, says: str) -> None:
    said = {} if "profit" in table else {"profit": "1"}
    assert says in refusal(table, "n.csv", **said, threshold="1")


# ----------------------------------------------------------------------------------------------------------- registries


def registered(address: str, shares: dict[str, int], services: dict[str, bool]) -> dict[str, Any]:
    """An operator as the API lists it."""
    return {
        "address": address,
        "metadataName": "any",
        "shares": [{"strategyAddress": name, "shares": str(amount)} for name, amount in shares.items()],
        "avsRegistrations": [{"avsAddress": name, "isActive": active} for name, active in services.items()],
    }


def test_operators_of_a_registry() -> None:
    first = registered(ALPHA, {"0xE": 3 * ETHER + 1, "0xF": ETHER}, {DA: True, ORACLE: False})
    second = registered(BETA, {"0xE": 0}, {DA.upper().replace("0X", "0x"): True})
    page, overlap = {"data": [first, second], "meta": {}}, {"data": [{**first, "address": ALPHA.lower()}]}
    assert "which of 2 assets count" in refusal(page, profit="1", threshold="1")
    reading = load([page, overlap], strategies=("0xE",), profit="1", threshold="1")
    assert reading.form == "eigenexplorer"
    assert reading.network.stakes == {ALPHA: Fraction(3 * ETHER + 1, ETHER), BETA: 0}
    assert reading.network.edges == ((ALPHA, DA), (BETA, DA))
    assert reading.merged == ("1 repetition of an operator",)
    assert reading.dropped == ("holdings of 0xF: not chosen by --strategy", "1 inactive registration")
    assert reading.not_used == ("metadataName (2 times)",)
    summed = load(page, strategies=("all",), profit="1", threshold="1")
    assert summed.network.stakes[ALPHA] == Fraction(4 * ETHER + 1, ETHER)


def test_pages_that_contradict_each_other() -> None:
    first, again = registered(ALPHA, {"0xE": 1}, {DA: True}), registered(ALPHA, {"0xE": 2}, {DA: True})
    assert "again with other shares" in refusal({"data": [first, again]}, profit="1", threshold="1")


# ------------------------------------------------------------------------------------------------- matrices, magnitudes


def test_a_matrix_of_allocations() -> None:
    content = {
        "validator_stakes": [10, 10],
        "service_attack_rewards": [2, 1],
        "service_attack_thresholds": [0.25, 0.5],
        "allocations": [[10, 0], [5, 5]],
    }
    reading = load(content)
    assert reading.network.stakes == {"V0": 10, "V1": 10}
    assert reading.network.allocations == {("V0", "S0"): 10, ("V1", "S0"): 5, ("V1", "S1"): 5}
    assert reading.network.services["S1"].threshold == Fraction(1, 2)
    assert reading.dropped == ("1 allocation of 0",)
    named = load({**content, "validator_names": ["p", "q"], "service_names": ["x", "y"]})
    assert list(named.network.stakes) == ["p", "q"] and named.assumed == ()
    assert "allocations[1] must be a list of 2" in refusal({**content, "allocations": [[1, 1], [1]]})
    assert "has 1 entries; 2 are needed" in refusal({**content, "service_attack_thresholds": [1]})


def allocated(**changes: Any) -> dict[str, Any]:
    """A network of two operators whose allocations are magnitudes."""
    entry = {"operator": "a", "operatorSet": "x", "currentMagnitude": str(ETHER // 2), **changes}
    return {
        "operators": {"a": 100, "b": 8},
        "services": {"x": {"profit": 1, "threshold": 0.5}},
        "edges": [],
        "allocations": [entry, {"operator": "b", "operatorSet": "x", "currentMagnitude": ETHER}],
    }


def amount_of_a(content: Any, **said: Any) -> Fraction:
    """What operator a has allocated to x."""
    allocations = load(content, **said).network.allocations
    assert allocations is not None
    return allocations["a", "x"]


def test_magnitudes_are_shares_of_what_was_never_slashed() -> None:
    assert amount_of_a(allocated()) == 50
    # Slashed by a tenth: the stake is 100 of once 111, and half of the first magnitude is five ninths of what is left.
    assert amount_of_a(allocated(maxMagnitude=str(ETHER * 9 // 10))) == Fraction(500, 9)
    assert amount_of_a(allocated(currentMagnitude="0", maxMagnitude="0")) == 0


def test_pending_changes_hold_from_their_block_on() -> None:
    pending = allocated(pendingDiff=str(-ETHER // 4), effectBlock=23_000_000)
    assert "--block N" in refusal(pending)
    assert amount_of_a(pending, block=22_999_999) == 50
    assert amount_of_a(pending, block=23_000_000) == 25


def test_triples_are_magnitudes_when_that_is_said() -> None:
    content = {**allocated(), "allocations": [["a", "x", ETHER // 2], ["b", "x", ETHER]]}
    assert "--from magnitudes" in refusal(content)
    assert amount_of_a(content, form="magnitudes") == 50


def test_magnitudes_of_several_strategies() -> None:
    content = allocated(strategy="stETH")
    content["operators"] = {"a": {"stETH": 60, "cbETH": 20}, "b": {"stETH": 8}}
    content["allocations"][1]["strategy"] = "stETH"
    content["allocations"].append({"operator": "a", "operatorSet": "x", "strategy": "cbETH", "magnitude": str(ETHER)})
    assert amount_of_a(content, strategies=("all",)) == 50
    assert amount_of_a(content, strategies=("stETH",)) == 30
    content["allocations"][0]["strategy"] = "stEHT"
    assert "nearest valid name: stETH" in refusal(content, strategies=("all",))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"currentMagnitude": str(2 * ETHER)}, "allowed are 0 to the largest"),
        ({"currentMagnitude": "-1"}, "must be a whole number"),
        ({"currentMagnitude": 0.5}, "must be a whole number"),
        ({"operator": "c"}, 'unknown operator "c"'),
        ({"operator": "b"}, "repeats the allocation"),
        ({"operatorSet": {"avs": "x"}}, "operatorSet.id is missing"),
        ({"pendingDiff": 5}, "effectBlock is missing"),
    ],
)
def test_magnitudes_that_cannot_be(changes: dict[str, Any], says: str) -> None:
    assert says in refusal(allocated(**changes))


# --------------------------------------------------------------------------------------------------------------- graphs


def capital(stake_mode: str = "pooled") -> "nx.DiGraph[str]":
    """A capital network as the project makes it, small."""
    graph: nx.DiGraph[str] = nx.DiGraph(stake_mode=stake_mode)
    graph.add_node("staker:w", kind="staker", label="w", eth=30.0)
    for name, eth in (("a", 10.0), ("b", 20.0)):
        graph.add_node(f"operator:{name}", kind="operator", label=name, eth=eth)
        graph.add_edge("staker:w", f"operator:{name}", eth=eth)
    graph.add_node("avs:x", kind="avs", label="x", eth=25.0, profit=2.5, threshold=0.5)
    graph.add_edge("operator:a", "avs:x", eth=8.0)
    graph.add_edge("operator:b", "avs:x", eth=17.0)
    return graph


@pytest.mark.parametrize("stake_mode", ["pooled", "elastic"])
@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("form", ["graphml", "gexf", "node-link"])
def test_graphs_of_other_tools_answer_as_the_own_json(stake_mode: str, directed: bool, form: str) -> None:
    graph = capital(stake_mode)
    written = graph if directed else graph.to_undirected()
    if form == "graphml":
        nx.write_graphml(written, "n.xml")
    elif form == "gexf":
        # GEXF keeps no attributes of the graph: the edges themselves have to say that they allocate.
        for _, _, data in written.edges(data=True):
            data |= {"allocation": data["eth"]} if stake_mode == "elastic" else {}
        nx.write_gexf(written, "n.xml")
    else:
        Path("n.xml").write_text(json.dumps(nx.node_link_data(written)), encoding="utf-8")
    reading = load_network("n.xml")
    own = security_document(graph)
    own.pop("capital")
    expected = RestakingNetwork.from_mapping(own)
    assert reading.form == form
    assert reading.network.stakes == expected.stakes
    assert reading.network.services == expected.services
    assert set(reading.network.edges) == set(expected.edges)
    assert reading.network.allocations == expected.allocations
    assert reading.not_used == ("nodes of other kinds (staker 1)", "2 edges of theirs")


def test_graphs_without_terms_ask_for_them() -> None:
    graph = nx.Graph([("a", "x")])
    nx.set_node_attributes(graph, {"a": {"type": "Validator", "stake": 5}, "x": {"type": "Service"}})
    nx.write_graphml(graph, "n.graphml")
    with pytest.raises(NetworkError, match="profit and threshold of x"):
        load_network("n.graphml")
    reading = load_network("n.graphml", supplements=Supplements(profit="1", threshold="50%"))
    assert reading.network.stakes == {"a": 5}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<graphml", "cannot be read as graphml"),
        ("<html></html>", "neither GraphML nor GEXF"),
        ('<!DOCTYPE g [<!ENTITY a "b">]><graphml/>', "declares entities"),
        ('{"nodes": [{"id": 1}], "edges": []}', "no operators and services"),
        ('{"nodes": [{}], "edges": []}', "cannot be read as node-link"),
    ],
)
def test_graphs_that_are_none(text: str, says: str) -> None:
    assert says in refusal(text)


def test_the_short_way_needs_nothing_beside_the_file() -> None:
    nx.write_graphml(capital(), "n.graphml")
    assert list(read_network("n.graphml").stakes) == ["a", "b"]
