"""From moments to what real servers hear: once for everybody, again after a failure, and after a restart."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prodtui.journal.notice_store import NoticeStore
from prodtui.journal.store import database_at
from prodtui.model.audited import Act
from prodtui.model.notice import About, Severity
from prodtui.oncall.channel import Channel
from prodtui.oncall.channels.alertmanager import Alertmanager
from prodtui.oncall.channels.terminal import Terminal
from prodtui.oncall.channels.webhook import Webhook
from prodtui.oncall.courier import FIRST_PAUSE_S, GIVES_UP_S, LONGEST_PAUSE_S, MOST_TRIES, Pace, pause_s
from prodtui.oncall.sending import OnCall
from prodtui.settings.notify import AlertmanagerSettings, TerminalSettings, WebhookSettings
from tests.builders import pool, sli
from tests.oncall.hearing import measured_again, production
from tests.oncall.notices import notice
from tests.oncall.receiving import Posts, posts
from tests.sources.lying import hangs, lying, refused_port
from tests.sources.servers import until
from tests.timeline.course import Told

ENVIRONMENT = "test"


def webhook(url: str, name: str = "chat", **more: Any) -> Webhook:
    settings = {"kind": "webhook", "url": url, "severity": Severity.WARNING, "rate": None, "timeout": 5.0, **more}
    return Webhook(name, WebhookSettings(**settings))


QUICK = Pace(first_pause_s=0.05)


class Beside:
    """An OnCall that runs, what it said, and what it wrote into the trail."""

    def __init__(self, channels: Sequence[Channel], store: NoticeStore | None, by: str, pace: Pace) -> None:
        self.said: list[str] = []
        self.trail: list[tuple[str, str, Mapping[str, str]]] = []
        self.telling = OnCall(
            ENVIRONMENT, channels, store, by=by, audited=self.audited, say=self.said.append, pace=pace
        )

    async def audited(self, act: Act, about: str, result: str, details: Mapping[str, str]) -> str | None:
        assert act is Act.NOTIFICATION
        self.trail.append((about, result, details))
        return None


@asynccontextmanager
async def beside(
    *channels: Channel, store: Path | None = None, by: str = "me", pace: Pace = QUICK
) -> AsyncIterator[Beside]:
    kept = NoticeStore(database_at(str(store))) if store is not None else None
    one = Beside(channels, kept, by, pace)
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


async def heard(server: Posts, count: int, within_s: float = 5.0) -> None:
    async def enough() -> bool:
        return len(server.heard) >= count

    await until(enough, within_s=within_s)


async def holds(condition: Callable[[], bool], within_s: float = 5.0) -> None:
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


async def test_an_incident_is_one_message_and_its_end_another() -> None:
    async with posts() as server, beside(webhook(server.url)) as one:
        course = exhausted()
        await follow(course, 60, one)
        await heard(server, 1)
        await follow(well(course), 300, one)
        await heard(server, 2)
    assert states(server) == [("first cause", "open"), ("first cause", "over")]
    assert "payments-db" in server.heard[0].json["title"]


async def test_two_on_one_store_tell_it_once(tmp_path: Path) -> None:
    store = tmp_path / "prodtui.db"
    async with (
        posts() as server,
        beside(webhook(server.url), store=store, by="watch") as watch,
        beside(webhook(server.url), store=store, by="dashboard") as dashboard,
    ):
        course = exhausted()
        await follow(course, 60, watch, dashboard)
        await heard(server, 1)
        await follow(well(course), 300, watch, dashboard)
        await heard(server, 2)
        await asyncio.sleep(0.3)  # for what must not come
    assert states(server) == [("first cause", "open"), ("first cause", "over")]
    assert len(watch.trail) + len(dashboard.trail) == 2


async def test_who_takes_over_from_one_that_was_killed_tells_only_the_end(tmp_path: Path) -> None:
    store, course = tmp_path / "prodtui.db", exhausted()
    async with posts() as server:
        async with beside(webhook(server.url), store=store, by="killed") as killed:
            await follow(course, 60, killed)
            await heard(server, 1)
        async with beside(webhook(server.url), store=store, by="next") as after:
            await follow(course, 60, after)
            await follow(well(course), 300, after)
            await heard(server, 2)
    assert states(server) == [("first cause", "open"), ("first cause", "over")]


async def test_what_could_not_be_sent_is_sent_after_a_restart(tmp_path: Path) -> None:
    store = tmp_path / "prodtui.db"
    told = notice(environment=ENVIRONMENT, at=time.time())
    nowhere = webhook(f"http://127.0.0.1:{refused_port()}/")
    # It ends in the pause between two tries: in the middle of one, what it claimed would be its own for a minute.
    async with beside(nowhere, store=store, pace=Pace(first_pause_s=2.0)) as before:
        await before.telling.tell(told)
        await holds(lambda: bool(before.trail))
    async with posts() as server, beside(webhook(server.url), store=store):
        await heard(server, 1)
    assert server.heard[0].json["id"] == told.id


KILLED = """
import asyncio, sys
from prodtui.journal import notice_store
from prodtui.oncall.channels.webhook import Webhook
from prodtui.settings.notify import WebhookSettings
from tests.oncall.notices import notice
from tests.oncall.test_sending import ENVIRONMENT, beside
from pathlib import Path
import time

