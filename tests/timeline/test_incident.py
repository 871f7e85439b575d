"""What broke first, from what sources say: the cause, its chain, its time, and what nobody could see."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodtui.model.cause import CauseClass
from prodtui.model.declared import DeclaredService
from prodtui.model.incident import Confidence, EntityKind
from prodtui.model.kept import Kept
from prodtui.model.past import Call
from prodtui.model.reading import Answer, Reading
from prodtui.model.records import BreakerState, HealthCheck, Phase, Session
from prodtui.timeline.incident import Incident
from prodtui.timeline.sentence import text
from tests.builders import (
    CHECKOUT,
    CRITICAL,
    PASSING,
    PAYMENTS,
    breaker,
    cluster,
    health,
    instance,
    pool,
    registered,
    server,
    sli,
    target,
)
from tests.timeline.course import ANSWERED, HOLDER, REFUSED, Told, blocked, full, healthy, ill, only, slow


def test_a_lock_is_named_before_the_pool_the_instances_and_the_callers_that_wait_for_it() -> None:
    told = healthy()
    ill(told, 1, 2).tell("pgbouncer", full()).tell("postgres", HOLDER, blocked(7, 4121), blocked(8, 4121))
    told.tell("prometheus", breaker("checkout", "payments", BreakerState.OPEN))
    slow(told, "payments", "checkout").again()
    cause = only(told)
    assert (cause.cause.kind, cause.confidence) == (EntityKind.SESSION, Confidence.CLEAR)
    assert text(cause) == (
        "pid 4121 migration holds a lock, blocks 2 sessions → payments-db 34 waiting → "
        "payments all 2 instances: payments-db: too slow → payments p99 2.3 s, errors 40 % → checkout→payments open → "
        "checkout p99 2.3 s, errors 40 %"
    )


def test_a_session_is_dated_by_its_transaction_and_not_by_when_we_looked() -> None:
    told = healthy().tell("postgres", HOLDER, blocked(7, 4121, seconds=2.0))
    onset = only(told).cause.onset
    assert onset.at == HOLDER.transaction_at
    assert onset.not_after == told.now - 2.0


def test_sessions_that_hold_a_full_pool_idle_are_why_it_is_full() -> None:
    idle = (
        Session(
            server="postgres",
            pid=pid,
            database="payments",
            application="report",
            state="idle in transaction",
            transaction_at=900.0 + pid,
        )
        for pid in range(20)
    )
    told = healthy().tell("pgbouncer", full()).tell("postgres", *idle).again()
    assert text(only(told)) == "20 sessions of report hold payments-db idle in transaction → payments-db 34 waiting"


def test_a_short_wait_for_a_connection_is_no_failure() -> None:
    assert healthy().tell("pgbouncer", pool(used=20, idle=0, waiting=3, max_wait_s=0.2)).moment.first == ()


def test_one_instance_that_refuses_is_its_own_cause_whatever_else_fails() -> None:
    told = ill(healthy(), 1, output=REFUSED).tell("pgbouncer", full()).again()
    assert {one.cause.name for one in told.moment.first} == {"payments-1", "payments-db"}


def test_an_instance_that_is_gone_and_one_that_answers_badly_are_not_the_service_failing_as_one() -> None:
    told = ill(ill(healthy(), 1), 2, output=REFUSED).tell("pgbouncer", full()).again()
    assert {text(one) for one in told.moment.first} == {
        "payments-db 34 waiting → payments-1 payments-db: too slow",
        "payments-2 refused",
    }


def test_one_instance_that_answers_badly_is_explained_by_the_pool_it_needs() -> None:
    told = ill(healthy(), 1).tell("pgbouncer", full()).again()
    assert text(only(told)) == "payments-db 34 waiting → payments-1 payments-db: too slow"


def test_a_scrape_that_fails_of_an_instance_that_is_well_is_no_failure() -> None:
    assert healthy().tell("prometheus", target("payments", 1, up=False)).again().moment.first == ()


def test_a_scrape_that_fails_dates_its_instance() -> None:
    told = healthy().tell("prometheus", target("payments", 1, up=False))
    seen = told.now
    assert only(ill(told, 1, output=REFUSED).again()).cause.onset.not_after == seen


def test_a_cluster_that_points_at_nothing_is_the_cause_while_its_service_is_well() -> None:
    told = healthy().tell("envoy", cluster(members=1, healthy=0))
    told.tell("prometheus", breaker("checkout", "payments", BreakerState.OPEN)).again()
    assert text(only(told)) == "envoy/payments 0/1 healthy → checkout→payments open"


def test_a_cluster_that_lost_a_member_follows_from_the_instance() -> None:
    told = ill(healthy(), 2, output=REFUSED).tell("envoy", cluster(healthy=1)).again()
    assert text(only(told)) == "payments-2 refused → envoy/payments 1/2 healthy"


def test_a_breaker_against_somebody_elses_service_names_them() -> None:
    checkout = DeclaredService(name="checkout", depends_on=("external:stripe",))
    told = healthy(PAYMENTS, checkout).tell("prometheus", breaker("checkout", "stripe", BreakerState.OPEN)).again()
    cause = only(told)
    assert (cause.cause.kind, cause.cause.name) == (EntityKind.EXTERNAL, "stripe")
    assert text(cause) == "stripe breaker of checkout open → checkout→stripe open"


def test_a_service_graph_tells_dependencies_that_nobody_declared() -> None:
    told = healthy(PAYMENTS, DeclaredService(name="checkout"))
    told.tell("prometheus", Call(caller="checkout", callee="payments"))
    slow(told, "payments", "checkout").again()
    assert text(only(told)).startswith("payments p99 2.3 s, errors 40 % → checkout ")


def test_services_that_do_not_depend_on_one_another_fail_apart() -> None:
    told = slow(healthy(PAYMENTS, DeclaredService(name="checkout")), "payments", "checkout").again()
    told.tell("prometheus", breaker("checkout", "payments"))
    assert len(healthy(PAYMENTS).moment.first) == 0
    assert [one.cause.name for one in told.moment.first] == ["payments"]


def test_a_zone_whose_services_fail_while_the_others_are_well_is_the_cause() -> None:
    told = healthy()
    services = ("payments", "checkout")
    zones = {1: "a", 2: "b"}
    told.tell("consul", *(instance(name, n, zone=zone) for name in services for n, zone in zones.items()))
    told.tell("consul", *(health(name, 1, CRITICAL, output="timeout") for name in services)).again()
    cause = only(told)
    assert (cause.cause.kind, cause.cause.name) == (EntityKind.GROUP, "zone a")
    assert {one.failing.name for one in cause.chain} == {"payments-1", "checkout-1"}


def test_a_node_whose_own_check_fails_explains_what_runs_on_it() -> None:
    serf = HealthCheck(id="serfHealth", name="Serf", node="lab", status=CRITICAL, output="agent not live")
    told = ill(healthy().tell("consul", serf), 1, output=REFUSED).again()
    cause = only(told)
    assert (cause.cause.key, cause.cause.what) == ("group:lab", "Serf agent not live")
    assert {one.failing.key for one in cause.chain} == {"instance:payments-1", "service:checkout"}


def test_what_was_asked_before_the_failure_does_not_speak_for_what_came_after() -> None:
    told = ill(healthy(), 1)
    seen = told.now
    for source in ("consul", "pgbouncer", "postgres", "envoy", "prometheus"):
        answer = Answer(keyframe=False)
        told.course.tell(Reading(source=source, at=seen + 1.5, latency_s=2.0, answer=answer))
    told.now = seen + 1.6
    assert only(told).confidence is Confidence.UNCLEAR


def test_a_pool_for_which_somebody_waits_is_read_once_more_before_another_is_named() -> None:
    told = ill(healthy(), 1).tell("pgbouncer", pool(used=20, idle=0, waiting=3, max_wait_s=0.4))
    told.now += 0.5
    for source in ("consul", "postgres", "envoy", "prometheus"):
        told.course.tell(Reading(source=source, at=told.now, latency_s=0.01, answer=Answer(keyframe=False)))
    assert only(told).confidence is Confidence.UNCLEAR
    told.tell("pgbouncer", pool(used=20, idle=0, waiting=9, max_wait_s=2.4))
    assert text(only(told)) == "payments-db 9 waiting → payments-1 payments-db: too slow"


@pytest.mark.parametrize("output", ["", "HTTP GET http://h/ready: 200 OK Output: fine"])
def test_a_check_that_is_critical_before_it_was_made_is_not_named_for_certain(output: str) -> None:
    told = ill(healthy(), 1, 2, output=output).wait(8).again()
    assert only(told).confidence is Confidence.UNCLEAR
    assert only(told.wait(10).again()).confidence is Confidence.CLEAR


def test_before_everybody_was_read_again_a_cause_is_not_certain() -> None:
    told = ill(healthy(), 1)
    assert only(told).confidence is Confidence.UNCLEAR
    assert only(told.again()).confidence is Confidence.CLEAR


def test_a_lost_source_is_named_as_blind_and_is_no_cause() -> None:
    moment = healthy().lose("prometheus").moment
    assert moment.first == ()
    assert [(one.source, one.hides) for one in moment.blind] == [("prometheus", "circuit breakers, latency and errors")]


def test_what_only_a_lost_source_said_counts_no_more() -> None:
    told = slow(healthy(), "payments").again()
    assert told.moment.first != ()
    assert told.lose("prometheus").moment.first == ()


def test_a_database_that_is_lost_is_the_cause_where_its_pools_reach_it_no_more() -> None:
    told = healthy().fail("postgres").tell("pgbouncer", pool(used=0, idle=0, waiting=3)).again("postgres")
    assert text(only(told)) == "postgres refused → payments-db no server connection, 3 waiting"


def test_a_database_that_only_we_cannot_read_is_no_cause() -> None:
    moment = healthy().lose("postgres").moment
    assert (moment.first, [one.source for one in moment.blind]) == ((), ["postgres"])


def test_a_lost_database_is_confirmed_by_the_services_that_use_it() -> None:
    told = ill(healthy(), 1, 2).lose("postgres")
    assert text(only(told)) == "postgres refused → payments all 2 instances: payments-db: too slow"


def test_a_source_that_refuses_our_password_is_blind_and_no_cause_whatever_fails() -> None:
    told = ill(healthy(), 1, 2).lose("postgres", cause=CauseClass.AUTH)
    assert only(told).cause.name == "payments"


def test_a_lost_proxy_is_confirmed_by_its_callers() -> None:
    told = slow(healthy(), "checkout").lose("envoy")
    told.tell("prometheus", sli("checkout", p99_s=2.3, error_ratio=0.4, observed_at=told.now)).again("envoy")
    assert only(told).cause.key == "proxy:envoy"


def test_a_lost_registry_is_no_cause_even_while_services_fail() -> None:
    told = slow(healthy(), "payments").lose("consul")
    told.tell("prometheus", sli("payments", p99_s=2.3, error_ratio=0.4, observed_at=told.now)).again("consul")
    assert only(told).cause.kind is EntityKind.SLI
    assert [one.source for one in told.moment.blind] == ["consul"]


def test_a_deploy_within_half_an_hour_before_is_suspected() -> None:
    told = healthy().tell("consul", instance("payments", 1, version="1.5"))
    told.tell("consul", instance("payments", 2, version="1.5")).wait(600)
    cause = only(ill(told, 1, 2).again())
    assert [(one.kind, one.service, one.after) for one in cause.suspects] == [("deploy", "payments", "1.5")]


def test_an_older_change_and_one_of_somebody_else_are_not_suspected() -> None:
    told = healthy().tell("consul", instance("payments", 1, phase=Phase.DRAINING)).wait(3_600)
    told.tell("consul", instance("checkout", 1, version="9"))
    cause = only(ill(told, 1, 2).again())
    assert cause.suspects == ()
    assert [one.kind for one in told.moment.changes] == ["deploy", "drain"]


def test_a_cause_that_is_over_stays_named_while_its_consequences_recover() -> None:
    told = slow(healthy().tell("postgres", HOLDER, blocked(7, 4121)), "payments").again()
    assert only(told).cause.kind is EntityKind.SESSION
    told.tell("postgres", keyframe=True).tell("postgres", server()).wait(8)
    told.tell("prometheus", sli("payments", p99_s=2.0, error_ratio=0.3, observed_at=told.now)).again()
    assert text(only(told)).startswith("pid 4121 migration holds a lock, blocks 1 session (over) → payments p99 2 s")


def test_what_followed_from_a_cause_that_is_over_needs_nobody_between_them_to_fail_still() -> None:
    storefront = DeclaredService(name="storefront", depends_on=("checkout",))
    told = healthy(PAYMENTS, CHECKOUT, storefront).tell("consul", *registered("storefront", 1))
    told.tell("prometheus", sli("storefront", observed_at=told.now))
    told.tell("envoy", cluster(members=1, healthy=0))
    slow(told, "checkout", "storefront").again()
    assert text(only(told)).startswith("envoy/payments 0/1 healthy → checkout")
    told.tell("envoy", cluster()).wait(8)
    for _ in range(2):
        told.tell("prometheus", sli("checkout", observed_at=told.now + 1))
        told.tell("prometheus", sli("storefront", error_ratio=0.03, observed_at=told.now + 1)).moment  # noqa: B018
    assert text(only(told)) == "envoy/payments 0/1 healthy (over) → storefront errors 3 %"


def test_when_all_is_well_nothing_is_named_any_more() -> None:
    told = ill(healthy(), 1, 2).again()
    assert told.moment.first != ()
    told.tell("consul", *registered("payments", 2, PASSING)).wait(6).again()
    assert told.moment.first == ()


def test_a_cause_that_nobody_can_see_any_more_is_not_called_over() -> None:
    told = slow(ill(healthy(), 1, 2, output=REFUSED), "payments").again()
    assert only(told).cause.kind is EntityKind.SERVICE
    told.lose("consul")
    told.tell("prometheus", sli("payments", p99_s=2.3, error_ratio=0.4, observed_at=told.now)).again("consul")
    assert text(only(told)) == "payments p99 2.3 s, errors 40 %"


def test_a_cause_of_long_ago_explains_no_new_failure() -> None:
    told = healthy().tell("postgres", HOLDER, blocked(7, 4121)).again()
    assert only(told).cause.kind is EntityKind.SESSION
    told.tell("postgres", server(), keyframe=True).wait(30)
    assert told.again().moment.first == ()
    slow(told.wait(3_600).again(), "payments").again()
    assert text(only(told)) == "payments p99 2.3 s, errors 40 %"


def test_an_incident_is_remembered_by_value() -> None:
    told = ill(healthy(), 1, 2).again()
    incident = told.course._incident
    written = msgspec.msgpack.encode(incident.kept)
    again = Incident(told.course.snapshot, msgspec.msgpack.decode(written, type=Kept))
    assert again.kept == incident.kept
    moment = told.moment
    assert again.at(told.now, moment.snapshot, moment.views, moment.assessment)[0] == moment.first


def test_nothing_is_looked_for_again_while_nothing_changes() -> None:
    told = ill(healthy(), 1).again().wait(10)
    first = told.moment.first
    assert told.again().moment.first is first


_WORDS = st.sets(st.sampled_from(["instances", "pool", "lock", "slow", "caller", "cluster", "breaker"]))
_LOST = st.sets(st.sampled_from(["consul", "prometheus", "envoy", "pgbouncer", "postgres"]), max_size=2)


@given(_WORDS, _LOST)
@settings(max_examples=60, deadline=None)
def test_a_lost_source_is_a_cause_only_in_the_path_and_where_others_confirm_it(words: set[str], lost: set[str]) -> None:
    told = healthy()
    for word in sorted(words):
        _say(told, word)
    told.lose(*lost) if lost else told.again()
    moment = told.moment
    assert {one.source for one in moment.blind} == lost
    for cause in moment.first:
        if cause.cause.name in lost:
            assert cause.cause.name not in ("consul", "prometheus")
            assert cause.chain, "nobody else saw anything fail"
    if not words:
        assert moment.first == ()


def _say(told: Told, word: str) -> None:
    match word:
        case "instances":
            ill(told, 1, 2)
        case "pool":
            told.tell("pgbouncer", full())
        case "lock":
            told.tell("postgres", HOLDER, blocked(7, 4121))
        case "slow":
            slow(told, "payments")
        case "caller":
            slow(told, "checkout")
        case "cluster":
            told.tell("envoy", cluster(healthy=1))
        case "breaker":
            told.tell("prometheus", breaker("checkout", "payments", BreakerState.OPEN))


@pytest.mark.parametrize(
    ("output", "what"),
    [
        (REFUSED, "refused"),
        (ANSWERED, "payments-db: too slow"),
        ("HTTP GET http://h/ready: 500 Internal Server Error Output: oops", "500"),
        ("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "timeout"),
        ("", "critical"),
        ("disk full", "disk full"),
    ],
)
def test_what_a_check_says_is_told_in_a_few_words(output: str, what: str) -> None:
    told = ill(healthy(), 1, output=output).again()
    assert only(told).cause.what == what
