"""Keys as somebody wants them: validated, in force, and told by the help."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from prodtui.ui.key_names import key_of, name_of
from prodtui.ui.keymap import actions, declared, keymap
from tests.ui.moments import ill
from tests.ui.past import Keeper
from tests.ui.showing import dashboard, shows


@pytest.mark.parametrize(
    ("written", "key", "shown"),
    [
        ("p", "p", "p"),
        ("P", "P", "P"),
        ("?", "question_mark", "?"),
        ("/", "slash", "/"),
        ("-", "minus", "-"),
        ("ctrl-p", "ctrl+p", "ctrl-p"),
        ("Ctrl+P", "ctrl+p", "ctrl-p"),
        ("F5", "f5", "f5"),
        ("esc", "escape", "esc"),
        ("pgdn", "pagedown", "page down"),
        ("shift-tab", "shift+tab", "shift-tab"),
        ("space", "space", "space"),
        ("ü", "ü", "ü"),
    ],
)
def test_keys_are_written_as_people_do(written: str, key: str, shown: str) -> None:
    assert key_of(written) == key
    assert name_of(key) == shown


@pytest.mark.parametrize("written", ["", "hyper-x", "ctrl-", "spacebarr", "pp", "f99"])
def test_what_is_no_key_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match='a key such as "p"'):
        key_of(written)


def test_every_binding_has_an_id() -> None:
    nameless = [
        (of.__name__, binding.key, binding.action)
        for of in declared()
        for binding in Binding.make_bindings(of.__dict__.get("BINDINGS", ()))
        if not binding.id
    ]
    assert nameless == []


def test_the_keys_as_they_are_conflict_with_nothing() -> None:
    assert keymap({}) == ({}, [])
    found, wrong = keymap({"pause": "p", "half_page_down": "ctrl-f,f2"})
    assert found == {"pause": "p", "half_page_down": "ctrl+f,f2"}
    assert wrong == []


@pytest.mark.parametrize(
    ("wanted", "action", "said"),
    [
        ({"puase": "p"}, "puase", 'unknown action; did you mean "pause"? Actions: acknowledge, back'),
        ({"pause": "hyper-x"}, "pause", 'expected a key such as "p"'),
        ({"pause": "x"}, "pause", '"x" is the key of problems already; give problems another one, too'),
        ({"pause": "p", "problems": "p"}, "problems", '"p" is the key of pause already'),
        ({"sort": "j"}, "sort", '"j" is the key of down already'),
        ({"quit": "ctrl-c"}, "quit", '"ctrl-c" is the key of interrupt already'),
    ],
)
def test_a_key_that_can_not_be_given_is_told(wanted: dict[str, str], action: str, said: str) -> None:
    _, wrong = keymap(wanted)
    assert [each.action for each in wrong] == [action]
    assert said in wrong[0].text


def test_two_keys_can_be_swapped() -> None:
    assert keymap({"pause": "x", "problems": "space"})[1] == []


def test_every_action_says_what_it_does() -> None:
    assert all(actions().values())


async def test_a_key_given_to_another_action_does_that_and_help_says_so() -> None:
    app = dashboard(Keeper([ill()]))
    async with app.run_test(size=(190, 50)) as pilot:
        await shows(pilot, "✖ payments")
        app.set_keymap(keymap({"pause": "x", "problems": "space", "down": "ctrl-n", "help": "f1"})[0])
        await pilot.press("x")
        await shows(pilot, "PAUSED", "x pause", "space problems")
        await pilot.press("space")
        await shows(pilot, "problems only")
        await pilot.press("f1")
        screen = await shows(pilot, "Keys")
        lines = [line.split()[:2] for line in screen.split("\n")]
        assert ["x", "pause"] in lines
        assert ["space", "problems"] in lines
        assert ["ctrl-n", "down"] in lines
        assert ["f1", "help"] in lines
        await pilot.press("f1")
        await shows(pilot, "Services 5")
