"""A screen that is handed moments: the header tells them, and it can be filtered, commanded, and moved in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.message import Message

from prodtui.ui.clock import Mode
from prodtui.ui.line import Line
from prodtui.ui.palette import Palette
from prodtui.ui.screens.framed import Framed
from prodtui.ui.widgets.lines import Searched

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.ui.console import Console


class Page(Framed):
    """A screen that is handed moments."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="filter"),
        Binding("colon", "command", "command", id="command"),
        Binding("x", "problems", "problems", id="problems"),
        Binding("w", "why", "why", id="why"),
        Binding("e", "export", "export", show=False, id="export"),
        Binding("a", "acknowledge", "acknowledge", show=False, id="acknowledge"),
        Binding("t", "time", "time", id="time"),
    ]

    class Resumed(Message):
        """The screen is on top again, perhaps with an old moment."""

    crumbs: tuple[str, ...] = ("overview",)

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.moment: Moment | None = None
        self.mode = Mode()
        self.problems_only = False
        self._filtered: Searched | None = None
        self._filter = ""
        self._shown: Moment | None = None

    def filtered(self) -> Searched | None:
        """What `/` is for: the focused list or text."""
        return self.focused if isinstance(self.focused, Searched) else None

    def shown(self, moment: Moment) -> None:
        """Another moment came."""
        raise NotImplementedError

    def on_mount(self) -> None:
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

    def hinted(self, binding: Binding) -> bool:
        if binding.description == "live" and self.mode.replays is not None:
            return False
        return super().hinted(binding) and (binding.description not in _OF_THE_PAST or not self.mode.live)

    def noted(self) -> str:
        """What narrows the view now."""
        parts = []
        if self.problems_only:
            parts.append("problems only")
        if self._filter:
            parts.append(f"/{self._filter}")
        return " · ".join(parts)

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "problems":
            return any(grid.display for grid in self.query("Grid"))
        if action == "why":
            return self.moment is not None and bool(self.moment.assessment.services)
        if action == "acknowledge":
            return self.about_asked() is not None
        return super().check_action(action, parameters)

    def can_go_back(self) -> bool:
        return bool(self._filter or self.problems_only) or super().can_go_back()

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

    def action_back(self) -> None:
        """One step back: the filter, then problems only, then the screen."""
        if self.clear_filter():
            self.say_keys()
        elif self.problems_only:
            self.action_problems()
        else:
            super().action_back()


_OF_THE_PAST = ("live", "step", "minute", "event")
"""Keys that are only worth a place in the footer while a moment is held."""


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
