"""Sorting, compiled: one routine for all kernels, so that one is compiled."""

import numpy as np
from numpy.typing import NDArray

from .._compile import compiled

_RUN = 16
"""Entries that are sorted by insertion before runs are merged."""


@compiled
def stable_order(keys: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the keys in rising order, equal keys in the order in which they come.

    Bottom-up merge sort: as many steps for every order of ``n`` keys, about ``n log n``. Keys are numbers, not NaN.
    """
    size = keys.size
    order, spare = np.empty(size, np.int64), np.empty(size, np.int64)
    for start in range(0, size, _RUN):
        _insert(keys, order, start, min(start + _RUN, size))
    width = _RUN
    while width < size:
        for start in range(0, size, 2 * width):
            _merge(keys, order, spare, start, min(start + width, size), min(start + 2 * width, size))
        order, spare = spare, order
        width *= 2
    return order


@compiled
def _insert(keys, order, start, stop):
    for place in range(start, stop):
        k = place
        while k > start and keys[order[k - 1]] > keys[place]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = place


@compiled
def _merge(keys, order, merged, start, middle, stop):
    left, right = start, middle
    for k in range(start, stop):
        if left < middle and (right >= stop or keys[order[left]] <= keys[order[right]]):
            merged[k] = order[left]
            left += 1
        else:
            merged[k] = order[right]
            right += 1
