"""The project's own network file: stakes of 0, addresses, units, percent and basis points, keys that are not used."""

from fractions import Fraction
from typing import Any

import pytest

from restaking.model.security import NetworkError, RestakingNetwork, analyse
from restaking.model.security.document import DocumentReader

CHECKSUMMED = "0xDAC17F958D2ee523a2206206994597C13D8aA0e1"


def document(**changes: Any) -> dict[str, Any]:
    """A network of two operators on one service, with changes."""
    return {
        "operators": {"a": 1000, "b": 400},
        "services": {"s": {"profit": 10, "threshold": 0.5}},
        "edges": [["a", "s"], ["b", "s"]],
        **changes,
    }


def test_operators_without_stake_change_no_answer() -> None:
    plain = RestakingNetwork.from_mapping(document())
    empty = {f"empty-{n}": 0 for n in range(40)}
    operators = {"a": 1000, **empty, "b": 400}
    edges = [["a", "s"], ["b", "s"], *([name, "s"] for name in empty)]
    network = RestakingNetwork.from_mapping(document(operators=operators, edges=edges))
    assert len(network.stakes) == 42
    # Forty more operators would make 2^40 coalitions: the answer is exact because they are left out.
    assert analyse(network).to_mapping() == analyse(plain).to_mapping()
    assert analyse(network).means == "enumeration"


def test_operators_without_stake_in_an_elastic_network() -> None:
    operators = {"a": 1000, "b": 400, "empty": 0}
    allocations = [["a", "s", 500], ["b", "s", 400]]
    plain = RestakingNetwork.from_mapping(document(allocations=allocations))
    edges = [["a", "s"], ["b", "s"], ["empty", "s"]]
    with_empty = document(operators=operators, edges=edges, allocations=[*allocations, ["empty", "s", 0]])
    assert analyse(RestakingNetwork.from_mapping(with_empty)).to_mapping() == analyse(plain).to_mapping()


def test_a_service_with_stakes_of_0_only_is_served_by_nobody() -> None:
    network = RestakingNetwork.from_mapping(document(operators={"a": 0, "b": 0}))
    found = analyse(network)
    assert found.unserved == ("s",)
    assert found.secure is False
    assert found.served is None


def test_a_service_that_nobody_serves_does_not_hide_the_others() -> None:
    services = {"s": {"profit": 10, "threshold": 0.5}, "new": {"profit": 7, "threshold": 0.67}}
    found = analyse(RestakingNetwork.from_mapping(document(services=services)))
    alone = analyse(RestakingNetwork.from_mapping(document()))
    assert found.secure is False
    assert found.certificate.slack == -1
    assert found.unserved == ("new",)
    assert found.served is not None
    told = found.to_mapping()
    assert told["unserved"] == ["new"]
    assert told["served"] == alone.to_mapping()
    assert "served" not in alone.to_mapping()


def test_without_a_prize_it_is_named_and_changes_nothing() -> None:
    services = {"s": {"profit": 10, "threshold": 0.5}, "new": {"profit": 0, "threshold": 0.67}}
    told = analyse(RestakingNetwork.from_mapping(document(services=services))).to_mapping()
    assert told.pop("unserved") == ["new"]
    assert told == analyse(RestakingNetwork.from_mapping(document())).to_mapping()


def test_addresses_are_the_same_in_capital_and_small_letters() -> None:
    network = RestakingNetwork.from_mapping(
        document(
            operators={CHECKSUMMED: 1000, "b": 400},
            edges=[[CHECKSUMMED.lower(), "s"], ["b", "s"]],
            allocations=[[CHECKSUMMED.upper().replace("0X", "0x"), "s", 5], ["b", "s", 1]],
        )
    )
    assert network.edges == ((CHECKSUMMED, "s"), ("b", "s"))
    assert network.allocations == {(CHECKSUMMED, "s"): 5, ("b", "s"): 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"operators": {CHECKSUMMED: 1, CHECKSUMMED.lower(): 2}, "edges": []},
        {"operators": {CHECKSUMMED: 1}, "edges": [[CHECKSUMMED, "s"], [CHECKSUMMED.lower(), "s"]]},
    ],
)
def test_one_address_twice_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NetworkError, match=r"same address|repeats"):
        RestakingNetwork.from_mapping(document(**changes))


