"""A rollout in a pipeline's log: what is new, line by line."""

from __future__ import annotations

import msgspec

from prodtui.model.rollout import Decision, Rollout, Word
from prodtui.reports.rollout_lines import lines
from prodtui.rollout.progress import noted, paused
from tests.rollout.rollouts import BAD, NODATA, NOW, OK, rollout


def told(before: Rollout, after: Rollout) -> list[str]:
    """The lines without their time."""
    return [line[9:] for line in lines(before, after)]


def test_only_what_is_new_is_told_in_the_order_of_time() -> None:
    before = rollout(OK)
    after = noted(rollout(OK, BAD, NODATA), NOW + 25, "hook advance", "exit 0, in 2 s")
    assert told(before, after) == [
        "sample at 10 %: BAD, 100 requests, BAD for a reason",
        "hook advance: exit 0, in 2 s",
        "sample at 10 %: NODATA, 100 requests, NODATA for a reason",
    ]
    assert told(after, after) == []


def test_what_it_waits_for_follows_a_sample() -> None:
    waits = Decision(word=Word.WAIT, reason="1 sample: 1 OK", waits_for=("2 more OK samples in a row",), times=True)
    after = msgspec.structs.replace(rollout(OK), decision=waits)
    assert told(rollout(), after)[-1] == "waits for 90 s more, 2 more OK samples in a row"


def test_who_did_it_is_told_and_nothing_drives_the_terminal() -> None:
    assert told(rollout(), paused(rollout(), NOW, "ana@host", "lunch\x1b[2J")) == ["pause: lunch␛[2J (ana@host)"]
