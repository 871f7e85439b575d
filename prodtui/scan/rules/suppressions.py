"""`prodtui: allow RULE because REASON`, in a comment on the line or the one above."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from prodtui.scan.facts import Comment
from prodtui.scan.rules.rule import Rule, Severity, Violation

SUPPRESSION = Rule(
    id="suppression",
    title="a suppression has no reason, names no known rule, or suppresses nothing",
    why="A suppression that nobody can judge hides the next real finding.",
    remedy="Write `prodtui: allow RULE because REASON`, or remove it.",
    severity=Severity.WARNING,
)
RULES = (SUPPRESSION,)

_MARK = re.compile(r"\bprodtui:\s*allow\b(?P<rest>.*)", re.DOTALL)
_FORM = re.compile(r"\s+(?P<rule>[a-z-]+)\s+because\s+(?P<reason>\S.*)", re.DOTALL)


class Suppression(msgspec.Struct, frozen=True):
    """What a comment asks to let pass. `rule` and `reason` are empty where it does not say."""

    line: int
    column: int
    rule: str
    reason: str


def suppressions(comments: Sequence[Comment]) -> list[Suppression]:
    """Those among the comments."""
    found = []
    for comment in comments:
        if mark := _MARK.search(comment.text):
            form = _FORM.match(mark["rest"])
            rule, reason = (form["rule"], form["reason"].strip()) if form else ("", "")
            found.append(Suppression(comment.line, comment.column, rule, reason))
    return found


def suppressed_by(violation: Violation, known: Sequence[Suppression]) -> Suppression | None:
    """The suppression that lets the violation pass, on its line or the one above."""
    for each in known:
        if each.rule == violation.rule and each.reason and each.line in (violation.line, violation.line - 1):
            return each
    return None


def unfit(
    known: Sequence[Suppression], used: Sequence[Suppression], off: Sequence[str], rules: Mapping[str, Rule]
) -> Iterator[Violation]:
    """Violations by the suppressions themselves. Of a rule that is off nobody can tell whether one is needed."""
    for each in known:
        if not each.reason:
            why = "a suppression without a reason: write `prodtui: allow RULE because REASON`"
        elif each.rule not in rules or each.rule == SUPPRESSION.id:
            known_rules = ", ".join(rule for rule in rules if rule != SUPPRESSION.id)
            why = f"there is no rule {each.rule} that could be allowed; there are {known_rules}"
        elif each not in used and each.rule not in off:
            why = f"nothing here breaks {each.rule}: the suppression is not needed"
        else:
            continue
        yield Violation(rule=SUPPRESSION.id, line=each.line, column=each.column, why=why)
