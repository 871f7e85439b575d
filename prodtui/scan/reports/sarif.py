"""A scan as SARIF 2.1.0 (OASIS), for code hosts and editors."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from urllib.parse import quote

import msgspec

from prodtui.scan.judgement import Finding
from prodtui.scan.rules import RULES
from prodtui.scan.scan import Scan

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INDEX = {rule: number for number, rule in enumerate(RULES)}

Json = Mapping[str, object]


def scan_sarif(scan: Scan, *, at: str, release: str | None, version: str) -> str:
    """One run. `at` is RFC 3339 UTC, `release` the scanned product's version, `version` this tool's."""
    twins: Counter[str] = Counter()
    results = [_result(finding, twins) for finding in scan.findings]
    results += [
        {
            **_result(each.finding, twins),
            "suppressions": [{"kind": "inSource", "status": "accepted", "justification": each.reason}],
        }
        for each in scan.suppressed
    ]
    notices = [
        {
            "level": "warning" if each.partly else "error",
            "message": {"text": each.reason},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(each.path)}}}],
        }
        for each in scan.unreadable
    ]
    run: dict[str, object] = {
        "tool": {"driver": {"name": "prodtui scan", "semanticVersion": version, "rules": [*map(_rule, RULES)]}},
        # Columns count code points; SARIF's default is UTF-16 units.
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": all(each.partly for each in scan.unreadable),
                "endTimeUtc": at,
                "toolExecutionNotifications": notices,
                "ruleConfigurationOverrides": [
                    {"descriptor": {"id": rule, "index": _INDEX[rule]}, "configuration": {"enabled": False}}
                    for rule in scan.off
                ],
            }
        ],
        "results": results,
        "properties": {"files": scan.files, "lines": scan.lines, "rulesOff": dict(scan.off)},
    }
    if release is not None:
        run["automationDetails"] = {"id": f"prodtui-scan/{release}"}
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(rule: str) -> Json:
    declared = RULES[rule]
    return {
        "id": rule,
        "shortDescription": {"text": declared.title},
        "fullDescription": {"text": declared.why},
        "help": {"text": declared.remedy},
        "defaultConfiguration": {"level": declared.severity.value},
    }


def _result(finding: Finding, twins: Counter[str]) -> Json:
    # A line number moves with every edit above it: the same code of the same rule in a file is told apart by its rank.
    same = f"{finding.rule}\0{finding.path}\0{finding.code}"
    twins[same] += 1
    fingerprint = hashlib.sha256(f"{same}\0{twins[same]}".encode()).hexdigest()
    region = {"startLine": finding.line, "startColumn": finding.column, "snippet": {"text": finding.code}}
    return {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": finding.declared.severity.value,
        "message": {"text": f"{finding.why}. {finding.declared.remedy}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(finding.path)}, "region": region}}],
        "partialFingerprints": {"prodtuiScan/v1": fingerprint},
    }


def _uri(path: str) -> str:
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(pure.as_posix())
