"""What readers of other formats share: YAML documents, ids for indicators, and a policy before it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.readiness.pillars import checks
from prodtui.readiness.policy_file.files import LARGEST, text_of

PILLAR = "performance"
"""Where imported checks count: indicators of service levels are about latency, errors and traffic."""


class Tables(NamedTuple):
    """A policy as tables, before it is written."""

    name: str
    verdict: Mapping[str, Any]
    rules: Sequence[Mapping[str, Any]]
    custom: Sequence[Mapping[str, Any]]


def documents_of(path: Path) -> list[dict[str, Any]]:
    """The tables in a YAML file. Raises ConfigurationError."""
    import yaml

    try:
        text = text_of(path)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8") from error
    if len(text) > LARGEST:
        raise ConfigurationError(f"{path}: larger than {LARGEST // 1024 // 1024} MB")
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        why = neutralise_name(str(getattr(error, "problem", None) or error))
        raise ConfigurationError(f"{path}{place}: not valid YAML: {why}") from error
    if not documents or not all(isinstance(document, dict) for document in documents):
        raise ConfigurationError(f"{path}: expected a Keptn SLO or OpenSLO file, a table with keys")
    return documents


def check_id(name: str, taken: Sequence[Mapping[str, Any]]) -> str:
    """An id for an indicator: `performance.NAME`, with a suffix where that is taken or built in."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "indicator"
    plain = plain if plain[0].isalpha() else f"sli_{plain}"
    ids = {*checks(), *(custom["id"] for custom in taken)}
    found, number = f"{PILLAR}.{plain}", 1
    while found in ids:
        number += 1
        found = f"{PILLAR}.{plain}_{'sli' if number == 2 else number}"
    return found


def table(value: object) -> dict[str, Any]:
    """The value where it is a table; else an empty one."""
    return value if isinstance(value, dict) else {}


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number, and no true or false."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
