"""A rollout of the lab's payments that only observes, by its real sources: killed, blinded, paused and aborted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prodtui.lab.state import Lab
from prodtui.lab.topology import SERVICES
from tests.faults import fault

PLAN = """\
service = "payments"
candidate = "{version}"
rollback_to = "{version}"
rate = 1000

[[stages]]
percent = 100
for = "30s"
every = "2s"

[groups.label]
name = "instance"
canary = "payments-1"
stable = "payments-2"

[criteria.error_ratio]
most = "20%"

[criteria.latency_p99]
floor = "5s"

[criteria.latency_p95]
floor = "5s"

[watch_after]
for = "10s"
"""
"""Two instances of one version take the places of canary and stable: nothing is moved."""
LASTS_S = 150.0
ASKS_EVERY_S = 2.0
"""Each question is a process of its own, which costs half a second of a core."""

pytestmark = pytest.mark.timeout(300)


class Driving:
    """`prodtui rollout` as a process, and what its store tells of it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._lab = lab
        self._started: list[subprocess.Popen[str]] = []
        self._environment = os.environ | {"XDG_STATE_HOME": str(folder)}
        self.plan = folder / "rollout.toml"
        self.plan.write_text(PLAN.replace("{version}", SERVICES["payments"].version))

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._argv(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        self._started.append(process)
        return process

    def begin(self) -> subprocess.Popen[str]:
        """Starts the plan; again where a busy machine keeps the lab from being ready just then."""
        ends = time.monotonic() + LASTS_S
        while True:
            process = self.start("start", str(self.plan))
            while process.poll() is None:
                if self.told():
                    return process
                time.sleep(ASKS_EVERY_S)
            assert time.monotonic() < ends, process.communicate()

    def end(self) -> None:
        """Ends what still runs."""
        for process in self._started:
            process.kill()
            process.communicate()

    def told(self) -> dict[str, Any]:
        done = subprocess.run(
            self._argv("status", "--format", "json"),
            capture_output=True,
            text=True,
            check=False,
            env=self._environment,
        )
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return found

    def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits until it is told like this."""
        ends = time.monotonic() + LASTS_S
        while not (found := self.told()) or not condition(found):
            assert time.monotonic() < ends, found or self._started[0].communicate(timeout=5)
            time.sleep(ASKS_EVERY_S)
        return found

    def _argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "prodtui", "--config", str(self._lab.config_path), "rollout", *words]


@pytest.fixture
def driving(well_lab: Lab, tmp_path: Path) -> Iterator[Driving]:
    found = Driving(well_lab, tmp_path)
    yield found
    found.end()


def judged(found: dict[str, Any]) -> list[str]:
    return [sample["judged"] for sample in found["samples"]]


def ends_well(process: subprocess.Popen[str]) -> str:
    """What it wrote on stderr, once it is promoted."""
    out, err = process.communicate(timeout=LASTS_S)
    assert process.returncode == 0, err + out
    return err


def test_killed_in_the_middle_it_goes_on_in_its_stage(driving: Driving) -> None:
    killed = driving.begin()
    driving.until(lambda found: judged(found).count("OK") >= 3)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    time.sleep(4)
    resumed = driving.start("resume")
    said = ends_well(resumed)
    after = driving.told()
    gaps = [sample for sample in after["samples"] if sample["gap"]]
    assert after["phase"] == "PROMOTED"
    assert 1 <= len(gaps) <= 6
    assert all(sample["judged"] == "NODATA" for sample in gaps)
    assert "sample at 100 %: OK" in said


def test_blinded_in_the_middle_it_is_held_and_goes_on_when_it_sees_again(driving: Driving, well_lab: Lab) -> None:
    running = driving.begin()
    driving.until(lambda found: judged(found).count("OK") >= 3)
    with fault(well_lab, "metrics-down", alerts=False):
        held = driving.until(lambda found: found["phase"] == "HELD")
    said = ends_well(running)
    assert held["decision"]["word"] == "HOLD"
    assert judged(held)[-4:] == ["NODATA"] * 4
    assert "goes on" in said
    assert driving.told()["phase"] == "PROMOTED"


def test_a_second_terminal_pauses_and_aborts_it(driving: Driving) -> None:
    running = driving.begin()
    driving.until(lambda found: bool(found["samples"]))
    paused = driving.start("pause", "lunch")
    paused.communicate(timeout=30)
    assert paused.returncode == 0
    assert driving.told()["phase"] == "PAUSED"
    aborted = driving.start("abort", "wrong build")
    aborted.communicate(timeout=60)
    assert aborted.returncode == 0
    running.communicate(timeout=30)
    assert running.returncode == 1
    assert driving.told()["phase"] == "ABORTED"
