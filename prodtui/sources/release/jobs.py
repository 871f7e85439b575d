"""What is asked of one instance because its policy says so, each as a job that makes one record."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from prodtui.model.asks import ServiceAsks, TlsAsk
from prodtui.model.errors import SourceError
from prodtui.model.evidence import Certificate, Guard, GuardedPath
from prodtui.sources.http_causes import open_client, reason
from prodtui.sources.release import guarded, tls
from prodtui.sources.release.guarded import Door
from prodtui.sources.release.tls import Peer

if TYPE_CHECKING:
    import httpx

Shown = Certificate | GuardedPath
Key = tuple[str, str]
"""A record's tag and key."""


class Target(NamedTuple):
    """An instance of a service of which something is asked."""

    service: str
    id: str
    address: str
    port: int | None
    https: bool
    """Its registry says that it speaks TLS."""


class Job(NamedTuple):
    """One record to be made."""

    unmade: Callable[[str], Shown]
    """The record where it could not be made, by why."""
    make: Callable[[], Awaitable[Shown]]

    @property
    def key(self) -> Key:
        record = self.unmade("")
        return cast("str", type(record).__struct_config__.tag), record.key


class Means:
    """What the jobs of one round share: whom to trust, and HTTP clients. Files are read anew for each round."""

    def __init__(self, limit_s: float, at_once: int) -> None:
        self.limit_s = limit_s
        self._at_once = at_once
        self._trusting: dict[str, ssl.SSLContext | str] = {}
        self._clients: dict[tuple[bool, str], httpx.AsyncClient | str] = {}

    async def trust(self, ca_files: Iterable[str]) -> None:
        """Reads these files; an empty name stands for the host's own store."""
        for ca_file in ca_files:
            try:
                self._trusting[ca_file] = await asyncio.to_thread(tls.authorities, ca_file)
            except OSError as error:
                self._trusting[ca_file] = f"{ca_file}: not usable as CA certificates: {reason(error)}"

    def trusting(self, ca_file: str) -> ssl.SSLContext | str:
        """Trusts whom the file trusts; why it cannot be used, where it cannot."""
        return self._trusting[ca_file]

    def client(self, *, https: bool, ca_file: str) -> httpx.AsyncClient | str:
        """A client without credentials; why there is none, where the CA file cannot be used."""
        key = (https, ca_file)
        if key not in self._clients:
            try:
                self._clients[key] = open_client(
                    "https:" if https else "http:",
                    ca_file=ca_file or None,
                    connections=self._at_once,
                    keep_alive=False,
                    timeout_s=self.limit_s,
                )
            except SourceError as error:
                self._clients[key] = error.cause.message
        return self._clients[key]

    async def close(self) -> None:
        """Lets go of every connection."""
        for client in self._clients.values():
            if not isinstance(client, str):
                await client.aclose()


def jobs(target: Target, asked: ServiceAsks, means: Means) -> Iterator[Job]:
    """Everything that is asked of this instance."""
    if asked.tls is not None:
        yield _handshake(target, asked.tls, means)
    for path in asked.protected:
        yield _knock(target, Guard.PROTECTED, path, asked.tls, means)
    for path in asked.admin:
        if path not in asked.protected:  # to refuse it is more than not to have it
            yield _knock(target, Guard.ADMIN, path, asked.tls, means)


def _handshake(target: Target, asked: TlsAsk, means: Means) -> Job:
    port = asked.port or target.port
    peer = Peer(target.service, target.id, target.address, port or 0, asked.server_name or target.service)
    trusting = means.trusting(asked.ca_file)
    trouble = _unreachable(target, port) or (trusting if isinstance(trusting, str) else "")

    async def make() -> Certificate:
        if trouble or isinstance(trusting, str):
            return tls.unanswered(peer, trouble)
        return await tls.certificate(peer, trusting, means.limit_s)

    return Job(partial(tls.unanswered, peer), make)


def _knock(target: Target, guard: Guard, path: str, asked: TlsAsk | None, means: Means) -> Job:
    port = (asked.port if asked is not None else None) or target.port
    https = asked is not None or target.https
    host = f"[{target.address}]" if ":" in target.address else target.address
    url = f"{'https' if https else 'http'}://{host}:{port or 0}{path}"
    named = (asked.server_name or target.service) if asked is not None else ""
    door = Door(target.service, target.id, guard, path, url, named)
    client = means.client(https=https, ca_file=asked.ca_file if asked is not None else "")
    trouble = _unreachable(target, port) or (client if isinstance(client, str) else "")

    async def make() -> GuardedPath:
        if trouble or isinstance(client, str):
            return guarded.unanswered(door, trouble)
        return await guarded.knocked(door, client, means.limit_s)

    return Job(partial(guarded.unanswered, door), make)


def _unreachable(target: Target, port: int | None) -> str:
    if not target.address:
        return "its registry tells no address"
    return "" if port else "its registry tells no port"
