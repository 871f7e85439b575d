"""The desk on the lab: what a person asks for beside the moments, and environments that hang, end and come back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from prodtui.cli.audit_trail import trail_in
from prodtui.cli.desk import Desk
from prodtui.lab.state import Lab
from prodtui.model.audited import Act
from prodtui.model.errors import ConfigurationError, ProdtuiError, UsageError
from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.watch.following import Following
from tests.audit.trails import frozen
from tests.cli.watching import healthy, watching
from tests.faults import fault
from tests.sources.lying import hangs, lying


class Looking:
    """Somebody who looks at a desk's moments, as the app does: one task follows them, and is left for another."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._tasks: list[asyncio.Task[None]] = []
        self._moments: asyncio.Queue[Moment | Exception] = asyncio.Queue()
        self.follow()

    def follow(self) -> None:
        """The desk's moments anew; nobody waits for what is left."""
        for task in self._tasks:
            task.cancel()
        self._moments = asyncio.Queue()
        self._tasks.append(asyncio.create_task(self._follow(self._moments)))

    async def _follow(self, told: asyncio.Queue[Moment | Exception]) -> None:
        try:
            async with aclosing(cast("Any", self.desk.moments())) as moments:
                async for moment in moments:
                    told.put_nowait(moment)
        except ProdtuiError as error:
            told.put_nowait(error)

    def switch(self, environment: str) -> None:
        self.desk.switch(environment)
        self.follow()

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def until(self, seen: Callable[[Moment], bool], within_s: float = 20.0) -> Moment:
        async with asyncio.timeout(within_s):
            while True:
                moment = await self._moments.get()
                if isinstance(moment, Exception):
                    raise moment
                if seen(moment):
                    return moment


@asynccontextmanager
async def looking(
    config: Path, monkeypatch: pytest.MonkeyPatch, state: Path, env: str | None = None, *, read_only: bool = False
) -> AsyncIterator[Looking]:
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    somebody = Looking(Desk(config, env, read_only=read_only))
    try:
        yield somebody
    finally:
        await somebody.leave()


def _live(moment: Moment) -> bool:
    return all(s.freshness(moment.now) is Freshness.LIVE for s in moment.snapshot.sources.values())


def _with(lab: Lab, folder: Path, name: str, url: str) -> Path:
    """The lab's configuration with another environment, of one Consul."""
    text = lab.config_path.read_text()
    policy = f'policy = "{lab.policy_path}"\n'
    text = text.replace('policy = "readiness.toml"\n', policy)
    config = folder / "prodtui.toml"
    config.write_text(f'{text}\n[environments.{name}.sources.registry]\nkind = "consul"\nurl = "{url}"\n')
    return config


