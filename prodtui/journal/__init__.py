"""Readings kept: appended, followed, and folded to the snapshot at any time."""
