"""Who may import but see neither people nor prices: the pages of a draft tell headers and counts, and no cell."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from banso_web.ingest.models import ImportRun
from banso_web.ingest.tests.pages import Pages
from banso_web.members.models import Member, Role

pytestmark = pytest.mark.django_db
PEOPLE = "担当者ID,顧客ID,姓,メール,役割\nK1,A1,森,mori@example.jp,推し\nK2,A1,林,hayashi@example.jp,窓口\n"
LEDGER = "顧客ID,顧客名,契約ID,製品,契約開始日,満了日,月額\nA1,丸一運輸,C1,P,2025-04-01,2026-03-31,123456\nA2,西川印刷,C2,P,,,\n"
SECRET = ("森", "mori", "hayashi", "推し", "123,456", "123456", "丸一運輸", "西川印刷")


@pytest.fixture
def only_imports(pages: Pages, person: Callable[[str], Member]) -> Pages:
    """鈴木's drafts lie there already; the reader at the pages may import and nothing else."""
    role = Role.objects.create(
        key="importing", name_ja="取り込み", name_en="Imports", permissions=["import.run", "account.view"]
    )
    person("kanri").roles.set([role])
    return pages


def drafts(pages: Pages) -> tuple[ImportRun, ImportRun]:
    people, ledger = pages.upload(("名簿.csv", PEOPLE)), pages.upload(("契約台帳.csv", LEDGER))
    pages.choose(people, **{"f0-kind": "contacts"})
    pages.choose(ledger, **{"f0-kind": "ledger"})
    return people, ledger


def seen(page: str) -> list[str]:
    return [word for word in SECRET if word in page]


def test_pages_of_a_draft_show_its_cells_to_who_may_see_people_and_prices(only_imports: Pages) -> None:
    people, ledger = drafts(only_imports)
    assert only_imports.save_columns(ledger) == f"/imports/{ledger.pk}/preview/"
    shown = {
        "files": only_imports.text("import_files", people.pk),
        "columns": only_imports.text("import_mapping", people.pk, 0),
        "preview": only_imports.text("import_preview", ledger.pk),
    }
    assert {"森", "mori"} <= set(seen(shown["files"])) & set(seen(shown["columns"]))
    assert "123,456" in shown["preview"] and not any("data-covered" in page for page in shown.values())
    only_imports.log_in("kanri")
    for name, args in (("import_files", (people.pk,)), ("import_mapping", (people.pk, 0)), ("import_preview", (ledger.pk,))):  # fmt: skip
        page = only_imports.text(name, *args)
        assert "data-covered" in page and seen(page) == [], name
    assert "姓" in only_imports.text("import_mapping", people.pk, 0)  # headers are what a column is chosen by
    assert "月ごとの合計は表示していません" in only_imports.text("import_preview", ledger.pk)


def test_another_header_row_or_kind_shows_no_cell_either(only_imports: Pages) -> None:
    """A row of cells chosen as the header, or a file checked as another kind, would tell them."""
    people, _ledger = drafts(only_imports)
    only_imports.log_in("kanri")
    url = f"/imports/{people.pk}/files/"
    sent = {**only_imports.shown(url), "f0-header_row": "2", "deed": "look"}
    assert only_imports.client.post(url, sent).status_code == 302
    assert seen(only_imports.text("import_mapping", people.pk, 0)) == []
    only_imports.choose(people, **{"f0-kind": "accounts"})
    columns = only_imports.shown(f"/imports/{people.pk}/files/0/columns/")
    to = {key: "" for key in columns if key.startswith("to_")}
    only_imports.save_columns(
        people, **{**to, "to_0": "account_id", "to_2": "name", "to_3": "corporate_number"}
    )
    run = only_imports.work(people)
    assert run.rejected.count() == 2  # an address is no 法人番号
    for page in (only_imports.text("import_run", run.pk), only_imports.text("import_rows", run.pk)):
        assert "この内容を見る権限がありません" in page and seen(page) == []


def test_value_words_answered_before_stay_when_a_reader_who_sees_none_goes_on(only_imports: Pages) -> None:
    people, _ledger = drafts(only_imports)
    url = f"/imports/{people.pk}/files/0/columns/"
    before = only_imports.shown(url)
    at = next(key for key, word in before.items() if key.startswith("word_") and word == "推し")
    only_imports.client.post(
        url, {**before, at.replace("word_", "value_"): "1"}, headers={"HX-Request": "true"}
    )
    column = at.split("_", 1)[1].rsplit("_", 1)[0]

    def words() -> dict[str, str]:
        people.refresh_from_db()
        return dict(people.options["uploads"][0]["shaping"]["fields"][column]["values"])

    assert words() == {"推し": "1"}
    only_imports.log_in("kanri")
    only_imports.client.post(url, only_imports.shown(url), headers={"HX-Request": "true"})
    assert words() == {"推し": "1"}
