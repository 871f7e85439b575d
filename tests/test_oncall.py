"""What somebody on call does in a real terminal: find the cause, look back, hand on what was seen, keep looking."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from prodtui.journal.places import file_of, journal_in
from prodtui.lab.faults import heal, inject
from prodtui.lab.health import wait_until_well
from prodtui.lab.processes import send
from prodtui.lab.state import Lab
from tests.faults import fault
from tests.lab.observe import state_of
from tests.terminal import terminal

PRODTUI = (sys.executable, "-m", "prodtui")
HOLDER = "month-end-report"
SOURCES = ("consul", "pgbouncer", "postgres", "envoy", "prometheus")
TWO_MINUTES_S = 120.0
WIDE = (200, 40)
"""The header has room for the names of all sources."""


@contextmanager
def all_lost(lab: Lab) -> Iterator[None]:
    """Three sources refuse, two accept connections and answer nothing. The lab is well again afterwards."""
    stopped = [state_of(lab).process(name) for name in ("envoy", "pgbouncer")]
    try:
        for name in ("registry-down", "metrics-down", "database-down"):
            inject(lab, name)
        for process in stopped:
            assert send(process, signal.SIGSTOP)
        yield
    finally:
        for process in stopped:
            send(process, signal.SIGCONT)
        heal(lab)
    wait_until_well(lab, timeout=45, alerts=False)


@pytest.fixture(scope="module")
def dead() -> Iterator[str]:
    """A registry that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def exhausted(watched: dict[str, str], measured_lab: Lab) -> Iterator[Lab]:  # noqa: ARG001 — it has looked before
    """The lab with an exhausted pool, which a watch has seen come."""
    with fault(measured_lab, "pool-exhausted", alerts=False):
        yield measured_lab


def kept_s(environment: Mapping[str, str]) -> float:
    """How far back the journal reaches."""

    async def span() -> tuple[float, float] | None:
        journal = await journal_in(file_of(f"{environment['XDG_STATE_HOME']}/prodtui", "lab"))
        try:
            return await journal.span()
        finally:
            await journal.close()

    kept = asyncio.run(span())
    return kept[1] - kept[0] if kept else 0.0


def header(screen: str) -> str:
    return screen.partition("\n")[0]


def first(screen: str) -> str:
    """The line that names the cause."""
    return next((line for line in screen.splitlines() if line.lstrip().startswith("FIRST")), "")


def all_live(screen: str) -> bool:
    return all(f"● {name}" in header(screen) for name in SOURCES)


def lost(name: str, cause: str) -> Callable[[str], bool]:
    return lambda screen: re.search(rf"✖ {name} (lost \d+ s )?{cause}", header(screen)) is not None


@pytest.mark.timeout(120)
def test_every_source_is_lost_with_its_cause_and_regained_without_a_restart(measured_lab: Lab, tmp_path: Path) -> None:
    command = (*PRODTUI, "--config", measured_lab.config_path)
    with terminal(command, size=WIDE, environment={"XDG_STATE_HOME": str(tmp_path)}) as shown:
        shown.until(all_live)
        with all_lost(measured_lab):
            for name in ("consul", "postgres", "prometheus"):
                shown.until(lost(name, "refused"), 40)
            for name in ("envoy", "pgbouncer"):
                shown.until(lost(name, "timeout"), 40)
            assert "LIVE" in header(shown.screen())
        shown.until(all_live, 40)
        shown.press("q")
        shown.until("[exit 0]")


def test_another_environment_is_shown_at_once_though_one_of_two_is_dead(
    measured_lab: Lab, dead: str, tmp_path: Path
) -> None:
    config = tmp_path / "prodtui.toml"
    config.write_text(
        measured_lab.config_path.read_text()
        + f'\n[environments.dr]\ncolour = "red"\n[environments.dr.sources.registry]\nkind = "consul"\nurl = "{dead}"\n'
    )
    with terminal((*PRODTUI, "--config", config), size=WIDE, environment={"XDG_STATE_HOME": str(tmp_path)}) as shown:
        shown.until(all_live)
        shown.type(":env dr\r")
        screen = shown.until(lambda screen: "  dr  " in header(screen))
        assert "● payments" not in screen  # declared there too; nothing is known of it
        shown.until("registry never read timeout")
        began = time.monotonic()
        shown.press("E")
        shown.until("Environments 2")
        shown.type("/lab")
        shown.press("Enter", "Enter")
        shown.until(lambda screen: "  lab  " in header(screen) and "● payments" in screen)
        assert time.monotonic() - began < 5
        shown.until(all_live)


# The pool is exhausted, and a watch has looked all the time


def names_the_holder(screen: str) -> bool:
    """Whether the cause, not what follows from it, is the session that holds the pool."""
    return HOLDER in first(screen).partition("→")[0]


def test_who_holds_an_exhausted_pool_is_two_keys_from_the_first_line(exhausted: Lab, watched: dict[str, str]) -> None:
    with terminal((*PRODTUI, "--config", exhausted.config_path), environment=watched) as shown:
        shown.until(names_the_holder)
        shown.press("f")
        shown.until("› first cause")
        shown.press("Enter")
        screen = shown.until(lambda screen: "› first cause › " in header(screen) and "idle in transaction" in screen)
        assert HOLDER in screen
        assert "SELECT count(*) FROM account" in screen


def test_an_exported_incident_names_the_cause_and_is_where_the_screen_says(
    exhausted: Lab, watched: dict[str, str], tmp_path: Path
) -> None:
    command = (*PRODTUI, "--config", exhausted.config_path)
    with terminal(command, environment=watched, directory=tmp_path) as shown:
        shown.until(names_the_holder)
        shown.press("e")
        shown.until("markdown")
        shown.press("m")
        shown.until("written: ")
    (document,) = tmp_path.glob("*.md")
    text = document.read_text()
    assert HOLDER in text
    assert "payments-db" in text


@pytest.mark.timeout(180)
def test_two_minutes_ago_is_two_keys_away_and_now_is_one(exhausted: Lab, watched: dict[str, str]) -> None:
    with terminal((*PRODTUI, "--config", exhausted.config_path), environment=watched) as shown:
        shown.until(names_the_holder)
        shown.until(lambda _: kept_s(watched) > TWO_MINUTES_S, TWO_MINUTES_S)
        shown.press("{", "{")
        screen = shown.until("(−2 min)")
        assert "LIVE" not in header(screen)
        assert not names_the_holder(screen)
        shown.press("L")
        shown.until(lambda screen: "LIVE" in header(screen) and names_the_holder(screen))
