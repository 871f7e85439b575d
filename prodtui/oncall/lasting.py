"""What one channel was told and is not over, as far as is known: also while a store can't be read."""

from __future__ import annotations

from collections.abc import Container, Iterable

from prodtui.journal.notice_store import NoticeStore
from prodtui.model.notice import Notice


class Lasting:
    """By store and incident, the most severe that was told."""

    def __init__(self) -> None:
        self._known: dict[NoticeStore, dict[str, Notice]] = {}

    def read(self, store: NoticeStore, notices: Iterable[Notice]) -> None:
        """Takes in all that a store says."""
        self._known[store] = {}
        self.told(store, notices)

    def told(self, store: NoticeStore, notices: Iterable[Notice]) -> None:
        """Takes in what was told since."""
        known = self._known.setdefault(store, {})
        for notice in notices:
            before = known.get(notice.incident)
            if notice.recovered:
                known.pop(notice.incident, None)
            # A decision has no roots: it does not last.
            elif notice.roots and (before is None or notice.severity.weight > before.severity.weight):
                known[notice.incident] = notice

    def without(self, over: Container[str]) -> list[Notice]:
        """All but these incidents."""
        found: dict[str, Notice] = {}
        for known in self._known.values():
            found |= known
        return [notice for incident, notice in found.items() if incident not in over]
