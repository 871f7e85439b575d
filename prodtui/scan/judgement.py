"""One file, judged alone; and what the files then say of one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from prodtui.scan.facts import Source
from prodtui.scan.files import File, Unreadable, generated
from prodtui.scan.languages import LANGUAGES, read
from prodtui.scan.rules import JUDGES, RULES
from prodtui.scan.rules.rule import Rule, Violation
from prodtui.scan.rules.secrets import FEWEST_CHARACTERS
from prodtui.scan.rules.suppressions import Suppression, suppressed_by, suppressions, unfit

LARGEST_BYTES = 4 * 1024 * 1024
LOST_SHARE, FEWEST_LOST_LINES = 0.05, 3
"""Up to this share of its lines, or this many, a file counts as read in part; beyond it as not read."""
LONGEST_CODE = 160
"""Characters shown of a code line."""
REDACTED = "********"

_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule broken at a place. `code` is the line made inert, without its secrets."""

    rule: str
    path: str
    line: int
    column: int
    code: str
    why: str

    @property
    def declared(self) -> Rule:
        return RULES[self.rule]


class Suppressed(msgspec.Struct, frozen=True):
    """A finding that a comment lets pass, and why."""

    finding: Finding
    reason: str


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one file came to."""

    path: str
    language: str
    lines: int = 0
    generated: bool = False
    unreadable: Unreadable | None = None
    violations: tuple[Violation, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    shown: Mapping[int, str] = {}
    """Line -> how it is shown."""
    heirs: tuple[tuple[str, tuple[str, ...], frozenset[str]], ...] = ()
    """Classes that have bases: name, bases, methods."""


def judge(file: File) -> Judged:
    """Reads the file and puts every rule to it."""
    language = LANGUAGES[file.ending]
    try:
        text = Path(file.path).read_bytes()
    except OSError as error:
        return Judged(path=file.shown, language=language, unreadable=Unreadable(file.shown, error.strerror or "?"))
    if generated(text):
        return Judged(path=file.shown, language=language, generated=True)
    reason = _unreadable(text)
    if reason is not None:
        return Judged(path=file.shown, language=language, unreadable=Unreadable(file.shown, reason))
    source = read(text.removeprefix(b"\xef\xbb\xbf"), file.ending)
    violations = [violation for put in JUDGES for violation in put(source)]
    known = suppressions(source.comments)
    secrets = {(piece, violation.line) for violation in violations for piece in violation.secret.splitlines() if piece}
    places = {violation.line for violation in violations} | {each.line for each in known}
    return Judged(
        path=file.shown,
        language=language,
        lines=len(source.lines) - (not source.lines[-1]),
        unreadable=_gap(file, source),
        violations=tuple(_in_characters(violation, source.lines) for violation in _once(violations)),
        suppressions=tuple(known),
        shown={line: _shown(source.lines[line - 1], _secrets_at(line, secrets)) for line in places},
        heirs=tuple((each.name, each.bases, each.methods) for each in source.classes if each.bases),
    )


def _unreadable(text: bytes) -> str | None:
    if len(text) > LARGEST_BYTES:
        return f"{len(text):,} bytes are more than {LARGEST_BYTES:,}: exclude it if it is no source"
    if b"\0" in text:
        return "it holds NUL bytes, which no source does"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 at byte {error.start}"
    return None


def _gap(file: File, source: Source) -> Unreadable | None:
    gap = source.gap
    if gap is None:
        return None
    partly = gap.lines < len(source.lines) and gap.lines <= max(FEWEST_LOST_LINES, len(source.lines) * LOST_SHARE)
    reason = (
        f"line {gap.line} is not understood" if partly else f"it does not parse as {source.language} at line {gap.line}"
    )
    return Unreadable(file.shown, reason, partly)


def _once(violations: Iterable[Violation]) -> list[Violation]:
    """In the order of the file; a rule that two ways lead to at one place is said once."""
    by_place = {(each.line, each.rule): each for each in sorted(violations, key=lambda each: (each.line, -each.column))}
    return list(by_place.values())


def _in_characters(violation: Violation, lines: Sequence[str]) -> Violation:
    before = lines[violation.line - 1].encode()[: violation.column - 1]
    return msgspec.structs.replace(violation, column=len(before.decode("utf-8", "ignore")) + 1)


def _secrets_at(line: int, secrets: Iterable[tuple[str, int]]) -> set[str]:
    """Those of the line, and those of others that are no everyday words."""
    return {secret for secret, where in secrets if where == line or len(secret) >= FEWEST_CHARACTERS}


def _shown(line: str, secrets: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        line = line.replace(secret, REDACTED)
    line = _HOSTILE.sub(lambda found: f"\\u{ord(found.group()):04x}", line.replace("\t", "    ").strip())
    return line if len(line) <= LONGEST_CODE else f"{line[: LONGEST_CODE - 1]}…"


def settle(
    judged: Sequence[Judged], off: Mapping[str, str]
) -> tuple[list[Finding], list[Suppressed], list[Unreadable]]:
    """Findings of all the files of one root, once what they say of one another is known."""
    overridden = _overridden(judged)
    findings: list[Finding] = []
    let_pass: list[Suppressed] = []
    for file in judged:
        used = []
        for violation in file.violations:
            if violation.rule in off or violation.unless_overridden in overridden:
                continue
            suppression = suppressed_by(violation, file.suppressions)
            if suppression is None:
                findings.append(_finding(file, violation))
            else:
                used.append(suppression)
                let_pass.append(Suppressed(_finding(file, violation), suppression.reason))
        findings += [
            _finding(file, violation)
            for violation in unfit(file.suppressions, used, tuple(off), RULES)
            if violation.rule not in off
        ]
    lost = [file.unreadable for file in judged if file.unreadable is not None]
    return findings, let_pass, lost


def _finding(file: Judged, violation: Violation) -> Finding:
    return Finding(
        rule=violation.rule,
        path=file.path,
        line=violation.line,
        column=violation.column,
        code=file.shown[violation.line],
        why=violation.why,
    )


def _overridden(judged: Iterable[Judged]) -> set[tuple[str, str]]:
    """Class and method wherever a class below, at any depth, has the method too. Classes go by their bare names."""
    children: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for file in judged:
        for name, bases, methods in file.heirs:
            for base in bases:
                children.setdefault(base, []).append((name, methods))
    found: set[tuple[str, str]] = set()
    for ancestor in children:
        seen, waiting = {ancestor}, [ancestor]
        while waiting:
            for name, methods in children.get(waiting.pop(), ()):
                found |= {(ancestor, method) for method in methods}
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
    return found
