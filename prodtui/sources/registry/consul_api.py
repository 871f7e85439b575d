"""Consul's HTTP API as it is asked: GET only, within bounds, blocking queries under the index rule."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast
from urllib.parse import quote

import msgspec

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.settings.http_url import shown
from prodtui.sources.http_causes import (
    LIMIT_BYTES,
    OFF_LOOP_BYTES,
    Answered,
    decode,
    decode_off_loop,
    fetch,
    open_client,
)
from prodtui.sources.registry.consul_settings import ConsulSettings
from prodtui.sources.registry.consul_wire import (
    AgentCheck,
    AgentSelf,
    CatalogNode,
    CatalogService,
    Node,
    Registered,
    Row,
    ServiceHealth,
)

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

KEYFRAME_BYTES = 32 * 1024 * 1024
"""A state of 50,000 checks has 25 MB."""
JITTER = 17 / 16
"""A blocking query returns after its wait and up to a sixteenth more."""
AT_ONCE = 8
"""Requests in flight while the catalog is asked service by service."""
FEW = 64
"""So many services are asked about one by one; of more, whole nodes are read where these are fewer."""


@dataclass(frozen=True, slots=True)
class Indexed(Generic[T]):
    """An answer and the index that the next blocking query starts from."""

    value: T
    index: int
    withheld: bool
    """Consul says that the token's rights hid part of it (newer versions, to authenticated callers)."""
    whole: bool = True
    """Not only what does not pass."""


