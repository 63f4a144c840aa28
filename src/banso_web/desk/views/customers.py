"""顧客一覧: filters, columns, saved views, export. The deeds on ticked rows stand in `bulk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from banso_web.accounts.actions.adding import may_add
from banso_web.accounts.reads.choices import excluded_choices, excluded_word, owners_in_use, segments
from banso_web.core.errors import Forbidden
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.formats import month_text
from banso_web.core.ui.links import changed_query, hidden_pairs
from banso_web.core.ui.lists import Chip, Order, chosen_columns, keyset_page
from banso_web.core.ui.states import BANDS
from banso_web.desk import exports
from banso_web.desk.columns import columns_for
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import BAND_CHOICES, ListQuery, customers, late_for, totals
from banso_web.desk.views.bulk import FIELDS as BULK_FIELDS
from banso_web.desk.views.bulk import taken_up
from banso_web.desk.words import FIELD_WORDS, TOUCH_WORDS
from banso_web.members.reads import assignable_members, member_names


def _chips(request: HttpRequest, query: ListQuery, owners: Mapping[int | None, str]) -> list[Chip]:
    owner = {"me": _("自分の担当"), "none": _("担当なし")}.get(query.owner) or owners.get(
        int(query.owner) if query.owner.isdecimal() else 0, query.owner
    )
    words = [
        ("q", query.text, _("「%(text)s」を含む") % {"text": query.text}),
        ("owner", query.owner, _("担当: %(name)s") % {"name": owner}),
        ("segment", query.segment, _("セグメント: %(name)s") % {"name": query.segment}),
        ("touch", query.touch, TOUCH_WORDS.get(query.touch, query.touch)),
        ("renewal", query.renewal_days, _("満了まで ≦ %(days)s日") % {"days": query.renewal_days}),
        (
            "month",
            query.renewal_month,
            _("満了 %(month)s") % {"month": month_text(query.renewal_month) if query.renewal_month else ""},
        ),
        ("silent", query.silent_days, _("接点なし ≧ %(days)s日") % {"days": query.silent_days}),
        (
            "excluded",
            query.excluded,
            _("除外区分あり") if query.excluded == "only" else excluded_word(query.excluded),
        ),
        (
            "state",
            query.state,
            {"active": _("契約中"), "ended": _("MRR なし"), "incomplete": _("未整備")}.get(query.state, ""),
        ),
        (
            "ends",
            query.ends,
            {
                "all": _("契約中(除外区分なし)"),
                "over": _("満了日を過ぎた(更新手続中)"),
                "ahead": _("契約中(更新手続中を除く)"),
                "later": _("満了が1年より先"),
                "none": _("満了日なし・不明"),
            }.get(query.ends, ""),
        ),
        ("band", query.band, BANDS[query.band].word if query.band else ""),
    ]
    return [
        Chip(label, changed_query(request, **{key: None}))
        for key, value, label in words
        if value not in ("", None)
    ]


# What the filter form asks itself; everything else of the address (基準日, order, columns) it carries along.
FIELDS = ("q", "owner", "segment", "state", "band", "renewal", "silent", "excluded", "export")


@page("account.view")
def customer_list(request: HttpRequest) -> HttpResponseBase:
    """The list. At another 基準日 it is that day's list, read-only."""
    member = reader(request)
    asked = request.asked  # type: ignore[attr-defined]
    query = ListQuery.read(request.GET.dict())
    every = columns_for(member)
    columns = chosen_columns(every, request)
    order = Order.read(request, every, "name")
    owning = owners_in_use()
    owners = {key: name for key, name in member_names().items() if key in owning or str(key) == query.owner}
    chips = _chips(request, query, owners)
    if request.GET.get("export") in exports.KINDS:
        if not member.may("export.run"):
            raise Forbidden(
                _("書き出しの権限がありません。必要な場合は管理者に役割の変更を依頼してください。")
            )
        filters = [str(chip.label) for chip in chips]
        return exports.customers_file(request, member, query, asked, columns, order, filters)
    if asked.is_today:
        rows = customers(member, query, asked.today, late_for(query, asked))
        shown = keyset_page(rows, request, order, size=50)
        total = totals(rows, asked.watermark, repr((query, member.pk)))
    else:
        shown, total = snapshot.list_page(member, query, asked, order, request)
    may_bulk = asked.is_today and member.may("account.edit_own")
    context: dict[str, Any] = {
        "query": query,
        "columns": columns,
        "all_columns": every,
        "sees_money": member.may("revenue.view"),
        "order": order,
        "page": shown,
        "total": total,
        "chips": chips,
        "owners": owners,
        "segments": segments(),
        "kept": hidden_pairs(request, *FIELDS),
        "may_export": member.may("export.run"),
        "excluded": excluded_choices(),
        "bands": [(key, BANDS[key].word) for key in BAND_CHOICES],
        "today": asked.as_of,
        "may_add": asked.is_today and may_add(member),
        "may_bulk": may_bulk,
        "people": assignable_members() if may_bulk else {},
        "bulk_fields": [(key, FIELD_WORDS[field]) for key, field in BULK_FIELDS.items()],
        "touches": list(TOUCH_WORDS.items()),
        "again": taken_up(request) if may_bulk else None,
        "undo": request.session.pop("undo_entry", None),
    }
    return render_page(request, "desk/customers.html", context, fragment="desk/_customers.html")
