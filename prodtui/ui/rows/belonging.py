"""Which service an entity belongs to, and where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from prodtui.model.moment import Moment
from prodtui.model.records import Record
from prodtui.model.service_view import Said, ServiceView
from prodtui.model.subject import parts, subject

HELD_BY_OTHERS = "breakers_in"


def owner(name: str, moment: Moment) -> str | None:
    """The service of a subject, the worst one where several share it; a breaker's is the caller, which it protects."""
    fields = [f.name for f in msgspec.structs.fields(ServiceView) if f.name != HELD_BY_OTHERS]
    return _first(name, moment, fields) or _first(name, moment, (HELD_BY_OTHERS,))


def onward(name: str, moment: Moment) -> str | None:
    """The service to look at next: that which a breaker guards against, else the subject's own."""
    return _first(name, moment, (HELD_BY_OTHERS,)) or owner(name, moment)


def callee(name: str, moment: Moment) -> ServiceView | None:
    """The service that a breaker guards its caller against, where one is known."""
    service = _first(name, moment, (HELD_BY_OTHERS,))
    return moment.views.get(service) if service else None


def _first(name: str, moment: Moment, fields: Iterable[str]) -> str | None:
    fields = tuple(fields)
    for service in moment.assessment.services:
        view = moment.views.get(service.name)
        if view is not None and any(subject(s.source.name, s.record) == name for s in _said(view, fields, name)):
            return service.name
    return None


def _said(view: ServiceView, fields: Iterable[str], name: str) -> Iterator[Said[Record]]:
    """The view's records of the subject's source and kind."""
    tag, source, _ = parts(name)
    for field in fields:
        for said in getattr(view, field) if isinstance(getattr(view, field), tuple) else ():
            if isinstance(said, Said) and said.source.name == source and said.record.__struct_config__.tag == tag:
                yield said
