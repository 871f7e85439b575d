"""By what an environment is judged: the policy, what is remembered, and which versions are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from prodtui.model.assessment import Note
from prodtui.model.evaluation import Evaluation
from prodtui.readiness.history import NOTHING, History
from prodtui.readiness.policy import Policy


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


PLAIN = Standard()
