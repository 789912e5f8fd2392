"""The networks of the economy: who hears whom, and whose capital backs what.

The *social* network carries news and imitation between stakers and is as large as the population, hence compressed
rows and compiled generators. The *capital* network (staker group, LST, LRT, operator, AVS) has tens to hundreds of
nodes, is built from the balance sheets of one day and is an ordinary :class:`networkx.DiGraph`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from .kernels.certificate import PROFIT_SHARE, THRESHOLD
from .kernels.networks import hub_edges, pack_rows, ring_edges
from .pareto import pareto_grid
from .randomness import SeedTree
from .state import (
    KIND_IDLE,
    KIND_LRT,
    KIND_LST,
    KIND_LST_RESTAKING,
    KIND_NATIVE,
    KIND_SOLO,
)

if TYPE_CHECKING:
    import networkx as nx

Floats = NDArray[np.float64]

REWIRING = 0.1
"""Share of the ring's edges that are led elsewhere: short paths at nearly full clustering (Watts, Strogatz 1998)."""

VENUE_KINDS = {
    KIND_IDLE: "idle",
    KIND_SOLO: "solo",
    KIND_LST: "lst",
    KIND_NATIVE: "native",
    KIND_LST_RESTAKING: "lst_restaking",
    KIND_LRT: "lrt",
}
"""Node kind of each venue kind; the other kinds of nodes are ``staker``, ``outside``, ``operator`` and ``avs``."""

_ENDS = 1 << 15  # smaller graphs list their second ends this often in all: shares of draws then need no rounding
_RESTAKING = (KIND_NATIVE, KIND_LST_RESTAKING, KIND_LRT)
_ROUNDING = 1e-9


class NetworkParameters(Protocol):
    """What the scenario says about the social network."""

    @property
    def mean_degree(self) -> float:
        """Mean number of neighbours."""

    @property
    def hub_exponent(self) -> float:
        """Exponent of the degrees' power law."""

    @property
    def homophily(self) -> float:
        """Probability that an edge stays inside a group."""

    @property
    def generator(self) -> str:
        """``hub``, ``ring`` or ``none``."""


@dataclass(frozen=True, eq=False)
class SocialNetwork:
    """Undirected graph of stakers in compressed rows: no loops, no double edges, neighbours ascending.

    Attributes:
        indptr: int64, shape (N + 1,): row i is ``indices[indptr[i]:indptr[i + 1]]``.
        indices: int32, shape (2 E,): neighbours; each edge stands in both its rows.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]

    def __len__(self) -> int:
        return self.indptr.size - 1

    def neighbours(self, i: int) -> NDArray[np.int32]:
        """Neighbours of staker ``i`` in ascending order (a view; copy it before changing it)."""
        return self.indices[self.indptr[i] : self.indptr[i + 1]]

    @property
    def degree(self) -> NDArray[np.int64]:
        """Number of neighbours of each staker, shape (N,)."""
        return np.diff(self.indptr)

    @property
    def edge_count(self) -> int:
        """Number of undirected edges."""
        return self.indices.size // 2

    def edges(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Both ends of each edge, the lower number first, in lexicographic order; two arrays of shape (E,)."""
        row = np.repeat(np.arange(len(self), dtype=np.int32), self.degree)
        once = row < self.indices
        return row[once], self.indices[once]

    def to_networkx(self) -> nx.Graph[Any]:
        """The same graph as a :class:`networkx.Graph` on the nodes 0 .. N-1 (slow beyond 1e5 nodes)."""
        import networkx as nx

        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(range(len(self)))
        graph.add_edges_from(zip(*(ends.tolist() for ends in self.edges()), strict=True))
        return graph

    @classmethod
    def from_networkx(cls, graph: nx.Graph[Any]) -> SocialNetwork:
        """Network on a researcher's own graph, whose n-th node in iteration order becomes staker n.

        Where the nodes are exactly the integers 0 .. N-1 they keep their numbers. Directions, weights, loops and
        multiplicities of edges are dropped.
        """
        count = graph.number_of_nodes()
        number = {node: n for n, node in enumerate(graph)}
        if all(isinstance(node, int | np.integer) and 0 <= node < count for node in number):
            number = {node: int(node) for node in number}
        pairs = np.array([(number[a], number[b]) for a, b in graph.edges()], dtype=np.int32).reshape(-1, 2)
        return cls.from_edges(count, pairs[:, 0], pairs[:, 1])

    @classmethod
    def from_edges(cls, count: int, a: NDArray[np.int32], b: NDArray[np.int32]) -> SocialNetwork:
        """Network of ``count`` stakers on an edge list in any order; loops and repetitions are dropped."""
        if count > np.iinfo(np.int32).max:
            raise ValueError(f"at most 2**31 - 1 stakers, found {count}")
        low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
        if low.size and (low.min() < 0 or high.max() >= count):
            raise ValueError(f"edges must join nodes 0 to {count - 1}")
        pairs = np.unique((low << 32 | high)[low != high])
        return cls._packed(count, (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32))

    @classmethod
    def _packed(cls, count: int, a: NDArray[np.int32], b: NDArray[np.int32]) -> SocialNetwork:
        return cls(*pack_rows(count, a, b))


