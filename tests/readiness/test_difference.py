"""What is remembered of an assessment, and what changed since, in values and in words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.assessment import Assessment, CheckResult, PillarResult, ServiceAssessment, State, Verdict
from prodtui.model.declared import Tier
from prodtui.model.evaluation import Evaluation, PolicySummary
from prodtui.readiness.difference import Difference, Turn, difference, sentences
from prodtui.readiness.evaluation import NOISE_BITS, evaluation, evaluation_id
from prodtui.reports.difference import service_since_accepted, since_accepted
from tests.builders import NOW, instance, well
from tests.journal.evaluations import P99, accepted, judged, service

BLOCKED = "data.blocked"
UNSCORED = (State.INFO, State.NOT_APPLICABLE)


def _result(check: str, state: State = State.PASS, value: float | None = None, **fields: Any) -> CheckResult:
    unit = "s"
    pillar = check.partition(".")[0]
    given_ = {"title": check, "blocking": True, "unit": unit, **fields}
    return CheckResult(id=check, pillar=pillar, state=state, value=value, **given_)


def _now(*checks: CheckResult, name: str = "payments", score: str = "97.1", **fields: Any) -> ServiceAssessment:
    pillar = PillarResult(name="all", required=False, weight=Fraction(1), points=Fraction(1), of=Fraction(1))
    return ServiceAssessment(
        **{
            "name": name,
            "tier": Tier.B,
            "verdict": Verdict.READY,
            "score": Fraction(score),
            "score_max": Fraction(score),
            "coverage": Fraction(1),
            "pillars": (msgspec.structs.replace(pillar, checks=checks),),
            **fields,
        }
    )


def _environment(*services: ServiceAssessment, score: str = "97.1", verdict: Verdict = Verdict.READY) -> Assessment:
    whole = Fraction(score)
    return Assessment(at=NOW, verdict=verdict, score=whole, score_max=whole, coverage=Fraction(1), services=services)


def _changed(before: dict[str, Any], *after: CheckResult) -> list[tuple[str, Turn]]:
    """How the checks of one service turned."""
    then = accepted(services={"payments": service(checks=before, versions=())})
    found = difference(then, _environment(_now(*after)), {}).service("payments")
    return [(check.id, check.turn) for check in found.checks] if found else []


def _saved(world_fields: dict[str, Any] | None = None) -> tuple[Evaluation, Assessment]:
    world = well().tell("consul", instance("payments", version="1.4.1"), keyframe=False)
    assessment = world.assess()
    kept = evaluation(
        assessment,
        PolicySummary(name="default"),
        **{
            "id": evaluation_id(assessment.at, 0),
            "environment": "test",
            "by": "ana@ci",
            "decision": assessment.verdict.value,
            "exit_code": 0,
            "views": world.views(),
            **(world_fields or {}),
        },
    )
    return kept, assessment


def test_an_evaluation_remembers_each_service_as_it_was_judged() -> None:
    kept, assessment = _saved({"candidate": "1.4.2"})
    assert (kept.verdict, kept.at, kept.candidate) == (assessment.verdict, assessment.at, "1.4.2")
    payments = kept.services["payments"]
    assert payments.versions == ("1.4.1",)
    assert payments.tier is Tier.B
    p99 = payments.checks["performance.latency_p99"]
    assert (p99.state, p99.value, p99.unit) == (State.PASS, 0.040, "s")
    assert sum(check.points for check in payments.checks.values()) == pytest.approx(payments.score)


def test_evidence_is_not_remembered() -> None:
    kept, assessment = _saved()
    evidence = {text for s in assessment.services for check in s.checks for text in check.evidence}
    assert evidence
    assert b"evidence" not in msgspec.json.encode(kept)


@given(st.floats(0.0, 4e9), st.floats(0.001, 1e6), st.integers(0, 255), st.integers(0, 255))
def test_ids_are_short_and_sort_by_time(at: float, later_s: float, noise: int, other: int) -> None:
    first, second = evaluation_id(at, noise), evaluation_id(at + later_s + 0.001, other)
    assert len(first) == len(second) == 10
    assert first < second
    assert first.isalnum()
    assert first == first.lower()


def test_ids_of_one_time_differ_by_their_noise() -> None:
    assert len({evaluation_id(NOW, noise) for noise in range(1 << NOISE_BITS)}) == 1 << NOISE_BITS


def test_nothing_changed_since_the_same_assessment() -> None:
    kept, assessment = _saved()
    found = difference(kept, assessment, well().tell("consul", instance("payments", version="1.4.1")).views())
    assert [change.service for change in found.services] == []
    assert since_accepted(found)[0].endswith(": nothing changed")


@pytest.mark.parametrize(
    ("before", "after", "turn"),
    [
        (State.PASS, State.WARN, Turn.WORSE),
        (State.WARN, State.UNKNOWN, Turn.WORSE),
        (State.UNKNOWN, State.FAIL, Turn.WORSE),
        (State.FAIL, State.WARN, Turn.BETTER),
        (State.UNKNOWN, State.PASS, Turn.BETTER),
        (State.FAIL, State.NOT_APPLICABLE, Turn.VANISHED),
        (State.PASS, State.INFO, Turn.VANISHED),
        (State.INFO, State.FAIL, Turn.APPEARED),
    ],
)
def test_a_check_turned(before: State, after: State, turn: Turn) -> None:
    assert _changed({BLOCKED: judged(before)}, _result(BLOCKED, after)) == [(BLOCKED, turn)]


def test_checks_appear_and_vanish_where_they_are_scored() -> None:
    assert _changed({BLOCKED: judged()}) == [(BLOCKED, Turn.VANISHED)]
    assert _changed({}, _result(BLOCKED)) == [(BLOCKED, Turn.APPEARED)]
    for state in UNSCORED:
        assert _changed({BLOCKED: judged(state)}) == []
        assert _changed({}, _result(BLOCKED, state)) == []


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [(0.100, 0.111, True), (0.100, 0.109, False), (0.100, 0.089, True), (0.0, 0.001, True), (0.0, 0.0, False)],
)
def test_a_value_moved_by_more_than_a_tenth(before: float, after: float, moved: bool) -> None:
    expected = [(P99, Turn.MOVED)] if moved else []
    assert _changed({P99: judged(value=before)}, _result(P99, value=after)) == expected


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_value_that_is_not_known_has_not_moved(value: float | None) -> None:
    assert _changed({P99: judged(value=0.1)}, _result(P99, value=value)) == []


def test_a_value_in_another_unit_has_not_moved() -> None:
    assert _changed({P99: judged(value=0.1, unit="ratio")}, _result(P99, value=0.5)) == []


def test_the_weightiest_change_comes_first() -> None:
    before = {
        "a.better": judged(State.FAIL),
        "performance.moved": judged(value=1.0),
        "a.worse": judged(),
        "a.blocking_worse": judged(),
        "a.vanished": judged(),
    }
    after = (
        _result("a.better"),
        _result("performance.moved", value=2.0),
        _result("a.worse", State.FAIL, blocking=False),
        _result("a.blocking_worse", State.WARN),
    )
    assert [check for check, _ in _changed(before, *after)] == [
        "a.blocking_worse",
        "a.worse",
        "a.vanished",
        "a.better",
        "performance.moved",
    ]


def _since(**fields: Any) -> Difference:
    then = accepted(candidate="1.4.1", services={"payments": service(versions=()), "ledger": service(score=98.0)})
    now = _now(_result(P99, State.WARN, 0.42), score="91.04", verdict=Verdict.WARN)
    fresh = _now(name="inventory")
    return difference(then, _environment(now, fresh, score="91.04", verdict=Verdict.WARN), {}, **fields)


def test_the_words_say_what_changed_since_whom() -> None:
    headline, *lines = since_accepted(_since(policy_digest="d2"))
    assert headline.startswith("since the last accepted evaluation (2023-11-1")
    assert headline.endswith(", 1.4.1, by ana@ci): READY → WARN; score 97.1 → 91.0; the policy is another")
    assert lines == [
        "  ledger: no longer judged; was READY 98.0",
        "  payments: READY → WARN; score 97.1 → 91.0; latency_p99 PASS → WARN (180 ms → 420 ms)",
        "  inventory: not judged then; now READY 97.1",
    ]


def test_one_service_is_told_in_one_line() -> None:
    line = service_since_accepted(_since(policy_digest="d1"), "payments")
    assert line.endswith("): READY → WARN; score 97.1 → 91.0; latency_p99 PASS → WARN (180 ms → 420 ms)")
    assert service_since_accepted(_since(), "elsewhere").endswith(": nothing changed")


def test_a_service_that_was_not_asked_about_has_not_vanished() -> None:
    assert [change.service for change in _since(asked=["payments"]).services] == ["payments", "inventory"]


def test_a_new_version_is_told() -> None:
    then = accepted(services={"payments": service(checks={}, versions=("1.4.0",))})
    views = well().tell("consul", instance("payments", version="1.4.1"), keyframe=False).views()
    found = difference(then, _environment(_now()), views).service("payments")
    assert found is not None
    assert sentences(found) == ("version 1.4.0 → 1.4.1",)
