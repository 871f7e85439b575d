"""Policies made from other formats: Keptn's quality gates and OpenSLO."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.readiness.policy_file.foreign import Tables, documents_of
from prodtui.readiness.policy_file.keptn import from_keptn
from prodtui.readiness.policy_file.load import load
from prodtui.readiness.policy_file.openslo import from_openslo
from prodtui.readiness.policy_file.written import written


class Imported(NamedTuple):
    """A policy's text, and what of the original it cannot say or says differently."""

    text: str
    notes: tuple[str, ...]


def imported(path: Path, sli: Path | None = None, service: str | None = None) -> Imported:
    """The policy of a Keptn SLO file (with its SLI file) or of an OpenSLO file, for one service or those it names.

    Raises ConfigurationError naming what is not there or cannot be said.
    """
    documents = documents_of(path)
    notes: list[str] = []
    if any("apiVersion" in document for document in documents):
        if sli is not None:
            raise ConfigurationError(f"{sli}: an OpenSLO file has its own indicators; leave --sli out")
        tables = from_openslo(documents, str(path), service, notes)
    else:
        indicators = documents_of(sli)[0] if sli is not None else {}
        tables = from_keptn(documents[0], indicators, str(path), service, notes)
    text = _text(tables, path.name)
    # What is handed on must be usable: it is read as any policy is.
    load(path.with_name(f"{path.name} as a policy"), lambda _: text, {})
    return Imported(text, tuple(dict.fromkeys(notes)))


def _text(tables: Tables, origin: str) -> str:
    lines = [f"# Imported from {neutralise_name(origin)}.", f"name = {written(tables.name)}"]
    if tables.verdict:
        lines += ["", "[verdict]", *_pairs(tables.verdict)]
    for name, elements in (("rules", tables.rules), ("custom", tables.custom)):
        for element in elements:
            lines += ["", f"[[{name}]]", *_pairs(element)]
    return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {written(value)}" for key, value in values.items()]
