"""An environment judged again and again: only what a reading touched, and in turn the rest, is judged anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from prodtui.model.assessment import Assessment, Streak
from prodtui.model.cause import Cause
from prodtui.model.freshness import Freshness
from prodtui.model.past import Quantity
from prodtui.model.record import Plane
from prodtui.model.service_view import ServiceView
from prodtui.model.snapshot import Change, Snapshot
from prodtui.model.ties import Ties
from prodtui.readiness.assess import Asking, Assessor, Found, vanished
from prodtui.readiness.pillars import checks
from prodtui.readiness.ranking import Ranking
from prodtui.readiness.rules import Rules
from prodtui.readiness.standard import Standard

SWEPT_AT_ONCE = 200
"""Services judged again at a time though nothing touched them, since time passes for them too; 50 ms of work."""


_CHECKS = {Quantity.P99: "performance.latency_p99", Quantity.ERRORS: "performance.error_ratio"}
_NOTHING: AbstractSet[Plane] = frozenset()


class Judgement:
    """The services of one environment with what was found of them. It reads no clock and does no I/O."""

    def __init__(self, snapshot: Snapshot, standard: Standard) -> None:
        self._standard = standard
        self._rules = Rules(standard.policy, checks())
        self._ranking = Ranking(standard.policy)
        self._ties = Ties(snapshot)
        self._streaks = standard.history.streaks
        self._touched: dict[str, set[Plane]] = {}
        """Services that readings touched since they were judged, and in which planes."""
        self._found: dict[str, Found] = {}
        self._gone: Mapping[str, ServiceView] = {}
        """Services that were accepted and that nothing speaks of any more."""
        self._swept: list[str] = []
        """Those whose turn comes."""
        self._sources: dict[str, tuple[Freshness, Cause | None]] = {}

    @property
    def views(self) -> dict[str, ServiceView]:
        """Every service that there is, or was when it was accepted, as things stand."""
        self._ties.renew(self._touched)
        return {**self._ties.views, **self._gone}

    @property
    def services(self) -> int:
        """How many there are."""
        return len(self._ties.views)

    @property
    def streaks(self) -> Mapping[str, Streak]:
        """What delays improvements, as things stand."""
        return self._streaks

    @property
    def recovering(self) -> bool:
        """Whether anything waits for a good observation."""
        return bool(self._streaks)

    def fails_from(self, label: str, quantity: Quantity) -> float | None:
        """The value from which a service, by its metrics label, fails in a quantity; None without such a limit."""
        view = next((self._ties.views[name] for name in self._ties.labelled(label) if name in self._ties.views), None)
        check = _CHECKS.get(quantity)
        if view is None or check is None:
            return None
        ruled = next((one for one in self._rules.of(view).checks if one.check.id == check), None)
        if ruled is None or ruled.limits is None:
            return None
        return (ruled.limits.warns or ruled.limits.passes).edge

    def tell(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Takes in what a reading changed."""
        planes = {snapshot.sources[change.source].declared.plane for change in changes}
        for name in self._ties.after(snapshot, changes):
            self._touched.setdefault(name, set()).update(planes)

    def assessment(
        self,
        snapshot: Snapshot,
        now: float,
        *,
        single_reading: bool = False,
        turns: Mapping[str, int] | None = None,
        sweep: int = SWEPT_AT_ONCE,
    ) -> Assessment:
        """The environment at `now`, of the snapshot told last. `sweep`: how many that nothing touched are looked at."""
        standard = self._standard
        asking = Asking(
            environment=snapshot.declared.environment,
            history=msgspec.structs.replace(standard.history, streaks=self._streaks),
            candidates=standard.candidates,
            single_reading=single_reading,
            turns=turns,
            notes=standard.notes,
        )
        assessor = Assessor(self._rules, now, asking, snapshot.sources)
        anew = self._due(snapshot, now, sweep)
        touched, self._touched = self._touched, {}
        due = anew | touched.keys()
        self._ties.renew(due)
        for name in due:
            view = self._ties.views.get(name)
            if view is None:
                self._ranking.drop(name)
                self._found.pop(name, None)
            else:
                before = None if name in anew else self._found.get(name)
                self._ranking.put(assessor.service(view, before, touched.get(name, _NOTHING)))
        self._found.update(assessor.found)
        self._gone = vanished(self._ties.views, snapshot, standard.policy, standard.history)
        for view in self._gone.values():
            self._ranking.put(assessor.service(view))
        kept = {key: streak for key, streak in self._streaks.items() if key not in assessor.ended}
        self._streaks = assessor.streaks = {**kept, **assessor.streaks}
        return assessor.environment(self._ranking, snapshot.sources.values())

    def _due(self, snapshot: Snapshot, now: float, sweep: int) -> AbstractSet[str]:
        """Those to judge anew: some whose turn it is, and all when a source turned, as everything behind it did."""
        states = {name: (state.freshness(now), state.cause) for name, state in snapshot.sources.items()}
        turned, self._sources = states != self._sources, states
        names = self._ties.views.keys()
        if turned or len(names) <= sweep:
            return names
        self._swept = self._swept or sorted(names)
        due = set(self._swept[:sweep])
        del self._swept[:sweep]
        return due
