"""A rollout as the document `prodtui.rollout-status/1`."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from prodtui.model.rollout import Compared, Driver, Rollout, Sample, Step
from prodtui.model.rollout_progress import (
    compared,
    lasts_s,
    left_s,
    place,
    silent_s,
    stage_samples,
    tally,
    waits,
    watches,
)
from prodtui.readiness.words import seconds
from prodtui.reports import rollout_document as doc
from prodtui.reports.fields import rfc3339, rounded


def rollout_json(rollout: Rollout, now: float, driver: Driver) -> str:
    """What `rollout status --format json` prints."""
    return msgspec.json.format(msgspec.json.encode(rollout_document(rollout, now, driver)), indent=2).decode() + "\n"


def rollout_document(rollout: Rollout, now: float, driver: Driver) -> doc.RolloutDocument:
    """The whole rollout at a time."""
    plan, made = rollout.plan, rollout.decision
    of, criteria = compared(rollout)
    return doc.RolloutDocument(
        schema="prodtui.rollout-status/1",
        id=rollout.id,
        environment=rollout.environment,
        at=rfc3339(now) or "",
        service=plan.service,
        candidate=plan.candidate,
        rollback_to=plan.rollback_to or None,
        plan=doc.PlanPart(name=plan.name, path=plan.path, digest=plan.digest, observes=plan.observes),
        by=rollout.by,
        driver=driver.name,
        driven=driver.drives and not rollout.phase.ended,
        started_at=rfc3339(rollout.started_at) or "",
        ended_at=rfc3339(rollout.ended_at),
        phase=cast("Any", rollout.phase.name),
        decision=doc.DecisionPart(word=made.word.value, reason=made.reason, waits_for=waits(rollout, now, seconds)),
        stage=rollout.stage + 1,
        stage_began_at=rfc3339(rollout.stage_began_at) or "",
        left_s=rounded(left_s(rollout, now)),
        extended=rollout.extended,
        traffic_percent=rollout.percent,
        held_at=rfc3339(rollout.held_at),
        silent_s=rounded(silent_s(rollout, now)),
        watched_after_s=plan.watched_after_s,
        stages=tuple(_stage(rollout, at) for at in range(len(plan.stages))),
        criteria_at=rfc3339(of.at) if of else None,
        criteria=tuple(map(_criterion, criteria)),
        samples=tuple(map(_sample, rollout.samples)),
        steps=tuple(map(_step, rollout.steps)),
    )


def _stage(rollout: Rollout, at: int) -> doc.StagePart:
    stage, here, seen = rollout.plan.stages[at], place(rollout), tally(stage_samples(rollout, at))
    extended = at == here and not watches(rollout)
    return doc.StagePart(
        percent=stage.percent,
        lasts_s=lasts_s(rollout) if extended else stage.duration_s,
        every_s=stage.every_s,
        state="over" if at < here else "now" if at == here else "ahead",
        ok=seen.ok,
        bad=seen.bad,
        nodata=seen.nodata,
    )


def _criterion(one: Compared) -> doc.CriterionPart:
    return doc.CriterionPart(
        id=one.id,
        unit=one.unit,
        canary=rounded(one.canary, 6),
        stable=rounded(one.stable, 6),
        baseline=rounded(one.baseline, 6),
        threshold=one.threshold,
        judged=one.judged.value,
        blocking=one.blocking,
        hard=one.hard,
        reason=one.reason or None,
    )


def _sample(one: Sample) -> doc.SamplePart:
    return doc.SamplePart(
        at=rfc3339(one.at) or "",
        stage=one.stage + 1,
        judged=one.judged.value,
        hard=one.hard,
        gap=one.gap,
        requests=rounded(one.requests),
        bad_responses=rounded(one.bad_responses),
        reason=one.reason or None,
    )


def _step(step: Step) -> doc.StepPart:
    return doc.StepPart(at=rfc3339(step.at) or "", what=step.what, result=step.result, by=step.by or None)
