"""The restaking layer: escrow, stake modes, points seasons, token and programme incentives."""

from typing import Literal

from .parameter import Day, Parameters, parameter, section
from .tokens import Season, TokenParameters

_FAQ = "https://docs.eigenfoundation.org/programmatic-incentives/programmatic-incentives-faq"
_DELAYS = (
    "https://raw.githubusercontent.com/Layr-Labs/eigencloud-docs/main/docs/eigenlayer/reference/"
    "safety-delays-reference.md"
)


class EscrowChange(Parameters):
    """A change of the withdrawal escrow."""

    day: Day = parameter(description="day on which the new escrow applies", unit="day", source=_DELAYS, role="fact")
    days: float = parameter(
        14.0, description="escrow from then on", unit="days", low=0.0, high=365.0, source=_DELAYS, role="fact"
    )


class RestakingParameters(Parameters):
    """The layer that all restaked ETH passes through."""

    escrow_days: float = parameter(
        7.0,
        description="time that withdrawn restaked ETH stays in escrow, where it can still be slashed",
        unit="days",
        low=0.0,
        high=365.0,
        source="https://docs.renzoprotocol.com/docs/product/withdrawals/withdrawal-queue",
        role="lever",
    )
    escrow_changes: tuple[EscrowChange, ...] = parameter(
        (), description="later escrow times; 14 days with slashing (2025-04-17)", source=_DELAYS, role="fact"
    )
    exit_parallel: bool = parameter(
        True,
        description="the escrow of native restaking runs beside the validator exit, not after it",
        source=_DELAYS,
        role="lever",
    )
    stake_mode: Literal["pooled", "unique", "elastic"] = parameter(
        "pooled",
        description="pooled: the same stake answers to every AVS and risks add up; unique: allocations sum to at most "
        "the stake; elastic: what is left after a slash stretches over the remaining AVSs",
        source="https://arxiv.org/abs/2503.00170",
        role="lever",
    )
    slashing_live_day: Day = parameter(
        0,
        description="day from which AVSs can slash; live on Ethereum since 2025-04-17",
        unit="day",
        source="https://www.bitgetapp.com/amp/news/detail/12560604701122",
        role="fact",
    )
    native_points_from: Day = parameter(
        -200,
        description="day from which restaked ETH earns the layer's points",
        unit="day",
        source="https://www.odaily.news/post/5193025",
        role="fact",
    )
    lst_cap_eth: float = parameter(
        0.0,
        description="cap on LST restaking (alone and inside LRTs); 0: no cap",
        unit="ETH",
        low=0.0,
        high=1e8,
        source="https://www.nasdaq.com/articles/"
        "ethereum-restaking-app-approaches-$4-billion-in-deposits:-biggest-airdrop-in-history",
        role="lever",
    )
    lst_cap_lift_day: Day | None = parameter(
        None,
        description="day on which the cap on LST restaking is lifted; never when empty",
        unit="day",
        source="https://www.nasdaq.com/articles/"
        "ethereum-restaking-app-approaches-$4-billion-in-deposits:-biggest-airdrop-in-history",
        role="lever",
    )
    points_seasons: tuple[Season, ...] = parameter(
        (),
        description="points seasons of the layer, earned by every restaked ETH",
        source="https://demo.decrypt.co/228642/eigen-token-airdrop-plan-ethereum-restaking-protocol-eigenlayer",
        role="lever",
    )
    token: TokenParameters = section(TokenParameters, "governance token of the layer", id="EIGEN")
    programme_start_day: Day | None = parameter(
        None,
        description="day on which programme incentives start; none when empty (EIGEN's: 2024-08-15)",
        unit="day",
        source=_FAQ,
        role="lever",
    )
    programme_tokens_per_week: float = parameter(
        0.0,
        description="fixed weekly budget of programme incentives (EIGEN's: 1,287,420)",
        unit="tokens/week",
        low=0.0,
        high=1e12,
        source=_FAQ,
        role="lever",
    )
    programme_staker_share: float = parameter(
        0.75,
        description="part of the budget for restakers of ETH and LSTs; the rest goes to stakers of the token",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_FAQ,
        role="lever",
    )
    operator_commission: float = parameter(
        0.10,
        description="operators' part of programme incentives",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_FAQ,
        role="lever",
    )
    programme_growth: float = parameter(
        0.0,
        description="yearly growth of the weekly budget",
        unit="1/yr",
        low=-1.0,
        high=10.0,
        source="assumption: the published budget is flat",
        role="lever",
    )
    risk: float = parameter(
        1.0,
        description="perceived risk of native and LST restaking, as a multiple of a staker's restaking risk",
        unit="multiple",
        low=0.0,
        high=10.0,
    )
    initial_native_eth: float = parameter(
        0.0,
        description="ETH in native restaking at the start",
        unit="ETH",
        low=0.0,
        high=1e8,
        source="https://unchainedcrypto.com/?p=28207",
        role="fact",
    )
    initial_lst_eth: float = parameter(
        0.0,
        description="ETH in LST restaking at the start, LRTs apart",
        unit="ETH",
        low=0.0,
        high=1e8,
        source="https://spice.ai/blog/exploring-the-restaking-economy",
        role="fact",
    )
