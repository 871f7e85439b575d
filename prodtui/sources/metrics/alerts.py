"""Alerts that Prometheus holds, and whether Alertmanager keeps quiet about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from prodtui.model.records import Alert
from prodtui.model.text import neutralise, neutralise_name
from prodtui.sources.metrics.results import unix

_LONGEST_SUMMARY = 2000


class _Alert(msgspec.Struct, frozen=True, rename="camel"):
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    state: str = ""
    active_at: str = ""


class _Alerts(msgspec.Struct, frozen=True):
    alerts: list[_Alert] = []


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    silenced_by: list[str] = []
    inhibited_by: list[str] = []


class Sent(msgspec.Struct, frozen=True):
    """An alert as Alertmanager holds it: with external labels that Prometheus itself does not show."""

    labels: dict[str, str] = {}
    status: _Status = _Status()

    @property
    def quiet(self) -> bool:
        return bool(self.status.silenced_by or self.status.inhibited_by)


def sent(answered: object) -> list[Sent]:
    """The answer of /api/v2/alerts. Raises msgspec.ValidationError."""
    return msgspec.convert(answered, list[Sent])


def alerts(
    answered: object, service_label: str, *, jobs: Collection[str] = (), notified: Iterable[Sent] | None = None
) -> tuple[Alert, ...]:
    """Pending and firing alerts, from /api/v1/alerts. Raises msgspec.ValidationError.

    `jobs`: names of jobs that stand for services, for alerts without the service label.
    `notified`: what Alertmanager holds; None where it is not known.
    """
    held = None if notified is None else list(notified)
    found = []
    for one in msgspec.convert(answered, _Alerts).alerts:
        job = one.labels.get("job", "")
        found.append(
            Alert(
                name=neutralise_name(one.labels.get("alertname", "")),
                label=neutralise_name(one.labels.get(service_label) or (job if job in jobs else "")),
                severity=neutralise_name(one.labels.get("severity", "")),
                firing=one.state == "firing",
                silenced=None if held is None else _silenced(one.labels, held),
                since=unix(one.active_at),
                summary=neutralise(_summary(one.annotations), longest=_LONGEST_SUMMARY),
                labels={
                    neutralise_name(name): neutralise_name(value)
                    for name, value in one.labels.items()
                    if name != "alertname"
                },
            )
        )
    return tuple(sorted(found, key=lambda alert: alert.key))


def _summary(annotations: dict[str, str]) -> str:
    return annotations.get("summary") or annotations.get("description") or annotations.get("message", "")


def _silenced(labels: dict[str, str], held: list[Sent]) -> bool | None:
    """Whether Alertmanager holds back every alert that has these labels; None where it holds none such."""
    same = [one for one in held if labels.items() <= one.labels.items()]
    return all(one.quiet for one in same) if same else None
