"""What a policy asks less than the one of the last accepted evaluation, one sentence a difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from statistics import median_high

from prodtui.model.evaluation import PolicySummary, RuleSummary
from prodtui.readiness import words
from prodtui.readiness.criteria import Criteria, criteria
from prodtui.readiness.policy_file.regions import Allowed, within
from prodtui.readiness.summary import UNKNOWN_FAILS

_NUMBERS = {
    "fails_below": "the score below which a service is NOT_READY",
    "warns_below": "the score below which a service is WARN",
    "coverage_from": "the share of checks that must be known",
}
_NO_RULE: Mapping[str, RuleSummary] = {}


def weakened(then: PolicySummary, now: PolicySummary) -> tuple[str, ...]:
    """Sentences on what `now` asks less than `then`; empty where it asks no less."""
    return (
        *_checks(then, now),
        *_rules(then, now),
        *_weights({name: rule.weight for name, rule in then.checks.items()}, now.checks),
        *_pillars(then, now),
        *_tiers(then, now),
        *_numbers(then, now),
    )


def _checks(then: PolicySummary, now: PolicySummary) -> Iterator[str]:
    for name, old in then.checks.items():
        same = next((each for each in now.checks if _as_wide(each, name)), None)
        if same is None:
            yield f"{name} is not checked any more"
        else:
            yield from _rule(name, old, now.checks[same], _floor(then, name), _floor(now, same))


def _rules(then: PolicySummary, now: PolicySummary) -> Iterator[str]:
    """What differs for some services; a rule that is gone or new is compared with what holds for all."""
    for where in dict.fromkeys((*then.rules, *now.rules)):
        old_rules, new_rules = then.rules.get(where, _NO_RULE), now.rules.get(where, _NO_RULE)
        for name in dict.fromkeys((*old_rules, *new_rules)):
            old = old_rules.get(name) or then.checks.get(name)
            new = new_rules.get(name) or now.checks.get(name)
            if old is None or new is None:
                continue
            what = f"{name} for {where}"
            old_floor = _floor(then, what if name in old_rules else name)
            new_floor = _floor(now, what if name in new_rules else name)
            yield from _rule(what, old, new, old_floor, new_floor)
            if Fraction(new.weight) < Fraction(old.weight) and name in new_rules:
                yield f"{what} weighs less: {_number(new.weight)}, was {_number(old.weight)}"


def _rule(what: str, old: RuleSummary, new: RuleSummary, old_floor: float, new_floor: float) -> Iterator[str]:
    if old.not_applicable:
        return
    if new.not_applicable:
        yield f"{what} counts as not applicable"
        return
    least, was_least = _least(new_floor), _least(old_floor)
    passed = _allowed(old.passes, old_floor)
    if old.passes and not within(_allowed(new.passes, new_floor), passed):
        yield f"{what} passes more: {_shown(new.passes)}{least}, was {_shown(old.passes)}{was_least}"
    if old.passes and not within(_allowed(new.warns or (), new_floor), passed, _allowed(old.warns or (), old_floor)):
        was = f"was {_shown(old.warns)}" if old.warns else "there was no WARN"
        yield f"{what} warns where it failed: {_shown(new.warns or ())}{least}, {was}{was_least}"
    if old.blocking and not new.blocking:
        yield f"{what} does not block any more"
    if old.on_unknown == UNKNOWN_FAILS != new.on_unknown:
        yield f"{what} may be unknown without failing"


def _weights(then: Mapping[str, str], now: Mapping[str, RuleSummary]) -> Iterator[str]:
    """Checks that weigh less beside the others of their pillar; one scale for all changes nothing."""
    changes: dict[str, dict[str, Fraction]] = {}
    for name, weight in then.items():
        if name in now and Fraction(weight) > 0:
            changes.setdefault(name.partition(".")[0], {})[name] = Fraction(now[name].weight) / Fraction(weight)
    for pillar, change in changes.items():
        usual = median_high(change.values())
        for name, factor in change.items():
            if factor < usual or factor == 0:
                was, weight = _number(then[name]), _number(now[name].weight)
                yield f"{name} weighs less beside the others of {pillar}: {weight}, was {was}"


def _pillars(then: PolicySummary, now: PolicySummary) -> Iterator[str]:
    old = {name: Fraction(weight) for name, weight in then.numbers.items() if name.startswith("pillar ")}
    change = {name: Fraction(now.numbers.get(name, "0")) / weight for name, weight in old.items() if weight}
    usual = median_high(change.values()) if change else Fraction(0)
    for name, factor in change.items():
        if factor < usual or factor == 0:
            was, weight = _number(then.numbers[name]), _number(now.numbers.get(name, "0"))
            yield f"{name} weighs less beside the others: {weight}, was {was}"


def _tiers(then: PolicySummary, now: PolicySummary) -> Iterator[str]:
    for tier, pillars in then.required.items():
        for pillar in pillars:
            if pillar not in now.required.get(tier, ()):
                yield f"{pillar} is not required of tier {tier} any more"
    for tier, least in then.minimum.items():
        if now.minimum.get(tier, 0) < least:
            yield f"tier {tier} wants fewer instances: {now.minimum.get(tier, 0)}, was {least}"


def _numbers(then: PolicySummary, now: PolicySummary) -> Iterator[str]:
    for name, what in _NUMBERS.items():
        old, new = then.numbers.get(name), now.numbers.get(name)
        if old is not None and (new is None or Fraction(new) < Fraction(old)):
            yield f"{what} is lower: {_number(new or '0')}, was {_number(old)}"
    if then.numbers.get("override") == "0" and now.numbers.get("override") == "1":
        yield "breaking the glass may exit 0"
    if "starting_s" in then.numbers and float(now.numbers.get("starting_s", "0")) > float(then.numbers["starting_s"]):
        was, may = float(then.numbers["starting_s"]), float(now.numbers["starting_s"])
        yield f"an instance may start for {words.seconds(may)} without counting, was {words.seconds(was)}"
    paged, pages = (set(each.numbers.get("page_severities", "").split(",")) for each in (then, now))
    if lost := sorted(paged - pages - {""}):
        yield f"alerts of severity {', '.join(lost)} do not page any more"
    for name, old in then.numbers.items():
        if name.startswith("objective "):
            new = now.numbers.get(name)
            if new is None:
                yield f"there is no {name} any more, was {float(old):g}"
            elif float(new) < float(old):
                yield f"the {name} is lower: {float(new):g}, was {float(old):g}"


def _as_wide(name: str, other: str) -> bool:
    """Whether a check is the same as the other and for all the services that the other was for."""
    (check, _, where), (same, _, others) = name.partition(" for "), other.partition(" for ")
    if check != same:
        return False
    kinds, were = _selectors(where), _selectors(others)
    return all(kind in were and were[kind] <= names for kind, names in kinds.items())


def _selectors(where: str) -> dict[str, set[str]]:
    """Names by what they are: `services a, b; tiers A`."""
    parts = [part.partition(" ") for part in where.split("; ") if part]
    return {kind: set(names.split(", ")) for kind, _, names in parts}


def _floor(summary: PolicySummary, what: str) -> float:
    return float(summary.numbers.get(f"floor {what}", "0"))


def _allowed(sets: tuple[tuple[str, ...], ...], floor: float) -> Allowed:
    return Allowed(criteria(sets) if sets else Criteria(()), floor)


def _shown(sets: tuple[tuple[str, ...], ...]) -> str:
    return criteria(sets).text() if sets else "nothing"


def _least(floor: float) -> str:
    return f" (at least {floor:g})" if floor else ""


def _number(fraction: str) -> str:
    return f"{float(Fraction(fraction)):g}"
