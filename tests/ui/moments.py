"""Moments of a small shop, made by telling a course what sources would say: the screens' input, assessed for real."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.declared import Declared, DeclaredService, DeclaredSource, Tier
from prodtui.model.evidence import AlertRule, DatabaseRole
from prodtui.model.moment import Moment
from prodtui.model.reading import About, Answer, Reading
from prodtui.model.records import (
    AnyRecord,
    Breaker,
    BreakerState,
    Cluster,
    DatabaseServer,
    Definition,
    HealthCheck,
    HealthStatus,
    Host,
    Instance,
    Plane,
    Pool,
    Service,
    Session,
    Sli,
    Target,
)
from prodtui.readiness.standard import PLAIN, Standard
from prodtui.watch import Course

START = 1_795_386_000.0
SERVICES = {"storefront": 1, "catalog": 2, "checkout": 2, "payments": 2, "inventory": 1}
CALLS = (
    ("storefront", "catalog"),
    ("storefront", "checkout"),
    ("checkout", "payments"),
    ("checkout", "inventory"),
)
DATABASES = ("catalog", "payments", "inventory")
HOSTILE = "\u241b[31mred\u241b]0;title\u2407 [bold]markup[/bold] [/] \\[x] 日本語"


def declared(environment: str = "lab", colour: str | None = "green") -> Declared:
    return Declared(
        environment=environment,
        colour=colour,
        sources=(
            DeclaredSource(name="consul", kind="consul", plane=Plane.REGISTRY),
            DeclaredSource(name="pgbouncer", kind="pgbouncer", plane=Plane.POOLS),
            DeclaredSource(name="postgres", kind="postgresql", plane=Plane.POOLS),
            DeclaredSource(name="envoy", kind="envoy", plane=Plane.BREAKERS),
            DeclaredSource(name="prometheus", kind="prometheus", plane=Plane.METRICS),
        ),
        services=tuple(
            DeclaredService(
                name=name,
                tier=Tier.B if count > 1 else Tier.C,
                pools=(f"{name}-db",) if name in DATABASES else (),
                databases=(name,) if name in DATABASES else (),
                runbook=f"https://runbooks.example/{name}",
                owner="team-shop",
            )
            for name, count in SERVICES.items()
        ),
    )


class Shop:
    """A course with five sources, told what they say."""

    def __init__(self, environment: Declared | None = None, standard: Standard = PLAIN) -> None:
        self.now = START
        self.course = Course(environment or declared(), standard)

    def tell(self, source: str, *records: AnyRecord) -> None:
        answer = Answer(records=records, about=About(version="1.0"))
        self.course.tell(Reading(source=source, at=self.now, latency_s=0.012, answer=answer))

    def fail(self, source: str, cause_class: CauseClass, message: str) -> None:
        cause = Cause(cause_class, message)
        self.course.tell(Reading(source=source, at=self.now, latency_s=2.0, cause=cause))

    def well(self, *, without: Iterable[str] = (), p99_s: float = 0.02) -> None:
        """Every source says that all is well."""
        said: dict[str, tuple[AnyRecord, ...]] = {
            "consul": registry(),
            "pgbouncer": tuple(pool(name) for name in DATABASES),
            "postgres": (server(), *roles()),
            "envoy": tuple(cluster(callee) for _, callee in CALLS),
            "prometheus": metrics(p99_s=p99_s),
        }
        for source, records in said.items():
            if source not in without:
                self.tell(source, *records)

    def ill(self) -> None:
        """One of payments' instances hangs, its pool is full, a lock is held, its breaker is open."""
        self.tell("consul", *registry(critical=("payments-2",)))
        self.tell(
            "pgbouncer",
            pool("catalog", used=6),
            pool("payments", used=20, waiting=34, max_wait_s=5.4),
            pool("inventory", used=3),
        )
        self.tell("postgres", server(used=47), *roles(), *sessions())
        self.tell("envoy", *(cluster(callee, shed=12.0 if callee == "payments" else 0.0) for _, callee in CALLS))
        self.tell("prometheus", *metrics(slow=("payments", "checkout"), open_to="payments"))

    def moment(self, after_s: float = 2.0) -> Moment:
        self.now += after_s
        return self.course.moment(self.now)


@cache
def well() -> Moment:
    shop = Shop()
    for _ in range(40):
        shop.well()
        shop.now += 10
    shop.well()
    return shop.moment(1.0)


def ill_shop(environment: Declared | None = None, standard: Standard = PLAIN) -> Shop:
    shop = Shop(environment, standard)
    for n in range(60):
        shop.well(p99_s=0.02 + 0.004 * (n % 7 == 3))
        shop.now += 10
    shop.moment()
    for rise in (0.4, 0.9, 1.4, 2.0, 2.4):
        shop.tell("prometheus", *metrics(slow=("payments", "checkout"), slow_s=rise))
        shop.now += 10
    for _ in range(3):
        shop.ill()
        shop.moment()
    return shop


