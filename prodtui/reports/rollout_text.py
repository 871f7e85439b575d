"""A rollout as text for a terminal or a log, and those that were as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from prodtui.model.rollout import Compared, Driver, Judged, Phase, Rollout, Step
from prodtui.model.rollout_progress import compared, left_s, place, silent_s, stage_samples, tally, waits
from prodtui.readiness.words import measure, seconds
from prodtui.reports.fields import clock, one_line
from prodtui.reports.words import table

GLYPHS = {Judged.OK: "●", Judged.BAD: "✖", Judged.NODATA: "?"}
MOST_SAMPLES = 60
"""Of a stage, the newest."""
MOST_STEPS = 12
LONGEST_REASON = 120


def rollout_text(rollout: Rollout, now: float, driver: Driver) -> str:
    """What `rollout status` prints: what is decided and what it waits for, then what that is made from."""
    made = rollout.decision
    lines = [_headline(rollout), "", f"{made.word:<9} {one_line(made.reason)}"]
    lines += [
        f"{'waits for' if not n else '':<9} {one_line(wait)}" for n, wait in enumerate(waits(rollout, now, seconds))
    ]
    if not rollout.phase.ended:
        lines += _driven(rollout, now, driver)
    lines.append("")
    lines += table(("", "stage", "lasts", "samples", ""), _stages(rollout, now))
    sample, criteria = compared(rollout)
    if sample is not None:
        old = "" if sample is rollout.samples[-1] else f" as at {clock(sample.at)}"
        lines.append("")
        lines += table(
            ("", "", f"criterion{old}", "canary", "stable", "threshold", ""), map(_criterion, criteria), right=(3, 4)
        )
    steps = sorted(rollout.steps, key=lambda step: step.at)[-MOST_STEPS:]
    lines.append("")
    lines += table(("time", f"step{_left_out(rollout)}", "", ""), map(_step, steps))
    return "\n".join(lines) + "\n"


def _driven(rollout: Rollout, now: float, driver: Driver) -> Iterator[str]:
    """By whom, and where samples do not come that it is so."""
    name, silent = one_line(driver.name), silent_s(rollout, now)
    yield (
        f"driven by {name}" if driver.drives else f"driven by nobody, last by {name}: `prodtui rollout resume` goes on"
    )
    if silent is not None:
        why = ": a hook runs, or its driver hangs" if driver.drives else ""
        yield f"no sample for {seconds(silent)}{why}"


def rollouts_text(rollouts: Iterable[Rollout]) -> str:
    """What `rollout history` prints, newest first as given."""
    rows = [
        (
            rollout.id,
            datetime.fromtimestamp(rollout.started_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M"),
            one_line(f"{rollout.service} {rollout.plan.candidate}"),
            rollout.phase.value,
            f"{rollout.plan.stages[rollout.stage].percent:g} %",
            "" if rollout.ended_at is None else seconds(rollout.ended_at - rollout.started_at),
            one_line(rollout.by),
            one_line(rollout.decision.reason, LONGEST_REASON),
        )
        for rollout in rollouts
    ]
    if not rows:
        return "No rollout is kept. `prodtui rollout start PLAN` begins one.\n"
    head = ("id", "started", "what", "phase", "reached", "took", "by", "why")
    return "\n".join(table(head, rows, right=(4, 5))) + "\n"


def _headline(rollout: Rollout) -> str:
    plan = rollout.plan
    before = f"{plan.rollback_to} → " if plan.rollback_to else ""
    observed = "  observes only" if plan.observes else f"  traffic at {rollout.percent:g} %"
    what = one_line(f"{plan.service} {before}{plan.candidate}")
    whose = one_line(f"{rollout.id} by {rollout.by}")
    return f"{rollout.environment}  {what}  {rollout.phase.value.upper()}{observed}  {whose}"


def _stages(rollout: Rollout, now: float) -> Iterator[tuple[str, ...]]:
    """The stages and, behind them, the time after the last one."""
    plan, here = rollout.plan, place(rollout)
    names = [(f"{stage.percent:g} %", stage.duration_s) for stage in plan.stages]
    if plan.watched_after_s > 0:
        names.append(("watched", plan.watched_after_s))
    for at, (name, lasts) in enumerate(names):
        samples = stage_samples(rollout, at)
        over = at < here or rollout.phase is Phase.PROMOTED
        mark = "✓" if over else "›" if at == here else ""
        strip = "".join(GLYPHS[sample.judged] for sample in samples[-MOST_SAMPLES:])
        if len(samples) > MOST_SAMPLES:
            strip = f"…{strip}"
        yield mark, name, seconds(lasts), strip, _counted(rollout, at, now) if samples or at == here else ""


def _counted(rollout: Rollout, at: int, now: float) -> str:
    """`11 OK, 1 BAD, 18 min left, extended once`."""
    seen = tally(stage_samples(rollout, at))
    parts = [f"{n} {word}" for n, word in ((seen.ok, "OK"), (seen.bad, "BAD"), (seen.nodata, "NODATA")) if n]
    if at == place(rollout):
        left = left_s(rollout, now)
        parts += [] if left is None else [f"{seconds(left)} left"]
        parts += [f"extended {rollout.extended}×"] if rollout.extended else []
    return ", ".join(parts)


def _criterion(one: Compared) -> tuple[str, ...]:
    def said(number: float | None) -> str:
        return "?" if number is None else one_line(measure(number, one.unit))

    glyph, mark = GLYPHS[one.judged], "B" if one.blocking else ""
    values = said(one.canary), said(one.stable), one_line(one.threshold)
    return glyph, mark, one_line(one.id), *values, one_line(one.reason)


def _left_out(rollout: Rollout) -> str:
    return f" (the last {MOST_STEPS} of {len(rollout.steps)})" if len(rollout.steps) > MOST_STEPS else ""


def _step(step: Step) -> tuple[str, ...]:
    return clock(step.at), one_line(step.what), one_line(step.result), one_line(step.by)
