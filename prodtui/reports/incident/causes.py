"""What broke first over a stretch: of what was told moment by moment, what holds at its end."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from prodtui.model.incident import Confidence, EntityKind, Failing, FirstCause

_OVER = " (over)"
"""How a cause is marked that fails no more while what it caused still recovers."""


class _Told(msgspec.Struct):
    """One cause, and when it was last told."""

    first: FirstCause
    at: float


class Causes:
    """Takes what each moment tells, oldest first; what a later certain chain explains is forgotten."""

    def __init__(self) -> None:
        self._told: list[_Told] = []

    def take(self, found: Iterable[FirstCause], at: float) -> None:
        """What a moment at `at` tells."""
        causes = tuple(found)
        for cause in causes:
            known = next((told for told in self._told if _same(told, cause)), None)
            if known is None:
                if not any(_known_to_follow(cause, told) for told in self._told):
                    self._told.append(_Told(cause, at))
            else:
                known.first, known.at = _fuller(known.first, cause), at
        for cause in causes:
            if cause.confidence is Confidence.CLEAR:
                self._told = [told for told in self._told if not _explained(told, cause)]

    @property
    def found(self) -> tuple[FirstCause, ...]:
        """The certain ones first, of those the ones that explain something, in the order in which they began."""
        return tuple(sorted((told.first for told in self._told), key=_rank))


def _rank(first: FirstCause) -> tuple[bool, bool, bool, float, str]:
    unclear = first.confidence is Confidence.UNCLEAR
    return unclear, first.already_broken, not first.chain, first.cause.onset.not_after, first.cause.key


def _same(told: _Told, cause: FirstCause) -> bool:
    """Whether it is the one that was told before, not another time that the same thing broke."""
    return told.first.cause.key == cause.cause.key and cause.cause.onset.not_after <= told.at


def _fuller(known: FirstCause, cause: FirstCause) -> FirstCause:
    """The certain one, else the one with the longer chain, else the newer one unless it only says that it is over."""
    if known.confidence is not cause.confidence:
        return cause if cause.confidence is Confidence.CLEAR else known
    if len(known.chain) != len(cause.chain):
        return max(known, cause, key=lambda one: len(one.chain))
    return known if cause.cause.what.endswith(_OVER) else cause


def _explained(told: _Told, cause: FirstCause) -> bool:
    """Whether a certain chain explains what was told by then, of which it began as part."""
    follows = [one.failing for one in cause.chain]
    if told.first.confidence is Confidence.CLEAR:
        return told.first is not cause and _among((told.first.cause,), follows, told.at)
    return _among((told.first.cause, *told.first.candidates), (cause.cause, *follows), told.at)


def _known_to_follow(cause: FirstCause, told: _Told) -> bool:
    """Whether a certain chain has explained it already: what is left of a cause that is over is no cause."""
    if told.first.confidence is Confidence.UNCLEAR or cause.cause.onset.not_after > told.at:
        return False
    turned = any(one.failing.key == told.first.cause.key for one in cause.chain)
    return not turned and _among((cause.cause,), (one.failing for one in told.first.chain), told.at)


def _among(failing: Iterable[Failing], chain: Iterable[Failing], by: float) -> bool:
    keys = {each.key for each in chain if each.onset.not_after <= by}
    return any(each.key in keys or _of_service(each) in keys for each in failing)


def _of_service(failing: Failing) -> str:
    """An instance that was told alone is told as its service once all of them fail."""
    return f"{EntityKind.SERVICE}:{failing.service}" if failing.kind is EntityKind.INSTANCE else failing.key
