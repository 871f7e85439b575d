"""k6's counters, as ticks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.load.scenario import BOUNDS_MS
from prodtui.load.told import Counted, counted, numbers, quantile, tick
from prodtui.model.load import Tick
from tests.builders import NOW

BOUNDS = (10.0, 20.0, 40.0)


def at(second: float, **fields: object) -> Counted:
    return Counted(at=NOW + second, **fields)  # type: ignore[arg-type]


def test_a_second_is_what_happened_between_two_looks() -> None:
    before = at(1, requests=100, failed=0.0, users=5, took=(100.0, 0.0, 0.0, 0.0))
    now = at(3, requests=300, failed=50.0, users=7, took=(100.0, 100.0, 0.0, 0.0))
    told = tick(before, now, NOW, BOUNDS)
    assert (told.at, told.elapsed_s, told.users, told.requests) == (NOW + 3, 3.0, 7, 300)
    assert (told.rate_per_s, told.error_ratio) == (100.0, 0.25)
    assert told.p50_s == pytest.approx(0.0141, rel=0.01)
    assert told.p99_s is not None
    assert 0.0198 < told.p99_s <= 0.02


def test_so_far_is_of_all() -> None:
    found = numbers(at(4, requests=300, failed=3.0, took=(290.0, 0.0, 0.0, 10.0)), NOW, BOUNDS)
    assert (found.requests, found.error_ratio, found.rate_per_s) == (300, 0.01, 75.0)
    assert found.p50_s is not None
    assert found.p50_s < 0.01
    assert found.p99_s == 0.04


def test_what_nobody_measured_is_unknown() -> None:
    told = tick(at(0), at(1), NOW, BOUNDS)
    assert told == Tick(
        at=NOW + 1, elapsed_s=1.0, users=None, requests=0, rate_per_s=0.0, p50_s=None, p95_s=None, p99_s=None,
        error_ratio=None,
    )  # fmt: skip
    assert numbers(at(1), NOW, BOUNDS).rate_per_s is None


def test_of_a_script_of_the_users_k6_tells_two_quantiles_of_the_whole_run() -> None:
    samples = {"http_reqs": {"count": 10.0}, "http_req_duration": {"med": 12.0, "p(95)": 80.0, "avg": 20.0}}
    told = tick(at(0), counted(samples, NOW + 1, 0), NOW, ())
    assert (told.p50_s, told.p95_s, told.p99_s) == (0.012, 0.08, None)


def test_the_counters_are_found_by_their_names() -> None:
    samples = {"http_reqs": {"count": 40.0, "rate": 4.0}, "http_req_failed": {"rate": 0.25}, "vus": {"value": 3.0}}
    found = counted({**samples, "took_1": {"count": 8.0}}, NOW, 2)
    assert found == Counted(at=NOW, requests=40, failed=10.0, users=3, took=(0.0, 8.0, 0.0))
    assert counted({**samples, "vus": {"value": 0.0}}, NOW, 2).users is None
    assert counted({}, NOW, 2) == Counted(at=NOW, took=(0.0, 0.0, 0.0))


@given(st.lists(st.floats(0.6, 60_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_is_right_within_its_bucket(durations_ms: list[float], share: float) -> None:
    took = [0.0] * (len(BOUNDS_MS) + 1)
    for duration in durations_ms:
        took[next(n for n, bound in enumerate(BOUNDS_MS) if duration <= bound)] += 1
    exact = sorted(durations_ms)[max(0, -(-int(share * len(durations_ms) * 1000) // 1000) - 1)]
    told = quantile(took, BOUNDS_MS, share)
    assert told is not None
    place = next(n for n, bound in enumerate(BOUNDS_MS) if exact <= bound)
    lowest = BOUNDS_MS[place - 2] if place > 1 else 0.0
    assert lowest <= told * 1000 <= BOUNDS_MS[min(place + 1, len(BOUNDS_MS) - 1)] or len(durations_ms) < 100
    assert min(durations_ms) / 2 <= told * 1000 <= max(durations_ms) * 1.5
