"""The effective policy as a person reads it: TOML, each value with where it came from; defaults are commented out.

What is printed loads as a policy of the same meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from prodtui.model.declared import Tier
from prodtui.model.toml_keys import KeyPath, bare_or_quoted, dotted
from prodtui.readiness.check import Check
from prodtui.readiness.criteria import Criteria
from prodtui.readiness.load_rule import LoadRule
from prodtui.readiness.policy import Policy
from prodtui.readiness.policy_file.built import resolved
from prodtui.readiness.policy_file.files import Merged
from prodtui.readiness.policy_file.written import written
from prodtui.readiness.slo import BurnWindow

DEFAULT = "default"
_COMMENT_COLUMN = 60


def show(policy: Policy, merged: Merged, checks: Mapping[str, Check]) -> str:
    """Every setting of the policy and of each check, with its origin."""
    files = ", ".join(merged.files) or "none: the defaults"
    lines = [f"# Effective policy. Files: {files}"]
    lines += _section((), {"name": policy.name, "retired": sorted(policy.retired)}, merged)
    for path, effective in _tables(policy):
        lines += _titled(path, effective, merged)
    for name in dict.fromkeys((*checks, *policy.checks)):
        path = ("checks", *name.split("."))
        own = _of_check(checks[name], policy) if name in checks else {}
        lines += _titled(path, own, merged)
    lines += _elements(merged)
    for name in _written_at(merged, ("services",)):
        lines += _titled(("services", name), {}, merged)
    for name, rule in policy.loads.items():
        lines += _titled(("load", name), _of_load(rule), merged)
    return "\n".join(lines) + "\n"


def effective(policy: Policy, merged: Merged, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The same as plain values: the effective settings by section, and the origin of every key that a file gives."""
    sections: dict[str, Any] = {dotted(path): {**table, **_written_at(merged, path)} for path, table in _tables(policy)}
    return {
        "schema": "prodtui.policy/1",
        "name": policy.name,
        "path": policy.path,
        "digest": policy.digest,
        "files": list(merged.files),
        "retired": sorted(policy.retired),
        **sections,
        "checks": {
            check.id: {**_of_check(check, policy), **_written_at(merged, ("checks", *check.id.split(".")))}
            for check in checks.values()
        },
        **{name: _written_at(merged, (name,), []) for name in ("rules", "custom", "waivers")},
        "services": _written_at(merged, ("services",)),
        "load": {
            name: {**_of_load(rule), **_written_at(merged, ("load", name))} for name, rule in policy.loads.items()
        },
        "origins": {dotted(path): f"{place.path}:{place.line}" for path, place in merged.origins.items()},
    }


def _tables(policy: Policy) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """The sections with a value for every key, in the units that a policy is written in."""
    yield (
        ("verdict",),
        {
            "fails_below": policy.fails_below,
            "warns_below": policy.warns_below,
            "coverage": _percent(policy.coverage_from),
            "override": policy.override,
        },
    )
    yield ("pillars",), dict(policy.pillar_weights)
    for tier in Tier:
        yield (
            ("tiers", tier.value),
            {
                "minimum": policy.tier_minimum[tier],
                "weight": policy.tier_weights[tier],
                "required": policy.required[tier],
            },
        )
    yield (
        ("defaults",),
        {
            "blocking_weight": policy.blocking_weight,
            "other_weight": policy.other_weight,
            "starting": f"{policy.starting_s:g}s",
            "freeze_ages": policy.freeze_ages,
            "page_severities": policy.page_severities,
            "recovery_margin": _percent(Fraction(str(policy.recovery_margin))),
            "watchdog": policy.watchdog,
        },
    )
    burn = policy.burn
    yield ("burn",), {"scale": burn.scale, "page": _windows(burn.page), "ticket": _windows(burn.ticket)}
    yield ("release",), {"version": policy.version} if policy.version is not None else {}


