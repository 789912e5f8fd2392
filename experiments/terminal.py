"""The way of every text to the terminal: control characters shown as escapes, no markup, any encoding.

Names, titles and paths come from files that other people wrote. What they hold is shown, never obeyed: a character that
a terminal would act on (escape sequences, other controls, marks that turn the direction of writing) appears as its
escape, and a character that the terminal's encoding does not know appears as its number.
"""

import contextlib
import errno
import io
import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from ..model.errors import RestakingError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PROGRAM = "restaking"

_STANDARD_STREAMS = 3


def visible(text: str, *, lines: bool = True) -> str:
    """The text with every character that a terminal would obey shown as an escape (``^[`` by its number).

    Args:
        text: any text.
        lines: whether line breaks stay; otherwise they are shown as escapes, too.
    """
    if text.isprintable():
        return text
    from ..model.scenario.naming import is_obeyed

    return "".join(
        _escaped(letter) if is_obeyed(letter) and not (lines and letter == "\n") else letter for letter in text
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def quoted(name: str) -> str:
    """A name as a table shows it: as it is, or in quotation marks where nobody would see its ends or its middle."""
    shown = visible(name, lines=False)
    plain = shown == name and name == name.strip() and name and not set(name) & set(",\"'")
    return name if plain else f'"{shown}"'


class OutputError(RestakingError):
    """Standard output cannot be written; told in words that follow *standard output*."""


@contextlib.contextmanager
def _to_output() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # the reader (head, less) has seen enough
    except OSError as error:
        raise OutputError(output_trouble(error)) from error


def output_trouble(error: OSError) -> str:
    """What the system says about standard output, in words that follow its name."""
    return "is closed" if error.errno == errno.EBADF else f"cannot be written: {error.strerror or error}"


def tell(text: object = "") -> None:
    """Print a result, on standard output.

    Raises:
        OutputError: it cannot be written.
    """
    with _to_output():
        print(visible(str(text)))


def tell_json(content: Any) -> None:
    """Print one JSON document, on standard output.

    Letters beyond ASCII stand as they are where standard output can show them; control characters never do.
    """
    import json

    text = json.dumps(content, indent=2, ensure_ascii=not _is_unicode(sys.stdout), allow_nan=False)
    with _to_output():
        print(_OBEYED_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def tell_data(text: str) -> None:
    """Print a document on standard output: for people on a terminal, else in UTF-8, whatever the locale says."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None or sys.stdout.isatty():
        tell(text.removesuffix("\n"))
        return
    with _to_output():
        sys.stdout.flush()
        buffer.write(text.encode("utf-8"))
        buffer.flush()


# What JSON itself leaves as it is: the second block of control characters, and marks of direction and of lines.
_OBEYED_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb]")


def _is_unicode(stream: TextIO | None) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")


def say(text: str) -> None:
    """Print a message for people, on standard error; one that cannot be written is no reason to stop."""
    with contextlib.suppress(OSError):
        print(visible(text), file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """Print what is wrong: one message, one line, on standard error."""
    say(f"{PROGRAM}: {visible(text, lines=False)}")


def show(renderable: "RenderableType") -> None:
    """Print what Rich lays out, on standard error."""
    with contextlib.suppress(OSError):
        console(sys.stderr).print(renderable)


def console(stream: TextIO) -> "Console":
    """Rich's console on a stream, which takes no text for markup."""
    from rich.console import Console

    return Console(file=stream, markup=False, emoji=False, highlight=False)


def prepare() -> None:
    """Make the standard streams fit for any text, and occupy those that nobody opened: no file may take their place."""
    _occupy_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _occupy_streams() -> None:
    """Open the null device in place of closed streams: standard output then refuses, standard error swallows."""
    if sys.stdin is not None and sys.stdout is not None and sys.stderr is not None:
        return
    for number in range(_STANDARD_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is taken: this one, as those below are open by now.
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w", closefd=False)), encoding="utf-8")


def output_problem() -> str:
    """Why standard output cannot be written, in words; empty when it can.

    What it still holds is then thrown away: Python would complain about it at exit.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()  # the reader (head, less) has seen enough
    except OSError as error:
        drop_output()
        return output_trouble(error)
    return ""


def drop_output() -> None:
    """Let standard output end in the null device."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
