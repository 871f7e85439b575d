"""Consul as a registry, against a real agent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.records import HealthCheck, HealthStatus, Instance, Phase, Service
from prodtui.sources.registry.consul import Consul
from prodtui.sources.registry.consul_settings import ConsulSettings
from tests.sources import lying
from tests.sources.lying import Behaviour
from tests.sources.reading import Reader, broken_off
from tests.sources.registry.agents import Server, clear, consul, register, tell


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with consul(tmp_path_factory.mktemp("consul")) as running:
        yield running


@pytest.fixture
def agent(server: Server) -> Server:
    clear(server)
    return server


def source(url: str, **settings: object) -> Consul:
    return Consul("source", ConsulSettings.model_validate({"kind": "consul", "url": url, **settings}))


@pytest_asyncio.fixture
async def reader(agent: Server) -> AsyncIterator[Reader]:
    async with Reader(source(agent.url)) as reading:
        yield reading


async def test_the_first_answer_is_everything_and_does_not_wait(agent: Server, reader: Reader) -> None:
    register(agent, "orders", Meta={"version": "1.4", "zone": "a", "phase": "draining"}, Tags=["v1"])
    tell(agent, "ttl:orders-1", "passing", "fine")
    began = time.monotonic()
    answer = await reader.read()
    assert answer.keyframe
    assert time.monotonic() - began < 1
    assert reader.of(Service)["orders"].tags == ("v1",)
    found = reader.of(Instance)["lab/orders-1"]
    assert (found.version, found.zone, found.phase, found.port) == ("1.4", "a", Phase.DRAINING, 8001)
    assert found.address == "127.0.0.1", "an instance without an address of its own has its node's"
    check = reader.of(HealthCheck)["lab/ttl:orders-1"]
    assert (check.status, check.output, check.service, check.instance) == (
        HealthStatus.PASSING,
        "fine",
        "orders",
        "orders-1",
    )


async def test_about_has_version_and_rights(reader: Reader) -> None:
    answer = await reader.read()
    assert answer.about is not None
    assert answer.about.version
    assert answer.about.rights == "services and nodes"
    assert answer.about.notes == ()


async def test_a_node_s_own_check_belongs_to_no_service(reader: Reader) -> None:
    await reader.read()
    check = reader.of(HealthCheck)["lab/serfHealth"]
    assert (check.service, check.instance, check.node) == ("", "", "lab")


async def test_a_service_without_checks_is_known_and_has_none(agent: Server, reader: Reader) -> None:
    register(agent, "quiet", check=False)
    await reader.read()
    assert "quiet" in reader.of(Service)
    assert "lab/quiet-1" in reader.of(Instance)
    assert not [c for c in reader.of(HealthCheck).values() if c.service == "quiet"]


async def test_an_idle_fleet_costs_one_question_an_interval(agent: Server, reader: Reader) -> None:
    register(agent, "orders")
    tell(agent, "ttl:orders-1", "passing", "fine")
    await reader.read()
    await reader.read()  # also opens the query for registrations
    began = time.monotonic()
    answer = await reader.read()
    assert 1.5 < time.monotonic() - began < 3
    assert (answer.records, answer.removed, answer.keyframe, answer.requests) == ((), (), False, 1)


async def test_a_change_arrives_when_it_happens_and_so_does_the_recovery(agent: Server, reader: Reader) -> None:
    register(agent, "orders")
    tell(agent, "ttl:orders-1", "passing", "fine")
    await reader.read()
    waiting = asyncio.create_task(reader.read())
    await asyncio.sleep(1.2)  # past the gap, into the blocking query
    tell(agent, "ttl:orders-1", "critical", "connection refused")
    began = time.monotonic()
    answer = await waiting
    assert time.monotonic() - began < 0.5
    check = reader.of(HealthCheck)["lab/ttl:orders-1"]
    assert (check.status, check.output) == (HealthStatus.CRITICAL, "connection refused")
    assert len(answer.records) == 1, "only the difference travels"
    tell(agent, "ttl:orders-1", "passing", "fine again")
    await reader.read_until(lambda: reader.of(HealthCheck)["lab/ttl:orders-1"].output == "fine again", within_s=8)


async def test_services_that_come_and_go_are_noticed_within_seconds(agent: Server, reader: Reader) -> None:
    register(agent, "orders")
    await reader.read()
    register(agent, "late", check=False)
    register(agent, "orders", 2)
    await reader.read_until(lambda: {"lab/late-1", "lab/orders-2"} <= reader.of(Instance).keys(), within_s=8)
    agent.ask("PUT", "/v1/agent/service/deregister/late-1")
    agent.ask("PUT", "/v1/agent/service/deregister/orders-2")
    await reader.read_until(lambda: "lab/orders-2" not in reader.of(Instance), within_s=8)
    await reader.read_until(lambda: "late" not in reader.of(Service), within_s=8)
    assert "lab/late-1" not in reader.of(Instance)
    assert "lab/ttl:orders-2" not in reader.of(HealthCheck)
    assert "lab/orders-1" in reader.of(Instance)


async def test_a_second_instance_without_checks_is_noticed(agent: Server, reader: Reader) -> None:
    register(agent, "quiet", check=False)
    await reader.read()
    register(agent, "quiet", 2, check=False)
    await reader.read_until(lambda: "lab/quiet-2" in reader.of(Instance), within_s=8)


async def test_a_new_version_under_the_same_name_is_noticed(agent: Server, reader: Reader) -> None:
    register(agent, "orders", Meta={"version": "1"})
    await reader.read()
    register(agent, "orders", Meta={"version": "2"})
    await reader.read_until(lambda: reader.of(Instance)["lab/orders-1"].version == "2", within_s=8)


async def test_maintenance_of_a_service_and_of_a_node_is_a_phase(agent: Server, reader: Reader) -> None:
    register(agent, "orders")
    register(agent, "ledger")
    await reader.read()
    agent.ask("PUT", "/v1/agent/service/maintenance/orders-1?enable=true&reason=upgrade")
    await reader.read_until(lambda: reader.of(Instance)["lab/orders-1"].phase is Phase.MAINTENANCE, within_s=8)
    assert reader.of(Instance)["lab/orders-1"].meta["maintenance"] == "upgrade"
    assert reader.of(Instance)["lab/ledger-1"].phase is Phase.SERVING
    agent.ask("PUT", "/v1/agent/maintenance?enable=true&reason=kernel")
    await reader.read_until(lambda: reader.of(Instance)["lab/ledger-1"].phase is Phase.MAINTENANCE, within_s=8)
    assert {c.id for c in reader.of(HealthCheck).values()} == {"ttl:orders-1", "ttl:ledger-1", "serfHealth"}
    agent.ask("PUT", "/v1/agent/maintenance?enable=false")
    await reader.read_until(lambda: reader.of(Instance)["lab/ledger-1"].phase is Phase.SERVING, within_s=8)


async def test_a_fresh_check_s_output_is_the_agent_s_own_word(agent: Server, reader: Reader) -> None:
    url = f"http://127.0.0.1:{lying.refused_port()}/ready"
    check = {"CheckID": "ready", "Name": "ready", "HTTP": url, "Interval": "200ms", "Timeout": "200ms"}
    register(agent, "orders", check=False, Checks=[check])
    await reader.read_until(lambda: "refused" in _output(reader, "lab/ready"), within_s=12)
    catalog = agent.ask("GET", "/v1/health/checks/orders")
    assert catalog[0]["Output"] == "", "Consul's catalog has it already: this test proves nothing any more"
    assert reader.of(HealthCheck)["lab/ready"].definition.url == url


async def test_http_429_is_a_warning(agent: Server, reader: Reader) -> None:
    async with lying.lying(lying.answers("busy", 429)) as instance:
        check = {"CheckID": "ready", "Name": "ready", "HTTP": f"{instance.url}/ready", "Interval": "200ms"}
        register(agent, "orders", check=False, Checks=[check])
        await reader.read_until(lambda: _status(reader, "lab/ready") is HealthStatus.WARNING, within_s=12)
        assert "429" in _output(reader, "lab/ready")
        assert reader.of(HealthCheck)["lab/ready"].definition.url == f"{instance.url}/ready"


async def test_hostile_output_is_inert(agent: Server, reader: Reader) -> None:
    register(agent, "orders")
    tell(agent, "ttl:orders-1", "critical", "\x1b]0;owned\x07\x1b[31mred [bold]x[/bold]\x00" + "A" * 3000)
    await reader.read()
    output = _output(reader, "lab/ttl:orders-1")
    assert output.startswith("␛]0;owned␇␛[31mred [bold]x[/bold]")
    assert not set(output) & set(map(chr, (*range(9), *range(11, 32), 127)))


async def test_a_restarted_agent_is_read_from_scratch(tmp_path: Path) -> None:
    with consul(tmp_path) as agent:
        for number in range(1, 6):
            register(agent, "orders", number)
        async with Reader(source(agent.url)) as reader:
            await reader.read()
            await reader.read()
            agent.kill()
            assert (await reader.failure()).cause.cause_class in (CauseClass.REFUSED, CauseClass.PROTOCOL)
            assert (await reader.failure()).cause.cause_class is CauseClass.REFUSED
            agent.start()
            register(agent, "ledger")
            answer = await reader.read()
            assert answer.keyframe
            assert reader.of(Service).keys() == {"consul", "ledger"}
            # Its indexes begin anew, far below: a change must wake us all the same.
            await reader.read()
            tell(agent, "ttl:ledger-1", "passing", "up")
            await reader.read_until(lambda: _status(reader, "lab/ttl:ledger-1") is HealthStatus.PASSING, within_s=8)


async def test_an_index_that_goes_back_is_noticed_even_without_a_failure(tmp_path: Path) -> None:
    with consul(tmp_path) as agent:
        for number in range(1, 20):
            register(agent, "orders", number)
        async with Reader(source(agent.url)) as reader:
            await reader.read()  # no query is under way after the first answer, so none breaks
            agent.kill()
            agent.start()
            register(agent, "ledger")
            answer = await reader.read()
            assert answer.keyframe
            assert reader.of(Service).keys() == {"consul", "ledger"}


async def test_a_hung_agent_is_a_timeout_and_comes_back(tmp_path: Path) -> None:
    with consul(tmp_path) as agent:
        register(agent, "orders")
        async with Reader(source(agent.url, timeout="500ms", interval="1s")) as reader:
            await reader.read()
            agent.hang()
            began = time.monotonic()
            error = await reader.failure()
            assert error.cause.cause_class is CauseClass.TIMEOUT
            assert time.monotonic() - began < 4
            agent.resume()
            assert (await reader.read()).keyframe
            agent.hang()  # and closing does not wait for it
        agent.resume()


async def test_reads_that_are_broken_off_at_any_moment_leave_the_source_usable(agent: Server, reader: Reader) -> None:
    register(agent, "orders")
    await broken_off(reader.source)
    await reader.read()
    assert "orders" in reader.of(Service)


async def test_a_cancelled_read_leaves_the_source_usable(agent: Server, reader: Reader) -> None:
    register(agent, "orders")
    await reader.read()
    for while_waiting_s in (1.3, 0):  # in the blocking query; then in the keyframe that follows
        reading = asyncio.create_task(reader.source.read())
        await asyncio.sleep(while_waiting_s)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert (await reader.read()).keyframe
    assert "orders" in reader.of(Service)


@pytest.mark.parametrize(
    ("behaviour", "cause_class"),
    [
        (lying.hangs, CauseClass.TIMEOUT),
        (lying.drips, CauseClass.TIMEOUT),
        (lying.closes, CauseClass.PROTOCOL),
        (lying.half_closes, CauseClass.PROTOCOL),
        (lying.babbles, CauseClass.PROTOCOL),
        (lying.answers_html, CauseClass.PROTOCOL),
        (lying.truncated_json, CauseClass.PROTOCOL),
        (lying.wrong_types, CauseClass.PROTOCOL),
        (lying.answers([]), CauseClass.PROTOCOL),
        (lying.junk(10), CauseClass.PROTOCOL),
        (lying.answers("No cluster leader", 500, "text/plain"), CauseClass.OVERLOAD),
        (lying.answers("rate limit", 429, "text/plain"), CauseClass.OVERLOAD),
    ],
)
async def test_a_lying_consul_is_lost_with_a_cause(behaviour: Behaviour, cause_class: CauseClass) -> None:
    async with lying.lying(behaviour) as liar:
        reading = Reader(source(liar.url, timeout="400ms"))
        with pytest.raises((SourceError, TimeoutError)) as raised:
            async with asyncio.timeout(1):  # the poll's deadline, which ends what drips
                await reading.source.read()
        if isinstance(raised.value, SourceError):
            assert raised.value.cause.cause_class is cause_class
            assert liar.url in raised.value.cause.message
        else:
            assert cause_class is CauseClass.TIMEOUT
        await reading.source.close()


def _output(reader: Reader, key: str) -> str:
    check = reader.of(HealthCheck).get(key)
    return check.output if check else ""


def _status(reader: Reader, key: str) -> HealthStatus | None:
    check = reader.of(HealthCheck).get(key)
    return check.status if check else None
