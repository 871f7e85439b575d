"""What carries a notice to a person: the seam between what is to be said and how it gets there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from prodtui.model.notice import Notice
from prodtui.oncall.rules import Rules


class Channel(Protocol):
    """One way to whoever is on call, as configured."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def where(self) -> str:
        """Where to, as a person may see it: without secrets."""
        ...

    @property
    def rules(self) -> Rules: ...

    @property
    def shared(self) -> bool:
        """Whether a message on it reaches the same people whichever prodtui sends it."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Modules to be imported beside the loop before it is used."""
        ...

    async def send(self, notice: Notice, told: Sequence[Notice] = ()) -> str:
        """Sends one message within its deadline; what the other side said to it.

        `told`: what was told here of the same incident before. Raises NotifyError.
        """
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Refreshing(Protocol):
    """A channel that must be told again and again of what is still wrong."""

    refresh_s: float
    """How often."""

    async def refresh(self, notices: Sequence[Notice]) -> str:
        """Says that these are still wrong. Raises NotifyError."""
        ...