notice_store.CLAIMED_S = 1.0

async def main(url, store):
    channel = Webhook("chat", WebhookSettings(kind="webhook", url=url, timeout=30))
    async with beside(channel, store=Path(store)) as one:
        await one.telling.tell(notice(environment=ENVIRONMENT, at=time.time()))
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_what_one_was_sending_when_it_was_killed_is_sent_by_another_once_its_claim_ends(tmp_path: Path) -> None:
    store = tmp_path / "prodtui.db"
    async with lying(hangs) as hung:
        words = (sys.executable, "-c", KILLED, hung.url, str(store))
        killed = await asyncio.create_subprocess_exec(*words)
        try:
            await holds(lambda: hung.connections > 0, within_s=20.0)
        finally:
            killed.kill()
            await killed.wait()
    async with posts() as server, beside(webhook(server.url), store=store, by="another"):
        await heard(server, 1, within_s=15.0)
    assert server.heard[0].headers["idempotency-key"] == notice(environment=ENVIRONMENT).id


async def test_an_alert_is_refreshed_while_it_lasts_and_no_longer(tmp_path: Path) -> None:
    async with posts() as server:
        settings = AlertmanagerSettings(kind="alertmanager", url=server.server.url)
        pager = Alertmanager("pager", settings, refresh_s=0.1)
        async with beside(pager, store=tmp_path / "prodtui.db", pace=Pace(0.1, 0.05)) as one:
            at = time.time()
            await one.telling.tell(notice(severity=Severity.ERROR, environment=ENVIRONMENT, at=at))
            await heard(server, 3)
            await one.telling.tell(notice(environment=ENVIRONMENT, at=at))
            worse = len(server.heard)
            await heard(server, worse + 3)
            await one.telling.tell(notice(environment=ENVIRONMENT, at=at, recovered=True))
            await holds(lambda: len(one.trail) == 3)
            over = len(server.heard)
            await asyncio.sleep(0.4)  # for what must not come
            assert len(server.heard) == over
    refreshed = server.heard[over - 2].json
    assert [alert["labels"]["severity"] for alert in refreshed] == ["critical"]
    assert refreshed[0]["endsAt"] > server.heard[0].json[0]["endsAt"]
    ended = server.heard[over - 1].json
    assert {alert["labels"]["severity"] for alert in ended} == {"error", "critical"}
    assert all(alert["endsAt"] < refreshed[0]["endsAt"] for alert in ended)


