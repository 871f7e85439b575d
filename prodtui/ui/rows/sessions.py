"""Database sessions as trees: who holds, below it who waits for it."""

from __future__ import annotations

from collections.abc import Iterable

from prodtui.model.records import Session
from prodtui.ui import format as fmt
from prodtui.ui.line import Line
from prodtui.ui.rows.tree import walked


def chains(sessions: Iterable[Session]) -> list[Line]:
    """Every session once; those that hold others up come first, the one that holds up longest before all."""
    by_pid = {session.pid: session for session in sessions}
    waiting: dict[int, list[Session]] = {}
    for session in by_pid.values():
        for pid in session.blocked_by:
            waiting.setdefault(pid, []).append(session)

    def held_up(session: Session) -> float:
        return max((other.blocked_s or 0.0 for other in waiting.get(session.pid, ())), default=-1.0)

    roots = [session for session in by_pid.values() if not any(pid in by_pid for pid in session.blocked_by)]
    # A deadlock is a circle: none of its sessions is a root, so each is offered as one.
    offered = (*sorted(roots, key=held_up, reverse=True), *by_pid.values())
    found: list[Line] = []
    for session, twig in walked(offered, lambda s: waiting.get(s.pid, ()), lambda s: s.pid):
        if not twig.again:
            found += _lines(session, twig.branches, holds=session.pid in waiting)
    return found


def _lines(session: Session, branches: str, *, holds: bool) -> list[Line]:
    """Who it is and what it does to whom; below it its query."""
    who = " ".join(part for part in (session.user, session.application, session.state) if part)
    waits = f" waits {fmt.age(session.blocked_s)}" if session.blocked_s is not None else ""
    said: Line = (
        (branches, "dim"),
        (f"pid {session.pid}", "strong bad" if holds and not waits else "strong"),
        (waits or (" holds the lock" if holds else ""), "bad"),
        (f"  {who}", "dim"),
    )
    under = branches.replace("├ ", "│ ").replace("└ ", "  ")
    query = " ".join(session.query.split())
    return [said, ((f"{under}  ", "dim"), (query, ""))] if query else [said]
