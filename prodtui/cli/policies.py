"""From a command line to the policy that checks are held against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodtui.readiness.policy import Policy

FILE = "readiness.toml"


def policy_for(option: Path | None, config: Path | None, environment_policy: Path | None = None) -> Policy:
    """The policy of the file that counts, else the defaults. Raises ConfigurationError."""
    from prodtui.readiness.policy import Policy
    from prodtui.readiness.policy_file.load import load

    path = policy_path(option, config, environment_policy)
    return Policy() if path is None else load(path)


def judged_by(policy: Policy) -> str:
    """Which policy it is, and how another one would be taken."""
    if policy.path is None:
        return f"the default policy, as no {FILE} is here; --policy FILE names one"
    return f"the policy {policy.name} ({policy.path}) as it is now"


def policy_path(option: Path | None, config: Path | None, environment_policy: Path | None = None) -> Path | None:
    """`--policy`, else the environment's, else readiness.toml beside the configuration file, else the one here.

    None where there is none: the defaults hold.
    """
    if option is not None:
        return option.expanduser()
    if environment_policy is not None:
        return environment_policy
    candidates = [Path(FILE)] if config is None else [config.parent / FILE, Path(FILE)]
    # A file that is there but may not be read must not be passed over in silence.
    return next((path for path in candidates if path.is_file() or path.is_symlink()), None)
