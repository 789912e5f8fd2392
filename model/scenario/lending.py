"""Lending markets: what can be borrowed against an LRT, at which rate, and who watches over it."""

from typing import Literal

from .parameter import Parameters, parameter

_RATES = "https://governance.aave.com/t/risk-stewards-weth-borrow-rate-update/23129"
_KINK = "https://governance.aave.com/t/risk-stewards-interest-rate-update-weth-and-wsteth-ethereum/22625"
_SLOPE = "https://governance.aave.com/t/arfc-interest-rate-parameter-adjustments-on-prime-instance/20018"
_LISTING = "https://governance.aave.com/t/arfc-onboarding-of-weeth-to-aave-v3-on-base/17691"
_UNIFICATION = "https://governance.aave.com/t/arfc-lrt-and-wsteth-unification/21739"
_CAPS = "https://governance.aave.com/t/arfc-chaos-labs-risk-stewards-increase-supply-caps-on-aave-v3-10-18-24/19512"
_LIQUIDATED = "https://dlnews.com/articles/defi/renzos-ezeth-loses-ether-peg-drops-79-in-under-one-hour"
_LEVERAGE = "https://arxiv.org/abs/2401.08610"
_MERTON = "https://doi.org/10.2307/1926560"


class LendingParameters(Parameters):
    """One pool of lent ETH and one of lent stablecoins, shared by all LRTs that serve as collateral."""

    enabled: bool = parameter(False, description="LRTs can be borrowed against", role="lever")
    ltv: float = parameter(
        0.90,
        description="largest new loan over the collateral's value, before a steward's haircut",
        unit="fraction",
        low=0.0,
        high=0.99,
        source=_UNIFICATION,
        role="lever",
    )
    threshold: float = parameter(
        0.93,
        description="loan over collateral from which a position may be liquidated; at least the LTV",
        unit="fraction",
        low=0.01,
        high=1.0,
        source=_UNIFICATION,
        role="lever",
    )
    bonus: float = parameter(
        0.04,
        description="what a liquidator gets beyond the loan that it repays",
        unit="fraction",
        low=0.0,
        high=0.5,
        source="assumption: 1 to 7.5 % are usual (" + _LISTING + ")",
        role="lever",
    )
    close_factor: float = parameter(
        0.5,
        description="part of a loan that one liquidation may repay",
        unit="fraction",
        low=0.01,
        high=1.0,
        source=_LEVERAGE,
        role="lever",
    )
    oracle: Literal["spot", "twap", "mean", "nav"] = parameter(
        "mean",
        description="what the market believes a token is worth: the pool's price now, its time-weighted average, a "
        "mean over its pools, or what redemption pays",
        source=_LIQUIDATED,
        role="lever",
    )
    oracle_weight: float = parameter(
        0.35,
        description="weight of the first pool's present price in the mean; the rest is the mean of the other pools by "
        "size or, without any, the slow price",
        unit="fraction",
        low=0.0,
        high=1.0,
        role="lever",
    )
    oracle_half_life_hours: float = parameter(
        6.5,
        description="memory of the slow price, which other venues and time-weighted averages follow",
        unit="hours",
        low=0.01,
        high=8_760.0,
        scale="log",
        role="lever",
    )
    oracle_once: bool = parameter(
        True, description="the oracle moves once per round, not after every single trade", role="lever"
    )
    profitable_only: bool = parameter(
        True, description="liquidators act only when what they sell brings more than they repay", role="lever"
    )
    interleaved: bool = parameter(True, description="arbitrageurs trade between two liquidations", role="lever")
    liquidation_gas_eth: float = parameter(
        0.02,
        description="gas of one liquidation: 300,000 gas at 2024's prices",
        unit="ETH",
        low=0.0,
        high=10.0,
        source="https://swiftswap.net/blog/ethereum-gas-fees-swap-guide.html",
    )
    initial_eth: float = parameter(
        60_000.0,
        description="ETH that lenders supply at the start for loans on LRTs; a large pool held 1.28 million",
        unit="ETH",
        low=0.0,
        high=1e8,
        source=_CAPS,
        scale="linear",
    )
    capacity_eth: float = parameter(
        1_300_000.0, description="most ETH that lenders would ever supply", unit="ETH", low=0.0, high=1e8, source=_CAPS
    )
    required_apr: float = parameter(
        0.020, description="supply rate at which lenders of ETH neither come nor go", unit="1/yr", low=0.0001, high=1.0
    )
    base_rate: float = parameter(
        0.0, description="borrow rate of ETH when nothing is lent", unit="1/yr", low=0.0, high=1.0, role="lever"
    )
    slope_1: float = parameter(
        0.027,
        description="rise of the borrow rate up to the optimal utilisation",
        unit="1/yr",
        low=0.0,
        high=1.0,
        source=_RATES,
        role="lever",
    )
    slope_2: float = parameter(
        0.70,
        description="rise of the borrow rate beyond it",
        unit="1/yr",
        low=0.0,
        high=100.0,
        source=_SLOPE,
        role="lever",
    )
    optimal_utilisation: float = parameter(
        0.90,
        description="utilisation at the kink of the rate",
        unit="fraction",
        low=0.01,
        high=0.999,
        source=_KINK,
        role="lever",
    )
    reserve_factor: float = parameter(
        0.10,
        description="part of the interest that the market keeps as reserves",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_KINK,
        role="lever",
    )
    lenders_pace: float = parameter(
        0.05,
        description="part of their supply by which lenders come in a day when the rate is twice what they require",
        unit="1/day",
        low=0.0,
        high=1.0,
    )
    stable_initial_usd: float = parameter(
        150e6, description="stablecoins that lenders supply at the start", unit="USD", low=0.0, high=1e12
    )
    stable_capacity_usd: float = parameter(
        2e9, description="most stablecoins that lenders would ever supply", unit="USD", low=0.0, high=1e12
    )
    stable_required_apr: float = parameter(
        0.05,
        description="supply rate at which lenders of stablecoins neither come nor go",
        unit="1/yr",
        low=0.0001,
        high=1.0,
    )
    stable_slope_1: float = parameter(
        0.065, description="rise of the stablecoin rate up to the optimal utilisation", unit="1/yr", low=0.0, high=1.0
    )
    stable_borrowers: float = parameter(
        0.08,
        description="part of the borrowers who borrow stablecoins: 92 % of debt against one LRT was ETH",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_CAPS,
    )
    stable_ltv: float = parameter(
        0.725,
        description="largest new loan of stablecoins over the collateral's value",
        unit="fraction",
        low=0.0,
        high=0.99,
        source=_LISTING,
        role="lever",
    )
    stable_threshold: float = parameter(
        0.75,
        description="loan of stablecoins over collateral from which a position may be liquidated",
        unit="fraction",
        low=0.01,
        high=1.0,
        source=_LISTING,
        role="lever",
    )
    stable_limit: float = parameter(
        0.15,
        description="cost of a stablecoin loan from which nobody bets on ETH with it",
        unit="1/yr",
        low=0.0,
        high=10.0,
        source="assumption: what holders may expect of ETH",
    )
    stable_leverage: float = parameter(
        3.0,
        description="leverage of those who borrow stablecoins and believe all promises; others take less",
        unit="multiple",
        low=1.0,
        high=20.0,
        source="assumption",
    )
    loop_attention: float = parameter(
        0.08, description="daily probability that a looper looks at its leverage", unit="1/day", low=0.0, high=1.0
    )
    loop_margin: float = parameter(
        0.05,
        description="part of the largest loan that a looper keeps as a cushion",
        unit="fraction",
        low=0.0,
        high=1.0,
    )
    loop_band: float = parameter(
        0.1, description="relative change of leverage that is not worth the trouble", unit="fraction", low=0.0, high=1.0
    )
    loop_variance: float = parameter(
        0.004,
        description="yearly variance of the carry that a looper allows for beside the token's own (Merton's rule)",
        unit="1/yr",
        low=1e-6,
        high=10.0,
        source=_MERTON,
        scale="log",
    )
    steward: bool = parameter(
        True, description="a risk steward sets LTV, caps and freezes; off: terms stay as given", role="lever"
    )
    listing_rule: Literal["unwind", "tvl"] = parameter(
        "unwind",
        description="what a steward lists and caps by: how fast the token could be unwound, or how large it is",
        role="lever",
    )
    listing_supply_eth: float = parameter(
        100_000.0,
        description="supply from which a token is listed at all",
        unit="ETH",
        low=0.0,
        high=1e8,
        source="https://governance.aave.com/t/arfc-add-rseth-to-aave-v3-ethereum/17696/8",
    )
    first_cap_eth: float = parameter(
        10_000.0,
        description="cap of a new listing; 8,000 and 15,000 were the first of two tokens",
        unit="ETH",
        low=0.0,
        high=1e8,
        source="https://governance.aave.com/t/arfc-onboard-ezeth-to-aave-v3-lido-instance/18504/11",
        role="lever",
    )
    cap_growth: float = parameter(
        1.25,
        description="factor by which a steward raises a cap that is used, once a week; one token's went from 8,000 to "
        "over 300,000 in five months",
        unit="multiple",
        low=1.0,
        high=10.0,
        source="https://gov.instadapp.io/t/deploy-rseth-markets-on-fluid-ethereum/1073",
        role="lever",
    )
    tvl_cap: float = parameter(
        0.8,
        description="cap over supply when listed by size; 1.4 of 1.585 million were proposed for one token",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_CAPS,
        role="lever",
    )
    unwind_days: float = parameter(
        21.0,
        description="time in which a steward who lists by unwind path wants all collateral to be out",
        unit="days",
        low=0.0,
        high=365.0,
        role="lever",
    )
    haircut_volatility: float = parameter(
        2.0,
        description="LTV taken off per unit of the price's standard deviation over seven days",
        unit="multiple",
        low=0.0,
        high=100.0,
        role="lever",
    )
    freeze_discount: float = parameter(
        0.02,
        description="discount at which a steward freezes new loans at once",
        unit="fraction",
        low=0.0,
        high=1.0,
        role="lever",
    )
