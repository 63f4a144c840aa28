"""先方担当者の個人情報: disclosure, erasure everywhere, its ledger, its replay, and that the same person is not taken again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers

from banso_web.accounts.actions.erasure import replay_erasures
from banso_web.accounts.models import Account, Contact
from banso_web.core import settings_store
from banso_web.core.models import AuditRow, StateVersion
from banso_web.core.personal import ERASED, ledger, merge_ledgers, remembered
from banso_web.desk.tests.conftest import FILES, Desk
from banso_web.ingest.actions import imports_home
from banso_web.ingest.models import ImportRun, RejectedRow
from banso_web.ingest.retention import REJECTED, apply_retention
from banso_web.touch.models import Touch

Desks = Callable[[str], Desk]
Company = dict[str, Account]
MARKS = ("花子", "ハナコ", "hanako.yamada", "03-1234-5678", "部長", "C1")


@pytest.fixture(autouse=True)
def _clean_home() -> Iterator[None]:
    ledger().unlink(missing_ok=True)
    yield
    ledger().unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def own_imports() -> None:
    """Files that other tests left among the imports are none of this one's."""
    for path in imports_home().rglob("*"):
        if path.is_file():
            path.unlink()


def _everything() -> str:
    """The whole database and every stored file as text."""
    found = [
        serializers.serialize("json", model.objects.all(), ensure_ascii=False)
        for model in apps.get_models()
        if model._meta.app_label not in ("contenttypes", "sessions")
    ]
    for path in Path(settings.BANSO_HOME).rglob("*"):
        if path.suffix == ".xlsx":
            sheet = openpyxl.load_workbook(path).active
            assert sheet is not None
            found.append(
                json.dumps(
                    [[str(cell.value) for cell in row] for row in sheet.iter_rows()], ensure_ascii=False
                )
            )
        elif path.suffix in (".csv", ".jsonl"):
            found.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(found)


def _held() -> list[str]:
    text = _everything()
    words = text.replace('"', " ").replace(",", " ").replace(";", " ").split()
    return [mark for mark in MARKS if (mark in words if mark == "C1" else mark in text)]


def test_disclosure_tells_what_is_stored_and_where_it_came_from(desk: Desks, company: Company) -> None:
    kanri, contact = desk("kanri"), Contact.objects.get(code="C1")
    assert "花子" in kanri.text("/contacts/personal/", q="ヤマダ")
    page = kanri.text(f"/contacts/{contact.pk}/personal/")
    assert "hanako.yamada@assist.example" in page and "取込" in page and "run1" in page
    answer = kanri.post(f"/contacts/{contact.pk}/personal/disclose/")
    data = json.loads(answer.content)["stored"]
    assert data["contact"][0]["values"]["email"] == "hanako.yamada@assist.example"
    assert data["versions"][0]["source"] == "import" and data["versions"][0]["valid_from"] == "2024-04-01"
    assert [row["id"] for row in data["touches"]] == ["T1"]
    row = AuditRow.objects.get(action="personal.disclose")
    assert row.subject_id == contact.pk and not any(
        mark in json.dumps([row.new, row.subject_label]) for mark in MARKS
    )


def test_erasure_takes_the_person_out_of_everything_and_leaves_the_company(
    desk: Desks, company: Company, bring: Callable[..., ImportRun]
) -> None:
    contact = Contact.objects.get(code="C1")
    head = FILES["contacts"].split("\n")[0]
    bring(
        contacts=f"{head}\nC9,A1,,花子,,,,,,hanako.yamada@assist.example,,\n"
    )  # a rejected row that names her
    assert RejectedRow.objects.count() == 1
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["氏名", "メール"])
    book.active.append(["山田 花子", "hanako.yamada@assist.example"])
    book.save(imports_home() / "old.xlsx")
    tanaka = desk("tanaka").member
    AuditRow.objects.create(
        at=company["A1"].entry.entered_at, actor=tanaka, actor_name="田中", action="contact.edit", subject="contact",
        subject_id=contact.pk, subject_label="山田 花子", old={"title": "部長"}, new={"title": "課長"},
        reason="花子さんから連絡",
    )  # fmt: skip
    assert set(_held()) == set(MARKS)
    kanri, path = desk("kanri"), f"/contacts/{contact.pk}/personal/"
    before = (StateVersion.objects.count(), AuditRow.objects.count(), Touch.objects.count())
    assert "消去の確認" in kanri.text(path, step="erase")
    kanri.post(f"{path}erase/", reason="本人からの請求")  # without the tick
    kanri.post(f"{path}erase/", reason=" ", confirmed="1")  # without a reason
    assert set(_held()) == set(MARKS)
    kanri.post(f"{path}erase/", reason="山田 花子様ご本人からの請求", confirmed="1")

    left = _held()
    assert left == ["花子"], (
        left
    )  # 「花子さんから連絡」: a given name alone in somebody's words is not known to be hers
    assert _everything().count("花子") == 1
    gone = Contact.objects.get(pk=contact.pk)
    assert (gone.family_name, gone.given_name, gone.email, gone.erased) == (ERASED, "", "", True)
    assert gone.roles == "champion" and gone.department is not None, "facts about the company stay"
    touch = Touch.objects.get(code="T1")
    assert (touch.contacts, touch.note) == (f"{ERASED};C2", f"{ERASED}様と次期の計画を確認した")
    assert (StateVersion.objects.count(), AuditRow.objects.count() - 1, Touch.objects.count()) == before
    erased = AuditRow.objects.get(action="personal.erase")
    assert erased.reason == f"{ERASED}様ご本人からの請求"
    page = desk("tanaka").text(f"/customers/{company['A1'].pk}/", as_of="2026-11-24")
    assert "花子" not in page and "森 一郎" in page
    assert "花子" not in desk("tanaka").text(f"/customers/{company['A1'].pk}/", as_of="2026-09-30")
    line = json.loads(ledger().read_text().strip())
    assert len(line["keys"]) == 2 and all(len(key) == 64 for key in line["keys"])
    assert "消去済み" in kanri.text(path)
    assert kanri.post(f"{path}erase/", reason="x", confirmed="1").status_code == 302
    assert AuditRow.objects.filter(action="personal.erase").count() == 1


