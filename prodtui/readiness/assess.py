"""The assessment: every check asked of every service, scored, judged, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import NamedTuple

import msgspec

from prodtui.model.assessment import (
    Assessment,
    CheckResult,
    Note,
    NoteKind,
    PillarResult,
    ServiceAssessment,
    State,
    Streak,
)
from prodtui.model.declared import DeclaredService, Tier
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.later import Later
from prodtui.model.records import Plane
from prodtui.model.service_view import ServiceView
from prodtui.model.snapshot import Snapshot
from prodtui.model.ties import service_views
from prodtui.readiness import hysteresis, waivers, words
from prodtui.readiness.check import Question
from prodtui.readiness.finding import Finding
from prodtui.readiness.history import NOTHING, History
from prodtui.readiness.pillars import checks
from prodtui.readiness.policy import Policy, ServicePart
from prodtui.readiness.ranking import Ranking
from prodtui.readiness.rules import Group, Judged, Ruled, Rules, Standing, judged
from prodtui.readiness.waiver import Waiver
from prodtui.readiness.why import why

_NO_PART = ServicePart()
_NONE: Mapping[str, Waiver] = {}


class Asking(NamedTuple):
    """What an assessment is asked with, besides what is known."""

    environment: str = ""
    history: History = NOTHING
    candidates: Mapping[str, str] = {}
    """The version asked about, by service."""
    single_reading: bool = False
    """Each source was read once: rates that need two readings are INFO."""
    turns: Mapping[str, int] | None = None
    """How often each health check, by subject, turned for the worse within the hour; None where nobody watched."""
    notes: tuple[Note, ...] = ()
    """Findings about the policy that are known already."""


_PLAINLY = Asking()


def assess_snapshot(
    snapshot: Snapshot, policy: Policy, history: History | None, now: float, asking: Asking = _PLAINLY
) -> Assessment:
    """The environment as the snapshot has it, judged at `now`. A service that was accepted and is gone is UNKNOWN."""
    asking = asking._replace(environment=snapshot.declared.environment, history=history or asking.history)
    views = service_views(snapshot)
    return assess({**views, **vanished(views, snapshot, policy, asking.history)}, policy, now, asking)


def assess(views: Mapping[str, ServiceView], policy: Policy, now: float, asking: Asking = _PLAINLY) -> Assessment:
    """Every service judged at `now`."""
    # One set of planes serves all views of a snapshot.
    planes = {id(view.planes): view.planes for view in views.values()}
    sources = {source.name: source for found in planes.values() for plane in found.values() for source in plane}
    assessor = Assessor(Rules(policy, checks()), now, asking, sources)
    ranking = Ranking(policy)
    ranking.fill([assessor.service(view) for view in views.values()])
    return assessor.environment(ranking, sources.values())


def assess_service(view: ServiceView, policy: Policy, now: float, asking: Asking = _PLAINLY) -> ServiceAssessment:
    """One service judged at `now`."""
    return Assessor(Rules(policy, checks()), now, asking).service(view)


def vanished(
    views: Mapping[str, ServiceView], snapshot: Snapshot, policy: Policy, history: History
) -> dict[str, ServiceView]:
    """A view for each accepted service that nothing speaks of any more and that nobody declared retired."""
    # Asked name by name: a difference of keys would walk the whole fleet.
    gone = sorted(name for name in history.accepted if name not in views and name not in policy.retired)
    return {name: _vanished(name, history.accepted[name], snapshot) for name in gone}


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """One check of one service, before its points are known."""

    ruled: Ruled
    finding: Finding
    judged: Judged
    reason: str
    held: State | None = None
    """What was observed, where an improvement waits for a second observation."""


class Found(NamedTuple):
    """What was found of one service, to stand where nothing touched it."""

    group: Group
    outcomes: tuple[Outcome, ...]


class Assessor:
    """Judges services at one time. Pure: it keeps only what it has computed."""

    def __init__(
        self, rules: Rules, now: float, asking: Asking = _PLAINLY, sources: Mapping[str, SourceState] | None = None
    ) -> None:
        """`sources`: as they are now, where views may be older."""
        self.rules = rules
        self.now = now
        self.asking = asking
        self.streaks: dict[str, Streak] = {}
        """Of the services judged so far: what delays their next improvement."""
        self.ended: set[str] = set()
        """Streaks of theirs that came to their end."""
        self.found: dict[str, Found] = {}
        """What was found of them."""
        self._lost = {name: state.freshness(now) is Freshness.LOST for name, state in (sources or {}).items()}
        self._shared: dict[object, object] = {}
        self._waivers = waivers.holding(rules.policy, asking.environment, now)
        self._questions: dict[Group, tuple[Question, ...]] = {}

    def service(
        self, view: ServiceView, before: Found | None = None, planes: AbstractSet[Plane] = frozenset()
    ) -> ServiceAssessment:
        """One service judged. `before`: what was found of it, which stands but for what is read of these planes."""
        group = self.rules.of(view)
        known: Mapping[int, Outcome] | None = None
        if before is not None and before.group is group:
            known = {outcome.ruled.place: outcome for outcome in before.outcomes}
        waived = self._waivers.get(view.name, _NONE)
        self._shared.clear()
        outcomes = []
        streaks, passes = self.asking.history.streaks, State.PASS
        for ruled, question in zip(group.checks, self._asked(group, view), strict=True):
            if known is not None and ruled.reads.isdisjoint(planes):
                if (stands := known.get(ruled.place)) is not None:
                    outcomes.append(stands)
                continue
            finding = ruled.check.judge(view, question)
            if finding is None:
                continue
            streak = streaks.get(f"{view.name}/{ruled.check.id}") if streaks else None
            # Most checks of most services: nothing that the policy could see differently.
            if finding.state is passes and ruled.plain and streak is None and not finding.blocks:
                outcomes.append(Outcome(ruled, finding, ruled.passed, finding.reason))
            else:
                outcomes.append(self._outcome(view.name, ruled, finding, streak, waived))
        self.found[view.name] = Found(group, tuple(outcomes))
        notes = self._notes(view, outcomes, waived) if waived or self.asking.candidates else ()
        standing = group.standing(tuple([outcome.judged for outcome in outcomes]), noted=bool(notes))
        pillars = Later(partial(self._pillars, view, outcomes, standing, waived))
        return ServiceAssessment(
            name=view.name,
            tier=view.tier,
            verdict=standing.verdict,
            score=standing.score.score,
            score_max=standing.score.score_max,
            coverage=standing.score.coverage,
            pillars=pillars,
            why=_why(pillars, outcomes, standing) if standing.lacking else "",
            notes=notes,
        )

    def _notes(self, view: ServiceView, outcomes: Sequence[Outcome], waived: Mapping[str, Waiver]) -> tuple[Note, ...]:
        """The waivers that hold, and whether anything at all was seen of the version asked about."""
        states = {outcome.ruled.check.id: outcome.judged.state for outcome in outcomes}
        notes = [waivers.holds(waiver, self.now, states.get(waiver.check)) for waiver in waived.values()]
        asked = self.asking.candidates.get(view.name)
        seen = {outcome.finding.version for outcome in outcomes if outcome.ruled.check.of_release} | set(view.versions)
        if asked is not None and asked not in seen:
            runs = f"{', '.join(view.versions)} runs" if view.versions else "what runs does not say its version"
            text = f"nothing that was seen of {view.name} is of {asked}: {runs}"
            notes.append(Note(kind=NoteKind.CANDIDATE, text=text, service=view.name))
        return tuple(notes)

    def environment(self, ranking: Ranking, sources: Iterable[SourceState]) -> Assessment:
        """Services judged as one environment."""
        asking = self.asking
        return ranking.assessment(
            self.now,
            blind=any(source.freshness(self.now) is Freshness.LOST for source in sources),
            notes=(*asking.notes, *waivers.notes(self.rules.policy, asking.environment, ranking.get, self.now)),
            streaks=self.streaks,
        )

    def _asked(self, group: Group, view: ServiceView) -> tuple[Question, ...]:
        """A question for each check; shared by a group's services where nothing is the service's own."""
        policy, asking = self.rules.policy, self.asking
        if group not in self._questions:
            self._questions[group] = tuple(self._question(group, ruled, "") for ruled in group.checks)
        shared = self._questions[group]
        own = view.name in policy.services or view.name in asking.candidates
        if not own and not asking.history.baselines:
            return shared
        return tuple(
            self._question(group, ruled, view.name) if own or ruled.relative else question
            for ruled, question in zip(group.checks, shared, strict=True)
        )

    def _question(self, group: Group, ruled: Ruled, service: str) -> Question:
        baseline = self.asking.history.baselines.get(f"{service}/{ruled.check.id}")
        return Question(
            self.rules.policy,
            self.now,
            limits=ruled.limits.resolve(baseline) if ruled.limits else None,
            unit=ruled.check.unit,
            rules=group.rules,
            single_reading=self.asking.single_reading,
            lost=self._lost,
            shared=self._shared,
            turns=self.asking.turns,
            slo=group.slo,
            part=self.rules.policy.services.get(service, _NO_PART),
            baseline=baseline,
            chosen=ruled.rule.limits is not None,
            candidate=self.asking.candidates.get(service),
            loads=self.asking.history.loads,
        )

    def _outcome(
        self, service: str, ruled: Ruled, finding: Finding, streak: Streak | None, waived: Mapping[str, Waiver]
    ) -> Outcome:
        """The finding as the policy sees it."""
        if ruled.rule.not_applicable:
            return Outcome(ruled, finding, _judged(ruled, finding, State.NOT_APPLICABLE), ruled.rule.not_applicable)
        void = self._void(service, ruled, finding)
        if void or finding.state is State.UNKNOWN:
            if streak is not None:
                self.streaks[f"{service}/{ruled.check.id}"] = streak
            reason = f"{void}: {finding.reason}" if void else finding.reason
            return Outcome(ruled, finding, _judged(ruled, finding, ruled.rule.on_unknown), reason)
        shown: State = finding.state
        # What a release brings does not come and go: it is mended once, and no second observation follows.
        if shown is not State.INFO and not ruled.check.of_release and (streak is not None or shown is not State.PASS):
            limits = finding.judged_by or ruled.limits
            shown, left = hysteresis.held(finding, streak, limits, self.rules.policy.recovery_margin)
            if left is not None:
                self.streaks[f"{service}/{ruled.check.id}"] = left
            elif streak is not None:
                self.ended.add(f"{service}/{ruled.check.id}")
        excused = shown is State.FAIL and ruled.check.id in waived and not finding.unwaivable
        counts = _judged(ruled, finding, shown, waived=excused)
        if shown is finding.state:
            return Outcome(ruled, finding, counts, finding.reason)
        reason = f"recovering, one more good observation wanted: {finding.reason}"
        return Outcome(ruled, finding, counts, reason, held=finding.state)

    def _void(self, service: str, ruled: Ruled, finding: Finding) -> str:
        """Why the evidence counts no more; empty: it counts."""
        limit, seen = ruled.rule.freshness_s, finding.observed_at
        if limit is not None and seen is not None and self.now - seen > limit:
            return f"evidence {words.seconds(self.now - seen)} old, at most {words.seconds(limit)}"
        candidate = self.asking.candidates.get(service) if ruled.check.of_release else None
        if candidate is not None and finding.version != candidate:
            return f"evidence of {finding.version or 'an unknown version'}, asked about {candidate}"
        return ""

    def _pillars(
        self, view: ServiceView, outcomes: Sequence[Outcome], standing: Standing, waived: Mapping[str, Waiver]
    ) -> tuple[PillarResult, ...]:
        """The results by pillar, each with its points."""
        now, running = self.now, ", ".join(view.versions) if view.name in self.asking.candidates else ""
        results = []
        for outcome, blank in zip(outcomes, standing.blanks, strict=True):
            ruled, finding = outcome.ruled, outcome.finding
            seen, limit = finding.observed_at, finding.limit
            unheard = outcome.judged.state is State.UNKNOWN and self._lost.get(finding.source, False)
            results.append(
                msgspec.structs.replace(
                    blank,
                    reason=outcome.reason,
                    value=finding.value,
                    unit=finding.unit,
                    threshold=finding.threshold or blank.threshold,
                    observed_at=seen,
                    age_s=None if seen is None else max(0.0, now - seen),
                    source=finding.source,
                    evidence=finding.seen,
                    subjects=finding.subjects,
                    limit=blank.limit if limit is None else limit,
                    baseline=self._baseline(view.name, ruled) if ruled.relative else None,
                    version=running and (finding.version or "" if ruled.check.of_release else running),
                    held=outcome.held,
                    remedy=words.readable_again(finding.source) if unheard else blank.remedy,
                )
            )
        if waived:
            results = [_waived(result, waived.get(result.id)) for result in results]
        return tuple(
            [
                msgspec.structs.replace(pillar.blank, checks=tuple([results[place] for place in pillar.places]))
                for pillar in standing.pillars
            ]
        )

    def _baseline(self, service: str, ruled: Ruled) -> float | None:
        found = self.asking.history.baselines.get(f"{service}/{ruled.check.id}")
        return None if found is None else found.value


def _judged(ruled: Ruled, finding: Finding, state: State, *, waived: bool = False) -> Judged:
    blocking = ruled.blocking or (finding.blocks and ruled.rule.blocking is None)
    return judged(ruled.place, state, waived, blocking)


def _why(pillars: Sequence[PillarResult], outcomes: Sequence[Outcome], standing: Standing) -> str:
    return why(pillars, {o.ruled.check.id: _brief(o) for o in outcomes}, standing.missing)


def _brief(outcome: Outcome) -> str:
    """What recovers is well by what was seen last: that it waits is what there is to say."""
    return outcome.finding.brief or (f"{outcome.ruled.check.id.partition('.')[2]} recovers" if outcome.held else "")


def _waived(result: CheckResult, waiver: Waiver | None) -> CheckResult:
    if waiver is None:
        return result
    return msgspec.structs.replace(result, waiver=waiver.id, waiver_ends=waiver.expires)


def _vanished(name: str, tier: Tier | None, snapshot: Snapshot) -> ServiceView:
    """A service that nothing speaks of any more, as if it were declared."""
    planes: dict[Plane, list[SourceState]] = {}
    for state in snapshot.sources.values():
        planes.setdefault(state.declared.plane, []).append(state)
    return ServiceView(
        name=name,
        declared=DeclaredService(name=name, tier=tier),
        is_declared=True,
        planes={plane: tuple(states) for plane, states in planes.items()},
    )
