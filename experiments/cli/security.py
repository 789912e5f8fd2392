"""``restaking security``: who can attack what with profit, and what a loss takes down."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..terminal import quoted, say, tell, tell_json
from ._common import fail

if TYPE_CHECKING:
    from fractions import Fraction

    from ...model.security import SecurityReport

MOST_NAMED = 6
NOT_SECURE = 1


def security(
    network: Annotated[Path, typer.Argument(help="Network file (JSON); restaking network --format json writes one.")],
    psis: Annotated[
        list[str] | None,
        typer.Option("--psi", help="Shock, share of all stake that is lost at first (0.01 or 1/100); repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    require_secure: Annotated[
        bool, typer.Option("--require-secure", help="Exit 1 unless it is proven that no attack pays.")
    ] = False,
) -> None:
    """Slack, best attack and worst losses of a restaking network.

    Small networks are looked at exhaustively, medium ones by mixed-integer programmes; larger ones get a certificate,
    the best attack that a search finds, and bounds, which are called so. Numbers given as fractions ("1/3") are
    computed and told exactly. With allocations the network is elastic.
    """
    from ...model.security import analyse, read_network

    found = analyse(read_network(network), _shocks(psis))
    if as_json:
        tell_json(found.to_mapping())
    else:
        tell("\n".join(_lines(found)))
    if found.secure is None:
        say("neither an attack nor a proof was found")
    if require_secure and not found.secure:
        raise typer.Exit(NOT_SECURE)


def _shocks(psis: list[str] | None) -> "dict[str, Fraction]":
    from ...model.scenario.naming import shortened
    from ...model.security.network import parse_fraction
    from ...model.security.report import DEFAULT_PSIS

    shocks = {}
    for text in psis or DEFAULT_PSIS:
        value = parse_fraction(text)
        if value is None or not 0 <= value <= 1:
            fail(f"--psi: {shortened(text)!r} must be a number between 0 and 1, like 0.01 or 1/100")
        shocks[text] = value
    return shocks


def _lines(report: "SecurityReport") -> list[str]:
    network, told = report.network, report.to_mapping()
    elastic = ", elastic" if network.allocations is not None else ""
    lines = [
        f"{len(network.stakes)} operators with {float(network.total_stake):,.6g} staked, "
        f"{len(network.services)} services, {len(network.edges)} edges{elastic}",
        f"secure               {_word(report.secure)}",
        f"certified slack      {_number(told['certificate_slack'])}{_binding(report)}",
        f"slack                {_number(None if report.slack is None else network.told(report.slack))}",
    ]
    attack = report.best_attack
    if attack is None:
        lines.append(
            "best attack          none pays" if report.exact or report.secure else "best attack          none found"
        )
    else:
        kind = "best attack" if report.exact else "best found"
        lines.append(
            f"{kind:<20} {_names(attack.operators)} take {_names(attack.services)}: profit "
            f"{_number(told['best_attack']['profit'])}, stake lost {_number(told['best_attack']['stake_lost'])}"
        )
    for psi, loss in (told["worst_loss"] or {}).items():
        bound = "" if report.exact else " at most"
        lines.append(f"loss after {psi:<9} {bound}{_number(loss)} of all stake".replace("  at most", " at most"))
    lines.append(f"method               {told['method']} ({report.means})")
    return lines


def _binding(report: "SecurityReport") -> str:
    bound = report.certificate.operators or report.certificate.services
    return f", bound by {_names(bound)}" if bound else ""


def _word(secure: bool | None) -> str:
    return "undecided" if secure is None else "yes" if secure else "no"


def _number(value: float | str | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.6g}"


def _names(names: tuple[str, ...]) -> str:
    if not names:
        return "nobody"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(quoted, names[:MOST_NAMED])) + more
