"""Governance tokens and points seasons: what a protocol promises its depositors and when it pays."""

from .parameter import Day, Number, Parameters, parameter

_EIGEN = "https://docs.eigenfoundation.org/eigen-token/key-info"


class Season(Parameters):
    """A points season: points accrue from ``start`` to ``end``, tokens can be claimed from ``claim`` on."""

    start: Day = parameter(description="first day on which points accrue", unit="day", role="lever")
    end: Day = parameter(description="day of the snapshot", unit="day", role="lever")
    share: Number = parameter(
        description="share of the token's supply given to the season's points",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://cointeeth.com/en/news/who-is-eligible-to-receive-ether-fi-s-ethfi-airdrop-how-to",
        role="lever",
    )
    claim: Day = parameter(description="day from which tokens can be claimed", unit="day", role="lever")
    claimable_share: float = parameter(
        1.0,
        description="part of an allocation that can be claimed at once; the rest vests",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://binance.com/en-IN/square/post/14668585906185",
        role="lever",
    )
    vesting_days: int = parameter(
        0,
        description="linear vesting of what is not claimable at once",
        unit="days",
        low=0,
        high=3_650,
        source="https://docs.renzoprotocol.com/docs/renzo/usdrez/usdrez-faqs",
        role="lever",
    )


class TokenParameters(Parameters):
    """A governance token: its supply, its listing and who buys it."""

    id: str = parameter("", description="ticker; the protocol's id in capitals when empty", role="fact")
    supply: float = parameter(
        1e9,
        description="total supply",
        unit="tokens",
        low=1.0,
        high=1e13,
        source="https://cointeeth.com/en/news/who-is-eligible-to-receive-ether-fi-s-ethfi-airdrop-how-to",
        scale="log",
        role="fact",
    )
    listing_fdv_over_tvl: float = parameter(
        0.5,
        description="fully diluted value over the protocol's TVL when the token is listed",
        unit="ratio",
        low=0.001,
        high=20.0,
        source="assumption: between 1.0 (ETHFI) and 0.12 (KERNEL)",
        scale="log",
    )
    listing_day: Day | None = parameter(
        None,
        description="day from which the token can be traded; the first claim day when empty",
        unit="day",
        source="https://www.gateio24.net/news/detail/7152060",
        role="lever",
    )
    plan_day: Day | None = parameter(
        None,
        description="day on which the token plan is announced; no announcement when empty",
        unit="day",
        source="https://chaincatcher.com/en/article/2122026",
        role="lever",
    )
    plan_surprise: float = parameter(
        1.0,
        description="announced value of the allocation over what holders expected; below 1 disappoints",
        unit="ratio",
        low=0.01,
        high=10.0,
        scale="log",
    )
    pool_eth_fraction: float = parameter(
        0.08,
        description="ETH side of the token's own pool at listing, all venues taken together, over its diluted value",
        unit="fraction",
        low=0.0001,
        high=1.0,
        scale="log",
    )
    buyers_budget: float = parameter(
        0.1,
        description="yearly rate at which outside buyers spend at listing, over the fully diluted value then",
        unit="1/yr",
        low=0.0,
        high=10.0,
    )
    buyers_half_life_days: float = parameter(
        45.0,
        description="time in which outside buying halves",
        unit="days",
        low=1.0,
        high=36_500.0,
        scale="log",
    )
    unlock_start_days: int = parameter(
        365,
        description="days from listing to the first unlock of investors' and contributors' tokens",
        unit="days",
        low=0,
        high=3_650,
        source=_EIGEN,
        role="fact",
    )
    unlock_per_month: float = parameter(
        0.04,
        description="share of supply that unlocks every month from then on",
        unit="1/month",
        low=0.0,
        high=1.0,
        source=_EIGEN,
        role="fact",
    )
    other_float: float = parameter(
        0.10,
        description="share of supply that circulates at listing besides the airdrop",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://dlnews.com/articles/defi/renzos-ezeth-loses-ether-peg-drops-79-in-under-one-hour",
        role="fact",
    )
