"""The recorded incident that the screens are drawn from opens anywhere and tells both of its faults."""

from __future__ import annotations

import shutil
from pathlib import Path

from prodtui.cli.ended import ended_last
from prodtui.journal.places import journal_in
from prodtui.model.assessment import Verdict
from prodtui.model.incident import Confidence
from prodtui.model.moment import Moment
from prodtui.readiness.policy_file.load import load
from prodtui.readiness.standard import Standard
from prodtui.watch import moment_at
from tests import recording
from tests.cli.prodtui import prodtui
from tests.ui.pictures import POLICY


async def _at(at: float) -> Moment:
    journal = await journal_in(recording.JOURNAL)
    try:
        return await moment_at(journal, None, Standard(policy=load(POLICY)), at)
    finally:
        await journal.close()


def _causes(moment: Moment) -> list[str]:
    return [f"{first.cause.name} {first.cause.what}" for first in moment.first if first.confidence is Confidence.CLEAR]


async def test_the_exhausted_pool_is_told_with_who_held_it() -> None:
    times = recording.times()
    before, during = await _at(times.exhausted - 2), await _at(times.freed - 2)
    assert (before.assessment.verdict, before.first) == (Verdict.READY, ())
    assert during.assessment.verdict is Verdict.NOT_READY
    assert during.assessment.service("payments") is not None
    (cause,) = _causes(during)
    assert "month-end-report" in cause


async def test_the_killed_instance_is_told_with_the_release_before_it() -> None:
    times = recording.times()
    assert (await _at(times.released - 2)).first == ()
    moment = await _at(times.restarted - 2)
    assert _causes(moment) == ["payments-2 refused"]
    (deploy,) = moment.first[0].suspects
    assert (deploy.kind, deploy.before, deploy.after) == ("deploy", "1.4.2", recording.VERSION)
    assert (await _at(times.ended)).first == ()


async def test_what_ended_last_is_told_with_its_cause_and_its_times() -> None:
    times, standard = recording.times(), Standard(policy=load(POLICY))
    journal = await journal_in(recording.JOURNAL)
    try:
        over = await moment_at(journal, None, standard, times.released - 2)
        told = await ended_last(journal, None, standard, over)
        open_yet = await moment_at(journal, None, standard, times.freed - 2)
        assert await ended_last(journal, None, standard, open_yet) == ""
        end = await moment_at(journal, None, standard, times.ended)
        later = await ended_last(journal, None, standard, end)
    finally:
        await journal.close()
    assert "month-end-report" in told
    assert "reached `payments`" in told
    assert "all was well again at " in told
    assert later.startswith("`instance payments-2 refused")
    assert "all was well again at " in later


def test_it_is_small_and_read_without_a_trace(tmp_path: Path) -> None:
    file = tmp_path / recording.JOURNAL.name
    shutil.copy(recording.JOURNAL, file)
    assert file.stat().st_size < recording.MOST_BYTES
    done = prodtui("replay", file)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr  # by which policy it is judged
    assert file.read_bytes() == recording.JOURNAL.read_bytes()
    assert list(tmp_path.iterdir()) == [file]
