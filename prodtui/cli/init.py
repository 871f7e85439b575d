"""`prodtui init`: looks for what runs here and writes a configuration for it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from prodtui.model.errors import UsageError

NOTHING_FOUND = 1


def init(
    output: Annotated[Path, typer.Option("--output", help="Where to write it; - for stdout.")] = Path("prodtui.toml"),
) -> None:
    """Discovers what runs here and writes a commented configuration. An existing file is never overwritten.

    Example: prodtui init --output prodtui.toml

    Exit codes: 0; 1 nothing found; 2 the file exists.
    """
    to_stdout = str(output) == "-"
    if not to_stdout and output.exists():
        raise UsageError(f"{output} exists; give another --output, or - to look at it first")
    from prodtui.settings.discovery import discover
    from prodtui.settings.first_configuration import commented_configuration

    found = asyncio.run(discover(os.environ))
    for system in found:
        typer.echo(f"found {system.kind} at {system.url} ({system.evidence})", err=True)
    if not found:
        typer.echo("nothing found on this machine's usual ports; `prodtui lab` starts something to look at", err=True)
        raise typer.Exit(NOTHING_FOUND)
    text = commented_configuration(found)
    if to_stdout:
        typer.echo(text, nl=False)
    else:
        output.write_text(text)
        typer.echo(f"written: {output}. Next: prodtui sources --config {output}", err=True)
