"""Several prodtui, one journal: one polls the real systems, the others follow; what was seen survives them all."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

from prodtui.journal.kept import KeptJournal
from prodtui.journal.places import journal_at
from prodtui.lab.state import Lab
from prodtui.model.assessment import State
from prodtui.model.freshness import Freshness
from prodtui.model.incident import Acknowledgement
from prodtui.model.moment import Moment
from prodtui.readiness.standard import PLAIN
from prodtui.settings.load import load
from prodtui.settings.loaded import Environment
from prodtui.watch import Following, Watch, moment_at, opened
from tests.faults import fault
from tests.journal.plain import plain

SECRET = "hunter2-never-to-be-kept"


def _journal(directory: Path) -> KeptJournal:
    return journal_at(str(directory), "lab")


def _environment(lab: Lab) -> Environment:
    return load(lab.config_path, {}).environment()


async def _until(watch: Watch | Following, seen: Callable[[Moment], object], within_s: float = 20.0) -> Moment:
    async with asyncio.timeout(within_s):
        async for moment in watch.moments():
            if seen(moment):
                return moment
    raise AssertionError("the moments ended")


def _all_live(moment: Moment) -> bool:
    return all(state.freshness(moment.now) is Freshness.LIVE for state in moment.snapshot.sources.values())


def _critical(moment: Moment) -> bool:
    return any(event.kind == "health" and event.after == "critical" for event in moment.events)


async def test_a_second_one_follows_instead_of_polling_and_polls_once_the_first_is_gone(
    lab: Lab, tmp_path: Path
) -> None:
    journal, shared = _journal(tmp_path), _journal(tmp_path)
    environment = _environment(lab)
    watch = await opened(environment, PLAIN, journal)
    assert isinstance(watch, Watch)
    async with watch:
        first = await _until(watch, _all_live)
        following = await opened(environment, PLAIN, shared)
        assert isinstance(following, Following)
        await following.__aenter__()
        followed = asyncio.create_task(_until(following, _all_live))
        polled = asyncio.create_task(_until(watch, lambda _: followed.done()))
        moment = await followed
        await polled
        assert not following.polls
        assert moment.views.keys() == first.views.keys()
        assert {kind: table.keys() for kind, table in moment.snapshot.tables.items() if table} == {
            kind: table.keys() for kind, table in first.snapshot.tables.items() if table
        }
    await journal.close()
    requests = moment.snapshot.sources["consul"].requests
    gone = time.time()
    moment = await _until(following, lambda m: following.polls and (m.snapshot.sources["consul"].read_at or 0) > gone)
    assert moment.now - gone < 5.0
    assert moment.snapshot.sources["consul"].requests > requests
    # The gap between the two is nobody's outage.
    assert not [event for event in moment.events if event.kind == "source"]
    assert moment.kept.startswith("took over from another prodtui at ")
    await following.__aexit__(None, None, None)
    await shared.close()


async def test_the_first_moment_of_who_follows_is_the_newest_that_is_kept_and_all_are_the_same_as_told(
    lab: Lab, tmp_path: Path
) -> None:
    journal, shared = _journal(tmp_path), _journal(tmp_path)
    environment = _environment(lab)
    async with await opened(environment, PLAIN, journal) as watch:
        await _until(watch, _all_live)
        told: list[Moment] = []
        followed: list[Moment] = []

        async def follow() -> None:
            async with await opened(environment, PLAIN, shared) as following:
                assert isinstance(following, Following)
                await _until(following, lambda m: len(_with(followed, m)) == 5)

        await _until(watch, lambda m: len(_with(told, m)) == 3)
        with fault(lab, "instance-killed", alerts=False):
            task = asyncio.create_task(follow())
            await _until(watch, lambda m: _with(told, m) and task.done(), 40)
            await task
        assert _all_live(followed[0])
        same = {moment.now: moment for moment in told}
        assert all(_told(moment) == _told(same[moment.now]) for moment in followed)
        assert followed[0].kept == f"following another prodtui, which keeps {shared.where}"
        assert told[0].kept == f"kept in {shared.where}"
    await journal.close()
    await shared.close()


def _with(moments: list[Moment], moment: Moment) -> list[Moment]:
    moments.append(moment)
    return moments


async def test_who_follows_sees_a_fault_as_soon_as_it_is_kept(lab: Lab, tmp_path: Path) -> None:
    journal, shared = _journal(tmp_path), _journal(tmp_path)
    environment = _environment(lab)
    async with await opened(environment, PLAIN, journal) as watch:
        await _until(watch, _all_live)
        async with await opened(environment, PLAIN, shared) as following:
            seen: list[float] = []

            async def look(at: Watch | Following) -> None:
                await _until(at, _critical, 30)
                seen.append(time.monotonic())
                if at is watch:
                    await _until(watch, lambda _: len(seen) == 2)

            with fault(lab, "instance-killed", alerts=False):
                await asyncio.gather(look(watch), look(following))
            assert isinstance(following, Following)
            assert seen[1] - seen[0] < 3.0
    await journal.close()
    await shared.close()


async def test_what_was_seen_survives_a_restart_and_any_time_of_it_is_told_again(lab: Lab, tmp_path: Path) -> None:
    environment = _environment(lab)
    journal = _journal(tmp_path)
    async with await opened(environment, PLAIN, journal) as watch:
        well = await _until(watch, _all_live)
        with fault(lab, "instance-killed", alerts=False):
            broken = await _until(watch, _critical)
        await _until(watch, lambda m: any(event.kind == "health" and event.bad is False for event in m.events), 30)
    await journal.close()

    journal = _journal(tmp_path)
    seen = Acknowledgement(at=time.time(), by="ana", about="payments", note="it comes back by itself")
    await journal.acknowledge(seen)
    async with await opened(environment, PLAIN, journal) as watch:
        again = await _until(watch, _all_live)
        assert again.acknowledged == (seen,)
    kept = {(event.at, event.key) for event in again.events}
    assert {(event.at, event.key) for event in broken.events} <= kept
    unchanged = [s for s, since in well.since.items() if again.since.get(s) == since and not since.censored]
    assert all(again.since[subject].at <= broken.now for subject in unchanged)

    assert _told(await moment_at(journal, None, PLAIN, broken.now)) == _told(broken)
    assert _told(await moment_at(journal, None, PLAIN, well.now)) == _told(well)
    event = next(event for event in broken.events if event.after == "critical")
    assert await journal.turn(event.at - 0.001, forward=True) == event.at
    past = await moment_at(journal, None, PLAIN, broken.now)
    assert past.newest is not None
    assert past.newest > broken.now
    assert past.acknowledged == ()
    await journal.close()


async def test_a_restart_after_which_all_is_old_turns_nothing(lab: Lab, tmp_path: Path) -> None:
    config = tmp_path / "prodtui.toml"
    config.write_text(re.sub(r"(?m)^kind = .*$", r'\g<0>\nstale_after = "5s"', lab.config_path.read_text()))
    environment = load(config, {}).environment()
    journal = _journal(tmp_path)
    async with await opened(environment, PLAIN, journal) as watch:
        await _until(watch, _all_live)
        before = await _until(watch, _all_live)
    await journal.close()
    lost_at = max((s.read_at or 0) + s.declared.stale_after_s for s in before.snapshot.sources.values())
    await asyncio.sleep(lost_at + 0.1 - time.time())

    journal, seen = _journal(tmp_path), list[Moment]()
    async with await opened(environment, PLAIN, journal) as watch:
        await _until(watch, lambda m: _all_live(_with(seen, m)[-1]))
    assert seen[0].assessment.verdict is before.assessment.verdict
    assert {s.freshness(seen[0].now) for s in seen[0].snapshot.sources.values()} == {Freshness.STALE}
    assert seen[0].events == before.events
    assert (seen[0].since, seen[0].first, seen[0].blind) == (before.since, before.first, ())
    assert not [
        e for moment in seen for e in moment.events if e.kind == "source" or State.UNKNOWN in (e.before, e.after)
    ]
    # Of the time between nothing is known.
    gap = await moment_at(journal, None, PLAIN, seen[0].now - 0.001)
    assert {s.freshness(gap.now) for s in gap.snapshot.sources.values()} == {Freshness.LOST}
    await journal.close()


def _told(moment: Moment) -> object:
    assessment = moment.assessment
    return (
        moment.now,
        moment.events,
        moment.since,
        moment.first,
        moment.changes,
        moment.snapshot.sources,
        assessment.verdict,
        [(service.name, service.verdict, service.score) for service in assessment.services],
    )


async def test_no_secret_is_in_the_journal(lab: Lab, tmp_path: Path) -> None:
    text = lab.config_path.read_text()
    text = text.replace('kind = "consul"', f'kind = "consul"\ntoken = "{SECRET}"')
    text = text.replace('kind = "prometheus"', f'kind = "prometheus"\ntoken = "{SECRET}"')
    text = text.replace(
        "[environments.lab]", f'[journal]\npath = "postgresql://me:{SECRET}@nowhere/x"\n[environments.lab]'
    )
    config = tmp_path / "prodtui.toml"
    config.write_text(text)
    secrets = [SECRET.encode(), *(file.read_bytes().strip() for file in (lab.directory / "secrets").iterdir())]
    assert len(secrets) > 2
    journal = _journal(tmp_path / "kept")
    async with await opened(load(config, {}).environment(), PLAIN, journal) as watch:
        await _until(watch, _all_live)
    await journal.close()
    assert not any(secret in file.read_bytes() for file in (tmp_path / "kept").iterdir() for secret in secrets)
    kept = plain(tmp_path / "kept" / "lab.journal")
    assert b"payments" in kept
    assert not any(secret in kept for secret in secrets)


async def test_a_journal_that_cannot_be_used_keeps_nobody_from_looking(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "lab.journal").write_text("my shopping list\n" * 100)
    journal = _journal(tmp_path)
    async with await opened(_environment(lab), PLAIN, journal) as watch:
        await _until(watch, _all_live)
        await _until(watch, lambda _: journal.notice)
    assert "the file is no database" in journal.notice
    await journal.close()


async def test_a_journal_that_is_kept_of_other_systems_is_not_followed(lab: Lab, tmp_path: Path) -> None:
    environment = _environment(lab)
    other = tmp_path / "prodtui.toml"
    other.write_text(
        lab.config_path.read_text().replace("[environments.lab.sources.envoy]", "[environments.lab.sources.proxy]")
    )
    journal, shared = _journal(tmp_path), _journal(tmp_path)
    async with await opened(environment, PLAIN, journal) as watch:
        await _until(watch, _all_live)
        await journal._writer.write()
        assert isinstance(await opened(load(other, {}).environment(), PLAIN, shared), Watch)
    await journal.close()
    await shared.close()


async def test_a_writer_that_says_nothing_is_not_waited_for(lab: Lab, tmp_path: Path) -> None:
    silent, journal = _journal(tmp_path), _journal(tmp_path)
    assert await silent.try_lease()
    async with Following(_environment(lab), PLAIN, journal, silent_s=2.0) as following:
        await _until(following, _all_live)
        assert following.polls
        await _until(following, lambda _: "another prodtui keeps it" in journal.notice)
    await silent.close()
    await journal.close()
