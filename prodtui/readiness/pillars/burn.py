"""Performance against the objective: how fast the error budget burns (Google SRE workbook, "Alerting on SLOs")."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from prodtui.model.assessment import State
from prodtui.model.evidence import Traffic
from prodtui.model.records import Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.finding import Finding, of_record, worst
from prodtui.readiness.pillars.sli import label
from prodtui.readiness.pillars.windows import distrust, unfilled
from prodtui.readiness.slo import BurnWindow, Slo

CHECKS = Checks(Plane.METRICS)


@CHECKS.check(
    "performance.burn_page",
    "The error budget does not burn fast",
    rule="the burn rate exceeds 14.4 over 1 h and 5 min, or 6 over 6 h and 30 min, of an objective over 30 d: FAIL; "
    "UNKNOWN while the history is shorter than a window; absent without an objective",
    remedy="Treat it as an incident: find what fails, and stop the rollout that began before it.",
    why="At this rate a month's error budget is gone within days: it is what wakes somebody up.",
    blocking=True,
)
def burn_page(view: ServiceView, ask: Question) -> Finding | None:
    """The windows that page."""
    return _burn(view, ask, ask.policy.burn.page)


@CHECKS.check(
    "performance.burn_ticket",
    "The error budget lasts",
    rule="the burn rate exceeds 3 over 1 d and 2 h, or 1 over 3 d and 6 h, of an objective over 30 d: FAIL; "
    "UNKNOWN while the history is shorter than a window; absent without an objective",
    remedy="Make a ticket: errors trickle, and the budget will not last its period.",
    why="Errors too few to wake anybody still spend the whole budget before its period ends.",
)
def burn_ticket(view: ServiceView, ask: Question) -> Finding | None:
    """The windows that make a ticket."""
    return _burn(view, ask, ask.policy.burn.ticket)


def _burn(view: ServiceView, ask: Question, pairs: Sequence[BurnWindow]) -> Finding | None:
    """The worst pair of windows over the metrics systems; absent where no objective or no window is set."""
    sources, slo = view.planes.get(Plane.METRICS, ()), ask.slo
    if not sources or slo is None or not pairs:
        return None
    by_source: dict[str, list[Said[Traffic]]] = {}
    for said in ask.heard(view.traffic):
        by_source.setdefault(said.source.name, []).append(said)
    findings = [_pair(view, ask, slo, pair, told) for told in by_source.values() for pair in pairs]
    found = worst(findings + ask.unheard(view.traffic)) or ask.silence(sources, f"longer windows of {label(view)}")
    factors = " or ".join(_threshold(pair, slo, ask.policy.burn.scale) for pair in pairs)
    return msgspec.structs.replace(found, threshold=f"FAIL {factors}, else PASS")


def _pair(view: ServiceView, ask: Question, slo: Slo, pair: BurnWindow, told: Sequence[Said[Traffic]]) -> Finding:
    """Both windows judged: FAIL where both burn faster than the factor."""
    scale, rates = ask.policy.burn.scale, []
    for length_s in (scale * pair.long_s, scale * pair.short_s):
        said = next((s for s in told if math.isclose(s.record.window_s, length_s, rel_tol=1e-6)), None)
        if said is None:
            why = f"burn rate over {words.seconds(length_s)}: the window was not read"
            return of_record(told[0], State.UNKNOWN, why, brief="burn rate unknown", severity=length_s)
        why = distrust(said, ask) or unfilled(said, view) or ("" if _errors(said) is not None else "no error ratio")
        if why:
            return _unknown(said, length_s, why)
        rates.append((said, (_errors(said) or 0.0) / slo.budget))
    (long, slow), (short, fast) = rates
    factor = pair.factor(slo.period_s)
    burns = min(slow, fast)
    over = (
        f"{words.number(slow)}× over {words.seconds(long.record.window_s)} and "
        f"{words.number(fast)}× over {words.seconds(short.record.window_s)}"
    )
    found = of_record(
        short,
        State.FAIL if burns > factor else State.PASS,
        f"budget of {words.percent(slo.budget)} burns {over}, at most {words.number(factor)}×",
        brief=f"budget burns {words.number(burns)}×" if burns > factor else "",
        value=burns,
        unit="×",
        limit=factor,
        observed_at=short.record.observed_at,
        evidence={**_row("long", long), **_row("short", short), "objective": f"{slo.objective * 100:g} %"},
        severity=burns / factor,
    )
    return msgspec.structs.replace(found, subjects=(*found.subjects, long.subject))


def _errors(said: Said[Traffic]) -> float | None:
    """The error ratio; 0 of no requests, since they spend no budget."""
    traffic = said.record
    if traffic.requests == 0:
        return 0.0
    ratio = traffic.error_ratio
    return ratio if ratio is not None and math.isfinite(ratio) else None


def _unknown(said: Said[Traffic], length_s: float, why: str) -> Finding:
    return of_record(
        said,
        State.UNKNOWN,
        f"burn rate over {words.seconds(length_s)}: {why}",
        brief="burn rate unknown",
        observed_at=said.record.observed_at,
        evidence=_row("window", said),
        severity=length_s,
    )


def _threshold(pair: BurnWindow, slo: Slo, scale: float) -> str:
    lengths = f"{words.seconds(scale * pair.long_s)} and {words.seconds(scale * pair.short_s)}"
    return f"> {words.number(pair.factor(slo.period_s))}× over {lengths}"


def _row(name: str, said: Said[Traffic]) -> dict[str, str]:
    traffic = said.record
    shown = f"{traffic.requests} requests, error ratio {traffic.error_ratio}, history {traffic.history_s} s"
    return {f"{name} {words.seconds(traffic.window_s)}": shown}
