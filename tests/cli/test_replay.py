"""A recorded journal: the same screens by the file's clock, a document of any of its incidents, and nothing else."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from prodtui.cli.incidents import incident_between
from prodtui.cli.reel import Reel
from prodtui.journal.places import journal_in
from prodtui.model.assessment import Verdict
from prodtui.model.errors import UsageError
from prodtui.model.moment import Moment
from prodtui.readiness.standard import PLAIN
from prodtui.watch.through import Through, times_to_look_at
from tests.cli.prodtui import prodtui
from tests.cli.recorded import Recording, recorded
from tests.terminal import terminal
from tests.ui import moments

PRODTUI = (sys.executable, "-m", "prodtui")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return asyncio.run(recorded(tmp_path_factory.mktemp("recorded")))


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


async def _reel(recording: Recording, since: float | None = None, speed: float = 1.0) -> Reel:
    reel = Reel(recording.file, None, PLAIN, speed=speed)
    await reel.wind(None if since is None else _utc(since))
    return reel


async def test_a_reel_goes_by_the_files_clock_and_stops_at_its_end(recording: Recording) -> None:
    reel = await _reel(recording, recording.ends - 60, speed=100)
    seen: list[Moment] = []
    async with aclosing(cast("Any", reel.moments())) as found:
        while not seen or seen[-1].now < recording.ends:
            seen.append(await anext(found))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(found), 1)
    assert [moment.now for moment in seen] == sorted(moment.now for moment in seen)
    assert seen[0].now == pytest.approx(recording.ends - 60, abs=0.01)
    assert seen[-1].now == recording.ends
    assert {moment.newest for moment in seen} == {recording.ends}


async def test_a_reel_shows_what_was_seen_then(recording: Recording) -> None:
    reel = await _reel(recording)
    async with aclosing(cast("Any", reel.moments())) as found:
        assert (await anext(found)).now == pytest.approx(recording.began, abs=3)
        ill = await reel.past(recording.ill + 20)
        assert ill.assessment.verdict is Verdict.NOT_READY
        # The clock goes on from where somebody looked.
        assert 0 <= (await anext(found)).now - ill.now < 10
        assert (await reel.past(recording.ill - 20)).assessment.verdict is Verdict.READY
        turn = await reel.turn(recording.began + 60, forward=True)
        assert turn == pytest.approx(recording.ill, abs=3)
        assert await reel.span() == pytest.approx((recording.began, recording.ends), abs=1)
        assert reel.environments() == ("lab",)
        with pytest.raises(UsageError, match="recording"):
            await reel.acknowledge("payments", "seen")
        for at in (recording.began - 60, recording.ends + 60):
            with pytest.raises(UsageError, match=r"nothing is kept of .*: the journal goes from"):
                await reel.past(at)
        with pytest.raises(UsageError, match="recording"):
            reel.switch("prod")


async def test_going_through_the_past_tells_the_same_moments_as_looking_at_each(recording: Recording) -> None:
    journal = await journal_in(recording.file)
    times = [recording.began + 7 + 13.7 * n for n in range(80)]
    through = [m async for m in Through(journal, None, PLAIN).moments(times)]
    for at, moment in list(zip(times, through, strict=True))[::9]:
        alone = await Through(journal, None, PLAIN).moment(at)
        assert alone is not None
        assert moment.snapshot == alone.snapshot
        assert moment.assessment.services == alone.assessment.services
    await journal.close()


async def test_an_incident_is_found_between_two_times_though_it_is_over(recording: Recording) -> None:
    journal = await journal_in(recording.file)
    found = await incident_between(journal, None, PLAIN, recording.began + 60, recording.ends)
    await journal.close()
    assert found.worst.assessment.verdict is Verdict.NOT_READY
    assert found.last.assessment.verdict is Verdict.READY
    assert found.turns[1].at == pytest.approx(recording.ill, abs=3)
    assert {one.worst.name for one in found.failed} == {"payments", "checkout"}
    assert {"pool", "breaker", "health", "session"} <= {event.kind for event in found.events}
    assert found.gap == ""


async def test_an_incident_without_a_beginning_begins_shortly_before_what_fails(recording: Recording) -> None:
    journal = await journal_in(recording.file)
    found = await incident_between(journal, None, PLAIN, None, recording.ill + 60)
    await journal.close()
    assert 60 < recording.ill - found.began < 200
    assert found.turns[0].assessment.verdict is Verdict.READY


async def test_what_the_journal_does_not_cover_is_said(recording: Recording) -> None:
    journal = await journal_in(recording.file)
    found = await incident_between(journal, None, PLAIN, recording.began - 600, recording.ends + 600)
    await journal.close()
    assert "the journal begins at" in found.gap
    assert "nothing was kept after" in found.gap


def test_five_thousand_events_are_looked_at_in_sixty_places() -> None:
    events = [e for n in range(100) for e in moments.ill().events]
    spread = [
        type(e)(at=1000 + n, kind=e.kind, name=e.name, before="a", after="b", bad=True) for n, e in enumerate(events)
    ]
    times = times_to_look_at(0.0, 10_000.0, spread)
    assert len(times) < 80
    assert times[0] == 0.0
    assert times[-1] == 10_000.0
    assert times == tuple(sorted(times))


# The command


def test_without_a_terminal_a_replay_says_how_it_ended(recording: Recording) -> None:
    done = prodtui("replay", recording.file)
    assert done.returncode == 0
    assert re.fullmatch(r"prodtui: judged by the default policy, as no readiness.toml is here; .*\n", done.stderr)
    assert "READY" in done.stdout.splitlines()[0]


def test_what_is_no_journal_is_exit_2_and_says_why(recording: Recording, tmp_path: Path) -> None:
    whole = recording.file.read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "foreign").write_text("not a journal\n" * 100)
    (tmp_path / "empty").write_bytes(b"")
    sqlite3.connect(tmp_path / "other").execute("create table theirs (x)").connection.close()
    (tmp_path / "newer").write_bytes(whole)
    with sqlite3.connect(tmp_path / "newer") as newer:
        newer.execute("pragma user_version = 99")
    newer.close()
    for name in ("cut", "foreign", "empty", "other", "newer", "not-there"):
        done = prodtui("replay", tmp_path / name)
        assert done.returncode == 2, (name, done.stdout, done.stderr)
        assert name in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    for time_, said in (("2020-01-01T00:00Z", "nothing is kept of"), ("soon", "is no time")):
        done = prodtui("replay", recording.file, "--from", time_)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_the_screens_show_the_recording_and_leave_the_terminal_as_it_was(recording: Recording) -> None:
    words = (*PRODTUI, "replay", recording.file, "--from", _utc(recording.ill - 20), "--speed", "20")
    with terminal(words) as shown:
        shown.until("NOT READY")
        screen = shown.until("✖ payments")
        clock = re.search(r"(\d\d:\d\d:\d\d)", screen)
        assert clock is not None
        shown.press("q")
        shown.until("[exit 0]")


def test_the_files_of_a_replay_are_only_read(recording: Recording) -> None:
    before = {path.name: path.read_bytes() for path in recording.file.parent.iterdir() if path.suffix == ".journal"}
    assert prodtui("replay", recording.file).returncode == 0
    after = {path.name: path.read_bytes() for path in recording.file.parent.iterdir() if path.suffix == ".journal"}
    assert before == after
