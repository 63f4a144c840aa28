"""The lists and the shares of 顧客ポートフォリオ: フォロー漏れ first, urgency only where it is asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from banso.health.overlooked import Rule
from banso.names import csv_safe
from banso_web.accounts.counting import Called, called
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden
from banso_web.core.facts import Asked
from banso_web.core.metrics import RATIO, MetricResult, Scope, catalogue, exact, plain
from banso_web.core.pages import reader
from banso_web.core.reads.calendar import calendar
from banso_web.core.ui.figures import Figure
from banso_web.core.ui.formats import count_text, number_text, pct_text, query_text
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Tab
from banso_web.desk.reads import whole
from banso_web.desk.reads.customers import ListQuery
from banso_web.desk.reads.whole_rows import Row, rows
from banso_web.health.reads.following import BASES, CONTACT_DAYS, Following
from banso_web.health.reads.recovery import recoveries
from banso_web.lifecycle.actions import DUE_DAYS
from banso_web.members.reads import assignable_codes

if TYPE_CHECKING:
    from banso_web.members.models import Member

SIZE = 50
FIGURES = ("csat", "csat_top2", "nps", "ces", "proactive_share", "coverage")


def list_words() -> dict[str, str]:
    return {
        whole.OVERLOOKED: _("フォロー漏れ"),
        whole.LOW: _("低満足・対応中"),
        whole.FELL: _("満足度低下"),
        whole.QUIET: _("接点なし・高満足"),
        whole.UNKNOWN: _("満足度不明"),
        whole.URGENCY: _("緊急度順"),
    }


def group_words() -> dict[str, str]:
    return {
        whole.RED: _("低満足・緊急"),
        whole.OVERLOOKED: _("フォロー漏れ"),
        "mid": _("中程度(接点あり)"),
        "high": _("高満足"),
        whole.UNKNOWN: _("満足度不明"),
    }


def chosen(request: HttpRequest) -> tuple[str, str]:
    """(list, basis) of the address; what it does not say is フォロー漏れ by CSAT."""
    which, basis = request.GET.get("list", ""), request.GET.get("basis", "")
    return (which if which in list_words() else whole.OVERLOOKED, basis if basis in BASES else BASES[0])


def context(request: HttpRequest, query: ListQuery) -> dict[str, Any]:
    """What the lists and the shares show."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    which, basis = chosen(request)
    found = whole.whole(member, asked, basis)
    inside = whole.among(found, member, query)
    by_list = {key: whole.members(found, key, inside) for key in list_words()}
    places = whole.listed(found, which, inside)
    text = request.GET.get("from", "")
    start = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    start = start if start < len(places) else 0
    leaning = whole.lean(found, inside)
    page = places[start : start + SIZE]
    names = called(
        [found.customers[place].id for place in {*page, *(place for place, _share in leaning.busiest)}]
    )
    shown = rows(asked, found, page, names)
    edits = asked.is_today and (member.may("account.edit_own") or member.may("account.edit_all"))
    return {
        "figures": _figures(member, asked, query),
        "recovery": recoveries(asked, basis, found.rule) if which == whole.FELL else None,
        "step": plain(exact(found.rule.drop / found.rule.point)),
        "found": found,
        "which": which,
        "basis": basis,
        "rule": found.rule,
        "limits": [
            (key, found.rules.by_touch[key]) for key in ("high", "low", "tech") if key in found.rules.by_touch
        ],
        "mid": mid_text(found.rule, basis),
        "rows": shown,
        "any_fell": any(row.line.judged.fell for row in shown),
        "stake": whole.stake(found, places),
        "overlooked": whole.stake(found, by_list[whole.OVERLOOKED]),
        "unknown": whole.stake(found, by_list[whole.UNKNOWN]),
        "hidden": len(set(by_list[whole.OVERLOOKED]) - set(by_list[whole.URGENCY])),
        "list_tabs": [
            Tab(word, changed_query(request, list=key, **{"from": None}), which == key, len(by_list[key]))
            for key, word in list_words().items()
        ],
        "basis_tabs": [
            Tab(word, changed_query(request, basis=key, **{"from": None}), basis == key)
            for key, word in zip(BASES, (_("CSAT で見る"), _("NPS で見る")), strict=True)
        ],
        "lean": leaning,
        "lean_rows": [(group_words()[one.key], one) for one in leaning.parts if one.customers],
        "lean_chart": _lean_chart(leaning),
        "lean_text": lean_text(leaning),
        "busiest": _busiest(found, leaning, names),
        "contact_days": CONTACT_DAYS,
        "lean_from": asked.as_of - timedelta(days=CONTACT_DAYS - 1),
        "drop": plain(exact(found.rule.drop)),
        "may_assign": edits,
        "assignees": assignable_codes() if edits else [],
        "due": calendar().add(clock.today(), DUE_DAYS) if edits else None,
        "may_set": member.may("settings.edit"),
        "may_export_list": member.may("export.run"),
        "undo": request.session.pop("undo_entry", None),
        "first_shown": start + 1,
        "last_shown": min(start + SIZE, len(places)),
        "listed": len(places),
        "previous_rows": changed_query(request, **{"from": max(start - SIZE, 0) or None}) if start else "",
        "next_rows": changed_query(request, **{"from": start + SIZE}) if start + SIZE < len(places) else "",
    }


def _figures(member: Member, asked: Asked, query: ListQuery) -> list[Figure]:
    """Satisfaction and contact of the page's scope; each opens its rows."""
    owner = member.pk if query.owner == "me" else int(query.owner) if query.owner.isdecimal() else None
    scope = Scope(segment=query.segment or None, owner=owner)
    asking = {"segment": scope.segment, "owner": scope.owner}
    narrowed = query_text({key: value for key, value in asking.items() if value is not None})
    return [_figure(whole.metric(key, asked, scope), narrowed) for key in FIGURES]


