"""Liquid staking tokens: terms of one LST (``lst.<id>``)."""

from .parameter import Parameters, parameter


class LstParameters(Parameters):
    """One liquid staking token. Its NAV grows at the base yield less the fee."""

    title: str = parameter("", description="name in tables and figures; the id when empty", role="fact")
    fee: float = parameter(
        0.10,
        description="part of staking rewards that the protocol and its operators keep",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://www.casscams.com/3363.html",
        role="lever",
    )
    initial_share: float = parameter(
        0.0,
        description="share of the population's staked ETH held in this token at the start; the rest is staked solo",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://unchainedcrypto.com/?p=28207",
        role="fact",
    )
    buffer_fraction: float = parameter(
        0.01,
        description="liquid ETH kept for redemptions, as a share of supply",
        unit="fraction",
        low=0.0,
        high=1.0,
        role="lever",
    )
    redemption_delay_days: float = parameter(
        1.0,
        description="wait for a redemption that the buffer covers",
        unit="days",
        low=0.0,
        high=365.0,
        role="lever",
    )
    risk: float = parameter(
        0.02,
        description="perceived risk, as a multiple of a staker's restaking risk",
        unit="multiple",
        low=0.0,
        high=10.0,
    )
