"""Where a load goes: every host resolved before anything is sent, and who must have said yes to it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from prodtui.model.errors import UsageError
from prodtui.model.text import neutralise_name
from prodtui.readiness.load_rule import LoadRule

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PATIENCE_S = 5.0


class Pinned(NamedTuple):
    """The addresses of every host of a load, as they were when it was allowed."""

    hosts: Mapping[str, tuple[Address, ...]]

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(dict.fromkeys(address for found in self.hosts.values() for address in found))


def hosts_of(rule: LoadRule) -> tuple[str, ...]:
    """The hosts that a load may send to."""
    return rule.hosts if rule.script else (urlsplit(rule.target).hostname or "",)


async def pinned(rule: LoadRule, patience_s: float = PATIENCE_S) -> Pinned:
    """Resolves the load's hosts, once. Raises UsageError where one has no address."""
    found = {host: await _resolved(rule.name, host, patience_s) for host in hosts_of(rule)}
    return Pinned(found)


def not_allowed(found: Pinned, allowed: Collection[str]) -> tuple[str, ...]:
    """The hosts that are not on this machine and that nobody said yes to."""
    said = {host.casefold() for host in allowed}
    return tuple(
        host
        for host, addresses in found.hosts.items()
        if host.casefold() not in said and not all(address.is_loopback for address in addresses)
    )


async def _resolved(load: str, host: str, patience_s: float) -> tuple[Address, ...]:
    try:
        return (ipaddress.ip_address(host),)
    except ValueError:
        pass
    try:
        async with asyncio.timeout(patience_s):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except TimeoutError:
        why = f"no answer within {patience_s:g} s"
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
    else:
        # A zone belongs to an interface of this host, not to the address.
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        return tuple(dict.fromkeys(addresses))
    raise UsageError(f"load {load}: {neutralise_name(host)} can't be resolved: {why}; nothing was sent")
