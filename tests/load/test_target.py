"""Where a load may go is known before anything is sent."""

from __future__ import annotations

import ipaddress

import pytest

from prodtui.load.target import Pinned, not_allowed, pinned
from prodtui.model.errors import UsageError
from prodtui.readiness.load_rule import LoadRule
from tests.load.loads import LOOPBACK, rule


async def test_names_are_resolved_once_and_addresses_stand_for_themselves() -> None:
    assert (await pinned(rule(target="http://[::1]:8080/"))).hosts == {"::1": (ipaddress.ip_address("::1"),)}
    assert LOOPBACK in (await pinned(rule(target="http://localhost:8080/"))).addresses
    script = LoadRule(name="own", script="/x.js", hosts=("127.0.0.1", "127.0.0.2"))
    assert set((await pinned(script)).hosts) == {"127.0.0.1", "127.0.0.2"}


async def test_a_name_that_means_nothing_is_told_before_anything_is_sent() -> None:
    # RFC 6761: .invalid never resolves.
    with pytest.raises(UsageError, match=r"load shop: shop\.invalid can't be resolved: .*; nothing was sent"):
        await pinned(rule(target="https://shop.invalid/"))


def test_only_this_machine_needs_no_yes() -> None:
    far = ipaddress.ip_address("10.0.0.7")
    found = Pinned({"localhost": (LOOPBACK,), "Shop.example": (LOOPBACK, far), "10.0.0.7": (far,)})
    assert not_allowed(found, ()) == ("Shop.example", "10.0.0.7")
    assert not_allowed(found, ("shop.EXAMPLE",)) == ("10.0.0.7",)
    assert not_allowed(Pinned({"0.0.0.0": (ipaddress.ip_address("0.0.0.0"),)}), ()) == ("0.0.0.0",)
