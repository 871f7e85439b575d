"""Traffic that rose: when it is why something is saturated, and when it is only high as well."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from prodtui.model.declared import DeclaredService
from prodtui.model.incident import Confidence, EntityKind
from prodtui.model.records import BreakerState, Pool, Session
from prodtui.timeline.pressure import BORNE_S
from prodtui.timeline.sentence import text
from tests.builders import CHECKOUT, PAYMENTS, breaker, cluster, instance, pool, registered, server, sli
from tests.timeline.course import HOLDER, Told, blocked, full, healthy, ill, only, slow

HOLDERS = tuple(
    Session(
        server="postgres",
        pid=pid,
        database="payments",
        application="report",
        state="idle in transaction",
        transaction_at=1_000_300.0 + pid,
    )
    for pid in range(20)
)


def asked(told: Told, per_s: float, seconds: float, *services: str) -> Told:
    """So much is asked of services, checkout by default, and read every three seconds."""
    until = told.now + seconds
    while told.now < until:
        said = (sli(name, rate_per_s=per_s, observed_at=told.now + 2) for name in services or ("checkout",))
        told.wait(2).tell("prometheus", *said)
    told.again().moment  # noqa: B018 — a judgement is made when somebody looks
    return told


def usual() -> Told:
    return asked(healthy(), 15.0, 120)


def test_traffic_that_rose_before_a_pool_filled_is_the_cause_and_not_over_while_it_is_high() -> None:
    told = asked(usual(), 45.0, 3).wait(5).tell("pgbouncer", full()).again()
    for waiting in (34, 40, 46):
        told.tell("pgbouncer", pool(used=20, idle=0, waiting=waiting, max_wait_s=3.0)).again()
        assert text(only(told)) == f"checkout rate 15 → 45/s → payments-db {waiting} waiting"


def test_traffic_that_falls_while_what_it_filled_drains_is_over() -> None:
    told = asked(usual(), 45.0, 3).wait(5).tell("pgbouncer", full()).again()
    assert only(told).confidence is Confidence.CLEAR
    asked(told, 15.0, 3).again()
    assert text(only(told)) == "checkout rate 15 → 45/s (over) → payments-db 34 waiting"


def test_traffic_that_rose_after_the_pool_filled_is_none() -> None:
    told = asked(usual().tell("pgbouncer", full()).wait(30), 45.0, 3).again()
    assert text(only(told)) == "payments-db 34 waiting"


def test_a_rate_that_was_high_when_we_came_has_not_risen() -> None:
    told = healthy().tell("prometheus", sli("checkout", rate_per_s=3.0, observed_at=0.0))
    asked(told, 15.0, 120).tell("pgbouncer", full()).again()
    assert text(only(told)) == "payments-db 34 waiting"


def test_traffic_presses_nobody_whom_something_failing_explains() -> None:
    told = asked(usual(), 45.0, 3).wait(5)
    told.tell("postgres", HOLDER, blocked(7, 4121)).tell("pgbouncer", full()).again()
    assert text(only(told)).startswith("pid 4121 migration holds a lock")


def test_traffic_is_not_certain_before_whoever_holds_what_it_seems_to_fill_would_show() -> None:
    told = asked(usual(), 45.0, 3).wait(10).tell("pgbouncer", full())
    for _ in range(2):
        assert text(only(told)) == "not certain yet: checkout rate 15 → 45/s → payments-db 34 waiting"
        told.tell("pgbouncer", full()).wait(1)
    assert only(told.wait(5)).confidence is Confidence.CLEAR


def test_traffic_that_was_borne_does_not_explain_what_fails_later() -> None:
    told = asked(usual(), 45.0, 45)
    assert text(only(told.tell("pgbouncer", pool()).tell("pgbouncer", full()).again())) == "payments-db 34 waiting"
    told = asked(usual(), 45.0, 60)
    assert text(only(slow(told, "checkout").again())) == "checkout p99 2.3 s, errors 40 %"


def test_traffic_that_rises_on_is_borne_only_once_it_grows_no_more() -> None:
    told = asked(asked(usual(), 30.0, 60), 60.0, 3)
    told.tell("pgbouncer", pool()).tell("pgbouncer", full()).again()
    assert text(only(told)) == "checkout rate 15 → 60/s → payments-db 34 waiting"


def test_a_pool_that_is_held_minutes_after_a_harmless_rise_has_one_cause_to_the_end() -> None:
    told = asked(usual(), 52.0, 45)
    said: list[tuple[str, Confidence]] = []

    def look(*pools: Pool) -> None:
        for one in pools:
            told.tell("prometheus", sli("checkout", rate_per_s=52.0, p99_s=2.3, observed_at=told.now + 1))
            told.tell("pgbouncer", one)
            said.extend((text(first).partition(" → ")[0], first.confidence) for first in told.moment.first)

    look(pool(used=20, idle=0, waiting=3, max_wait_s=0.4), full())
    assert [cause for cause, _ in said] == [
        f"not certain yet: {one}" for one in ("checkout p99 2.3 s", "payments-db 34 waiting")
    ]
    told.tell("postgres", *HOLDERS)
    held = "20 sessions of report hold payments-db idle in transaction"
    assert text(only(told)) == f"{held} → payments-db 34 waiting → checkout p99 2.3 s"
    told.tell("postgres", server(), keyframe=True)
    said.clear()
    look(*(pool(used=20, idle=0, waiting=waiting, max_wait_s=2.0) for waiting in (83, 40, 5)), *(pool(),) * 4)
    assert set(said) == {(f"{held} (over)", Confidence.CLEAR)}


def test_traffic_that_was_named_before_the_cause_was_known_is_not_named_again_once_that_is_over() -> None:
    told = asked(usual(), 45.0, 3).wait(5).tell("pgbouncer", full()).again()
    assert text(only(told)).startswith("checkout rate 15 → 45/s →")
    assert text(only(asked(told, 15.0, 3))).startswith("checkout rate 15 → 45/s (over)")
    told.tell("postgres", *HOLDERS)
    assert only(told).cause.kind is EntityKind.SESSION
    told.tell("postgres", server(), keyframe=True).tell("pgbouncer", pool(used=20, idle=0, waiting=9, max_wait_s=2.0))
    assert text(only(told.again())).startswith("20 sessions of report hold payments-db idle in transaction (over)")


def test_what_followed_from_a_cause_that_is_over_follows_from_no_traffic_that_is_high_as_well() -> None:
    told = healthy(PAYMENTS, CHECKOUT, DeclaredService(name="storefront", depends_on=("checkout",)))
    told.tell("consul", *registered("storefront", 1))
    both = ("checkout", "storefront")
    asked(told, 15.0, 120, *both).tell("envoy", cluster(members=1, healthy=0))
    asked(told, 45.0, 3, *both)
    for name in both:
        told.tell("prometheus", sli(name, rate_per_s=45.0, error_ratio=0.4, observed_at=told.now + 1))
    assert only(told.again()).cause.kind is EntityKind.PROXY
    told.tell("envoy", cluster()).wait(8)
    for _ in range(2):
        told.tell("prometheus", sli("checkout", rate_per_s=45.0, observed_at=told.now + 1))
        still = sli("storefront", rate_per_s=45.0, error_ratio=0.03, observed_at=told.now + 1)
        told.tell("prometheus", still).moment  # noqa: B018
    assert text(only(told)) == "envoy/payments 0/1 healthy (over) → storefront errors 3 %"


def _change(told: Told, name: str, lasts_s: float) -> None:
    match name:
        case "traffic":
            asked(told, 45.0, lasts_s)
        case "traffic that falls":
            asked(asked(told, 45.0, 30), 15.0, lasts_s)
        case "deploy":
            asked(told.tell("consul", instance("payments", 1, version="9")), 15.0, lasts_s)
        case "configuration":
            asked(told.tell("consul", instance("payments", 1, meta={"config_hash": "bb"})), 15.0, lasts_s)


def _fail(told: Told, name: str) -> None:
    match name:
        case "instances":
            ill(told, 1, 2)
        case "pool":
            told.tell("pgbouncer", pool()).tell("pgbouncer", full())
        case "lock":
            told.tell("postgres", HOLDER, blocked(7, 4121))
        case "latency":
            slow(told, "payments")
        case "caller":
            slow(told, "checkout")
        case "cluster":
            told.tell("envoy", cluster()).tell("envoy", cluster(overflow_per_s=3.0))
        case "breaker":
            told.tell("prometheus", breaker("checkout", "payments", BreakerState.OPEN))


_CHANGES = st.lists(
    st.sampled_from(["traffic", "traffic that falls", "deploy", "configuration"]), min_size=1, max_size=2
)
_FAILURES = st.lists(
    st.sampled_from(["instances", "pool", "lock", "latency", "caller", "cluster", "breaker"]), min_size=1, unique=True
)


@given(_CHANGES, st.floats(BORNE_S + 25, 900), _FAILURES)
@settings(max_examples=40, deadline=None)
def test_a_change_that_was_over_with_everything_ready_after_it_is_never_the_first_cause(
    changes: list[str], calm_s: float, failures: list[str]
) -> None:
    told = usual()
    for change in changes:
        _change(told, change, calm_s)
    assert _causes(told) == []
    for failure in failures:
        _fail(told, failure)
        assert not any("rate" in cause for cause in _causes(told))
        assert not any("rate" in cause for cause in _causes(told.again()))


def _causes(told: Told) -> list[str]:
    return [one.what for first in told.moment.first for one in (first.cause, *first.candidates)]
