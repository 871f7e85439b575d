"""A policy as it is remembered with an evaluation, so that a later one that asks less can be told."""

from __future__ import annotations

from collections.abc import Mapping

from prodtui.model.assessment import State
from prodtui.model.evaluation import PolicySummary, RuleSummary
from prodtui.readiness.check import Check
from prodtui.readiness.custom import check_of
from prodtui.readiness.load_rule import CHECKED
from prodtui.readiness.policy import CheckRule, Policy, Selector

_AS_DECLARED = CheckRule()
EVERYWHERE = "all services"
UNKNOWN_FAILS = State.FAIL.value
"""`on_unknown` of a check whose not being known counts as a failure."""


def summarised(policy: Policy, checks: Mapping[str, Check]) -> PolicySummary:
    """What the policy asks of `checks` and of its own.

    A check of the policy's own that some services have is called `ID for SELECTOR`, a load's threshold `CHECK under
    LOAD`. `numbers` has the limits of the verdict, the pillars' weights (`pillar NAME`), the floors of relative
    criteria (`floor CHECK`) and the objectives (`objective for SELECTOR`).
    """
    all_checks = {**checks, **{custom.id: check_of(custom) for custom in policy.customs}}
    selectors = {custom.id: selected(custom.selector) for custom in policy.customs}
    own_weights = {custom.id: custom.weight for custom in policy.customs}
    numbers = {
        "fails_below": str(policy.fails_below),
        "warns_below": str(policy.warns_below),
        "coverage_from": str(policy.coverage_from),
        "override": str(int(policy.override)),
        "starting_s": str(policy.starting_s),
        "page_severities": ",".join(policy.page_severities),
        **{f"pillar {name}": str(weight) for name, weight in policy.pillar_weights.items()},
    }

    def summary(check: Check, rule: CheckRule, name: str) -> RuleSummary:
        blocking = check.blocking if rule.blocking is None else rule.blocking
        limits = rule.limits or check.limits
        weight = own_weights.get(check.id) if rule.weight is None else rule.weight
        if weight is None:
            weight = policy.weight(rule, blocking=blocking)
        if limits is not None and limits.relative:
            numbers[f"floor {name}"] = repr(limits.floor)
        return RuleSummary(
            passes=tuple(map(tuple, limits.passes.written())) if limits else (),
            warns=tuple(map(tuple, limits.warns.written())) if limits and limits.warns else None,
            blocking=blocking,
            weight=str(weight),
            on_unknown=rule.on_unknown.value,
            not_applicable=bool(rule.not_applicable),
        )

    def ruled(rules: Mapping[str, CheckRule], where: str) -> dict[str, RuleSummary]:
        return {
            name: summary(all_checks[name], rule.over(policy.checks.get(name, _AS_DECLARED)), f"{name} for {where}")
            for name, rule in rules.items()
            if name in all_checks
        }

    def called(name: str) -> str:
        where = selectors.get(name, EVERYWHERE)
        return name if where == EVERYWHERE else f"{name} for {where}"

    by_selector: dict[str, dict[str, CheckRule]] = {}
    for rule in policy.rules:
        if rule.slo is not None:
            numbers[f"objective for {selected(rule.selector)}"] = repr(rule.slo.objective)
        into = by_selector.setdefault(selected(rule.selector), {})
        for name, own in rule.checks.items():
            into[name] = own.over(into[name]) if name in into else own
    return PolicySummary(
        name=policy.name,
        path=policy.path,
        digest=policy.digest,
        checks={
            called(name): summary(check, policy.checks.get(name, _AS_DECLARED), called(name))
            for name, check in all_checks.items()
        }
        | _loads(policy, checks),
        rules={where: ruled(rules, where) for where, rules in by_selector.items() if rules},
        required={tier.value: names for tier, names in policy.required.items()},
        minimum={tier.value: count for tier, count in policy.tier_minimum.items()},
        numbers=numbers,
    )


def _loads(policy: Policy, checks: Mapping[str, Check]) -> dict[str, RuleSummary]:
    """The thresholds of loads that judge a service, as `CHECK under LOAD`."""
    found = {}
    for name, load in policy.loads.items():
        for metric, check in CHECKED.items():
            threshold, rule = load.threshold(metric), policy.checks.get(check, _AS_DECLARED)
            if load.service and threshold is not None and check in checks:
                blocking = bool(rule.blocking)
                found[f"{check} under {name}"] = RuleSummary(
                    passes=((threshold.bound.written(),),),
                    warns=None,
                    blocking=blocking,
                    weight=str(policy.weight(rule, blocking=blocking)),
                    on_unknown=rule.on_unknown.value,
                    not_applicable=bool(rule.not_applicable),
                )
    return found


def selected(selector: Selector) -> str:
    """The services that a selector selects, as text: `services ledger, payments; tiers A`, or `all services`."""
    parts = (("services", selector.services), ("tiers", selector.tiers), ("tags", selector.tags))
    return "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in parts if names) or EVERYWHERE
