"""From the tables of a plan to the values that a rollout goes by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from prodtui.model.rollout import CriterionRule, Groups, Hook, Plan, Stage
from prodtui.readiness.policy_file.files import Merged
from prodtui.rollout.criteria import DEFAULTS, KNOWN
from prodtui.rollout.placeholders import filled
from prodtui.rollout.plan_file.tables import CriterionTable, PairTable, Root, StageTable

MINUTE_S = 60.0
HOUR_S = 3_600.0
LAST_S = 5 * MINUTE_S
"""The last stage, where nothing else is said: what follows is watched by its burn rate."""
_EVERY_S = ((5 * MINUTE_S, 30.0), (30 * MINUTE_S, 60.0))
"""(stages up to this long, time between two samples)."""
_LONGEST_EVERY_S = 120.0
USUAL = ((1.0, 5 * MINUTE_S), (10.0, 30 * MINUTE_S), (50.0, HOUR_S), (100.0, LAST_S))
"""(percent, duration) of a plan that names no stages."""


def plan_of(root: Root, found: Merged, candidate: str, *, directory: str = "") -> Plan:
    """The plan of a file without problems."""
    rollback_to = root.rollback_to or ""
    return Plan(
        name=root.name or Path(found.path).stem,
        path=found.path,
        directory=directory,
        digest=found.digest,
        environment=root.environment or "",
        service=root.service,
        candidate=candidate,
        rollback_to=rollback_to,
        stages=stages_of(root.stages),
        groups=groups_of(root, candidate, rollback_to),
        criteria=tuple(criteria_of(root)),
        hooks={name: Hook(command=hook.command, timeout_s=hook.timeout) for name, hook in root.hooks.items()},
        rate_per_s=root.rate,
        migration=root.migration or "",
        watched_after_s=root.watch_after.lasts,
    )


def stages_of(tables: tuple[StageTable, ...] | None) -> tuple[Stage, ...]:
    """The stages, with the time between two samples where none is given."""
    if tables is None:
        return tuple(Stage(percent=percent, duration_s=length, every_s=every_s(length)) for percent, length in USUAL)
    return tuple(
        Stage(percent=each.percent, duration_s=length, every_s=each.every or every_s(length))
        for each in tables
        for length in (LAST_S if each.lasts is None else each.lasts,)
    )


def every_s(duration_s: float) -> float:
    """The usual time between two samples of a stage; in one that is shorter than that allows for, a tenth of it."""
    usual = next((every for longest, every in _EVERY_S if duration_s <= longest), _LONGEST_EVERY_S)
    return min(usual, duration_s / 10)


def groups_of(root: Root, candidate: str, rollback_to: str) -> Groups:
    """How the groups are told apart, versions filled in."""
    versions = {"version": candidate, "rollback_to": rollback_to}

    def pair(table: PairTable | None) -> tuple[str, str] | None:
        return None if table is None else (filled(table.canary, versions), filled(table.stable, versions))

    label = root.groups.label
    return Groups(
        tag=pair(root.groups.tag),
        label=None
        if label is None
        else (label.name, filled(label.canary, versions), filled(label.stable or "", versions)),
        cluster=pair(root.groups.cluster),
    )


def criteria_of(root: Root) -> Iterator[CriterionRule]:
    """The usual criteria as the file changes them, then what it adds."""
    for rule in DEFAULTS:
        table = root.criteria.get(rule.id)
        if table is None:
            yield rule
        elif not table.skip:
            yield _changed(rule, table)
    usual = {rule.id for rule in DEFAULTS}
    for name, table in root.criteria.items():
        if name not in usual and not table.skip:
            yield _changed(KNOWN.get(name, CriterionRule(id=name, query=table.promql or "")), table)


def _changed(rule: CriterionRule, table: CriterionTable) -> CriterionRule:
    said = {
        name: value
        for name in ("unit", "most", "least", "over_stable", "floor", "hard", "blocking")
        if (value := getattr(table, name)) is not None
    }
    return msgspec.structs.replace(rule, **said)
