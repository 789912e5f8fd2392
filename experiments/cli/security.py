"""``restaking security``: who can attack what with profit, and what a loss takes down."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..terminal import quoted, say, tell, tell_json, visible
from ._common import fail

if TYPE_CHECKING:
    from fractions import Fraction

    from ...model.security import NetworkReading, SecurityReport

MOST_NAMED = 6
NOT_SECURE = 1
AUTO = "auto"
WIDTH = 21
NO_SHOCKS = "losses after shocks are those of networks without allocations"


def security(
    network: Annotated[
        Path, typer.Argument(help="Network file: JSON, GraphML, GEXF, CSV and others; - is standard input.")
    ],
    psis: Annotated[
        list[str] | None,
        typer.Option("--psi", help="Shock, share of all stake that is lost at first (0.01 or 1/100); repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    require_secure: Annotated[
        bool, typer.Option("--require-secure", help="Exit 1 unless it is proven that no attack pays.")
    ] = False,
    form: Annotated[
        str,
        typer.Option(
            "--from",
            help="Form of the file: json, magnitudes, matrix, node-link, graphml, gexf, csv, records, eigenexplorer; "
            "auto looks at it. What was read, merged, dropped and not used is told.",
        ),
    ] = AUTO,
    operators: Annotated[
        Path | None, typer.Option("--operators", help="Table of operators and stakes, for a file without stakes.")
    ] = None,
    services: Annotated[
        Path | None, typer.Option("--services", help="Table of services with profit and threshold.")
    ] = None,
    service: Annotated[
        str | None, typer.Option("--service", help="Name of the one service that a table of operators is about.")
    ] = None,
    profit: Annotated[
        str | None, typer.Option("--profit", help="Profit from corrupting a service that has none in the file.")
    ] = None,
    threshold: Annotated[
        str | None, typer.Option("--threshold", help="Attack threshold of such a service: 0.33, 33% or 3300bps.")
    ] = None,
    strategies: Annotated[
        list[str] | None,
        typer.Option("--strategy", help="Asset whose stakes count (all: add them one to one); repeatable."),
    ] = None,
    block: Annotated[
        int | None, typer.Option("--block", min=0, help="Block at which pending allocations are looked at.")
    ] = None,
) -> None:
    """Slack, best attack and worst losses of a restaking network.

    Small networks are looked at exhaustively, medium ones by mixed-integer programmes; larger ones get a certificate,
    the best attack that a search finds, and bounds, which are called so. Numbers given as fractions ("1/3") are
    computed and told exactly. With allocations the network is elastic. The forms of files are in docs/networks.md.
    """
    from ...model.security import Supplements, analyse, load_network

    shocks = _shocks(psis)
    beside = Supplements(operators, services, service, profit, threshold, tuple(strategies or ()), block)
    reading = load_network(network, _form(form), beside)
    found = analyse(reading.network, shocks)
    notes = _notes(reading, form, idle_shocks=bool(psis) and reading.network.allocations is not None)
    if as_json:
        tell_json(found.to_mapping() | ({"reading": notes} if notes else {}))
    else:
        tell("\n".join([*_told_notes(network, notes), *_lines(found)]))
    if found.secure is None:
        say("neither an attack nor a proof was found")
    if require_secure and not found.secure:
        raise typer.Exit(NOT_SECURE)


def _form(form: str) -> Any:
    from ...model.scenario.naming import hint, shortened
    from ...model.security.importing import FORMS

    if form not in (AUTO, *FORMS):
        fail(f"--from: {shortened(form)!r} is no form of network files; {hint(form, (AUTO, *FORMS))}")
    return form


def _shocks(psis: list[str] | None) -> "dict[str, Fraction]":
    from ...model.scenario.naming import shortened
    from ...model.security.elements import parse_fraction
    from ...model.security.report import DEFAULT_PSIS

    shocks = {}
    for text in psis or DEFAULT_PSIS:
        value = parse_fraction(text)
        if value is None or not 0 <= value <= 1:
            fail(f"--psi: {shortened(text)!r} must be a number between 0 and 1, like 0.01 or 1/100")
        shocks[text] = value
    return shocks


# ----------------------------------------------------------------------------------------------------- what was read


def _notes(reading: "NetworkReading", form: str, *, idle_shocks: bool) -> dict[str, Any]:
    """What to tell about the reading; nothing where all of a file in our own form was used as it stands."""
    notes = reading.to_mapping()
    if idle_shocks:
        notes["not_used"].append(f"--psi: {NO_SHOCKS}")
    return {} if reading.as_it_stands and form == AUTO and not idle_shocks else notes


def _told_notes(path: Path, notes: dict[str, Any]) -> list[str]:
    if not notes:
        return []
    unit = f", amounts in {notes['unit']}" if notes["unit"] else ""
    lines = [_line("read", f"{quoted(str(path))} as {notes['form']}{unit}")]
    for title in ("read", "merged", "dropped", "not_used", "assumed"):
        lines += [_line(title.replace("_", " "), visible(text, lines=False)) for text in notes[title]]
    return lines


# --------------------------------------------------------------------------------------------------------- the answer


def _lines(report: "SecurityReport") -> list[str]:
    network = report.network
    elastic = ", elastic" if network.allocations is not None else ""
    lines = [
        f"{len(network.stakes)} operators with {float(network.total_stake):,.6g} staked, "
        f"{len(network.services)} services, {len(network.edges)} edges{elastic}",
    ]
    if report.unserved:
        lines.append(_line("served by nobody", _names(report.unserved)))
    lines += _verdict(report)
    if report.served is not None:
        lines += ["without what nobody serves:", *_verdict(report.served)]
    return lines


def _verdict(report: "SecurityReport") -> list[str]:
    told = report.to_mapping()
    elastic = report.network.allocations is not None
    lines = [
        _line("secure", _word(report.secure)),
        _line("certified slack", f"{_number(told['certificate_slack'])}{_binding(report)}"),
        _line("slack", f"{_number(told['elastic_slack'])}, elastic" if elastic else _number(told["slack"])),
    ]
    attack = report.best_attack
    if attack is None:
        lines.append(_line("best attack", "none pays" if report.exact or report.secure else "none found"))
    else:
        lines.append(
            _line(
                "best attack" if report.exact else "best found",
                f"{_names(attack.operators)} take {_names(attack.services)}: profit "
                f"{_number(told['best_attack']['profit'])}, stake lost {_number(told['best_attack']['stake_lost'])}",
            )
        )
    if elastic:
        lines.append(_line("losses after shocks", "- (not defined with allocations)"))
    for psi, loss in (told["worst_loss"] or {}).items():
        bound = "" if report.exact else "at most "
        lines.append(_line(f"loss after {psi}", f"{bound}{_number(loss)} of all stake"))
    lines.append(_line("method", f"{told['method']} ({report.means})"))
    return lines


def _line(title: str, text: str) -> str:
    return f"{title:<{WIDTH - 1}} {text}"


def _binding(report: "SecurityReport") -> str:
    bound = report.certificate.operators or report.certificate.services
    return f", bound by {_names(bound)}" if bound else ""


def _word(secure: bool | None) -> str:
    return "undecided" if secure is None else "yes" if secure else "no"


def _number(value: float | str | None) -> str:
    """A number for people: a fraction with its decimal beside it."""
    if value is None:
        return "-"
    if not isinstance(value, str):
        return f"{value:.6g}"
    from fractions import Fraction

    return f"{value} ({float(Fraction(value)):.6g})" if "/" in value else value


def _names(names: tuple[str, ...]) -> str:
    if not names:
        return "nobody"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(quoted, names[:MOST_NAMED])) + more
