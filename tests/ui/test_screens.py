"""The screens in a running app, given moments: what is shown, and where keys lead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from textual.geometry import Region

from prodtui.model.declared import Declared
from prodtui.model.moment import Moment
from prodtui.model.records import Definition, HealthCheck, HealthStatus
from prodtui.model.text import neutralise
from prodtui.ui.app import ProdtuiApp
from prodtui.ui.grid import Grid
from prodtui.ui.screens.overview_places import places, shown
from tests.ui.moments import Shop, ill, ill_shop, registry, well
from tests.ui.showing import Hand, dashboard, shows, text, until

SIZES = [(140, 40), (120, 40), (80, 24), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_overview_shows_what_fails_at_every_size(size: tuple[int, int]) -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=size) as pilot:
        screen = await shows(pilot, "NOT READY", "payments-db", "34 wait 5.4 s", "checkout→payments", "OPEN", "Events")
        assert "✖ payments" in screen


async def test_before_the_first_moment_the_frame_says_what_it_waits_for() -> None:
    app = ProdtuiApp(Hand().feed, Hand(), sources=("consul", "envoy"))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "prodtui", "reading consul, envoy…")


async def test_from_the_overview_to_the_raw_output_and_back() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "overview › payments", "Why ", "availability.passing", "raises to")
        await pilot.press("enter")
        await shows(pilot, "overview › payments › health", "critical since", "deadline exceeded", "service:payments-2")
        await pilot.press("escape")
        await shows(pilot, "overview › payments ", "Why ")
        await pilot.press("escape")
        await shows(pilot, "Services 5", "Breakers")


async def test_a_new_moment_reaches_the_screen_on_top_and_the_ones_below() -> None:
    hand = Hand(ill())
    app = dashboard(hand)
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "NOT READY", "Why ")
        hand.give(well())
        await shows(pilot, "READY   100.0", "Why 100.0")
        await pilot.press("escape")
        await shows(pilot, "nothing failing since")


async def test_panels_open_full_by_number_and_close_by_escape() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "1 Services", "Failing elsewhere")
        for key, title, words in (
            ("2", "2 Pools", "catalog-db"),
            ("3", "3 Breakers", "closed"),
            ("4", "4 Latency", "p95"),
            ("5", "5 Events", "change"),
        ):
            await pilot.press(key)
            screen = await shows(pilot, title, words)
            assert "Failing elsewhere" not in screen
        await pilot.press("escape")
        await shows(pilot, "1 Services", "Failing elsewhere")


async def test_a_pool_opens_as_its_raw_row_with_the_sessions_behind_it() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "payments-db")
        await pilot.press("2", "enter")
        await shows(pilot, "pool payments-db", "max_wait_s", "5.4 s", "pid 4130", "waits 38 s")


async def test_typing_filters_and_escape_forgets() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(pilot, "storefront")
        await pilot.press("slash", *"quay", "backspace", "backspace", "backspace", "backspace", *"cata")
        await shows(pilot, "/cata", "1 found")
        await pilot.press("enter")
        grid = app.screen.query_one("#services", Grid)
        assert [row.key for row in grid.rows] == ["catalog"]
        await pilot.press("escape")
        assert len(grid.rows) == 5
        await pilot.press("slash", "!", *"cata", "enter")
        assert len(grid.rows) == 4
        assert app.is_running


async def test_problems_only_and_back() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(pilot, "storefront")
        await pilot.press("x")
        screen = await shows(pilot, "problems only")
        assert "● storefront" not in screen
        await pilot.press("x")
        await shows(pilot, "● storefront")


async def test_pause_holds_what_is_shown_and_goes_on_with_the_newest() -> None:
    shop = ill_shop()
    hand = Hand(shop.moment())
    app = dashboard(hand)
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(pilot, "LIVE", "NOT READY")
        await pilot.press("space")
        await shows(pilot, "PAUSED")
        newest = well()
        hand.give(newest)
        await until(pilot, lambda: app.moment is newest)
        assert "NOT READY" in text(app)
        await pilot.press("enter")
        await shows(pilot, "PAUSED", "NOT READY", "Why ")
        await pilot.press("escape", "space")
        await shows(pilot, "LIVE", "nothing failing since")


async def test_help_lists_the_live_bindings_of_the_screen_it_came_from() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("question_mark")
        screen = await shows(pilot, "Keys", "Signs")
        for does in ("open", "filter", "problems", "pause", "quit", "sort", "half a page down", "pools full"):
            assert does in screen
        await pilot.press("escape", "enter", "enter")
        await shows(pilot, "health")
        await pilot.press("question_mark")
        await shows(pilot, "re-run")


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_it_quits(key: str) -> None:
    app = dashboard(Hand(well()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "READY")
        await pilot.press(key)
    assert app.return_code == 0
    assert app.failure is None


async def test_a_feed_that_ends_by_an_error_ends_the_dashboard_and_is_told() -> None:
    async def broken() -> AsyncIterator[Moment]:
        yield well()
        raise LookupError("the configuration names no such environment")

    app = ProdtuiApp(broken, Hand())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.failure is not None)
    assert isinstance(app.failure, LookupError)
    assert app.return_code == 1


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_an_empty_environment_says_what_to_do(size: tuple[int, int]) -> None:
    app = dashboard(Hand(Shop(Declared(environment="lab")).moment()))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "No source is configured", "prodtui init", "prodtui lab")


HOSTILE = "\x1b[31mred\x1b]0;owned\x07 [bold red]markup[/] [/nope] \\[x] \u202ertl\x00 日本語"


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_hostile_text_is_shown_inert_on_every_screen(size: tuple[int, int]) -> None:
    inert = neutralise(f"{HOSTILE}\n{'x' * 100_000}")
    shop = Shop()
    shop.well()
    shop.tell("consul", *registry(critical=("payments-1", "payments-2"), output=inert))
    app = dashboard(Hand(shop.moment()))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "␛[31mred", "[bold red]markup[/]")
        await pilot.press("enter")
        screen = await shows(pilot, "␛[31mred␛]0;owned␇ [bold red]markup[/] [/nope]", "日本語")
        await pilot.press("tab", "G")
        await shows(pilot, "lines")
        assert "\x1b" not in screen
        assert all(len(line) <= size[0] for line in screen.split("\n"))


async def test_the_output_can_be_searched() -> None:
    shop = Shop()
    shop.well()
    output = "\n".join(f"line {n}" for n in range(200))
    shop.tell("consul", *registry(critical=("inventory-1",), output=output))
    app = dashboard(Hand(shop.moment()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ inventory")
        await pilot.press("enter", "enter")
        await shows(pilot, "line 0")
        await pilot.press("slash", *"line 150")
        await shows(pilot, "1 found", "line 150")


async def test_a_health_check_is_made_again_against_its_server() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nX-Part: db\r\nContent-Length: 15\r\n\r\ndatabase is out")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        shop = Shop()
        shop.well()
        failing = HealthCheck(
            id="inventory", name="ready", node="lab", service="inventory", instance="inventory-1",
            status=HealthStatus.CRITICAL, output="503", definition=Definition(url=f"http://127.0.0.1:{port}/ready"),
        )  # fmt: skip
        kept = [r for r in registry() if not (isinstance(r, HealthCheck) and r.service == "inventory")]
        shop.tell("consul", *kept, failing)
        app = dashboard(Hand(shop.moment()))
        async with app.run_test(size=(120, 40)) as pilot:
            await shows(pilot, "✖ inventory")
            await pilot.press("enter", "enter")
            await shows(pilot, "critical since")
            await pilot.press("r")
            await shows(pilot, "re-run", "first byte", "status 503", "x-part: db", "database is out")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("services", [1, 5, 5_000])
def test_panels_fill_the_screen_without_overlap(width: int, height: int, services: int) -> None:
    names = shown(width, height, None, elsewhere=True)
    wanted = {
        "services": services + 3,
        "pools": 7,
        "breakers": services + 2,
        "latency": services + 3,
        "events": 200,
        "elsewhere": 9,
    }
    area = Region(0, 3, width, height - 4)
    found = places(area, names, wanted)
    assert set(found) == set(names)
    regions = list(found.values())
    assert all(area.contains_region(region) and region.height >= 1 for region in regions)
    for n, region in enumerate(regions):
        assert not any(region.overlaps(other) for other in regions[n + 1 :])
    assert found["events"].bottom == area.bottom


async def test_a_service_opens_on_what_fails_and_not_on_what_stands_first() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(pilot, "✖ checkout")
        await pilot.press("slash", *"checkout", "enter", "enter")
        screen = await shows(pilot, "overview › checkout", "Why ")
        assert "● B passing" in screen
        await shows(pilot, "resilience.breaker_open blocking · FAIL")


async def test_where_keys_do_not_fit_help_still_does() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "› payments")
        await pilot.press("enter")
        screen = await shows(pilot, "› health", "r re-run")
        assert screen.rstrip().splitlines()[-1].rstrip().endswith("? help")


async def test_a_filter_lands_on_the_row_of_that_name_and_not_on_one_whose_reason_names_it() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(pilot, "✖ checkout")
        await pilot.press("G", "slash", *"payments", "enter", "enter")
        await shows(pilot, "overview › payments")