@cache
def ill() -> Moment:
    return ill_shop().moment(0.5)


def registry(critical: tuple[str, ...] = (), output: str | None = None) -> tuple[AnyRecord, ...]:
    records: list[AnyRecord] = []
    port = 18440
    for name, count in SERVICES.items():
        records.append(Service(name=name))
        for n in range(1, count + 1):
            port += 1
            id_ = f"{name}-{n}"
            ill = id_ in critical
            url = f"http://127.0.0.1:{port}/ready"
            records += [
                Instance(
                    service=name, id=id_, node="lab", version="2.14.1", zone=f"z{n}", address="127.0.0.1", port=port
                ),
                HealthCheck(
                    id=f"service:{id_}",
                    name="ready",
                    node="lab",
                    service=name,
                    instance=id_,
                    status=HealthStatus.CRITICAL if ill else HealthStatus.PASSING,
                    output=output
                    or (
                        f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
                        if ill
                        else f"HTTP GET {url}: 200 OK Output: ready"
                    ),
                    kind="http",
                    definition=Definition(url=url, interval_s=2, timeout_s=1),
                ),
            ]
    return tuple(records)


def pool(name: str, *, used: int = 2, waiting: int = 0, max_wait_s: float = 0.0, size: int = 20) -> Pool:
    return Pool(
        name=f"{name}-db",
        user=name,
        database=name,
        upstream="127.0.0.1:15432",
        size=size,
        used=used,
        idle=min(3, size - used),
        waiting=waiting,
        clients=used + waiting,
        max_wait_s=max_wait_s,
        wait_ratio=0.0,
    )


def server(used: int = 22) -> DatabaseServer:
    return DatabaseServer(
        name="postgres",
        address="127.0.0.1:15432",
        databases=DATABASES,
        version="18.6",
        used=used,
        usable=97,
        in_recovery=False,
        replicas=0,
        oldest_transaction_s=0.1,
        idle_in_transaction_s=0.0,
        deadlocks_per_s=0.0,
        xid_age=1000,
        freeze_max_age=200_000_000,
    )


def roles() -> tuple[DatabaseRole, ...]:
    return tuple(
        DatabaseRole(server="postgres", database=name, role=name, superuser=False, sessions=3, encrypted=3, local=0)
        for name in DATABASES
    )


def sessions() -> tuple[Session, ...]:
    return (session(4121, "idle in transaction"), session(4130, "active", blocked_by=(4121,), blocked_s=38.0))


def session(pid: int, state: str, *, blocked_by: tuple[int, ...] = (), blocked_s: float | None = None) -> Session:
    return Session(
        server="postgres",
        pid=pid,
        database="payments",
        user="payments",
        application="payments-1",
        state=state,
        wait="Lock: transactionid" if blocked_by else "",
        blocked_by=blocked_by,
        blocked_s=blocked_s,
        transaction_at=START + 600,
        query="UPDATE ledger SET balance = balance - 1 WHERE id = 7",
    )


def cluster(name: str, *, shed: float = 0.0, healthy: int | None = None) -> Cluster:
    members = SERVICES[name]
    return Cluster(
        name=name,
        proxy="envoy",
        hosts=tuple(Host(address=f"127.0.0.1:{19000 + n}", healthy=True) for n in range(members)),
        members=members,
        healthy=members if healthy is None else healthy,
        ejected=0,
        panic_ratio=0.5,
        overflow_per_s=shed,
        failed_per_s=0.0,
        headroom=0.9,
    )


def metrics(
    *, slow: tuple[str, ...] = (), slow_s: float = 2.4, p99_s: float = 0.02, open_to: str = ""
) -> tuple[AnyRecord, ...]:
    records: list[AnyRecord] = []
    for n, (name, count) in enumerate(SERVICES.items()):
        p99 = slow_s if name in slow else p99_s * (1 + n / 3)
        records.append(
            Sli(
                label=name,
                window_s=60,
                p50_s=p99 / 6,
                p95_s=p99 * 0.8,
                p99_s=p99,
                beyond_s=10,
                error_ratio=0.041 if name in slow else 0.0004,
                rate_per_s=42.0 - 7 * n,
                requests=60 * (42.0 - 7 * n),
                observed_at=START + 10_000,
                scrape_interval_s=1,
            )
        )
        records += [
            Target(label=name, job="shop", instance=f"127.0.0.1:{18441 + 10 * n + i}", up=True, scrape_interval_s=1)
            for i in range(count)
        ]
    records += [
        Breaker(
            name=callee,
            caller=caller,
            callee=callee,
            state=BreakerState.OPEN if callee == open_to else BreakerState.CLOSED,
            shed_per_s=12.4 if callee == open_to else 0.0,
        )
        for caller, callee in CALLS
    ]
    records.append(AlertRule(name="Slow", group="shop", severity="page", expression="p99 > 0.25", health="ok"))
    return tuple(records)
