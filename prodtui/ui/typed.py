"""A line that somebody types: its text and where the cursor stands in it, changed by keys. Pure."""

from __future__ import annotations

from typing import NamedTuple

LONGEST = 1_000
"""Characters; what is pasted beyond is dropped."""


class Typed(NamedTuple):
    """A text with a cursor before one of its characters, or at its end."""

    text: str = ""
    at: int = 0

    @classmethod
    def whole(cls, text: str) -> Typed:
        """The text with the cursor at its end."""
        return cls(text, len(text))

    def inserted(self, text: str) -> Typed:
        """With what can be printed of a text at the cursor; only the first line of it."""
        line = text.split("\n", 1)[0].expandtabs(1)
        more = "".join(c for c in line if c.isprintable())[: max(0, LONGEST - len(self.text))]
        return Typed(self.text[: self.at] + more + self.text[self.at :], self.at + len(more))

    def pressed(self, key: str, character: str | None) -> Typed | None:
        """After a key; None where the key types and edits nothing."""
        before, after = self.text[: self.at], self.text[self.at :]
        match key:
            case "backspace" | "ctrl+h":
                return Typed(before[:-1] + after, max(0, self.at - 1))
            case "delete" | "ctrl+d":
                return Typed(before + after[1:], self.at)
            case "ctrl+u":
                return Typed(after, 0)
            case "ctrl+k":
                return Typed(before, self.at)
            case "ctrl+w":
                kept = before.rstrip(" ")
                kept = kept[: kept.rfind(" ") + 1]
                return Typed(kept + after, len(kept))
            case "left" | "ctrl+b":
                return Typed(self.text, max(0, self.at - 1))
            case "right" | "ctrl+f":
                return Typed(self.text, min(len(self.text), self.at + 1))
            case "home" | "ctrl+a":
                return Typed(self.text, 0)
            case "end" | "ctrl+e":
                return Typed(self.text, len(self.text))
        return self.inserted(character) if character is not None and character.isprintable() else None
