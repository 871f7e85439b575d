"""What the gate decides on the healthy lab, under three policies, and on each of its faults.

    make verdicts

Prints docs/verdicts.md: one row a case, with the verdict, the exit code and the checks that decided.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.lab import Status, lab_in_use, prodtui
from benchmarks.table import Report, Unmeasurable
from prodtui.lab.faults import FAULTS, active
from prodtui.lab.state import Lab

SETTLED_S = 25.0
"""Until the lab's window of 20 s has nothing in it from before."""
WELL_WITHIN_S = 150.0
MOST_CHECKS = 3
PAGE = Path(__file__).parent.parent / "docs" / "verdicts.md"
POLICIES = {
    "readiness.toml": "the lab's own",
    "strict.toml": "a team that rolls out under full load: three instances of tier B, p99 < 20 ms, few errors",
    "lenient.toml": "an internal service in office hours: one instance is enough, p99 < 1 s",
}


class Decided(NamedTuple):
    """One run of the gate."""

    case: str
    what: str
    verdict: str
    exit_code: int
    deciding: str


def decided(config: Path, case: str, what: str, policy: Path) -> Decided:
    """Asks the gate as a pipeline would. Raises Unmeasurable where it gives no report."""
    done = prodtui("--config", str(config), "check", "--policy", str(policy), "--format", "json")
    if not done.stdout:
        raise Unmeasurable(f"{case}: the gate gave no report: {done.stderr.strip()}")
    document: Status = json.loads(done.stdout)
    return Decided(case, what, document["verdict"], done.returncode, deciding(document))


def deciding(document: Status) -> str:
    """The checks that the verdict stands on, by service, worst service first."""
    states = {"NOT_READY": "FAIL", "INCONCLUSIVE": "UNKNOWN"}
    state = states.get(document["verdict"], "")
    found: dict[str, list[str]] = {}
    for service in document["services"]:
        for check in service["checks"]:
            if check["state"] == state and check["blocking"] and service["verdict"] == document["verdict"]:
                found.setdefault(check["id"], []).append(service["name"])
    if not found:
        lost = ", ".join(source["name"] for source in document["sources"] if source["state"] == "lost")
        return f"{lost} lost" if lost else "; ".join(_warnings(document)) or "–"
    shown = [f"`{check}` of {', '.join(services)}" for check, services in list(found.items())[:MOST_CHECKS]]
    more = f" and {len(found) - MOST_CHECKS} more" if len(found) > MOST_CHECKS else ""
    return "; ".join(shown) + more


def _warnings(document: dict[str, Any]) -> Iterator[str]:
    for service in document["services"]:
        for check in service["checks"]:
            if document["verdict"] == "WARN" and check["state"] in ("WARN", "UNKNOWN", "FAIL"):
                yield f"`{check['id']}` of {service['name']}"


def cases(lab: Lab) -> Iterator[Decided]:
    """The healthy lab under each policy, then each fault under its own. Every fault is healed, whatever happens."""
    config, own = lab.config_path, lab.policy_path
    _until_well(config)
    for name, what in POLICIES.items():
        yield decided(config, f"healthy, `{name}`", what, own.with_name(name))
    for name, fault in FAULTS.items():
        print(f"{name} …", file=sys.stderr, flush=True)
        prodtui("lab", "fault", name)
        try:
            time.sleep(SETTLED_S)
            yield decided(config, f"`{name}`", fault.does, own)
        finally:
            if name in active(lab):
                prodtui("lab", "heal", name)
        _until_well(config)


def _until_well(config: Path) -> None:
    ends = time.monotonic() + WELL_WITHIN_S
    while prodtui("--config", str(config), "check").returncode != 0:
        if time.monotonic() > ends:
            raise Unmeasurable(f"the lab is not well within {WELL_WITHIN_S:.0f} s")
        time.sleep(2)


def page(found: list[Decided]) -> str:
    """docs/verdicts.md."""
    lines = [
        "# What the gate decides",
        "",
        "<!-- written by `make verdicts`, which starts the lab, breaks it and asks the gate -->",
        "",
        "`prodtui check` on the lab: healthy under three policies, then with each fault under the lab's own, asked",
        f"{SETTLED_S:.0f} s after the fault was injected.",
        "",
        "| case | what it is | verdict | exit | decided by |",
        "|---|---|---|---|---|",
        *(f"| {d.case} | {d.what} | {d.verdict} | {d.exit_code} | {d.deciding} |" for d in found),
    ]
    return "\n".join(lines) + "\n"


def measure() -> Report:
    """Asks the gate about every case, and writes the page."""
    with lab_in_use() as lab:
        text = page(list(cases(lab)))
    PAGE.write_text(text)
    return Report(f"verdicts: written to {PAGE.relative_to(Path.cwd())}", notes=[text])