def test_names_that_are_no_addresses_keep_their_case() -> None:
    operators = {"Alpha": 1, "alpha": 2, "0xAB": 3, "0xab": 4}
    network = RestakingNetwork.from_mapping(document(operators=operators, edges=[["alpha", "s"], ["0xab", "s"]]))
    assert network.operators_of["s"] == ("alpha", "0xab")


@pytest.mark.parametrize(
    ("terms", "threshold"),
    [
        ({"threshold": "33%"}, Fraction(33, 100)),
        ({"threshold": "66.7 %"}, Fraction(667, 1000)),
        ({"threshold": "55 percent"}, Fraction(55, 100)),
        ({"threshold": "3300 bps"}, Fraction(33, 100)),
        ({"threshold": "10000bps"}, Fraction(1)),
        ({"threshold": "5000 basis points"}, Fraction(1, 2)),
        ({"threshold": "1/3"}, Fraction(1, 3)),
        ({"threshold_percent": 55}, Fraction(55, 100)),
        ({"threshold_bps": 6700}, Fraction(67, 100)),
    ],
)
def test_thresholds_in_percent_and_basis_points(terms: dict[str, Any], threshold: Fraction) -> None:
    network = RestakingNetwork.from_mapping(document(services={"s": {"profit": 1, **terms}}))
    assert network.services["s"].threshold == threshold


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"threshold": 55}, 'for 55 % write 0.55 or "55%"'),
        ({"threshold": 6700}, 'for 6700 basis points write 0.67 or "6700 bps"'),
        ({"threshold": "101%"}, "at most 100 %"),
        ({"threshold": "10001 bps"}, "at most 10,000 bps"),
        ({"threshold": "0%"}, "above 0"),
        ({"threshold_percent": 101}, "at most 100"),
        ({"threshold_bps": 10_001}, "at most 10,000"),
        ({"threshold": 0.5, "threshold_bps": 5000}, "one of them is enough"),
        ({"threshold": "33 parsecs"}, "must be a number"),
        ({}, "threshold is missing"),
    ],
)
def test_other_thresholds_are_refused(terms: dict[str, Any], says: str) -> None:
    with pytest.raises(NetworkError) as refused:
        RestakingNetwork.from_mapping(document(services={"s": {"profit": 1, **terms}}))
    assert says in str(refused.value)


def test_units_are_converted_to_ether() -> None:
    network = RestakingNetwork.from_mapping(
        document(
            operators={"a": "135064894598947935263152 wei", "b": "32 ETH"},
            services={"s": {"profit": "5e9 gwei", "threshold": 0.5}},
        )
    )
    assert network.stakes == {"a": Fraction(135064894598947935263152, 10**18), "b": 32}
    assert network.services["s"].profit == 5


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"operators": {"a": "1 ETH", "b": 400}}, "names no unit"),
        ({"operators": {"a": "1 ETH", "b": "2 wei"}}, "services.s.profit names no unit"),
        ({"operators": {"a": "1 BTC", "b": 400}}, "unknown unit"),
        ({"operators": {"a": {"x": 1}, "b": 400}}, "several assets"),
        ({"services": {"s": {"profit": 1, "threshold": 1, "quorums": {"0": ["x"]}}}}, "quorums cannot be used"),
        ({"operators": {"a": -1, "b": 400}}, "at least 0"),
    ],
)
def test_what_does_not_add_up_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(NetworkError) as refused:
        RestakingNetwork.from_mapping(document(**changes))
    assert says in str(refused.value)


def test_an_amount_of_0_needs_no_unit() -> None:
    network = RestakingNetwork.from_mapping(
        document(operators={"a": "1 ETH", "b": 0}, services={"s": {"profit": "1 gwei", "threshold": 1}})
    )
    assert network.stakes["b"] == 0


def test_keys_that_are_not_used_are_counted() -> None:
    reader = DocumentReader("here")
    services = {name: {"profit": 1, "threshold": 1, "max_degree": 2, "reward": 5} for name in "st"}
    reader.parts(document(services=services, note="mine"))
    assert reader.not_used == {"note": 1, "services.*.max_degree": 2, "services.*.reward": 2}
