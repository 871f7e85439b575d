"""The machine-readable scan, `prodtui.scan/1`: public interface, stable."""

from __future__ import annotations

from typing import Literal

import msgspec

from prodtui.scan.judgement import Finding
from prodtui.scan.scan import Scan


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every key is always there, no other key is."""


class FindingPart(_Part, frozen=True):
    rule: str
    severity: Literal["error", "warning"]
    path: str
    line: int
    column: int
    code: str
    why: str
    remedy: str


class SuppressedPart(_Part, frozen=True):
    finding: FindingPart
    reason: str


class UnreadablePart(_Part, frozen=True):
    path: str
    reason: str
    partly: bool


class ScanDocument(_Part, frozen=True):
    """What `scan --format json` prints. `at` is RFC 3339 UTC; `languages` counts files; `off` is rule -> reason."""

    schema: Literal["prodtui.scan/1"]
    at: str
    release: str | None
    clean: bool
    roots: tuple[str, ...]
    files: int
    lines: int
    languages: dict[str, int]
    generated: int
    unreadable: tuple[UnreadablePart, ...]
    off: dict[str, str]
    suppressed: tuple[SuppressedPart, ...]
    findings: tuple[FindingPart, ...]


def scan_json(scan: Scan, *, at: str, release: str | None) -> str:
    """The document as indented JSON; ends with a newline."""
    document = ScanDocument(
        schema="prodtui.scan/1",
        at=at,
        release=release,
        clean=scan.clean,
        roots=scan.roots,
        files=scan.files,
        lines=scan.lines,
        languages=dict(scan.languages),
        generated=scan.generated,
        unreadable=tuple(UnreadablePart(path=e.path, reason=e.reason, partly=e.partly) for e in scan.unreadable),
        off=dict(scan.off),
        suppressed=tuple(SuppressedPart(finding=_finding(e.finding), reason=e.reason) for e in scan.suppressed),
        findings=tuple(map(_finding, scan.findings)),
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _finding(finding: Finding) -> FindingPart:
    return FindingPart(
        rule=finding.rule,
        severity=finding.declared.severity.value,
        path=finding.path,
        line=finding.line,
        column=finding.column,
        code=finding.code,
        why=finding.why,
        remedy=finding.declared.remedy,
    )
