"""Options that every command takes, before or after its name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option("--config", help="Configuration file; else ./prodtui.toml, else the user's own, else discovery."),
]
Env = Annotated[str | None, typer.Option("--env", help="Environment of the configuration; else its default.")]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", help="Policy file; else the environment's, else readiness.toml beside the configuration."),
]


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for programs.")]


class Shared:
    """What was given before the command's name."""

    def __init__(self) -> None:
        self.config: Path | None = None
        self.env: str | None = None


def shared(context: typer.Context, config: Path | None, env: str | None) -> tuple[Path | None, str | None]:
    """The configuration file and environment, from after the command's name, else from before it."""
    given: Shared = context.obj
    return config or given.config, env or given.env
