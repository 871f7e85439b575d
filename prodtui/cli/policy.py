"""`prodtui policy`: the readiness policy that applies, its check, its checks, its schema; policies of other formats."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.cli.options import Config, Env, Format, FormatOption, PolicyOption, shared
from prodtui.cli.policies import policy_path

if TYPE_CHECKING:
    from prodtui.model.declared import Tier
    from prodtui.readiness.policy_file.files import Merged
    from prodtui.settings.loaded import Loaded

app = typer.Typer(
    no_args_is_help=True, help="The readiness policy: show it, check it, explain a check, import another format."
)


@app.command()
def show(
    context: typer.Context,
    policy: PolicyOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
    config: Config = None,
    env: Env = None,
) -> None:
    """Prints the effective policy with the origin of every value; what is default is commented out.

    Example: prodtui policy show --policy readiness.toml

    Exit codes: 0; 2 it cannot be used.
    """
    from prodtui.readiness.pillars import checks
    from prodtui.readiness.policy_file.load import policy_from
    from prodtui.readiness.policy_file.show import effective
    from prodtui.readiness.policy_file.show import show as text

    merged = _merged(context, policy, config, env)
    found = policy_from(merged)
    if format is Format.JSON:
        _print_json(effective(found, merged, checks()))
    else:
        sys.stdout.write(text(found, merged, checks()))


@app.command()
def validate(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A policy; else as --policy.")] = None,
    policy: PolicyOption = None,
    config: Config = None,
    env: Env = None,
) -> None:
    """Checks the policy without reading any source.

    Whether its names are services of an environment is checked by `prodtui check`.

    Example: prodtui policy validate readiness.toml

    Exit codes: 0; 2 with file, line, key, what was expected and the nearest valid name, for everything that is wrong.
    """
    from prodtui.readiness.policy_file.load import policy_from

    merged = _merged(context, file or policy, config, env)
    found = policy_from(merged)
    files = ", ".join(merged.files) or "no file"
    counts = (("rule", found.rules), ("check", found.customs), ("waiver", found.waivers))
    own = ", ".join(f"{len(items)} {name}{'' if len(items) == 1 else 's'}" for name, items in counts)
    typer.echo(f"{found.name}: {own} of its own")
    typer.echo(f"{files}: {'can be used' if merged.files else 'the defaults hold'}")


@app.command()
def explain(
    context: typer.Context,
    check: Annotated[str, typer.Argument(metavar="CHECK_ID", help="As `prodtui policy checks` lists it.")],
    service: Annotated[str | None, typer.Option(help="With the rules that select this service.")] = None,
    policy: PolicyOption = None,
    config: Config = None,
    env: Env = None,
) -> None:
    """Says what a check reads, by which criteria it is judged and where they are declared, and what to do.

    Example: prodtui policy explain performance.latency_p99 --service payments

    Exit codes: 0; 2 there is no such check, or the policy cannot be used.
    """
    from prodtui.model.errors import UsageError
    from prodtui.readiness.pillars import checks
    from prodtui.readiness.policy_file.explained import explained, explained_ids
    from prodtui.readiness.policy_file.load import policy_from
    from prodtui.readiness.policy_file.problems import unknown

    merged = _merged(context, policy, config, env)
    found = policy_from(merged)
    ids = explained_ids(found, checks())
    if check not in ids:
        raise UsageError(unknown(check, ids, "check", "Checks"))
    tier = _tier(context, config, env, service) if service else None
    sys.stdout.write(explained(check, found, merged, checks(), service, tier))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A Keptn SLO file or an OpenSLO file, YAML.")],
    sli: Annotated[Path | None, typer.Option(help="Keptn's SLI file: the indicators' queries.")] = None,
    service: Annotated[str | None, typer.Option(help="The service that it is for; else all, or whom it names.")] = None,
    output: Annotated[Path | None, typer.Option(help="File to write, which must not exist; else stdout.")] = None,
) -> None:
    """Writes a policy from Keptn quality gates (spec 0.1.x, 1.0) or OpenSLO; says on stderr what differs.

    Example: prodtui policy import slo.yaml --sli sli.yaml --service payments --output readiness.toml

    Exit codes: 0; 2 it cannot be read, or something in it cannot be said.
    """
    from prodtui.model.errors import UsageError
    from prodtui.readiness.policy_file.imported import imported

    found = imported(file, sli, service)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    if output is None:
        sys.stdout.write(found.text)
        return
    try:
        with output.open("x", encoding="utf-8") as target:
            target.write(found.text)
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}; name another file") from error
    typer.echo(f"{output} written", err=True)


@app.command("checks")
def checks_(
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Lists every built-in check: what it is, whether it blocks, and its default rule.

    Example: prodtui policy checks --format json

    Exit codes: 0.
    """
    from prodtui.readiness.pillars import checks
    from prodtui.readiness.policy_file.explained import check_rows, table_text

    if format is Format.JSON:
        _print_json({"schema": "prodtui.checks/1", "checks": check_rows(checks())})
    else:
        sys.stdout.write(table_text(checks()))


@app.command()
def schema() -> None:
    """Prints the JSON Schema of the policy file, for editors.

    Example: prodtui policy schema > readiness.schema.json

    Exit codes: 0.
    """
    sys.stdout.write(schema_page())


def schema_page() -> str:
    """The text of docs/readiness.schema.json."""
    from prodtui.readiness.pillars import checks
    from prodtui.readiness.policy_file.schema import schema as json_schema

    return json.dumps(json_schema(checks()), indent=2, ensure_ascii=False) + "\n"


def _merged(context: typer.Context, policy: Path | None, config: Path | None, env: str | None) -> Merged:
    """The files of the policy that counts; none where the defaults hold."""
    from prodtui.readiness.policy_file.files import NO_FILES, merged

    loaded = _configuration(context, config, env) if policy is None else None
    named = loaded.environment(shared(context, config, env)[1]).policy if loaded is not None else None
    path = policy_path(policy, loaded.path if loaded is not None else None, named)
    return NO_FILES if path is None else merged(path)


def _configuration(context: typer.Context, config: Path | None, env: str | None) -> Loaded | None:
    """The configuration of a file; None where there is none: nothing is discovered for a policy's sake."""
    from prodtui.settings.load import load
    from prodtui.settings.toml_file import find

    path = find(shared(context, config, env)[0], os.environ, Path.cwd())
    return load(path) if path is not None else None


def _tier(context: typer.Context, config: Path | None, env: str | None, service: str) -> Tier | None:
    """The tier that the configuration file declares; None where it declares none."""
    loaded = _configuration(context, config, env)
    declared = loaded.settings.services.get(service) if loaded is not None else None
    return declared.tier if declared else None


def _print_json(value: object) -> None:
    from prodtui.readiness.policy_file.written import plain

    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")
