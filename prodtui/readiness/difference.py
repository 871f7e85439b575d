"""What changed between an accepted evaluation and an assessment: verdicts, scores, checks, values, versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum

import msgspec

from prodtui.model.assessment import Assessment, CheckResult, ServiceAssessment, State, Verdict
from prodtui.model.evaluation import Evaluation, JudgedCheck, JudgedService
from prodtui.model.service_view import ServiceView
from prodtui.readiness import words
from prodtui.readiness.score import shown

COMPARED = "performance."
MOVED = 0.10
"""A value that changed by more than this share of what it was has moved."""
_BADNESS = {State.PASS: 0, State.WARN: 1, State.UNKNOWN: 2, State.FAIL: 3}


class Turn(StrEnum):
    """How a check changed, in the order in which a person wants to know."""

    WORSE = "worse"
    VANISHED = "vanished"
    """It was scored and is no more."""
    APPEARED = "appeared"
    """It is scored and was not."""
    BETTER = "better"
    MOVED = "moved"
    """The same state, another value."""


class CheckChange(msgspec.Struct, frozen=True, kw_only=True):
    """One check that is not as it was accepted. None: there was, or is, no such check, or no known value."""

    id: str
    turn: Turn
    blocking: bool
    before: State | None
    after: State | None
    value_before: float | None = None
    value_after: float | None = None
    unit: str = ""


class ServiceChange(msgspec.Struct, frozen=True, kw_only=True):
    """One service that is not as it was accepted. None: it was not judged then, or is not now.

    Scores are floored to a tenth.
    """

    service: str
    verdict_before: Verdict | None
    verdict_after: Verdict | None
    score_before: float | None
    score_after: float | None
    versions_before: tuple[str, ...] = ()
    versions_after: tuple[str, ...] = ()
    checks: tuple[CheckChange, ...] = ()


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Since an accepted evaluation. The scores are the environments', of all that was judged each time."""

    accepted: Evaluation
    verdict_after: Verdict
    score_after: float
    policy_changed: bool
    """The policy's files are others, or say something else."""
    services: tuple[ServiceChange, ...] = ()
    """Those that changed: those no longer judged first, then as in the assessment, worst first."""

    def service(self, name: str) -> ServiceChange | None:
        return next((change for change in self.services if change.service == name), None)


def difference(
    accepted: Evaluation,
    assessment: Assessment,
    views: Mapping[str, ServiceView],
    *,
    policy_digest: str | None = None,
    asked: Collection[str] = (),
) -> Difference:
    """What changed since.

    `policy_digest`: of the policy that holds now; None: not to be compared. `asked`: the services that the assessment
    was narrowed to; empty: all, so that one that is not in it any more is told.
    """
    now = {service.name: service for service in assessment.services}
    gone = [] if asked else [name for name in sorted(accepted.services) if name not in now]
    found = [
        change
        for name in (*gone, *now)
        if (change := _service(name, accepted.services.get(name), now.get(name), views.get(name))) is not None
    ]
    return Difference(
        accepted=accepted,
        verdict_after=assessment.verdict,
        score_after=float(shown(assessment.score)),
        policy_changed=policy_digest is not None and policy_digest != accepted.policy.digest,
        services=tuple(found),
    )


def _service(
    name: str, before: JudgedService | None, after: ServiceAssessment | None, view: ServiceView | None
) -> ServiceChange | None:
    """None where nothing changed."""
    change = ServiceChange(
        service=name,
        verdict_before=before.verdict if before else None,
        verdict_after=after.verdict if after else None,
        score_before=before.score if before else None,
        score_after=float(shown(after.score)) if after else None,
        versions_before=before.versions if before else (),
        versions_after=view.versions if view else (),
        checks=tuple(_checks(before, after)) if before and after else (),
    )
    same = (
        change.verdict_before is change.verdict_after
        and change.score_before == change.score_after
        and change.versions_before == change.versions_after
    )
    return None if same and not change.checks else change


