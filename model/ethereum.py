"""Ethereum as far as stakers feel it: issuance, staking yield, churn limits by fork, exit queues. Pure functions.

Sources: consensus specifications (phase 0, Altair, Capella), EIP-7514 (Deneb), EIP-7251 (Electra). Amounts are ETH,
times are days unless the name says epochs, yields are fractions per year.
"""

import math
from enum import Enum

SECONDS_PER_EPOCH = 32 * 12
EPOCHS_PER_DAY = 86_400 / SECONDS_PER_EPOCH
EPOCHS_PER_YEAR = 365.25 * EPOCHS_PER_DAY
BASE_REWARD_FACTOR = 64
ISSUANCE_COEFFICIENT = BASE_REWARD_FACTOR * EPOCHS_PER_YEAR / math.sqrt(1e9)
"""Issuance a year at full participation over the square root of stake: 166.3232 (ETH to the power of one half)."""

VALIDATOR_ETH = 32
CHURN_QUOTIENT = 65_536
MINIMUM_CHURN_VALIDATORS = 4
DENEB_ACTIVATION_CAP_VALIDATORS = 8
ELECTRA_MINIMUM_CHURN_ETH = 128
ELECTRA_CHURN_CAP_ETH = 256

WITHDRAWABILITY_DELAY_EPOCHS = 256
SLASHED_WITHDRAWABILITY_DELAY_EPOCHS = 8_192


class Fork(Enum):
    """Rules of the entry and exit queues."""

    PRE_DENEB = "pre-deneb"
    DENEB = "deneb"
    ELECTRA = "electra"


def issuance_eth_per_year(staked_eth: float, coefficient: float = ISSUANCE_COEFFICIENT) -> float:
    """New ETH a year at full participation: ``coefficient * sqrt(staked)``.

    >>> round(issuance_eth_per_year(1e6), 1)
    166323.2
    """
    return coefficient * math.sqrt(max(0.0, staked_eth))


def issuance_yield(staked_eth: float, coefficient: float = ISSUANCE_COEFFICIENT) -> float:
    """Issuance per staked ETH and year: ``coefficient / sqrt(staked)``; 0 when nothing is staked.

    >>> round(100 * issuance_yield(30e6), 4)
    3.0366
    """
    if staked_eth <= 0.0:
        return 0.0
    return coefficient / math.sqrt(staked_eth)


def tempered_yield(staked_eth: float, k: float = 2.0**-25, coefficient: float = ISSUANCE_COEFFICIENT) -> float:
    """Yield under the tempered issuance curve studied by Elowsson: ``coefficient / (sqrt(D) * (1 + k * D))``."""
    return issuance_yield(staked_eth, coefficient) / (1.0 + k * max(0.0, staked_eth))


def staking_yield(staked_eth: float, mev_yield: float = 0.0, coefficient: float = ISSUANCE_COEFFICIENT) -> float:
    """Yield of a validator: issuance plus MEV and tips, the latter as a fraction of stake and year."""
    return issuance_yield(staked_eth, coefficient) + mev_yield


def _churn_validators(staked_eth: float) -> int:
    active = int(staked_eth // VALIDATOR_ETH)
    return max(MINIMUM_CHURN_VALIDATORS, active // CHURN_QUOTIENT)


def _churn_balance(staked_eth: float) -> float:
    balance = max(ELECTRA_MINIMUM_CHURN_ETH, int(staked_eth // CHURN_QUOTIENT))
    return float(min(ELECTRA_CHURN_CAP_ETH, balance))


def entry_churn_eth_per_epoch(staked_eth: float, fork: Fork) -> float:
    """Stake that may start validating in one epoch. Active validators hold 32 ETH each before Electra."""
    if fork is Fork.ELECTRA:
        return _churn_balance(staked_eth)
    validators = _churn_validators(staked_eth)
    if fork is Fork.DENEB:
        validators = min(DENEB_ACTIVATION_CAP_VALIDATORS, validators)
    return float(VALIDATOR_ETH * validators)


def exit_churn_eth_per_epoch(staked_eth: float, fork: Fork) -> float:
    """Stake that may stop validating in one epoch; Deneb left exits as they were."""
    if fork is Fork.ELECTRA:
        return _churn_balance(staked_eth)
    return float(VALIDATOR_ETH * _churn_validators(staked_eth))


def entry_churn_eth_per_day(staked_eth: float, fork: Fork) -> float:
    """Stake that may start validating in one day.

    >>> entry_churn_eth_per_day(32e6, Fork.DENEB)
    57600.0
    """
    return entry_churn_eth_per_epoch(staked_eth, fork) * EPOCHS_PER_DAY


def exit_churn_eth_per_day(staked_eth: float, fork: Fork) -> float:
    """Stake that may stop validating in one day.

    >>> exit_churn_eth_per_day(32e6, Fork.DENEB), exit_churn_eth_per_day(34e6, Fork.ELECTRA)
    (108000.0, 57600.0)
    """
    return exit_churn_eth_per_epoch(staked_eth, fork) * EPOCHS_PER_DAY


def queue_days(queue_eth: float, churn_eth_per_day: float) -> float:
    """Days until a queue of ``queue_eth`` has drained; infinite when nothing is let through.

    >>> round(queue_days(2.5e6, 57_600.0), 2)
    43.4
    """
    if queue_eth <= 0.0:
        return 0.0
    if churn_eth_per_day <= 0.0:
        return math.inf
    return queue_eth / churn_eth_per_day


def withdrawable_days(queue_eth: float, churn_eth_per_day: float, *, slashed: bool = False) -> float:
    """Days from joining the back of the exit queue until the stake may be withdrawn (the sweep still has to come)."""
    epochs = SLASHED_WITHDRAWABILITY_DELAY_EPOCHS if slashed else WITHDRAWABILITY_DELAY_EPOCHS
    return queue_days(queue_eth, churn_eth_per_day) + epochs / EPOCHS_PER_DAY
