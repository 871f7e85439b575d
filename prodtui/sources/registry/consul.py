"""Consul: services, instances and health checks, by blocking queries with a keyframe now and then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import ClassVar

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.reading import About, Answer
from prodtui.model.records import Plane
from prodtui.settings.http_url import shown
from prodtui.settings.source import SourceSettings
from prodtui.sources.registry.consul_api import ConsulApi, Indexed
from prodtui.sources.registry.consul_catalogue import (
    Catalogue,
    Scope,
    by_scope,
    derive,
    difference,
    instances_differ,
    scope,
)
from prodtui.sources.registry.consul_settings import ConsulSettings
from prodtui.sources.registry.consul_wire import Registered, Row

Names = dict[str, tuple[str, ...]]

DEFAULT_INTERVAL_S = 2.0
KEYFRAME_S = 30.0
"""Everything is read anew this often, so that nothing missed stays missed."""
GAP_S = 1.0
"""Least time between two blocking queries: a fleet in churn would wake one a hundred times a second."""
REGISTRATIONS_WAIT_S = 30.0
FULL_STATE_GAP_S = 3.0
"""Least time between two reads of a large fleet's whole state that are not keyframes."""
LARGE = 2000
"""From so many checks on only those that do not pass are waited for: at 10,000 it is 137 KB a time instead of 5 MB."""
FEW = 64
"""So many single requests are quicker than reading everything."""


