"""The migrations of the services' databases: files, applied in order and recorded in `schema_migrations`."""

from __future__ import annotations

from pathlib import Path

from prodtui.lab import files
from prodtui.lab.topology import DATABASES

_SHIPPED = Path(__file__).parent / "schema"
_RECORD = """
CREATE TABLE schema_migrations (version text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
GRANT SELECT ON schema_migrations TO monitor;
"""


def write(directory: Path) -> None:
    """Put every database's migrations into the lab's directory, as a release would bring them."""
    home = files.folder(directory / "migrations")
    for database in DATABASES:
        folder = files.folder(home / database)
        for shipped in (_SHIPPED / database).glob("*.sql"):
            files.write(folder / shipped.name, shipped.read_text())


def script(directory: Path, database: str) -> str:
    """SQL that applies all of a new database's migrations, each in a transaction with its record."""
    return _RECORD + "\n".join(
        f"BEGIN;\n{path.read_text()}\nINSERT INTO schema_migrations (version) VALUES ('{_version(path)}');\nCOMMIT;"
        for path in sorted((directory / "migrations" / database).glob("*.sql"))
    )


def text(directory: Path, database: str, name: str) -> str:
    """One migration's SQL."""
    return (directory / "migrations" / database / f"{name}.sql").read_text()


def _version(path: Path) -> str:
    return path.stem.partition("_")[0]
