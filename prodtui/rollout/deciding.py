"""What is decided now: a pure function of the samples and of time.

In this order: what is bad goes back, what a person paused waits, what can't be told is held, and only then may a stage
end. Not knowing never counts for it: NODATA is not OK, and is no recovery between two samples that are BAD.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from prodtui.model.rollout import Decision, Judged, Phase, Rollout, Sample, Word
from prodtui.model.rollout_progress import planned_s, stage_samples, watches
from prodtui.readiness import words
from prodtui.rollout.criteria import requests_needed

BAD_IN_A_ROW: Final = 2
BAD_IN_A_STAGE: Final = 3
NODATA_IN_A_ROW: Final = 4
OK_SHARE: Final = 0.8
OK_AT_LAST: Final = 3
EXTENSIONS: Final = 3


def decide(rollout: Rollout, now: float) -> Decision:
    """What is to be done at `now`. Asked again without a new sample it says the same, but for what time alone ends."""
    samples = stage_samples(rollout)
    if why := _goes_back(samples):
        return Decision(word=Word.ROLLBACK, reason=why)
    if rollout.phase is Phase.PAUSED:
        return rollout.decision
    if rollout.phase is Phase.HELD:
        return _held(rollout, samples, now)
    if why := _cant_tell(samples):
        return Decision(word=Word.HOLD, reason=why)
    return _goes_on(rollout, samples, now)


def _goes_back(samples: Sequence[Sample]) -> str:
    """Why the rollout must go back; empty where it need not."""
    bad = [one for one in samples if one.judged is Judged.BAD]
    if not bad:
        return ""
    if hard := next((one for one in bad if one.hard), None):
        return f"one sample is enough: {hard.reason}"
    known = [one for one in samples if one.judged is not Judged.NODATA]
    if len(known) >= BAD_IN_A_ROW and all(one.judged is Judged.BAD for one in known[-BAD_IN_A_ROW:]):
        return f"{BAD_IN_A_ROW} bad samples in a row: {bad[-1].reason}"
    if len(bad) >= BAD_IN_A_STAGE:
        return f"{len(bad)} bad samples in this stage: {bad[-1].reason}"
    return ""


def _cant_tell(samples: Sequence[Sample]) -> str:
    """Why nothing can be told; empty where it can."""
    last = samples[-NODATA_IN_A_ROW:]
    if len(last) < NODATA_IN_A_ROW or any(one.judged is not Judged.NODATA for one in last):
        return ""
    return f"{NODATA_IN_A_ROW} samples in a row without data: {last[-1].reason}"


def _held(rollout: Rollout, samples: Sequence[Sample], now: float) -> Decision:
    """A hold ends by a person, by data that is back, or by going back once it takes longer than the stage."""
    held_s, longest_s = now - (rollout.held_at or now), planned_s(rollout)
    if held_s > longest_s:
        why = f"held for {words.seconds(held_s)}, longer than the stage lasts: {rollout.decision.reason}"
        return Decision(word=Word.ROLLBACK, reason=why)
    if not _exhausted(rollout, now) and _ok_at_last(samples) == OK_AT_LAST:
        return Decision(word=Word.WAIT, reason=f"the last {OK_AT_LAST} samples are OK: it can be told again")
    left = f"prodtui rollout resume REASON within {words.seconds(longest_s - held_s)}, else it goes back"
    data = () if _exhausted(rollout, now) else (f"{OK_AT_LAST} OK samples in a row",)
    return Decision(word=Word.HOLD, reason=rollout.decision.reason, waits_for=(*data, left))


def _goes_on(rollout: Rollout, samples: Sequence[Sample], now: float) -> Decision:
    length_s, elapsed_s = planned_s(rollout), now - rollout.stage_began_at
    lacks = tuple(_lacks(rollout, samples))
    if elapsed_s < length_s:
        return Decision(word=Word.WAIT, reason=_so_far(samples), waits_for=lacks, times=True)
    if not lacks:
        return Decision(word=Word.PROMOTE, reason=f"{words.seconds(elapsed_s)} over; {_so_far(samples)}")
    if elapsed_s < length_s * (1 + rollout.extended):
        return Decision(word=Word.WAIT, reason=f"extended; {_so_far(samples)}", waits_for=lacks)
    if not _exhausted(rollout, now):
        return Decision(word=Word.EXTEND, reason=f"the stage is over, but not shown: {'; '.join(lacks)}")
    return Decision(word=Word.HOLD, reason=f"extended {EXTENSIONS} times, still not shown: {'; '.join(lacks)}")


def _exhausted(rollout: Rollout, now: float) -> bool:
    """Whether all extensions are over."""
    return rollout.extended >= EXTENSIONS and now - rollout.stage_began_at >= planned_s(rollout) * (1 + EXTENSIONS)


def _lacks(rollout: Rollout, samples: Sequence[Sample]) -> Iterator[str]:
    """What a stage lacks besides time before it may end."""
    ok = sum(one.judged is Judged.OK for one in samples)
    if not samples or ok < OK_SHARE * len(samples):
        yield f"{OK_SHARE:.0%} of the samples OK ({ok} of {len(samples)})"
    if (at_last := _ok_at_last(samples)) < OK_AT_LAST:
        yield f"{words.plural(OK_AT_LAST - at_last, 'more OK sample')} in a row"
    if watches(rollout):
        return
    # Rates are extrapolated: their sum is a count only once it is rounded.
    made, needed = round(sum(one.requests or 0.0 for one in samples)), requests_needed(rollout.plan)
    if made < needed:
        left, of = words.number(needed - made), f"{words.number(made)} of {words.number(needed)}"
        yield f"{left} more requests on the canary ({of})"


def _ok_at_last(samples: Sequence[Sample]) -> int:
    """How many of the last samples are OK, up to as many as a stage must end with."""
    count = 0
    for one in reversed(samples[-OK_AT_LAST:]):
        if one.judged is not Judged.OK:
            break
        count += 1
    return count


def _so_far(samples: Sequence[Sample]) -> str:
    if not samples:
        return "no sample yet"
    counts = {word: sum(one.judged is word for one in samples) for word in Judged}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{words.plural(len(samples), 'sample')}: {told}"
