"""The fold of readings: what is known after each."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.declared import Declared
from prodtui.model.reading import About, Answer, Reading, Removed
from prodtui.model.records import AnyRecord, Instance, Pool, Record
from prodtui.model.snapshot import RECORDS, Snapshot, empty, fold, thinned
from prodtui.model.subject import parts, subject
from tests.builders import CONSUL, NOW, PGBOUNCER, instance, pool

DECLARED = Declared(environment="test", sources=(CONSUL, PGBOUNCER))


def read(
    source: str, *records: AnyRecord, at: float = NOW, keyframe: bool = True, removed: tuple[Removed, ...] = ()
) -> Reading:
    return Reading(
        source=source, at=at, latency_s=0.1, answer=Answer(records=records, keyframe=keyframe, removed=removed)
    )


def failed(source: str, at: float) -> Reading:
    return Reading(source=source, at=at, latency_s=0.1, cause=Cause(CauseClass.REFUSED, "refused"), next_at=at + 4)


def folded(*readings: Reading) -> Snapshot:
    snapshot = empty(DECLARED)
    for reading in readings:
        snapshot, _ = fold(snapshot, reading)
    return snapshot


def test_before_any_reading_every_source_is_never_read() -> None:
    assert {name: state.read_at for name, state in empty(DECLARED).sources.items()} == {
        "consul": None,
        "pgbouncer": None,
    }


def test_a_keyframe_replaces_all_that_its_source_said_and_nothing_else() -> None:
    snapshot = folded(read("consul", instance("a"), instance("b")), read("pgbouncer", pool()))
    after, changes = fold(snapshot, read("consul", instance("b"), instance("c")))
    assert [record.service for record in after.of(Instance).values()] == ["b", "c"]
    assert after.tables[Pool] is snapshot.tables[Pool]
    assert [(c.before and c.before.key, c.after and c.after.key) for c in changes] == [
        (None, "lab/c-1"),
        ("lab/a-1", None),
    ]


def test_a_delta_changes_only_what_it_names() -> None:
    snapshot = folded(read("consul", instance("a"), instance("b")))
    gone = Removed("instance", "lab/a-1")
    after, changes = fold(snapshot, read("consul", instance("b", version="2"), keyframe=False, removed=(gone,)))
    assert [(r.service, r.version) for r in after.of(Instance).values()] == [("b", "2")]
    assert len(changes) == 2


def test_two_sources_may_use_the_same_key() -> None:
    snapshot = folded(read("consul", instance("a")), read("pgbouncer", instance("a")))
    assert len(snapshot.of(Instance)) == 2
    after, _ = fold(snapshot, read("consul"))
    assert list(after.of(Instance)) == [("pgbouncer", "lab/a-1")]


def test_the_same_again_changes_nothing() -> None:
    snapshot = folded(read("consul", instance("a")))
    after, changes = fold(snapshot, read("consul", instance("a"), at=NOW + 2))
    assert changes == ()
    assert after.tables is snapshot.tables
    assert after.sources["consul"].read_at == NOW + 2


def test_a_failure_keeps_the_last_values_and_marks_the_source() -> None:
    snapshot = folded(read("consul", instance("a")), failed("consul", NOW + 2), failed("consul", NOW + 4))
    state = snapshot.sources["consul"]
    assert len(snapshot.of(Instance)) == 1
    assert (state.read_at, state.tried_at, state.failing_since, state.next_at) == (NOW, NOW + 4, NOW + 2, NOW + 8)
    assert (state.requests, state.failures) == (3, 2)
    assert state.cause == Cause(CauseClass.REFUSED, "refused")
    recovered, _ = fold(snapshot, read("consul", instance("a"), at=NOW + 6))
    assert recovered.sources["consul"].cause is None
    assert recovered.sources["consul"].failing_since is None


def test_a_delta_without_about_keeps_what_the_source_said_of_itself() -> None:
    about = Reading(source="consul", at=NOW, latency_s=0, answer=Answer(about=About(version="1.8.7")))
    snapshot = folded(about, read("consul", keyframe=False))
    assert snapshot.sources["consul"].about.version == "1.8.7"


def test_time_never_goes_back() -> None:
    assert folded(read("consul", at=NOW), read("pgbouncer", at=NOW - 5)).at == NOW


def test_a_source_that_is_not_declared_is_refused() -> None:
    with pytest.raises(KeyError):
        fold(empty(DECLARED), read("elsewhere"))


RECORD = st.one_of(
    st.builds(lambda name, version: instance(name, version=version), st.sampled_from("abcd"), st.sampled_from("12")),
    st.builds(lambda name, used: pool(name, used=used), st.sampled_from("abcd"), st.integers(0, 2)),
)
REMOVED = st.builds(lambda record: Removed(str(record.__struct_config__.tag), record.key), RECORD)
ANSWERS = st.builds(
    Answer,
    records=st.lists(RECORD, max_size=5, unique_by=lambda r: (type(r), r.key)).map(tuple),
    removed=st.lists(REMOVED, max_size=2).map(tuple),
    keyframe=st.booleans(),
)
READINGS = st.lists(
    st.builds(
        Reading,
        source=st.sampled_from(["consul", "pgbouncer"]),
        at=st.just(NOW),
        latency_s=st.just(0.1),
        answer=ANSWERS,
    ),
    max_size=8,
)


def plainly(readings: list[Reading]) -> dict[tuple[type[Record], str, str], AnyRecord]:
    """The same fold as one dictionary, as simply as it can be said."""
    known: dict[tuple[type[Record], str, str], AnyRecord] = {}
    for reading in readings:
        answer = reading.answer
        assert answer is not None
        told = {(type(record), reading.source, record.key): record for record in answer.records}
        gone = {(RECORDS[r.record], reading.source, r.key) for r in answer.removed}
        known = {
            key: record
            for key, record in known.items()
            if not (key[1] == reading.source and answer.keyframe) and (key not in gone or key in told)
        } | told
    return known


@given(READINGS)
@settings(max_examples=60, deadline=None)
def test_the_fold_is_what_was_said_last(readings: list[Reading]) -> None:
    snapshot = folded(*readings)
    known = {(kind, source, key): r for kind, table in snapshot.tables.items() for (source, key), r in table.items()}
    assert known == plainly(readings)


@given(READINGS)
@settings(max_examples=60, deadline=None)
def test_a_thinned_reading_folds_to_the_same(readings: list[Reading]) -> None:
    whole = thin = empty(DECLARED)
    for reading in readings:
        whole, changes = fold(whole, reading)
        thin, again = fold(thin, thinned(reading, changes))
        assert again == changes
        assert {k: dict(t) for k, t in thin.tables.items() if t} == {k: dict(t) for k, t in whole.tables.items() if t}


@given(READINGS)
@settings(max_examples=30, deadline=None)
def test_readings_survive_being_written_down(readings: list[Reading]) -> None:
    for reading in readings:
        assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading


def test_a_subject_names_a_record_and_its_source() -> None:
    key = subject("consul", instance("a", node="n:1"))
    assert parts(key) == ("instance", "consul", "n:1/a-1")
