"""Observability: whether the service is measured, all of it, and now."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from prodtui.model.assessment import State
from prodtui.model.records import Plane, Sli, Target
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import MOST_SUBJECTS, Finding, Row, of_record, worst
from prodtui.readiness.pillars.sli import FRESH_SCRAPES, label, scrape_interval_s

CHECKS = Checks(Plane.METRICS)


@CHECKS.check(
    "observability.targets_up",
    "Every instance is scraped",
    rule="all scrape targets up PASS, at least 80 % WARN, else FAIL",
    remedy="Open the target: its last error says why the metrics system can't read it.",
    why="An instance that is not scraped can fail without any number showing it.",
    blocking=True,
    limits=Limits.of(">= 100%", ">= 80%"),
    unit="ratio",
)
def targets_up(view: ServiceView, ask: Question) -> Finding | None:
    """The share of the service's scrape targets that are up."""
    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    heard = ask.heard(view.targets)
    if not heard:
        return worst(ask.unheard(view.targets)) or ask.silence(sources, f"targets of {label(view)}")
    total = len(heard)
    up, down = [t for t in heard if t.record.up], [t for t in heard if t.record.up is False]
    unsure = [t for t in heard if t.record.up is None]
    at_worst = ask.limits.judge(len(up) / total)
    at_best = ask.limits.judge((total - len(down)) / total) if unsure else at_worst
    state = at_best if at_best in (at_worst, State.FAIL) else State.UNKNOWN
    reason = f"{len(up)} of {words.plural(total, 'target')} up"
    brief = "" if state is State.PASS else f"{len(up)}/{total} targets up"
    worst_first = (*down, *unsure, *up)
    found = of_record(
        worst_first[0],
        state,
        reason,
        brief=brief,
        value=len(up) / total,
        unit="ratio",
        evidence=Row(_row, (*down, *unsure)),
    )
    if total > 1:
        subjects = tuple([said.subject for said in worst_first[:MOST_SUBJECTS]])
        found = msgspec.structs.replace(found, subjects=subjects)
    lost = ask.unheard(view.targets)
    return worst([found, *lost]) if lost else found


def _row(targets: Sequence[Said[Target]]) -> dict[str, str]:
    return {t.record.instance: words.first_line(t.record.error) or "not up" for t in targets[:20]}


@CHECKS.check(
    "observability.fresh",
    "Samples are fresh",
    rule="newest sample younger than 3 scrape intervals when it was read, else FAIL; UNKNOWN while the metrics system "
    "has only begun and scraped none of its targets yet",
    remedy="Look at the scrape targets and at the metrics system's own load.",
    why="Old samples show the service as it was: every other number would be of the past.",
    blocking=True,
    limits=Limits.of(f"< {FRESH_SCRAPES}"),
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
        if state is State.FAIL and _only_begun(view, ask):
            return of_record(
                said,
                State.UNKNOWN,
                f"newest sample {words.seconds(age_s)} old: {said.source.name} has only begun and scraped nothing yet",
                brief="not scraped yet",
                observed_at=sli.observed_at,
            )
        every = f"every {words.seconds(scrape_interval_s(sli))}"
        return of_record(
            said,
            state,
            f"newest sample {'within' if state is State.PASS else 'older than'} "
            f"{words.number(ask.edge or FRESH_SCRAPES)} scrapes ({every})",
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
    return worst(findings) or ask.silence(sources, f"requests of {label(view)}")


def _only_begun(view: ServiceView, ask: Question) -> bool:
    """Whether the metrics system has read nothing of the service since its own start, so that its samples are of
    before. Until it has found its targets, its rules show that: none of them was evaluated."""
    targets = ask.heard(view.targets)
    if targets:
        return all(said.record.up is None for said in targets)
    rules = ask.heard(view.rules)
    return bool(rules) and all(said.record.health not in ("ok", "err") for said in rules)


@CHECKS.check(
    "observability.metrics_present",
    "The service exports request metrics",
    rule="the metrics system has request metrics under the service's label, else FAIL",
    remedy="Export a request histogram, or say under which label it is: [services.NAME] metrics.",
    why="What exports nothing can't be judged, nor alerted on.",
)
def metrics_present(view: ServiceView, ask: Question) -> Finding | None:
    """Whether there is anything to measure the service by."""
    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    seen = [said for said in ask.heard(view.slis) if said.record.observed_at is not None]
    if seen:
        return of_record(seen[0], State.PASS, f"request metrics under {label(view)}")
    if any(ask.lost(source) for source in sources):
        return ask.silence(sources, label(view))
    names = ", ".join(sorted(source.name for source in sources))
    return Finding(
        state=State.FAIL,
        reason=f"no request metrics under {label(view)} in {names}",
        brief="no metrics",
        source=sources[0].name,
        observed_at=sources[0].read_at,
    )
