"""The commands: each is declared here once. The prompt, the keys that open screens and the help page come from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from prodtui.model.errors import UsageError
from prodtui.ui import acts
from prodtui.ui.prompts import one_of

if TYPE_CHECKING:
    from prodtui.ui.console import Console
    from prodtui.ui.screens.page import Page

PANELS = ("services", "pools", "breakers", "latency", "events")


class Command(NamedTuple):
    """One command. `run` is handed what follows its name, and raises UsageError where that can't be done."""

    name: str
    does: str
    run: Callable[[Console, str], None]
    aliases: tuple[str, ...] = ()
    takes: str = ""
    """What follows its name, in words; empty where nothing may."""
    candidates: Callable[[Console], Sequence[str]] = lambda _: ()
    """What tab completes to."""


def run(app: Console, line: str) -> None:
    """Carries out a typed line. Raises UsageError, naming the nearest command."""
    name, _, argument = line.strip().partition(" ")
    command, argument = _meant(name), argument.strip()
    if argument and not command.takes:
        raise UsageError(f'":{command.name}" takes nothing, got "{argument}"')
    command.run(app, argument)


def named(name: str) -> Command | None:
    """The command of a name or an alias."""
    return next((command for command in COMMANDS if name in (command.name, *command.aliases)), None)


def _meant(name: str) -> Command:
    """The command of a name, an alias, or of the beginning of one name alone."""
    if (command := named(name)) is not None:
        return command
    begin = [command for command in COMMANDS if command.name.startswith(name)]
    if len(begin) == 1:
        return begin[0]
    if begin:
        raise UsageError(f'":{name}" may be {" ".join(f":{command.name}" for command in begin)}')
    from prodtui.model.toml_keys import nearest

    near = nearest(name, [word for command in COMMANDS for word in (command.name, *command.aliases)])
    hint = f'did you mean ":{near}"?' if near else ":help lists them"
    raise UsageError(f'no command ":{name}"; {hint}')


# What they do


def _panel(name: str) -> Callable[[Console, str], None]:
    def run(app: Console, _: str) -> None:
        app.back_to_overview().full(name)

    return run


def _page(module: str, name: str) -> Callable[[Console, str], None]:
    """Opens a screen, which is only imported then."""

    def run(app: Console, _: str) -> None:
        page = getattr(import_module(f"prodtui.ui.screens.{module}"), name)
        _open(app, page(app.palette))

    return run


def _service(app: Console, argument: str) -> None:
    if not argument:
        app.back_to_overview().full("services")
        return
    from prodtui.ui.screens.service import ServicePage

    _open(app, ServicePage(app.palette, one_of(argument, _services(app), "service")))


def _services(app: Console) -> Sequence[str]:
    moment = app.clock.shown
    return [service.name for service in moment.assessment.services] if moment else ()


def _rollout(app: Console, argument: str) -> None:
    from prodtui.ui.screens.rollout import RolloutPage

    _open(app, RolloutPage(app.palette, one_of(argument, _rolled_out(app), "rollout of") if argument else ""))


def _rolled_out(app: Console) -> Sequence[str]:
    return [rollout.service for rollout in app.controls.rollouts()]


def _environment(app: Console, argument: str) -> None:
    names = app.controls.environments()
    if argument:
        app.switch(one_of(argument, names, "environment"))
        return
    from prodtui.ui.screens.environments import EnvironmentsPage

    _open(app, EnvironmentsPage(app.palette, names, app.controls.environment))


def _environments(app: Console) -> Sequence[str]:
    return app.controls.environments()


def _at(app: Console, argument: str) -> None:
    from prodtui.model.when import FORMS, when

    end = app.clock.end
    if end is None:
        raise UsageError("nothing is read yet")
    if not argument:
        raise UsageError(f"at what time? {FORMS}")
    app.seek(when(argument, end))


def _theme(app: Console, argument: str) -> None:
    if not argument:
        raise UsageError(f"which theme? {', '.join(_themes(app))}")
    app.recolour(argument)


def _themes(_: Console) -> Sequence[str]:
    from prodtui.ui.theme import themes

    return themes()


def _export(app: Console, argument: str) -> None:
    if not argument:
        app.page.action_export()
    else:
        app.export(one_of(argument, acts.FORMS, "form"))


def _acknowledge(app: Console, argument: str) -> None:
    about = app.page.about_asked()
    if about is None:
        raise UsageError("acknowledge what? Put the cursor on a service")
    if argument:
        app.acknowledge(about, argument)
    else:
        app.page.action_acknowledge()


def _messages(app: Console, _: str) -> None:
    from prodtui.ui.screens.text import TextPage

    _open(app, TextPage(app.palette, "messages", "\n".join(reversed(app.messages)) or "nothing was said yet"))


def _open(app: Console, page: Page) -> None:
    """Over the screen that is shown; the same screen is not opened over itself."""
    if app.page.crumbs != page.crumbs or type(app.page) is not type(page):
        app.page.open(page)


COMMANDS: tuple[Command, ...] = (
    Command("services", "services, full", _panel("services")),
    Command("svc", "one service; a part of its name will do", _service, ("service",), "NAME", _services),
    Command("pools", "connection pools and databases, full", _panel("pools"), ("pool",)),
    Command("breakers", "circuit breakers, full", _panel("breakers"), ("breaker", "br")),
    Command("latency", "latency, errors and rates, full", _panel("latency"), ("lat", "sli")),
    Command("events", "what changed", _page("events", "EventsPage"), ("ev",)),
    Command("sources", "what is read, how fresh, what it cost", _page("sources", "SourcesPage"), ("src",)),
    Command("deps", "who calls whom, and what fails", _page("dependencies", "DependenciesPage"), ("dependencies",)),
    Command("rollout", "the open rollout, of a service or the newest", _rollout, ("ro",), "NAME", _rolled_out),
    Command("first", "what broke first", _page("first", "FirstPage"), ("cause",)),
    Command(
        "env",
        "another environment; alone: those there are",
        _environment,
        ("environment", "ctx", "context"),
        "NAME",
        _environments,
    ),
    Command("at", "every screen at that time", _at, ("time",), "TIME"),
    Command("live", "back to the newest", lambda app, _: app.action_live(), ("now",)),
    Command("pause", "stop the clock, or let it go on", lambda app, _: app.action_pause()),
    Command("theme", "other colours", _theme, ("skin",), "NAME", _themes),
    Command("export", "the incident as a file, or a picture of this screen", _export, (), "FORM", lambda _: acts.FORMS),
    Command("handover", "what is open, since when, what was tried", lambda app, _: app.handover()),
    Command("ack", "say that somebody looks after it", _acknowledge, ("acknowledge",), "NOTE"),
    Command("refresh", "read all sources now", lambda app, _: app.action_refresh()),
    Command("messages", "what was said before", _messages),
    Command("help", "keys, commands and signs", lambda app, _: app.action_help(), ("h", "?")),
    Command("quit", "quit", lambda app, _: app.exit(), ("q", "q!", "exit")),
)
