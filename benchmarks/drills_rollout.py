"""Rollout drills: builds of the lab's payments rolled out for real, good and bad ones, and what becomes of each.

    make drills-rollout
    python -m benchmarks.drills_rollout wrong slow

Prints docs/drills-rollout.md, and writes it when everything was drilled: one row a rollout. `prodtui rollout` runs as a
process of its own with the lab's plan; what its hooks did is read from Envoy, not from what it says.
"""

from __future__ import annotations

import argparse
import math
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.lab import lab_in_use
from benchmarks.rollouts import LOOKS_EVERY_S, SETTLES_S, Run, Told, driven, followed, released, within
from benchmarks.table import Report, Unmeasurable
from prodtui.lab import canary, faults
from prodtui.lab.errors import LabError
from prodtui.lab.state import Lab

RUNNING, HELD = "RUNNING", "HELD"
AWAY_S = 8.0
"""So long nobody drives a rollout whose prodtui was killed."""
GRACE_S = 2.0
"""Beside one sample for what is hard, two for what is soft: until the hook runs."""
SPARE = 0.1
"""More than is asked for, as the load of a moment varies."""
PAGE = Path(__file__).parent.parent / "docs" / "drills-rollout.md"


class Case(NamedTuple):
    """One rollout: what is released, what happens meanwhile, and how it has to end."""

    build: str
    ends: str
    exit_code: int
    what: str
    disturb: Callable[[Run], None] | None = None


def lose_prometheus(run: Run) -> None:
    """Kills Prometheus until the rollout holds, then starts it again: it has to go on."""
    faults.inject(run.lab, "metrics-down")
    try:
        run.held = within(60, lambda: run.told().phase == HELD)
    finally:
        faults.heal(run.lab, "metrics-down")
    run.notes.append("held" if run.held else "never held")
    goes_on = within(SETTLES_S, lambda: run.told().phase == RUNNING)
    run.notes.append("goes on by itself" if goes_on else "does not go on")


def kill_prodtui(run: Run) -> None:
    """Kills the process that drives the rollout outright, and resumes it with another one."""
    if run.process is not None:
        run.process.send_signal(signal.SIGKILL)
        run.process.wait()
    time.sleep(AWAY_S)
    run.notes.append(f"{canary.percent(run.lab):g} % stayed on the candidate, resumed after {AWAY_S:g} s")
    run.start("resume")


GOOD, BAD = ("PROMOTED", 0), ("ROLLED_BACK", 1)
CASES: Mapping[str, Case] = {
    "good": Case("good", *GOOD, "the stable version under another number"),
    "slow": Case("slow", *BAD, "half a second of real hashing for one in eight"),
    "wrong": Case("wrong", *BAD, "a query that PostgreSQL refuses, for two thirds"),
    "crashing": Case("crashing", *BAD, "a segmentation fault with each 25th request"),
    "prometheus-lost": Case("good", *GOOD, "Prometheus killed in the first stage", lose_prometheus),
    "prodtui-killed": Case("good", *GOOD, "prodtui killed in the first stage", kill_prodtui),
}


class Drill(NamedTuple):
    """One rollout when it is over."""

    name: str
    case: Case
    run: Run
    rollout: Told
    exit_code: int

    @property
    def reaction_s(self) -> float | None:
        """From the first bad sample until the rollback hook ran; None where no sample was bad, or none was run."""
        first = next((sample.at for sample in self.rollout.samples if sample.judged == "BAD"), None)
        ran = next((step.at for step in self.rollout.steps if step.what == "hook rollback"), None)
        return None if first is None or ran is None else (ran - first).total_seconds()

    @property
    def allowed_s(self) -> float:
        """One sample and a bit where what was seen is hard, two where it is soft."""
        hard = any(sample.hard for sample in self.rollout.samples)
        return self.rollout.here.every_s * (1 if hard else 2) + GRACE_S

    @property
    def passed(self) -> bool:
        """It ended as it has to, and a bad build within the time allowed."""
        ended = (self.rollout.phase, self.exit_code) == (self.case.ends, self.case.exit_code)
        if self.case.disturb is lose_prometheus:
            return ended and self.run.held
        if self.case.ends != BAD[0]:
            return ended
        return ended and self.reaction_s is not None and self.reaction_s <= self.allowed_s


def drill(lab: Lab, name: str) -> Drill:
    """Brings the build up, rolls it out to the end, and takes it down. Leaves the lab as it was."""
    case = CASES[name]
    with tempfile.TemporaryDirectory(prefix="prodtui-drill-") as home, released(lab, case.build):
        run = Run(lab, home)
        try:
            run.start("start", "--yes", str(lab.rollout_path))
            exit_code = followed(run, case.disturb)
            return Drill(name, case, run, run.told(), exit_code)
        finally:
            if run.process is not None and run.process.poll() is None:
                run.process.kill()
                run.process.wait()


