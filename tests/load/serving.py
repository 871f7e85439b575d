"""A real HTTP server that a load is sent to, and a load from policy to result as the command line runs it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from prodtui.cli.load_run import Loading
from prodtui.load.course import LoadCourse
from prodtui.model.load import LoadProgress, LoadRun
from prodtui.model.moment import Moment
from prodtui.readiness.policy_file.load import load as load_policy
from prodtui.settings.load import load as load_settings

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """Where it listens, and what it heard."""

    url: str
    heard: list[dict[str, str]] = field(default_factory=list)
    """Headers of every request, with its method and body."""


async def well(_: web.Request) -> web.StreamResponse:
    return web.Response(text="ok")


@asynccontextmanager
async def serving(answer: Answer = well) -> AsyncIterator[Server]:
    """A server that answers so."""
    server = Server("")

    async def handle(request: web.Request) -> web.StreamResponse:
        server.heard.append({**request.headers, "method": request.method, "body": await request.text()})
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"{runner.addresses[0][0]}:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def configured(folder: Path, policy: str) -> tuple[Path, Path]:
    """A configuration without sources, with a store of its own, and a policy."""
    config, rules = folder / "prodtui.toml", folder / "readiness.toml"
    config.write_text(
        f'default_environment = "alone"\nstore = "{folder / "store.db"}"\n[environments.alone]\ninterval = "1s"\n'
    )
    rules.write_text(policy)
    return config, rules


def loading(folder: Path, policy: str, name: str = "shop", allowed: tuple[str, ...] = ()) -> Loading:
    """The load of this name as the command line would run it."""
    config, rules = configured(folder, policy)
    found = load_policy(rules)
    return Loading(load_settings(config, {}).environment(), found, found.loads[name], allowed)


@dataclass
class Told:
    """What was told of a load while it ran."""

    progress: list[LoadProgress] = field(default_factory=list)
    course: LoadCourse | None = None

    def tell(self, progress: LoadProgress, _: Moment | None) -> None:
        self.progress.append(progress)

    def on_course(self, course: LoadCourse) -> None:
        self.course = course


async def loaded(given: Loading, told: Told | None = None) -> LoadRun:
    """Runs it to its end."""
    told = told or Told()
    run = await given.prepare()
    return run if run is not None else await given.run(told.tell, told.on_course)


async def until(holds: Callable[[], bool], within_s: float = 15.0) -> None:
    """Waits for a condition."""
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends
        await asyncio.sleep(0.02)
