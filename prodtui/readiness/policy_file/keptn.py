"""Keptn quality gates as a policy: SLO files of spec 0.1.x and 1.0 with their SLI files.

https://github.com/keptn/spec/blob/master/service_level_objective.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.readiness.criteria import criteria
from prodtui.readiness.policy_file.foreign import Tables, check_id, is_number, table
from prodtui.readiness.policy_file.regions import Allowed, within

WINDOW_S = 60
"""`$DURATION_SECONDS` is the length of Keptn's evaluation; here the window that is usual for the built-in checks."""

_VERSIONS = re.compile(r"0\.1\.\d+|1\.0(\.\d+)?")
_CRITERION = re.compile(r"\s*(<=|>=|<|>|=)?\s*([+-]?)\s*(\d*\.?\d+)\s*(%?)\s*")
_PLACEHOLDER = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_NO_HISTORY = "without accepted evaluations relative criteria are UNKNOWN; Keptn passes what it cannot compare"
_BASELINE = "comparison is not taken over: relative criteria compare with the median of the last 5 accepted evaluations"
_FLOOR = 'relative criteria got floor = "0": give the least change that counts, Keptn has none'


def from_keptn(
    slo: Mapping[str, Any], sli: Mapping[str, Any], path: str, service: str | None, notes: list[str]
) -> Tables:
    """The tables of an SLO file; what differs goes to `notes`. Raises ConfigurationError."""
    version = str(slo.get("spec_version", ""))
    if not _VERSIONS.fullmatch(version):
        raise ConfigurationError(
            f'{path}: spec_version: expected "0.1.x" or "1.0" of a Keptn SLO, or apiVersion of OpenSLO, got "{version}"'
        )
    objectives = [table(each) for each in slo.get("objectives") or ()]
    if not objectives:
        raise ConfigurationError(f"{path}: objectives: there are none; Keptn passes such a gate, a policy may not")
    indicators, filters = table(sli.get("indicators")), table(slo.get("filter"))
    custom: list[dict[str, Any]] = []
    for index, objective in enumerate(objectives):
        place = f"{path}: objectives[{index}]"
        name = objective.get("sli")
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"{place}.sli: required: the indicator's name")
        if not objective.get("pass"):
            notes.append(f"{name}: no pass criteria: information only in Keptn, left out here")
            continue
        query = indicators.get(name)
        if not isinstance(query, str):
            known = ", ".join(map(neutralise_name, indicators)) or "none; give its file with --sli"
            raise ConfigurationError(
                f'{place}.sli: no indicator "{neutralise_name(name)}" is defined. Indicators: {known}'
            )
        one = _custom(objective, place, notes)
        custom.append(
            {
                "id": check_id(name, custom),
                "title": str(objective.get("displayName") or name),
                "promql": _filled(query, filters, f"{place}.sli {name}"),
                **one,
                **({"services": [service]} if service else {}),
            }
        )
    if not custom:
        raise ConfigurationError(f"{path}: objectives: none has pass criteria, so there is nothing to check")
    if any("floor" in one for one in custom):
        notes += [_NO_HISTORY, _BASELINE, _FLOOR]
    return Tables("keptn", _verdict(table(slo.get("total_score")), path), (), custom)


def _custom(objective: Mapping[str, Any], place: str, notes: list[str]) -> dict[str, Any]:
    passes = _sets(objective["pass"], f"{place}.pass", notes)
    warns = _sets(objective.get("warning") or (), f"{place}.warning", notes)
    found: dict[str, Any] = {"pass": passes}
    if warns and within(Allowed(criteria(warns)), Allowed(criteria(passes))):
        notes.append(f"{objective['sli']}: its warning lies within pass and never warns; left out")
        warns = []
    if warns:
        found["warn"] = warns
    if criteria([*passes, *warns]).relative:
        found["floor"] = "0"
    weight = objective.get("weight", 1)
    if not is_number(weight) or weight < 0:
        raise ConfigurationError(f"{place}.weight: expected a number from 0 on, got {weight!r}")
    return {**found, "weight": weight, "blocking": objective.get("key_sli") is True}


def _sets(written: object, place: str, notes: list[str]) -> list[list[str]]:
    sets: list[list[str]] = []
    for index, each in enumerate(written if isinstance(written, (list, tuple)) else ()):
        texts = table(each).get("criteria")
        if not isinstance(texts, list) or not texts:
            raise ConfigurationError(f"{place}[{index}].criteria: expected a list of criteria")
        sets.append([_criterion(str(text), f"{place}[{index}].criteria[{i}]", notes) for i, text in enumerate(texts)])
    if written and not sets:
        raise ConfigurationError(f"{place}: expected a list of tables with criteria")
    return sets


def _criterion(text: str, place: str, notes: list[str]) -> str:
    """In our grammar: a sign makes a change of the baseline, in Keptn too; `%` without one means nothing there."""
    found = _CRITERION.fullmatch(text)
    if found is None:
        raise ConfigurationError(f'{place}: expected a criterion such as "<=+10%" or "<600", got "{text}"')
    op, sign, number, percent = found[1] or "=", found[2], found[3], found[4]
    number = f"0{number}" if number.startswith(".") else number
    if percent and not sign:
        notes.append(f'{place}: "{text}" has no sign, so that Keptn ignores its %; written as {op} {number}')
        percent = ""
    return f"{op} {sign}{number}{percent}"


def _filled(query: str, filters: Mapping[str, Any], place: str) -> str:
    """The query with Keptn's placeholders filled: `$SERVICE` is ours, others come from the SLO's filter."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        for key in (name, name.lower()):
            if key in filters:
                return str(filters[key])
        if name.upper() == "SERVICE":
            return "$service"
        if name == "DURATION_SECONDS":
            return f"{WINDOW_S}s"
        raise ConfigurationError(f"{place}: nothing fills ${name}; give it in the SLO's filter: {name}: value")

    return _PLACEHOLDER.sub(value, query)


def _verdict(total: Mapping[str, Any], path: str) -> dict[str, float]:
    verdict: dict[str, float] = {}
    for key, ours in (("pass", "warns_below"), ("warning", "fails_below")):
        if (written := total.get(key)) is None:
            continue
        try:
            verdict[ours] = float(str(written).removesuffix("%"))
        except ValueError:
            raise ConfigurationError(
                f'{path}: total_score.{key}: expected a percentage such as "90%", got "{written}"'
            ) from None
    return verdict
