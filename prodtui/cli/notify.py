"""`prodtui notify`: tries a notification, and lists what became of the last ones."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.environment import environment
from prodtui.cli.options import Config, Env, Format, FormatOption, shared
from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.journal.notice_store import Sent
    from prodtui.model.notice import Notice
    from prodtui.oncall.channel import Channel
    from prodtui.settings.loaded import Environment

app = typer.Typer(name="notify", no_args_is_help=True, help="Try notifications, and see what became of the last ones.")
LAST = 5
"""Notices listed for each channel."""


@app.command("test")
def try_out(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Of a [notify.NAME] table.", metavar="NAME")],
    config: Config = None,
    env: Env = None,
) -> None:
    """Sends one test message now, whatever the channel's filters, hours and rate, and says what came of it.

    Example: prodtui notify test on-call

    Exit codes: 0 sent; 1 not sent; 2 configuration, or no such channel.
    """
    found = environment(*shared(context, config, env))
    ok, said = asyncio.run(_tested(found, _channel(name, found)))
    typer.echo(said, err=not ok)
    if not ok:
        raise typer.Exit(1)


@app.command("list")
def list_(context: typer.Context, form: FormatOption = Format.TEXT, config: Config = None, env: Env = None) -> None:
    """Lists the channels of an environment and what became of their last messages.

    Example: prodtui notify list --env prod-eu

    Exit codes: 0; 1 the store can't be read; 2 configuration.
    """
    found = environment(*shared(context, config, env))
    told = asyncio.run(_last(found))
    typer.echo(_json(told) if form is Format.JSON else _text(found, told))


def _channel(name: str, found: Environment) -> Channel:
    """Raises UsageError, naming what there is."""
    from prodtui.cli.oncall import channels
    from prodtui.settings.keys import nearest

    known = {one.name: one for one in channels(found, _ring)}
    if name in known:
        return known[name]
    near = nearest(name, known)
    hint = f'; did you mean "{near}"?' if near else "."
    raise UsageError(f'no channel "{name}" for {found.name}{hint} Channels: {", ".join(known) or "none"}')


def _ring(sequence: str) -> None:
    """Raises OSError where this command has no terminal, wherever its output goes."""
    with Path("/dev/tty").open("w", encoding="utf-8") as terminal:
        terminal.write(sequence)


async def _tested(found: Environment, channel: Channel) -> tuple[bool, str]:
    """Whether it was sent, and what is to be said of it."""
    from prodtui.cli.audit_trail import written
    from prodtui.model.audited import Act
    from prodtui.model.errors import NotifyError

    notice = _notice(found)
    try:
        said = await channel.send(notice)
    except NotifyError as error:
        again = "it would be tried again" if error.retry else "it would not be tried again"
        result, ok = str(error), False
        shown = f"{channel.name}: not sent to {channel.where}: {error} ({again})"
    else:
        result, ok = f"sent: {said}", True
        shown = f"{channel.name}: sent to {channel.where}: {said}"
    finally:
        await channel.close()
    details = {"notice": notice.id, "title": notice.title, "kind": channel.kind, "where": channel.where}
    remarks = (
        await written(found, Act.NOTIFICATION, channel.name, result, details),
        await _noted(found, channel, notice, result),
    )
    return ok, "\n".join((shown, *filter(None, remarks)))


def _notice(found: Environment) -> Notice:
    from prodtui.cli.store import by
    from prodtui.model.notice import About, Notice, Severity

    now = time.time()
    made = f"test-{secrets.token_hex(8)}"
    return Notice(
        id=made,
        incident=made,
        environment=found.name,
        about=About.TEST,
        severity=Severity.WARNING,
        at=now,
        began_at=now,
        title=f"test of prodtui's notifications by {by()}",
        lines=("nothing is wrong: somebody wants to know whether this arrives",),
    )


async def _noted(found: Environment, channel: Channel, notice: Notice, result: str) -> str:
    """Keeps what came of it, for `notify list`; what could not be kept."""
    from prodtui.cli.gate import in_time
    from prodtui.cli.oncall import notices_in
    from prodtui.journal.database import StoreError

    try:
        store = notices_in(found)
        try:
            kept = store.add(notice, channel.name, due_at=_NEVER)
            _, late = await in_time(kept, "its result is not kept")
            if not late:
                _, late = await in_time(
                    store.done([notice], channel.name, time.time(), result), "its result is not kept"
                )
        finally:
            await in_time(store.close(), "")
    except StoreError as error:
        return f"{error}; its result is not kept"
    return late


_NEVER = 1e12
"""Nobody else is to send it: a time in the year 33658."""


async def _last(found: Environment) -> dict[Channel, tuple[Sent, ...]]:
    """Raises StoreError."""
    from prodtui.cli.oncall import channels, notices_in

    store = notices_in(found)
    try:
        return {one: await store.last(found.name, one.name, LAST) for one in channels(found, _ring)}
    finally:
        await store.close()


def _text(found: Environment, told: dict[Channel, tuple[Sent, ...]]) -> str:
    from prodtui.reports.incident.words import dated
    from prodtui.reports.words import table

    if not told:
        return f"no [notify.NAME] table is for {found.name}; docs/notifications.md has an example of each kind"
    lines = table(
        ("channel", "kind", "where", "least", "about"),
        [(one.name, one.kind, one.where, one.rules.severity, ", ".join(one.rules.about) or "all") for one in told],
    )
    for channel, sent in told.items():
        lines += ["", f"{channel.name}: {'the last messages' if sent else 'nothing was sent from this store'}"]
        lines += [f"  {dated(one.notice.at)} {_became(one)}: {one.notice.title}" for one in sent]
    return "\n".join(lines)


def _became(sent: Sent) -> str:
    if sent.done_at is not None:
        return sent.result
    return f"waits after {sent.tries} tries ({sent.result})" if sent.result else "waits"


def _json(told: dict[Channel, tuple[Sent, ...]]) -> str:
    import msgspec

    from prodtui.reports.fields import rfc3339

    channels = [
        {
            "name": channel.name,
            "kind": channel.kind,
            "where": channel.where,
            "last": [
                {
                    "id": one.notice.id,
                    "at": rfc3339(one.notice.at),
                    "title": one.notice.title,
                    "severity": one.notice.severity,
                    "recovered": one.notice.recovered,
                    "tries": one.tries,
                    "done_at": rfc3339(one.done_at),
                    "result": one.result,
                }
                for one in sent
            ],
        }
        for channel, sent in told.items()
    ]
    return msgspec.json.format(
        msgspec.json.encode({"schema": "prodtui.notify/1", "channels": channels}), indent=2
    ).decode()
