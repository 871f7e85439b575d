"""A screen with a prompt in its last line: opened for a filter, a command, a time, and handed the keys while it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.screen import Screen
from textual.widget import Widget

from prodtui.ui.palette import Palette
from prodtui.ui.typed import Typed
from prodtui.ui.widgets.bars import Prompt

if TYPE_CHECKING:
    from prodtui.ui.prompts import Asked


class Prompted(Screen[None], inherit_bindings=False):
    """One thing is asked at a time; what had the focus gets it back."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.prompt = Prompt(palette)
        self.prompt.display = False
        self._asked: Asked | None = None
        self._focused_before: Widget | None = None

    def rearrange(self) -> None:
        """Asks the places again: textual keeps them while neither the size nor the parts change."""
        self._clear_arrangement_cache()
        self.refresh(layout=True)

    def ask(self, asked: Asked) -> None:
        """Opens the prompt."""
        if self._asked is None:
            self._focused_before = self.focused
        self._asked = asked
        self.prompt.sign, self.prompt.keys = asked.sign, asked.keys
        self.prompt.display = True
        self.set_focus(self.prompt, scroll_visible=False)
        self._type(Typed.whole(asked.start))
        self.rearrange()

    def take(self, event: Key) -> bool:
        """A key for the open prompt; says whether it was one."""
        asked, typed = self._asked, self.prompt.typed
        if asked is None:
            return False
        if event.key in ("enter", "escape"):
            self.close_prompt()
            if event.key == "enter":
                asked.done(typed.text)
            else:
                asked.dropped()
            return True
        if event.key == "backspace" and not typed.text and not asked.start:
            self.close_prompt()
            asked.dropped()
            return True
        after = asked.pressed(event.key, typed)
        if after is None:
            printable = event.character is not None and event.character.isprintable()
            if printable and event.character is not None and not asked.takes(event.character):
                return asked is not self._asked or self._chosen(asked)
            after = typed.pressed(event.key, event.character)
        if after is None:
            return False
        self._type(after)
        return True

    def _chosen(self, asked: Asked) -> bool:
        """Closes a prompt whose letter has chosen."""
        if asked.closed:
            self.close_prompt()
        return asked.closed

    def on_paste(self, event: Paste) -> None:
        if self._asked is not None:
            event.stop()
            self._type(self.prompt.typed.inserted(event.text))

    def close_prompt(self) -> None:
        self._asked = None
        self.prompt.display = False
        self.prompt.typed = Typed()
        if self._focused_before is not None and self._focused_before.is_attached:
            self.set_focus(self._focused_before, scroll_visible=False)
        else:
            self.set_focus(None)
        self.rearrange()

    def retell(self) -> None:
        """There is more to say of what is typed."""
        self._type(self.prompt.typed)

    def _type(self, typed: Typed) -> None:
        self.prompt.typed = typed
        self.prompt.told = self._asked.told(typed.text) if self._asked is not None else ()
        self.prompt.repaint()
