"""What broke first over a stretch: the certain causes first, what they explain told once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from prodtui.model.incident import Confidence, Consequence, EntityKind, Failing, FirstCause, Onset
from prodtui.reports.incident.causes import Causes
from prodtui.reports.incident.markdown import first_cause
from tests.reports.incident.stretches import CHAIN, LOCK, POOL
from tests.ui.moments import START

ONSET = Onset(at=START + 640, not_after=START + 650)
INSTANCE = Failing(
    kind=EntityKind.INSTANCE, name="payments-1", what="503", onset=ONSET, service="payments"
)  # fmt: skip
SERVICE = Failing(
    kind=EntityKind.SERVICE, name="payments", what="all 2 instances: 503", onset=ONSET, service="payments"
)  # fmt: skip


def provisional(*candidates: Failing) -> FirstCause:
    return FirstCause(cause=candidates[0], confidence=Confidence.UNCLEAR, candidates=candidates)


def certain(cause: Failing, *follow: Failing) -> FirstCause:
    return FirstCause(cause=cause, chain=tuple(Consequence(one, cause.key) for one in follow))


def told(*moments: Iterable[FirstCause]) -> list[FirstCause]:
    causes = Causes()
    for number, moment in enumerate(moments):
        causes.take(moment, START + 660 + number)
    return list(causes.found)


def test_a_provisional_cause_is_forgotten_once_a_certain_chain_explains_it() -> None:
    assert told([provisional(POOL)], [CHAIN]) == [CHAIN]
    assert told([provisional(LOCK, POOL)], [CHAIN]) == [CHAIN]


def test_an_instance_told_alone_is_explained_as_one_of_its_service() -> None:
    chain = certain(LOCK, POOL, SERVICE)
    assert told([provisional(INSTANCE)], [provisional(POOL)], [chain]) == [chain]


def test_a_certain_cause_is_superseded_by_the_chain_that_it_follows_in() -> None:
    assert told([certain(POOL, SERVICE)], [CHAIN]) == [CHAIN]


def test_what_is_left_of_a_cause_that_is_over_is_no_cause() -> None:
    assert told([CHAIN], [certain(POOL), provisional(POOL)]) == [CHAIN]


def test_the_same_thing_that_breaks_again_later_is_another_cause() -> None:
    later = Onset(at=START + 900, not_after=START + 901)
    again = certain(msgspec.structs.replace(POOL, onset=later))
    causes = Causes()
    causes.take([CHAIN], START + 660)
    causes.take([again], START + 902)
    assert list(causes.found) == [CHAIN, again]


def test_certain_causes_come_before_provisional_ones() -> None:
    alone = provisional(msgspec.structs.replace(INSTANCE, name="catalog-1", service="catalog"))
    assert told([alone], [CHAIN, alone]) == [CHAIN, alone]


def test_a_cause_is_told_as_it_was_and_not_that_it_is_over() -> None:
    over = msgspec.structs.replace(CHAIN, cause=msgspec.structs.replace(LOCK, what="holds a lock (over)"))
    assert told([CHAIN], [over]) == [CHAIN]


def test_one_candidate_is_no_choice() -> None:
    text = "\n".join(first_cause(provisional(INSTANCE)))
    assert text.startswith("Not certain yet:")
    assert "instance payments-1 503" in text
    assert "candidate" not in text
    assert "any of" not in text


def test_a_chain_is_told_once() -> None:
    assert "\n".join(first_cause(CHAIN)).count("payments-db 34 waiting") == 1


def test_of_several_sessions_the_one_that_leads_to_them_is_named() -> None:
    several = msgspec.structs.replace(
        LOCK, name="10 sessions of report", what="hold payments-db", subject="session:postgres:postgres/4121"
    )
    assert "session 10 sessions of report hold payments-db, pid 4121 among them" in "\n".join(
        first_cause(certain(several))
    )
