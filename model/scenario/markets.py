"""Decentralised exchanges: pools of LRTs and of governance tokens."""

from .parameter import Number, Parameters, parameter

_DEPTH = "https://www.bankless.com/renzo-madness"
_CURVE = "M. Egorov, StableSwap - efficient mechanism for Stablecoin liquidity (2019)"


class MarketParameters(Parameters):
    """Pool defaults; an LRT may have a depth and an amplification of its own."""

    depth_fraction: float = parameter(
        0.01,
        description="ETH side of an LRT's pool over its supply; ezETH had 0.84 % before it lost its peg",
        unit="fraction",
        low=0.0001,
        high=0.5,
        source=_DEPTH,
        scale="log",
        role="lever",
    )
    pool_amplification: float = parameter(
        100.0,
        description="StableSwap amplification coefficient of LRT pools",
        low=1.0,
        high=10_000.0,
        source=_CURVE,
        scale="log",
        role="lever",
    )
    pool_fee: float = parameter(
        0.0004,
        description="fee of LRT pools",
        unit="fraction",
        low=0.0,
        high=0.05,
        source="assumption: 0.01 to 0.05 % is usual between correlated assets",
        role="lever",
    )
    side_pools: tuple[Number, ...] = parameter(
        (),
        description="further pools of every LRT, up to eight: the size of each over that of the first, up to 100",
        unit="fraction",
        source="https://www.bankless.com/renzo-madness",
        role="lever",
    )
    side_pool_flow: tuple[Number, ...] = parameter(
        (),
        description="part of stakers' orders that goes to each further pool; empty: in proportion to their sizes",
        unit="fraction",
        role="lever",
    )
    side_pool_amplification: float = parameter(
        1.0,
        description="StableSwap amplification of further pools; 1 is close to a constant product",
        low=0.01,
        high=10_000.0,
        source=_CURVE,
        scale="log",
        role="lever",
    )
    side_pool_fee: float = parameter(
        0.003,
        description="fee of further pools",
        unit="fraction",
        low=0.0,
        high=0.05,
        source="assumption: 0.3 % is usual where a pool serves any pair of tokens",
        role="lever",
    )
    rounds_per_day: int = parameter(
        24,
        description="trading rounds in a day",
        unit="count",
        low=1,
        high=288,
        source="assumption: hourly",
        role="fact",
    )
    maximum_pool_eth: float = parameter(
        60_000.0,
        description="largest ETH side that a pool attracts, however large the supply",
        unit="ETH",
        low=1.0,
        high=1e8,
        source="https://governance.aave.com/t/arfc-updating-weeth-risk-parameters/17402/4",
        scale="log",
    )
    lp_response: float = parameter(
        0.1,
        description="part of the gap between a pool's size and the size that pays that liquidity providers close daily",
        unit="1/day",
        low=0.0,
        high=1.0,
    )
    token_pool_fee: float = parameter(
        0.003,
        description="fee of governance-token pools",
        unit="fraction",
        low=0.0,
        high=0.05,
        source="assumption: 0.3 % is usual between volatile assets",
        role="lever",
    )
    lp_required_apr: float = parameter(
        0.03,
        description="yield, fees and incentives together, at which liquidity providers want the pool's normal size",
        unit="1/yr",
        low=0.0001,
        high=10.0,
        source="assumption: the yield of the token that they could hold instead",
        scale="log",
    )
    lp_incentive_apr: float = parameter(
        0.03,
        description="incentives that protocols pay to liquidity providers of a pool of normal size",
        unit="1/yr",
        low=0.0,
        high=10.0,
        source="assumption",
        role="lever",
    )
    lp_elasticity: float = parameter(
        0.25,
        description="exponent with which a pool's size follows the yield of its providers over what they require",
        unit="",
        low=0.0,
        high=5.0,
    )
    lp_flight: float = parameter(
        4.0,
        description="how fast providers leave: the pool shrinks by exp(-this times the stress), the stress being the "
        "discount plus the price's standard deviation over a week; 4.5 billion USD became 0.62 in six weeks of 2022",
        unit="",
        low=0.0,
        high=1_000.0,
        source="https://forklog.com/en/news/since-early-may-the-largest-steth-liquidity-pool-has-shrunk-sevenfold",
        role="lever",
    )
