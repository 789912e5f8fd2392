"""Stakers: how much they hold, what they notice, what they want and what moving costs them."""

from typing import Any

from pydantic import Field, field_validator

from .parameter import FrozenDict, Number, Parameters, parameter

_WEALTH = "https://cointeeth.com/en/news/who-is-eligible-to-receive-ether-fi-s-ethfi-airdrop-how-to"
_BASS = "https://doi.org/10.1287/mnsc.15.5.215"
_MERTON = "https://doi.org/10.2307/1926560"
_LOOPS = "https://governance.aave.com/t/arfc-lrt-and-wsteth-unification/21739"
_GROWTH = "assumption: fitted to the growth and retention of LRT supply in 2024"
_GAS = "https://www.gate.com/post/status/14067760"


class ArchetypeParameters(Parameters):
    """A kind of staker, with its part of heads and of wealth."""

    title: str = parameter("", description="name in tables and figures; the id when empty", role="fact")
    population_share: Number = parameter(
        description="share of stakers by head; shares of all archetypes sum to 1", unit="fraction", low=0.0, high=1.0
    )
    wealth_share: Number = parameter(
        description="share of the population's ETH; shares of all archetypes sum to 1",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_WEALTH,
    )
    satellite_cap: float = parameter(
        0.6, description="largest part of wealth that is restaked", unit="fraction", low=0.0, high=1.0
    )
    attention_factor: float = parameter(
        1.0, description="how often it reconsiders, relative to stakers.attention", unit="multiple", low=0.0, high=100.0
    )
    belief_a: float = parameter(
        2.0,
        description="a of the Beta(a, b) spread of how far token and points rewards are taken at face value",
        low=0.05,
        high=100.0,
        scale="log",
    )
    belief_b: float = parameter(2.0, description="b of the same Beta(a, b) spread", low=0.05, high=100.0, scale="log")
    risk_factor: float = parameter(
        1.0, description="perceived risk relative to stakers.risk_median", unit="multiple", low=0.0, high=100.0
    )
    idle_factor: float = parameter(
        1.0, description="ETH left idle, relative to stakers.idle_share", unit="multiple", low=0.0, high=100.0
    )
    wallets_mean: float = parameter(
        1.0,
        description="mean number of wallets of one staker; caps, tiers and Sybil filters act per wallet",
        unit="count",
        low=1.0,
        high=10_000.0,
        source="https://coinlocal.uk/?p=10686",
        scale="log",
    )
    bills_per_year: float = parameter(
        0.0,
        description="bills in dollars, per year, over what it owned on day zero; paid whatever ETH is worth",
        unit="1/yr",
        low=0.0,
        high=10.0,
        role="lever",
    )
    runway_months: float = parameter(
        6.0,
        description="months of bills that its core should cover; with less it sells restaked tokens at any price",
        unit="months",
        low=0.0,
        high=120.0,
        role="lever",
    )
    leverage_cap: float = parameter(
        1.0,
        description="largest leverage of a loop on a lending market; 1 borrows nothing",
        unit="multiple",
        low=1.0,
        high=30.0,
        source=_LOOPS,
        role="lever",
    )
    minimum_redemption_quality: float = parameter(
        0.0,
        description="least exit quality it accepts: 0 takes a closed redemption, 1 only payment at once",
        unit="fraction",
        low=0.0,
        high=1.0,
    )


