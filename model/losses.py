"""Who bore which loss: every ETH that a slash, a hack or an attack took, by cause and by bearer.

A loss of a book is borne by the holders of its token and by those who wait for claims, in proportion; tokens in pools
are their providers', LSTs inside other tokens are those tokens' holders'. Losses by bearer add up to losses by cause.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .kernels import books as move
from .state import FIRST_LST, IDLE

if TYPE_CHECKING:
    import pandas as pd

    from .ecosystem import RestakingEcosystem

Floats = NDArray[np.float64]

CAUSES = (
    "base_slashing",
    "avs_slashing",
    "attack",
    "exploit",
    "defi_exploit",
    "unbacked",
    "bad_debt",
)
"""Slashes by Ethereum; by AVSs and by what the scenario puts on a day; corruption that paid; contracts; pools; tokens
without backing; loans that nobody repays (lenders lose what borrowers no longer owe: the row adds up to 0)."""

OTHERS = ("liquidity_providers", "arbitrageurs", "lenders", "borrowers", "outside", "users")
"""Bearers beside the archetypes of stakers."""
BASE_EVERY_DAYS = 7
"""Base slashing happens every day and is spread by holdings of at most so many days ago; everything else by today's."""


class LossBook:
    """Losses of one run.

    Args:
        model: the ecosystem.

    Attributes:
        bearers: archetypes of stakers, then :data:`OTHERS`.
        table: (causes, bearers) ETH lost so far.
    """

    def __init__(self, model: "RestakingEcosystem") -> None:
        self.model = model
        self.bearers = (*model.scenario.stakers.archetypes, *OTHERS)
        self.table = np.zeros((len(CAUSES), len(self.bearers)))
        venues = model.world.venues.size
        self._holdings = np.zeros((model.archetype_terms.size, venues))
        self._holders = np.zeros(venues, np.int64)
        self._weights = np.zeros((len(self.bearers), venues))
        self._day = -BASE_EVERY_DAYS

    def index(self, bearer: str) -> int:
        """Column of a bearer."""
        return self.bearers.index(bearer)

    # --- booking ------------------------------------------------------------------------------------------------------

    def note(self, cause: str, bearer: str, eth: float) -> None:
        """A loss that one bearer has alone."""
        self.table[CAUSES.index(cause), self.index(bearer)] += eth

    def snapshot(self, venue: int) -> tuple[Floats, Floats]:
        """(bearers,) parts of a venue's token and of its open claims, before a loss changes who holds what."""
        return self.weights()[:, venue].copy(), self._claimants(venue)

    def note_book(self, cause: str, eth: float, claims_eth: float, parts: tuple[Floats, Floats]) -> None:
        """A loss of a venue's book: ``claims_eth`` of it hits those who wait, the rest holders of the token."""
        holders, claimants = parts
        self.table[CAUSES.index(cause)] += (eth - claims_eth) * holders + claims_eth * claimants

    def note_base(self, by_venue: Floats) -> None:
        """Base slashing of a day, (V,) ETH."""
        if self.model.day - self._day >= BASE_EVERY_DAYS:
            self._weigh()
        self.table[CAUSES.index("base_slashing")] += self._weights @ by_venue

    # --- who holds what -----------------------------------------------------------------------------------------------

    def weights(self) -> Floats:
        """(bearers, V) part of each venue's token that each bearer has; columns of tokens that exist add up to 1."""
        self._weigh()
        return self._weights

    def _weigh(self) -> None:
        self._day = self.model.day
        world, exchange, out = self.model.world, self.model.exchange, self._weights
        move.holdings(world, self.model.archetype_terms, self._holdings, self._holders)
        kinds, nav, first = self._holdings.shape[0], world.venues["nav"], exchange.first
        out[:] = 0.0
        out[:kinds] = self._holdings
        provided = exchange.pooled_shares() + exchange.providers_shares
        out[self.index("liquidity_providers"), first:] = provided * nav[first:]
        out[self.index("lenders"), first:] = exchange.lenders_shares * nav[first:]
        out[self.index("arbitrageurs"), first:] = exchange.held.sum(axis=0) * nav[first:]
        out[self.index("outside")] += world.outside_shares * nav
        out[:, IDLE] = 0.0
        lsts = slice(FIRST_LST, FIRST_LST + len(self.model.scenario.lst))
        for venue in range(world.venues.size):
            if not lsts.start <= venue < lsts.stop:
                _normalise(out[:, venue])
        inside = world.lst_holdings[:, : lsts.stop - lsts.start] * nav[lsts]
        out[:, lsts] += out @ inside
        for venue in range(lsts.start, lsts.stop):
            _normalise(out[:, venue])

    def _claimants(self, venue: int) -> Floats:
        """(bearers,) part of a venue's open claims that each bearer has."""
        world, rows = self.model.world, self.model.world.stakers
        waits = rows["pending_route"] == venue
        kinds = self._holdings.shape[0]
        out = np.zeros(len(self.bearers))
        asked_on = rows["pending_day"][waits]
        scale = world.claims_scale[venue, asked_on]
        out[:kinds] = np.bincount(rows["archetype"][waits], rows["pending_amount"][waits] * scale, kinds)
        for owner, eth in self.model.exchange.claims_by_owner(venue):
            out[self.index(owner)] += eth
        if out.sum() <= 0.0:
            return np.asarray(self._weights[:, venue])
        return out / out.sum()

    # --- reading ------------------------------------------------------------------------------------------------------

    @property
    def total(self) -> float:
        """All losses so far, ETH."""
        return float(self.table.sum())

    def borne_by_stakers(self) -> float:
        """What all archetypes of stakers lost, ETH."""
        return float(self.table[:, : len(self.bearers) - len(OTHERS)].sum())

    def frame(self) -> "pd.DataFrame":
        """Causes by bearers, ETH."""
        import pandas as pd

        return pd.DataFrame(self.table, index=pd.Index(CAUSES, name="cause"), columns=list(self.bearers))


def _normalise(column: Floats) -> None:
    total = float(column.sum())
    if total > 0.0:
        column /= total
