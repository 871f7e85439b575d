"""Driving a rollout: what it is judged by, the watch, and who is told."""

from __future__ import annotations

import logging
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import typer

from prodtui.cli.audit_trail import auditing
from prodtui.cli.oncall import decisions_told
from prodtui.cli.rollout_lock import driving
from prodtui.cli.rollout_shown import Lines, Screen
from prodtui.cli.terminal import on_screen
from prodtui.journal.rollout_store import RolloutStore, Wish
from prodtui.model.rollout import Driver, Plan, Rollout
from prodtui.rollout.course import Course, Tell
from prodtui.rollout.keeping import Keeping
from prodtui.rollout.preflight import Point

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.readiness.policy import Policy
    from prodtui.readiness.standard import Standard
    from prodtui.settings.loaded import Environment

_log = logging.getLogger(__name__)


async def looked(
    environment: Environment, policy: Policy, plan: Plan, deadline_s: float
) -> tuple[Plan, Moment, tuple[Point, ...]]:
    """One look before it starts: the plan with its limits and its way back, the moment, and what was found."""
    from prodtui.cli.gate import READINGS
    from prodtui.cli.output import progress
    from prodtui.readiness.slo import DAY_S
    from prodtui.rollout.criteria import with_objective
    from prodtui.rollout.pace import patient
    from prodtui.rollout.preflight import preflight, slo_of, stable_version
    from prodtui.rollout.questions import questions_before
    from prodtui.watch import read_once

    standard = await _standard(environment, policy, plan)
    # The objective is the service's, whose tags are known once it was read: the longest period is asked for.
    period_s = max((rule.slo.period_s for rule in policy.rules if rule.slo), default=30 * DAY_S)
    standard = msgspec.structs.replace(standard, also=partial(questions_before, plan, period_s=period_s))
    async with progress(lambda seconds: f"looking whether {plan.service} may be rolled out: {seconds:.0f} s"):
        asked = patient(environment, deadline_s / 3)
        moment = await read_once(asked, standard, deadline_s=deadline_s, readings=READINGS)
    view = moment.views.get(plan.service)
    slo = slo_of(standard.policy, view) if view else None
    plan = with_objective(plan, slo.objective if slo else None)
    points = preflight(plan, moment, standard.policy)
    return msgspec.structs.replace(plan, rollback_to=plan.rollback_to or stable_version(plan, moment)), moment, points


async def driven(
    environment: Environment,
    policy: Policy,
    store: RolloutStore,
    rollout: Rollout,
    driver: str,
    wish: Wish | None = None,
) -> Rollout:
    """Drives the rollout to its end, or until somebody leaves it; it can be resumed then.

    `wish`: what a person wants of it first.
    """
    standard = await _standard(environment, policy, rollout.plan)
    async with auditing(environment) as scribe:
        keeping = Keeping(store, driver, scribe.recorded, time.time)
        if wish is not None:
            keeping.wishes.put_nowait(wish)
        shown = Screen(environment, keeping) if on_screen() else Lines()
        async with decisions_told(environment, _say, shown.ring) as tell:
            with driving(rollout.id, driver):
                return await _driven(environment, standard, rollout, keeping, tell, shown)


async def _driven(
    environment: Environment,
    standard: Standard,
    rollout: Rollout,
    keeping: Keeping,
    tell: Tell,
    shown: Screen | Lines,
) -> Rollout:
    from prodtui.model.rollout_progress import stage_of
    from prodtui.reports.rollout_text import rollout_text
    from prodtui.rollout.pace import paced
    from prodtui.rollout.questions import Interview
    from prodtui.watch.live import Watch

    course = Course(rollout, keeping, baselines=standard.history.baselines, tell=tell, show=shown.show)
    interview = Interview(rollout.plan, lambda: stage_of(course.rollout))
    watch = Watch(paced(environment, rollout.plan), msgspec.structs.replace(standard, also=interview))
    async with watch:
        await shown.follow(lambda: course.run(watch.moments()))
    sys.stdout.write(rollout_text(course.rollout, time.time(), Driver(keeping.driver, drives=False)))
    if not course.rollout.phase.ended:
        await keeping.release(rollout.id)
        typer.echo(
            f"prodtui: left at {stage_of(course.rollout).percent:g} %, and nobody watches it now: "
            "`prodtui rollout resume` goes on, `prodtui rollout abort` goes back",
            err=True,
        )
    return course.rollout


async def alone(environment: Environment, store: RolloutStore, rollout: Rollout, driver: str, wish: Wish) -> Rollout:
    """Does what a person wants of a rollout that nobody drives, and no more."""
    shown = Lines(rollout)
    async with auditing(environment) as scribe, decisions_told(environment, _say, shown.ring) as tell:
        keeping = Keeping(store, driver, scribe.recorded, time.time)
        course = Course(rollout, keeping, baselines={}, tell=tell, show=shown.show)
        with driving(rollout.id, driver):
            return await course.grant(wish)


async def audited_first(environment: Environment, rollout: Rollout) -> Rollout:
    """Writes down that it begins. Raises UsageError where that can't be: then it must not."""
    from prodtui.rollout.keeping import written_down

    async with auditing(environment) as scribe:
        for step in rollout.steps:
            if remark := await scribe.require(*written_down(rollout, step)):
                typer.echo(f"prodtui: {remark}", err=True)
    return msgspec.structs.replace(rollout, audited=len(rollout.steps))


async def _standard(environment: Environment, policy: Policy, plan: Plan) -> Standard:
    """What the service is judged by, with what was accepted before; a remark where that is not known."""
    from prodtui.cli.gate import letting_go, memory
    from prodtui.rollout.preflight import with_migration

    known = await memory(environment, with_migration(policy, plan), services=[plan.service], candidate=plan.candidate)
    await letting_go(known.store)
    for remark in known.remarks:
        typer.echo(f"prodtui: {remark}", err=True)
    return known.standard


def _say(text: str) -> None:
    """That somebody could not be told: in the log, and where no screen is drawn over it on stderr."""
    _log.warning(text)
    if not on_screen():
        typer.echo(f"prodtui: {text}", err=True)
