"""Bring the lab up, say what runs, take it down."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import msgspec

from prodtui.lab import (
    certificates,
    configuration,
    envoy,
    files,
    fleet,
    health,
    migrations,
    pgbouncer,
    postgresql,
    programs,
    prometheus,
)
from prodtui.lab import registry as registry_server
from prodtui.lab.errors import AlreadyUp, LabError
from prodtui.lab.network import answers, free_ports, wait_for
from prodtui.lab.processes import alive, check_alive, end, identity, launch, start_time, strays
from prodtui.lab.state import (
    LOCK_FILE,
    STATE_FILE,
    Lab,
    Process,
    Registry,
    State,
    boot_id,
    change,
    lab_of,
    load,
    locked,
    recorded,
    save,
    with_process,
)
from prodtui.lab.topology import CALLEES, CANARY_INSTANCE, SERVICES

Say = Callable[[str], None]


def _silent(_: str) -> None:
    return


def lab_directory() -> Path:
    """Where the lab lives unless told otherwise: $PRODTUI_LAB_DIR, else a private folder of this user.

    As root it is outside root's home, which the servers that drop their rights could not enter.
    """
    chosen = os.environ.get("PRODTUI_LAB_DIR")
    if chosen:
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/prodtui/lab")
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "prodtui" / "lab"


def running(directory: Path | None = None) -> Lab | None:
    """The lab that runs in this directory, if one does."""
    state = load(directory or lab_directory())
    if state is None or not state.ready or state.boot != boot_id():
        return None
    return lab_of(state) if any(alive(process) for process in state.processes) else None


def up(directory: Path | None = None, *, registry: Registry | None = None, say: Say = _silent) -> Lab:
    """Start the whole stack and wait until it is well; what is left of a crashed lab is cleared away first.

    Raises AlreadyUp, ProgramsMissing, LabError. Whatever ends it early, nothing is left running.
    """
    place = (directory or lab_directory()).absolute()
    _claim(place)
    try:
        return _start(place, registry, say)
    except BaseException:
        _remove(place)
        raise


def down(directory: Path | None = None, say: Say = _silent) -> None:
    """End what `up` started and remove the directory; also after a crash, and when there is nothing to do."""
    place = (directory or lab_directory()).absolute()
    if _is_lab(place):
        _refuse_if_being_started(place)
        say(f"taking down the lab in {place}")
        _remove(place)


def _claim(place: Path) -> None:
    """Make the directory this lab's, or say who has it."""
    if place.exists() and not _is_lab(place) and (not place.is_dir() or any(place.iterdir())):
        raise LabError(f"{place} is no lab's directory and not empty: it is left as it is")
    if _is_lab(place):
        _refuse_if_taken(place)
        _remove(place)
    try:
        place.mkdir(parents=True, exist_ok=True)
        # Root's lab has servers of another user, who must pass through; what is private is closed one level down.
        place.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise LabError(f"the lab's directory {place} can't be made: {error.strerror}") from error
    with locked(place):
        _refuse_if_taken(place)
        me = Process(name="up", kind="up", pid=os.getpid(), started=start_time(os.getpid()) or 0, argv=())
        save(place, State(directory=str(place), boot=boot_id(), starter=me))


def _refuse_if_taken(place: Path) -> None:
    if running(place) is not None:
        raise AlreadyUp(f"the lab runs already in {place}; `prodtui lab down` ends it")
    _refuse_if_being_started(place)


def _refuse_if_being_started(place: Path) -> None:
    state = load(place)
    starter = state.starter if state is not None and state.boot == boot_id() else None
    if starter is not None and starter.pid != os.getpid() and alive(starter):
        raise AlreadyUp(f"a lab is being started in {place} by process {starter.pid}")


def _is_lab(place: Path) -> bool:
    return (place / STATE_FILE).exists() or (place / LOCK_FILE).exists()


def _check_reach(place: Path) -> None:
    """LabError when the user that PostgreSQL runs as can't get to the directory."""
    user = programs.unprivileged_user()
    owner = identity(user)
    if owner is None:
        return
    for parent in place.parents:
        status = parent.stat()
        bits = status.st_mode >> 6 if status.st_uid == owner[0] else status.st_mode
        if not bits & 0o1:
            raise LabError(
                f"PostgreSQL runs as {user}, who can't pass {parent}: "
                "set PRODTUI_LAB_DIR to a place below an open folder"
            )


