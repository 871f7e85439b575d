"""By what an environment is judged: the policy, what is remembered, and which versions are asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from prodtui.model.asks import Ask
from prodtui.model.assessment import Note
from prodtui.model.evaluation import Evaluation
from prodtui.model.snapshot import Snapshot
from prodtui.readiness.history import NOTHING, History
from prodtui.readiness.policy import Policy


def no_more(_: Snapshot) -> tuple[Ask, ...]:
    """Nothing is asked but what the policy asks."""
    return ()


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything besides what is known now; by default the default policy and no memory."""

    policy: Policy = Policy()
    history: History = NOTHING
    accepted: Evaluation | None = None
    """The last accepted evaluation, to be shown beside the present one."""
    candidates: Mapping[str, str] = MappingProxyType({})
    """The version asked about, by service."""
    notes: tuple[Note, ...] = ()
    """Findings about the policy that are known before anything is read."""
    also: Callable[[Snapshot], tuple[Ask, ...]] = no_more
    """What is asked besides, given what is known: a rollout asks about two groups of a service."""


PLAIN = Standard()
