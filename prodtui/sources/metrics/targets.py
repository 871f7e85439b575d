"""Scrape targets: what Prometheus reads itself, and whether it could."""

from __future__ import annotations

import msgspec

from prodtui.model.duration import seconds
from prodtui.model.records import Target
from prodtui.model.text import neutralise_name
from prodtui.sources.metrics.results import unix


class _Target(msgspec.Struct, frozen=True, rename="camel"):
    labels: dict[str, str] = {}
    health: str = ""
    last_error: str = ""
    last_scrape: str = ""
    scrape_interval: str = ""


class _Targets(msgspec.Struct, frozen=True, rename="camel"):
    active_targets: list[_Target] = []


_UP = {"up": True, "down": False}


def targets(answered: object, service_label: str) -> tuple[Target, ...]:
    """The active targets. Raises msgspec.ValidationError.

    Where several share job and instance, one that is down comes last and so is the one that is kept.
    """
    found = [_record(one, service_label) for one in msgspec.convert(answered, _Targets).active_targets]
    return tuple(sorted(found, key=lambda one: (one.key, one.up is False)))


def _record(answered: _Target, service_label: str) -> Target:
    job = answered.labels.get("job", "")
    return Target(
        label=neutralise_name(answered.labels.get(service_label) or job),
        job=neutralise_name(job),
        instance=neutralise_name(answered.labels.get("instance", "")),
        up=_UP.get(answered.health),
        error=neutralise_name(answered.last_error),
        scraped_at=unix(answered.last_scrape),
        scrape_interval_s=_interval(answered.scrape_interval),
    )


def _interval(text: str) -> float | None:
    try:
        found = seconds(text)
    except ValueError:
        return None
    return found if isinstance(found, float) else None
