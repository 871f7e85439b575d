"""Configuration: what a service must be told, the limits it is told, and whether all instances were told the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from prodtui.model.assessment import State
from prodtui.model.evidence import Configuration, ConfigurationKey
from prodtui.model.records import DatabaseServer, Plane, Pool
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Criteria, Limits, bound
from prodtui.readiness.finding import Finding, Row, of_record, worst
from prodtui.readiness.fleet import Member, fleet
from prodtui.readiness.pillars.asked import RELEASE, serving, sources_of, unanswered

CHECKS = Checks(Plane.RELEASE, Plane.REGISTRY, Plane.POOLS, Plane.PROBES)
CONFIG_HASH = "config_hash"
"""The key of an instance's metadata under which it says which configuration it runs with."""
Judged = Callable[[ConfigurationKey], tuple[State, str]]


@CHECKS.check(
    "configuration.required",
    "Required keys are set",
    rule="every declared key is present and no placeholder, else FAIL; UNKNOWN where the configuration can't be read; "
    "absent where the policy declares none",
    remedy="Set the keys that are named, in the release's environment file or the instances' metadata.",
    why="A missing key shows when its code first runs, which may be at night; a placeholder is a secret nobody set.",
    blocking=True,
    of_release=True,
)
def required(view: ServiceView, ask: Question) -> Finding | None:
    """Whether the declared keys are there. Their values are never shown."""

    def judge(key: ConfigurationKey) -> tuple[State, str]:
        if not key.present:
            return State.FAIL, f"{key.name} missing"
        return (State.FAIL, f"{key.name} a placeholder") if key.placeholder else (State.PASS, "")

    return _each(view, ask, dict.fromkeys(ask.part.required, judge), "present")


@CHECKS.check(
    "configuration.limits",
    "Limits are set and consistent",
    rule="every declared limit is set and within its criteria, and the sizes of the service's pools sum to less than "
    "the connections that their server has to give, else FAIL; UNKNOWN where a value can't be read",
    remedy="Set the limit that is named; for pools, lower the sizes or give the server more connections.",
    why="A limit that is not set is found out under load, and pools that promise more than the server has fail then.",
)
def limits(view: ServiceView, ask: Question) -> Finding | None:
    """Declared limits, and the sizes of pools beside what their server can give."""
    findings = _pools(view, ask)
    declared = _each(view, ask, {name: _within(held) for name, held in ask.part.limits.items()}, "within limits")
    if declared is not None:
        findings.append(_of_candidate(declared, ask))
    return worst(findings)


def _of_candidate(found: Finding, ask: Question) -> Finding:
    """What was declared for another version says nothing of the one asked about; the pools are what runs."""
    if ask.candidate is None or found.version == ask.candidate:
        return found
    reason = f"evidence of {found.version or 'an unknown version'}, asked about {ask.candidate}: {found.reason}"
    return msgspec.structs.replace(found, state=State.UNKNOWN, reason=reason, brief="limits unknown")


def _within(held: Criteria) -> Judged:
    def judge(key: ConfigurationKey) -> tuple[State, str]:
        if not key.present or key.placeholder:
            return State.FAIL, f"{key.name} not set"
        number = None if key.value is None else _number(key.value)
        if number is None:
            return State.UNKNOWN, f"{key.name} is no number with a unit"
        if held.holds(number):
            return State.PASS, ""
        return State.FAIL, f"{key.name} is {key.value}, wants {held.text()}"

    return judge


def _number(text: str) -> float | None:
    """`30s`, `8`, `512MB` in base units (seconds, bytes, ratios), as criteria are read; None where it is none.

    A sign is no number here: what -1 means, unlimited more often than not, only the service knows.
    """
    try:
        found = bound(f"= {text}")
    except ValueError:
        return None
    return None if found.relative else found.value


def _pools(view: ServiceView, ask: Question) -> list[Finding]:
    """One finding for each server whose connections and pools' sizes are known."""
    findings = []
    for server in view.servers:
        own = [said for said in view.pools if said.record.upstream and said.record.upstream == server.record.address]
        lost = ask.unheard([server]) + ask.unheard(own)
        if own and lost:
            findings += lost
        elif own and server.record.usable and (total := view.pool_sizes.get(server.record.address)) is not None:
            findings.append(_sum(server, own, total))
    return findings


def _sum(server: Said[DatabaseServer], own: list[Said[Pool]], total: int) -> Finding:
    """All pools that lead to the server against its connections; the service's own are the evidence."""
    usable = server.record.usable or 0
    sizes = f"pools of {total} in all on {server.record.name}, which has {usable} connections"
    return of_record(
        server,
        State.PASS if total < usable else State.FAIL,
        sizes,
        brief=f"pools of {total} for {usable} connections" if total >= usable else "",
        value=float(total),
        unit="connections",
        threshold=f"PASS < {usable}, else FAIL",
        limit=float(usable),
        evidence={said.record.key: str(said.record.size) for said in own},
    )


