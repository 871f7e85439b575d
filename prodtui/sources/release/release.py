"""What a release brings with it: declared keys, migrations, and the scan of its tree. Read because a policy asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import msgspec
from pydantic import Field

from prodtui.model.asks import Asks, CodeAsk, ServiceAsks
from prodtui.model.evidence import CodeScan, Configuration, Migrations
from prodtui.model.reading import Answer
from prodtui.model.records import Instance, Plane
from prodtui.settings.duration import Duration
from prodtui.settings.source import SourceSettings
from prodtui.sources.release import environment_file, scans
from prodtui.sources.release.migrations import migrations

EVERY_S = 5.0
SHARE = 0.8
"""Of a read's deadline, how long it waits for a scan that is under way; the next read asks for it again."""


class ReleaseSettings(SourceSettings):
    """Files and trees of the release; the policy says which."""

    interval: Duration | None = Field(default=EVERY_S, description="Time between two reads of the files.")
    scan_timeout: Duration = Field(default=120.0, description="Time limit of one scan of a production tree.")


class Release:
    """Reads files anew each time; scans a tree once for each change of what is asked."""

    kind: ClassVar[str] = "release"
    plane: ClassVar[Plane] = Plane.RELEASE
    Settings: ClassVar[type[SourceSettings]] = ReleaseSettings
    waits: ClassVar[bool] = False
    counts: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("dotenv.parser",)

    def __init__(self, name: str, settings: ReleaseSettings) -> None:
        self.name = name
        self._settings = settings
        self._asks = Asks()
        self._instances: Sequence[Instance] = ()
        self._scans: dict[CodeAsk, asyncio.Task[CodeScan]] = {}
        self._one_scan = asyncio.Semaphore(1)

    def follow(self, instances: Sequence[Instance]) -> None:
        """Takes the instances that are registered now, for services whose keys are in their metadata."""
        self._instances = instances

    def ask(self, asks: Asks) -> None:
        """Takes what is asked; a scan that nobody asks for any more is ended."""
        self._asks = asks
        wanted = _trees(asks.services)
        for asked in [asked for asked in self._scans if asked not in wanted]:
            self._scans.pop(asked).cancel()

    async def read(self) -> Answer:
        """Everything that is asked, as a keyframe."""
        asks, instances = self._asks, self._instances
        for asked in _trees(asks.services):
            if asked not in self._scans:
                self._scans[asked] = asyncio.create_task(self._scan(asked), name=f"scan {' '.join(asked.paths)}")
        brought = await asyncio.to_thread(lambda: tuple(_brought(asks, instances)))
        if running := [task for task in self._scans.values() if not task.done()]:
            await asyncio.wait(running, timeout=self._settings.timeout * SHARE)
        scanned = tuple(
            msgspec.structs.replace(self._scanned(asked.code), service=service, version=asks.version)
            for service, asked in asks.services.items()
            if asked.code is not None and asked.code.paths and not asked.code.report
        )
        records = (*brought, *scanned)
        return Answer(records=records, requests=len(records))

    async def close(self) -> None:
        """Ends the scans that are under way, and waits until they are gone."""
        scans_now, self._scans = self._scans, {}
        for task in scans_now.values():
            task.cancel()
        await asyncio.gather(*scans_now.values(), return_exceptions=True)

    async def _scan(self, asked: CodeAsk) -> CodeScan:
        async with self._one_scan:  # it takes every core that there is
            return await scans.scanned(asked, self._settings.scan_timeout)

    def _scanned(self, asked: CodeAsk) -> CodeScan:
        task = self._scans.get(asked)
        if task is None or not task.done() or task.cancelled():
            return CodeScan(service="", roots=asked.paths, trouble="the scan is under way")
        return task.result()


def _trees(services: Mapping[str, ServiceAsks]) -> set[CodeAsk]:
    """The trees that are to be scanned; several services may share one."""
    codes = (asked.code for asked in services.values())
    return {code for code in codes if code is not None and code.paths and not code.report}


def _brought(asks: Asks, instances: Sequence[Instance]) -> Iterator[Configuration | Migrations | CodeScan]:
    """What stands in files and metadata. Blocks."""
    for service, asked in asks.services.items():
        if asked.keys and asked.environment_file:
            yield environment_file.of_file(service, asked, asks.version)
        elif asked.keys:
            yield from (environment_file.of_metadata(one, asked) for one in instances if one.service == service)
        if asked.migrations_expected or asked.migration_files:
            yield migrations(service, asked, asks.version)
        if asked.code is not None and asked.code.report:
            yield msgspec.structs.replace(scans.reported(asked.code), service=service)
