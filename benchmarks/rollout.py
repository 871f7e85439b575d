"""`prodtui rollout`: what the process that drives one takes from the machine, with twenty criteria."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.lab import lab_in_use
from benchmarks.processes import cpu_s, rss_mb
from benchmarks.programs import prodtui_command
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from prodtui.lab.topology import SERVICES

CRITERIA = 20
SETTLES_S = 30.0
"""Imports, the look beforehand and the first reads."""
MEASURED_S = 120.0
BAR_PERCENT = 1.0
_USUAL = 5
"""Criteria that every plan has."""
_PLAN = """\
service = "payments"
candidate = "{version}"
rollback_to = "{version}"
rate = 1000
[[stages]]
percent = 1
for = "5m"
[[stages]]
percent = 100
[groups.label]
name = "instance"
canary = "payments-1"
stable = "payments-2"
[criteria.error_ratio]
most = "90%"
hard = "99%"
[criteria.latency_p99]
over_stable = "10000%"
[criteria.latency_p95]
over_stable = "10000%"
"""
_OWN = """\
[criteria.own_{number}]
promql = 'sum(rate(http_request_duration_seconds_count{{service="payments",$group}}[{window}s]))'
most = 1000000
"""


def measure() -> Report:
    """Lets a plan that only observes run on the healthy lab, sampled as the first stage of every plan is."""
    with lab_in_use() as lab, tempfile.TemporaryDirectory(prefix="prodtui-rollout-") as place:
        plan = Path(place) / "rollout.toml"
        own = "".join(_OWN.format(number=number, window=20 + number) for number in range(CRITERIA - _USUAL))
        plan.write_text(_PLAN.format(version=SERVICES["payments"].version) + own)
        argv = [*prodtui_command(), "--config", str(lab.config_path), "rollout", "start", str(plan)]
        with (Path(place) / "told").open("w+") as told:
            driving = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=told, stderr=told, env=os.environ | {"XDG_STATE_HOME": place}
            )
            try:
                time.sleep(SETTLES_S)
                before, began = cpu_s(driving.pid), time.monotonic()
                time.sleep(MEASURED_S)
                share = (cpu_s(driving.pid) - before) / (time.monotonic() - began)
                memory = rss_mb(driving.pid)
                if driving.poll() is not None:
                    told.seek(0)
                    raise Unmeasurable(f"the rollout ended: {told.read()[-500:]}")
            finally:
                driving.send_signal(signal.SIGTERM)
                driving.wait(timeout=20)
            told.seek(0)
            samples = told.read().count("sample at")
    return Report(
        f"rollout: the process that drives one, {CRITERIA} criteria, a sample each 30 s, {MEASURED_S:g} s of it",
        [
            Figure("CPU", "% of a core", {OURS: [100 * share]}, BAR_PERCENT),
            Figure("memory", "MB", {OURS: [memory]}, digits=1),
        ],
        [f"samples taken: {samples}"],
    )
