"""Until when what somebody has acknowledged is acknowledged."""

from __future__ import annotations

import msgspec

from prodtui.model.assessment import Verdict
from prodtui.model.incident import Acknowledgement
from prodtui.model.moment import Moment
from prodtui.timeline import acknowledged
from tests.builders import PASSING, health, sli
from tests.reports.incident.stretches import stretch
from tests.timeline.course import Told, healthy, ill, only
from tests.ui import moments


def _seen(told: Told, about: str = "payments") -> Acknowledgement:
    return Acknowledgement(at=told.now, by="ana", about=about, note="on it")


def _with(said: Acknowledgement, told: Told) -> Moment:
    return _of(told.moment, said)


def _of(moment: Moment, said: Acknowledgement) -> Moment:
    return msgspec.structs.replace(moment, acknowledged=(said,))


def test_an_acknowledgement_lasts_while_what_it_is_of_fails() -> None:
    told = ill(healthy(), 1, 2)
    for about in ("payments", only(told).cause.key):
        said = _seen(told, about)
        moment = _with(said, told.wait(5.0))
        assert acknowledged.of_failing(only(told).cause, moment) == acknowledged.standing(moment) == (said,)
        assert acknowledged.of_service("payments", moment) == (said,)
        assert acknowledged.services(moment) == {"payments"}


def test_what_fails_again_after_it_was_well_is_not_acknowledged() -> None:
    told = ill(healthy(), 1, 2)
    seen = [_seen(told, about) for about in ("payments", only(told).cause.key)]
    for _ in range(20):
        told.tell("consul", *(health("payments", number, PASSING) for number in (1, 2))).again()
        told.tell("prometheus", *(sli(name, observed_at=told.now) for name in ("payments", "checkout")))
        assert told.moment
    assert told.moment.first == ()
    ill(told, 1, 2)
    for said in seen:
        moment = _with(said, told)
        assert acknowledged.of_failing(only(told).cause, moment) == acknowledged.of_service("payments", moment) == ()
        assert acknowledged.services(moment) == set()
        assert acknowledged.standing(moment) == ()


def test_where_nothing_is_known_to_fail_the_verdict_says_until_when() -> None:
    moments_of = [msgspec.structs.replace(moment, first=()) for moment in stretch()]
    moment, over = moments_of[1], moments_of[-1]
    since = moment.since[acknowledged.unready("payments")]
    said = Acknowledgement(at=moment.now, by="ana", about="payments", note="on it")
    assert acknowledged.of_service("payments", _of(moment, said)) == (said,)
    early = msgspec.structs.replace(said, at=since.at - 1.0)
    assert acknowledged.of_service("payments", _of(moment, early)) == ()
    assert acknowledged.unready("payments") not in over.since
    assert acknowledged.of_service("payments", _of(over, said)) == ()


def test_a_worse_verdict_of_the_same_trouble_is_no_other_one() -> None:
    shop = moments.ill_shop()
    before = shop.moment()
    shop.now += 600.0
    after = shop.moment()
    verdicts = [found.verdict for moment in (before, after) if (found := moment.assessment.service("payments"))]
    assert verdicts == [Verdict.NOT_READY, Verdict.INCONCLUSIVE]
    name = acknowledged.unready("payments")
    assert before.since["verdict:payments"] != after.since["verdict:payments"]
    assert before.since[name] == after.since[name]
