"""Keys as somebody wants them: every binding has an id, and `[keys]` of the configuration gives ids other keys.

What can be in force together is looked up where bindings are declared: the console's, those of one screen, and those of
the part of it that has the focus.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode

from prodtui.ui.key_names import key_of, name_of


class Wrong(NamedTuple):
    """An entry of `[keys]` that can't be used, and why."""

    action: str
    text: str


@cache
def declared() -> tuple[type[DOMNode], ...]:
    """Every class with bindings: the console, the screens, the parts that can have the focus."""
    import prodtui.ui.screens
    import prodtui.ui.widgets
    from prodtui.ui.console import Console
    from prodtui.ui.grid import Grid
    from prodtui.ui.screens.framed import Framed
    from prodtui.ui.widgets.lines import Lines

    for package in (prodtui.ui.screens, prodtui.ui.widgets):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    return (Console, *_below(Framed), Grid, *(part for part in _below(Lines) if part is not Grid))


def _below(root: type[DOMNode]) -> Iterator[type[DOMNode]]:
    yield root
    for child in root.__subclasses__():
        yield from _below(child)


def bindings(of: type[DOMNode]) -> Iterator[Binding]:
    """The bindings of a class and of those it is made from, one a key."""
    for base in of.__mro__:
        yield from Binding.make_bindings(base.__dict__.get("BINDINGS", ()))


@cache
def actions() -> Mapping[str, str]:
    """What can be given another key: the ids of all bindings, and what each does."""
    return {binding.id: binding.description for of in declared() for binding in bindings(of) if binding.id}


def keymap(wanted: Mapping[str, str]) -> tuple[dict[str, str], list[Wrong]]:
    """Keys by binding id as textual takes them, and what is wrong with those that were wanted."""
    from prodtui.model.toml_keys import nearest

    found: dict[str, str] = {}
    wrong: list[Wrong] = []
    for action, written in wanted.items():
        if action not in actions():
            near = nearest(action, actions())
            hint = f'; did you mean "{near}"?' if near else "."
            wrong.append(Wrong(action, f"unknown action{hint} Actions: {', '.join(sorted(actions()))}"))
            continue
        try:
            found[action] = ",".join(key_of(key.strip()) for key in _several(written))
        except ValueError as error:
            wrong.append(Wrong(action, f'expected {error}; several parted by commas; got "{written}"'))
    return found, wrong + list(_conflicts(found))


def _several(written: str) -> list[str]:
    return [written] if len(written) < 2 else written.split(",")


def _conflicts(wanted: Mapping[str, str]) -> Iterator[Wrong]:
    """Two actions on one key that could both be meant, where a wanted key made it so."""
    told: set[frozenset[str]] = set()
    console, *others = declared()
    from prodtui.ui.screens.framed import Framed

    pages = [other for other in others if issubclass(other, Framed)]
    parts = [other for other in others if not issubclass(other, Framed)]
    for page in pages:
        for part in parts:
            by_key: dict[str, str] = {}
            for action, key in _keys((part, page, console), wanted):
                other = by_key.setdefault(key, action)
                pair = frozenset((other, action))
                if other != action and (other in wanted or action in wanted) and pair not in told:
                    told.add(pair)
                    mine = [each for each in wanted if each in pair][-1]
                    its = other if mine == action else action
                    yield Wrong(mine, f'"{name_of(key)}" is the key of {its} already; give {its} another one, too')


def _keys(together: Iterable[type[DOMNode]], wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for of in together:
        for binding in bindings(of):
            if binding.id:
                keys = wanted[binding.id].split(",") if binding.id in wanted else [binding.key]
                for key in keys:
                    yield binding.id, key
