"""What the prompt is opened for: a filter, a command, a time, a note, a choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from prodtui.model.errors import UsageError
from prodtui.ui import format as fmt
from prodtui.ui.line import Line
from prodtui.ui.query import QueryError
from prodtui.ui.typed import Typed

if TYPE_CHECKING:
    from prodtui.ui.console import Console
    from prodtui.ui.widgets.lines import Searched


class Asked:
    """What a prompt asks for. It is told every change of the text, and how the prompt was closed."""

    sign = ""
    keys: Sequence[tuple[str, str]] = (("enter", "go"), ("esc", "leave"))
    """What keys do while it is open."""
    start = ""
    closed = False
    """Whether it is answered without enter."""

    def told(self, text: str) -> Line:  # noqa: ARG002 — for those who have something to say
        """What there is to say of a text."""
        return ()

    def pressed(self, key: str, typed: Typed) -> Typed | None:  # noqa: ARG002 — for those with keys of their own
        """The text after a key of its own; None where it has no such key."""
        return None

    def takes(self, character: str) -> bool:  # noqa: ARG002 — for those that take a few
        """Whether a character is typed, and no key of the screen below."""
        return True

    def done(self, text: str) -> None:
        """Enter was pressed."""

    def dropped(self) -> None:
        """Escape was pressed."""


class FilterAsked(Asked):
    """Narrows a list, or searches a text, while somebody types."""

    sign = "/"
    keys = (("enter", "keep"), ("esc", "clear"), ("!", "not"), ("~", "like"))

    def __init__(self, searched: Searched, start: str, kept: Callable[[str], None]) -> None:
        self._searched = searched
        self._kept = kept
        self._right = ""
        self.start = start

    def told(self, text: str) -> Line:
        wrong = ""
        self._right = text
        while True:
            try:
                self._searched.filter(self._right)
            except QueryError as error:  # what else is typed is in force
                wrong, self._right = wrong or str(error), error.right
            else:
                break
        if wrong:
            return ((wrong, "bad"),)
        return ((f"{self._searched.found} found", "dim"),) if text else ()

    def done(self, text: str) -> None:  # noqa: ARG002 — what could be understood of it is what is in force
        self._kept(self._right)

    def dropped(self) -> None:
        self._searched.filter("")
        self._kept("")


class CommandAsked(Asked):
    """A command, completed by tab, with those typed before at hand."""

    sign = ":"
    keys = (("enter", "run"), ("tab", "complete"), ("↑↓", "earlier"), ("esc", "leave"))

    def __init__(self, app: Console, start: str = "") -> None:
        from prodtui.ui.completion import Completion

        self._app = app
        self._completion = Completion(app)
        self.start = start

    def told(self, text: str) -> Line:
        return self._completion.told(text)

    def pressed(self, key: str, typed: Typed) -> Typed | None:
        if key in ("up", "ctrl+p", "down", "ctrl+n"):
            found = self._app.history.walk(typed.text, -1 if key in ("up", "ctrl+p") else 1)
            return typed if found is None else Typed.whole(found)
        self._app.history.rest()
        if key in ("tab", "shift+tab"):
            return Typed.whole(self._completion.completed(typed.text, 1 if key == "tab" else -1))
        return None

    def done(self, text: str) -> None:
        self._app.history.rest()
        if text.strip():
            self._app.history.add(text.strip())
            self._app.command(text)


class TimeAsked(Asked):
    """A time to go to. The keys that step through the past work beside it."""

    sign = "at "
    keys = (("[ ]", "step"), ("{ }", "minute"), ("n N", "event"), ("end", "live"))

    def __init__(self, app: Console) -> None:
        self._app = app

    def told(self, text: str) -> Line:
        from prodtui.model.errors import UsageError
        from prodtui.model.when import when

        end = self._app.clock.end
        if end is None:
            return (("nothing is read yet", "warn"),)
        if text:
            try:
                return ((fmt.moment(when(text, end), end), "dim"),)
            except UsageError:
                return (("14:02  14:02:30  -5m  yesterday 14:02  2026-11-22T14:02", "dim"),)
        span = self._app.span
        if span is None:
            return ()
        return ((f"kept {fmt.moment(span[0], end)}–{fmt.moment(span[1], end)}", "dim"),)

    def takes(self, character: str) -> bool:
        """All that a time is written with; a letter is never a command here, but for those that step."""
        return character not in "nNL" and (character.isalnum() or character in ":-−.+ ")

    def pressed(self, key: str, typed: Typed) -> Typed | None:  # noqa: ARG002 — the end of the past, not of the text
        if key == "end":
            self._app.action_live()
            return Typed()
        return None

    def done(self, text: str) -> None:
        if text:
            self._app.command(f"at {text}")


class NoteAsked(Asked):
    """What somebody says with an acknowledgement."""

    keys = (("enter", "acknowledge"), ("esc", "leave"))

    def __init__(self, app: Console, about: str) -> None:
        self._app = app
        self._about = about
        self.sign = f"note on {about}: "

    def done(self, text: str) -> None:
        self._app.acknowledge(self._about, text.strip())


class ReasonAsked(Asked):
    """Why something is done: without a reason it isn't."""

    def __init__(self, does: str, about: str, given: Callable[[str], None]) -> None:
        self.sign = f"{does} {about}, because: "
        self.keys = (("enter", does), ("esc", "don't"))
        self._given = given

    def told(self, text: str) -> Line:
        return () if text.strip() else (("say why", "dim"),)

    def done(self, text: str) -> None:
        if text.strip():
            self._given(text.strip())


