"""One PostgreSQL for all tests of the store; each keeps to a schema of its own."""

from tests.databases import postgres, where

__all__ = ["postgres", "where"]
