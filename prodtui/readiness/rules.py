"""A policy made ready to ask: for each group of services that it treats alike, the checks with what holds for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import msgspec

from prodtui.model.assessment import CheckResult, PillarResult, State, Verdict
from prodtui.model.declared import Tier
from prodtui.model.record import Plane
from prodtui.model.service_view import ServiceView
from prodtui.readiness.check import Check
from prodtui.readiness.criteria import Limits
from prodtui.readiness.custom import check_of
from prodtui.readiness.policy import Applied, CheckRule, Policy
from prodtui.readiness.score import Points, Score, Weighed, WeighedPillar, score
from prodtui.readiness.verdict import service_verdict
from prodtui.readiness.why import BAD

_AS_DECLARED = CheckRule()
_MOST_STANDINGS = 4_096
"""Of one group; each holds some 5 kB."""


class Judged(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A check as far as the score and the verdict are concerned. Made by `judged`: equal ones are the same object."""

    place: int
    """In the group."""
    state: State
    waived: bool
    blocking: bool


@cache
def judged(place: int, state: State, waived: bool, blocking: bool) -> Judged:
    """The one object for these: thousands of services have few different ones, and look their standing up by them."""
    return Judged(place, state, waived, blocking)


class Ruled(NamedTuple):
    """One check with what the policy says of it."""

    place: int
    """In the group."""
    check: Check
    pillar: str
    rule: CheckRule
    blocking: bool
    weight: Fraction
    threshold: str
    limits: Limits | None
    relative: bool
    """Whether the limits need a baseline."""
    limit: float | None
    """The one number beyond which it does not pass, where there is one."""
    plain: bool
    """Whether the state that is found is the state that counts, unless a waiver or a streak says otherwise."""
    passed: Judged
    """What it comes to where it passes, which is what most do."""
    reads: frozenset[Plane]


class PillarStanding(NamedTuple):
    """A pillar's share of the score."""

    blank: PillarResult
    """Without its checks."""
    places: tuple[int, ...]
    """Its checks in the combination."""


class Standing(NamedTuple):
    """What a combination of states comes to."""

    score: Score
    verdict: Verdict
    pillars: tuple[PillarStanding, ...]
    missing: tuple[str, ...]
    """Pillars that are required, but nothing in them counts."""
    lacking: bool
    """Whether anything is less than good, so that there is something to say."""
    blanks: tuple[CheckResult, ...]
    """Of each check, in the order of the combination, what is the same for every service."""


class Group:
    """What holds for all services that a policy treats alike."""

    def __init__(self, policy: Policy, tier: Tier, checks: Iterable[Ruled], applied: Applied) -> None:
        self.policy = policy
        self.checks = tuple(checks)
        self.rules = applied.checks
        self.slo = applied.slo
        self._required = policy.required.get(tier, ())
        shown = (*(ruled.pillar for ruled in self.checks), *policy.pillar_weights, *self._required)
        self._pillars = tuple(dict.fromkeys(shown))
        self._standings: dict[tuple[tuple[Judged, ...], bool], Standing] = {}

    def standing(self, checks: tuple[Judged, ...], *, noted: bool) -> Standing:
        """What these states come to; `noted`: a waiver holds for the service.

        Thousands of services have few different combinations: the exact arithmetic is done once for each.
        """
        found = self._standings.get((checks, noted))
        if found is None:
            if len(self._standings) >= _MOST_STANDINGS:
                self._standings.clear()
            found = self._standings[checks, noted] = self._stand(checks, noted=noted)
        return found

    def _stand(self, checks: tuple[Judged, ...], *, noted: bool) -> Standing:
        places: dict[str, list[int]] = {name: [] for name in self._pillars}
        for index, one in enumerate(checks):
            places[self.checks[one.place].pillar].append(index)
        names = [name for name, own in places.items() if own or name in self._required]
        weighed = tuple(
            WeighedPillar(
                self.policy.pillar_weights.get(name, Fraction(0)),
                name in self._required,
                tuple(
                    Weighed(checks[i].state, self.checks[checks[i].place].weight, checks[i].waived)
                    for i in places[name]
                ),
            )
            for name in names
        )
        total = score(weighed)
        blanks: dict[int, CheckResult] = {}
        for name, of in zip(names, total.pillars, strict=True):
            for index, points in zip(places[name], of.checks, strict=True):
                blanks[index] = _blank(self.checks[checks[index].place], checks[index], points)
        pillars = tuple(
            PillarStanding(_blank_pillar(name, one, of.points), tuple(places[name]))
            for name, one, of in zip(names, weighed, total.pillars, strict=True)
        )
        missing = tuple(name for name, one in zip(names, weighed, strict=True) if one.missing)
        return Standing(
            score=total,
            verdict=service_verdict(total, checks, self.policy, missing=bool(missing), noted=noted),
            pillars=pillars,
            missing=missing,
            lacking=bool(missing) or any(one.state in BAD for one in checks),
            blanks=tuple(blanks[index] for index in range(len(checks))),
        )


class Rules:
    """One policy's groups, made when first needed."""

    def __init__(self, policy: Policy, checks: Mapping[str, Check]) -> None:
        self.policy = policy
        self._checks = {**checks, **{custom.id: check_of(custom) for custom in policy.customs}}
        self._selectors = [one.selector for one in policy.rules] + [one.selector for one in policy.customs]
        self._groups: dict[tuple[Tier, tuple[bool, ...]], Group] = {}

    def of(self, view: ServiceView) -> Group:
        """The group of a service."""
        tier = view.tier
        tags = view.tags if self._selectors else frozenset[str]()
        key = (tier, tuple([one.selects(view.name, tier, tags) for one in self._selectors]))
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = self._group(view)
        return found

    def _group(self, view: ServiceView) -> Group:
        policy, applied = self.policy, self.policy.applied(view.name, view.tier, view.tags)
        others = {custom.id for custom in policy.customs} - {custom.id for custom in applied.customs}
        asked = [check for check in self._checks.values() if check.id not in others]
        ruled = [
            _ruled(policy, place, check, applied.checks.get(check.id, _AS_DECLARED))
            for place, check in enumerate(asked)
        ]
        return Group(policy, view.tier, ruled, applied)


def _blank(ruled: Ruled, judged: Judged, points: Points) -> CheckResult:
    return CheckResult(
        id=ruled.check.id,
        pillar=ruled.pillar,
        title=ruled.check.title,
        state=judged.state,
        blocking=judged.blocking,
        waived=judged.waived,
        weight=ruled.weight,
        points=points.got,
        of=points.of,
        threshold=ruled.threshold,
        limit=ruled.limit,
        remedy=ruled.check.remedy,
    )


def _blank_pillar(name: str, pillar: WeighedPillar, points: Points) -> PillarResult:
    return PillarResult(name=name, required=pillar.required, weight=pillar.weight, points=points.got, of=points.of)


def _ruled(policy: Policy, place: int, check: Check, rule: CheckRule) -> Ruled:
    blocking = check.blocking if rule.blocking is None else rule.blocking
    limits = rule.limits or check.limits
    return Ruled(
        place=place,
        check=check,
        pillar=check.pillar,
        rule=rule,
        blocking=blocking,
        weight=policy.weight(rule, blocking=blocking),
        threshold=check.threshold(limits),
        limits=limits,
        relative=limits is not None and limits.relative,
        limit=limits.passes.edge if limits else None,
        plain=not rule.not_applicable and rule.freshness_s is None and not check.of_release,
        passed=judged(place, State.PASS, False, blocking),
        reads=frozenset(check.reads),
    )
