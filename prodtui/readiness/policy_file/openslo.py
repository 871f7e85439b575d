"""OpenSLO as a policy: SLOs whose indicators are ratios or thresholds asked of Prometheus.

https://github.com/OpenSLO/OpenSLO
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.readiness.policy_file.foreign import Tables, check_id, is_number, table

_OPS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_PERIOD = re.compile(r"(\d+)([mhdwMQY])")
_DAYS = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
"""A policy's periods are rolling: calendar months, quarters and years become 30, 90 and 365 days."""
_BURN = "burn rates are computed from the service's measured requests and errors, not from the file's own indicators"
_CALENDAR = "time windows are rolling here: calendar-aligned ones became 30, 90 or 365 days"
_METHOD = "budgetingMethod is not taken over: an objective is held against what the indicator says now"


def from_openslo(documents: Sequence[Mapping[str, Any]], path: str, service: str | None, notes: list[str]) -> Tables:
    """The tables of a file's SLOs; what differs goes to `notes`. Raises ConfigurationError."""
    indicators = {_name(each): table(each.get("spec")) for each in documents if each.get("kind") == "SLI"}
    slos = [each for each in documents if each.get("kind") == "SLO"]
    if not slos:
        raise ConfigurationError(f"{path}: there is no document of kind SLO")
    custom: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    for slo in slos:
        spec, place = table(slo.get("spec")), f"{path}: SLO {neutralise_name(_name(slo))}"
        objectives = [table(each) for each in spec.get("objectives") or ()]
        if not objectives:
            raise ConfigurationError(f"{place}: objectives: there are none")
        whose = service or spec.get("service")
        if not isinstance(whose, str) or not whose:
            raise ConfigurationError(f"{place}: service: required, or give --service")
        targets = []
        for index, objective in enumerate(objectives):
            here = f"{place}: objectives[{index}]"
            holder = objective if "indicator" in objective or "indicatorRef" in objective else spec
            indicator = _indicator(holder, indicators, here)
            target = _target(objective, here)
            title = objective.get("displayName") or table(slo.get("metadata")).get("displayName") or _name(slo)
            query, limit = _question(indicator, objective, target, here)
            custom.append(
                {
                    "id": check_id(_name(slo), custom),
                    "title": str(title),
                    "promql": query,
                    "unit": "" if "thresholdMetric" in indicator else "ratio",
                    "pass": [limit],
                    "services": [whose],
                }
            )
            targets.append(target)
        rules.append({"services": [whose], "slo": {"objective": max(targets), "period": _period(spec, place, notes)}})
        if len(set(targets)) > 1:
            notes.append(f"{_name(slo)}: burn rates follow from the strictest of its objectives, {max(targets):g}")
        notes += [_BURN, _METHOD]
    return Tables("openslo", {}, rules, custom)


def _indicator(holder: Mapping[str, Any], indicators: Mapping[str, Mapping[str, Any]], place: str) -> Mapping[str, Any]:
    reference = holder.get("indicatorRef")
    if reference is not None:
        if reference not in indicators:
            known = ", ".join(map(neutralise_name, indicators)) or "none"
            raise ConfigurationError(f'{place}: no indicator "{reference}" is in the file. Indicators: {known}')
        return indicators[reference]
    indicator = table(table(holder.get("indicator")).get("spec"))
    if not indicator:
        raise ConfigurationError(f"{place}: indicator: required, or indicatorRef")
    return indicator


def _question(indicator: Mapping[str, Any], objective: Mapping[str, Any], target: float, place: str) -> tuple[str, str]:
    """The query of an indicator, and the criterion that its objective makes."""
    if "thresholdMetric" in indicator:
        op, value = objective.get("op"), objective.get("value")
        if op not in _OPS or not is_number(value):
            raise ConfigurationError(f"{place}: expected op (lt, lte, gt, gte) and a numeric value")
        return _query(table(indicator["thresholdMetric"]), f"{place}: thresholdMetric"), f"{_OPS[op]} {value}"
    ratio = table(indicator.get("ratioMetric"))
    limit = f">= {target!r}"
    if "raw" in ratio:
        raw = _query(table(ratio["raw"]), f"{place}: ratioMetric.raw")
        return (f"1 - ({raw})" if ratio.get("rawType") == "failure" else raw), limit
    total = _query(table(ratio.get("total")), f"{place}: ratioMetric.total")
    if "good" in ratio:
        return f"({_query(table(ratio['good']), f'{place}: ratioMetric.good')}) / ({total})", limit
    return f"1 - ({_query(table(ratio.get('bad')), f'{place}: ratioMetric.bad')}) / ({total})", limit


def _query(metric: Mapping[str, Any], place: str) -> str:
    source = table(metric.get("metricSource"))
    kind, query = source.get("type", "Prometheus"), table(source.get("spec")).get("query")
    if not isinstance(kind, str) or kind.lower() != "prometheus":
        raise ConfigurationError(f'{place}: expected a metricSource of type Prometheus, got "{kind}"')
    if not isinstance(query, str) or not query.strip():
        raise ConfigurationError(f"{place}: metricSource.spec.query: required")
    return query.strip()


def _target(objective: Mapping[str, Any], place: str) -> float:
    target, percent = objective.get("target"), objective.get("targetPercent")
    if is_number(percent):
        target = round(percent / 100, 12)
    if not is_number(target) or not 0 < target < 1:
        raise ConfigurationError(f"{place}: expected a target between 0 and 1, or a targetPercent")
    return float(target)


def _period(spec: Mapping[str, Any], place: str, notes: list[str]) -> str:
    windows = [table(each) for each in spec.get("timeWindow") or ()]
    if not windows:
        notes.append(f"{place}: no timeWindow; 30 days are taken")
        return "30d"
    duration = windows[0].get("duration")
    found = _PERIOD.fullmatch(str(duration))
    if found is None:
        raise ConfigurationError(f'{place}: timeWindow: expected a duration such as 28d or 4w, got "{duration}"')
    if found[2] in "MQY":
        notes.append(_CALENDAR)
    return f"{int(found[1]) * _DAYS[found[2]]}d" if found[2] in _DAYS else f"{found[1]}{found[2]}"


def _name(document: Mapping[str, Any]) -> str:
    return str(table(document.get("metadata")).get("name", "unnamed"))