class ConsulApi:
    """One Consul agent or server. Every method raises SourceError."""

    def __init__(self, settings: ConsulSettings) -> None:
        self._url = settings.url
        self._settings = settings
        self._headers = {"X-Consul-Token": settings.token.get_secret_value()} if settings.token else {}
        self._client: httpx.AsyncClient | None = None
        self.requests = 0
        """How many were made since this was last set to 0."""

    async def close(self) -> None:
        """Lets go of every connection; the next request opens anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def state(self, *, index: int = 0, wait_s: float = 0, all_checks: bool = True) -> Indexed[list[Row] | None]:
        """Health checks, all or those that do not pass; with an index, once they change or `wait_s` is over (None:
        nothing has changed)."""
        answered, what = await self._get(
            "health/state/any",
            {} if all_checks else {"filter": 'Status != "passing"'},
            index=index,
            wait_s=wait_s,
            limit_bytes=KEYFRAME_BYTES,
        )
        now = self._index(answered, what)
        rows = None
        if not index or now != index:
            large = len(answered.body) > OFF_LOOP_BYTES
            rows = await asyncio.to_thread(_rows, answered.body, what) if large else _rows(answered.body, what)
        return Indexed(rows, now, _withheld(answered), whole=all_checks)

    async def services(self, *, index: int = 0, wait_s: float = 0) -> Indexed[dict[str, tuple[str, ...]] | None]:
        """Names of all registered services and their tags; with an index, once any registration changes or `wait_s`
        is over (None: none has changed)."""
        answered, what = await self._get("catalog/services", index=index, wait_s=wait_s, limit_bytes=KEYFRAME_BYTES)
        now = self._index(answered, what)
        if index and now == index:
            return Indexed(None, now, _withheld(answered))
        names = await decode_off_loop(answered.body, dict[str, tuple[str, ...] | None], what)
        return Indexed({name: tags or () for name, tags in names.items()}, now, _withheld(answered))

    async def instances(self, name: str) -> tuple[Registered, ...]:
        """The instances of a service; none of a service that is not registered."""
        rows = await self._read(f"catalog/service/{quote(name, safe='')}", list[CatalogService])
        return tuple(row.registered() for row in rows)

    async def nodes(self) -> tuple[str, ...]:
        """Names of all nodes."""
        return tuple(node.node for node in await self._read("catalog/nodes", list[Node], KEYFRAME_BYTES))

    async def on_node(self, node: str) -> tuple[Registered, ...]:
        """The instances on a node."""
        maybe = cast("type[CatalogNode | None]", CatalogNode | None)  # null for a node that has left
        answer = await self._read(f"catalog/node/{quote(node, safe='')}", maybe, KEYFRAME_BYTES)
        return answer.registered() if answer else ()

    async def service_health(self, name: str) -> tuple[tuple[Registered, ...], tuple[Row, ...]]:
        """The instances of a service, and its checks."""
        entries = await self._read(f"health/service/{quote(name, safe='')}", list[ServiceHealth])
        return (
            tuple(entry.service.registered(entry.node) for entry in entries),
            tuple(row for entry in entries for row in entry.checks if row.service_id),
        )

    async def node_checks(self, node: str) -> tuple[Row, ...]:
        """The checks of a node itself."""
        rows = await self._read(f"health/node/{quote(node, safe='')}", list[Row])
        return tuple(row for row in rows if not row.service_id)

    async def version(self) -> str | None:
        """Consul's version, where the token may ask for it."""
        try:
            return (await self._read("agent/self", AgentSelf)).config.version or None
        except SourceError as error:
            if error.cause.cause_class in (CauseClass.PERMISSION, CauseClass.NOT_FOUND):
                return None
            raise

    async def fresh_outputs(self) -> Mapping[tuple[str, str], str]:
        """Outputs of this agent's own checks, by node and check; empty where the token may not ask."""
        try:
            checks = await self._read("agent/checks", dict[str, AgentCheck], KEYFRAME_BYTES)
        except SourceError as error:
            if error.cause.cause_class in (CauseClass.PERMISSION, CauseClass.NOT_FOUND):
                return {}
            raise
        return {(check.node, check.check_id): check.output for check in checks.values()}

    async def describe(self, names: Collection[str], *, within_s: float) -> dict[str, tuple[Registered, ...]]:
        """The instances of these services; only of some where not all are answered in time."""
        if len(names) > FEW and 2 * len(nodes := await self.nodes()) <= len(names):
            by_node = await self._each(nodes, self.on_node, within_s / 2)
            if len(by_node) == len(nodes):
                found: dict[str, list[Registered]] = defaultdict(list)
                for instances in by_node.values():
                    for instance in instances:
                        found[instance.service].append(instance)
                return {name: tuple(found[name]) for name in names}
        return await self._each(names, self.instances, within_s / 2)

    async def _each(
        self, names: Iterable[str], ask: Callable[[str], Awaitable[tuple[Registered, ...]]], within_s: float
    ) -> dict[str, tuple[Registered, ...]]:
        left = list(names)
        found: dict[str, tuple[Registered, ...]] = {}
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s

        async def work() -> None:
            while left and loop.time() < end:
                name = left.pop()
                found[name] = await ask(name)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(left))):
                    group.create_task(work())
        except* SourceError as failed:
            raise failed.exceptions[0] from None
        return found

    async def _read(self, path: str, type: type[T], limit_bytes: int = LIMIT_BYTES) -> T:  # noqa: A002
        answered, what = await self._get(path, limit_bytes=limit_bytes)
        return await decode_off_loop(answered.body, type, what)

    async def _get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        index: int = 0,
        wait_s: float = 0,
        limit_bytes: int = LIMIT_BYTES,
    ) -> tuple[Answered, str]:
        if self._client is None:
            own = self._settings
            self._client = open_client(
                self._url,
                ca_file=own.ca_file,
                certificate=(own.cert_file, own.key_file) if own.cert_file else None,
                verify=own.verify,
                timeout_s=own.timeout,
                connections=AT_ONCE + 4,
            )
        asked = dict(params or {})
        if self._settings.datacenter:
            asked["dc"] = self._settings.datacenter
        if index:
            asked |= {"index": str(index), "wait": f"{max(1, round(wait_s * 1000))}ms"}
        what = f"Consul at {shown(self._url)}, /v1/{path}"
        self.requests += 1
        try:
            answered = await fetch(
                self._client,
                f"{self._url}/v1/{path}",
                what=what,
                limit_bytes=limit_bytes,
                params=asked,
                headers=self._headers,
                timeout=self._settings.timeout + (wait_s * JITTER if index else 0),
            )
        except SourceError as error:
            raise _explained(error) from error
        return answered, what

    def _index(self, answered: Answered, what: str) -> int:
        """The answer's index; 0 never blocks, and Consul itself never answers less than 1."""
        text = answered.headers.get("x-consul-index", "")
        if not text.isdecimal():
            raise SourceError(CauseClass.PROTOCOL, f"{what}: no X-Consul-Index, so this is not Consul's HTTP API")
        return max(1, int(text))


def _rows(body: bytes, what: str) -> list[Row]:
    """One by one: decoding megabytes in one call holds the interpreter, and so the event loop, for 60 ms."""
    return [decode(row, Row, what) for row in decode(body, list[msgspec.Raw], what)]


def _withheld(answered: Answered) -> bool:
    return answered.headers.get("x-consul-results-filtered-by-acls", "").lower() == "true"


def _explained(error: SourceError) -> SourceError:
    message = error.cause.message
    if error.cause.cause_class is CauseClass.PERMISSION and "ACL not found" in message:
        return SourceError(CauseClass.AUTH, f"{message}: Consul does not know this token")
    if "No cluster leader" in message:
        return SourceError(error.cause.cause_class, f"{message}: Consul's servers have elected none")
    return error