def rate_asked_for(lab: Lab) -> float:
    """What a rollout says, before it starts, of how many requests/s it needs: the lab's usual load is too little."""
    with tempfile.TemporaryDirectory(prefix="prodtui-drill-") as home, released(lab, "good"):
        done = Run(lab, home).ask("start", "--yes", str(lab.rollout_path))
    said = done.stdout + done.stderr
    asked = [float(rate.replace(",", "")) for rate in re.findall(r"or send ([\d,.]+)/s", said)]
    if not asked:
        raise Unmeasurable(f"no rate is asked for (exit {done.returncode}): {said[-500:]}")
    return max(asked)


HEAD = (
    "| rollout | what happens | ended as (exit) | in stage | answers | bad | bad sample to hook | bad answer to none |",
    "|---|---|---|---|---|---|---|---|",
)


def _row(done: Drill) -> str:
    run, rollout = done.run, done.rollout
    reaction = "–" if done.reaction_s is None else f"{done.reaction_s:.1f} s ({done.allowed_s:g} s)"
    seen = "–" if run.bad_at is None or run.back_at is None else f"{run.back_at - run.bad_at:.1f} s"
    cells = (
        f"`{done.name}`{'' if done.passed else ' ✖'}",
        "; ".join([done.case.what, *run.notes, *([] if done.passed else [rollout.decision.reason])]),
        f"{rollout.phase} ({done.exit_code})",
        f"{rollout.here.percent:g} %",
        f"{run.requests:,}",
        f"{run.bad:,}",
        reaction,
        seen,
    )
    return f"| {' | '.join(cells)} |"


def page(done: Sequence[Drill], rate: float) -> str:
    """docs/drills-rollout.md."""
    plan = done[0].rollout.stages
    stages = ", ".join(f"{stage.percent:g} % for {stage.lasts_s:g} s" for stage in plan)
    every = plan[0].every_s
    lines = [
        "# Rollout drills",
        "",
        "<!-- written by `make drills-rollout`, which starts the lab and rolls payments out in it -->",
        "",
        "Builds of the lab's payments are rolled out for real: an instance beside the stable ones, behind Envoy's",
        f"weighted clusters, its share moved by the plan's hooks. Stages: {stages};",
        f"a sample every {every:g} s. The load is {rate:g} requests/s, as the preflight asks for, and a tenth more.",
        "*Answers* are the canary's as Envoy counts them, *bad* those of 5xx. *Bad sample to hook*: from the first bad",
        f"sample until the rollback hook runs; allowed are one sample and {GRACE_S:g} s where what is seen is hard,",
        f"two samples and {GRACE_S:g} s where it is soft. *Bad answer to none*: from the first bad answer until the",
        f"canary's weight in Envoy was 0, looked at {1 / LOOKS_EVERY_S:g} times a second: what customers see of it.",
        "",
        *HEAD,
        *map(_row, done),
        "",
        f"{sum(one.passed for one in done)} of {len(done)} ended as they have to, and in time.",
    ]
    return "\n".join(lines) + "\n"


def drilled(lab: Lab, names: Sequence[str]) -> tuple[list[Drill], float]:
    """Drills one rollout after the other, under the load that they need."""
    asked = rate_asked_for(lab)
    rate = math.ceil(asked * (1 + SPARE))
    print(f"preflight asks for {asked:g} requests/s: {rate}", file=sys.stderr, flush=True)
    done: list[Drill] = []
    with driven(lab, rate):
        for name in names:
            print(f"{name} …", file=sys.stderr, flush=True)
            done.append(drill(lab, name))
            print(_row(done[-1]), file=sys.stderr, flush=True)
    return done, asked


def measure(names: Sequence[str] = ()) -> Report:
    """Drills every rollout and writes the page; only prints it where a part was asked for."""
    with lab_in_use() as lab:
        try:
            done, rate = drilled(lab, list(names) or list(CASES))
        finally:
            with suppress(LabError):
                canary.down(lab)
    text = page(done, rate)
    if names:
        return Report("rollout drills: a part, not written", notes=[text])
    PAGE.write_text(text)
    return Report(f"rollout drills: written to {PAGE.relative_to(Path.cwd())}", notes=[text])


def main() -> int:
    """Some drills, as asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drills_rollout", description=__doc__.partition("\n")[0])
    parser.add_argument("rollouts", nargs="*", metavar="ROLLOUT", help=f"of {', '.join(CASES)}; all by default")
    asked = parser.parse_args()
    unknown = [name for name in asked.rollouts if name not in CASES]
    if unknown:
        parser.error(f"no rollout {', '.join(unknown)}; there are {', '.join(CASES)}")
    print("\n".join(measure(asked.rollouts).notes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
