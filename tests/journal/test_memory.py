"""The journal gives back what was known at any time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodtui.journal.memory import MemoryJournal
from prodtui.model.cause import Cause, CauseClass
from prodtui.model.declared import Declared, DeclaredSource
from prodtui.model.reading import Answer, Reading, Removed
from prodtui.model.records import HealthCheck, HealthStatus, Plane, Service
from prodtui.model.snapshot import Snapshot, empty, fold, thinned

DECLARED = Declared(
    environment="test",
    sources=(
        DeclaredSource(name="registry", kind="consul", plane=Plane.REGISTRY),
        DeclaredSource(name="other", kind="consul", plane=Plane.REGISTRY),
    ),
)
statuses = st.sampled_from(HealthStatus)
names = st.sampled_from(["a", "b", "c"])
checks = st.builds(lambda i, s: HealthCheck(id=i, name=i, node="n", service="s", status=s), names, statuses)
services = st.builds(lambda n: Service(name=n), names)
records = st.lists(st.one_of(checks, services), max_size=5, unique_by=lambda r: (type(r), r.key)).map(tuple)
answers = st.builds(
    Answer,
    records=records,
    keyframe=st.booleans(),
    removed=st.lists(st.builds(Removed, st.just("health"), names.map(lambda n: f"n/{n}")), max_size=2).map(tuple),
)
causes = st.builds(Cause, st.sampled_from(CauseClass), st.just("no"))


@st.composite
def courses(draw: st.DrawFn) -> list[Reading]:
    outcomes = draw(
        st.lists(st.tuples(st.sampled_from(["registry", "other"]), st.one_of(answers, causes)), max_size=12)
    )
    return [
        Reading(
            source=source,
            at=100.0 + i,
            latency_s=0.1,
            answer=outcome if isinstance(outcome, Answer) else None,
            cause=outcome if isinstance(outcome, Cause) else None,
        )
        for i, (source, outcome) in enumerate(outcomes)
    ]


def _folded(readings: list[Reading]) -> Snapshot:
    snapshot = empty(DECLARED)
    for reading in readings:
        snapshot, _ = fold(snapshot, reading)
    return snapshot


@given(courses(), st.integers(0, 12))
def test_a_journal_of_deltas_tells_every_past_moment_as_it_was(course: list[Reading], then: int) -> None:
    journal = MemoryJournal(DECLARED)
    snapshot = empty(DECLARED)
    for reading in course:
        snapshot, changes = fold(snapshot, reading)
        journal.append(thinned(reading, changes))
    assert _same(journal.at(100.0 + then), _folded(course[: then + 1]))


@given(courses(), st.floats(0.5, 10))
def test_what_is_dropped_from_the_tail_is_still_known(course: list[Reading], keep_s: float) -> None:
    journal = MemoryJournal(DECLARED, keep_s=keep_s)
    for reading in course:
        journal.append(reading)
    assert _same(journal.at(1e9), _folded(course))
    assert all(r.at >= course[-1].at - keep_s for r in journal.tail(0.0))


def test_a_tail_starts_after_the_time_asked_for() -> None:
    journal = MemoryJournal(DECLARED)
    for at in (1.0, 2.0, 3.0):
        journal.append(Reading(source="registry", at=at, latency_s=0.0, answer=Answer()))
    assert [r.at for r in journal.tail(1.0)] == [2.0, 3.0]


def _same(one: Snapshot, other: Snapshot) -> bool:
    """Equal, but for tables that are empty on one side and absent on the other."""
    return one.sources == other.sources and {k: t for k, t in one.tables.items() if t} == {
        k: t for k, t in other.tables.items() if t
    }
