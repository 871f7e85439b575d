"""Courses as hypothesis draws them: readings of several planes, looked at now and then."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.declared import Declared
from prodtui.model.mark import Looked, Told
from prodtui.model.reading import Answer, Reading, Removed
from prodtui.model.records import AnyRecord, HealthStatus
from tests.builders import CHECKOUT, CONSUL, PAYMENTS, PGBOUNCER, PROMETHEUS, health, instance, pool, sli

DECLARED = Declared(environment="test", sources=(CONSUL, PGBOUNCER, PROMETHEUS), services=(PAYMENTS, CHECKOUT))
BEGINS = 1_000_000.0

services = st.sampled_from(["payments", "checkout", "ledger"])
numbers = st.integers(1, 2)
registered = st.one_of(
    st.builds(lambda s, n, v: instance(s, n, version=v), services, numbers, st.sampled_from(["1.0", "1.1"])),
    st.builds(health, services, numbers, st.sampled_from(HealthStatus)),
)
pools = st.builds(lambda used, waiting: pool(used=used, waiting=waiting), st.sampled_from([2, 20]), st.integers(0, 9))
slis = st.builds(
    lambda s, p99, errors: sli(s, p99_s=p99, error_ratio=errors, observed_at=None),
    services,
    st.sampled_from([0.04, 0.3, 3.0]),
    st.sampled_from([0.0, 0.2]),
)
gone = st.builds(lambda s, n: Removed("health", health(s, n).key), services, numbers)
causes = st.builds(Cause, st.sampled_from(CauseClass), st.just("no"))


def _answers(records: st.SearchStrategy[AnyRecord]) -> st.SearchStrategy[Answer]:
    some = st.lists(records, max_size=4, unique_by=lambda record: (type(record), record.key)).map(tuple)
    return st.builds(Answer, records=some, keyframe=st.booleans(), removed=st.lists(gone, max_size=1).map(tuple))


_SAID = st.one_of(
    st.tuples(st.just("consul"), st.one_of(_answers(registered), causes)),
    st.tuples(st.just("pgbouncer"), st.one_of(_answers(pools), causes)),
    st.tuples(st.just("prometheus"), st.one_of(_answers(slis), causes)),
    st.none(),
)


@st.composite
def courses(draw: st.DrawFn) -> Sequence[Told]:
    """Readings and looks (None), between half a second and half a minute apart."""
    told: list[Told] = []
    at = BEGINS
    for said in draw(st.lists(_SAID, max_size=16)):
        at += draw(st.sampled_from([0.5, 2.0, 10.0, 30.0]))
        if said is None:
            told.append(Looked(at))
            continue
        source, outcome = said
        answer = outcome if isinstance(outcome, Answer) else None
        cause = outcome if isinstance(outcome, Cause) else None
        told.append(Reading(source=source, at=at, latency_s=0.1, answer=answer, cause=cause))
    return told
