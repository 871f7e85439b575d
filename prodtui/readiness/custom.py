"""A policy's own checks: one number that a source measured for it."""

from __future__ import annotations

from prodtui.model.asks import Language
from prodtui.model.assessment import State
from prodtui.model.evidence import Measurement
from prodtui.model.records import Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Check, Question
from prodtui.readiness.finding import Finding, of_record, worst
from prodtui.readiness.pillars.asked import unanswered
from prodtui.readiness.pillars.regression import beside_baseline
from prodtui.readiness.policy import Custom

_PLANES = {Language.PROMQL: Plane.METRICS, Language.SQL: Plane.POOLS}


def check_of(custom: Custom) -> Check:
    """The check that a policy declares. A measurement that nobody made is UNKNOWN: the policy asks for it."""
    plane = _PLANES[custom.language]

    def judge(view: ServiceView, ask: Question) -> Finding | None:
        own = [said for said in view.measurements if said.record.check == custom.id]
        findings = [_finding(said, ask, custom) for said in ask.heard(own)] + ask.unheard(own)
        asked = [s for s in view.planes.get(plane, ()) if custom.source in ("", s.name)]
        return worst(findings) or unanswered(ask, asked, custom.title)

    return Check(
        id=custom.id,
        title=custom.title,
        reads=(plane,),
        rule=custom.limits.text(custom.unit),
        remedy=custom.remedy,
        blocking=custom.blocking,
        limits=custom.limits,
        unit=custom.unit,
        judge=judge,
    )


def _finding(said: Said[Measurement], ask: Question, custom: Custom) -> Finding:
    measured = said.record
    if measured.trouble or measured.value is None:
        why = measured.trouble or "no value"
        return of_record(
            said,
            State.UNKNOWN,
            f"{custom.title}: {why}",
            brief=f"{custom.title} unknown",
            observed_at=measured.observed_at,
            evidence={"query": measured.query},
        )
    shown, state = words.measure(measured.value, custom.unit), ask.limits.judge(measured.value)
    found = of_record(
        said,
        state,
        f"{shown}, passes {ask.limits.passes.text(custom.unit)}",
        brief="" if state is State.PASS else f"{custom.title}: {shown}",
        value=measured.value,
        unit=custom.unit,
        threshold=ask.limits.text(custom.unit),
        observed_at=measured.observed_at,
        evidence={"query": measured.query},
        severity=measured.value,
        judged_by=ask.limits,
    )
    # Its criteria are the policy's own: that they can't be held against a baseline yet is not a matter of defaults.
    return beside_baseline(ask, found, shown, wanted=True)
