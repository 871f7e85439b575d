"""One run of the gate: what it is judged by, the samples, and what is remembered of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from prodtui.journal.store import Store
    from prodtui.model.assessment import Assessment, Note
    from prodtui.model.evaluation import PolicySummary
    from prodtui.model.moment import Moment
    from prodtui.model.service_view import ServiceView
    from prodtui.readiness.difference import Difference
    from prodtui.readiness.policy import Policy
    from prodtui.readiness.standard import Standard
    from prodtui.reports.gate_report import GateReport
    from prodtui.settings.loaded import Environment

T = TypeVar("T")
ASK_AGAIN_S = 5.0
READINGS = 2
"""Rates and waits come from two readings of a counter (readiness.md, Freshness)."""
STORE_S = 3.0
"""What is remembered is worth no longer a wait: the gate reports without it."""
AGAIN_STORE_S = 1.0
"""Where the store could not be used before, the gate waits no longer for it to write down what was decided."""


class Asked(NamedTuple):
    """What a run of the gate is to judge, and how patiently."""

    environment: Environment
    policy: Policy
    services: tuple[str, ...] = ()
    candidate: str | None = None
    samples: int = 1
    every_s: float = 0.0
    wait_s: float = 0.0
    timeout_s: float = 30.0
    at: float | None = None
    """A time of the past, told from the journal; None: now."""


class Memory(NamedTuple):
    """What everything is judged by, and the store it came from: to be closed by whoever asked."""

    standard: Standard
    store: Store | None
    remarks: tuple[str, ...]
    """Why something is not remembered."""


class Judged(NamedTuple):
    """The worst of the samples, narrowed to the services that were asked for."""

    moment: Moment
    difference: Difference | None


class _Everywhere(Mapping[str, str]):
    """One version asked about of every service, whatever services there are."""

    def __init__(self, version: str) -> None:
        self._version = version

    def __getitem__(self, service: str) -> str:
        return self._version

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, service: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True


def policy_of(environment: Environment, option: Path | None) -> Policy:
    """The policy that holds. Raises ConfigurationError with every problem of its file."""
    from prodtui.cli.policies import policy_for

    return policy_for(option, environment.path, environment.policy)


async def memory(
    environment: Environment, policy: Policy, *, services: Sequence[str] = (), candidate: str | None = None
) -> Memory:
    """The policy with what is remembered; without it, and with a remark, where the store fails or hangs."""
    from prodtui.cli.store import remembered
    from prodtui.readiness.history import NOTHING
    from prodtui.readiness.standard import Standard
    from prodtui.readiness.waivers import nowhere

    candidates: Mapping[str, str] = {}
    if candidate is not None:
        candidates = dict.fromkeys(services, candidate) if services else _Everywhere(candidate)
    found, remark = await in_time(
        remembered(environment, services, policy_digest=policy.digest), "what was accepted before is not known"
    )
    known = (environment.name, *environment.others)
    if found is None:
        plain = Standard(policy=policy, candidates=candidates, notes=nowhere(policy, known))
        return Memory(plain, None, (remark,))
    standard = Standard(
        policy=policy,
        history=found.history or NOTHING,
        accepted=found.accepted,
        candidates=candidates,
        notes=(*nowhere(policy, known), *_weaker(found.history.policy, policy)),
    )
    return Memory(standard, found.store, (found.note,) if found.note else ())


async def letting_go(store: Store | None) -> None:
    """Closes the store, within the time that it is worth."""
    if store is not None:
        await in_time(store.close(), "")


async def known_once(environment: Environment, policy: Policy, *, readings: int = 1) -> Moment:
    """What is known now beside what was accepted; nothing is kept of it."""
    from prodtui.watch import read_once

    known = await memory(environment, policy)
    await letting_go(known.store)
    return await read_once(environment, known.standard, readings=readings)


async def known_then(environment: Environment, policy: Policy, at: float) -> Moment:
    """What was known at a Unix time, from the journal. Raises UsageError where nothing is kept of it."""
    from prodtui.cli.journals import moment_at
    from prodtui.cli.times import say_as_of

    known = await memory(environment, policy)
    await letting_go(known.store)
    moment = await moment_at(environment, policy, known.standard, at)
    say_as_of(moment.now, at)
    return moment


async def judged(asked: Asked, standard: Standard) -> Judged:
    """The samples, again while nothing can be told and there is time to wait.

    Raises UsageError for a service that nothing knows, ConfigurationError where the policy names one.
    """
    from prodtui.readiness.gate import undecided

    ends = time.monotonic() + asked.wait_s
    while True:
        moment = await _sampled(asked, standard)
        left_s = ends - time.monotonic()
        if not undecided(moment.assessment) or left_s <= 0:
            return Judged(moment, since_accepted(moment, asked.policy, asked.services))
        standard = _going_on(standard, moment.assessment)
        pause_s = min(ASK_AGAIN_S, left_s)
        await _patiently(f"undecided, asking again; {left_s:.0f} s left of {asked.wait_s:.0f} s", pause_s)


def since_accepted(moment: Moment, policy: Policy, services: Sequence[str] = ()) -> Difference | None:
    """What changed since the last accepted evaluation; None where there is none."""
    from prodtui.readiness.difference import difference

    if moment.accepted is None:
        return None
    return difference(moment.accepted, moment.assessment, moment.views, policy_digest=policy.digest, asked=services)


async def remember(store: Store | None, asked: Asked, report: GateReport, evaluation_id: str) -> tuple[str, ...]:
    """Keeps the evaluation under this id and what delays the next improvements; says what could not be kept."""
    from prodtui.cli.store import by, keep, keep_streaks
    from prodtui.readiness.evaluation import evaluation

    if store is None or asked.at is not None:
        return ()
    assessment, decision = report.assessment, report.decision
    made = evaluation(
        assessment,
        _summary(report.policy),
        id=evaluation_id,
        environment=asked.environment.name,
        by=by(),
        asked=asked.services,
        decision=decision.word,
        exit_code=decision.exit_code,
        views=report.moment.views,
        candidate=report.candidate,
        override=decision.override,
    )
    said = []
    for keeping in (
        keep(store, made),
        keep_streaks(store, asked.environment, assessment, policy_digest=asked.policy.digest),
    ):
        note, late = await in_time(keeping, "this evaluation may not be kept")
        said += [text for text in (note, late) if text]
    return tuple(dict.fromkeys(said))


async def _sampled(asked: Asked, standard: Standard) -> Moment:
    """So many assessments as one: the worst of them."""
    import msgspec

    from prodtui.readiness.gate import worst_of

    worst: Moment | None = None
    for number in range(asked.samples):
        if worst is not None:
            standard = _going_on(standard, worst.assessment)
            await _patiently(f"sample {number + 1} of {asked.samples} follows", asked.every_s)
        moment = await _sample(asked, standard, worst.views if worst else {})
        if worst is not None:
            both = worst_of(worst.assessment, moment.assessment, asked.policy, asked.services)
            moment = msgspec.structs.replace(moment, assessment=both)
        worst = moment
    if worst is None:
        raise ValueError("no sample was asked for")
    return worst


async def _sample(asked: Asked, standard: Standard, known: Mapping[str, ServiceView]) -> Moment:
    """One assessment, narrowed to the services asked for. `known`: what an earlier sample knew of."""
    import msgspec

    from prodtui.readiness.selection import select

    if asked.at is not None:
        moment = await known_then(asked.environment, asked.policy, asked.at)
    else:
        moment = await _read(asked, standard)
    if not _blind(moment):
        _require_matches(asked, moment.views)
    views = {**_unknown(asked.services, moment), **known, **moment.views}
    narrowed = select(moment.assessment, asked.services, views, asked.policy)
    return msgspec.structs.replace(moment, assessment=narrowed, views=views)


async def _read(asked: Asked, standard: Standard) -> Moment:
    from prodtui.cli.output import progress
    from prodtui.watch import read_once

    names = ", ".join(source.name for source in asked.environment.sources)

    def say(seconds: float) -> str:
        return f"waiting for {names}: {seconds:.0f} s of {asked.timeout_s:g} s at most"

    async with progress(say):
        return await read_once(asked.environment, standard, deadline_s=asked.timeout_s, readings=READINGS)


def _unknown(services: Sequence[str], moment: Moment) -> dict[str, ServiceView]:
    """While a source is lost, a service that nothing speaks of is not known; it is no mistake of the caller's."""
    from prodtui.model.declared import DeclaredService
    from prodtui.model.service_view import ServiceView

    if not _blind(moment):
        return {}
    return {name: ServiceView(name=name, declared=DeclaredService(name=name), is_declared=False) for name in services}


