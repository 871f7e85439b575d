"""From settings to the store of evaluations, and from what it remembers to the history that the rules need."""

from __future__ import annotations

import getpass
import hashlib
import os
import secrets
import socket
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from prodtui.journal.store import Store
    from prodtui.model.assessment import Assessment
    from prodtui.model.evaluation import Evaluation
    from prodtui.readiness.history import History
    from prodtui.settings.loaded import Environment

STREAK_S = 600.0
"""Older streaks say nothing about now."""


class Remembered(NamedTuple):
    """What is remembered of an environment; nothing where the store can't be used, and then the note says why."""

    store: Store | None
    """To be closed by whoever asked."""
    history: History
    note: str | None
    accepted: Evaluation | None
    """What the difference is told from."""


def opened(where: str | None) -> Store:
    """The store at this path or postgresql:// URL; without one in the user's state directory. Raises StoreError."""
    from prodtui.journal.store import store_at

    return store_at(place_of(where))


def place_of(where: str | None) -> str:
    """The store's path or URL; without one the file in the user's state directory."""
    from prodtui.cli.log import log_file

    return where or str(log_file().with_name("prodtui.db"))


async def remembered(
    environment: Environment, services: Collection[str] = (), *, policy_digest: str = ""
) -> Remembered:
    """The store and what it remembers. `services`: those that the evaluation to compare with must have judged."""
    from prodtui.journal.store import StoreError
    from prodtui.readiness.history import NOTHING

    store = None
    try:
        store = opened(environment.store)
        history = await history_of(store, environment, time.time(), policy_digest=policy_digest)
        return Remembered(store, history, None, await store.last_accepted(environment.name, services))
    except StoreError as error:
        if store is not None:
            await store.close()
        return Remembered(None, NOTHING, f"{error}; nothing is remembered: no baselines, no differences", None)


async def history_of(store: Store, environment: Environment, now: float, *, policy_digest: str = "") -> History:
    """The past as the rules need it. Raises StoreError.

    An evaluation may be of a few services only: every service that any accepted one of the baselines' time judged is
    known, as its newest one has it.
    """
    from prodtui.journal.load_store import LoadStore
    from prodtui.readiness.baseline import OLDEST_S, baselines
    from prodtui.readiness.history import History

    loads = LoadStore(store.database)
    whole = [await loads.whole(environment.name, name) for name in await loads.names(environment.name)]
    last = await store.last_accepted(environment.name)
    recent = await store.accepted(environment.name, since=now - OLDEST_S) or ((last,) if last else ())
    pinned = await store.pinned(environment.name)
    tiers = {name: service.tier for each in reversed(recent) for name, service in each.services.items()}
    compared = {each.id: each for each in (*recent, pinned) if each is not None}
    return History(
        accepted=tiers,
        policy=last.policy if last else None,
        baselines=baselines(compared.values(), now),
        streaks=await store.streaks(_streaks_key(environment, policy_digest), now - STREAK_S),
        loads={run.name: run for run in whole if run is not None},
    )


async def keep(store: Store, evaluation: Evaluation) -> str | None:
    """Saves an evaluation; a note where that failed."""
    from prodtui.journal.store import StoreError

    try:
        await store.save(evaluation)
    except StoreError as error:
        return f"{error}; this evaluation is not kept and can't be accepted"
    return None


async def keep_streaks(
    store: Store, environment: Environment, assessment: Assessment, *, policy_digest: str = ""
) -> str | None:
    """Keeps what delays the next assessment's improvements; a note where that failed."""
    from prodtui.journal.store import StoreError

    try:
        await store.keep_streaks(_streaks_key(environment, policy_digest), assessment.streaks, assessment.at)
    except StoreError as error:
        return f"{error}; recoveries are counted anew"
    return None


def new_id(at: float) -> str:
    """An id for an evaluation made at this time."""
    from prodtui.readiness.evaluation import NOISE_BITS, evaluation_id

    return evaluation_id(at, secrets.randbits(NOISE_BITS))


def by(variables: Mapping[str, str] = os.environ) -> str:
    """Who asks: $PRODTUI_BY, the pipeline's own name, else user@host."""
    from prodtui.model.text import neutralise_name

    return neutralise_name(variables.get("PRODTUI_BY") or _pipeline(variables) or f"{_user()}@{socket.gethostname()}")


def _pipeline(variables: Mapping[str, str]) -> str:
    """Empty outside of one. Names as GitHub, GitLab, Jenkins and Buildkite document them."""
    if variables.get("GITHUB_ACTIONS"):
        run = variables.get("GITHUB_RUN_ID", "")
        server, repository = variables.get("GITHUB_SERVER_URL"), variables.get("GITHUB_REPOSITORY")
        return f"{server}/{repository}/actions/runs/{run}" if server and repository else f"github-actions/{run}"
    if variables.get("GITLAB_CI"):
        return variables.get("CI_JOB_URL") or f"gitlab-ci/{variables.get('CI_JOB_ID', '')}"
    return variables.get("BUILDKITE_BUILD_URL") or variables.get("BUILD_URL") or ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        return str(os.getuid())


def _streaks_key(environment: Environment, policy_digest: str) -> str:
    """The environment, its sources and the policy: two labs of one name, or two policies, share no observation."""
    sources = sorted((source.name, source.kind, source.settings) for source in environment.declared.sources)
    return f"{environment.name}/{hashlib.sha256(repr((sources, policy_digest)).encode()).hexdigest()[:16]}"
