"""`prodtui export`: an incident between two times as a document."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.environment import environment
from prodtui.cli.gate import letting_go, memory, policy_of
from prodtui.cli.incidents import IncidentFormat
from prodtui.cli.options import Config, Env, PolicyOption, shared
from prodtui.cli.output import STDOUT, targets, write
from prodtui.cli.times import past
from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment

_FORMS = "14:02, -5m, yesterday 14:02, 2026-11-22T14:02:58Z; local time unless it says otherwise."


def export(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help=f"{_FORMS} By default shortly before what fails began to."),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Now by default.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="The same as --to: the incident that is open then.")
    ] = None,
    form: Annotated[
        IncidentFormat, typer.Option("--format", help="svg is a picture of the overview at the end.")
    ] = IncidentFormat.MARKDOWN,
    output: Annotated[Path, typer.Option("--output", help="File; - is stdout.")] = STDOUT,
    policy: PolicyOption = None,
    config: Config = None,
    env: Env = None,
) -> None:
    """Writes an incident from the journal: what broke first, what failed with its evidence, the timeline, pictures.

    Example: prodtui export --from 14:00 --to 14:30 --output incident.md

    Exit codes: 0; 2 configuration, a time that can't be read, or nothing kept of it.
    """
    if at is not None and until is not None:
        raise UsageError("--at and --to are the same; give one")
    ending = at or until
    ends = past(ending) if ending else time.time()
    begins = past(since) if since else None
    if begins is not None and begins >= ends:
        raise UsageError("--from is not before --to")
    (place,) = targets([form], [output])
    found = environment(*shared(context, config, env))
    write(place, asyncio.run(_exported(found, policy_of(found, policy), begins, ends, form)))


async def _exported(
    environment: Environment, policy: Policy, since: float | None, until: float, form: IncidentFormat
) -> str:
    from prodtui.cli.desk import Desk
    from prodtui.cli.incidents import drawn, incident_between, rendered
    from prodtui.cli.journals import looked_back, require
    from prodtui.watch.past import moment_at
    from prodtui.watch.polls import with_release

    known = await memory(environment, policy)
    await letting_go(known.store)
    declared = with_release(environment, policy).declared
    nobody = Desk(None, environment.name)  # nothing is asked of it: a picture presses no keys
    async with looked_back(environment) as journal:
        await require(journal, until)
        if form is IncidentFormat.SVG:
            return await drawn(await moment_at(journal, declared, known.standard, until), nobody)
        incident = await incident_between(journal, declared, known.standard, since, until)
        return await rendered(incident, form, nobody)
