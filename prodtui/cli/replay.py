"""`prodtui replay FILE`: a recorded journal on the same screens, with the file's clock."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from prodtui.cli.options import Config, Env, PolicyOption, shared
from prodtui.cli.policies import judged_by, policy_for
from prodtui.cli.terminal import on_screen


def replay(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A journal that `prodtui watch` or the dashboard kept.")],
    speed: Annotated[float, typer.Option(min=0.1, max=1_000, metavar="N", help="So many times as fast.")] = 1.0,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Begin there: 14:02, 2026-11-22T14:02:58Z.")
    ] = None,
    theme: Annotated[str | None, typer.Option(help="dark, light, contrast, mono, one of yours, or a file.")] = None,
    policy: PolicyOption = None,
    config: Config = None,
    env: Env = None,
) -> None:
    """Shows a recorded journal on the dashboard's screens with the file's clock; nothing is read but the file.

    `t` opens the time bar: step, type a time, jump from event to event. At the end the clock stops. Without a terminal
    the status at the end is printed. Which policy judges, that of now, is said on stderr.

    Example: prodtui replay lab.journal --from 14:02 --speed 10

    Exit codes: 0; 2 no journal, a damaged or newer one, or a time that can't be read.
    """
    from prodtui.cli.log import log_to_file
    from prodtui.cli.reel import Reel
    from prodtui.readiness.standard import Standard

    log_to_file()
    path, wanted = shared(context, config, env)
    rules = policy_for(policy, path)
    reel = Reel(file, wanted, Standard(policy=rules), speed=speed)
    # Before there is a screen it is said that the file can't be used, or the time not be read.
    end = asyncio.run(reel.wind(since))
    sys.stderr.write(f"prodtui: judged by {judged_by(rules)}\n")
    if not on_screen():
        from prodtui.reports.status_text import status_text

        sys.stdout.write(status_text(end))
        return
    from prodtui.cli.dashboard import replayed

    raise typer.Exit(replayed(reel, theme=theme))
