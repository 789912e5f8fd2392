"""Services that rent restaked security: terms of one AVS or of several alike (``avs.<id>``)."""

from typing import Literal

from .parameter import Day, Parameters, parameter

_FEES = "http://blockeden.xyz/forum/t/the-yield-illusion-where-does-restaking-apy-actually-come-from/599"
_STATUS = "https://terabytetriangle.com/en/tutorial/eigenlayer-avs-status-2026.html"


class AvsParameters(Parameters):
    """One service, or ``count`` services on the same terms."""

    title: str = parameter("", description="name in tables and figures; the id when empty", role="fact")
    kind: Literal["oracle", "bridge", "keeper", "coprocessor", "data_availability"] = parameter(
        "oracle", description="what the service does", role="fact"
    )
    count: int = parameter(
        1,
        description="services on these terms; 23 in September 2024, 39 in April 2025 over all kinds",
        unit="count",
        low=1,
        high=1_000,
        source="https://ournetwork.xyz/p/on-270-restaking",
    )
    arrival_day: Day = parameter(
        100, description="day on which the (first) service opens to operators", unit="day", role="fact"
    )
    arrival_spread_days: float = parameter(
        0.0,
        description="the others arrive evenly over this time after the first",
        unit="days",
        low=0.0,
        high=3_650.0,
    )
    fees_eth_per_year: float = parameter(
        50.0,
        description="what customers pay at full service",
        unit="ETH/yr",
        low=0.0,
        high=1e7,
        source=_FEES,
    )
    payout: float = parameter(
        0.6,
        description="part of customers' fees passed on to restaked stake",
        unit="fraction",
        low=0.0,
        high=1.0,
        role="lever",
    )
    token_emission_eth_per_year: float = parameter(
        500.0,
        description="value at arrival of the token rewards of one year",
        unit="ETH/yr",
        low=0.0,
        high=1e7,
        source=_STATUS,
        role="lever",
    )
    token_buyers_eth_per_year: float = parameter(
        400.0,
        description="what outside buyers pay for the token in the first year",
        unit="ETH/yr",
        low=0.0,
        high=1e7,
    )
    buyers_half_life_days: float = parameter(
        200.0, description="time in which outside buying halves", unit="days", low=1.0, high=36_500.0, scale="log"
    )
    security_target_eth: float = parameter(
        5e5,
        description="stake that the service wants; above it lowers its rate of pay, below it raises it",
        unit="ETH",
        low=1.0,
        high=1e8,
        source="https://bankless.ghost.io/eigenlayers-challenging-road-ahead",
        scale="log",
        role="lever",
    )
    demand_growth: float = parameter(
        0.0, description="yearly growth of customers' fees", unit="1/yr", low=-1.0, high=10.0
    )
    clear_slashing: bool = parameter(
        True,
        description="slashing conditions can be checked on-chain; a vague rule slashes nobody and secures nothing",
        role="lever",
    )
    slash_fraction: float = parameter(
        0.05, description="part of the stake at fault that is slashed", unit="fraction", low=0.0, high=1.0, role="lever"
    )
    security: Literal["rent", "own", "cheaper"] = parameter(
        "rent",
        description="rent restaked security, pay a validator set of its own, or whichever costs less a year",
        role="lever",
    )
    own_set_apr: float = parameter(
        0.10,
        description="yield that validators of its own ask on what they stake",
        unit="1/yr",
        low=0.0,
        high=10.0,
        source="assumption: token inflation of young proof-of-stake chains",
        role="uncertainty",
    )
    own_set_days: float = parameter(
        365.0,
        description="time until validators of its own have staked the security target",
        unit="days",
        low=0.0,
        high=3_650.0,
        source="assumption",
        role="uncertainty",
    )
    profit_share: float = parameter(
        0.01,
        description="what corrupting the service brings on arrival, over the stake that answers to it",
        unit="fraction",
        low=0.0,
        high=100.0,
        source="https://arxiv.org/abs/2407.21785",
        role="uncertainty",
    )
    profit_growth: float = parameter(
        0.0,
        description="yearly growth of that share: more value comes to depend on the same security",
        unit="1/yr",
        low=-1.0,
        high=100.0,
        role="uncertainty",
    )
    minimum_days: int = parameter(
        180, description="shortest life of the service", unit="days", low=0, high=3_650, role="lever"
    )
    patience_days: int = parameter(
        200,
        description="how long it goes on after rewards cost more than the service brings in",
        unit="days",
        low=0,
        high=3_650,
        role="lever",
    )

    def names(self, key: str) -> tuple[str, ...]:
        """Names of the services on these terms: ``key``, then ``key-2`` and so on."""
        return (key, *(f"{key}-{number}" for number in range(2, self.count + 1)))
