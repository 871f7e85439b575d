"""A journal of the shop in a file: it is well, it falls ill, it is well again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from prodtui.journal.kept import KeptJournal
from prodtui.journal.places import journal_at
from prodtui.model.mark import Looked
from prodtui.model.moment import Moment
from prodtui.model.reading import Reading
from prodtui.model.records import AnyRecord, Sli
from prodtui.readiness.standard import PLAIN
from prodtui.watch import Course
from tests.ui import moments

ENVIRONMENT = "lab"


class Recording(NamedTuple):
    """Where it is, and when what was."""

    file: Path
    began: float
    ill: float
    """The first moment at which it is ill."""
    ends: float


class _Kept(Course):
    """A course that is kept as a watch keeps it."""

    def __init__(self, journal: KeptJournal) -> None:
        super().__init__(moments.declared(ENVIRONMENT), PLAIN)
        self._journal = journal

    def tell(self, reading: Reading) -> tuple[Reading, bool]:
        self._mark(reading.at)
        known = self.events
        delta, urgent = super().tell(reading)
        self._journal.append(delta)
        self._keep(known)
        return delta, urgent

    def moment(self, now: float) -> Moment:
        self._mark(now)
        known = self.events
        found = super().moment(now)
        self._journal.append(Looked(now))
        self._keep(known)
        return found

    def _mark(self, at: float) -> None:
        if self._journal.due(at):
            self._journal.append(self.mark(at))

    def _keep(self, known: tuple[object, ...]) -> None:
        for event in reversed(self.events[: len(self.events) - len(known)]):
            self._journal.append(event)


async def recorded(folder: Path) -> Recording:
    """Twenty minutes of the shop; it is ill for two of them from the tenth on."""
    journal = journal_at(str(folder), ENVIRONMENT)
    assert await journal.try_lease()
    shop = moments.Shop(moments.declared(ENVIRONMENT))
    shop.course = _Kept(journal)
    ill = 0.0
    for step in range(120):
        if 60 <= step < 72:
            ill = ill or shop.now + 2
            shop.ill()
        else:
            shop.well(without=("prometheus",))
            shop.tell("prometheus", *(_measured(record, shop.now) for record in moments.metrics()))
        ends = shop.moment(2).now
        shop.now += 8
    await journal.close()
    return Recording(folder / f"{ENVIRONMENT}.journal", moments.START, ill, ends)


def _measured(record: AnyRecord, at: float) -> AnyRecord:
    if isinstance(record, Sli):
        return msgspec.structs.replace(record, observed_at=moments.START + 20_000 + at)
    return record
