"""LTV: 記事式 and チャーン型, inputs with sources, five levers, price guard, scenarios, export."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.core.errors import Refused
from banso_web.core.metrics import catalogue, plain
from banso_web.core.pages import any_day, page, render_page
from banso_web.core.ui.formats import query_text
from banso_web.core.ui.links import changed_query, keep_question
from banso_web.core.ui.lists import Tab
from banso_web.reports import files
from banso_web.reports.actions.scenarios import delete_scenario, save_scenario
from banso_web.reports.question import Question, picker, read_question
from banso_web.reports.reads.figures import reporting_currency
from banso_web.reports.reads.ltv import FORMS, KEYS, LEVER_NAMES, PERCENT, Shown, ltv, tornado
from banso_web.reports.reads.scenarios import scenarios
from banso_web.revenue.metrics.ltv import LABELS

if TYPE_CHECKING:
    from banso_web.members.models import Member

LEVER_KEYS = tuple(LEVER_NAMES)
LIMIT = Decimal(10) ** 13


def tabs(request: HttpRequest, question: Question, current: str) -> list[Tab]:
    """The forms, and what was earned and is expected (`current` "expected")."""
    shown = [
        Tab(
            _("LTV(%(form)s)") % {"form": name},
            question.url("ltv", form=key) if current == "expected" else changed_query(request, form=key),
            key == current,
        )
        for key, name in FORMS.items()
    ]
    return [*shown, Tab(_("LTV(実績と期待値)"), question.url("ltv_expected"), current == "expected")]


class Asked:
    """The what-if of an address: overrides, lever shares, price change, new churn. Percent in the address, shares here."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self.query = query
        self.errors: list[str] = []
        self.form = query.get("form", "article") if query.get("form") in FORMS else "article"
        self.overrides: dict[str, Decimal] = {}
        for key in KEYS[self.form]:
            value = self.number(key, str(LABELS[key]), percent=key in PERCENT)
            if value is not None:
                self.overrides[key] = value
        self.shares = {key: self._share(key) for key in LEVER_KEYS}
        price = self.number("price_change", _("単価の変化"), percent=True, least=Decimal(-1))
        self.price_change = Decimal("0.10") if price is None else price
        self.new_churn = self.number("new_churn", _("値上げ後の月次解約率"), percent=True)

    def _share(self, key: str) -> Decimal:
        name = _("%(lever)sの変化") % {"lever": LEVER_NAMES[key]}
        found = self.number(f"lever_{key}", name, percent=True, least=Decimal("-0.99"))
        return Decimal("0.10") if found is None else min(found, Decimal(10))

    def number(
        self, key: str, name: str, *, percent: bool = False, least: Decimal = Decimal(0)
    ) -> Decimal | None:
        """A number of the address; what cannot be read or used is told and counts as not given."""
        text = self.query.get(key, "").replace(",", "").strip()
        if not text:
            return None
        try:
            value = Decimal(text) / (100 if percent else 1)
        except InvalidOperation:
            value = Decimal("nan")
        top = Decimal(1) if key in PERCENT or key == "new_churn" else LIMIT
        if not value.is_finite() or not least <= value <= top or len(text) > 40:
            self.errors.append(
                _("「%(name)s」の値(%(text)s)は使えません。実績値で計算しています。")
                % {"name": name, "text": text[:40]}
            )
            return None
        return value

    @property
    def kept(self) -> dict[str, str]:
        """What a scenario keeps, to be opened again."""
        keys = (
            "form",
            *KEYS[self.form],
            *(f"lever_{key}" for key in LEVER_KEYS),
            "price_change",
            "new_churn",
            "segment",
            "team",
            "owner",
            "touch",
        )
        return {key: self.query[key] for key in keys if self.query.get(key)}


def _shown(question: Question, asked: Asked) -> Shown:
    try:
        return ltv(question, asked.form, asked.overrides, asked.shares, asked.price_change, asked.new_churn)
    except Refused as problem:
        asked.errors.append(problem.message)
        return ltv(question, asked.form, {}, asked.shares, asked.price_change, asked.new_churn)


