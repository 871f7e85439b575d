"""`prodtui load`: a real load against a declared target, judged by its thresholds."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.environment import environment
from prodtui.cli.gate import policy_of
from prodtui.cli.options import Config, Env, Format, FormatOption, PolicyOption, shared
from prodtui.cli.terminal import on_screen
from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.model.load import LoadVerdict
    from prodtui.readiness.load_rule import LoadRule
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment


INTERRUPTED = 130


def load(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A load of the policy; without one they are listed.")] = None,
    policy: PolicyOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
    yes_load: Annotated[
        list[str] | None,
        typer.Option("--yes-load", metavar="HOST", help="Send to this host, which is not on this machine."),
    ] = None,
    script: Annotated[
        bool, typer.Option("--script", help="Print its k6 script instead, for k6's own clusters.")
    ] = False,
    config: Config = None,
    env: Env = None,
) -> None:
    """Sends a real load (by k6) to a target that the policy declares, watches what saturates first, and judges it.

    On a terminal it is watched live (q stops it), else progress goes to stderr. Whole runs are kept: the checks
    performance.load_p99, load_error_ratio and load_throughput read the last one. It stops by itself as soon as the
    environment turns NOT_READY for anything that the load is not there to try.

    Example: prodtui load checkout --yes-load shop.example

    Exit codes: 0 every threshold is met; 1 not; 2 usage, configuration, or a host that nobody said yes to;
    3 could not be measured, or was stopped; 130 interrupted before it began, or twice.
    """
    found = environment(*shared(context, config, env))
    rules = policy_of(found, policy)
    if name is None:
        sys.stdout.write(asyncio.run(_listed(found, rules, format)))
        return
    rule = named(rules, name)
    allowed = yes_load or []
    if script:
        from prodtui.cli.load_run import script_of

        sys.stdout.write(asyncio.run(script_of(rule, rules, allowed)))
        return
    try:
        verdict = _run(found, rules, rule, allowed, format)
    except asyncio.CancelledError as error:
        raise typer.Exit(INTERRUPTED) from error
    raise typer.Exit(exit_code(verdict))


def named(policy: Policy, name: str) -> LoadRule:
    """The load of this name. Raises UsageError."""
    from prodtui.model.text import neutralise_name
    from prodtui.model.toml_keys import nearest

    if name in policy.loads:
        return policy.loads[name]
    near = nearest(name, policy.loads)
    hint = f'; did you mean "{near}"?' if near else f". Loads: {', '.join(policy.loads) or 'none are declared'}"
    raise UsageError(f'the policy declares no load "{neutralise_name(name)}"{hint}')


def exit_code(verdict: LoadVerdict) -> int:
    """0 met, 1 not, 3 whatever else became of it."""
    return {"MET": 0, "NOT_MET": 1}.get(verdict.value, 3)


def _run(found: Environment, rules: Policy, rule: LoadRule, allowed: list[str], format_: Format) -> LoadVerdict:
    from prodtui.cli.load_run import Loading, printed

    loading = Loading(found, rules, rule, allowed)
    run = asyncio.run(loading.prepare())
    if run is None and on_screen() and format_ is Format.TEXT:
        from prodtui.cli.load_screen import shown

        run = asyncio.run(shown(loading))
    elif run is None:
        run = asyncio.run(printed(loading))
    for remark in loading.remarks:
        typer.echo(f"prodtui: {remark}", err=True)
    if format_ is Format.JSON:
        from prodtui.reports.load_json import load_json

        sys.stdout.write(load_json(run))
        if run.reason:
            typer.echo(f"prodtui: {run.reason}", err=True)
    else:
        from prodtui.reports.load_text import result_text

        sys.stdout.write(result_text(run))
    return run.verdict


async def _listed(found: Environment, rules: Policy, format_: Format) -> str:
    """The declared loads with their last runs."""
    from prodtui.cli.gate import in_time
    from prodtui.cli.load_run import last_runs
    from prodtui.load.course import plan_in_words
    from prodtui.reports.load_json import declared_json
    from prodtui.reports.load_text import declared_text

    last, late = await in_time(last_runs(found, rules), "what came of the last runs is not known")
    if late:
        typer.echo(f"prodtui: {late}", err=True)
    plans = {name: plan_in_words(rule) for name, rule in rules.loads.items()}
    told = declared_json if format_ is Format.JSON else declared_text
    return told(rules.loads, plans, last or {})
