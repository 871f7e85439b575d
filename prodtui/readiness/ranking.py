"""Judged services in order, worst first, with the sums that an environment's score is made of.

A change of one service among thousands costs its own place, not all of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from prodtui.model.assessment import Assessment, Note, ServiceAssessment, Streak, Verdict
from prodtui.model.declared import Tier
from prodtui.readiness.policy import Policy
from prodtui.readiness.score import WHOLE

NO_STREAKS: Mapping[str, Streak] = {}
_Place = tuple[int, float, str]


class _Numbers(NamedTuple):
    """What a service adds to the sums; services that are alike add the same."""

    tier: Tier
    score: Fraction
    score_max: Fraction
    coverage: Fraction


class Ranking:
    """The services of one environment, each judged at its own time."""

    def __init__(self, policy: Policy, asked: Iterable[str] = ()) -> None:
        self._policy = policy
        self._asked = frozenset(asked)
        """Named services, which tier C does not excuse."""
        self._places: list[_Place] = []
        self._ordered: list[ServiceAssessment] = []
        """Each at the index of its place."""
        self._services: dict[str, ServiceAssessment] = {}
        self._alike: Counter[_Numbers] = Counter()
        self._verdicts: Counter[Verdict] = Counter()

    def __iter__(self) -> Iterator[str]:
        """The names of all of them."""
        return iter(self._services)

    def get(self, name: str) -> ServiceAssessment | None:
        """How a service was judged; None where it was not."""
        return self._services.get(name)

    def put(self, service: ServiceAssessment) -> None:
        """Takes a service in, in the place of what it was judged before."""
        before, place = self._services.get(service.name), _place(service)
        if before is not None and _place(before) == place and _numbers(before) == _numbers(service):
            # Most often nothing came of what changed: it keeps its place and adds what it did.
            self._services[service.name] = self._ordered[bisect_left(self._places, place)] = service
            return
        self.drop(service.name)
        self._services[service.name] = service
        index = bisect_left(self._places, place)
        self._places.insert(index, place)
        self._ordered.insert(index, service)
        self._alike[_numbers(service)] += 1
        self._verdicts[self._bounded(service)] += 1

    def fill(self, services: Iterable[ServiceAssessment]) -> None:
        """Takes many in at once, into an empty ranking."""
        self._services = {service.name: service for service in services}
        self._ordered = sorted(self._services.values(), key=_place)
        self._places = [_place(service) for service in self._ordered]
        self._alike = Counter(map(_numbers, self._services.values()))
        self._verdicts = Counter(map(self._bounded, self._services.values()))

    def drop(self, name: str) -> None:
        """Leaves a service out."""
        service = self._services.pop(name, None)
        if service is None:
            return
        index = bisect_left(self._places, _place(service))
        del self._places[index], self._ordered[index]
        self._alike[_numbers(service)] -= 1
        self._verdicts[self._bounded(service)] -= 1

    def assessment(
        self,
        now: float,
        *,
        blind: bool = False,
        notes: Iterable[Note] = (),
        streaks: Mapping[str, Streak] = NO_STREAKS,
    ) -> Assessment:
        """The environment: its verdict is that of its worst service, its score a weighted mean.

        `blind`, a source that is lost, and notes, findings about the policy, are WARN at best; nothing known is
        INCONCLUSIVE.
        """
        found = tuple(notes)
        verdicts = [verdict for verdict, count in self._verdicts.items() if count]
        if blind or found:
            verdicts.append(Verdict.WARN)
        if not any(numbers.coverage for numbers, count in self._alike.items() if count):
            verdicts.append(Verdict.INCONCLUSIVE)
        weights = {n: self._policy.tier_weights[n.tier] * count for n, count in self._alike.items() if count}
        total = sum(weights.values(), Fraction(0))

        def mean(of: Iterable[Fraction], nothing: Fraction) -> Fraction:
            if not total:
                return nothing
            return sum((a * b for a, b in zip(weights.values(), of, strict=True)), Fraction(0)) / total

        return Assessment(
            at=now,
            verdict=max(verdicts, key=lambda verdict: verdict.badness),
            score=mean((n.score for n in weights), Fraction(0)),
            score_max=mean((n.score_max for n in weights), WHOLE),
            coverage=mean((n.coverage for n in weights), Fraction(0)),
            services=tuple(self._ordered),
            blind=blind,
            notes=found,
            streaks=streaks,
        )

    def _bounded(self, service: ServiceAssessment) -> Verdict:
        """A service of tier C alone brings the environment to WARN at most, unless it was asked for by name."""
        excused = service.tier is Tier.C and service.name not in self._asked
        return Verdict.WARN if excused and service.verdict.badness > Verdict.WARN.badness else service.verdict


def environment(
    services: Iterable[ServiceAssessment],
    policy: Policy,
    now: float,
    *,
    asked: Iterable[str] = (),
    blind: bool = False,
    notes: Iterable[Note] = (),
    streaks: Mapping[str, Streak] = NO_STREAKS,
) -> Assessment:
    """Services already judged as one environment, as `Ranking.assessment` says."""
    ranking = Ranking(policy, asked)
    ranking.fill(services)
    return ranking.assessment(now, blind=blind, notes=notes, streaks=streaks)


def _place(service: ServiceAssessment) -> _Place:
    """The worst verdict first, then the lowest score, then by name."""
    return -service.verdict.badness, float(service.score), service.name


def _numbers(service: ServiceAssessment) -> _Numbers:
    return _Numbers(service.tier, service.score, service.score_max, service.coverage)
