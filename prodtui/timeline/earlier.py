"""Onsets from before we looked, out of what a metrics system remembers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import le

import msgspec

from prodtui.model.incident import Onset
from prodtui.model.kept import Trouble
from prodtui.model.past import Past, Quantity
from prodtui.timeline.judged import sli_key
from prodtui.timeline.onset import Troubles

Limit = Callable[[str, Quantity], float | None]
"""From a service's label and a quantity to the value from which it fails; None where nobody set one."""

_RECORDS = {Quantity.BREAKER: "breaker", Quantity.UP: "target"}


def earlier(pasts: Iterable[tuple[str, Past]], limit: Limit, service: Callable[[str], str]) -> dict[str, Onset]:
    """The onsets of what was bad when it was read, by the key of its trouble. `pasts`: each with its source.

    An alert's start says since when its service was bad at the latest; a series of the service itself says more.
    """
    found: dict[str, Onset] = {}
    alerts: dict[str, Onset] = {}
    for source, past in pasts:
        key = sli_key(service(past.label))
        match past.quantity:
            case Quantity.P99 | Quantity.ERRORS:
                edge = limit(past.label, past.quantity)
                onset = None if edge is None else onset_of(past, partial(le, edge))
            case Quantity.BREAKER:
                key, onset = f"{_RECORDS[past.quantity]}:{source}:{past.of}", onset_of(past, lambda value: value > 0)
            case Quantity.UP:
                key, onset = f"{_RECORDS[past.quantity]}:{source}:{past.of}", onset_of(past, lambda value: value < 1)
            case Quantity.ALERT:
                alerts[key] = _first(alerts.get(key), Onset(None, past.start))
                continue
        if onset is not None:
            found[key] = _first(found.get(key), onset)
    return {**alerts, **found}


def _first(known: Onset | None, onset: Onset) -> Onset:
    return onset if known is None or onset.not_after < known.not_after else known


def onset_of(past: Past, bad: Callable[[float], bool]) -> Onset | None:
    """Since when the series is bad without a break up to its end; None where it is well at its end, or unknown."""
    first_bad: float | None = None
    for place in range(len(past.values) - 1, -1, -1):
        value, at = past.values[place], past.start + place * past.step_s
        if value is None or math.isnan(value):
            continue
        if not bad(value):
            # A window may show what began inside it only once it is full of it.
            return None if first_bad is None else Onset(at - past.window_s, first_bad)
        first_bad = at
    return None if first_bad is None else Onset(None, first_bad)


def dated(troubles: Troubles, onsets: Mapping[str, Onset]) -> Troubles:
    """The troubles that were there before us, with the onsets that are known of them; the same where none is."""
    edited = {
        key: msgspec.structs.replace(troubles[key], onset=onset)
        for key, onset in onsets.items()
        if key in troubles and _says_more(onset, troubles[key])
    }
    return {**troubles, **edited} if edited else troubles


def _says_more(onset: Onset, trouble: Trouble) -> bool:
    return trouble.onset.at is None and onset.not_after < trouble.onset.not_after
