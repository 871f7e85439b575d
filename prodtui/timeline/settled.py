"""When a cause is named for certain: what could explain it has been looked for since it was seen."""

from __future__ import annotations

from prodtui.model.freshness import SourceState
from prodtui.model.incident import EntityKind
from prodtui.model.kept import Node
from prodtui.model.record import Plane
from prodtui.model.records import Pool, Session
from prodtui.timeline.failing import Scene
from prodtui.timeline.trouble import WAITED_S

PATIENCE_S = 5.0
"""Nobody waits longer for a source that is asked seldom."""
BEGINNER_S = 15.0
"""What is called failing without a reason is named for certain after so long: a new check begins as critical."""
HELD_S = 8.0
"""Who holds what traffic seems to fill shows so late: sessions are listed once they are idle for five seconds."""
_LAST = frozenset({EntityKind.SESSION, EntityKind.DATABASE, EntityKind.EXTERNAL, EntityKind.GROUP})
"""What depends on nothing that we could see: it needs no second look."""


def settled(node: Node, scene: Scene) -> bool:
    """Whether what explains a failing entity would show by now."""
    states = [s for s in scene.snapshot.sources.values() if s.declared.plane is not Plane.RELEASE]
    if any(state.tried_at is None for state in states):
        return False
    onset = node.failing.onset
    if node.unproven:
        return scene.now - onset.not_after > BEGINNER_S
    if node.pressed_at is not None:
        return scene.now - node.pressed_at > HELD_S
    if onset.at is None or scene.now - onset.not_after > PATIENCE_S or node.failing.kind in _LAST:
        return True
    return all(_looked_since(onset.not_after, state, scene) for state in states if state.cause is None)


def _looked_since(seen: float, source: SourceState, scene: Scene) -> bool:
    """Whether a source was asked since, and not only answered. One with whom somebody waits is asked once more:
    whether a wait is a failure shows only when it has lasted."""
    asked_at = (source.read_at or 0.0) - (source.latency_s or 0.0)
    return asked_at >= seen and (asked_at >= seen + WAITED_S or not _somebody_waits(source.name, scene))


def _somebody_waits(source: str, scene: Scene) -> bool:
    tables = scene.snapshot
    if any(pool.waiting for (owner, _), pool in tables.of(Pool).items() if owner == source):
        return True
    return any(session.blocked_by for (owner, _), session in tables.of(Session).items() if owner == source)
