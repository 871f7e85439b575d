"""What changed since the last accepted evaluation, as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime

from prodtui.model.evaluation import Evaluation
from prodtui.readiness import words
from prodtui.readiness.difference import Difference, ServiceChange, sentences

LONGEST = 6
"""Sentences of one service in the gate's report."""


def since_accepted(difference: Difference) -> list[str]:
    """A headline of the environment, then one line for each service that changed."""
    accepted = difference.accepted
    told = []
    if accepted.verdict is not difference.verdict_after:
        told.append(f"{_plain(accepted.verdict)} → {_plain(difference.verdict_after)}")
    if accepted.score != difference.score_after:
        told.append(f"score {accepted.score} → {difference.score_after}")
    if difference.policy_changed:
        told.append("the policy is another")
    lines = [f"{heading(accepted)}: {'; '.join(told) or _nothing(difference)}"]
    return lines + [f"  {change.service}: {_some(change)}" for change in difference.services]


def service_since_accepted(difference: Difference, service: str) -> str:
    """One line about one service, with all that changed."""
    change = difference.service(service)
    told = list(sentences(change)) if change else []
    if difference.policy_changed:
        told.append("the policy is another")
    return f"{heading(difference.accepted)}: {'; '.join(told) or 'nothing changed'}"


def heading(accepted: Evaluation) -> str:
    """Which evaluation it is: `since the last accepted evaluation (2026-11-20 14:02, 1.4.1, by ana@ci)`."""
    parts = [minute(accepted.at), accepted.candidate or "", f"by {accepted.accepted_by or accepted.by}"]
    return f"since the last accepted evaluation ({', '.join(part for part in parts if part)})"


def minute(at: float) -> str:
    """A Unix time as a local date with hours and minutes."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _some(change: ServiceChange) -> str:
    told = sentences(change)
    more = len(told) - LONGEST
    return "; ".join(told[:LONGEST]) + (f"; and {words.plural(more, 'more change')}" if more > 0 else "")


def _nothing(difference: Difference) -> str:
    return "the score is the same" if difference.services else "nothing changed"


def _plain(verdict: str) -> str:
    return verdict.replace("_", " ")
