"""Evaluations as the gate makes them, with only what a test is about."""

from __future__ import annotations

from typing import Any

from prodtui.model.assessment import State, Verdict
from prodtui.model.evaluation import Evaluation, JudgedCheck, JudgedService, PolicySummary

AT = 1_700_000_000.0
DAY_S = 86_400.0
P99 = "performance.latency_p99"


def judged(state: State = State.PASS, value: float | None = None, **fields: Any) -> JudgedCheck:
    return JudgedCheck(**{"state": state, "value": value, "blocking": True, "unit": "s", **fields})


def service(*, checks: dict[str, JudgedCheck] | None = None, **fields: Any) -> JudgedService:
    return JudgedService(
        **{
            "verdict": Verdict.READY,
            "score": 97.1,
            "score_max": 97.1,
            "coverage": 1.0,
            "versions": ("1.4.1",),
            "checks": {P99: judged(value=0.18)} if checks is None else checks,
            **fields,
        }
    )


def evaluation(number: int = 1, **fields: Any) -> Evaluation:
    """One of `test`, made `number` seconds after AT and nobody accepted it."""
    return Evaluation(
        **{
            "id": f"eval{number:06d}",
            "at": AT + number,
            "environment": "test",
            "verdict": Verdict.READY,
            "decision": "READY",
            "exit_code": 0,
            "score": 97.1,
            "by": "ana@ci",
            "policy": PolicySummary(name="default", digest="d1"),
            "services": {"payments": service()},
            **fields,
        }
    )


def accepted(number: int = 1, **fields: Any) -> Evaluation:
    return evaluation(number, **{"accepted_at": AT + number, "accepted_by": "ana@ci", **fields})
