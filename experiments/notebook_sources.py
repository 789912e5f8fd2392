"""The source of what was typed into the cells of a notebook, whose module has no file.

Hashed are the functions of a class and of its bases, its plain values, and the functions and plain values beside it
that these use by name, as far as they lead.
"""

import inspect
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

from ..agents.shipped import functions_of

_PLAIN = (bool, int, float, str, bytes, tuple, frozenset, type(None))


def source(own: Any, module: Mapping[str, Any]) -> str:
    """The source of a class or a function of a notebook.

    Args:
        own: the class or function.
        module: the names of the notebook.

    Raises:
        OSError: something has no source that could be read (it was typed at a prompt).
        TypeError: the same.
    """
    told: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [(own.__qualname__, own)]
    while waiting:
        name, value = waiting.pop()
        if name in told:
            continue
        if isinstance(value, type):
            told[name] = ", ".join(base.__qualname__ for base in value.__bases__)
            waiting += [(f"{name}.{key}", part) for key, part in vars(value).items() if not _of_every_class(key)]
            waiting += _used([base.__name__ for base in value.__bases__], module)
            continue
        told[name] = repr(value) if isinstance(value, _PLAIN) else ""
        for function in functions_of(value):
            told[name] += inspect.getsource(function)
            waiting += _used(_names(function.__code__), module)
    return "\n".join(f"{name}: {text}" for name, text in sorted(told.items()))


def _of_every_class(name: str) -> bool:
    return name in ("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__slots__", "_bound_classes")


def _used(names: Iterator[str] | list[str], module: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a notebook has under names, as far as it was typed there."""
    found = [(name, module[name]) for name in names if name in module]
    return [
        (name, value)
        for name, value in found
        if isinstance(value, _PLAIN)
        or (isinstance(value, type | FunctionType) and value.__module__ == module.get("__name__"))
    ]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
