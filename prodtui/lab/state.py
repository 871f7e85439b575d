"""What the lab remembers on disk: its processes, ports and active faults, in one file changed under a lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from prodtui.lab.errors import LabError

Registry = Literal["consul", "etcd"]
STATE_FILE = "state.json"
LOCK_FILE = "lock"


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the lab, and all it takes to start it again.

    `started` is its start time in clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names one
    process for ever, a reused pid has another.
    """

    name: str
    kind: str
    pid: int
    started: int
    argv: tuple[str, ...]
    address: str = ""
    url: str = ""
    version: str = ""
    user: str | None = None
    environment: dict[str, str] = {}
    cwd: str | None = None
    stop_signal: int = 15


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The lab as recorded; `starter` is the `up` at work on it, `ready` is set once that is through.

    While `ending`, nothing is started any more.
    """

    directory: str
    boot: str
    registry: Registry = "consul"
    starter: Process | None = None
    ready: bool = False
    ending: bool = False
    user: str | None = None
    programs: dict[str, str] = {}
    ports: dict[str, int] = {}
    processes: tuple[Process, ...] = ()
    faults: tuple[str, ...] = ()
    canary: str = ""
    """The build of payments' candidate that is up; empty: none is."""

    def process(self, name: str) -> Process:
        """The process of this name; LabError when the lab has none."""
        for process in self.processes:
            if process.name == name:
                return process
        raise LabError(f"the lab has no process {name!r}")


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """One running part of the lab, for people and for tests."""

    name: str
    kind: str
    address: str
    url: str
    pid: int
    version: str


class Lab(msgspec.Struct, frozen=True, kw_only=True):
    """A lab that runs: where it is, what it consists of, and the configuration that points at it."""

    directory: Path
    registry: Registry
    servers: tuple[Server, ...]
    config_path: Path
    policy_path: Path
    rollout_path: Path

    def server(self, name: str) -> Server:
        """The server of this name; LabError when there is none."""
        for server in self.servers:
            if server.name == name:
                return server
        raise LabError(f"the lab has no server {name!r}")

    def secret_path(self, role: str) -> Path:
        """The file with a database role's password, or a token."""
        return self.directory / "secrets" / role


def lab_of(state: State) -> Lab:
    """The public view of a recorded lab."""
    directory = Path(state.directory)
    return Lab(
        directory=directory,
        registry=state.registry,
        servers=tuple(
            Server(name=p.name, kind=p.kind, address=p.address, url=p.url, pid=p.pid, version=p.version)
            for p in state.processes
        ),
        config_path=directory / "prodtui.toml",
        policy_path=directory / "readiness.toml",
        rollout_path=directory / "rollout.toml",
    )


def boot_id() -> str:
    """This boot of the machine; pids and start times of another one mean nothing."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the lab's lock; processes and threads alike wait for it."""
    try:
        descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LabError(f"no lab in {directory}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def load(directory: Path) -> State | None:
    """The recorded state; None when there is none or it can't be read (a crash, another version's file)."""
    try:
        return msgspec.json.decode((directory / STATE_FILE).read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError):
        return None


def recorded(directory: Path) -> State:
    """The recorded state; LabError where there is none."""
    state = load(directory)
    if state is None:
        raise LabError(f"no lab runs in {directory}")
    return state


def save(directory: Path, state: State) -> None:
    """Record the state, whole or not at all."""
    path = directory / STATE_FILE
    partial = path.with_suffix(".new")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    partial.chmod(0o600)
    partial.replace(path)


def change(directory: Path, edit: Callable[[State], State]) -> State:
    """Read, edit and record the state as one step."""
    with locked(directory):
        state = load(directory)
        if state is None:
            raise LabError(f"the lab's state in {directory} is gone")
        state = edit(state)
        save(directory, state)
        return state


def with_process(state: State, process: Process) -> State:
    """The state with this process in place of the one of the same name."""
    others = tuple(p for p in state.processes if p.name != process.name)
    known = [p.name for p in state.processes]
    if process.name not in known:
        return msgspec.structs.replace(state, processes=(*others, process))
    at = known.index(process.name)
    return msgspec.structs.replace(state, processes=(*others[:at], process, *others[at:]))
