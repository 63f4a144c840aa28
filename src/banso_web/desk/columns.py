"""Columns of the customer list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from banso_web.core.ui.lists import Column

if TYPE_CHECKING:
    from banso_web.members.models import Member

COLUMNS = [
    Column("name", _("顧客"), sort="sort_key", fixed=True),
    Column("code", _("顧客ID"), default=False),
    Column("segment", _("セグメント"), sort="segment"),
    Column("touch", _("タッチ"), default=False),
    Column("owner", _("主担当")),
    Column("deputy", _("副担当"), default=False),
    Column("mrr", _("MRR(税抜)"), sort="mrr_units", num=True),
    Column("renewal", _("満了日"), sort="renewal_on", help=_("契約中の契約のうち、いちばん早い満了日")),
    Column("contacted", _("最終接点"), sort="last_touch_on"),
    Column("band", _("ヘルス"), sort="health__band", help=_("並べ替えは危険、不明、注意、良好の順")),
    Column("industry", _("業種"), default=False),
    Column("prefecture", _("都道府県"), default=False),
    Column("employees", _("従業員数"), sort="employees", num=True, default=False),
    Column("started", _("利用開始日"), sort="started_on", default=False),
]


def columns_for(member: Member) -> list[Column]:
    """The columns this member may see: money only with the right to it, so that neither a sort nor an export tells it."""
    return [column for column in COLUMNS if column.key != "mrr" or member.may("revenue.view")]
