"""From moments to what real servers hear: once for everybody, and after a restart."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prodtui.journal.notice_store import NoticeStore
from prodtui.journal.store import database_at
from prodtui.model.notice import About, Severity
from prodtui.oncall.channels.terminal import Terminal
from prodtui.oncall.courier import Pace
from prodtui.settings.notify import TerminalSettings
from tests.oncall.hearing import production
from tests.oncall.notices import notice
from tests.oncall.receiving import posts
from tests.oncall.running import (
    ENVIRONMENT,
    beside,
    exhausted,
    follow,
    heard,
    holds,
    states,
    webhook,
    well,
)
from tests.sources.lying import hangs, lying, refused_port


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
            await holds(lambda: bool(after.trail))
        async with beside(webhook(server.url), store=store, by="a third", clock=lambda: course.now) as third:
            await follow(exhausted(course), 60, third)
            await heard(server, 3)
    assert states(server) == [("first cause", "open"), ("first cause", "over"), ("first cause", "open")]
    assert server.heard[2].json["title"].startswith("again, after 1 time: ")


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
from tests.oncall.running import ENVIRONMENT, beside
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
        await heard(server, 1, within_s=8.0)
    assert [post.json["id"] for post in server.heard] == ["rollout-7-3"]
