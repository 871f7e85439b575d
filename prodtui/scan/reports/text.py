"""A scan for people: worst first, by file, and one line that sums it up."""

from __future__ import annotations

from itertools import groupby

from prodtui.scan.scan import Scan


def scan_text(scan: Scan) -> str:
    """Ends with a newline."""
    lines: list[str] = []
    for path, findings in groupby(scan.findings, key=lambda finding: finding.path):
        lines.append(path)
        for finding in findings:
            lines += [
                f"  {finding.line}:{finding.column}  {finding.declared.severity}  {finding.rule}: {finding.why}",
                f"      {finding.code}",
                f"      {finding.declared.remedy}",
            ]
        lines.append("")
    for unreadable in scan.unreadable:
        extent = "read but for a part" if unreadable.partly else "not read"
        lines.append(f"{unreadable.path}: {extent}: {unreadable.reason}")
    lines += [f"rule {rule} is off: {reason}" for rule, reason in scan.off.items()]
    lines += [
        f"{each.finding.path}:{each.finding.line}: {each.finding.rule} is allowed: {each.reason}"
        for each in scan.suppressed
    ]
    return "\n".join([*lines, _sum(scan)]) + "\n"


def _sum(scan: Scan) -> str:
    unread = sum(not each.partly for each in scan.unreadable)
    parts = [
        _many(len(scan.findings), "finding") if scan.findings else "no findings",
        f"{_many(scan.files, 'file')} and {_many(scan.lines, 'line')} of {' and '.join(scan.languages)} read",
    ]
    if unread:
        parts.append(f"{_many(unread, 'file')} NOT read")
    if scan.suppressed:
        parts.append(f"{len(scan.suppressed)} allowed by a comment")
    if scan.generated:
        parts.append(f"{_many(scan.generated, 'generated file')} left out")
    return " · ".join(parts)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
