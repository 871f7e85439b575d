"""Which services an alert's expression watches, and which series a question is made of."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.sources.metrics.expressions import EVERY, plain_names, selectors, services

NOBODY: frozenset[str] = frozenset()
JOBS = frozenset({"legacy"})


@pytest.mark.parametrize(
    ("expression", "watched"),
    [
        ("up == 0", EVERY),
        ('up{service!=""} == 0', EVERY),
        ('up{service=~".+"} == 0', EVERY),
        ('up{service="orders"} == 0', {"orders"}),
        ('up{service=~"orders|payments"} == 0', {"orders", "payments"}),
        ('up{service=~"(orders|payments)"} == 0', {"orders", "payments"}),
        ('up{service=~"pay.+"} == 0', NOBODY),  # which these are is not known
        ('up{service=""} == 0', NOBODY),
        ('up{service=~"a|b", service="a"} == 0', {"a"}),
        ('up{job="legacy"} == 0', {"legacy"}),
        ('up{job="apps"} == 0', EVERY),
        ('up{job="legacy", service="orders"} == 0', {"orders"}),
        ("vector(1)", NOBODY),
        ("absent(up)", NOBODY),
        ('absent(up{service="orders"})', {"orders"}),
        ("sum(rate(x[5m])) > 5", NOBODY),
        ("sum by (le) (rate(x[5m])) > 5", NOBODY),
        ("sum by (service, code) (rate(x[5m])) > 5", EVERY),
        ("sum without (code) (rate(x[5m])) > 5", EVERY),
        ("sum without (service) (rate(x[5m])) > 5", NOBODY),
        ('sum(rate(x{service="orders"}[5m])) > 5', {"orders"}),
        ("topk(3, x)", EVERY),
        ("histogram_quantile(0.99, sum by (le, service) (rate(x_bucket[5m]))) > 1", EVERY),
        ("max_over_time(sum(x)[1h:1m]) > 5", NOBODY),
        ('x{service="a"} > 1 or x{service="b"} > 1', {"a", "b"}),
        ('x{service="a"} > 1 or x > 9', EVERY),
        ('x > 1 and on(service) y{service="a"}', {"a"}),
        ('x > 1 unless on(service) muted{service="a"}', EVERY),
        ('x{service="a"} / on(job) y', {"a"}),
        ("x / on(job) y > 1", NOBODY),
        ("x / on(job) group_left y > 1", EVERY),
        ("x / ignoring(code) y > 1", EVERY),
        ("x / ignoring(service) y > 1", NOBODY),
        ("time() - x > 60", EVERY),
        ('label_replace(x, "service", "$1", "app", "(.*)") > 1', EVERY),
        ('label_replace(sum(x), "team", "$1", "app", "(.*)") > 1', NOBODY),
        ("-x > 5", EVERY),
        ("(x)", EVERY),
        ("not promql (", NOBODY),
        ("", NOBODY),
        ("(" * 5000 + "up" + ")" * 5000, NOBODY),  # deep enough to end the parser's process
        ("+".join(["up"] * 5000), NOBODY),
    ],
)
def test_an_expression_watches_those_that_it_names_or_whose_label_it_keeps(
    expression: str, watched: set[str] | None
) -> None:
    assert services(expression, "service", JOBS) == (EVERY if watched is None else frozenset(watched))


def test_the_service_label_is_the_one_that_is_set() -> None:
    assert services('up{app="a"}', "app") == frozenset({"a"})
    assert services("sum by (service) (up)", "app") == NOBODY


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ('sum(rate(x{a="b"}[5m])) / y', ('x{a="b"}', "y")),
        ("x offset 5m", ("x offset 5m",)),
        ("rate(x[5m] offset 1h)", ("x offset 1h",)),
        ("max_over_time(x[1h:1m])", ("x",)),
        ("max_over_time(x[1h:1m] offset 1d)", ()),
        ("x + x", ("x",)),
        ("vector(1)", ()),
        ("broken(", ()),
    ],
)
def test_the_series_of_a_question_are_its_selectors(expression: str, selected: tuple[str, ...]) -> None:
    assert selectors(expression) == selected


@given(st.text(alphabet='()+-{}[]="|,x1 sumbyor~!:', max_size=400))
def test_any_text_is_read_or_refused_in_no_time(text: str) -> None:
    began = time.perf_counter()
    services(text, "service")
    selectors(text)
    assert time.perf_counter() - began < 1


@given(st.lists(st.from_regex(r"\A[a-z][a-z0-9.-]{0,9}\Z"), min_size=1, max_size=5))
def test_an_alternation_of_names_is_those_names(names: list[str]) -> None:
    assert plain_names("|".join(names)) == frozenset(names)
    assert plain_names("|".join(names) + ".*") is None
