"""A rollout as it goes, line by line, for a pipeline's log."""

from __future__ import annotations

from collections.abc import Iterator

from prodtui.model.rollout import Judged, Rollout, Sample, Word
from prodtui.model.rollout_progress import waits
from prodtui.readiness.words import number, percent, seconds
from prodtui.reports.fields import clock, one_line


def lines(before: Rollout | None, after: Rollout) -> Iterator[str]:
    """What is new since it was last told, in the order of time: steps, samples, and what it now waits for."""
    steps = after.steps[len(before.steps) if before else 0 :]
    samples = after.samples[len(before.samples) if before else 0 :]
    told = [(step.at, 0, f"{step.what}: {step.result}{f' ({step.by})' if step.by else ''}") for step in steps]
    told += [(sample.at, 1, _sample(sample, after)) for sample in samples]
    for at, _, text in sorted(told):
        yield f"{clock(at)} {one_line(text)}"
    waiting = samples and not after.phase.ended and after.decision.word in (Word.WAIT, Word.HOLD)
    if waiting and (left := waits(after, samples[-1].at, seconds)):
        yield f"{' ' * 8} waits for {one_line(', '.join(left))}"


def _sample(sample: Sample, rollout: Rollout) -> str:
    words = [f"sample at {rollout.plan.stages[sample.stage].percent:g} %: {sample.judged}"]
    if sample.requests is not None:
        words.append(f"{number(sample.requests)} requests")
        if sample.bad_responses and sample.requests:
            words.append(f"{percent(sample.bad_responses / sample.requests)} failed")
    if sample.judged is not Judged.OK:
        words.append(sample.reason)
    return ", ".join(words)
