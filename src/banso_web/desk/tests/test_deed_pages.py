"""The pages of the deeds: what they show, refuse and keep; what a reader without the right to see people reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from html import unescape
from typing import Any

import pytest

from banso_web.accounts.fields import companies_of
from banso_web.accounts.models import Account, Contact, Contract
from banso_web.members.models import Member
from banso_web.touch.models import Touch

pytestmark = pytest.mark.django_db
Company = Mapping[str, Account]
Desks = Callable[[str], Any]
DRAWER = {"HX-Request": "true", "X-Banso-Drawer": "1"}


def said(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_the_first_screen_says_what_they_want_how_it_goes_and_who_is_next(
    desk: Desks, company: Company, bring: Callable[..., object]
) -> None:
    bring(
        tasks="task_id,account_id,title,owner,due_on,state\nX1,A1,操作研修の日程を決める,sato,2026-11-20,open\n",
        goals="goal_id,account_id,metric,baseline,target,due_on\nG1,A1,集計時間,8,4,2027-03-31\n",
    )
    page = desk("sato").text(f"/customers/{company['A1'].pk}/")
    first = page[page.index('class="answers"') : page.index("目標と次のアクション")]
    for words in (
        "月次の集計を半日で終える",
        "集計時間",
        "契約中",
        "¥120,000",
        "2026/09/01",
        "操作研修の日程を決める",
        "佐藤",
        "期限超過",
    ):
        assert words in first, words
    assert first.index("成し遂げたいこと") < first.index("いまの状態") < first.index("次に誰が何をするか")
    empty = desk("sato").text(f"/customers/{company['A3'].pk}/")
    assert "推進者不在" in empty and "決裁者不在" in empty and "決まっていません" in empty
    assert "推進者不在" not in page and "決裁者不在" not in page


def test_a_drawer_form_is_refused_in_place_and_leads_back_when_saved(desk: Desks, company: Company) -> None:
    sato, a1 = desk("sato"), company["A1"]
    path = f"/customers/{a1.pk}/contacts/new/"
    form = sato.text(path)
    assert f'action="{path}"' in form and "いつ分かりましたか" in form and "data-drawer-form" in form
    wrong = sato.client.post(path, {"family_name": "", "email": "x", "title": "室長"}, headers=DRAWER)
    assert wrong.status_code == 422
    text = said(wrong)
    assert "保存していません" in text and 'value="室長"' in text
    saved = sato.client.post(path, {"family_name": "青木", "roles": ["champion"]}, headers=DRAWER)
    assert (saved.status_code, saved["X-Banso-Location"]) == (204, f"/customers/{a1.pk}/")
    page = sato.text(f"/customers/{a1.pk}/")
    assert "青木" in page and "先方担当者を登録しました。" in page and "元に戻す" in page
    entry = page.split('name="entry" value="')[1].split('"')[0]
    sato.post("/customers/undo/", entry=entry, next=f"/customers/{a1.pk}/")
    assert "青木" not in sato.text(f"/customers/{a1.pk}/")


def test_english_refusals(desk: Desks, company: Company) -> None:
    sato, a1 = desk("sato"), company["A1"]
    sato.client.cookies["banso_language"] = "en"
    form = {
        "product": "Analytics",
        "starts_on": "2026-02-30",
        "ends_on": "2025-01-01",
        "currency": "YEN",
        "mrr": "1.00001",
    }
    answer = sato.client.post(f"/customers/{a1.pk}/contracts/new/", form)
    text = said(answer)
    assert answer.status_code == 422
    assert "This is not a day of the calendar" in text
    form["starts_on"] = "2026-02-01"
    text = said(sato.client.post(f"/customers/{a1.pk}/contracts/new/", form))
    for words in ("There is no currency “YEN”", "at most 4 decimals"):
        assert words in text, words
    del form["currency"], form["mrr"]
    form["currency"] = "JPY"
    text = said(sato.client.post(f"/customers/{a1.pk}/contracts/new/", form))
    assert "would end before it starts" in text
    assert Contract.objects.filter(account=a1).count() == 1


def test_the_second_editor_keeps_what_they_typed(desk: Desks, company: Company) -> None:
    contact = Contact.objects.get(code="C1")
    path = f"/contacts/{contact.pk}/edit/"
    sato, tanaka = desk("sato"), desk("tanaka")
    seen = sato.text(path).split('name="seen" value="')[1].split('"')[0]
    form = {
        "family_name": "山田",
        "given_name": "花子",
        "department": "情報システム部",
        "roles": "champion",
        "seen": seen,
    }
    assert tanaka.post(path, **form, title="先").status_code == 302
    late = sato.post(path, **form, title="後")
    assert late.status_code == 422
    assert "ほかの人が先に変更しました" in said(late) and 'value="後"' in said(late)
    assert Contact.objects.get(pk=contact.pk).title == "先"


def test_without_the_right_to_see_people_a_touch_says_when_how_and_who(
    desk: Desks, company: Company, bring: Callable[..., object]
) -> None:
    bring(
        touches="touch_id,account_id,at,kind,initiative,member,contacts,subject,note\n"
        "T9,A1,2026-11-23T10:00,call,reactive,sato,C1,山田様の件,山田 花子様から電話\n",
        tickets="ticket_id,account_id,opened_at,category,subject\nI1,A1,2026-11-22T10:00,操作,森様のログイン\n",
    )
    for path in (f"/customers/{company['A1'].pk}/", f"/customers/{company['A1'].pk}/timeline/"):
        inside, outside = desk("sato").text(path), desk("yamamoto").text(path)
        for name in ("山田様の件", "山田 花子様から電話", "森様のログイン", "定例会", "山田 花子"):
            assert name in inside and name not in outside, (path, name)
        assert "2026/11/23" in outside and "電話" in outside and "受動" in outside and "佐藤" in outside
    touch = Touch.objects.get(code="T9")
    assert desk("yamamoto").get(f"/touches/{touch.pk}/edit/").status_code == 404
    assert "関係者マップ" in desk("yamamoto").text(f"/customers/{company['A1'].pk}/")
    assert "推進者不在" not in desk("yamamoto").text(f"/customers/{company['A3'].pk}/")


def test_a_notice_deadline_is_an_estimate_until_somebody_enters_it(desk: Desks, company: Company) -> None:
    """K3 ends on 2027-01-31; two months before: 11/30 by either reading. K1 ends 2026-12-31 after 1 month: 11/30 both.
    Only where the two readings differ is it 推定: an end on 2027-04-30, two months before, is 02/28 by both; a K4 end of
    2027-06-30 one month before is 05/30 by the day and 05/31 by the end of the day."""
    tanaka, k4 = desk("tanaka"), Contract.objects.get(code="K4")
    path = f"/contracts/{k4.pk}/edit/"
    page = tanaka.text(path)
    seen = page.split('name="seen" value="')[1].split('"')[0]
    form = {
        "product": k4.product, "starts_on": "2024-04-01", "ends_on": "2027-06-30", "currency": "JPY", "auto_renew": "0",
        "notice_kind": "months_before", "notice_value": "1", "seats": "3", "seen": seen,
    }  # fmt: skip
    assert tanaka.post(path, **form).status_code == 302
    shown = tanaka.text(f"/customers/{company['A4'].pk}/")
    assert "2027/05/30" in shown and "推定" in shown
    seen = tanaka.text(path).split('name="seen" value="')[1].split('"')[0]
    assert tanaka.post(path, **{**form, "seen": seen, "notice_deadline": "2027-05-31"}).status_code == 302
    shown = tanaka.text(f"/customers/{company['A4'].pk}/")
    assert "2027/05/31" in shown and "推定" not in shown
    k4.refresh_from_db()
    assert k4.notice_deadline == date(2027, 5, 31)


def test_a_customer_is_added_after_a_look_at_similar_ones(desk: Desks, company: Company) -> None:
    sato = desk("sato")
    assert "似た顧客があります" in sato.text("/customers/new/alike/", name="アシスト株式会社")
    assert "似た顧客があります" not in sato.text("/customers/new/alike/", name="北海製粉")
    form = {"name": "アシスト株式会社", "seen": "0", "owner": str(sato.member.pk)}
    first = sato.post("/customers/new/", **form)
    assert first.status_code == 422 and "どれとも別の会社です" in said(first) and "㈱アシスト" in said(first)
    second = sato.post("/customers/new/", **form, alike_seen="1")
    made = Account.objects.get(name="アシスト株式会社")
    assert second.status_code == 302 and second["Location"] == f"/customers/{made.pk}/"
    assert "A1" in sato.text("/customers/choices/", parent="アシスト")
    assert sato.post("/customers/new/", name="子会社", parent="ZZZ", seen="0").status_code == 422


def test_a_parent_of_itself_is_refused(
    desk: Desks, company: Company, person: Callable[[str], Member]
) -> None:
    tanaka, a1 = desk("tanaka"), company["A1"]
    path = f"/customers/{a1.pk}/edit/"
    seen = tanaka.text(path).split('name="seen" value="')[1].split('"')[0]
    answer = tanaka.post(path, name=a1.name, parent="A1", owner=a1.owner_id or "", seen=seen)
    assert answer.status_code == 422 and "自分自身に戻って" in said(answer)
    assert Account.objects.get(pk=a1.pk).parent_id is None


def test_a_chosen_company_stays_readable(desk: Desks, company: Company) -> None:
    """親会社 and the parties show the name beside the id that tells it apart, before and after they are saved."""
    tanaka, a1 = desk("tanaka"), company["A1"]
    offered = tanaka.text("/customers/choices/", parent="西川")
    assert "西川印刷 (A3)" in offered
    path = f"/customers/{a1.pk}/edit/"
    seen = tanaka.text(path).split('name="seen" value="')[1].split('"')[0]
    kept = {"name": a1.name, "owner": a1.owner_id or "", "seen": seen}
    assert tanaka.post(path, **kept, parent="西川印刷 (A3)").status_code == 302
    assert Account.objects.get(pk=a1.pk).parent_id == company["A3"].pk
    assert 'value="西川印刷 (A3)"' in tanaka.get(path).content.decode()
    assert tanaka.post(path, **kept, parent="西川印刷 (A33)").status_code == 422
    contract = Contract.objects.get(code="K1")
    form = f"/contracts/{contract.pk}/edit/"
    seen = tanaka.get(form).content.decode().split('name="seen" value="')[1].split('"')[0]
    fields = {
        "product": "集計クラウド",
        "starts_on": "2024-04-01",
        "ends_on": "2026-12-31",
        "currency": "JPY",
        "seen": seen,
    }
    assert tanaka.post(form, **fields, dealer_id="西川印刷 (A3)", bill_to_id="A2").status_code == 302
    page = tanaka.get(form).content.decode()
    assert 'value="西川印刷 (A3)"' in page and 'value="株式会社アシスト (A2)"' in page


def test_a_company_is_read_by_its_name_and_id_or_its_id_alone(company: Company) -> None:
    texts = ["A1", "㈱アシスト (A1)", "何でも (株) (A2)", "A9", "(A1", ""]
    assert companies_of(texts) == {
        "A1": company["A1"].pk, "㈱アシスト (A1)": company["A1"].pk, "何でも (株) (A2)": company["A2"].pk,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "at"),
    [("2026年11月20日 １４時３０分", "2026-11-20T14:30"), ("2026/11/20 14:30", "2026-11-20T14:30"), ("８：３０", "2026-11-24T08:30"), ("8:30 AM", "2026-11-24T08:30")],
)  # fmt: skip
def test_the_time_of_a_touch_is_typed_as_people_write_it(
    desk: Desks, company: Company, typed: str, at: str
) -> None:
    sato, url = desk("sato"), f"/customers/{company['A1'].pk}/touches/new/"
    form = sato.text(url)
    field = form[form.index('name="at"') - 60 :][:400]
    assert 'type="text"' in field and 'data-day="moment"' in field and "datetime-local" not in form
    sent = sato.post(url, kind="call", at=typed, subject="確認", member="sato")
    assert sent.status_code == 302, sent.content.decode()
    kept = Touch.objects.latest("pk")
    assert kept.at == datetime.fromisoformat(f"{at}:00+09:00")
    edit = sato.text(f"/touches/{kept.pk}/edit/")
    assert f'value="{at.replace("-", "/").replace("T", " ")}"' in edit


def test_what_is_no_time_is_told_in_both_languages(desk: Desks, company: Company) -> None:
    sato, url = desk("sato"), f"/customers/{company['A1'].pk}/touches/new/"
    refused = sato.client.post(f"{url}?lang=ja", {"kind": "call", "at": "25時"})
    assert refused.status_code == 422 and "日時として読み取れません" in refused.content.decode()
    assert 'value="25時"' in refused.content.decode()  # what was typed stays
    english = sato.client.post(f"{url}?lang=en", {"kind": "call", "at": "25:00"}).content.decode()
    assert "cannot be read as a day and time" in english and "today" in english
