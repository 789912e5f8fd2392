"""What a design that cannot be run says."""

from ...model.scenario import ScenarioError


class DesignError(ScenarioError):
    """A design that cannot be used, told in one sentence: file, key, value, what is allowed, the nearest valid name."""

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (str(self), self.key, self.where)


def _rebuild(message: str, key: str, where: str) -> DesignError:
    return DesignError(message, key=key, where=where)
