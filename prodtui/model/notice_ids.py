"""The ids of notices: the same for the same event, whoever sees it.

An id is `cause-1f0c…-28401.3`: what it is about, a hash of environment and key, the window in which it began, and how
severe it is; 0 is its end. Two that read one journal see one onset; two that poll apart see it up to an interval apart,
in the same window or in neighbouring ones.
"""

from __future__ import annotations

import hashlib

from prodtui.model.notice import About, Severity

WINDOW_S = 60.0
_PREFIXES = {About.FIRST_CAUSE: "cause"}


def incident_id(environment: str, about: About, key: str, began_at: float) -> str:
    """What all notices of one incident share."""
    told = hashlib.sha256("\0".join((environment, about, key)).encode()).hexdigest()[:16]
    return f"{_PREFIXES.get(about, about.value)}-{told}-{int(began_at // WINDOW_S)}"


def opening_id(incident: str, severity: Severity) -> str:
    """Of the message that it began, or became so severe."""
    return f"{incident}.{severity.weight}"


def recovery_id(incident: str) -> str:
    """Of the message that it is over."""
    return f"{incident}.0"


def neighbours(incident: str) -> tuple[str, str, str]:
    """The incident's own id, and those that it would have had, had it begun a window earlier or later.

    An id that is not ours is thrice itself.
    """
    begins, _, window = incident.rpartition("-")
    if not begins or not window.isdecimal():
        return incident, incident, incident
    return incident, f"{begins}-{int(window) - 1}", f"{begins}-{int(window) + 1}"
