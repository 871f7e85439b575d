"""requests, imported without its guesser of encodings: 2 MB for texts without a charset, and we read JSON.

Without one it warns, and takes such a text for UTF-8 (requests/compat.py, requests/models.py).
"""

from __future__ import annotations

import sys
import warnings

sys.modules.setdefault("charset_normalizer", None)  # type: ignore[arg-type]
with warnings.catch_warnings(action="ignore"):
    import requests  # noqa: F401 — from now on it is loaded, for prometheus-api-client too
