"""Notices to test with."""

from __future__ import annotations

from typing import Any

from prodtui.model.notice import About, Notice, Severity
from prodtui.model.notice_ids import incident_id, opening_id, recovery_id

AT = 1_764_086_400.0
"""2025-11-25T16:00:00Z."""


def notice(key: str = "pool:payments-db", severity: Severity = Severity.CRITICAL, **fields: Any) -> Notice:
    """A first cause that began at AT; with `recovered` its end."""
    about = fields.get("about", About.FIRST_CAUSE)
    environment = fields.get("environment", "prod-eu")
    incident = incident_id(environment, about, key, fields.get("began_at", AT))
    recovered = fields.get("recovered", False)
    return Notice(
        **{
            "id": recovery_id(incident) if recovered else opening_id(incident, severity),
            "incident": incident,
            "environment": environment,
            "about": about,
            "severity": severity,
            "at": AT,
            "began_at": AT,
            "title": f"{key} 34 waiting → payments p99 2.3 s",
            "lines": ("began: 16:00:00Z",),
            "services": ("payments",),
            "tiers": ("A",),
            "roots": (key,),
            "entities": (key, "sli:payments"),
            **fields,
        }
    )