@CHECKS.check(
    "configuration.uniform",
    "All instances run the same",
    rule="one version and one configuration hash (metadata config_hash) on all serving instances PASS, two (a rollout) "
    "WARN, more FAIL; UNKNOWN where some instance does not say; absent where none does",
    remedy="Finish the rollout or take it back; an instance that stays behind was not reached by it.",
    why="An error on one of many instances is hard to find when nobody knows that they differ.",
    limits=Limits.of("<= 1", "<= 2"),
    unit="variants",
)
def uniform(view: ServiceView, ask: Question) -> Finding | None:
    """How many variants of version and configuration the serving instances run."""
    members = fleet(view, ask).counted
    told = [_variant(member) for member in members]
    if not any(map(any, told)):
        return None
    lost = worst(ask.unheard([member.said for member in members]))
    if lost is not None:
        return lost
    variants = {variant: told.count(variant) for variant in dict.fromkeys(told)}
    silent = _silent(variants) if len(variants) > 1 else []
    commonest_first = sorted(variants, key=lambda variant: -variants[variant])
    shown = ", ".join([f"{_name(variant)} ×{variants[variant]}" for variant in commonest_first])
    if silent:
        state, reason = State.UNKNOWN, f"{shown}: some instance says no {' and no '.join(silent)}"
    else:
        state, reason = ask.limits.judge(float(len(variants))), shown
    first = next(member for member, variant in zip(members, told, strict=True) if any(variant))
    return of_record(first.said, state, reason, brief="" if state is State.PASS else shown, evidence=Row(_row, members))


def _silent(variants: Iterable[tuple[str, str]]) -> list[str]:
    """What some instance does not say while others do."""
    versions, hashes = {version for version, _ in variants}, {config for _, config in variants}
    return [what for what, seen in ((CONFIG_HASH, hashes), ("version", versions)) if "" in seen and len(seen) > 1]


def _row(members: Sequence[Member]) -> dict[str, str]:
    return {member.said.record.id: _name(_variant(member)) for member in members[:20]}


def _variant(member: Member) -> tuple[str, str]:
    return member.said.record.version or "", member.said.record.meta.get(CONFIG_HASH, "")


def _name(variant: tuple[str, str]) -> str:
    version, config = variant
    return " ".join([part for part in (version, f"config {config[:12]}" if config else "") if part]) or "unknown"


def _each(view: ServiceView, ask: Question, judges: dict[str, Judged], good: str) -> Finding | None:
    """The worst finding over the places that a service's keys are kept; absent where no key is declared."""
    if not judges:
        return None
    sources = sources_of(view, RELEASE)
    findings = [_kept(said, view, judges, good) for said in ask.heard(view.configurations)]
    findings += ask.unheard(view.configurations)
    if not ask.part.asks.environment_file and findings:
        told = {said.record.origin.rpartition(" ")[2] for said in view.configurations}
        silent = sorted(serving(view, ask) - told)
        findings += [unanswered(ask, sources, f"metadata of {name}") for name in silent]
    return worst(findings) or unanswered(ask, sources, f"configuration of {view.name}")


def _kept(said: Said[Configuration], view: ServiceView, judges: dict[str, Judged], good: str) -> Finding:
    """All declared keys in one place."""
    kept = said.record
    place = kept.origin.rpartition("/")[2]
    keys = {key.name: key for key in kept.keys}
    found = [judge(keys[n]) if n in keys else (State.UNKNOWN, f"{n} not looked for") for n, judge in judges.items()]
    wrong = [reason for state, reason in found if state is State.FAIL]
    unsure = [kept.trouble] if kept.trouble else [reason for state, reason in found if state is State.UNKNOWN]
    if kept.trouble or (unsure and not wrong):
        state, reason, brief = State.UNKNOWN, f"{place}: {words.listed(unsure)}", "configuration unknown"
    elif wrong:
        state, reason, brief = State.FAIL, f"{place}: {words.listed(wrong)}", words.listed(wrong, 1)
    else:
        state, reason, brief = State.PASS, f"{place}: {words.plural(len(judges), 'key')} {good}", ""
    return of_record(
        said,
        state,
        reason,
        brief=brief,
        value=None if state is State.UNKNOWN else float(len(wrong)),
        evidence={"origin": kept.origin, "keys": ", ".join(judges)},
        severity=len(wrong),
        version=kept.version or _running(view),
    )


def _running(view: ServiceView) -> str | None:
    """The version of what runs, where all of it is of one."""
    return view.versions[0] if len(view.versions) == 1 else None
