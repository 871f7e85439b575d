"""What is on the terminal already is not sent again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from prodtui.ui.paint import nothing_shown
from prodtui.ui.shown import WORTH_A_MOVE, Cell, Shown, cells_of

BAD, DIM = Style(color="red"), Style(color="grey50")
SEGMENTS = st.lists(
    st.builds(Segment, st.text(alphabet="ab ─日e\u0301", max_size=6), st.sampled_from([BAD, DIM, None])), max_size=6
)


def painted(shown: Shown, *segments: Segment, x: int = 0) -> list[tuple[int, str]]:
    return [(run.x, "".join(part.text for part in run.segments)) for run in shown.differing(x, 0, segments)]


def test_only_what_differs_is_written() -> None:
    shown = nothing_shown()
    assert painted(shown, Segment("p99 2.4 s", BAD)) == [(0, "p99 2.4 s")]
    assert painted(shown, Segment("p99 2.4 s", BAD)) == []
    assert painted(shown, Segment("p99 2.7 s", BAD)) == [(6, "7")]
    assert painted(shown, Segment("p99 2.7 s", DIM)) == [(0, "p99 2.7 s")]
    shown.forget()
    assert painted(shown, Segment("p99 2.7 s", DIM)) == [(0, "p99 2.7 s")]


def test_what_lies_close_together_is_written_at_once() -> None:
    shown = nothing_shown()
    painted(shown, Segment("0" * 40, DIM))
    near, far = "1" + "0" * WORTH_A_MOVE + "1", "1" + "0" * (WORTH_A_MOVE + 1) + "1"
    assert painted(shown, Segment(near, DIM)) == [(0, near)]
    shown.forget()
    painted(shown, Segment("0" * 40, DIM))
    assert painted(shown, Segment(far, DIM)) == [(0, "1"), (WORTH_A_MOVE + 2, "1")]


def test_a_wide_character_is_never_written_by_halves() -> None:
    shown = nothing_shown()
    painted(shown, Segment("日本", DIM))
    assert painted(shown, Segment("日x ", DIM)) == [(2, "x ")]
    assert painted(shown, Segment("日本", DIM)) == [(2, "本")]
    assert painted(shown, Segment("a日b", DIM)) == [(0, "a日b")]


def test_a_blank_has_no_ink() -> None:
    shown = nothing_shown()
    painted(shown, Segment("   ", BAD))
    assert painted(shown, Segment("   ", DIM)) == []
    assert painted(shown, Segment("   ", Style(bgcolor="blue"))) == [(0, "   ")]


@given(st.lists(st.tuples(st.integers(0, 5), SEGMENTS), max_size=6))
def test_whatever_is_painted_the_terminal_shows_the_last_of_it(paints: list[tuple[int, list[Segment]]]) -> None:
    shown = nothing_shown()
    terminal: dict[int, Cell] = {}
    wanted: dict[int, Cell] = {}
    for x, segments in paints:
        wanted |= {x + n: cell for n, cell in enumerate(cells_of(segments))}
        for run in shown.differing(x, 0, segments):
            terminal |= {run.x + n: cell for n, cell in enumerate(cells_of(run.segments))}
    assert {x: cell.text for x, cell in terminal.items()} == {x: cell.text for x, cell in wanted.items()}
    assert all(cell.style == wanted[x].style for x, cell in terminal.items() if cell.text != " ")
