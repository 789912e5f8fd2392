"""The command ``restaking``: finds the verb, runs it and turns what went wrong into one message and an exit code.

Exit codes: 0 done, 1 the run failed, 2 bad input, 130 interrupted (143: by SIGTERM, 129: its terminal closed). Start-up
is light: a verb's module is imported when the verb is used, and nothing but Typer before that.

A verb is a line in ``VERBS`` and a function, written as Typer wants it, in a module of this package. The function may
return an exit code.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

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

PROGRAM = "restaking"
FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130

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

    near = difflib.get_close_matches(word, VERBS, n=1, cutoff=0.5)
    return f"there is no command {word!r}; " + (f"nearest: {near[0]}" if near else f"commands: {', '.join(VERBS)}")


def _verb(name: str) -> Any:
    target, line = VERBS[name]
    module, _, attribute = target.partition(":")
    function = getattr(importlib.import_module(f".{module}", __package__), attribute)
    app = typer.Typer(**_SETTINGS)
    app.command(name, help=None if function.__doc__ else line)(function)
    return typer.main.get_command(app)


def _version(wanted: bool) -> None:
    if not wanted:
        return
    from ._common import version

    print(f"{PROGRAM} {version()}")
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
    try:
        # Not Typer's own main(): it has exit codes of its own for interruptions and closed pipes.
        program = _program()
        with program.make_context(PROGRAM, arguments) as context:
            code = program.invoke(context)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort) as stop:
        return _say(str(stop) or "interrupted", getattr(stop, "exit_code", INTERRUPTED))
    except typer.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except _usage_error() as error:
        return _say(_one_line(error), error.exit_code)
    except RuntimeError as error:
        if not _is_unwritable(error):
            raise
        return _say(str(error), FAILED)
    except ValueError as error:
        if not _is_told(error):
            raise
        return _say(str(error), BAD_INPUT)
    return code if isinstance(code, int) else 0


def _usage_error() -> Any:
    """The base class of the library's own complaints, by way of one that it exports."""
    return next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


def _one_line(error: Any) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    message = " ".join(error.format_message().split()).removeprefix("Invalid value: ").replace("Value error, ", "")
    return f"{message.rstrip('.')} (see {path} --help)"


def _is_told(error: ValueError) -> bool:
    """Whether an error is what we say of bad input: a scenario, a design, a folder."""
    from ...model.scenario import ScenarioError
    from ..folders.errors import FolderError

    return isinstance(error, (ScenarioError, FolderError))


def _is_unwritable(error: RuntimeError) -> bool:
    from ..folders.errors import UnwritableError

    return isinstance(error, UnwritableError)


def _say(message: str, code: int) -> int:
    print(f"{PROGRAM}: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
