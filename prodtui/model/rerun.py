"""A health check made again, now, by us: what was asked and how long each part took."""

from __future__ import annotations

import msgspec

from prodtui.model.cause import Cause


class Rerun(msgspec.Struct, frozen=True, kw_only=True):
    """Result of one bounded GET. Durations in seconds; None where that part was not reached."""

    url: str
    at: float
    total_s: float
    dns_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    first_byte_s: float | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    """Neutralised, at most 64 KiB."""
    cause: Cause | None = None
