"""What every screen has: a header, a footer with the live keys, a prompt to filter, and places for its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.geometry import Region
from textual.layout import Layout
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from prodtui.ui.arrangement import Arrangement
from prodtui.ui.line import Line, Run, length
from prodtui.ui.palette import Palette
from prodtui.ui.widgets.bars import Bar, Prompt, hints
from prodtui.ui.widgets.lines import Searched

if TYPE_CHECKING:
    from prodtui.model.moment import Moment


class Page(Screen[None], inherit_bindings=False):
    """A screen that is handed moments."""

    DEFAULT_CSS = "Page { overflow: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("x", "problems", "problems"),
        Binding("w", "why", "why"),
        Binding("escape", "back", "back", key_display="esc"),
        Binding("y", "copy", "copy", show=False),
        Binding("tab", "app.focus_next", "next panel", show=False),
        Binding("shift+tab", "app.focus_previous", "previous panel", show=False),
    ]

    class Resumed(Message):
        """The screen is on top again, perhaps with an old moment."""

    crumbs: tuple[str, ...] = ("overview",)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.header = Bar(palette, ground="bar")
        self.footer = Bar(palette, ground="bar")
        self.prompt = Prompt(palette)
        self.prompt.display = False
        self.moment: Moment | None = None
        self.problems_only = False
        self._paused = False
        self._arrangement = Arrangement()
        self._filtered: Searched | None = None

    @property
    def layout(self) -> Layout:
        return self._arrangement

    def body(self) -> Iterable[Widget]:
        """The screen's own parts."""
        raise NotImplementedError

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        """Where they stand between header and footer; what is left out isn't shown."""
        raise NotImplementedError

    def filtered(self) -> Searched | None:
        """What `/` is for: the focused list or text."""
        return self.focused if isinstance(self.focused, Searched) else None

    def shown(self, moment: Moment) -> None:
        """Another moment came."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self.header
        yield from self.body()
        yield self.footer
        yield self.prompt

    def places(self, width: int, height: int) -> Mapping[Widget, Region]:
        last = Region(0, height - 1, width, 1)
        area = Region(0, 1, width, max(1, height - 2))
        return {
            self.header: Region(0, 0, width, 1),
            self.prompt: last,
            **({} if self.prompt.display else {self.footer: last}),
            **self.body_places(area),
        }

    def on_mount(self) -> None:
        self.styles.background = self.palette.ground
        self.say_keys()
        if self.moment is not None:
            self.show(self.moment, paused=self._paused)

    def rearrange(self) -> None:
        """Asks the places again: textual keeps them while neither the size nor the parts change."""
        self._clear_arrangement_cache()
        self.refresh(layout=True)

    def on_screen_resume(self) -> None:
        self.post_message(self.Resumed())

    def open(self, page: Page) -> None:
        """Goes into another screen, with the moment that is shown here."""
        page.moment, page._paused = self.moment, self._paused
        self.app.push_screen(page)

    def show(self, moment: Moment, *, paused: bool) -> None:
        """Shows a moment in the header and in the screen's parts."""
        from prodtui.ui.rows.header import header

        self.moment, self._paused = moment, paused
        self.header.say_by_width(lambda width: header(moment, width, paused=paused, crumbs=self.crumbs))
        self.shown(moment)

    def say_keys(self) -> None:
        """The live keys, in the footer."""
        self._say_beside_keys((self.noted(), "warn"))

    def keys(self) -> list[tuple[str, str]]:
        """Keys worth a place in the footer and what they do: what the bindings now in force say."""
        found = [
            (b.binding.key_display or b.binding.key, b.binding.description)
            for b in self.active_bindings.values()
            if b.binding.show and b.binding.description
        ]
        return sorted(dict.fromkeys(found), key=lambda hint: _ORDER.get(hint[1], 50))

    def noted(self) -> str:
        """What narrows the view now."""
        parts = []
        if self.problems_only:
            parts.append("problems only")
        if self.prompt.text:
            parts.append(f"/{self.prompt.text}")
        return " · ".join(parts)

    def on_descendant_focus(self) -> None:
        self.say_keys()

    # Filter

    def action_filter(self) -> None:
        self._filtered = self.filtered()
        if self._filtered is not None:
            self.prompt.display = True
            self.set_focus(self.prompt, scroll_visible=False)
            self.rearrange()

    def action_problems(self) -> None:
        self.problems_only = not self.problems_only
        from prodtui.ui.grid import Grid

        for grid in self.query(Grid):
            grid.narrow(grid.keep, problems_only=self.problems_only)
        self.say_keys()

    def take(self, event: Key) -> bool:
        """A key for the open prompt; says whether it was one."""
        if event.key in ("enter", "escape"):
            self._close_prompt(kept=event.key == "enter")
            return True
        if not self.prompt.take(event):
            return False
        if self._filtered is not None:
            self._filtered.filter(self.prompt.text)
            self.prompt.found = f"{self._filtered.found} found"
        self.prompt.repaint()
        return True

    def _close_prompt(self, *, kept: bool) -> None:
        if not kept:
            self.clear_filter()
        self.prompt.display = False
        if self._filtered is not None:
            self.set_focus(self._filtered, scroll_visible=False)
        self.rearrange()
        self.say_keys()

    def clear_filter(self) -> bool:
        """Forgets the filter; says whether there was one."""
        had = bool(self.prompt.text)
        self.prompt.text = self.prompt.found = ""
        if self._filtered is not None:
            self._filtered.filter("")
        return had

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 — textual's
        """Only keys that do something now are in force, and shown."""
        if action == "problems":
            return any(grid.display for grid in self.query("Grid"))
        if action == "why":
            return self.moment is not None and bool(self.moment.assessment.services)
        return self.can_go_back() if action == "back" else True

    def can_go_back(self) -> bool:
        return bool(self.prompt.text or self.problems_only or len(self.app.screen_stack) > 1)

    def service_asked(self) -> str | None:
        """The service that the screen, or what is selected on it, is about; None where it is about all of them."""
        return None

    def action_why(self) -> None:
        """Explains the score of that service, else of the environment's worst."""
        from prodtui.ui.screens.why import WhyPage

        if self.moment is None or not self.moment.assessment.services:
            return
        service = self.service_asked() or self.moment.assessment.services[0].name
        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else None
        if isinstance(below, WhyPage) and below.service == service:
            self.app.pop_screen()  # this screen was opened from there
        else:
            self.open(WhyPage(self.palette, service))

    def action_copy(self) -> None:
        """To the terminal's clipboard by OSC 52: it works over SSH where the terminal allows it."""
        text = self.copied()
        if text:
            self.app.copy_to_clipboard(text)
            self.say(f"copied {len(text)} characters")

    def copied(self) -> str:
        """What `y` copies."""
        widget = self.focused
        return widget.copied if isinstance(widget, Searched) else ""

    def action_back(self) -> None:
        """One step back: the filter, then problems only, then the screen."""
        if self.clear_filter():
            self.say_keys()
        elif self.problems_only:
            self.action_problems()
        elif len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def say(self, text: str) -> None:
        """A word at the footer's right, until the keys change."""
        self._say_beside_keys((text, "accent"))

    def _say_beside_keys(self, said: Run) -> None:
        keys = self.keys()
        self.footer.say_by_width(lambda width: (hints(keys, width - length(said[0])), (said,)))


_ORDER = {
    name: n
    for n, name in enumerate(
        ("open", "evidence", "re-run", "why", "back", "filter", "problems", "sort", "pause", "panel", "copy", "help")
    )
}


def nothing_to_read(moment: Moment) -> Sequence[Line]:
    """What to do where no source is configured or none knows a service."""
    if not moment.snapshot.sources:
        return (
            (("No source is configured.", "strong"),),
            (),
            (("prodtui init", "strong accent"), ("   finds what runs on this machine and writes a configuration", "")),
            (("prodtui lab", "strong accent"), ("    starts a real local stack to try this on", "")),
        )
    return (
        (("No service is known yet.", "strong"),),
        (),
        (("No registry reported a service and none is declared.", ""),),
        (("prodtui sources", "strong accent"), ("   tries every source and says what it may read", "")),
        (("prodtui init", "strong accent"), ("      finds what runs here and writes a configuration", "")),
    )
