"""The command ``restaking``: finds the verb, runs it and turns what went wrong into one message and an exit code.

Exit codes: 0 done, 1 the run failed, 2 bad input, 130 interrupted (143: by SIGTERM, 129: its terminal closed). An error
that nobody expected is one line, too (see :mod:`..crash`). Start-up is light: a verb's module is imported when the verb
is used, and nothing but Typer before that.

A verb is a line in ``VERBS`` and a function, written as Typer wants it, in a module of this package. The function may
return an exit code.
"""

import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from ..terminal import PROGRAM, OutputError, complain, drop_output, output_problem, output_trouble, prepare, tell

VERBS: dict[str, tuple[str, str]] = {
    "run": ("run:run", "Run a scenario and write its series, events and summary."),
    "sweep": ("sweep:sweep", "Make all runs of a design, or those that are missing."),
    "replay": ("replay:replay", "Make a failed run of a sweep again."),
    "verify": ("verify:verify", "Make a run, or a sample of a sweep's, again and compare."),
    "repair": ("repair:repair", "Make again what is damaged in the folder of a run or a sweep."),
    "list": ("listing:list_subject", "List scenarios, metrics or parameters."),
    "explain": ("explain:explain", "Explain a parameter, a metric or the order of a day."),
    "network": ("network:network", "Write the capital network of a day of a run."),
    "fork": ("fork:fork", "Repeat a run to a day and go on under changed terms."),
    "unwind": ("unwind:unwind", "Say how the holders of an LRT would get out from a day on."),
    "compare": ("compare:compare", "Set runs or sweeps that share their seeds side by side."),
    "plot": ("plot:plot", "Draw the figures of a run or a sweep."),
    "security": ("security:security", "Analyse the security of a restaking network."),
    "reproduce": ("reproduce:reproduce", "Repeat published experiments and judge them."),
    "validate": ("validate:validate", "Measure the stylised facts of the history over seeds."),
}
"""Verb: its module and function, and its line in the help."""

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130

LONGEST_PART = 255
"""Bytes; file systems take no longer name of a file or folder."""

LONGEST_PATH = 4_095
_LONGEST_WORD = 60
_LONGEST_MESSAGE = 400

_SETTINGS: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}


class _LazyGroup(typer.core.TyperGroup):
    """A group that knows its verbs by name and imports one when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _verb(cmd_name) if cmd_name in VERBS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # The nearest verb is named by us: the library would import every module to list what it knows.
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            raise typer.BadParameter(_unknown_verb(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])


def _unknown_verb(word: str) -> str:
    import difflib

    word = word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 3]}..."
    near = difflib.get_close_matches(word, VERBS, n=1, cutoff=0.5)
    return f"there is no command {word!r}; " + (f"nearest: {near[0]}" if near else f"commands: {', '.join(VERBS)}")


def _verb(name: str) -> Any:
    target, line = VERBS[name]
    module, _, attribute = target.partition(":")
    function = getattr(importlib.import_module(f".{module}", __package__), attribute)
    app = typer.Typer(**_SETTINGS)
    app.command(name, help=None if function.__doc__ else line)(_with_possible_paths(function))
    return typer.main.get_command(app)


def _with_possible_paths(function: Callable[..., Any]) -> Callable[..., Any]:
    """The verb, which is not begun with a path that no file system knows."""

    @functools.wraps(function)
    def verb(**values: Any) -> Any:
        for name, value in values.items():
            problem = path_problem(value) if isinstance(value, Path) else ""
            if problem:
                raise typer.BadParameter(f"{'--out' if name == 'out' else name}: {problem}")
        return function(**values)

    return verb


def path_problem(path: Path) -> str:
    """Why no file can have this path, in words; empty when one could."""
    try:
        parts = [os.fsencode(part) for part in path.parts]
    except UnicodeEncodeError:
        return f"{str(path)[:_LONGEST_WORD]!r} holds characters that this system has no file names with"
    if any(b"\0" in part for part in parts):
        return f"{str(path)[:_LONGEST_WORD]!r} holds a null character, which no path can"
    longest = max(parts, key=len, default=b"")
    if len(longest) > LONGEST_PART:
        shown = os.fsdecode(longest[: _LONGEST_WORD - 3])
        return f"the name {shown}... has {len(longest):,} bytes; allowed are up to {LONGEST_PART}"
    if len(os.fsencode(path)) > LONGEST_PATH:
        return f"a path of {len(os.fsencode(path)):,} bytes; allowed are up to {LONGEST_PATH}"
    return ""


def _version(wanted: bool) -> None:
    if not wanted:
        return
    from ._common import version

    tell(f"{PROGRAM} {version()}")
    raise typer.Exit()


def _program() -> Any:
    app = typer.Typer(cls=_LazyGroup, help="An agent-based simulator of the restaking economy.", **_SETTINGS)

    @app.callback()
    def program(
        version: bool = typer.Option(
            False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ) -> None:
        """An agent-based simulator of the restaking economy."""

    return typer.main.get_command(app)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        argv: arguments without the program's name; the process's own when None.
    """
    arguments = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    prepare()
    return _with_output(_told(arguments))


