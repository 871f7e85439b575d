"""What a watch tells of itself: its health as JSON, and its metrics in Prometheus' exposition format 0.0.4."""

from __future__ import annotations

from typing import Literal

import msgspec

from prodtui.model.assessment import Assessment
from prodtui.model.freshness import SourceState
from prodtui.model.moment import Moment
from prodtui.reports import document as doc
from prodtui.reports.fields import floored, rfc3339, rounded
from prodtui.reports.prometheus import family, one_hot
from prodtui.reports.status_json import source_part

LATE_INTERVALS = 3
"""A watch without a moment for so many intervals is not well."""


class KeptJournal(msgspec.Struct, frozen=True, kw_only=True):
    """The journal that a watch keeps."""

    where: str
    bytes: int | None = None
    notice: str = ""
    """Why nothing is kept now; empty while all is well."""


class Watching(msgspec.Struct, frozen=True, kw_only=True):
    """A watch at one time."""

    now: float
    environment: str
    version: str
    interval_s: float
    moment: Moment | None = None
    """The newest."""
    age_s: float | None = None
    """Seconds since it was made, by a clock that does not jump."""
    moments: int = 0
    loop_lag_s: float | None = None
    """The longest of the last minute."""
    journal: KeptJournal | None = None

    @property
    def well(self) -> bool:
        """Whether a moment was made within three intervals."""
        return self.age_s is not None and self.age_s <= LATE_INTERVALS * self.interval_s


class JournalPart(doc.Part, frozen=True):
    where: str
    bytes: int | None
    notice: str | None


class HealthDocument(doc.Part, frozen=True):
    """What `/healthz` answers."""

    schema: Literal["prodtui.health/1"]
    status: Literal["ok", "late"]
    environment: str
    at: str
    interval_s: float
    moment_at: str | None
    moment_age_s: float | None
    verdict: doc.VerdictName | None
    sources: tuple[doc.SourcePart, ...]
    journal: JournalPart | None
    loop_lag_s: float | None


def health_json(watching: Watching) -> str:
    """Whether the watch itself is well; production may be as it likes."""
    moment, journal = watching.moment, watching.journal
    sources = moment.snapshot.sources.values() if moment else ()
    document = HealthDocument(
        schema="prodtui.health/1",
        status="ok" if watching.well else "late",
        environment=watching.environment,
        at=rfc3339(watching.now) or "",
        interval_s=watching.interval_s,
        moment_at=rfc3339(moment.now) if moment else None,
        moment_age_s=rounded(watching.age_s),
        verdict=moment.assessment.verdict.value if moment else None,
        sources=tuple(source_part(source, watching.now) for source in sources),
        journal=None
        if journal is None
        else JournalPart(where=journal.where, bytes=journal.bytes, notice=journal.notice or None),
        loop_lag_s=rounded(watching.loop_lag_s, 4),
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def watch_prometheus(watching: Watching) -> str:
    """Scores and verdict, each source's freshness and latency, the journal, and how late the loop is."""
    environment = {"environment": watching.environment}
    lines = family("prodtui_build_info", "Version of prodtui.", [({"version": watching.version}, 1)])
    lines += family("prodtui_moments_total", "Moments made.", [(environment, watching.moments)], "counter")
    lines += family(
        "prodtui_moment_age_seconds",
        "Since the newest moment was made.",
        [(environment, rounded(watching.age_s))],
    )
    lines += family(
        "prodtui_loop_lag_seconds",
        "The latest that the event loop was within the last minute.",
        [(environment, rounded(watching.loop_lag_s, 4))],
    )
    if watching.journal is not None:
        lines += _journal(watching.journal, environment)
    if watching.moment is not None:
        lines += _assessment(watching.moment.assessment, environment)
        lines += _sources(tuple(watching.moment.snapshot.sources.values()), watching.now, environment)
    return "\n".join(lines) + "\n"


def _journal(journal: KeptJournal, environment: dict[str, str]) -> list[str]:
    return [
        *family("prodtui_journal_bytes", "Size of the journal.", [(environment, journal.bytes)]),
        *family(
            "prodtui_journal_failing",
            "1 while nothing can be kept, else 0.",
            [(environment, 1 if journal.notice else 0)],
        ),
    ]


def _assessment(assessment: Assessment, environment: dict[str, str]) -> list[str]:
    return [
        *family(
            "prodtui_verdict",
            "Verdict on the environment: 1 for the one that holds, else 0.",
            one_hot(environment, assessment.verdict, "verdict"),
        ),
        *family(
            "prodtui_environment_score",
            "Readiness score of the environment, 0 to 100; what is not known counts as 0.",
            [(environment, floored(assessment.score))],
        ),
        *family(
            "prodtui_readiness_score",
            "Readiness score of a service, 0 to 100; what is not known counts as 0.",
            (({**environment, "service": s.name}, floored(s.score)) for s in assessment.services),
        ),
    ]


def _sources(sources: tuple[SourceState, ...], now: float, environment: dict[str, str]) -> list[str]:
    named = [({**environment, "source": source.name}, source) for source in sources]
    return [
        *family(
            "prodtui_source_freshness",
            "Freshness of a source: 1 for the one that it has, else 0.",
            (
                sample
                for labels, source in named
                for sample in one_hot(labels, source.freshness(now), "freshness")
            ),
        ),
        *family(
            "prodtui_source_age_seconds",
            "Since a source was last read.",
            ((labels, rounded(source.age_s(now))) for labels, source in named),
        ),
        *family(
            "prodtui_source_latency_seconds",
            "How long the last read of a source took.",
            ((labels, rounded(source.latency_s, 4)) for labels, source in named),
        ),
        *family(
            "prodtui_source_requests_total",
            "Requests made of a source.",
            ((labels, source.requests) for labels, source in named),
            "counter",
        ),
        *family(
            "prodtui_source_failures_total",
            "Reads of a source that failed.",
            ((labels, source.failures) for labels, source in named),
            "counter",
        ),
    ]  # fmt: skip
