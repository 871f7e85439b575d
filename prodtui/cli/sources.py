"""`prodtui sources`: every source tried, and what it lets us see."""

from __future__ import annotations

import asyncio
import sys

import typer

from prodtui.cli.environment import environment
from prodtui.cli.options import Config, Env, Format, FormatOption, shared

ONE_IS_LOST = 1


def sources(context: typer.Context, format: FormatOption = Format.TEXT, config: Config = None, env: Env = None) -> None:  # noqa: A002
    """Tries every source: state, cause, latency, rights, version; and the names that no service claims.

    Example: prodtui sources --env staging

    Exit codes: 0; 1 when a source is lost; 2 configuration.
    """
    found = environment(*shared(context, config, env))
    from prodtui.model.freshness import Freshness
    from prodtui.model.ties import Ties
    from prodtui.reports.sources import sources_json, sources_text
    from prodtui.watch import read_once

    moment = asyncio.run(read_once(found))
    unmatched = Ties(moment.snapshot).unmatched()
    sys.stdout.write((sources_json if format is Format.JSON else sources_text)(moment, unmatched))
    if any(state.freshness(moment.now) is Freshness.LOST for state in moment.snapshot.sources.values()):
        raise typer.Exit(ONE_IS_LOST)