def _with_output(code: int) -> int:
    """The exit code, once all output is where it should be."""
    problem = output_problem()
    if not problem:
        return code
    complain(f"standard output {problem}")
    return code or FAILED


def _told(arguments: list[str]) -> int:
    """The exit code of a command line; what went wrong is said in one message."""
    try:
        return _invoked(arguments)
    except (KeyboardInterrupt, typer.Abort) as stop:
        return _say(str(stop) or "interrupted", getattr(stop, "exit_code", INTERRUPTED))
    except typer.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        return 0  # the reader (head, less) has seen enough
    except OutputError as error:
        drop_output()
        return _say(f"standard output {error}", FAILED)
    except _usage_error() as error:
        return _say(_one_line(error), error.exit_code)
    except OSError as error:
        return _refused_by_the_system(error, arguments)
    except Exception as error:
        code = _code_of_told(error)
        return _crashed(error, arguments) if code is None else _say(str(error), code)


def _invoked(arguments: list[str]) -> int:
    # Not Typer's own main(): it has exit codes of its own for interruptions and closed pipes.
    program = _program()
    with program.make_context(PROGRAM, arguments) as context:
        code = program.invoke(context)
    return code if isinstance(code, int) else 0


def _refused_by_the_system(error: OSError, arguments: list[str]) -> int:
    """One line for a file, or for standard output where the library prints a help."""
    if _is_of_help(error):
        drop_output()
        return _say(f"standard output {output_trouble(error)}", FAILED)
    if error.filename is None:
        return _crashed(error, arguments)
    return _say(f"{os.fspath(error.filename)}: {error.strerror or error}", FAILED)


def _is_of_help(error: OSError) -> bool:
    """Whether an error was met where the library prints."""
    trace = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in ("click", "typer") and trace.tb_frame.f_code.co_name == "echo":
            return True
        trace = trace.tb_next
    return False


def _crashed(error: Exception, arguments: list[str]) -> int:
    from ..crash import report

    report(error, arguments)
    return FAILED


def _usage_error() -> Any:
    """The base class of the library's own complaints, by way of one that it exports."""
    return next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


def _one_line(error: Any) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    message = " ".join(error.format_message().split()).removeprefix("Invalid value: ").replace("Value error, ", "")
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[: _LONGEST_MESSAGE - 3]}..."
    return f"{message.rstrip('.')} (see {path} --help)"


def _code_of_told(error: Exception) -> int | None:
    """The exit code of what is told in one sentence: bad input, a folder in the way, a full disk; None of the rest."""
    from ...model.errors import RestakingError

    if not isinstance(error, RestakingError) or isinstance(error, AssertionError):
        return None  # a broken invariant is a fault of the program: its traceback is wanted
    return BAD_INPUT if isinstance(error, ValueError) else FAILED


def _say(message: str, code: int) -> int:
    complain(message)
    return code


if __name__ == "__main__":
    sys.exit(main())
