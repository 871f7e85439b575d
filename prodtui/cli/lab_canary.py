"""`prodtui lab canary`: a candidate of payments beside the stable version, for rollouts to try."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.lab.errors import LabError

if TYPE_CHECKING:
    from prodtui.lab.state import Lab

canary = typer.Typer(no_args_is_help=True)


class Build(StrEnum):
    GOOD = "good"
    SLOW = "slow"
    WRONG = "wrong"
    CRASHING = "crashing"


Where = Annotated[Path | None, typer.Option("--lab", help="The lab's directory; the one of `lab up` by default.")]


def running(directory: Path | None = None) -> Lab:
    """The lab that runs; LabError where none does."""
    from prodtui.lab import stack

    lab = stack.running(directory)
    if lab is None:
        raise LabError("no lab runs here; start one with `prodtui lab up`")
    return lab


@canary.callback()
def _of(context: typer.Context, lab: Where = None) -> None:
    """A candidate of payments beside the stable version, behind Envoy's weighted clusters."""
    context.obj = lab


@canary.command()
def up(
    context: typer.Context,
    build: Annotated[Build, typer.Option(help="What its release brings.")] = Build.GOOD,
) -> None:
    """Starts a candidate, without traffic as yet. Exit codes: 0; 1 one is up already, or it did not come up."""
    from prodtui.lab import canary as candidate
    from prodtui.lab.builds import BUILDS

    candidate.up(running(context.obj), build.value)
    typer.echo(f"canary: {build.value} — {BUILDS[build.value].does}; no traffic yet")


@canary.command()
def weight(
    context: typer.Context,
    percent: Annotated[float, typer.Argument(min=0, max=100, help="Share of payments' traffic.")],
) -> None:
    """Gives it a share of the traffic. Example: prodtui lab canary weight 10. Exit codes: 0; 1 there is none."""
    from prodtui.lab import canary as candidate

    candidate.weigh(running(context.obj), percent)
    typer.echo(f"canary: {percent:g} % of payments' traffic")


@canary.command()
def down(context: typer.Context) -> None:
    """Takes its traffic from it and ends it. Exit codes: 0."""
    from prodtui.lab import canary as candidate

    candidate.down(running(context.obj))
