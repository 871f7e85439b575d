"""`prodtui config`: the effective configuration, its check, its schema."""

from __future__ import annotations

import json
import sys

import typer

from prodtui.cli.options import Config, Env, shared

app = typer.Typer(no_args_is_help=True, help="The effective configuration: show it, check it, its JSON Schema.")


@app.command()
def show(context: typer.Context, config: Config = None, env: Env = None) -> None:
    """Prints the effective configuration with the origin of every value, secrets redacted.

    Example: prodtui config show --env prod-eu

    Exit codes: 0; 2 it cannot be used.
    """
    from prodtui.settings.load import load
    from prodtui.settings.show import show as text

    path, name = shared(context, config, env)
    sys.stdout.write(text(load(path), name))


@app.command()
def validate(context: typer.Context, config: Config = None, env: Env = None) -> None:
    """Checks the configuration without reading any source.

    Example: prodtui config validate --config prodtui.toml

    Exit codes: 0; 2 with file, line, key, what was expected and the nearest valid key.
    """
    from prodtui.cli.keys import keymap_of
    from prodtui.settings.load import load

    path, name = shared(context, config, env)
    loaded = load(path)
    keymap_of(loaded)
    for each in [name] if name else sorted(loaded.settings.environments):
        found = loaded.environment(each)
        typer.echo(f"{each}: {len(found.sources)} sources, {len(found.declared.services)} services declared")
    typer.echo(f"{loaded.path or 'discovery'} can be used")


@app.command()
def schema() -> None:
    """Prints the JSON Schema of the configuration file, for editors.

    Example: prodtui config schema > prodtui.schema.json

    Exit codes: 0.
    """
    from prodtui.settings.schema import schema as json_schema

    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
