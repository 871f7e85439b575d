"""The grid: every list that can grow. Drawn line by line over an immutable list of rows.

The cursor stays on its entity, by key, whatever becomes of the order; a change repaints the cells that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip

from prodtui.ui.grid_drawing import header_line, row_line
from prodtui.ui.grid_layout import Column, Place, fit, widths_wanted
from prodtui.ui.grid_rows import Held, Row, shown
from prodtui.ui.line import Line, strip, title
from prodtui.ui.palette import Palette
from prodtui.ui.query import Query
from prodtui.ui.widgets.lines import Searched

_MEASURED = 2_000
"""Rows whose texts size the columns at once; of more, those on screen join in as they come."""


class Grid(Searched, can_focus=True):
    """A titled list with columns."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="open"),
        Binding("j,down", "move(1)", "down", show=False, id="down"),
        Binding("k,up", "move(-1)", "up", show=False, id="up"),
        Binding("g,home", "edge(-1)", "first", show=False, id="first"),
        Binding("G,end", "edge(1)", "last", show=False, id="last"),
        Binding("ctrl+d", "page(0.5)", "half a page down", show=False, id="half_page_down"),
        Binding("ctrl+u", "page(-0.5)", "half a page up", show=False, id="half_page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="page_down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="page_up"),
        Binding("l,right", "sideways(1)", "more columns", show=False, id="more_columns"),
        Binding("h,left", "sideways(-1)", "fewer columns", show=False, id="fewer_columns"),
        Binding("s", "sort", "sort", id="sort"),
        Binding("S", "reverse", "reverse the sort", show=False, id="reverse"),
    ]

    class Opened(Message):
        """Enter was pressed on a row."""

        def __init__(self, grid: Grid, key: str) -> None:
            super().__init__()
            self.grid, self.key = grid, key

    class Selected(Message):
        """The cursor came to another row, or to none."""

        def __init__(self, grid: Grid, key: str | None) -> None:
            super().__init__()
            self.grid, self.key = grid, key

    def __init__(
        self,
        palette: Palette,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002 — textual's word
        header: bool = True,
        empty: str = "",
    ) -> None:
        super().__init__(palette, id=id)
        self.columns = tuple(columns)
        self.header = header
        self.empty = empty
        """What an empty list says."""
        self.heading: Line = ()
        """The title's runs; without any there is no title line."""
        self.blank_above = 0
        """Blank lines above the title."""
        self.tail: Line = ()
        self._foot: Row | None = None
        self._landing: str | None = None
        self._given: Sequence[Row] = ()
        self._shown: Sequence[Row] = ()
        self._key: str | None = None
        self._index = 0
        self._top = 0
        self._skip = 0
        self.keep: Callable[[Row], bool] | None = None
        self._problems_only = False
        self._sort: int | None = None
        self._descending = False
        self._held: Held | None = None
        self._touched = False
        self._wanted = widths_wanted(self.columns, ())
        self._places: list[Place] = []
        self._placed: tuple[object, ...] = ()
        self._strips: dict[tuple[str, str], tuple[Row, Strip]] = {}

    # What is shown

    @property
    def rows(self) -> Sequence[Row]:
        """The rows shown now, in order."""
        return self._shown

    @property
    def selected(self) -> str | None:
        """Key of the row under the cursor."""
        return self._key

    @property
    def found(self) -> int:
        """How many rows are shown."""
        return sum(not row.heading for row in self._shown)

    @property
    def copied(self) -> str:
        """The row under the cursor as text."""
        return " ".join(self._shown[self._index].text.split()) if self._key is not None else ""

    def recolumn(self, columns: Sequence[Column], *, header: bool) -> None:
        """Shows other columns of the same rows."""
        if columns != self.columns or header != self.header:
            self.columns, self.header = tuple(columns), header
            self._wanted = widths_wanted(self.columns, self._given[:_MEASURED])
            self._placed = ()
            self.repaint()

    def recolour(self, palette: Palette) -> None:
        self._strips.clear()
        super().recolour(palette)

    def load(
        self,
        rows: Sequence[Row],
        heading: Line | None = None,
        *,
        landing: str | None = None,
        foot: Row | None = None,
    ) -> None:
        """Shows other rows; the cursor stays on its entity while that exists.

        Until somebody moves the cursor it stays on the row with the key `landing`, else on the first one. The `foot` is
        the last line of all, whatever is scrolled.
        """
        if heading is not None:
            self.heading = heading
        self._landing, self._foot = landing, foot
        if rows is not self._given:
            self._hold(rows)
            self._given = rows
            self._wanted = widths_wanted(self.columns, rows[:_MEASURED], self._wanted)
        self._reorder()

    def narrow(self, keep: Callable[[Row], bool] | None, *, problems_only: bool | None = None) -> None:
        """Keeps only rows that pass, and only problems where asked."""
        self.keep = keep
        if problems_only is not None:
            self._problems_only = problems_only
        self._reorder()

    def filter(self, typed: str) -> None:
        """Keeps the rows that match; the cursor goes to the first whose own name does, as a reason may name another.

        Raises QueryError; then what was kept before is kept on.
        """
        query = Query.of(typed, self.columns, self._given)
        self.narrow(query)
        words = query.words if query is not None and not query.inverse else ()
        named = next(
            (r.key for r in self._shown if not r.heading and all(word in r.key.casefold() for word in words)), None
        )
        if words and named is not None:
            self.select(named)

    def choose(self) -> None:
        """Keeps the cursor where it is, as if somebody had moved it there."""
        self._touched = self._key is not None

    def select(self, key: str) -> None:
        """Moves the cursor to a row; nothing happens when it isn't shown."""
        for index, row in enumerate(self._shown):
            if row.key == key:
                self._go(index)
                return

    def _hold(self, rows: Sequence[Row]) -> None:
        """A problem under the cursor that turned well stays where it is, so that nobody's eye has to chase it."""
        if not self._touched or self._key is None or self._sort is not None or not self._index < len(self._shown):
            return
        before = self._shown[self._index]
        after = next((row for row in rows if row.key == self._key), None)
        if after is None:
            self._held = None
        elif after.badness < before.badness and self._held is None:
            self._held = Held(self._key, self._index)
        elif self._held and after.badness > before.badness:
            self._held = None

    def _reorder(self) -> None:
        on_screen = self._index - self._top
        self._shown = shown(
            self._given,
            keep=self.keep,
            problems_only=self._problems_only,
            column=self._sort,
            descending=self._descending,
            held=self._held,
        )
        index: int | None
        if self._touched:
            index = next((i for i, row in enumerate(self._shown) if row.key == self._key), None)
        else:  # nobody has chosen a row yet: the worst is what to look at
            landing = (i for i, row in enumerate(self._shown) if row.key == self._landing)
            index = next(landing, None) if self._sort is None else None
            if index is None:
                index = self._nearest(0, 1)
            elif not self._top <= index < self._top + self._room:
                self._top = index  # with what follows it, as what is above is better
        if index is None:
            index = self._nearest(min(self._index, len(self._shown) - 1), 1)
        moved = index != self._index
        self._index = index
        if moved and self._top:
            self._top = index - on_screen
        self._tell()
        self.repaint()

    # The cursor

    def action_move(self, by: int) -> None:
        self._go(self._nearest(self._index + by, by))

    def action_edge(self, side: int) -> None:
        self._go(self._nearest(0, 1) if side < 0 else self._nearest(len(self._shown) - 1, -1))

    def action_page(self, pages: float) -> None:
        by = round(self._room * pages)
        self._go(self._nearest(max(0, min(len(self._shown) - 1, self._index + by)), 1 if by > 0 else -1))

    def action_sideways(self, by: int) -> None:
        self._skip = max(0, min(len(self.columns) - 3, self._skip + by))
        self.repaint()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 — textual's
        """A tree has an order of its own."""
        return action not in ("sort", "reverse") or any(c.sortable and c.title for c in self.columns)

    def action_sort(self) -> None:
        """By the next column; after the last as given again: problems first."""
        sortable = [i for i, column in enumerate(self.columns) if column.sortable and column.title]
        after = [i for i in sortable if self._sort is None or i > self._sort]
        self._sort, self._held = (after[0] if after else None), None
        self._descending = self._sort is not None and self.columns[self._sort].right
        self._reorder()

    def action_reverse(self) -> None:
        if self._sort is not None:
            self._descending = not self._descending
            self._reorder()

    def action_open(self) -> None:
        if self._key is not None:
            self.post_message(self.Opened(self, self._key))

    def _nearest(self, index: int, step: int) -> int:
        """The row at an index, or the next that isn't a heading; where there is none the present one."""
        step = 1 if step > 0 else -1
        for way, start in ((step, index), (-step, index)):
            at = max(0, min(len(self._shown) - 1, start))
            while 0 <= at < len(self._shown):
                if not self._shown[at].heading:
                    return at
                at += way
        return 0

    def _go(self, index: int) -> None:
        held, self._held = self._held, None
        self._index = index
        self._touched = True
        self._tell()
        if held is not None:
            self._reorder()
        else:
            self.repaint()

    def _tell(self) -> None:
        key = self._shown[self._index].key if self._index < len(self._shown) else None
        if key is not None and self._shown[self._index].heading:
            key = None
        if key != self._key:
            self._key = key
            self.post_message(self.Selected(self, key))

    # The drawing

    @property
    def _above(self) -> int:
        return self.blank_above + bool(self.heading) + self.header

    @property
    def _room(self) -> int:
        return max(1, self.size.height - self._above - bool(self._foot))

    def lines_wanted(self) -> int:
        """The height at which everything shows, whatever is filtered now: a filter moves no panel."""
        return self._above + max(1, len(self._given)) + bool(self._foot)

    def draw(self, width: int, height: int) -> list[Strip]:
        room = max(0, height - self._above - bool(self._foot))
        self._scroll(room)
        window = self._shown[self._top : self._top + room]
        if len(self._given) > _MEASURED:
            self._wanted = widths_wanted(self.columns, window, self._wanted)
        self._place(width)
        lines = [self._blank(width)] * self.blank_above
        if self.heading:
            lines.append(strip(title(self._title(), width, tail=self._tail(room)), width, self.palette))
        if self.header:
            runs = header_line(self.columns, self._places, self._sort, descending=self._descending)
            lines.append(strip(runs, width, self.palette))
        if not self._shown and room:
            said = "nothing matches" if self._given else self.empty
            lines.append(strip(((f" {said}", "dim"),), width, self.palette))
        lines += [self._row(row, width, self._top + n == self._index) for n, row in enumerate(window)]
        if self._foot is not None:
            lines.append(strip(row_line(self._foot, self.columns, self._places, width - 2), width, self.palette))
        return lines

    def _scroll(self, room: int) -> None:
        last = max(0, len(self._shown) - room)
        self._top = max(0, min(self._top, last, self._index), self._index - room + 1 if room else 0)
        # A heading above the first visible row is worth its line.
        if 0 < self._top == self._index and self._shown[self._top - 1].heading:
            self._top -= 1

    def _place(self, width: int) -> None:
        width -= 2  # one blank cell on either side: what touches the edge can't be read
        key = (width, self._wanted, self._skip)
        if key != self._placed:
            self._placed = key
            self._places = fit(self.columns, self._wanted, width, skip=self._skip)
            self._strips.clear()
        elif len(self._strips) > 4 * self.size.height + 200:
            self._strips.clear()

    def _title(self) -> Line:
        if not self.has_focus or not self.heading:
            return self.heading
        (text, _), *rest = self.heading
        return ((text, "strong accent"), *rest)

    def _tail(self, room: int) -> Line:
        if len(self._shown) > room > 0:
            return ((f"{self._top + 1}–{min(len(self._shown), self._top + room)} of {len(self._shown)}", "dim"),)
        return self.tail

    def _row(self, row: Row, width: int, under_cursor: bool) -> Strip:
        ground = "select" if under_cursor and self.has_focus else "ground"
        cached = self._strips.get((row.key, ground))
        if cached is not None and (cached[0] is row or cached[0] == row):
            return cached[1]
        runs = row_line(row, self.columns, self._places, width - 2)
        drawn = strip(runs, width, self.palette, ground)
        self._strips[row.key, ground] = row, drawn
        return drawn

    def on_click(self, event: Click) -> None:
        index = self._top + event.y - self._above
        if event.y >= self._above and index < len(self._shown) and not self._shown[index].heading:
            again = index == self._index
            self._go(index)
            if again:
                self.action_open()

    def on_mouse_scroll_down(self, _: MouseScrollDown) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self, _: MouseScrollUp) -> None:
        self.action_move(-3)
