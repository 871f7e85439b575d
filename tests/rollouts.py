"""Rollouts to show and to report: built by hand, as the controller keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from prodtui.model.rollout import (
    Compared,
    CriterionRule,
    Decision,
    Groups,
    Hook,
    Judged,
    Phase,
    Plan,
    Rollout,
    Sample,
    Stage,
    Step,
    Word,
)

START = 1_795_386_000.0
OK, BAD, NODATA = Judged.OK, Judged.BAD, Judged.NODATA
STAGES = (
    Stage(percent=1, duration_s=300, every_s=30),
    Stage(percent=10, duration_s=1_800, every_s=60),
    Stage(percent=50, duration_s=3_600, every_s=120),
    Stage(percent=100, duration_s=300, every_s=30),
)
PLAN = Plan(
    name="payments",
    path="rollout.toml",
    digest="0" * 64,
    service="payments",
    candidate="1.5.0",
    rollback_to="1.4.2",
    stages=STAGES,
    groups=Groups(label=("track", "canary", "stable")),
    criteria=(
        CriterionRule(id="error_ratio", unit="ratio", most=0.012, over_stable=0.1),
        CriterionRule(id="latency_p99", unit="s", most=0.25, over_stable=0.2),
        CriterionRule(id="passing", unit="ratio", least=1.0),
        CriterionRule(id="breaker"),
        CriterionRule(id="queue_depth", unit="messages", most=500, blocking=False),
    ),
    hooks={"advance": Hook(command=("./weights", "{percent}")), "rollback": Hook(command=("./weights", "0"))},
)


def criterion(id: str, unit: str, canary: float, stable: float, threshold: str, **fields: Any) -> Compared:  # noqa: A002
    told: dict[str, Any] = {"judged": OK, "threshold": threshold, **fields}
    return Compared(id=id, unit=unit, canary=canary, stable=stable, **told)


WELL = (
    criterion("error_ratio", "ratio", 0.0012, 0.0011, "<= 1.2 % and <= stable +10 %", baseline=0.001),
    criterion("latency_p99", "s", 0.043, 0.041, "<= 250 ms and <= stable +20 %", baseline=0.04),
    criterion("passing", "ratio", 1.0, 1.0, ">= 100 %"),
    criterion("breaker", "", 0, 0, "closed"),
    criterion("queue_depth", "messages", 12, 140, "<= 500 messages", blocking=False),
)
SLOW = replace(WELL[1], canary=0.31, judged=BAD, reason="latency_p99 310 ms, wants <= 250 ms")
FAILING = replace(WELL[0], canary=0.31, judged=BAD, hard=True, reason="error_ratio 31 %, wants <= 1.2 %")
UNKNOWN = tuple(
    replace(one, canary=None, judged=NODATA, reason="error_ratio: prometheus is lost, refused") for one in WELL[:2]
)


def sample(at: float, stage: int, compared: Sequence[Compared] = WELL, **fields: Any) -> Sample:
    """A sample as bad as the worst of what it compared."""
    worst = next((judged for judged in (BAD, NODATA) if any(one.judged is judged for one in compared)), OK)
    reason = next((one.reason for one in compared if one.judged is worst and worst is not OK), "")
    told: dict[str, Any] = {"requests": 60.0, "bad_responses": 0.0, "reason": reason, "judged": worst} | fields
    return Sample(at=at, stage=stage, compared=tuple(compared), hard=any(one.hard for one in compared), **told)


def nobody_looked(at: float, stage: int) -> Sample:
    return Sample(at=at, stage=stage, judged=NODATA, gap=True, reason="prodtui was not running")


def steady(minutes: int = 12, at: float = START) -> tuple[Rollout, float]:
    """In its second stage for so many minutes, with one slow sample; and the time."""
    began = at + 310
    first = [sample(at + 30 * n, 0) for n in range(1, 11)]
    second = [sample(began + 60 * n, 1, (WELL[0], SLOW, *WELL[2:]) if n == 7 else WELL) for n in range(1, minutes + 1)]
    rollout = Rollout(
        id="20261123-payments",
        environment="prod-eu",
        plan=PLAN,
        started_at=at,
        by="ada@ops-1",
        phase=Phase.RUNNING,
        stage=1,
        stage_began_at=began,
        samples=(*first, *second),
        percent=10,
        steps=(
            Step(at=at, what="start", result="payments 1.5.0", by="ada@ops-1"),
            Step(at=at + 0.1, what="hook advance", result="begins, 1 %"),
            Step(at=at + 0.5, what="hook advance", result="exit 0, in 400 ms"),
            Step(at=at + 0.5, what="stage", result="1 %"),
            Step(at=at + 302, what="decision", result="PROMOTE: 5 min over; 10 samples: 10 OK"),
            Step(at=began - 0.4, what="hook advance", result="begins, 10 %"),
            Step(at=began, what="hook advance", result="exit 0, in 400 ms"),
            Step(at=began, what="stage", result="10 %"),
        ),
        decision=Decision(
            word=Word.WAIT,
            reason=f"{minutes} samples: {minutes - 1} OK, 1 BAD",
            waits_for=("240 more requests on the canary (60 of 300)",),
            times=True,
        ),
    )
    return rollout, began + 60 * minutes + 8


def held() -> tuple[Rollout, float]:
    """Nothing is known of the canary any more."""
    rollout, now = steady()
    lost = tuple(sample(now + 60 * n, 1, UNKNOWN, requests=None, bad_responses=None) for n in range(3))
    return replace(
        rollout,
        phase=Phase.HELD,
        samples=(*rollout.samples, nobody_looked(now - 30, 1), *lost),
        held_at=now + 121,
        decision=Decision(
            word=Word.HOLD,
            reason="4 samples in a row without data: error_ratio: prometheus is lost, refused",
            waits_for=("3 OK samples in a row", "prodtui rollout resume REASON within 27 min, else it goes back"),
        ),
    ), now + 185  # fmt: skip


def rolled_back() -> tuple[Rollout, float]:
    """One sample was beyond what one needs to roll back."""
    rollout, now = steady()
    return replace(
        rollout,
        phase=Phase.ROLLED_BACK,
        samples=(*rollout.samples, sample(now, 1, (FAILING, SLOW, *WELL[2:]), bad_responses=128.0)),
        steps=(
            *rollout.steps,
            Step(at=now, what="first bad sample", result=FAILING.reason),
            Step(at=now + 0.1, what="decision", result=f"ROLLBACK: one sample is enough: {FAILING.reason}"),
            Step(at=now + 0.1, what="hook rollback", result="begins, 0 %"),
            Step(at=now + 0.4, what="hook rollback", result="exit 0, in 300 ms"),
            Step(at=now + 0.5, what="end", result=f"rolled back: one sample is enough: {FAILING.reason}"),
        ),
        percent=0,
        decision=Decision(word=Word.ROLLBACK, reason=f"one sample is enough: {FAILING.reason}"),
        ended_at=now + 0.5,
    ), now + 60  # fmt: skip


def watching() -> tuple[Rollout, float]:
    """All stages are over; its burn rate is watched."""
    rollout, now = steady(30)
    third, last, began = now + 10, now + 3_700, now + 4_020
    burn = (criterion("burn", "burning", 0, 0, "<= 0 burning"), WELL[3])
    return replace(
        rollout,
        phase=Phase.WATCHING,
        stage=3,
        stage_began_at=began,
        percent=100,
        samples=(
            *rollout.samples,
            *(sample(third + 120 * n, 2) for n in range(1, 31)),
            *(sample(last + 30 * n, 3) for n in range(1, 11)),
            *(sample(began + 30 * n, 3, burn) for n in range(1, 29)),
        ),
        steps=(*rollout.steps, Step(at=began, what="watching", result="for 3600 s")),
        decision=Decision(word=Word.WAIT, reason="28 samples: 28 OK", times=True),
    ), began + 850  # fmt: skip
