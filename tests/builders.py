"""Values to test pure rules with: records as real sources report them, and the world they are told to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prodtui.model.assessment import Assessment, CheckResult, ServiceAssessment
from prodtui.model.cause import Cause, CauseClass
from prodtui.model.declared import Declared, DeclaredService, DeclaredSource, Tier
from prodtui.model.evidence import (
    AlertRule,
    Certificate,
    CodeScan,
    Configuration,
    ConfigurationKey,
    DatabaseRole,
    Guard,
    GuardedPath,
    Measurement,
    Migrations,
    Silence,
    Traffic,
)
from prodtui.model.reading import Answer, Reading
from prodtui.model.records import (
    AnyRecord,
    Breaker,
    BreakerState,
    Cluster,
    DatabaseServer,
    HealthCheck,
    HealthStatus,
    Instance,
    Plane,
    Pool,
    Service,
    Sli,
    Target,
)
from prodtui.model.service_view import ServiceView
from prodtui.model.snapshot import Snapshot, empty, fold
from prodtui.model.ties import service_views
from prodtui.readiness.assess import Asking, assess, assess_service
from prodtui.readiness.policy import Policy

NOW = 1_000_000.0

CONSUL = DeclaredSource(name="consul", kind="consul", plane=Plane.REGISTRY)
PGBOUNCER = DeclaredSource(name="pgbouncer", kind="pgbouncer", plane=Plane.POOLS)
POSTGRES = DeclaredSource(name="postgres", kind="postgresql", plane=Plane.POOLS)
ENVOY = DeclaredSource(name="envoy", kind="envoy", plane=Plane.BREAKERS)
PROMETHEUS = DeclaredSource(name="prometheus", kind="prometheus", plane=Plane.METRICS)
HANDSHAKES = DeclaredSource(name="handshakes", kind="handshakes", plane=Plane.RELEASE, interval_s=60.0)
RELEASE = DeclaredSource(name="release", kind="release", plane=Plane.RELEASE)
ALL = (CONSUL, PGBOUNCER, POSTGRES, ENVOY, PROMETHEUS)
HOUR, DAY = 3_600.0, 86_400.0

PASSING, WARNING, CRITICAL = HealthStatus.PASSING, HealthStatus.WARNING, HealthStatus.CRITICAL


def instance(service: str, number: int = 1, **fields: Any) -> Instance:
    return Instance(**{"service": service, "id": f"{service}-{number}", "node": "lab", **fields})


def health(service: str, number: int = 1, status: HealthStatus = PASSING, **fields: Any) -> HealthCheck:
    own = f"{service}-{number}"
    return HealthCheck(
        **{
            "id": f"ready:{own}",
            "name": "ready",
            "node": "lab",
            "service": service,
            "instance": own,
            "status": status,
            **fields,
        }
    )


def pool(name: str = "payments-db", **fields: Any) -> Pool:
    return Pool(
        **{
            "name": name,
            "user": "app",
            "database": "payments",
            "upstream": "127.0.0.1:5433",
            "size": 20,
            "used": 2,
            "idle": 3,
            "waiting": 0,
            "clients": 5,
            "max_wait_s": 0.0,
            **fields,
        }
    )


def server(name: str = "postgres", **fields: Any) -> DatabaseServer:
    return DatabaseServer(
        **{
            "name": name,
            "address": "127.0.0.1:5433",
            "databases": ("payments",),
            "used": 20,
            "usable": 97,
            "in_recovery": False,
            "replicas": 0,
            "oldest_transaction_s": 0.0,
            "idle_in_transaction_s": 0.0,
            "deadlocks_per_s": 0.0,
            "xid_age": 1_000,
            "freeze_max_age": 200_000_000,
            **fields,
        }
    )


def cluster(name: str = "payments", **fields: Any) -> Cluster:
    return Cluster(
        **{
            "name": name,
            "proxy": "envoy",
            "members": 2,
            "healthy": 2,
            "ejected": 0,
            "panic_ratio": 0.5,
            "overflow_per_s": 0.0,
            "headroom": 0.9,
            **fields,
        }
    )


def breaker(caller: str, callee: str, state: BreakerState = BreakerState.CLOSED, **fields: Any) -> Breaker:
    return Breaker(**{"name": callee, "caller": caller, "callee": callee, "state": state, **fields})


def sli(label: str, **fields: Any) -> Sli:
    return Sli(
        **{
            "label": label,
            "window_s": 20.0,
            "p50_s": 0.005,
            "p95_s": 0.020,
            "p99_s": 0.040,
            "beyond_s": 10.0,
            "error_ratio": 0.0,
            "rate_per_s": 15.0,
            "requests": 300.0,
            "observed_at": NOW - 1,
            "scrape_interval_s": 1.0,
            **fields,
        }
    )


def target(label: str, number: int = 1, **fields: Any) -> Target:
    return Target(**{"label": label, "job": "services", "instance": f"{label}-{number}", "up": True, **fields})


def role(name: str = "app", **fields: Any) -> DatabaseRole:
    return DatabaseRole(
        **{
            "server": "postgres",
            "database": "payments",
            "role": name,
            "superuser": False,
            "sessions": 4,
            "encrypted": 4,
            "local": 0,
            **fields,
        }
    )


def alert_rule(name: str = "ErrorsHigh", **fields: Any) -> AlertRule:
    return AlertRule(**{"name": name, "group": "services", "severity": "page", "health": "ok", **fields})


def silence(label: str = "payments", **fields: Any) -> Silence:
    return Silence(**{"id": "s-1", "label": label, "by": "ana", "comment": "moving racks", "ends_at": NOW, **fields})


def traffic(window_s: float, label: str = "payments", **fields: Any) -> Traffic:
    return Traffic(
        **{
            "label": label,
            "window_s": window_s,
            "requests": 15.0 * window_s,
            "error_ratio": 0.0,
            "history_s": window_s,
            "observed_at": NOW - 1,
            **fields,
        }
    )


def certificate(number: int = 1, service: str = "payments", **fields: Any) -> Certificate:
    return Certificate(
        **{
            "service": service,
            "instance": f"{service}-{number}",
            "address": f"127.0.0.1:{8440 + number}",
            "server_name": f"{service}.lab",
            "names": (f"{service}.lab",),
            "not_before": NOW - 30 * DAY,
            "not_after": NOW + 60 * DAY,
            "version": "TLSv1.3",
            "oldest": "TLSv1.2",
            "name_matches": True,
            "trusted": True,
            **fields,
        }
    )


def guarded(path: str, status: int | None, number: int = 1, **fields: Any) -> GuardedPath:
    instance = f"payments-{number}"
    return GuardedPath(
        **{
            "service": "payments",
            "instance": instance,
            "guard": Guard.PROTECTED,
            "path": path,
            "url": f"https://{instance}{path}",
            "status": status,
            **fields,
        }
    )


def measurement(check: str, value: float | None = None, **fields: Any) -> Measurement:
    return Measurement(**{"check": check, "service": "payments", "query": "SELECT 1", "value": value, **fields})


def configuration(*keys: ConfigurationKey, **fields: Any) -> Configuration:
    return Configuration(**{"service": "payments", "origin": "payments.env", "keys": keys, **fields})


def scan(**fields: Any) -> CodeScan:
    return CodeScan(**{"service": "payments", "roots": (".",), "files": 12, "lines": 900, "findings": 0, **fields})


def expected(*migrations: str, **fields: Any) -> Migrations:
    return Migrations(**{"service": "payments", "expected": migrations, **fields})


class World:
    """One environment that sources tell of; told records replace what that source said before."""

    def __init__(self, *services: DeclaredService, sources: Iterable[DeclaredSource] = ALL) -> None:
        self.snapshot: Snapshot = empty(Declared(environment="test", sources=tuple(sources), services=services))

    def tell(self, source: str, *records: AnyRecord, at: float = NOW, keyframe: bool = True) -> World:
        """A successful read of everything that the source has, or of what changed."""
        return self._fold(
            Reading(source=source, at=at, latency_s=0.01, answer=Answer(records=records, keyframe=keyframe))
        )

    def fail(self, source: str, *, at: float = NOW, cause: CauseClass = CauseClass.REFUSED, why: str = "") -> World:
        """A failed read."""
        return self._fold(Reading(source=source, at=at, latency_s=0.01, cause=Cause(cause, why or f"{source} refused")))

    def _fold(self, reading: Reading) -> World:
        self.snapshot, _ = fold(self.snapshot, reading)
        return self

    def views(self) -> dict[str, ServiceView]:
        return service_views(self.snapshot)

    def assess(self, policy: Policy | None = None, now: float = NOW, *, single_reading: bool = False) -> Assessment:
        return assess(self.views(), policy or Policy(), now, Asking(single_reading=single_reading))

    def judged(
        self, service: str, policy: Policy | None = None, now: float = NOW, asking: Asking | None = None
    ) -> ServiceAssessment:
        return assess_service(self.views()[service], policy or Policy(), now, asking or Asking())

    def result(
        self,
        service: str,
        check: str,
        policy: Policy | None = None,
        now: float = NOW,
        *,
        single_reading: bool = False,
        asking: Asking | None = None,
    ) -> CheckResult | None:
        """What one check found of one service; None where it is absent."""
        asking = asking or Asking(single_reading=single_reading)
        return next((r for r in self.judged(service, policy, now, asking).checks if r.id == check), None)


PAYMENTS = DeclaredService(
    name="payments", tier=Tier.B, pools=("payments-db",), databases=("payments",), clusters=("payments",)
)
CHECKOUT = DeclaredService(name="checkout", tier=Tier.B, depends_on=("payments",))


def well() -> World:
    """Payments with pool, database and cluster, and checkout that calls it: every check passes."""
    names = ("payments", "checkout")
    return (
        World(PAYMENTS, CHECKOUT)
        .tell("consul", *registered("payments", 2), *registered("checkout", 2))
        .tell("pgbouncer", pool())
        .tell("postgres", server(), role())
        .tell("envoy", cluster())
        .tell(
            "prometheus",
            alert_rule(),
            *(sli(name) for name in names),
            *(target(name, number) for name in names for number in (1, 2)),
            breaker("checkout", "payments"),
        )
    )


def registered(service: str, instances: int, status: HealthStatus = PASSING) -> tuple[AnyRecord, ...]:
    """The service with so many instances, each with a health check of this status."""
    numbers = range(1, instances + 1)
    return (
        Service(name=service),
        *(instance(service, number) for number in numbers),
        *(health(service, number, status) for number in numbers),
    )
