"""Hysteresis: a state turns bad at once and good after two good observations. It delays improvements only."""

from __future__ import annotations

from prodtui.model.assessment import State, Streak
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import Finding

GOOD_OBSERVATIONS = 2
CONTINUOUS = ("s", "ratio")
"""Units of which a little less can be had; of a count, what passes is a recovery."""
_BADNESS = {State.PASS: 0, State.WARN: 1, State.FAIL: 2}


def held(finding: Finding, streak: Streak | None, limits: Limits | None, margin: float) -> tuple[State, Streak | None]:
    """The state to show after one more observation, and the streak to remember; None where there is nothing to delay.

    What is not known is shown as such and changes no streak. An observation counts once, and as good only when it
    passes with `margin`, a share of the limit, to spare.
    """
    if finding.state not in _BADNESS:
        return finding.state, streak
    if streak is None or _BADNESS[finding.state] >= _BADNESS[streak.state]:
        bad = finding.state is not State.PASS
        return finding.state, Streak(state=finding.state, observed_at=finding.observed_at) if bad else None
    good = streak.good
    if _counts(finding, streak, limits, margin):
        good += 1
        if good >= GOOD_OBSERVATIONS:
            left = Streak(state=finding.state, observed_at=finding.observed_at)
            return finding.state, left if finding.state is not State.PASS else None
    # The first good one is remembered by its time, so that the same sample does not count twice.
    seen = finding.observed_at if good > streak.good else streak.observed_at
    return streak.state, Streak(state=streak.state, good=good, observed_at=seen)


def _counts(finding: Finding, streak: Streak, limits: Limits | None, margin: float) -> bool:
    if finding.observed_at is not None and streak.observed_at is not None and finding.observed_at <= streak.observed_at:
        return False
    if finding.state is not State.PASS or finding.value is None or limits is None or finding.unit not in CONTINUOUS:
        return True
    return limits.recovered(finding.value, margin)
