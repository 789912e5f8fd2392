"""Concentration of many holdings without sorting them, for measuring every day what sorting would cost too much."""

import numpy as np
from numpy.typing import NDArray

from .._compile import compiled
from .sorting import stable_order

BUCKETS_PER_OCTAVE = 256
"""Buckets between a size and its double; a power of two, so that a bucket is the head of the float's own bits."""

OCTAVES = 48
"""Octaves below the largest size that are told apart; what is smaller shares the lowest bucket."""

_SHIFT = 52 - 8
_BUCKETS = BUCKETS_PER_OCTAVE * (OCTAVES + 1)


@compiled
def gini_by_histogram(values: NDArray[np.float64]) -> float:
    """Gini coefficient of non-negative sizes by a log-histogram, slightly below the exact one.

    Sizes fall into buckets by the leading bits of their floating-point representation (positive IEEE numbers sort as
    integers), 256 to an octave. The Gini coefficient of the bucket means is exact:
    ``G = sum_k S_k (2 C_k + c_k) / (n S) - 1`` with ``c_k`` the count and ``S_k`` the sum of bucket k, ``C_k`` the
    count below it and ``S`` the sum of all. Lost is only the inequality between those who share a bucket:
    at most ``sum_k (c_k / n) (S_k / S) / 1024``. For wealth that spans some octaves that is below 1e-5; it is largest,
    1/1024, where all sizes lie within 0.4 % of each other.

    Args:
        values: float64 array, contiguous, finite; negative values count as dust in the lowest bucket.

    Returns:
        Gini coefficient in [0, 1); 0 when nothing is held.
    """
    count = values.size
    bits = values.view(np.int64)
    largest = np.int64(0)
    for i in range(count):
        largest = max(largest, bits[i])
    if largest <= 0:
        return 0.0
    floor = (largest >> _SHIFT) - (_BUCKETS - 1)
    table = np.zeros((_BUCKETS, 2))
    for i in range(count):
        bucket = max((bits[i] >> _SHIFT) - floor, 0)
        table[bucket, 0] += 1.0
        table[bucket, 1] += values[i]
    below = 0.0
    total = 0.0
    ranked = 0.0
    for bucket in range(_BUCKETS):
        here, held = table[bucket, 0], table[bucket, 1]
        if here > 0.0:
            ranked += held * (2.0 * below + here)
            below += here
            total += held
    if total <= 0.0:
        return 0.0
    return max(ranked / (count * total) - 1.0, 0.0)


@compiled
def shares_of_largest(amounts: NDArray[np.float64], counts: NDArray[np.int64], out: NDArray[np.float64]) -> float:
    """Concentration of a few non-negative amounts in one pass over them sorted.

    The exact definitions are in :mod:`..concentration`; this is for measurement every day.

    Args:
        amounts: who holds how much.
        counts: rising numbers of holders whose joint share is wanted.
        out: (counts + 2,) written: the joint shares, the Nakamoto coefficient for a third, the Gini coefficient.

    Returns:
        The Herfindahl-Hirschman index; 0 when nothing is held.
    """
    out[:] = 0.0
    total = 0.0
    for amount in amounts:
        total += amount
    if total <= 0.0:
        return 0.0
    rising = stable_order(amounts)
    n = rising.size
    hhi, gini, joint, nakamoto = 0.0, 0.0, 0.0, 0
    for place in range(n):
        share = amounts[rising[n - 1 - place]] / total
        hhi += share * share
        gini += (n - 1 - 2 * place) * share / n
        if joint <= 1.0 / 3.0 + 1e-12:
            nakamoto += 1
        joint += share
        for c in range(counts.size):
            if place < counts[c]:
                out[c] += share
    out[counts.size] = nakamoto
    out[counts.size + 1] = max(gini, 0.0)
    return hhi