def _figure(result: MetricResult, narrowed: str) -> Figure:
    spec = catalogue[result.metric]
    rate = result.parts.get("response_rate")
    told = None if rate is None else _("回答率 %(rate)s") % {"rate": pct_text(rate, 1)}
    low, high = (result.interval.low, result.interval.high) if result.interval else (None, None)
    return Figure(
        spec.name, result.value, "pct" if result.unit == RATIO else "number", digits=1, low=low, high=high, n=result.n,
        state="" if result.value is not None else "not_computable", reason=result.reason or "", metric=result.metric,
        small=result.value is not None and (result.n or 0) < 5, version=result.version, note=told or "",
        rows_url=f"{reverse('kpi_rows')}?metric={result.metric}&{narrowed}",
    )  # fmt: skip


@dataclass(frozen=True)
class Head:
    """What the home shows of フォロー漏れ: the first rows, all of it, what is 満足度不明, and how contacts lean."""

    rows: Sequence[Row]
    stake: whole.Stake
    unknown: whole.Stake
    fell: int
    lean: str


HEAD = 5


def head(member: Member, asked: Asked, *, team: bool) -> Head | None:
    """Of everybody or of one's own customers; None for whom customers or MRR are not to see."""
    if not (member.may("account.view") and member.may("revenue.view")):
        return None
    found = whole.whole(member, asked)
    inside = None if team else whole.among(found, member, ListQuery(owner="me"))
    places = whole.listed(found, whole.OVERLOOKED, inside)
    return Head(
        rows(asked, found, places[:HEAD]),
        whole.stake(found, places),
        whole.stake(found, whole.members(found, whole.UNKNOWN, inside)),
        len(whole.members(found, whole.FELL, inside)),
        lean_text(whole.lean(found)) if team else "",
    )


def mid_text(rule: Rule, basis: str) -> str:
    """3.0 以上 4.0 未満."""
    digits = 1 if basis == "csat" else 0
    low, high = (
        number_text(value, digits if value.denominator == 1 or digits else 1)
        for value in (rule.low, rule.high)
    )
    return _("%(low)s 以上 %(high)s 未満") % {"low": low, "high": high}


def lean_text(leaning: whole.Lean) -> str:
    """対応の78 %が2社に集中; empty where nobody in alarm was spoken to."""
    if not leaning.red.contacts or leaning.red.of_contacts is None:
        return ""
    return _("対応の%(share)sが%(customers)sに集中") % {
        "share": pct_text(leaning.red.of_contacts, 0),
        "customers": count_text(leaning.red.customers, "社"),
    }


def _lean_chart(leaning: whole.Lean) -> dict[str, Any]:
    shown = [one for one in leaning.parts if one.customers]
    words = group_words()

    def values(shares: Sequence[Fraction | None]) -> list[float | None]:
        return [None if one is None else float(one) for one in shares]

    return {
        "kind": "bars",
        "unit": {"kind": "percent", "digits": 1},
        "description": _("満足度の帯ごとに、接点の割合と MRR の割合を並べます"),
        "x": [words[one.key] for one in shown],
        "series": [
            {"name": _("接点の割合"), "values": values([one.of_contacts for one in shown])},
            {"name": _("MRR の割合"), "values": values([one.of_mrr for one in shown])},
        ],
        "horizontal": True,
    }


def _busiest(
    found: Following, leaning: whole.Lean, names: Mapping[int, Called]
) -> list[tuple[int, str, whole.Share, bool]]:
    """(id, name, share, in alarm) of the customers with the most contacts."""
    red = set(leaning.red_places)
    return [
        (found.customers[place].id, names[found.customers[place].id].name, share, place in red)
        for place, share in leaning.busiest
    ]


def export(request: HttpRequest, query: ListQuery) -> HttpResponse:
    """The chosen list whole, in its order. UTF-8 with mark, formula-safe; numbers exact to 12 digits."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    if not member.may("export.run"):
        raise Forbidden(_("書き出しの権限がありません。必要な場合は管理者に役割の変更を依頼してください。"))
    which, basis = chosen(request)
    found = whole.whole(member, asked, basis)
    listed = rows(asked, found, whole.listed(found, which, whole.among(found, member, query)))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(
        [
            _("顧客ID"), _("顧客"), _("主担当"), _("優先度"), "MRR", _("前回"), _("今回"), _("回答者"), _("低下"), _("最終能動接点"),
            _("接点からの日数"), _("次の更新"), _("更新までの日数"), _("緊急の問い合わせ"), _("ヒアリングの担当"), _("ヒアリングの期限"),
        ]
    )  # fmt: skip
    for row in listed:
        writer.writerow([_text(value) for value in _cells(row)])
    audit.record(
        "portfolio.export",
        actor=member,
        new={"as_of": asked.as_of.isoformat(), "list": which, "query": request.GET.urlencode()[:300]},
    )
    response = HttpResponse(
        b"\xef\xbb\xbf" + buffer.getvalue().encode(), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{which}-{asked.as_of.isoformat()}.csv"'
    return response


def _cells(row: Row) -> list[Any]:
    line, told = row.line, row.line.judged
    units = line.customer.mrr_units
    return [
        row.code, row.name, row.owner, told.priority, None if units is None else Fraction(units, 10_000), line.before, line.now,
        line.n, "1" if told.fell else "", line.spoken_on, told.days, line.customer.renewal_on, told.renewal_in, line.urgent,
        row.hearing.owner if row.hearing else "", row.hearing.due_on if row.hearing else None,
    ]  # fmt: skip


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Fraction):
        return plain(exact(value)) or ""
    return value.isoformat() if isinstance(value, date) else csv_safe(str(value))
