"""A network file of any form: which form it has, what it lacks, and what was made of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ...errors import ScenarioError
from ...scenario.naming import shortened
from ...scenario.reading import LARGEST_FILE, decode, read_text
from ..document import DocumentReader
from ..elements import NetworkError, NumberAsWritten
from ..network import RestakingNetwork
from .draft import Draft, NetworkReading, Supplements, counted, listed, written
from .graphs import is_node_link, parse_graph, read_graph
from .magnitudes import has_magnitudes, take_magnitudes
from .matrices import is_matrix, read_matrix
from .objects import without_objects
from .registries import is_registry, read_registry
from .tables import (
    Table,
    columns_of,
    looks_like_table,
    parse_csv,
    read_table,
    records,
    records_in,
    take_operator_table,
    take_service_table,
)

Form = Literal["json", "magnitudes", "matrix", "node-link", "graphml", "gexf", "csv", "records", "eigenexplorer"]
FORMS: tuple[Form, ...] = get_args(Form)
"""Forms of network files, the project's own first."""

_TABLES = (".csv", ".tsv")
_SUFFIXES = (".json", ".graphml", ".gexf", *_TABLES)


def read_network(source: str | Path) -> RestakingNetwork:
    """Read a network file of any form that needs nothing beside it; ``-`` is standard input.

    Raises:
        NetworkError: when the file cannot be read or an element of it is not valid.
    """
    return load_network(source).network


def load_network(
    source: str | Path, form: Form | Literal["auto"] = "auto", supplements: Supplements | None = None
) -> NetworkReading:
    """Read a network file and tell what was made of it.

    Args:
        source: the file; ``-`` is standard input.
        form: its form; ``auto`` looks at the content.
        supplements: what the file does not say itself.

    Raises:
        NetworkError: when the file cannot be read, an element of it is not valid, or something is missing.
    """
    where = "standard input" if str(source) == "-" else str(source)
    text = _text(source, where)
    reader = DocumentReader(where)
    draft = Draft(where, supplements or Supplements())
    form, content = _content(reader, text, Path(where).suffix.lower(), form)
    document = _fill(draft, form, content)
    _supplement(draft)
    if form not in ("json", "magnitudes"):
        draft.require_terms()
    if draft.missing:
        draft.refuse("", f"does not say all that is needed ({form}). Missing: {'; '.join(draft.missing)}")
    if document is None:
        document = draft.document()
    reader.unit_of_others = draft.unit
    parts = reader.parts(document)
    network = RestakingNetwork(parts.stakes, parts.services, parts.edges, parts.allocations, parts.exact)
    idle = [name for name, stake in parts.stakes.items() if not stake]
    if idle:
        draft.read.append(
            f"{counted(len(idle), 'operator')} without stake, securing and attacking nothing: {listed(idle)}"
        )
    keys = [
        f"{shortened(key)} ({count} times)" if count > 1 else shortened(key) for key, count in reader.not_used.items()
    ]
    return NetworkReading(
        network,
        form,
        draft.unit or reader.unit,
        tuple(draft.read),
        tuple(draft.merged),
        tuple(draft.dropped),
        tuple([*draft.not_used, *keys, *draft.unused_options()]),
        tuple(draft.assumed),
    )


# ------------------------------------------------------------------------------------------------------------ the file


def _text(source: str | Path, where: str) -> str:
    try:
        if str(source) == "-":
            return _standard_input()
        return read_text(Path(source), what="network", suffixes=_SUFFIXES)
    except ScenarioError as error:
        raise NetworkError(str(error), where=where) from None


def _standard_input() -> str:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return sys.stdin.read(LARGEST_FILE) if sys.stdin is not None else ""
    return decode(stream.read(LARGEST_FILE), "standard input")


def _content(reader: DocumentReader, text: str, suffix: str, form: str) -> tuple[Form, Any]:
    """The form of a file and its content: a text, a table or JSON."""
    if form == "auto" and text.lstrip().startswith("<"):
        form = _form_of_xml(reader, text)
    if form in ("graphml", "gexf"):
        return cast("Form", form), text
    if form == "csv" or (form == "auto" and (suffix in _TABLES or _is_table(text))):
        return "csv", parse_csv(text, reader.where)
    content = parse_document(reader, text)
    return _form_of_json(content) if form == "auto" else cast("Form", form), content


def _is_table(text: str) -> bool:
    return not text.lstrip().startswith(("{", "[")) and looks_like_table(text)


def _form_of_xml(reader: DocumentReader, text: str) -> Form:
    beginning = text[:4000]
    if "<graphml" in beginning:
        return "graphml"
    if "<gexf" in beginning:
        return "gexf"
    reader.refuse("", "is XML, but neither GraphML nor GEXF")


