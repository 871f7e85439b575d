"""etcd as a registry: a leased key is an instance that is present. It knows no health; direct probes tell of that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import ClassVar

from prodtui.model.reading import About, Answer, Removed
from prodtui.model.records import AnyRecord, Instance, Plane, Service
from prodtui.settings.source import SourceSettings
from prodtui.sources.registry.etcd_api import Compacted, EtcdApi, Event, KeyValue
from prodtui.sources.registry.etcd_records import NO_LEASE, instance
from prodtui.sources.registry.etcd_settings import EtcdSettings

DEFAULT_INTERVAL_S = 2.0
KEYFRAME_S = 60.0
"""The whole range is read anew this often; it also tells a watch that has gone deaf from a quiet fleet."""
GAP_S = 0.25
"""Least time between two answers, so that a burst of events is one."""
MANY = 500
"""From so many keys on they are read in a thread."""


class Etcd:
    """Reads one prefix."""

    kind: ClassVar[str] = "etcd"
    plane: ClassVar[Plane] = Plane.REGISTRY
    Settings: ClassVar[type[SourceSettings]] = EtcdSettings
    waits: ClassVar[bool] = True
    counts: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("httpx",)

    def __init__(self, name: str, settings: EtcdSettings) -> None:
        self.name = name
        self._api = EtcdApi(settings)
        self._prefix = settings.prefix.encode()
        self._interval_s = settings.interval or DEFAULT_INTERVAL_S
        self._watch: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._pending: list[Event] = []
        self._held: dict[bytes, Instance | None] = {}
        self._revision = 0
        self._keyframe_due = 0.0
        self._answered_at = 0.0
        self._version: str | None = None

    async def read(self) -> Answer:
        """The next change, or what there is at first, after a failure, and each minute. Raises SourceError."""
        self._api.requests = 0
        try:
            answer = await self._keyframe() if time.monotonic() >= self._keyframe_due else await self._change()
        except BaseException:
            # Broken off just when a connection stands, httpcore never takes it for free again: it goes with the others.
            await self.close()
            self._held = {}
            self._version = None
            raise
        self._answered_at = time.monotonic()
        return answer

    async def close(self) -> None:
        """Ends the watch and lets go of every connection."""
        await self._drop_watch()
        await self._api.close()

    async def _keyframe(self) -> Answer:
        whole = await self._api.range(self._prefix)
        if self._version is None:
            self._version = await self._api.version()
        if len(whole.kvs) > MANY:
            found = await asyncio.to_thread(_instances, whole.kvs, self._prefix)
        else:
            found = _instances(whole.kvs, self._prefix)
        if self._watch is not None and not self._pending and found != self._held:
            await self._drop_watch()  # it has missed something
        self._held, self._revision = found, whole.revision
        self._pending = [event for event in self._pending if int(event.kv.mod_revision) > whole.revision]
        if self._watch is None or self._watch.done():
            await self._drop_watch()
            self._watch = asyncio.create_task(self._listen(whole.revision + 1))
        self._keyframe_due = time.monotonic() + KEYFRAME_S
        return Answer(records=_records(found), about=self._about(), requests=self._api.requests)

    async def _listen(self, revision: int) -> None:
        try:
            async for events in self._api.watch(self._prefix, revision):
                self._pending += events
                if events:
                    self._woken.set()
        finally:
            self._woken.set()

    async def _change(self) -> Answer:
        await asyncio.sleep(max(0.0, self._answered_at + GAP_S - time.monotonic()))
        try:
            async with asyncio.timeout(self._interval_s):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()
        if self._watch is None or self._watch.done():
            if self._watch is not None and (failure := self._watch.exception()) and not isinstance(failure, Compacted):
                raise failure
            return await self._keyframe()
        # Silence proves nothing: a count does, and shows what the watch has missed.
        if not self._pending and await self._api.count(self._prefix) != len(self._held) and not self._pending:
            return await self._keyframe()
        return self._applied()

    def _applied(self) -> Answer:
        """The delta that the pending events make."""
        events, self._pending = self._pending, []
        before, after = self._held, dict(self._held)
        for event in events:
            if int(event.kv.mod_revision) <= self._revision:
                continue
            if event.type == "DELETE":
                after.pop(event.kv.key, None)
            else:
                after[event.kv.key] = instance(event.kv, self._prefix)
        self._held = after
        said, now = ({(_tag(r), r.key): r for r in _records(held)} for held in (before, after))
        return Answer(
            records=tuple(record for key, record in now.items() if said.get(key) != record),
            removed=tuple(Removed(*key) for key in said if key not in now),
            keyframe=False,
            about=self._about() if events else None,
            requests=self._api.requests,
        )

    def _about(self) -> About:
        notes = []
        instances = [held for held in self._held.values() if held is not None]
        unleased = sum(held.meta.get("lease") == NO_LEASE for held in instances)
        if unleased:
            notes.append(f"{unleased} of {len(instances)} instances have no lease: being listed proves no life")
        if opaque := len(self._held) - len(instances):
            notes.append(f"{opaque} keys name no service (PREFIX/NAME/ID) and are left out")
        if not instances:
            notes.append(f"no instance under {self._prefix.decode()}: is this the right prefix?")
        return About(version=self._version, rights="presence only", notes=tuple(notes))

    async def _drop_watch(self) -> None:
        watch, self._watch = self._watch, None
        self._pending = []
        self._woken.clear()
        self._keyframe_due = 0.0
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)


def _instances(kvs: tuple[KeyValue, ...], prefix: bytes) -> dict[bytes, Instance | None]:
    """By key; None where a key names no service."""
    return {kv.key: instance(kv, prefix) for kv in kvs}


def _records(held: Mapping[bytes, Instance | None]) -> tuple[AnyRecord, ...]:
    instances = [found for found in held.values() if found is not None]
    tags: dict[str, set[str]] = {}
    for found in instances:
        tags.setdefault(found.service, set()).update(found.tags)
    return (*(Service(name=name, tags=tuple(sorted(own))) for name, own in tags.items()), *instances)


def _tag(record: AnyRecord) -> str:
    return str(record.__struct_config__.tag)
