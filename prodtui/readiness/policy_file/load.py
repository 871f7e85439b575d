"""Reading a policy: its files merged, every problem said at once, then the values that checks are held against."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from prodtui.model.toml_keys import KeyPath
from prodtui.readiness.pillars import checks
from prodtui.readiness.policy import Policy
from prodtui.readiness.policy_file import consistency
from prodtui.readiness.policy_file.built import policy_of, resolved
from prodtui.readiness.policy_file.files import APPENDED, Merged, Read, merged, text_of
from prodtui.readiness.policy_file.problems import Problem, configuration_error, of_validation
from prodtui.readiness.policy_file.tables import Root


def load(path: Path, read: Read = text_of, env: Mapping[str, str] = os.environ) -> Policy:
    """The policy of a file and of those it extends.

    Raises ConfigurationError with one line for everything that is wrong: `file:line: key: what`.
    """
    return policy_from(merged(path, read), read, env)


def policy_from(found: Merged, read: Read = text_of, env: Mapping[str, str] = os.environ) -> Policy:
    """The policy of files that were merged already. Raises ConfigurationError."""
    builtin = checks()
    wrong = list(consistency.of_names(found.values, builtin))
    try:
        root = Root.model_validate(found.values)
    except ValidationError as error:
        wrong += of_validation(error)
        wrong += _in_the_rest(found, [problem.path for problem in wrong])
        raise configuration_error(wrong, found) from error
    wrong += [problem for problem in consistency.problems(root, found.values, builtin) if not _known(problem, wrong)]
    version = None
    if not wrong:
        version, wrong = _version(root, found, read, env)
    if wrong:
        raise configuration_error(wrong, found)
    policy = policy_of(root, found, builtin, version)
    if consistency.nothing_is_checked(policy, builtin):
        raise configuration_error(
            [Problem((), "no checks at all: every one is not applicable or weighs 0, so nothing could ever pass")],
            found,
        )
    return policy


def _in_the_rest(found: Merged, wrong: Sequence[KeyPath]) -> list[Problem]:
    """Contradictions in the tables that have no problem of their own, so that all are said at once."""
    values: dict[str, Any] = deepcopy(dict(found.values))
    kept: dict[str, list[int]] = {}
    for name in APPENDED:
        elements = values.get(name)
        if isinstance(elements, list):
            spoilt = {path[1] for path in wrong if path[:1] == (name,) and len(path) > 1}
            kept[name] = [index for index in range(len(elements)) if index not in spoilt]
            values[name] = [elements[index] for index in kept[name]]
    for path in wrong:
        if path[0] not in kept or len(path) == 1:
            _remove(values, path[: 3 if path[0] == "checks" else 2])
    try:
        root = Root.model_validate(values)
    except ValidationError:
        return []
    problems = consistency.problems(root, values, checks())
    return [Problem(_as_in_file(problem.path, kept), problem.text) for problem in problems]


def _remove(values: dict[str, Any], path: KeyPath) -> None:
    here: Any = values
    for part in path[:-1]:
        here = here.get(part) if isinstance(here, dict) else None
    if isinstance(here, dict):
        here.pop(path[-1], None)
    elif len(path) > 1:
        _remove(values, path[:-1])


def _as_in_file(path: KeyPath, kept: Mapping[str, Sequence[int]]) -> KeyPath:
    """The key with the index that its element has in the files."""
    if len(path) > 1 and isinstance(path[1], int) and path[0] in kept:
        return (path[0], kept[str(path[0])][path[1]], *path[2:])
    return path


def _known(problem: Problem, wrong: Sequence[Problem]) -> bool:
    return any(problem.path == other.path for other in wrong)


def _version(root: Root, found: Merged, read: Read, env: Mapping[str, str]) -> tuple[str | None, list[Problem]]:
    """Which version the working tree is of; None where nobody says."""
    release = root.release
    if release.version_variable is not None:
        return env.get(release.version_variable) or None, []
    if release.version_file is None:
        return release.version, []
    key: KeyPath = ("release", "version_file")
    path = resolved(found, key, release.version_file)
    try:
        lines = read(Path(path)).split("\n")
    except OSError as error:
        return None, [Problem(key, f"{path} cannot be read: {error.strerror or error}")]
    except UnicodeDecodeError:
        return None, [Problem(key, f"{path} is not UTF-8")]
    version = lines[0].strip()
    return (version, []) if version else (None, [Problem(key, f"the first line of {path} is empty")])
