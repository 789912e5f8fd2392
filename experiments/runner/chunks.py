"""How many runs a worker gets at once."""

from collections import deque
from collections.abc import Iterable, Sequence

CHUNK_SECONDS = 1.5
"""Processor time of a chunk that is aimed at: long against handing it over, short against what a crash loses."""

CHUNK_BYTES = 8 << 20
"""Series of a chunk, at most: some chunks at a time are in the memory of who hands them out."""

_MOST_RUNS = 2_000
_REMEMBERED = 64


class Chunks:
    """Runs to make, handed out in order: singly until their time is known, then about 1.5 s of processor time at once.

    Args:
        runs: numbers of the runs.
        bytes_per_run: size of the series of a run; 0 when none are kept.
    """

    def __init__(self, runs: Iterable[int], bytes_per_run: int = 0) -> None:
        self._waiting = deque(runs)
        self._most = max(1, min(_MOST_RUNS, CHUNK_BYTES // max(bytes_per_run, 1)))
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, seconds: Iterable[float]) -> None:
        """Learn from what runs took (processor seconds)."""
        self._seconds.extend(seconds)

    def take(self, workers: int) -> list[int]:
        """The next chunk.

        Args:
            workers: number of workers; towards the end chunks get smaller, so that all of them end together.
        """
        return [self._waiting.popleft() for _ in range(min(self._size(workers), len(self._waiting)))]

    def put_back(self, runs: Sequence[int]) -> None:
        """Return runs that were not made."""
        self._waiting.extendleft(reversed(sorted(runs)))

    def _size(self, workers: int) -> int:
        if not self._seconds:
            return 1
        mean = max(sum(self._seconds) / len(self._seconds), 1e-6)
        fair = -(-len(self._waiting) // (2 * workers)) if workers > 1 else self._most
        return max(1, min(int(CHUNK_SECONDS / mean), fair, self._most))
