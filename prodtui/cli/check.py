"""`prodtui check`: the gate. Assess, report, decide."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.environment import environment
from prodtui.cli.gate import Asked, policy_of
from prodtui.cli.options import Config, Env, PolicyOption, shared
from prodtui.cli.output import targets, write
from prodtui.cli.times import At, past
from prodtui.model.errors import ConfigurationError, ProdtuiError, UsageError
from prodtui.readiness.gate import INTERNAL, ExitCodes, FailOn
from prodtui.reports.formats import GateFormat, rendered

if TYPE_CHECKING:
    from prodtui.model.evaluation import Override
    from prodtui.reports.gate_report import GateReport


def _seconds(text: str) -> float:
    from prodtui.model.duration import seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise typer.BadParameter(f'"{text}" is not {error}') from error


def check(
    context: typer.Context,
    services: Annotated[list[str] | None, typer.Argument(help="Services to judge; all by default.")] = None,
    policy: PolicyOption = None,
    formats: Annotated[list[GateFormat] | None, typer.Option("--format", help="May be given several times.")] = None,
    outputs: Annotated[
        list[Path] | None, typer.Option("--output", help="File for the format at the same place; - is stdout.")
    ] = None,
    fail_on: Annotated[FailOn, typer.Option(help="From which verdict on the gate fails.")] = FailOn.NOT_READY,
    candidate: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Evidence of the release must be of this version.")
    ] = None,
    wait: Annotated[
        float, typer.Option(parser=_seconds, metavar="D", help="Ask again while it can't tell, or recovers.")
    ] = 0.0,
    timeout: Annotated[
        float, typer.Option(parser=_seconds, metavar="D", help="Of each assessment: then what is open is unknown.")
    ] = 30.0,
    at: At = None,
    samples: Annotated[
        int, typer.Option(min=1, max=1_000, help="Assess so often: of each blocking check the worst decides.")
    ] = 1,
    every: Annotated[float, typer.Option(parser=_seconds, metavar="D", help="Time between two samples.")] = 5.0,
    break_glass: Annotated[
        str | None, typer.Option(metavar="REASON", help="Go past the gate, where the policy allows it.")
    ] = None,
    ticket: Annotated[str | None, typer.Option(metavar="T", help="Where breaking the glass is followed up.")] = None,
    exit_codes: Annotated[ExitCodes, typer.Option(help="nagios: 0 READY, 1 WARN, 2 NOT READY, 3 INCONCLUSIVE.")] = (
        ExitCodes.DEFAULT
    ),
    config: Config = None,
    env: Env = None,
) -> None:
    """Assesses whether production is ready, reports why, and decides by its exit code.

    With --at it reads no source: it decides from the journal as it would have then, and remembers nothing of it.
    Given services are judged with the dependencies that they declare.

    Example: prodtui check payments --format text --format json --output - --output readiness.json

    Exit codes: 0 READY (and WARN, unless --fail-on warn); 1 NOT_READY; 2 usage or configuration; 3 INCONCLUSIVE;
    4 WARN with --fail-on warn; 5 internal failure; 130 interrupted.
    """
    wanted = formats or [GateFormat.TEXT]
    override = _override(break_glass, ticket)
    places = targets(wanted, outputs or [])
    found = environment(*shared(context, config, env))
    asked = Asked(
        environment=found,
        policy=policy_of(found, policy),
        services=tuple(dict.fromkeys(services or ())),
        candidate=candidate,
        samples=samples,
        every_s=every,
        wait_s=wait,
        timeout_s=timeout,
        at=_past(at, samples, wait, break_glass),
    )
    try:
        code = asyncio.run(_decided(asked, override, fail_on, exit_codes, list(zip(wanted, places, strict=True))))
    except (ConfigurationError, UsageError):
        raise
    except (ProdtuiError, OSError) as error:
        # Not 1, which says that production is not ready: the gate itself failed.
        typer.echo(f"prodtui: the gate failed: {error}", err=True)
        raise typer.Exit(INTERNAL) from error
    raise typer.Exit(code)


def _past(at: str | None, samples: int, wait: float, break_glass: str | None) -> float | None:
    """Raises UsageError beside what only means something now."""
    if at is None:
        return None
    if samples > 1 or wait or break_glass is not None:
        raise UsageError("--at assesses one moment of the past: without --samples, --wait and --break-glass")
    return past(at)


def _override(reason: str | None, ticket: str | None) -> Override | None:
    """Raises UsageError where one is given without the other, or says nothing."""
    from prodtui.model.evaluation import Override

    if reason is None and ticket is None:
        return None
    if not (reason or "").strip() or not (ticket or "").strip():
        raise UsageError("--break-glass REASON and --ticket T go together: say why, and where it is followed up")
    return Override(reason=str(reason), ticket=str(ticket))


async def _decided(
    asked: Asked,
    override: Override | None,
    fail_on: FailOn,
    codes: ExitCodes,
    wanted: Sequence[tuple[GateFormat, Path]],
) -> int:
    """Judges, writes every report, keeps the evaluation; returns the exit code."""
    from prodtui.cli.gate import judged, letting_go, memory, remember
    from prodtui.cli.store import new_id
    from prodtui.readiness.gate import decide
    from prodtui.reports.gate_report import GateReport

    if override is not None and asked.policy.override:
        await _announced(asked, override)
    known = await memory(asked.environment, asked.policy, services=asked.services, candidate=asked.candidate)
    try:
        found = await judged(asked, known.standard)
        verdict = found.moment.assessment.verdict
        report = GateReport(
            moment=found.moment,
            policy=asked.policy,
            decision=decide(verdict, fail_on=fail_on, codes=codes, override=override, allowed=asked.policy.override),
            candidate=asked.candidate,
            samples=asked.samples,
            difference=found.difference,
            remarks=known.remarks,
            root=os.getcwd(),  # noqa: PTH109 — as text, for paths in reports
        )
        _write(report, wanted)
        kept_as = new_id(report.assessment.at)
        remarks = await remember(known.store, asked, report, kept_as)
        audited = await _audited(asked, report, kept_as if known.store is not None else None)
        for remark in (*remarks, *audited):
            typer.echo(f"prodtui: {remark}", err=True)
        return report.decision.exit_code
    finally:
        await letting_go(known.store)


async def _announced(asked: Asked, override: Override) -> None:
    """Writes down that somebody goes past the gate before anything is decided. Raises UsageError where it can't be."""
    from prodtui.cli.audit_trail import require_written
    from prodtui.cli.decided import asked_about, broken_glass
    from prodtui.model.audited import Act

    about = asked_about(asked.environment.name, asked.services)
    remark = await require_written(
        asked.environment, Act.DECISION, about, "asked to go past the gate", broken_glass(override)
    )
    if remark is not None:
        typer.echo(f"prodtui: {remark}", err=True)


async def _audited(asked: Asked, report: GateReport, evaluation: str | None) -> tuple[str, ...]:
    """Writes down the decision and the waivers that it made use of; says why not, where it could not be.

    `evaluation`: the id under which it is kept; None where the store could not be used.
    """
    from prodtui.cli.audit_trail import auditing
    from prodtui.cli.decided import decided
    from prodtui.cli.gate import AGAIN_STORE_S, STORE_S

    if asked.at is not None:
        return ()
    async with auditing(asked.environment, AGAIN_STORE_S if evaluation is None else STORE_S) as scribe:
        remark = await scribe.all_written(*decided(report, asked.services, evaluation or ""))
    return () if remark is None else (remark,)


def _write(report: GateReport, wanted: Sequence[tuple[GateFormat, Path]]) -> None:
    """Every format that can be written, also where one can't. Raises OSError, of the first that failed."""
    failed: OSError | None = None
    for kind, target in wanted:
        try:
            write(target, rendered(report, kind))
        except OSError as error:
            failed = failed or error
    if failed is not None:
        raise failed
