"""The service screen under a policy: the sum, the cursor, waivers, recoveries, what was accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from prodtui.model.moment import Moment
from prodtui.ui.grid import Grid
from prodtui.ui.grid_rows import Row
from prodtui.ui.rows import checks, evidence, since
from prodtui.ui.screens.service import ServicePage
from tests.ui import judged
from tests.ui.moments import ill, ill_shop, well
from tests.ui.showing import Hand, dashboard, shows, until


def rows_of(moment: Moment, service: str = "payments") -> dict[str, Row]:
    found = moment.assessment.service(service)
    assert found is not None
    return {row.key: row for row in checks.rows(found, moment)}


def evidence_of(moment: Moment, check_id: str) -> str:
    service = moment.assessment.service("payments")
    assert service is not None
    check = next(check for check in service.checks if check.id == check_id)
    lines = evidence.lines(check, service, moment, 60)
    return "\n".join("".join(text for text, _ in line) for line in lines)


@pytest.mark.parametrize("told", [ill, well, judged.ill, judged.with_release])
def test_the_foot_adds_the_pillars_up_to_the_score(told: Callable[[], Moment]) -> None:
    for service in told().assessment.services:
        foot = checks.total(service)
        summands = foot.cells[0].whole.removeprefix("sum").replace(" ", "").split("+")
        score, whole = foot.cells[-1].whole.split("/")
        assert round(sum(map(float, summands)), 1) == float(score)
        assert whole == "100.0"


def test_a_waived_check_says_so_with_its_waiver_and_the_days_left() -> None:
    row = rows_of(judged.ill())["data.blocked"]
    assert row.cells[3].whole.startswith("waived W-12, 3 d left · pid 4130")
    assert "W-12, 3 d left until 2026-11-2" in evidence_of(judged.ill(), "data.blocked")


def test_what_does_not_apply_says_why_and_stands_last() -> None:
    found = rows_of(judged.ill())
    row = found["observability.fresh"]
    assert row.cells[3].whole == judged.NOT_APPLICABLE
    assert row.cells[-1].whole == "N/A"
    assert [key for key in found if key.startswith("observability.")][-1] == "observability.fresh"


def test_one_good_observation_is_told_as_a_recovery_and_not_as_a_failure() -> None:
    said = rows_of(judged.recovering())["availability.passing"].cells[3].whole
    assert said.startswith("recovering: 1 of 2 good · 2 of 2 passing")
    assert "FAIL, last seen PASS" in evidence_of(judged.recovering(), "availability.passing")


def test_checks_that_turned_since_the_accepted_release_bear_an_arrow() -> None:
    found = rows_of(judged.ill())
    assert found["performance.latency_p99"].cells[2].whole == "latency_p99 ↓"
    assert found["availability.has_check"].cells[2].whole == "has_check"
    assert "↓" not in rows_of(ill())["performance.latency_p99"].cells[2].whole


def test_the_head_says_what_changed_since_it_was_accepted() -> None:
    moment = judged.ill()
    service = moment.assessment.service("payments")
    assert service is not None
    said = "".join(text for line in since.lines(service, moment) for text, _ in line)
    assert "2.14.0, accepted by ana@ci" in said
    assert "READY → NOT READY · score 100.0 → " in said
    assert " worse" in said
    assert since.lines(service, ill()) == ()


def test_evidence_tells_limit_remedy_and_how_it_was_when_accepted() -> None:
    said = evidence_of(judged.ill(), "performance.latency_p99")
    for words in ("→ See what the slow requests wait for", "2.4 s, limit 250 ms", "PASS 40 ms at ", "limit 250 ms"):
        assert words in said


async def test_notes_of_the_policy_stand_at_the_head() -> None:
    app = dashboard(Hand(judged.ill()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "▲ W-12 waives data.blocked", "▲ weaker than accepted", "and 1 more", "sum ")
        await pilot.resize_terminal(80, 24)
        await shows(pilot, "▲ 3 notes", "sum ")


async def test_the_cursor_stays_on_the_worst_check_until_somebody_moves_it() -> None:
    shop = ill_shop()
    hand = Hand(well())
    app = dashboard(hand)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "● payments")
        await pilot.press("slash", *"payments", "enter", "enter")
        await shows(pilot, "overview › payments", "Why 100.0")
        page = app.screen
        assert isinstance(page, ServicePage)
        hand.give(shop.moment())
        await shows(pilot, "availability.passing blocking · FAIL")
        await pilot.press("G")
        chosen = page.list.selected
        assert chosen != "availability.passing"
        hand.give(well())
        await shows(pilot, "Why 100.0")
        hand.give(shop.moment())
        await shows(pilot, "NOT READY")
        assert page.list.selected == chosen


async def test_reading_the_evidence_keeps_it_under_the_eyes() -> None:
    shop = ill_shop()
    hand = Hand(judged.with_release())
    app = dashboard(hand)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "security.tls_expiry")
        await pilot.press("tab")
        hand.give(shop.moment())
        page = app.screen
        assert isinstance(page, ServicePage)
        await until(pilot, lambda: "availability.passing" in {row.key for row in page.list.rows if row.badness == 3})
        assert page.list.selected != "availability.passing"


async def test_the_sum_stays_in_sight_where_the_checks_scroll() -> None:
    app = dashboard(Hand(judged.with_release()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "sum ", "/100.0", "✖ B tls_expiry")
        grid = app.screen.query_one(Grid)
        assert len(grid.rows) > grid.size.height
