"""The pictures of all screens, drawn from the recorded incident: `python -m tests.ui.pictures` draws and keeps them."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from msgspec.structs import replace

from prodtui.cli.reel import Reel
from prodtui.journal.journal import Journal
from prodtui.journal.places import journal_in
from prodtui.lab import stack
from prodtui.model.load import LoadProgress
from prodtui.model.moment import Moment
from prodtui.model.rollout import Rollout
from prodtui.readiness.policy_file.load import load
from prodtui.readiness.standard import Standard
from prodtui.ui.app import ProdtuiApp
from prodtui.ui.load_app import LoadApp, Seen
from prodtui.ui.terminal_app import TerminalApp
from prodtui.watch.past import moment_at
from tests import recording, rollouts
from tests.load import loads
from tests.recording import Times
from tests.ui.drawn import drawn
from tests.ui.driving import driven
from tests.ui.showing import text, until

PICTURES = Path(__file__).parent.parent / "data" / "pictures"
POLICY = Path(stack.__file__).parent / "policies" / "readiness.toml"
SIZES = ((120, 40), (80, 24), (200, 60))
ANYWHERE = {"TZ": "UTC", "COLORTERM": "truecolor", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
WITHIN_S = 10.0
LOOK_S = 0.02
SAME = 10
"""So many looks in a row must see the same before a picture is taken for what it will be."""


class Scene(NamedTuple):
    """A screen at a moment of the incident, and the keys that lead there from the overview."""

    at: Callable[[Times], float]
    keys: tuple[str, ...] = ()
    shows: str = ""
    """What is on screen once it is there."""


def _healthy(times: Times) -> float:
    return times.exhausted - 2


def _exhausted(times: Times) -> float:
    return times.freed - 2


def _killed(times: Times) -> float:
    return times.restarted - 2


def _typed(line: str) -> tuple[str, ...]:
    return (":", *line, "enter")


def _service(tab: str, shows: str) -> Scene:
    return Scene(_exhausted, ("g", "enter", tab), shows)


SCENES: Mapping[str, Scene] = {
    "overview-healthy": Scene(_healthy, (), "nothing failing"),
    "overview-fault": Scene(_exhausted, (), "FIRST"),
    "overview-killed": Scene(_killed, (), "FIRST"),
    "overview-past": Scene(_killed, ("left_curly_bracket",) * 2, " AT "),
    "first-cause": Scene(_exhausted, ("f",), "month-end-report"),
    "first-cause-killed": Scene(_killed, ("f",), "payments-2"),
    "service-checks": _service("1", "availability"),
    "service-instances": _service("2", "payments-2"),
    "service-pools": _service("3", "payments-db"),
    "service-breakers": _service("4", "checkout"),
    "service-latency": _service("5", "p99"),
    "service-dependencies": _service("6", "checkout"),
    "service-history": _service("7", "History"),
    "health-check": Scene(_exhausted, ("g", "enter", "g", "enter"), "› health"),
    "pool": Scene(_exhausted, ("2", "g", "enter"), "waiting since"),
    "database": Scene(_exhausted, ("2", "G", "enter"), "database"),
    "breaker": Scene(_exhausted, ("3", "g", "enter"), "payments"),
    "why": Scene(_exhausted, ("w",), "› why"),
    "sources": Scene(_exhausted, _typed("src"), "requests"),
    "events": Scene(_exhausted, _typed("ev"), "Events"),
    "dependencies": Scene(_exhausted, _typed("deps"), "storefront"),
    "help": Scene(_exhausted, ("?",), "half a page down"),
    "handover": Scene(_exhausted, _typed("ha"), "# "),
    "time-bar": Scene(_exhausted, ("t",), "at "),
    "command-line": Scene(_exhausted, (":", *"svc "), "storefront  "),
}


ROLLOUTS: Mapping[str, Callable[[], tuple[Rollout, float]]] = {
    "rollout-running": rollouts.steady,
    "rollout-held": rollouts.held,
    "rollout-rolled-back": rollouts.rolled_back,
    "rollout-watching": rollouts.watching,
}
"""Moments of a rollout, built by hand: no journal keeps one."""
LOADS: Mapping[str, LoadProgress] = {"load-running": loads.going(), "load-over": loads.OVER}
"""How a load stands, built by hand, beside what was seen while the pool was exhausted."""
NAMES = (*SCENES, *ROLLOUTS, *LOADS)


class Still(Reel):
    """A recorded file that is stopped at one moment; whoever asks for another gets it."""

    def __init__(self, journal: Journal, environment: str, standard: Standard, moment: Moment) -> None:
        super().__init__(recording.JOURNAL, environment, standard)
        self._journal = journal
        # Where the checkout is, is no part of a picture.
        self._still = msgspec.structs.replace(moment, kept=f"kept in {recording.JOURNAL.name}")
        self.read_only = False
        self.replays = None

    async def moments(self) -> AsyncIterator[Moment]:
        yield self._still
        await asyncio.Event().wait()


@contextmanager
def anywhere() -> Iterator[None]:
    """As on every machine: UTC, all colours, UTF-8."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ANYWHERE.items():
            patch.setenv(name, value)
        for name in ("NO_COLOR", "PRODTUI_ASCII"):
            patch.delenv(name, raising=False)
        time.tzset()
        yield
    time.tzset()


