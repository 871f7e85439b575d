"""What each format makes of a check's state, of a waiver, of a place in the policy."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from prodtui.model.assessment import CheckResult, PillarResult, ServiceAssessment, State, Verdict
from prodtui.model.declared import Tier
from prodtui.model.evaluation import Override
from prodtui.readiness.policy import CheckRule, Place, Policy, Rule, Selector
from prodtui.reports.explain import explain_text
from prodtui.reports.formats import GateFormat, rendered
from prodtui.reports.gate_report import GateReport
from tests.reports.reports import of, report
from tests.ui import moments

DAY_S = 86_400.0
_FIELDS: dict[str, Any] = {"pillar": "performance", "title": "A title", "reason": "a reason", "remedy": "a remedy"}


def check(state: State, *, blocking: bool = True, **fields: Any) -> CheckResult:
    return CheckResult(
        **{**_FIELDS, "id": f"performance.{state.name.lower()}", **fields}, state=state, blocking=blocking
    )


def payments(*checks: CheckResult, verdict: Verdict = Verdict.NOT_READY, why: str = "") -> GateReport:
    pillar = PillarResult(
        name="performance", required=True, weight=Fraction(1), points=Fraction(0), of=Fraction(100), checks=checks
    )
    service = ServiceAssessment(
        name="payments",
        tier=Tier.B,
        verdict=verdict,
        score=Fraction(40),
        score_max=Fraction(90),
        coverage=Fraction(1, 2),
        pillars=(pillar,),
        why=why,
    )
    return report(of((service,), verdict))


def junit(found: GateReport) -> dict[str, TestCase]:
    return {
        case.name: case for suite in JUnitXml.fromstring(rendered(found, GateFormat.JUNIT).encode()) for case in suite
    }


def sarif(found: GateReport) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(rendered(found, GateFormat.SARIF))["runs"][0]["results"]
    return results


@pytest.mark.parametrize(
    ("state", "result"),
    [
        (State.FAIL, Failure),
        (State.UNKNOWN, Error),
        (State.NOT_APPLICABLE, Skipped),
        (State.WARN, None),
        (State.INFO, None),
        (State.PASS, None),
    ],
)
def test_junit_fails_what_fails_and_errs_on_what_is_not_known(state: State, result: type | None) -> None:
    case = junit(payments(check(state)))[f"performance.{state.name.lower()}"]
    assert [type(r) for r in case.result] == ([result] if result else [])
    assert ("WARN: a reason" in (case.system_out or "")) is (state is State.WARN)


def test_junit_skips_what_is_waived_and_says_for_how_long() -> None:
    found = check(State.FAIL, waived=True, waiver="W-12", waiver_ends=moments.START + 2 + 3 * DAY_S)
    (skipped,) = junit(payments(found))["performance.fail"].result
    assert skipped.message == "waived by W-12, 3 days left: a reason"


def test_a_service_that_no_check_condemns_still_fails_its_suite() -> None:
    found = payments(check(State.PASS), verdict=Verdict.INCONCLUSIVE, why="availability not measured")
    assert [(r.message, type(r)) for r in junit(found)["verdict"].result] == [("availability not measured", Error)]
    assert [(r["ruleId"], r["level"]) for r in sarif(found)] == [("verdict", "error")]


def test_nothing_to_judge_fails_every_format_that_can_fail() -> None:
    found = report(of((), Verdict.INCONCLUSIVE))
    assert [type(r) for r in junit(found)["verdict"].result] == [Error]
    assert [r["level"] for r in sarif(found)] == ["error"]
    assert rendered(found, GateFormat.NAGIOS).startswith("READINESS UNKNOWN")


@pytest.mark.parametrize(
    ("policy", "line"),
    [
        (
            Policy(path="ci/readiness.toml", places={"performance.fail": Place("ci/shared.toml", 12)}),
            ("ci/shared.toml", 12),
        ),
        (Policy(path="ci/readiness.toml"), ("ci/readiness.toml", 1)),
        (Policy(path="/src/tree/a b.toml"), ("a%20b.toml", 1)),
        (
            Policy(
                path="r.toml",
                rules=(Rule(selector=Selector(), checks={"performance.fail": CheckRule()}),),
                places={"rule:0:performance.fail": Place("r.toml", 17), "performance.fail": Place("r.toml", 3)},
            ),
            ("r.toml", 17),
        ),
        (Policy(path="/elsewhere/b.toml"), ("file:///elsewhere/b.toml", 1)),
        (Policy(), None),
    ],
)
def test_sarif_points_at_the_line_of_the_policy_that_declares_the_check(
    policy: Policy, line: tuple[str, int] | None
) -> None:
    found = msgspec.structs.replace(payments(check(State.FAIL)), policy=policy, root="/src/tree")
    (location,) = sarif(found)[0]["locations"]
    at = location.get("physicalLocation")
    assert (at and (at["artifactLocation"]["uri"], at["region"]["startLine"])) == line
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "lab/payments/performance.fail"


def test_sarif_suppresses_what_is_waived() -> None:
    (result,) = sarif(payments(check(State.FAIL, waived=True, waiver="W-12"), verdict=Verdict.WARN))
    assert result["suppressions"][0]["status"] == "accepted"


def test_nagios_gives_scores_their_limits() -> None:
    first = rendered(report(moments.ill()), GateFormat.NAGIOS).splitlines()[0]
    assert re.search(r"\| score=[0-9.]+;90:;75:;0;100 coverage=[0-9.]+%;90:;;0;100$", first)


def test_text_says_reason_remedy_age_and_waiver_of_what_does_not_pass() -> None:
    waiver: dict[str, Any] = {"waived": True, "waiver": "W-12", "waiver_ends": moments.START + 2 + 1.5 * DAY_S}
    text = rendered(payments(check(State.FAIL, observed_at=moments.START, age_s=2.0, **waiver)), GateFormat.TEXT)
    assert re.search(r"✖ B performance\.fail .* a reason · seen \S+, 2 s old · waived by W-12, 36 h left\n", text)
    assert "→ a remedy" in text


def test_who_broke_the_glass_and_why_is_in_every_report_a_person_reads() -> None:
    broken = report(moments.ill(), override=Override(reason="moving the registry", ticket="OPS-7"))
    for kind in (GateFormat.TEXT, GateFormat.MARKDOWN, GateFormat.JUNIT, GateFormat.SARIF, GateFormat.NAGIOS):
        assert "moving the registry (OPS-7)" in rendered(broken, kind), kind


def test_explain_spares_its_reader_long_numbers_and_keeps_versions() -> None:
    evidence = {"row": "wait_ratio=0.123456789 at 10.0.1234, payments-2.14.1003, 5.000000001 s"}
    found = payments(check(State.FAIL, evidence=evidence))
    text = explain_text(found.moment, found.assessment.services[0])
    assert "row: wait_ratio=0.123 at 10.0.1234, payments-2.14.1003, 5 s" in text
