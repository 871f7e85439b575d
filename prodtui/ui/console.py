"""The console: what a person does at the dashboard, by keys and commands: time, environments, colours, traces."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from prodtui.model.errors import ProdtuiError, UsageError
from prodtui.ui.clock import Clock
from prodtui.ui.controls import Controls
from prodtui.ui.history import History
from prodtui.ui.palette import Palette, load_palette
from prodtui.ui.screens.page import Page
from prodtui.ui.terminal_app import TerminalApp
from prodtui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from prodtui.ui.screens.overview import Overview

MOST_MESSAGES = 100


class Console(TerminalApp, inherit_bindings=True):
    """Screens, and whom they ask."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "pause", id="pause"),
        Binding("left_square_bracket", "step(-1)", "step", id="step_back"),
        Binding("right_square_bracket", "step(1)", "step", id="step_on"),
        Binding("left_curly_bracket", "later(-60)", "minute", id="minute_back"),
        Binding("right_curly_bracket", "later(60)", "minute", id="minute_on"),
        Binding("n", "turn(True)", "event", id="next_event"),
        Binding("N", "turn(False)", "event", id="previous_event"),
        Binding("L,end", "live", "live", id="live"),
        Binding("E", "command('env')", "environments", show=False, id="environments"),
        Binding("ctrl+r", "refresh", "read all sources now", show=False, id="refresh"),
    ]

    def __init__(self, palette: Palette, controls: Controls, *, log_path: Path | None = None) -> None:
        super().__init__(palette, log_path=log_path)
        self.controls = controls
        self.clock = Clock(controls, self.show, lambda said: self.say(said, "warn"))
        self.history = History()
        self.messages: deque[str] = deque(maxlen=MOST_MESSAGES)
        self.span: tuple[float, float] | None = None
        """From when to when there is a past, as far as that was asked."""

    @property
    def page(self) -> Page:
        """The screen on top."""
        return cast("Page", self.screen)

    def switch(self, environment: str) -> None:
        """Shows another environment. Raises UsageError."""
        raise NotImplementedError

    def show(self) -> None:
        """Hands the screen on top what it is to show."""
        page, moment = self.screen, self.clock.shown
        if moment is not None and isinstance(page, Page):
            page.show(moment, self.clock.mode)

    def say(self, text: str, style: str = "accent") -> None:
        """A word to the person; `:messages` has the earlier ones, whole."""
        self.messages.append(text)
        first, *more = text.splitlines() or [""]
        if isinstance(self.screen, Page):
            self.screen.say(first + (f" (and {len(more)} more: `:messages`)" if more else ""), style)

    def back_to_overview(self) -> Overview:
        """Closes all screens over the first one."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        return cast("Overview", self.screen)

    def command(self, line: str) -> None:
        """Carries out a command, or says why not."""
        from prodtui.ui.commands import run

        self._tried(lambda: run(self, line))

    def _tried(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except UsageError as error:
            self.say(str(error), "bad")
            return False
        return True

    # Time

    def action_pause(self) -> None:
        if self.clock.mode.live:
            self.clock.pause()
        else:
            self.run_worker(self.clock.go_on(), group="time", exclusive=True)

    def action_live(self) -> None:
        self.workers.cancel_group(self, "time")
        self.clock.live()

    def action_step(self, by: int) -> None:
        self._to(self.clock.beside(by))

    def action_later(self, by_s: float) -> None:
        self._to(self.clock.later(by_s))

    def action_turn(self, forward: bool) -> None:
        self.run_worker(self.clock.turn(forward=forward), group="time", exclusive=True)

    def seek(self, at: float) -> None:
        """Shows the moment at a time; of several asked for, the last."""
        self.run_worker(self.clock.seek(at), group="time", exclusive=True)

    def _to(self, at: float | None) -> None:
        if at is not None:
            self.clock.aim(at)
            self.run_worker(self.clock.seek(at, stepped=True), group="time", exclusive=True)

    def learn_span(self) -> None:
        """Asks from when on there is a past."""

        async def learnt() -> None:
            try:
                async with asyncio.timeout(5.0):
                    self.span = await self.controls.span()
            except (TimeoutError, ProdtuiError):
                self.span = None
            self.page.retell()

        self.run_worker(learnt(), group="span", exclusive=True)

    # What leaves a trace

    def may_act(self) -> bool:
        from prodtui.ui.acts import allowed

        return self._tried(lambda: allowed(self))

    def acknowledge(self, about: str, note: str) -> None:
        from prodtui.ui.acts import acknowledge

        if self.may_act():
            self.run_worker(acknowledge(self, about, note))

    def export(self, form: str) -> None:
        from prodtui.ui.acts import export

        self.run_worker(export(self, form))

    def handover(self) -> None:
        from prodtui.ui.acts import handover

        self.run_worker(handover(self))

    # The rest of what keys do

    def action_command(self, line: str) -> None:
        self.command(line)

    def action_refresh(self) -> None:
        self.controls.refresh()

    def action_help(self) -> None:
        from prodtui.ui.screens.help import HelpPage

        if not isinstance(self.screen, HelpPage):
            self.page.open(HelpPage(self.palette, list(self.screen.active_bindings.values())))

    def recolour(self, theme: str) -> None:
        """Another theme, at once."""

        async def loaded() -> None:
            try:
                palette = await asyncio.to_thread(load_palette, theme)
            except ProdtuiError as error:
                self.say(str(error), "bad")
            else:
                self._dress(palette)

        self.run_worker(loaded(), group="theme", exclusive=True)

    def _dress(self, palette: Palette) -> None:
        self.palette = palette
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.palette = palette
                screen.styles.background = palette.ground
            for widget in screen.query(Lines):
                widget.recolour(palette)

    def on_page_resumed(self) -> None:
        self.show()
