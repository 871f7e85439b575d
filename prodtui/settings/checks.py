"""What the models cannot see because it lies between two keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from prodtui.settings.keys import KeyPath, Layer, Problem, dotted, nearest, origin_of
from prodtui.settings.models import EnvironmentSettings, Root
from prodtui.settings.redaction import redact_url
from prodtui.settings.source import SourceSettings
from prodtui.settings.written import duration

_SELECTS = ("datacenter", "namespace", "partition", "prefix")
"""Settings that choose a part of one system: with different ones the same url is not the same source."""


def problems(settings: Root, layers: Sequence[Layer]) -> Iterator[Problem]:
    """Names that mean nothing, sources given twice, limits that no poll can keep."""
    chosen = settings.default_environment
    if not settings.environments:
        yield Problem(("environments",), 'required; expected at least one table "[environments.NAME]"')
    elif chosen is not None and chosen not in settings.environments:
        near = nearest(chosen, settings.environments)
        hint = f'; did you mean "{near}"?' if near else "."
        names = ", ".join(settings.environments)
        yield Problem(("default_environment",), f'no environment "{chosen}"{hint} Declared: {names}')
    for channel, of_channel in settings.notify.items():
        for index, meant in enumerate(of_channel.environments):
            if meant not in settings.environments:
                near = nearest(meant, settings.environments)
                hint = f'; did you mean "{near}"?' if near else "."
                names = ", ".join(settings.environments)
                text = f'no environment "{meant}"{hint} Declared: {names}'
                yield Problem(("notify", channel, "environments", index), text)
    for name, environment in settings.environments.items():
        path = ("environments", name, "sources")
        yield from _given_twice(path, environment, layers)
        for source, of in environment.sources.items():
            yield from _limits((*path, source), of, environment)
            yield from _references((*path, source), of, environment)


def _given_twice(path: KeyPath, environment: EnvironmentSettings, layers: Sequence[Layer]) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], str] = {}
    for name, source in environment.sources.items():
        system = _system(source)
        if system is None:
            continue
        if (first := seen.setdefault(system, name)) != name:
            origin = origin_of(layers, (*path, first))
            where = f" ({origin.text})" if origin else ""
            yield Problem(
                (*path, name),
                f"declared twice: the same {source.kind} at {redact_url(str(getattr(source, 'url', '')))} is "
                f"{dotted((*path, first))}{where}; remove one of them",
            )


def _system(source: SourceSettings) -> tuple[str, ...] | None:
    """What is read, told apart by kind, url (credentials aside) and the part chosen; None where no url says it."""
    url = getattr(source, "url", None)
    if not url:
        return None
    parts = urlsplit(str(url))
    place = parts.netloc.rpartition("@")[2].lower()
    selected = (str(getattr(source, name, "")) for name in _SELECTS)
    return (source.kind, parts.scheme.lower(), place, parts.path.rstrip("/"), parts.query, *selected)


def _limits(path: KeyPath, source: SourceSettings, environment: EnvironmentSettings) -> Iterator[Problem]:
    interval = source.interval or environment.interval
    if "stale_after" in source.model_fields_set and source.stale_after <= interval:
        yield Problem(
            (*path, "stale_after"),
            f"expected more than the interval ({duration(interval)}), got {duration(source.stale_after)}: "
            "every value would be lost before the next read",
        )


def _references(path: KeyPath, source: SourceSettings, environment: EnvironmentSettings) -> Iterator[Problem]:
    """A source may name the registry in the same environment whose instances it follows."""
    registry = getattr(source, "registry", None)
    if isinstance(registry, str) and registry and registry not in environment.sources:
        near = nearest(registry, environment.sources)
        hint = f'; did you mean "{near}"?' if near else "."
        names = ", ".join(environment.sources)
        yield Problem((*path, "registry"), f'no source "{registry}" in this environment{hint} Sources: {names}')
