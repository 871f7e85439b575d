"""A notice is an alert of a real Alertmanager: it fires, is refreshed, becomes another one when worse, and ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from prodtui.lab.state import Lab
from prodtui.model.cause import CauseClass
from prodtui.model.errors import NotifyError
from prodtui.model.notice import About, Notice, Severity
from prodtui.oncall.channels.alertmanager import FIRES_S, Alertmanager, alert
from prodtui.settings.notify import AlertmanagerSettings
from tests.lab.observe import port_of
from tests.oncall.notices import AT, notice
from tests.oncall.receiving import posts
from tests.sources.lying import hangs, lying, refused_port
from tests.sources.servers import until


def url_of(lab: Lab) -> str:
    return f"http://127.0.0.1:{port_of(lab, 'alertmanager')}"


def alertmanager(url: str, **more: Any) -> Alertmanager:
    return Alertmanager("pager", AlertmanagerSettings(**{"kind": "alertmanager", "url": url, "timeout": 5.0, **more}))


async def alerts(url: str, incident: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{url}/api/v2/alerts", params={"filter": f'incident="{incident}"'})
        return list(answer.raise_for_status().json())


async def fires(url: str, one: Notice, count: int) -> list[dict[str, Any]]:
    """The incident's alerts, once there are so many."""
    found: list[dict[str, Any]] = []

    async def enough() -> bool:
        found[:] = await alerts(url, one.incident)
        return len(found) == count

    await until(enough)
    return found


@pytest.fixture
async def pager(lab: Lab) -> AsyncIterator[Alertmanager]:
    channel = alertmanager(url_of(lab), labels={"team": "payments"})
    yield channel
    await channel.close()


async def test_a_notice_fires_an_alert_by_which_alertmanager_routes(lab: Lab, pager: Alertmanager) -> None:
    one = notice("pool:fires", began_at=time.time() - 30, lines=("began: x", "runbook: https://runbooks.example/p"))
    assert await pager.send(one) == "200 OK"
    (fired,) = await fires(url_of(lab), one, 1)
    assert fired["labels"] == {
        "alertname": "ProdtuiFirstCause",
        "environment": "prod-eu",
        "severity": "critical",
        "service": "payments",
        "tier": "A",
        "incident": one.incident,
        "team": "payments",
    }
    assert fired["annotations"]["summary"] == one.title
    assert fired["annotations"]["runbook_url"] == "https://runbooks.example/p"
    ends_at = datetime.fromisoformat(fired["endsAt"]).timestamp()
    assert FIRES_S - 60 < ends_at - time.time() <= FIRES_S


async def test_sent_twice_it_is_one_alert_and_a_refresh_makes_it_last(lab: Lab, pager: Alertmanager) -> None:
    one = notice("pool:twice", began_at=time.time() - 30)
    for _ in range(2):
        await pager.send(one)
    (before,) = await fires(url_of(lab), one, 1)
    await asyncio.sleep(0.01)  # so that the end is another millisecond
    await pager.refresh([one])

    async def later() -> bool:
        (after,) = await alerts(url_of(lab), one.incident)
        return str(after["endsAt"]) > str(before["endsAt"])

    await until(later)


async def test_what_becomes_worse_is_one_alert_still_and_its_end_resolves_it(lab: Lab, pager: Alertmanager) -> None:
    url = url_of(lab)
    first = notice("pool:worse", Severity.ERROR, began_at=time.time() - 30)
    worse = notice("pool:worse", Severity.CRITICAL, began_at=first.began_at)
    over = notice("pool:worse", began_at=first.began_at, recovered=True)
    await pager.send(first)
    await fires(url, first, 1)
    await pager.send(worse, [first])

    async def worse_only() -> bool:
        return [one["labels"]["severity"] for one in await alerts(url, first.incident)] == ["critical"]

    await until(worse_only)
    await pager.send(over, [first, worse])
    await fires(url, first, 0)


async def test_what_alertmanager_will_not_take_is_not_tried_again(lab: Lab) -> None:
    # It refuses an alert without a name of a label; ours always has one, so the path is what is wrong.
    channel = alertmanager(f"{url_of(lab)}/nowhere")
    with pytest.raises(NotifyError) as raised:
        await channel.send(notice())
    await channel.close()
    assert raised.value.cause.cause_class is CauseClass.NOT_FOUND
    assert not raised.value.retry


async def test_one_that_is_not_there_or_hangs_is_tried_again() -> None:
    async with lying(hangs) as server:
        for url, cause in ((server.url, CauseClass.TIMEOUT), (f"127.0.0.1:{refused_port()}", CauseClass.REFUSED)):
            channel = alertmanager(url, timeout=0.3)
            with pytest.raises(NotifyError) as raised:
                await channel.send(notice())
            await channel.close()
            assert raised.value.cause.cause_class is cause
            assert raised.value.retry


async def test_it_logs_in_as_configured() -> None:
    async with posts() as server:
        for login in ({"token": "t0ken"}, {"user": "me", "password": "hunter22"}):
            channel = alertmanager(server.server.url, **login)
            await channel.send(notice())
            await channel.close()
    assert [post.headers["authorization"] for post in server.heard] == ["Bearer t0ken", "Basic bWU6aHVudGVyMjI="]
    assert server.heard[0].path == "/api/v2/alerts"


def test_an_alert_of_no_service_has_no_label_of_one_and_an_end_before_its_beginning_is_none() -> None:
    lost = notice("source:consul", about=About.SOURCE, services=(), tiers=())
    made = alert(lost, {"severity": "ours wins"}, ends_at=AT - 5)
    assert made["labels"].keys() == {"alertname", "environment", "severity", "incident"}
    assert made["labels"]["severity"] == "critical"
    assert made["startsAt"] == made["endsAt"]
