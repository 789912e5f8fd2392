"""Whether shipped classes are still as they were written: patched while Python runs, nothing would say so."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any

_MISSING = object()


class Shipped:
    """Classes of the package, remembered as they were when this was made.

    A method is compiled into the day, and a run is known by the sources of the package: what replaces one at run time
    (``Staker.fear = f``) would be skipped, or act without a trace.

    Args:
        classes: the classes; their bases are remembered as far as they belong to the package.
        not_rules: names of what every class has of its own.
    """

    def __init__(self, classes: Iterable[type], not_rules: Iterable[str] = ()) -> None:
        self._not_rules = frozenset(not_rules)
        package = __name__.partition(".")[0]
        bases = dict.fromkeys(base for own in classes for base in own.__mro__)
        self._as_written = {base: dict(vars(base)) for base in bases if base.__module__.partition(".")[0] == package}
        self._patched_early = tuple(self._from_elsewhere())

    def patched(self) -> tuple[str, ...]:
        """What was replaced, added or removed since, as ``Class.name``; costs some microseconds when nothing was."""
        if all(_unchanged(vars(base), before) for base, before in self._as_written.items()):
            return self._patched_early
        changed = tuple(self._changed())
        if not changed:
            self._as_written = {base: dict(vars(base)) for base in self._as_written}
        return tuple(sorted({*self._patched_early, *changed}))

    def _changed(self) -> Iterator[str]:
        for base, before in self._as_written.items():
            now = vars(base)
            # Python itself adds names of this form: __slotnames__ when an object is copied or pickled, for one.
            added = {name for name in now if name.startswith("__") and name not in before}
            for name in sorted({*before, *now} - self._not_rules - added):
                if before.get(name, _MISSING) is not now.get(name, _MISSING):
                    yield f"{base.__qualname__}.{name}"

    def _from_elsewhere(self) -> Iterator[str]:
        """Methods that were not written in the file of their class: they were replaced before this was made."""
        for base, written in self._as_written.items():
            file = getattr(sys.modules.get(base.__module__), "__file__", None)
            for name, value in written.items():
                if name not in self._not_rules and any(
                    part.__code__.co_filename != file for part in functions_of(value)
                ):
                    yield f"{base.__qualname__}.{name}"


def _unchanged(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return len(now) == len(before) and all(before.get(name, _MISSING) is value for name, value in now.items())


def functions_of(value: Any) -> Iterator[FunctionType]:
    """The functions of a method, a property, a class method or a static one; none of anything else."""
    is_property = isinstance(value, property)
    parts = (value.fget, value.fset, value.fdel) if is_property else (getattr(value, "__func__", value),)
    yield from (part for part in parts if isinstance(part, FunctionType))
