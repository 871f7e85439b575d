"""A setting that is a duration."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from prodtui.model.duration import seconds

Duration = Annotated[float, BeforeValidator(seconds), Field(gt=0, json_schema_extra={"type": ["string", "number"]})]
"""Seconds, written as a duration."""
