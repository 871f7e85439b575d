"""How a check's result stands beside its state: waived, recovering, not applicable, other than when last accepted."""

from __future__ import annotations

from prodtui.model.assessment import Assessment, CheckResult, Note, ServiceAssessment, State
from prodtui.model.evaluation import JudgedCheck
from prodtui.model.moment import Moment
from prodtui.readiness.hysteresis import GOOD_OBSERVATIONS
from prodtui.readiness.words import measure
from prodtui.ui import format as fmt

_VERBS = {State.FAIL: "fails", State.WARN: "warns", State.UNKNOWN: "is not known", State.NOT_APPLICABLE: "is N/A"}


def short(check: CheckResult) -> str:
    """The check's name within its pillar."""
    return check.id.removeprefix(f"{check.pillar}.")


def verb(check: CheckResult) -> str:
    """What the check does, as a sentence says it."""
    return _VERBS.get(check.state, "passes")


def waived(check: CheckResult, now: float) -> str:
    """`waived W-12, 3 d left`; empty where no waiver holds."""
    if not check.waived:
        return ""
    left = "" if check.waiver_ends is None else f", {fmt.age(check.waiver_ends - now)} left"
    return f"waived {check.waiver}".rstrip() + left


def recovering(check: CheckResult, service: str, assessment: Assessment) -> str:
    """`recovering: 1 of 2 good`, where an improvement was seen and is not believed yet; else empty."""
    if check.held is None:
        return ""
    streak = assessment.streaks.get(f"{service}/{check.id}")
    return f"recovering: {streak.good if streak else 0} of {GOOD_OBSERVATIONS} good"


def reason(check: CheckResult) -> str:
    """Why it stands so, without the words about a recovery: `recovering` says those with their count."""
    said = check.reason
    return said.partition(": ")[2] or said if check.held is not None and said.startswith("recovering") else said


def accepted(check: CheckResult, service: str, moment: Moment) -> JudgedCheck | None:
    """The check as it was when the environment was last accepted; None where it was not judged then."""
    judged = moment.accepted.services.get(service) if moment.accepted else None
    return judged.checks.get(check.id) if judged else None


def value(number: float | None, unit: str) -> str:
    """A measured value in its unit, empty where there is none."""
    return "" if number is None else measure(number, unit)


def notes(service: ServiceAssessment, assessment: Assessment) -> tuple[Note, ...]:
    """What there is to say of the rules for the service: its own notes, then the environment's that concern it."""
    own = service.notes
    return (*own, *(note for note in assessment.notes if note.service in ("", service.name) and note not in own))
