"""One module per real system, grouped by plane. A source does its I/O here and knows no rule and no screen."""

from __future__ import annotations

import sys

# httpx loads its own command line where click and rich are installed: 20 ms and 4 MB that no source needs. With a
# module that can't be imported in its place it does without (httpx/__init__.py).
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
