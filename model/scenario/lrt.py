"""Liquid restaking protocols: terms of one LRT (``lrt.<id>``)."""

from typing import Literal

from .parameter import Day, Number, Parameters, Whole, parameter, section
from .tokens import Season, TokenParameters

_BUFFER = "https://docs.renzoprotocol.com/docs/product/withdrawals/solving-the-cold-start-problem"
_WITHDRAWALS = "https://docs.renzoprotocol.com/docs/products/withdrawals"
_SUPPLY = "https://github.com/EconoDLT/RestakingDynamics"


class PointsBoost(Parameters):
    """A time in which the protocol's points accrue faster."""

    day: Day = parameter(description="first day of the boost", unit="day", role="lever")
    until: Day = parameter(description="first day after the boost", unit="day", role="lever")
    boost: float = parameter(
        2.0, description="multiple of normal points", unit="multiple", low=0.0, high=100.0, role="lever"
    )


class LrtParameters(Parameters):
    """One liquid restaking protocol and its token."""

    title: str = parameter("", description="name in tables and figures; the id when empty", role="fact")
    launch_day: Day = parameter(
        -60,
        description="day on which deposits open; before the start: already running",
        unit="day",
        source=_SUPPLY,
        role="fact",
    )
    initial_eth: float = parameter(
        0.0,
        description="what stakers hold at the start; tokens that providers mint for the pools come on top",
        unit="ETH",
        low=0.0,
        high=1e8,
        source=_SUPPLY,
        role="fact",
    )
    fee: float = parameter(
        0.10,
        description="part of staking and restaking rewards that the protocol and its operators keep",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://docs.renzoprotocol.com/docs/renzo/usdezeth/usdezeth-faqs",
        role="lever",
    )
    custody: Literal["non_custodial", "delegated", "custodial"] = parameter(
        "non_custodial",
        description="who holds the validators' keys; sets hazards, and custodial protocols stop withdrawals when more "
        "is asked for than they have at hand (hazards.custodial_pause_claims)",
        role="lever",
    )
    audits: int = parameter(
        3, description="security audits of the contracts at launch", unit="count", low=0, high=100, role="lever"
    )
    audit_age_days: int = parameter(
        180, description="age of the latest audit at the start", unit="days", low=0, high=3_650, role="fact"
    )
    native: bool = parameter(True, description="takes ETH and runs validators with it", role="lever")
    accepts: tuple[str, ...] = parameter(
        (),
        description="ids of the LSTs taken as deposits",
        source="https://governance.aave.com/t/temp-check-add-rseth-to-aave-v3-ethereum/16688",
        role="lever",
    )
    deposit_cap_eth: float = parameter(
        0.0, description="cap on supply; 0: no cap", unit="ETH", low=0.0, high=1e8, role="lever"
    )
    buffer_fraction: float = parameter(
        0.05,
        description="liquid ETH kept for redemptions, as a share of supply",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_BUFFER,
        role="lever",
    )
    redemption_open_day: Day = parameter(
        0,
        description="day from which the token can be redeemed",
        unit="day",
        source=_BUFFER,
        role="lever",
    )
    redemption_announced_days: int = parameter(
        30,
        description="how long before it opens the redemption day becomes known",
        unit="days",
        low=0,
        high=3_650,
        role="lever",
    )
    cooldown_days: float = parameter(
        3.0,
        description="wait for a redemption that the buffer covers",
        unit="days",
        low=0.0,
        high=365.0,
        source=_WITHDRAWALS,
        role="lever",
    )
    report_lag_days: float = parameter(
        0.0,
        description="time after a slash until NAV shows it; who redeems before shifts the loss to those who stay",
        unit="days",
        low=0.0,
        high=365.0,
        role="lever",
    )
    exit_parallel: bool = parameter(
        True,
        description="the restaking escrow runs beside the validator exit, not after it",
        source=_WITHDRAWALS,
        role="lever",
    )
    instant_fee: float = parameter(
        0.0,
        description="fee for payment at once from a nearly empty buffer, linear in its emptiness, which those who stay "
        "keep; 0: not offered",
        unit="fraction",
        low=0.0,
        high=0.5,
        source="https://docs.renzoprotocol.com/docs/product/withdrawals/instant-withdrawals",
        role="lever",
    )
    points_boosts: tuple[PointsBoost, ...] = parameter(
        (), description="times in which points accrue faster", role="lever"
    )
    seasons: tuple[Season, ...] | None = parameter(
        None,
        description="points seasons; made from campaigns when empty (none); an empty list is no campaign at all",
        source="https://cointeeth.com/en/news/who-is-eligible-to-receive-ether-fi-s-ethfi-airdrop-how-to",
        role="lever",
    )
    token: TokenParameters = section(TokenParameters, "governance token of the protocol")
    initial_integration: float = parameter(
        0.0,
        description="DeFi integration at the start: 0 none, 1 taken everywhere",
        unit="fraction",
        low=0.0,
        high=1.0,
        role="fact",
    )
    depth_fraction: Number | None = parameter(
        None,
        description="ETH side of the token's pool over its supply; markets.depth_fraction when empty",
        unit="fraction",
        low=0.0001,
        high=0.5,
        source="https://www.bankless.com/renzo-madness",
        scale="log",
    )
    pool_amplification: Number | None = parameter(
        None,
        description="StableSwap amplification of the token's pool; markets.pool_amplification when empty",
        unit="",
        low=1.0,
        high=10_000.0,
        source="M. Egorov, StableSwap - efficient mechanism for Stablecoin liquidity (2019)",
        scale="log",
    )
    operator_count: Whole | None = parameter(
        None,
        description="operators that the protocol delegates to; as many as it takes to spread its stake when empty",
        unit="count",
        low=1,
        high=10_000,
        role="lever",
    )
    next_season_announced: bool = parameter(
        True, description="the following season is known before the current one is claimed", role="lever"
    )
