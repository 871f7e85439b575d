"""A courier and what fails around it: a channel that is tried again or given up, a store that comes and goes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from prodtui.journal.notice_store import NoticeStore
from prodtui.journal.store import database_at
from prodtui.model.notice import Severity
from prodtui.oncall.channels.alertmanager import Alertmanager
from prodtui.oncall.courier import FIRST_PAUSE_S, GIVES_UP_S, LONGEST_PAUSE_S, MOST_TRIES, Pace, pause_s
from prodtui.settings.notify import AlertmanagerSettings
from tests.oncall.notices import notice
from tests.oncall.receiving import posts
from tests.oncall.running import (
    ENVIRONMENT,
    Beside,
    beside,
    exhausted,
    follow,
    heard,
    holds,
    states,
    webhook,
    well,
)
from tests.sources.lying import hangs, lying


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


async def test_an_alert_is_refreshed_while_the_store_can_not_be_read_until_its_end_is_known(tmp_path: Path) -> None:
    store, foreign = tmp_path / "prodtui.db", tmp_path / "of-another-program.db"
    foreign.write_bytes(b"not a database at all" * 100)
    async with posts() as server:
        settings = AlertmanagerSettings(kind="alertmanager", url=server.server.url)
        pager = Alertmanager("pager", settings, refresh_s=0.05)
        async with beside(pager, store=store, pace=Pace(0.05, 0.05)) as one:
            at = time.time()
            await one.telling.tell(notice(environment=ENVIRONMENT, at=at))
            await heard(server, 1)
            foreign.replace(store)
            await holds(lambda: bool(one.said))
            lost = len(server.heard)
            await heard(server, lost + 3)
            await one.telling.tell(notice(environment=ENVIRONMENT, at=at, recovered=True))
            over = len(server.heard)
            await asyncio.sleep(0.3)  # for what must not come
            assert len(server.heard) <= over + 1  # one may have been on its way
    assert [alert["labels"]["severity"] for alert in server.heard[-1].json] == ["critical"]


async def test_a_failure_is_tried_again_until_it_is_sent(tmp_path: Path) -> None:
    async with posts(503, 503, 200) as server, beside(webhook(server.url), store=tmp_path / "prodtui.db") as one:
        await one.telling.tell(notice(environment=ENVIRONMENT, at=time.time()))
        await heard(server, 3)
        await holds(lambda: len(one.trail) == 3)
    assert [result.partition(":")[0] for _, result, _ in one.trail] == ["overload", "overload", "sent"]
    assert one.trail[-1][2]["notice"] == server.heard[0].json["id"]
    assert one.said == []


async def test_a_clock_that_is_set_back_silences_no_channel(tmp_path: Path) -> None:
    now = time.time()
    store = tmp_path / "prodtui.db"
    async with posts(503, 200) as server, beside(webhook(server.url), store=store, clock=lambda: now) as one:
        await one.telling.tell(notice(environment=ENVIRONMENT, at=now))
        await holds(lambda: bool(one.trail))
        now -= 3_600
        await one.telling.tell(notice("pool:other", environment=ENVIRONMENT, at=now))
        await heard(server, 2)
    assert "pool:other" in server.heard[1].json["title"]


async def test_what_would_fail_again_is_given_up_and_said(tmp_path: Path) -> None:
    async with posts(404) as server, beside(webhook(server.url), store=tmp_path / "prodtui.db") as one:
        await one.telling.tell(notice(environment=ENVIRONMENT, at=time.time()))
        await holds(lambda: bool(one.said))
        await asyncio.sleep(0.3)  # for what must not come
    assert len(server.heard) == 1
    assert "given up after 1 tries: not_found" in one.said[0]
    assert "not told: pool:payments-db 34 waiting" in one.said[0]


async def test_what_is_given_up_with_a_summary_is_said_and_audited_as_all_that_it_was_of(tmp_path: Path) -> None:
    store, at = tmp_path / "prodtui.db", time.time()
    before = NoticeStore(database_at(str(store)))
    for number in range(10, 41):
        await before.add(notice(f"pool:{number}", environment=ENVIRONMENT, at=at), "chat", due_at=at)
    await before.close()
    async with posts(404) as server, beside(webhook(server.url, rate="1/10m"), store=store) as one:
        await holds(lambda: bool(one.trail))
    (said,), ((_, result, details),) = one.said, one.trail
    assert "given up after 1 tries: not_found" in said
    assert "not told: 31 messages: pool:" in said
    assert said.endswith("; 23 more")
    assert result.startswith("given up after 1 tries: not_found")
    assert details["title"].startswith("31 messages as one (at most 1 in 10 min)")
    assert all(f"pool:{number} 34 waiting" in details["of"] for number in range(10, 41))


async def test_a_channel_that_hangs_keeps_no_other_from_hearing(tmp_path: Path) -> None:
    async with (
        lying(hangs) as hung,
        posts() as server,
        beside(webhook(hung.url, "hung", timeout=30.0), webhook(server.url), store=tmp_path / "prodtui.db") as one,
    ):
        await one.telling.tell(notice(environment=ENVIRONMENT, at=time.time()))
        await heard(server, 1, within_s=8.0)


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
        one = Beside([chat], kept)
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


async def test_who_starts_while_the_store_can_not_be_read_ends_what_was_told_once_it_can(tmp_path: Path) -> None:
    store, whole, foreign = tmp_path / "prodtui.db", tmp_path / "whole", tmp_path / "of-another-program.db"
    foreign.write_bytes(b"not a database at all" * 100)
    course = exhausted()
    async with posts() as server:
        async with beside(webhook(server.url), store=store, by="before") as before:
            await follow(course, 60, before)
            await heard(server, 1)
            await holds(lambda: bool(before.trail))
        whole.hardlink_to(store)
        foreign.replace(store)
        async with beside(webhook(server.url), store=store, pace=Pace(0.5, 0.05)) as one:
            # Twice, so that the first is through; not so long that it would be told from memory.
            await follow(course, 10, one)
            await holds(lambda: bool(one.said))
            whole.replace(store)
            await follow(well(course), 300, one)
            await heard(server, 2)
    assert states(server) == [("first cause", "open"), ("first cause", "over")]


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
