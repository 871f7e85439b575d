"""A fleet of so many checks that only those which do not pass are waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from prodtui.model.records import HealthCheck, HealthStatus, Instance, Service
from prodtui.sources.registry.consul import LARGE, Consul
from prodtui.sources.registry.consul_settings import ConsulSettings
from tests.sources.reading import Reader
from tests.sources.registry.agents import Server, consul

SERVICES = 68
CHECKS_EACH = 30


def put(agent: Server, service: str, node: str = "far", **status: str) -> None:
    """Registers an instance in the catalog with its checks, all passing but those named in `status`."""
    checks = [
        {
            "Node": node,
            "CheckID": f"{service}-c{n}",
            "Name": f"check {n}",
            "Status": status.get(f"c{n}", "passing"),
            "Output": status.get(f"c{n}", "fine"),
            "ServiceID": f"{service}-1",
        }
        for n in range(CHECKS_EACH)
    ]
    registered = {"ID": f"{service}-1", "Service": service, "Meta": {"version": "7"}, "Port": 80}
    agent.ask(
        "PUT",
        "/v1/catalog/register",
        {"Node": node, "Address": "10.0.0.1", "Service": registered, "Checks": checks},
    )


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    assert SERVICES * CHECKS_EACH > LARGE
    with consul(tmp_path_factory.mktemp("consul-large")) as running:
        for number in range(SERVICES):
            put(running, f"s{number}")
        yield running


@pytest_asyncio.fixture
async def reader(agent: Server) -> AsyncIterator[Reader]:
    settings = ConsulSettings.model_validate({"kind": "consul", "url": agent.url})
    async with Reader(Consul("source", settings)) as reading:
        answer = await reading.read()
        assert answer.keyframe
        yield reading


async def test_everything_is_known_from_the_first_answer_on(reader: Reader) -> None:
    assert len(reader.of(HealthCheck)) == SERVICES * CHECKS_EACH + 1
    assert len(reader.of(Service)) == SERVICES + 1
    assert reader.of(Instance)["far/s41-1"].version == "7"


async def test_it_takes_few_requests_as_whole_nodes_are_read(agent: Server) -> None:
    settings = ConsulSettings.model_validate({"kind": "consul", "url": agent.url})
    async with Reader(Consul("source", settings)) as reading:
        assert (await reading.read()).requests < 10


async def test_a_failing_check_and_its_recovery_arrive_with_their_outputs(agent: Server, reader: Reader) -> None:
    check = "far/s3-c5"
    put(agent, "s3", c5="critical")
    await reader.read_until(lambda: reader.of(HealthCheck)[check].status is HealthStatus.CRITICAL, within_s=8)
    assert reader.of(HealthCheck)[check].output == "critical"
    put(agent, "s3")
    answers = []
    while reader.of(HealthCheck)[check].status is not HealthStatus.PASSING:
        answers.append(await reader.read())
    assert len(answers) < 4
    assert reader.of(HealthCheck)[check].output == "fine"
    assert answers[-1].requests < 5, "only the service that changed is asked about"
    assert not answers[-1].keyframe


async def test_many_failures_at_once_are_all_seen(agent: Server, reader: Reader) -> None:
    for number in range(SERVICES):
        put(agent, f"s{number}", c1="warning")
    await reader.read_until(
        lambda: sum(c.status is HealthStatus.WARNING for c in reader.of(HealthCheck).values()) == SERVICES, within_s=8
    )
    for number in range(SERVICES):
        put(agent, f"s{number}")
    await reader.read_until(
        lambda: all(c.status is HealthStatus.PASSING for c in reader.of(HealthCheck).values()), within_s=8
    )


async def test_a_passing_instance_that_comes_and_goes_is_noticed(agent: Server, reader: Reader) -> None:
    put(agent, "s7", node="near")
    await reader.read_until(lambda: "near/s7-1" in reader.of(Instance), within_s=9)
    assert reader.of(Instance)["near/s7-1"].version == "7"
    agent.ask("PUT", "/v1/catalog/deregister", {"Node": "near"})
    await reader.read_until(lambda: "near/s7-1" not in reader.of(Instance), within_s=9)
    assert "near/s7-c0" not in reader.of(HealthCheck)
    assert "far/s7-1" in reader.of(Instance)


async def test_a_failing_node_check_is_seen_and_heals(agent: Server, reader: Reader) -> None:
    check = {"Node": "far", "CheckID": "disk", "Name": "disk", "Status": "critical", "Output": "full"}
    node = {"Node": "far", "Address": "10.0.0.1"}
    agent.ask("PUT", "/v1/catalog/register", {**node, "Check": check})
    await reader.read_until(lambda: "far/disk" in reader.of(HealthCheck), within_s=8)
    assert reader.of(HealthCheck)["far/disk"].service == ""
    agent.ask("PUT", "/v1/catalog/register", {**node, "Check": {**check, "Status": "passing", "Output": "ok"}})
    await reader.read_until(lambda: reader.of(HealthCheck)["far/disk"].output == "ok", within_s=8)
