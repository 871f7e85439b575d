"""The channels of an environment, from its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prodtui.oncall.channel import Channel
from prodtui.oncall.channels.alertmanager import Alertmanager
from prodtui.oncall.channels.email import Email
from prodtui.oncall.channels.terminal import Terminal
from prodtui.oncall.channels.webhook import Webhook
from prodtui.settings.notify import (
    AlertmanagerSettings,
    EmailSettings,
    NotifySettings,
    TerminalSettings,
    WebhookSettings,
)


def opened(settings: Mapping[str, NotifySettings], write: Callable[[str], None] | None = None) -> tuple[Channel, ...]:
    """One for each. `write` puts escape sequences on a terminal; without one there is none to ring."""
    found = (_channel(name, one, write) for name, one in settings.items())
    return tuple(one for one in found if one is not None)


def _channel(name: str, settings: NotifySettings, write: Callable[[str], None] | None) -> Channel | None:
    match settings:
        case AlertmanagerSettings():
            return Alertmanager(name, settings)
        case WebhookSettings():
            return Webhook(name, settings)
        case EmailSettings():
            return Email(name, settings)
        case TerminalSettings():
            return None if write is None else Terminal(name, settings, write)
    raise AssertionError(settings)
