"""The command line: every command is declared here in one line and lives in a module of its own."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from prodtui.cli import (
    audit,
    baseline,
    check,
    config,
    explain,
    export,
    init,
    lab,
    load,
    notify,
    policy,
    replay,
    rollout,
    scan,
    sources,
    status,
    watch,
)
from prodtui.cli.log import log_to_file
from prodtui.cli.options import Config, Env, Shared
from prodtui.cli.terminal import on_screen
from prodtui.lab.errors import LabError
from prodtui.model.errors import ConfigurationError, ProdtuiError, UsageError
from prodtui.readiness.gate import INTERNAL, USAGE

app = typer.Typer(
    name="prodtui",
    no_args_is_help=False,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("status")(status.status)
app.command("check")(check.check)
app.command("explain")(explain.explain)
app.command("sources")(sources.sources)
app.command("scan")(scan.scan)
app.command("init")(init.init)
app.command("watch")(watch.watch)
app.command("load")(load.load)
app.command("replay")(replay.replay)
app.command("export")(export.export)
app.add_typer(policy.app, name="policy")
app.add_typer(baseline.app, name="baseline")
app.add_typer(rollout.app, name="rollout")
app.add_typer(audit.app, name="audit")
app.add_typer(config.app, name="config")
app.add_typer(lab.app, name="lab")
app.add_typer(notify.app, name="notify")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"prodtui {version('prodtui')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _dashboard(
    context: typer.Context,
    config_file: Config = None,
    env: Env = None,
    theme: Annotated[
        str | None, typer.Option(help="The dashboard's: dark, light, contrast, mono, one of yours, or a file.")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="The dashboard does not act: no acknowledgements, no messages.")
    ] = False,
    mouse: Annotated[
        bool, typer.Option("--mouse", help="The dashboard takes clicks and the wheel, and text selection from you.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,  # noqa: ARG001
) -> None:
    """Says whether production is ready, what broke first, and shows the evidence.

    Without a command: the dashboard; where stdout is no terminal, as `status`. --config and --env go with every
    command, before or after its name; --theme, --read-only and --mouse are of the dashboard alone.

    Example: prodtui --env prod-eu

    Exit codes: 0; 2 a configuration or command line that can't be used; 5 prodtui failed inside, whatever the command.
    """
    given = context.obj = Shared()
    given.config, given.env = config_file, env
    if context.invoked_subcommand is not None:
        _only_of_the_dashboard(
            context.invoked_subcommand, {"--theme": theme is not None, "--read-only": read_only, "--mouse": mouse}
        )
        return
    if on_screen():
        from prodtui.cli.dashboard import dashboard

        raise typer.Exit(dashboard(config_file, env, theme=theme, read_only=read_only, mouse=mouse))
    context.invoke(status.status, context=context)


def _only_of_the_dashboard(command: str, given: Mapping[str, bool]) -> None:
    """Raises UsageError before a command that would go on as if it had not been said: `--read-only rollout abort`."""
    if said := [option for option, is_given in given.items() if is_given]:
        raise UsageError(f"{said[0]} before a command is of the dashboard; `{command}` does not take it there")


def run(words: list[str]) -> int:
    """Carries out a command line; returns its exit code. Errors are one message on stderr, never a traceback."""
    try:
        app(args=words, prog_name="prodtui")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except (ConfigurationError, UsageError) as error:
        typer.echo(f"prodtui: {error}", err=True)
        return USAGE
    except (LabError, ProdtuiError) as error:
        typer.echo(f"prodtui: {error}", err=True)
        return 1
    except Exception as error:  # noqa: BLE001 — the command line's border: said, logged, and never a pass
        typer.echo(
            f"prodtui: failed inside: {type(error).__name__}: {error}. The log has it: {_logged(error)}", err=True
        )
        return INTERNAL
    return 0


def _logged(error: Exception) -> Path:
    path = log_to_file()
    logging.getLogger(__name__).error("command failed", exc_info=error, extra={"command": sys.argv[1:]})
    return path
