"""Social network (against networkx) and capital network (conservation, files)."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from restaking.model.networks import (
    SocialNetwork,
    capital_network,
    expected_degrees,
    social_network,
    write_network,
)
from restaking.model.randomness import SeedTree
from restaking.model.state import (
    KIND_IDLE,
    KIND_LRT,
    KIND_LST,
    KIND_LST_RESTAKING,
    KIND_NATIVE,
    KIND_SOLO,
)


@dataclass(frozen=True)
class Parameters:
    mean_degree: float = 8.0
    hub_exponent: float = 2.6
    homophily: float = 0.6
    generator: str = "hub"


HUB, RING = Parameters(), Parameters(generator="ring")


def groups_of(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(4, count, p=[0.5, 0.3, 0.15, 0.05]).astype(np.uint8)


def build(parameters: Parameters, count: int, seed: int = 1) -> SocialNetwork:
    return social_network(parameters, groups_of(count), SeedTree(seed))


def assert_simple(network: SocialNetwork) -> None:
    """Symmetric, sorted, without loops and double edges."""
    count = len(network)
    assert (network.indptr.dtype, network.indices.dtype) == (np.int64, np.int32)
    assert network.indptr[0] == 0
    assert network.indptr[-1] == network.indices.size
    row = np.repeat(np.arange(count), network.degree)
    column = network.indices.astype(np.int64)
    assert np.all(row != column)
    keys = row * count + column
    assert np.all(np.diff(keys) > 0)  # rows ascending, neighbours strictly ascending
    assert np.array_equal(np.sort(column * count + row), keys)


def top_percent_share(degree: np.ndarray) -> float:
    largest_first = np.sort(degree)[::-1]
    return float(largest_first[: degree.size // 100].sum() / degree.sum())


def hill_exponent(degree: np.ndarray, above: float) -> float:
    """Hill estimate of the tail exponent of degrees above a threshold."""
    tail = degree[degree > above]
    return float(1.0 / np.mean(np.log(tail / above)))


# ------------------------------------------------------------------------------------------------ social network


@settings(deadline=None, max_examples=150)
@given(
    count=st.integers(0, 80),
    mean=st.floats(0.0, 20.0),
    exponent=st.floats(1.3, 5.0),
    homophily=st.floats(0.0, 1.0),
    generator=st.sampled_from(["hub", "ring", "none"]),
    seed=st.integers(0, 2**31),
)
def test_networks_are_simple_graphs(
    count: int, mean: float, exponent: float, homophily: float, generator: str, seed: int
) -> None:
    parameters = Parameters(mean, exponent, homophily, generator)
    network = social_network(parameters, groups_of(count, seed), SeedTree(seed))
    assert len(network) == count
    assert_simple(network)
    assert network.edge_count <= round(mean * count / 2.0 + 1e-9)


@pytest.mark.parametrize("parameters", [HUB, RING])
@pytest.mark.parametrize("count", [300, 4_096, 4_097, 20_000])
def test_edge_count_is_exact(parameters: Parameters, count: int) -> None:
    network = build(parameters, count)
    assert_simple(network)
    assert network.edge_count == 4 * count
    assert network.degree.mean() == 8.0


def test_odd_and_fractional_mean_degrees() -> None:
    for generator in ("hub", "ring"):
        for mean in (0.5, 3.0, 4.7):
            network = build(Parameters(mean_degree=mean, generator=generator), 1_000)
            assert network.edge_count == round(mean * 500)


def test_dense_populations_come_close_to_everybody_knowing_everybody() -> None:
    everybody = build(replace(RING, mean_degree=50.0), 12)
    assert everybody.edge_count >= 0.9 * 66
    assert build(replace(HUB, mean_degree=50.0), 12).edge_count >= 0.8 * 66


def test_nobody_and_single_stakers() -> None:
    for count in (0, 1, 2):
        for parameters in (HUB, RING):
            network = build(parameters, count)
            assert len(network) == count
            assert network.edge_count == (count == 2)
    assert build(replace(HUB, generator="none"), 30).degree.tolist() == [0] * 30


def test_degrees_have_the_tail_of_expected_degree_graphs() -> None:
    count = 6_000
    ours = build(HUB, count).degree
    reference = np.concatenate(
        [
            [
                d
                for _, d in nx.expected_degree_graph(
                    expected_degrees(count, 8.0, 2.6), seed=s, selfloops=False
                ).degree()
            ]
            for s in (1, 2)
        ]
    )
    assert reference.mean() == pytest.approx(8.0, rel=0.03)
    assert top_percent_share(ours) == pytest.approx(top_percent_share(reference), rel=0.08)
    assert hill_exponent(ours, 20) == pytest.approx(hill_exponent(reference, 20), abs=0.2)
    assert 1.3 < hill_exponent(ours, 20) < 2.1  # a density exponent of 2.6 is a tail exponent of 1.6
    poisson = [d for _, d in nx.fast_gnp_random_graph(count, 8.0 / count, seed=1).degree()]
    assert top_percent_share(ours) > 4.0 * top_percent_share(np.array(poisson))


def test_larger_exponents_mean_smaller_hubs() -> None:
    shares = [top_percent_share(build(replace(HUB, hub_exponent=e), 5_000).degree) for e in (2.1, 2.6, 3.5, 5.0)]
    assert shares == sorted(shares, reverse=True)


def test_expected_degrees_are_normalised_and_cut_off() -> None:
    degrees = expected_degrees(10_000, 8.0, 2.6)
    assert degrees.mean() == pytest.approx(8.0, rel=1e-12)
    assert degrees[0] == pytest.approx(np.sqrt(8.0 * 10_000))


def test_degrees_follow_expected_degrees_node_by_node() -> None:
    """Averaged over draws, a hub has its expected degree whatever its group and the homophily."""
    count, seeds = 400, 40
    groups = groups_of(count)
    parameters = Parameters(mean_degree=6.0, hub_exponent=2.6, homophily=0.7)
    total, expected = np.zeros(count), np.zeros(count)
    for seed in range(seeds):
        tree = SeedTree(seed)
        total += social_network(parameters, groups, tree).degree
        order = tree.generator("networks.social.hubs").permutation(count)
        expected += expected_degrees(count, 6.0, 2.6)[order]
    ratio = total.sum() / expected.sum()
    assert ratio == pytest.approx(1.0, abs=1e-3)
    for group in range(4):
        assert total[groups == group].sum() / expected[groups == group].sum() == pytest.approx(1.0, abs=0.08)


def test_assortativity_is_the_homophily() -> None:
    count = 4_000
    groups = dict(enumerate(groups_of(count).tolist()))
    measured = []
    for homophily in (0.0, 0.3, 0.6, 0.9):
        graph = build(replace(HUB, homophily=homophily), count).to_networkx()
        nx.set_node_attributes(graph, groups, "group")
        measured.append(nx.attribute_assortativity_coefficient(graph, "group"))
    assert measured == pytest.approx([0.0, 0.3, 0.6, 0.9], abs=0.03)


def test_ring_is_the_small_world_of_watts_and_strogatz() -> None:
    ours = build(RING, 3_000).to_networkx()
    reference = nx.watts_strogatz_graph(3_000, 8, 0.1, seed=1)
    assert nx.average_clustering(ours) == pytest.approx(nx.average_clustering(reference), abs=0.015)
    assert nx.average_clustering(ours) > 0.4
    spread = np.std([d for _, d in ours.degree()])
    assert spread == pytest.approx(np.std([d for _, d in reference.degree()]), rel=0.1)


def test_same_seed_same_network_in_any_thread() -> None:
    with ThreadPoolExecutor(4) as pool:
        networks = list(pool.map(lambda _: build(HUB, 5_000), range(4)))
    for network in networks[1:]:
        assert np.array_equal(network.indices, networks[0].indices)
        assert np.array_equal(network.indptr, networks[0].indptr)
    assert not np.array_equal(build(HUB, 5_000, seed=2).indices, networks[0].indices)


def test_interpreted_generators_agree_bit_for_bit() -> None:
    program = (
        "import hashlib, numpy as np\n"
        "from types import SimpleNamespace\n"
        "from restaking.model.networks import social_network\n"
        "from restaking.model.randomness import SeedTree\n"
        "digest = hashlib.sha256()\n"
        "for generator, count in (('hub', 150), ('ring', 150), ('hub', 4200)):\n"
        "    p = SimpleNamespace(mean_degree=3.0, hub_exponent=2.6, homophily=.5, generator=generator)\n"
        "    network = social_network(p, (np.arange(count) % 3).astype(np.uint8), SeedTree(5))\n"
        "    digest.update(network.indptr.tobytes() + network.indices.tobytes())\n"
        "print(digest.hexdigest())\n"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in ("0", "1")
    ]
    assert printed[0] == printed[1]


def test_round_trip_through_networkx() -> None:
    network = build(HUB, 500)
    again = SocialNetwork.from_networkx(network.to_networkx())
    assert np.array_equal(again.indptr, network.indptr)
    assert np.array_equal(again.indices, network.indices)


def test_any_networkx_graph_is_accepted() -> None:
    graph = nx.MultiDiGraph([("b", "a"), ("a", "b"), ("a", "a"), ("b", "c")])
    network = SocialNetwork.from_networkx(graph)
    assert [network.neighbours(i).tolist() for i in range(3)] == [[1, 2], [0], [0]]
    shuffled = nx.Graph([(2, 0), (0, 1)])
    assert SocialNetwork.from_networkx(shuffled).neighbours(0).tolist() == [1, 2]
    assert len(SocialNetwork.from_networkx(nx.empty_graph(3))) == 3
    karate = SocialNetwork.from_networkx(nx.karate_club_graph())
    assert karate.degree.tolist() == [d for _, d in nx.karate_club_graph().degree()]


def test_edges_list_each_pair_once() -> None:
    network = build(RING, 100)
    low, high = network.edges()
    assert low.size == network.edge_count == 400
    assert np.all(low < high)
    assert np.array_equal(SocialNetwork.from_edges(100, high, low).indices, network.indices)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"generator": "star"}, "generator"), ({"homophily": 1.2}, "homophily"), ({"hub_exponent": 1.0}, "hub_exponent")],
)
def test_bad_parameters_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(replace(HUB, **change), 10)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="nodes 0 to 1"):
        SocialNetwork.from_edges(2, np.array([0], dtype=np.int32), np.array([2], dtype=np.int32))


# ----------------------------------------------------------------------------------------------- capital network

VENUES = ["idle", "solo", "steth", "reth", "native", "lst_restaking", "etherfi", "kelp"]
KINDS = np.array(
    [KIND_IDLE, KIND_SOLO, KIND_LST, KIND_LST, KIND_NATIVE, KIND_LST_RESTAKING, KIND_LRT, KIND_LRT], dtype=np.uint8
)
OPERATORS, AVSS = ["p2p", "figment", "unused"], ["oracle", "bridge", "orphan"]
HOLDINGS = np.array(
    [
        [10.0, 5.0, 20.0, 0.0, 0.0, 4.0, 30.0, 10.0],
        [0.0, 0.0, 80.0, 8.0, 50.0, 0.0, 10.0, 30.0],
    ]
)
BACKING = np.zeros((8, 2))
BACKING[5] = [3.0, 1.0]
BACKING[7] = [20.0, 12.0]
DELEGATION = np.array([[50.0, 0.0, 0.0], [0.0, 4.0, 0.0], [25.0, 10.0, 0.0], [0.0, 36.0, 0.0]])
SECURED = np.array([[75.0, 75.0, 0.0], [50.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def example(
    holdings: np.ndarray = HOLDINGS, backing: np.ndarray = BACKING, delegation: np.ndarray = DELEGATION
) -> nx.DiGraph:
    return capital_network(["retail", "fund"], VENUES, KINDS, holdings, backing, OPERATORS, delegation, AVSS, SECURED)


def inflow(graph: nx.DiGraph, node: str) -> float:
    return sum(eth for _, _, eth in graph.in_edges(node, data="eth"))


def outflow(graph: nx.DiGraph, node: str) -> float:
    return sum(eth for _, _, eth in graph.out_edges(node, data="eth"))


def test_capital_network_by_hand() -> None:
    graph = example()
    # kelp: 40 held, 32 of it backed by LSTs (20 steth, 12 reth); retail holds a quarter of it
    assert graph.edges["lst:steth", "lrt:kelp"]["eth"] == 20.0
    assert graph.edges["staker:retail", "lrt:kelp"] == {"eth": pytest.approx(2.0), "held": 10.0}
    # retail's steth: 20 of its own, a quarter of kelp's 20, all of LST restaking's 3
    assert graph.edges["staker:retail", "lst:steth"] == {"eth": pytest.approx(20.0 + 5.0 + 3.0), "held": 20.0}
    assert graph.edges["operator:p2p", "avs:bridge"]["eth"] == 75.0
    assert graph.nodes["lrt:kelp"] == {"kind": "lrt", "label": "kelp", "eth": pytest.approx(40.0)}
    assert graph.nodes["operator:figment"]["eth"] == 50.0
    assert graph.nodes["avs:oracle"]["eth"] == 125.0
    assert nx.is_directed_acyclic_graph(graph)


def test_capital_network_order_is_that_of_the_arguments() -> None:
    assert list(example()) == [
        "staker:retail",
        "staker:fund",
        "idle:idle",
        "solo:solo",
        "lst:steth",
        "lst:reth",
        "native:native",
        "lst_restaking:lst_restaking",
        "lrt:etherfi",
        "lrt:kelp",
        "operator:p2p",
        "operator:figment",
        "operator:unused",
        "avs:oracle",
        "avs:bridge",
        "avs:orphan",
    ]


def test_what_flows_into_a_restaking_venue_is_what_is_held_of_it() -> None:
    graph = example()
    for v, name in ((4, "native:native"), (5, "lst_restaking:lst_restaking"), (6, "lrt:etherfi"), (7, "lrt:kelp")):
        assert inflow(graph, name) == pytest.approx(HOLDINGS[:, v].sum())
        assert outflow(graph, name) == pytest.approx(DELEGATION[v - 4].sum())


ETH = st.floats(0.0, 1e6).map(lambda x: round(x, 3))


@given(holdings=arrays.arrays(float, (2, 8), elements=ETH), backing=arrays.arrays(float, (4, 2), elements=ETH))
def test_every_eth_flows_from_its_owner_to_its_place(holdings: np.ndarray, backing: np.ndarray) -> None:
    books = np.zeros((8, 2))
    books[4:] = backing
    graph = example(holdings, books)
    for a, owner in enumerate(["staker:retail", "staker:fund"]):
        assert outflow(graph, owner) == pytest.approx(holdings[a].sum(), abs=1e-6)
        assert sum(held for _, _, held in graph.out_edges(owner, data="held")) == pytest.approx(holdings[a].sum())
    names = [name for name in graph if graph.nodes[name]["kind"] not in ("staker", "outside", "operator", "avs")]
    for v, name in enumerate(names):
        assert inflow(graph, name) == pytest.approx(graph.nodes[name]["eth"], abs=1e-6)
        if v not in (2, 3):  # what is held of it, or what its book holds of LSTs where that is more
            assert inflow(graph, name) == pytest.approx(max(holdings[:, v].sum(), books[v].sum()), rel=1e-8, abs=1e-6)
    for v, name in ((2, "lst:steth"), (3, "lst:reth")):  # what stays in the LST is what is held of it directly
        assert inflow(graph, name) - outflow(graph, name) == pytest.approx(holdings[:, v].sum(), abs=1e-6)


def test_backing_that_nobody_in_the_groups_owns_comes_from_outside() -> None:
    holdings = HOLDINGS.copy()
    holdings[:, 7] = [2.0, 6.0]
    graph = example(holdings)
    assert graph.nodes["outside:outside"]["eth"] == pytest.approx(24.0)
    assert outflow(graph, "outside:outside") == pytest.approx(24.0)
    assert inflow(graph, "lrt:kelp") == pytest.approx(32.0)
    assert "outside:outside" not in example()


def test_wrong_tables_are_named() -> None:
    with pytest.raises(ValueError, match=r"holdings must have shape \(2, 8\)"):
        example(HOLDINGS[:, :7])
    with pytest.raises(ValueError, match="delegation must not be negative"):
        example(delegation=-DELEGATION)
    with pytest.raises(ValueError, match="lst_backing must be finite"):
        example(backing=np.full((8, 2), np.nan))
    with pytest.raises(ValueError, match="two nodes are called 'staker:a'"):
        capital_network(["a", "a"], VENUES, KINDS, HOLDINGS, BACKING, OPERATORS, DELEGATION, AVSS, SECURED)


def test_graphml_round_trip(tmp_path: Path) -> None:
    graph = example()
    path = tmp_path / "capital.graphml"
    write_network(graph, path, "graphml")
    again = nx.read_graphml(path)
    assert list(again.nodes(data=True)) == list(graph.nodes(data=True))
    assert list(again.edges(data=True)) == list(graph.edges(data=True))
    assert [p.name for p in tmp_path.iterdir()] == ["capital.graphml"]


def test_json_serves_the_security_analysis_and_loses_nothing(tmp_path: Path) -> None:
    graph = example()
    graph.nodes["avs:bridge"]["profit"] = "7/2"
    graph.nodes["avs:bridge"]["threshold"] = 0.5
    path = tmp_path / "capital.json"
    write_network(graph, path, "json", profit_share=0.1, threshold=0.25, allocations=True)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["operators"] == {"p2p": 75.0, "figment": 50.0}
    assert document["services"] == {
        "oracle": {"profit": 12.5, "threshold": 0.25},
        "bridge": {"profit": "7/2", "threshold": 0.5},
    }
    assert document["edges"] == [["p2p", "oracle"], ["p2p", "bridge"], ["figment", "oracle"]]
    assert document["allocations"] == [["p2p", "oracle", 75.0], ["p2p", "bridge", 75.0], ["figment", "oracle", 50.0]]
    again = nx.node_link_graph(document["capital"], edges="edges")
    assert list(again.nodes(data=True)) == list(graph.nodes(data=True))
    assert list(again.edges(data=True)) == list(graph.edges(data=True))


def test_files_are_deterministic_and_formats_checked(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        write_network(example(), tmp_path / name, "json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert "allocations" not in json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="graphml or json"):
        write_network(example(), tmp_path / "c", "pickle")  # type: ignore[arg-type]
