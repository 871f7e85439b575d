"""`prodtui explain SERVICE`: why this score."""

from __future__ import annotations

import asyncio
import difflib
import sys
from typing import Annotated

import typer

from prodtui.cli.environment import environment
from prodtui.cli.options import Config, Env, Format, FormatOption, shared
from prodtui.model.errors import UsageError


def explain(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="A service's name.")],
    format: FormatOption = Format.TEXT,  # noqa: A002
    config: Config = None,
    env: Env = None,
) -> None:
    """Says why a service has its score: every point, its evidence, and what would raise it.

    Example: prodtui explain payments

    Exit codes: 0; 2 configuration, or no such service.
    """
    found = environment(*shared(context, config, env))
    from prodtui.reports.explain import explain_json, explain_text
    from prodtui.watch import read_once

    moment = asyncio.run(read_once(found, readings=2))
    judged = moment.assessment.service(service)
    if judged is None:
        names = sorted(moment.views)
        near = difflib.get_close_matches(service, names, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; known: {', '.join(names) or 'none'}"
        raise UsageError(f'no service "{service}" in {moment.snapshot.declared.environment}{hint}')
    sys.stdout.write(explain_json(moment, judged) if format is Format.JSON else explain_text(moment, judged))
