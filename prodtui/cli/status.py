"""`prodtui status`: every source read once, what is known printed."""

from __future__ import annotations

import asyncio
import sys

import typer

from prodtui.cli.environment import environment
from prodtui.cli.gate import known_once, known_then, policy_of
from prodtui.cli.options import Config, Env, Format, FormatOption, PolicyOption, shared
from prodtui.cli.times import At, past

NO_SOURCE_ANSWERED = 3


def status(
    context: typer.Context,
    policy: PolicyOption = None,
    at: At = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
    config: Config = None,
    env: Env = None,
) -> None:
    """Reads every source once and prints what is known, judged as `check` does.

    With --at it reads no source: it tells from the journal how things stood then.

    Example: prodtui status --format json | jq .verdict

    Exit codes: 0, also when things are bad; 2 configuration, or nothing kept of that time; 3 no source answered.
    """
    found = environment(*shared(context, config, env))
    from prodtui.reports.status_json import as_json, status_document
    from prodtui.reports.status_text import status_text

    rules = policy_of(found, policy)
    moment = asyncio.run(known_once(found, rules) if at is None else known_then(found, rules, past(at)))
    sys.stdout.write(as_json(status_document(moment)) + "\n" if format is Format.JSON else status_text(moment))
    if not any(state.read_at is not None for state in moment.snapshot.sources.values()):
        raise typer.Exit(NO_SOURCE_ANSWERED)
