"""Builders: loads, what they measured, and moments in which something runs out."""

from __future__ import annotations

import ipaddress
from typing import Any

from prodtui.load.measured import Numbers
from prodtui.load.target import Pinned
from prodtui.model.load import LoadRun, LoadVerdict, Threshold, Tick
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
