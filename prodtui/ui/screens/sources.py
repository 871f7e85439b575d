"""The sources: what each says of itself, why one can't be read, when it is asked next, how it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodtui.ui.grid import Grid
from prodtui.ui.palette import Palette
from prodtui.ui.rows import sources
from prodtui.ui.screens.split import SplitPage

if TYPE_CHECKING:
    from prodtui.model.moment import Moment


class SourcesPage(SplitPage):
    """Every source that the environment declares."""

    left_share = 0.6

    def __init__(self, palette: Palette, source: str | None = None) -> None:
        super().__init__(palette, sources.COLUMNS)
        self.crumbs = ("overview", "sources")
        self.list.header = True
        self.list.empty = "no source is configured: `prodtui init` writes a configuration"
        self._first = source

    def shown(self, moment: Moment) -> None:
        lost = len(moment.blind)
        said = f"{lost} lost: what they would show is not known" if lost else ""
        kept = ((moment.snapshot.declared.environment, "strong"), (f"  {moment.kept}", "dim"))
        if self.about.say(kept, *([((said, "unknown"),)] if said else [])):
            self.rearrange()
        self.list.load(sources.rows(moment), sources.heading(moment))
        if self._first is not None:
            self.list.select(f"{sources.PREFIX}{self._first}")
            self._first = None
        self.tell_selected()

    def tell_selected(self) -> None:
        key, moment = self.list.selected, self.moment
        state = moment.snapshot.sources.get(key.removeprefix(sources.PREFIX)) if key and moment else None
        if key is None or state is None or moment is None:
            self.pane.load("", (("no source", "dim"),), lambda _: ())
            return
        self.pane.load(key, sources.title(state, moment.now), lambda _: sources.lines(state, moment))

    def on_grid_opened(self, _: Grid.Opened) -> None:
        self.pane.focus()
