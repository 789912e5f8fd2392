"""Redemption queues: how long a redemption takes and what paying it at once costs.

The formulas are compiled, as the close of every day needs them: see :mod:`..kernels.redemption`.
"""

from ..kernels.redemption import (
    emptiness,
    expected_wait_days,
    instant_fee,
    unstaking_days,
    validator_exit_days,
)

__all__ = ["emptiness", "expected_wait_days", "instant_fee", "unstaking_days", "validator_exit_days"]
