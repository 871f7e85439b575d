"""The programs that are measured: the dashboard on the lab, and its peers as far as they can be had here."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from benchmarks import peers
from benchmarks.table import OURS
from benchmarks.terminal import Terminal
from prodtui.lab.state import Lab
from prodtui.lab.topology import SERVICES

REFRESH_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How to start one program, and the text by which its first frame and its first data are known."""

    name: str
    argv: Sequence[str]
    frame: re.Pattern[str]
    data: re.Pattern[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, *, answering: bool = True) -> Terminal:
        """The program on a terminal of its own."""
        return Terminal(self.argv, environment=self.environment, answering=answering)


@dataclass(frozen=True, slots=True)
class Absent:
    """A peer that can't be had here, and why."""

    name: str
    reason: str


def prodtui_command() -> list[str]:
    """The command as a person types it, from the environment that runs the benchmarks."""
    script = Path(sys.executable).with_name("prodtui")
    return [str(script)] if script.exists() else [sys.executable, "-m", "prodtui"]


def dashboard(lab: Lab) -> Program:
    """The dashboard on the lab; its data are there when a service's row has a score."""
    names = "|".join(SERVICES)
    return Program(
        name=OURS,
        argv=[*prodtui_command(), "--config", str(lab.config_path)],
        frame=re.compile(r"prodtui"),
        data=re.compile(rf"[^\w-](?:{names})\s+\d{{1,3}}\.\d\b"),
    )


def all_peers(lab: Lab) -> list[Program | Absent]:
    """The peers of a dashboard, each at the same refresh, each with a private home so that no settings of this user
    count."""
    home = mkdtemp(prefix="prodtui-peers-")
    private = {"HOME": home, "XDG_CONFIG_HOME": home}
    return [_top(private), _btop(private), _pg_activity(lab, private), _bare_textual()]


def discard_homes(programs: Sequence[Program | Absent]) -> None:
    """Removes the peers' private homes."""
    for home in {p.environment["HOME"] for p in programs if isinstance(p, Program) and "HOME" in p.environment}:
        shutil.rmtree(home, ignore_errors=True)


def _top(private: Mapping[str, str]) -> Program | Absent:
    name = f"top, {REFRESH_S} s"
    program = shutil.which("top")
    if program is None:
        return Absent(name, "not on PATH")
    data = re.compile(r"(?m)^\s*\d+ \w+ .*\d:\d\d\.\d\d")
    return Program(
        name=name, argv=[program, "-d", str(REFRESH_S)], frame=re.compile("top - "), data=data, environment=private
    )


def _btop(private: Mapping[str, str]) -> Program | Absent:
    name = f"btop, {REFRESH_S} s"
    program = peers.btop()
    if isinstance(program, peers.Reason):
        return Absent(name, program)
    settings = Path(private["XDG_CONFIG_HOME"]) / "btop" / "btop.conf"
    settings.parent.mkdir()
    settings.write_text(f"update_ms = {REFRESH_S * 1000}\n")
    return Program(
        name=name,
        argv=[program, "--utf-force"],
        frame=re.compile("menu"),
        data=re.compile(r"Total:\s+\d"),
        environment=private,
    )


def _pg_activity(lab: Lab, private: Mapping[str, str]) -> Program | Absent:
    name = f"pg_activity, {REFRESH_S} s"
    program = peers.pg_activity()
    if isinstance(program, peers.Reason):
        return Absent(name, program)
    host, _, port = lab.server("postgresql").address.rpartition(":")
    password = lab.secret_path("monitor").read_text().strip()
    where = ["-h", host, "-p", port, "-U", "monitor", "-d", "postgres"]
    return Program(
        name=name,
        argv=[program, *where, "--refresh", str(REFRESH_S)],
        frame=re.compile("PostgreSQL"),
        data=re.compile(r"(?i)sessions"),
        environment={**private, "PGPASSWORD": password},
    )


def _bare_textual() -> Program:
    return Program(
        name="bare Textual, 30 rows",
        argv=[sys.executable, "-m", "benchmarks.bare_textual"],
        frame=re.compile(r"row"),
        data=re.compile(r"row 30\s+\d"),
        environment={"PYTHONPATH": str(Path(__file__).parent.parent)},
    )
