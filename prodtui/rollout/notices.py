"""What whoever is on call hears of a rollout: that it is held, gone back, failed or through."""

from __future__ import annotations

from prodtui.model.notice import About, Notice, Severity
from prodtui.model.rollout import Phase, Rollout
from prodtui.model.rollout_progress import stage_of

_SEVERITY = {
    Phase.HELD: Severity.ERROR,
    Phase.ROLLED_BACK: Severity.ERROR,
    Phase.ABORTED: Severity.WARNING,
    Phase.FAILED: Severity.CRITICAL,
}
"""Of the phases that somebody must hear of."""
_GOES_ON = (Phase.RUNNING, Phase.WATCHING, Phase.PROMOTED)
"""After a hold, the phases that are its recovery."""


def notice(before: Rollout, after: Rollout, at: float) -> Notice | None:
    """The message that a turn from one phase to another is worth; None where it is none."""
    if before.phase is after.phase:
        return None
    severity = _SEVERITY.get(after.phase)
    recovered = before.phase is Phase.HELD and after.phase in _GOES_ON
    if severity is None and not recovered and after.phase is not Phase.PROMOTED:
        return None
    began_at = (before.held_at if recovered else after.held_at) or at
    kind = "held" if recovered or after.phase is Phase.HELD else "ended"
    incident = f"rollout-{after.id}.{kind}@{began_at:.0f}"
    return Notice(
        id=f"{incident}.{0 if recovered else (severity or Severity.WARNING).weight}",
        incident=incident,
        environment=after.environment,
        about=About.ROLLOUT,
        severity=severity or Severity.WARNING,
        at=at,
        began_at=began_at,
        recovered=recovered or after.phase is Phase.PROMOTED,
        title=_title(after, goes_on=recovered and not after.phase.ended),
        lines=_lines(after),
        services=(after.service,),
    )


def _title(rollout: Rollout, *, goes_on: bool) -> str:
    what = f"{rollout.service} {rollout.plan.candidate}"
    how = "goes on" if goes_on else str(rollout.phase)
    return f"rollout of {what} {how} at {stage_of(rollout).percent:g} %: {_why(rollout)}"


def _why(rollout: Rollout) -> str:
    if rollout.phase.ended and rollout.steps:
        return rollout.steps[-1].result.partition(": ")[2]
    return rollout.decision.reason


def _lines(rollout: Rollout) -> tuple[str, ...]:
    bad = [sample.reason for sample in rollout.samples[-5:] if sample.reason]
    return (*dict.fromkeys(bad), *(f"waits for: {what}" for what in rollout.decision.waits_for))
