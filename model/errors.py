"""The root of all errors that the package raises on purpose, and the one that bad input raises."""


class RestakingError(Exception):
    """The root of everything that the package refuses, told in one sentence: ``except RestakingError`` catches it all.

    Wrong arguments of a single formula are Python's own ``ValueError`` and ``TypeError``; a stop by a signal is a
    ``KeyboardInterrupt``.
    """


class ScenarioError(RestakingError, ValueError):
    """A scenario that cannot be used, told in one sentence.

    The message says where the value came from (a file, ``--set``), which key it is, which value was given,
    what is allowed and, for a misspelt name, the nearest valid one.

    Attributes:
        key: dotted key that the problem is about, empty when it is about a whole file.
        where: file or option that holds the value.
    """

    def __init__(self, message: str, *, key: str = "", where: str = "") -> None:
        super().__init__(message)
        self.key = key
        self.where = where

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword arguments lose them on their way back from a worker process.
        return _rebuild, (str(self), self.key, self.where)


def _rebuild(message: str, key: str, where: str) -> ScenarioError:
    return ScenarioError(message, key=key, where=where)
