"""Settings and audited values are shown in words: nothing on a page has the marks of JSON."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from banso_web.core import audit, settings_store
from banso_web.core.forms import in_words, value_words
from banso_web.core.registry import registry
from banso_web.members.models import Member

pytestmark = pytest.mark.django_db
ROLES = "login.second_factor_roles"


def test_a_nested_value_reads_as_words() -> None:
    counts = {"members.csv": {"read": 7, "new": 7, "rejected": 0}}
    assert in_words(counts) == "members.csv: 読込: 7 · 新規: 7 · 取込不可: 0"
    assert in_words(["a", "b"]) == "a、b"
    assert (in_words([]), in_words({}), in_words(None), in_words(True)) == ("なし", "なし", "なし", "はい")


@pytest.fixture
def page(client: Client, person: Callable[[str], Member]) -> Client:
    client.force_login(person("kanri"))
    return client


def test_roles_of_a_setting_are_chosen_and_shown_by_name(page: Client) -> None:
    shown = page.get("/settings/organisation/").content.decode()
    assert "<legend" in shown and 'value="manager"' in shown and "[]" not in shown
    settings_store.put(ROLES, ["manager", "member"], actor=None)
    assert value_words(registry.settings[ROLES], ["manager"]) == "CSマネージャー"
    history = page.get(f"/settings/history/{ROLES}/").content.decode()
    assert "CSマネージャー" in history and "[" not in history.split("<tbody>")[1].split("</tbody>")[0]


def test_the_audit_page_names_a_setting_and_its_choice(page: Client) -> None:
    settings_store.put("revenue.churn_month", "following", actor=None)
    audit.record(
        "audit.export", actor=None, subject="audit", label="x", new={"counts": {"a.csv": {"read": 2}}}
    )
    body = page.get("/audit/").content.decode()
    table = body.split("<tbody>")[1].split("</tbody>")[0]
    assert "解約計上月" in table and "最終利用月" in table and "翌月" in table
    assert "a.csv: 読込: 2" in table and "{" not in table and "&quot;" not in table
