"""The events of k6's dashboard, as ticks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prodtui.load.told import Telling
from prodtui.model.load import Tick

PARAM = {
    "aggregates": {
        "counter": ["count", "rate"],
        "gauge": ["value"],
        "rate": ["rate"],
        "trend": ["avg", "max", "med", "min", "p(90)", "p(95)", "p(99)"],
    }
}
FIRST = {"http_reqs": {"type": "counter"}, "vus": {"type": "gauge"}, "time": {"type": "gauge"}}
LATER = {"http_req_duration": {"type": "trend"}, "http_req_failed": {"type": "rate"}}
BEGAN = 1_700_000_000_000


def tell(telling: Telling, event: str, value: Any) -> Tick | None:
    told = telling.tell(event, json.dumps(value).encode())
    return None if told is None else told[0]


def begun() -> Telling:
    telling = Telling()
    tell(telling, "param", PARAM)
    tell(telling, "metric", {"time": {"type": "gauge"}})
    tell(telling, "start", [[BEGAN]])
    tell(telling, "metric", FIRST)
    return telling


def test_a_second_is_told_in_the_order_of_the_metrics_names() -> None:
    telling = begun()
    tell(telling, "metric", LATER)
    whole = [[20.0, 90.0, 10.0, 1.0, 60.0, 70.0, 80.0], [0.02], [300.0, 100.0], [BEGAN + 3_000], [50.0]]
    last = [[25.0, 95.0, 15.0, 1.0, 65.0, 75.0, 85.0], [0.5], [110.0, 110.0], [BEGAN + 3_000], [50.0]]
    assert tell(telling, "cumulative", whole) is None
    told = telling.tell("snapshot", json.dumps(last).encode())
    assert told is not None
    assert told[0] == Tick(
        at=BEGAN / 1000 + 3, elapsed_s=3.0, users=50, requests=300, rate_per_s=110.0, p50_s=0.015, p95_s=0.075,
        p99_s=0.085, error_ratio=0.5,
    )  # fmt: skip
    assert (told[1].requests, told[1].p99_s, told[1].error_ratio, told[1].rate_per_s) == (300, 0.08, 0.02, 100.0)


def test_what_was_not_measured_yet_is_unknown() -> None:
    telling = begun()
    tell(telling, "cumulative", [[], [BEGAN + 1_000], [1.0]])
    told = tell(telling, "snapshot", [[], [BEGAN + 1_000], [1.0]])
    assert told is not None
    assert (told.users, told.requests, told.rate_per_s, told.p99_s, told.error_ratio) == (1, 0, None, None, None)


@pytest.mark.parametrize(
    ("event", "data"),
    [("param", b"\xff"), ("param", b"[]"), ("metric", b'{"x": 3}'), ("snapshot", b"[[1],[2]]"), ("snapshot", b"{}"),
     ("cumulative", b"3")],
)  # fmt: skip
def test_what_k6_never_says_is_told_as_that(event: str, data: bytes) -> None:
    with pytest.raises(ValueError, match="can't be read"):
        begun().tell(event, data)


def test_other_events_say_nothing() -> None:
    assert begun().tell("threshold", b'{"http_req_failed": ["rate<0.01"]}') is None
