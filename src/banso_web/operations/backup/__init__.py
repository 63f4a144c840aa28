"""Backup and restore: `archive` writes one file, `restoring` proves it and puts it in place, `portable` changes the engine."""

from banso_web.operations.backup.archive import Proof, applied_migrations, backup
from banso_web.operations.backup.reading import BadArchive
from banso_web.operations.backup.restoring import restore
from banso_web.operations.backup.switching import finish

__all__ = ["BadArchive", "Proof", "applied_migrations", "backup", "finish", "restore"]
