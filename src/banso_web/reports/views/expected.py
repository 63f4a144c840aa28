"""LTV(実績と期待値): two columns for each segment, where they come from, and the customers behind them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.core.errors import NotVisible
from banso_web.core.metrics import plain
from banso_web.core.pages import page, render_page
from banso_web.reports import files
from banso_web.reports.question import customer_url, picker, read_question
from banso_web.reports.reads.expected import DISCOUNT, VERSION, Expected, account_rows, expected
from banso_web.reports.reads.figures import reporting_currency
from banso_web.reports.views.cohorts import visible_among
from banso_web.reports.views.ltv import tabs

if TYPE_CHECKING:
    from banso_web.members.models import Member

LISTED = 500


def _discount(request: HttpRequest) -> tuple[Decimal, str]:
    """The discount of the address (percent a year) as a share, and what is wrong with it where it cannot be used."""
    text = request.GET.get("discount", "").strip()
    if not text:
        return DISCOUNT, ""
    try:
        value = Decimal(text) / 100
    except InvalidOperation:
        value = Decimal("nan")
    if value.is_finite() and Decimal("0.001") <= value <= 1 and len(text) <= 12:
        return value, ""
    wrong = _(
        "割引率「%(text)s」は使えません。0.1から100までの数字で指定してください。年10%%で計算しています。"
    )
    return DISCOUNT, wrong % {"text": text[:20]}


@page("revenue.view")
def expected_page(request: HttpRequest) -> HttpResponse:
    """`discount`: percent a year. `?export=csv` gives what is shown."""
    question, (discount, wrong) = read_question(request), _discount(request)
    found = expected(question, discount)
    if request.GET.get("export") == "csv":
        head = [
            _("セグメント"), _("継続中の顧客"), _("解約"), _("実績累計(平均)"), _("期待値(平均)"), _("95%区間の下端"), _("95%区間の上端"), _("合計(平均)"), _("備考"),
        ]  # fmt: skip
        about = [
            (_("割引率(年)"), discount), (_("定義版"), VERSION), (_("通貨"), reporting_currency(question)),
        ]  # fmt: skip
        return files.csv_file(
            request, "ltv-expected", question, head, [_line(one) for one in found], about=about
        )
    context: dict[str, Any] = {
        **picker(question),
        "tabs": tabs(request, question, "expected"),
        "found": [(one, question.url("ltv_expected_rows", **_key(one), discount=plain(discount * 100))) for one in found],
        "discount": plain(discount * 100),
        "wrong": wrong,
        "currency": reporting_currency(question),
        "version": VERSION,
        "may_export": cast("Member", request.user).may("export.run"),
    }  # fmt: skip
    return render_page(request, "reports/expected.html", context)


def _key(one: Expected) -> dict[str, str]:
    return {"whole": "1"} if one.curve.segment is None else {"key": one.curve.segment}


def _line(one: Expected) -> list[Any]:
    worth = one.worth
    bounds = (worth.value, worth.lower, worth.upper) if worth else (None, None, None)
    remark = one.so_far_reason or one.reason or (_("参考(解約が10件未満)") if one.few else "")
    total = None if one.total is None else round(one.total, 4)
    return [
        one.curve.name, len(one.accounts), one.ends, None if one.so_far is None else round(one.so_far, 4),
        *(None if value is None else round(value, 4) for value in bounds), total, remark,
    ]  # fmt: skip


@page("revenue.view")
def expected_rows(request: HttpRequest) -> HttpResponse:
    """The customers of a segment (`key`, or `whole`), whose means the page shows."""
    question, (discount, _wrong) = read_question(request), _discount(request)
    segment = None if request.GET.get("whole") else request.GET.get("key", "")
    one = next((each for each in expected(question, discount) if each.curve.segment == segment), None)
    if one is None:
        raise NotVisible
    rows = account_rows(one, discount)
    seen = visible_among(request, [row.account_id for row in rows[:LISTED]])
    context = {
        **picker(question),
        "one": one,
        "rows": [
            (row, customer_url(row.account_id) if row.account_id in seen else "", row.account_id not in seen)
            for row in rows[:LISTED]
        ],
        "hidden_rows": max(len(rows) - LISTED, 0),
        "discount": plain(discount * 100),
        "currency": reporting_currency(question),
        "version": VERSION,
    }
    return render_page(request, "reports/expected_rows.html", context)
