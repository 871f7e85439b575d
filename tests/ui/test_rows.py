"""Rows are pure: moments of a small shop in, rows out."""

from __future__ import annotations

import msgspec
import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.declared import Declared
from prodtui.model.moment import Moment
from prodtui.ui.clock import Mode
from prodtui.ui.grid_rows import Row
from prodtui.ui.line import Line, line_length
from prodtui.ui.rows import (
    breakers,
    checks,
    elsewhere,
    events,
    evidence,
    healths,
    latency,
    pools,
    record,
    services,
)
from prodtui.ui.rows.behind import behind
from prodtui.ui.rows.fields import fields
from prodtui.ui.rows.first import nothing_failing
from prodtui.ui.rows.header import header
from prodtui.ui.screens.page import nothing_to_read
from tests.ui.moments import Shop, ill, pool, well


def texts(row: Row) -> list[str]:
    return [cell.whole.strip() for cell in row.cells]


def plain(lines: list[Line]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def named(rows: tuple[Row, ...], name: str) -> Row:
    return next(row for row in rows if name in texts(row))


def without(source: str, cause_class: CauseClass = CauseClass.REFUSED, after_s: float = 20) -> Moment:
    """All is well but one source, which fails for that long."""
    shop = Shop()
    shop.well()
    shop.now += 2
    shop.fail(source, cause_class, "127.0.0.1:8500 refused the connection")
    shop.now += after_s - 2
    shop.well(without=(source,))
    return shop.moment(0)


def test_services_come_worst_first_with_the_costliest_reason() -> None:
    rows = services.rows(ill())
    assert [row.key for row in rows[:2]] == ["payments", "checkout"]
    glyph, name, _, instances, why, p99, errors, *_ = texts(rows[0])
    assert (glyph, name, instances, p99, errors) == ("✖", "payments", "1/2", "2.4 s", "4.1 %")
    assert why
    assert rows[0].cells[2].style == "strong bad"
    assert texts(rows[-1])[0] == "●"


def test_where_all_is_well_nothing_is_coloured() -> None:
    for row in services.rows(well()):
        assert row.badness == 0
        assert {cell.style for cell in row.cells[2:]} <= {"", "dim"}


def test_a_saturated_pool_names_its_waiters() -> None:
    row = named(pools.rows(ill()), "payments-db")
    assert texts(row) == ["✖", "payments-db", "████████", "20/20", "34 wait 5.4 s"]
    assert row.badness == 3


def test_a_blocked_session_shows_at_its_database() -> None:
    assert "1 block 38 s" in texts(named(pools.rows(ill()), "postgres"))


def test_paused_and_cut_off_pools_say_so() -> None:
    shop = Shop()
    shop.well()
    paused = pool("catalog", waiting=2, used=0)
    shop.tell("pgbouncer", msgspec.structs.replace(paused, paused=True, idle=0))
    assert texts(pools.rows(shop.moment())[0])[-1] == "paused 2 wait"
    shop.tell("pgbouncer", msgspec.structs.replace(paused, idle=0))
    assert texts(pools.rows(shop.moment())[0])[-1] == "no server 2 wait"


def test_an_open_breaker_is_first_in_words_with_its_time() -> None:
    row = breakers.rows(ill())[0]
    assert texts(row)[:3] == ["✖", "checkout→payments", "OPEN"]
    assert texts(row)[3].count(":") == 2
    assert texts(row)[4] == "12.4"


def test_latency_marks_what_its_checks_judged() -> None:
    row = named(latency.rows(ill()), "payments")
    assert row.cells[4].style == "bad"
    assert named(latency.rows(ill()), "catalog").cells[4].style == ""


def test_events_are_newest_first_with_both_ends() -> None:
    found = [texts(row) for row in events.rows(ill())]
    assert [row[4] for row in found if row[2] == "breaker"] == ["closed → open"]


def test_a_lost_source_leaves_question_marks_and_one_line_elsewhere() -> None:
    moment = without("pgbouncer")
    row = named(pools.rows(moment), "payments-db")
    assert texts(row)[0] == "?"
    assert texts(row)[3] == "?"
    found = elsewhere.rows(moment)
    assert [texts(r)[2] for r in found] == ["pgbouncer"]
    assert "refused" in texts(found[0])[3]


def test_a_stale_source_dims_its_values_and_keeps_them() -> None:
    row = named(pools.rows(without("pgbouncer", after_s=8)), "payments-db")
    assert texts(row)[3] == "2/20"
    assert {cell.style for cell in row.cells[2:]} == {"dim"}


def test_lost_metrics_leave_no_number_of_theirs() -> None:
    row = services.rows(without("prometheus"))[0]
    assert texts(row)[5:8] == ["?", "?", "?"]


def test_elsewhere_tells_pools_breakers_and_databases() -> None:
    found = {tuple(texts(row)[1:3]) for row in elsewhere.rows(ill())}
    assert {("pool", "payments-db"), ("database", "postgres"), ("breaker", "checkout→payments")} <= found


def test_the_points_on_screen_add_up() -> None:
    for moment in (ill(), without("consul")):
        for service in moment.assessment.services:
            rows = checks.rows(service, moment)
            pillars = [row.cells[-1].whole for row in rows if row.heading]
            single = [row.cells[-1].whole for row in rows if not row.heading and "/" in row.cells[-1].whole]
            assert tenths(pillars) == tenths(single)
            assert tenths(pillars)[1] == 1000


def tenths(points: list[str]) -> tuple[int, int]:
    pairs = [point.strip().split("/") for point in points]
    return sum(round(float(got) * 10) for got, _ in pairs), sum(round(float(of) * 10) for _, of in pairs)


def test_evidence_tells_reason_threshold_time_and_what_it_would_raise() -> None:
    moment = ill()
    service = moment.assessment.service("payments")
    assert service is not None
    check = next(c for c in service.checks if c.id == "availability.passing")
    said = plain(evidence.lines(check, service, moment, 60))
    for words in (check.reason, "ready of payments-2", "critical since", "deadline exceeded", "threshold", "raises to"):
        assert words in said
    p99 = next(c for c in service.checks if c.id == "performance.latency_p99")
    assert p99.limit == 0.25
    assert "limit 250 ms" in plain(evidence.lines(p99, service, moment, 60))


def test_a_health_check_is_told_whole() -> None:
    moment = ill()
    rows = healths.rows("payments", moment)
    assert texts(rows[0])[1] == "payments-2"
    check = record.record_of(rows[0].key, moment)
    assert check is not None
    said = plain(healths.lines(rows[0].key, check, moment, None))  # type: ignore[arg-type]
    for words in ("critical since", "GET http://127.0.0.1", "every 2 s, timeout 1 s", "deadline exceeded", "runbook"):
        assert words in said


def test_a_blocking_chain_is_a_tree() -> None:
    moment = ill()
    row = named(pools.rows(moment), "postgres")
    server = record.record_of(row.key, moment)
    assert server is not None
    found = behind(row.key, server, moment)
    assert found is not None
    assert found.wrong
    lines = plain(found.lines).split("\n")
    assert lines[0].startswith("pid 4121")
    assert lines[1].startswith("  UPDATE ledger")
    assert lines[2].startswith("└ pid 4130 waits 38 s")
    assert lines[3].startswith("    UPDATE ledger")


def test_a_record_shows_every_field() -> None:
    moment = ill()
    row = named(pools.rows(moment), "payments-db")
    found = record.record_of(row.key, moment)
    assert found is not None
    said = plain(fields(found, moment.now))
    assert all(name in said for name in found.__struct_fields__)


def header_text(moment: Moment, width: int, mode: Mode | None = None) -> str:
    left, right = header(moment, width, mode=mode or Mode())
    assert line_length(left) + line_length(right) <= width
    return plain([(*left, *right)])


def test_the_header_fits_every_width_and_names_a_lost_source() -> None:
    moment = without("consul")
    for width in (80, 100, 120, 140, 200):
        said = header_text(moment, width)
        assert "consul" in said
        assert "refused" in said
        assert "LIVE" in said
    assert "lost 20 s" in header_text(moment, 120)


@pytest.mark.parametrize("crumb", ["health", "payments-db/payments", "checkout/payments/checkout-1", "x" * 200])
def test_on_a_narrow_screen_the_way_gives_before_the_verdict_and_the_clock(crumb: str) -> None:
    left, right = header(ill(), 80, mode=Mode(), crumbs=("overview", "payments", crumb))
    assert line_length(left) + 3 + line_length(right) <= 80
    said = plain([(*left, *right)])
    assert " NOT READY " in said
    assert "LIVE" in said
    assert f"› payments › {crumb}"[:7] in said


def test_the_header_says_verdict_counts_and_score() -> None:
    said = header_text(ill(), 140)
    assert "NOT READY" in said
    assert "2 of 5 failing" in said
    assert "PAUSED" in header_text(ill(), 140, Mode(paused=True))
    assert "–" in header_text(without("prometheus"), 140)


def test_the_header_says_that_it_is_a_recording_and_how_fast_it_goes() -> None:
    then = msgspec.structs.replace(ill(), newest=ill().now + 60)
    for width in (80, 140):
        assert "REPLAY ×10  AT" in header_text(then, width, Mode(read_only=True, replays=10.0))
    assert "read-only" not in header_text(then, 140, Mode(read_only=True, replays=1.0))


def test_first_says_since_when_nothing_fails_and_is_empty_else() -> None:
    assert "nothing failing since" in plain([nothing_failing(well())])
    assert nothing_failing(ill()) == ()


def test_an_empty_environment_says_what_to_do_next() -> None:
    said = plain(list(nothing_to_read(Shop(Declared(environment="lab")).moment())))
    assert "prodtui init" in said
    assert "prodtui lab" in said
