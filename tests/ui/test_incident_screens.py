"""From the overview to the evidence in two keys: the screens of an incident in a running app."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.declared import Declared, DeclaredSource
from prodtui.model.moment import Moment
from prodtui.model.records import Plane
from prodtui.ui.app import ProdtuiApp
from prodtui.ui.grid import Grid
from prodtui.ui.rows import sources
from prodtui.ui.screens.dependencies import DependenciesPage
from prodtui.ui.screens.events import EventsPage
from prodtui.ui.screens.first import FirstPage
from prodtui.ui.screens.page import Page
from prodtui.ui.screens.service import ServicePage
from prodtui.ui.screens.sources import SourcesPage
from tests.ui import incidents
from tests.ui.moments import Shop, ill, well
from tests.ui.showing import Hand, dashboard, shows, text, until

SIZES = [(200, 60), (120, 40), (80, 24)]


def opened(app: ProdtuiApp, page: Page) -> None:
    """As a command opens a screen."""
    assert isinstance(app.screen, Page)
    app.screen.open(page)


def grids(app: ProdtuiApp) -> list[Grid]:
    return list(app.screen.query(Grid))


@pytest.mark.parametrize("size", SIZES)
async def test_the_overview_names_the_cause_and_f_shows_its_evidence(size: tuple[int, int]) -> None:
    app = dashboard(Hand(incidents.whole()))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "FIRST", "pid 4121 payments", "holds a lock", "f first cause")
        await pilot.press("f")
        await shows(pilot, "What broke first", "session pid 4121 payments", "└ pool payments-db", "holds the lock")
        await pilot.press("j", "enter")
        await shows(pilot, "pool payments-db from pgbouncer", "pid 4130 waits 38 s", "used + waiting")
        await pilot.press("f")
        await shows(pilot, "What broke first")
        await pilot.press("f")
        await shows(pilot, "Services 5")


async def test_each_row_of_the_chain_leads_to_its_own_screen() -> None:
    app = dashboard(Hand(incidents.whole()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "FIRST")
        await pilot.press("f")
        await shows(pilot, "What broke first")
        page = app.screen
        assert isinstance(page, FirstPage)
        for row, words in (
            ("payments", ("overview › payments", "performance.latency_p99")),
            ("checkout→payments", ("breaker checkout→payments",)),
            ("checkout", ("overview › checkout", "Why ")),
            ("inventory-1", ("overview › inventory › health", "inventory-1")),
            ("2.14.0 → 2.14.1", ("overview › payments", "Why ")),
            ("hides ejections", ("overview › sources", "envoy")),
        ):
            found = [r for r in page.list.rows if not r.heading and row in " ".join(c.whole for c in r.cells)]
            key = next((r.key for r in found if r.cells[1].whole.split()[-1] == row), found[0].key)
            page.list.select(key)
            await pilot.press("enter")
            await shows(pilot, *words)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is page)


async def test_the_cursor_stays_on_what_fails_while_the_chain_grows() -> None:
    hand = Hand(incidents.told(incidents.OTHER))
    app = dashboard(hand)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "node lab-3")
        await pilot.press("f")
        await shows(pilot, "What broke first 1 chain")
        hand.give(incidents.whole())
        await shows(pilot, "What broke first 2 chains", "└ pool payments-db")
        hand.give(well())
        await shows(pilot, "nothing failing since", "nothing fails that is known")


async def test_tabs_of_a_service_open_by_number_each_with_its_evidence() -> None:
    app = dashboard(Hand(incidents.whole()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "1 checks", "2 instances ✖1", "7 history", "Why ", "✓ ana", "1–7 tab")
        for key, words in (
            ("2", ("Instances 1 of 2 passing", "payments-2", "z2", "deadline exceeded")),
            ("3", ("Pools of payments", "payments-db", "20/20", "pid 4121 holds the lock", "used + waiting")),
            ("4", ("Breakers of payments", "against it 1", "checkout→payments", "proxied to it 1")),
            ("5", ("Latency p99 2.4 s", "limit 250 ms", "250 ms ┄", "✖ latency_p99")),
            ("6", ("Dependencies of payments", "called by 1", "stands on 2", "pool payments-db")),
            ("7", ("History", "seen", "rolling back", "closed → open", "2.14.0 → 2.14.1")),
            ("1", ("Why ", "availability.passing", "sum ")),
        ):
            await pilot.press(key)
            await shows(pilot, *words)
        await pilot.press("6", "enter")
        await shows(pilot, "overview › checkout", "Why ")


async def test_a_filter_of_one_tab_does_not_narrow_the_next() -> None:
    app = dashboard(Hand(incidents.whole()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "Why ")
        await pilot.press("slash", *"blocked", "enter", "2")
        await shows(pilot, "Instances", "payments-1", "payments-2")
        await pilot.press("1")
        await shows(pilot, "min_instances")


async def test_a_health_check_shows_how_it_flapped_and_its_components() -> None:
    app = dashboard(Hand(incidents.flapping()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "payments")
        page = ServicePage(app.palette, "payments", tab="instances")
        opened(app, page)
        await shows(pilot, "Instances 1 of 2 passing")
        await pilot.press("enter")
        await shows(
            pilot, "overview › payments › health", "3 flaps in 1 h", "✖ payments-db:connectivity", "passing → critical"
        )


async def test_sources_tell_cause_last_success_next_try_and_redacted_settings() -> None:
    asked = DeclaredSource(
        name="consul",
        kind="consul",
        plane=Plane.REGISTRY,
        settings=(("url", "http://127.0.0.1:8500"), ("token", "********")),
    )
    shop = Shop(Declared(environment="lab", sources=(asked,)))
    shop.tell("consul")
    shop.now += 30
    shop.fail("consul", CauseClass.REFUSED, "127.0.0.1:8500 refused the connection: is Consul running?")
    app = dashboard(Hand(shop.moment()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "No service is known")
        opened(app, SourcesPage(app.palette, "consul"))
        await shows(pilot, "Sources 1 · 1 not live", "lost since", "refused", "is Consul running?", "last success")
        screen = await shows(
            pilot, "2, 1 failed", "url", "token", "********", "lost after 15 s", "trying again may help"
        )
        assert "✖ consul" in screen


async def test_events_are_all_there_narrowed_by_words_and_lead_on() -> None:
    app = dashboard(Hand(incidents.whole()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "FIRST")
        opened(app, EventsPage(app.palette))
        await shows(pilot, "Events 21 · ", "by ana", "closed → open", "passing → critical")
        await pilot.press("slash", *"breaker", "enter")
        grid = app.screen.query_one(Grid)
        assert [row.cells[2].text for row in grid.rows] == ["breaker"]
        await pilot.press("enter")
        await shows(pilot, "breaker checkout→payments", "history")


async def test_dependencies_land_on_what_broke_first_and_lead_to_it() -> None:
    app = dashboard(Hand(incidents.whole()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "FIRST")
        opened(app, DependenciesPage(app.palette))
        await shows(pilot, "Dependencies 5 services · 4 calls", "└ payments", "pool_max_wait")
        await pilot.press("enter")
        await shows(pilot, "overview › payments", "Why ")


def nothing() -> Moment:
    """No source is configured."""
    return Shop(Declared(environment="lab")).moment()


def silent() -> Moment:
    """No source has answered yet."""
    return Shop().moment()


PAGES = (FirstPage, SourcesPage, EventsPage, DependenciesPage)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", [(20, 5), (40, 10), (80, 24), (200, 60)])
async def test_every_screen_is_sane_at_every_size(page: type[Page], size: tuple[int, int]) -> None:
    app = dashboard(Hand(incidents.whole()))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "LIVE")
        opened(app, page(app.palette))
        await until(pilot, lambda: isinstance(app.screen, page) and any(g.size.height > 1 for g in grids(app)))
        await pilot.press("j", "tab", "j", "k", "shift+tab", "G")
        lines = text(app).split("\n")
        assert len(lines) <= size[1]
        assert all(len(line) <= size[0] for line in lines)
        assert app.is_running


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("told", [nothing, silent, well, ill])
async def test_every_screen_bears_an_empty_a_silent_a_well_and_an_ill_environment(
    page: type[Page], told: Callable[[], Moment]
) -> None:
    app = dashboard(Hand(told()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "LIVE")
        opened(app, page(app.palette))
        await until(pilot, lambda: isinstance(app.screen, page) and f"› {app.screen.crumbs[-1]}" in text(app))
        assert app.is_running


def test_a_source_that_fails_for_good_says_that_trying_again_is_no_use() -> None:
    shop = Shop()
    shop.fail("consul", CauseClass.PERMISSION, "403: the token may not read services")
    moment = shop.moment()
    said = sources.lines(moment.snapshot.sources["consul"], moment)
    assert "only a change of configuration helps" in "".join(text for line in said for text, _ in line)
