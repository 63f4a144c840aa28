"""個人情報の請求 from receipt to its end, and what each class of data's time removes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django_tasks_db.models import DBTaskResult

from banso_web.accounts.models import Account, Contact
from banso_web.core import clock, retention, settings_store
from banso_web.core.actions import personal_requests as deeds
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.models import AuditRow, PersonalRequest
from banso_web.core.personal import ERASED, ledger
from banso_web.desk.jobs import keep_forgetting
from banso_web.desk.tests.conftest import Desk

Desks = Callable[[str], Desk]
Company = dict[str, Account]
PATH = "/settings/personal-requests/"


@pytest.fixture(autouse=True)
def _clean_ledger() -> Iterator[None]:
    ledger().unlink(missing_ok=True)
    yield
    ledger().unlink(missing_ok=True)


# --- requests -------------------------------------------------------------------------------------------------------
def test_a_request_goes_from_receipt_to_its_end(desk: Desks, company: Company) -> None:
    kanri, contact = desk("kanri"), Contact.objects.get(code="C1")
    assert "山田 花子" in kanri.text(PATH, contact=str(contact.pk))
    kanri.post(PATH, received_on="2026-11-20", kind="erase", person="山田 花子", contact=str(contact.pk))
    made = PersonalRequest.objects.get()
    assert (made.due_on, made.contact_id, made.opened_by) == (date(2026, 12, 4), contact.pk, kanri.member)
    one = f"{PATH}{made.pk}/"
    assert f"/contacts/{contact.pk}/personal/" in kanri.text(one)
    early = kanri.post(one, deed="close", outcome="done", done="消去した")
    assert early.status_code == 422 and "先に本人確認" in early.content.decode()
    kanri.post(one, deed="identity", identity="登録のアドレスへ返信をもらった")
    kanri.post(one, deed="close", outcome="done", done="山田 花子様の氏名と連絡先を消去した")
    made.refresh_from_db()
    assert (made.outcome, made.closed_by, made.identity_on) == ("done", kanri.member, clock.today())
    again = kanri.post(one, deed="close", outcome="refused", done="x")
    assert again.status_code == 422 and PersonalRequest.objects.get().outcome == "done"
    rows = list(AuditRow.objects.filter(subject="personal_request").order_by("pk"))
    assert [row.action for row in rows] == [
        f"personal.request.{deed}" for deed in ("open", "identity", "close")
    ]
    assert "花子" not in json.dumps(
        [[row.new, row.old, row.subject_label, row.reason] for row in rows], ensure_ascii=False
    )
    assert "本人確認" in desk("kanri").text("/audit/", subject="personal_request") or rows


def test_an_overdue_request_says_so_in_both_languages(desk: Desks, company: Company) -> None:
    kanri = desk("kanri")
    late = clock.today() - timedelta(days=20)
    deeds.open_request(kanri.member, received_on=late, kind="disclose", person="某")  # due after 14 days
    assert "期限を 6 日過ぎています" in kanri.text(PATH)
    assert "6 days overdue" in kanri.text(PATH, lang="en")


def test_erasure_takes_the_name_out_of_the_log_of_requests(desk: Desks, company: Company) -> None:
    from banso_web.accounts.actions.erasure import erase

    kanri, contact = desk("kanri").member, Contact.objects.get(code="C1")
    deeds.open_request(
        kanri, received_on=date(2026, 11, 1), kind="erase", person="やまだ はなこ", contact_id=contact.pk
    )
    erase(contact.pk, actor=kanri, reason="本人からの請求")
    assert PersonalRequest.objects.get().person == ERASED


def test_only_who_handles_personal_data(desk: Desks, company: Company) -> None:
    with pytest.raises(Forbidden):
        deeds.open_request(desk("tanaka").member, received_on=date(2026, 11, 1), kind="erase", person="某")
    assert "personal_request" not in {row.subject for row in AuditRow.objects.all()}
    with pytest.raises(Refused):
        deeds.open_request(
            desk("kanri").member, received_on=clock.today() + timedelta(days=1), kind="x", person=" "
        )
    assert not PersonalRequest.objects.exists()


# --- retention ------------------------------------------------------------------------------------------------------
def waiting() -> dict[str, int]:
    return {one.retained.key: one.waiting for one in retention.next_run()}


def test_people_who_left_are_masked_after_their_months(desk: Desks, company: Company) -> None:
    gone, recent = Contact.objects.get(code="C1"), Contact.objects.get(code="C2")
    Contact.objects.filter(pk=gone.pk).update(status="left", left_on=date(2025, 11, 20))
    Contact.objects.filter(pk=recent.pk).update(status="left", left_on=date(2025, 11, 25))
    assert waiting()["left"] == 0, "0 keeps for ever"
    settings_store.put("retention.left_contacts_months", 12, actor=desk("kanri").member)
    assert waiting()["left"] == 1  # today is 2026-11-24
    assert Contact.objects.get(pk=gone.pk).family_name == "山田", "looking removes nothing"
    keep_forgetting.func()
    assert Contact.objects.get(pk=gone.pk).family_name == ERASED
    assert Contact.objects.get(pk=recent.pk).family_name == "森"
    assert waiting()["left"] == 0
    assert AuditRow.objects.get(action="retention.apply").new == {"left": 1}
    assert AuditRow.objects.filter(action="personal.erase.left", subject_id=gone.pk).count() == 1


def test_the_audit_log_has_its_time_but_at_least_a_year(desk: Desks, company: Company) -> None:
    kanri = desk("kanri").member
    with pytest.raises(Refused):
        settings_store.put(retention.AUDIT, 364, actor=kanri)
    old = AuditRow.objects.create(at=clock.now() - timedelta(days=400), actor_name="system", action="old")
    young = AuditRow.objects.create(at=clock.now() - timedelta(days=300), actor_name="system", action="young")
    assert waiting()["audit"] == 0
    settings_store.put(retention.AUDIT, 365, actor=kanri)
    assert waiting()["audit"] == 1
    assert retention.apply_all()["audit"] == 1
    assert not AuditRow.objects.filter(pk=old.pk).exists() and AuditRow.objects.filter(pk=young.pk).exists()


def test_jobs_mail_and_backups_go_by_their_days_and_the_latest_backup_stays(
    desk: Desks, company: Company
) -> None:
    home, days = Path(settings.BANSO_HOME), 40
    past = (clock.now() - timedelta(days=days)).timestamp()
    files = [home / "outbox" / "m.log", home / "backups" / "1.tar.gz", home / "backups" / "2.tar.gz"]
    for number, path in enumerate(files):
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
        os.utime(path, (past + number, past + number))
    try:
        settings_store.put(retention.BACKUPS, 30, actor=None)
        job = DBTaskResult.objects.create(
            task_path="x", args_kwargs={"args": ["a@b.example"], "kwargs": {}}, finished_at=clock.now() - timedelta(days=days),
            status="SUCCESSFUL", backend_name="default", run_after=clock.now(),
        )  # fmt: skip
        found = waiting()
        assert (found["outbox"], found["backups"], found["jobs"]) == (1, 1, 1)
        text = desk("kanri").text("/settings/retention/")
        assert "この場所の控え" in text and "30 日" in text
        latest, first = retention.known_backups()
        assert (latest.name, latest.gone_on) == ("2.tar.gz", None)
        assert first.gone_on == (clock.now().astimezone(clock.JST) - timedelta(days=10)).date()
        gone = retention.apply_all()
        assert (gone["outbox"], gone["backups"], gone["jobs"]) == (1, 1, 1)
        assert [path.exists() for path in files] == [False, False, True]
        assert not DBTaskResult.objects.filter(pk=job.pk).exists()
    finally:
        for path in files:
            path.unlink(missing_ok=True)


def test_the_page_of_an_erasure_names_the_backups_that_still_hold_the_person(
    desk: Desks, company: Company
) -> None:
    path = Path(settings.BANSO_HOME) / "backups" / "2026-11.tar.gz"
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    try:
        contact = Contact.objects.get(code="C1")
        text = desk("kanri").text(f"/contacts/{contact.pk}/personal/", step="erase")
        assert "2026-11.tar.gz" in text and "期限なし" in text
    finally:
        path.unlink()
