"""Builders: loads, what they measured, and moments in which something runs out."""

from __future__ import annotations

import ipaddress
from typing import Any

from prodtui.load.measured import Numbers
from prodtui.load.target import Pinned
from prodtui.model.load import LoadProgress, LoadRun, LoadVerdict, Saturated, Threshold, Tick
from prodtui.model.moment import Moment
from prodtui.readiness.load_rule import LoadRule
from prodtui.readiness.policy import Policy
from tests.builders import NOW, World

LOOPBACK = ipaddress.ip_address("127.0.0.1")
HERE = Pinned({"127.0.0.1": (LOOPBACK,)})


def rule(**fields: Any) -> LoadRule:
    given: dict[str, Any] = {
        "name": "shop",
        "target": "http://127.0.0.1:8080/",
        "users": 50,
        "duration_s": 30.0,
        "service": "payments",
    }
    return LoadRule(**{**given, **fields})


def numbers(**fields: Any) -> Numbers:
    given: dict[str, Any] = {
        "requests": 1_000,
        "duration_s": 10.0,
        "avg_s": 0.02,
        "p50_s": 0.01,
        "p95_s": 0.05,
        "p99_s": 0.1,
        "error_ratio": 0.0,
        "rate_per_s": 100.0,
    }
    return Numbers(**{**given, **fields})


def run(**fields: Any) -> LoadRun:
    given: dict[str, Any] = {
        "id": "r1",
        "environment": "test",
        "name": "shop",
        "service": "payments",
        "version": "1.4.2",
        "at": NOW,
        "by": "ana@ops",
        "engine": "k6 v1.1.0",
        "target": "http://127.0.0.1:8080/",
        "requests": 1_000,
        "duration_s": 10.0,
        "avg_s": 0.02,
        "p95_s": 0.05,
        "p99_s": 0.1,
        "error_ratio": 0.0,
        "rate_per_s": 100.0,
        "thresholds": (Threshold("p99 < 1s", True), Threshold("errors < 1%", True)),
        "verdict": LoadVerdict.MET,
    }
    return LoadRun(**{**given, **fields})


def tick(**fields: Any) -> Tick:
    given: dict[str, Any] = {
        "at": NOW,
        "elapsed_s": 3.0,
        "users": 50,
        "requests": 300,
        "rate_per_s": 100.0,
        "p50_s": 0.01,
        "p95_s": 0.05,
        "p99_s": 0.1,
        "error_ratio": 0.0,
    }
    return Tick(**{**given, **fields})


def moment(world: World, now: float = NOW) -> Moment:
    """What is known of a world, judged by the default policy."""
    return Moment(now=now, snapshot=world.snapshot, views=world.views(), assessment=world.assess(Policy(), now))


BEGAN = 1_795_386_000.0
FULL = Saturated(
    at=BEGAN + 8, kind="pool", name="payments-db", what="10 of 10 used, 34 waiting", users=400, rate_per_s=310.0
)
SLOW = Saturated(at=BEGAN + 12, kind="sli", name="checkout", what="p99 2.3 s", users=600)
HELD = (Threshold("p99 < 30s", True), Threshold("errors < 1%", False), Threshold("rate >= 9/s", None))


def going(**fields: Any) -> LoadProgress:
    """A load that goes on for 24 s, each second of it a little slower."""
    given: dict[str, Any] = {
        "name": "storefront-1000x100",
        "environment": "lab",
        "target": "http://127.0.0.1:3000/",
        "service": "storefront",
        "plan": "1,000 users × 100 requests",
        "length_s": 600.0,
        "began": BEGAN,
        "ticks": tuple(
            tick(at=BEGAN + n, elapsed_s=float(n), users=50 * n, requests=100 * n, rate_per_s=90.0 + n, p99_s=n / 10)
            for n in range(1, 25)
        ),
        "thresholds": HELD,
        "saturated": (FULL, SLOW),
    }
    return LoadProgress(**{**given, **fields})


OVER = going(
    run=run(
        verdict=LoadVerdict.NOT_MET,
        reason="errors 3 %, wants errors < 1%; saturated first: pool payments-db: 10 of 10 used, 34 waiting",
        thresholds=HELD,
        requests=30_000,
        duration_s=24.0,
        rate_per_s=1_250.0,
        error_ratio=0.03,
        avg_s=0.41,
        p95_s=1.9,
        p99_s=3.8,
    )
)
