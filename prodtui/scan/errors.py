"""What keeps a scan from being carried out, with a message a person can act on."""

from __future__ import annotations


class ScanError(Exception):
    """The scan can't be done as asked: a path, a configuration, or nothing to scan."""
