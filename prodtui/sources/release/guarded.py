"""An unauthenticated GET of a path that should not be open to everyone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from prodtui.model.evidence import Guard, GuardedPath
from prodtui.model.text import neutralise, neutralise_name
from prodtui.sources.http_causes import source_error

if TYPE_CHECKING:
    import httpx


class Door(NamedTuple):
    """What is knocked at."""

    service: str
    instance: str
    guard: Guard
    path: str
    url: str
    server_name: str = ""
    """Over TLS: the name that its certificate must bear."""


def unanswered(door: Door, trouble: str) -> GuardedPath:
    """The record where there was no answer, and why."""
    return _record(door, None, trouble)


async def knocked(door: Door, client: httpx.AsyncClient, limit_s: float) -> GuardedPath:
    """How it answers: the status alone counts, the body is left unread. Never raises for what the instance does."""
    import httpx

    headers = {"Host": f"{door.server_name}:{httpx.URL(door.url).port or 443}"} if door.server_name else {}
    extensions = {"sni_hostname": door.server_name} if door.server_name else {}
    try:
        async with (
            asyncio.timeout(limit_s),
            client.stream("GET", door.url, headers=headers, extensions=extensions) as answered,
        ):
            return _record(door, answered.status_code, "")
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        return unanswered(door, source_error(error, f"GET {door.url}").cause.message)


def _record(door: Door, status: int | None, trouble: str) -> GuardedPath:
    return GuardedPath(
        service=door.service,
        instance=door.instance,
        guard=door.guard,
        path=neutralise_name(door.path),
        url=neutralise(door.url, longest=2000),
        status=status,
        trouble=trouble,
    )
