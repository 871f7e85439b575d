"""What every app on a terminal shares: exact painting, keys in their order, an end that restores the terminal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar, cast

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event, Key
from textual.geometry import Size
from textual.screen import Screen

from prodtui.ui.paint import ExactUpdate, nothing_shown
from prodtui.ui.palette import Depth, Palette, ascii_only
from prodtui.ui.screens.framed import Framed
from prodtui.ui.terminal import end_on_signals, log_crash


class TerminalApp(App[None], inherit_bindings=False):
    """An app of framed screens. `failure` says after the run why it ended, where it did not end by a quit."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "prodtui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", id="help"),
        Binding("q", "quit", "quit", show=False, id="quit"),
        Binding("ctrl+c", "quit", "quit", show=False, priority=True, id="interrupt"),
        Binding("ctrl+l", "redraw", "draw again", show=False, id="redraw"),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, id="suspend"),
    ]

    def __init__(self, palette: Palette, *, log_path: Path | None = None) -> None:
        self.palette = palette
        self._ascii_only = ascii_only(os.environ)
        self._on_the_terminal = nothing_shown()
        self._painted: Size | None = None
        super().__init__(ansi_color=True)
        self.failure: BaseException | None = None
        self._log_path = log_path

    def on_load(self) -> None:
        end_on_signals(self)

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self._on_the_terminal.forget())

    async def on_event(self, event: Event) -> None:
        """A key is carried out before the next one is looked at.

        Textual hands keys on to the widget that has the focus as they come, so that what is typed fast after `/`, or
        arrives in one packet with it, would still reach the list.
        """
        if not isinstance(event, Key):
            await super().on_event(event)
            return
        screen = self.screen
        if isinstance(screen, Framed):
            screen.unsay()
            if screen.take(event):
                return
        if not await self._check_bindings(event.key, priority=True):
            await self._check_bindings(event.key)

    def action_help(self) -> None:
        """Says what the keys do, first those of the screen itself."""
        from prodtui.ui.screens.keys import KeysScreen

        if not isinstance(self.screen, KeysScreen):
            keys = sorted(self.screen.active_bindings.values(), key=lambda active: active.node is not self.screen)
            self.push_screen(KeysScreen(self.palette, keys))

    def action_redraw(self) -> None:
        """Paints everything anew, whatever somebody else wrote over it."""
        self._on_the_terminal.forget()
        self.screen.refresh(layout=True)

    def copy_to_clipboard(self, text: str) -> None:
        """Through tmux and GNU screen, too."""
        from prodtui.ui.clipboard import sequence

        self.to_terminal(sequence(text, os.environ))

    def to_terminal(self, sequence: str) -> None:
        """Writes an escape sequence that is for the terminal and moves nothing on the screen."""
        if self._driver is not None:
            self._driver.write(sequence)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, ChopsUpdate | LayoutUpdate):
            colours = self.palette.depth is not Depth.NONE
            if self._painted != self.size:
                self._painted = self.size
                self._on_the_terminal.forget()
            exact = ExactUpdate(renderable, colours=colours, ascii_only=self._ascii_only, shown=self._on_the_terminal)
            renderable = cast("RenderableType", exact)
        super()._display(screen, renderable)

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Instead of a traceback on the screen: it goes to the log, and whoever ran the app says where that is."""
        if self.failure is not None:
            log_crash(self.failure, self._log_path)
        self._close_messages_no_wait()

    def _end(self, error: BaseException) -> None:
        self.failure = error
        log_crash(error, self._log_path)
        self.exit(return_code=1)
