"""What is only read because a policy asks for it, and what is to be said where nobody answered."""

from __future__ import annotations

from collections.abc import Sequence

from prodtui.model.assessment import State
from prodtui.model.freshness import SourceState
from prodtui.model.records import Plane
from prodtui.model.service_view import ServiceView
from prodtui.readiness.check import Question
from prodtui.readiness.finding import Finding
from prodtui.readiness.fleet import fleet

HANDSHAKES = "handshakes"
"""The kind of source that asks the instances: certificates and guarded paths."""
RELEASE = "release"
"""The kind of source that reads what the release brings: configuration, migrations, code."""


def sources_of(view: ServiceView, kind: str) -> tuple[SourceState, ...]:
    """The sources of this kind."""
    return tuple(source for source in view.planes.get(Plane.RELEASE, ()) if source.declared.kind == kind)


def unanswered(ask: Question, sources: Sequence[SourceState], what: str) -> Finding:
    """UNKNOWN: the policy asks for it, and nobody reports it."""
    if sources:
        return ask.silence(sources, what)
    return Finding(state=State.UNKNOWN, reason=f"{what}: nothing here reads it", brief=f"{what} not read")


def serving(view: ServiceView, ask: Question) -> frozenset[str]:
    """The ids of the instances that count: those starting, draining or in maintenance need not answer."""
    return frozenset(member.said.record.id for member in fleet(view, ask).counted)
