"""Ethereum's proof of stake: issuance, validator queues and base slashing."""

from .parameter import Day, Number, Parameters, parameter

_CONSENSUS = "https://github.com/ethereum/consensus-specs/blob/dev/specs/phase0/beacon-chain.md"
_EIP_7251 = "https://eips.ethereum.org/EIPS/eip-7251"
_MEV = (
    "https://www.kucoin.com/blog/ethereum-staking-in-2026-yield-trends-validator-queue-dynamics-and-mev-impact-exlained"
)
_SLASHED = "https://fehonline.com/?p=20455"
_KILN = "https://streamlinecrypto.com/ethereum-faces-validator-bottleneck-with-2-5m-eth-awaiting-exit"


class ChurnChange(Parameters):
    """A protocol upgrade that changes how fast validators may enter and leave."""

    day: Day = parameter(description="day on which the new limits apply", unit="day", source=_EIP_7251, role="fact")
    entry: float = parameter(
        57_600.0,
        description="activation limit from then on",
        unit="ETH/day",
        low=1.0,
        high=1e8,
        source=_EIP_7251,
        scale="log",
        role="fact",
    )
    exit: float = parameter(
        57_600.0,
        description="exit limit from then on",
        unit="ETH/day",
        low=1.0,
        high=1e8,
        source=_EIP_7251,
        scale="log",
        role="fact",
    )


class ExternalExit(Parameters):
    """A precautionary or forced exit of stake from outside the population, which lengthens the exit queue."""

    day: Day = parameter(description="day on which the stake joins the exit queue", unit="day", source=_KILN)
    eth: Number = parameter(
        description="stake that joins the exit queue; for scale, one operator queued 1.6 million ETH in September 2025",
        unit="ETH",
        low=0.0,
        high=1e8,
        source=_KILN,
    )


class EthereumParameters(Parameters):
    """The base layer."""

    issuance_coefficient: float = parameter(
        166.3232,
        description="k in issuance APR = k / sqrt(staked ETH); 64 times the epochs in a year over sqrt(10^9)",
        unit="sqrt(ETH)/yr",
        low=0.0,
        high=1_000.0,
        source=_CONSENSUS,
        role="fact",
    )
    mev_apr: float = parameter(
        0.006,
        description="MEV and priority fees on top of issuance, per staked ETH",
        unit="1/yr",
        low=0.0,
        high=0.03,
        source=_MEV,
    )
    other_staked_eth: float = parameter(
        0.0,
        description="ETH staked by people outside the population; it dilutes issuance",
        unit="ETH",
        low=0.0,
        high=1.2e8,
        source="assumption: the population holds all staked ETH",
    )
    entry_churn_eth_per_day: float = parameter(
        57_600.0,
        description="activation limit: 8 validators of 32 ETH in each of 225 epochs a day",
        unit="ETH/day",
        low=1.0,
        high=1e8,
        source="https://eips.ethereum.org/EIPS/eip-7514",
        scale="log",
        role="fact",
    )
    exit_churn_eth_per_day: float = parameter(
        108_000.0,
        description="exit limit before Pectra: 15 validators of 32 ETH in each of 225 epochs a day",
        unit="ETH/day",
        low=1.0,
        high=1e8,
        source=_CONSENSUS,
        scale="log",
        role="fact",
    )
    churn_changes: tuple[ChurnChange, ...] = parameter(
        (),
        description="upgrades that change the limits; Pectra (2025-05-07) set both to 256 ETH an epoch, 57,600 a day",
        source=_EIP_7251,
        role="fact",
    )
    sweep_days: float = parameter(
        5.0,
        description="time from the end of the exit queue to spendable ETH: withdrawability delay and sweep",
        unit="days",
        low=0.0,
        high=30.0,
        source="https://docs.renzoprotocol.com/docs/products/withdrawals",
    )
    exit_queue_initial_eth: float = parameter(
        0.0,
        description="stake from outside the population that is in the exit queue at the start",
        unit="ETH",
        low=0.0,
        high=1e8,
        source="assumption: calm start",
    )
    base_slashing_rate: float = parameter(
        2.6e-4,
        description="slashings by the base layer; 435 in about 1.7 million validator-years to June 2024",
        unit="1/validator-yr",
        low=0.0,
        high=0.1,
        source=_SLASHED,
        role="fact",
    )
    base_slashing_loss: float = parameter(
        0.03125,
        description="part of a slashed validator's stake that is lost: 1 of 32 ETH",
        unit="fraction",
        low=0.0,
        high=1.0,
        source=_SLASHED,
        role="fact",
    )
    external_exit: tuple[ExternalExit, ...] = parameter(
        (),
        description="exits of outside stake; an operator pulled 1.6 million ETH on 2025-09-09",
        source=_KILN,
    )
