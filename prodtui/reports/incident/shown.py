"""Text from outside as a reader wants it: cut at a word, numbers with as many digits as say something."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodtui.model.text import neutralise
from prodtui.reports.fields import one_line

LONGEST = 200
_LONG_NUMBER = re.compile(r"(?<![\w.:])\d+\.\d{4,}(?=(?:ms|s|%)?(?![\w.]))")
_PASSING = re.compile(r"(passing|up)\b", re.IGNORECASE)


def cut(text: str, longest: int = LONGEST) -> str:
    """One line, cut at a word."""
    line = one_line(text)
    if len(line) <= longest:
        return line
    kept = line[:longest]
    word = kept.rpartition(" ")[0]
    return f"{word if len(word) > longest // 2 else kept} …"


def rounded(text: str) -> str:
    """Numbers in it with three digits: `0.272`, not `0.2721311475409836`; none of those before the point is lost."""
    return _LONG_NUMBER.sub(lambda found: _short(float(found[0])), text)


def told(evidence: Mapping[str, str]) -> list[str]:
    """Evidence of what fails, a line for each thing that it is of; facts of one thing share a line.

    What an instance that passes said is none.
    """
    lines: list[str] = []
    facts: list[str] = []
    for name, text in evidence.items():
        if _PASSING.match(text):
            continue
        fact = f"{one_line(name)}: {rounded(cut(text))}"
        if len(text) > 60 or "\n" in text:
            lines.append(fact)
        else:
            facts.append(fact)
    return [*([cut(" · ".join(facts), 2 * LONGEST)] if facts else []), *map(neutralise, lines)]


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
