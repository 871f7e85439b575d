"""One environment told by hand and watched as prodtui watches: readings in, moments out."""

from __future__ import annotations

from collections.abc import Iterable

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.declared import Declared, DeclaredService, DeclaredSource
from prodtui.model.incident import FirstCause
from prodtui.model.moment import Moment
from prodtui.model.reading import Answer, Reading
from prodtui.model.records import AnyRecord, Pool, Session
from prodtui.readiness.standard import PLAIN
from prodtui.watch.course import Course
from tests.builders import (
    ALL,
    CHECKOUT,
    CRITICAL,
    NOW,
    PAYMENTS,
    breaker,
    cluster,
    health,
    pool,
    registered,
    server,
    sli,
    target,
)

REFUSED = 'Get "http://127.0.0.1:1/ready": dial tcp 127.0.0.1:1: connect: connection refused'
ANSWERED = 'HTTP GET http://127.0.0.1:1/ready: 503 Service Unavailable Output: {"output": "payments-db: too slow"}'
HOLDER = Session(server="postgres", pid=4121, database="payments", application="migration", transaction_at=1_000_003.0)


class Told:
    """A course; each word of a source comes a second after the last."""

    def __init__(self, *services: DeclaredService, sources: Iterable[DeclaredSource] = ALL) -> None:
        self.course = Course(Declared(environment="test", sources=tuple(sources), services=services), PLAIN)
        self.now = NOW

    def tell(self, source: str, *records: AnyRecord, keyframe: bool = False) -> Told:
        """What changed of a source, or all that there is."""
        self.now += 1
        answer = Answer(records=records, keyframe=keyframe)
        self.course.tell(Reading(source=source, at=self.now, latency_s=0.01, answer=answer))
        return self

    def fail(self, source: str, cause: CauseClass = CauseClass.REFUSED) -> Told:
        """A read that fails."""
        self.now += 1
        self.course.tell(Reading(source=source, at=self.now, latency_s=0.01, cause=Cause(cause, f"{source} {cause}")))
        return self

    def lose(self, *sources: str, cause: CauseClass = CauseClass.REFUSED) -> Told:
        """Reads fail until the sources are lost, while the others are read on."""
        for _ in range(20):
            for source in sources:
                self.fail(source, cause)
        return self.again(*sources)

    def again(self, *but: str) -> Told:
        """Every source is read once more and has nothing new, so that what explains a failure would be known."""
        self.now += 1
        for source in self.course.snapshot.sources:
            if source not in but:
                self.tell(source)
        return self

    def wait(self, seconds: float) -> Told:
        """Time passes."""
        self.now += seconds
        return self

    @property
    def moment(self) -> Moment:
        return self.course.moment(self.now)


def healthy(*services: DeclaredService, sources: Iterable[DeclaredSource] = ALL) -> Told:
    """Payments with pool, database and cluster, and checkout that calls it: everything is well."""
    told = Told(*(services or (PAYMENTS, CHECKOUT)), sources=sources)
    names = ("payments", "checkout")
    told.tell("consul", *registered("payments", 2), *registered("checkout", 2), keyframe=True)
    told.tell("pgbouncer", pool(), keyframe=True)
    told.tell("postgres", server(), keyframe=True)
    told.tell("envoy", cluster(), keyframe=True)
    told.tell(
        "prometheus",
        *(sli(name, observed_at=told.now) for name in names),
        *(target(name, number) for name in names for number in (1, 2)),
        breaker("checkout", "payments"),
        keyframe=True,
    )
    assert told.moment.first == ()
    return told


def blocked(pid: int, by: int, seconds: float = 5.0) -> Session:
    """A session of payments that waits for another."""
    return Session(server="postgres", pid=pid, database="payments", blocked_by=(by,), blocked_s=seconds)


def only(told: Told) -> FirstCause:
    (cause,) = told.moment.first
    return cause


def ill(told: Told, *numbers: int, output: str = ANSWERED) -> Told:
    return told.tell("consul", *(health("payments", number, CRITICAL, output=output) for number in numbers))


def slow(told: Told, *services: str) -> Told:
    told.tell("prometheus", *(sli(name, p99_s=2.3, error_ratio=0.4, observed_at=told.now + 1) for name in services))
    told.moment  # noqa: B018 — a judgement is made when somebody looks
    return told


def full() -> Pool:
    return pool(used=20, idle=0, waiting=34, max_wait_s=3.0)