def test_the_same_person_is_not_taken_again(
    desk: Desks, company: Company, bring: Callable[..., ImportRun]
) -> None:
    contact = Contact.objects.get(code="C1")
    desk("kanri").post(f"/contacts/{contact.pk}/personal/erase/", reason="本人からの請求", confirmed="1")
    head, first, second, *_rest = FILES["contacts"].split("\n")
    moved = first.replace("C1,", "C77,")  # the same address under another id
    run = bring(contacts=f"{head}\n{first}\n{moved}\n{second}\n")
    assert [(row.row_number, row.code, row.raw) for row in run.rejected.order_by("row_number")] == [
        (2, "erased_person", {}), (3, "erased_person", {})]  # fmt: skip
    assert not Contact.objects.filter(code__in=["C1", "C77"]).exists()
    assert Contact.objects.count() == 3
    answers = "response_id,account_id,contact_id,instrument,score,answered_on\nR1,A1,C1,csat,4,2026-11-01\n"
    bring(responses=answers)
    assert Contact.objects.count() == 3, "an answer of an erased person makes nobody anew"


def test_after_a_restore_the_erasure_is_replayed(desk: Desks, company: Company) -> None:
    contact = Contact.objects.get(code="C1")
    held = {
        name: getattr(contact, name) for name in ("code", "family_name", "given_name", "email", "search_key")
    }
    desk("kanri").post(f"/contacts/{contact.pk}/personal/erase/", reason="本人からの請求", confirmed="1")
    assert replay_erasures() == 0
    Contact.objects.filter(pk=contact.pk).update(**held, erased=False)  # what an older backup brings back
    StateVersion.objects.filter(subject="contact", subject_id=contact.pk).update(
        values={"given_name": "花子"}
    )
    assert replay_erasures() == 1
    gone = Contact.objects.get(pk=contact.pk)
    assert gone.erased and gone.family_name == ERASED and gone.code.startswith("erased-")
    assert StateVersion.objects.get(subject="contact", subject_id=contact.pk).values == {}
    assert Contact.objects.get(code="C2").family_name == "森"


def test_only_who_may_manage_personal_data(desk: Desks, company: Company) -> None:
    contact = Contact.objects.get(code="C1")
    path = f"/contacts/{contact.pk}/personal/"
    for who in ("tanaka", "sato", "yamamoto", "ito"):
        one = desk(who)
        assert one.get(path).status_code == one.get("/contacts/personal/").status_code == 403
        assert one.post(f"{path}disclose/").status_code == 403
        assert one.post(f"{path}erase/", reason="x", confirmed="1").status_code == 403
    assert desk("kanri").get("/contacts/99999/personal/").status_code == 404
    assert not Contact.objects.filter(erased=True).exists()


def test_retention_deletes_what_is_past_its_days(
    desk: Desks, company: Company, bring: Callable[..., ImportRun]
) -> None:
    head = FILES["contacts"].split("\n")[0]
    run = bring(contacts=f"{head}\nC9,A1,,花子,,,,,,x@y.example,,\n")
    folder = imports_home() / run.stored_as
    assert apply_retention() == {"rejected": 0, "files": 0}
    ImportRun.objects.filter(pk=run.pk).update(finished_at="2025-01-01T00:00Z")
    settings_store.put(REJECTED, 0, actor=None)
    assert apply_retention() == {"rejected": 0, "files": 1} and not folder.exists()
    settings_store.put(REJECTED, 30, actor=None)
    assert apply_retention() == {"rejected": 1, "files": 0}
    assert AuditRow.objects.filter(action="retention.apply").count() == 2


def test_a_restore_adds_to_the_ledger_and_never_takes_from_it(tmp_path: Path) -> None:
    ledger().write_text('{"at": "x", "keys": ["a"]}\n{"at": "y", "keys": ["b"]}\nhalf a li')
    other = tmp_path / "erasures.jsonl"
    other.write_text('{"at": "y", "keys": ["b"]}\n{"at": "z", "keys": ["c"]}\n')
    merge_ledgers(other)
    merge_ledgers(other)
    merge_ledgers(tmp_path / "none")
    assert remembered() == {"a", "b", "c"}
