"""Causes that are over while what they caused still recovers: a latency over its window, a breaker in its pause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from prodtui.model.incident import Confidence, EntityKind, FirstCause
from prodtui.model.kept import Node
from prodtui.timeline.failing import Links, Nodes, Scene
from prodtui.timeline.judged import window_s
from prodtui.timeline.pressure import Rise

LINGERS_S = 60.0
"""What failed for its sake recovers within about so long after a cause is over; an SLI only after its window."""
LONGEST_S = 600.0
"""What is over for longer explains nothing any more, whatever the window."""


def over(named: Nodes, failing: Nodes, scene: Scene, rises: Mapping[str, Rise]) -> dict[str, Node]:
    """Of the causes that were named before, those that fail no more, but not for long."""
    longest = min(LONGEST_S, LINGERS_S + _window_s(failing, scene))
    # Whose source is lost is not over: nobody knows.
    gone = {key: node for key, node in named.items() if key not in failing and node.source not in scene.lost}
    ended = {key: node for key, node in gone.items() if not _presses(node, rises)}
    marked = {key: node if node.well_at is not None else _marked(node, scene.now) for key, node in ended.items()}
    return {key: node for key, node in marked.items() if scene.now - (node.well_at or 0.0) <= longest}


def _presses(named: Node, rises: Mapping[str, Rise]) -> bool:
    """Whether it is traffic that is still as high as since then."""
    rise = rises.get(named.failing.service)
    return named.pressed_at is not None and rise is not None and rise.onset == named.failing.onset


def _window_s(failing: Nodes, scene: Scene) -> float:
    slis = (node.failing.service for node in failing.values() if node.failing.kind is EntityKind.SLI)
    return max((window_s(scene.views.get(name)) for name in slis), default=0.0)


def _marked(node: Node, now: float) -> Node:
    failing = msgspec.structs.replace(node.failing, what=f"{node.failing.what} (over)")
    return msgspec.structs.replace(node, failing=failing, well_at=now)


def explaining(nodes: Nodes, links: Links) -> tuple[dict[str, Node], Links]:
    """Without what does not fail, as it is over or mere traffic, and explains nothing that does.

    What is over explains what nothing that still fails does, and what turned bad while it was bad; traffic explains
    what is left.
    """
    ended = {key for key, node in nodes.items() if node.well_at is not None}
    pressing = {key for key, node in nodes.items() if node.pressed_at is not None} - ended
    if not ended:
        return dict(nodes), links
    left: dict[str, frozenset[str]] = {}
    for key in nodes.keys() - ended - pressing:
        causes = links[key] - ended
        turned = nodes[key].failing.onset.not_after
        # What stands between them may be well again already: who was explained before needs no link.
        behind = {one for one in ended if one in links[key] or key in nodes[one].explained}
        meant = {one for one in behind if turned <= (nodes[one].well_at or 0.0)}
        # Only where no failing entity is left to blame: an old trouble beside a new cause is no news.
        left[key] = causes - pressing or frozenset(one for one in meant if not links[one] & meant) or causes
    kept = {key for to in left.values() for key in to} & (ended | pressing)
    return {key: nodes[key] for key in (*left, *kept)}, {**left, **dict.fromkeys(kept, frozenset[str]())}


def named_after(named: Nodes, causes: Iterable[FirstCause], nodes: Nodes, ended: Nodes) -> Mapping[str, Node]:
    """The causes to remember, with all that ever followed from them: those named for certain now, and those over."""
    found: dict[str, Node] = {}
    for one in causes:
        key = one.cause.key
        if one.confidence is Confidence.CLEAR and nodes[key].well_at is None:
            before = named[key].explained if key in named else frozenset[str]()
            explained = before.union(follows.failing.key for follows in one.chain)
            found[key] = msgspec.structs.replace(nodes[key], explained=explained)
    return {**_not_disproved(ended, found), **found}


def _not_disproved(ended: Nodes, now: Nodes) -> Nodes:
    """Without what was only thought to be the cause: all that followed from it follows from what is named now."""
    explained = frozenset[str]().union(*(node.explained for node in now.values()))
    return {key: node for key, node in ended.items() if not node.explained or not node.explained <= explained}
