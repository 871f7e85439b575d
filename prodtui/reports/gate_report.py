"""What the gate reports, whatever the format: the moment as it was narrowed and judged, and what was decided on it."""

from __future__ import annotations

import msgspec

from prodtui.model.assessment import Assessment, CheckResult, State, Verdict
from prodtui.model.moment import Moment
from prodtui.readiness.difference import Difference
from prodtui.readiness.gate import Decision
from prodtui.readiness.policy import Policy
from prodtui.reports.difference import since_accepted
from prodtui.reports.fields import one_line

DAY_S = 86_400.0


class GateReport(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the gate; the moment's assessment has only the services that were asked for."""

    moment: Moment
    policy: Policy
    decision: Decision
    candidate: str | None = None
    samples: int = 1
    """Assessments that this is the worst of."""
    difference: Difference | None = None
    """Since the last accepted evaluation; None where there is none."""
    remarks: tuple[str, ...] = ()
    """What the gate could not do besides: remember, compare."""
    root: str = ""
    """The folder that paths are written relative to; empty: as they are."""

    @property
    def environment(self) -> str:
        return self.moment.snapshot.declared.environment

    @property
    def assessment(self) -> Assessment:
        return self.moment.assessment


def said(report: GateReport) -> list[str]:
    """What a reader must know besides the checks, one line each: override, samples, waivers, policy, remarks."""
    decision = report.decision
    lines = []
    if decision.override is not None:
        lines.append(f"overridden: {decision.override.reason} ({decision.override.ticket}); verdict {decision.verdict}")
    if decision.refused:
        lines.append('the policy does not allow an override ("override = true" in [verdict]): the verdict decides')
    if report.samples > 1:
        lines.append(f"worst of {report.samples} samples")
    lines += [note.text for note in report.assessment.notes]
    lines += [f"{s.name}: {note.text}" for s in report.assessment.services for note in s.notes]
    return [one_line(line) for line in (*lines, *report.remarks)]


def since(report: GateReport) -> list[str]:
    """The difference to the last accepted evaluation; empty where nothing was ever accepted."""
    return [] if report.difference is None else [one_line(line) for line in since_accepted(report.difference)]


def waived(check: CheckResult, now: float) -> str:
    """`waived by W-12, 3 days left`; empty where no waiver holds."""
    if not check.waiver:
        return ""
    # A waiver that ends today has a day's rest left, not none.
    left = None if check.waiver_ends is None else max(0.0, check.waiver_ends - now) / DAY_S
    days = "" if left is None else f", {left:.0f} days left" if left >= 2 else f", {left * 24:.0f} h left"
    return f"{'waived' if check.waived else 'waiver'} {'by ' if check.waived else ''}{one_line(check.waiver)}{days}"


def unexplained(report: GateReport) -> list[tuple[str, Verdict, str]]:
    """(service, verdict, why) where no single check tells why the service is not ready, as where a pillar is missing.

    With the environment itself, by its name, where nothing is judged at all.
    """
    found: list[tuple[str, Verdict, str]] = [
        (service.name, service.verdict, service.why or f"score {float(service.score):.1f}")
        for service in report.assessment.services
        if service.verdict in (Verdict.NOT_READY, Verdict.INCONCLUSIVE)
        and not any(check.state in (State.FAIL, State.UNKNOWN) and not check.waived for check in service.checks)
    ]
    if not report.assessment.services:
        found.append((report.environment, report.assessment.verdict, "no service is declared or registered"))
    return found
