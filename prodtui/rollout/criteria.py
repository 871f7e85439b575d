"""What a canary is held to where its plan says nothing else, and what a plan's traffic must be able to show."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from prodtui.model.rollout import CriterionRule, Plan

ERRORS: Final = "error_ratio"
PASSING: Final = "passing"
BREAKER: Final = "breaker"
BURN: Final = "burn"
"""Judged after the last stage only, by what the policy says of burn rates."""
QUANTILES = MappingProxyType({"latency_p99": 0.99, "latency_p95": 0.95, "latency_p50": 0.5})
"""Of the criteria that are latencies, by id."""
BURNS_HARD = 14.4
"""Times the error budget: at this rate a month's is gone in two days (Google SRE workbook, "Alerting on SLOs")."""
USUAL_OBJECTIVE = 0.999
"""Where the policy gives the service none: one must know at which ratio nobody waits for a second sample."""
EVENTS = 3.0
"""Without a failure in 3/p requests the ratio is below p in 95 of 100 cases (rule of three)."""

DEFAULTS = (
    CriterionRule(id=ERRORS, unit="ratio", most=0.01, over_stable=0.1, floor=0.005),
    CriterionRule(id="latency_p99", unit="s", over_stable=0.2, floor=0.025),
    CriterionRule(id="latency_p95", unit="s", over_stable=0.2, floor=0.010),
    # Of up to four instances all, of more all but one in five: one of fifty that restarts is no bad release.
    CriterionRule(id=PASSING, unit="ratio", least=0.8),
    CriterionRule(id=BREAKER, unit="open", most=0.0, hard=0.0),
)
KNOWN = MappingProxyType(
    {rule.id: rule for rule in (*DEFAULTS, CriterionRule(id="latency_p50", unit="s", over_stable=0.2, floor=0.005))}
)
"""Every criterion that needs no query of the plan's own, as it is by default."""


def with_objective(plan: Plan, objective: float | None) -> Plan:
    """The plan with the error ratio beyond which one sample is enough, where it gives none: 14.4 times the budget."""
    hard = usual_hard(USUAL_OBJECTIVE if objective is None else objective)
    rules = tuple(
        msgspec.structs.replace(rule, hard=hard) if rule.id == ERRORS and rule.hard is None else rule
        for rule in plan.criteria
    )
    return msgspec.structs.replace(plan, criteria=rules)


def usual_hard(objective: float = USUAL_OBJECTIVE) -> float:
    """The error ratio at which nobody waits for a second sample, where the plan says nothing else."""
    return min(BURNS_HARD * (1 - objective), 1.0)


def requests_needed(plan: Plan) -> float:
    """Requests on the canary before a stage can show that it errs no more than it may: 3/p."""
    rule = next((rule for rule in plan.criteria if rule.id == ERRORS), KNOWN[ERRORS])
    limit = rule.most if rule.most else rule.hard
    return EVENTS / (limit or 0.01)
