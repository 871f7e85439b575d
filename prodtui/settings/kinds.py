"""Which kinds of source are installed, found by entry point: only those that a configuration uses are imported."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Protocol

from prodtui.model.errors import ConfigurationError
from prodtui.model.records import Plane
from prodtui.settings.source import SourceSettings

GROUP = "prodtui.sources"


class SourceClass(Protocol):
    """What the settings need to know of a source's class; prodtui.sources.source.Source is the whole of it."""

    kind: ClassVar[str]
    plane: ClassVar[Plane]
    Settings: ClassVar[type[SourceSettings]]

    def __call__(self, name: str, settings: Any, /) -> Any:  # noqa: ANN401 — each source takes its own Settings
        ...


@cache
def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def kinds() -> tuple[str, ...]:
    """The names of all installed kinds, sorted."""
    return tuple(_installed())


def own_kinds() -> tuple[str, ...]:
    """Those that come with prodtui itself."""
    return tuple(name for name, point in _installed().items() if point.module.startswith("prodtui."))


@cache
def source_class(kind: str) -> type[SourceClass]:
    """The class that reads this kind. KeyError where none is installed, ConfigurationError where it is broken."""
    point = _installed()[kind]
    try:
        found: type[SourceClass] = point.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise ConfigurationError(f'the kind "{kind}" ({point.value}) cannot be loaded: {error}') from error
    return found


def settings_class(kind: object) -> type[SourceSettings] | None:
    """The settings of this kind; None where it is not an installed, loadable kind (validation says which and why)."""
    if not isinstance(kind, str) or kind not in _installed():
        return None
    try:
        return source_class(kind).Settings
    except ConfigurationError:
        return None
