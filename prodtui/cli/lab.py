"""`prodtui lab`: a real local stack to try, demonstrate and test against."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.lab_canary import canary, running
from prodtui.cli.terminal import on_screen
from prodtui.lab.errors import UnknownFault
from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.lab.state import Lab
    from prodtui.model.moment import Moment

app = typer.Typer(no_args_is_help=False)
app.add_typer(canary, name="canary")

FIRST_WINDOWS_S = 90.0


class RegistryKind(StrEnum):
    CONSUL = "consul"
    ETCD = "etcd"


Registry = Annotated[RegistryKind | None, typer.Option(help="Service registry; Consul where it can be had.")]


def _say(line: str) -> None:
    typer.echo(line, err=True)


@app.callback(invoke_without_command=True)
def _demo(context: typer.Context, registry: Registry = None) -> None:
    """A real local stack to try things on. Bare `lab`: up, then the dashboard, then down.

    Without a terminal it prints the status once instead of the dashboard.

    Example: prodtui lab

    Exit codes: 0; 1 the lab did not come up.
    """
    if context.invoked_subcommand is not None:
        return
    from prodtui.lab import stack

    if (already := stack.running()) is not None:
        _say(f"the lab runs already in {already.directory}: it is shown, and left running")
        raise typer.Exit(_show(Path(already.config_path)))
    lab = stack.up(registry=registry.value if registry else None, say=_say)
    try:
        code = _show(Path(lab.config_path))
    finally:
        stack.down(say=_say)
    raise typer.Exit(code)


@app.command()
def up(registry: Registry = None) -> None:
    """Starts the lab and says what runs where. Exit codes: 0; 1 it did not come up, or runs already."""
    from prodtui.lab import stack

    lab = stack.up(registry=registry.value if registry else None, say=_say)
    _print(lab)
    typer.echo(f"\nprodtui --config {lab.config_path}")


@app.command()
def down() -> None:
    """Ends what `lab up` started and leaves nothing. Exit codes: 0."""
    from prodtui.lab import stack

    stack.down(say=_say)


@app.command()
def status() -> None:
    """Says what runs where, and which faults are in. Exit codes: 0; 1 no lab runs."""
    from prodtui.lab import canary, fleet
    from prodtui.lab.state import recorded

    lab = running()
    state, percent = recorded(lab.directory), canary.percent(lab)
    _print(lab)
    typer.echo(f"load: {fleet.rate_of(state):g} requests/s")
    if percent is not None:
        typer.echo(f"canary: {state.canary}, {percent:g} % of payments' traffic")
    typer.echo(f"faults: {', '.join(state.faults) or 'none'}")


@app.command()
def load(rate: Annotated[float, typer.Argument(min=0.1, help="Requests/s to storefront.")]) -> None:
    """Lets the load come at another rate. Example: prodtui lab load 60. Exit codes: 0; 1 no lab runs."""
    from prodtui.lab import fleet

    fleet.drive(running(), rate)
    typer.echo(f"load: {rate:g} requests/s")


@app.command()
def faults() -> None:
    """Lists the faults that can be injected. Exit codes: 0."""
    from prodtui.lab.faults import FAULTS

    width = max(len(name) for name in FAULTS)
    for name, fault in FAULTS.items():
        typer.echo(f"{name:<{width}}  {fault.title}")


@app.command()
def fault(name: Annotated[str, typer.Argument(help="One of `prodtui lab faults`.")]) -> None:
    """Breaks one real part. Example: prodtui lab fault pool-exhausted. Exit codes: 0; 1 already in; 2 no such fault."""
    from prodtui.lab.faults import FAULTS, inject

    with _unknown_is_usage():
        inject(running(), name)
    typer.echo(f"injected: {name} — {FAULTS[name].title}")


@app.command()
def heal(name: Annotated[str | None, typer.Argument(help="A fault; all that are in by default.")] = None) -> None:
    """Undoes a fault, or all of them. Exit codes: 0; 1 it was not in; 2 no such fault."""
    from prodtui.lab.faults import heal as undo

    with _unknown_is_usage():
        healed = undo(running(), name)
    typer.echo(f"healed: {', '.join(healed) or 'nothing was broken'}")


@app.command("config")
def config_path(
    policy: Annotated[bool, typer.Option("--policy", help="The readiness policy's path instead.")] = False,
    rollout: Annotated[bool, typer.Option("--rollout", help="The path of a plan that rolls payments out.")] = False,
) -> None:
    """Prints the path of a configuration that points at the running lab. Exit codes: 0; 1 no lab runs."""
    lab = running()
    typer.echo(lab.policy_path if policy else lab.rollout_path if rollout else lab.config_path)


@contextmanager
def _unknown_is_usage() -> Iterator[None]:
    try:
        yield
    except UnknownFault as error:
        raise UsageError(str(error)) from error


def _print(lab: Lab) -> None:
    width = max((len(server.name) for server in lab.servers), default=0)
    for server in lab.servers:
        typer.echo(f"{server.name:<{width}}  {server.url or server.address}  {server.version}".rstrip())


def _show(config: Path) -> int:
    """The dashboard on the lab; without a terminal, its status once."""
    if on_screen():
        from prodtui.cli.dashboard import dashboard

        return dashboard(config, None)
    import asyncio

    from prodtui.reports.status_text import status_text

    sys.stdout.write(status_text(asyncio.run(_measured(config))))
    return 0


async def _measured(config: Path) -> Moment:
    """The lab once its first windows are measured: before, nobody can say how fast it is, or how its budget burns."""
    import asyncio
    import time

    from prodtui.cli.environment import environment
    from prodtui.cli.gate import policy_of
    from prodtui.model.assessment import Verdict
    from prodtui.readiness.standard import Standard
    from prodtui.watch import read_once

    found, ends = environment(config, None), time.monotonic() + FIRST_WINDOWS_S
    standard = Standard(policy=policy_of(found, None))
    while True:
        moment = await read_once(found, standard, readings=2)
        if moment.assessment.verdict in (Verdict.READY, Verdict.WARN) or time.monotonic() > ends:
            return moment
        _say("waiting for the first minute to be measured")
        await asyncio.sleep(10)
