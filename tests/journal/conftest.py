"""One PostgreSQL for all tests of the package; each keeps to a schema of its own."""

from tests.databases import postgres, where
from tests.journal.programs import open_place

__all__ = ["open_place", "postgres", "where"]
