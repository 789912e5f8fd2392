"""The one error that bad input raises."""


class ScenarioError(ValueError):
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
