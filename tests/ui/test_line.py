"""Lines fit the width that they are given, whatever they hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodtui.ui.line import Line, Run, between, clipped, line_length

RUNS = st.lists(st.tuples(st.text(st.sampled_from("ab 日→✖"), max_size=12), st.sampled_from(["", "bad"])), max_size=5)


@given(RUNS, st.integers(0, 40))
def test_a_clipped_line_never_exceeds_its_width_and_stays_whole_where_it_fits(runs: list[Run], width: int) -> None:
    line: Line = tuple(runs)
    kept = clipped(line, width)
    assert line_length(kept) <= width
    if line_length(line) < width:
        assert "".join(text for text, _ in kept) == "".join(text for text, _ in line)


@given(RUNS, RUNS, st.integers(0, 120))
def test_the_right_part_keeps_its_edge_however_long_the_left_one_is(left: list[Run], right: list[Run], w: int) -> None:
    line = between(tuple(left), tuple(right), w)
    if line_length(right) <= w:
        assert line_length(line) == w
        assert line[len(line) - len(right) :] == tuple(right)
