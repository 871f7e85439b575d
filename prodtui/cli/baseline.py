"""`prodtui baseline`: the evaluations that later ones are compared with."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.options import Config, Env, Format, FormatOption, shared
from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.journal.store import Store
    from prodtui.model.evaluation import Evaluation
    from prodtui.settings.loaded import Environment

app = typer.Typer(no_args_is_help=True, help="Accepted evaluations, which later ones are compared with.")

Id = Annotated[str, typer.Argument(metavar="ID", help="As `prodtui baseline list` shows it.")]
NEAR = 3
"""How many ids a message about an unknown one names."""


def _share(given: str | float) -> float:
    """A share as typed; the option's default comes as a number."""
    text = str(given).strip()
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share < math.inf:
        raise typer.BadParameter(f'"{text}" is not a share such as 25% or 0.25')
    return share


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many, the newest.")] = 20,
    format: FormatOption = Format.TEXT,  # noqa: A002
    config: Config = None,
    env: Env = None,
) -> None:
    """Lists the environment's evaluations, newest first, and says which are accepted and pinned.

    Example: prodtui baseline list --env prod-eu

    Exit codes: 0; 1 the store can't be used; 2 configuration.
    """

    async def found(store: Store, environment: Environment) -> str:
        evaluations = await store.list(environment.name, limit)
        return _json(environment.name, evaluations) if format is Format.JSON else _text(environment.name, evaluations)

    _run(context, config, env, found)


@app.command()
def accept(
    context: typer.Context,
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help="By default the newest evaluation.")] = None,  # noqa: A002
    force: Annotated[bool, typer.Option("--force", help="Also one that is NOT_READY or INCONCLUSIVE.")] = False,
    config: Config = None,
    env: Env = None,
) -> None:
    """Accepts an evaluation: later ones are compared with it.

    Example: prodtui baseline accept

    Exit codes: 0; 1 the store can't be used; 2 no such evaluation, or it is not to be accepted without --force.
    """
    from prodtui.cli.store import by
    from prodtui.model.assessment import Verdict

    async def accepted(store: Store, environment: Environment) -> str:
        chosen = await _chosen(store, environment.name, id) if id else await _newest(store, environment.name)
        if chosen.verdict in (Verdict.NOT_READY, Verdict.INCONCLUSIVE) and not force:
            raise UsageError(
                f"evaluation {chosen.id} is {chosen.verdict}: later ones would be compared with it; "
                "accept a better one, or give --force"
            )
        await store.accept(chosen.id, by(), time.time())
        await _audited(environment, chosen, "accepted, by force" if force else "accepted")
        return f"accepted {_named(chosen)}\n"

    _run(context, config, env, accepted)


@app.command()
def pin(
    context: typer.Context,
    id: Id,  # noqa: A002
    max_drift: Annotated[
        float, typer.Option(parser=_share, metavar="SHARE", help="How far relative limits may lie from it.")
    ] = 0.25,
    config: Config = None,
    env: Env = None,
) -> None:
    """Makes an accepted evaluation the environment's reference, from which relative limits never drift further.

    Example: prodtui baseline pin 1jcv4b9x0k --max-drift 25%

    Exit codes: 0; 1 the store can't be used; 2 no such evaluation, or nobody accepted it.
    """

    from prodtui.readiness.words import percent

    async def pinned(store: Store, environment: Environment) -> str:
        chosen = await _chosen(store, environment.name, id)
        if chosen.accepted_at is None:
            raise UsageError(f"evaluation {chosen.id} is not accepted: `prodtui baseline accept {chosen.id}` first")
        await store.pin(chosen.id, max_drift)
        await _audited(environment, chosen, f"pinned, drift {percent(max_drift)} at most")
        return f"pinned {_named(chosen)}, limits drift by {percent(max_drift)} at most\n"

    _run(context, config, env, pinned)


@app.command()
def forget(context: typer.Context, id: Id, config: Config = None, env: Env = None) -> None:  # noqa: A002
    """Drops an evaluation for good, also an accepted or pinned one.

    Example: prodtui baseline forget 1jcv4b9x0k

    Exit codes: 0; 1 the store can't be used; 2 no such evaluation.
    """

    async def forgotten(store: Store, environment: Environment) -> str:
        chosen = await _chosen(store, environment.name, id)
        await store.forget(chosen.id)
        await _audited(environment, chosen, "forgotten")
        return f"forgot {_named(chosen)}\n"

    _run(context, config, env, forgotten)