async def test_a_failure_is_tried_again_until_it_is_sent(tmp_path: Path) -> None:
    async with posts(503, 503, 200) as server, beside(webhook(server.url), store=tmp_path / "prodtui.db") as one:
        await one.telling.tell(notice(environment=ENVIRONMENT, at=time.time()))
        await heard(server, 3)
        await holds(lambda: len(one.trail) == 3)
    assert [result.partition(":")[0] for _, result, _ in one.trail] == ["overload", "overload", "sent"]
    assert one.trail[-1][2]["notice"] == server.heard[0].json["id"]
    assert one.said == []


async def test_what_would_fail_again_is_given_up_and_said(tmp_path: Path) -> None:
    async with posts(404) as server, beside(webhook(server.url), store=tmp_path / "prodtui.db") as one:
        await one.telling.tell(notice(environment=ENVIRONMENT, at=time.time()))
        await holds(lambda: bool(one.said))
        await asyncio.sleep(0.3)  # for what must not come
    assert len(server.heard) == 1
    assert "given up after 1 tries: not_found" in one.said[0]
    assert "not told: pool:payments-db 34 waiting" in one.said[0]


async def test_a_channel_that_hangs_keeps_no_other_from_hearing(tmp_path: Path) -> None:
    async with (
        lying(hangs) as hung,
        posts() as server,
        beside(webhook(hung.url, "hung", timeout=30.0), webhook(server.url), store=tmp_path / "prodtui.db") as one,
    ):
        await one.telling.tell(notice(environment=ENVIRONMENT, at=time.time()))
        await heard(server, 1, within_s=2.0)


async def test_a_store_that_can_not_be_used_is_said_and_messages_go_without_it(tmp_path: Path) -> None:
    foreign = tmp_path / "of-another-program.db"
    foreign.write_bytes(b"not a database at all" * 100)
    async with posts() as server, beside(webhook(server.url, rate="10/10m"), store=foreign) as one:
        course = exhausted()
        await follow(course, 60, one)
        await heard(server, 1)
        await follow(well(course), 300, one)
        await heard(server, 2)
    assert states(server) == [("first cause", "open"), ("first cause", "over")]
    assert len(one.said) == 1
    assert "of-another-program.db" in one.said[0]
    assert "another prodtui may send them too" in one.said[0]


async def test_what_a_slow_store_took_after_all_is_not_sent_again_from_memory(tmp_path: Path) -> None:
    """It was taken for one that can't be used when its answer came too late."""
    kept = NoticeStore(database_at(str(tmp_path / "prodtui.db")))
    told = notice(environment=ENVIRONMENT, at=time.time())
    async with posts() as server:
        chat = webhook(server.url)
        one = Beside([chat], kept, "me", QUICK)
        for store in one.telling._outbox.stores(chat):
            assert await store.add(told, chat.name, due_at=told.at)
        await one.telling.deliver()
        await one.telling.close()
    assert [post.json["id"] for post in server.heard] == [told.id]
    assert [sent.result for sent in await kept.last(ENVIRONMENT, chat.name, 9)] == ["sent: 200 OK"]
    await kept.close()


async def test_a_store_that_comes_back_has_the_end_of_what_was_told_before(
    tmp_path: Path,
) -> None:
    store, whole, foreign = tmp_path / "prodtui.db", tmp_path / "whole", tmp_path / "of-another-program.db"
    foreign.write_bytes(b"not a database at all" * 100)
    async with posts() as server, beside(webhook(server.url), store=store, pace=Pace(0.5, 0.05)) as one:
        course = exhausted()
        await follow(course, 60, one)
        await heard(server, 1)
        # At no time is there none: a new one would be made.
        whole.hardlink_to(store)
        foreign.replace(store)
        await follow(well(course), 300, one)
        await holds(lambda: bool(one.said))
        whole.replace(store)
        await follow(course, 30, one)
        one.telling._wake()
        await heard(server, 2)
    assert states(server) == [("first cause", "open"), ("first cause", "over")]