def _start(place: Path, wanted: Registry | None, say: Say) -> Lab:
    _check_reach(place)
    chosen, found = programs.find(wanted, say)
    instances = [instance for service in SERVICES.values() for instance in service.instance_ids()]
    ports = free_ports([*_SERVER_PORTS, *(f"to-{callee}" for callee in CALLEES), *instances, CANARY_INSTANCE])
    user = programs.unprivileged_user()
    state = change(place, lambda s: msgspec.structs.replace(s, registry=chosen, programs=found, ports=ports, user=user))
    files.folder(place / "logs")
    files.write_secrets(place)
    certificates.create_authority(place)
    migrations.write(place)
    configuration.write(state)
    say("starting the servers and services")
    starts: list[Callable[[], Process]] = [
        lambda: _postgresql(state),
        lambda: pgbouncer.start(state),
        lambda: _server(state, registry_server.configure(state), lambda: registry_server.version(state)),
        lambda: _server(state, envoy.configure(state), lambda: envoy.version(state)),
        lambda: _server(state, prometheus.configure(state), lambda: prometheus.version(state)),
        lambda: _server(
            state, prometheus.configure_alertmanager(state), lambda: prometheus.alertmanager_version(state)
        ),
        *(lambda process=process: _service(place, process) for process in fleet.configure(state)),
    ]
    _all_at_once(place, starts, say)
    _until(place, lambda: health.ailments_of(recorded(place), alerts=False), "everything is well")
    launch(place, fleet.load(state))
    _until(place, lambda: _unmeasured(state), "Prometheus has everyone's traffic")
    state = change(place, lambda s: msgspec.structs.replace(s, ready=True, starter=None))
    return lab_of(state)


def _all_at_once(place: Path, starts: list[Callable[[], Process]], say: Say) -> None:
    pool = ThreadPoolExecutor(max_workers=len(starts))
    try:
        for done in as_completed([pool.submit(start) for start in starts]):
            server = done.result()
            change(place, lambda s, server=server: with_process(s, server))  # type: ignore[misc]
            say(f"{server.name} {server.version} on {server.address}")
    except BaseException:
        # Whoever waits for a server notices that it is gone, so nothing here has to be waited out.
        end(change(place, _ending).processes)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _ending(state: State) -> State:
    return msgspec.structs.replace(state, ending=True)


def _server(state: State, process: Process, version: Callable[[], str | None]) -> Process:
    """Start a server and wait until it tells its version."""
    place = Path(state.directory)
    server = launch(place, process)
    told = wait_for(version, timeout=20, what=f"{server.name} answers", still=lambda: check_alive(place, server))
    return msgspec.structs.replace(server, version=told)


def _postgresql(state: State) -> Process:
    server = postgresql.create(state)
    version = postgresql.run(state, "SHOW server_version")[0]["server_version"]
    return msgspec.structs.replace(server, version=version)


def _service(place: Path, process: Process) -> Process:
    server = launch(place, process)
    wait_for(
        lambda: answers(f"{server.url}/live", authority=certificates.authority(place)),
        timeout=20,
        what=f"{server.name} answers",
        still=lambda: check_alive(place, server),
    )
    return server


def _until(place: Path, lacking: Callable[[], list[str]], what: str) -> None:
    last: list[str] = []

    def complete() -> bool:
        last[:] = lacking()
        return not last

    def still() -> None:
        for process in recorded(place).processes:
            check_alive(place, process)

    try:
        wait_for(complete, timeout=30, what=what, every=0.2, still=still)
    except LabError as error:
        raise LabError(f"{error}: {'; '.join(last)}" if last else str(error)) from None


def _unmeasured(state: State) -> list[str]:
    rates = prometheus.query(state, "sum by (service) (rate(http_request_duration_seconds_count[20s])) > 0")
    measured = {series["metric"].get("service") for series in rates}
    return [f"no traffic of {name}" for name in SERVICES if name not in measured]


def _remove(place: Path) -> None:
    """End every process of the lab and delete its directory."""
    state = load(place)
    if state is not None and state.boot == boot_id():
        state = change(place, _ending)
        others = [process for process in state.processes if process.kind not in _FIRST]
        # The load before the services, so that their end looks like no failure; they leave the registry by themselves.
        for kinds in _FIRST:
            end([process for process in state.processes if process.kind == kinds])
        end(others)
    end(strays(place))
    shutil.rmtree(place, ignore_errors=True)
    if place.exists():
        raise LabError(f"{place} can't be removed; what is left of the lab's files is in there")
    with contextlib.suppress(OSError):
        if place.parent.name == "prodtui":
            place.parent.rmdir()


_FIRST = ("load", "holder", "service")
_SERVER_PORTS = (
    "postgresql",
    "pgbouncer",
    "registry",
    "registry-rpc",
    "registry-peer",
    "envoy",
    "prometheus",
    "alertmanager",
)
