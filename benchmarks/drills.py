"""Fault drills: each fault of the lab injected, named by `status`, decided by `check`, healed, and well again.

    python -m benchmarks drills

Prints one row a fault: seconds until `status` names it in the right place, what else it accused, the gate's exit code,
seconds from heal to READY or WARN.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.lab import lab_in_use
from benchmarks.table import Report

NAMED_WITHIN_S = 15.0
WELL_WITHIN_S = 60.0
Status = dict[str, Any]


class Expected(NamedTuple):
    """Where a fault must show, and whom its consequences may rightly reach."""

    names: Callable[[Status], bool]
    reaches: frozenset[str]
    exits: frozenset[int]


def _check(service: str, check: str, *states: str) -> Callable[[Status], bool]:
    def named(status: Status) -> bool:
        return any(
            found["id"] == check and found["state"] in states
            for judged in status["services"]
            if judged["name"] == service
            for found in judged["checks"]
        )

    return named


def _lost(source: str) -> Callable[[Status], bool]:
    return lambda status: any(
        s["name"] == source and s["state"] == "lost" and s["cause"]["class"] == "refused" for s in status["sources"]
    )


PAYMENTS = frozenset({"payments", "checkout", "storefront"})
EVERYBODY = PAYMENTS | {"catalog", "inventory"}
FAULTS = {
    "instance-killed": Expected(_check("payments", "availability.passing", "FAIL"), PAYMENTS, frozenset({1})),
    "instance-hung": Expected(_check("payments", "availability.passing", "FAIL"), PAYMENTS, frozenset({1})),
    "pool-exhausted": Expected(_check("payments", "data.pool_waiting", "WARN", "FAIL"), PAYMENTS, frozenset({1})),
    "database-down": Expected(_lost("postgres"), EVERYBODY, frozenset({1, 3})),
    "dependency-refused": Expected(_check("payments", "resilience.members", "FAIL"), PAYMENTS, frozenset({1})),
    "registry-down": Expected(_lost("consul"), EVERYBODY, frozenset({3})),
    "metrics-down": Expected(_lost("prometheus"), EVERYBODY, frozenset({3})),
}
"""In the order in which they are drilled."""


class Drill(NamedTuple):
    """What one drill showed; None where it did not happen in time."""

    fault: str
    named_s: float | None
    falsely: tuple[str, ...]
    exit_code: int
    exit_expected: bool
    well_s: float | None

    @property
    def passed(self) -> bool:
        return self.named_s is not None and not self.falsely and self.exit_expected and self.well_s is not None


def prodtui(*words: str) -> subprocess.CompletedProcess[str]:
    """One prodtui command, as a person would type it."""
    return subprocess.run([sys.executable, "-m", "prodtui", *words], capture_output=True, text=True, check=False)


def status(config: str) -> Status:
    """What `prodtui status` knows now."""
    done = prodtui("--config", config, "status", "--format", "json")
    return dict(json.loads(done.stdout)) if done.stdout else {"services": [], "sources": [], "verdict": ""}


def drill(config: str, fault: str) -> Drill:
    """Injects one fault into a healthy lab, watches, heals it and waits until all is well. Always heals."""
    expected = FAULTS[fault]
    prodtui("lab", "fault", fault)
    began = time.monotonic()
    named_s, seen = None, {}
    try:
        while named_s is None and time.monotonic() - began < NAMED_WITHIN_S:
            seen = status(config)
            if expected.names(seen):
                named_s = time.monotonic() - began
        gate = prodtui("--config", config, "check", "--format", "json")
        accused = _accused(json.loads(gate.stdout) if gate.stdout else seen)
    finally:
        prodtui("lab", "heal", fault)
    healed = time.monotonic()
    well_s = None
    while well_s is None and time.monotonic() - healed < WELL_WITHIN_S:
        if status(config)["verdict"] in ("READY", "WARN"):
            well_s = time.monotonic() - healed
    falsely = tuple(sorted(accused - expected.reaches))
    return Drill(fault, named_s, falsely, gate.returncode, gate.returncode in expected.exits, well_s)


def _accused(seen: Status) -> set[str]:
    return {s["name"] for s in seen["services"] if s["verdict"] in ("NOT_READY", "INCONCLUSIVE")}


def table(drills: list[Drill]) -> str:
    """The drills as an aligned table."""
    head = f"{'fault':<20} {'named':>8} {'falsely accused':<20} {'check exits':>11} {'well again':>11}  "
    lines = [head.rstrip()]
    for done in drills:
        named = f"{done.named_s:.1f} s" if done.named_s is not None else "never"
        well = f"{done.well_s:.1f} s" if done.well_s is not None else "never"
        falsely = ", ".join(done.falsely) or "nobody"
        mark = "" if done.passed else "  ✖"
        lines.append(f"{done.fault:<20} {named:>8} {falsely:<20} {done.exit_code:>11} {well:>11}{mark}")
    return "\n".join(lines)


def measure() -> Report:
    """Drills every fault, one after the other."""
    with lab_in_use() as lab:
        drills = [drill(str(lab.config_path), fault) for fault in FAULTS]
    return Report("drills: each fault of the lab named, decided and healed", notes=[table(drills)])
