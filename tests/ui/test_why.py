"""`w`: the score in sentences, from wherever one is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from prodtui.model.assessment import ServiceAssessment
from prodtui.model.moment import Moment
from prodtui.readiness.explain import gains
from prodtui.ui.line import Paragraph
from prodtui.ui.rows import why
from tests.ui import judged
from tests.ui.moments import Shop, ill, ill_shop, well
from tests.ui.showing import Hand, dashboard, shows, text


def of(moment: Moment, name: str) -> ServiceAssessment:
    found = moment.assessment.service(name)
    assert found is not None
    return found


def said(paragraphs: list[Paragraph]) -> str:
    return "\n".join(paragraph.plain for paragraph in paragraphs)


def test_each_lost_point_is_one_sentence_and_the_most_expensive_comes_first() -> None:
    moment = ill()
    service = of(moment, "payments")
    lost = [p.plain.split() for p in why.paragraphs(service, moment) if p.key and p.key.startswith("lost")]
    points = [float(words[0].replace("−", "-")) for words in lost]
    assert points == sorted(points)
    assert len(points) == len(gains(service)) > 5


@pytest.mark.parametrize("moment", [ill, judged.ill, judged.with_release, judged.recovering])
def test_what_is_lost_and_the_score_add_up_to_a_hundred(moment: Callable[[], Moment]) -> None:
    for service in moment().assessment.services:
        tenths = sum((gain.lost for gain in gains(service)), Fraction(0)) + Fraction(int(service.score * 10), 10)
        assert tenths == 100


def test_a_sentence_says_what_fails_what_to_do_and_what_it_would_bring() -> None:
    moment = ill()
    found = said(why.paragraphs(of(moment, "payments"), moment))
    assert "latency_p99 fails: 2.4 s, passes < 250 ms. See what the slow requests wait for" in found
    assert "(would raise it to 7" in found


def test_waivers_say_who_answers_until_when() -> None:
    moment = judged.ill()
    found = said(why.paragraphs(of(moment, "payments"), moment))
    assert "waivers that hold" in found
    assert "(ana, SHOP-412)" in found
    assert "Ends 2026-11-2" in found
    assert found.count("W-12 waives") == 1
    assert "It is waived W-12, 3 d left." in found


def test_notes_and_what_changed_since_it_was_accepted_are_told() -> None:
    moment = judged.ill()
    found = said(why.paragraphs(of(moment, "payments"), moment))
    for words in ("no longer blocks", "W-7 for performance.latency_p95", "READY → NOT READY", "score 100.0 → "):
        assert words in found
    assert "↓ latency_p99 PASS → FAIL (40 ms → 2.4 s)" in found
    assert "W-7" not in said(why.paragraphs(of(moment, "checkout"), moment))


def test_what_recovers_is_not_said_to_fail() -> None:
    moment = judged.recovering()
    found = said(why.paragraphs(of(moment, "payments"), moment))
    assert "passing is recovering: 1 of 2 good; 2 of 2 passing." in found
    assert "passing fails" not in found


def test_where_all_is_well_nothing_is_lost() -> None:
    moment = well()
    service = of(moment, "payments")
    assert why.paragraphs(service, moment) == []
    assert "nothing is lost" in "".join(words for words, _ in why.heading(service))


def test_an_inconclusive_verdict_names_what_is_not_known() -> None:
    shop = Shop()
    for source in ("consul", "pgbouncer", "postgres", "envoy"):
        shop.well(without=[s for s in ("consul", "pgbouncer", "postgres", "envoy", "prometheus") if s != source])
    moment = shop.moment(60)
    service = of(moment, "payments")
    words = "".join(run for run, _ in why.verdict(service))
    assert "INCONCLUSIVE" in words
    assert "not known" in words


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_w_explains_the_row_under_the_cursor_and_enter_shows_the_evidence(size: tuple[int, int]) -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "✖ checkout", "w why")
        await pilot.press("j", "w")
        await shows(pilot, "checkout › why", "breaker_open fails", "would raise it to")
        await pilot.press("enter")
        screen = await shows(pilot, "overview › checkout ", "Why ", "raises to")
        assert "blocking · FAIL" in screen
        await pilot.press("w")  # back to where this was opened from, not one screen deeper
        await shows(pilot, "checkout › why")
        await pilot.press("escape")
        await shows(pilot, "✖ checkout")
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize(
    ("keys", "service"),
    [
        (("w",), "payments"),
        (("2", "G", "w"), "inventory"),
        (("3", "w"), "checkout"),
        (("enter", "enter", "w"), "payments"),
        (("3", "enter", "w"), "checkout"),
        (("5", "w"), "checkout"),
    ],
)
async def test_w_finds_the_service_that_a_screen_belongs_to(keys: tuple[str, ...], service: str) -> None:
    shop = ill_shop()
    app = dashboard(Hand(shop.moment()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press(*keys)
        await shows(pilot, f"{service} › why")


async def test_a_long_explanation_scrolls_with_the_cursor() -> None:
    app = dashboard(Hand(judged.ill()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("w")
        await shows(pilot, "error_ratio fails")
        await pilot.press("G")
        await shows(pilot, "since ", "↓ latency_p95 PASS → FAIL")
        assert "error_ratio fails" not in text(app)
        await pilot.press("g")
        await shows(pilot, "error_ratio fails")
        await pilot.press("slash", *"ledger")
        await shows(pilot, "W-12 waives")


async def test_help_names_w() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("question_mark")
        screen = await shows(pilot, "Keys")
        assert any(line.split()[:2] == ["w", "why"] for line in screen.split("\n"))
