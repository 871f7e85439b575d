"""How a check is declared: once, with all that a help page, a policy and a person need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from prodtui.model.assessment import State
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.records import Plane, Record
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness.finding import Finding, of_lost
from prodtui.readiness.policy import Limits, Policy

R = TypeVar("R", bound=Record)


class Question:
    """What a check is asked with: the time, the policy, and the limits that hold for it."""

    def __init__(
        self,
        policy: Policy,
        now: float,
        *,
        limits: Limits | None = None,
        single_reading: bool = False,
        lost: dict[str, bool] | None = None,
        turns: Mapping[str, int] | None = None,
    ) -> None:
        self.policy = policy
        self.now = now
        self.single_reading = single_reading
        """Each source was read once, on purpose: a rate that needs two readings is INFO."""
        self.turns = turns
        """How often each health check, by subject, turned for the worse within the hour; None where nobody watched."""
        self._limits = limits
        self._lost = {} if lost is None else lost

    @property
    def limits(self) -> Limits:
        """The policy's limits for the check, else its own. Raises LookupError where it was declared without."""
        if self._limits is None:
            raise LookupError("the check was declared without limits")
        return self._limits

    def lost(self, source: SourceState) -> bool:
        """Whether the source's word counts no more."""
        found = self._lost.get(source.name)
        if found is None:
            found = self._lost[source.name] = source.freshness(self.now) is Freshness.LOST
        return found

    def heard(self, said: Iterable[Said[R]]) -> list[Said[R]]:
        """What sources say that are not lost."""
        return [s for s in said if not self.lost(s.source)]

    def unheard(self, said: Iterable[Said[R]]) -> list[Finding]:
        """UNKNOWN for each lost source, with the records it once reported."""
        by_source: dict[str, list[Said[R]]] = {}
        for s in said:
            if self.lost(s.source):
                by_source.setdefault(s.source.name, []).append(s)
        return [of_lost(records[0].source, records) for records in by_source.values()]

    def silence(self, sources: Sequence[SourceState], what: str) -> Finding:
        """UNKNOWN because no record came: a source is lost, or none knows anything of it."""
        lost = [source for source in sources if self.lost(source)]
        if lost:
            return of_lost(min(lost, key=lambda source: source.name))
        asked = sorted(source.name for source in sources)
        return Finding(
            state=State.UNKNOWN,
            reason=f"{what}: not reported by {', '.join(asked)}",
            brief=f"{what} not reported",
            source=asked[0] if asked else "",
        )

    def judge_rate(self, rate: float | None) -> State:
        """As the limits judge it; without a second reading UNKNOWN, or INFO where only one was meant."""
        if rate is None and self.single_reading:
            return State.INFO
        return self.limits.judge(rate)


Judge = Callable[[ServiceView, Question], Finding | None]
"""Finds the state of a check for one service; None where what it reads is not configured for the service."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check: what it reads, its default rule in words, and what to do when it does not pass."""

    id: str
    """`pillar.check`, public interface: never changed."""
    title: str
    reads: tuple[Plane, ...]
    rule: str
    remedy: str
    blocking: bool
    limits: Limits | None
    unit: str
    judge: Judge

    @property
    def pillar(self) -> str:
        return self.id.partition(".")[0]

    def threshold(self, limits: Limits | None) -> str:
        """The thresholds that decide, in words."""
        return limits.text(self.unit) if limits else self.rule


class Checks:
    """The checks of one module in the order in which they are declared, which is the order they are shown in."""

    def __init__(self, *reads: Plane) -> None:
        self.checks: list[Check] = []
        self._reads = reads

    def check(
        self,
        check_id: str,
        title: str,
        *,
        rule: str,
        remedy: str,
        blocking: bool = False,
        limits: Limits | None = None,
        unit: str = "",
    ) -> Callable[[Judge], Judge]:
        """Declares the decorated function as a check."""

        def declare(judge: Judge) -> Judge:
            self.checks.append(
                Check(
                    id=check_id,
                    title=title,
                    reads=self._reads,
                    rule=rule,
                    remedy=remedy,
                    blocking=blocking,
                    limits=limits,
                    unit=unit,
                    judge=judge,
                )
            )
            return judge

        return declare
