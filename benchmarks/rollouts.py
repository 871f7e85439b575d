"""A real rollout in the lab, driven by `prodtui rollout` as a process: what it says, and what Envoy shows of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from benchmarks.lab import prodtui
from benchmarks.table import Unmeasurable
from prodtui.lab import canary, envoy, fleet
from prodtui.lab.state import Lab, recorded
from prodtui.lab.topology import CANARY_CLUSTER

LOOKS_EVERY_S = 0.1
MIDDLE_S = 20.0
"""After so long in the first stage it is disturbed."""
SETTLES_S = 25.0
"""Until the window of 20 s holds nothing of another load."""
LASTS_S = 900.0
WELL_WITHIN_S = 180.0


class Sample(msgspec.Struct, frozen=True):
    """One sample, of what `prodtui rollout status` tells."""

    at: datetime
    judged: str
    hard: bool


class Stage(msgspec.Struct, frozen=True):
    """One stage of the plan."""

    percent: float
    lasts_s: float
    every_s: float


class Step(msgspec.Struct, frozen=True):
    """One thing that happened."""

    at: datetime
    what: str
    result: str


class Decision(msgspec.Struct, frozen=True):
    """What was decided last."""

    reason: str


class Told(msgspec.Struct, frozen=True):
    """What `prodtui rollout status --format json` tells, as far as it is looked at here."""

    phase: str
    stage: int
    """From 1."""
    stages: tuple[Stage, ...]
    samples: tuple[Sample, ...]
    steps: tuple[Step, ...]
    decision: Decision

    @property
    def here(self) -> Stage:
        return self.stages[self.stage - 1]


@dataclass
class Run:
    """A rollout as it goes: the process, and what Envoy shows of it. Times are Unix seconds."""

    lab: Lab
    state_home: str
    process: subprocess.Popen[bytes] | None = None
    began: float = field(default_factory=time.time)
    shifted_at: float | None = None
    """When the canary first had traffic."""
    bad_at: float | None = None
    """When it first answered badly."""
    back_at: float | None = None
    """When it had none any more."""
    requests: int = 0
    bad: int = 0
    held: bool = False
    notes: list[str] = field(default_factory=list)

    def start(self, *words: str) -> None:
        """Starts a `prodtui rollout` of its own."""
        log = Path(self.state_home) / "rollout.log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(self._argv(*words), stdout=out, stderr=out, env=self._environment())

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One `prodtui rollout` command to its end."""
        return subprocess.run(
            self._argv(*words), capture_output=True, text=True, check=False, env=self._environment(), timeout=60
        )

    def look(self) -> None:
        """Takes in what Envoy shows now."""
        state, now = recorded(self.lab.directory), time.time()
        percent = envoy.canary_percent(state)
        counts = envoy.counted(state, CANARY_CLUSTER, ["upstream_rq_completed", "upstream_rq_5xx"])
        self.requests = counts.get("upstream_rq_completed", self.requests)
        self.bad = counts.get("upstream_rq_5xx", self.bad)
        if self.bad and self.bad_at is None:
            self.bad_at = now
        if percent and self.shifted_at is None:
            self.shifted_at = now
        if not percent and self.shifted_at is not None and self.back_at is None:
            self.back_at = now

    def told(self) -> Told:
        """The rollout as prodtui tells it."""
        done = self.ask("status", "--format", "json")
        try:
            return msgspec.json.decode(done.stdout, type=Told)
        except msgspec.MsgspecError as error:
            raise Unmeasurable(f"rollout status: {error}: {done.stderr.strip()[-300:]}") from error

    def _argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "prodtui", "--config", str(self.lab.config_path), "rollout", *words]

    def _environment(self) -> dict[str, str]:
        # Its store lives as long as the drill.
        return os.environ | {"XDG_STATE_HOME": self.state_home}


@contextmanager
def released(lab: Lab, build: str) -> Iterator[None]:
    """The lab with a canary of this build, which the gate lets through: what an earlier one left has passed."""
    _let_through(lab)
    canary.up(lab, build)
    try:
        _let_through(lab)
        yield
    finally:
        canary.down(lab)


def _let_through(lab: Lab) -> None:
    if not within(WELL_WITHIN_S, lambda: prodtui("--config", str(lab.config_path), "check").returncode == 0):
        raise Unmeasurable(f"the lab is not well within {WELL_WITHIN_S:.0f} s")


def followed(run: Run, disturb: Callable[[Run], None] | None) -> int:
    """Watches a rollout until its process ends, disturbed once in its first stage. Returns the exit code."""
    while time.time() - run.began < LASTS_S:
        run.look()
        if disturb and run.shifted_at is not None and time.time() - run.shifted_at > MIDDLE_S:
            disturb(run)
            disturb = None
        if run.process is not None and (code := run.process.poll()) is not None:
            run.look()
            return code
        time.sleep(LOOKS_EVERY_S)
    raise Unmeasurable(f"the rollout has not ended after {LASTS_S:.0f} s")


@contextmanager
def driven(lab: Lab, rate: float) -> Iterator[None]:
    """The lab under this load, once its windows know no other."""
    before = fleet.rate_of(recorded(lab.directory))
    fleet.drive(lab, rate)
    time.sleep(SETTLES_S)
    try:
        yield
    finally:
        fleet.drive(lab, before)


def within(timeout_s: float, condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.5)
    return False