def _blind(moment: Moment) -> bool:
    from prodtui.model.freshness import Freshness

    return any(source.freshness(moment.now) is Freshness.LOST for source in moment.snapshot.sources.values())


def _require_matches(asked: Asked, views: Mapping[str, ServiceView]) -> None:
    """A name in the policy that means no service would loosen the gate unseen."""
    from prodtui.model.errors import ConfigurationError
    from prodtui.readiness.policy_file.unmatched import unmatched

    services = {name: (view.tier, view.tags) for name, view in views.items()}
    problems = unmatched(asked.policy, services, asked.environment.name)
    if problems:
        raise ConfigurationError("\n".join(problems))


def _going_on(standard: Standard, assessment: Assessment) -> Standard:
    """The standard for the next assessment: what recovers goes on recovering."""
    import msgspec

    history = msgspec.structs.replace(standard.history, streaks=assessment.streaks)
    return msgspec.structs.replace(standard, history=history)


def _weaker(then: PolicySummary | None, policy: Policy) -> tuple[Note, ...]:
    """A note for each way in which the policy asks less than the one of the last accepted evaluation."""
    from prodtui.model.assessment import Note, NoteKind
    from prodtui.readiness.weakening import weakened

    if then is None:
        return ()
    found = weakened(then, _summary(policy))
    return tuple(
        Note(kind=NoteKind.POLICY, text=f"the policy asks less than what was accepted: {text}") for text in found
    )


def _summary(policy: Policy) -> PolicySummary:
    from prodtui.readiness.pillars import checks
    from prodtui.readiness.summary import summarised

    return summarised(policy, checks())


async def _patiently(what: str, pause_s: float) -> None:
    from prodtui.cli.output import progress

    async with progress(lambda seconds: f"{what} ({pause_s - seconds:.0f} s)"):
        await asyncio.sleep(pause_s)


async def in_time(asking: Awaitable[T], without: str, within_s: float = STORE_S) -> tuple[T | None, str]:
    """What the store answers, or why it did not in the time that it is worth."""
    try:
        async with asyncio.timeout(within_s):
            return await asking, ""
    except TimeoutError:
        return None, f"the store did not answer within {within_s:g} s; {without}"
