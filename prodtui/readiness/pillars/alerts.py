"""Observability: whether somebody would be told, is being told, or has asked not to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from prodtui.model.assessment import State
from prodtui.model.evidence import AlertRule, Silence
from prodtui.model.freshness import SourceState
from prodtui.model.records import Alert, Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.finding import Finding, of_lost, of_record, worst
from prodtui.readiness.pillars.sli import label
from prodtui.readiness.policy import Policy

CHECKS = Checks(Plane.METRICS)
RULE_KINDS = frozenset({"prometheus"})
"""Kinds of source that report alerting rules: from these, silence means that there are none."""
DEADMAN = "observability.deadman"
RULES_UNKNOWN = "rules unknown"
SILENCES_UNKNOWN = "silences unknown"
"""What a source's notes begin with where it could not read its rules, or its Alertmanager."""
_USUAL_WATCHDOG = Policy().watchdog


@CHECKS.check(
    "observability.alert_rules",
    "Some alert would page",
    rule="at least one alerting rule of severity page or critical selects the service and its health is ok, else FAIL; "
    "UNKNOWN while none of them was evaluated",
    remedy="Write an alert on the service's errors or latency, with its label and a severity that pages.",
    why="Without one the users are the monitoring.",
    blocking=True,
)
def alert_rules(view: ServiceView, ask: Question) -> Finding | None:
    """The rules that would page somebody for the service, as the metrics systems evaluate them."""
    sources = _with_rules(view)
    if not sources:
        return None
    name = label(view)
    # A rule without any selector is of no service: it can't select this one.
    own = [s for s in view.rules if s.record.services is None or name in s.record.services]
    paging = [s for s in ask.heard(own) if s.record.severity in ask.policy.page_severities]
    sound = [_rule(said) for said in paging if said.record.health == "ok"]
    if sound:
        return worst(sound, good=f"{len(sound)} rules page")
    silent = [of_lost(source) for source in sources if ask.lost(source)] + _noted(sources, ask, RULES_UNKNOWN)
    if paging or silent:
        return worst([_rule(said) for said in paging] + silent)
    severities = " or ".join(ask.policy.page_severities)
    return Finding(
        state=State.FAIL,
        reason=f"no alerting rule of severity {severities} selects {name} in {_names(sources)}",
        brief="nothing would page",
        value=0.0,
        source=sources[0].name,
        observed_at=sources[0].read_at,
    )


def _rule(said: Said[AlertRule]) -> Finding:
    rule = said.record
    state = {"ok": State.PASS, "err": State.FAIL}.get(rule.health, State.UNKNOWN)
    why = words.first_line(rule.error) if rule.error else "it was not evaluated yet"
    return of_record(
        said,
        state,
        f"{rule.name} pages" if state is State.PASS else f"{rule.name} would page, but: {why}",
        brief="" if state is State.PASS else f"{rule.name} {'broken' if state is State.FAIL else 'not evaluated'}",
        observed_at=rule.evaluated_at,
        evidence={"rule": f"{rule.group}/{rule.name}", "severity": rule.severity, "expr": rule.expression[:500]},
    )


@CHECKS.check(
    "observability.no_page_firing",
    "No alert pages anybody",
    rule="no alert of severity page or critical fires PASS; firing but silenced or inhibited WARN; else FAIL",
    remedy="Follow the alert's runbook; silence it only with a ticket.",
    why="Somebody decided beforehand that this is worth waking up for.",
    runbook="The alert's own: runbook_url among its annotations.",
    blocking=True,
)
def no_page_firing(view: ServiceView, ask: Question) -> Finding | None:
    """Alerts that page somebody and fire now."""
    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    pages = [a for a in view.alerts if a.record.firing and a.record.severity in ask.policy.page_severities]
    findings = [_page(said) for said in ask.heard(pages)]
    findings += [of_lost(source) for source in sources if ask.lost(source)]
    heard = next((source for source in sources if not ask.lost(source)), sources[0])
    return worst(findings) or Finding(
        state=State.PASS, reason="no page fires", value=0.0, source=heard.name, observed_at=heard.read_at
    )


def _page(said: Said[Alert]) -> Finding:
    alert = said.record
    summary = f": {words.first_line(alert.summary)}" if alert.summary else ""
    silenced = ", silenced" if alert.silenced else ""
    return of_record(
        said,
        State.WARN if alert.silenced else State.FAIL,
        f"{alert.name} fires{silenced}{summary}",
        brief=f"{alert.name} fires{silenced}",
        value=1.0,
        evidence=dict(sorted(alert.labels.items())),
        severity=-(alert.since or 0.0),
    )


