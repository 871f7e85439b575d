"""What every screen has: a header, a footer with the live keys, a prompt to filter, and places for its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.layout import Layout
from textual.message import Message
from textual.widget import Widget

from prodtui.ui.arrangement import Arrangement
from prodtui.ui.clock import Mode
from prodtui.ui.key_names import name_of
from prodtui.ui.line import Line, Run, length
from prodtui.ui.palette import Palette
from prodtui.ui.screens.prompted import Prompted
from prodtui.ui.widgets.bars import Bar, hints
from prodtui.ui.widgets.lines import Searched

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.ui.console import Console


class Page(Prompted):
    """A screen that is handed moments."""

    DEFAULT_CSS = "Page { overflow: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="filter"),
        Binding("colon", "command", "command", id="command"),
        Binding("x", "problems", "problems", id="problems"),
        Binding("w", "why", "why", id="why"),
        Binding("escape", "back", "back", id="back"),
        Binding("y", "copy", "copy", show=False, id="copy"),
        Binding("e", "export", "export", show=False, id="export"),
        Binding("a", "acknowledge", "acknowledge", show=False, id="acknowledge"),
        Binding("t", "time", "time", id="time"),
        Binding("tab", "app.focus_next", "next panel", show=False, id="next_panel"),
        Binding("shift+tab", "app.focus_previous", "previous panel", show=False, id="previous_panel"),
    ]

    class Resumed(Message):
        """The screen is on top again, perhaps with an old moment."""

    crumbs: tuple[str, ...] = ("overview",)

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.header = Bar(palette, ground="bar")
        self.footer = Bar(palette, ground="bar")
        self.moment: Moment | None = None
        self.mode = Mode()
        self.problems_only = False
        self._arrangement = Arrangement()
        self._filtered: Searched | None = None
        self._filter = ""
        self._said: Run | None = None
        self._shown: Moment | None = None

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
            self.show(self.moment, self.mode)

    def on_screen_resume(self) -> None:
        self.post_message(self.Resumed())

    def open(self, page: Page) -> None:
        """Goes into another screen, with the moment that is shown here."""
        page.moment, page.mode = self.moment, self.mode
        self.app.push_screen(page)

    def show(self, moment: Moment, mode: Mode) -> None:
        """Shows a moment in the header and in the screen's parts."""
        from prodtui.ui.rows.header import header

        turned = self.mode.live is not mode.live
        self.moment, self.mode = moment, mode
        self.header.say_by_width(lambda width: header(moment, width, mode=mode, crumbs=self.crumbs))
        if not _same(self._shown, moment):
            self._shown = moment
            self.shown(moment)
        if turned:
            self.say_keys()

    def say_keys(self) -> None:
        """The live keys, in the footer."""
        said = self._said or (self.noted(), "warn")
        keys = self.keys()
        self.footer.say_by_width(lambda width: (hints(keys, width - length(said[0])), (said,)))

    def keys(self) -> list[tuple[str, str]]:
        """Keys worth a place in the footer and what they do: what the bindings now in force say."""
        found: dict[str, list[str]] = {}
        for active in self.active_bindings.values():
            binding = active.binding
            does = binding.description
            if does == "live" and self.mode.replays is not None:
                continue
            if binding.show and does and (does not in _OF_THE_PAST or not self.mode.live):
                keys = found.setdefault(does, [])
                name = binding.key_display or name_of(binding.key)
                if len(keys) < 2 and name not in keys:
                    keys.append(name)
        hints = [(" ".join(keys), does) for does, keys in found.items()]
        return sorted(hints, key=lambda hint: _ORDER.get(hint[1], 50))

    def noted(self) -> str:
        """What narrows the view now."""
        parts = []
        if self.problems_only:
            parts.append("problems only")
        if self._filter:
            parts.append(f"/{self._filter}")
        return " · ".join(parts)

    def on_descendant_focus(self) -> None:
        self.say_keys()

    # What is asked

    def action_filter(self) -> None:
        from prodtui.ui.prompts import FilterAsked

        searched = self.filtered()
        if searched is not None:
            self._filtered = searched
            self.ask(FilterAsked(searched, self._filter, self._kept))

    def _kept(self, filter_: str) -> None:
        self._filter = filter_
        self.say_keys()

    def action_command(self) -> None:
        from prodtui.ui.prompts import CommandAsked

        self.ask(CommandAsked(self._host))

    def action_time(self) -> None:
        from prodtui.ui.prompts import TimeAsked

        self._host.learn_span()
        self.ask(TimeAsked(self._host))

    def action_acknowledge(self) -> None:
        from prodtui.ui.prompts import NoteAsked

        about = self.about_asked()
        if about is not None and self._host.may_act():
            self.ask(NoteAsked(self._host, about))

    def action_export(self) -> None:
        from prodtui.ui.prompts import ChoiceAsked

        choices = (("m", "markdown"), ("j", "json"), ("s", "svg"), ("p", "picture"))
        self.ask(ChoiceAsked("export as", choices, self._host.export))

    @property
    def _host(self) -> Console:
        return cast("Console", self.app)

    # What keys do

    def action_problems(self) -> None:
        self.problems_only = not self.problems_only
        from prodtui.ui.grid import Grid

        for grid in self.query(Grid):
            grid.narrow(grid.keep, problems_only=self.problems_only)
        self.say_keys()

    def clear_filter(self) -> bool:
        """Forgets the filter; says whether there was one."""
        had, self._filter = bool(self._filter), ""
        if self._filtered is not None:
            self._filtered.filter("")
        return had

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 — textual's
        """Only keys that do something now are in force, and shown."""
        if action == "problems":
            return any(grid.display for grid in self.query("Grid"))
        if action == "why":
            return self.moment is not None and bool(self.moment.assessment.services)
        if action == "acknowledge":
            return self.about_asked() is not None
        return self.can_go_back() if action == "back" else True

    def can_go_back(self) -> bool:
        return bool(self._filter or self.problems_only or len(self.app.screen_stack) > 1)

    def service_asked(self) -> str | None:
        """The service that the screen, or what is selected on it, is about; None where it is about all of them."""
        return None

    def about_asked(self) -> str | None:
        """What an acknowledgement would be about: a service's name, or the key of what fails."""
        return self.service_asked()

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
        from prodtui.ui.clipboard import bounded

        text = self.copied()
        if text:
            kept = bounded(text)
            self.app.copy_to_clipboard(kept)
            self.say(f"copied {len(kept)} characters" + (f" of {len(text)}" if kept != text else ""))

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

    def say(self, text: str, style: str = "accent") -> None:
        """A word at the footer's right, until the next key."""
        self._said = (text, style)
        self.say_keys()

    def unsay(self) -> None:
        """A key was pressed: whatever was said is read."""
        if self._said is not None:
            self._said = None
            self.say_keys()


_OF_THE_PAST = ("live", "step", "minute", "event")
"""Keys that are only worth a place in the footer while a moment is held."""
_ORDER = {
    name: n
    for n, name in enumerate(
        (
            *("live", "step", "minute", "event", "open", "evidence", "re-run", "why", "back", "filter", "command"),
            *("problems", "time", "sort", "pause", "panel", "copy", "help"),
        )
    )
}


def _same(shown: Moment | None, moment: Moment) -> bool:
    """Whether it is the same moment; one of the past is, however far behind it has fallen."""
    return shown is moment or (
        shown is not None and moment.newest is not None and shown.now == moment.now and shown.views is moment.views
    )


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
