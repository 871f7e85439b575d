"""Alerting rules that Prometheus evaluates, and the services that each watches."""

from __future__ import annotations

import time

import msgspec

from prodtui.model.errors import SourceError
from prodtui.model.evidence import AlertRule
from prodtui.model.text import neutralise, neutralise_name
from prodtui.sources.metrics.asking import Asking
from prodtui.sources.metrics.results import unix

EVERY_S = 30.0
LONGEST_EXPRESSION = 4000


class _Rule(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    query: str = ""
    labels: dict[str, str] = {}
    health: str = ""
    last_error: str = ""
    last_evaluation: str = ""
    type: str = ""


class _Group(msgspec.Struct, frozen=True):
    name: str = ""
    rules: list[_Rule] = []


class _Rules(msgspec.Struct, frozen=True):
    groups: list[_Group] = []


class Rules:
    """The rules as they were last read."""

    def __init__(self, service_label: str) -> None:
        self._service_label = service_label
        self._found = _Rules()
        self._note = ""
        self._until = 0.0

    async def read(self, asking: Asking) -> None:
        """Reads them where that is due. Raises SourceError, msgspec.ValidationError.

        What speaks Prometheus' API without rules, or keeps them to itself, has none: that is noted.
        """
        if time.monotonic() >= self._until:
            self._note = ""
            try:
                self._found = msgspec.convert(await asking.ask(lambda connection: connection.rules()), _Rules)
            except SourceError as error:
                if error.cause.worth_retrying:
                    raise
                self._found, self._note = _Rules(), f"no alert rules: {error.cause.message}"
            self._until = time.monotonic() + EVERY_S
        if self._note:
            asking.notes.append(self._note)

    def records(self, jobs: frozenset[str]) -> tuple[AlertRule, ...]:
        """The alerting rules; `jobs`: names of jobs that stand for services.

        Where several have the same name, severity and services, one that fails comes last and so is the one kept.
        """
        found = [
            _record(group, rule, self._service_label, jobs)
            for group in self._found.groups
            for rule in group.rules
            if rule.type in ("alerting", "")
        ]
        return tuple(sorted(found, key=lambda one: (one.key, one.health == "err")))


def _record(group: _Group, rule: _Rule, service_label: str, jobs: frozenset[str]) -> AlertRule:
    from prodtui.sources.metrics.expressions import EVERY, services

    label = rule.labels.get(service_label, "")
    named = label and "{{" not in label  # a template: filled in from the labels of the result
    found = frozenset({label}) if named else services(rule.query, service_label, jobs)
    return AlertRule(
        name=neutralise_name(rule.name),
        group=neutralise_name(group.name),
        severity=neutralise_name(rule.labels.get("severity", "")),
        expression=neutralise(rule.query, longest=LONGEST_EXPRESSION),
        services=None if found is EVERY else tuple(sorted(neutralise_name(name) for name in found)),
        health=neutralise_name(rule.health),
        error=neutralise_name(rule.last_error),
        evaluated_at=unix(rule.last_evaluation),
    )
