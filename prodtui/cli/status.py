"""`prodtui status`: every source read once, what is known printed."""

from __future__ import annotations

import asyncio
import sys

import typer

from prodtui.cli.environment import environment
from prodtui.cli.options import Config, Env, Format, FormatOption, shared

NO_SOURCE_ANSWERED = 3


def status(context: typer.Context, format: FormatOption = Format.TEXT, config: Config = None, env: Env = None) -> None:  # noqa: A002
    """Reads every source once and prints what is known.

    Example: prodtui status --format json | jq .verdict

    Exit codes: 0, also when things are bad; 2 configuration; 3 no source answered.
    """
    found = environment(*shared(context, config, env))
    from prodtui.reports.status_json import as_json, status_document
    from prodtui.reports.status_text import status_text
    from prodtui.watch import read_once

    moment = asyncio.run(read_once(found))
    sys.stdout.write(as_json(status_document(moment)) + "\n" if format is Format.JSON else status_text(moment))
    if not any(state.read_at is not None for state in moment.snapshot.sources.values()):
        raise typer.Exit(NO_SOURCE_ANSWERED)
