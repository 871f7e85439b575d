"""The app: paints the frame, follows the moments, hands them to the screen on top. It knows no source."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event, Key
from textual.screen import Screen

from prodtui.ui.controls import Controls
from prodtui.ui.paint import ExactUpdate
from prodtui.ui.palette import Depth, ascii_only, load_palette
from prodtui.ui.screens.overview import Overview
from prodtui.ui.screens.page import Page
from prodtui.ui.terminal import end_on_signals, log_crash

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from prodtui.model.moment import Moment
    from prodtui.ui.screens.health import HealthPage


class ProdtuiApp(App[None], inherit_bindings=False):
    """The dashboard. `failure` says after the run why it ended, where it did not end by a quit."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "prodtui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "pause"),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("ctrl+r", "refresh", "read all sources now", show=False),
        Binding("q", "quit", "quit", show=False),
        Binding("ctrl+c", "quit", "quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "suspend", show=False),
    ]

    def __init__(
        self,
        feed: Callable[[], AsyncIterator[Moment]],
        controls: Controls,
        *,
        theme: str | None = None,
        log_path: Path | None = None,
        sources: Sequence[str] = (),
    ) -> None:
        self.palette = load_palette(theme or "dark")
        self._ascii_only = ascii_only(os.environ)
        super().__init__(ansi_color=True)
        self.controls = controls
        self.failure: BaseException | None = None
        self.moment: Moment | None = None
        """The newest; what is shown is older while paused."""
        self.paused = False
        self._feed = feed
        self._log_path = log_path
        self._sources = sources

    def get_default_screen(self) -> Screen[None]:
        said = f"reading {', '.join(self._sources) or 'sources'}…"
        return Overview(self.palette, ((said, "dim"),))

    def on_load(self) -> None:
        end_on_signals(self)

    def on_mount(self) -> None:
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """After the first frame: only now may anything slow be imported or asked."""
        self.run_worker(self._follow(), exit_on_error=False)

    async def _follow(self) -> None:
        try:
            async with aclosing(cast("AsyncGenerator[Moment]", self._feed())) as moments:
                async for moment in moments:
                    self.moment = moment
                    if not self.paused:
                        self._show()
        except Exception as error:  # noqa: BLE001 — the border: whatever ends the feed ends the dashboard, and is told
            self._end(error)

    def _show(self) -> None:
        page = self.screen
        if self.moment is not None and isinstance(page, Page):
            page.show(self.moment, paused=self.paused)

    async def on_event(self, event: Event) -> None:
        """A key is carried out before the next one is looked at.

        Textual hands keys on to the widget that has the focus as they come, so that what is typed fast after `/`, or
        arrives in one packet with it, would still reach the list.
        """
        if not isinstance(event, Key):
            await super().on_event(event)
            return
        page = self.screen
        if isinstance(page, Page) and page.prompt.display:
            if not page.take(event) and not await self._check_bindings(event.key, priority=True):
                await self._check_bindings(event.key)
        elif not await self._check_bindings(event.key, priority=True):
            await self._check_bindings(event.key)

    def on_page_resumed(self) -> None:
        if not self.paused:
            self._show()

    def on_health_page_rerun_asked(self, asked: HealthPage.RerunAsked) -> None:
        async def rerun() -> None:
            asked.page.made_again(asked.key, await self.controls.rerun(asked.check))

        self.run_worker(rerun())

    # What keys do

    def action_pause(self) -> None:
        """Holds what is shown; the sources are read on, and the newest is shown when it goes on."""
        self.paused = not self.paused
        page = self.screen
        held = page.moment if self.paused and isinstance(page, Page) else self.moment
        if held is not None and isinstance(page, Page):
            page.show(held, paused=self.paused)

    def action_refresh(self) -> None:
        self.controls.refresh()

    def action_help(self) -> None:
        from prodtui.ui.screens.help import HelpPage

        if not isinstance(self.screen, HelpPage):
            self.push_screen(HelpPage(self.palette, list(self.screen.active_bindings.values())))

    # The terminal

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, ChopsUpdate | LayoutUpdate):
            colours = self.palette.depth is not Depth.NONE
            exact = ExactUpdate(renderable, colours=colours, ascii_only=self._ascii_only)
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

    def _end(self, error: Exception) -> None:
        self.failure = error
        log_crash(error, self._log_path)
        self.exit(return_code=1)