class NameAsked(Asked):
    """A name that somebody has to type out, so that nothing grave is done by a slip."""

    def __init__(self, does: str, name: str, means: str, confirmed: Callable[[], None]) -> None:
        """`means`: what will happen, in a few words."""
        self.sign = f"{does}: type {name} "
        self.keys = (("enter", does), ("esc", "don't"))
        self._name = name
        self._means = means
        self._confirmed = confirmed

    def told(self, text: str) -> Line:
        if not self._name.startswith(text.strip()):
            return ((f"that is not {self._name}", "bad"),)
        return ((self._means, "warn"),)

    def done(self, text: str) -> None:
        if text.strip() == self._name:
            self._confirmed()


class ChoiceAsked(Asked):
    """One of a few, by its letter."""

    def __init__(
        self, question: str, choices: Sequence[tuple[str, str]], chosen: Callable[[str], None], *, means: str = ""
    ) -> None:
        """`means`: what to know before choosing."""
        self.sign = f"{question} "
        self.keys = (*choices, ("esc", "leave"))
        self._choices = dict(choices)
        self._chosen = chosen
        self._means = means

    def told(self, text: str) -> Line:  # noqa: ARG002 — nothing is typed
        return ((self._means, "warn"),) if self._means else ()

    def takes(self, character: str) -> bool:
        """A letter chooses at once."""
        if character in self._choices:
            self.closed = True
            self._chosen(self._choices[character])
        return False


def one_of(text: str, candidates: Sequence[str], what: str) -> str:
    """The one that was meant: by its name, its beginning, a part, else its letters. Raises UsageError with the nearest.

    Candidates come with the likeliest first.
    """
    from prodtui.ui.query import is_like

    asked = text.casefold()
    for fits in (str.__eq__, str.startswith, str.__contains__):
        for candidate in candidates:
            if fits(candidate.casefold(), asked):
                return candidate
    for candidate in candidates:
        if is_like(asked, candidate.casefold()):
            return candidate
    from prodtui.model.toml_keys import nearest

    near = nearest(text, candidates)
    hint = f'; did you mean "{near}"?' if near else f"; there are: {', '.join(candidates[:12]) or 'none'}"
    raise UsageError(f'no {what} "{text}"{hint}')
