"""What a check found of one record, and how the findings of many records make one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from prodtui.model.assessment import State
from prodtui.model.freshness import SourceState
from prodtui.model.records import Record
from prodtui.model.service_view import Said
from prodtui.model.subject import subject

R = TypeVar("R", bound=Record)
# INFO before PASS: where one record could not be judged the check as a whole has not passed.
_WORST_FIRST = {
    state: rank
    for rank, state in enumerate(
        (State.FAIL, State.UNKNOWN, State.WARN, State.INFO, State.PASS, State.NOT_APPLICABLE),
    )
}
MOST_SUBJECTS = 50


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A state and why, with the evidence."""

    state: State
    reason: str
    brief: str = ""
    """The reason in a few words, for a row among many; empty: nothing to say there."""
    value: float | None = None
    unit: str = ""
    threshold: str = ""
    observed_at: float | None = None
    source: str = ""
    evidence: Mapping[str, str] = {}
    subjects: tuple[str, ...] = ()
    severity: float = 0.0
    """Among findings of the same state the highest speaks first."""

    @property
    def bad(self) -> bool:
        return self.state in (State.FAIL, State.UNKNOWN, State.WARN)


def of_record(
    said: Said[R],
    state: State,
    reason: str,
    *,
    brief: str = "",
    value: float | None = None,
    unit: str = "",
    threshold: str = "",
    observed_at: float | None = None,
    evidence: Mapping[str, str] | None = None,
    severity: float = 0.0,
) -> Finding:
    """A finding about one record, seen when its source was last read."""
    return Finding(
        state=state,
        reason=reason,
        brief=brief,
        value=value,
        unit=unit,
        threshold=threshold,
        observed_at=said.source.read_at if observed_at is None else observed_at,
        source=said.source.name,
        evidence=evidence or {},
        subjects=(subject(said.source.name, said.record),),
        severity=severity,
    )


def of_lost(source: SourceState, said: Iterable[Said[R]] = ()) -> Finding:
    """What a lost source said, or could have said, is not known."""
    if source.cause is not None:
        why, detail = source.cause.cause_class.value, source.cause.message
    else:
        why, detail = ("never read", "") if source.read_at is None else ("no news", "")
    return Finding(
        state=State.UNKNOWN,
        reason=f"{source.name} lost ({why}){': ' if detail else ''}{detail}",
        brief=f"{source.name} lost ({why})",
        observed_at=source.read_at,
        source=source.name,
        subjects=tuple(subject(s.source.name, s.record) for s in said),
    )


def worst(findings: Sequence[Finding], *, good: str = "") -> Finding | None:
    """The worst finding speaks for all; None of none.

    `good` is the reason where nothing is bad and several records were judged.
    """
    if not findings:
        return None
    ordered = sorted(findings, key=lambda f: (_WORST_FIRST[f.state], -f.severity, f.subjects, f.reason))
    first = ordered[0]
    others = len({f.reason for f in ordered[1:] if f.bad} - {first.reason})
    reason = f"{first.reason} (and {others} more)" if others else first.reason
    if good and not first.bad and len(ordered) > 1:
        reason = good
    subjects = tuple(dict.fromkeys(key for finding in ordered for key in finding.subjects))
    return msgspec.structs.replace(first, reason=reason, subjects=subjects[:MOST_SUBJECTS])
