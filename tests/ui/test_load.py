"""A load on screen, handed to it by hand-made values."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import msgspec
import pytest

from prodtui.model.load import LoadProgress, Saturated, Threshold
from prodtui.model.moment import Moment
from prodtui.ui.line import Line, line_length
from prodtui.ui.load_app import LoadApp, Seen
from prodtui.ui.rows import load as rows
from tests.load.loads import BEGAN, OVER, SLOW, going
from tests.ui import moments
from tests.ui.showing import until


class Stage:
    """Hands the screen what a test says, and counts how often it wants the load to stop."""

    def __init__(self, progress: LoadProgress, moment: Moment | None = None) -> None:
        self._queue: asyncio.Queue[Seen | None] = asyncio.Queue()
        self._queue.put_nowait((progress, moment))
        self.stops = 0
        self.app = LoadApp(self._feed, self._stop, environment=("lab", "strong good"), clock=lambda: BEGAN + 24)

    def give(self, progress: LoadProgress | None) -> None:
        self._queue.put_nowait(None if progress is None else (progress, None))

    def _stop(self) -> None:
        self.stops += 1

    async def _feed(self) -> AsyncIterator[Seen]:
        while (seen := await self._queue.get()) is not None:
            yield seen


def text(app: LoadApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def plain(lines: list[Line]) -> str:
    return "\n".join("".join(part for part, _ in line).rstrip() for line in lines)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 60), (60, 12)])
async def test_the_numbers_and_what_saturated_first_are_on_every_screen(size: tuple[int, int]) -> None:
    stage = Stage(going(), moments.ill())
    async with stage.app.run_test(size=size) as pilot:
        await until(pilot, lambda: "SATURATED FIRST pool payments-db" in text(stage.app))
        shown = text(stage.app)
        assert "RUNNING" in shown
        assert re.search(r"users +1,200", shown)
        assert "requests/s" in shown
        assert all(len(line) <= size[0] for line in shown.splitlines())


async def test_beside_it_stand_the_pools_breakers_and_latency_as_the_sources_see_them() -> None:
    stage = Stage(going(), moments.ill())
    async with stage.app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "34 wait" in text(stage.app))
        shown = text(stage.app)
        for words in ("Pools 4", "payments-db", "Breakers 4 · 1 open", "Latency", "requests/s highest", "p99 highest"):
            assert words in shown


async def test_q_stops_a_load_that_goes_on_and_leaves_one_that_is_over() -> None:
    stage = Stage(going())
    async with stage.app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "RUNNING" in text(stage.app))
        await pilot.press("q")
        await until(pilot, lambda: "stopping" in text(stage.app))
        assert stage.stops == 1
        stage.give(OVER)
        stage.give(None)
        await until(pilot, lambda: "NOT MET" in text(stage.app) and "q leaves" in text(stage.app))
        await pilot.press("q")
        await until(pilot, lambda: not stage.app.is_running)
    assert stage.stops == 1
    assert stage.app.failure is None


def test_the_thresholds_say_whether_they_hold_and_at_the_end_whether_they_were_met() -> None:
    shown = plain(rows.sheet(going(), 60, 12))
    assert "● p99 < 30s    holds so far" in shown
    assert "✖ errors < 1%  does not hold" in shown
    assert "? rate >= 9/s  not measured yet" in shown
    shown = plain(rows.sheet(OVER, 60, 12))
    assert "✖ errors < 1%  not met" in shown
    assert "average" in shown


def test_before_anything_is_sent_nothing_is_known() -> None:
    shown = plain(rows.sheet(going(ticks=(), thresholds=(Threshold("p99 < 1s", None),)), 60, 30))
    assert re.search(r"users +\?", shown)
    assert re.search(r"p99 +\?", shown)
    assert "p99 not known yet" in shown


def test_of_users_nothing_is_said_where_k6_tells_of_none() -> None:
    ticks = tuple(msgspec.structs.replace(tick, users=None) for tick in going().ticks)
    shown = plain(rows.sheet(going(ticks=ticks), 60, 30))
    assert "users" not in shown
    assert "requests/s" in shown


def test_what_was_full_already_is_told_so() -> None:
    already = Saturated(at=BEGAN - 3, kind="pool", name="payments-db", what="10 of 10 used, 3 waiting", already=True)
    said = plain(list(rows.lead(going(saturated=(already, SLOW)))))
    assert said.splitlines() == [
        "SATURATED FIRST pool payments-db  10 of 10 used, 3 waiting  already before it began",
        "           then sli checkout  p99 2.3 s  after 12 s at 600 users",
    ]
    assert "nothing so far" in plain(list(rows.lead(going(saturated=()))))


@pytest.mark.parametrize("width", range(40, 130, 7))
def test_nothing_is_wider_than_its_place(width: int) -> None:
    for progress in (going(), OVER, going(ticks=())):
        left, right = rows.header(progress, ("lab", ""), BEGAN + 24, width)
        if width >= 80:
            assert line_length(left) + line_length(right) < width
        for height in (8, 20, 60):
            assert all(line_length(line) <= max(width, 56) for line in rows.sheet(progress, width, height))


async def test_the_keys_are_told_by_a_question_mark() -> None:
    stage = Stage(going())
    async with stage.app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "RUNNING" in text(stage.app))
        await pilot.press("question_mark")
        await until(pilot, lambda: "stop, then leave" in text(stage.app) and "Keys" in text(stage.app))
        await pilot.press("escape")
        await until(pilot, lambda: "RUNNING" in text(stage.app))
    assert stage.stops == 0
