"""The walk that everything is for, in a real terminal: see the fault, open the service, the check, the raw output."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodtui.lab import stack
from prodtui.lab.state import Lab
from tests.faults import fault
from tests.terminal import Terminal, terminal

PRODTUI = (sys.executable, "-m", "prodtui")


@pytest.fixture
def etcd_lab(lab_place: Path) -> Iterator[Lab]:
    directory = lab_place / "etcd"
    running = stack.up(directory, registry="etcd")
    try:
        yield running
    finally:
        stack.down(directory)


def _walk(shown: Terminal, output: str) -> None:
    """From a screen that shows payments failing to the raw output of its failing check, and out again."""
    shown.until("NOT READY")
    shown.until("✖ payments")
    shown.type("/")
    shown.type("payments")
    shown.press("Enter", "Enter")
    shown.until("› payments")
    shown.press("g")  # its first check; which one fails first depends on who looked first
    shown.until("passing, fails below 80 %")
    shown.press("Enter")
    shown.until("› health")
    shown.until(output)
    shown.press("r")
    shown.until("re-run")
    shown.press("Escape")
    shown.until("availability")
    shown.press("Escape")
    shown.until("Services")
    shown.press("q")
    shown.until("[exit 0]")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_from_the_overview_to_the_raw_output_of_the_failing_check(
    watched: dict[str, str], measured_lab: Lab, size: tuple[int, int]
) -> None:
    with terminal((*PRODTUI, "--config", measured_lab.config_path), size=size, environment=watched) as shown:
        shown.until("payments")
        with fault(measured_lab, "instance-killed", alerts=False):
            _walk(shown, "connection refused")


@pytest.mark.timeout(150)
def test_the_same_walk_on_etcd(etcd_lab: Lab, tmp_path: Path) -> None:
    # Apart from its policy, whose burn windows take a minute to fill.
    config = tmp_path / "prodtui.toml"
    config.write_text(etcd_lab.config_path.read_text())
    # A dead instance leaves etcd with its lease; one that cannot reach its database stays and says so when probed.
    with terminal((*PRODTUI, "--config", config)) as shown:
        shown.until("nothing failing since", 60)  # its first window is measured
        with fault(etcd_lab, "pool-exhausted", alerts=False):
            _walk(shown, "503 Service Unavailable")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, "q", "C-c"])
def test_the_terminal_is_as_it_was_however_it_ends(lab: Lab, how: signal.Signals | str) -> None:
    with terminal((*PRODTUI, "--config", lab.config_path)) as shown:
        shown.until("payments")
        if isinstance(how, str):
            shown.press(how)
        else:
            pid = shown.tmux("display-message", "-p", "-t", "t", "#{pane_pid}").strip()
            subprocess.run(["pkill", f"-{how.value}", "-P", pid, "-f", "prodtui"], check=True)
        screen = shown.until("[exit ")
        assert "Services" not in screen
        shown.type("stty -a\n")
        screen = shown.until(" icanon ")
        assert " echo " in screen
        assert shown.tmux("display-message", "-p", "-t", "t", "#{alternate_on} #{mouse_any_flag}").split() == ["0", "0"]


def test_what_cannot_be_used_is_said_on_the_terminal_as_it_was(tmp_path: Path) -> None:
    config = tmp_path / "prodtui.toml"
    config.write_text('[environments.prod.sources.registry]\nkind = "consl"\n')
    for words, said in ((("--config", config), "prodtui.toml:2"), (("--theme", "drak"), "drak")):
        with terminal((*PRODTUI, *words)) as shown:
            screen = shown.until("[exit 2]")
            assert said in screen
            assert "LIVE" not in screen


def test_without_colours_no_colour_is_sent(lab: Lab) -> None:
    with terminal((*PRODTUI, "--config", lab.config_path), environment={"NO_COLOR": "1"}) as shown:
        shown.until("payments")
        codes = {code for code in _sgr(shown.screen(colours=True)) if code}
        assert codes <= {"0", "1", "2", "4", "7", "22", "24", "27", "39", "49"}


def _sgr(screen: str) -> Iterator[str]:
    """The parameters of every select-graphic-rendition sequence on the screen."""
    for part in screen.split("\x1b[")[1:]:
        parameters, _, _ = part.partition("m")
        if parameters.replace(";", "").isdigit():
            yield from parameters.split(";")
