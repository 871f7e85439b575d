"""What is acknowledged at a moment: an acknowledgement is of what fails when it is made, and ends once that is well."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prodtui.model.incident import Acknowledgement, Failing, FirstCause
from prodtui.model.moment import Moment

_COUNT = re.compile(r"(?<=^session:)\d+ (?=sessions of )")


def unready(service: str) -> str:
    """The name by which a moment knows since when a service is not READY, however its verdict changed meanwhile."""
    return f"unready:{service}"


def standing(moment: Moment) -> tuple[Acknowledgement, ...]:
    """All that have not ended; newest first."""
    failing = failings(moment) if moment.acknowledged else ()
    return tuple(said for said in moment.acknowledged if _stands(said, said.about, failing, moment))


def of_service(service: str, moment: Moment) -> tuple[Acknowledgement, ...]:
    """Those about a service, or about something that fails of it; newest first."""
    failing = [one for one in failings(moment) if one.service == service] if moment.acknowledged else ()
    return tuple(said for said in moment.acknowledged if _stands(said, service, failing, moment))


def services(moment: Moment) -> frozenset[str]:
    """The services that `of_service` says anything of."""
    if not moment.acknowledged:
        return frozenset()
    failing: dict[str, list[Failing]] = {said.about: [] for said in moment.acknowledged}
    for one in failings(moment):
        failing.setdefault(one.service, []).append(one)
    return frozenset(
        name
        for name, of_it in failing.items()
        if name and any(_stands(said, name, of_it, moment) for said in moment.acknowledged)
    )


def of_failing(failing: Failing, moment: Moment) -> tuple[Acknowledgement, ...]:
    """Those about something that fails, or about its service; newest first."""
    return tuple(said for said in moment.acknowledged if _covers(said, failing))


def names(said: Acknowledgement, failing: Failing) -> bool:
    """Whether it is about this very failure."""
    return _uncounted(said.about) == _uncounted(failing.key) and failing.onset.not_after <= said.at


def failings(moment: Moment) -> tuple[Failing, ...]:
    """All that fails, by every chain."""
    found: dict[str, Failing] = {}
    for first in moment.first:
        for failing in failings_of(first):
            found.setdefault(failing.key, failing)
    return tuple(found.values())


def failings_of(first: FirstCause) -> Iterator[Failing]:
    """All that one chain goes through, and all that it may have begun with."""
    yield first.cause
    yield from (consequence.failing for consequence in first.chain)
    yield from first.candidates


def _covers(said: Acknowledgement, failing: Failing) -> bool:
    of_it = said.about in (failing.service, failing.name) and failing.onset.not_after <= said.at
    return of_it or names(said, failing)


def _uncounted(key: str) -> str:
    """A key without how many sessions there are: one more or less of them is the same trouble."""
    return _COUNT.sub("", key)


def _stands(said: Acknowledgement, service: str, failing: Sequence[Failing], moment: Moment) -> bool:
    """Whether any of these has failed since before it was made. Where nothing is known to fail of the service that it
    is about, its verdict counts."""
    if any(_covers(said, one) for one in failing):
        return True
    since = moment.since.get(unready(service))
    unexplained = said.about == service and not any(one.service == service for one in failing)
    return unexplained and since is not None and since.at <= said.at
