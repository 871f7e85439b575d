"""The five services of the lab: who calls whom, who keeps what, and at which tier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service; `calls` are reached through Envoy, `database` through PgBouncer, and with `tls` it serves HTTPS."""

    name: str
    tier: str
    instances: int
    version: str
    calls: tuple[str, ...] = ()
    database: str | None = None
    tls: bool = False

    @property
    def pool(self) -> str | None:
        """The name under which PgBouncer pools the service's database."""
        return f"{self.database}-db" if self.database else None

    @property
    def scheme(self) -> str:
        """How its instances are asked."""
        return "https" if self.tls else "http"

    @property
    def host_name(self) -> str:
        """The name in its instances' certificates."""
        return f"{self.name}.lab"

    @property
    def runbook(self) -> str:
        """Where the service's runbook would be; a name reserved by RFC 2606."""
        return f"https://runbooks.example/{self.name}"

    def instance_ids(self) -> tuple[str, ...]:
        """The instances' ids, `payments-1` and on."""
        return tuple(f"{self.name}-{number}" for number in range(1, self.instances + 1))


def _by_name(*services: Service) -> Mapping[str, Service]:
    return MappingProxyType({service.name: service for service in services})


SERVICES = _by_name(
    Service(name="storefront", tier="C", instances=1, version="2.3.0", calls=("catalog", "checkout")),
    Service(name="catalog", tier="B", instances=2, version="1.8.2", database="catalog", tls=True),
    Service(name="checkout", tier="B", instances=2, version="3.1.4", calls=("payments", "inventory")),
    Service(name="payments", tier="B", instances=2, version="1.4.2", database="payments"),
    Service(name="inventory", tier="C", instances=1, version="1.2.0", database="inventory"),
)

DATABASES = tuple(service.database for service in SERVICES.values() if service.database)
# Envoy has a cluster and a listener for each service that another one calls.
CALLEES = tuple(name for name in SERVICES if any(name in other.calls for other in SERVICES.values()))

# A candidate of payments is an instance of its own behind a cluster of its own; by default there is neither.
CANARY_OF = "payments"
CANARY_CLUSTER = f"{CANARY_OF}-canary"
CANARY_INSTANCE = f"{CANARY_CLUSTER}-1"
CANARY_VERSION = "1.5.0"

POOL_SIZE = 10  # server connections per pool in PgBouncer
REQUESTS_PER_S = 16  # a p99 wants 300 requests (3/p) in the 20 s window: 15/s is the least
SLI_WINDOW = "20s"
