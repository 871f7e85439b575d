"""The past on every screen: steps, typed times, pauses, and what a recording does otherwise."""

from __future__ import annotations

import msgspec

from prodtui.ui import format as fmt
from tests.ui.moments import Shop, ill, ill_shop, registry
from tests.ui.past import Keeper, past, typed
from tests.ui.showing import Hand, dashboard, shows, text, until

SIZE = (140, 40)


async def test_back_and_forth_through_the_past_on_every_screen() -> None:
    moments = past()
    hand = Keeper(moments)
    app = dashboard(hand)
    newest = moments[-1].now
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "LIVE")
        await pilot.press("left_square_bracket")
        await shows(pilot, f"AT {fmt.clock(newest - 2)} (−2 s)")
        await pilot.press("left_curly_bracket")
        await shows(pilot, f"AT {fmt.clock(newest - 62)} (−62 s)", "[ ] step", "{ } minute", "live")
        await pilot.press("enter")
        await shows(pilot, "overview › ", f"AT {fmt.clock(newest - 62)}")
        await pilot.press("right_square_bracket")
        await shows(pilot, "overview › ", f"AT {fmt.clock(newest - 60)} (−60 s)")
        await pilot.press("n")
        await shows(pilot, f"AT {fmt.clock(newest - 58)}")
        await pilot.press("N", "N")
        await shows(pilot, f"AT {fmt.clock(newest - 62)}")
        await pilot.press("L")
        await shows(pilot, "LIVE")
        await pilot.press("escape")
        await shows(pilot, "LIVE", "Services 5")


async def test_a_time_that_is_not_kept_is_told_and_the_clock_stays() -> None:
    moments = past()
    hand = Keeper(moments)
    app = dashboard(hand)
    oldest, newest = moments[0].now, moments[-1].now
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "LIVE")
        await pilot.press("left_square_bracket")
        await shows(pilot, f"AT {fmt.clock(newest - 2)}")
        for at in (oldest - 60, newest + 60):
            app.seek(at)
            await shows(pilot, f"nothing is kept of {at:.0f}", f"AT {fmt.clock(newest - 2)}")
            await pilot.press("up")
        for _ in moments[:: 60 // 2]:
            await pilot.press("left_curly_bracket")
        await pilot.press("left_curly_bracket")
        await shows(pilot, f"AT {fmt.clock(oldest)}", "the journal begins here")


async def test_a_journal_of_seconds_says_where_it_begins_and_shows_its_first_moment_that_knows_anything() -> None:
    shop = Shop()
    kept = [shop.moment(0.0)]
    shop.tell("consul", *registry())
    kept.append(shop.moment(0.5))
    for _ in range(5):
        shop.well()
        kept.append(shop.moment(1.0))
    app = dashboard(Keeper(kept))
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "LIVE")
        for _ in range(2):
            await pilot.press("left_curly_bracket")
            await shows(pilot, f"AT {fmt.clock(kept[2].now)}", "the journal begins here")
            await pilot.press("up")


async def test_a_recording_has_no_live_end_and_nothing_to_acknowledge() -> None:
    hand = Keeper([msgspec.structs.replace(ill(), newest=ill().now + 60)], read_only=True)
    hand.replays = 10.0
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments", "REPLAY ×10")
        await pilot.press("space")
        await shows(pilot, "[ ] step")
        assert "L live" not in text(app)
        await pilot.press("a")
        await shows(pilot, "a recording can't be acknowledged")


async def test_a_recording_goes_on_from_where_it_was_paused() -> None:
    shop = ill_shop()
    moments = [shop.moment(2.0) for _ in range(10)]
    hand = Keeper(moments, read_only=True)
    hand.replays = 1.0
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "REPLAY", fmt.clock(moments[-1].now))
        await pilot.press("space")
        await shows(pilot, "PAUSED")
        hand.give(shop.moment(40.0))
        await until(pilot, lambda: app.clock.end == shop.now)
        await pilot.press("space")
        await until(pilot, lambda: app.clock.mode.live)
        assert hand.asked == [moments[-1].now], "the file's clock is set back to what was shown"
        assert app.clock.shown is not None
        assert app.clock.shown.now == moments[-1].now


async def test_the_feed_goes_on_behind_and_the_header_says_how_far() -> None:
    shop = ill_shop()
    moments = [shop.moment(2.0) for _ in range(10)]
    hand = Keeper(moments)
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "LIVE")
        await pilot.press("left_square_bracket")
        await shows(pilot, "(−2 s)")
        hand.give(shop.moment(28.0))
        await shows(pilot, "(−30 s)")
        await pilot.press("space")
        await shows(pilot, f"LIVE {fmt.clock(shop.now)}")


async def test_a_time_is_typed_and_end_leads_back() -> None:
    moments = past()
    hand = Keeper(moments)
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "LIVE")
        await pilot.press("t")
        await shows(pilot, "at ", "kept ", fmt.clock(moments[0].now), "[ ] step")
        at = moments[20].now
        await pilot.press(*fmt.clock(at).replace(":", "|").replace("|", ":"), "enter")
        await shows(pilot, f"AT {fmt.clock(at)}")
        await pilot.press("t", "left_square_bracket")
        await shows(pilot, f"AT {fmt.clock(at - 2)}")
        await pilot.press("end")
        await shows(pilot, "LIVE")
        await pilot.press("escape")
        await typed(app, "at -1m")
        await shows(pilot, "(−60 s)")
        await typed(app, "live")
        await shows(pilot, "LIVE")


async def test_a_slow_past_is_shown_as_sought_and_the_last_one_asked_for_wins() -> None:
    moments = past()
    hand = Keeper(moments)
    hand.slow.clear()
    app = dashboard(hand)
    newest = moments[-1].now
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "LIVE")
        await pilot.press("left_curly_bracket")
        await shows(pilot, "SEEKING", fmt.clock(newest - 60))
        await pilot.press("j", "left_curly_bracket")
        await shows(pilot, f"AT {fmt.clock(moments[0].now)}")
        assert hand.asked == [newest - 60, moments[0].now]
        hand.slow.set()
        await pilot.pause()
        assert f"AT {fmt.clock(moments[0].now)}" in text(app)


async def test_without_a_past_it_says_why() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "LIVE")
        await pilot.press("left_square_bracket")
        await shows(pilot, "no past is kept", "LIVE")
        await typed(app, "at 00:00")
        await shows(pilot, "no past is kept", "LIVE")
