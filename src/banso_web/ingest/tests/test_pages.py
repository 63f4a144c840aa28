"""The import pages, by a browser's requests: upload, look, check, confirm, undo, and who may."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from banso_web.accounts.models import Account
from banso_web.core.models import AuditRow
from banso_web.ingest import drafts, jobs
from banso_web.ingest.models import ImportRun
from banso_web.ingest.tests.pages import Pages
from banso_web.revenue.models import Movement

ACCOUNTS = "account_id,name\nA1,丸一運輸\nA2,西川印刷\n"
MOVEMENTS = "movement_id,account_id,effective_on,mrr_delta\nM1,A1,2026-04-01,100000\nM2,A2,2026-05-01,50000\n"


def test_canonical_files_go_from_upload_to_figures(pages: Pages) -> None:
    run = pages.upload(("accounts.csv", ACCOUNTS), ("movements.csv", MOVEMENTS))
    text = pages.text("import_files", run.pk)
    assert "ファイル名から「顧客」と考えました。" in text and "西川印刷" in text
    run = pages.go(run)
    assert (run.state, Account.objects.count()) == ("ready", 0)
    text = pages.text("import_run", run.pk)
    assert "まだ何も書いていません" in text and "この内容で取り込む" in text
    run = pages.confirm(run)
    assert run.state == "done" and Movement.objects.count() == 2
    assert "公開しました" in pages.text("import_run", run.pk)
    assert "公開済み" in pages.text("imports")
    assert AuditRow.objects.filter(action="import.publish", actor_name="田中").count() == 1


def test_the_same_files_again_change_nothing_and_say_so(pages: Pages) -> None:
    first = pages.confirm(pages.go(pages.upload(("accounts.csv", ACCOUNTS))))
    run = pages.go(pages.upload(("accounts.csv", ACCOUNTS)))
    assert f"#{first.pk}" in pages.text("import_run", run.pk)
    run = pages.confirm(run)
    assert run.state == "done" and run.entry is None
    assert "何も書いていません" in pages.text("import_run", run.pk)


def test_refused_rows_are_told_and_left_out_only_by_an_explicit_tick(pages: Pages) -> None:
    bad = MOVEMENTS + "M3,A1,2026-02-30,=1+1\n"
    run = pages.go(pages.upload(("accounts.csv", ACCOUNTS), ("movements.csv", bad)))
    text = pages.text("import_run", run.pk)
    assert "存在しない日付です: 2026-02-30" in text and "取り込めない行を除いて取り込む" in text
    run = pages.confirm(run)
    assert run.state == "ready" and not Movement.objects.exists()
    assert "まだ何も書いていません" in pages.text("import_run", run.pk)
    sheet = pages.client.get(f"/imports/{run.pk}/rows.csv?lang=ja").content.decode()
    assert sheet.startswith("\ufeffファイル,行番号,列名,理由,直し方")
    assert "movements.csv,4,effective_on,存在しない日付です: 2026-02-30" in sheet
    run = pages.confirm(run, accept="1")
    assert run.state == "done" and Movement.objects.count() == 2


def test_a_formula_in_a_cell_stays_text_and_is_never_run(pages: Pages) -> None:
    text = 'account_id,name\nA1,"=HYPERLINK(""http://x"",""y"")"\nA2,@SUM(A1)\n'
    pages.confirm(pages.go(pages.upload(("accounts.csv", text))))
    assert Account.objects.get(code="A1").name == '=HYPERLINK("http://x","y")'
    bad = pages.go(pages.upload(("movements.csv", MOVEMENTS.replace("100000", "=1+1"))))
    sheet = pages.client.get(f"/imports/{bad.pk}/rows.csv").content.decode()
    assert bad.rejected.count() == 1 and "\n=1" not in sheet and ",=1" not in sheet


def test_undo_needs_a_reason_and_shows_what_stands_on_it(pages: Pages) -> None:
    run = pages.confirm(pages.go(pages.upload(("accounts.csv", ACCOUNTS))))
    pages.confirm(pages.go(pages.upload(("accounts.csv", ACCOUNTS.replace("丸一運輸", "丸一ロジ")))))
    url = f"/imports/{run.pk}/undo/"
    assert "後からの変更が 1 件あります" in pages.client.get(url).content.decode()
    assert pages.client.post(url, {"reason": "", "accept": "on"}).status_code == 422
    assert pages.client.post(url, {"reason": "違うファイル"}).status_code == 422
    run.refresh_from_db()
    assert run.state == "done"
    assert pages.client.post(url, {"reason": "違うファイル", "accept": "on"}).status_code == 302
    run.refresh_from_db()
    assert run.state == "undone"
    assert AuditRow.objects.get(action="import.undo").reason == "違うファイル"


def test_a_draft_can_be_dropped_and_a_second_confirm_is_refused(pages: Pages) -> None:
    run = pages.upload(("accounts.csv", ACCOUNTS))
    assert pages.client.post(f"/imports/{run.pk}/drop/").status_code == 302
    run.refresh_from_db()
    assert run.state == "dropped"
    assert pages.client.post(f"/imports/{run.pk}/confirm/").status_code == 422


def test_a_killed_write_is_resumed_from_the_page(pages: Pages) -> None:
    run = pages.go(pages.upload(("accounts.csv", ACCOUNTS)))
    pages.client.post(f"/imports/{run.pk}/confirm/")
    run.refresh_from_db()
    queued = {**run.options["queued"], "began": 1000.0}  # the worker died right after taking it
    options = {**run.options, "queued": queued, "at": 1000.0}
    ImportRun.objects.filter(pk=run.pk).update(state="writing", options=options, progress={})
    text = pages.client.get(f"/imports/{run.pk}/").content.decode()
    assert "続きから再開する" in text
    assert pages.client.post(f"/imports/{run.pk}/resume/").status_code == 302
    pages.work(run)
    run.refresh_from_db()
    assert run.state == "done"


def test_without_a_worker_the_page_says_so(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    run = pages.upload(("accounts.csv", ACCOUNTS))
    pages.choose(run)
    assert "ワーカーが動いていない" not in pages.text("import_run", run.pk)
    run.refresh_from_db()
    run.options["queued"]["at"] -= 6
    run.save()
    assert "ワーカーが動いていない" in pages.text("import_run", run.pk)


@pytest.mark.parametrize("who", ["sato", "ito", "watanabe", "kanri"])
def test_only_those_who_may_import_see_the_pages(pages: Pages, who: str) -> None:
    run = pages.upload(("accounts.csv", ACCOUNTS))
    pages.log_in(who)
    for path in (
        "",
        "new/",
        "columns/",
        f"{run.pk}/",
        f"{run.pk}/files/",
        f"{run.pk}/rows/",
        f"{run.pk}/rows.csv",
    ):
        assert pages.client.get(f"/imports/{path}").status_code == 403, path
    for deed in ("confirm", "drop", "resume", "undo"):
        assert pages.client.post(f"/imports/{run.pk}/{deed}/").status_code == 403
    run.refresh_from_db()
    assert run.state == "uploaded"
    assert Client().get("/imports/").status_code == 302


def test_what_does_not_exist_is_404(pages: Pages) -> None:
    for path in ("99/", "99/files/", "99/rows/", "99/rows.csv", "99/undo/", "columns/secrets.csv"):
        assert pages.client.get(f"/imports/{path}").status_code == 404, path


def test_a_name_as_long_as_a_browser_sends_it_fits_the_disk(pages: Pages) -> None:
    name = "顧客台帳" * 28 + ".csv"  # 340 bytes; a folder takes 255
    run = pages.upload((name, "account_id,name\nA1,x\n"))
    (kept,) = drafts.uploads_of(run)
    assert drafts.path_of(run, kept).is_file() and kept.name == name and kept.path.endswith("顧客台帳.csv")


def test_uploads_that_are_refused_leave_nothing_behind(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*files: tuple[str, str]) -> str:
        sent = [SimpleUploadedFile(name, text.encode()) for name, text in files]
        response = pages.client.post("/imports/new/", {"files": sent})
        assert response.status_code == 422
        return response.content.decode()

    assert "ファイルを選んでください" in answer()
    assert "x.exe の形式は読めません" in answer(("x.exe", "MZ"))
    monkeypatch.setattr(drafts, "MAX_FILE_BYTES", 1_000)
    assert "a.csv は大きすぎます" in answer(("a.csv", "x" * 1_001))
    huge = pages.client.post("/imports/new/", {"files": [SimpleUploadedFile("a.csv", b"x" * 4000)]})
    assert huge.status_code == 422 and "大きすぎます" in huge.content.decode()
    assert not ImportRun.objects.exists()


def test_the_empty_list_offers_the_first_step_and_templates(pages: Pages) -> None:
    text = pages.text("imports")
    assert "まだ取り込みがありません" in text and "/imports/columns/contracts.csv" in text
    sheet = pages.client.get("/imports/columns/accounts.csv").content.decode()
    assert sheet.startswith("\ufeff顧客ID,顧客名,フリガナ,法人番号") and sheet.endswith("\r\n")
    assert "除外区分" in pages.text("import_columns") and "trial" in pages.text("import_columns")


def test_a_job_for_a_draft_or_a_finished_run_does_nothing(pages: Pages) -> None:
    run = pages.upload(("accounts.csv", ACCOUNTS))
    assert jobs.check_import.call(run.pk, "ja") == ""
    assert jobs.write_import.call(run.pk, None, "ja", True) == ""
    assert jobs.check_import.call(0, "ja") == ""
