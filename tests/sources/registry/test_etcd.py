"""etcd as a registry, against a real server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.records import HealthCheck, Instance, Phase, Service
from prodtui.sources.registry.etcd import Etcd
from prodtui.sources.registry.etcd_api import Compacted, EtcdApi
from prodtui.sources.registry.etcd_settings import EtcdSettings
from tests.sources import lying
from tests.sources.lying import Behaviour
from tests.sources.reading import Reader, broken_off
from tests.sources.registry.agents import Server, b64, etcd

EVERYTHING = {"key": b64("/"), "range_end": b64("0")}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with etcd(tmp_path_factory.mktemp("etcd")) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.ask("POST", "/v3/kv/deleterange", EVERYTHING)
    return running


def settings(url: str, **more: object) -> EtcdSettings:
    return EtcdSettings.model_validate({"kind": "etcd", "url": url, **more})


def source(url: str, **more: object) -> Etcd:
    return Etcd("source", settings(url, **more))


@pytest_asyncio.fixture
async def reader(server: Server) -> AsyncIterator[Reader]:
    async with Reader(source(server.url)) as reading:
        yield reading


def lease(server: Server, ttl_s: int) -> str:
    made: str = server.ask("POST", "/v3/lease/grant", {"TTL": ttl_s})["ID"]
    return made


def put(server: Server, key: str, value: str, *, of_lease: str | None = None) -> None:
    asked = {"key": b64(key), "value": b64(value)} | ({"lease": of_lease} if of_lease else {})
    server.ask("POST", "/v3/kv/put", asked)


def register(server: Server, service: str, number: int = 1, *, of_lease: str | None = None, **more: object) -> None:
    value = {"id": f"{service}-{number}", "name": service, "address": "10.0.0.1", "port": 80, "node": "n1", **more}
    put(server, f"/services/{service}/{service}-{number}", json.dumps(value), of_lease=of_lease)


def delete(server: Server, key: str) -> None:
    server.ask("POST", "/v3/kv/deleterange", {"key": b64(key)})


async def test_the_first_answer_is_everything_and_does_not_wait(server: Server, reader: Reader) -> None:
    url = "http://10.0.0.1:80/ready"
    register(
        server,
        "orders",
        of_lease=lease(server, 60),
        version="1.4",
        zone="a",
        phase="draining",
        health_url=url,
        tier="B",
    )
    put(server, "/other/orders/orders-9", "{}")
    began = time.monotonic()
    answer = await reader.read()
    assert answer.keyframe
    assert time.monotonic() - began < 1
    assert reader.of(Service).keys() == {"orders"}
    found = reader.of(Instance)["n1/orders-1"]
    assert (found.service, found.version, found.zone, found.phase) == ("orders", "1.4", "a", Phase.DRAINING)
    assert (found.address, found.port, found.meta["health_url"], found.meta["tier"]) == ("10.0.0.1", 80, url, "B")
    assert "lease" not in found.meta
    assert answer.about is not None
    assert answer.about.version
    assert answer.about.notes == ()


async def test_an_instance_says_its_tags_and_a_service_has_those_of_all(server: Server, reader: Reader) -> None:
    register(server, "orders", 1, tags=["stable", "tier-b"])
    register(server, "orders", 2, tags=["canary", "tier-b", 7])
    register(server, "basket", tags="canary")
    await reader.read()
    assert reader.of(Instance)["n1/orders-2"].tags == ("canary", "tier-b")
    assert reader.of(Service)["orders"].tags == ("canary", "stable", "tier-b")
    assert reader.of(Service)["basket"].tags == ()


async def test_reads_that_are_broken_off_at_any_moment_leave_the_source_usable(server: Server, reader: Reader) -> None:
    register(server, "orders")
    await broken_off(reader.source)
    await reader.read()
    assert "orders" in reader.of(Service)


async def test_presence_is_no_health_check(server: Server, reader: Reader) -> None:
    register(server, "orders")
    await reader.read()
    assert not reader.of(HealthCheck)


async def test_an_instance_without_a_lease_is_said_to_prove_nothing(server: Server, reader: Reader) -> None:
    register(server, "orders")
    answer = await reader.read()
    assert answer.about is not None
    assert "1 of 1 instances have no lease" in answer.about.notes[0]


async def test_changes_arrive_when_they_happen(server: Server, reader: Reader) -> None:
    register(server, "orders")
    await reader.read()
    waiting = asyncio.create_task(reader.read())
    await asyncio.sleep(0.6)
    register(server, "orders", 2)
    began = time.monotonic()
    answer = await waiting
    assert time.monotonic() - began < 0.5
    assert [r.key for r in answer.records] == ["n1/orders-2"], "only the difference travels"
    delete(server, "/services/orders/orders-1")
    delete(server, "/services/orders/orders-2")
    await reader.read_until(lambda: not reader.of(Instance), within_s=8)
    assert not reader.of(Service)


async def test_an_expired_lease_takes_its_instance_away(server: Server, reader: Reader) -> None:
    register(server, "orders", of_lease=lease(server, 1))
    await reader.read()
    assert reader.of(Instance)
    await reader.read_until(lambda: not reader.of(Instance), within_s=12)


async def test_silence_is_proved_to_be_life(server: Server) -> None:
    register(server, "orders")
    async with Reader(source(server.url, interval="500ms")) as reader:
        await reader.read()
        await reader.read()  # the watch itself is a request too
        answer = await reader.read()
        assert (answer.keyframe, answer.records, answer.requests) == (False, (), 1)


async def test_values_that_do_not_parse_still_prove_presence(server: Server, reader: Reader) -> None:
    put(server, "/services/a/1", "\x00\xff not json")
    put(server, "/services/b/1", "[1, 2]")
    put(server, "/services/c/x", json.dumps({"Op": 0, "Addr": "10.0.0.7:8080", "Metadata": {"zone": "z"}}))
    put(server, "/services/d/e", json.dumps({"id": 7, "address": ["no"], "port": "80", "phase": None}))
    put(server, "/services/nameless", "")
    answer = await reader.read()
    found = {i.service: i for i in reader.of(Instance).values()}
    assert found.keys() == {"a", "b", "c", "d"}
    assert (found["a"].id, found["b"].id) == ("a/1", "b/1"), "an id that many services use stays unique"
    assert (found["c"].address, found["c"].port, found["c"].zone) == ("10.0.0.7", 8080, "z")
    assert found["d"].port is None
    assert answer.about is not None
    assert any("1 keys name no service" in note for note in answer.about.notes)


async def test_hostile_values_are_inert(server: Server, reader: Reader) -> None:
    register(server, "orders", version="\x1b[31m1", node="n\n1")
    await reader.read()
    (found,) = reader.of(Instance).values()
    assert (found.version, found.node) == ("␛[31m1", "n␊1")


async def test_a_wrong_prefix_is_suspected_aloud(server: Server) -> None:
    register(server, "orders")
    async with Reader(source(server.url, prefix="/srevices/")) as reader:
        answer = await reader.read()
    assert answer.about is not None
    assert "is this the right prefix?" in answer.about.notes[0]


async def test_a_compacted_revision_ends_the_watch(server: Server) -> None:
    for number in range(3):
        register(server, "orders", number)
    revision = server.ask("POST", "/v3/kv/range", EVERYTHING)["header"]["revision"]
    server.ask("POST", "/v3/kv/compaction", {"revision": revision})
    api = EtcdApi(settings(server.url))
    with pytest.raises(Compacted):
        async with asyncio.timeout(3):
            [_ async for _ in api.watch(b"/services/", 1)]
    await api.close()


async def test_a_killed_server_is_refused_and_read_from_scratch_when_it_is_back(tmp_path: Path) -> None:
    with etcd(tmp_path) as server:
        register(server, "orders")
        async with Reader(source(server.url)) as reader:
            await reader.read()
            server.kill()
            assert (await reader.failure()).cause.cause_class in (CauseClass.REFUSED, CauseClass.PROTOCOL)
            assert (await reader.failure()).cause.cause_class is CauseClass.REFUSED
            server.start()
            register(server, "ledger")
            assert (await reader.read()).keyframe
            assert reader.of(Service).keys() == {"orders", "ledger"}
            register(server, "late")
            await reader.read_until(lambda: "late" in reader.of(Service), within_s=8)


async def test_a_hung_server_is_a_timeout_although_the_watch_is_open(tmp_path: Path) -> None:
    with etcd(tmp_path) as server:
        register(server, "orders")
        async with Reader(source(server.url, timeout="500ms", interval="500ms")) as reader:
            await reader.read()
            await reader.read()
            server.hang()
            assert (await reader.failure()).cause.cause_class is CauseClass.TIMEOUT
            server.resume()
            assert (await reader.read()).keyframe
            server.hang()  # and closing does not wait for it
        server.resume()


async def test_a_watch_that_has_gone_deaf_is_found_out_by_the_count(server: Server) -> None:
    register(server, "orders")
    port = int(server.url.rpartition(":")[2])
    relaying = lying.relays(port, swallows=b"/v3/watch")
    async with lying.lying(relaying) as relay, Reader(source(relay.url, interval="500ms")) as reader:
        await reader.read()
        register(server, "late")
        await reader.read_until(lambda: "late" in reader.of(Service), within_s=8)
        delete(server, "/services/late/late-1")
        await reader.read_until(lambda: "late" not in reader.of(Service), within_s=8)


async def test_another_member_is_asked_when_the_first_is_down(server: Server) -> None:
    register(server, "orders")
    async with Reader(source(f"127.0.0.1:{lying.refused_port()},{server.url}")) as reader:
        await reader.read()
        assert "orders" in reader.of(Service)


async def test_authentication(tmp_path: Path) -> None:
    with etcd(tmp_path) as server:
        register(server, "orders")
        server.ask("POST", "/v3/auth/user/add", {"name": "root", "password": "root-pw"})
        server.ask("POST", "/v3/auth/user/grant", {"user": "root", "role": "root"})
        server.ask("POST", "/v3/auth/user/add", {"name": "nobody", "password": "nobody-pw"})
        server.ask("POST", "/v3/auth/enable", {})
        for credentials, cause_class in (
            ({}, CauseClass.AUTH),
            ({"user": "root", "password": "wrong-pw"}, CauseClass.AUTH),
            ({"user": "nobody", "password": "nobody-pw"}, CauseClass.PERMISSION),
        ):
            async with Reader(source(server.url, **credentials)) as reader:
                error = await reader.failure()
                assert error.cause.cause_class is cause_class, error
                assert "-pw" not in str(error)
        async with Reader(source(server.url, user="root", password="root-pw")) as reader:
            await reader.read()
            waiting = asyncio.create_task(reader.read())
            await asyncio.sleep(0.6)
            token = server.ask("POST", "/v3/auth/authenticate", {"name": "root", "password": "root-pw"})["token"]
            server.headers["Authorization"] = token
            register(server, "late")
            await waiting
            assert "late" in reader.of(Service), "the watch carries the token too"


async def test_a_cancelled_read_leaves_the_source_usable(server: Server, reader: Reader) -> None:
    register(server, "orders")
    await reader.read()
    reading = asyncio.create_task(reader.source.read())
    await asyncio.sleep(0.4)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert (await reader.read()).keyframe
    assert "orders" in reader.of(Service)


@pytest.mark.parametrize(
    ("behaviour", "cause_class"),
    [
        (lying.hangs, CauseClass.TIMEOUT),
        (lying.closes, CauseClass.PROTOCOL),
        (lying.half_closes, CauseClass.PROTOCOL),
        (lying.answers_html, CauseClass.PROTOCOL),
        (lying.truncated_json, CauseClass.PROTOCOL),
        (lying.answers({"header": {"revision": 7}}), CauseClass.PROTOCOL),
        (lying.answers([1]), CauseClass.PROTOCOL),
        (lying.junk(10), CauseClass.PROTOCOL),
        (lying.answers({"error": "etcdserver: too many requests", "code": 8}, 429), CauseClass.OVERLOAD),
    ],
)
async def test_a_lying_etcd_is_lost_with_a_cause(behaviour: Behaviour, cause_class: CauseClass) -> None:
    async with lying.lying(behaviour) as liar:
        reading = source(liar.url, timeout="400ms")
        with pytest.raises(SourceError) as raised:
            await reading.read()
        await reading.close()
    assert raised.value.cause.cause_class is cause_class
    assert liar.url in raised.value.cause.message