def _of_check(check: Check, policy: Policy) -> dict[str, Any]:
    rule = policy.checks.get(check.id)
    limits = (rule.limits if rule else None) or check.limits
    blocking = check.blocking if rule is None or rule.blocking is None else rule.blocking
    weight = rule.weight if rule and rule.weight is not None else None
    found: dict[str, Any] = {}
    if limits is not None:
        found["pass"] = _criteria(limits.passes)
        if limits.warns is not None:
            found["warn"] = _criteria(limits.warns)
        if limits.relative:
            found["floor"] = limits.floor
    found["weight"] = weight if weight is not None else policy.blocking_weight if blocking else policy.other_weight
    found["blocking"] = blocking
    return found


def _of_load(rule: LoadRule) -> dict[str, Any]:
    """What holds of a load where its table says nothing."""
    found: dict[str, Any] = {} if rule.script else {"method": rule.method, "timeout": f"{rule.timeout_s:g}s"}
    if rule.iterations is not None:
        found["limit"] = f"{rule.limit_s:g}s"
    found["thresholds"] = [threshold.expr for threshold in rule.thresholds]
    found["max_rate"] = f"{rule.max_rate_per_s:g}/s"
    found["max_age"] = f"{rule.max_age_s:g}s"
    return found


def _titled(path: KeyPath, effective: Mapping[str, Any], merged: Merged) -> list[str]:
    """A table's section; its header is a comment where no file has the table."""
    header = f"[{dotted(path)}]" if merged.given(path) else f"# [{dotted(path)}]"
    return ["", header, *_section(path, effective, merged)]


def _section(path: KeyPath, effective: Mapping[str, Any], merged: Merged) -> Iterator[str]:
    """One line a key: what a file gives as it is written there, what none gives as a comment."""
    given = _written_at(merged, path)
    for key in dict.fromkeys((*effective, *given)):
        if not path and isinstance(given.get(key), (dict, list)) and key not in effective:
            continue  # a table or list of tables, which has a section of its own
        if key in ("extends", "schema") and not path:
            continue
        if key in given:
            place = merged.place((*path, key))
            value = _absolute(merged, (*path, key), given[key])
            line, origin = f"{bare_or_quoted(key)} = {written(value)}", f"{place.path}:{place.line}"
        else:
            line, origin = f"# {bare_or_quoted(key)} = {written(effective[key])}", DEFAULT
        yield f"{line:<{_COMMENT_COLUMN}} # {origin}"


def _elements(merged: Merged) -> Iterator[str]:
    for name in ("rules", "custom", "waivers"):
        for index in range(len(_written_at(merged, (name,), []))):
            place = merged.place((name, index))
            yield from ("", f"{f'[[{name}]]':<{_COMMENT_COLUMN}} # {place.path}:{place.line}")
            yield from _section((name, index), {}, merged)


_FILES = ("ca_file", "environment_file", "files", "report", "script", "version_file")


def _absolute(merged: Merged, key: KeyPath, value: object) -> object:
    """The value with the paths in it made absolute: they are relative to the file that says them."""
    if isinstance(value, dict):
        return {name: _absolute(merged, (*key, name), each) for name, each in value.items()}
    if isinstance(value, list):
        return [_absolute(merged, (*key, index), each) for index, each in enumerate(value)]
    is_path = key[-1] in _FILES or key[-3:-1] == ("code", "paths") or key[-2:-1] == ("header_files",)
    return resolved(merged, key, value) if is_path and isinstance(value, str) else value


def _written_at(merged: Merged, path: KeyPath, default: Any = None) -> Any:  # noqa: ANN401 — whatever is written there
    here: Any = merged.values
    for part in path:
        if isinstance(here, Mapping):
            here = here.get(str(part))
        elif isinstance(here, list) and isinstance(part, int):
            here = here[part]
    return ({} if default is None else default) if here is None else here


def _criteria(criteria: Criteria) -> list[Any]:
    sets = criteria.written()
    return sets[0] if len(sets) == 1 else sets


def _windows(windows: tuple[BurnWindow, ...]) -> list[dict[str, str]]:
    return [
        {"long": f"{each.long_s:g}s", "short": f"{each.short_s:g}s", "budget": _percent(Fraction(str(each.budget)))}
        for each in windows
    ]


def _percent(ratio: Fraction) -> str:
    return f"{float(ratio * 100):g}%"
