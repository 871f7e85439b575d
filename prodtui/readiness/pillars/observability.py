"""Observability: whether we would see it if the service failed."""

from __future__ import annotations

from prodtui.model.assessment import State
from prodtui.model.records import Alert, Plane, Sli
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.finding import Finding, of_lost, of_record, worst
from prodtui.readiness.pillars.performance import FRESH_SCRAPES, scrape_interval_s
from prodtui.readiness.policy import Bound, Limits

CHECKS = Checks(Plane.METRICS)


@CHECKS.check(
    "observability.targets_up",
    "Every instance is scraped",
    rule="all scrape targets up PASS, at least 80 % WARN, else FAIL",
    remedy="Open the target: its last error says why the metrics system can't read it.",
    blocking=True,
    limits=Limits(passes=Bound(">=", 1.0), warns=Bound(">=", 0.8)),
    unit="ratio",
)
def targets_up(view: ServiceView, ask: Question) -> Finding | None:
    """The share of the service's scrape targets that are up."""
    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    heard = ask.heard(view.targets)
    if not heard:
        return worst(ask.unheard(view.targets)) or ask.silence(sources, f"targets of {_label(view)}")
    total = len(heard)
    up, down = [t for t in heard if t.record.up], [t for t in heard if t.record.up is False]
    unsure = [t for t in heard if t.record.up is None]
    at_best, at_worst = ask.limits.judge((total - len(down)) / total), ask.limits.judge(len(up) / total)
    state = at_best if at_best in (at_worst, State.FAIL) else State.UNKNOWN
    reason = f"{len(up)} of {words.plural(total, 'target')} up"
    findings = [
        of_record(
            said,
            state,
            reason,
            brief="" if state is State.PASS else f"{len(up)}/{total} targets up",
            value=len(up) / total,
            unit="ratio",
            evidence={t.record.instance: words.first_line(t.record.error) or "not up" for t in (*down, *unsure)[:20]},
            severity=rank,
        )
        for rank, group in enumerate((up, unsure, down))
        for said in group
    ]
    return worst(findings + ask.unheard(view.targets))


@CHECKS.check(
    "observability.fresh",
    "Samples are fresh",
    rule="newest sample younger than 3 scrape intervals when it was read, else FAIL",
    remedy="Look at the scrape targets and at the metrics system's own load.",
    blocking=True,
    limits=Limits(passes=Bound("<", FRESH_SCRAPES)),
    unit="scrapes",
)
def fresh(view: ServiceView, ask: Question) -> Finding | None:
    """The age of the newest sample in scrape intervals. How old our own reading is, the source's freshness says."""

    def judge(said: Said[Sli]) -> Finding:
        sli = said.record
        if sli.observed_at is None or said.source.read_at is None:
            return of_record(said, State.UNKNOWN, f"samples of {sli.label}: age not known", brief="sample age unknown")
        age_s = max(0.0, said.source.read_at - sli.observed_at)
        scrapes = age_s / scrape_interval_s(sli)
        state = ask.limits.judge(scrapes)
        every = f"every {words.seconds(scrape_interval_s(sli))}"
        return of_record(
            said,
            state,
            f"newest sample {'within' if state is State.PASS else 'older than'} "
            f"{words.number(ask.limits.passes.value)} scrapes ({every})",
            brief="" if state is State.PASS else f"samples {words.seconds(age_s)} old",
            value=scrapes,
            unit="scrapes",
            observed_at=sli.observed_at,
            severity=scrapes,
        )

    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    findings = [judge(said) for said in ask.heard(view.slis)] + ask.unheard(view.slis)
    return worst(findings) or ask.silence(sources, f"requests of {_label(view)}")


@CHECKS.check(
    "observability.metrics_present",
    "The service exports request metrics",
    rule="the metrics system has request metrics under the service's label, else FAIL",
    remedy="Export a request histogram, or say under which label it is: [services.NAME] metrics.",
)
def metrics_present(view: ServiceView, ask: Question) -> Finding | None:
    """Whether there is anything to measure the service by."""
    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    seen = [said for said in ask.heard(view.slis) if said.record.observed_at is not None]
    if seen:
        return of_record(seen[0], State.PASS, f"request metrics under {_label(view)}")
    if any(ask.lost(source) for source in sources):
        return ask.silence(sources, _label(view))
    names = ", ".join(sorted(source.name for source in sources))
    return Finding(
        state=State.FAIL,
        reason=f"no request metrics under {_label(view)} in {names}",
        brief="no metrics",
        source=sources[0].name,
        observed_at=sources[0].read_at,
    )


@CHECKS.check(
    "observability.no_page_firing",
    "No alert pages anybody",
    rule="no alert of severity page or critical fires PASS; firing but silenced WARN; else FAIL",
    remedy="Follow the alert's runbook; silence it only with a ticket.",
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


def _label(view: ServiceView) -> str:
    return view.declared.metrics_label or view.name
