"""What is looked at before anything acts: may it start, and can its stages show what they must? Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from prodtui.model.assessment import CheckResult, ServiceAssessment, State, Verdict
from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.model.records import Plane
from prodtui.model.rollout import Plan
from prodtui.model.service_view import ServiceView
from prodtui.readiness import words
from prodtui.readiness.policy import CheckRule, Policy, Rule, Selector
from prodtui.readiness.slo import Slo
from prodtui.rollout.criteria import ERRORS, EVENTS, USUAL_OBJECTIVE, requests_needed, usual_hard
from prodtui.rollout.groups import Side, cluster, members
from prodtui.rollout.observed import BURN_CHECK
from prodtui.rollout.questions import SERIES, SPENT, called, rate_per_s

MIGRATIONS = "data.migrations"
PAGES = (BURN_CHECK, "observability.no_page_firing")


_TO_DO = {
    Side.CANARY: "start the candidate first, without traffic",
    Side.STABLE: "say how what runs now is told apart",
}
"""Where there is nothing of a group."""


class Cleared(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    cleared: Cleared
    text: str
    of_plan: bool = False
    """It is the plan that does not fit, and nothing in production that could get better."""


def preflight(plan: Plan, moment: Moment, policy: Policy) -> tuple[Point, ...]:
    """Everything that must be so before the rollout starts, in the order in which it is looked at."""
    view, judged = moment.views.get(plan.service), moment.assessment.service(plan.service)
    if view is None or judged is None:
        lost = [source.name for source in moment.snapshot.sources.values() if _lost(moment, source.declared.plane)]
        why = f"no source speaks of {plan.service}"
        cleared = Cleared.UNKNOWN if lost else Cleared.NO
        return (Point(name="service", cleared=cleared, text=why, of_plan=not lost),)
    slo = slo_of(policy, view)
    return (
        _verdict(judged),
        _budget(plan, view, slo),
        _pages(judged),
        _migrations(plan, view),
        _way_back(plan, moment),
        *_groups(plan, moment, view),
        *_traffic(plan, moment),
    )


def slo_of(policy: Policy, view: ServiceView) -> Slo | None:
    """The service's objective."""
    return policy.applied(view.name, view.tier, view.tags).slo


def with_migration(policy: Policy, plan: Plan) -> Policy:
    """The policy by which the rollout is judged: the migration that it brings itself may be pending."""
    if not plan.migration:
        return policy
    brings = CheckRule(not_applicable=f"the rollout brings {plan.migration}")
    rule = Rule(selector=Selector(services=(plan.service,)), checks={MIGRATIONS: brings})
    return msgspec.structs.replace(policy, rules=(*policy.rules, rule))


def _verdict(judged: ServiceAssessment) -> Point:
    cleared = {Verdict.READY: Cleared.YES, Verdict.WARN: Cleared.YES, Verdict.INCONCLUSIVE: Cleared.UNKNOWN}
    why = f": {judged.why}" if judged.why else ""
    return Point(name="check", cleared=cleared.get(judged.verdict, Cleared.NO), text=f"{judged.verdict}{why}")


def _budget(plan: Plan, view: ServiceView, slo: Slo | None) -> Point:
    """What is left of the error budget over the objective's period, else over the longest window that is known."""
    if slo is None:
        return Point(name="budget", cleared=Cleared.YES, text=f"no objective is declared: {_assumed(plan)}")
    spent = next((said.record for said in view.measurements if said.record.check == SPENT), None)
    over_s, ratio = slo.period_s, spent.value if spent else None
    if ratio is None:
        windows = sorted(
            ((said.record.window_s, said.record.error_ratio) for said in view.traffic), key=lambda one: one[0]
        )
        over_s, ratio = next(((s, r) for s, r in reversed(windows) if r is not None), (0.0, None))
    if ratio is None:
        return Point(name="budget", cleared=Cleared.UNKNOWN, text="what is left of the error budget is not known")
    left = 1 - ratio * over_s / (slo.budget * slo.period_s)
    text = f"{words.percent(max(0.0, left))} of the error budget left, by the last {words.seconds(over_s)}"
    return Point(name="budget", cleared=Cleared.YES if left > 0 else Cleared.NO, text=text)


def _assumed(plan: Plan) -> str:
    """What holds in an objective's place, with the plan's limits filled in."""
    hard = next((rule.hard for rule in plan.criteria if rule.id == ERRORS), None)
    if hard is None:
        return "no budget to look at"
    by = f"{words.percent(USUAL_OBJECTIVE)} is assumed" if hard == usual_hard() else "the plan has a limit"
    return f"no budget to look at; {by}, so one sample beyond {words.percent(hard)} errors goes back"


def _pages(judged: ServiceAssessment) -> Point:
    found = [check for check in judged.checks if check.id in PAGES]
    for state, cleared in ((State.FAIL, Cleared.NO), (State.UNKNOWN, Cleared.UNKNOWN)):
        if wrong := [check for check in found if check.state is state]:
            return Point(name="pages", cleared=cleared, text=_said(wrong))
    return Point(name="pages", cleared=Cleared.YES, text="nothing pages")


def _said(checks: list[CheckResult]) -> str:
    return "; ".join(check.reason for check in checks)


