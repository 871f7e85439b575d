from __future__ import annotations

from fractions import Fraction

import pytest

from prodtui.ui import format as fmt


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "?"),
        (float("nan"), "?"),
        (0.0, "0 ms"),
        (0.0004, "0.4 ms"),
        (0.012, "12 ms"),
        (0.41, "410 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s "),
        (2.3, "2.3 s "),
        (12.34, "12 s "),
    ],
)
def test_latencies_have_two_or_three_digits_and_a_unit_of_two_cells(seconds: float | None, text: str) -> None:
    assert fmt.latency(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "?"), (0.4, "0 s"), (38, "38 s"), (99, "99 s"), (240, "4 min"), (7200, "2 h"), (259_200, "3 d")],
)
def test_ages_are_told_in_their_largest_unit(seconds: float | None, text: str) -> None:
    assert fmt.age(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(None, "?"), (0.0, "0.0 %"), (0.0001, "<0.1 %"), (0.041, "4.1 %"), (0.5, "50 %"), (1.0, "100 %")],
)
def test_a_small_ratio_never_reads_zero(ratio: float | None, text: str) -> None:
    assert fmt.percent(ratio) == text


@pytest.mark.parametrize(
    ("per_s", "text"), [(None, "?"), (0, "0.0"), (11.24, "11.2"), (420, "420"), (12_400, "12.4k"), (2.5e6, "2.5M")]
)
def test_rates_are_scaled(per_s: float | None, text: str) -> None:
    assert fmt.rate(per_s) == text


def test_a_score_is_cut_and_never_rounded_up() -> None:
    assert fmt.score(Fraction(8996, 100)) == "89.9"
    assert fmt.scores(Fraction(712, 10), Fraction(80)) == "71.2–80.0"
    assert fmt.scores(Fraction(712, 10), Fraction(712, 10)) == "71.2"


@pytest.mark.parametrize(("share", "filled"), [(0.0, 0), (0.001, 1), (0.5, 5), (0.99, 9), (1.0, 10), (1.7, 10)])
def test_a_bar_shows_any_use_and_is_full_only_when_full(share: float, filled: int) -> None:
    full, rest = fmt.bar(share, 10)
    assert (len(full), len(full) + len(rest)) == (filled, 10)


def test_a_sparkline_keeps_calm_low_and_shows_a_rise() -> None:
    assert fmt.sparkline([0.02] * 10, 10) == "▂" * 10
    assert fmt.sparkline([0.02] * 9 + [2.0], 10) == "▁" * 9 + "█"
    assert fmt.sparkline([None, 0.02], 4) == "   ▂"
    assert fmt.sparkline([], 4) == "    "


def test_a_plot_fills_columns_from_below() -> None:
    assert fmt.plot([0.5, 1.0], 2, 2, 1.0) == [" █", "██"]
