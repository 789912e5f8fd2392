"""Who has paid the yield: issuance (all holders of ETH), users, or buyers of tokens."""

from typing import TYPE_CHECKING

import numpy as np

from . import shared_numbers, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

PAYERS = {
    "paid_by_issuance_eth": ("issuance", "#0072B2"),
    "paid_by_users_eth": ("users", "#009E73"),
    "paid_by_token_buyers_eth": ("token buyers", "#E69F00"),
}
OVER_DAYS = 30


@style.styled
def figure(run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``paid`` and ``share``)."""
    fig, axes = style.canvas([["paid"], ["share"]], height=4.6, heights=[1.2, 1.0])
    x = style.dates(run.daily)
    paid = np.stack([run.daily[key].to_numpy() for key in PAYERS])
    colours = [colour for _, colour in PAYERS.values()]
    factor, unit = style.eth_scale(float(paid.sum(axis=0).max()))
    style.stack(axes["paid"], x, list(paid / factor), colours)
    axes["paid"].set_ylim(bottom=0.0)
    axes["paid"].set_ylabel(unit)
    shares = _recent_shares(paid)
    style.stack(axes["share"], x, list(shares), colours)
    axes["share"].set_ylim(0.0, 1.0)
    style.percent_axis(axes["share"].yaxis)
    style.caption(axes["paid"], "Paid since the start to stakers, operators, protocols and sellers of tokens")
    style.caption(axes["share"], f"Shares over {OVER_DAYS} days")
    style.date_axis(axes["share"], x)
    _labels(axes["paid"], paid[:, -1] / factor)
    _labels(axes["share"], shares[:, -1])
    style.headline(fig, _title(np.array([shared_numbers.paid_by(run)[key] for key in PAYERS])))
    return fig, axes


def _recent_shares(paid: style.Floats) -> style.Floats:
    """Shares of the payers in what was paid over the last 30 days, shape (payers, days + 1)."""
    days = paid.shape[1]
    before = np.maximum(np.arange(days) - OVER_DAYS, 0)
    recent = np.maximum(paid - paid[:, before], 0.0)
    total = recent.sum(axis=0)
    shares = np.divide(recent, total, out=np.zeros_like(recent), where=total > 0.0)
    if days > 1:
        shares[:, 0] = shares[:, 1]
    return shares


def _labels(ax: "Axes", ends: style.Floats) -> None:
    middles = np.cumsum(ends) - ends / 2.0
    style.end_labels(
        ax, [(float(y), label, colour) for y, (label, colour) in zip(middles, PAYERS.values(), strict=True)]
    )


def _title(ends: style.Floats) -> str:
    total = float(ends.sum())
    if total <= 0.0:
        return "Nothing was paid"
    parts = [
        f"{label} {style.percent(float(end) / total)}" for end, (label, _) in zip(ends, PAYERS.values(), strict=True)
    ]
    return f"Of {style.eth_text(total)} paid in all: {', '.join(parts)}"
