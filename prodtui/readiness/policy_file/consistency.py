"""What the tables alone cannot see: names that mean nothing, and keys that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from prodtui.model.toml_keys import KeyPath
from prodtui.readiness.check import Check
from prodtui.readiness.policy import PILLAR_WEIGHTS, Policy
from prodtui.readiness.policy_file.built import custom_of, rules_of
from prodtui.readiness.policy_file.criteria_problems import of_checks, of_custom, of_limits
from prodtui.readiness.policy_file.load_problems import of_loads
from prodtui.readiness.policy_file.problems import Problem, unknown
from prodtui.readiness.policy_file.tables import CustomTable, Root, ServiceTable, WindowTable
from prodtui.readiness.policy_file.waiver_problems import of_waivers

_PLACEHOLDER = re.compile(r"\$\{?([A-Za-z_]\w*)")
_QUOTED_SERVICE = re.compile(r"""(['"])\$service\b\1""")


def of_names(values: Mapping[str, Any], known: Mapping[str, Check]) -> Iterator[Problem]:
    """Pillars and checks that are not there. It takes the values as written: other keys may be wrong."""
    own = [table.get("id") for table in _tables(values.get("custom"))]
    ids = (*known, *(name for name in own if isinstance(name, str)))
    places: list[tuple[KeyPath, object]] = [(("checks",), values.get("checks"))]
    for index, rule in enumerate(_tables(values.get("rules"))):
        places.append((("rules", index, "checks"), rule.get("checks")))
    for path, checks in places:
        for pillar, named in checks.items() if isinstance(checks, dict) else ():
            if pillar not in PILLAR_WEIGHTS:
                yield Problem((*path, pillar), unknown(pillar, PILLAR_WEIGHTS, "pillar", "Pillars"))
                continue
            for name in named if isinstance(named, dict) else ():
                if f"{pillar}.{name}" not in ids:
                    there = [each for each in ids if each.startswith(f"{pillar}.")]
                    yield Problem((*path, pillar, name), unknown(f"{pillar}.{name}", there, "check", "Checks"))
    for pillar in _table(values.get("pillars")):
        if pillar not in PILLAR_WEIGHTS:
            yield Problem(("pillars", pillar), unknown(pillar, PILLAR_WEIGHTS, "pillar", "Pillars"))
    for tier, table in _table(values.get("tiers")).items():
        required = _table(table).get("required")
        for index, pillar in enumerate(required if isinstance(required, list) else ()):
            if isinstance(pillar, str) and pillar not in PILLAR_WEIGHTS:
                path = ("tiers", tier, "required", index)
                yield Problem(path, unknown(pillar, PILLAR_WEIGHTS, "pillar", "Pillars"))


def problems(root: Root, values: Mapping[str, Any], builtin: Mapping[str, Check]) -> Iterator[Problem]:
    """Contradictions between keys of tables that are right by themselves."""
    limits = {**{check.id: check.limits for check in builtin.values()}}
    limits |= {each.id: custom_of(each).limits for each in root.custom}
    units = {**{check.id: check.unit for check in builtin.values()}, **{each.id: each.unit for each in root.custom}}
    yield from of_checks(root.checks, ("checks",), values, builtin, limits, units)
    limits |= {check: rule.limits for check, rule in rules_of(root.checks, limits).items() if rule.limits}
    for index, rule in enumerate(root.rules):
        yield from of_checks(rule.checks, ("rules", index, "checks"), values, builtin, limits, units)
    for index, custom in enumerate(root.custom):
        yield from _custom(root, index, custom, builtin)
        yield from of_custom(custom, ("custom", index))
    yield from of_waivers(root, builtin)
    yield from _verdict(root)
    yield from _burn(root)
    for name, service in root.services.items():
        yield from _service(service, ("services", name))
        for key, criteria in service.limits.items():
            yield from of_limits(criteria, ("services", name, "limits", key))
    yield from of_loads(root)
    release = root.release
    ways = [name for name in ("version", "version_file", "version_variable") if getattr(release, name) is not None]
    if len(ways) > 1:
        yield Problem(("release", ways[-1]), f"given besides {' and '.join(ways[:-1])}; give one of them")


def nothing_is_checked(policy: Policy, builtin: Mapping[str, Check]) -> bool:
    """Whether every check is N/A or weighs nothing, by itself or with its pillar."""
    own = ((check.id, check.blocking) for check in builtin.values())
    customs = ((custom.id, custom.blocking) for custom in policy.customs)
    weights = {custom.id: custom.weight for custom in policy.customs}
    for check, blocks in chain(own, customs):
        rule = policy.checks.get(check)
        blocking = blocks if rule is None or rule.blocking is None else rule.blocking
        weight = rule.weight if rule and rule.weight is not None else weights.get(check)
        if weight is None:
            weight = policy.blocking_weight if blocking else policy.other_weight
        if weight and policy.pillar_weights[check.partition(".")[0]] and not (rule and rule.not_applicable):
            return False
    return True


def _custom(root: Root, index: int, custom: CustomTable, builtin: Mapping[str, Check]) -> Iterator[Problem]:
    path: KeyPath = ("custom", index)
    pillar = custom.id.partition(".")[0]
    if pillar not in PILLAR_WEIGHTS:
        yield Problem((*path, "id"), unknown(pillar, PILLAR_WEIGHTS, "pillar", "Pillars"))
    if custom.id in builtin:
        yield Problem((*path, "id"), f'"{custom.id}" is a built-in check; give it another name')
    if any(other.id == custom.id for other in root.custom[:index]):
        yield Problem((*path, "id"), f'"{custom.id}" is declared twice; give each its own name')
    if (custom.promql is None) == (custom.sql is None):
        yield Problem(path, 'expected exactly one of "promql" and "sql"')
    if custom.database is not None and custom.sql is None:
        yield Problem((*path, "database"), 'goes with "sql" only')
    for key, query in (("promql", custom.promql), ("sql", custom.sql)):
        for name in _PLACEHOLDER.findall(query or ""):
            if name != "service":
                yield Problem((*path, key), f'unknown placeholder "${name}"; the only one is "$service"')
    if custom.sql and _QUOTED_SERVICE.search(custom.sql):
        yield Problem((*path, "sql"), "$service stands in quotes; it becomes a quoted literal by itself, write it bare")


def _verdict(root: Root) -> Iterator[Problem]:
    default = Policy()
    fails = default.fails_below if root.verdict.fails_below is None else root.verdict.fails_below
    warns = default.warns_below if root.verdict.warns_below is None else root.verdict.warns_below
    if fails > warns:
        key = "warns_below" if root.verdict.fails_below is None else "fails_below"
        yield Problem(
            ("verdict", key), f"fails_below ({float(fails):g}) is above warns_below ({float(warns):g}): nothing warns"
        )


def _burn(root: Root) -> Iterator[Problem]:
    for key, windows in (("page", root.burn.page), ("ticket", root.burn.ticket)):
        if windows == ():
            yield Problem(("burn", key), "expected at least one pair of windows")
        for index, window in enumerate(windows or ()):
            yield from _window(window, ("burn", key, index))


def _window(window: WindowTable, path: KeyPath) -> Iterator[Problem]:
    if window.short >= window.long:
        yield Problem(
            (*path, "short"), f"expected less than the long window ({window.long:g} s), got {window.short:g} s"
        )
    if not window.budget:
        yield Problem((*path, "budget"), "expected more than 0: no burning would be little enough")


def _service(service: ServiceTable, path: KeyPath) -> Iterator[Problem]:
    for key, paths in (("protected", service.protected), ("admin", service.admin)):
        for index, each in enumerate(paths):
            if not each.startswith("/"):
                yield Problem((*path, key, index), f'expected a path that begins with "/", got "{each}"')
    if (migrations := service.migrations) and (migrations.expected is None) == (migrations.files is None):
        yield Problem((*path, "migrations"), 'expected exactly one of "expected" and "files"')
    if (code := service.code) and (not code.paths) == (code.report is None):
        yield Problem((*path, "code"), 'expected exactly one of "paths" and "report"')


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> list[dict[str, Any]]:
    return [_table(each) for each in value] if isinstance(value, list) else []