async def test_more_than_the_rate_comes_as_one_summary(tmp_path: Path) -> None:
    store, at = tmp_path / "prodtui.db", time.time()
    before = NoticeStore(database_at(str(store)))
    for number in range(40):
        told = notice(f"pool:{number}", Severity.ERROR, environment=ENVIRONMENT, at=at)
        await before.add(told, "chat", due_at=at)
    await before.close()
    async with posts() as server, beside(webhook(server.url, rate="3/10m"), store=store):
        await heard(server, 3)
        await asyncio.sleep(0.3)  # for what must not come
    assert len(server.heard) == 3
    assert server.heard[2].json["title"].startswith("38 messages as one (at most 3 in 10 min)")
    assert len(server.heard[2].json["lines"]) == 38


async def test_a_terminal_is_rung_by_each_dashboard_whoever_sends_the_mail(tmp_path: Path) -> None:
    store, rung = tmp_path / "prodtui.db", list[str]()
    here = Terminal("here", TerminalSettings(kind="terminal"), rung.append)
    async with (
        posts() as server,
        beside(webhook(server.url), store=store, by="watch") as watch,
        beside(webhook(server.url), here, store=store, by="dashboard") as dashboard,
    ):
        course = production()
        await follow(course, 10, watch, dashboard)
        await follow(exhausted(course), 60, watch, dashboard)
        await heard(server, 1)
        await holds(lambda: bool(rung))
    assert len(server.heard) == 1
    assert len(rung) == 1


async def test_in_quiet_hours_only_what_is_critical_comes(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    quiet = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}"
    store = tmp_path / "prodtui.db"
    async with posts() as server, beside(webhook(server.url, quiet=quiet, timezone="UTC"), store=store) as one:
        at = time.time()
        await one.telling.tell(notice("pool:a", Severity.ERROR, environment=ENVIRONMENT, at=at))
        await one.telling.tell(notice("pool:b", Severity.CRITICAL, environment=ENVIRONMENT, at=at))
        await heard(server, 1)
        await asyncio.sleep(0.3)  # for what must not come
    assert [post.json["severity"] for post in server.heard] == ["critical"]
    kept = NoticeStore(database_at(str(store)))
    waits = [one.due_at - at for one in await kept.last(ENVIRONMENT, "chat", 9) if one.done_at is None]
    await kept.close()
    assert [3_480 < wait_s <= 3_600 for wait_s in waits] == [True]


async def test_a_decision_of_a_rollout_is_sent_at_once(tmp_path: Path) -> None:
    decided = notice(
        about=About.ROLLOUT, id="rollout-7-3", incident="rollout-7", roots=(), environment=ENVIRONMENT, at=time.time()
    )
    async with posts() as server, beside(webhook(server.url), store=tmp_path / "prodtui.db") as one:
        await one.telling.tell(decided)
        await one.telling.tell(decided)
        await heard(server, 1, within_s=2.0)
    assert [post.json["id"] for post in server.heard] == ["rollout-7-3"]


@given(st.floats(0, 1))
def test_pauses_double_up_to_an_hour_and_are_never_none(chance: float) -> None:
    pauses = [pause_s(tries, FIRST_PAUSE_S, chance) for tries in range(1, MOST_TRIES)]
    assert pauses == sorted(pauses)
    assert 1.0 <= pauses[0] <= FIRST_PAUSE_S
    assert pauses[-1] <= LONGEST_PAUSE_S


def test_a_day_is_full_before_the_tries_are_used_up() -> None:
    # On average; with the luck of always waiting nothing it is 25 tries in half a minute, which no server minds.
    assert sum(pause_s(tries, FIRST_PAUSE_S, 1.0) for tries in range(1, MOST_TRIES)) < GIVES_UP_S
    assert sum(pause_s(tries, FIRST_PAUSE_S, 0.5) for tries in range(1, MOST_TRIES)) > GIVES_UP_S / 4
