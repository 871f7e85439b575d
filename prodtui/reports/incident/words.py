"""What broke first, in words: onsets, the chain as a tree. Times are UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from prodtui.model.incident import Acknowledgement, ChangeSeen, EntityKind, Failing, FirstCause, Onset
from prodtui.model.subject import parts

TOGETHER_S = 1.5
"""An onset known better than this is told as one time."""
_DEEPEST = 30
_KINDS = frozenset(EntityKind)


def clock(at: float) -> str:
    """A Unix time as UTC hours, minutes and seconds: `14:02:58Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%SZ")


def dated(at: float) -> str:
    """A Unix time as a UTC date and time: `2026-11-22 14:02:58Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def lasted(seconds: float) -> str:
    """`48 s`, `7 min 21 s`, `2 h 5 min`, `3 d 4 h`."""
    whole = max(0, round(seconds))
    for size, unit, below, part in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit}" + (f" {rest} {part}" if rest else "")
    return f"{whole} s"


def onset(found: Onset) -> str:
    """`before 14:02:58Z`, `14:02:58Z`, or an interval: `14:02:54Z–14:02:58Z`."""
    if found.at is None:
        return f"before {clock(found.not_after)}"
    if found.not_after - found.at <= TOGETHER_S:
        return clock(found.not_after)
    return f"{clock(found.at)}–{clock(found.not_after)}"


def called(failing: Failing) -> str:
    """`session pid 4121 holds a lock`; of several sessions the one that leads to them is named."""
    return f"{failing.kind} {failing.name} {failing.what}".strip() + _pid(failing)


def _pid(failing: Failing) -> str:
    if failing.kind is not EntityKind.SESSION or "pid " in failing.name or failing.subject.count(":") < 2:
        return ""
    pid = parts(failing.subject)[2].rpartition("/")[2]
    return f", pid {pid} among them" if pid.isdigit() else ""


def about(one: Acknowledgement) -> str:
    """What was acknowledged as a person calls it: `session pid 4121`, `payments`."""
    kind, colon, name = one.about.partition(":")
    return f"{kind} {name}" if colon and kind in _KINDS else one.about


def tree(first: FirstCause) -> list[str]:
    """The cause and what follows from it, indented by what follows from what."""
    return [
        f"{'  ' * (depth - 1)}└ {onset(failing.onset)} {called(failing)}"
        if depth
        else f"{onset(failing.onset)} {called(failing)}"
        for depth, failing in _walk(first)
    ]


def changed(change: ChangeSeen) -> str:
    """`deploy of payments: 1.4.1 → 1.4.2`."""
    turn = " → ".join(part for part in (change.before, change.after) if part is not None)
    of = f"{change.kind} of {change.service}" if change.service else change.kind
    return f"{of}: {turn}" if turn else of


def _walk(first: FirstCause) -> Iterator[tuple[int, Failing]]:
    """(depth, entity), each once, whatever the chain says of what follows from what."""
    left = list(first.chain)
    open_at = [(0, first.cause)]
    while open_at:
        depth, failing = open_at.pop()
        yield depth, failing
        below = [each for each in left if each.of == failing.key]
        left = [each for each in left if each.of != failing.key]
        open_at += [(min(depth + 1, _DEEPEST), each.failing) for each in reversed(below)]
    yield from ((1, each.failing) for each in left)
