"""A rollout on screen: what is decided and what it waits for first, and nothing is done by a slip of the finger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from msgspec.structs import replace

from prodtui.journal.database import StoreError
from prodtui.model.rollout import Decision, Phase, Rollout, Word
from prodtui.model.rollout_progress import waits
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, line_length
from prodtui.ui.rollout_app import RolloutApp
from prodtui.ui.rows import rollout as rows
from prodtui.ui.rows import rollout_criteria, rollout_plot, rollout_stages
from tests import rollouts
from tests.ui.driving import Drive, driven, shown_by
from tests.ui.moments import well
from tests.ui.showing import Hand, dashboard, shows, text, until


def plain(lines: list[Line] | tuple[Line, ...]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


# The rows


def test_the_decision_says_what_it_waits_for() -> None:
    rollout, now = rollouts.steady()
    said = plain(rows.decision(rollout, now, 118))
    assert said.splitlines() == [
        "WAIT      12 samples: 11 OK, 1 BAD",
        "waits for 18 min more · 240 more requests on the canary (60 of 300)",
    ]
    assert plain(rows.decision(rollout, now, 60)).splitlines()[1:] == [
        "waits for 18 min more",
        "          240 more requests on the canary (60 of 300)",
    ]


def test_the_time_that_it_waits_for_is_what_is_left_now() -> None:
    rollout, now = rollouts.steady()
    assert waits(rollout, now + 1_000, fmt.age)[0] == "72 s more"
    held, later = rollouts.held()
    assert waits(held, later, fmt.age) == held.decision.waits_for


def test_a_decision_that_is_long_takes_a_second_line_and_none_is_wider_than_the_screen() -> None:
    rollout, now = rollouts.rolled_back()
    first, second = rows.decision(rollout, now, 60)
    assert plain([first]) == "ROLLED BACK after 17 min  one sample is enough: error_ratio"
    assert plain([second]) == "          31 %, wants <= 1.2 %"
    for width in (20, 40, 60, 80):
        assert all(line_length(line) <= width for line in rows.decision(rollout, now, width))
    first, second = rows.decision(rollout, now, 73)
    assert plain([second]) == "          <= 1.2 %", "a comparison stays with its number"


def test_a_rollout_of_which_no_sample_comes_says_so() -> None:
    rollout, now = rollouts.steady()
    assert "nobody drives it" not in plain(rows.decision(rollout, now, 118))
    assert "no sample for 10 min: a hook runs, or nobody drives it" in plain(rows.decision(rollout, now + 600, 118))
    over, later = rollouts.rolled_back()
    assert "nobody drives it" not in plain(rows.decision(over, later + 600, 118))


def test_one_line_tells_it_to_whoever_looks_at_everything() -> None:
    rollout, now = rollouts.steady()
    told = plain([rows.line(rollout, now, 118)])
    assert told.rstrip() == "ROLLOUT  payments 1.5.0 10 % · 11 of 12 samples OK · waits for 18 min more +1"
    assert plain([rows.line(rollout, now + 600, 118)]).endswith("  no sample for 10 min")
    held, later = rollouts.held()
    assert "payments 1.5.0 10 % · held · 11 of 16 samples OK · HOLD: 4 samples in a row" in plain(
        [rows.line(held, later, 118)]
    )


def test_a_stage_is_as_wide_as_it_is_long_but_no_stage_vanishes() -> None:
    assert rollout_stages.widths((300, 1_800, 3_600, 3_600), 78) == [9, 16, 26, 24]
    assert sum(rollout_stages.widths((1, 1, 1_000_000), 40)) == 38
    assert min(rollout_stages.widths((1, 1, 1_000_000), 40)) == rollout_stages.NARROWEST
    assert rollout_stages.widths((60.0,), 10) == [10]
    assert rollout_stages.widths((0.0, 0.0), 21) == [10, 10]


@pytest.mark.parametrize("width", [20, 40, 78, 118, 198])
@pytest.mark.parametrize(
    "moment", [rollouts.steady, rollouts.held, rollouts.rolled_back, rollouts.watching], ids=lambda made: made.__name__
)
def test_the_bar_and_the_strip_fill_their_width_and_no_more(
    moment: Callable[[], tuple[Rollout, float]], width: int
) -> None:
    rollout, now = moment()
    names, bar, lengths = rollout_stages.bar(rollout, now, width)
    assert line_length(bar) == line_length(names) == line_length(lengths) == width
    assert all(line_length(line) <= width for line in rollout_stages.strips(rollout, width, 6))


def test_an_extended_stage_is_longer_and_says_how_often() -> None:
    rollout, now = rollouts.steady()
    longer = replace(rollout, extended=2)
    assert "78 min left · extended 2×" in plain([rollout_stages.heading(longer, now)])
    assert "90 min" in plain(rollout_stages.bar(longer, now, 118))


def test_the_strip_tells_the_last_sample_that_was_not_ok() -> None:
    rollout, _ = rollouts.steady()
    one, two, why = rollout_stages.strips(rollout, 78, 6)
    assert plain([one]) == "  1 %  ●●●●●●●●●●"
    assert plain([two]) == " 10 %  ●●●●●●✖●●●●●" + "·" * 18
    assert plain([why]).endswith("latency_p99 310 ms, wants <= 250 ms")
    assert len(rollout_stages.strips(rollout, 78, 1)) == 1


def test_a_strip_that_is_too_long_shows_the_newest_samples() -> None:
    rollout, _ = rollouts.watching()
    strip = plain([rollout_stages.strips(rollout, 27, 6)[2]])
    assert strip == " 50 %  …●●●●●●●●●●●●●●●●●●●"


def test_the_worst_criterion_is_on_top_whatever_the_plans_order() -> None:
    rollout, _ = rollouts.rolled_back()
    assert [row.key for row in rollout_criteria.rows(rollout)] == [
        *("error_ratio", "latency_p99", "passing", "breaker", "queue_depth")
    ]
    assert [row.badness for row in rollout_criteria.rows(rollout)] == [3, 3, 0, 0, 0]


def test_what_a_gap_left_unknown_is_told_of_the_time_that_it_is_of() -> None:
    rollout, now = rollouts.steady()
    gone = replace(rollout, samples=(*rollout.samples, rollouts.nobody_looked(now, 1)))
    assert "as at 22:" in plain([rollout_criteria.heading(gone, now)])
    assert all(row.cells[3].style == "dim" for row in rollout_criteria.rows(gone))


# The screen


def test_what_happened_is_told_in_the_order_of_time() -> None:
    rollout, now = rollouts.rolled_back()
    times = [row.cells[0].order for row in rollout_criteria.step_rows(rollout, now)]
    assert times == sorted(times, key=lambda at: -float(at or 0))


def test_no_number_is_parted_from_its_unit() -> None:
    rollout, now = rollouts.rolled_back()
    for width in range(46, 90):
        assert not any(line[-1][0].lstrip().startswith("%") for line in rows.decision(rollout, now, width))


async def test_a_pause_needs_a_reason() -> None:
    rollout, now = rollouts.steady()
    drive = Drive(rollout)
    app = shown_by(drive, now)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "latency_p99")
        await pilot.press("p", "enter")
        assert drive.asked == []
        await pilot.press("p", *"db work", "enter")
        await shows(pilot, "asked to pause")
        assert drive.asked == [("pause", "db work")]


async def test_its_keys_are_those_that_a_person_wants() -> None:
    rollout, now = rollouts.steady()
    app = shown_by(Drive(rollout), now, rollout_pause="f5")
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "f5 pause")
        await pilot.press("p")
        await pilot.press("f5", *"db work")
        await shows(pilot, "db work")


async def test_an_abort_needs_the_name_typed_out() -> None:
    rollout, now = rollouts.steady()
    drive = Drive(rollout)
    app = shown_by(drive, now)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "latency_p99")
        await pilot.press("A", *"pay")
        await shows(pilot, "rolls back to 1.4.2 now")
        await pilot.press("enter")
        await pilot.press("A", *"checkout")
        await shows(pilot, "that is not payments")
        await pilot.press("enter", "A", "enter", "A", *"payments", "escape")
        assert drive.asked == []
        await pilot.press("A", *"payments", "enter")
        await shows(pilot, "asked to go back")
        assert drive.asked == [("abort", "")]


async def test_only_a_held_or_paused_rollout_is_resumed() -> None:
    running, now = rollouts.steady()
    drive = Drive(running)
    app = shown_by(drive, now)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "p pause")
        await pilot.press("r", *"x", "enter")
        assert drive.asked == []
        drive.give(rollouts.held()[0])
        screen = await shows(pilot, "r resume", " HELD ")
        assert "p pause" not in screen
        await pilot.press("r", *"prometheus is back", "enter")
        await shows(pilot, "asked to resume")
        assert drive.asked == [("resume", "prometheus is back")]


async def test_what_is_refused_is_told() -> None:
    rollout, now = rollouts.steady()
    app = shown_by(Drive(rollout, refuses="another terminal drives it"), now)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "latency_p99")
        await pilot.press("p", *"x", "enter")
        await shows(pilot, "another terminal drives it")


async def test_leaving_a_running_rollout_is_asked_first_and_says_what_becomes_of_it() -> None:
    rollout, now = rollouts.steady()
    app = driven(rollout, now)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "latency_p99")
        await pilot.press("q")
        await shows(pilot, "leave it?", "it stays at 10 % until `prodtui rollout resume`")
        await pilot.press("escape")
        assert app.is_running
        await pilot.press("q", "y")
        await until(pilot, lambda: not app.is_running)
    assert app.left


async def test_ctrl_c_twice_leaves() -> None:
    app = driven(*rollouts.steady())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "latency_p99")
        await pilot.press("ctrl+c")
        await shows(pilot, "leave it?")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running)
    assert app.left


async def test_an_ended_rollout_is_left_at_once() -> None:
    app = driven(*rollouts.rolled_back())
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shows(pilot, "ROLLED BACK")
        assert "A abort" not in screen
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert not app.left


async def test_a_rollout_that_ends_stays_on_screen_with_its_end() -> None:
    rollout, now = rollouts.steady()
    drive = Drive(rollout)
    app = shown_by(drive, now)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "RUNNING")
        drive.give(rollouts.rolled_back()[0])
        drive.end()
        await shows(pilot, "ROLLED BACK", "hook rollback")
        assert app.is_running


async def test_what_ends_the_feed_ends_the_screen_and_is_kept_to_be_told() -> None:
    rollout, now = rollouts.steady()

    class Broken(Drive):
        async def feed(self) -> AsyncIterator[Rollout]:
            yield rollout
            raise StoreError("store /var/lib/prodtui.db: the disk is full")

    app = shown_by(Broken(), now)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: not app.is_running)
    assert isinstance(app.failure, StoreError)


async def test_a_tick_paints_only_the_digits_that_changed() -> None:
    rollout, now = rollouts.steady()
    clock = [now]
    drive = Drive(rollout)
    app = RolloutApp(drive.feed, drive, environment="lab", theme="dark", clock=lambda: clock[0])
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "18 min left")
        before = text(app).splitlines()
        clock[0] += 1
        app.shown.tick()
        await until(pilot, lambda: text(app).splitlines() != before)
        after = text(app).splitlines()
        assert [n for n, (one, other) in enumerate(zip(before, after, strict=True)) if one != other] == [0]


async def test_help_tells_the_keys_that_act() -> None:
    app = driven(*rollouts.steady())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "latency_p99")
        await pilot.press("?")
        screen = await shows(pilot, "Keys that work where you came from")
        assert "A             abort" in screen
        await pilot.press("q")
        await shows(pilot, "latency_p99")


@pytest.mark.parametrize("size", [(80, 24), (80, 12), (40, 10), (20, 5), (200, 60)], ids=str)
async def test_every_size_shows_the_phase_and_no_error(size: tuple[int, int]) -> None:
    app = driven(*rollouts.held())
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "HOLD")
        await pilot.resize_terminal(size[0] + 7, size[1] + 3)
        await shows(pilot, "HOLD")


async def test_enter_plots_the_selected_criterion_where_there_is_no_room_for_all() -> None:
    app = driven(*rollouts.steady())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Steps 8")
        await pilot.press("j", "enter")
        assert "Steps" not in await shows(pilot, "latency_p99 of the canary · ┄ limit 49 ms · ┈ stable 41 ms", "█")
        await pilot.press("enter")
        await shows(pilot, "Steps 8")


def test_a_plot_of_nothing_says_so_in_words() -> None:
    rollout, _ = rollouts.watching()
    assert plain(rollout_plot.lines(rollout, "burn", 100, 9)) == "0 at each sample of this stage"
    begun = replace(rollout, stage_began_at=rollout.stage_began_at + 10_000)
    assert plain(rollout_plot.lines(begun, "burn", 100, 9)) == "nothing was measured in this stage"


async def test_a_tall_screen_plots_the_worst_criterion_beside_all_the_rest() -> None:
    app = driven(*rollouts.rolled_back())
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "error_ratio of the canary", "Steps 13")
        await pilot.press("j", "j")
        await shows(pilot, "passing of the canary")


# In the dashboard


class Beside(Hand):
    """A dashboard beside which rollouts run."""

    running: tuple[Rollout, ...] = ()

    def rollouts(self) -> tuple[Rollout, ...]:
        return self.running


async def test_the_overview_tells_a_rollout_in_a_line_and_opens_it() -> None:
    moment = well()
    rollout, _ = rollouts.steady(at=moment.now - 310 - 728)
    hand = Beside(moment)
    hand.running = (rollout,)
    app = dashboard(hand)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "ROLLOUT  payments 1.5.0 10 % · 11 of 12 samples OK · waits for 18 min more +1")
        await pilot.press(":", *"rollout", "enter")
        screen = await shows(pilot, "overview › rollout", "payments 1.4.2 → 1.5.0  RUNNING", "latency_p99", "Steps")
        assert "abort" not in screen
        hand.running = ()
        hand.give(replace(moment, now=moment.now + 2))
        await shows(pilot, "No rollout is open", "prodtui rollout start PLAN")
        hand.running = (replace(rollout, decision=Decision(word=Word.HOLD, reason="no data")),)
        hand.give(replace(moment, now=moment.now + 4))
        await shows(pilot, "HOLD", "latency_p99")
        await pilot.press("escape")
        await shows(pilot, "ROLLOUT", "HOLD: no data")
        back = replace(hand.running[0], phase=Phase.ROLLED_BACK, ended_at=moment.now)
        back = replace(back, decision=Decision(word=Word.ROLLBACK, reason="2 bad samples"))
        hand.running = (back,)
        hand.give(replace(moment, now=moment.now + 600))
        await shows(pilot, "ROLLOUT  payments 1.5.0 · rolled back at 10 %: 2 bad samples", "10 min ago")


async def test_a_rollout_of_another_service_is_asked_for_by_its_name() -> None:
    moment = well()
    payments, _ = rollouts.steady(at=moment.now - 1_038)
    catalog = replace(payments, plan=replace(payments.plan, service="catalog"), phase=Phase.PAUSED)
    hand = Beside(moment)
    hand.running = (payments, catalog)
    app = dashboard(hand)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "ROLLOUT  payments", "ROLLOUT  catalog")
        await pilot.press(":", *"rollout cat", "enter")
        await shows(pilot, "overview › rollout › catalog", "catalog 1.4.2 → 1.5.0   PAUSED")


async def test_no_rollout_costs_the_overview_no_line() -> None:
    app = dashboard(Beside(well()))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "ROLLOUT" not in await shows(pilot, "nothing failing")
