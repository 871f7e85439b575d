"""The heart on real systems, some of which lie, hang or refuse: none of them delays or dims another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prodtui.lab.state import Lab
from prodtui.model.assessment import Verdict
from prodtui.model.cause import CauseClass
from prodtui.model.freshness import Freshness
from prodtui.model.incident import Confidence, EntityKind
from prodtui.model.moment import Moment
from prodtui.settings.load import load
from prodtui.settings.loaded import Environment
from prodtui.watch import Watch, read_once
from tests.faults import fault
from tests.sources.lying import Behaviour, answers, hangs, junk, lying, refused_port

TRUNCATED = answers(b'{"status":"success","data":{"resultType":"vector","result":[{"met')


def _environment(lab: Lab, folder: Path, **urls: str) -> Environment:
    """The lab's environment with other urls for some of its sources."""
    text = lab.config_path.read_text()
    for source, url in urls.items():
        start = text.index(f"sources.{source}]")
        before = text.index("url = ", start)
        text = f'{text[:before]}url = "{url}"{text[text.index(chr(10), before) :]}'
    config = folder / "prodtui.toml"
    config.write_text(text)
    return load(config, {}).environment()


async def _until(watch: Watch, seen: Callable[[Moment], bool], within_s: float = 15.0) -> Moment:
    async with asyncio.timeout(within_s):
        async for moment in watch.moments():
            if seen(moment):
                return moment
    raise AssertionError("the moments ended")


def _state(moment: Moment, source: str) -> Freshness:
    return moment.snapshot.sources[source].freshness(moment.now)


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        (hangs, CauseClass.TIMEOUT),
        (junk(10), CauseClass.PROTOCOL),
        (TRUNCATED, CauseClass.PROTOCOL),
        (answers(b"<html>Please sign in</html>"), CauseClass.PROTOCOL),
        (answers(b'{"status":"success","data":7}'), CauseClass.PROTOCOL),
    ],
)
async def test_one_lying_source_is_lost_with_its_cause_and_everything_else_is_alive(
    lab: Lab, tmp_path: Path, behaviour: Behaviour, cause: CauseClass
) -> None:
    async with lying(behaviour) as server:
        began = time.monotonic()
        moment = await read_once(_environment(lab, tmp_path, prometheus=server.url))
        assert time.monotonic() - began < 5.0
    state = moment.snapshot.sources["prometheus"]
    assert state.cause is not None
    assert state.cause.cause_class is cause
    assert {name for name in moment.snapshot.sources if _state(moment, name) is Freshness.LIVE} == {
        "consul",
        "pgbouncer",
        "postgres",
        "envoy",
    }
    assert moment.assessment.verdict is Verdict.INCONCLUSIVE


async def test_a_hung_source_delays_no_moment(lab: Lab, tmp_path: Path) -> None:
    async with lying(hangs) as server, Watch(_environment(lab, tmp_path, consul=server.url)) as watch:
        began = time.monotonic()
        moment = await _until(watch, lambda m: _state(m, "prometheus") is Freshness.LIVE)
        assert time.monotonic() - began < 2.0
        assert _state(moment, "consul") is Freshness.LOST
        assert moment.views["payments"].slis[0].record.rate_per_s


async def test_a_source_that_dies_goes_stale_keeps_its_values_and_comes_back(lab: Lab, tmp_path: Path) -> None:
    async with Watch(_environment(lab, tmp_path)) as watch:
        await _until(watch, lambda m: all(_state(m, name) is Freshness.LIVE for name in m.snapshot.sources))
        with fault(lab, "registry-down", alerts=False):
            stale = await _until(watch, lambda m: _state(m, "consul") is Freshness.STALE)
            cause = stale.snapshot.sources["consul"].cause
            assert cause is not None
            assert cause.cause_class is CauseClass.REFUSED
            assert len(stale.views["payments"].instances) == 2
            assert stale.events[0].kind == "source"
        back = await _until(watch, lambda m: _state(m, "consul") is Freshness.LIVE, 20)
        assert back.snapshot.sources["consul"].failing_since is None


async def test_a_refused_source_is_asked_less_and_less(tmp_path: Path, lab: Lab) -> None:
    url = f"http://127.0.0.1:{refused_port()}"
    async with Watch(_environment(lab, tmp_path, envoy=url)) as watch:
        moment = await _until(watch, lambda m: m.snapshot.sources["envoy"].failures >= 3, 20)
    state = moment.snapshot.sources["envoy"]
    assert state.next_at is not None
    assert state.tried_at is not None
    assert state.next_at - state.tried_at >= 1.0


async def test_a_change_arrives_when_it_happens_and_not_when_it_is_polled(lab: Lab, tmp_path: Path) -> None:
    async with Watch(_environment(lab, tmp_path)) as watch:
        await _until(watch, lambda m: len(m.views["payments"].health) >= 2)
        with fault(lab, "instance-killed", alerts=False):
            killed = time.time()
            moment = await _until(
                watch, lambda m: any(e.kind == "health" and e.after == "critical" for e in m.events), 10
            )
            # Consul checks every second and is asked at most once a second.
            assert moment.events[0].at - killed < 4.0


async def test_leaving_a_watch_leaves_no_task_behind(lab: Lab, tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with lying(hangs) as server, Watch(_environment(lab, tmp_path, consul=server.url)) as watch:
        await _until(watch, lambda m: _state(m, "prometheus") is Freshness.LIVE)
        began = time.monotonic()
    assert time.monotonic() - began < 3.0
    await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() if not task.done()} == before


@pytest.mark.timeout(180)
async def test_a_real_lock_is_named_as_the_first_cause_and_gone_when_it_is_healed(measured_lab: Lab) -> None:
    environment = load(measured_lab.config_path, {}).environment()
    async with Watch(environment) as watch:
        # What an earlier fault left in the window of 20 s would rightly be named.
        await _until(watch, _well, within_s=60)
        with fault(measured_lab, "lock-held", alerts=False):
            moment = await _until(watch, _certain)
            cause = moment.first[0].cause
            assert (cause.kind, cause.what.split(",")[0]) == (EntityKind.SESSION, "holds a lock")
            assert "schema-migration" in cause.name
        await _until(watch, lambda moment: not moment.first, within_s=90)


def _well(moment: Moment) -> bool:
    return not moment.first and all(source.read_at for source in moment.snapshot.sources.values())


def _certain(moment: Moment) -> bool:
    return bool(moment.first) and moment.first[0].confidence is Confidence.CLEAR


async def test_a_fleet_is_judged_while_the_loop_goes_on_and_no_reading_is_lost(tmp_path: Path) -> None:
    config = tmp_path / "prodtui.toml"
    declared = "".join(f"[services.service-{n}]\n" for n in range(3_000))
    refused = f'kind = "consul"\nurl = "http://127.0.0.1:{refused_port()}"\n'
    config.write_text(f"[environments.fleet.sources.registry]\n{refused}{declared}")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    async with Watch(load(config, {}).environment()) as watch, asyncio.TaskGroup() as tasks:
        ticking = tasks.create_task(tick())
        began = ticks
        moment = await anext(watch.moments())
        assert ticks - began > 10
        assert len(moment.assessment.services) == 3_000
        moment = await _until(watch, lambda m: m.snapshot.sources["registry"].cause is not None)
        ticking.cancel()
    assert moment.snapshot.sources["registry"].cause is not None
    assert moment.snapshot.sources["registry"].cause.cause_class is CauseClass.REFUSED
