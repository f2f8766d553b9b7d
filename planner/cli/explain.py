"""Explain why a zone is served as it is, or why it is not."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import path_argument, verb


@verb("explain")
@path_argument("scenario")
@path_argument("plan")
@click.argument("zone")
@click.pass_obj
def command(terminal: Terminal, scenario: Path, plan: Path, zone: str) -> None:
    """Explain why a zone is served as it is, or why it is not."""
    raise NotImplementedError
