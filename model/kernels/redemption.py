"""Redemption queues: how long a redemption takes and what paying it at once costs. Pure functions, compiled.

Amounts are ETH, times are days. The bookkeeping of claims is elsewhere; this is what a holder or an arbitrageur can
work out from the public state of an LRT.
"""

import math

from .._compile import compiled


@compiled
def emptiness(buffer_eth: float, target_eth: float) -> float:
    """How empty a buffer is: 0 at or above its target, 1 with nothing in it. Without a target it counts as empty.

    >>> emptiness(25.0, 100.0)
    0.75
    """
    if target_eth <= 0.0:
        return 0.0 if buffer_eth > 0.0 else 1.0
    return min(1.0, max(0.0, 1.0 - buffer_eth / target_eth))


@compiled
def instant_fee(buffer_eth: float, target_eth: float, fee_when_empty: float) -> float:
    """Fraction of a redemption that the buffer keeps for paying at once: linear in its emptiness.

    >>> instant_fee(50.0, 100.0, 0.01)
    0.005
    """
    return fee_when_empty * emptiness(buffer_eth, target_eth)


@compiled
def validator_exit_days(eth: float, exit_queue_eth: float, churn_eth_per_day: float, sweep_days: float) -> float:
    """Days until ``eth`` of validators that join the exit queue now have left it and been swept.

    Args:
        eth: stake to withdraw.
        exit_queue_eth: stake in front of it in Ethereum's exit queue.
        churn_eth_per_day: exits that Ethereum lets through in a day; 0 lets nothing through.
        sweep_days: from the end of the queue until the ETH is on the withdrawal address.
    """
    if eth <= 0.0:
        return 0.0
    if churn_eth_per_day <= 0.0:
        return math.inf
    return (exit_queue_eth + eth) / churn_eth_per_day + sweep_days


@compiled
def unstaking_days(exit_days: float, escrow_days: float, parallel: bool) -> float:
    """Days from request to liquid ETH: the restaking escrow runs beside the validator exit or after it.

    >>> unstaking_days(9.0, 14.0, parallel=True), unstaking_days(9.0, 14.0, parallel=False)
    (14.0, 23.0)
    """
    return max(exit_days, escrow_days) if parallel else exit_days + escrow_days


@compiled
def expected_wait_days(
    request_eth: float,
    buffer_eth: float,
    claims_eth: float,
    exiting_eth: float,
    cooldown_days: float,
    exit_queue_eth: float,
    churn_eth_per_day: float,
    sweep_days: float,
    escrow_days: float,
    parallel: bool,
) -> float:
    """Expected days from a redemption request to its payment, first come first served.

    The buffer pays the claims in front and the request as far as it goes, after the cooldown. What is missing comes
    from ETH that is already on its way, taken to arrive evenly over one passage, and only then from validators that
    have yet to leave.

    Args:
        request_eth: size of the request.
        buffer_eth: liquid ETH of the LRT.
        claims_eth: claims in front of the request.
        exiting_eth: ETH of the LRT in the exit queue, the sweep or the escrow.
        cooldown_days: shortest time from request to payment.
        exit_queue_eth: Ethereum's exit queue, this LRT's part included.
        churn_eth_per_day: exits that Ethereum lets through in a day.
        sweep_days: from the end of the exit queue to the withdrawal address.
        escrow_days: restaking escrow, 0 where none applies.
        parallel: whether the escrow runs beside the validator exit.
    """
    missing = claims_eth + request_eth - buffer_eth
    if missing <= 0.0:
        return cooldown_days
    if missing <= exiting_eth:
        passage = validator_exit_days(
            exiting_eth, max(0.0, exit_queue_eth - exiting_eth), churn_eth_per_day, sweep_days
        )
        return max(cooldown_days, unstaking_days(passage, escrow_days, parallel) * missing / exiting_eth)
    exit_days = validator_exit_days(missing - exiting_eth, exit_queue_eth, churn_eth_per_day, sweep_days)
    return max(cooldown_days, unstaking_days(exit_days, escrow_days, parallel))
