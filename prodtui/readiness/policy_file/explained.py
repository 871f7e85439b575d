"""Checks in words: one with all that holds for it and where that is declared, and all of them as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prodtui.model.declared import Tier
from prodtui.model.service_view import UNDECLARED_TIER
from prodtui.readiness.check import Check
from prodtui.readiness.custom import check_of
from prodtui.readiness.policy import CheckRule, Custom, Policy
from prodtui.readiness.policy_file.files import Merged
from prodtui.readiness.summary import selected

_LABEL = 10


def explained_ids(policy: Policy, checks: Mapping[str, Check]) -> tuple[str, ...]:
    """Every check there is under the policy."""
    return (*checks, *(custom.id for custom in policy.customs))


def explained(
    name: str,
    policy: Policy,
    merged: Merged,
    checks: Mapping[str, Check],
    service: str | None = None,
    tier: Tier | None = None,
) -> str:
    """The check `name` under the policy, for all services or for one of the given tier."""
    custom = next((each for each in policy.customs if each.id == name), None)
    check = checks[name] if custom is None else check_of(custom)
    lines = [f"{name}: {check.title}"]
    lines += _line("reads", ", ".join(plane.value for plane in check.reads))
    if custom is not None:
        lines += _line("asks", custom.query)
        lines += _line("declared", _place(policy, name))
    lines += _line("rule", check.rule)
    lines += _criteria(name, check, custom, policy, merged, service, tier)
    lines += _line("why", check.why)
    lines += _line("to do", check.remedy)
    lines += _line("runbook", check.runbook)
    return "\n".join(lines) + "\n"


def check_rows(checks: Mapping[str, Check]) -> list[dict[str, Any]]:
    """Every built-in check as plain values."""
    return [
        {
            "id": check.id,
            "pillar": check.pillar,
            "title": check.title,
            "reads": [plane.value for plane in check.reads],
            "rule": check.rule,
            "blocking": check.blocking,
            "unit": check.unit,
            "pass": check.limits.passes.written() if check.limits else None,
            "warn": check.limits.warns.written() if check.limits and check.limits.warns else None,
            "floor": check.limits.floor if check.limits and check.limits.relative else None,
            "why": check.why,
            "remedy": check.remedy,
            "runbook": check.runbook,
        }
        for check in checks.values()
    ]


def table_text(checks: Mapping[str, Check]) -> str:
    """A table: id, B where it blocks, title; its rule below."""
    width = max((len(check.id) for check in checks.values()), default=0)
    lines = []
    for check in checks.values():
        lines.append(f"{check.id:<{width}}  {'B' if check.blocking else ' '}  {check.title}")
        lines.append(f"{'':<{width}}     {check.rule}")
    return "\n".join(lines) + "\n"


def _criteria(
    name: str,
    check: Check,
    custom: Custom | None,
    policy: Policy,
    merged: Merged,
    service: str | None,
    tier: Tier | None,
) -> Iterator[str]:
    rule = policy.checks.get(name, CheckRule())
    sources = [_place(policy, name)] if name in policy.checks else []
    if service is not None:
        of = tier or UNDECLARED_TIER
        tagged = False
        for index, each in enumerate(policy.rules):
            tagged = tagged or (bool(each.selector.tags) and name in each.checks)
            if name in each.checks and each.selector.selects(service, of, frozenset()):
                rule = each.checks[name].over(rule)
                place = merged.place(("rules", index, "checks", *name.split(".")))
                sources.append(f"{place.path}:{place.line} for {selected(each.selector)}")
        known = f"tier {of.value}" if tier else f"tier {of.value}, as none is declared"
        yield from _line("for", f"{service} ({known})")
        if tagged:
            yield from _line("", "rules that select by tags are left out: tags are known where the registry is read")
        if custom is not None and not custom.selector.selects(service, of, frozenset()):
            yield from _line("", f"not asked of it: only of {selected(custom.selector)}")
    else:
        for index, each in enumerate(policy.rules):
            if name in each.checks:
                place = merged.place(("rules", index, "checks", *name.split(".")))
                yield from _line("differs", f"for {selected(each.selector)} ({place.path}:{place.line})")
    blocking = check.blocking if rule.blocking is None else rule.blocking
    weight = rule.weight if rule.weight is not None or custom is None else custom.weight
    shown = policy.weight(CheckRule(weight=weight), blocking=blocking)
    if check.limits is not None:
        yield from _line("default" if custom is None else "criteria", check.limits.text(check.unit))
    if rule.limits is not None:
        yield from _line("policy", rule.limits.text(check.unit))
    if rule.not_applicable:
        yield from _line("N/A", rule.not_applicable)
    yield from _line("blocking", "yes" if blocking else "no")
    yield from _line("weight", f"{float(shown):g} in {check.pillar}, which weighs {_pillar(policy, check)}")
    if sources:
        yield from _line("from", "; ".join(sources))


def _pillar(policy: Policy, check: Check) -> str:
    return f"{float(policy.pillar_weights[check.pillar]):g}"


def _place(policy: Policy, name: str) -> str:
    place = policy.places.get(name)
    return f"{place.path}:{place.line}" if place else ""


def _line(label: str, text: str) -> list[str]:
    return [f"  {label:<{_LABEL}}{text}"] if text else []
