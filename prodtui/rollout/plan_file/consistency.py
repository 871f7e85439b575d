"""What is wrong with a plan though every value by itself can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from prodtui.model.rollout import CriterionRule, Stage
from prodtui.model.toml_keys import KeyPath
from prodtui.readiness import words
from prodtui.readiness.policy_file.problems import Problem, unknown
from prodtui.rollout.criteria import KNOWN
from prodtui.rollout.placeholders import filled
from prodtui.rollout.plan_file.built import criteria_of, stages_of
from prodtui.rollout.plan_file.tables import CriterionTable, Root

HOOKS: Final = ("advance", "rollback", "migrate")
OK_AT_LAST = 3
"""Samples that must be OK before a stage ends: it needs so many."""
_ID = re.compile(r"[a-z][a-z0-9_]*")
_GROUP = re.compile(r"\$group\b")
_UNITS = {"s": ("ms|s|m|min|h", "250ms"), "ratio": ("%?", "1%")}
"""What a number of these must be written in, as a regular expression and by example."""


def problems(root: Root, values: Mapping[str, Any], candidate: str | None) -> Iterator[Problem]:
    """Everything that can't be meant. `values`: the file as it is written; `candidate`: of the command line."""
    if not (candidate or root.candidate):
        yield Problem(("candidate",), "required here, or as --candidate VERSION: which version is rolled out?")
    yield from _of_stages(root)
    yield from _of_groups(root, candidate or root.candidate or "")
    yield from _of_hooks(root)
    for name, table in root.criteria.items():
        yield from _of_criterion(name, table, ("criteria", name), values["criteria"][name])
    if not any(rule.blocking for rule in criteria_of(root)):
        yield Problem(("criteria",), "no criterion is blocking: nothing could ever stop the rollout")


def _of_stages(root: Root) -> Iterator[Problem]:
    if root.stages is None:
        return
    if not root.stages:
        yield Problem(("stages",), "expected at least one stage, the last of 100 percent")
        return
    before: Stage | None = None
    for index, (table, stage) in enumerate(zip(root.stages, stages_of(root.stages), strict=True)):
        here: KeyPath = ("stages", index)
        last = index == len(root.stages) - 1
        if before is not None and stage.percent <= before.percent:
            yield Problem(
                (*here, "percent"),
                f"expected more than the stage before has ({before.percent:g}), got {stage.percent:g}",
            )
        if last and stage.percent != 100:
            yield Problem((*here, "percent"), f"expected 100 in the last stage, got {stage.percent:g}")
        if not last and table.lasts is None:
            yield Problem((*here, "for"), 'required: how long the stage lasts, such as "5m"')
        if stage.every_s > stage.duration_s / OK_AT_LAST:
            yield Problem(
                (*here, "every"),
                f"expected at most a third of the stage ({words.seconds(stage.duration_s)}), as its last "
                f"{OK_AT_LAST} samples must be OK; got {words.seconds(stage.every_s)}",
            )
        before = stage


def _of_groups(root: Root, candidate: str) -> Iterator[Problem]:
    groups, here = root.groups, "groups"
    if groups.tag is None and groups.label is None and groups.cluster is None:
        yield Problem((here,), "required: tag, label or cluster, by which canary and stable are told apart")
    for name, pair in (("tag", groups.tag), ("label", groups.label), ("cluster", groups.cluster)):
        if pair is None:
            continue
        if "{rollback_to}" in (pair.stable or "") and not root.rollback_to:
            yield Problem((here, name, "stable"), "{rollback_to} stands for a version that rollback_to does not give")
        versions = {"version": candidate, "rollback_to": root.rollback_to or ""}
        if pair.stable is not None and filled(pair.canary, versions) == filled(pair.stable, versions):
            yield Problem(
                (here, name, "stable"), f'"{pair.stable}" matches both groups: expected another one than the canary\'s'
            )


def _of_hooks(root: Root) -> Iterator[Problem]:
    for name, hook in root.hooks.items():
        if name not in HOOKS:
            yield Problem(("hooks", name), unknown(name, HOOKS, "hook", "Hooks"))
        if not hook.command:
            yield Problem(("hooks", name, "command"), 'expected a program and its arguments, such as ["./shift.sh"]')
    known = root.hooks.keys() & set(HOOKS)
    if known and "rollback" not in known:
        yield Problem(("hooks",), f"rollback: required with {', '.join(sorted(known))}, else nobody could go back")
    if known == {"rollback"}:
        yield Problem(("hooks",), "advance: required with rollback: nothing would move the traffic")


def _of_criterion(name: str, table: CriterionTable, here: KeyPath, written: Mapping[str, Any]) -> Iterator[Problem]:
    known = KNOWN.get(name)
    if known is None and table.promql is None:
        told = unknown(name, KNOWN, "criterion", "Criteria")
        yield Problem(here, f"{told}; one of your own needs promql")
        return
    if known is not None and table.promql is not None:
        yield Problem((*here, "promql"), f"{name} has a query of its own; give yours another name")
    if known is None:
        yield from _of_own(name, table, here)
    yield from _of_numbers(table, known, here, written)


def _of_own(name: str, table: CriterionTable, here: KeyPath) -> Iterator[Problem]:
    if _ID.fullmatch(name) is None:
        yield Problem(here, "expected a name of lower-case letters, digits and _")
    query = table.promql or ""
    if _GROUP.search(query) is None:
        yield Problem((*here, "promql"), "expected $group among a selector's matchers, such as x{$group}")
    elif why := _unreadable(query):
        yield Problem((*here, "promql"), f"not PromQL: {why}")
    if table.most is None and table.least is None and table.over_stable is None:
        yield Problem(here, "required: most, least or over_stable: it could never be BAD")


def _unreadable(query: str) -> str:
    """Why it is no PromQL once the group is filled in; empty where it is."""
    from promql_parser import parse

    try:
        parse(_GROUP.sub('a="b"', query))
    except ValueError as error:
        return words.first_line(str(error))
    return ""


def _of_numbers(
    table: CriterionTable, known: CriterionRule | None, here: KeyPath, written: Mapping[str, Any]
) -> Iterator[Problem]:
    """Limits that contradict one another, and numbers in another unit than the criterion's."""
    most = table.most if table.most is not None else known.most if known else None
    least = table.least if table.least is not None else known.least if known else None
    if most is not None and least is not None and least > most:
        yield Problem((*here, "least"), f"nothing is at least {least:g} and at most {most:g}")
    if table.hard is not None and most is not None and table.hard < most:
        yield Problem((*here, "hard"), f"expected at least most ({most:g}): beyond it one sample is enough")
    unit = table.unit if table.unit is not None else known.unit if known else ""
    fitting = _UNITS.get(unit)
    for key in ("most", "least", "floor", "hard"):
        if fitting is None or (value := written.get(key)) is None:
            continue
        if not re.fullmatch(rf"\s*[\d.]+\s*(?:{fitting[0]})\s*", str(value)) and value != 0:
            yield Problem((*here, key), f'expected a number in {unit}, such as "{fitting[1]}", got {value!r}')
        elif unit == "ratio" and getattr(table, key) > 1:
            yield Problem((*here, key), f'expected a ratio up to 100%, such as "1%", got {value!r}')
