"""Names in a policy that mean no service of the environment: most often a typing error that would loosen a gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from prodtui.model.declared import Tier
from prodtui.model.text import neutralise_name
from prodtui.model.toml_keys import KeyPath, dotted, nearest
from prodtui.readiness.policy import Place, Policy, Selector


class _Named(NamedTuple):
    """A service's name, and the key where the policy says it."""

    key: KeyPath
    name: str


def unmatched(
    policy: Policy, services: Mapping[str, tuple[Tier, frozenset[str]]], environment: str | None = None
) -> tuple[str, ...]:
    """One message, `file:line: key: what`, for everything that the policy says of services that are not there.

    `services` has the tier and tags of every service by name. Retired ones are no mistake. Waivers are looked at for
    `environment` alone, where it is given. A selector of tiers alone may match nothing: tiers are no names.
    """
    found: dict[str, Place] = {}
    known = {*services, *policy.retired}
    for key, name in _names(policy, environment):
        if name not in known:
            near = nearest(name, services)
            hint = f'; did you mean "{near}"?' if near else f". Services: {', '.join(sorted(services)[:20]) or 'none'}"
            text = f'no service "{neutralise_name(name)}" in the environment{hint}'
            found |= _message(policy, key, text)
    for key, selector in _selectors(policy):
        names_known = known.issuperset(selector.services)
        matched = any(selector.selects(name, *of) for name, of in services.items())
        retired = bool(selector.services) and policy.retired.issuperset(selector.services)
        if names_known and not matched and not retired and (selector.services or selector.tags):
            found |= _message(policy, key, f"selects no service of the environment ({_shown(selector)})")
    return tuple(sorted(found, key=lambda message: found[message]))


def _names(policy: Policy, environment: str | None) -> Iterator[_Named]:
    for key, selector in _selectors(policy):
        for index, name in enumerate(selector.services):
            yield _Named((*key, "services", index), name)
    for index, waiver in enumerate(policy.waivers):
        if environment in (None, waiver.environment):
            yield _Named(("waivers", index, "service"), waiver.service)
    for name in policy.services:
        yield _Named(("services", name), name)
    for name, rule in policy.loads.items():
        if rule.service:
            yield _Named(("load", name, "service"), rule.service)


def _selectors(policy: Policy) -> Iterator[tuple[KeyPath, Selector]]:
    yield from chain(
        ((("rules", index), rule.selector) for index, rule in enumerate(policy.rules)),
        ((("custom", index), custom.selector) for index, custom in enumerate(policy.customs)),
    )


def _message(policy: Policy, key: KeyPath, text: str) -> dict[str, Place]:
    place = policy.places.get(dotted(key), Place(policy.path or "policy", 0))
    where = f"{place.path}:{place.line}" if place.line else place.path
    return {f"{where}: {dotted(key)}: {text}": place}


def _shown(selector: Selector) -> str:
    parts = (("services", selector.services), ("tiers", selector.tiers), ("tags", selector.tags))
    return "; ".join(f"{what} {', '.join(map(neutralise_name, names))}" for what, names in parts if names)
