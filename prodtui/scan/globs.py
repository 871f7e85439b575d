"""Which paths are production: patterns as in .gitignore."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

DEFAULT_EXCLUDE: tuple[str, ...] = (
    # tests, and what only they use
    "tests", "test", "testing", "*_test", "*_tests", "*-test", "*-tests", "__tests__", "spec", "specs", "e2e",
    "__mocks__", "mocks", "fakes", "fixtures", "__fixtures__", "testdata", "testutil", "testutils", "cypress",
    "playwright", "test_*.py", "*_test.py", "*_tests.py", "conftest.py", "*_test.go", "*.test.*", "*.spec.*",
    "*.stories.*", "*.cy.*", "jest.config.*", "jest.setup.*", "vitest.*",
    # examples and documentation
    "example", "examples", "sample", "samples", "demo", "demos", "doc", "docs", "benchmark", "benchmarks",
    # what others wrote
    "node_modules", "bower_components", "vendor", "third_party", "site-packages", ".venv", "venv", ".tox", ".nox",
    # what tools wrote
    ".git", ".hg", ".svn", "__pycache__", "build", "dist", "out", "target", "coverage", ".next", ".nuxt", ".mypy_cache",
    ".ruff_cache", ".pytest_cache", "*_pb2.py", "*_pb2_grpc.py", "*.pb.go", "*.pb.gw.go", "*.min.js", "*.bundle.js",
    "*.d.ts", "*.generated.*", "*.gen.go", "zz_generated.*",
)  # fmt: skip
"""Left out unless an `include` says otherwise."""


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the path (with `/`, relative to the root) or a folder that it is in.

    A pattern without `/` matches a name at any depth; with one, from the root. `**` spans folders.
    """
    return bool(patterns) and _compiled(tuple(patterns)).search(path) is not None


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_regex(pattern)})" for pattern in patterns))


def _regex(pattern: str) -> str:
    anchored = "/" in pattern.rstrip("/")
    body = ""
    for part in re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?|\[!?[^\]]+\])", pattern.strip("/")):
        if part.startswith("[") and part.endswith("]") and len(part) > 2:
            body += part.replace("[!", "[^").replace("\\", "\\\\")
        else:
            body += _PARTS.get(part, re.escape(part))
    return (r"\A" if anchored else r"(?:\A|/)") + body + r"(?:/|\Z)"


_PARTS = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
