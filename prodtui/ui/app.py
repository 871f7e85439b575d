"""The app: paints the frame, follows the moments, hands them to the screen on top. It knows no source."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textual.screen import Screen

from prodtui.model.errors import ProdtuiError
from prodtui.ui.console import Console
from prodtui.ui.controls import Controls
from prodtui.ui.palette import load_palette
from prodtui.ui.screens.overview import Overview

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from textual.worker import Worker

    from prodtui.model.moment import Moment
    from prodtui.ui.screens.environments import EnvironmentsPage
    from prodtui.ui.screens.health import HealthPage


class ProdtuiApp(Console, inherit_bindings=True):
    """The dashboard."""

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
        super().__init__(load_palette(theme or "dark"), controls, log_path=log_path)
        self._feed = feed
        self._following: Worker[None] | None = None
        self._again = False
        self._beside = beside
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

    def on_mount(self) -> None:
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

    def on_health_page_rerun_asked(self, asked: HealthPage.RerunAsked) -> None:
        async def rerun() -> None:
            asked.page.made_again(asked.key, await self.controls.rerun(asked.check))

        self.run_worker(rerun())

    def on_environments_page_chosen(self, chosen: EnvironmentsPage.Chosen) -> None:
        self.command(f"env {chosen.environment}")
