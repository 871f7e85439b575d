"""Waivers that break the rules of the readiness model: who may waive what, for how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prodtui.model.toml_keys import KeyPath
from prodtui.readiness.check import Check
from prodtui.readiness.policy_file.problems import Problem, unknown
from prodtui.readiness.policy_file.tables import CheckTable, Root, WaiverTable
from prodtui.readiness.waiver import DAY_S, LONGEST_BLOCKING_S, LONGEST_S

_WILDCARDS = frozenset("*?[]")


def of_waivers(root: Root, builtin: Mapping[str, Check]) -> Iterator[Problem]:
    """Every rule of readiness.md on waivers that does not depend on what is running."""
    ids = (*builtin, *(custom.id for custom in root.custom))
    seen: set[str] = set()
    for index, waiver in enumerate(root.waivers):
        path: KeyPath = ("waivers", index)
        if waiver.id in seen:
            yield Problem((*path, "id"), f'"{waiver.id}" is declared twice; give each its own id')
        seen.add(waiver.id)
        wild = False
        for key in ("check", "service", "environment"):
            if not _WILDCARDS.isdisjoint(text := getattr(waiver, key)):
                wild = True
                yield Problem((*path, key), f'no wildcards: expected one {key}, got "{text}"')
        if wild:
            continue
        if waiver.check not in ids:
            yield Problem((*path, "check"), unknown(waiver.check, ids, "check", "Checks"))
            continue
        blocking = _may_block(root, builtin, waiver)
        yield from _days(waiver, path, blocking=blocking)
        if blocking and not waiver.approved_by.strip():
            yield Problem((*path, "approved_by"), f"required: {waiver.check} blocks")
        elif blocking and waiver.approved_by.strip().casefold() == waiver.owner.strip().casefold():
            yield Problem((*path, "approved_by"), f"expected somebody else than the owner: {waiver.check} blocks")


def _days(waiver: WaiverTable, path: KeyPath, *, blocking: bool) -> Iterator[Problem]:
    longest = (LONGEST_BLOCKING_S if blocking else LONGEST_S) / DAY_S
    days = (waiver.expires - waiver.created).days
    if days < 0:
        yield Problem((*path, "expires"), f"{waiver.expires} is before created, {waiver.created}")
    elif days > longest:
        what = f"{waiver.check} blocks" if blocking else "the longest there is"
        yield Problem((*path, "expires"), f"expected at most {longest:g} days after created ({what}), got {days} days")


def _may_block(root: Root, builtin: Mapping[str, Check], waiver: WaiverTable) -> bool:
    """Whether the check blocks the service. A rule that may select the service, by tier or tag, counts if it blocks."""
    pillar, _, name = waiver.check.partition(".")

    def says(table: CheckTable | None) -> bool | None:
        return table.blocking if table is not None else None

    by_itself = next((each.blocking for each in root.custom if each.id == waiver.check), False)
    if waiver.check in builtin:
        by_itself = builtin[waiver.check].blocking
    general = says(root.checks.get(pillar, {}).get(name))
    blocking = by_itself if general is None else general
    for rule in root.rules:
        own = says(rule.checks.get(pillar, {}).get(name))
        if own is None or (rule.services and waiver.service not in rule.services):
            continue
        blocking = own if not (rule.tiers or rule.tags) else own or blocking
    return blocking
