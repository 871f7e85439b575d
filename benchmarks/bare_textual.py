"""The least a Textual program can be: 30 rows of plain widgets, one cell of each changing every second."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static

ROWS = 30


class BareTextual(App[None]):
    """What any dashboard on this library pays at least."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [("q", "quit", "quit")]  # noqa: RUF012
    CSS = "Static { height: 1; }"

    def compose(self) -> ComposeResult:
        for number in range(1, ROWS + 1):
            yield Static(f"row {number}  0")

    def on_mount(self) -> None:
        self._count = 0
        self.set_interval(1.0, self._change)

    def _change(self) -> None:
        self._count += 1
        for number, row in enumerate(self.query(Static), 1):
            row.update(f"row {number}  {self._count}", layout=False)


if __name__ == "__main__":
    BareTextual().run(mouse=False)
