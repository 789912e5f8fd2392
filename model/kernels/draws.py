"""Counter-based random draws, compiled: ``u(key, entity)`` depends on nothing but its arguments.

The mixing function is the finaliser of splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
generators"). The pure-Python twins are in :mod:`..randomness`; a test compares them bit for bit.
"""

import math

import numpy as np

from .._compile import compiled

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_UNIT = 1.0 / 9007199254740992.0


def _wrapping(function):
    """Compile arithmetic on unsigned integers that is meant to wrap; as plain Python it must not warn of that."""
    kernel = compiled(function)
    return np.errstate(over="ignore")(function) if kernel is function else kernel


@_wrapping
def mix(z):
    """Finaliser of splitmix64 on an unsigned 64-bit integer."""
    z = (z ^ (z >> np.uint64(30))) * _MIX1
    z = (z ^ (z >> np.uint64(27))) * _MIX2
    return z ^ (z >> np.uint64(31))


@_wrapping
def day_key(key, day):
    """Key of one stream on one day (or in one round, when ``day`` counts rounds)."""
    return mix(key + np.uint64(day) * _MIX2)


@_wrapping
def uniform(key, entity):
    """Uniform draw in [0, 1) for one entity under one key."""
    return np.float64(mix(key + np.uint64(entity) * _GOLDEN) >> np.uint64(11)) * _UNIT


@compiled
def gumbel(u):
    """Standard Gumbel quantile of ``u``, centred (mean 0)."""
    return -math.log(-math.log(max(u, 1e-300))) - 0.5772156649015329
