"""Silences that Alertmanager holds, and the services that each is bound to."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from prodtui.model.evidence import Silence
from prodtui.model.text import neutralise_name
from prodtui.sources.metrics.results import unix


class _Matcher(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    @property
    def text(self) -> str:
        operator = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
        return f'{self.name}{operator[self.is_equal, self.is_regex]}"{self.value}"'


class _State(msgspec.Struct, frozen=True):
    state: str = ""


class _Silence(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    status: _State = _State()
    matchers: list[_Matcher] = []
    created_by: str = ""
    comment: str = ""
    starts_at: str = ""
    ends_at: str = ""


def silences(answered: object, service_label: str) -> tuple[Silence, ...]:
    """The active ones of /api/v2/silences, each once for every service that it is bound to by name.

    Raises msgspec.ValidationError.
    """
    return tuple(
        Silence(
            id=neutralise_name(one.id),
            label=neutralise_name(label),
            matchers=tuple(neutralise_name(matcher.text) for matcher in one.matchers),
            by=neutralise_name(one.created_by),
            comment=neutralise_name(one.comment),
            starts_at=unix(one.starts_at),
            ends_at=unix(one.ends_at),
        )
        for one in msgspec.convert(answered, list[_Silence])
        if one.status.state == "active"
        for label in _labels(one.matchers, service_label)
    )


def _labels(matchers: Iterable[_Matcher], service_label: str) -> tuple[str, ...]:
    from prodtui.sources.metrics.expressions import plain_names

    for one in matchers:
        if one.name == service_label and one.is_equal:
            names = plain_names(one.value) if one.is_regex else frozenset({one.value})
            return tuple(sorted(names)) if names else ("",)
    return ("",)
