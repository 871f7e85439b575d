"""Every rule, in the order in which pages and reports show them."""

from __future__ import annotations

from collections.abc import Mapping

from prodtui.scan.rules import doubles, hollow, results, secrets, suppressions, unwritten
from prodtui.scan.rules.rule import Judge, Rule

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        *doubles.RULES,
        *results.RULES,
        *hollow.RULES,
        *unwritten.RULES,
        *secrets.RULES,
        *suppressions.RULES,
    )
}
JUDGES: tuple[Judge, ...] = (doubles.judge, results.judge, hollow.judge, unwritten.judge, secrets.judge)
