"""Reads a source as a poll does: answers folded into what is known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from prodtui.model.declared import Declared, DeclaredSource
from prodtui.model.errors import SourceError
from prodtui.model.reading import Answer, Reading
from prodtui.model.records import Record
from prodtui.model.snapshot import Snapshot, empty, fold
from prodtui.sources.source import Source

R = TypeVar("R", bound=Record)


class Reader:
    """One source and the snapshot that its answers make."""

    def __init__(self, source: Source, *, deadline_s: float = 6.0) -> None:
        self.source = source
        declared = DeclaredSource(name="source", kind=source.kind, plane=source.plane)
        self.snapshot: Snapshot = empty(Declared(environment="test", sources=(declared,)))
        self._deadline_s = deadline_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        began = time.monotonic()
        await self.source.close()
        assert time.monotonic() - began < 1, "closing takes over a second"

    async def read(self) -> Answer:
        """One read, folded."""
        async with asyncio.timeout(self._deadline_s):
            answer = await self.source.read()
        reading = Reading(source="source", at=time.time(), latency_s=0, answer=answer)
        self.snapshot, _ = fold(self.snapshot, reading)
        return answer

    async def read_until(self, condition: Callable[[], bool], *, within_s: float = 12.0) -> float:
        """Reads until the condition holds; how many seconds that took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < within_s, f"not within {within_s} s: {self.snapshot.tables}"
            await self.read()
        return time.monotonic() - began

    async def failure(self) -> SourceError:
        """How reading fails; up to three answers may still come of before."""
        for _ in range(3):
            try:
                await self.read()
            except SourceError as error:
                return error
        raise AssertionError("it still answers")

    def of(self, kind: type[R]) -> dict[str, R]:
        """The records of a type, by key."""
        return {key: record for (_, key), record in self.snapshot.of(kind).items()}


async def broken_off(source: Source, times: int = 40) -> None:
    """Begins to read that often, and breaks each read off a turn of the loop later than the one before."""
    for turns in range(times):
        read = asyncio.create_task(source.read())
        for _ in range(turns):
            await asyncio.sleep(0)
        read.cancel()
        await asyncio.wait({read})