async def test_a_person_can_go_back_from_event_to_event(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with looking(lab.config_path, monkeypatch, tmp_path) as at:
        well = await at.until(_live)
        with fault(lab, "instance-killed", alerts=False):
            ill = await at.until(lambda m: any(e.kind == "health" and e.bad for e in m.events))
        await at.until(lambda m: m.now > ill.now + 2)
        turn = await at.desk.turn(well.now, forward=True)
        assert turn is not None
        assert well.now <= turn <= ill.now
        then = await at.desk.past(well.now)
        assert then.now == pytest.approx(well.now, abs=0.01)
        assert then.newest is not None
        assert then.newest >= ill.now
        assert {s.verdict for s in then.assessment.services} == {s.verdict for s in well.assessment.services}
        span = await at.desk.span()
        assert span is not None
        assert span[0] <= well.now < span[1]
        for nothing in (span[0] - 60, time.time() + 60):
            with pytest.raises(UsageError, match=r"nothing is kept of \d\d:\d\d:\d\d: the journal goes from"):
                await at.desk.past(nothing)
        assert at.desk.notice == ""


async def test_a_dashboard_follows_the_watch_that_runs_and_goes_on_when_it_ends(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(lab.config_path, tmp_path) as watch:
        await asyncio.to_thread(lambda: healthy(watch.url))
        async with looking(lab.config_path, monkeypatch, tmp_path / "state") as at:
            await at.until(_live)
            assert at.desk._shown is not None
            following = at.desk._shown.watch
            assert isinstance(following, Following)
            assert not following.polls
            watch.process.kill()  # it can't say that it goes
            await at.until(lambda _: following.polls)
            polled = await at.until(_live)
            await at.until(lambda m: m.now > polled.now + 4 and _live(m))


async def test_an_acknowledgement_is_seen_by_everybody_and_not_made_read_only(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        looking(lab.config_path, monkeypatch, tmp_path) as mine,
        looking(lab.config_path, monkeypatch, tmp_path, read_only=True) as theirs,
    ):
        await mine.until(_live)
        await theirs.until(_live)
        await mine.desk.acknowledge("payments", "restarting\x1b[2J it")
        seen = await theirs.until(lambda m: bool(m.acknowledged))
        assert (seen.acknowledged[0].about, seen.acknowledged[0].note) == ("payments", "restarting\u241b[2J it")
        with pytest.raises(UsageError, match="read-only"):
            await theirs.desk.acknowledge("payments", "me too")
        assert "restarting" in await theirs.desk.handover(seen)
        trail = trail_in(None, None)
        written = [entry.deed async for entry in trail.entries(since=0, until=time.time())]
        assert [(deed.act, deed.about) for deed in written] == [(Act.ACKNOWLEDGEMENT, "payments")]
        assert written[0].details == {"note": "restarting\u241b[2J it"}
        await trail.close()
        frozen(Path(trail.where))
        with pytest.raises(UsageError, match="nothing is done, since it could not be audited"):
            await mine.desk.acknowledge("checkout", "unaudited")
        assert [one.about for one in await mine.desk._kept()[1].acknowledged_at(time.time())] == ["payments"]


async def test_another_environment_is_shown_at_once_though_the_one_that_is_left_hangs(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lying(hangs) as server:
        config = _with(lab, tmp_path, "hung", server.url)
        async with looking(config, monkeypatch, tmp_path / "state", "hung") as at:
            await at.until(lambda m: m.snapshot.declared.environment == "hung")
            assert set(at.desk.environments()) == {"lab", "hung"}
            began = time.monotonic()
            at.switch("lab")
            assert at.desk.environment == "lab"
            await at.until(lambda m: m.snapshot.declared.environment == "lab", 2.0)
            await at.until(_live)
            assert time.monotonic() - began < 10
            at.switch("hung")
            await at.until(lambda m: m.snapshot.declared.environment == "hung", 2.0)
            with pytest.raises(UsageError, match="lab"):
                at.desk.switch("staging")
            assert at.desk.environment == "hung"
            began = time.monotonic()
        assert time.monotonic() - began < 4
    await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() if not task.done()} == {asyncio.current_task()}


async def test_what_is_exported_is_a_new_file_in_the_current_directory(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with looking(lab.config_path, monkeypatch, tmp_path / "state") as at:
        moment = await at.until(_live)
        moment = await at.until(lambda m: m.now > moment.now + 1)
        files = [await at.desk.export(moment, form) for form in ("markdown", "json", "svg", "svg")]
        files.append(await at.desk.picture("<svg/>"))
        assert len(set(files)) == 5
        assert {file.parent for file in files} == {tmp_path}
        assert files[0].read_text().startswith("# Incident in `lab`")
        assert json.loads(files[1].read_text())["schema"] == "prodtui.incident/1"
        assert files[2].read_text().startswith("<svg")
        with pytest.raises(UsageError, match="markdown, json, svg"):
            await at.desk.export(moment, "pdf")


async def test_a_journal_that_cannot_be_kept_is_a_notice_and_no_crash(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prodtui" / "lab.journal").mkdir(parents=True)  # also root can't write a file there
    async with looking(lab.config_path, monkeypatch, tmp_path) as at:
        await at.until(_live)
        await at.until(lambda _: bool(at.desk.notice))
        assert "lab.journal" in at.desk.notice


async def test_what_cannot_be_used_ends_the_moments_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "prodtui.toml"
    config.write_text('[environments.prod.sources.registry]\nkind = "consl"\n')
    with pytest.raises(ConfigurationError, match="consl"):
        async with looking(config, monkeypatch, tmp_path) as at:
            await at.until(lambda _: True)
