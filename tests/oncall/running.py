"""Someone on call beside a course, with real channels and a store; and how a test waits for what they do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from prodtui.journal.notice_store import NoticeStore
from prodtui.journal.store import database_at
from prodtui.model.audited import Act
from prodtui.model.notice import Severity
from prodtui.oncall.channel import Channel
from prodtui.oncall.channels.webhook import Webhook
from prodtui.oncall.courier import Pace
from prodtui.oncall.sending import OnCall
from prodtui.settings.notify import WebhookSettings
from tests.builders import pool, sli
from tests.oncall.hearing import measured_again, production
from tests.oncall.receiving import Posts
from tests.sources.servers import until
from tests.timeline.course import Told

ENVIRONMENT = "test"


def webhook(url: str, name: str = "chat", **more: Any) -> Webhook:
    settings = {"kind": "webhook", "url": url, "severity": Severity.WARNING, "rate": None, "timeout": 5.0, **more}
    return Webhook(name, WebhookSettings(**settings))


QUICK = Pace(first_pause_s=0.05)


class Beside:
    """An OnCall that runs, what it said, and what it wrote into the trail."""

    def __init__(
        self,
        channels: Sequence[Channel],
        store: NoticeStore | None,
        by: str = "me",
        pace: Pace = QUICK,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.said: list[str] = []
        self.trail: list[tuple[str, str, Mapping[str, str]]] = []
        self.telling = OnCall(
            ENVIRONMENT, channels, store, by=by, audited=self.audited, say=self.said.append, pace=pace, clock=clock
        )

    async def audited(self, act: Act, about: str, result: str, details: Mapping[str, str]) -> str | None:
        assert act is Act.NOTIFICATION
        self.trail.append((about, result, details))
        return None


@asynccontextmanager
async def beside(
    *channels: Channel,
    store: Path | None = None,
    by: str = "me",
    pace: Pace = QUICK,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Beside]:
    kept = NoticeStore(database_at(str(store))) if store is not None else None
    one = Beside(channels, kept, by, pace, clock)
    running = asyncio.create_task(one.telling.run())
    try:
        yield one
        assert not running.done(), running
    finally:
        running.cancel()
        await asyncio.wait([running])
        await one.telling.close()
        if kept is not None:
            await kept.close()


async def heard(server: Posts, count: int, within_s: float = 20.0) -> None:
    async def enough() -> bool:
        return len(server.heard) >= count

    await until(enough, within_s=within_s)


async def holds(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    async def held() -> bool:
        return condition()

    await until(held, within_s=within_s, every_s=0.002)


def states(server: Posts) -> list[tuple[str, str]]:
    return [(post.json["about"], post.json["state"]) for post in server.heard]


def exhausted(course: Told | None = None) -> Told:
    course = course or production()
    course.tell("pgbouncer", pool(used=20, idle=0, waiting=34, max_wait_s=3.0))
    slow = (sli(name, p99_s=2.3, error_ratio=0.4, observed_at=course.now + 1) for name in ("payments", "checkout"))
    return course.tell("prometheus", *slow)


async def follow(course: Told, seconds: float, *listening: Beside) -> None:
    """Every moment is looked at by all before the next one is made."""
    ends = course.now + seconds
    while course.now < ends:
        at = course.now + 5
        for source in course.course.snapshot.sources:
            course.now = at - 1
            course.tell(source, *measured_again(course, source, at))
        moment = course.moment
        for one in listening:
            one.telling.look(moment)
            await holds(lambda one=one: not one.telling._looked.is_set())  # type: ignore[misc]


def well(course: Told) -> Told:
    course.tell("pgbouncer", pool())
    return course.tell("prometheus", *(sli(name, observed_at=course.now + 1) for name in ("payments", "checkout")))
