"""Points seasons, airdrops, and what stakers believe about them.

A point is a claim on a finite pot (E4): ``apr = 365 * pot / (points so far + supply * days left)``, with
``pot = share * expected FDV * trust``. Before the token trades, the expected FDV grows with supply at an elasticity
below one, so that a campaign dilutes itself; once it trades, it is the market's. At a claim, the surprise moves trust
in that protocol and the belief in all (E5). Expected yields are opinions and never enter a ledger.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .tokens import Airdrop, TokenMarket

if TYPE_CHECKING:
    from .scenario import Scenario

LARGEST_POINTS_APR = 0.6
SMALLEST_SUPPLY_ETH = 2e4
LAYER_REFERENCE_MULTIPLE = 4.0
"""Reference size of the layer over that of one protocol, in the expected FDV (assumption)."""
EARLY_WEIGHT = 0.5
"""Mean supply of a season's part before the run, over the supply at the start."""
TRUST_BOUNDS = (0.1, 1.4)
TIER_POINTS = 10.0
"""Multiple of the mean wallet's points above which a tiered allocation pays half."""


class Campaign:
    """Seasons of one issuer (an LRT, or the restaking layer) and its token.

    Args:
        name: the issuer.
        seasons: its seasons with integer days, in order.
        market: its token's market.
    """

    def __init__(self, name: str, seasons: tuple[Any, ...], market: TokenMarket) -> None:
        self.name, self.seasons, self.market = name, seasons, market
        self.points = 0.0
        self.trust = 1.0
        self.generosity = 1.0
        self.airdrops: list[Airdrop] = []
        self.listing_day: int | None = None

    def season(self, day: int) -> Any | None:
        """The season that runs on ``day``."""
        for season in self.seasons:
            if season.start <= day < season.end:
                return season
        return None


class Campaigns:
    """All campaigns of a run and the beliefs about them; the last campaign is the restaking layer's.

    Args:
        scenario: the scenario.
        supplies: (K + 1,) supplies at the start, ETH: the LRTs, then all restaked ETH.
    """

    def __init__(self, scenario: "Scenario", supplies: NDArray[np.float64]) -> None:
        self.scenario = scenario
        self.terms, self.stakers = scenario.campaigns, scenario.stakers
        self.belief = float(self.stakers.expected_fdv_ratio)
        self.sentiment = 1.0
        self._log_sentiment = 0.0
        self.campaigns = self._declare()
        for campaign, supply in zip(self.campaigns, supplies, strict=True):
            season = campaign.season(0)
            if season is not None and season.start < 0:
                campaign.points = float(supply) * -season.start * EARLY_WEIGHT

    def _declare(self) -> list[Campaign]:
        scenario, fee = self.scenario, self.scenario.markets.token_pool_fee
        campaigns = [
            Campaign(name, scenario.seasons_of(name), TokenMarket(terms.token, fee))
            for name, terms in scenario.lrt.items()
        ]
        layer = scenario.restaking
        campaigns.append(Campaign("restaking", scenario.layer_seasons(), TokenMarket(layer.token, fee)))
        for campaign in campaigns:
            listing = campaign.market.terms.listing_day
            if listing is not None:
                campaign.listing_day = scenario.day_of(listing)
            elif campaign.seasons:
                campaign.listing_day = campaign.seasons[0].claim
        return campaigns

    # --- beliefs ------------------------------------------------------------------------------------------------------

    def move_sentiment(self, normal: float) -> None:
        """One day of the mean-reverting sentiment of outside buyers; ``normal`` is a standard normal draw."""
        terms = self.terms
        self._log_sentiment += -terms.sentiment_reversion * self._log_sentiment / 365.0
        self._log_sentiment += terms.sentiment_volatility * normal / math.sqrt(365.0)
        self.sentiment = math.exp(self._log_sentiment)

    def expected_fdv(self, campaign: Campaign, supply: float) -> float:
        """FDV that stakers expect of an issuer's token, ETH."""
        if campaign.market.listed:
            return campaign.market.fdv
        terms = self.stakers
        reference = terms.fdv_reference_eth
        if campaign is self.campaigns[-1]:
            reference *= LAYER_REFERENCE_MULTIPLE
        size = max(supply, SMALLEST_SUPPLY_ETH)
        elasticity = terms.fdv_supply_elasticity
        return float(self.belief * size**elasticity * reference ** (1.0 - elasticity) * terms.unlaunched_discount)

    def points_apr(self, number: int, day: int, supply: float) -> float:
        """Expected yield of points per year, for someone who takes them at face value."""
        campaign = self.campaigns[number]
        season = campaign.season(day)
        if season is None or not self.stakers.points:
            return 0.0
        pot = season.share * campaign.generosity * self.expected_fdv(campaign, supply)
        pot *= campaign.trust * self.sentiment_of_points
        due = campaign.points + supply * (season.end - day)
        return float(min(365.0 * pot / max(due, 1.0), LARGEST_POINTS_APR))

    @property
    def sentiment_of_points(self) -> float:
        """Sentiment moves the value of points half as much as the buyers' budget."""
        return math.sqrt(self.sentiment)

    def claimed(self, number: int, share_of_sector: float, realised: float) -> float:
        """Learn from a first claim (E5); returns the surprise.

        Args:
            number: the campaign.
            share_of_sector: its share of the LRT market.
            realised: FDV over TVL at listing.
        """
        terms, campaign = self.stakers, self.campaigns[number]
        surprise = realised / max(self.belief, 1e-9)
        if not terms.airdrop_learning:
            return surprise
        low, high = TRUST_BOUNDS
        campaign.trust *= min(max(surprise**terms.surprise_trust_power, low), high)
        weight = min(max(1.5 * share_of_sector, 0.05), 0.6)
        self.belief *= surprise ** (terms.surprise_belief_weight * weight)
        return surprise

    def announced(self, number: int, surprise: float) -> None:
        """Learn from a token plan: what it promises over what was expected."""
        if self.stakers.airdrop_learning:
            self.campaigns[number].trust *= min(max(surprise, TRUST_BOUNDS[0]), TRUST_BOUNDS[1])

    # --- allocation ---------------------------------------------------------------------------------------------------

    def allocate(self, points: NDArray[np.float64], wallets: NDArray[np.float64], tokens: float) -> NDArray[np.float64]:
        """Split a pot of tokens by points: linear, tiered or capped per wallet, after the Sybil filter.

        Args:
            points: (N,) points of the season.
            wallets: (N,) wallets of each staker; extra ones are Sybils to the filter.
            tokens: the pot.

        Returns:
            (N,) tokens; they sum to the pot, or to 0 when nobody has points.
        """
        terms = self.terms
        counted = np.maximum(points, 0.0) * (1.0 - terms.sybil_filter * (1.0 - 1.0 / wallets))
        per_wallet = counted / wallets
        if terms.allocation == "capped":
            counted = np.minimum(per_wallet, terms.allocation_cap_points_share * counted.sum()) * wallets
        if terms.allocation == "tiered":
            tier = TIER_POINTS * counted.sum() / max(wallets[counted > 0.0].sum(), 1.0)
            counted = np.where(per_wallet > tier, tier + 0.5 * (per_wallet - tier), per_wallet) * wallets
        total = counted.sum()
        return counted * (tokens / total) if total > 0.0 else np.zeros(points.size)
