"""The one sorting routine of the kernels against numpy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaking.model.kernels.sorting import stable_order

NUMBERS = st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 1.0])


@given(st.lists(NUMBERS, max_size=200))
def test_the_order_is_the_stable_one(keys):
    values = np.array(keys, dtype=float)
    assert stable_order(values).tolist() == np.argsort(values, kind="stable").tolist()


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 31, 32, 33, 1000, 4097])
def test_sizes_around_the_runs_that_are_merged(size):
    values = np.random.default_rng(size).integers(0, 50, size).astype(float)
    assert stable_order(values).tolist() == np.argsort(values, kind="stable").tolist()
