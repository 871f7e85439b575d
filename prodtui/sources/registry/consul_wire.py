"""What Consul's HTTP API answers, as far as it is read (field names as in Consul 1.8 and later).

What is held by the ten thousand has no cycles and is kept from the garbage collector, which else stops the event loop.
"""

from __future__ import annotations

import msgspec


class CheckDefinition(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """How a check is made. Empty for checks that an agent registered; set for those registered in the catalog."""

    http: str = msgspec.field(name="HTTP", default="")
    method: str = ""
    interval: str | int | float | None = None
    """A Go duration ("10s"), or nanoseconds."""
    timeout: str | int | float | None = None


class Row(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """A health check, of /v1/health/state and of /v1/health/service; a node's where `service_id` is empty."""

    node: str
    check_id: str = msgspec.field(name="CheckID")
    name: str
    status: str
    modify_index: int
    output: str = ""
    notes: str = ""
    service_id: str = msgspec.field(name="ServiceID", default="")
    service_name: str = ""
    type: str = ""
    definition: CheckDefinition | None = None
    interval: str | int | float | None = None
    timeout: str | int | float | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Unique in a datacenter."""
        return self.node, self.check_id


class Registered(msgspec.Struct, frozen=True, gc=False):
    """An instance in the catalog, from whichever endpoint told of it. Names are raw here, as requests need them."""

    node: str
    id: str
    service: str
    address: str
    port: int
    meta: dict[str, str]
    node_meta: dict[str, str]
    tags: tuple[str, ...] = ()


class CatalogService(msgspec.Struct, frozen=True, rename="pascal"):
    """A row of /v1/catalog/service/NAME."""

    node: str
    service_id: str = msgspec.field(name="ServiceID")
    service_name: str
    address: str = ""
    service_address: str = ""
    service_port: int = 0
    service_meta: dict[str, str] | None = None
    service_tags: tuple[str, ...] | None = None
    node_meta: dict[str, str] | None = None

    def registered(self) -> Registered:
        return Registered(
            self.node,
            self.service_id,
            self.service_name,
            self.service_address or self.address,  # an instance without an address of its own has its node's
            self.service_port,
            self.service_meta or {},
            self.node_meta or {},
            self.service_tags or (),
        )


class Node(msgspec.Struct, frozen=True, rename="pascal"):
    """A node, of /v1/catalog/nodes and others."""

    node: str
    address: str = ""
    meta: dict[str, str] | None = None


class NodeService(msgspec.Struct, frozen=True, rename="pascal"):
    """A service instance as it stands beside its node."""

    id: str = msgspec.field(name="ID")
    service: str
    address: str = ""
    port: int = 0
    meta: dict[str, str] | None = None
    tags: tuple[str, ...] | None = None

    def registered(self, node: Node) -> Registered:
        return Registered(
            node.node,
            self.id,
            self.service,
            self.address or node.address,
            self.port,
            self.meta or {},
            node.meta or {},
            self.tags or (),
        )


class CatalogNode(msgspec.Struct, frozen=True, rename="pascal"):
    """/v1/catalog/node/NAME."""

    node: Node
    services: dict[str, NodeService] | None = None

    def registered(self) -> tuple[Registered, ...]:
        return tuple(service.registered(self.node) for service in (self.services or {}).values())


class ServiceHealth(msgspec.Struct, frozen=True, rename="pascal"):
    """An instance with its checks and its node's, of /v1/health/service/NAME."""

    node: Node
    service: NodeService
    checks: list[Row]


class AgentConfig(msgspec.Struct, frozen=True, rename="pascal"):
    node_name: str = ""
    version: str = ""


class AgentSelf(msgspec.Struct, frozen=True, rename="pascal"):
    """/v1/agent/self."""

    config: AgentConfig = AgentConfig()


class AgentCheck(msgspec.Struct, frozen=True, rename="pascal"):
    """A check as its own agent knows it at once, of /v1/agent/checks; the catalog hears of outputs minutes later."""

    node: str
    check_id: str = msgspec.field(name="CheckID")
    output: str = ""
