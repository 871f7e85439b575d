"""What a check found of one record, and how the findings of many records make one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from prodtui.model.assessment import State
from prodtui.model.freshness import SourceState
from prodtui.model.records import Record
from prodtui.model.service_view import Said
from prodtui.readiness.criteria import Limits
from prodtui.readiness.why import BAD

R = TypeVar("R", bound=Record)
T = TypeVar("T")
# INFO before PASS: where one record could not be judged the check as a whole has not passed.
_WORST_FIRST = {
    state: rank
    for rank, state in enumerate(
        (State.FAIL, State.UNKNOWN, State.WARN, State.INFO, State.PASS, State.NOT_APPLICABLE),
    )
}
MOST_SUBJECTS = 50
_NO_EVIDENCE: Mapping[str, str] = {}


class Row(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What was seen, as evidence; written out when somebody looks: of thousands of services few are looked at.

    No collector walks it: a fleet has hundreds of thousands.
    """

    write: Callable[[T], dict[str, str]]
    """Pure, and `seen` frozen, so that when it is written makes no difference."""
    seen: T


class Finding(msgspec.Struct, frozen=True, gc=False):
    """A state and why, with the evidence. All but these two are given by name."""

    state: State
    reason: str
    brief: str = ""
    """The reason in a few words, for a row among many; empty: nothing to say there."""
    value: float | None = None
    unit: str = ""
    threshold: str = ""
    observed_at: float | None = None
    source: str = ""
    evidence: Mapping[str, str] | Row[Any] = {}
    subjects: tuple[str, ...] = ()
    severity: float = 0.0
    """Among findings of the same state the highest speaks first."""
    version: str | None = None
    """Of which release the evidence is, where it is the release's own."""
    limit: float | None = None
    """The one number beyond which it does not pass, where it is not the check's limits'."""
    judged_by: Limits | None = None
    """The limits that it was judged by, where they are not the check's as they are declared."""
    unwaivable: bool = False
    """No waiver excuses it."""
    blocks: bool = False
    """It blocks where the check itself does not, unless the policy says whether the check does."""

    @property
    def bad(self) -> bool:
        return self.state in BAD

    @property
    def seen(self) -> Mapping[str, str]:
        """The evidence, written out."""
        return self.evidence.write(self.evidence.seen) if isinstance(self.evidence, Row) else self.evidence


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
    evidence: Mapping[str, str] | Row[Any] | None = None,
    severity: float = 0.0,
    version: str | None = None,
    limit: float | None = None,
    judged_by: Limits | None = None,
    unwaivable: bool = False,
    blocks: bool = False,
) -> Finding:
    """A finding about one record, seen when its source was last read."""
    source = said.source
    # The first two by place: with more than 15 keywords CPython calls by a dictionary, which takes three times as long.
    return Finding(
        state,
        reason,
        brief=brief,
        value=value,
        unit=unit,
        threshold=threshold,
        observed_at=source.read_at if observed_at is None else observed_at,
        source=source.name,
        evidence=_NO_EVIDENCE if evidence is None else evidence,
        subjects=(said.subject,),
        severity=severity,
        version=version,
        limit=limit,
        judged_by=judged_by,
        unwaivable=unwaivable,
        blocks=blocks,
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
        subjects=tuple(s.subject for s in said),
        unwaivable=True,
    )


def worst(findings: Sequence[Finding], *, good: str = "") -> Finding | None:
    """The worst finding speaks for all; None of none. What no waiver excuses stays so behind a worse one.

    `good` is the reason where nothing is bad and several records were judged.
    """
    if len(findings) < 2:
        return findings[0] if findings else None
    ordered = sorted(findings, key=lambda f: (_WORST_FIRST[f.state], -f.severity, f.subjects, f.reason))
    first = ordered[0]
    bad = [finding for finding in ordered if finding.bad]
    others = len({finding.reason for finding in bad} - {first.reason})
    reason = f"{first.reason} (and {others} more)" if others else first.reason
    if good and not bad:
        reason = good
    subjects = tuple(dict.fromkeys([key for finding in ordered for key in finding.subjects]))
    return msgspec.structs.replace(
        first,
        reason=reason,
        subjects=subjects[:MOST_SUBJECTS],
        unwaivable=any(finding.unwaivable for finding in bad),
        blocks=any(finding.blocks for finding in ordered if finding.state is first.state),
    )
