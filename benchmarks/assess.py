"""10,000 services judged from what is known: all of them, and the 1 % that a reading touched. No terminal, no I/O."""

from __future__ import annotations

import gc
import json
import random
import time
from collections.abc import Iterator

import msgspec

from benchmarks.table import OURS, Figure, Report
from prodtui.__main__ import collect_less_often
from prodtui.model.declared import Declared, DeclaredService, DeclaredSource, Tier
from prodtui.model.evidence import AlertRule
from prodtui.model.reading import Answer, Reading
from prodtui.model.records import AnyRecord, HealthCheck, HealthStatus, Instance, Plane, Pool, Service, Sli, Target
from prodtui.model.snapshot import Snapshot, empty, fold
from prodtui.readiness.assess import assess_snapshot
from prodtui.readiness.history import NOTHING
from prodtui.readiness.judgement import Judgement
from prodtui.readiness.policy import Policy
from prodtui.readiness.standard import PLAIN

SERVICES = 10_000
TOUCHED = SERVICES // 100
WHOLE_BAR_S = 1.5
TOUCHED_BAR_MS = 15
RUNS = 5
NOW = 1_000_000.0
SOURCES = (
    DeclaredSource(name="consul", kind="consul", plane=Plane.REGISTRY),
    DeclaredSource(name="pgbouncer", kind="pgbouncer", plane=Plane.POOLS),
    DeclaredSource(name="prometheus", kind="prometheus", plane=Plane.METRICS),
)


def measure() -> Report:
    """Judges the same fleet again and again; the peer reads the same records from JSON, as any tool must."""
    collect_less_often()
    names = [f"service-{number:05}" for number in range(SERVICES)]
    told = {source.name: tuple(records) for source, records in zip(SOURCES, _records(names), strict=True)}
    snapshot = _snapshot(names, told)
    written = json.dumps(msgspec.to_builtins([record for records in told.values() for record in records]))
    judgement = Judgement(snapshot, PLAIN)
    judgement.assessment(snapshot, NOW)
    gc.collect()
    gc.freeze()

    whole: list[float] = []
    parse: list[float] = []
    touched: list[float] = []
    # What is shown is made when it is looked at: here it is only counted, once.
    checks = (
        sum(len(service.checks) for service in assess_snapshot(snapshot, Policy(), NOTHING, NOW).services) // SERVICES
    )
    for run in range(RUNS):
        began = time.perf_counter()
        assessment = assess_snapshot(snapshot, Policy(), NOTHING, NOW)
        whole.append(time.perf_counter() - began)
        del assessment  # what the last run left is not this one's to clear away
        began = time.perf_counter()
        json.loads(written)
        parse.append(time.perf_counter() - began)
        snapshot, took_ms = _touch(judgement, snapshot, names, run)
        touched.append(took_ms)
    return Report(
        f"assess: {SERVICES:,} services × {checks} checks, {RUNS} runs",
        [
            Figure("every service", "s", {OURS: whole, "json.loads of the same records": parse}, WHOLE_BAR_S),
            Figure(f"the {TOUCHED} that a reading touched", "ms", {OURS: touched}, TOUCHED_BAR_MS, digits=1),
        ],
        ["one thread; names tied, checks, score, verdict, order and sums"],
    )


def _touch(judgement: Judgement, snapshot: Snapshot, names: list[str], run: int) -> tuple[Snapshot, float]:
    """Milliseconds from a reading of pools that changed to the assessment of the fleet."""
    chosen = random.Random(run).sample(names, TOUCHED)  # noqa: S311
    at = NOW + 0.1 * (run + 1)
    reading = _reading("pgbouncer", tuple(_pool(name, used=3 + run) for name in chosen), at, keyframe=False)
    snapshot, changes = fold(snapshot, reading)
    began = time.perf_counter()
    judgement.tell(snapshot, changes)
    judgement.assessment(snapshot, at, sweep=0)
    return snapshot, (time.perf_counter() - began) * 1000


def _snapshot(names: list[str], told: dict[str, tuple[AnyRecord, ...]]) -> Snapshot:
    services = tuple(DeclaredService(name=name, tier=Tier.B) for name in names)
    snapshot = empty(Declared(environment="fleet", sources=SOURCES, services=services))
    for source, records in told.items():
        snapshot, _ = fold(snapshot, _reading(source, records, NOW, keyframe=True))
    return snapshot


def _reading(source: str, records: tuple[AnyRecord, ...], at: float, *, keyframe: bool) -> Reading:
    return Reading(source=source, at=at, latency_s=0.01, answer=Answer(records=records, keyframe=keyframe))


def _records(names: list[str]) -> Iterator[Iterator[AnyRecord]]:
    yield (record for name in names for record in _registered(name))
    yield (_pool(name, used=2) for name in names)
    yield (record for name in names for record in _measured(name))


def _registered(name: str) -> Iterator[AnyRecord]:
    yield Service(name=name)
    for number in (1, 2):
        own = f"{name}-{number}"
        yield Instance(service=name, id=own, node=f"node-{number}", version="1.0.0")
        yield HealthCheck(
            id=own, name="ready", node=f"node-{number}", service=name, instance=own, status=HealthStatus.PASSING
        )


def _pool(name: str, *, used: int) -> Pool:
    return Pool(name=name, user="app", database=name, size=20, used=used, idle=3, waiting=0, clients=5, max_wait_s=0.0)


def _measured(name: str) -> Iterator[AnyRecord]:
    yield Sli(
        label=name,
        window_s=60.0,
        p50_s=0.02,
        p95_s=0.05,
        p99_s=0.1,
        error_ratio=0.001,
        rate_per_s=50.0,
        requests=3000.0,
        observed_at=NOW - 1,
        scrape_interval_s=15.0,
    )
    for number in (1, 2):
        yield Target(label=name, job=name, instance=f"{name}-{number}", up=True, scrape_interval_s=15.0)
    yield AlertRule(name="ErrorsHigh", group=name, severity="page", services=(name,), health="ok")
