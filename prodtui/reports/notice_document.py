"""The JSON document of a notification, prodtui.notice/1: what a webhook gets."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from prodtui.model.notice import About, Notice, Severity
from prodtui.reports.fields import rfc3339

NOTICE_SCHEMA: Final = "prodtui.notice/1"


class NoticeDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One notification. Times are RFC 3339 UTC with milliseconds."""

    schema: Literal["prodtui.notice/1"] = NOTICE_SCHEMA
    id: str
    """The same for the same event, also where it comes twice."""
    incident: str
    """What all messages of one incident share."""
    environment: str
    about: About
    severity: Severity
    state: Literal["open", "over", "told", "test"]
    """Of what lasts, open or over; told is a decision."""
    at: str
    began_at: str
    title: str
    lines: tuple[str, ...]
    services: tuple[str, ...]
    tiers: tuple[str, ...]


def document(notice: Notice) -> NoticeDocument:
    """The notice as it is sent."""
    return NoticeDocument(
        id=notice.id,
        incident=notice.incident,
        environment=notice.environment,
        about=notice.about,
        severity=notice.severity,
        state=_state(notice),
        at=rfc3339(notice.at) or "",
        began_at=rfc3339(notice.began_at) or "",
        title=notice.title,
        lines=notice.lines,
        services=notice.services,
        tiers=notice.tiers,
    )


def _state(notice: Notice) -> Literal["open", "over", "told", "test"]:
    if notice.about is About.TEST:
        return "test"
    return "over" if notice.recovered else "open" if notice.roots else "told"


def json_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the document."""
    (notice,), components = msgspec.json.schema_components((NoticeDocument,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": NOTICE_SCHEMA,
        **notice,
        "$defs": components,
    }
