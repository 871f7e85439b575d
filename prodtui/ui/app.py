"""The app: paints the frame, follows the moments, hands them to the screen on top. It knows no source."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.events import Event, Key
from textual.geometry import Size
from textual.screen import Screen

from prodtui.model.errors import ProdtuiError
from prodtui.ui.console import Console
from prodtui.ui.controls import Controls
from prodtui.ui.paint import ExactUpdate, nothing_shown
from prodtui.ui.palette import Depth, ascii_only, load_palette
from prodtui.ui.screens.overview import Overview
from prodtui.ui.screens.page import Page
from prodtui.ui.terminal import end_on_signals, log_crash

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from textual.worker import Worker

    from prodtui.model.moment import Moment
    from prodtui.ui.screens.environments import EnvironmentsPage
    from prodtui.ui.screens.health import HealthPage


class ProdtuiApp(Console, inherit_bindings=True):
    """The dashboard. `failure` says after the run why it ended, where it did not end by a quit."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "prodtui"

    def __init__(
        self,
        feed: Callable[[], AsyncIterator[Moment]],
        controls: Controls,
        *,
        theme: str | None = None,
        log_path: Path | None = None,
        sources: Sequence[str] = (),
        beside: Callable[[ProdtuiApp], Awaitable[None]] | None = None,
    ) -> None:
        """`beside` runs beside the feed, from the first frame to the end."""
        self._ascii_only = ascii_only(os.environ)
        self._on_the_terminal = nothing_shown()
        self._painted: Size | None = None
        super().__init__(load_palette(theme or "dark"), controls)
        self.failure: BaseException | None = None
        self._feed = feed
        self._following: Worker[None] | None = None
        self._again = False
        self._beside = beside
        self._log_path = log_path
        self._sources = sources

    @property
    def moment(self) -> Moment | None:
        """The newest; what is shown is older while it is held."""
        return self.clock.newest

    @property
    def paused(self) -> bool:
        return self.clock.held

    def get_default_screen(self) -> Screen[None]:
        first = self._overview(", ".join(self._sources) or "sources")
        first._push_result_callback(first, None)  # noqa: SLF001 — else textual can't switch away from a first screen
        return first

    def _overview(self, reading: str) -> Overview:
        return Overview(self.palette, ((f"reading {reading}…", "dim"),))

    def on_load(self) -> None:
        end_on_signals(self)

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self._on_the_terminal.forget())
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """After the first frame: only now may anything slow be imported or asked."""
        self._following = self.run_worker(self._follow(), exit_on_error=False)
        if self._beside is not None:
            self.run_worker(cast("Any", self._beside(self)))

    async def _follow(self) -> None:
        try:
            async with aclosing(cast("AsyncGenerator[Moment]", self._feed())) as moments:
                async for moment in moments:
                    self.clock.tell(moment)
        except ProdtuiError as error:
            if not self._again:
                self._end(error)
            else:  # another environment, or an edit: whoever looks on may go back
                self.say(str(error), "bad")
        except Exception as error:  # noqa: BLE001 — the border: whatever ends the feed ends the dashboard, and is told
            self._end(error)

    def restart(self) -> None:
        """Follows the feed anew. The one that is left closes behind, and nobody waits for it."""
        if self._following is not None:
            self._following.cancel()
        self._again = True
        self._following = self.run_worker(self._follow(), exit_on_error=False)

    def switch(self, environment: str) -> None:
        self.controls.switch(environment)
        self.workers.cancel_group(self, "time")
        self.clock.forget()
        self.back_to_overview()
        self.switch_screen(self._overview(environment))
        self.restart()

    async def on_event(self, event: Event) -> None:
        """A key is carried out before the next one is looked at.

        Textual hands keys on to the widget that has the focus as they come, so that what is typed fast after `/`, or
        arrives in one packet with it, would still reach the list.
        """
        if not isinstance(event, Key):
            await super().on_event(event)
            return
        page = self.screen
        if isinstance(page, Page):
            page.unsay()
            if page.take(event):
                return
        if not await self._check_bindings(event.key, priority=True):
            await self._check_bindings(event.key)

    def on_health_page_rerun_asked(self, asked: HealthPage.RerunAsked) -> None:
        async def rerun() -> None:
            asked.page.made_again(asked.key, await self.controls.rerun(asked.check))

        self.run_worker(rerun())

    def on_environments_page_chosen(self, chosen: EnvironmentsPage.Chosen) -> None:
        self.command(f"env {chosen.environment}")

    # The terminal

    def action_redraw(self) -> None:
        """Paints everything anew, whatever somebody else wrote over it."""
        self._on_the_terminal.forget()
        self.screen.refresh(layout=True)

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

    def _end(self, error: Exception) -> None:
        self.failure = error
        log_crash(error, self._log_path)
        self.exit(return_code=1)
