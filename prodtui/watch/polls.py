"""The polls of one environment, and what they are told besides their settings: instances, and a policy's questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast, runtime_checkable

from prodtui.model.asks import Asks
from prodtui.model.records import Instance
from prodtui.model.snapshot import Snapshot
from prodtui.polling.poll import Poll
from prodtui.readiness.policy import Policy
from prodtui.settings.kinds import SourceClass
from prodtui.settings.loaded import ConfiguredSource, Environment
from prodtui.settings.source import SourceSettings
from prodtui.sources.source import Askable, Source
from prodtui.watch.course import Course

DEFAULT_INTERVAL_S = 2.0


@runtime_checkable
class Follower(Protocol):
    """A source that needs to know the registry's instances, as direct probes do."""

    def follow(self, instances: Sequence[Instance]) -> None: ...


def with_release(environment: Environment, policy: Policy, *, patience_s: float | None = None) -> Environment:
    """The environment with the sources that are only read because the policy asks: handshakes, the release's own.

    `patience_s`: how long one look waits for a scan of the release; a watch comes back for it.
    """
    asked = [part.asks for part in policy.services.values()]
    wanted: list[tuple[type[Source], SourceSettings]] = []
    if any(one.tls or one.protected or one.admin for one in asked):
        from prodtui.sources.release.handshakes import Handshakes

        wanted.append((Handshakes, Handshakes.Settings(kind=Handshakes.kind)))
    if any(one.keys or one.code or one.migration_files or one.migrations_expected for one in asked):
        from prodtui.sources.release.release import Release

        patience = {} if patience_s is None else {"timeout": patience_s}
        wanted.append((Release, Release.Settings(kind=Release.kind, **patience)))
    sources = [
        ConfiguredSource(settings.kind, cast("type[SourceClass]", source_class), settings)
        for source_class, settings in wanted
    ]
    return environment.with_sources(sources) if sources else environment


def polls_of(environment: Environment) -> list[Poll]:
    """One poll for each source of the environment, none asked yet."""
    return [
        Poll(
            source.name,
            cast("type[Source]", source.source_class)(source.name, source.settings),
            interval_s=source.settings.interval or DEFAULT_INTERVAL_S,
            timeout_s=source.settings.timeout,
        )
        for source in environment.sources
    ]


def tell_asked(polls: Sequence[Poll], course: Course) -> Asks:
    """Hands the policy's questions to the sources that can be asked."""
    wanted = course.asks()
    for poll in polls:
        if isinstance(poll.source, Askable):
            poll.source.ask(wanted)
    return wanted


def tell_followers(polls: Sequence[Poll], snapshot: Snapshot) -> None:
    followers = [poll.source for poll in polls if isinstance(poll.source, Follower)]
    if followers:
        instances = tuple(snapshot.of(Instance).values())
        for follower in followers:
            follower.follow(instances)
