"""Builders: rollouts in the middle of a stage, and samples."""

from __future__ import annotations

from typing import Any

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
    Word,
)
from prodtui.rollout.criteria import DEFAULTS, with_objective

NOW = 1_000_000.0
OK, BAD, NODATA = Judged.OK, Judged.BAD, Judged.NODATA


def plan(**fields: Any) -> Plan:
    """Of payments 2.0: 10 % for 100 s and 100 % for 100 s, a sample each 10 s; a stage needs 300 requests."""
    made = Plan(
        **{
            "name": "rollout",
            "path": "/plans/rollout.toml",
            "digest": "0" * 64,
            "service": "payments",
            "candidate": "2.0",
            "rollback_to": "1.0",
            "stages": (stage(10), stage(100)),
            "groups": Groups(label=("version", "2.0", "1.0")),
            "criteria": DEFAULTS,
            "hooks": {"advance": Hook(command=("true",)), "rollback": Hook(command=("true",))},
            "watched_after_s": 100.0,
            **fields,
        }
    )
    return with_objective(made, None)


def stage(percent: float, duration_s: float = 100.0, every_s: float = 10.0) -> Stage:
    return Stage(percent=percent, duration_s=duration_s, every_s=every_s)


def own(name: str = "queue", **fields: Any) -> CriterionRule:
    return CriterionRule(id=name, query=f"sum({name}{{$group}})", **fields)


def sample(number: int, judged: Judged = OK, **fields: Any) -> Sample:
    """The one of a stage that began at NOW with this number, from 1."""
    reason = "" if judged is OK else f"{judged} for a reason"
    return Sample(
        **{
            "at": NOW + 10.0 * number,
            "stage": 0,
            "judged": judged,
            "requests": 100.0,
            "bad_responses": 0.0,
            "reason": reason,
            **fields,
        }
    )


def samples(*judged: Judged, **fields: Any) -> tuple[Sample, ...]:
    """One each 10 s."""
    return tuple(sample(number, each, **fields) for number, each in enumerate(judged, 1))


def rollout(*judged: Judged, **fields: Any) -> Rollout:
    """In its first stage, which began at NOW, with these samples."""
    return Rollout(
        **{
            "id": "r1",
            "environment": "test",
            "plan": plan(),
            "started_at": NOW,
            "by": "ana@host",
            "phase": Phase.RUNNING,
            "stage_began_at": NOW,
            "samples": samples(*judged),
            "decision": Decision(word=Word.WAIT, reason="it begins"),
            **fields,
        }
    )


def compared(name: str = "error_ratio", **fields: Any) -> Compared:
    return Compared(
        **{"id": name, "unit": "ratio", "canary": 0.0, "stable": 0.0, "threshold": "<= 1 %", "judged": OK, **fields}
    )