@page("revenue.view")
def ltv_page(request: HttpRequest) -> HttpResponse:
    """The page; htmx gets the results alone. `?export=csv` gives what is shown."""
    question, asked = read_question(request), Asked(request.GET.dict())
    shown = _shown(question, asked)
    if request.GET.get("export") == "csv":
        return _csv(request, question, asked, shown)
    member = cast("Member", request.user)
    query = request.GET
    context = {
        **picker(question),
        "asked_form": asked.form,
        "form_name": FORMS[asked.form],
        "tabs": tabs(request, question, asked.form),
        "ltv": shown,
        "tornado": tornado(shown.article, reporting_currency(question)) if shown.article else None,
        "errors": asked.errors,
        "boxes": [_box(line, query.get(line.key, "")) for line in shown.inputs],
        "sliders": [{"key": f"lever_{key}", "name": name, "value": plain(asked.shares[key] * 100), "down": key == "cost"} for key, name in LEVER_NAMES.items()],
        "price_change": plain(asked.price_change * 100),
        "new_churn": query.get("new_churn", ""),
        "currency": reporting_currency(question),
        "spec": catalogue[f"ltv_{asked.form}"],
        "scenarios": [(one, f"{reverse('ltv')}?{query_text(one.query)}") for one in scenarios()],
        "forms": FORMS,
        "may_save": member.may("kpi.edit") and question.asked.is_today,
        "may_export": member.may("export.run"),
        "kept_query": query_text(asked.kept),
        "export_url": changed_query(request, export="csv"),
    }  # fmt: skip
    return render_page(request, "reports/ltv.html", context, fragment="reports/_ltv.html")


def _box(line: Any, given: str) -> dict[str, Any]:
    """An input's box: empty means the actual value, which stands behind it as the placeholder."""
    value = line.value if line.kind != "pct" or line.value is None else line.value * 100
    shown = "" if value is None else (plain(round(value, 4)) or "")
    return {
        "key": line.key, "name": line.name, "given": given, "placeholder": shown,
        "unit": "%" if line.kind == "pct" else line.unit,
    }  # fmt: skip


def _lines(shown: Shown) -> list[list[Any]]:
    """The page as rows of a file: section, name, value, change, remark."""
    lines: list[list[Any]] = [
        [_("入力"), one.name, one.value, None, f"{one.source}{f' ({one.on})' if one.on else ''}"]
        for one in shown.inputs
    ]
    value = shown.result.value
    lines.append(
        [
            _("結果"),
            catalogue[shown.result.metric].name,
            value,
            None,
            shown.result.reason or " / ".join(shown.result.notes),
        ]
    )
    if shown.article:
        for line in sorted(shown.article.levers, key=lambda one: one.rank):
            lines.append(
                [
                    _("対策 %(share)s") % {"share": f"{line.share * 100:+f}".rstrip("0").rstrip(".") + " %"},
                    line.name,
                    line.lever.value,
                    line.lever.change,
                    " / ".join(str(note) for note in line.notes),
                ]
            )
        lines.append(
            [_("対策"), _("すべて合わせた場合"), shown.article.together, shown.article.together_change, ""]
        )
    if shown.churn:
        for row in shown.table:
            lines.append([_("解約率別"), row.rate, row.value, None, row.months])
        lines.append([_("損益分岐"), _("月次解約率"), shown.result.parts.get("break_even_churn"), None, ""])
    if shown.guard:
        change = shown.guard.guard.change
        lines.append([_("値上げ"), shown.guard.price, shown.guard.after, change, shown.guard.churn])
        lines.append([_("値上げ"), _("損益分岐の月次解約率"), shown.guard.break_even, None, ""])
    return lines


def _csv(request: HttpRequest, question: Question, asked: Asked, shown: Shown) -> HttpResponse:
    head = [_("区分"), _("項目"), _("値"), _("変化"), _("備考")]
    about = [
        (_("式"), FORMS[asked.form]),
        (_("定義版"), shown.result.version),
        (_("通貨"), reporting_currency(question)),
    ]
    return files.csv_file(request, f"ltv-{asked.form}", question, head, _lines(shown), about=about)


@any_day  # a scenario keeps the day that it was computed for
@require_POST
@page("revenue.view")
def save(request: HttpRequest) -> HttpResponse:
    """Save what is on screen as a scenario: it is computed once more from the same address."""
    question = read_question(request)
    asked = Asked(request.GET.dict())
    shown = _shown(question, asked)
    if asked.errors:
        raise Refused(asked.errors[0], code="bad_input")
    inputs = {
        "query": asked.kept,
        "items": [
            {"key": one.key, "value": plain(one.value, 20), "source": one.source, "on": str(one.on or "")}
            for one in shown.inputs
        ],
    }
    result: dict[str, Any] = {
        "value": plain(shown.result.value, 20), "reason": shown.result.reason, "currency": reporting_currency(question),
        "version": shown.result.version,
    }  # fmt: skip
    if shown.article:
        result["together"] = plain(shown.article.together, 20)
        result["levers"] = {line.key: plain(line.lever.value, 20) for line in shown.article.levers}
    save_scenario(
        cast("Member", request.user),
        name=request.POST.get("name", ""),
        form=asked.form,
        inputs=inputs,
        result=result,
        asked=question.asked,
    )
    messages.success(request, _("シナリオを保存しました。"))
    return redirect(keep_question(f"{reverse('ltv')}?{query_text(asked.kept)}"))


@require_POST
@page("revenue.view")
def delete(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Take a scenario off the list."""
    delete_scenario(cast("Member", request.user), scenario_id)
    messages.success(request, _("シナリオを消しました。"))
    return redirect(reverse("ltv"))