class Film:
    """The recording, and its moments."""

    def __init__(self, journal: Journal, times: Times) -> None:
        self._journal = journal
        self._standard = Standard(policy=load(POLICY))
        self.times = times
        self._moments: dict[float, Moment] = {}

    @classmethod
    async def opened(cls) -> Film:
        return cls(await journal_in(recording.JOURNAL), recording.times())

    async def close(self) -> None:
        await self._journal.close()

    async def moment(self, at: float) -> Moment:
        if at not in self._moments:
            self._moments[at] = await moment_at(self._journal, None, self._standard, at)
        return self._moments[at]

    async def still(self, scene: Scene) -> Still:
        """The file stopped where the scene is."""
        moment = replace(await self.moment(scene.at(self.times)), newest=None)  # as it was when it was live
        return Still(self._journal, moment.snapshot.declared.environment, self._standard, moment)


async def draw(film: Film, name: str, size: tuple[int, int], *, kept: str | None = None) -> str:
    """The picture of a scene, once it is as it was kept, or stays as it is."""
    if name in ROLLOUTS:
        return await _draw_rollout(name, size, kept)
    if name in LOADS:
        return await _draw_load(LOADS[name], await film.moment(_exhausted(film.times)), size, kept)
    scene = SCENES[name]
    still = await film.still(scene)
    app = ProdtuiApp(still.moments, still, theme="dark")
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "LIVE" in text(app))
        await pilot.press(*scene.keys)
        return await _settled(app, scene.shows, kept)


async def _draw_rollout(name: str, size: tuple[int, int], kept: str | None) -> str:
    app = driven(*ROLLOUTS[name]())
    async with app.run_test(size=size):
        return await _settled(app, "Criteria", kept)


async def _draw_load(progress: LoadProgress, moment: Moment, size: tuple[int, int], kept: str | None) -> str:
    async def feed() -> AsyncIterator[Seen]:
        yield progress, moment
        await asyncio.Event().wait()

    app = LoadApp(feed, lambda: None, environment=("lab", "strong good"), theme="dark", clock=lambda: loads.BEGAN + 24)
    async with app.run_test(size=size):
        return await _settled(app, "SATURATED FIRST", kept)


async def _settled(app: TerminalApp, shows: str, kept: str | None) -> str:
    """What is on screen once it is as it was kept; where it never is, and where nothing was, once it stays the same."""
    picture, same, ends = "", 0, time.monotonic() + WITHIN_S
    while picture != kept and (same < SAME or shows not in text(app)):
        if time.monotonic() > ends:
            raise AssertionError(f"never on screen: {shows}\n{text(app)}")
        await asyncio.sleep(LOOK_S)
        seen, picture = picture, drawn(app)
        same = same + 1 if picture == seen else 0
    return picture


def file_of(name: str, size: tuple[int, int]) -> Path:
    return PICTURES / f"{name}-{size[0]}x{size[1]}.txt"


async def _keep_all(only: list[str]) -> None:
    film = await Film.opened()
    try:
        for name in only or NAMES:
            for size in SIZES:
                file_of(name, size).write_text(await draw(film, name, size))
    finally:
        await film.close()


def main() -> int:
    """Draws the pictures, all or those named, and keeps them."""
    only = sys.argv[1:]
    PICTURES.mkdir(parents=True, exist_ok=True)
    if not only:
        for file in PICTURES.glob("*.txt"):
            file.unlink()
    with anywhere():
        asyncio.run(_keep_all(only))
    sys.stdout.write(f"{len(only or NAMES) * len(SIZES)} pictures in {os.path.relpath(PICTURES)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
