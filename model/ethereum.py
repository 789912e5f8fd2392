"""Ethereum as far as stakers feel it: issuance, staking yield, churn limits by fork, exit queues. Pure functions.

Sources: consensus specifications (phase 0, Altair, Capella), EIP-7514 (Deneb), EIP-7251 (Electra). Amounts are ETH,
times are days unless the name says epochs, yields are fractions per year.
"""

import math
from collections.abc import Sequence
from enum import Enum

SECONDS_PER_SLOT = 12
SECONDS_PER_EPOCH = 32 * SECONDS_PER_SLOT
EPOCHS_PER_DAY = 86_400 / SECONDS_PER_EPOCH
EPOCHS_PER_YEAR = 365.25 * EPOCHS_PER_DAY
BASE_REWARD_FACTOR = 64
ISSUANCE_COEFFICIENT = BASE_REWARD_FACTOR * EPOCHS_PER_YEAR / math.sqrt(1e9)
"""Issuance a year at full participation over the square root of stake: 166.3232 (ETH to the power of one half)."""

DUTY_WEIGHTS = {"source": 14, "target": 26, "head": 14, "sync": 2, "proposer": 8}
"""Parts of the base reward that each duty earns, of ``WEIGHT_DENOMINATOR`` (consensus specifications, Altair)."""
WEIGHT_DENOMINATOR = 64
ATTESTATION_DUTIES = ("source", "target", "head")
PENALISED_DUTIES = ("source", "target", "sync")
"""Duties that cost as much when missed as they earn when done; a missed head vote costs nothing."""

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


# --- issuance by duty -------------------------------------------------------------------------------------------------


def issuance_gwei_per_epoch(staked_eth: float) -> float:
    """New gwei in one epoch at full participation: ``64e9 * D / sqrt(D * 1e9)`` with D in ETH, without rounding.

    >>> round(issuance_gwei_per_epoch(1e6) / 1e9, 6)
    2.023858
    """
    if staked_eth <= 0.0:
        return 0.0
    return BASE_REWARD_FACTOR * 1e9 * staked_eth / math.sqrt(staked_eth * 1e9)


def base_reward_per_increment(staked_eth: float) -> int:
    """Gwei that one staked ETH earns per epoch, in the integers of the specification (Altair).

    ``EFFECTIVE_BALANCE_INCREMENT * BASE_REWARD_FACTOR // integer_squareroot(total_active_balance)``. Rounding down
    takes up to one gwei of it: 0.14 % at 30 million ETH.

    >>> base_reward_per_increment(30e6)
    369
    """
    if staked_eth < 1.0:
        return 0
    return 10**9 * BASE_REWARD_FACTOR // math.isqrt(int(staked_eth) * 10**9)


def rounded_issuance_eth_per_year(staked_eth: float) -> float:
    """New ETH a year at full participation with the base reward rounded down as validators compute it."""
    return base_reward_per_increment(staked_eth) * int(max(0.0, staked_eth)) * EPOCHS_PER_YEAR / 1e9


def duty_rewards(
    issuance_eth: float, participation: float = 1.0, penalised: Sequence[str] = PENALISED_DUTIES
) -> dict[str, float]:
    """Rewards by duty, and penalties, when a part of all validators is offline.

    Those online earn each attestation reward scaled by participation (Altair, ``get_flag_index_deltas``); blocks and
    sync committees pay per contribution. Those offline lose what the ``penalised`` duties would have earned. No
    inactivity leak: participation stays above two thirds.

    Args:
        issuance_eth: issuance at full participation over any period, ETH.
        participation: part of the stake that is online.
        penalised: duties that cost offline validators as much as they earn.

    Returns:
        ETH over the same period by duty, and under ``penalties`` a number of at most 0; the sum is net issuance.

    Raises:
        ValueError: participation outside [2/3, 1].
    """
    if not 2.0 / 3.0 <= participation <= 1.0:
        raise ValueError(f"participation is {participation:g}, expected 2/3 to 1 (there is no inactivity leak)")
    parts = {duty: issuance_eth * weight / WEIGHT_DENOMINATOR for duty, weight in DUTY_WEIGHTS.items()}
    rewards = {duty: part * participation ** (2 if duty in ATTESTATION_DUTIES else 1) for duty, part in parts.items()}
    rewards["penalties"] = -(1.0 - participation) * sum(parts[duty] for duty in penalised)
    return rewards


def net_issuance_eth_per_year(staked_eth: float, participation: float = 1.0) -> float:
    """New ETH a year when a part of all validators is offline: rewards less penalties."""
    return sum(duty_rewards(issuance_eth_per_year(staked_eth), participation).values())


# --- the time that rules take -----------------------------------------------------------------------------------------


def blocks_to_days(blocks: float) -> float:
    """Days that a number of blocks takes when no slot is missed.

    >>> blocks_to_days(100_800)
    14.0
    """
    return blocks * SECONDS_PER_SLOT / 86_400


def days_to_stake(staked_eth: float, target_eth: float, fork: Fork) -> float:
    """Days until stake has grown to ``target_eth`` when the entry queue is always full and nobody leaves.

    Epoch by epoch, but in one step for as long as the churn stays the same. Growth is exponential before Deneb
    (a 65,536th of the validators each epoch), linear after it.

    >>> round(days_to_stake(26e6, 60e6, Fork.DENEB))
    590
    """
    epochs, stake = 0.0, staked_eth
    while stake < target_eth:
        churn = entry_churn_eth_per_epoch(stake, fork)
        # Churn is a whole number of units (validators, or ETH since Electra): it next changes with the next unit.
        unit = 1.0 if fork is Fork.ELECTRA else float(VALIDATOR_ETH)
        following = (math.floor(stake / (CHURN_QUOTIENT * unit)) + 1.0) * CHURN_QUOTIENT * unit
        steps = math.ceil((min(following, target_eth) - stake) / churn)
        stake += steps * churn
        epochs += steps
    return epochs / EPOCHS_PER_DAY
