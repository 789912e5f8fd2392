"""Numbers that the page of a run and its figures both tell: each is computed here and nowhere else."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import style

if TYPE_CHECKING:
    from ..store import Run

NONE_BELOW = 1e-4
"""A smaller discount is no discount."""


class Yields(NamedTuple):
    """What an LRT showed and what its holders received, per year, over their ETH-days; NaN: not launched."""

    advertised: float
    earned: float


class Discount(NamedTuple):
    """The deepest discount of a run."""

    discount: float
    lrt: str
    date: str
    small_aside: bool
    """Whether a token too small for anybody to make a market in it fell deeper."""


def mean_yields(run: "Run") -> dict[str, Yields]:
    """Yields of every LRT over the run."""
    if not run.scenario.lrt:
        return {}
    supply = run.entity("lrt", "supply_eth").fillna(0.0)
    promised, earned = (run.entity("lrt", key).iloc[-1] for key in ("promised_apr", "earned_apr"))
    held = (supply.iloc[:-1] > 0.0).any()
    nothing = Yields(np.nan, np.nan)
    return {
        name: Yields(float(promised[name]), float(earned[name])) if held[name] else nothing
        for name in style.ids_of(supply)
    }


def deepest_discount(run: "Run") -> Discount | None:
    """The deepest discount of an LRT that counts, at a day's low; None when none traded below NAV.

    Nobody makes a market in the dust of an abandoned token: those under half a percent of all supply count only when no
    other fell.
    """
    if not run.scenario.lrt:
        return None
    supply = run.entity("lrt", "supply_eth")
    values = np.nan_to_num(np.where(supply.to_numpy() > 0.0, run.entity("lrt", "discount").to_numpy(), 0.0))
    if values.max(initial=0.0) < NONE_BELOW:
        return None
    counted = np.where(style.prominent(supply.to_numpy()), values, 0.0)
    counted = counted if counted.max() >= NONE_BELOW else values
    row, column = np.unravel_index(int(counted.argmax()), counted.shape)
    date = str(style.day_dates(run, supply.index)[row])
    aside = bool(values.max() > counted.max())
    return Discount(float(counted[row, column]), style.ids_of(supply)[column], date, aside)


def peak_lrt_claims(run: "Run") -> float:
    """Most that redeemers of all LRTs together waited for at a close, ETH."""
    return run.summary["lrt_claims_eth"]


def peak_lrt_supply(run: "Run") -> float:
    """Largest supply of all LRTs together at a close, ETH."""
    return float(run.daily["lrt_supply_eth"].max())


def paid_by(run: "Run") -> dict[str, float]:
    """ETH paid in all, by the metric of who paid it."""
    return {key: run.summary[key] for key in ("paid_by_issuance_eth", "paid_by_users_eth", "paid_by_token_buyers_eth")}
