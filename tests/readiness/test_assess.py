"""A whole environment, from what sources said to a verdict and what would raise it."""

from __future__ import annotations

import random
from fractions import Fraction

import msgspec
import pytest

from prodtui.model.assessment import State, Verdict
from prodtui.model.declared import DeclaredService
from prodtui.model.errors import UsageError
from prodtui.model.subject import parts
from prodtui.readiness.assess import Asking, assess
from prodtui.readiness.explain import gains
from prodtui.readiness.gate import ExitCodes, FailOn, exit_code
from prodtui.readiness.pillars import CHECKS, PILLARS
from prodtui.readiness.policy import PILLAR_WEIGHTS, Policy
from prodtui.readiness.score import shown
from prodtui.readiness.selection import required, select
from tests.builders import (
    CHECKOUT,
    CRITICAL,
    NOW,
    PAYMENTS,
    World,
    alert_rule,
    cluster,
    pool,
    registered,
    sli,
    target,
    well,
)


def test_where_all_is_well_the_score_is_whole() -> None:
    judged = well().assess()
    assert judged.verdict is Verdict.READY
    assert judged.score == judged.score_max == 100
    assert judged.coverage == 1
    assert [service.why for service in judged.services] == ["", ""]
    assert {c.state for s in judged.services for c in s.checks} == {State.PASS, State.INFO}


def test_a_failing_service_comes_first_and_says_why() -> None:
    world = well().tell("consul", *registered("payments", 2, CRITICAL), keyframe=False)
    judged = world.assess()
    assert [s.name for s in judged.services] == ["payments", "checkout"]
    assert judged.verdict is Verdict.NOT_READY
    assert judged.services[0].why == "0/2 passing"


def test_every_source_lost_leaves_everything_open() -> None:
    judged = well().assess(now=NOW + 100)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert (judged.score, judged.score_max, judged.coverage) == (Fraction(0), Fraction(100), Fraction(0))


@pytest.mark.parametrize("source", ["consul", "pgbouncer", "postgres", "envoy", "prometheus"])
def test_one_lost_source_is_never_ready(source: str) -> None:
    world = well().fail(source, at=NOW + 16)
    for other in {"consul", "pgbouncer", "postgres", "envoy", "prometheus"} - {source}:
        world.tell(other, at=NOW + 16, keyframe=False)
    assert world.assess(now=NOW + 16).verdict is not Verdict.READY


def test_a_source_that_was_never_read_is_never_ready() -> None:
    undeclared = [msgspec.structs.replace(PAYMENTS, pools=(), databases=(), clusters=()), CHECKOUT]
    world = World(*undeclared).tell("consul", *registered("payments", 2), *registered("checkout", 2))
    world.tell("prometheus", *(sli(s.name) for s in undeclared), *(target(s.name) for s in undeclared))
    world.tell("prometheus", alert_rule(), keyframe=False)
    assert {s.verdict for s in world.assess().services} == {Verdict.READY}
    assert world.assess().verdict is Verdict.WARN


def test_the_order_of_services_does_not_matter() -> None:
    views = well().tell("consul", *registered("payments", 2, CRITICAL), keyframe=False).views()
    mixed = list(views.items())
    random.Random(7).shuffle(mixed)  # noqa: S311
    assert assess(dict(mixed), Policy(), NOW) == assess(views, Policy(), NOW)


def test_the_order_of_records_does_not_matter() -> None:
    world = well().tell("pgbouncer", pool(), pool(user="b", waiting=9), pool(user="c", waiting=9))
    other = well().tell("pgbouncer", pool(user="c", waiting=9), pool(user="b", waiting=9), pool())
    assert world.judged("payments") == other.judged("payments")


def test_no_services_is_inconclusive() -> None:
    assert World().assess().verdict is Verdict.INCONCLUSIVE


def test_every_check_declares_what_a_person_needs() -> None:
    for check in CHECKS.values():
        assert check.pillar in PILLARS
        assert check.title
        assert check.rule
        assert check.remedy
        assert check.reads
    assert set(PILLARS) == set(PILLAR_WEIGHTS)


def test_subjects_lead_to_records() -> None:
    world = well()
    for service in world.assess().services:
        for check in service.checks:
            for key in check.subjects:
                tag, source, record = parts(key)
                kinds = {k.__struct_config__.tag: k for k in world.snapshot.tables}
                assert (source, record) in world.snapshot.of(kinds[tag])


def test_explaining_adds_up_to_what_is_missing() -> None:
    world = well().tell("envoy", cluster(healthy=0, ejected=2), at=NOW)
    world.tell("consul", *registered("payments", 2, CRITICAL), *registered("checkout", 2))
    judged = world.judged("payments")
    found = gains(judged)
    lost = sum((gain.lost for gain in found), Fraction(0))
    assert shown(100 - lost) == shown(judged.score)
    assert [gain.lost for gain in found] == sorted((gain.lost for gain in found), reverse=True)
    assert {gain.check.id for gain in found if gain.check} == {
        "availability.passing",
        "availability.min_instances",
        "resilience.members",
        "resilience.ejected",
    }
    assert all(gain.score > judged.score and gain.remedy for gain in found)


