"""`prodtui explain SERVICE`: why this score."""

from __future__ import annotations

import asyncio
import difflib
import sys
from typing import Annotated

import typer

from prodtui.cli.environment import environment
from prodtui.cli.gate import READINGS, known_once, known_then, policy_of, since_accepted
from prodtui.cli.options import Config, Env, Format, FormatOption, PolicyOption, shared
from prodtui.cli.times import At, past
from prodtui.model.errors import UsageError


def explain(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="A service's name.")],
    policy: PolicyOption = None,
    at: At = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
    config: Config = None,
    env: Env = None,
) -> None:
    """Says why a service has its score: every point, its evidence, what changed, and what would raise it.

    Example: prodtui explain payments

    Exit codes: 0; 2 configuration, no such service, or nothing kept of that time.
    """
    found = environment(*shared(context, config, env))
    from prodtui.reports.explain import explain_json, explain_text

    rules = policy_of(found, policy)
    known = known_once(found, rules, readings=READINGS) if at is None else known_then(found, rules, past(at))
    moment = asyncio.run(known)
    judged = moment.assessment.service(service)
    if judged is None:
        names = sorted(moment.views)
        near = difflib.get_close_matches(service, names, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; known: {', '.join(names) or 'none'}"
        raise UsageError(f'no service "{service}" in {moment.snapshot.declared.environment}{hint}')
    difference = since_accepted(moment, rules)
    explained = explain_json if format is Format.JSON else explain_text
    sys.stdout.write(explained(moment, judged, difference))
