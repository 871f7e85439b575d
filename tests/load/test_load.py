"""Loads by the real k6 against real servers: met, not met, refused, stopped, crashed."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from prodtui.cli.audit_trail import trail_in
from prodtui.cli.load_run import BY_HAND
from prodtui.cli.store import opened
from prodtui.journal.load_store import LoadStore
from prodtui.load.engine import Engine, Order, engine_path, run
from prodtui.load.measured import Numbers, measured
from prodtui.load.scenario import script
from prodtui.load.target import Pinned
from prodtui.model.audited import Act
from prodtui.model.errors import UsageError
from prodtui.model.load import LoadRun, LoadVerdict
from tests.load.loads import rule
from tests.load.serving import Server, Told, configured, loaded, loading, serving, until

QUICK = "users = 5\niterations = 20\n"
LONG = 'users = 2\nduration = "60s"\n'


def shop(server: Server, rest: str = QUICK) -> str:
    return f'[load.shop]\ntarget = "http://{server.url}/cart?a=1"\n{rest}'


def engines_of(pid: int) -> list[int]:
    """The k6 processes that a process started and that still run."""
    found = []
    for child in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (child / "stat").read_text().rpartition(")")[2].split()
            if int(stat[1]) == pid and stat[0] != "Z" and b"k6" in (child / "cmdline").read_bytes().split(b"\0")[0]:
                found.append(int(child.name))
    return found


async def kept(folder: Path, name: str = "shop") -> tuple[LoadRun, ...]:
    store = LoadStore(opened(str(folder / "store.db")).database)
    runs = await store.runs("alone", name)
    await store.close()
    return runs


async def test_a_load_is_sent_as_declared_and_met(tmp_path: Path) -> None:
    rest = 'method = "POST"\nbody = "{}"\nheaders = { X-Shop = "a \\"b\\" ${HOME}" }\n'
    async with serving() as server:
        told = Told()
        run = await loaded(loading(tmp_path, shop(server, QUICK + rest)), told)
    assert (run.verdict, run.reason, run.requests, run.error_ratio) == (LoadVerdict.MET, "", 100, 0.0)
    assert run.engine.startswith("k6 v")
    assert run.p99_s is not None
    assert run.avg_s is not None
    assert 0 < run.avg_s <= run.p99_s < 1
    assert [each.ok for each in run.thresholds] == [True, True]
    assert len(server.heard) == 100
    assert {(each["method"], each["body"], each["X-Shop"]) for each in server.heard} == {
        ("POST", "{}", f'a "b" {os.environ["HOME"]}')
    }
    assert await kept(tmp_path) == (run,)


async def test_each_second_is_told_while_it_runs(tmp_path: Path) -> None:
    async with serving() as server:
        told = Told()
        run = await loaded(loading(tmp_path, shop(server, 'users = 3\nduration = "3s"\n')), told)
    ticks = told.progress[-1].ticks
    assert len(ticks) >= 2
    assert run.ticks == ticks
    assert ticks[-1].users == 3
    for tick in ticks[:-1]:
        assert tick.users in (None, 3)
        assert tick.rate_per_s is not None
        assert tick.rate_per_s > 0
        assert tick.p50_s is not None
        assert tick.p99_s is not None
        assert 0 < tick.p50_s <= tick.p99_s
        assert tick.error_ratio == 0
    assert [tick.requests for tick in ticks] == sorted(tick.requests for tick in ticks)
    assert [each.ok for each in told.progress[-2].thresholds] == [True, True]
    assert told.progress[-1].run == run


async def test_errors_are_told_by_what_became_of_the_requests(tmp_path: Path) -> None:
    async def every_other(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503 if request.transport and len(server.heard) % 2 else 200)

    async with serving(every_other) as server:
        run = await loaded(loading(tmp_path, shop(server)))
    assert (run.verdict, run.error_ratio) == (LoadVerdict.NOT_MET, 0.5)
    assert run.reason == "errors 50 % (50 5xx), wants errors < 1%"


async def test_a_redirect_is_not_followed_and_counts_as_an_error(tmp_path: Path) -> None:
    async with serving() as elsewhere:

        async def away(_: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"http://{elsewhere.url}/")

        async with serving(away) as server:
            run = await loaded(loading(tmp_path, shop(server)))
    assert run.reason == "errors 100 % (100 redirects), wants errors < 1%"
    assert elsewhere.heard == []


async def test_a_server_that_nobody_hears_is_measured_as_that(tmp_path: Path) -> None:
    async with serving() as server:
        pass
    run = await loaded(loading(tmp_path, shop(server)))
    assert (run.verdict, run.error_ratio) == (LoadVerdict.NOT_MET, 1.0)
    assert "connections refused or lost" in run.reason


async def test_nothing_goes_over_the_ceiling(tmp_path: Path) -> None:
    async with serving() as server:
        rest = 'users = 5\nduration = "1s"\nmax_rate = "20/s"\n'
        run = await loaded(loading(tmp_path, shop(server, rest)))
    assert run.rate_per_s is not None
    assert run.rate_per_s <= 21
    assert len(server.heard) <= 30


async def test_a_rate_that_cannot_be_kept_is_not_met(tmp_path: Path) -> None:
    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return web.Response()

    async with serving(slow) as server:
        rest = 'rate = "40/s"\nusers = 2\nduration = "1s"\n'
        run = await loaded(loading(tmp_path, shop(server, rest)))
    assert run.verdict is LoadVerdict.NOT_MET
    assert "requests were never sent: every user waited for an answer" in run.reason


async def test_a_run_is_written_down_before_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    async with serving() as server:
        run = await loaded(loading(tmp_path, shop(server)))
    trail = trail_in(str(tmp_path / "store.db"), None)
    ended, began = [entry.deed async for entry in trail.entries(since=0, until=time.time())]
    await trail.close()
    assert [(deed.act, deed.about, deed.result) for deed in (began, ended)] == [
        (Act.LOAD, "shop", "begins"),
        (Act.LOAD, "shop", "MET"),
    ]
    assert began.details["load"] == ended.details["load"] == run.id
    assert ended.details["requests"] == "100"


# Secrets


async def test_secrets_reach_the_target_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "t0ken-value")
    (tmp_path / "key").write_text("k3y-value\n")
    rest = 'headers = { Authorization = "Bearer ${SHOP_TOKEN}" }\nheader_files = { X-Api-Key = "key" }\n'
    async with serving() as server:
        task = asyncio.create_task(loaded(loading(tmp_path, shop(server, LONG + rest)), told := Told()))
        await until(lambda: bool(server.heard))
        (engine,) = engines_of(os.getpid())
        command = Path(f"/proc/{engine}/cmdline").read_bytes()
        assert told.course is not None
        told.course.stop(BY_HAND)
        run = await task
    assert {(each["Authorization"], each["X-Api-Key"]) for each in server.heard} == {
        ("Bearer t0ken-value", "k3y-value")
    }
    for secret in (b"t0ken-value", b"k3y-value"):
        assert secret not in command
        assert secret.decode() not in repr(run)


async def test_a_variable_that_is_not_set_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    async with serving() as server:
        rest = 'headers = { Authorization = "Bearer ${NO_SUCH_TOKEN}" }\n'
        with pytest.raises(UsageError, match="needs the variable NO_SUCH_TOKEN; nothing was sent"):
            await loaded(loading(tmp_path, shop(server, QUICK + rest)))
        (tmp_path / "key").write_text("two\nlines")
        rest = 'header_files = { X-Api-Key = "key" }\n'
        with pytest.raises(UsageError, match="does not hold one line; nothing was sent"):
            await loaded(loading(tmp_path, shop(server, QUICK + rest)))
    assert server.heard == []


# Where it may go


async def test_a_host_that_is_not_on_this_machine_needs_a_yes(tmp_path: Path) -> None:
    policy = '[load.shop]\ntarget = "http://192.0.2.7/"\nusers = 1\niterations = 1\n'
    with pytest.raises(UsageError, match=r"leaves this machine \(192\.0\.2\.7 is .*say so: --yes-load 192\.0\.2\.7"):
        await loaded(loading(tmp_path, policy))
    assert await loading(tmp_path, policy, allowed=("192.0.2.7",)).prepare() is None


async def test_a_script_reaches_its_declared_hosts_only(tmp_path: Path) -> None:
    async with serving() as server:
        port = server.url.rpartition(":")[2]
        (tmp_path / "own.js").write_text(
            'import http from "k6/http";\n'
            "export const options = { vus: 2, iterations: 10, thresholds: { http_reqs: ['count<5'] } };\n"
            "export default function () {\n"
            f"  http.get(`http://127.0.0.1:${{__ENV.PORT}}/`);\n"
            f"  http.get('http://127.0.0.2:{port}/');\n"
            "}\n"
        )
        os.environ["PORT"] = port
        policy = '[load.own]\nscript = "own.js"\nhosts = ["127.0.0.1"]\nvariables = ["PORT"]\nmax_rate = "100/s"\n'
        run = await loaded(loading(tmp_path, policy, "own"))
    assert (len(server.heard), run.requests, run.error_ratio) == (10, 20, 0.5)
    assert run.verdict is LoadVerdict.NOT_MET
    assert "the script's own http_reqs count<5 does not hold" in run.reason


async def test_a_script_that_k6_cannot_read_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "own.js").write_text("export default function ( { \x1b[31m }")
    policy = '[load.own]\nscript = "own.js"\nhosts = ["127.0.0.1"]\n'
    with pytest.raises(UsageError, match="k6 can't run the script: ") as raised:
        await loaded(loading(tmp_path, policy, "own"))
    assert "\x1b" not in str(raised.value)
    (tmp_path / "own.js").unlink()
    with pytest.raises(UsageError, match="is not there; nothing was sent"):
        await loaded(loading(tmp_path, policy, "own"))


async def sent(server: Server, host: str, *addresses: str) -> Numbers:
    """What k6 measures of a host that was resolved to these addresses."""
    port = server.url.rpartition(":")[2]
    given = rule(target=f"http://{host}:{port}/", users=1, iterations=3, duration_s=None)
    pinned = Pinned({host: tuple(map(ipaddress.ip_address, addresses))})
    found = Engine(engine_path(), "k6")
    ended = await run(found, Order(script(given, pinned)), lambda _: asyncio.sleep(0), asyncio.Event(), 30)
    assert ended.summary is not None, ended.trouble
    return measured(ended.summary)


async def test_a_name_is_not_asked_for_again_once_it_was_allowed() -> None:
    async with serving() as server:
        found = await sent(server, "shop.invalid", "127.0.0.1")  # which no DNS knows
    assert (found.requests, found.error_ratio, len(server.heard)) == (3, 0.0, 3)


async def test_another_answer_of_dns_leads_nowhere() -> None:
    async with serving() as server:
        found = await sent(server, "localhost", "127.0.0.8", "127.0.0.9")
    assert (found.error_ratio, found.failed, server.heard) == (1.0, {"dns": 3}, [])


# Its end


async def test_stopped_by_hand_it_says_so_and_what_it_measured_until_then(tmp_path: Path) -> None:
    async with serving() as server:
        told = Told()
        task = asyncio.create_task(loaded(loading(tmp_path, shop(server, LONG)), told))
        await until(lambda: bool(told.progress and told.progress[-1].ticks))
        assert told.course is not None
        told.course.stop(BY_HAND)
        run = await task
    assert (run.verdict, run.reason) == (LoadVerdict.STOPPED, "by hand")
    assert run.requests > 0
    assert engines_of(os.getpid()) == []
    assert (await kept(tmp_path))[0].verdict is LoadVerdict.STOPPED


async def test_an_engine_that_is_killed_measured_nothing(tmp_path: Path) -> None:
    async with serving() as server:
        task = asyncio.create_task(loaded(loading(tmp_path, shop(server, LONG))))
        await until(lambda: bool(server.heard))
        (engine,) = engines_of(os.getpid())
        os.kill(engine, signal.SIGKILL)
        run = await task
    assert run.verdict is LoadVerdict.NOT_MEASURED
    assert run.reason.startswith("k6 was killed by signal 9")


async def test_a_load_that_is_given_up_leaves_no_engine_behind(tmp_path: Path) -> None:
    async with serving() as server:
        task = asyncio.create_task(loaded(loading(tmp_path, shop(server, LONG))))
        await until(lambda: bool(server.heard))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert engines_of(os.getpid()) == []


async def test_when_prodtui_is_killed_its_engine_goes_with_it(tmp_path: Path) -> None:
    async with serving() as server:
        config, _ = configured(tmp_path, shop(server, LONG))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "prodtui", "--config", str(config), "load", "shop"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await until(lambda: bool(server.heard))
        (engine,) = engines_of(process.pid)
        process.kill()
        await process.wait()
        await until(lambda: not Path(f"/proc/{engine}").exists())
