"""The rollouts of a handover: where each is, what is decided and what it waits for, or how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prodtui.model.rollout import Rollout
from prodtui.model.rollout_progress import silent_s, stage_of, waits, watches
from prodtui.readiness.words import seconds
from prodtui.reports.incident.words import clock, dated, lasted
from prodtui.reports.markdown_text import code_span


def rollouts(found: Iterable[Rollout], now: float) -> Iterator[str]:
    """One item each; Markdown, times are UTC."""
    for rollout in found:
        plan = rollout.plan
        before = f"{plan.rollback_to} → " if plan.rollback_to else ""
        what = code_span(f"{plan.service} {before}{plan.candidate}")
        told = _ended(rollout, now) if rollout.phase.ended else _open(rollout, now)
        yield f"- {what}, begun {dated(rollout.started_at)} by {code_span(rollout.by)}: {told}"


def _open(rollout: Rollout, now: float) -> str:
    made = rollout.decision
    where = "observes only" if rollout.plan.observes else f"{rollout.percent:g} % of traffic"
    stage = "burn rate watched" if watches(rollout) else f"stage {stage_of(rollout).percent:g} %"
    since = rollout.stage_began_at if rollout.held_at is None else rollout.held_at
    said = f"**{rollout.phase.value.upper()}** since {clock(since)} ({lasted(now - since)}), {where}, {stage}; "
    said += f"{made.word}: {code_span(made.reason)}"
    waiting = waits(rollout, now, seconds)
    said += f"; waits for {code_span(', '.join(waiting))}" if waiting else ""
    silent = silent_s(rollout, now)
    alone = f"; **no sample for {lasted(silent)}: nobody drives it**" if silent is not None else ""
    return said + alone


def _ended(rollout: Rollout, now: float) -> str:
    when = "" if rollout.ended_at is None else f" at {clock(rollout.ended_at)} ({lasted(now - rollout.ended_at)} ago)"
    reached = f"in the stage of {stage_of(rollout).percent:g} %"
    return f"**{rollout.phase.value.upper()}**{when}, {reached}: {code_span(rollout.decision.reason)}"
