"""Start the lab's processes, recognise them for certain, and end them."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from prodtui.lab.errors import LabError
from prodtui.lab.state import Process, change, load, with_process

# In every child's environment, so that one which was started and never recorded is found all the same.
MARK = "PRODTUI_LAB_PROCESS_OF"
# Only these of the caller's variables reach a child: a proxy, a PGHOST or a CONSUL_HTTP_ADDR would change what it does.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
# Children of this very process are reaped through these; a forgotten Popen would warn and leave a zombie.
_children: dict[int, subprocess.Popen[bytes]] = {}


def clean_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child may know of the caller's environment."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if "PYTHONPATH" in passed:
        passed["PYTHONPATH"] = os.pathsep.join(
            str(Path(part).resolve()) for part in passed["PYTHONPATH"].split(os.pathsep) if part
        )
    return {**passed, "HOME": str(home), **(extra or {})}


def marked(directory: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process that belongs to the lab in this directory."""
    return clean_environment(directory, {**(extra or {}), MARK: str(directory)})


def identity(user: str | None) -> tuple[int, int] | None:
    """Uid and gid to run as; None: as the caller."""
    if user is None:
        return None
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def launch(directory: Path, process: Process) -> Process:
    """Start what `process` describes in a session of its own and record it; its pid and start time are filled in."""
    state = load(directory)
    if state is None or state.ending:
        raise LabError(f"{process.name} isn't started: the lab is being taken down")
    owner = identity(process.user)
    environment = marked(directory, process.environment)
    with (directory / "logs" / f"{process.name}.log").open("ab") as log:
        try:
            child = subprocess.Popen(
                process.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=process.cwd or directory,
                env=environment,
                start_new_session=True,
                user=owner[0] if owner else None,
                group=owner[1] if owner else None,
                extra_groups=[] if owner else None,
            )
        except OSError as error:
            raise LabError(f"{process.name} can't be started ({process.argv[0]}): {error.strerror}") from error
    _children[child.pid] = child
    running = msgspec.structs.replace(process, pid=child.pid, started=start_time(child.pid) or 0)
    change(directory, lambda state: with_process(state, running))
    return running


def start_time(pid: int) -> int | None:
    """Start of a live process in clock ticks since boot; None when it is gone or a zombie."""
    stat = _stat(pid)
    return None if stat is None or stat[0] in "ZX" else int(stat[19])


def run_state(pid: int) -> str:
    """The kernel's letter for the process' state: R, S, T (stopped), ...; empty when it is gone."""
    stat = _stat(pid)
    return stat[0] if stat else ""


def _stat(pid: int) -> list[str] | None:
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]
    try:
        # The command's name is in brackets and may hold anything, brackets included: fields count from the last one.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def alive(process: Process) -> bool:
    """Whether exactly this process runs; a reused pid does not count."""
    return process.pid > 0 and start_time(process.pid) == process.started


def send(process: Process, number: int) -> bool:
    """Signal exactly this process; False when it is gone."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        # The handle holds on to whatever has the pid now; only then is it compared, so no reuse can slip in between.
        if not alive(process):
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def kill(process: Process, timeout: float = 5.0) -> None:
    """SIGKILL, and wait until it is gone."""
    send(process, signal.SIGKILL)
    if not _gone([process], timeout):
        raise LabError(f"{process.name} (pid {process.pid}) survives SIGKILL")


def end(processes: Sequence[Process], timeout: float = 5.0) -> None:
    """Ask each to stop in its own way, then kill what is left."""
    for process in processes:
        if send(process, process.stop_signal):
            send(process, signal.SIGCONT)  # a stopped process acts on nothing else
    if not _gone(processes, timeout):
        for process in processes:
            send(process, signal.SIGKILL)
        if not _gone(processes, timeout):
            left = ", ".join(f"{p.name} (pid {p.pid})" for p in processes if alive(p))
            raise LabError(f"these survive SIGKILL: {left}")
    _reap()


def _reap() -> None:
    """Waits for the children that are gone, those that a fault killed and a heal replaced among them."""
    for pid in [pid for pid, child in _children.items() if child.poll() is not None]:
        del _children[pid]


def _gone(processes: Sequence[Process], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while any(alive(process) for process in processes):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def strays(directory: Path) -> list[Process]:
    """Live processes that carry this lab's mark, whether recorded or not."""
    mark = f"{MARK}={directory}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            marked = mark in (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        pid = int(entry.name)
        started = start_time(pid)
        if marked and started is not None:
            found.append(Process(name=f"pid {pid}", kind="stray", pid=pid, started=started, argv=()))
    return found


def last_words(directory: Path, name: str, lines: int = 5) -> str:
    """The end of a process' log, for an error message."""
    try:
        with (directory / "logs" / f"{name}.log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            tail = log.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return ""
    return "\n".join(tail)


def check_alive(directory: Path, process: Process) -> None:
    """LabError with the process' last words when it has died."""
    if not alive(process):
        raise LabError(f"{process.name} ended at once: {last_words(directory, process.name) or 'it said nothing'}")
