"""A screen in its frame: a header, a footer with the live keys, a prompt, and places for its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.layout import Layout
from textual.widget import Widget

from prodtui.ui.arrangement import Arrangement
from prodtui.ui.key_names import name_of
from prodtui.ui.line import Run, length
from prodtui.ui.palette import Palette
from prodtui.ui.screens.prompted import Prompted
from prodtui.ui.widgets.bars import Bar, hints
from prodtui.ui.widgets.lines import Searched


class Framed(Prompted):
    """What every screen has, whatever it is handed."""

    DEFAULT_CSS = "Framed { overflow: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="back"),
        Binding("y", "copy", "copy", show=False, id="copy"),
        Binding("tab", "app.focus_next", "next panel", show=False, id="next_panel"),
        Binding("shift+tab", "app.focus_previous", "previous panel", show=False, id="previous_panel"),
    ]

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.header = Bar(palette, ground="bar")
        self.footer = Bar(palette, ground="bar")
        self._arrangement = Arrangement()
        self._said: Run | None = None

    @property
    def layout(self) -> Layout:
        return self._arrangement

    def body(self) -> Iterable[Widget]:
        """The screen's own parts."""
        raise NotImplementedError

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        """Where they stand between header and footer; what is left out isn't shown."""
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

    def on_descendant_focus(self) -> None:
        self.say_keys()

    # The footer

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
            if self.hinted(binding):
                keys = found.setdefault(binding.description, [])
                name = binding.key_display or name_of(binding.key)
                if len(keys) < 2 and name not in keys:
                    keys.append(name)
        hints = [(" ".join(keys), does) for does, keys in found.items()]
        return sorted(hints, key=lambda hint: _ORDER.get(hint[1], 50))

    def hinted(self, binding: Binding) -> bool:
        """Whether a binding that is in force is worth a place in the footer."""
        return binding.show and bool(binding.description)

    def noted(self) -> str:
        """What narrows the view now."""
        return ""

    def say(self, text: str, style: str = "accent") -> None:
        """A word at the footer's right, until the next key."""
        self._said = (text, style)
        self.say_keys()

    def unsay(self) -> None:
        """A key was pressed: whatever was said is read."""
        if self._said is not None:
            self._said = None
            self.say_keys()

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 — textual's
        """Only keys that do something now are in force, and shown."""
        return self.can_go_back() if action == "back" else True

    def can_go_back(self) -> bool:
        return len(self.app.screen_stack) > 1

    def action_back(self) -> None:
        """One step back."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

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


_ORDER = {
    name: n
    for n, name in enumerate(
        (
            *("live", "step", "minute", "event", "open", "evidence", "re-run", "why", "back", "filter", "command"),
            *("problems", "time", "sort", "pause", "panel", "copy", "help"),
        )
    )
}
