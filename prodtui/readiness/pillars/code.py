"""Code: what the release's production tree holds that is no production code."""

from __future__ import annotations

from prodtui.model.assessment import State
from prodtui.model.evidence import CodeScan
from prodtui.model.records import Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import Finding, of_record, worst
from prodtui.readiness.pillars.asked import RELEASE, sources_of, unanswered

CHECKS = Checks(Plane.RELEASE)


@CHECKS.check(
    "code.production_only",
    "Only production code ships",
    rule="no mock data, stub services, simulated results or placeholder secrets in the release's production tree, else "
    "FAIL; UNKNOWN where nothing was scanned; absent where the policy names no tree",
    remedy="Replace what is found by the real thing, move test code out of the tree, or allow it there with a reason "
    "(`prodtui scan` shows each place).",
    why="A stub in production answers correctly until somebody needs it to be true.",
    blocking=True,
    limits=Limits.of("<= 0"),
    unit="findings",
    of_release=True,
)
def production_only(view: ServiceView, ask: Question) -> Finding | None:
    """The findings of a scan of the release's tree."""
    if ask.part.asks.code is None:
        return None
    findings = [_scanned(said, ask) for said in ask.heard(view.scans)] + ask.unheard(view.scans)
    return worst(findings) or unanswered(ask, sources_of(view, RELEASE), f"code of {view.name}")


def _scanned(said: Said[CodeScan], ask: Question) -> Finding:
    scan = said.record
    why = scan.trouble or ("" if scan.files else "nothing was scanned")
    state = State.UNKNOWN if why or scan.findings is None else ask.limits.judge(scan.findings)
    many = "" if scan.findings is None else words.plural(scan.findings, "finding")
    files = words.plural(scan.files or 0, "file")
    if state is State.UNKNOWN:
        reason, brief = f"code: {why or 'findings not reported'}", "code unknown"
    elif scan.findings:
        first = f": {scan.first[0]}" if scan.first else ""
        reason, brief = f"{many} in {files}{first}", many
    else:
        reason, brief = f"nothing found in {files}", ""
    evidence = {"roots": ", ".join(scan.roots), "files": str(scan.files), "lines": str(scan.lines)}
    evidence |= {f"finding {place}": text for place, text in enumerate(scan.first, 1)}
    return of_record(
        said,
        state,
        reason,
        brief="" if state is State.PASS else brief,
        value=None if state is State.UNKNOWN else float(scan.findings or 0),
        unit="findings",
        observed_at=scan.scanned_at,
        evidence={name: value for name, value in evidence.items() if value and value != "None"},
        severity=scan.findings or 0,
        version=scan.version,
    )
