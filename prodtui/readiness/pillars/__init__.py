"""The built-in checks, one module a subject. `CHECKS` has them by id, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from prodtui.model.errors import ConfigurationError
from prodtui.readiness.check import Check, Checks
from prodtui.readiness.pillars import (
    access,
    alerts,
    availability,
    burn,
    code,
    configuration,
    databases,
    load,
    migrations,
    observability,
    performance,
    pools,
    regression,
    resilience,
    sessions,
    tls,
    windows,
)

GROUP = "prodtui.checks"
"""Entry points of third-party checks: each an instance of `Checks`."""
# What a module raises that is not there, not Python, or written for another version of ours.
_BROKEN = (
    ImportError,
    AttributeError,
    SyntaxError,
    NameError,
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    OSError,
    RuntimeError,
)
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.id: check
        for module in (
            availability,
            pools,
            databases,
            sessions,
            migrations,
            resilience,
            performance,
            regression,
            load,
            burn,
            windows,
            tls,
            access,
            observability,
            alerts,
            configuration,
            code,
        )
        for check in module.CHECKS.checks
    }
)
PILLARS = tuple(dict.fromkeys(check.pillar for check in CHECKS.values()))


@lru_cache(maxsize=1)
def checks() -> Mapping[str, Check]:
    """Every check there is, by id: ours, then those of installed packages.

    Raises ConfigurationError naming the package whose checks can't be loaded or whose id is taken.
    """
    found, owners = dict(CHECKS), dict.fromkeys(CHECKS, "prodtui")
    for point in sorted(entry_points(group=GROUP), key=lambda point: (_package(point), point.name)):
        for check in _loaded(point):
            if check.id in found:
                raise ConfigurationError(
                    f"{_package(point)}: its check {check.id} ({point.value}) has the id of one of "
                    f"{owners[check.id]}'s: uninstall one of the two, or rename its check"
                )
            found[check.id], owners[check.id] = check, _package(point)
    return MappingProxyType(found)


def _loaded(point: EntryPoint) -> Iterable[Check]:
    try:
        loaded = point.load()
    except _BROKEN as error:
        raise ConfigurationError(
            f"{_package(point)}: its checks {point.value} can't be loaded: {error!r}; mend or uninstall the package"
        ) from error
    if not isinstance(loaded, Checks):
        raise ConfigurationError(
            f"{_package(point)}: {point.value} is {type(loaded).__name__}, expected prodtui.readiness.check.Checks; "
            "mend or uninstall the package"
        )
    return loaded.checks


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value
