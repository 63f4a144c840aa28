"""The migrations say what the models say, on whichever database the suite runs."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    told = io.StringIO()
    try:
        call_command("makemigrations", check_changes=True, dry_run=True, stdout=told)
    except SystemExit:
        pytest.fail(f"run `python -m django makemigrations`:\n{told.getvalue()}")
    assert "No changes detected" in told.getvalue() or "変更" in told.getvalue()
