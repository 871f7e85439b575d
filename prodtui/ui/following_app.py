"""An app on a terminal that follows one thing to its end: a load, a rollout."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from prodtui.ui.palette import load_palette
from prodtui.ui.terminal_app import TerminalApp

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T = TypeVar("T")
TICK_S = 1.0
"""So often the time is told anew; only digits that changed are painted."""


class FollowingApp(TerminalApp, Generic[T]):
    """`feed` yields it whenever it is another one, and ends with it."""

    def __init__(
        self,
        feed: Callable[[], AsyncIterator[T]],
        *,
        theme: str | None = None,
        keys: Mapping[str, str] | None = None,
        log_path: Path | None = None,
    ) -> None:
        """`keys`: those that a person wants otherwise, by the name of the action."""
        super().__init__(load_palette(theme or "dark"), log_path=log_path)
        self._feed = feed
        if keys:
            self.set_keymap(dict(keys))

    @abstractmethod
    def told(self, seen: T) -> None:
        """It is another one."""

    @abstractmethod
    def tick(self) -> None:
        """Time has gone on."""

    def over(self) -> None:
        """The feed has ended."""

    def on_mount(self) -> None:
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self.run_worker(cast("Any", self._follow()), exit_on_error=False)
        self.set_interval(TICK_S, self.tick)

    async def _follow(self) -> None:
        try:
            async with aclosing(cast("AsyncGenerator[T]", self._feed())) as feed:
                async for seen in feed:
                    self.told(seen)
        except Exception as error:  # noqa: BLE001 — the border: whatever ends the feed ends the app, and is told
            self._end(error)
        else:
            self.over()
