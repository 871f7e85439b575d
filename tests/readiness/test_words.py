"""How numbers read."""

from __future__ import annotations

import pytest

from prodtui.model.assessment import State
from prodtui.readiness import words
from prodtui.readiness.criteria import Limits, bound


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0.0, "0 s"),
        (0.0004, "0.4 ms"),
        (0.04, "40 ms"),
        (0.9996, "1 s"),
        (2.3, "2.3 s"),
        (38.0, "38 s"),
        (300.0, "5 min"),
        (7_200.0, "2 h"),
        (864_000.0, "10 d"),
    ],
)
def test_durations_take_the_unit_that_gives_few_digits(duration_s: float, text: str) -> None:
    assert words.seconds(duration_s) == text


def test_numbers() -> None:
    assert words.percent(0.485) == "48.5 %"
    assert words.number(1_200_000_000) == "1 200 000 000"
    assert words.plural(1, "client") == "1 client"
    assert words.plural(0, "client") == "0 clients"
    assert words.listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert words.first_line("\n  \n timeout \nmore") == "timeout"


@pytest.mark.parametrize(("op", "holds"), [("<", False), ("<=", True), ("=", True), (">=", True), (">", False)])
def test_bounds_at_their_edge(op: str, *, holds: bool) -> None:
    assert bound(f"{op} 80%").holds(0.8) is holds


def test_limits_never_pass_what_is_no_number() -> None:
    limits = Limits.of("< 1", "< 2")
    found = [limits.judge(value) for value in (0.5, 1.0, 2.0, None, float("nan"), float("-inf"))]
    assert found == [State.PASS, State.WARN, State.FAIL, State.UNKNOWN, State.UNKNOWN, State.UNKNOWN]