def _checks(before: JudgedService, after: ServiceAssessment) -> list[CheckChange]:
    now = {check.id: check for check in after.checks}
    ids = [*now, *(check for check in before.checks if check not in now)]
    changes = [change for i in ids if (change := _check(i, before.checks.get(i), now.get(i))) is not None]
    order = list(Turn)
    return sorted(changes, key=lambda change: (order.index(change.turn), not change.blocking))


def _check(check_id: str, before: JudgedCheck | None, after: CheckResult | None) -> CheckChange | None:
    """None where nothing changed that counts."""
    turn = _turn(before, after)
    if turn is Turn.MOVED and after is not None and after.state is State.PASS and not check_id.startswith(COMPARED):
        # What passes moves all day; only how fast and how well it answers is compared release by release.
        return None
    present = after or before
    if turn is None or present is None:
        return None
    same_unit = before is not None and after is not None and before.unit == after.unit
    return CheckChange(
        id=check_id,
        turn=turn,
        blocking=present.blocking,
        before=before.state if before else None,
        after=after.state if after else None,
        value_before=_known(before) if same_unit else None,
        value_after=_known(after) if same_unit else None,
        unit=present.unit,
    )


def _turn(before: JudgedCheck | CheckResult | None, after: JudgedCheck | CheckResult | None) -> Turn | None:
    scored_before = before is not None and before.state.scored
    scored_after = after is not None and after.state.scored
    if before is None or after is None or not scored_before or not scored_after:
        if scored_before == scored_after:
            return None
        return Turn.APPEARED if scored_after else Turn.VANISHED
    if before.state is not after.state:
        return Turn.WORSE if _BADNESS[after.state] > _BADNESS[before.state] else Turn.BETTER
    was, is_now = _known(before), _known(after)
    if was is None or is_now is None or before.unit != after.unit:
        return None
    return Turn.MOVED if abs(is_now - was) > MOVED * abs(was) else None


def _known(check: JudgedCheck | CheckResult | None) -> float | None:
    """Its value, where it was observed and is finite."""
    if check is None or check.value is None or check.state is State.UNKNOWN:
        return None
    return check.value if abs(check.value) < float("inf") else None


def sentences(change: ServiceChange) -> tuple[str, ...]:
    """What changed of one service, each a few words: `latency_p99 PASS → WARN (180 ms → 420 ms)`."""
    return tuple(_sentences(change))


def _sentences(change: ServiceChange) -> Iterator[str]:
    if change.verdict_after is None:
        yield f"no longer judged; was {_judged(change.verdict_before, change.score_before)}"
        return
    if change.verdict_before is None:
        yield f"not judged then; now {_judged(change.verdict_after, change.score_after)}"
        return
    if change.verdict_before is not change.verdict_after:
        yield f"{_verdict(change.verdict_before)} → {_verdict(change.verdict_after)}"
    if change.score_before != change.score_after:
        yield f"score {change.score_before} → {change.score_after}"
    if change.versions_before != change.versions_after:
        yield f"version {_versions(change.versions_before)} → {_versions(change.versions_after)}"
    for check in change.checks:
        yield _check_sentence(check)


def _check_sentence(change: CheckChange) -> str:
    name = change.id.partition(".")[2] or change.id
    if change.turn is Turn.MOVED:
        return f"{name} {_values(change)}"
    if change.before is None:
        return f"{name} is new: {change.after}"
    if change.after is None:
        return f"{name} is gone; was {change.before}"
    values = _values(change)
    return f"{name} {change.before} → {change.after}" + (f" ({values})" if values else "")


def _values(change: CheckChange) -> str:
    if change.value_before is None or change.value_after is None:
        return ""
    before, after = (words.measure(value, change.unit) for value in (change.value_before, change.value_after))
    return "" if before == after else f"{before} → {after}"


def _judged(verdict: Verdict | None, score: float | None) -> str:
    return f"{_verdict(verdict)} {score}" if verdict else "?"


def _verdict(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _versions(versions: tuple[str, ...]) -> str:
    return "+".join(versions) or "?"
