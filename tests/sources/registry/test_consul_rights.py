"""Consul answers a token without rights with 200 and nothing: that must never read as an empty, healthy fleet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.records import HealthCheck, Service
from prodtui.sources.registry.consul import Consul
from prodtui.sources.registry.consul_settings import ConsulSettings
from tests.sources.reading import Reader
from tests.sources.registry.agents import Server, consul, register, tell

SERVICES = 'service_prefix "" { policy = "read" }'
NODES = 'node_prefix "" { policy = "read" }'


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with consul(tmp_path_factory.mktemp("consul-acl"), acl=True) as running:
        register(running, "orders")
        tell(running, "ttl:orders-1", "passing", "fine")
        yield running


def token(agent: Server, name: str, rules: str) -> str:
    """A new token with these rules."""
    agent.ask("PUT", "/v1/acl/policy", {"Name": name, "Rules": rules})
    made: dict[str, str] = agent.ask("PUT", "/v1/acl/token", {"Policies": [{"Name": name}]})
    return made["SecretID"]


def reader(agent: Server, secret: str | None) -> Reader:
    settings = {"kind": "consul", "url": agent.url, "token": secret}
    return Reader(Consul("source", ConsulSettings.model_validate(settings)))


async def refusal(agent: Server, secret: str | None) -> SourceError:
    async with reader(agent, secret) as reading:
        return await reading.failure()


async def test_no_token_is_no_permission(agent: Server) -> None:
    error = await refusal(agent, None)
    assert error.cause.cause_class is CauseClass.PERMISSION
    assert "service_prefix" in error.cause.message


async def test_rights_to_services_alone_are_not_enough(agent: Server) -> None:
    error = await refusal(agent, token(agent, "services", SERVICES))
    assert error.cause.cause_class is CauseClass.PERMISSION
    assert "node_prefix" in error.cause.message


async def test_rights_to_nodes_alone_are_not_enough(agent: Server) -> None:
    error = await refusal(agent, token(agent, "nodes", NODES))
    assert error.cause.cause_class is CauseClass.PERMISSION


async def test_an_unknown_token_is_an_authentication_failure_and_is_not_shown(agent: Server) -> None:
    secret = "00000000-1111-2222-3333-444444444444"
    error = await refusal(agent, secret)
    assert error.cause.cause_class is CauseClass.AUTH
    assert secret not in str(error)


async def test_read_rights_to_both_suffice_and_the_version_may_stay_unknown(agent: Server) -> None:
    async with reader(agent, token(agent, "both", f"{SERVICES}\n{NODES}")) as reading:
        answer = await reading.read()
        assert "lab/ttl:orders-1" in reading.of(HealthCheck)
    assert answer.about is not None
    assert answer.about.version is None
    assert answer.about.notes == ()


async def test_a_service_whose_node_is_hidden_is_said_to_be(agent: Server) -> None:
    elsewhere = {"Node": "hidden", "Address": "10.0.0.1", "Service": {"ID": "far-1", "Service": "far"}}
    agent.ask("PUT", "/v1/catalog/register", elsewhere)
    rules = f'{SERVICES}\nnode "lab" {{ policy = "read" }}'
    async with reader(agent, token(agent, "one-node", rules)) as reading:
        answer = await reading.read()
        assert "far" in reading.of(Service)
    assert answer.about is not None
    assert any("far" in note for note in answer.about.notes), answer.about