class Consul:
    """Reads one datacenter."""

    kind: ClassVar[str] = "consul"
    plane: ClassVar[Plane] = Plane.REGISTRY
    Settings: ClassVar[type[SourceSettings]] = ConsulSettings
    waits: ClassVar[bool] = True
    counts: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("httpx",)

    def __init__(self, name: str, settings: ConsulSettings) -> None:
        self.name = name
        self._at = f"Consul at {shown(settings.url)}"
        self._interval_s = settings.interval or DEFAULT_INTERVAL_S
        self._timeout_s = settings.timeout
        self._api = ConsulApi(settings)
        self._checks_wait: asyncio.Task[Indexed[list[Row] | None]] | None = None
        self._registrations_wait: asyncio.Task[Indexed[Names | None]] | None = None
        self._asked_at = 0.0
        self._version: str | None = None
        self._forget()

    async def read(self) -> Answer:
        """The next change, or what there is at first, after a failure, and each half minute. Raises SourceError."""
        self._api.requests = 0
        try:
            if time.monotonic() >= self._keyframe_due:
                return await self._keyframe()
            return await self._change()
        except BaseException:
            # Indexes of before a failure may be of before a restart: a too-high one would never wake.
            # Broken off just when a connection stands, httpcore never takes it for free again: it goes with the others.
            await self.close()
            self._forget()
            raise

    async def close(self) -> None:
        """Lets go of every connection."""
        await self._drop_waits()
        await self._api.close()

    def _forget(self) -> None:
        self._known = Catalogue()
        self._names: Names = {}
        self._undescribed: set[str] = set()
        self._described_at_index = 0
        self._checks_index = 0
        self._names_index = 0
        self._keyframe_due = 0.0
        self._full_state_at = 0.0
        self._full_state_due = False
        self._withheld = False
        self._said = About()

    async def _drop_waits(self) -> None:
        waits = [task for task in (self._checks_wait, self._registrations_wait) if task is not None]
        self._checks_wait = self._registrations_wait = None
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)

    async def _keyframe(self) -> Answer:
        await self._drop_waits()  # what they may have brought is older than what comes now
        first = not self._checks_index
        try:
            async with asyncio.TaskGroup() as group:
                state = group.create_task(self._api.state())
                services = group.create_task(self._api.services())
                version = group.create_task(self._api.version()) if first else None
        except* SourceError as failed:
            raise failed.exceptions[0] from None
        rows, names = state.result().value or [], services.result().value or {}
        if version is not None:
            self._version = version.result()
        self._withheld = state.result().withheld or services.result().withheld
        self._refuse_blindness(names, rows)
        self._take_index(state.result().index, services.result().index)
        self._names = names
        if self._names_index != self._described_at_index:
            # A new version or zone under an old name shows nowhere else.
            self._described_at_index = self._names_index
            self._undescribed |= names.keys()
        await self._full(rows)
        self._keyframe_due = time.monotonic() + KEYFRAME_S
        self._said = self._about()
        return Answer(records=self._known.keyframe(), about=self._said, requests=self._api.requests)

    async def _change(self) -> Answer:
        before = self._known
        if not self._undescribed:
            await self._wait()
        registrations, checks = self._finished()
        if (registrations and registrations.index < self._names_index) or (
            checks and checks.index < self._checks_index
        ):
            # The index rule: Consul was restarted or restored, and every index of before is void.
            await self._drop_waits()
            self._forget()
            return await self._keyframe()
        self._take_index(checks.index if checks else 0, registrations.index if registrations else 0)
        names = registrations.value if registrations else None
        if names is not None:
            self._registered_anew(names)
        rows = checks.value if checks else None
        if checks is not None and rows is not None and checks.whole:
            await self._full(rows)
        elif self._full_state_due and time.monotonic() >= self._full_state_at + FULL_STATE_GAP_S:
            await self._full((await self._api.state()).value or [])
        elif rows is not None:
            await self._not_passing(rows)
        elif self._undescribed or names is not None:
            await self._derive(self._known.rows)
        elif not self._large and self._known.silent():
            # The agent has a new check's output at once; the catalog hears of it minutes later, and wakes nobody.
            held = [row for rows_of in self._known.rows.values() for row in rows_of]
            await self._derive(by_scope(held, await self._api.fresh_outputs()))
        changed, removed = difference(before, self._known)
        said, self._said = self._said, self._about()
        return Answer(
            records=changed,
            removed=removed,
            keyframe=False,
            about=None if self._said == said else self._said,
            requests=self._api.requests,
        )

    @property
    def _large(self) -> bool:
        return sum(map(len, self._known.rows.values())) > LARGE

    async def _wait(self) -> None:
        """Until Consul answers one of two blocking queries: of health checks, and of registrations.

        The first returns within an interval in any case, and so proves that Consul lives.
        """
        rest = self._asked_at + GAP_S - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)
        self._asked_at = time.monotonic()
        if self._checks_wait is None:
            wait_s = max(0.1, self._interval_s - max(0.0, rest))
            self._checks_wait = asyncio.create_task(
                self._api.state(index=self._checks_index, wait_s=wait_s, all_checks=not self._large)
            )
        if self._registrations_wait is None:
            self._registrations_wait = asyncio.create_task(
                self._api.services(index=self._names_index, wait_s=REGISTRATIONS_WAIT_S)
            )
        await asyncio.wait((self._checks_wait, self._registrations_wait), return_when=asyncio.FIRST_COMPLETED)

    def _finished(self) -> tuple[Indexed[Names | None] | None, Indexed[list[Row] | None] | None]:
        registrations = checks = None
        if self._registrations_wait is not None and self._registrations_wait.done():
            registrations, self._registrations_wait = self._registrations_wait.result(), None
        if self._checks_wait is not None and self._checks_wait.done():
            checks, self._checks_wait = self._checks_wait.result(), None
        return registrations, checks

    def _take_index(self, checks: int, names: int) -> None:
        self._checks_index = checks or self._checks_index
        self._names_index = names or self._names_index

    def _registered_anew(self, names: Names) -> None:
        """Some registration has changed; the answer does not say which unless a name or tag has."""
        differing = {name for name, tags in names.items() if self._names.get(name) != tags}
        gone = self._names.keys() - names.keys()
        self._names = names
        self._undescribed = (self._undescribed | differing) & names.keys()
        if len(names) <= FEW:
            self._undescribed |= names.keys()
        elif not differing and not gone:
            self._full_state_due = True

    async def _full(self, rows: list[Row]) -> None:
        """Takes the whole state: every check there is."""
        self._full_state_at, self._full_state_due = time.monotonic(), False
        silent = any(row.status != "passing" and not row.output for row in rows)
        fresher = await self._api.fresh_outputs() if silent else {}
        if len(rows) > LARGE:
            await self._derive(await asyncio.to_thread(by_scope, rows, fresher))
        else:
            await self._derive(by_scope(rows, fresher))

    async def _not_passing(self, rows: list[Row]) -> None:
        """Takes a large fleet's checks that do not pass, and asks about the services and nodes where that differs."""
        before = self._known.not_passing()
        now = {row.key: row for row in rows}
        touched: set[Scope] = {
            scope(row)
            for key in before.keys() | now.keys()
            if (row := now.get(key) or before[key]) and _index_of(before.get(key)) != _index_of(now.get(key))
        }
        if not touched:
            return  # a passing check's output; or a registration, of which the other query tells
        if len(touched) > FEW:
            await self._full((await self._api.state()).value or [])
            return
        grouped = dict(self._known.rows)
        registered: dict[str, tuple[Registered, ...]] = {}
        for kind, name in touched:
            grouped.pop((kind, name), None)
            if kind == "node":
                found = await self._api.node_checks(name)
            else:
                registered[name], found = await self._api.service_health(name)
            grouped |= by_scope(found, {})
        await self._derive(grouped, registered)

    async def _derive(
        self, rows: Mapping[Scope, tuple[Row, ...]], registered: Mapping[str, tuple[Registered, ...]] | None = None
    ) -> None:
        """Makes the records of what is known now, after asking for the instances that are new or gone."""
        in_thread = sum(map(len, rows.values())) > LARGE
        names = dict(self._names)
        for kind, name in rows:
            if kind == "service":
                names.setdefault(name, ())  # checked already, and not in the list of names yet
        if in_thread:
            self._undescribed |= await asyncio.to_thread(instances_differ, self._known.rows, rows)
        else:
            self._undescribed |= instances_differ(self._known.rows, rows)
        self._undescribed -= (registered or {}).keys()
        known = {**self._known.registered, **(registered or {}), **await self._describe()}
        known = {name: held for name, held in known.items() if name in names}
        if in_thread:
            self._known = await asyncio.to_thread(derive, self._known, names=names, registered=known, rows=rows)
        else:
            self._known = derive(self._known, names=names, registered=known, rows=rows)

    async def _describe(self) -> dict[str, tuple[Registered, ...]]:
        """Instances of services not asked about yet: of as many as fit in half the deadline, the rest next time."""
        wanted = self._undescribed & self._names.keys()
        described = await self._api.describe(wanted, within_s=self._timeout_s / 2)
        self._undescribed = wanted - described.keys()
        return described

    def _refuse_blindness(self, names: Names, rows: list[Row]) -> None:
        """Consul answers a token without rights with 200 and nothing, which must not read as an empty fleet."""
        lacks = None
        if not names:
            lacks = 'it lists not even itself, so the token lacks `service_prefix "" {policy = "read"}`'
        elif not rows:
            # Every Consul server has its own node check.
            lacks = 'it lists services but no check of any node, so the token lacks `node_prefix "" {policy = "read"}`'
        if lacks:
            raise SourceError(CauseClass.PERMISSION, f"{self._at}: {lacks}")

    def _about(self) -> About:
        notes = []
        if self._withheld:
            notes.append("Consul withholds what the token may not read: services, nodes or checks are missing here")
        hidden = sorted(n for n in self._names if n not in self._undescribed and not self._known.registered.get(n))
        if hidden:
            some = ", ".join(hidden[:3]) + (", …" if len(hidden) > 3 else "")
            notes.append(f"{len(hidden)} registered without an instance that the token may see ({some})")
        if self._undescribed:
            notes.append(f"{len(self._undescribed)} services not asked about yet: their versions and zones follow")
        return About(
            version=self._version,
            rights="some services and nodes" if self._withheld or hidden else "services and nodes",
            notes=tuple(notes),
        )


def _index_of(row: Row | None) -> int | None:
    return None if row is None else row.modify_index
