"""Arbitrage and patient capital: who buys below NAV, and at which price."""

from .parameter import Number, Parameters, parameter

_TRADERS = "https://cryptoforday.com/renzos-ezeth-depgs-to-688-after-airdrop-farming-ends"


class ArbitrageParameters(Parameters):
    """Arbitrageurs redeem what they buy; patient capital waits until redemption opens."""

    enabled: bool = parameter(True, description="arbitrageurs and patient capital trade", role="lever")
    count: int = parameter(5, description="number of arbitrageurs", unit="count", low=0, high=1_000)
    capital_eth: float = parameter(
        20_000.0,
        description="capital of all arbitrageurs together; in one depeg single traders put in 2,400 and 4,099 ETH",
        unit="ETH",
        low=0.0,
        high=1e8,
        source=_TRADERS,
    )
    required_return: float = parameter(
        0.20, description="return required for waiting on redemption", unit="1/yr", low=0.0, high=100.0
    )
    patient_capital_fraction: float = parameter(
        0.01,
        description="capital that buys while redemption is closed, over the LRT's supply",
        unit="fraction",
        low=0.0,
        high=1.0,
    )
    patient_return: float = parameter(
        0.6, description="return that patient capital requires", unit="1/yr", low=0.0, high=100.0
    )
    patient_multiples: tuple[Number, ...] = parameter(
        (0.3, 1.0, 2.0), description="tiers of patient capital: multiples of the return it requires", unit="multiple"
    )
    patient_weights: tuple[Number, ...] = parameter(
        (0.15, 0.35, 0.5), description="shares of patient capital in the tiers; they sum to 1", unit="fraction"
    )
    refill_days: float = parameter(
        0.33,
        description="time in which new patient capital arrives after the old one is spent",
        unit="days",
        low=0.01,
        high=365.0,
        scale="log",
    )
    gas_eth: float = parameter(
        0.01,
        description="gas of a round trip: 150,000 gas a swap at 2024's prices",
        unit="ETH",
        low=0.0,
        high=10.0,
        source="https://ethtransactionprice.com/ethereum-gas-fee.html",
        role="fact",
    )