def _form_of_json(content: Any) -> Form:
    if is_registry(content):
        return "eigenexplorer"
    if is_matrix(content):
        return "matrix"
    if is_node_link(content):
        return "node-link"
    if isinstance(content, Mapping) and has_magnitudes(content):
        return "magnitudes"
    own = isinstance(content, Mapping) and "operators" in content
    return "records" if not own and records_in(content) is not None else "json"


def parse_document(reader: DocumentReader, text: str) -> Any:
    """The content of a JSON text, numbers as they stand there.

    Raises:
        NetworkError: it is not JSON.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=reader.object,
            parse_float=NumberAsWritten,
            parse_int=NumberAsWritten,
            parse_constant=NumberAsWritten,
        )
    except json.JSONDecodeError as error:
        reader.refuse("", f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})")
    except RecursionError:
        reader.refuse("", "is not a network: it is nested too deeply")


# ------------------------------------------------------------------------------------------------------------- filling


def _fill(draft: Draft, form: Form, content: Any) -> Any:
    """Fill the draft; returns the document where the file is one already."""
    if form in ("json", "magnitudes"):
        return _own_document(draft, form, content)
    if form == "csv":
        read_table(draft, content)
        _magnitudes_of_table(draft, content)
    elif form == "records":
        rows = records_in(content)
        if rows is None:
            draft.refuse("", "holds no records; needed is a list of objects, bare or as data, rows or result.rows")
        table = records(rows, draft.where)
        read_table(draft, table)
        _magnitudes_of_table(draft, table)
    elif form == "eigenexplorer":
        read_registry(draft, content)
    elif form == "matrix":
        read_matrix(draft, content)
    else:
        read_graph(draft, parse_graph(draft, content, form))
    return None


def _magnitudes_of_table(draft: Draft, table: Table) -> None:
    if columns_of(table).magnitude is None or draft.allocations is None:
        return
    triples = [[*edge, NumberAsWritten(str(value))] for edge, value in draft.allocations.items()]
    if any(stake is None for stake in draft.stakes.values()) or not draft.stakes:
        draft.missing.append("the stakes of all operators in the table itself, as magnitudes are shares of them")
        return
    take_magnitudes(draft, triples, {})


def _own_document(draft: Draft, form: Form, content: Any) -> Any:
    """The project's own form: stakes by asset and magnitudes are replaced, all else is left to the check."""
    if not isinstance(content, Mapping):
        return content
    document = without_objects(draft, content)
    operators, services = document.get("operators"), document.get("services")
    if isinstance(services, Mapping):
        # Copies: what options and tables add is not the file's.
        draft.services = {name: dict(own) if isinstance(own, Mapping) else own for name, own in services.items()}
        document["services"] = draft.services
    if not isinstance(operators, Mapping):
        return document
    draft.stakes = dict(operators)
    holdings = {name: assets for name, assets in operators.items() if isinstance(assets, Mapping)}
    if holdings and any(isinstance(terms, Mapping) and "quorums" in terms for terms in draft.services.values()):
        return document
    if holdings:
        if len(holdings) < len(operators):
            draft.refuse("operators", "holds stakes by asset and stakes that name none; they do not add up")
        chosen = draft.choose_assets(holdings, "asset")
        draft.read.append(f"stakes of {len(chosen)} operators in several assets")
        draft.stakes = {name: written(stake) for name, stake in chosen.items()}
    if form == "magnitudes" or has_magnitudes(document):
        take_magnitudes(draft, document.get("allocations"), holdings)
        document["allocations"] = draft.document()["allocations"]
        document["edges"] = document.get("edges") or [list(edge) for edge in draft.edges]
    document["operators"] = draft.stakes
    return document


def _supplement(draft: Draft) -> None:
    said = draft.supplements
    if said.operators is not None:
        take_operator_table(draft, _table(said.operators, "operators"))
    if said.services is not None:
        take_service_table(draft, _table(said.services, "services"))
    draft.take_options()


def _table(path: Path, what: str) -> Table:
    where = str(path)
    try:
        text = read_text(path, what=f"table of {what}", suffixes=_SUFFIXES)
    except ScenarioError as error:
        raise NetworkError(f"--{what}: {error}", where=where) from None
    if text.lstrip().startswith(("[", "{")):
        rows = records_in(parse_document(DocumentReader(where), text))
        if rows is None:
            raise NetworkError(f"--{what}: {where}: holds no records, and is no CSV file", where=where)
        return records(rows, where)
    return parse_csv(text, where)
