"""Everything that is audited has its place in the audit log: who may see its rows is said for every subject."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from banso_web.core import audit
from banso_web.core.reads.audit import SUBJECTS, changes, visible_rows
from banso_web.core.registry import registry
from banso_web.members.models import Member

APPS = Path(__file__).resolve().parents[2]


def recorded_subjects() -> dict[str, str]:
    """Literal subjects given to `audit.record(…)` anywhere, with one place each."""
    found = {}
    for path in APPS.rglob("*.py"):
        if "tests" in path.relative_to(APPS).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "record"
            ):
                for word in node.keywords:
                    if word.arg == "subject" and isinstance(word.value, ast.Constant):
                        found[str(word.value.value)] = f"{path.relative_to(APPS)}:{node.lineno}"
    return found


def test_every_audited_subject_says_who_sees_it() -> None:
    subjects = recorded_subjects()
    assert {"setting", "view", "account"} <= set(subjects)
    missing = {
        key: place
        for key, place in subjects.items()
        if key not in SUBJECTS and key not in registry.audit_filters
    }
    assert missing == {}, "name the subject in core/reads/audit.py or give registry.audit_filters a hook"


@pytest.mark.django_db
def test_a_price_in_a_row_is_for_those_who_may_see_prices() -> None:
    audit.record(
        "contract.edit", actor=None, subject="contract", new={"stated_units": 1_234_560_000, "plan": "B"}
    )
    audit.record("account.edit", actor=None, subject="account", new={"segment": "SMB"})
    reader = Member(name="x")
    for rights, seen in (
        ("", {"stated_units": "", "plan": "B"}),
        ("price.view", {"stated_units": 1_234_560_000, "plan": "B"}),
    ):
        reader.__dict__["_permissions"] = {"audit.view", "account.view", rights}
        row = visible_rows(reader).get(subject="contract")
        assert {one.field: one.new for one in changes(reader, row)} == seen
    reader.__dict__["_permissions"] = {
        "audit.view",
        "price.view",
    }  # a price is of a contract, a contract of a customer
    assert not visible_rows(reader).exists()
