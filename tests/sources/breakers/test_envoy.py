"""Envoy, read from a real one that really sheds, ejects and fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.reading import Answer
from prodtui.model.records import Breaker, BreakerState, Cluster
from prodtui.sources.breakers.envoy import Envoy, EnvoySettings
from tests.sources import lying
from tests.sources.breakers.proxy import Proxy, envoy
from tests.sources.lying import Behaviour
from tests.sources.reading import broken_off
from tests.sources.servers import until


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[Proxy]:
    async with envoy(tmp_path) as running:
        yield running


@pytest.fixture
async def source(proxy: Proxy) -> AsyncIterator[Envoy]:
    reader = Envoy("edge", EnvoySettings(kind="envoy", url=f"{proxy.admin}/", caller="checkout"))
    yield reader
    await reader.close()


def clusters(answer: Answer) -> dict[str, Cluster]:
    return {record.name: record for record in answer.records if isinstance(record, Cluster)}


def breakers(answer: Answer) -> dict[str, Breaker]:
    return {record.name: record for record in answer.records if isinstance(record, Breaker)}


async def test_a_quiet_proxy_is_closed_and_its_first_rates_are_unknown(source: Envoy, proxy: Proxy) -> None:
    first = await source.read()
    assert set(clusters(first)) == {"orders.v1", "dead:80", "bare"}  # xds_server is no service
    orders, breaker = clusters(first)["orders.v1"], breakers(first)["orders.v1"]
    assert [host.address for host in orders.hosts] == sorted(proxy.hosts)
    assert (orders.proxy, orders.members, orders.healthy, orders.ejected) == ("edge", 2, 2, 0)
    assert (orders.headroom, orders.at_limit, orders.panic_ratio) == (1.0, (), 0.5)
    assert (orders.overflow_per_s, orders.failed_per_s) == (None, None)
    assert breaker == Breaker(name="orders.v1", caller="checkout", callee="orders.v1", state=BreakerState.CLOSED)
    assert (clusters(first)["bare"].members, clusters(first)["bare"].healthy) == (0, 0)
    assert clusters(first)["dead:80"].headroom is None  # not tracked there
    assert first.keyframe
    assert first.requests == 3
    assert first.about is not None
    assert first.about.version is not None
    assert first.about.version.startswith("1.")

    second = await source.read()
    assert second.requests == 2  # the version is asked once
    assert clusters(second)["orders.v1"].overflow_per_s == 0
    assert clusters(second)["orders.v1"].failed_per_s == 0


async def test_requests_shed_between_two_reads_open_the_breaker(source: Envoy, proxy: Proxy) -> None:
    await source.read()
    first = asyncio.create_task(proxy.ask_at_once("/slow", 2))

    async def every_connection_is_busy() -> bool:
        return proxy.holding == 2

    await until(every_connection_is_busy)
    more = asyncio.create_task(proxy.ask_at_once("/slow", 10))

    async def full() -> bool:
        return clusters(await source.read())["orders.v1"].headroom == 0

    await until(full)
    answer = await source.read()
    assert breakers(answer)["orders.v1"].state is BreakerState.OPEN  # rq_pending_open, though nothing overflows now
    assert breakers(answer)["dead:80"].state is BreakerState.CLOSED
    proxy.held.set()
    assert await first == [200, 200]
    assert sorted(await more) == [200] * 2 + [503] * 8
    assert 503 in await proxy.ask_at_once("/", 30)

    answer = await source.read()  # the burst is over: its gauges read 0 again, only the counters tell
    overflow = clusters(answer)["orders.v1"].overflow_per_s
    assert overflow is not None
    assert overflow > 0
    assert clusters(answer)["orders.v1"].failed_per_s == 0  # Envoy's own 503s are no failures of the upstream
    assert breakers(answer)["orders.v1"].shed_per_s == overflow
    assert breakers(answer)["orders.v1"].state is BreakerState.OPEN

    answer = await source.read()
    assert breakers(answer)["orders.v1"].state is BreakerState.CLOSED
    assert clusters(answer)["orders.v1"].at_limit == ("connections",)  # idle ones, kept alive: no breaker is open
    assert clusters(answer)["orders.v1"].headroom == 1.0


async def test_an_ejected_host_is_unhealthy_although_discovery_calls_it_healthy(source: Envoy, proxy: Proxy) -> None:
    proxy.failing.add(proxy.hosts[0])
    await source.read()

    async def ejected() -> bool:
        await proxy.ask("/", 4)
        return clusters(await source.read())["orders.v1"].ejected == 1

    await until(ejected)
    orders = clusters(await source.read())["orders.v1"]
    out = {host.address: host for host in orders.hosts}[proxy.hosts[0]]
    assert (out.healthy, out.flags) == (False, ("failed_outlier_check",))
    assert (orders.members, orders.healthy) == (2, 1)

    proxy.failing.clear()

    async def back() -> bool:
        return clusters(await source.read())["orders.v1"].healthy == 2

    await until(back, every_s=0.2)


async def test_failed_connects_and_5xx_answers_are_counted_once(source: Envoy, proxy: Proxy) -> None:
    await source.read()
    begun = time.monotonic()
    assert await proxy.ask("/dead", 10) == [503] * 10
    proxy.failing.update(proxy.hosts)
    assert await proxy.ask("/", 2) == [500] * 2
    answer = await source.read()
    elapsed_s = time.monotonic() - begun
    dead, orders = clusters(answer)["dead:80"], clusters(answer)["orders.v1"]
    assert dead.failed_per_s is not None
    assert orders.failed_per_s is not None
    assert dead.failed_per_s * elapsed_s == pytest.approx(10, rel=0.25)
    assert orders.failed_per_s * elapsed_s == pytest.approx(2, rel=0.25)
    assert dead.overflow_per_s == 0


async def test_a_stranger_to_ignore_is_named_in_the_settings(proxy: Proxy) -> None:
    reader = Envoy("edge", EnvoySettings(kind="envoy", url=proxy.admin, ignore=("dead*", "b?re")))
    try:
        assert set(clusters(await reader.read())) == {"orders.v1", "xds_server"}
        assert {breaker.caller for breaker in breakers(await reader.read()).values()} == {"edge"}
    finally:
        await reader.close()


async def test_a_cancelled_read_leaves_the_source_usable(source: Envoy) -> None:
    reading = asyncio.create_task(source.read())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert clusters(await source.read())


@pytest.mark.parametrize(
    ("behaviour", "cause_class", "words"),
    [
        (lying.hangs, CauseClass.TIMEOUT, "no answer"),
        (lying.closes, CauseClass.PROTOCOL, ""),
        (lying.answers_html, CauseClass.PROTOCOL, "HTML, not JSON"),
        (lying.answers(b'{"cluster_statuses": [{"na'), CauseClass.PROTOCOL, "breaks off"),
        (lying.wrong_types, CauseClass.PROTOCOL, "another shape"),
        (lying.answers({}), CauseClass.PROTOCOL, "another shape"),
        (lying.answers({"cluster_statuses": [{"name": 7}], "stats": []}), CauseClass.PROTOCOL, "another shape"),
        (lying.junk(20, b"[1, 2, "), CauseClass.PROTOCOL, ""),
        (lying.answers("no", 403), CauseClass.PERMISSION, "403"),
        (lying.answers("busy", 503), CauseClass.OVERLOAD, "503"),
    ],
)
async def test_a_lying_admin_interface_is_lost_with_its_cause(
    behaviour: Behaviour, cause_class: CauseClass, words: str
) -> None:
    async with lying.lying(behaviour) as server:
        reader = Envoy("edge", EnvoySettings(kind="envoy", url=server.url, timeout=0.4))
        begun = time.monotonic()
        with pytest.raises(SourceError) as raised:
            await reader.read()
        await reader.close()
    assert (raised.value.cause.cause_class, words in raised.value.cause.message) == (cause_class, True), raised.value
    assert time.monotonic() - begun < 3


async def test_nobody_listening_is_refused() -> None:
    reader = Envoy("edge", EnvoySettings(kind="envoy", url=f"http://127.0.0.1:{lying.refused_port()}"))
    with pytest.raises(SourceError) as raised:
        await reader.read()
    assert raised.value.cause.cause_class is CauseClass.REFUSED
    await reader.close()


async def test_a_read_that_is_broken_off_at_any_moment_keeps_no_connection_from_the_next_one(source: Envoy) -> None:
    await broken_off(source)
    assert clusters(await source.read())
