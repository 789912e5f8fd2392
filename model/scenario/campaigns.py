"""Incentive campaigns: what a protocol without terms of its own does, how airdrops are split and sold, sentiment."""

from typing import Literal

from .parameter import Parameters, parameter

_SALES = "https://encryptopedia.org/airdrop-analysis-by-flipside-crypto/"


class CampaignParameters(Parameters):
    """Defaults of points seasons, allocation rules and what recipients do with tokens."""

    airdrop_share: float = parameter(
        0.07,
        description="share of token supply for the first season",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://docs.renzoprotocol.com/docs/renzo/usdrez/usdrez-faqs",
        role="lever",
    )
    season_days: int = parameter(120, description="length of a season", unit="days", low=1, high=3_650, role="lever")
    claim_delay_days: int = parameter(
        10, description="days from snapshot to claim", unit="days", low=0, high=3_650, role="lever"
    )
    seasons: int = parameter(2, description="number of seasons", unit="count", low=0, high=20, role="lever")
    later_share: float = parameter(
        0.5,
        description="size of each later season over the first; ETHFI gave 6.8 % and then 5 % of supply",
        unit="ratio",
        low=0.0,
        high=10.0,
        source="https://etherfi.gitbook.io/etherfi/governance/airdrop-season-1",
        role="lever",
    )
    allocation: Literal["linear", "tiered", "capped"] = parameter(
        "linear",
        description="how points become tokens: in proportion, in proportion to tiers that favour small wallets, or in "
        "proportion up to a cap per wallet",
        source="https://cointeeth.com/en/news/who-is-eligible-to-receive-ether-fi-s-ethfi-airdrop-how-to",
        role="lever",
    )
    allocation_cap_points_share: float = parameter(
        0.02,
        description="largest share of all points that counts for one wallet under capped allocation",
        unit="fraction",
        low=1e-6,
        high=1.0,
        scale="log",
        role="lever",
    )
    sybil_filter: float = parameter(
        0.3,
        description="share of a farmer's extra wallets that the Sybil filter catches",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://nansen.ai/research/an-on-chain-distribution-model-for-the-arbitrum-community",
        role="lever",
    )
    boost_launch: float = parameter(
        1.0,
        description="points multiple in a protocol's first season",
        unit="multiple",
        low=0.0,
        high=100.0,
        role="lever",
    )
    sale_farmer_median_days: float = parameter(
        0.05,
        description="median time after the claim at which farmers sell; 40 % of airdropped 1INCH was sold in a day",
        unit="days",
        low=0.001,
        high=3_650.0,
        source=_SALES,
        scale="log",
    )
    sale_user_median_days: float = parameter(
        20.0,
        description="median time after the claim at which other recipients sell",
        unit="days",
        low=0.001,
        high=3_650.0,
        source=_SALES,
        scale="log",
    )
    sale_spread: float = parameter(
        2.0,
        description="standard deviation of the logarithm of the time to sale",
        unit="log days",
        low=0.01,
        high=10.0,
        source=_SALES,
    )
    sale_ever: float = parameter(
        0.65,
        description="share of recipients who ever sell; 36 % of airdropped 1INCH was kept after 90 days",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_SALES,
    )
    sale_fraction: float = parameter(
        0.9, description="part of the amount that a seller sells", unit="fraction", low=0.0, high=1.0, source=_SALES
    )
    sentiment_volatility: float = parameter(
        0.5,
        description="volatility of market sentiment, which scales what tokens and points are thought to be worth",
        unit="1/sqrt(yr)",
        low=0.0,
        high=5.0,
    )
    sentiment_reversion: float = parameter(
        2.0, description="rate at which sentiment returns to its mean", unit="1/yr", low=0.0, high=100.0
    )
