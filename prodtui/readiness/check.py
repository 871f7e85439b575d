"""How a check is declared: once, with all that a help page, a policy and a person need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, cast

import msgspec

from prodtui.model.assessment import State
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.load import LoadRun
from prodtui.model.records import Plane, Record
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness.criteria import Baseline, Limits
from prodtui.readiness.finding import Finding, of_lost
from prodtui.readiness.policy import CheckRule, Policy, ServicePart
from prodtui.readiness.slo import Slo

R = TypeVar("R", bound=Record)
S = TypeVar("S")
T = TypeVar("T")
_NO_PART = ServicePart()
_NO_RULES: Mapping[str, CheckRule] = {}
_NO_LOADS: Mapping[str, LoadRun] = {}


class Question:
    """What a check is asked with: the time, the policy, and the limits that hold for it."""

    def __init__(
        self,
        policy: Policy,
        now: float,
        *,
        limits: Limits | None = None,
        unit: str = "",
        rules: Mapping[str, CheckRule] = _NO_RULES,
        single_reading: bool = False,
        lost: Mapping[str, bool] | None = None,
        shared: dict[object, object] | None = None,
        turns: Mapping[str, int] | None = None,
        slo: Slo | None = None,
        part: ServicePart = _NO_PART,
        baseline: Baseline | None = None,
        chosen: bool = False,
        candidate: str | None = None,
        loads: Mapping[str, LoadRun] = _NO_LOADS,
    ) -> None:
        self.policy = policy
        self.now = now
        self.rules = rules
        """What the policy says of checks for this service, by id; those that it leaves as they are declared apart."""
        self.single_reading = single_reading
        """Each source was read once, on purpose: a rate that needs two readings is INFO."""
        self.turns = turns
        """How often each health check, by subject, turned for the worse within the hour; None where nobody watched."""
        self.slo = slo
        """The service's objective; None where the policy gives none."""
        self.part = part
        """What the policy declares of the service."""
        self.baseline = baseline
        """What relative criteria compare with; None where no evaluation was ever accepted."""
        self.chosen = chosen
        """Whether the limits are the policy's own."""
        self.candidate = candidate
        """The version that is asked about; None: what runs."""
        self.loads = loads
        """The last whole run of each load, by its name."""
        self._limits = limits
        self._unit = unit
        self._lost = {} if lost is None else lost
        self._hears_all = bool(lost) and True not in self._lost.values()
        self._shared = {} if shared is None else shared

    @property
    def limits(self) -> Limits:
        """The policy's limits for the check, else its own, beside the baseline where there is one.

        Raises LookupError where the check was declared without.
        """
        if self._limits is None:
            raise LookupError("the check was declared without limits")
        return self._limits

    # Of one question thousands of services are asked: what its limits come to is worked out by the first.
    @cached_property
    def wants(self) -> str:
        """What passes, in words."""
        return self.limits.passes.text(self._unit)

    @cached_property
    def threshold(self) -> str:
        """The thresholds that decide, in words."""
        return self.limits.text(self._unit)

    @cached_property
    def edge(self) -> float | None:
        """The one number beyond which it does not pass; None where there is none."""
        return self.limits.passes.edge

    @cached_property
    def relative(self) -> bool:
        """Whether the limits still want a baseline."""
        return self.limits.relative

    def once(self, make: Callable[[S, Question], T], of: S) -> T:
        """What several checks need of one service's `of`, made for the first that asks."""
        found = self._shared.get(make)
        if found is None:
            found = self._shared[make] = make(of, self)
        return cast("T", found)

    def lost(self, source: SourceState) -> bool:
        """Whether the source's word counts no more."""
        if self._hears_all:
            return False
        found = self._lost.get(source.name)
        return source.freshness(self.now) is Freshness.LOST if found is None else found

    def heard(self, said: Sequence[Said[R]]) -> Sequence[Said[R]]:
        """What sources say that are not lost."""
        if self._hears_all:
            return said
        return [s for s in said if not self.lost(s.source)]

    def unheard(self, said: Iterable[Said[R]]) -> list[Finding]:
        """UNKNOWN for each lost source, with the records it once reported."""
        if self._hears_all:
            return []
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
    """One check: what it reads, its default rule in words, why it matters, what to do when it does not pass."""

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
    why: str = ""
    """Why it matters, one sentence."""
    runbook: str = ""
    """Where to look further; the service's own runbook apart."""
    of_release: bool = False
    """Its evidence is the release's own (load, scan, configuration, migrations): of the version asked about or void."""

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
        why: str = "",
        runbook: str = "",
        of_release: bool = False,
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
                    why=why,
                    runbook=runbook,
                    of_release=of_release,
                )
            )
            return judge

        return declare
