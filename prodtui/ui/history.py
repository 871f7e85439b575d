"""Lines that were typed before, and the walk back and forth among them."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 500


class History:
    """Lines of earlier runs and of this one. A walk keeps to lines that begin like what was typed first."""

    def __init__(self) -> None:
        self.earlier: list[str] = []
        """Of runs before this one."""
        self.added: list[str] = []
        """Of this one; the newest last."""
        self._asked: str | None = None
        self._found: list[str] = []
        self._at = 0

    def add(self, line: str) -> None:
        self.added = joined(self.added, [line])
        self.rest()

    def rest(self) -> None:
        """Ends a walk: the next one starts at the newest."""
        self._asked = None

    def walk(self, typed: str, by: int) -> str | None:
        """The line before (by=-1) or after (by=1); None where there is none. After the newest: what was typed first."""
        if self._asked is None:
            lines = joined(self.earlier, self.added)
            self._asked = typed
            self._found = [line for line in lines if line.startswith(typed) and line != typed]
            self._at = len(self._found)
        at = self._at + by
        if not 0 <= at <= len(self._found):
            return None
        self._at = at
        return self._asked if at == len(self._found) else self._found[at]


def joined(earlier: Iterable[str], added: Iterable[str]) -> list[str]:
    """Earlier lines and those added since, each once, at its newest place; as many as are kept."""
    newest_first = dict.fromkeys(reversed([*earlier, *added]))
    return list(newest_first)[:MOST][::-1]
