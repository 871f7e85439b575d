"""Alertmanager: a notice is an alert that fires until it is over. It groups, routes, keeps quiet and repeats by itself.

An alert is its labels: posted again with the same ones it is refreshed, with an end in the past it is resolved.
https://prometheus.io/docs/alerting/latest/clients/
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from prodtui.model.notice import About, Notice
from prodtui.oncall.channels.configured import rules_of
from prodtui.oncall.channels.posting import Poster, bearer
from prodtui.oncall.rules import Rules
from prodtui.reports.fields import rfc3339
from prodtui.settings.http_url import shown
from prodtui.settings.notify import AlertmanagerSettings

NAMES = {
    About.VERDICT: "ProdtuiNotReady",
    About.FIRST_CAUSE: "ProdtuiFirstCause",
    About.SOURCE: "ProdtuiSourceLost",
    About.ROLLOUT: "ProdtuiRollout",
    About.TEST: "ProdtuiTest",
}
REFRESH_S = 240.0
"""Below Alertmanager's default resolve_timeout of 5 minutes."""
FIRES_S = 2.5 * REFRESH_S
"""An alert that nobody refreshes ends by itself: nobody watches any more. One refresh may fail."""
TOLD_S = 3_600.0
"""A decision does not last: it fires for so long, or until it is taken back."""
TEST_S = 60.0


class Alertmanager:
    """One Alertmanager."""

    kind = "alertmanager"
    shared = True
    needs: tuple[str, ...] = ("httpx",)

    def __init__(self, name: str, settings: AlertmanagerSettings, *, refresh_s: float = REFRESH_S) -> None:
        """`refresh_s`: how often an open alert is sent again."""
        self.name = name
        self.refresh_s = refresh_s
        self.where = shown(settings.url)
        self.rules: Rules = rules_of(settings)
        self._labels = settings.labels
        token = settings.token.get_secret_value() if settings.token else ""
        self._headers = bearer(token)
        password = settings.password.get_secret_value() if settings.password else ""
        self._auth = (settings.user, password) if settings.user else None
        self._poster = Poster(
            f"{settings.url}/api/v2/alerts",
            f"Alertmanager at {self.where}",
            timeout_s=settings.timeout,
            ca_file=settings.ca_file,
            secrets=(token, password),
        )

    async def send(self, notice: Notice, told: Sequence[Notice] = ()) -> str:
        """Fires an alert, or ends those that were fired for the incident. Raises NotifyError."""
        now = time.time()
        # What was less severe is another alert, by its labels.
        ended = [alert(one, self._labels, ends_at=now) for one in told if one.id != notice.id]
        if notice.recovered:
            return await self._post(ended or [alert(notice, self._labels, ends_at=now)])
        return await self._post([alert(notice, self._labels, ends_at=now + _fires_s(notice)), *ended])

    async def refresh(self, notices: Sequence[Notice]) -> str:
        """Says that these are still wrong. Raises NotifyError."""
        ends_at = time.time() + FIRES_S
        return await self._post([alert(one, self._labels, ends_at=ends_at) for one in notices])

    async def close(self) -> None:
        await self._poster.close()

    async def _post(self, alerts: list[dict[str, Any]]) -> str:
        return await self._poster.post(msgspec.json.encode(alerts), self._headers, self._auth)


def _fires_s(notice: Notice) -> float:
    if notice.about is About.TEST:
        return TEST_S
    return FIRES_S if notice.roots else TOLD_S


def alert(notice: Notice, more: Mapping[str, str], *, ends_at: float) -> dict[str, Any]:
    """An alert as Alertmanager's API takes it; `more` labels win over none of ours."""
    labels = {
        **more,
        "alertname": NAMES[notice.about],
        "environment": notice.environment,
        "severity": notice.severity.value,
        "incident": notice.incident,
    }
    if notice.services:
        labels["service"] = notice.services[0]
    if notice.tiers:
        labels["tier"] = notice.tiers[0]
    annotations = {"summary": notice.title, "description": "\n".join(notice.lines)}
    if len(notice.services) > 1:
        annotations["services"] = ", ".join(notice.services)
    runbook = next((line.partition(": ")[2] for line in notice.lines if line.startswith("runbook: ")), "")
    if runbook:
        annotations["runbook_url"] = runbook
    return {
        "labels": labels,
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": rfc3339(min(notice.began_at, ends_at)),
        "endsAt": rfc3339(ends_at),
    }
