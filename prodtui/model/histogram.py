"""By which histogram services are measured, so that one can ask about a part of their requests."""

from __future__ import annotations

from prodtui.model.record import Record


class Histogram(Record, frozen=True, kw_only=True, tag="histogram"):
    """A histogram of request durations that a metrics system has."""

    metric: str
    """Its base name, without `_bucket`."""
    unit_s: float = 1.0
    """Seconds in one unit of its buckets' bounds."""
    counter: str
    """The counter of requests that tells which failed."""
    services: tuple[tuple[str, str], ...]
    """How its series name their service: (label, what else selects those that go by it)."""
    status_labels: tuple[str, ...] = ()
    """Labels that tell a failed request; empty: nothing does."""
    failed: str
    """Their values that mean so, as a regular expression."""
    matcher: str = ""
    """What restricts its series, so that no request counts twice."""

    @property
    def key(self) -> str:
        return self.metric