def test_explaining_names_a_pillar_that_nothing_measures() -> None:
    world = World(CHECKOUT).tell("consul", *registered("checkout", 2))
    world.snapshot = msgspec.structs.replace(
        world.snapshot, sources={k: v for k, v in world.snapshot.sources.items() if k == "consul"}
    )
    judged = world.judged("checkout")
    assert judged.why == "performance not measured · observability not measured"
    assert [(gain.pillar, gain.check) for gain in gains(judged)] == [("performance", None), ("observability", None)]
    assert gains(judged)[0].score == Fraction(100 * 45, 60)


def test_a_selection_holds_the_services_and_what_they_require() -> None:
    world = well().tell("consul", *registered("payments", 2, CRITICAL), keyframe=False)
    views, whole = world.views(), world.assess()
    assert required(["checkout"], views) == ("checkout", "payments")
    assert select(whole, ["checkout"], views, Policy()).verdict is Verdict.NOT_READY
    assert [s.name for s in select(whole, ["payments"], views, Policy()).services] == ["payments"]
    assert select(whole, [], views, Policy()) is whole


def test_a_selection_follows_cycles_and_leaves_out_what_is_external() -> None:
    a = DeclaredService(name="a", depends_on=("b", "external:stripe"))
    b = DeclaredService(name="b", depends_on=("a",))
    assert required(["a"], World(a, b).views()) == ("a", "b")


def test_a_required_service_that_nobody_knows_leaves_the_verdict_open() -> None:
    world = World(CHECKOUT).tell("consul", *registered("checkout", 2))
    selected = select(world.assess(), ["checkout"], world.views(), Policy())
    assert [s.name for s in selected.services if s.verdict is Verdict.INCONCLUSIVE] == ["payments", "checkout"]


def test_an_unknown_service_is_a_usage_error_with_the_nearest_name() -> None:
    world = well()
    with pytest.raises(UsageError, match='no service is called "payment"; did you mean "payments"'):
        select(world.assess(), ["payment"], world.views(), Policy())


def test_evidence_is_what_was_seen_however_late_somebody_looks() -> None:
    world = well()
    early = world.result("payments", "data.pool_waiting")
    late = world.result("payments", "data.pool_waiting")
    assert early is not None
    assert late is not None
    seen = dict(early.evidence)
    assert (seen["pool"], seen["used"], seen["waiting"]) == ("payments-db/app", "2", "0")
    world.tell("pgbouncer", pool(used=19, waiting=7))
    assert late.evidence == seen
    assert late == early
    after = world.result("payments", "data.pool_waiting")
    assert after is not None
    assert after.evidence == {**seen, "used": "19", "waiting": "7"}


def test_two_services_in_the_same_state_keep_their_own_numbers() -> None:
    world = well().tell("prometheus", sli("payments", p99_s=0.1), sli("checkout", p99_s=0.2), keyframe=False)
    found = {s.name: next(c for c in s.checks if c.id == "performance.latency_p99") for s in world.assess().services}
    assert {name: check.value for name, check in found.items()} == {"payments": 0.1, "checkout": 0.2}
    assert {name: check.reason for name, check in found.items()} == {
        "payments": "100 ms, passes < 250 ms",
        "checkout": "200 ms, passes < 250 ms",
    }
    assert {name: check.subjects for name, check in found.items()} == {
        "payments": ("sli:prometheus:payments",),
        "checkout": ("sli:prometheus:checkout",),
    }


@pytest.mark.parametrize(
    ("verdict", "default", "strict", "nagios"),
    [
        (Verdict.READY, 0, 0, 0),
        (Verdict.WARN, 0, 4, 1),
        (Verdict.NOT_READY, 1, 1, 2),
        (Verdict.INCONCLUSIVE, 3, 3, 3),
    ],
)
def test_exit_codes(verdict: Verdict, default: int, strict: int, nagios: int) -> None:
    assert exit_code(verdict) == default
    assert exit_code(verdict, FailOn.WARN) == strict
    assert exit_code(verdict, codes=ExitCodes.NAGIOS) == nagios


def test_a_candidate_of_which_nothing_was_seen_is_no_ready_release() -> None:
    world = well()
    judged = assess(world.views(), Policy(), NOW, Asking(candidates={"payments": "9.9.9"})).service("payments")
    assert judged is not None
    assert judged.verdict is Verdict.WARN
    assert "nothing that was seen of payments is of 9.9.9" in judged.notes[0].text
