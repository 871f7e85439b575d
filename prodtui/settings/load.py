"""Reading the configuration: arguments over variables over the secrets directory over the file over the field's own.

Imported only when a configuration is read: pydantic-settings costs more than the first frame may.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from prodtui.settings import checks, problems, toml_file
from prodtui.settings.environment import from_secrets_directory, from_variables
from prodtui.settings.field_variables import from_field_variables
from prodtui.settings.keys import KeyPath, Layer, Origin, Problem
from prodtui.settings.loaded import Loaded
from prodtui.settings.models import Root
from prodtui.settings.secret_files import resolve


def load(
    config: Path | None = None,
    env: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
    *,
    arguments: Mapping[str, Any] | None = None,
) -> Loaded:
    """The configuration as it applies. Without a file and without variables, what runs on this machine is discovered.

    Blocks, for at most 1.5 s when it discovers: an event loop calls it in a thread. Raises ConfigurationError with one
    message that names file, line, key and what was expected for everything that is wrong.
    """
    cwd = cwd or Path.cwd()
    path = toml_file.find(config, env, cwd)
    given = Layer(dict(arguments or {}), _origins(arguments or {}, Origin("command line")), cwd)
    file = toml_file.read(path, cwd) if path else Layer({}, {}, cwd)
    found: list[Problem] = []
    secrets, wrong = from_secrets_directory(env, cwd, [file.values, given.values])
    found += wrong
    variables, wrong = from_variables(env, cwd, [file.values, given.values, secrets.values])
    found += wrong
    layers = [given, variables, secrets, file]
    if path is None and not any(layer.values.get("environments") for layer in layers):
        layers.append(_discovered(env, cwd))

    resolved = []
    for layer in layers:
        whole, wrong = resolve(layer, layers)
        resolved.append(whole)
        found += wrong
    settings, last, wrong = _merge(resolved, env, cwd)
    layers = [*resolved, last]
    found += [problem for problem in wrong if not any(problem.path == known.path for known in found)]
    if settings is not None and not found:
        found += checks.problems(settings, layers)
    if settings is None or found:
        fallback = toml_file.shown(path, cwd) if path else "configuration"
        raise problems.configuration_error(found, layers, fallback)
    return Loaded(settings, path, layers)


class _From(PydanticBaseSettingsSource):
    """A layer as pydantic-settings takes it."""

    def __init__(self, settings_cls: type[BaseSettings], layer: Layer) -> None:
        super().__init__(settings_cls)
        self.layer = layer

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 — as declared above
        return self.layer.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self.layer.values


class _FromFieldVariables(_From):
    """The last: it fills in what the others, already merged, leave open."""

    def __init__(self, settings_cls: type[BaseSettings], env: Mapping[str, str], cwd: Path) -> None:
        super().__init__(settings_cls, Layer({}, {}, cwd))
        self.env = env
        self.problems: list[Problem] = []
        self.merged: dict[str, Any] = {}

    def __call__(self) -> dict[str, Any]:
        self.merged = deepcopy(self.current_state)
        state = Layer(self.merged, {}, self.layer.directory)
        given = from_field_variables(self.env, self.layer.directory, self.merged)
        self.layer, self.problems = resolve(given, [state])
        return self.layer.values


def _merge(layers: Sequence[Layer], env: Mapping[str, str], cwd: Path) -> tuple[Root | None, Layer, list[Problem]]:
    """The settings, the field variables' layer, and what is wrong."""
    last: list[_FromFieldVariables] = []

    class Configured(Root):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 — ours match the names in the file
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            last.append(_FromFieldVariables(settings_cls, env, cwd))
            return init_settings, *(_From(settings_cls, layer) for layer in layers[1:]), last[0]

    try:
        return Configured(**layers[0].values), last[0].layer, last[0].problems
    except ValidationError as error:
        wrong = problems.from_validation(error, last[0].merged)
        return None, last[0].layer, last[0].problems + wrong


def _discovered(env: Mapping[str, str], cwd: Path) -> Layer:
    from prodtui.settings.discovery import discover
    from prodtui.settings.found import ENVIRONMENT, sources_of

    origins: dict[KeyPath, Origin] = {}
    sources: dict[str, Any] = {}
    for name, each in sources_of(asyncio.run(discover(env))).items():
        sources[name] = {"kind": each.kind, "url": each.url}
        path = ("environments", ENVIRONMENT, "sources", name)
        origins.update(_origins(sources[name], Origin(f"discovered: {each.evidence}"), path))
    return Layer({"environments": {ENVIRONMENT: {"sources": sources}}}, origins, cwd)


def _origins(values: Mapping[str, Any], origin: Origin, path: KeyPath = ()) -> dict[KeyPath, Origin]:
    origins: dict[KeyPath, Origin] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            origins.update(_origins(value, origin, (*path, key)))
        else:
            origins[(*path, key)] = origin
    return origins
