"""One seed tree, keyed by name: every stream of draws has its own 64-bit key, every draw is a counter.

``u(key, entity)`` needs no state, so the order of agents, the number of threads and a resumed run make no difference,
and two scenarios share all the noise that their difference does not touch (common random numbers).
"""

import hashlib

import numpy as np

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MIX1 = 0xBF58476D1CE4E5B9
_MIX2 = 0x94D049BB133111EB
_UNIT = 1.0 / 9007199254740992.0


def _stable_hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


class SeedTree:
    """Keys and generators of one run, each derived from the run's seed and the stream's name.

    Args:
        seed: the run's seed, a non-negative integer.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def key(self, name: str) -> np.uint64:
        """64-bit key of the stream called ``name``, for counter-based draws."""
        return np.uint64(self._sequence(name).generate_state(1, np.uint64)[0])

    def generator(self, name: str) -> np.random.Generator:
        """A numpy generator for construction work (population, networks), never for daily behaviour."""
        return np.random.Generator(np.random.PCG64(self._sequence(name)))

    def _sequence(self, name: str) -> np.random.SeedSequence:
        return np.random.SeedSequence([self.seed, _stable_hash(name)])


def replication_seed(seed: int, number: int) -> int:
    """Seed of a replication of a run: the run's own for number 0, one derived from it for every other.

    Args:
        seed: the run's seed.
        number: number of the replication.

    Returns:
        A seed in [0, 2^63), as scenarios and Parquet take signed 64-bit integers.
    """
    return seed if number == 0 else int(SeedTree(seed).key(f"replication.{number}")) >> 1


def mix(z: int) -> int:
    """Finaliser of splitmix64 in plain Python; the twin of :func:`.kernels.draws.mix`."""
    z = ((z ^ (z >> 30)) * _MIX1) & _MASK
    z = ((z ^ (z >> 27)) * _MIX2) & _MASK
    return z ^ (z >> 31)


def day_key(key: int, day: int) -> int:
    """Key of one stream on one day; the twin of :func:`.kernels.draws.day_key`."""
    return mix((int(key) + (day & _MASK) * _MIX2) & _MASK)


def uniform(key: int, entity: int) -> float:
    """Uniform draw in [0, 1) for one entity; the twin of :func:`.kernels.draws.uniform`."""
    return (mix((int(key) + entity * _GOLDEN) & _MASK) >> 11) * _UNIT
