"""Settings that every source has. A kind adds its own in its module, as `Settings`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from prodtui.settings.duration import Duration


class SourceSettings(BaseModel):
    """One `[environments.E.sources.NAME]` table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="Which kind of system it is; `prodtui config schema` lists them.")
    interval: Duration | None = Field(default=None, description="Time between two reads; the environment's by default.")
    timeout: Duration = Field(default=2.0, description="Deadline of one read.")
    stale_after: Duration = Field(default=15.0, description="Age past which its values count as lost (UNKNOWN).")
