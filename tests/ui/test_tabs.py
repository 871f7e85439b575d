"""What a service is made of, tab by tab, and the plots: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.moment import Moment
from prodtui.model.records import Instance
from prodtui.ui import format as fmt
from prodtui.ui.grid_rows import Row
from prodtui.ui.line import Line, line_length
from prodtui.ui.rows import demand, history, instances, latency_of, plot
from prodtui.ui.rows import service_tabs as tabs
from prodtui.ui.rows.record import record_of
from tests.ui import incidents, judged
from tests.ui.moments import Shop, ill, metrics, pool, registry, well


def plain(lines: list[Line]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def rows_of(tab: str, moment: Moment, name: str = "payments") -> list[Row]:
    service = moment.assessment.service(name)
    assert service is not None
    return list(tabs.rows(tab, service, moment.views[name], moment))


def texts(row: Row) -> list[str]:
    return [cell.whole.strip() for cell in row.cells]


def test_instances_show_zone_version_phase_and_status_the_worst_first() -> None:
    found = [texts(row) for row in rows_of("instances", ill())]
    assert found[0][:7] == ["✖", "payments-2", "critical", "serving", "2.14.1", "z2", "lab"]
    assert found[1][2] == "passing"


def test_the_odd_version_out_is_seen() -> None:
    shop = Shop()
    shop.well()
    third = Instance(service="payments", id="payments-3", node="lab", version="2.15.0", port=1)
    shop.tell("consul", *registry(), third)
    styles = {row.cells[4].text: row.cells[4].style for row in rows_of("instances", shop.moment())}
    assert styles == {"2.14.1": "", "2.15.0": "accent"}


def test_an_instance_tells_what_its_checks_say() -> None:
    moment = ill()
    row = rows_of("instances", moment)[0]
    record = record_of(row.key, moment)
    assert isinstance(record, Instance)
    said = plain(instances.lines(row.key, record, moment.views["payments"], moment))
    assert "deadline exceeded" in said
    assert "zone" in said


def test_pools_and_breakers_are_the_services_own_and_those_held_against_it() -> None:
    assert [texts(row)[1] for row in rows_of("pools", ill())] == ["payments-db", "postgres"]
    found = [texts(row) for row in rows_of("breakers", ill())]
    assert [row[0] for row in found if len(row) == 2] == ["against it 1", "proxied to it 1"]
    assert [row[1] for row in found if len(row) == 5] == ["checkout→payments", "cluster envoy/payments"]
    assert [texts(row)[0] for row in rows_of("breakers", ill(), "checkout") if row.heading] == [
        "its own 2",
        "against it 1",
        "proxied to it 1",
    ]


def test_the_bar_names_every_tab_by_its_key_and_fits_a_small_terminal() -> None:
    failing = dict.fromkeys(("instances", "pools", "breakers", "dependencies"), 12)
    for width in (78, 118):
        bar = tabs.bar("pools", failing, width)
        said = "".join(text for text, _ in bar)
        assert line_length(bar) <= width
        assert all(f"{n} {name[:3]}" in said for n, name in enumerate(tabs.NAMES, 1))
        assert said.count("✖") == 4
        assert [text for text, style in bar if "under" in style] == ["pools"]


def test_history_holds_events_changes_acknowledgements_and_what_was_accepted() -> None:
    found = [texts(row) for row in history.rows("payments", incidents.whole())]
    kinds = [row[2] for row in found]
    assert kinds[0] == "seen"
    assert {"breaker", "session", "pool", "health", "sli", "deploy"} <= set(kinds)
    assert not any("checkout error_ratio" in row[3] for row in found)
    assert "by ana@ci" in [row[3] for row in map(texts, history.rows("payments", judged.ill())) if row[2] == "accepted"]


def test_the_latency_shows_its_plot_with_the_limit_then_what_was_judged() -> None:
    moment = ill()
    service = moment.assessment.service("payments")
    assert service is not None
    said = plain(latency_of.lines(service, moment.views["payments"], moment, 100, 40))
    assert "┄ limit 250 ms" in said
    assert "█" in said
    assert said.index("█") < said.index("✖ latency_p99")
    assert "as read by prometheus" in said


def test_a_service_without_metrics_says_so() -> None:
    shop = Shop()
    shop.tell("consul", *registry())
    moment = shop.moment()
    service = moment.assessment.service("payments")
    assert service is not None
    said = plain(latency_of.lines(service, moment.views["payments"], moment, 100, 40))
    assert "No metrics system reports" in said or "latency_p99" in said


@given(
    st.lists(st.none() | st.floats(0, 1e4), min_size=1, max_size=plot.WINDOW),
    st.integers(20, 200),
    st.integers(2, 20),
    st.lists(st.floats(1e-3, 900), max_size=2),
)
def test_a_plot_is_as_wide_and_as_tall_as_it_may_be(
    values: list[float | None], width: int, height: int, marks: list[float]
) -> None:
    told = [plot.Mark(value, "limit", "warn", "┄", bad_above=not n) for n, value in enumerate(marks)]
    drawn = plot.drawn(values, 1e9, width, height, told, fmt.duration)
    if all(value is None for value in values):
        assert drawn == []
        return
    assert len(drawn) == height + 1
    assert all(line_length(line) <= width for line in drawn)
    labels = " ".join(text for line in drawn[:-1] for text, _ in line[:1])
    assert all(fmt.duration(mark) in labels for mark in marks[:1])


def test_the_window_of_a_pool_is_held_against_its_size() -> None:
    shop = Shop()
    shop.well()
    for used, waiting in ((2, 0), (20, 0), (20, 34)):
        shop.now += 10
        shop.tell("pgbouncer", pool("payments", used=used, waiting=waiting))
    shop.now += 40
    shop.tell("prometheus", *metrics())
    moment = shop.moment(1)
    subject = "pool:pgbouncer:payments-db/payments"
    assert moment.trends[subject] == (2.0, 2.0, 20.0, 54.0, 54.0, 54.0, 54.0, 54.0)
    record = record_of(subject, moment)
    assert record is not None
    said = plain(demand.lines(subject, record, moment, 60))  # type: ignore[arg-type]
    assert "used + waiting" in said
    assert "size 20" in said
    assert "54" in said


@pytest.mark.parametrize("tab", [tab for tab in tabs.NAMES if tab != "latency"])
def test_every_tab_of_a_well_service_is_quiet(tab: str) -> None:
    for row in rows_of(tab, well(), "catalog"):
        assert row.heading or row.badness == 0
        runs = [run for cell in row.cells for run in ((cell.text, cell.style), *cell.tail)]
        assert all(style not in ("bad", "warn") for text, style in runs if text)


def test_burn_is_told_in_times_of_the_budget() -> None:
    assert [fmt.times(value) for value in (0, 0.04, 1.25, 41.3, 2_500)] == ["0×", "0.0×", "1.2×", "41×", "2.5k×"]


@pytest.mark.parametrize("width", [40, 79, 98, 118, 198])
def test_a_full_window_fills_the_plot_and_its_axis_tells_how_long_it_is(width: int) -> None:
    values = [1.0] * plot.WINDOW
    now = 1e9
    *bars, times = ["".join(text for text, _ in line) for line in plot.drawn(values, now, width, 6, (), fmt.duration)]
    assert all(" " not in line[plot.AXIS + 1 :] for line in bars)
    assert times.split()[0] == fmt.clock(now - plot.WINDOW * plot.POINT_S)[:5]
