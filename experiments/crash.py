"""What is left of an error that nobody expected: one line for people, a private file for those who mend it."""

import contextlib
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence

from .terminal import complain, say

TRACEBACK = "RESTAKING_TRACEBACK"
"""Environment variable: ``1`` prints the traceback instead of writing it to a file."""


def report(error: BaseException, arguments: Sequence[str]) -> None:
    """Tell of an unexpected error.

    Args:
        error: what was raised.
        arguments: the command line, without the program's name.
    """
    kind, text = type(error).__name__, " ".join(_first_line(error).split())
    story = f"unexpected {kind}: {text}" if text else f"unexpected {kind}"
    trace = _traceback(error)
    if os.environ.get(TRACEBACK) == "1":
        say(trace.rstrip("\n"))
        complain(story)
        return
    path = _write(trace, arguments)
    complain(f"{story}; {f'a report is in {path}' if path else f'{TRACEBACK}=1 shows where'}")


def _first_line(error: BaseException) -> str:
    try:
        return next(iter(str(error).splitlines()), "")[:200]
    except Exception:  # an exception's own text may be what is broken
        return ""


def _traceback(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception:
        return "".join(traceback.format_tb(error.__traceback__))


def _write(trace: str, arguments: Sequence[str]) -> str:
    """Path of the report, readable by its owner alone; empty when it could not be written."""
    from .provenance import library_versions, package_version, platform_name

    versions = {"restaking": package_version(), **library_versions()}
    lines = [
        f"arguments: {list(arguments)!r}",
        f"folder: {os.getcwd() if _has_folder() else '(gone)'}",
        f"platform: {platform_name()}",
        f"executable: {sys.executable}",
        *(f"{name}: {version}" for name, version in versions.items()),
        "",
        trace,
    ]
    with contextlib.suppress(OSError):
        number, path = tempfile.mkstemp(prefix="restaking-error-", suffix=".txt")
        with open(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines))
        return path
    return ""


def _has_folder() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True
