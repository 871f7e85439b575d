"""`prodtui rollout`: a staged rollout, watched and decided."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.keys import look_of
from prodtui.cli.options import Config, Env, Format, FormatOption, PolicyOption, shared
from prodtui.cli.terminal import on_screen
from prodtui.model.errors import ConfigurationError, ProdtuiError, UsageError

if TYPE_CHECKING:
    from prodtui.cli.rollouts import Rollouts

app = typer.Typer(no_args_is_help=True, help="A release taken through rising shares of traffic, watched and decided.")

Service = Annotated[str | None, typer.Option("--service", help="Which one, where rollouts of several are open.")]
Reason = Annotated[str, typer.Argument(metavar="[REASON]", help="Why; it is kept and audited.")]


@app.command()
def start(
    context: typer.Context,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan, such as rollout.toml.")],
    candidate: Annotated[str | None, typer.Option(metavar="VERSION", help="The version that is rolled out.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Begin without asking.")] = False,
    policy: PolicyOption = None,
    config: Config = None,
    env: Env = None,
) -> None:
    """Looks whether all is well, takes the release through the plan's stages, watches each, and goes back by itself.

    Whatever ends this process, the rollout is kept: `prodtui rollout resume` goes on with it. A plan without hooks
    changes nothing and ends with the decision.

    Example: prodtui rollout start rollout.toml --candidate 2.4.0

    Exit codes: 0 promoted; 1 rolled back or aborted, or not begun since production is not ready; 2 usage or plan; 3
    held or left, undecided, or not begun since it can't be told.
    """
    from prodtui.rollout.plan_file.load import load

    found = load(plan, candidate)
    rollouts = _rollouts(context, config, env, policy, drives=True)
    raise typer.Exit(_decided(rollouts.start(found, confirmed=yes)))


@app.command()
def status(
    context: typer.Context,
    service: Service = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
    config: Config = None,
    env: Env = None,
) -> None:
    """Tells how the open rollout goes and what it waits for, else how the last one ended.

    Example: prodtui rollout status --format json

    Exit codes: 0; 1 the store can't be used; 2 configuration, or no rollout is kept.
    """
    from prodtui.cli.rollout_claim import driven_now
    from prodtui.model.rollout import Driver
    from prodtui.reports.rollout_json import rollout_json
    from prodtui.reports.rollout_text import rollout_text

    kept = asyncio.run(_rollouts(context, config, env).newest(service))
    told = rollout_json if format is Format.JSON else rollout_text
    sys.stdout.write(told(kept.rollout, time.time(), Driver(kept.driver, driven_now(kept))))


@app.command()
def pause(
    context: typer.Context, reason: Reason = "", service: Service = None, config: Config = None, env: Env = None
) -> None:
    """Keeps the open rollout in its stage. It is watched on, and what is bad still goes back.

    Example: prodtui rollout pause "waiting for the database team"

    Exit codes: 0; 2 there is none to pause, or it can't be paused.
    """
    asyncio.run(_rollouts(context, config, env).pause(service, reason))


@app.command()
def resume(
    context: typer.Context,
    reason: Reason = "",
    service: Service = None,
    policy: PolicyOption = None,
    config: Config = None,
    env: Env = None,
) -> None:
    """Goes on with a rollout that is paused, held (which wants a reason), or whose process was killed.

    Where another process drives it, that one goes on; else this one does, as `start`.

    Example: prodtui rollout resume "Prometheus was moved, its data is complete again"

    Exit codes: 0 promoted, or the process that drives it goes on; 1 rolled back or aborted; 2 there is none to resume,
    or it is driven; 3 held or left, undecided.
    """
    raise typer.Exit(_decided(_rollouts(context, config, env, policy, drives=True).resume(service, reason)))


@app.command()
def abort(
    context: typer.Context, reason: Reason = "", service: Service = None, config: Config = None, env: Env = None
) -> None:
    """Ends the open rollout: its rollback hook moves all traffic back.

    Example: prodtui rollout abort "wrong build"

    Exit codes: 0 all traffic is back; 1 the rollback hook failed; 2 there is none to abort.
    """
    raise typer.Exit(asyncio.run(_rollouts(context, config, env).abort(service, reason)))


@app.command()
def history(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many, the newest.")] = 20,
    config: Config = None,
    env: Env = None,
) -> None:
    """Lists the environment's rollouts, newest first, and how each ended.

    Example: prodtui rollout history

    Exit codes: 0; 1 the store can't be used; 2 configuration.
    """
    from prodtui.reports.rollout_text import rollouts_text

    kept = asyncio.run(_rollouts(context, config, env).history(limit))
    sys.stdout.write(rollouts_text(each.rollout for each in kept))


def _rollouts(
    context: typer.Context, config: Path | None, env: str | None, policy: Path | None = None, *, drives: bool = False
) -> Rollouts:
    """The rollouts of the environment. Raises ConfigurationError, UsageError.

    `drives`: what its screen could not be shown by is an error before anything begins.
    """
    from prodtui.cli.environment import environment
    from prodtui.cli.gate import policy_of
    from prodtui.cli.rollouts import Rollouts

    found = environment(*shared(context, config, env))
    if drives and on_screen():
        look_of(found)
    return Rollouts(found, policy_of(found, policy))


def _decided(driving: Coroutine[None, None, int]) -> int:
    """The exit code of what is driven: where the store fails or somebody else drives it, nothing is decided."""
    from prodtui.cli.rollouts import UNDECIDED

    try:
        return asyncio.run(driving)
    except (ConfigurationError, UsageError):
        raise
    except ProdtuiError as error:
        typer.echo(f"prodtui: {error}", err=True)
        return UNDECIDED


def confirmed(question: str) -> None:
    """Asks on the terminal. Raises UsageError where nobody could answer, or the answer is no."""
    if not sys.stdin.isatty():
        raise UsageError("hooks would move traffic: give --yes, as nobody can be asked here")
    if not typer.confirm(question, err=True):
        raise UsageError("not begun")