def social_network(parameters: NetworkParameters, groups: NDArray[np.uint8], seeds: SeedTree) -> SocialNetwork:
    """Who hears whom.

    Generators:

    * ``hub``: expected degrees on the grid of a power law ``P(k) ~ k**-hub_exponent`` with mean ``mean_degree``, cut
      off at ``sqrt(mean_degree * N)`` (beyond, two hubs would have to share more than one edge). One end of an edge
      is drawn inside the group of the other with probability ``homophily``, else from everybody, always in proportion
      to expected degree. Assortativity by group (Newman 2003) is then ``homophily`` in expectation.
    * ``ring``: Watts-Strogatz small world of the same mean degree with a tenth of the edges rewired; no groups.
    * ``none``: nobody hears anybody.

    There are exactly ``round(mean_degree * N / 2)`` edges, ``mean_degree`` being at most ``N - 1``; in populations so
    small that nearly everybody knows everybody, a few edges may find no free place and are left out.

    Args:
        parameters: the scenario's ``networks`` table.
        groups: group (archetype) of each staker, uint8, shape (N,).
        seeds: seed tree of the run.
    """
    count = groups.size
    mean = min(float(parameters.mean_degree), float(count - 1))
    if parameters.generator not in ("hub", "ring", "none"):
        raise ValueError(f"generator must be hub, ring or none, found {parameters.generator!r}")
    if parameters.generator == "none" or mean <= 0.0:
        return _nobody(count)
    coin, end = seeds.key("networks.social.coin"), seeds.key("networks.social.end")
    if parameters.generator == "ring":
        a, b = ring_edges(_rounded(np.full(count, mean / 2.0)), REWIRING, coin, end)
        return SocialNetwork(*pack_rows(count, a, b))
    if not 0.0 <= parameters.homophily <= 1.0:
        raise ValueError(f"homophily must lie in [0, 1], found {parameters.homophily:g}")
    groups = np.ascontiguousarray(groups, dtype=np.uint8)
    expected = expected_degrees(count, mean, float(parameters.hub_exponent))
    expected = expected[seeds.generator("networks.social.hubs").permutation(count)]
    by_group = np.argsort(groups, kind="stable").astype(np.int32)
    starts = np.repeat(by_group, _rounded(expected / 2.0)[by_group])
    fineness = max(1, _ENDS // max(1, starts.size))
    ends_of = _rounded(expected / 2.0 * fineness)
    ends = np.repeat(by_group, ends_of[by_group])
    first = np.concatenate(([0], np.cumsum(np.bincount(groups, weights=ends_of, minlength=256)))).astype(np.int64)
    a, b = hub_edges(starts, ends, first, groups, float(parameters.homophily), coin, end)
    return SocialNetwork(*pack_rows(count, a, b))


def _nobody(count: int) -> SocialNetwork:
    return SocialNetwork(np.zeros(count + 1, dtype=np.int64), np.zeros(0, dtype=np.int32))


def expected_degrees(count: int, mean: float, exponent: float) -> Floats:
    """Expected degrees of the ``hub`` generator, largest first, shape ``(count,)``.

    A density ``k**-exponent`` is a Pareto tail of exponent ``exponent - 1``.
    """
    if not exponent > 1.0:
        raise ValueError(f"hub_exponent must exceed 1, found {exponent:g}")
    return pareto_grid(count, exponent - 1.0, mean * count, float(np.sqrt(mean * count)))


def _rounded(sizes: Floats) -> NDArray[np.int64]:
    """Round each size up or down such that every partial sum is rounded too (the total to the nearest)."""
    return np.diff(np.floor(np.cumsum(sizes) + 0.5), prepend=0.0).astype(np.int64)


def capital_network(
    archetypes: list[str],
    venues: list[str],
    kinds: NDArray[np.integer[Any]],
    holdings: Floats,
    lst_backing: Floats,
    operators: list[str],
    delegation: Floats,
    avss: list[str],
    secured: Floats,
    operator_stake: Floats | None = None,
) -> nx.DiGraph[str]:
    """Whose ETH stands behind what: staker group -> LST -> LRT -> operator -> AVS.

    The weight ``eth`` of an edge is a *flow*: each ETH of a holding enters the network once, at its owner, and runs
    down to where it works. The part of an LRT that is backed by an LST therefore runs through that LST (owners ->
    LST -> LRT), the rest straight from its owners, and what flows into a venue is what is held of it. Ownership is on
    the edges from owners as ``held``: the value of the venue's token that the group holds itself. Where a book
    holds more LSTs than the groups hold of its token (the rest lies in pools and treasuries), the difference enters
    at the node ``outside``. Operators pass the same ETH to several AVSs; their edges need not add up to their stake.

    Nodes are called ``kind:label`` and have the attributes ``kind`` (``staker``, ``outside``, a value of
    :data:`VENUE_KINDS`, ``operator``, ``avs``), ``label`` and ``eth``: owned (staker groups), held (venues), delegated
    and own (operators; what is their own enters there), secured (AVSs, the same ETH as often as it is pledged). Their
    order is that of the arguments; edges without ETH are left out, nodes never are.

    Args:
        archetypes: names of the A staker groups (or sampled stakers).
        venues: names of the V venues.
        kinds: venue kinds (``KIND_*`` of :mod:`.state`), shape (V,).
        holdings: ETH that group a holds in venue v, shape (A, V).
        lst_backing: ETH of the l-th LST venue that the book of venue v holds, shape (V, L).
        operators: names of the O operators.
        delegation: ETH that the r-th restaking venue (native, LST restaking, LRTs, in venue order) delegates to
            operator o, shape (R, O).
        avss: names of the S AVSs.
        secured: ETH of operator o that secures AVS s, shape (O, S).
        operator_stake: ETH of operator o with what it put up itself, shape (O,); what is delegated when None.
    """
    import networkx as nx

    kinds = np.asarray(kinds)
    lsts = [v for v in range(len(venues)) if kinds[v] == KIND_LST]
    restaking = [v for v in range(len(venues)) if kinds[v] in _RESTAKING]
    holdings = _table("holdings", holdings, len(archetypes), len(venues))
    backing = _table("lst_backing", lst_backing, len(venues), len(lsts))
    delegation = _table("delegation", delegation, len(restaking), len(operators))
    secured = _table("secured", secured, len(operators), len(avss))
    if kinds.shape != (len(venues),):
        raise ValueError(f"kinds must have shape ({len(venues)},), found {kinds.shape}")

    direct, through, outside = _owner_flows(holdings, backing)
    direct[:, lsts] += through
    outside_direct = np.zeros(len(venues))
    outside_direct[lsts] = outside
    held_in_all = direct.sum(axis=0) + outside_direct + backing.sum(axis=1)

    names = [f"{VENUE_KINDS[int(kind)]}:{label}" for kind, label in zip(kinds, venues, strict=True)]
    graph: nx.DiGraph[str] = nx.DiGraph()
    owners = _add_nodes(graph, "staker", archetypes, holdings.sum(axis=1))
    if outside.sum() > 0.0:
        _add_nodes(graph, "outside", ["outside"], [outside.sum()])
    for name, kind, label, eth in zip(names, kinds, venues, held_in_all, strict=True):
        _add_node(graph, name, VENUE_KINDS[int(kind)], label, eth)
    stake = delegation.sum(axis=0) if operator_stake is None else operator_stake
    operator_names = _add_nodes(graph, "operator", operators, stake)
    avs_names = _add_nodes(graph, "avs", avss, secured.sum(axis=0))

    for a, owner in enumerate(owners):
        for v, venue in enumerate(names):
            if direct[a, v] > 0.0 or holdings[a, v] > 0.0:
                graph.add_edge(owner, venue, eth=float(direct[a, v]), held=float(holdings[a, v]))
    _add_edges(graph, ["outside:outside"], names, outside_direct[None, :])
    _add_edges(graph, [names[v] for v in lsts], names, backing.T)
    _add_edges(graph, [names[v] for v in restaking], operator_names, delegation)
    _add_edges(graph, operator_names, avs_names, secured)
    return graph


def _table(name: str, values: Floats, rows: int, columns: int) -> Floats:
    table = np.asarray(values, dtype=np.float64)
    if table.shape != (rows, columns):
        raise ValueError(f"{name} must have shape ({rows}, {columns}), found {table.shape}")
    if not np.all(np.isfinite(table)):
        raise ValueError(f"{name} must be finite")
    if table.size and table.min() < -_ROUNDING * max(1.0, float(table.max())):
        raise ValueError(f"{name} must not be negative, found {table.min():g}")
    return np.maximum(table, 0.0)


def _owner_flows(holdings: Floats, backing: Floats) -> tuple[Floats, Floats, Floats]:
    """Split holdings into what flows to venues directly and what takes the way through LSTs.

    Returns:
        Direct flows (A, V), flows into LSTs on behalf of books that hold them (A, L), and what those books hold
        beyond the groups' holdings, by LST (L,).
    """
    held = holdings.sum(axis=0)
    backed = backing.sum(axis=1)
    covered = np.where(backed > held * (1.0 + _ROUNDING), held, backed)  # of the backing, owned by the groups
    share_backed = np.divide(np.minimum(covered, held), held, out=np.zeros_like(held), where=held > 0.0)
    mix = np.divide(backing, backed[:, None], out=np.zeros_like(backing), where=backed[:, None] > 0.0)
    through = (holdings * share_backed) @ mix
    outside = (backed - covered) @ mix
    return holdings * (1.0 - share_backed), through, outside


def _add_node(graph: nx.DiGraph[str], name: str, kind: str, label: str, eth: float) -> None:
    if name in graph:
        raise ValueError(f"two nodes are called {name!r}")
    graph.add_node(name, kind=kind, label=label, eth=float(eth))


def _add_nodes(graph: nx.DiGraph[str], kind: str, labels: list[str], eth: Iterable[float]) -> list[str]:
    names = [f"{kind}:{label}" for label in labels]
    for name, label, amount in zip(names, labels, eth, strict=True):
        _add_node(graph, name, kind, label, amount)
    return names


def _add_edges(graph: nx.DiGraph[str], sources: list[str], targets: list[str], eth: Floats) -> None:
    for i, j in np.argwhere(eth > 0.0):
        graph.add_edge(sources[i], targets[j], eth=float(eth[i, j]))


def write_network(
    graph: nx.DiGraph[str],
    path: str | Path,
    format: Literal["graphml", "json"] = "graphml",
    *,
    profit_share: float = PROFIT_SHARE,
    threshold: float = THRESHOLD,
    allocations: bool | None = None,
) -> None:
    """Write a capital network for other tools (GraphML) or for ``restaking security`` (JSON).

    The JSON object has ``operators`` (label -> ETH delegated and own), ``services`` (label -> ``profit``,
    ``threshold``) and ``edges`` ([operator, service] pairs), and under ``capital`` the whole graph as networkx
    node-link data. An AVS node may carry attributes ``profit`` (ETH) and ``threshold`` of its own. Services that nobody
    secures can neither be attacked nor protect anything, nor do operators without stake: both stand under ``capital``
    alone.

    The file appears whole or not at all; a file of that name is replaced.

    Args:
        graph: as :func:`capital_network` returns it.
        path: file to write.
        format: ``graphml`` or ``json``.
        profit_share: what an attack on a service brings without ``profit`` attribute, as a share of the ETH that
            secures it.
        threshold: share of a service's stake that suffices for an attack without ``threshold`` attribute.
        allocations: whether to add ``allocations`` ([operator, service, ETH]), which asks for the elastic model; when
            None, where the graph's attribute ``stake_mode`` names another mode than ``pooled``.
    """
    import networkx as nx

    if format not in ("graphml", "json"):
        raise ValueError(f"format must be graphml or json, found {format!r}")
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    if format == "graphml":
        nx.write_graphml(graph, partial)
    else:
        document = security_document(graph, profit_share, threshold, allocations)
        partial.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8", newline="\n")
    os.replace(partial, target)


def security_document(
    graph: nx.DiGraph[str],
    profit_share: float = PROFIT_SHARE,
    threshold: float = THRESHOLD,
    allocations: bool | None = None,
) -> dict[str, Any]:
    """The JSON object of :func:`write_network`."""
    import networkx as nx

    nodes: dict[str, dict[str, Any]] = {name: graph.nodes[name] for name in graph}
    pledges: list[tuple[str, str, float]] = [
        (nodes[source]["label"], nodes[target]["label"], flow["eth"])
        for source, target, flow in graph.edges(data=True)
        if nodes[source]["kind"] == "operator" and nodes[target]["kind"] == "avs"
    ]
    secured = {service for _, service, _ in pledges}
    services = {
        node["label"]: {
            "profit": node.get("profit", profit_share * node["eth"]),
            "threshold": node.get("threshold", threshold),
        }
        for node in nodes.values()
        if node["kind"] == "avs" and node["label"] in secured
    }
    operators = {
        node["label"]: node["eth"] for node in nodes.values() if node["kind"] == "operator" and node["eth"] > 0.0
    }
    document: dict[str, Any] = {
        "operators": operators,
        "services": services,
        "edges": [[operator, service] for operator, service, _ in pledges],
    }
    if allocations is None:
        allocations = graph.graph.get("stake_mode", "pooled") != "pooled"
    if allocations:
        document["allocations"] = [list(pledge) for pledge in pledges]
    document["capital"] = nx.node_link_data(graph, edges="edges")
    return document
