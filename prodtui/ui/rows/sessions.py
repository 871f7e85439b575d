"""Database sessions as trees: who holds, below it who waits for it."""

from __future__ import annotations

from collections.abc import Iterable

from prodtui.model.records import Session
from prodtui.ui import format as fmt
from prodtui.ui.line import Line


def chains(sessions: Iterable[Session]) -> list[Line]:
    """Every session once; those that hold others up come first, the one that holds up longest before all."""
    by_pid = {session.pid: session for session in sessions}
    waiting: dict[int, list[Session]] = {}
    for session in by_pid.values():
        for pid in session.blocked_by:
            waiting.setdefault(pid, []).append(session)
    found: list[Line] = []
    seen: set[int] = set()

    def tell(session: Session, depth: int) -> None:
        if session.pid in seen:  # a deadlock is a circle
            return
        seen.add(session.pid)
        found.append(_line(session, depth, holds=session.pid in waiting))
        for other in waiting.get(session.pid, []):
            tell(other, depth + 1)

    def held_up(session: Session) -> float:
        return max((other.blocked_s or 0.0 for other in waiting.get(session.pid, ())), default=-1.0)

    roots = [session for session in by_pid.values() if not any(pid in by_pid for pid in session.blocked_by)]
    for session in (*sorted(roots, key=held_up, reverse=True), *by_pid.values()):
        tell(session, 0)
    return found


def _line(session: Session, depth: int, *, holds: bool) -> Line:
    who = " ".join(part for part in (session.user, session.application, session.state) if part)
    waits = f" waits {fmt.age(session.blocked_s)}" if session.blocked_s is not None else ""
    return (
        ("  " * depth + f"pid {session.pid}", "strong bad" if holds and not waits else "strong"),
        (f" {who}", "dim"),
        (waits or (" holds the lock" if holds else ""), "bad"),
        (f"  {session.query}", ""),
    )