@CHECKS.check(
    DEADMAN,
    "The watchdog alert fires",
    rule="the watchdog alert fires PASS, silenced WARN, else FAIL; judged where a rule of that name exists or the "
    "policy names one",
    remedy="Look at the metrics system's rule evaluation and its way to Alertmanager: no alert gets through now.",
    why="It always fires, so that its absence shows when alerting itself is dead.",
)
def deadman(view: ServiceView, ask: Question) -> Finding | None:
    """The dead man's switch, in every metrics system that has one."""
    sources, name = view.planes.get(Plane.METRICS, ()), ask.policy.watchdog
    rules = {said.source.name for said in view.rules if said.record.name == name}
    firing = {said.source.name: said for said in (*view.watchdogs, *view.alerts) if said.record.name == name}
    named = name != _USUAL_WATCHDOG or DEADMAN in ask.policy.checks
    keepers = [source for source in sources if source.name in rules or source.name in firing]
    return worst([_watchdog(s, name, firing.get(s.name), ask) for s in keepers or (sources if named else ())])


def _watchdog(source: SourceState, name: str, said: Said[Alert] | None, ask: Question) -> Finding:
    if ask.lost(source):
        return of_lost(source)
    if said is not None and said.record.firing:
        state = State.WARN if said.record.silenced else State.PASS
        silenced = ", but is silenced: it reaches nobody" if said.record.silenced else ""
        return of_record(said, state, f"{name} fires{silenced}", brief=f"{name} silenced" if silenced else "")
    return Finding(
        state=State.FAIL,
        reason=f"{name} does not fire in {source.name}: alerting may be dead",
        brief=f"{name} silent",
        source=source.name,
        observed_at=source.read_at,
    )


@CHECKS.check(
    "observability.silences",
    "No silence hides the service",
    rule="no active silence is bound to the service PASS, else WARN; judged where Alertmanager is read",
    remedy="End the silence when its reason is gone; ask who set it.",
    why="What is silenced pages nobody, whatever happens next.",
)
def silences(view: ServiceView, ask: Question) -> Finding | None:
    """Silences that name the service: who set them, until when, and why."""
    sources = _with_alertmanager(view)
    if not sources:
        return None
    findings = [_silence(said) for said in ask.heard(view.silences)]
    findings += [of_lost(source) for source in sources if ask.lost(source)] + _noted(sources, ask, SILENCES_UNKNOWN)
    return worst(findings) or Finding(
        state=State.PASS,
        reason=f"no silence is bound to {view.name}",
        value=0.0,
        source=sources[0].name,
        observed_at=sources[0].read_at,
    )


def _silence(said: Said[Silence]) -> Finding:
    silence = said.record
    until = "" if silence.ends_at is None else f" until {datetime.fromtimestamp(silence.ends_at, UTC):%Y-%m-%d %H:%M}Z"
    comment = f": {words.first_line(silence.comment)}" if silence.comment else ""
    return of_record(
        said,
        State.WARN,
        f"silenced by {silence.by or 'somebody'}{until}{comment}",
        brief="silenced",
        value=1.0,
        evidence={"silence": silence.id, "matchers": " ".join(silence.matchers)},
        severity=silence.ends_at or 0.0,
    )


def _with_rules(view: ServiceView) -> tuple[SourceState, ...]:
    """The metrics systems that report rules."""
    told = {said.source.name for said in view.rules}
    sources = view.planes.get(Plane.METRICS, ())
    return tuple(s for s in sources if s.declared.kind in RULE_KINDS or s.name in told)


def _with_alertmanager(view: ServiceView) -> tuple[SourceState, ...]:
    """The metrics systems whose Alertmanager is read."""
    told = {said.source.name for said in view.silences}
    sources = view.planes.get(Plane.METRICS, ())
    return tuple(s for s in sources if "alertmanager" in dict(s.declared.settings) or s.name in told)


def _noted(sources: Sequence[SourceState], ask: Question, what: str) -> list[Finding]:
    """UNKNOWN where a source that is heard says that it could not read something."""
    return [
        Finding(state=State.UNKNOWN, reason=f"{source.name}: {note}", brief=what, source=source.name)
        for source in sources
        if not ask.lost(source)
        for note in source.about.notes
        if note.startswith(what)
    ]


def _names(sources: Sequence[SourceState]) -> str:
    return ", ".join(sorted(source.name for source in sources))
