"""The terminal that the dashboard runs in: its bell, and its own notifications by OSC 9 and OSC 777."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from prodtui.model.cause import CauseClass
from prodtui.model.errors import NotifyError
from prodtui.model.notice import Notice
from prodtui.model.text import neutralise_name
from prodtui.oncall.channels.configured import rules_of
from prodtui.oncall.rules import Rules
from prodtui.settings.notify import TerminalSettings
from prodtui.ui.passthrough import passed_through

BELL = "\a"


class Terminal:
    """One person's screen: every dashboard rings its own."""

    kind = "terminal"
    shared = False
    needs: tuple[str, ...] = ()
    where = "this terminal"

    def __init__(self, name: str, settings: TerminalSettings, write: Callable[[str], None]) -> None:
        """`write` puts an escape sequence on the terminal, between two frames."""
        self.name = name
        self.rules: Rules = rules_of(settings)
        self._bell = settings.bell
        self._osc = settings.osc
        self._write = write

    async def send(self, notice: Notice, told: Sequence[Notice] = ()) -> str:  # noqa: ARG002 — each is told by itself
        """Rings and shows it; whether the terminal does, nobody knows. Raises NotifyError."""
        try:
            self._write(sequence(notice, os.environ, bell=self._bell, osc=self._osc))
        except OSError as error:
            raise NotifyError(CauseClass.NOT_FOUND, f"no terminal to ring: {error.strerror}") from error
        return "rung"

    async def close(self) -> None:
        """There is nothing to let go of."""


def sequence(notice: Notice, environment: Mapping[str, str], *, bell: bool, osc: str) -> str:
    """What a terminal is sent. A bell needs no help to pass through tmux, which marks the window by it."""
    title = _inert(f"{notice.environment} {'over' if notice.recovered else notice.severity}")
    body = _inert(notice.title)
    shown = {"9": f"\x1b]9;{title}: {body}\a", "777": f"\x1b]777;notify;{title};{body}\a"}
    wanted = shown if osc == "both" else {osc: shown[osc]} if osc in shown else {}
    return (BELL if bell else "") + "".join(passed_through(one, environment) for one in wanted.values())


def _inert(text: str) -> str:
    # A semicolon would end the title of OSC 777; OSC 9;4 and others are commands of their own.
    return neutralise_name(text).replace(";", ",")
