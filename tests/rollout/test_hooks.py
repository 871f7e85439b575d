"""Hooks are real processes here: they fail, hang, flood and leave children behind."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prodtui.model.rollout import Hook, Rollout
from prodtui.rollout.hooks import KEPT_BYTES, Ran, by_hand, environment_of, run
from prodtui.rollout.left_over import end_left_over
from prodtui.rollout.progress import replace
from tests.rollout.rollouts import plan, rollout


@pytest.fixture
def here(tmp_path: Path) -> Rollout:
    return rollout(plan=plan(path=str(tmp_path / "rollout.toml")))


async def ran(here: Rollout, program: str, *words: str, timeout_s: float = 20.0, percent: float = 10) -> Ran:
    """A Python program as a hook."""
    hook = Hook(command=(sys.executable, "-I", "-c", program, *words), timeout_s=timeout_s)
    return await run(hook, here, percent=percent, grace_s=0.5)


async def test_a_hook_is_told_what_to_do_by_its_arguments_and_its_environment(here: Rollout) -> None:
    program = (
        "import os, sys; print(sys.argv[1:], os.environ['PRODTUI_ROLLOUT_VERSION'],"
        "os.environ['PRODTUI_ROLLOUT_PERCENT'])"
    )
    done = await ran(here, program, "{percent} of {service}", '{"json": "{version}"}', percent=0.5)
    assert done.ok
    assert done.output == "['0.5 of payments', '{\"json\": \"2.0\"}'] 2.0 0.5\n"


async def test_nothing_of_it_goes_through_a_shell(here: Rollout) -> None:
    done = await ran(here, "import sys; print(sys.argv[1])", "$HOME; `id` && rm -rf *")
    assert done.output == "$HOME; `id` && rm -rf *\n"


async def test_it_runs_beside_its_plan(here: Rollout, tmp_path: Path) -> None:
    assert (await ran(here, "import os; print(os.getcwd())")).output.strip() == str(tmp_path)


async def test_it_runs_there_also_for_who_took_it_over_from_elsewhere(here: Rollout, tmp_path: Path) -> None:
    there = replace(here, plan=plan(path="rollout.toml", directory=str(tmp_path)))
    assert (await ran(there, "import os; print(os.getcwd())")).output.strip() == str(tmp_path)


def test_what_a_hook_does_can_be_done_by_hand(here: Rollout, tmp_path: Path) -> None:
    hook = Hook(command=("./shift", "{percent}", "of {service}"))
    assert by_hand(hook, here) == f"cd {tmp_path} && ./shift 0 'of payments'"


async def test_our_secrets_are_not_passed_on(here: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODTUI_STORE", "postgresql://root:secret@host/db")
    monkeypatch.setenv("PGPASSWORD", "secret")
    done = await ran(here, "import os; print(sorted(os.environ))")
    assert "PRODTUI_STORE" not in done.output
    assert "PGPASSWORD" not in done.output
    assert set(environment_of({"percent": "1"}, {"PATH": "/bin", "TOKEN": "x"})) == {"PATH", "PRODTUI_ROLLOUT_PERCENT"}


async def test_one_that_fails_says_its_last_line(here: Rollout) -> None:
    done = await ran(here, "import sys; print('trying', flush=True); sys.exit('no route to the proxy')")
    assert (done.ok, done.reason) == (False, "exit 1: no route to the proxy")


async def test_one_that_is_not_there_is_a_failure_in_words(here: Rollout, tmp_path: Path) -> None:
    done = await run(Hook(command=("./not-there",)), here, percent=10)
    assert (done.ok, done.reason) == (False, f"not started: {tmp_path}/not-there: no program that may be run")


async def test_one_that_is_no_program_says_so(here: Rollout, tmp_path: Path) -> None:
    (tmp_path / "empty").touch(mode=0o755)
    done = await run(Hook(command=("./empty",)), here, percent=10)
    assert (done.ok, done.reason) == (False, "exit 127: ./empty: Exec format error")


KILLED = """
import asyncio, sys
from prodtui.model.rollout import Hook
from prodtui.rollout.hooks import run
from prodtui.rollout.left_over import end_left_over
from prodtui.rollout.progress import replace
from tests.rollout.rollouts import plan, rollout
here = rollout(id=sys.argv[1], plan=plan(path=sys.argv[2]))
hook = Hook(command=("sh", "-c", "echo $$ > {version}.tmp; mv {version}.tmp pid; sleep 600; echo moved > moved"))
asyncio.run(run(hook, here, percent=10, outlives=sys.argv[3] == "rollback"))
"""


@pytest.mark.parametrize("name", ["advance", "rollback"])
async def test_a_killed_driver_s_hook_moves_nothing_more_but_back(here: Rollout, tmp_path: Path, name: str) -> None:
    words = [tmp_path.name, here.plan.path, name]
    driver = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, *words)
    await until((tmp_path / "pid").exists)
    pid = int((tmp_path / "pid").read_text())
    driver.kill()
    await driver.wait()
    if name == "advance":
        await gone(pid)
    assert alive(pid) is (name == "rollback")
    # Whatever it started is still there, until somebody takes the rollout over.
    assert end_left_over(rollout(id=tmp_path.name)) == 1
    await gone(pid)
    assert end_left_over(rollout(id=tmp_path.name)) == 0
    assert not (tmp_path / "moved").exists()


async def test_one_that_hangs_is_ended_with_all_that_it_started(here: Rollout, tmp_path: Path) -> None:
    program = (
        "import pathlib, subprocess, sys, time, signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"pathlib.Path({str(tmp_path / 'child')!r}).write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    began = time.monotonic()
    done = await ran(here, program, timeout_s=1.5)
    assert (done.ok, done.reason) == (False, "no end within 1.5 s, killed")
    assert time.monotonic() - began < 10
    await gone(int((tmp_path / "child").read_text()))


async def test_a_child_that_it_leaves_behind_delays_nothing_and_is_ended(here: Rollout, tmp_path: Path) -> None:
    program = (
        "import pathlib, subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"pathlib.Path({str(tmp_path / 'child')!r}).write_text(str(child.pid))\n"
    )
    done = await ran(here, program)
    assert done.ok
    assert done.took_s < 10
    await gone(int((tmp_path / "child").read_text()))


async def test_a_flood_is_read_and_only_its_end_is_kept(here: Rollout) -> None:
    program = "import sys\nfor n in range(300_000): print(f'line {n} ' + 'x' * 90)\nprint('the end')"
    done = await ran(here, program)
    assert done.ok
    assert len(done.output) <= KEPT_BYTES
    assert done.output.endswith("the end\n")


async def test_what_it_writes_cannot_drive_the_terminal(here: Rollout) -> None:
    done = await ran(here, "import sys; sys.stdout.buffer.write(b'\\x1b[2J\\xff evil'); sys.exit(3)")
    assert "\x1b" not in done.output
    assert done.reason.startswith("exit 3: ␛[2J")


async def test_nothing_is_left_of_it_when_its_rollout_is_stopped(here: Rollout, tmp_path: Path) -> None:
    program = (
        "import os, pathlib, time\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    running = asyncio.create_task(ran(here, program))
    await until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await gone(int((tmp_path / "pid").read_text()))


async def gone(pid: int) -> None:
    """Waits until a process is no more, or only to be buried by its parent."""
    await until(lambda: not alive(pid))


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what another process does."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 — no event of ours comes of it
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
