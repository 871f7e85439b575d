"""A course that goes on from a mark is the same as one that never stopped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from prodtui.journal.entries import packed, packed_mark, unpacked, unpacked_mark
from prodtui.model.cause import Cause, CauseClass
from prodtui.model.declared import Declared
from prodtui.model.freshness import Freshness
from prodtui.model.mark import Mark, Told
from prodtui.model.moment import Moment
from prodtui.model.reading import Answer, Reading
from prodtui.model.snapshot import Snapshot
from prodtui.readiness.standard import PLAIN
from prodtui.watch.course import Course
from prodtui.watch.marks import resumed
from prodtui.watch.past import tell_again
from tests.builders import (
    CONSUL,
    CRITICAL,
    ENVOY,
    NOW,
    PASSING,
    PAYMENTS,
    PGBOUNCER,
    PROMETHEUS,
    cluster,
    health,
    instance,
    pool,
    sli,
)
from tests.watch.courses import DECLARED, courses


def _known(snapshot: Snapshot) -> object:
    """Everything but the difference between a table that is empty and one that is absent."""
    return snapshot.at, snapshot.sources, {kind: table for kind, table in snapshot.tables.items() if table}


def _shown(moment: Moment) -> object:
    verdicts = {service.name: (service.verdict, service.score) for service in moment.assessment.services}
    streaks = dict(moment.assessment.streaks)
    return (
        _known(moment.snapshot),
        moment.events,
        moment.since,
        moment.trends,
        moment.assessment.verdict,
        verdicts,
        streaks,
        moment.views.keys(),
        moment.first,
        moment.blind,
        moment.changes,
    )


def _through_bytes(mark: Mark) -> Mark:
    return unpacked_mark(packed_mark(mark)[0])[0]


def _deltas(course: Course, told: Iterable[Told]) -> list[Told]:
    """What a journal is given while the course is told."""
    deltas: list[Told] = []
    for each in told:
        if isinstance(each, Reading):
            deltas.append(course.tell(each)[0])
        else:
            course.moment(each.at)
            deltas.append(each)
    return deltas


@given(courses(), st.integers(0, 16), st.floats(0.0, 40.0))
def test_a_mark_at_any_time_and_the_rest_tell_what_the_whole_tells(
    told: Sequence[Told], place: int, later_s: float
) -> None:
    whole = Course(DECLARED, PLAIN)
    _deltas(whole, told[:place])
    at = told[min(place, len(told)) - 1].at if told and place else NOW
    mark = _through_bytes(whole.mark(at))
    rest = _deltas(whole, told[place:])
    again = Course(DECLARED, PLAIN, mark=mark)
    body, dictionary = packed_mark(mark)
    assert unpacked_mark(body) == (mark, dictionary)
    tell_again(again, unpacked([packed(rest, dictionary)], dictionary))
    now = (told[-1].at if told else NOW) + later_s
    assert _shown(again.moment(now)) == _shown(whole.moment(now))


@given(courses())
def test_a_mark_of_a_course_that_went_on_from_one_is_the_same_mark(told: Sequence[Told]) -> None:
    course = Course(DECLARED, PLAIN)
    _deltas(course, told)
    mark = _through_bytes(course.mark(NOW))
    assert _through_bytes(Course(DECLARED, PLAIN, mark=mark).mark(NOW)) == mark


def _course() -> Course:
    course = Course(Declared(environment="test", sources=(CONSUL, PGBOUNCER)), PLAIN)
    course.tell(_read("consul", instance("payments"), health("payments", status=CRITICAL), at=NOW))
    course.tell(_read("consul", instance("payments"), health("payments", status=PASSING), at=NOW + 10))
    course.tell(_read("pgbouncer", pool(), at=NOW + 11))
    course.moment(NOW + 12)
    return course


def _read(source: str, *records: object, at: float) -> Reading:
    return Reading(source=source, at=at, latency_s=0.01, answer=Answer(records=records))  # type: ignore[arg-type]


def test_what_flapped_within_the_hour_is_in_the_mark() -> None:
    course = _course()
    course.tell(_read("consul", instance("payments"), health("payments", status=CRITICAL), at=NOW + 20))
    mark = _through_bytes(course.mark(NOW + 20))
    assert [*mark.turns.values()] == [(NOW + 20,)]
    assert Course(course.snapshot.declared, PLAIN, mark=mark).mark(NOW + 20).turns == mark.turns


def test_a_source_that_is_no_longer_declared_is_dropped_and_a_new_one_was_never_read() -> None:
    mark = _course().mark(NOW + 12)
    again = Course(Declared(environment="test", sources=(CONSUL, ENVOY)), PLAIN, mark=mark)
    moment = again.moment(NOW + 13)
    assert {source for table in moment.snapshot.tables.values() for source, _ in table} == {"consul"}
    assert moment.snapshot.sources["envoy"].read_at is None
    assert moment.snapshot.sources["consul"].read_at == NOW + 10
    assert not any(":pgbouncer:" in subject for subject in moment.since)
    again.tell(_read("envoy", cluster(), at=NOW + 14))
    assert again.moment(NOW + 15).views["payments"].clusters


def test_what_another_system_said_under_the_same_name_is_not_taken_over() -> None:
    mark = _course().mark(NOW + 12)
    other = msgspec.structs.replace(CONSUL, settings=(("url", "http://elsewhere:8500"),))
    again = Course(Declared(environment="test", sources=(other, PGBOUNCER)), PLAIN, mark=mark)
    assert again.snapshot.sources["consul"].read_at is None
    assert again.snapshot.sources["pgbouncer"].read_at == NOW + 11


def test_that_nobody_looked_while_it_was_restarted_turns_nothing() -> None:
    declared = Declared(environment="test", sources=(CONSUL, PROMETHEUS), services=(PAYMENTS,))
    course = Course(declared, PLAIN)
    course.tell(_read("consul", instance("payments"), health("payments"), at=NOW))
    course.tell(_read("prometheus", sli("payments", observed_at=NOW), at=NOW))
    before = course.moment(NOW + 1)
    began = NOW + 301
    again = Course(declared, PLAIN, mark=_through_bytes(resumed(course.mark(NOW + 1), began)))
    first = again.moment(began)
    assert (first.events, first.since, first.blind) == (before.events, before.since, before.blind)
    assert _states(first) == _states(before)
    assert {s.freshness(began) for s in first.snapshot.sources.values()} == {Freshness.STALE}
    # A mark that is kept now, and a source that does not answer at once, change nothing of it.
    again = Course(declared, PLAIN, mark=_through_bytes(again.mark(began)))
    again.tell(_read("consul", instance("payments"), health("payments"), at=began + 1))
    assert (again.moment(began + 5).events, again.moment(began + 5).since) == (before.events, before.since)
    # One that fails then is lost by its own failure; so is silence in the end.
    failed = Course(declared, PLAIN, mark=again.mark(began + 5))
    failed.tell(Reading(source="prometheus", at=began + 5, latency_s=0.1, cause=Cause(CauseClass.REFUSED, "no")))
    assert [event.name for event in failed.moment(began + 5).events if event.kind == "source"] == ["prometheus"]
    assert failed.moment(began + 5).blind[0].since == began + 5
    assert _states(failed.moment(began + 5)) != _states(before)
    assert again.moment(began + 11).snapshot.sources["prometheus"].freshness(began + 11) is Freshness.LOST


def test_a_source_that_was_lost_before_a_restart_stays_so_and_its_return_is_told() -> None:
    course = _course()
    lost = Reading(source="pgbouncer", at=NOW + 100, latency_s=0.1, cause=Cause(CauseClass.REFUSED, "no"))
    course.tell(lost)
    before = course.moment(NOW + 100)
    again = Course(course.snapshot.declared, PLAIN, mark=resumed(course.mark(NOW + 100), NOW + 160))
    first = again.moment(NOW + 160)
    assert first.events == before.events
    assert first.snapshot.sources["pgbouncer"].freshness(NOW + 160) is Freshness.LOST
    again.tell(msgspec.structs.replace(lost, at=NOW + 161))
    assert not [e for e in again.moment(NOW + 161).events if e.at > NOW + 160 and e.name == "pgbouncer"]
    again.tell(_read("pgbouncer", pool(), at=NOW + 163))
    assert [(e.before, e.after) for e in again.moment(NOW + 163).events[:1]] == [("lost", "live")]


def _states(moment: Moment) -> object:
    return {(s.name, c.id): (s.verdict, c.state) for s in moment.assessment.services for c in s.checks}


def test_since_and_events_survive_a_restart_and_what_turned_meanwhile_is_told() -> None:
    course = _course()
    before = course.moment(NOW + 12)
    subject = next(key for key in before.since if key.startswith("health:"))
    # Ten minutes later, which is past every limit of age.
    again = Course(course.snapshot.declared, PLAIN, mark=resumed(course.mark(NOW + 12), NOW + 612))
    first = again.moment(NOW + 612)
    assert first.events == before.events
    assert first.since[subject].at == NOW + 10
    again.tell(_read("pgbouncer", pool(), at=NOW + 613))
    again.tell(_read("consul", instance("payments"), health("payments", status=PASSING), at=NOW + 613))
    assert again.moment(NOW + 613).events == before.events
    again.tell(_read("consul", instance("payments"), health("payments", status=CRITICAL), at=NOW + 615))
    assert again.moment(NOW + 615).events[0].before == "passing"
    assert again.moment(NOW + 615).since[subject].at == NOW + 615
