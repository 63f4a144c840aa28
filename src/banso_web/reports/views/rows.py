"""分子・分母・除外 of any figure: the rows that reproduce it, on a page, in the drawer and as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.accounts.access import visible_accounts
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.metrics import (
    MetricResult,
    MetricSpec,
    MovementLine,
    Row,
    Side,
    catalogue,
    compute,
    rows_of,
    spec_of,
    total_of,
    unrated_of,
)
from banso_web.core.pages import page, render_page
from banso_web.core.ui.formats import joined
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Tab
from banso_web.reports import files
from banso_web.reports.board import ALL, Line
from banso_web.reports.question import Question, customer_url, picker, read_question
from banso_web.reports.reads.figures import LTV_FORMS, figure, interval_text, reporting_currency, shape
from banso_web.reports.words import COUNTED_IN, INTERVALS, counted, part_name, parts_of
from banso_web.touch.reads import last_touches

if TYPE_CHECKING:
    from banso_web.members.models import Member

SIZE = 200
LOST = ("churn", "contraction")


@dataclass(frozen=True)
class ShownRow:
    """A row as this reader sees it: without name and link where the customer is not theirs to see."""

    row: Row
    url: str
    hidden: bool
    touched: date | None
    movements: Sequence[MovementLine]
    contract: str
    unnamed: bool  # a row that is no customer: a month, an input

    @property
    def name(self) -> str:
        return self.row.name or self.row.code

    @property
    def held(self) -> Sequence[Mapping[str, Any]]:
        """Amounts in currencies without a rate: [{currency, mrr}]; empty where the amount is known."""
        found: Sequence[Mapping[str, Any]] = self.row.extra.get("held", ())
        return found


@dataclass(frozen=True)
class Total:
    """What the listed rows add up to, and the value of the side they must reproduce."""

    rows: int
    amount: Decimal
    expected: Decimal | None
    counted: bool
    unrated: int = 0  # rows in a currency without a rate: in no sum

    @property
    def agrees(self) -> bool:
        return self.expected is None or self.expected == (Decimal(self.rows) if self.counted else self.amount)


def _ask(request: HttpRequest) -> tuple[Question, MetricSpec, MetricResult]:
    question = read_question(request)
    if request.GET.get("metric", "") not in catalogue:
        raise NotVisible  # an address that leads nowhere, as /numbers/kpi/nothing/ does
    spec = spec_of(request.GET["metric"])
    member = cast("Member", request.user)
    if not member.may(spec.permission):
        raise Forbidden(_("この数字を見る権限がありません。"))
    line = ALL.get(spec.key)
    on_the_day = request.GET.get("at") == "asked"  # of the asked day itself, where the metric can be asked so
    at_end = line is not None and line.at == "end" and not on_the_day
    asked = question.at_month_end if at_end else question.asked
    month = question.month if spec.monthly or (spec.month_optional and not on_the_day) else None
    return question, spec, compute(spec.key, asked, month=month, scope=question.scope)


def _total(result: MetricResult, part: str, rows: Sequence[Row]) -> Total:
    side: Side | None = {"numerator": result.numerator, "denominator": result.denominator}.get(part)
    expected = (
        side.value if side and result.metric not in LTV_FORMS else None
    )  # inputs of a formula add up to nothing
    if part in result.part_rows and isinstance(result.parts.get(part), Decimal):
        expected = result.parts[part]
    return Total(len(rows), total_of(rows), expected, counted(result.metric, part), unrated_of(rows))


def _shown(member: Member, rows: Sequence[Row], question: Question) -> list[ShownRow]:
    rows = list(rows)
    ids = {row.account_id for row in rows if row.account_id is not None}
    seen = _visible(member, ids)
    # When somebody was last touched is looked up only where customers were lost, and of those alone.
    touched = last_touches(question.asked, ids) if any(row.part in LOST for row in rows) else {}
    out = []
    for row in rows:
        is_customer = row.account_id is not None
        hidden = is_customer and row.account_id not in seen
        out.append(
            ShownRow(
                row=row,
                url="" if hidden else customer_url(row.account_id),
                hidden=hidden,
                touched=touched.get(row.account_id) if row.account_id is not None else None,
                movements=() if hidden else row.movements,
                contract=""
                if hidden
                else str(
                    row.extra.get("contract_id", "")
                    or next((m.contract for m in row.movements if m.contract), "")
                ),
                unnamed=not is_customer,
            )
        )
    return out


def _offset(request: HttpRequest) -> int:
    text = request.GET.get("from", "")
    if text and not (text.isdecimal() and len(text) < 9):
        raise Refused(_("ページの位置を読み取れません。"), code="bad_page")
    return int(text or 0)


@page()  # what each metric asks for stands in its spec
def metric_rows(request: HttpRequest) -> HttpResponse:
    """`metric`, `part`, `month` and the scope. An unknown metric or part is refused with the ones that exist."""
    question, spec, result = _ask(request)
    parts = parts_of(result)
    part = request.GET.get("part") or (parts[0] if parts else "excluded")
    if part not in parts:
        text = _("「%(part)s」という内訳はありません。見られる内訳: %(parts)s")
        raise Refused(
            text % {"part": part[:40], "parts": joined(part_name(one) for one in parts)},
            code="bad_part",
        )
    rows = rows_of(result, part)
    member = cast("Member", request.user)
    if request.GET.get("export") == "csv":
        return _csv(request, question, spec, result, part, _shown(member, rows, question))
    start = min(_offset(request), max(len(rows) - 1, 0))
    shown = _shown(member, rows[start : start + SIZE], question)
    line = ALL.get(spec.key) or Line(spec.key)
    context = {
        **picker(question),
        "spec": spec,
        "result": result,
        "figure": figure(question, line, result),
        "interval": interval_text(result),
        "interval_word": INTERVALS.get(result.interval.method) if result.interval else "",
        "shape": shape(spec, result, line.digits),
        "part": part,
        "part_name": part_name(part),
        "rows": shown,
        "total": _total(result, part, rows),
        "start": start,
        "stop": start + len(shown),
        "earlier": changed_query(request, **{"from": max(start - SIZE, 0) or None}) if start else "",
        "later": changed_query(request, **{"from": start + SIZE}) if start + SIZE < len(rows) else "",
        "columns": _columns(shown),
        "tabs": [
            Tab(
                part_name(one),
                changed_query(request, part=one, **{"from": None}),
                one == part,
                len(rows_of(result, one)),
            )
            for one in parts
        ],
        "counted_in": COUNTED_IN.get(spec.key, "社"),
        "numerator_counted": counted(spec.key, "numerator"),
        "denominator_counted": counted(spec.key, "denominator"),
        "direct": spec.key not in ("customer_churn_annualised", "quick_ratio", "arr", "nps"),
        "currency": result.unit if len(result.unit) == 3 else reporting_currency(question),
        "is_money": _is_money(spec),
        "sees_money": member.may("revenue.view"),
        "may_export": member.may("export.run"),
    }
    return render_page(request, "reports/rows.html", context)


def _is_money(spec: MetricSpec) -> bool:
    """Whether the amounts of its rows are money; those of use, answers and contacts are counts."""
    return spec.group == "revenue"


def _visible(member: Member, ids: set[int]) -> set[int]:
    """Which of these customers the member may see. Asked for many, all are read at once."""
    visible = visible_accounts(member)
    if len(ids) <= SIZE:
        visible = visible.filter(pk__in=ids)
    return ids & set(visible.values_list("pk", flat=True)) if ids else set()


def _columns(rows: Sequence[ShownRow]) -> dict[str, bool]:
    """Columns that have something to show."""
    return {
        "opening": any(one.row.opening is not None for one in rows),
        "amount": any(one.row.amount is not None or one.held for one in rows),
        "held": any(one.held for one in rows),
        "on": any(one.row.on is not None for one in rows),
        "reason": any(one.row.reason for one in rows),
        "contract": any(one.contract for one in rows),
        "touched": any(one.row.part in LOST for one in rows),
        "movements": any(one.movements for one in rows),
    }


def _csv(
    request: HttpRequest,
    question: Question,
    spec: MetricSpec,
    result: MetricResult,
    part: str,
    rows: list[ShownRow],
) -> HttpResponse:
    columns = _columns(rows)
    head: list[Any] = [_("顧客ID"), _("顧客名"), _("内訳")]
    named: list[tuple[str, Any, Any]] = [
        ("opening", _("月初MRR"), lambda one: one.row.opening),
        ("opening", _("月末MRR"), lambda one: one.row.closing),
        ("amount", _("金額") if _is_money(spec) else _("数"), lambda one: one.row.amount),
        (
            "held",
            _("換算レートなし"),
            lambda one: " · ".join(f"{of['currency']} {of['mrr']:f}" for of in one.held),
        ),
        ("on", _("日付"), lambda one: one.row.on),
        ("contract", _("契約"), lambda one: one.contract),
        ("reason", _("理由"), lambda one: one.row.reason),
        ("touched", _("最終接点"), lambda one: one.touched),
        ("movements", _("動き"), lambda one: _movement_text(one.movements)),
    ]
    taken = [(title, read) for key, title, read in named if columns[key]]
    lines = (
        [
            "" if one.hidden else one.row.code,
            _("閲覧権限なし") if one.hidden else one.name,
            part_name(one.row.part) if one.row.part else part_name(part),
            *(read(one) for _title, read in taken),
        ]
        for one in rows
    )
    about = [
        (_("指標"), spec.name), (_("計算式"), spec.formula), (_("定義版"), spec.version), (_("値"), result.value),
        (_("内訳"), part_name(part)),
    ]  # fmt: skip
    name = f"{spec.key}-{part}-{question.month_key}"
    return files.csv_file(
        request, name, question, [*head, *(title for title, _read in taken)], lines, about=about
    )


def _movement_text(movements: Sequence[MovementLine]) -> str:
    return " / ".join(f"{line.on.isoformat()} {line.amount:+f} {line.currency}" for line in movements)
