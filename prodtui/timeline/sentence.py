"""A first cause in one line."""

from __future__ import annotations

from prodtui.model.incident import Confidence, Failing, FirstCause

MOST = 5
"""Consequences that are named; the rest is counted."""
ARROW = " → "


def text(first: FirstCause) -> str:
    """`pid 4121 payments holds a lock → payments-db 34 waiting → payments p99 2.3 s`."""
    follow = [words(one.failing) for one in first.chain[:MOST]]
    if len(first.chain) > MOST:
        follow.append(f"{len(first.chain) - MOST} more")
    return ARROW.join((_cause(first), *follow))


def words(failing: Failing) -> str:
    """One failing entity: its name and what is wrong with it."""
    return f"{failing.name} {failing.what}".rstrip()


def _cause(first: FirstCause) -> str:
    if first.already_broken:
        return f"already broken: {words(first.cause)}"
    if first.confidence is Confidence.CLEAR:
        return words(first.cause)
    if len(first.candidates) > 1:
        return f"unclear, {len(first.candidates)} candidates: {' or '.join(words(one) for one in first.candidates[:3])}"
    return f"not certain yet: {words(first.cause)}"