DEFAULT_ARCHETYPES: dict[str, dict[str, Any]] = {
    "retail": {
        "title": "Retail",
        "population_share": 0.60,
        "wealth_share": 0.12,
        "satellite_cap": 0.6,
        "attention_factor": 0.7,
        "belief_a": 2.0,
        "belief_b": 2.0,
        "idle_factor": 1.5,
    },
    "advanced": {
        "title": "Advanced holder",
        "population_share": 0.19,
        "wealth_share": 0.22,
        "satellite_cap": 0.8,
        "attention_factor": 1.2,
        "belief_a": 2.0,
        "belief_b": 3.0,
        "risk_factor": 0.8,
        "wallets_mean": 2.0,
        "leverage_cap": 4.0,
    },
    "farmer": {
        "title": "Airdrop farmer",
        "population_share": 0.12,
        "wealth_share": 0.06,
        "satellite_cap": 1.0,
        "attention_factor": 3.0,
        "belief_a": 4.0,
        "belief_b": 2.0,
        "risk_factor": 0.4,
        "idle_factor": 0.8,
        "wallets_mean": 15.0,
        "leverage_cap": 5.0,
    },
    "fund": {
        "title": "DeFi fund",
        "population_share": 0.04,
        "wealth_share": 0.25,
        "satellite_cap": 0.6,
        "attention_factor": 2.0,
        "belief_a": 2.0,
        "belief_b": 3.0,
        "risk_factor": 0.7,
        "idle_factor": 0.8,
        "wallets_mean": 3.0,
        "leverage_cap": 9.0,
    },
    "treasury": {
        "title": "DAO treasury",
        "population_share": 0.02,
        "wealth_share": 0.10,
        "satellite_cap": 0.2,
        "attention_factor": 0.3,
        "belief_a": 1.5,
        "belief_b": 5.0,
        "risk_factor": 2.0,
        "idle_factor": 1.5,
        "minimum_redemption_quality": 0.5,
        "bills_per_year": 0.05,
    },
    "institution": {
        "title": "Institution",
        "population_share": 0.03,
        "wealth_share": 0.25,
        "satellite_cap": 0.15,
        "attention_factor": 0.4,
        "belief_a": 1.0,
        "belief_b": 5.0,
        "risk_factor": 2.5,
        "idle_factor": 0.8,
        "wallets_mean": 2.0,
        "minimum_redemption_quality": 0.7,
    },
}
"""Farmers are many in wallets and few in ETH; institutions and treasuries the other way round."""


def _default_archetypes() -> "FrozenDict[str, ArchetypeParameters]":
    return FrozenDict({name: ArchetypeParameters(**terms) for name, terms in DEFAULT_ARCHETYPES.items()})


