"""From states and a score to a verdict: the first rule that matches (readiness.md, Verdict)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from prodtui.model.assessment import State, Verdict
from prodtui.readiness.policy import Policy
from prodtui.readiness.score import Score


class Decides(Protocol):
    """A check as the verdict sees it."""

    @property
    def state(self) -> State: ...
    @property
    def waived(self) -> bool: ...
    @property
    def blocking(self) -> bool: ...


def service_verdict(
    score: Score, checks: Iterable[Decides], policy: Policy, *, missing: bool, noted: bool = False
) -> Verdict:
    """The verdict on one service; `missing`: a required pillar has nothing that counts; `noted`: a waiver holds."""
    judged = tuple(checks)
    blocking = {check.state for check in judged if check.blocking and not _excused(check)}
    if State.FAIL in blocking or score.score_max < policy.fails_below:
        return Verdict.NOT_READY
    unknown = any(check.state is State.UNKNOWN for check in judged) or missing
    nothing = not score.coverage
    if State.UNKNOWN in blocking or missing or nothing:
        return Verdict.INCONCLUSIVE
    if score.coverage < policy.coverage_from or score.score < policy.fails_below:
        return Verdict.INCONCLUSIVE
    waived = noted or any(check.waived for check in judged)
    if score.score < policy.warns_below or State.WARN in blocking or waived or unknown:
        return Verdict.WARN
    return Verdict.READY


def _excused(check: Decides) -> bool:
    # A waiver excuses a failure, never ignorance.
    return check.waived and check.state is State.FAIL
