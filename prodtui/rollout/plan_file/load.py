"""Reading a plan: every problem said at once, then the values that a rollout goes by."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from prodtui.model.rollout import Plan
from prodtui.model.toml_keys import KeyPath
from prodtui.readiness.policy_file.files import Merged, Read, alone, text_of
from prodtui.readiness.policy_file.problems import Problem, configuration_error, of_validation
from prodtui.rollout.plan_file.built import plan_of
from prodtui.rollout.plan_file.consistency import problems
from prodtui.rollout.plan_file.tables import Root


def load(path: Path, candidate: str | None = None, read: Read = text_of) -> Plan:
    """The plan in a file; `candidate` goes before the version that it names.

    Raises ConfigurationError with one line for everything that is wrong: `file:line: key: what`.
    """
    found = alone(path, read)
    try:
        root = Root.model_validate(found.values)
    except ValidationError as error:
        wrong = of_validation(error, Root)
        wrong += [problem for problem in _in_the_rest(found, wrong, candidate) if problem not in wrong]
        raise configuration_error(wrong, found) from error
    if wrong := list(problems(root, found.values, candidate)):
        raise configuration_error(wrong, found)
    return plan_of(root, found, candidate or root.candidate or "", directory=str(path.absolute().parent))


def _in_the_rest(found: Merged, wrong: list[Problem], candidate: str | None) -> list[Problem]:
    """Contradictions in the tables that have no problem of their own, so that all are said at once."""
    values: dict[str, Any] = deepcopy(dict(found.values))
    for problem in wrong:
        _drop(values, problem.path)
    values.setdefault("service", "?")
    values.setdefault("groups", {"label": {"name": "version", "canary": "?"}})
    try:
        root = Root.model_validate(values)
    except ValidationError:
        return []
    spoilt = {problem.path[:1] for problem in wrong}
    return [each for each in problems(root, values, candidate) if each.path[:1] not in spoilt]


def _drop(values: dict[str, Any], path: KeyPath) -> None:
    """Takes out the table that the key is in: a list of stages as a whole, of the rest only what is wrong."""
    name = str(path[0])
    if name in ("hooks", "criteria") and len(path) > 1 and isinstance(values.get(name), dict):
        values[name].pop(path[1], None)
    else:
        values.pop(name, None)