def _migrations(plan: Plan, view: ServiceView) -> Point:
    """What is pending besides what the plan declares."""
    expected = [said.record for said in view.migrations]
    if not expected:
        return Point(name="migrations", cleared=Cleared.YES, text="the policy declares none")
    applied = {row for said in view.measurements if said.record.check == MIGRATIONS for row in said.record.rows}
    told = any(said.record.check == MIGRATIONS and not said.record.trouble for said in view.measurements)
    if not told or any(one.trouble for one in expected):
        return Point(name="migrations", cleared=Cleared.UNKNOWN, text="which are applied is not known")
    pending = [name for one in expected for name in one.expected if name not in applied and name != plan.migration]
    if pending:
        text = f"pending: {words.listed(pending)}; apply them, or declare the one that the rollout brings as migration"
        return Point(name="migrations", cleared=Cleared.NO, text=text)
    brought = f"but {plan.migration}, which the rollout brings" if plan.migration else ""
    return Point(name="migrations", cleared=Cleared.YES, text=f"none pending {brought}".rstrip())


def _way_back(plan: Plan, moment: Moment) -> Point:
    """The version that one goes back to: the plan's, else the one that stable runs."""
    back = plan.rollback_to or stable_version(plan, moment)
    if back:
        return Point(name="way back", cleared=Cleared.YES, text=f"to {back}")
    if plan.observes:
        return Point(name="way back", cleared=Cleared.YES, text="it only observes: whoever moves the traffic knows")
    text = "what stable runs is not known, or not one version: give rollback_to"
    return Point(name="way back", cleared=Cleared.NO, text=text, of_plan=True)


def stable_version(plan: Plan, moment: Moment) -> str:
    """The one version that stable's instances run; empty where there is not exactly one."""
    found = {one.version for one in members(plan, moment.snapshot, Side.STABLE)} - {None}
    return next(iter(found)) or "" if len(found) == 1 else ""


def _groups(plan: Plan, moment: Moment, view: ServiceView) -> Iterator[Point]:
    """Both groups must be there, and not the same."""
    for side in Side:
        found = _size(plan, moment, view, side)
        if found:
            yield Point(name=str(side), cleared=Cleared.YES, text=found)
        elif _lost(moment, Plane.METRICS) or _lost(moment, Plane.REGISTRY):
            yield Point(name=str(side), cleared=Cleared.UNKNOWN, text="a source is lost that could tell of it")
        else:
            text = f"{_selector(plan, side)} matches nothing of {plan.service}: {_TO_DO[side]}"
            yield Point(name=str(side), cleared=Cleared.NO, text=text, of_plan=True)
    canary, stable = (set(_names(plan, moment, side)) for side in Side)
    if both := sorted(canary & stable):
        text = f"{words.listed(both)} match both canary and stable"
        yield Point(name="groups", cleared=Cleared.NO, text=text, of_plan=True)


def _size(plan: Plan, moment: Moment, view: ServiceView, side: Side) -> str:
    """What there is of a group; empty where there is nothing."""
    here = _names(plan, moment, side)
    told = (said.record for said in view.measurements if said.record.check == called(side, SERIES))
    series = next((one.value for one in told if one.value), None)
    parts = [words.plural(len(here), "instance")] if here else []
    parts += [f"{series:.0f} series"] if series else []
    return ", ".join(parts) + (f" ({_selector(plan, side)})" if parts else "")


def _names(plan: Plan, moment: Moment, side: Side) -> tuple[str, ...]:
    """What of it is there, by name: instances, else hosts of the proxy's cluster."""
    found = tuple(one.id for one in members(plan, moment.snapshot, side))
    if found or plan.groups.cluster is None:
        return found
    known = cluster(moment.snapshot, side.of(plan.groups.cluster))
    return tuple(host.address for host in known.hosts) if known else ()


def _selector(plan: Plan, side: Side) -> str:
    groups, shown = plan.groups, []
    if groups.label is not None:
        name, canary, stable = groups.label
        value = side.of((canary, stable))
        shown.append(f'{name}="{value}"' if value else f'{name}!="{canary}"')
    shown += [f"tag {side.of(groups.tag)}"] if groups.tag else []
    shown += [f"cluster {side.of(groups.cluster)}"] if groups.cluster else []
    return ", ".join(shown)


def _traffic(plan: Plan, moment: Moment) -> Iterator[Point]:
    """Whether each stage sends enough requests to show what it must (rule of three), with the numbers."""
    rate, needed = rate_per_s(plan, moment.snapshot), requests_needed(plan)
    if not rate:
        yield Point(name="traffic", cleared=Cleared.UNKNOWN, text=f"how many requests {plan.service} gets is not known")
        return
    limit = f"{EVENTS:g}/{words.number(EVENTS / needed)}, so that {ERRORS} up to {words.percent(EVENTS / needed)} shows"
    for number, stage in enumerate(plan.stages, 1):
        made = rate * stage.percent / 100 * stage.duration_s
        text = (
            f"{words.number(rate)}/s × {stage.percent:g} % × {words.seconds(stage.duration_s)} = {words.number(made)} "
            f"requests, needs {words.number(needed)}"
        )
        cleared = Cleared.YES if made >= needed else Cleared.NO
        if cleared is Cleared.NO:
            lasts = words.seconds(needed / (rate * stage.percent / 100))
            text += f" ({limit}): let the stage last {lasts}, or send {words.number(needed / made * rate)}/s"
        yield Point(name=f"stage {number}", cleared=cleared, text=text, of_plan=cleared is Cleared.NO)


def _lost(moment: Moment, plane: Plane) -> bool:
    return any(
        source.declared.plane is plane and source.freshness(moment.now) is Freshness.LOST
        for source in moment.snapshot.sources.values()
    )
