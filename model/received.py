"""What holders of LRTs received, by source: the other side of what is advertised.

All that reaches a holder comes through NAV or as an airdrop. NAV grows by staking, AVS fees, AVS tokens and the layer's
programme, as they are paid, and shrinks by losses. An airdrop counts from the day on which it can be claimed: what its
recipients have sold at the ETH that it fetched, what they keep at the price in the token's pool. It rewards the
ETH-days of its season; those before the run are left out with their part of the airdrop. Points of a season that is
not paid yet count nothing. Airdrops of the restaking layer go to an LRT by its part of the layer's ETH-days.

Yields are ratios of sums, ETH received so far over ETH-years held so far, so that a day counts by what was held on it.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .ecosystem import RestakingEcosystem

Floats = NDArray[np.float64]

SOURCES = ("staking", "avs_fees", "avs_tokens", "programme", "losses", "airdrops", "layer_airdrops")
"""Where it comes from; all but the last two reach holders through NAV."""
_LOSSES, _AIRDROPS, _LAYER_AIRDROPS = 4, 5, 6
DAYS_PER_YEAR = 365.0


class Received:
    """Receipts of the holders of every LRT since the start of a run.

    Args:
        model: the ecosystem.

    Attributes:
        eth: (K, sources) ETH received so far.
        eth_years: (K,) ETH-years held so far.
    """

    def __init__(self, model: "RestakingEcosystem") -> None:
        self.model = model
        lrts = len(model.scenario.lrt)
        self.eth = np.zeros((lrts, len(SOURCES)))
        self.eth_years = np.zeros(lrts)
        self._paid = np.zeros((3, lrts))
        self._own_points, self._layer_points = np.zeros(lrts), np.zeros(lrts)
        self._parts: dict[int, list[Floats]] = {}
        self._promised, self._base = np.zeros(lrts), np.zeros(lrts)
        self._shares, self._nav = self._state()
        self._opened, self._grown = self._nav, np.zeros(lrts)

    def _state(self) -> tuple[Floats, Floats]:
        rows = slice(self.model.first_lrt, None)
        return self.model.world.books["shares"][rows].copy(), self.model.world.venues["nav"][rows].copy()

    # --- counting -----------------------------------------------------------------------------------------------------

    def pay(self, fees: Floats, avs_tokens: Floats, programme: Floats) -> None:
        """Note what restaking venues are about to be paid, (R,) ETH by source, before the protocols' fees."""
        self._opened = self._state()[1]
        kept = 1.0 - self.model.world.books["fee"][self.model.first_lrt :]
        self._paid[:] = (fees[2:], avs_tokens[2:], programme[2:])
        self._paid *= kept

    def accrued(self, own: Floats, layer: Floats) -> None:
        """Note that the day's yield is in NAV, and its points, (K,) own and the layer's, as the seasons count them."""
        self._grown = self._shares * (self._state()[1] - self._opened)
        self._own_points += own
        self._layer_points += layer

    def allocated(self, number: int, points: float) -> None:
        """A season ends: note whose ETH-days in the run its airdrop rewards.

        Args:
            number: the campaign.
            points: all points of the season, those from before the run included.
        """
        part = np.zeros(self.eth_years.size)
        if number == part.size:
            part[:] = self._layer_points / max(points, 1e-300)
            self._layer_points[:] = 0.0
        else:
            part[number] = self._own_points[number] / max(points, 1e-300)
            self._own_points[number] = 0.0
        self._parts.setdefault(number, []).append(part)

    def close(self, advertised: Floats, base: float) -> None:
        """Count a day that is over.

        Args:
            advertised: (K,) yields on show at its close.
            base: yield of staking, per year.
        """
        before, nav_before = self._shares, self._nav
        self._shares, self._nav = self._state()
        held = before * nav_before
        paid = np.where(before > 0.0, self._paid, 0.0)
        self.eth[:, 1:4] += paid.T
        self.eth[:, 0] += self._grown - paid.sum(axis=0)
        self.eth[:, _LOSSES] += before * (self._nav - nav_before) - self._grown
        self.eth_years += held / DAYS_PER_YEAR
        self._promised += advertised * held / DAYS_PER_YEAR
        self._base += base * held / DAYS_PER_YEAR
        self._value_airdrops()

    def _value_airdrops(self) -> None:
        """Airdrops at what they fetched and at what is kept would show in the pool today."""
        self.eth[:, _AIRDROPS:] = 0.0
        layer = self.eth_years.size
        for number, campaign in enumerate(self.model.campaigns.campaigns):
            column = _LAYER_AIRDROPS if number == layer else _AIRDROPS
            parts = self._parts.get(number, [])
            for airdrop, part in zip(campaign.airdrops, parts, strict=True):
                self.eth[:, column] += airdrop.worth(self.model.day - 1, campaign.market.price) * part

    # --- reading ------------------------------------------------------------------------------------------------------

    def by_source(self) -> Floats:
        """(K, sources) yield so far, per year; NaN before anything was held."""
        return _over(self.eth, self.eth_years[:, None])

    def promised(self) -> Floats:
        """(K,) mean over the ETH-days so far of the yield on show, per year; NaN before anything was held."""
        return _over(self._promised, self.eth_years)

    def premiums(self) -> tuple[float, float, float]:
        """Premiums of all LRTs together over the yield of staking in the same ETH-days, per year.

        Returns:
            What was promised, what was earned, and the part of that which came as airdrops; NaN before anything was
            held.
        """
        years = float(self.eth_years.sum())
        if years <= 0.0:
            return math.nan, math.nan, math.nan
        base = float(self._base.sum())
        promised, earned = float(self._promised.sum()) - base, float(self.eth.sum()) - base
        return promised / years, earned / years, float(self.eth[:, _AIRDROPS:].sum()) / years


def _over(amounts: Floats, years: Floats) -> Floats:
    return np.divide(amounts, years, out=np.full_like(amounts, np.nan), where=years > 0.0)
