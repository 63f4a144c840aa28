"""Erasure reaches every upload format and everything Banso wrote down by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from banso_web.accounts.actions.erasure import erase
from banso_web.accounts.models import Account, Contact
from banso_web.accounts.personal import whom_of
from banso_web.api.models import KeptAnswer
from banso_web.core import clock
from banso_web.core.models import Entry, SavedView, StateVersion
from banso_web.core.personal import ERASED, ledger
from banso_web.desk.tests.conftest import Desk
from banso_web.ingest import parquet
from banso_web.ingest.actions import imports_home
from banso_web.lifecycle.models import Renewal
from banso_web.revenue.models import Movement

Desks = Callable[[str], Desk]
Company = dict[str, Account]


@pytest.fixture(autouse=True)
def _clean_home() -> Iterator[None]:
    def sweep() -> None:
        ledger().unlink(missing_ok=True)
        for path in imports_home().rglob("*"):
            if path.is_file():
                path.unlink()

    sweep()
    yield
    sweep()


def write_parquet(path: Path) -> None:
    with duckdb.connect(":memory:") as database:
        database.execute(
            "CREATE TABLE page AS SELECT * FROM (VALUES"
            " ('C1', '山田', '花子', 'hanako.yamada@assist.example', 1200.50::DECIMAL(12,2), DATE '2026-04-01', ['山田 花子']),"
            " ('C2', '森', '一郎', 'mori@assist.example', NULL, DATE '2026-05-01', ['森 一郎'])"
            ") AS t(id, family, given, mail, amount, since, people)"
        )
        database.execute(f"COPY page TO '{path}' (FORMAT parquet)")


def read_parquet(path: Path) -> tuple[list[tuple[object, ...]], list[str]]:
    with duckdb.connect(":memory:") as database:
        rows = database.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
        kinds = [
            row[1] for row in database.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
        ]
    return rows, kinds


def test_a_parquet_upload_is_rewritten_with_its_types(desk: Desks, company: Company) -> None:
    path = imports_home() / "people.parquet"
    write_parquet(path)
    before, kinds = read_parquet(path)
    erase(Contact.objects.get(code="C1").pk, actor=desk("kanri").member, reason="本人からの請求")
    after, same = read_parquet(path)
    assert same == kinds
    assert after[0] == (ERASED, ERASED, ERASED, ERASED, before[0][4], before[0][5], None)
    assert after[1] == before[1]
    assert not parquet.names(path, whom_of(Contact.objects.get(code="C2"))) or after[1][0] == "C2"


def test_a_parquet_file_that_cannot_be_read_is_deleted(desk: Desks, company: Company) -> None:
    path = imports_home() / "broken.parquet"
    path.write_bytes(b"PAR1 nonsense")
    erase(Contact.objects.get(code="C1").pk, actor=desk("kanri").member, reason="本人からの請求")
    assert not path.exists()


def test_a_file_of_another_kind_that_names_the_person_is_deleted(desk: Desks, company: Company) -> None:
    named, other = imports_home() / "note.md", imports_home() / "other.md"
    named.write_text("hanako.yamada@assist.example に送る", "utf-8")
    other.write_text("何もない", "utf-8")
    erase(Contact.objects.get(code="C1").pk, actor=desk("kanri").member, reason="本人からの請求")
    assert (named.exists(), other.exists()) == (False, True)


def test_notes_views_answers_and_reasons_are_reached(desk: Desks, company: Company) -> None:
    kanri, contact = desk("kanri").member, Contact.objects.get(code="C1")
    account = contact.account
    entry = Entry.objects.order_by("-pk").first()
    assert entry is not None
    Entry.objects.filter(pk=entry.pk).update(reason="山田 花子様の連絡による")
    SavedView.objects.create(
        page="customers", name="山田花子様の顧客", query={"q": ["山田花子"]}, owner=kanri
    )
    movement = Movement.objects.filter(account=account).first()
    assert movement is not None
    Movement.objects.filter(pk=movement.pk).update(note="山田花子様と合意")
    renewal = Renewal.objects.filter(contract__account=account).first()
    if renewal is not None:
        Renewal.objects.filter(pk=renewal.pk).update(next_action="山田花子様に電話")
    StateVersion.objects.filter(subject="account", subject_id=account.pk).update(
        values={"name": "アシスト", "custom": {"窓口": "山田花子"}}
    )
    Account.objects.filter(pk=account.pk).update(custom={"窓口": "山田花子"})
    now = clock.now()
    body = json.dumps(
        {"items": [{"id": "C1", "family_name": "山田", "given_name": "花子"}]}, ensure_ascii=False
    )
    fields = {field.name for field in KeptAnswer._meta.fields}
    given = {"key": "k", "fingerprint": "f", "body": body, "status": 200, "made_at": now, "holder": "key:1",
             "expires_at": now + timedelta(days=1)}  # fmt: skip
    answer = KeptAnswer.objects.create(**{name: value for name, value in given.items() if name in fields})
    erase(contact.pk, actor=kanri, reason="本人からの請求")
    assert Entry.objects.get(pk=entry.pk).reason == f"{ERASED}様の連絡による"
    assert SavedView.objects.get().query == {"q": [ERASED]}
    assert Movement.objects.get(pk=movement.pk).note == f"{ERASED}様と合意"
    version = StateVersion.objects.filter(subject="account", subject_id=account.pk).first()
    assert version is not None and version.values == {"name": "アシスト", "custom": {"窓口": ERASED}}
    assert Account.objects.get(pk=account.pk).custom == {"窓口": ERASED}
    answer.refresh_from_db()
    assert "花子" not in answer.body and json.loads(answer.body)["items"][0]["family_name"] == ERASED
