"""`prodtui check`: the gate. Assess, report, decide."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.environment import environment
from prodtui.cli.options import Config, Env, shared
from prodtui.model.errors import UsageError
from prodtui.readiness.gate import ExitCodes, FailOn

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.settings.loaded import Environment

ASK_AGAIN_S = 5.0
READINGS = 2
"""Rates and waits come from two readings of a counter (readiness.md, Freshness)."""


class GateFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def _seconds(text: str) -> float:
    from prodtui.settings.duration import seconds

    try:
        return float(str(seconds(text)))
    except ValueError as error:
        raise typer.BadParameter(f'"{text}" is not {error}') from error


def check(
    context: typer.Context,
    services: Annotated[list[str] | None, typer.Argument(help="Services to judge; all by default.")] = None,
    formats: Annotated[list[GateFormat] | None, typer.Option("--format", help="May be given several times.")] = None,
    outputs: Annotated[
        list[Path] | None, typer.Option("--output", help="File for the format at the same place; stdout by default.")
    ] = None,
    fail_on: Annotated[FailOn, typer.Option(help="From which verdict on the gate fails.")] = FailOn.NOT_READY,
    wait: Annotated[float, typer.Option(parser=_seconds, metavar="D", help="Ask again while it can't tell.")] = 0.0,
    timeout: Annotated[float, typer.Option(parser=_seconds, metavar="D", help="Then what is open is unknown.")] = 30.0,
    exit_codes: Annotated[ExitCodes, typer.Option(help="nagios: 0 READY, 1 WARN, 2 NOT READY, 3 INCONCLUSIVE.")] = (
        ExitCodes.DEFAULT
    ),
    config: Config = None,
    env: Env = None,
) -> None:
    """Assesses whether production is ready, reports why, and decides by its exit code.

    Given services are judged with the dependencies that they declare.

    Example: prodtui check payments --format text --format json --output - --output readiness.json

    Exit codes: 0 READY (and WARN, unless --fail-on warn); 1 NOT_READY; 2 usage or configuration; 3 INCONCLUSIVE;
    4 WARN with --fail-on warn; 5 internal failure.
    """
    found = environment(*shared(context, config, env))
    wanted = formats or [GateFormat.TEXT]
    targets = _targets(wanted, outputs or [])
    moment = asyncio.run(_judged(found, services or [], timeout_s=timeout, wait_s=wait))
    raise typer.Exit(_report(moment, services or [], wanted, targets, fail_on, exit_codes))


def _targets(formats: Sequence[GateFormat], outputs: Sequence[Path]) -> list[Path | None]:
    """A file, or None for stdout, for each format. Raises UsageError where two would share stdout."""
    if len(outputs) > len(formats):
        raise UsageError("more --output than --format: each output takes the format at the same place")
    targets: list[Path | None] = [None if str(path) == "-" else path for path in outputs]
    targets += [None] * (len(formats) - len(targets))
    if targets.count(None) > 1:
        raise UsageError("two formats on stdout; give an --output to all but one")
    return targets


async def _judged(found: Environment, services: Sequence[str], *, timeout_s: float, wait_s: float) -> Moment:
    from prodtui.model.assessment import Verdict
    from prodtui.readiness.policy import Policy
    from prodtui.readiness.selection import select
    from prodtui.watch import read_once

    ends = time.monotonic() + wait_s
    while True:
        moment = await read_once(found, readings=READINGS, deadline_s=timeout_s)
        verdict = select(moment.assessment, services, moment.views, Policy()).verdict
        if verdict is not Verdict.INCONCLUSIVE or time.monotonic() + ASK_AGAIN_S > ends:
            return moment
        await asyncio.sleep(ASK_AGAIN_S)


def _report(
    moment: Moment,
    services: Sequence[str],
    formats: Sequence[GateFormat],
    targets: Sequence[Path | None],
    fail_on: FailOn,
    exit_codes: ExitCodes,
) -> int:
    import msgspec

    from prodtui.readiness.gate import exit_code
    from prodtui.readiness.policy import Policy
    from prodtui.readiness.selection import select
    from prodtui.reports.check_text import check_text
    from prodtui.reports.document import PolicyPart
    from prodtui.reports.status_json import as_json, check_document

    judged = select(moment.assessment, services, moment.views, Policy())
    moment = msgspec.structs.replace(moment, assessment=judged)
    decision, code = judged.verdict.value, exit_code(judged.verdict, fail_on, exit_codes)
    for kind, target in zip(formats, targets, strict=True):
        if kind is GateFormat.JSON:
            policy = PolicyPart(name="default", path=None)
            text = as_json(check_document(moment, policy=policy, decision=decision, exit_code=code)) + "\n"
        else:
            text = check_text(moment, judged.services, decision, code)
        if target is None:
            sys.stdout.write(text)
        else:
            target.write_text(text)
    return code