def _run(context: typer.Context, config: Config, env: Env, ask: Callable[[Store, Environment], Awaitable[str]]) -> None:
    """Asks the store about the environment and prints what comes of it."""
    from prodtui.cli.environment import environment
    from prodtui.cli.store import opened

    found = environment(*shared(context, config, env))

    async def asked() -> str:
        store = opened(found.store)
        try:
            return await ask(store, found)
        finally:
            await store.close()

    sys.stdout.write(asyncio.run(asked()))


async def _audited(environment: Environment, evaluation: Evaluation, result: str) -> None:
    """Writes down what was done to an evaluation; says on stderr where that failed."""
    from prodtui.cli.audit_trail import written
    from prodtui.model.audited import Act

    details = {
        "verdict": evaluation.verdict.value,
        "decision": evaluation.decision,
        "score": f"{evaluation.score:.1f}",
        "candidate": evaluation.candidate or "",
        "made_by": evaluation.by,
        "services": ", ".join(evaluation.asked),
    }
    kept = {name: text for name, text in details.items() if text}
    remark = await written(environment, Act.BASELINE, evaluation.id, result, kept)
    if remark is not None:
        typer.echo(f"prodtui: {remark}", err=True)


async def _newest(store: Store, environment: str) -> Evaluation:
    found = await store.list(environment, 1)
    if not found:
        raise UsageError(f'"{environment}" has no evaluations yet: `prodtui check --env {environment}` makes one')
    return found[0]


async def _chosen(store: Store, environment: str, evaluation_id: str) -> Evaluation:
    """The evaluation of this id. Raises UsageError, naming near ones."""
    found = await store.find(environment, evaluation_id.lower())
    if found is not None:
        return found
    from difflib import get_close_matches

    ids = await store.ids(environment)
    near = get_close_matches(evaluation_id.lower(), ids, n=NEAR)
    hint = f"did you mean {', '.join(near)}?" if near else f"newest: {', '.join(ids[:NEAR]) or 'none'}"
    raise UsageError(f'"{environment}" has no evaluation "{evaluation_id}"; {hint}')


def _named(evaluation: Evaluation) -> str:
    candidate = f", {evaluation.candidate}" if evaluation.candidate else ""
    return f"{evaluation.id} ({evaluation.environment}{candidate}, {evaluation.verdict} {evaluation.score})"


def _text(environment: str, evaluations: Sequence[Evaluation]) -> str:
    from prodtui.reports.difference import minute
    from prodtui.reports.words import table

    if not evaluations:
        return f"{environment}: no evaluations yet\n"
    rows = (
        (e.id, minute(e.at), e.by, _versions(e), e.verdict.value, f"{e.score:.1f}", _standing(e)) for e in evaluations
    )
    head = ("ID", "WHEN", "BY", "VERSION", "VERDICT", "SCORE", "")
    return "\n".join(table(head, rows, right=(head.index("SCORE"),))) + "\n"


def _versions(evaluation: Evaluation) -> str:
    """The version asked about, else the one that all services ran."""
    ran = {version for service in evaluation.services.values() for version in service.versions}
    return evaluation.candidate or (ran.pop() if len(ran) == 1 else "several" if ran else "?")


def _standing(evaluation: Evaluation) -> str:
    from prodtui.readiness.words import percent

    said = [f"{evaluation.decision}, {evaluation.override.ticket}"] if evaluation.override else []
    if evaluation.accepted_at is not None:
        said.append(f"accepted by {evaluation.accepted_by}")
    if evaluation.pinned:
        said.append(f"pinned ±{percent(evaluation.max_drift)}")
    return ", ".join(said)


def _json(environment: str, evaluations: Sequence[Evaluation]) -> str:
    from prodtui.reports.fields import rfc3339

    document = {
        "schema": "prodtui.baseline/1",
        "environment": environment,
        "evaluations": [
            {
                "id": e.id,
                "at": rfc3339(e.at),
                "by": e.by,
                "candidate": e.candidate,
                "versions": {name: list(service.versions) for name, service in e.services.items()},
                "verdict": e.verdict.value,
                "decision": e.decision,
                "exit_code": e.exit_code,
                "score": e.score,
                "accepted_at": rfc3339(e.accepted_at),
                "accepted_by": e.accepted_by or None,
                "pinned": e.pinned,
                "max_drift": e.max_drift if e.pinned else None,
            }
            for e in evaluations
        ],
    }
    return json.dumps(document, indent=2) + "\n"
