"""What goes wrong in production, and gets well again."""

from __future__ import annotations

from prodtui.model.declared import DeclaredService
from prodtui.model.records import HealthCheck, Pool
from tests.builders import CRITICAL, PASSING, health, pool, registered, sli, target
from tests.oncall.hearing import production
from tests.timeline.course import Told as Watched

BOTH = ("payments", "inventory")


def full() -> Pool:
    return pool(used=20, idle=0, waiting=34, max_wait_s=3.0)


def ill(number: int, service: str = "payments") -> HealthCheck:
    return health(service, number, CRITICAL, output="HTTP GET http://127.0.0.1:1/ready: 503 Service Unavailable")


def exhausted(course: Watched) -> Watched:
    """A pool is full, its service and its caller are slow and fail."""
    course.tell("pgbouncer", full())
    slow = (sli(name, p99_s=2.3, error_ratio=0.4, observed_at=course.now + 1) for name in ("payments", "checkout"))
    return course.tell("prometheus", *slow).tell("consul", *(ill(number) for number in (1, 2)))


def well(course: Watched) -> Watched:
    course.tell("pgbouncer", pool())
    course.tell("prometheus", *(sli(name, observed_at=course.now + 1) for name in ("payments", "checkout")))
    return course.tell("consul", *(health("payments", number, PASSING) for number in (1, 2)))


def shop() -> Watched:
    """As production, and a shop that calls payments and inventory; five instances stand in for one another."""
    course = production(DeclaredService(name="inventory"), DeclaredService(name="shop", depends_on=BOTH))
    names = (*BOTH, "shop")
    course.tell("consul", *(record for name in names for record in registered(name, 5)))
    course.tell("prometheus", *(sli(name, observed_at=course.now + 1) for name in ("inventory", "shop")))
    return course.tell("prometheus", *(target(name, number) for name in names for number in range(1, 6)))


def one_of_each(course: Watched) -> Watched:
    return course.tell("consul", *(ill(1, name) for name in BOTH))


def caller_too(course: Watched) -> Watched:
    course.tell("consul", *(ill(number, "shop") for number in range(1, 6)))
    return course.tell("prometheus", sli("shop", p99_s=2.3, error_ratio=0.4, observed_at=course.now + 1))


def all_well(course: Watched) -> Watched:
    course.tell("consul", health("inventory", 1, PASSING), *(health("shop", number, PASSING) for number in range(1, 6)))
    return well(course.tell("prometheus", sli("shop", observed_at=course.now + 1)))
