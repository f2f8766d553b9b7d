"""Offer the planner as the command ``patrol``, one file a verb."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword

import click

from planner import __version__
from planner.cli.terminal import Terminal, language_of
from planner.cli.verb import Verb, common_options, dress, forget_output, reader_left
from planner.errors import EXIT_NO_PLAN, EXIT_OK, EXIT_OUTPUT
from planner.messages import LANGUAGES, Language

VERBS = (
    "new",
    "validate",
    "plan",
    "check",
    "explain",
    "respond",
    "simulate",
    "map",
    "report",
    "export",
    "import",
    "bench",
)
"""In the order in which a person needs them."""


class Patrol(click.Group):
    """The command with its verbs, each loaded when it is asked for."""

    def __init__(self, language: Language) -> None:
        super().__init__("patrol", params=common_options())
        self.language = language
        self.params.append(
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_print_version,
            )
        )
        self.callback = lambda **options: None
        dress(self, "patrol", language)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which a person needs them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a verb."""
        if cmd_name not in VERBS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        verb = import_module(f"planner.cli.{module}").command
        assert isinstance(verb, Verb)
        dress(verb, cmd_name, self.language)
        return verb


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"patrol {__version__}")
        ctx.exit()


def wanted_language(args: Sequence[str]) -> Language:
    """
    Return the language of the last ``--lang``, or of the environment.

    Looked up before the arguments are parsed, so that the help has it too.
    """
    wanted = language_of(os.environ)
    for before, arg in zip(["", *args], args, strict=False):
        value = arg.removeprefix("--lang=") if before != "--lang" else arg
        for language in LANGUAGES:
            if value == language and (before == "--lang" or value != arg):
                wanted = language
    return wanted


def _open_streams() -> None:
    """Let any text be printed; what goes to a closed stream goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))
        with suppress(AttributeError, ValueError):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def main(args: Sequence[str] | None = None) -> int:
    """
    Run ``patrol`` and return its exit code.

    0 done; 2 usage; 3 bad input; 4 infeasible, or something unserved under
    ``--strict``; 5 a plan breaks a rule; 6 output, lock or disk; 7 an optional
    part is missing; 20 stopped early, the checked best plan is saved; 130
    stopped with no plan; 70 a bug of ours.
    """
    if args is None:
        # The system takes all memory back at once: nobody need look through it first.
        atexit.register(gc.freeze)
    words = list(sys.argv[1:] if args is None else args)
    _open_streams()
    language = wanted_language(words)
    try:
        code = Patrol(language).main(words, prog_name="patrol", standalone_mode=False)
        sys.stdout.flush()  # a full disk shows here at the latest
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return EXIT_NO_PLAN
    except BrokenPipeError:
        return reader_left()
    except OSError as error:
        forget_output()
        Terminal(language=language).fail(error.strerror or str(error))
        return EXIT_OUTPUT
    return code if isinstance(code, int) else EXIT_OK
