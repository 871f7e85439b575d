"""What a person does at the console: commands, filters, the past, environments, traces, colours."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from prodtui.ui.app import ProdtuiApp
from prodtui.ui.commands import COMMANDS
from prodtui.ui.grid import Grid
from tests.ui.moments import ill, well
from tests.ui.past import Keeper, past, typed
from tests.ui.showing import Hand, dashboard, shows, text, until

SIZE = (140, 40)


def services(app: ProdtuiApp) -> list[str]:
    return [row.key for row in app.screen.query_one("#services", Grid).rows]


# Commands


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("services", ["1 Services", "payments"]),
        ("pools", ["2 Pools", "catalog-db"]),
        ("pool", ["2 Pools", "catalog-db"]),
        ("br", ["3 Breakers", "closed"]),
        ("lat", ["4 Latency", "p95"]),
        ("svc payments", ["overview › payments", "Why "]),
        ("svc pay", ["overview › payments"]),
        ("svc ymen", ["overview › payments"]),
        ("svc sfront", ["overview › storefront"]),
        ("help", ["Keys", "Commands", ":svc NAME"]),
        ("pau", ["PAUSED"]),
        ("env", ["Environments 2", "prod-eu", "shown now"]),
        ("handover", ["# Handover", "y copies it"]),
    ],
)
async def test_a_command_leads_where_it_says(line: str, words: list[str]) -> None:
    app = dashboard(Keeper([ill()]))
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await typed(app, line)
        await shows(pilot, *words)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("polls", 'no command ":polls"; did you mean ":pools"?'),
        ("xyzzy", 'no command ":xyzzy"; :help lists them'),
        ("l", '":l" may be :latency :live'),
        ("pools now", '":pools" takes nothing, got "now"'),
        ("svc paymnts", "overview › payments"),
        ("svc ledgers", 'no service "ledgers"'),
        ("env prod-us", 'no environment "prod-us"; did you mean "prod-eu"?'),
        ("at noon", '"noon" is no time. Write'),
        ("at", "at what time?"),
        ("theme drak", 'there is no theme "drak"; did you mean "dark"?'),
        ("export pdf", 'no form "pdf"'),
    ],
)
async def test_what_is_no_command_is_said_with_the_nearest(line: str, said: str) -> None:
    app = dashboard(Keeper([ill()]))
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await typed(app, line)
        await shows(pilot, said)
        await pilot.press("j")
        await until(pilot, lambda: "overview ›" in said or said not in text(app))  # read once a key is pressed


async def test_tab_completes_commands_and_their_arguments() -> None:
    app = dashboard(Keeper([ill()]))
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("colon", "s", "v", "tab")
        await shows(pilot, ":svc ")
        await pilot.press("c")
        await shows(pilot, ":svc c", "checkout  catalog")
        await pilot.press("tab")
        await shows(pilot, ":svc checkout")
        await pilot.press("tab")
        await shows(pilot, ":svc catalog")
        await pilot.press("shift+tab", "enter")
        await shows(pilot, "overview › checkout")


async def test_earlier_lines_come_back_and_escape_leaves_all_as_it_was() -> None:
    app = dashboard(Keeper([ill()]))
    app.history.earlier = ["svc inventory"]
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await typed(app, "svc catalog")
        await pilot.press("escape", "colon", "up")
        await shows(pilot, ":svc catalog")
        await pilot.press("up")
        await shows(pilot, ":svc inventory")
        await pilot.press("escape")
        await until(pilot, lambda: ":svc" not in text(app))
        assert app.history.added == ["svc catalog"]


@pytest.mark.parametrize("command", [c.name for c in COMMANDS if c.name != "quit"])
async def test_every_command_can_be_given_before_anything_is_read(command: str) -> None:
    app = dashboard(Hand())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "reading")
        await typed(app, command)
        await pilot.pause()
        assert app.failure is None
        assert app.is_running


async def test_a_command_line_can_be_pasted_into() -> None:
    from textual.events import Paste

    app = dashboard(Keeper([ill()]))
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("colon")
        app.post_message(Paste("svc payments\nquit"))
        await shows(pilot, ":svc payments")
        await pilot.press("enter")
        await shows(pilot, "overview › payments")


@pytest.mark.usefixtures("full_colours")
async def test_the_cursor_shows_where_the_keys_go() -> None:
    app = dashboard(Keeper([ill()]))

    def marked() -> bool:
        ground = app.palette.style("", "select").bgcolor
        strips = app.screen._compositor.render_strips()
        return any(style is not None and style.bgcolor == ground for strip in strips for _, style, _ in strip)

    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "✖ payments")
        await until(pilot, marked)
        await pilot.press("t")
        await until(pilot, lambda: not marked())
        await pilot.press("escape")
        await until(pilot, marked)
        await pilot.press("colon", "x", "enter")
        await until(pilot, marked)


# Filters


async def test_a_filter_by_fields_narrows_and_a_wrong_one_is_told_while_the_right_stays() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "storefront")
        await pilot.press("slash", *"p99>1s")
        await shows(pilot, "2 found")
        await pilot.press("space", *"colour:red")
        await shows(pilot, 'no field "colour"; fields: service score')
        assert services(app) == ["payments", "checkout"]
        await pilot.press("enter")
        await shows(pilot, "/p99>1s")
        await pilot.press("escape")
        assert len(services(app)) == 5


# Environments


async def test_another_environment_is_shown_at_once_and_nothing_of_the_old_one() -> None:
    hand = Keeper([ill()])
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "overview › payments")
        await typed(app, "env prod-eu")
        screen = await shows(pilot, "reading prod-eu…")
        assert "payments" not in screen
        assert len(app.screen_stack) == 1
        hand.give(well())
        await shows(pilot, "nothing failing since")


async def test_the_switcher_lists_them_and_enter_switches() -> None:
    hand = Keeper([ill()])
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("E")
        await shows(pilot, "Environments 2", "test", "prod-eu")
        await pilot.press("j", "enter")
        await shows(pilot, "reading prod-eu…")
        assert hand.environment == "prod-eu"


# Traces


async def test_an_acknowledgement_is_kept_with_its_note() -> None:
    hand = Keeper([ill()])
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("a")
        await shows(pilot, "note on payments:")
        await pilot.press(*"on it", "enter")
        await shows(pilot, "acknowledged: payments")
        await typed(app, "ack rolling back")
        await until(pilot, lambda: len(hand.acknowledged) == 2)
        assert [said.note for said in hand.acknowledged] == ["on it", "rolling back"]
        assert hand.acknowledged[0].about == "payments"


async def test_an_acknowledgement_that_the_audit_trail_lacks_says_so() -> None:
    hand = Keeper([ill()])
    hand.remark = "store: it can't be written"
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await typed(app, "ack on it")
        await shows(pilot, "acknowledged: payments; store: it can't be written")
        assert len(hand.acknowledged) == 1


async def test_read_only_is_shown_and_refuses_what_acts() -> None:
    hand = Keeper([ill()], read_only=True)
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments", "read-only")
        await pilot.press("a")
        await shows(pilot, "read-only: nothing is acknowledged")
        await typed(app, "ack on it")
        await shows(pilot, "read-only: nothing is acknowledged")
        assert hand.acknowledged == []


async def test_an_incident_or_the_screen_is_exported_and_the_file_named() -> None:
    hand = Keeper([ill()])
    app = dashboard(hand)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("e")
        await shows(pilot, "export as", "m markdown", "j json", "s svg", "p picture")
        await pilot.press("m")
        await shows(pilot, "written: incident.markdown")
        await typed(app, "export json")
        await shows(pilot, "written: incident.json")
        await pilot.press("e", "x", "escape", "e", "p")
        await shows(pilot, "written: screen.svg")
        assert hand.exported[:2] == [f"markdown of {ill().now:.0f}", f"json of {ill().now:.0f}"]
        assert "payments-db" in hand.exported[2]


async def test_what_was_said_can_be_read_again() -> None:
    app = dashboard(Keeper([ill()]))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "✖ payments")
        app.say("prodtui.toml:3: one\nprodtui.toml:9: two", "bad")
        await shows(pilot, "prodtui.toml:3: one (and 1 more: `:messages`)", "? help")
        await typed(app, "messages")
        await shows(pilot, "prodtui.toml:9: two")


# Colours and sizes


@pytest.fixture
def full_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.mark.usefixtures("full_colours")
async def test_a_theme_is_changed_on_every_open_screen() -> None:
    app = dashboard(Keeper([ill()]))
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "✖ payments")
        dark = app.palette.ground
        await pilot.press("enter")
        await typed(app, "theme light")
        await until(pilot, lambda: app.palette.ground != dark)
        await pilot.press("escape")
        await shows(pilot, "Services 5")
        grounds = {
            style.bgcolor.name
            for strip in app.screen._compositor.render_strips()
            for _, style, _ in strip
            if style is not None and style.bgcolor is not None
        }
        assert dark not in grounds
        assert app.palette.ground in grounds


@pytest.mark.usefixtures("full_colours")
async def test_a_theme_of_ones_own_is_taken_and_a_broken_one_told(tmp_path: Path) -> None:
    broken = tmp_path / "mine.toml"
    broken.write_text('like = "light"\n[colours]\nbda = "#ff0000"\n')
    app = dashboard(Keeper([ill()]))
    async with app.run_test(size=(160, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await typed(app, f"theme {broken}")
        await until(pilot, lambda: any("mine.toml:3: colours.bda" in said for said in app.messages))
        broken.write_text('like = "light"\n[colours]\nbad = "#aa0000"\n')
        await typed(app, f"theme {broken}")
        await until(
            pilot, lambda: app.palette.style("bad").color is not None and "aa0000" in str(app.palette.style("bad"))
        )


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (40, 10)])
async def test_a_tiny_terminal_is_sane(size: tuple[int, int]) -> None:
    hand = Keeper(past())
    app = dashboard(hand)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.moment is not None)
        for keys in (
            ["enter", "enter", "escape", "escape"],
            ["question_mark", "escape", "w", "escape", "2", "escape"],
            ["slash", "p", "enter", "escape", "colon", "s", "tab", "escape"],
            ["t", "left_square_bracket", "escape", "L", "E", "escape", "e", "escape"],
        ):
            await pilot.press(*keys)
            await drawn(pilot, size)
        assert app.failure is None


async def drawn(pilot: Pilot[None], size: tuple[int, int]) -> None:
    await pilot.pause()
    strips = pilot.app.screen._compositor.render_strips()
    assert len(strips) == size[1]
    assert all(strip.cell_length <= size[0] for strip in strips)
