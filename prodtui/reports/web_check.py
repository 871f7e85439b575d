"""What `/check` of a watch answers, `prodtui.web-check/1`: the decision first, for tools that quote a line of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

import msgspec

from prodtui.model.assessment import Assessment, ServiceAssessment, Verdict
from prodtui.model.rollout import Phase, Rollout, Word
from prodtui.model.rollout_progress import silent_s, waits
from prodtui.readiness.gate import FailOn, exit_code
from prodtui.readiness.words import seconds
from prodtui.reports import document as doc
from prodtui.reports.fields import floored, one_line, rfc3339, rounded
from prodtui.reports.watching import Watching
from prodtui.reports.words import words

WEB_CHECK_SCHEMA = "prodtui.web-check/1"
MOST_NAMED = 3
"""Services that the reason names."""
MOST_LISTED = 100
LONGEST_REASON = 300


class CheckedPart(doc.Part, frozen=True):
    name: str
    verdict: doc.VerdictName
    score: float
    score_max: float
    why: str | None


class RolledOutPart(doc.Part, frozen=True):
    """An open rollout of one of the services."""

    id: str
    service: str
    candidate: str
    phase: Literal["RUNNING", "PAUSED", "HELD", "WATCHING", "PROMOTED", "ROLLED_BACK", "ABORTED", "FAILED"]
    percent: float
    word: Literal["WAIT", "PROMOTE", "EXTEND", "HOLD", "ROLLBACK"]
    reason: str
    waits_for: tuple[str, ...]


class WebCheckDocument(doc.Part, frozen=True):
    """What `/check` answers."""

    schema: Literal["prodtui.web-check/1"]
    decision: doc.VerdictName
    passed: bool
    reason: str
    environment: str
    at: str
    age_s: float | None
    """Since the moment that was judged was made."""
    verdict: doc.VerdictName
    score: float
    score_max: float
    services: tuple[CheckedPart, ...]
    """Worst first, at most a hundred."""
    left_out: int
    """How many more there are."""
    rollouts: tuple[RolledOutPart, ...]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The judged services and their rollouts that are open or have just ended, decided."""

    assessment: Assessment
    now: float
    rollouts: tuple[Rollout, ...] = ()
    fail_on: FailOn = FailOn.NOT_READY

    @property
    def decision(self) -> Verdict:
        """The verdict, or what the rollouts say where that is worse."""
        found = (self._of_rollout(rollout) for rollout in self.rollouts)
        return max((self.assessment.verdict, *found), key=lambda verdict: verdict.badness)

    @property
    def passed(self) -> bool:
        """Whether the gate would let it through."""
        return exit_code(self.decision, self.fail_on) == 0

    @property
    def reason(self) -> str:
        """One line: what makes the decision what it is."""
        decided = self.decision
        if decided is not self.assessment.verdict:
            worst = max(self.rollouts, key=lambda rollout: self._of_rollout(rollout).badness)
            silent = silent_s(worst, self.now)
            if silent is not None and worst.decision.word not in (Word.ROLLBACK, Word.HOLD):
                return _line(f"rollout of {worst.service}: no sample for {seconds(silent)}, nobody may be looking")
            return _line(f"rollout of {worst.service}: {worst.decision.word} {worst.decision.reason}")
        told = [service for service in self.assessment.services if service.verdict.badness > 0]
        more = f"; {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
        return _line("; ".join(map(_why, told[:MOST_NAMED])) + more) if told else self._of_all()

    def _of_rollout(self, rollout: Rollout) -> Verdict:
        """What a rollout's decision means for a gate: going back fails it, not knowing is not knowing.

        Once a hook has moved its traffic back it is over; where it only observed, whoever asks here has to do that.
        """
        if rollout.phase is Phase.FAILED:
            return Verdict.NOT_READY
        if rollout.phase.ended:
            went_back = rollout.phase is Phase.ROLLED_BACK and rollout.plan.observes
            return Verdict.NOT_READY if went_back else Verdict.READY
        if rollout.decision.word is Word.ROLLBACK:
            return Verdict.NOT_READY
        unknown = rollout.decision.word is Word.HOLD or silent_s(rollout, self.now) is not None
        return Verdict.INCONCLUSIVE if unknown else Verdict.READY

    def _of_all(self) -> str:
        """What makes the decision where each service is ready."""
        assessment = self.assessment
        if not assessment.services:
            return "no service is known"
        if assessment.notes:
            return _line(assessment.notes[0].text)
        if assessment.blind:
            return "a source is lost; what is seen is ready"
        names = [service.name for service in assessment.services]
        return _line(f"{names[0]} is ready" if len(names) == 1 else f"all {len(names)} services are ready")


def web_check_json(checked: Checked, watching: Watching) -> str:
    """The document on one line."""
    assessment = checked.assessment
    document = WebCheckDocument(
        schema="prodtui.web-check/1",
        decision=checked.decision.value,
        passed=checked.passed,
        reason=checked.reason,
        environment=watching.environment,
        at=rfc3339(assessment.at) or "",
        age_s=rounded(watching.age_s),
        verdict=assessment.verdict.value,
        score=floored(assessment.score),
        score_max=floored(assessment.score_max),
        services=tuple(map(_service, assessment.services[:MOST_LISTED])),
        left_out=max(0, len(assessment.services) - MOST_LISTED),
        rollouts=tuple(_rollout(one, watching.now) for one in checked.rollouts),
    )
    return msgspec.json.encode(document).decode() + "\n"


def _service(service: ServiceAssessment) -> CheckedPart:
    return CheckedPart(
        name=service.name,
        verdict=service.verdict.value,
        score=floored(service.score),
        score_max=floored(service.score_max),
        why=service.why or None,
    )


def _rollout(rollout: Rollout, now: float) -> RolledOutPart:
    made = rollout.decision
    return RolledOutPart(
        id=rollout.id,
        service=rollout.service,
        candidate=rollout.plan.candidate,
        phase=cast("Any", rollout.phase.name),
        percent=rollout.plan.stages[rollout.stage].percent,
        word=made.word.value,
        reason=made.reason,
        waits_for=waits(rollout, now, seconds),
    )


def _why(service: ServiceAssessment) -> str:
    return f"{service.name} {words(service.verdict)}" + (f": {service.why}" if service.why else "")


def _line(text: str) -> str:
    return one_line(text, LONGEST_REASON)


def of_services(rollouts: Sequence[Rollout], names: Sequence[str]) -> tuple[Rollout, ...]:
    """The rollouts of these services; all of them where none is named."""
    return tuple(rollout for rollout in rollouts if not names or rollout.service in names)


def json_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the document."""
    (check,), components = msgspec.json.schema_components((WebCheckDocument,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": WEB_CHECK_SCHEMA,
        **check,
        "$defs": components,
    }
