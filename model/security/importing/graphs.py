"""Graphs of other tools: GraphML and GEXF files, and networkx node-link data, as ``restaking network`` writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from ...scenario.naming import shortened
from ..elements import NumberAsWritten
from .draft import Draft, counted

if TYPE_CHECKING:
    import networkx as nx

OPERATOR_KINDS = ("operator", "validator")
SERVICE_KINDS = ("avs", "service")
STAKES = ("stake", "eth")
TERMS = ("profit", "threshold", "threshold_percent", "threshold_bps")
ORIGIN = ("scenario", "seed", "day", "code")
"""Attributes of a graph that ``restaking network`` wrote."""

_OF_NETWORKX = ("node_default", "edge_default", "mode")
ALLOCATIONS = ("allocation", "allocated", "eth")


def is_node_link(content: Any) -> bool:
    """Whether a JSON content is networkx node-link data."""
    return isinstance(content, Mapping) and "nodes" in content and ("links" in content or "edges" in content)


def parse_graph(draft: Draft, content: Any, form: str) -> nx.Graph[str]:
    """The graph in a text (``graphml``, ``gexf``) or in JSON content (``node-link``).

    Raises:
        NetworkError: it cannot be read as such.
    """
    import networkx as nx

    if form != "node-link" and "<!ENTITY" in content:
        draft.refuse("", "declares entities of XML, which are not read")
    try:
        if form == "graphml":
            return nx.read_graphml(BytesIO(content.encode("utf-8")))
        if form == "gexf":
            return nx.read_gexf(BytesIO(content.encode("utf-8")))
        return nx.node_link_graph(_plain(content), edges="links" if "links" in content else "edges")
    except (nx.NetworkXException, ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        problem = shortened(" ".join(str(error).split())) or type(error).__name__
        draft.refuse("", f"cannot be read as {form}: {problem}")


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """Node-link data whose numbered nodes are called by their numbers."""
    edges = "links" if "links" in content else "edges"
    return {
        "directed": bool(content.get("directed", False)),
        "multigraph": bool(content.get("multigraph", False)),
        "graph": dict(content.get("graph") or {}),
        "nodes": [{**node, "id": str(node["id"])} for node in content["nodes"]],
        edges: [{**edge, "source": str(edge["source"]), "target": str(edge["target"])} for edge in content[edges]],
    }


def read_graph(draft: Draft, graph: nx.Graph[str]) -> None:
    """Fill the draft from the operators and services of a graph and the edges between them.

    Raises:
        NetworkError: there are none, or a node of theirs lacks what it needs.
    """
    kinds = {node: str(data.get("kind", data.get("type", ""))).lower() for node, data in graph.nodes(data=True)}
    operators = [node for node, kind in kinds.items() if kind in OPERATOR_KINDS]
    services = [node for node, kind in kinds.items() if kind in SERVICE_KINDS]
    if not operators or not services:
        draft.refuse(
            "",
            "has no operators and services: the attribute kind of a node says which it is "
            f"({' or '.join(OPERATOR_KINDS)}, {' or '.join(SERVICE_KINDS)})",
        )
    operator_names, service_names = _labels(draft, graph, operators), _labels(draft, graph, services)
    for node in operators:
        draft.stakes[operator_names[node]] = _stake(draft, graph.nodes[node], operator_names[node])
    for node in services:
        data = graph.nodes[node]
        draft.services[service_names[node]] = {key: _number(data[key]) for key in TERMS if data.get(key) is not None}
    elastic = str(graph.graph.get("stake_mode", "pooled")) != "pooled" or any(
        "allocation" in data or "allocated" in data for _, _, data in graph.edges(data=True)
    )
    left = _take_edges(draft, graph, operator_names, service_names, elastic)
    _tell_origin(draft, graph.graph)
    found = [counted(len(operators), "operator"), counted(len(services), "service"), counted(len(draft.edges), "edge")]
    draft.read.append(f"{', '.join(found)} between them{', with allocations' if elastic else ''}")
    others = Counter(kind or "no kind" for node, kind in kinds.items() if node not in {*operators, *services})
    if others:
        draft.not_used.append(
            f"nodes of other kinds ({', '.join(f'{kind} {count}' for kind, count in others.items())})"
        )
    if left:
        draft.not_used.append(counted(left, "edge of theirs", "edges of theirs"))


def _tell_origin(draft: Draft, attributes: Mapping[str, Any]) -> None:
    """Say of which run a graph is, and which other attributes of the graph are not used."""
    if all(name in attributes for name in ORIGIN):
        scenario, seed, day, code = (shortened(str(attributes[name])) for name in ORIGIN)
        draft.read.append(f"the network of day {day} of {scenario}, seed {seed}, code {code}")
    known = {*(ORIGIN if all(name in attributes for name in ORIGIN) else ()), "stake_mode", *_OF_NETWORKX}
    draft.not_used += [f"the attribute {shortened(str(name))} of the graph" for name in attributes if name not in known]


def _take_edges(
    draft: Draft, graph: nx.Graph[str], operators: Mapping[str, str], services: Mapping[str, str], elastic: bool
) -> int:
    """Add the edges from operators to services; returns the number of others."""
    amounts: dict[tuple[str, str], Any] = {}
    repeated = left = 0
    for source, target, data in graph.edges(data=True):
        if source in services and target in operators:
            source, target = target, source
        if source not in operators or target not in services:
            left += 1
            continue
        edge = operators[source], services[target]
        value = _number(next((data[key] for key in ALLOCATIONS if data.get(key) is not None), None))
        if elastic and value is None:
            draft.refuse(" -> ".join(edge), "has no allocation, as other edges do")
        if edge in amounts:
            repeated += 1
            if elastic and amounts[edge] != value:
                draft.refuse(" -> ".join(edge), "is there twice with different allocations")
            continue
        amounts[edge] = value
    draft.edges = list(amounts)
    draft.allocations = amounts if elastic else None
    if repeated:
        draft.merged.append(f"{counted(repeated, 'edge')} between the same two as another")
    return left


def _labels(draft: Draft, graph: nx.Graph[str], nodes: list[str]) -> dict[str, str]:
    """Names of nodes: their labels where all have different ones, else what identifies them."""
    labels = {node: str(graph.nodes[node].get("label") or "") for node in nodes}
    if all(labels.values()) and len(set(labels.values())) == len(labels):
        return labels
    return {node: str(node) for node in nodes}


def _stake(draft: Draft, data: Mapping[str, Any], name: str) -> Any:
    value = next((data[key] for key in STAKES if data.get(key) is not None), None)
    if value is None:
        draft.refuse(name, f"is an operator without the attribute {' or '.join(STAKES)}")
    return _number(value)


def _number(value: Any) -> Any:
    """A value as the check of documents reads it: texts are numbers here, not fractions to be told exactly."""
    return NumberAsWritten(value) if isinstance(value, str) else value
