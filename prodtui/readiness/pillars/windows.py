"""Performance over longer windows: when their numbers can be trusted, and whether there are enough requests."""

from __future__ import annotations

import math
from typing import TypeVar

import msgspec

from prodtui.model.assessment import State
from prodtui.model.evidence import Traffic
from prodtui.model.records import Plane, Record, Sli
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.finding import Finding, Row, worst
from prodtui.readiness.pillars import sli
from prodtui.readiness.pillars.performance import ERROR_LIMITS, ERRORS, LEAST_ERROR_RATIO
from prodtui.readiness.slo import DAY_S

R = TypeVar("R", bound=Record)
CHECKS = Checks(Plane.METRICS)
WIDEST_S = DAY_S
_ASKED_EVERY = 1 / 60
"""A longer window is asked anew after this share of it; a sample is stale when it missed two."""


@CHECKS.check(
    "performance.min_requests",
    "There are enough requests to judge by",
    rule="3/p requests in some window up to 24 h PASS, else WARN; p is the objective's error budget, else the limit of "
    f"{ERRORS}; UNKNOWN while the windows are not filled",
    remedy="Send more traffic (a canary, a load), or set an objective that this traffic can show.",
    why="Without errors among fewer than 3/p requests an error ratio of p can't be excluded with 95 % confidence "
    "(rule of three).",
    unit="requests",
)
def min_requests(view: ServiceView, ask: Question) -> Finding | None:
    """The smallest window with enough requests to exclude the error ratio that matters."""
    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    wanted = math.ceil(round(3 / _ratio(ask), 6))
    windows = [_of_sli(said, ask) for said in ask.heard(view.slis)]
    windows += [_of_traffic(said, view, ask) for said in ask.heard(view.traffic) if said.record.window_s <= WIDEST_S]
    windows.sort(key=lambda window: window.length_s)
    enough = [window for window in windows if (window.requests or 0.0) >= wanted]
    if enough:
        return _finding(enough[0], State.PASS, wanted)
    lost = [*ask.unheard(view.slis), *ask.unheard(view.traffic)]
    if not windows:
        return worst(lost) or ask.silence(sources, f"requests of {sli.label(view)}")
    # What a wider window holds a narrower one can't exceed.
    sure_s = max((window.length_s for window in windows if not window.doubt), default=0.0)
    unsure = [_finding(w, State.UNKNOWN, wanted) for w in windows if w.doubt and w.length_s > sure_s]
    return worst([*unsure, *lost]) or _finding(windows[-1], State.WARN, wanted)


class _Window(msgspec.Struct, frozen=True, gc=False):
    source: str
    subject: str
    observed_at: float | None
    length_s: float
    requests: float | None
    """None where the number can't be trusted at all."""
    doubt: str = ""
    """Why there may be more."""


def _of_sli(said: Said[Sli], ask: Question) -> _Window:
    """A window as the SLI has it: wider ones make up for what is wanting in it."""
    record = said.record
    stale = record.observed_at is None or ask.now - record.observed_at > sli.stale_after_s(said)
    doubt = record.trouble or ("its newest sample is too old" if stale else "")
    made = None if doubt else sli.requests(record)
    uncounted = _uncounted(made)
    return _window(said, record.observed_at, record.window_s, None if uncounted else made, doubt or uncounted)


def _of_traffic(said: Said[Traffic], view: ServiceView, ask: Question) -> _Window:
    doubt = distrust(said, ask)
    made = None if doubt else said.record.requests
    return _window(said, said.record.observed_at, said.record.window_s, made, doubt or unfilled(said, view))


def _window(said: Said[R], observed_at: float | None, length_s: float, made: float | None, doubt: str) -> _Window:
    return _Window(said.source.name, said.subject, observed_at, length_s, made, doubt)


def _uncounted(made: float | None) -> str:
    return "" if made is not None and math.isfinite(made) else "requests not counted"


def _finding(window: _Window, state: State, wanted: int) -> Finding:
    made, length = window.requests, words.seconds(window.length_s)
    shown = "requests unknown" if made is None else sli.many(made)
    doubt = f" ({window.doubt})" if window.doubt and state is State.UNKNOWN else ""
    return Finding(
        state=state,
        reason=f"{shown} in {length}{doubt}, wants {wanted}",
        brief="" if state is State.PASS else "too few requests" if state is State.WARN else "requests unknown",
        value=made,
        unit="requests",
        threshold=f"PASS >= {wanted}, else WARN",
        limit=float(wanted),
        observed_at=window.observed_at,
        source=window.source,
        evidence=Row(_row, (window, wanted)),
        subjects=(window.subject,),
        severity=window.length_s,
    )


def _row(judged: tuple[_Window, int]) -> dict[str, str]:
    window, wanted = judged
    return {"window": words.seconds(window.length_s), "requests": str(window.requests), "wanted": str(wanted)}


def _ratio(ask: Question) -> float:
    """The error ratio that the requests must be able to show."""
    if ask.slo is not None:
        return ask.slo.budget
    rule = ask.rules.get(ERRORS)
    return ((rule and rule.limits) or ERROR_LIMITS).passes.edge or LEAST_ERROR_RATIO


def distrust(said: Said[Traffic], ask: Question) -> str:
    """Why a window's numbers count for nothing; empty where they count."""
    traffic = said.record
    if traffic.trouble:
        return traffic.trouble
    if traffic.observed_at is None:
        return "the age of the sample is not known"
    limit_s = said.source.declared.stale_after_s + 2 * _ASKED_EVERY * traffic.window_s
    if ask.now - traffic.observed_at > limit_s:
        return f"the newest sample is older than {words.seconds(limit_s)}"
    return _uncounted(traffic.requests)


def unfilled(said: Said[Traffic], view: ServiceView) -> str:
    """That the history is shorter than the window; empty where it fills it.

    The oldest sample in a window lies up to a scrape after its beginning.
    """
    traffic = said.record
    if traffic.history_s is None:
        return "how far back its history goes is not known"
    scrapes = [s.record.scrape_interval_s or 0.0 for s in view.slis if s.source.name == said.source.name]
    if traffic.history_s + max(scrapes, default=0.0) < traffic.window_s:
        return f"history of {words.seconds(traffic.history_s)} is shorter than {words.seconds(traffic.window_s)}"
    return ""
