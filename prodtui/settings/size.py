"""A setting that is a size."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from prodtui.model.size import bytes_of

Size = Annotated[int, BeforeValidator(bytes_of), Field(gt=0, json_schema_extra={"type": ["string", "integer"]})]
"""Bytes, written as a size."""
