"""`prodtui watch`: polls while nobody looks, keeps the journal, and says how it is over HTTP."""

from __future__ import annotations

import asyncio
import logging
import signal
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.environment import environment
from prodtui.cli.gate import letting_go, memory, policy_of
from prodtui.cli.journals import journal_of, kept
from prodtui.cli.options import Config, Env, PolicyOption, shared

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment
    from prodtui.watch.http import Address

_log = logging.getLogger(__name__)
LISTEN = "127.0.0.1:9707"


def watch(
    context: typer.Context,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where /healthz, /metrics and /check are; port 0 is any.")
    ] = LISTEN,
    policy: PolicyOption = None,
    config: Config = None,
    env: Env = None,
) -> None:
    """Polls, assesses and keeps the journal while nobody looks; for systemd. It ends by SIGTERM or ctrl-c.

    A dashboard on the same host follows this journal instead of polling a second time. /healthz answers 200 while
    moments are made, else 503; /metrics is for Prometheus; /check and /check/SERVICE answer what `prodtui check` would
    decide, for Argo Rollouts' web metrics and Flagger's webhooks. Verdicts that change are logged on stderr.

    Example: prodtui watch --env prod-eu --listen 127.0.0.1:9707

    Exit codes: 0; 2 configuration, or an address that can't be used.
    """
    from prodtui.cli.log import log_to_stderr
    from prodtui.watch.http import address

    where = address(listen)
    found = environment(*shared(context, config, env))
    rules = policy_of(found, policy)
    log_to_stderr()
    asyncio.run(_watched(found, rules, where))


async def _watched(environment: Environment, policy: Policy, where: Address) -> None:
    from prodtui.cli.oncall import on_call
    from prodtui.cli.recent_rollouts import OFTEN_S, RecentRollouts
    from prodtui.cli.recoveries import Recoveries
    from prodtui.journal.database import StoreError
    from prodtui.sources.task_groups import first_failure
    from prodtui.watch.headless import Headless
    from prodtui.watch.http import serving
    from prodtui.watch.opened import opened
    from prodtui.watch.systemd import Systemd
    from prodtui.watch.web_check import WebCheck, is_check

    stop = asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    known = await memory(environment, policy)
    for remark in known.remarks:
        _log.warning(remark)
    recoveries = Recoveries(known.store, environment, policy.digest)
    rollouts = RecentRollouts(known.store, environment.name)
    journal = None
    try:
        journal = journal_of(environment)
    except StoreError as error:
        _log.warning("%s", error)
    headless = Headless(
        environment.declared,
        version=version("prodtui"),
        systemd=Systemd(),
        check=WebCheck(policy, lambda: rollouts.known),
        journal=partial(kept, journal),
    )
    try:
        async with serving(where, headless.answer, is_check) as served:
            _log.info("watching", extra={"environment": environment.name, "listen": f"http://{served}"})
            async with (
                on_call(environment, _log.warning) as telling,
                await opened(environment, known.standard, journal) as watch,
            ):

                async def keep(moment: Moment) -> None:
                    if telling is not None:
                        telling.look(moment)
                    await recoveries.keep(moment)

                with first_failure():
                    async with asyncio.TaskGroup() as beside:
                        following = beside.create_task(rollouts.follow(OFTEN_S))
                        await headless.run(watch.moments(), keep, stop)
                        following.cancel()
    finally:
        if journal is not None:
            await journal.close()
        await letting_go(known.store)
