"""Give every verb the same options, manners and exit codes."""

from __future__ import annotations

import errno
import math
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from planner import __version__
from planner.cli.terminal import (
    Terminal,
    finding_json,
    language_of,
    wants_color,
)
from planner.errors import (
    EXIT_BUG,
    EXIT_NO_PLAN,
    EXIT_OK,
    EXIT_OUTPUT,
    InputError,
    LateError,
    MissionError,
    PatrolError,
    StoppedError,
)
from planner.messages import LANGUAGES, Language, catalogue, say

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""Faults of a disk; they come without a file name when a buffer is flushed."""

_COMMON = ("lang", "quiet", "no_color", "debug")


def common_options() -> list[click.Parameter]:
    """Return the options that stand before or after any verb."""
    return [
        click.Option(["--lang"], type=click.Choice(LANGUAGES)),
        click.Option(["--quiet"], is_flag=True),
        click.Option(["--no-color"], is_flag=True),
        click.Option(["--debug"], is_flag=True),
    ]


def dress(command: click.Command, name: str, language: Language) -> None:
    """Give a command and its options their help texts from the catalogue."""
    entries = catalogue()
    command.help = say(f"cli.verb.{name}", language)
    for param in command.params:
        for key in (f"cli.option.{name}.{param.name}", f"cli.option.{param.name}"):
            if isinstance(param, click.Option) and key in entries:
                param.help = say(key, language)
                break


class Verb(click.Command):
    """
    A verb: its function takes a Terminal first and returns an exit code.

    What the function raises becomes an exit code and one line; a bug of ours
    becomes a report file.
    """

    def __init__(self, name: str, **attributes: Any) -> None:
        super().__init__(name, **attributes)
        self.params.extend(common_options())

    def invoke(self, ctx: click.Context) -> int:
        """Run the verb and return its exit code."""
        terminal = _terminal(ctx)
        ctx.obj = terminal
        try:
            code: int | None = super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (BrokenPipeError, SystemExit):  # rich leaves when its reader has
            return reader_left()
        except LateError as error:
            message = _late_text(terminal, error)
            terminal.fail(message)
            return _failed(terminal, error.exit_code, message=message)
        except (KeyboardInterrupt, StoppedError):
            terminal.warn("cli.stopped_without_plan")
            return _failed(terminal, EXIT_NO_PLAN)
        except (InputError, MissionError) as error:
            if terminal.debug:
                traceback.print_exc()
            terminal.findings(error.findings)
            return _failed(
                terminal,
                error.exit_code,
                findings=[finding_json(f, terminal.language) for f in error.findings],
            )
        except PatrolError as error:
            if terminal.debug:
                traceback.print_exc()
            if error.exit_code == EXIT_BUG:
                return _bug(terminal, error)
            terminal.fail(str(error))
            return _failed(terminal, error.exit_code, message=str(error))
        except OSError as error:
            if terminal.debug:
                traceback.print_exc()
            if error.filename is None and error.errno not in _DISK:
                return _bug(terminal, error)
            message = terminal.text(
                "cli.cannot_use", path=error.filename or "-", why=error.strerror
            )
            terminal.fail(message)
            return _failed(terminal, EXIT_OUTPUT, message=message)
        except Exception as error:
            if terminal.debug:
                traceback.print_exc()
            return _bug(terminal, error)
        return EXIT_OK if code is None else code


def _late_text(terminal: Terminal, late: LateError) -> str:
    """Say that there was too little time, and how much there has to be if known."""
    if late.needed_s is None:
        return terminal.text("cli.late")
    return terminal.text("cli.late_needs", seconds=math.ceil(late.needed_s))


def verb(name: str) -> Callable[[Callable[..., int | None]], Verb]:
    """Make a verb of a function whose first argument is a Terminal."""
    return click.command(name, cls=Verb)


def _terminal(ctx: click.Context) -> Terminal:
    """Take the common options off a verb; those after it win."""
    outer = ctx.parent.params if ctx.parent else {}
    inner = {name: ctx.params.pop(name) for name in _COMMON}
    given = {name: inner[name] or outer.get(name) for name in _COMMON}
    return Terminal(
        language=given["lang"] or language_of(os.environ),
        as_json=bool(ctx.params.get("as_json")),
        quiet=bool(given["quiet"]),
        color=wants_color(bool(given["no_color"])),
        debug=bool(given["debug"]),
    )


def _failed(terminal: Terminal, code: int, **details: Any) -> int:
    with suppress(OSError):  # it may be standard output itself that failed
        terminal.json({"ok": False, "exit_code": code, **details})
    return code


def _bug(terminal: Terminal, error: BaseException) -> int:
    """Write a report of a bug of ours and say where it is."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="patrol-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write(
            f"patrol {__version__}, Python {platform.python_version()}, "
            f"{platform.platform()}\narguments: {sys.argv[1:]!r}\n\n"
        )
        report.write("".join(traceback.format_exception(error)))
    terminal.fail(terminal.text("cli.bug", path=report.name))
    return _failed(terminal, EXIT_BUG, report=report.name)


def reader_left() -> int:
    """End quietly when the reader of a pipe has seen enough."""
    forget_output()
    return EXIT_OK


def forget_output() -> None:
    """Send what standard output still holds to nowhere, so that the end is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def path_argument(name: str, *, required: bool = True) -> Callable[..., Any]:
    """Return an argument that is a path; readers say what is wrong with it."""
    return click.argument(name, type=click.Path(path_type=Path), required=required)


json_option = click.option("--json", "as_json", is_flag=True)
