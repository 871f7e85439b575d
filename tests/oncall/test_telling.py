"""One message for one incident, one when it is over, and none for what the incident explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from prodtui.model.declared import DeclaredService
from prodtui.model.mark import Looked, Told
from prodtui.model.notice import About, Notice, Severity
from prodtui.model.records import Session
from prodtui.oncall.state import State, adopted, state_of
from prodtui.oncall.telling import HOLD_S, PATIENCE_S, SURE_S, told
from prodtui.readiness.standard import PLAIN
from prodtui.reports.incident.words import lasted
from prodtui.watch.course import Course
from tests.builders import CRITICAL, health, pool, registered, sli, target
from tests.oncall.hearing import Ear, production
from tests.oncall.ills import exhausted, full, ill, well
from tests.watch.courses import DECLARED, courses


def test_nothing_is_said_while_all_is_well() -> None:
    assert Ear().after(production(), 60) == ()


def test_one_message_for_an_incident_that_takes_two_services_down() -> None:
    ear, course = Ear(), production()
    (notice,) = ear.after(exhausted(course), 120)
    assert notice.about is About.FIRST_CAUSE
    assert notice.severity is Severity.CRITICAL
    assert "payments-db 34 waiting" in notice.title
    assert set(notice.services) == {"payments", "checkout"}
    assert any(line.startswith("follows: ") for line in notice.lines)


def test_its_recovery_comes_once_its_services_are_well_for_a_minute_and_names_it() -> None:
    ear, course = Ear(), production()
    (opening,) = ear.after(exhausted(course), 60)
    (recovery,) = ear.after(well(course), 300)
    assert recovery.recovered
    assert recovery.incident == opening.incident
    assert recovery.title.startswith("over after ")
    assert "payments-db" in recovery.title
    assert recovery.at - opening.at > HOLD_S
    assert any(line.startswith("now: payments ") for line in recovery.lines)
    began, over = (datetime.fromisoformat(line.partition(": ")[2]).timestamp() for line in recovery.lines[:2])
    assert recovery.title.startswith(f"over after {lasted(over - began)}: ")
    assert recovery.at - over >= HOLD_S


def test_what_is_critical_and_certain_is_told_sooner_than_what_may_be_nothing() -> None:
    ear, course = Ear(), exhausted(production())
    began = course.now
    (notice,) = ear.after(course, 60)
    assert SURE_S <= notice.at - began < PATIENCE_S


def test_who_is_behind_a_full_pool_is_named_though_it_shows_a_few_readings_later() -> None:
    ear, course = Ear(), exhausted(production())
    assert ear.after(course, 4) == ()
    sessions = [
        Session(
            server="postgres",
            pid=4100 + number,
            database="payments",
            application="month-end-report",
            state="idle in transaction",
            transaction_at=course.now - 20,
        )
        for number in range(18)
    ]
    course.tell("postgres", *sessions)
    (notice,) = ear.after(course, 60)
    assert notice.title.startswith("18 sessions of month-end-report hold payments-db idle in transaction → payments-db")


def test_what_is_not_certain_is_told_as_unclear_once_patience_ends() -> None:
    ear, course = Ear(), production()
    course.tell("consul", health("payments", 1, CRITICAL, output=""))
    began = course.now
    first, *worse = ear.after(course, 60)
    assert first.at - began >= PATIENCE_S or first.severity is Severity.CRITICAL
    assert all(one.severity.weight > first.severity.weight for one in worse)


def test_a_told_verdict_that_an_incident_makes_worse_is_told_with_the_incident_alone() -> None:
    ear, course = Ear(), production()
    ear.after(course, 60)
    course.tell("prometheus", sli("checkout", p99_s=None, observed_at=course.now + 1))
    (unknown,) = ear.after(course, 90)
    assert (unknown.about, unknown.severity) == (About.VERDICT, Severity.ERROR)
    (notice,) = ear.after(exhausted(course), 120)
    assert (notice.about, notice.severity) == (About.FIRST_CAUSE, Severity.CRITICAL)


def test_an_instance_that_others_stand_in_for_is_a_warning_that_waits() -> None:
    ear, course = Ear(), production()
    course.tell("consul", *registered("payments", 5))
    ear.after(course, 60)
    course.tell("consul", ill(1))
    began = course.now
    (notice,) = ear.after(course, 60)
    assert notice.at - began >= PATIENCE_S - 2
    assert notice.services == ("payments",)


def test_forty_callers_of_a_service_that_is_down_make_one_message() -> None:
    names = [f"caller-{number}" for number in range(40)]
    callers = [DeclaredService(name=name, depends_on=("payments",)) for name in names]
    ear, course = Ear(), production(*callers)
    course.tell("consul", *(record for name in names for record in registered(name, 2)))
    course.tell("prometheus", *(sli(name, observed_at=course.now + 1) for name in names))
    course.tell("prometheus", *(target(name, number) for name in names for number in (1, 2)))
    assert ear.after(course, 60) == ()
    exhausted(course)
    slow = [sli(name, p99_s=2.3, error_ratio=0.4, observed_at=course.now + 1) for name in names]
    course.tell("prometheus", *slow)
    (notice,) = ear.after(course, 200)
    assert len(notice.services) == 42
    assert len(notice.lines) < 40


def test_a_lost_source_is_one_message_and_what_it_leaves_unknown_is_none() -> None:
    ear, course = Ear(), production()
    (notice,) = ear.after(course, 80, "prometheus")
    assert notice.about is About.SOURCE
    assert notice.title.startswith("source prometheus is lost: prometheus refused")
    assert "latency and errors" in notice.lines[1]
    (recovery,) = ear.after(course, 120)
    assert recovery.incident == notice.incident


def test_a_database_that_is_the_cause_is_no_lost_source_besides() -> None:
    ear, course = Ear(), production()
    exhausted(course).tell("pgbouncer", pool(used=0, idle=0, waiting=34, max_wait_s=20.0))
    ear.after(course, 80, "postgres")
    causes = [one for one in ear.heard if one.about is About.FIRST_CAUSE]
    lost = [one for one in ear.heard if one.about is About.SOURCE]
    assert causes
    assert not lost or all("postgres" not in " ".join(one.entities) for one in causes)


def test_an_incident_whose_own_source_is_lost_is_not_over() -> None:
    ear, course = Ear(), production()
    ear.after(exhausted(course), 30)
    ear.after(course, 900, "pgbouncer")
    assert not any(one.recovered and one.about is About.FIRST_CAUSE for one in ear.heard)


def test_whoever_starts_in_the_middle_goes_on_from_what_was_told() -> None:
    ear, course = Ear(), production()
    (opening,) = ear.after(exhausted(course), 60)
    late = Ear(state_of([opening]))
    assert late.after(course, 60) == ()
    (recovery,) = late.after(well(course), 300)
    assert recovery.incident == opening.incident


def test_whoever_starts_anew_knows_how_often_something_was_over_lately() -> None:
    ear, course = Ear(), production()
    for _ in range(3):
        ear.after(exhausted(course), 30, every_s=10)
        ear.after(well(course), 1200, every_s=20)
    assert [one.times for one in ear.state.over.values()] == [3]
    late = Ear(state_of(ear.heard))
    assert late.state == ear.state
    (again,) = late.after(exhausted(course), 30)
    assert again.title.startswith("again, after 3 times: ")


def test_whoever_starts_in_the_middle_and_knows_nothing_gives_the_same_id() -> None:
    ear, course = Ear(), production()
    (opening,) = ear.after(exhausted(course), 60)
    (again,) = Ear().after(course, 60)
    assert again.id == opening.id


def test_who_names_another_cause_of_what_was_told_goes_on_with_that() -> None:
    """Two that poll apart: one saw the session behind the pool, the other did not."""
    ear, course = Ear(), production()
    (opening,) = ear.after(exhausted(course), 60)
    key = "session:pid 4121"
    other = msgspec.structs.replace(
        opening, id="x.3", incident="x", roots=(key,), entities=(key, *opening.roots), severity=Severity.ERROR
    )
    state, mine = adopted(ear.state, opening, [other])
    assert mine.incident == "x"
    assert mine.id == "x.3"
    late = Ear(state)
    (recovery,) = late.after(well(course), 300)
    assert recovery.id == "x.0"


def test_a_state_is_plain_values() -> None:
    ear = Ear()
    ear.after(exhausted(production()), 60)
    assert msgspec.json.decode(msgspec.json.encode(ear.state), type=State) == ear.state


@settings(max_examples=8)
@given(bad_s=st.integers(5, 300), good_s=st.integers(5, 300))
def test_a_flapping_check_is_told_of_a_bounded_number_of_times(bad_s: int, good_s: int) -> None:
    ear, course = Ear(), production()
    began = course.now
    while course.now - began < 3 * 3600:
        ear.after(course.tell("pgbouncer", full()), bad_s, every_s=max(10.0, bad_s / 4))
        ear.after(course.tell("pgbouncer", pool()), good_s, every_s=max(10.0, good_s / 4))
    incidents = Counter(one.incident for one in ear.heard)
    # It is held for 1, 2, 4, … 60 minutes before it is over: seven times in the first two hours.
    assert len(incidents) <= 9


def _moments(course: Sequence[Told]) -> Ear:
    """What is heard of a course, looked at after every reading; at its end all sources say that all is well."""
    ear, watched = Ear(), Course(DECLARED, PLAIN)
    for one in course:
        if not isinstance(one, Looked):
            watched.tell(one)
        ear.hear(watched.moment(one.at))
    return ear


@given(courses())
def test_no_course_makes_two_notices_of_one_id(course: Sequence[Told]) -> None:
    ids = [one.id for one in _moments(course).heard]
    assert len(ids) == len(set(ids))


@given(courses())
def test_what_is_told_of_a_course_is_the_same_however_often_one_starts_anew(course: Sequence[Told]) -> None:
    """A restart after each moment, with nothing but what was told: no incident opens twice without an end between."""
    watched, told_so_far = Course(DECLARED, PLAIN), list[Notice]()
    for one in course:
        if not isinstance(one, Looked):
            watched.tell(one)
        _, notices = told(state_of(told_so_far), watched.moment(one.at))
        told_so_far += notices
    open_now: set[str] = set()
    for notice in told_so_far:
        if notice.recovered:
            open_now.remove(notice.incident)
        elif notice.id.endswith(f".{notice.severity.weight}"):
            open_now.add(notice.incident)
