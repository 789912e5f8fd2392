"""Redemption queues: how long a redemption takes and what paying it at once costs.

The formulas are compiled, as the close of every day needs them: see :mod:`..kernels.redemption`.
"""

from typing import Any

import numpy as np

from ..kernels.redemption import (
    emptiness,
    expected_wait_days,
    instant_fee,
    unstaking_days,
    validator_exit_days,
)

__all__ = ["emptiness", "expected_wait_days", "free_buffer", "instant_fee", "unstaking_days", "validator_exit_days"]


def free_buffer(books: Any) -> Any:
    """ETH of a buffer (of each, for an array of ``BOOK``) that no claim which waits has a right to."""
    return np.maximum(books["buffer"] - books["claims"], 0.0)
