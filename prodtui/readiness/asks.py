"""What a policy wants read beyond what sources read by themselves: its own checks, migrations, longer windows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from prodtui.model.asks import Ask, Asks, Language
from prodtui.model.declared import Tier
from prodtui.model.service_view import ServiceView
from prodtui.readiness.policy import Custom, Policy
from prodtui.readiness.slo import DAY_S, HOUR_S

MIGRATIONS = "data.migrations"
REQUESTS_WINDOWS_S = (HOUR_S, DAY_S)
"""`performance.min_requests` widens its window to these until there are enough requests; scaled as burn windows are."""

_SERVICE = re.compile(r"\$service\b")
_PROMQL_SPECIAL = re.compile(r"""[\\"'`\x00-\x1f]""")


class _Selectable(NamedTuple):
    """What a question about a service depends on."""

    name: str
    label: str
    tier: Tier
    tags: frozenset[str]


class _Listing(NamedTuple):
    """SQL that lists a service's applied migrations."""

    service: str
    database: str
    sql: str


def asks(policy: Policy, views: Mapping[str, ServiceView]) -> Asks:
    """What `policy` wants read of these services. Equal questions are made once, however often this is called."""
    tagged = any(custom.selector.tags for custom in policy.customs)
    selectable = tuple(
        _Selectable(name, view.declared.metrics_label or name, view.tier, view.tags if tagged else frozenset())
        for name, view in (views.items() if policy.customs else ())
    )
    parts = {name: part for name, part in policy.services.items() if name in views}
    listings = tuple(_Listing(name, *part.migrations) for name, part in parts.items() if part.migrations is not None)
    windows_s = {policy.burn.scale * length for length in REQUESTS_WINDOWS_S}
    if any(rule.slo for rule in policy.rules):
        windows_s.update(policy.burn.windows_s())
    return Asks(
        questions=_questions(policy.customs, listings, selectable),
        windows_s=tuple(sorted(windows_s)),
        services={name: part.asks for name, part in parts.items()},
        version=policy.version,
    )


def filled(language: Language, query: str, *, name: str, label: str) -> str:
    """The query about one service: its label inside a PromQL string, its name as an SQL literal.

    PromQL's escapes `\\uXXXX` hold in both kinds of quotes, so that no name ends the string it stands in.
    """
    literal = "'" + name.replace("\x00", "").replace("'", "''") + "'"
    text = literal if language is Language.SQL else in_promql(label)
    return _SERVICE.sub(lambda _: text, query)


def in_promql(text: str) -> str:
    """Text as it stands between quotes in PromQL, and ends no string."""
    return _PROMQL_SPECIAL.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


@lru_cache(maxsize=8)
def _questions(
    customs: tuple[Custom, ...], listings: tuple[_Listing, ...], services: tuple[_Selectable, ...]
) -> tuple[Ask, ...]:
    own = [
        Ask(
            check=custom.id,
            service=service.name,
            language=custom.language,
            query=filled(custom.language, custom.query, name=service.name, label=service.label),
            source=custom.source,
            database=custom.database,
        )
        for custom in customs
        for service in services
        if custom.selector.selects(service.name, service.tier, service.tags)
    ]
    applied = [
        Ask(
            check=MIGRATIONS,
            service=listing.service,
            language=Language.SQL,
            query=listing.sql,
            database=listing.database,
            rows=True,
        )
        for listing in listings
    ]
    return (*own, *applied)
