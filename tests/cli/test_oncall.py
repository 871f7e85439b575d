"""A real incident of the lab: a watch and a dashboard on one store, and what reaches whoever is on call."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from threading import Thread
from typing import cast

import httpx
import pytest

from prodtui.cli.desk import Desk
from prodtui.cli.oncall import decisions_told, notices_in
from prodtui.lab.faults import heal, inject
from prodtui.lab.health import wait_until_well
from prodtui.lab.state import Lab
from prodtui.model.moment import Moment
from prodtui.model.notice import About
from tests.cli.prodtui import prodtui
from tests.cli.watching import healthy, watching
from tests.lab.observe import port_of, until
from tests.oncall.notices import notice
from tests.oncall.receiving import Posts, posts
from tests.settings.configurations import loaded
from tests.sources.lying import refused_port
from tests.terminal import terminal
from tests.test_oncall import PRODTUI, WIDE, all_live

HOLDER = "month-end-report"
TOLD_S, OVER_S = 60.0, 240.0
"""The rates' window is 20 s, an end is told after a minute, and alerts outlast both."""


@contextmanager
def listening() -> Iterator[Posts]:
    """A webhook's server, in a thread of its own."""
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()
    found: list[Posts] = []

    async def serve() -> None:
        async with posts() as server:
            found.append(server)
            await ended.wait()

    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        while not found:
            time.sleep(0.01)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()


def told(server: Posts, about: str, state: str) -> list[str]:
    return [
        post.json["title"] for post in list(server.heard) if (post.json["about"], post.json["state"]) == (about, state)
    ]


def until_told(server: Posts, state: str, within_s: float) -> None:
    ends = time.monotonic() + within_s
    while not told(server, "first cause", state):
        assert time.monotonic() < ends, [post.json for post in server.heard]
        time.sleep(0.2)


async def test_a_desk_that_is_left_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    config = tmp_path / "prodtui.toml"
    config.write_text(
        '[environments.e.sources.registry]\nkind = "consul"\nurl = "http://127.0.0.1:1"\n'
        '[notify.chat]\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n[notify.here]\nkind = "terminal"\n'
    )
    desk, rung = Desk(config, None), list[str]()
    desk.bell.ring = rung.append
    before = asyncio.all_tasks()
    async with aclosing(cast("AsyncGenerator[Moment]", desk.moments())) as moments:
        async for _ in moments:
            assert any(task.get_name() == "on call" for task in asyncio.all_tasks())
            break
    assert asyncio.all_tasks() == before
    assert rung == []


async def test_a_command_that_ends_has_sent_what_it_decided_or_leaves_it_to_whoever_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    source = '[environments.prod-eu.sources.registry]\nkind = "consul"\nurl = "http://127.0.0.1:1"\n'
    decided = notice(about=About.ROLLOUT, id="rollout-1.ended@1.2", roots=(), at=time.time())
    said: list[str] = []
    async with posts() as server:
        chat = f'[notify.chat]\nkind = "webhook"\nurl = "{server.url}"\n'
        away = f'[notify.away]\nkind = "webhook"\nurl = "http://127.0.0.1:{refused_port()}/"\n'
        environment = loaded(tmp_path, source + chat + away).environment()
        async with decisions_told(environment, said.append) as tell:
            await tell(decided)
    assert [post.json["id"] for post in server.heard] == [decided.id]
    store = notices_in(environment)
    (sent,) = await store.last("prod-eu", "chat", 5)
    (waits,) = await store.last("prod-eu", "away", 5)
    await store.close()
    assert sent.result == "sent: 200 OK"
    assert waits.done_at is None
    assert "connection refused" in waits.result
    assert said == []


async def test_what_a_command_decides_rings_the_terminal_that_it_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    source = '[environments.prod-eu.sources.registry]\nkind = "consul"\nurl = "http://127.0.0.1:1"\n'
    environment = loaded(tmp_path, source + '[notify.here]\nkind = "terminal"\n').environment()
    rung: list[str] = []
    async with decisions_told(environment, print, rung.append) as tell:
        await tell(notice(about=About.ROLLOUT, at=time.time()))
    assert [sequence.startswith("\a") for sequence in rung] == [True]


async def test_where_nobody_is_on_call_decisions_are_told_to_nobody(tmp_path: Path) -> None:
    source = '[environments.e.sources.registry]\nkind = "consul"\nurl = "http://127.0.0.1:1"\n'
    async with decisions_told(loaded(tmp_path, source).environment(), print) as tell:
        await tell(notice())


@pytest.mark.timeout(480)
def test_an_incident_is_told_once_and_ended_once_by_a_watch_and_a_dashboard_on_one_store(
    well_lab: Lab, tmp_path: Path
) -> None:
    config, raw = well_lab.config_path, tmp_path / "terminal"
    raw.touch()
    alertmanager = f"http://127.0.0.1:{port_of(well_lab, 'alertmanager')}"
    with listening() as server:
        told_by = {
            "PRODTUI_NOTIFY__CHAT__KIND": "webhook",
            "PRODTUI_NOTIFY__CHAT__URL": server.url,
            "PRODTUI_NOTIFY__PAGER__KIND": "alertmanager",
            "PRODTUI_NOTIFY__PAGER__URL": alertmanager,
            "PRODTUI_NOTIFY__HERE__KIND": "terminal",
            "PRODTUI_NOTIFY__HERE__OSC": "777",
        }
        with watching(config, tmp_path, **told_by) as watch:
            healthy(watch.url)
            state = {"XDG_STATE_HOME": str(tmp_path / "state"), **told_by}
            with terminal((*PRODTUI, "--config", config), size=WIDE, environment=state) as shown:
                shown.until(all_live)
                shown.tmux("pipe-pane", "-t", "t", f"cat >> {raw}")
                inject(well_lab, "pool-exhausted")
                try:
                    until_told(server, "open", TOLD_S)
                    until(lambda: b"]777;notify;lab critical;" in raw.read_bytes(), "the terminal is rung")
                    fired = httpx.get(
                        f"{alertmanager}/api/v2/alerts", params={"filter": 'alertname="ProdtuiFirstCause"'}
                    )
                    assert [one["labels"]["environment"] for one in fired.json()] == ["lab"]
                finally:
                    heal(well_lab, "pool-exhausted")
                until_told(server, "over", OVER_S)
                shown.press("q")
                shown.until("[exit 0]")
    wait_until_well(well_lab, timeout=45, alerts=False)
    (title,) = told(server, "first cause", "open")
    (over,) = told(server, "first cause", "over")
    assert HOLDER in title
    assert over.startswith("over after ")
    fired = httpx.get(f"{alertmanager}/api/v2/alerts", params={"filter": 'alertname="ProdtuiFirstCause"'})
    assert fired.json() == []
    listed = prodtui("--config", config, "notify", "list", "--format", "json", **state)
    channels = {one["name"]: one for one in json.loads(listed.stdout)["channels"]}
    chat, pager = channels["chat"], channels["pager"]
    assert all(one["result"].startswith("sent: 200 OK") for one in (*chat["last"], *pager["last"]))
    audited = prodtui("--config", config, "audit", "list", **state).stdout
    assert len(re.findall(r"notification\s+chat\s+sent: 200 OK", audited)) == len(server.heard)
