"""The closing of a month as a file: everything its page shows, one line a figure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.accounts import counting
from banso_web.core.metrics import catalogue
from banso_web.core.ui.formats import date_text
from banso_web.reports import files
from banso_web.reports.question import Question
from banso_web.reports.reads.closing import BRIDGE, KINDS, STATES, month_state
from banso_web.reports.reads.figures import answers, reporting_currency
from banso_web.reports.reads.nrr import fall
from banso_web.revenue.metrics.words import EXCLUDED, PARTS
from banso_web.revenue.reads import closing as reads
from banso_web.revenue.reads.months import last_day
from banso_web.revenue.reads.rated import held_text

Line = list[Any]


def closing_csv(request: HttpRequest, question: Question) -> HttpResponse:
    """Sections in the page's order; where the month is not closed yet, the bars and the list that wait to be signed."""
    closed = reads.standing(question.month)
    head = [
        _("区分"),
        _("項目"),
        _("顧客"),
        _("値"),
        _("通貨・単位"),
        _("現在の値"),
        _("差"),
        _("日付"),
        _("注"),
    ]
    lines = list(_signed(closed, question) if closed else _open(question))
    about: list[tuple[Any, Any]] = [(_("状態"), STATES[month_state(question, closed)])]
    if closed:
        about += [
            (_("種類"), KINDS[closed.kind]),
            (_("締めた人"), closed.closed_by),
            (_("締めた日時"), closed.closed_at),
            (_("コメント"), closed.comment),
            (_("基準番号"), closed.watermark),
        ]
    versions = ", ".join(f"{catalogue[key].name} v{catalogue[key].version}" for key in reads.FROZEN)
    about.append((_("定義版"), versions))
    return files.csv_file(request, f"closing-{question.month_key}", question, head, lines, about=about)


def _open(question: Question) -> Iterator[Line]:
    shown, currency = fall(question, answers(question)), reporting_currency(question)
    if shown is None:
        return
    for bar in shown.bars:
        yield [_("ウォーターフォール"), bar.name, None, bar.amount, currency, None, None, None, bar.note]
    yield [
        _("ウォーターフォール"),
        PARTS["difference"],
        None,
        shown.difference,
        currency,
        None,
        None,
        None,
        "",
    ]
    if not question.complete:
        return
    found = reads.pending_at(question.asked, question.month)
    names = counting.called([one.account_id for one in found])
    for one in found:
        name = names[one.account_id].name if one.account_id in names else ""
        mrr = None if one.units is None else Decimal(one.units) / reads.UNITS
        note = f"{EXCLUDED['missing_rate']} {held_text(one.held)}" if mrr is None else ""
        yield [PARTS["pending_renewal"], one.contract, name, mrr, currency, None, None, one.ends_on, note]


def _signed(closed: reads.Closed, question: Question) -> Iterator[Line]:
    currency = str(closed.rules["currency"])
    now = {one.key: one for one in reads.bars_beside(closed, question.asked)}
    for key, amount in closed.waterfall.items():
        if key not in PARTS:
            continue
        beside = now.get(key)
        more = [beside.restated, beside.difference] if beside and key != "opening" else [None, None]
        yield [_("ウォーターフォール"), PARTS[key], None, amount, currency, *more, None, ""]
    for one in reads.reported_beside_restated(closed, question.asked):
        yield [
            _("指標"),
            catalogue[one.key].name,
            None,
            one.reported,
            one.unit,
            one.restated,
            one.difference,
            None,
            " ".join(_remarks(one, closed)),
        ]
    lines = reads.signed_pending(closed)
    names = counting.called([account for account, _line in lines])
    for account, line in lines:
        mrr = None if line["mrr"] is None else Decimal(line["mrr"])
        own = " · ".join(f"{part['currency']} {part['mrr']}" for part in line.get("held", ()))
        note = f"{EXCLUDED['missing_rate']} {own}" if mrr is None else ""
        name = names[account].name if account in names else ""
        yield [
            PARTS["pending_renewal"],
            line["contract_id"],
            name,
            mrr,
            currency,
            None,
            None,
            line["ends_on"],
            note,
        ]
    for entry in reads.corrections(closed, question.asked.watermark):
        yield [
            PARTS["restatement"],
            entry.label,
            entry.by,
            entry.amount,
            "",
            None,
            None,
            entry.entered_at,
            "",
        ]
    steps, accounts_mrr = reads.bridge(closed)
    for step in steps:
        yield [
            _("会計のMRRへの橋渡し"),
            BRIDGE[step.kind],
            None,
            step.amount,
            currency,
            None,
            None,
            None,
            step.note,
        ]
    if steps:
        yield [_("会計のMRRへの橋渡し"), _("会計のMRR"), None, accounts_mrr, currency, None, None, None, ""]


def _remarks(one: reads.Beside, closed: reads.Closed) -> Iterator[str]:
    if one.key in reads.OF_LAST_DAY:
        yield _("%(day)s 時点") % {"day": date_text(last_day(closed.month))}
    for name, reason in ((_("報告値"), one.reported_reason), (_("現在の値"), one.restated_reason)):
        if reason:
            yield f"{name}: {reason}"