class StakerParameters(Parameters):
    """The population of stakers."""

    count: int = parameter(
        10_000,
        description="number of stakers simulated; resolution only, their wealth is total_eth",
        unit="count",
        low=10,
        high=10_000_000,
        scale="log",
    )
    total_eth: float = parameter(
        33.5e6,
        description="all ETH of the population, staked or idle",
        unit="ETH",
        low=1.0,
        high=1.2e8,
        source="https://medium.com/chi-protocol/exploring-the-potential-of-liquid-restaking-tokens-a86a1b7ba16c",
        role="fact",
    )
    idle_share: float = parameter(
        0.13, description="share of that ETH that is not staked at the start", unit="fraction", low=0.0, high=0.99
    )
    pareto_alpha: float = parameter(
        1.06,
        description="tail exponent of wealth",
        low=0.5,
        high=5.0,
        source=_WEALTH,
        role="fact",
    )
    largest_wealth_share: float = parameter(
        0.03,
        description="share of all wealth of the largest holder: where the Pareto tail is cut",
        unit="fraction",
        low=1e-6,
        high=1.0,
        scale="log",
    )
    sleeve_share: float = parameter(
        0.001,
        description="holders above this share of all wealth decide in sleeves of at most this size",
        unit="fraction",
        low=1e-6,
        high=1.0,
        scale="log",
    )
    iid_wealth: bool = parameter(
        False, description="draw wealth at random instead of from the quantiles of its distribution"
    )
    initial_aware: float = parameter(
        0.08,
        description="share of stakers who know of restaking at the start",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_GROWTH,
    )
    aware_news: float = parameter(
        0.0023,
        description="Bass coefficient of innovation: chance a day to hear of restaking from the news",
        unit="1/day",
        low=0.0,
        high=1.0,
        source=_BASS,
    )
    aware_word_of_mouth: float = parameter(
        0.077,
        description="Bass coefficient of imitation: the same from neighbours, when all of them restake",
        unit="1/day",
        low=0.0,
        high=1.0,
        source=_BASS,
    )
    aware_after_day: int = parameter(
        150, description="day on which the news phase ends", unit="days", low=0, high=36_500, source=_GROWTH
    )
    aware_after_factor: float = parameter(
        0.3,
        description="both Bass coefficients after the news phase",
        unit="multiple",
        low=0.0,
        high=10.0,
        source=_GROWTH,
    )
    attention: float = parameter(
        0.045,
        description="rate at which a staker reconsiders its restaking",
        unit="1/day",
        low=0.0,
        high=1.0,
        source=_GROWTH,
    )
    core_attention: float = parameter(
        0.004,
        description="rate at which it reconsiders the part not restaked; 0: it keeps its core asset for good",
        unit="1/day",
        low=0.0,
        high=0.5,
    )
    salience: float = parameter(
        2.8,
        description="how much attention a full disappointment adds, as a multiple of normal attention",
        unit="multiple",
        low=0.0,
        high=1_000.0,
        source=_GROWTH,
    )
    salience_days: float = parameter(
        7.1, description="time in which that fades by a factor e", unit="days", low=0.1, high=3_650.0, source=_GROWTH
    )
    taste_scale: float = parameter(
        0.032, description="Gumbel scale of lasting tastes for venues", unit="1/yr", low=0.0, high=10.0, source=_GROWTH
    )
    decision_noise: float = parameter(
        0.001,
        description="Gumbel scale of the noise in one choice of venue",
        unit="1/yr",
        low=1e-6,
        high=10.0,
        source=_GROWTH,
    )
    participation_noise: float = parameter(
        0.0072,
        description="logistic scale of the noise in one choice whether to restake",
        unit="1/yr",
        low=1e-6,
        high=10.0,
        source=_GROWTH,
    )
    risk_median: float = parameter(
        0.26,
        description="median perceived risk of restaking before experience",
        unit="1/yr",
        low=0.0,
        high=10.0,
        source=_GROWTH,
    )
    risk_sigma: float = parameter(
        0.91,
        description="standard deviation of the logarithm of perceived risk across stakers",
        low=0.0,
        high=5.0,
        source=_GROWTH,
    )
    familiarity_days: float = parameter(
        93.0,
        description="time of loss-free exposure in which perceived risk falls by a factor e",
        unit="days",
        low=1.0,
        high=36_500.0,
        source=_GROWTH,
    )
    familiarity_floor: float = parameter(
        0.047,
        description="part of perceived risk that experience never removes",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_GROWTH,
    )
    integration_median: float = parameter(
        0.094,
        description="median value of full DeFi integration of a token",
        unit="1/yr",
        low=0.0,
        high=10.0,
        source=_GROWTH,
    )
    integration_sigma: float = parameter(
        0.7,
        description="standard deviation of the logarithm of that value across stakers",
        low=0.0,
        high=5.0,
        source=_GROWTH,
    )
    integration_days: float = parameter(
        25.0, description="time constant of integration", unit="days", low=0.1, high=3_650.0, source=_GROWTH
    )
    integration_use: float = parameter(
        0.5,
        description="part of a token's supply, posted as collateral or in pools, at which it is fully integrated; "
        "0.65 of one token stood on a single lending market (used where lending is enabled)",
        unit="fraction",
        low=0.01,
        high=1.0,
        source="https://gov.instadapp.io/t/deploy-rseth-markets-on-fluid-ethereum/1073",
    )
    integration_half_eth: float = parameter(
        1_400_000.0,
        description="supply at which integration tends to one half",
        unit="ETH",
        low=1.0,
        high=1e9,
        source=_GROWTH,
        scale="log",
    )
    integration_power: float = parameter(
        2.0, description="returns to scale of integration: exponent of supply", low=0.1, high=10.0, source=_GROWTH
    )
    integration_closed: float = parameter(
        0.4,
        description="integration that a token reaches while it cannot be redeemed, relative to one that can",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_GROWTH,
    )
    switching_entry: float = parameter(
        0.0041,
        description="cost of starting to restake, as a share of the amount",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_GROWTH,
    )
    switching_rotation: float = parameter(
        0.00083,
        description="cost of moving from one restaking venue to another, as a share of the amount",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_GROWTH,
    )
    switching_sigma: float = parameter(
        0.6, description="standard deviation of the logarithm of switching costs across stakers", low=0.0, high=5.0
    )
    switching_horizon_days: float = parameter(
        180.0, description="time over which a moving cost is spread", unit="days", low=1.0, high=36_500.0, scale="log"
    )
    gas_eth: float = parameter(
        0.004,
        description="gas of one move, which weighs on small holdings: 150,000 to 300,000 gas at 2024's prices",
        unit="ETH",
        low=0.0,
        high=10.0,
        source=_GAS,
        role="fact",
    )
    unfamiliarity_scale: float = parameter(
        0.031,
        description="charge for a young, unaudited, hardly integrated protocol",
        unit="1/yr",
        low=0.0,
        high=10.0,
        source=_GROWTH,
    )
    illiquidity: float = parameter(
        0.019, description="charge while redemption is closed", unit="1/yr", low=0.0, high=10.0, source=_GROWTH
    )
    discount_memory_weight: float = parameter(
        0.081, description="weight of a remembered discount as a yearly charge", unit="1/yr", low=0.0, high=100.0
    )
    discount_memory_days: float = parameter(
        180.0, description="half-life of the memory of a discount", unit="days", low=1.0, high=36_500.0
    )
    unannounced_opening_days: float = parameter(
        49.0,
        description="believed days until redemption opens while no date is announced",
        unit="days",
        low=1.0,
        high=3_650.0,
    )
    buyer_pull: float = parameter(
        0.81,
        description="part of a discount's return until redemption opens that buyers count on",
        unit="fraction",
        low=0.0,
        high=10.0,
    )
    buyer_pull_cap: float = parameter(
        0.10, description="largest discount that counts in it", unit="fraction", low=0.0, high=1.0
    )
    social_influence: float = parameter(
        0.3,
        description="mean weight of neighbours' choices; a weight of 1 is worth 0.01 a year when all agree",
        unit="multiple",
        low=0.0,
        high=100.0,
    )
    expected_fdv_ratio: float = parameter(
        0.69,
        description="fully diluted value over TVL expected of a new token before any was seen",
        unit="ratio",
        low=0.001,
        high=20.0,
        source=_GROWTH,
        scale="log",
    )
    fdv_supply_elasticity: float = parameter(
        0.54,
        description="elasticity of the expected value to the protocol's supply; below 1, giants pay less per ETH",
        low=0.0,
        high=2.0,
        source=_GROWTH,
    )
    fdv_reference_eth: float = parameter(
        1e6,
        description="supply at which the expected value is expected_fdv_ratio times supply",
        unit="ETH",
        low=1.0,
        high=1e9,
        scale="log",
    )
    unlaunched_discount: float = parameter(
        0.51,
        description="what a token that does not trade yet is worth, relative to one that does",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_GROWTH,
    )
    surprise_trust_power: float = parameter(
        2.2,
        description="elasticity of trust in a protocol to the surprise at its airdrop",
        low=0.0,
        high=20.0,
        source=_GROWTH,
    )
    surprise_belief_weight: float = parameter(
        0.75,
        description="elasticity of what is expected of every token to that surprise, times market share",
        low=0.0,
        high=20.0,
        source=_GROWTH,
    )
    news_aware: float = parameter(
        0.14,
        description="share of the unaware who hear of an airdrop that beats expectations twofold",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_GROWTH,
    )
    merton_gamma: float = parameter(
        3.0,
        description="relative risk aversion in the size of the restaked part",
        low=0.01,
        high=1_000.0,
        source=_MERTON,
    )
    resize_band: float = parameter(
        0.5,
        description="relative gap to the wanted size below which nobody bothers",
        unit="fraction",
        low=0.0,
        high=10.0,
    )
    liquidity_value: float = parameter(0.03, description="convenience of idle ETH", unit="1/yr", low=0.0, high=10.0)
    liquidity_spread: float = parameter(
        0.01,
        description="scale of its half-normal spread among stakers: above for those who begin idle, below for others",
        unit="1/yr",
        low=0.0,
        high=1.0,
    )
    persistent_taste: bool = parameter(True, description="tastes last; off: drawn anew in every choice", role="lever")
    learning: bool = parameter(True, description="experience lowers perceived risk", role="lever")
    points: bool = parameter(True, description="stakers value points", role="lever")
    integration: bool = parameter(True, description="DeFi integration grows and is valued", role="lever")
    airdrop_learning: bool = parameter(True, description="airdrops change trust and beliefs", role="lever")
    archetypes: dict[str, ArchetypeParameters] = Field(
        default_factory=_default_archetypes, description="kinds of stakers by id"
    )

    @field_validator("archetypes")
    @classmethod
    def _freeze(cls, value: dict[str, ArchetypeParameters]) -> dict[str, ArchetypeParameters]:
        return FrozenDict(value)
