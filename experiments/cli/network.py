"""``restaking network``: whose ETH secures what on one day of a run."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..terminal import say, tell_data
from ._common import WITH, fail, own_of, refuse_folder, whole

if TYPE_CHECKING:
    import networkx as nx

    from ...model.ecosystem import RestakingEcosystem
    from ..store import Run

CHECK_FAILED = 1


def network(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    day: Annotated[int, whole("--day", "Day of the run: the state after so many days.")],
    format: Annotated[Literal["graphml", "json"], typer.Option("--format", help="Format to write.")] = "graphml",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; default: standard output.")] = None,
    own: Annotated[list[str] | None, WITH] = None,
) -> None:
    """Write the capital network of a day: stakers, LSTs, LRTs, operators, AVSs and the ETH between them.

    The run is replayed to that day and compared with what it recorded. restaking security reads both formats. Both name
    scenario, seed, day and code of the run, and profit and threshold of every AVS.
    """
    from ..store import RunFolderError, load_run

    brought = own_of(own)
    if out is not None:
        refuse_folder(out)
    try:
        recorded = load_run(run)
    except RunFolderError as error:
        fail(str(error))
    if not 0 <= day <= recorded.days:
        fail(f"--day: {day} is not a day of the run; it has days 0 to {recorded.days}")
    from ..forking import replay

    ecosystem = replay(recorded, day, agents=brought.cast, model=brought.model)
    difference = first_difference(recorded, ecosystem)
    if difference:
        fail(f"{run} cannot be replayed: {difference} ({_reason(recorded)})", CHECK_FAILED)
    _write(_described(ecosystem, recorded, day), format, out)


def first_difference(run: "Run", ecosystem: "RestakingEcosystem") -> str:
    """Where a replay differs from what the run recorded, in words; empty when it does not."""
    replayed = ecosystem.recorder.daily_frame()
    recorded = run.daily.iloc[: len(replayed)].reset_index(drop=True)
    if list(recorded.columns) != list(replayed.columns):
        return "the metrics differ"
    for name in recorded.columns:
        same = (recorded[name] == replayed[name]) | (recorded[name].isna() & replayed[name].isna())
        if not same.all():
            first = int((~same).to_numpy().argmax())
            return f"{name} differs on day {first}"
    return ""


def _reason(run: "Run") -> str:
    from ..provenance import library_versions, model_code

    if run.manifest["code"]["model"] != model_code():
        return "it was made by other code"
    if run.manifest["libraries"] != library_versions():
        return "it was made with other versions of the libraries"
    return "same code, same libraries: perhaps another machine"


def _described(ecosystem: "RestakingEcosystem", run: "Run", day: int) -> "nx.DiGraph[str]":
    """The capital network with what other tools need beside it: where it comes from, and every AVS's terms."""
    from ...model.kernels.certificate import THRESHOLD
    from ...model.security.importing.graphs import ORIGIN

    graph = ecosystem.capital_network()
    for _, node in graph.nodes(data=True):
        if node["kind"] == "avs":
            node.setdefault("threshold", THRESHOLD)
    values = (str(run.manifest["scenario"]), int(run.manifest["seed"]), day, run.provenance.code)
    graph.graph |= dict(zip(ORIGIN, values, strict=True))
    return graph


def _write(graph: "nx.DiGraph[str]", format: Literal["graphml", "json"], out: Path | None) -> None:
    from ...model.networks import write_network

    if out is not None:
        try:
            write_network(graph, out, format=format)
        except OSError as error:
            fail(f"--out: {out} cannot be written: {error.strerror or error}")
        say(f"{graph.number_of_nodes()} nodes, {graph.number_of_edges()} edges: {out}")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / os.extsep.join(("network", format))
        write_network(graph, path, format=format)
        tell_data(path.read_text(encoding="utf-8"))
