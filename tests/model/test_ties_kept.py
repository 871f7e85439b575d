"""Ties kept as readings come are those of a fresh look."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from prodtui.model.declared import Declared, DeclaredService
from prodtui.model.evidence import AlertRule, DatabaseRole
from prodtui.model.reading import Answer, Reading
from prodtui.model.records import Alert, AnyRecord, Service
from prodtui.model.snapshot import empty, fold
from prodtui.model.ties import Ties
from tests.builders import CONSUL, NOW, PGBOUNCER, POSTGRES, PROMETHEUS, breaker, health, instance, pool, server, sli

NAMES = st.sampled_from(["a", "b", "c"])
DECLARED = Declared(
    environment="test",
    sources=(CONSUL, PGBOUNCER, POSTGRES, PROMETHEUS),
    services=(
        DeclaredService(name="a", pools=("c", "b"), metrics_label="b"),
        DeclaredService(name="b", databases=("shop",)),
    ),
)
RECORDS: dict[str, st.SearchStrategy[AnyRecord]] = {
    "consul": st.one_of(
        st.builds(Service, name=NAMES),
        st.builds(instance, NAMES, st.integers(1, 2), node=st.sampled_from(["n1", "n2"])),
        st.builds(health, NAMES, st.integers(1, 2)),
        st.builds(lambda node: health("", 1, node=node, instance=""), st.sampled_from(["n1", "n2"])),
    ),
    "pgbouncer": st.builds(pool, NAMES, database=st.sampled_from(["shop", "c"]), used=st.integers(0, 3)),
    "postgres": st.one_of(
        st.builds(server, databases=st.sampled_from([("shop",), ("c", "shop"), ()]), exhausted=st.booleans()),
        st.builds(DatabaseRole, server=st.just("pg"), database=st.sampled_from(["shop", "c"]), role=NAMES),
    ),
    "prometheus": st.one_of(
        st.builds(sli, NAMES),
        st.builds(breaker, NAMES, NAMES),
        st.builds(Alert, name=st.just("A"), label=st.sampled_from(["a", "b", ""])),
        st.builds(
            AlertRule,
            name=st.just("R"),
            group=st.just("g"),
            services=st.sampled_from([None, (), ("a",), ("b", "c")]),
        ),
    ),
}
READINGS = st.lists(
    st.sampled_from(sorted(RECORDS)).flatmap(
        lambda source: st.builds(
            Reading,
            source=st.just(source),
            at=st.just(NOW),
            latency_s=st.just(0.1),
            answer=st.builds(
                Answer,
                records=st.lists(RECORDS[source], max_size=6, unique_by=lambda r: (type(r), r.key)).map(tuple),
                keyframe=st.booleans(),
            ),
        )
    ),
    max_size=7,
)


@given(READINGS)
@settings(max_examples=150, deadline=None)
def test_renewing_what_a_reading_touched_is_as_good_as_tying_everything_anew(readings: list[Reading]) -> None:
    snapshot = empty(DECLARED)
    kept = Ties(snapshot)
    for reading in readings:
        snapshot, changes = fold(snapshot, reading)
        kept.renew(kept.after(snapshot, changes))
    anew = Ties(snapshot)
    assert list(kept.views) == list(anew.views)
    assert kept.unmatched() == anew.unmatched()
    for name, view in anew.views.items():
        for field in msgspec.structs.fields(view):
            if field.name != "planes":
                assert _records(getattr(kept.views[name], field.name)) == _records(getattr(view, field.name)), (
                    field.name
                )


def _records(value: object) -> object:
    """What is said, without the states of the sources: those of an untouched view are older."""
    if isinstance(value, tuple) and value and hasattr(value[0], "record"):
        return sorted((said.source.name, msgspec.json.encode(said.record)) for said in value)
    return value
