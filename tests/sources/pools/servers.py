"""Small real PostgreSQL servers and PgBouncers of the tests' own, on free ports."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from prodtui.lab.processes import clean_environment, identity
from prodtui.lab.programs import library_path, unprivileged_user
from tests.sources.servers import free_ports, program

PASSWORD = "correct-horse"


class Server:
    """A child process in a directory of its own, run by a user that PostgreSQL and PgBouncer accept."""

    name = ""

    def __init__(self) -> None:
        (self.port,) = free_ports(1)
        self.directory = Path(tempfile.mkdtemp(prefix=f"prodtui-{self.name}-", dir="/tmp"))
        owner = identity(unprivileged_user())
        self._as: dict[str, Any] = {"user": owner[0], "group": owner[1], "extra_groups": []} if owner else {}
        if owner:
            os.chown(self.directory, *owner)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def run(self, *command: str) -> None:
        """Runs a command of the server's to its end, as its user."""
        subprocess.run(
            command, **self._as, cwd=self.directory, env=self._environment(command[0]), check=True, capture_output=True
        )

    def spawn(self, *command: str) -> None:
        """Starts the server and waits until it accepts connections."""
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                **self._as,
                cwd=self.directory,
                env=self._environment(command[0]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self.accepts, f"{self.name} accepts connections")

    def accepts(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.directory / "log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=0.5).close()
        except OSError:
            return False
        return True

    def signal_all(self, number: int) -> None:
        """Signals the server and every child of it (each of PostgreSQL's leads a session of its own)."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(each, number)

    def stop(self, number: int = signal.SIGINT) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.signal_all(signal.SIGKILL)
                self.process.wait(5)
            self.process = None

    def destroy(self) -> None:
        self.stop()
        shutil.rmtree(self.directory)

    def _environment(self, program: str) -> dict[str, str]:
        return {**clean_environment(self.directory), "LC_ALL": "C.UTF-8", **library_path(program)}


class PostgresServer(Server):
    """PostgreSQL with the roles app, monitor (pg_monitor), plain and the superuser root, all with PASSWORD."""

    name = "postgresql"

    def __init__(self, find: Callable[[str], str] = program) -> None:
        super().__init__()
        self._program = find
        """Path of one of PostgreSQL's programs."""

    def create(self) -> None:
        secret = self.directory / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self.run(
            *(self._program("initdb"), "-D", "data", "-U", "root", "-A", "scram-sha-256", f"--pwfile={secret}"),
            *("--no-sync", "-E", "UTF8", "--no-locale"),
        )

    def copy(self, primary: PostgresServer) -> None:
        """Becomes a standby of a running primary."""
        program_of = Path(self._program("postgres")).with_name("pg_basebackup")
        source = f"host=127.0.0.1 port={primary.port} user=root password={PASSWORD}"
        self.run(str(program_of), "-D", "data", "-d", source, "-R", "--checkpoint=fast", "--no-sync")

    def start(self, **settings: str) -> None:
        given = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
            **settings,
        }
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        self.spawn(self._program("postgres"), "-D", "data", *options)

    def accepts(self) -> bool:
        """Whether it lets somebody in: it listens while it still starts."""
        if not super().accepts():
            return False
        try:
            psycopg.connect(self.url("root", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as refusal:
            return "starting up" not in str(refusal)
        return True

    def url(self, role: str = "monitor", database: str = "shop") -> str:
        return f"postgresql://{role}:{PASSWORD}@{self.address}/{database}"


class PgBouncerServer(Server):
    """PgBouncer; `databases` maps its names to connection strings."""

    name = "pgbouncer"

    def start(self, databases: Mapping[str, str], **settings: str) -> None:
        users = self.directory / "users.txt"
        users.write_text(
            "".join(f'"{user}" "{PASSWORD}"\n' for user in ("app", "stats", "admin", "stranger", "monitor"))
        )
        given = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": str(users),
            "admin_users": "admin",
            "stats_users": "stats",
            "pool_mode": "transaction",
            "default_pool_size": "3",
            "server_login_retry": "1",
            **settings,
        }
        lines = ["[databases]", *(f"{name} = {text}" for name, text in databases.items())]
        lines += ["[pgbouncer]", *(f"{name} = {value}" for name, value in given.items())]
        configuration = self.directory / "pgbouncer.ini"
        configuration.write_text("\n".join(lines) + "\n")
        self.spawn(program("pgbouncer"), str(configuration))

    def url(self, role: str = "stats", database: str = "pgbouncer") -> str:
        return f"postgresql://{role}:{PASSWORD}@{self.address}/{database}"


def wait_until(condition: Callable[[], object], what: str, timeout: float = 15.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout:g} s in vain until {what}"
        time.sleep(0.02)
