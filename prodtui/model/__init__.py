"""Frozen values that everything else stands on: records, readings, the snapshot's fold, causes, assessed results.

This floor imports nothing of prodtui above it and does no I/O.
"""
