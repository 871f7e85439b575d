"""`rollout` as a person or a pipeline runs it where nothing is well: what is refused, and what is left behind.

Its peers are real and cheap: ports that refuse, a store in a file, hooks that are shell scripts.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from prodtui.cli import main
from prodtui.journal.rollout_store import LEASE_S, RolloutStore
from prodtui.journal.store import database_at
from prodtui.model.rollout import Decision, Hook, Phase, Rollout, Step, Word
from prodtui.rollout.hooks import environment_of, values_of
from prodtui.rollout.progress import begun, ended, replace
from tests.cli.prodtui import prodtui
from tests.cli.test_check import configuration
from tests.rollout.plans import PLAN
from tests.rollout.rollouts import plan

THEIRS = "bo@desk pid 1"
ID = f"r{os.getpid()}"
"""No other test's hooks are called so."""
CLOSES = """
import asyncio, os, signal
from prodtui.cli.rollout_shown import Lines

async def drive():
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.Event().wait()

asyncio.run(Lines().follow(drive))
print("left")
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a configuration whose one source refuses, and a plan."""
    configuration(tmp_path)
    (tmp_path / "rollout.toml").write_text(PLAN)
    return tmp_path


def rollout(here: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command about the environment in the folder; a plan's name is looked for there."""
    given = [str(here / word) if word.endswith(".toml") else word for word in words]
    return prodtui("rollout", *given, "--config", here / "prodtui.toml")


def kept(here: Path, *, driven_s: float = -1.0, rollback: str = 'echo "$@" >> back', **fields: object) -> Rollout:
    """An open rollout in the store; another process drives it, whose lease is good for `driven_s` from now."""
    script = here / "back.sh"
    script.write_text(f"#!/bin/sh\n{rollback}\n")
    script.chmod(0o755)
    hooks = {"advance": Hook(command=("false",)), "rollback": Hook(command=("./back.sh", "{percent}"), timeout_s=5)}
    # As `start rollout.toml` keeps it that is run there; the commands of these tests are run elsewhere.
    made = plan(path="rollout.toml", directory=str(here), hooks=hooks)
    found = replace(
        begun(made, id=ID, environment="nowhere", by="bo@desk", at=time.time()), **{"percent": 10.0, **fields}
    )
    keep(here, found, time.time() - LEASE_S + driven_s)
    return found


def keep(here: Path, found: Rollout, at: float) -> None:
    """In the store, by another process that began or ended it at this time."""

    async def kept_by() -> None:
        store = store_in(here)
        assert await store.begin(found, THEIRS, at)
        if found.phase.ended:
            assert await store.save(found, THEIRS, at)
        await store.close()

    asyncio.run(kept_by())


def store_in(here: Path) -> RolloutStore:
    return RolloutStore(database_at(str(here / "store.db")))


def now(here: Path) -> Rollout:
    """As it is kept now."""

    async def find() -> Rollout:
        store = store_in(here)
        found = await store.find("nowhere", ID)
        await store.close()
        assert found is not None
        return found.rollout

    return asyncio.run(find())


def test_a_plan_that_cannot_be_used_is_said_before_anything_is_read(here: Path) -> None:
    (here / "rollout.toml").write_text(PLAN.replace("advance", "advence"))
    done = rollout(here, "start", "rollout.toml")
    assert done.returncode == 2
    assert 'rollout.toml:10: hooks.advence: unknown hook "advence"; did you mean "advance"?' in done.stderr
    assert rollout(here, "start", "not-there.toml").returncode == 2


def test_a_production_that_cannot_be_read_begins_nothing(here: Path) -> None:
    done = rollout(here, "start", "rollout.toml", "--yes")
    assert done.returncode == 3, done.stderr
    assert "?   check      INCONCLUSIVE" in done.stderr
    assert done.stderr.endswith("prodtui: not begun, nothing was changed\n")
    assert rollout(here, "history").stdout.startswith("No rollout is kept.")


def test_a_plan_for_another_environment_is_refused(here: Path) -> None:
    (here / "rollout.toml").write_text('environment = "prod"\n' + PLAN)
    done = rollout(here, "start", "rollout.toml", "--yes")
    assert (done.returncode, 'it is for environment "prod"' in done.stderr) == (2, True)


def test_a_second_rollout_of_the_same_service_is_refused_with_who_drives_the_first(here: Path) -> None:
    kept(here, driven_s=LEASE_S)
    done = rollout(here, "start", "rollout.toml", "--yes")
    assert done.returncode == 2
    assert f"rollout {ID} of payments 2.0 is open, driven by bo@desk pid 1" in done.stderr


def test_status_tells_the_open_rollout_as_text_and_json(here: Path) -> None:
    kept(here)
    assert f"driven by nobody, last by {THEIRS}" in rollout(here, "status").stdout
    told = json.loads(rollout(here, "status", "--format", "json").stdout)
    assert (told["service"], told["phase"], told["driver"], told["driven"]) == ("payments", "RUNNING", THEIRS, False)
    assert ID in rollout(here, "history").stdout
    assert rollout(here, "status", "--service", "ledger").returncode == 2
    over = begun(plan(service="ledger"), id="of-ledger", environment="nowhere", by="bo@desk", at=time.time() - 60)
    keep(here, ended(over, Phase.PROMOTED, time.time(), "all is well"), time.time())
    assert "ledger" in rollout(here, "status", "--service", "ledger").stdout


def test_aborting_what_nobody_drives_moves_the_traffic_back(here: Path) -> None:
    kept(here)
    done = rollout(here, "abort", "wrong build")
    assert (done.returncode, (here / "back").read_text()) == (0, "0\n"), done.stderr
    after = now(here)
    assert (after.phase, after.percent) == (Phase.ABORTED, 0)
    assert rollout(here, "abort").returncode == 2


def test_what_becomes_of_it_rings_the_terminal(here: Path) -> None:
    kept(here)
    ours, theirs = pty.openpty()
    words = ["rollout", "abort", "wrong build", "--config", str(here / "prodtui.toml")]
    told = {**os.environ, "PRODTUI_NOTIFY__HERE__KIND": "terminal", "PRODTUI_NOTIFY__HERE__SEVERITY": "warning"}
    done = subprocess.run([sys.executable, "-m", "prodtui", *words], stderr=theirs, check=False, env=told, timeout=50)
    os.close(theirs)
    said = os.read(ours, 65_536)
    os.close(ours)
    assert (done.returncode, b"\a" in said, b"of payments 2.0 aborted" in said) == (0, True, True), said


def test_a_driver_whose_host_died_is_followed_as_soon_as_its_lease_is_over(here: Path) -> None:
    kept(here, driven_s=1.5)
    done = rollout(here, "abort", "wrong build")
    assert (done.returncode, (here / "back").read_text()) == (0, "0\n"), done.stderr
    assert now(here).phase is Phase.ABORTED


def test_a_hold_of_a_driver_whose_host_died_is_resumed_here(here: Path) -> None:
    held = Decision(word=Word.HOLD, reason="no data")
    # Its stage's hook fails here: it is carried out by this process, and ends.
    kept(here, driven_s=1.5, phase=Phase.HELD, held_at=time.time(), percent=0.0, decision=held)
    done = rollout(here, "resume", "the data is complete")
    assert (done.returncode, (here / "back").read_text()) == (1, "0\n"), done.stderr


def test_a_hook_that_a_killed_driver_left_running_is_ended_before_the_traffic_goes_back(here: Path) -> None:
    left = environment_of(values_of(kept(here), percent=50))
    with subprocess.Popen(["sleep", "600"], env=left, start_new_session=True) as hook:
        done = rollout(here, "abort", "wrong build")
        hook.terminate()
        assert hook.wait() == -signal.SIGKILL
    assert f"{THEIRS} had left a hook running: it is ended" in done.stderr
    assert (done.returncode, (here / "back").read_text()) == (0, "0\n")


def test_a_rollback_hook_that_fails_is_said_and_is_a_failure(here: Path) -> None:
    kept(here, rollback="echo the proxy is gone; exit 1")
    done = rollout(here, "abort", "wrong build")
    assert done.returncode == 1
    assert "going back failed: exit 1: the proxy is gone; traffic may still be on the candidate" in done.stderr
    assert f"By hand: cd {here} && ./back.sh 0" in done.stderr
    assert now(here).phase is Phase.FAILED


def test_pausing_what_nobody_drives_is_kept_for_whoever_resumes_it(here: Path) -> None:
    kept(here)
    assert rollout(here, "pause", "lunch").returncode == 0
    assert now(here).phase is Phase.PAUSED
    assert rollout(here, "pause").returncode == 2


def test_every_step_is_audited_though_the_trail_failed_or_the_driver_was_killed_before_it_was_written(
    here: Path,
) -> None:
    steps = tuple(Step(at=time.time(), what=what, result="it is so") for what in ("start", "stage"))
    kept(here, steps=steps, audited=1)
    with closing(sqlite3.connect(here / "store.db")) as store:
        store.execute("create trigger full before insert on prodtui_audit begin select raise(abort, 'full'); end")
        assert rollout(here, "pause", "lunch").returncode == 0
        assert (now(here).phase, now(here).audited) == (Phase.PAUSED, 1)
        store.execute("drop trigger full")
    assert rollout(here, "abort", "wrong build").returncode == 0
    told = json.loads(prodtui("audit", "list", "--format", "json", "--config", here / "prodtui.toml").stdout)
    oldest = [entry["result"] for entry in reversed(told["entries"])][:3]
    assert oldest[:2] == ["stage: it is so", "pause: lunch"]
    assert oldest[2].startswith("decision: ROLLBACK: aborted by ")
    assert now(here).audited == len(now(here).steps) == len(told["entries"]) + 1


def test_a_hold_is_resumed_with_a_reason_only(here: Path) -> None:
    kept(here, phase=Phase.HELD, held_at=time.time(), decision=Decision(word=Word.HOLD, reason="no data"))
    done = rollout(here, "resume")
    assert (done.returncode, "no data; give a reason to resume it" in done.stderr) == (2, True)
    paused = rollout(here, "pause", "lunch")
    assert (paused.returncode, "no data; a pause would not end that" in paused.stderr) == (2, True)
    assert now(here).phase is Phase.HELD


def test_a_terminal_that_closes_leaves_the_rollout_as_ctrl_c_does() -> None:
    done = subprocess.run([sys.executable, "-c", CLOSES], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (0, "left\n")


async def test_resuming_what_another_process_drives_is_refused_with_who(here: Path) -> None:
    await asyncio.to_thread(kept, here, driven_s=LEASE_S)
    store = store_in(here)

    async def drive() -> None:
        while True:
            await store.renew(ID, THEIRS, time.time())
            await asyncio.sleep(0.5)

    driving = asyncio.create_task(drive())
    done = await asyncio.to_thread(rollout, here, "resume")
    driving.cancel()
    await asyncio.gather(driving, return_exceptions=True)
    await store.close()
    assert done.returncode == 2
    assert "driven by bo@desk pid 1; only one process drives a rollout" in done.stderr


def test_a_rollout_that_was_decided_to_go_back_goes_back_when_it_is_resumed(here: Path) -> None:
    kept(here, decision=Decision(word=Word.ROLLBACK, reason="two bad samples"))
    done = rollout(here, "resume")
    assert (done.returncode, (here / "back").read_text()) == (1, "0\n"), done.stderr
    assert "rolled back: two bad samples" in done.stderr
    assert "payments" in done.stdout


@pytest.mark.parametrize("phase", [Phase.HELD, Phase.PAUSED])
def test_what_was_decided_to_go_back_is_neither_paused_nor_resumed_into_traffic(here: Path, phase: Phase) -> None:
    kept(here, phase=phase, held_at=time.time(), decision=Decision(word=Word.ROLLBACK, reason="held for too long"))
    refused = rollout(here, "pause")
    assert (refused.returncode, "goes back: held for too long" in refused.stderr) == (2, True)
    done = rollout(here, "resume", "looks fine")
    assert (done.returncode, (here / "back").read_text()) == (1, "0\n"), done.stderr
    assert now(here).phase is Phase.ROLLED_BACK


def test_the_first_stage_s_hook_that_fails_goes_back(here: Path) -> None:
    kept(here, percent=0.0)
    done = rollout(here, "resume")
    assert (done.returncode, (here / "back").read_text()) == (1, "0\n"), done.stderr
    assert "hook advance: exit 1" in done.stderr


def test_help_names_every_command_with_its_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("start", "status", "pause", "resume", "abort", "history"):
        assert main.run(["rollout", command, "--help"]) == 0
        assert "Exit codes: 0" in capsys.readouterr().out
