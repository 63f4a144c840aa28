"""What usage says of itself when Django starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.periodic import Periodic
from banso_web.core.registry import CustomerPart, NavEntry, registry
from banso_web.usage import imports as imports
from banso_web.usage import projection as projection
from banso_web.usage.actions.keeping import forget_days
from banso_web.usage.jobs import detect_today, keep_all, see_ids
from banso_web.usage.metrics.catalogue import register_all
from banso_web.usage.personal import FIELDS
from banso_web.usage.reads.customer import usage_block

register_all()
registry.personal += FIELDS
registry.customer_parts.append(CustomerPart("usage", 40, "usage/_block.html", usage_block))
registry.periodic.append(Periodic("usage.keep", keep_all.enqueue, at_hour=3))
registry.after_publish.append(forget_days)
registry.periodic.append(Periodic("usage.detect", detect_today.enqueue, at_hour=5))
registry.periodic.append(Periodic("usage.see", see_ids.enqueue, every="hour"))
registry.nav.append(
    NavEntry(
        "usage_moves", _("担当顧客の動き"), "usage_moves", "usage", group="usage", order=500, permission="account.view", reading="たんとうこきゃくのうごき りようていか"
    )
)  # fmt: skip
registry.nav.append(
    NavEntry(
        "usage_adoption", _("利用の広がり"), "usage_adoption", "usage", group="usage", order=510, permission="account.view", reading="りようのひろがり あくてぃぶりつ きのう"
    )
)  # fmt: skip
registry.settings_pages.append(
    NavEntry(
        "own_metrics",
        _("自社の指標"),
        "own_metrics",
        "kpi",
        order=32,
        permission="settings.edit",
        text=_("機能の利用者や回数から、自社の指標を作る"),
        reading="じしゃのしひょう",
    )
)
registry.settings_pages.append(
    NavEntry(
        "releases",
        _("リリース"),
        "releases",
        "calendar",
        order=33,
        permission="settings.edit",
        text=_("利用の推移に印を付ける、製品のリリース"),
        reading="りりーす りようのすいい",
    )
)
registry.settings_pages.append(
    NavEntry(
        "features",
        _("機能の定義"),
        "features",
        "usage",
        order=31,
        permission="settings.edit",
        text=_("イベント名をまとめて機能に名前を付け、コア機能とプランを決める"),
        reading="きのうのていぎ いべんと",
    )
)
registry.settings_pages.append(
    NavEntry(
        "sources",
        _("データの送信元"),
        "sources",
        "api",
        order=30,
        permission="settings.edit",
        text=_("製品からイベントを受け取るキーと、届き具合"),
        reading="でーたのそうしんもと いべんと",
    )
)
registry.settings_pages.append(
    NavEntry(
        "identity",
        _("未確認の利用者・グループ"),
        "identity",
        "match",
        order=31,
        permission="account.edit_all",
        text=_("どの顧客のものか分からない利用イベント"),
        reading="みかくにんのりようしゃ ぐるーぷ なよせ たいおうづけ",
    )
)
for _key, _word in {
    "why": _("理由"),
    "until": _("いつまで"),
    "raised_on": _("警告日"),
    "raised": _("新しい警告"),
    "written": _("変わった判定"),
    "measure": _("数えるもの"),
    "days": _("期間"),
    "per_seat": _("席数で割る"),
    "feature": _("機能"),
    "core": _("コア機能"),
    "plans": _("製品・プラン"),
    "rules": _("イベント"),
    "instead": _("代わりに使われている機能"),
    "at_least": _("この回数から"),
    "link": _("案内のページ"),
    "advice": _("お客様への文"),
    "field": _("当てはめる値"),
}.items():
    registry.field_words.setdefault(_key, _word)
