"""What the metrics systems say of a service's requests, and whether it can be trusted. Checks stand on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prodtui.model.assessment import State
from prodtui.model.records import Plane, Sli
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Question
from prodtui.readiness.finding import Finding, Row, of_record, worst

SCRAPES_A_WINDOW = 4
"""A window holds at least this many scrapes (readiness.md); where the interval is not told it is taken from that."""
FRESH_SCRAPES = 3


def over_slis(view: ServiceView, ask: Question, judge: Callable[[Said[Sli]], Finding]) -> Finding | None:
    """The worst finding over what the metrics systems say of the service; UNKNOWN where none knows it."""
    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    heard = ask.heard(view.slis)
    doubts = ask.once(_doubts, heard)
    findings = [
        unknown(said, "requests", doubt) if doubt else judge(said) for said, doubt in zip(heard, doubts, strict=True)
    ]
    return worst(findings + ask.unheard(view.slis)) or ask.silence(sources, f"requests of {label(view)}")


def _doubts(heard: Sequence[Said[Sli]], ask: Question) -> list[str]:
    return [distrust(said, ask.now) for said in heard]


def distrust(said: Said[Sli], now: float) -> str:
    """Why the numbers can't be trusted; empty where they can."""
    sli = said.record
    if sli.trouble:
        return sli.trouble
    if sli.observed_at is None:
        return "the age of the sample is not known"
    limit_s = stale_after_s(said)
    return f"the newest sample is older than {words.seconds(limit_s)}" if now - sli.observed_at > limit_s else ""


def stale_after_s(said: Said[Sli]) -> float:
    """Age past which a sample counts no more, in seconds: three scrapes, and at least the source's own limit."""
    return max(said.source.declared.stale_after_s, FRESH_SCRAPES * scrape_interval_s(said.record))


def scrape_interval_s(sli: Sli) -> float:
    """The scrape interval in seconds; where it is not told, the longest that the window allows."""
    return sli.scrape_interval_s or sli.window_s / SCRAPES_A_WINDOW


def requests(sli: Sli) -> float | None:
    """Requests in the window; by the rate where they were not counted."""
    if sli.requests is not None:
        return sli.requests
    return None if sli.rate_per_s is None else sli.rate_per_s * sli.window_s


def too_few(said: Said[Sli], name: str, made: float | None, why: str) -> Finding:
    """UNKNOWN for want of requests."""
    if made is None:
        return unknown(said, name, "the number of requests is not known")
    return unknown(said, name, f"{many(made)} in {words.seconds(said.record.window_s)}, too few {why}")


def many(made: float) -> str:
    """A count of requests, which an extrapolated increase may give as a fraction."""
    return words.plural(int(made), "request") if made >= 1 else "no requests"


def unknown(said: Said[Sli], name: str, why: str) -> Finding:
    """UNKNOWN, with what there is."""
    sli = said.record
    return of_record(
        said,
        State.UNKNOWN,
        f"{name} of {sli.label}: {why}",
        brief=f"{name} unknown",
        observed_at=sli.observed_at,
        evidence=Row(row, sli),
    )


def row(sli: Sli) -> dict[str, str]:
    """The service's numbers over the window, as reported."""
    fields = {
        "label": sli.label,
        "window": words.seconds(sli.window_s),
        "p50_s": sli.p50_s,
        "p95_s": sli.p95_s,
        "p99_s": sli.p99_s,
        "buckets_end_s": sli.beyond_s,
        "error_ratio": sli.error_ratio,
        "rate_per_s": sli.rate_per_s,
        "requests": sli.requests,
        "trouble": sli.trouble or None,
    }
    return {name: str(value) for name, value in fields.items() if value is not None}


def label(view: ServiceView) -> str:
    """What the metrics systems call the service."""
    return view.declared.metrics_label or view.name
